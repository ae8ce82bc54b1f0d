"""The invented desk, made once: its brief, and the sealed dispatch in each form."""

from __future__ import annotations

import pytest

from report.invented import Village, brief_of, check_proof, village
from tocsin.report import Brief, Checks, render_html, render_json, render_markdown, sealed


@pytest.fixture(scope="session")
def desk() -> Village:
    return village()


@pytest.fixture(scope="session")
def brief(desk: Village) -> Brief:
    return brief_of(desk)


@pytest.fixture(scope="session")
def checks(desk: Village) -> Checks:
    return Checks(
        desk.check_signature,
        check_proof=check_proof,
        recompute=desk.recompute,
        archived=desk.archived,
        redactor=desk.redactor,
    )


@pytest.fixture(scope="session")
def dispatches(desk: Village, brief: Brief) -> dict[str, str]:
    return {
        "html": sealed(render_html(brief, desk.redactor), desk.sign),
        "md": sealed(render_markdown(brief, desk.redactor), desk.sign),
        "json": sealed(render_json(brief, desk.redactor), desk.sign),
    }
