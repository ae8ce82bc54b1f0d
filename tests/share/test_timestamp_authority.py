"""The connection to a timestamp authority: bounded in time and size, and to the one address that was named."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tocsin.records.errors import OutsideServiceError, TocsinInputError
from tocsin.share.timestamp_authority import authority_address, timestamp_answer

REQUEST = b"0\x03\x02\x01\x01"
Talk = Callable[[socket.socket], None]


@contextmanager
def speaking(talk: Talk) -> Iterator[str]:
    """A server on 127.0.0.1 that says what `talk` says to each caller."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answered, args=(line,), daemon=True).start()

    def answered(line: socket.socket) -> None:
        with line:
            try:
                talk(line)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def saying(head: bytes, body: bytes = b"") -> Talk:
    def talk(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(head + b"\r\n\r\n" + body)

    return talk


def ask(url: str, timeout_s: float = 10.0) -> bytes:
    return timestamp_answer(authority_address(url), REQUEST, timeout_s=timeout_s)


def test_the_request_goes_out_as_rfc_3161_asks_and_the_body_comes_back():
    heard = []

    def talk(line: socket.socket) -> None:
        heard.append(line.recv(65536))
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")

    with speaking(talk) as url:
        assert ask(url + "/tsr?customer=7") == b"body"
    head, _, body = b"".join(heard).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tsr?customer=7 HTTP/1.1\r\n")
    assert b"Content-Type: application/timestamp-query\r\n" in head
    assert b"User-Agent" not in head
    assert body in (b"", REQUEST)  # it may come in a packet of its own


def test_nobody_there_is_an_outage():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OutsideServiceError, match=r"did not answer.*[Rr]efused"):
        ask(f"http://127.0.0.1:{port}")


def test_a_redirect_is_not_followed_not_even_to_the_same_host():
    callers = []

    def talk(line: socket.socket) -> None:
        callers.append(line.recv(65536))
        line.sendall(b"HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    with speaking(talk) as url, pytest.raises(OutsideServiceError, match=r"not followed.*HTTP 307.*--url"):
        ask(url)
    assert len(callers) == 1


@pytest.mark.parametrize("status", [b"HTTP/1.1 404 No", b"HTTP/1.1 500 No", b"HTTP/1.1 204 No", b"no http at all"])
def test_another_status_or_no_http_is_no_answer(status):
    with speaking(saying(status, b"<html>")) as url, pytest.raises(OutsideServiceError):
        ask(url)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999"])
def test_a_huge_answer_is_refused_at_the_limit(head):
    sent = []

    def talk(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(head + b"\r\n\r\n")
        for _ in range(1000):
            line.sendall(b"\0" * 65536)
            sent.append(65536)

    with speaking(talk) as url, pytest.raises(OutsideServiceError, match="too large"):
        ask(url)
    assert sum(sent) < 30_000_000  # of 65 MB: what fits into the buffers of the two ends, no more


def test_an_answer_cut_off_is_no_answer():
    talk = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50", b"half")
    with speaking(talk) as url, pytest.raises(OutsideServiceError, match="did not answer"):
        ask(url)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 "]
)
def test_a_server_that_drips_is_left_when_the_time_is_up(head):
    """Every byte comes within the timeout of a single read; only the time of the whole ends it."""
    stopped = threading.Event()

    def talk(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(head)
        while not stopped.wait(0.05):
            line.sendall(b"x")

    with speaking(talk) as url:
        try:
            with pytest.raises(OutsideServiceError, match=r"no whole answer within 0\.5 s"):
                ask(url, timeout_s=0.5)
        finally:
            stopped.set()


def test_a_server_that_says_nothing_is_left_too():
    done = threading.Event()
    with speaking(lambda line: line.recv(9) and done.wait(10) and None) as url:
        with pytest.raises(OutsideServiceError, match="did not answer"):
            ask(url, timeout_s=0.3)
        done.set()


def test_https_with_a_certificate_nobody_trusts_is_no_answer(tmp_path):
    from archive.authority import issued

    made = issued("127.0.0.1", None)
    (tmp_path / "both.pem").write_bytes(made.key_pem + made.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")

    def talk(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as inner:
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2", b"ok")(inner)

    with speaking(talk) as url, pytest.raises(OutsideServiceError, match="TLS certificate is not trusted"):
        ask(url.replace("http:", "https:"))


@pytest.mark.parametrize(
    "url",
    [
        *("", "clock.example", "ftp://clock.example/", "file:///etc/passwd", "http://", "http:///tsr", "https://:443/"),
        *("http://me:secret@clock.example/", "http://me@clock.example/", "http://clock.example/#part"),
        *("http://clock.example:0/", "http://clock.example:99999/", "http://clock.example:x/", "http://[::1/"),
        *("http://clock example/", "http://clock.example/a b", "http://clock.example/\r\nX: y", "http://cl\u043eck.example/"),
        *("http://clock..example/", "http://" + "a" * 64 + ".example/", "http://clock.example/" + "a" * 1000),
    ],
)  # fmt: skip
def test_a_url_that_is_not_plain_is_refused_and_not_quoted(url):
    with pytest.raises(TocsinInputError, match="URL") as refused:
        authority_address(url)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://clock.example", "http://clock.example/"),
        ("HTTPS://Clock.Example:443/tsr", "https://clock.example/tsr"),
        ("https://clock.example:8443/a/b?token=7", "https://clock.example:8443/a/b"),
        ("http://[::1]:80/", "http://[::1]/"),
    ],
)
def test_what_is_kept_of_an_address_has_no_query(url, shown):
    assert authority_address(url).shown == shown
    assert "token" not in repr(authority_address(url))
