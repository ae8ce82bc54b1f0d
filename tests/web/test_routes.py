from __future__ import annotations

from typing import Any

import pytest

from tocsin.records.errors import EvidenceError
from tocsin.web.guard import HEADERS, PAGE_POLICY, REPORT_POLICY
from web.conftest import client_of
from web.invented_desk import InventedDesk, desk

# Every route there is, with an address that answers 200; a route that is not listed here fails the first test.
ROUTES = {
    "floor": "/",
    "campaign": "/campaigns/lantern-1",
    "reports": "/reports",
    "report": "/reports/velmora.html",
    "certificates": "/certificates",
    "style": "/style.css",
}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "GETS", "")
MISSING = (
    *("/campaigns/", "/campaigns", "/campaigns/lantern-2", "/campaigns/lantern-1/", "/campaigns/../reports", "/admin/"),
    *(
        "/reports/",
        "/reports/gone.html",
        "/reports/velmora",
        "/style.css/",
        "/favicon.ico",
        "/desk.json",
        "/.env",
        "/%00",
    ),
)
TRAVERSALS = (
    *(
        "../desk.json",
        "..%2fdesk.json",
        "%2e%2e%2fdesk.json",
        "..%5cdesk.json",
        "....//desk.json",
        "%252e%252e%252fdesk.json",
    ),
    *(
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "velmora.html%00",
        "velmora.html/../../desk.json",
        "./velmora.html",
        ".hidden.html",
    ),
    *(
        "VELMORA.HTML",
        "velmora.html ",
        "%c0%ae%c0%ae/desk.json",
        "..",
        ".",
        "sub/inner.html",
        "sub%5cinner.html",
        "nul%00.html",
    ),
)


def test_every_route_is_listed_here() -> None:
    client_of(desk())
    from tocsin.web.urls import urlpatterns

    assert {pattern.name for pattern in urlpatterns} == set(ROUTES)


def test_no_route_takes_other_routes_in() -> None:
    client_of(desk())
    from django.urls import URLPattern

    from tocsin.web.urls import urlpatterns

    assert all(isinstance(pattern, URLPattern) for pattern in urlpatterns)


@pytest.mark.parametrize("path", ROUTES.values(), ids=ROUTES)
def test_a_page_is_read_with_get_and_asked_after_with_head(client: Any, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert len(got.content) > 100
    assert head.content == b""
    assert head["Content-Length"] == got["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("path", [*ROUTES.values(), "/nowhere"])
def test_every_other_method_is_refused_everywhere(client: Any, path: str, method: str) -> None:
    answer = client.generic(method, path, b"x=1")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert b"lantern" not in answer.content.lower()


def _kinds(client: Any) -> dict[str, Any]:
    failing = desk()
    failing.error = EvidenceError("chunk 3 does not verify", next_step="run tocsin verify")
    return {
        **{name: client.get(path) for name, path in ROUTES.items()},
        "missing": client.get("/nowhere"),
        "refused method": client.post("/"),
        "wrong host": client.get("/", HTTP_HOST="velmora.example"),
        "failed": client_of(failing).get("/"),  # type: ignore[attr-defined]
    }


def test_every_answer_carries_every_header(client: Any) -> None:
    for name, answer in _kinds(client).items():
        for header, value in HEADERS.items():
            assert answer[header] == value, (name, header)
        assert answer["Content-Security-Policy"] == (REPORT_POLICY if name == "report" else PAGE_POLICY), name
        if name not in ("refused method", "wrong host"):
            assert answer["X-Frame-Options"] == "DENY", name
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert not answer.cookies, name


def test_the_policies_start_from_nothing_and_name_no_third_party() -> None:
    for policy in (PAGE_POLICY, REPORT_POLICY):
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert "script-src" not in rules
        assert all(
            word in ("'none'", "'self'", "'unsafe-inline'", "data:", "")
            for rule in rules.values()
            for word in rule.split()
        )
    assert "'unsafe-inline'" not in PAGE_POLICY
    assert REPORT_POLICY.startswith("sandbox;")  # without any allow- word
    assert "'self'" not in REPORT_POLICY


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "localhost:9", "[::1]", "[::1]:8000", "LOCALHOST"]
)
def test_its_own_names_are_answered(client: Any, host: str) -> None:
    assert client.get("/", HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "velmora.example",
            "127.0.0.1.velmora.example",
            "localhost.velmora.example",
            "velmora.example:8000",
            "127.0.0.2",
        ),
        *(
            "0.0.0.0",
            "192.168.1.4",
            "x@127.0.0.1",
            "127.0.0.1/x",
            "",
            "2130706433",
            "[::]",
            "evil.localhost",
            "127.0.0.1, x",
        ),
    ],
)
def test_any_other_host_is_refused_and_told_nothing(client: Any, host: str) -> None:
    answer = client.get("/", HTTP_HOST=host)
    assert answer.status_code == 400
    assert b"demo desk" not in answer.content
    assert not host or len(host) < 3 or host.encode() not in answer.content


def test_a_forwarded_host_counts_for_nothing(client: Any) -> None:
    assert client.get("/", HTTP_HOST="velmora.example", HTTP_X_FORWARDED_HOST="127.0.0.1").status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site", "odd"])
@pytest.mark.parametrize("path", ROUTES.values(), ids=ROUTES)
def test_another_site_cannot_tell_a_page_from_nothing(client: Any, path: str, site: str) -> None:
    answer = client.get(path, HTTP_SEC_FETCH_SITE=site)
    nothing = client.get("/nowhere")
    assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_address_bar_and_its_own_links_work(client: Any, site: str) -> None:
    assert client.get("/", HTTP_SEC_FETCH_SITE=site).status_code == 200


@pytest.mark.parametrize("path", MISSING)
def test_missing_pages_all_look_alike_and_name_nothing(client: Any, path: str) -> None:
    answer, nothing = client.get(path), client.get("/nowhere")
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert b"demo desk" not in answer.content


@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_name_reaches_a_file_that_is_not_listed(invented: InventedDesk, client: Any, name: str) -> None:
    entry, html = invented.reports_["velmora.html"]
    for bad in (".hidden.html", "sub/inner.html", "sub\\inner.html", "..", "nul\0.html"):
        invented.reports_[bad] = (type(entry)(bad, entry.title, None, None), html)
    answer = client.get("/reports/" + name)
    assert answer.status_code == 404
    assert invented.calls == []


def test_the_desk_is_asked_for_its_own_name_only(invented: InventedDesk, client: Any) -> None:
    assert client.get("/reports/velmora.html").status_code == 200
    assert (
        client.get(
            "/reports/%D8%AA%D9%82%D8%B1%D9%8A%D8%B1%20%D9%81%D9%8A%D9%84%D9%85%D9%88%D8%B1%D8%A7.html"
        ).status_code
        == 200
    )
    assert invented.calls == list(invented.reports_)
