"""The dispatch in a real Chromium: nothing runs, nothing is asked for, nothing is cut off."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_browser
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars",
)  # fmt: skip


def run(browser_path: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [browser_path, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


@pytest.fixture
def report_path(dispatches: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(dispatches["html"], "utf-8", newline="")
    return path


def test_opening_it_makes_no_request_and_breaks_no_policy(browser_path: str, tmp_path: Path, report_path: Path) -> None:
    log = tmp_path / "net.json"
    done = run(
        browser_path, tmp_path, f"--log-net-log={log}", "--enable-logging=stderr", "--v=0", "--dump-dom", report_path.as_uri()
    )  # fmt: skip
    assert b"tocsin-document" in done.stdout
    assert b"Content Security Policy" not in done.stderr
    events = log.read_text("utf-8", "replace")
    asked = set(re.findall(r'"url":"(https?://[^"]+)"', events))
    own = {url for url in asked if "google" in url or "gvt1" in url}  # the browser's own first-start questions
    assert asked - own == set()


@pytest.mark.parametrize("width", [360, 390, 1100])
def test_the_page_is_never_wider_than_the_window(
    browser_path: str, tmp_path: Path, report_path: Path, width: int
) -> None:
    # Measured from outside by a frame of our own: the dispatch itself runs nothing.
    frame = tmp_path / "frame.html"
    source = json.dumps(report_path.read_text("utf-8")).replace("</", "<\\/")
    frame.write_text(
        f"<!DOCTYPE html><body style='margin:0'><iframe id=f style='border:0;width:{width}px;height:800px'></iframe>"
        "<script>const f=document.getElementById('f');f.onload=()=>{const d=f.contentDocument.documentElement;"
        f"document.title='W'+d.scrollWidth+'/'+d.clientWidth}};f.srcdoc={source}</script>",
        "utf-8",
    )
    done = run(browser_path, tmp_path, "--virtual-time-budget=4000", "--dump-dom", frame.as_uri())
    found = re.search(rb"<title>W(\d+)/(\d+)</title>", done.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2]) == width


def test_it_prints(browser_path: str, tmp_path: Path, report_path: Path) -> None:
    target = tmp_path / "report.pdf"
    run(browser_path, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={target}", report_path.as_uri())
    pdf = target.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert pdf.startswith(b"%PDF")
    assert 4 <= pages <= 16
