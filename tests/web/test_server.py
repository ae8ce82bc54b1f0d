from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.web import DeskReader, loopback_address, serve, server
from web.invented_desk import InventedDesk, desk, info


def ask(address: str, method: str, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


@pytest.mark.parametrize(
    "host",
    [
        *(
            "0.0.0.0",
            "::",
            "",
            "192.168.1.4",
            "10.0.0.1",
            "velmora.example",
            "127.0.0.1.velmora.example",
            "::ffff:127.0.0.1",
        ),
        *("127.1", "2130706433", "0", "*", "127.0.0.1:80", "localhost.velmora.example", "[::]", "0x7f000001"),
    ],
)
def test_only_loopback_is_opened(host: str) -> None:
    with pytest.raises(RefusedError, match="ssh -L"):
        server(desk(), host=host, port=0)
    with pytest.raises(RefusedError):
        serve(desk(), host=host, port=0)


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("localhost", "127.0.0.1")])
def test_loopback_has_three_names(host: str, address: str) -> None:
    assert loopback_address(host) == address


def test_a_port_in_use_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(TocsinInputError, match="--port"):
        server(desk(), port=taken.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(TocsinInputError, match="no such port"):
        server(desk(), port=port)


def test_starting_asks_no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("a name was looked up")

    for name in ("getfqdn", "gethostbyaddr", "gethostname", "getnameinfo"):
        monkeypatch.setattr(socket, name, asked)
    with server(desk(), port=0) as made:
        assert made.server_name == "localhost"


def test_pages_come_over_a_real_connection(served: Callable[[DeskReader], str]) -> None:
    address = served(desk())
    status, body, headers = ask(address, "GET", "/")
    assert status == 200
    assert b"Calls to the armed vigil" in body
    assert headers["Server"] == "tocsin"
    assert headers["Cache-Control"] == "no-store"
    assert ask(address, "HEAD", "/")[:2] == (200, b"")
    assert ask(address, "POST", "/")[0] == 405
    assert ask(address, "GET", "/reports/%2e%2e%2fdesk.json")[0] == 404
    assert ask(address, "GET", "/../../desk.json")[0] == 404
    assert ask(address, "GET", "/", Host="velmora.example")[0] == 400


def test_the_server_writes_no_log(served: Callable[[DeskReader], str], capfd: pytest.CaptureFixture[str]) -> None:
    address = served(desk())
    ask(address, "GET", "/campaigns/lantern-1")
    ask(address, "GET", "/nowhere")
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 5) as line:
        line.sendall(b"lantern \x00\xff\r\n\r\n")
        line.recv(4096)
    assert "".join(capfd.readouterr()) == ""


class Counting(InventedDesk):
    """Says how many requests were inside the desk at once."""

    inside = 0
    most = 0

    def info(self) -> object:  # type: ignore[override]
        self.inside += 1
        self.most = max(self.most, self.inside)
        threading.Event().wait(0.05)
        self.inside -= 1
        return info()


def test_the_desk_is_asked_one_request_at_a_time(served: Callable[[DeskReader], str]) -> None:
    reader = Counting()
    address = served(reader)  # type: ignore[arg-type]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(address, "GET", "/reports")[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [200] * 6
    assert reader.most == 1


def test_serve_tells_its_address_and_ends_quietly_on_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin.web import server as door

    told: list[str] = []

    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wsgiref.simple_server.WSGIServer.serve_forever", interrupted)
    assert door is server
    serve(desk(), port=0, ready=told.append)
    assert told[0].startswith("http://127.0.0.1:")


def test_templates_and_style_ask_for_nothing_outside() -> None:
    import tocsin.web

    folder = Path(tocsin.web.__file__).parent
    files = [*folder.glob("templates/*.html"), folder / "style.css"]
    assert len(files) >= 9
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text
        assert "url(" not in text
        assert "@import" not in text
        assert "<script" not in text
        assert "|safe" not in text
        assert "autoescape" not in text
