from __future__ import annotations

import http.server
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.web import DeskReader, ReportEntry
from web.conftest import Browse
from web.invented_desk import InventedDesk, desk
from web.test_escaping import PAYLOADS

pytestmark = pytest.mark.needs_browser
HOSTILE_REPORT = """<!doctype html><html><head><meta charset="utf-8"><title>x</title>
<script>document.documentElement.dataset.ran=1</script>
<link rel="stylesheet" href="http://127.0.0.1:9/a.css"><style>@import url(http://127.0.0.1:9/b.css);
p { background: url(/style.css) }</style></head>
<body onload="document.documentElement.dataset.ran=1"><p id="said">Calls to Velmora</p>
<img src="http://127.0.0.1:9/c.png" onerror="document.documentElement.dataset.ran=1"><img src="/style.css">
<iframe src="/"></iframe><object data="/"></object><form action="/"><button autofocus>x</button></form>
<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/d"><video src="http://127.0.0.1:9/e"></video></body></html>"""


class _Unguarded(http.server.BaseHTTPRequestHandler):
    """Gives the hostile report without any header."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(HOSTILE_REPORT.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_without_the_headers_the_hostile_report_does_run_and_ask(browse: Browse) -> None:
    """The control: what the next tests look for can be seen."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Unguarded) as plain:
        threading.Thread(target=plain.serve_forever, daemon=True).start()
        visit = browse(f"http://127.0.0.1:{plain.server_port}/", picture=None)
        plain.shutdown()
    assert any(url.startswith("http://127.0.0.1:9/") for url in visit.requested)


@pytest.mark.parametrize(
    "path", ["/", "/campaigns/lantern-1", "/reports", "/certificates", "/reports/velmora.html", "/nowhere"]
)
def test_a_page_asks_its_own_server_only_and_breaks_no_policy(
    served: Callable[[DeskReader], str], browse: Browse, path: str
) -> None:
    address = served(desk())
    visit = browse(address + path)
    assert "Velmora" in visit.dom or "Nothing to show here" in visit.dom or "Import certificates" in visit.dom
    asked = set(visit.requested)
    assert asked == {address + path} | (set() if "velmora.html" in path else {address + "/style.css"})
    assert "Content Security Policy" not in visit.console
    assert "Refused" not in visit.console


def test_hostile_text_runs_nothing_in_a_real_browser(served: Callable[[DeskReader], str], browse: Browse) -> None:
    address = served(desk(" ".join(payload for payload in PAYLOADS if len(payload) < 500)))
    for path in ("/", "/campaigns/lantern-1"):
        visit = browse(address + path)
        assert "data-ran" not in visit.dom.split("<body>")[0]
        assert set(visit.requested) == {
            address + path,
            address + "/style.css",
        }
        assert visit.console == ""


def test_a_hostile_report_runs_nothing_and_asks_for_nothing(
    served: Callable[[DeskReader], str], browse: Browse
) -> None:
    reader: InventedDesk = desk()
    reader.reports_["x.html"] = (ReportEntry("x.html", "x", None, None), HOSTILE_REPORT)
    address = served(reader)
    visit = browse(address + "/reports/x.html")
    assert "Calls to Velmora" in visit.dom
    assert "data-ran" not in visit.dom.split("<head>")[0]
    # A refresh is a navigation, which no policy stops: the sandbox does.
    assert set(visit.requested) == {address + "/reports/x.html"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_can_be_pictured_light_and_dark_on_desk_and_phone(
    served: Callable[[DeskReader], str], browse: Browse, tmp_path: Path, scheme: str, width: int
) -> None:
    address = served(desk())
    picture = tmp_path / f"{scheme}-{width}.png"
    browse(
        address + "/campaigns/lantern-1",
        f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
        width=width,
        height=1200,
        picture=picture,
    )
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (width, 1200)
    assert len(data) > 30_000  # a blank page is far smaller
