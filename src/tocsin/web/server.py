"""A small server for one person on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.web.ports import DeskReader
from tocsin.web.settings import configure
from tocsin.web.views import DESK

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Handler(WSGIRequestHandler):
    timeout = 30  # seconds a browser may keep a half-sent request open

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what an analyst opens is not written down."""

    def version_string(self) -> str:
        return "tocsin"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # WSGIServer would look its own name up, which may ask a name server: nothing leaves this machine.
        socket_address: tuple[Any, ...] = self.server_address
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a browser that hangs up is no event."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def application(desk: DeskReader) -> WsgiApplication:
    """The WSGI application over one desk; several may live in one process."""
    configure()
    from django.core.handlers.wsgi import WSGIHandler  # needs the settings above

    handler = WSGIHandler()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[DESK] = desk
        answer: Iterable[bytes] = handler(environ, start_response)
        return answer

    return app


def loopback_address(host: str) -> str:
    """The loopback address for a host given by a person.

    Raises: RefusedError for any address other machines could reach.
    """
    if host == "localhost":
        return "127.0.0.1"
    if host not in ("127.0.0.1", "::1"):
        raise RefusedError(
            "the desk is not opened to other machines: it has no accounts yet",
            expected="127.0.0.1, ::1 or localhost",
            next_step="leave --host out; to read it from elsewhere, forward the port with ssh -L",
        )
    return host


def server(desk: DeskReader, host: str = "127.0.0.1", port: int = 8000) -> WSGIServer:
    """A bound server that is not running yet (`serve_forever`, `server_close`); port 0 takes a free one.

    Raises: RefusedError when the host is not loopback; TocsinInputError when the port cannot be had.
    """
    address = loopback_address(host)
    if not 0 <= port <= 65535:
        raise TocsinInputError("no such port", expected="0 to 65535", got=str(port), next_step="give another --port")
    kind = _Server6 if ":" in address else _Server
    try:
        made = kind((address, port), _Handler)
    except OSError as error:
        raise TocsinInputError(
            f"port {port} cannot be opened ({error.strerror})", next_step="give another --port, or stop what uses it"
        ) from error
    made.set_app(application(desk))
    return made


def serve(
    desk: DeskReader, host: str = "127.0.0.1", port: int = 8000, ready: Callable[[str], None] | None = None
) -> None:
    """Serve the pages until interrupted (KeyboardInterrupt ends it quietly); `ready` is told the address first.

    Raises: as `server`.
    """
    with server(desk, host, port) as running:
        name = "[::1]" if running.address_family == socket.AF_INET6 else "127.0.0.1"
        if ready is not None:
            ready(f"http://{name}:{running.server_port}/")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            return
