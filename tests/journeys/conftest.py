"""The sample desk, made once for the whole run."""

from __future__ import annotations

import pytest

from cli.at_the_door import Sample, sample


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Sample:
    """The demonstration, with its keys at hand. Look, do not touch."""
    made = sample()
    monkeypatch.setenv("TOCSIN_KEYS", str(made.keys))
    return made
