"""What every test may ask for. Parts the machine lacks are skipped by name and listed last."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The suite tries the same examples every time, so that a run tells of the change and not of the dice. More of them,
# and new ones: HYPOTHESIS_PROFILE=search make test.
settings.register_profile("suite", derandomize=True, database=None)
settings.register_profile("search", max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
# Parts a machine may lack: the marker, and how to tell that the part is here.
PARTS = {
    "real_data": lambda: bool(os.environ.get("TOCSIN_REAL_DATA")),
    "needs_browser": lambda: any(shutil.which(name) for name in _BROWSERS),
    "needs_postgresql": lambda: bool(os.environ.get("TOCSIN_TEST_POSTGRESQL")),
    "needs_fuse": lambda: os.path.exists("/dev/fuse") and shutil.which("fusermount3") is not None,
    "needs_openssl": lambda: shutil.which("openssl") is not None,
    "needs_java": lambda: shutil.which("java") is not None,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {name for name, is_here in PARTS.items() if not is_here()}
    wanted: set[str] = set()
    for item in items:
        for name in sorted(missing.intersection(mark.name for mark in item.iter_markers())):
            wanted.add(name)
            item.add_marker(pytest.mark.skip(reason=f"this machine lacks: {name}"))
    if wanted and os.environ.get("TOCSIN_REQUIRE_PARTS"):
        raise pytest.UsageError(f"TOCSIN_REQUIRE_PARTS is set and this machine lacks: {', '.join(sorted(wanted))}")


@pytest.fixture(autouse=True)
def keys_outside_the_home_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes a key into the home folder of whoever runs it."""
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; tests that ask for it carry the mark `real_data`."""
    return Path(os.environ["TOCSIN_REAL_DATA"])


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium on this machine; tests that ask for it carry the mark `needs_browser`."""
    return next(path for name in _BROWSERS if (path := shutil.which(name)))
