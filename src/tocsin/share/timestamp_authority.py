"""The one connection of timestamping: a request goes out to the authority that was named, its answer comes back.

What the authority learns: an address on the internet, a moment, and a digest that tells nothing. Called only by the
named act `tocsin timestamp`. No redirect is followed, no proxy is looked for, no cookie is kept.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR, socket
from urllib.parse import urlsplit

from tocsin.records.errors import OutsideServiceError, TocsinInputError

_LARGEST_ANSWER = 1 << 18  # an answer with its certificates has 1 to 10 KB
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.]+", re.ASCII)
_LONGEST_URL = 1000


@dataclass(frozen=True, slots=True)
class AuthorityAddress:
    """Where an authority answers, as the user named it."""

    scheme: str
    host: str
    port: int
    path: str
    target: str = field(repr=False)  # path and query: a query may hold a customer's token

    @property
    def shown(self) -> str:
        """The address as it is kept and shown: without the query."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}{'' if self.port == default else f':{self.port}'}{self.path}"


def authority_address(url: str) -> AuthorityAddress:
    """The address in a URL. Raises TocsinInputError for anything but a plain http or https URL; it is not quoted."""
    try:
        if len(url) > _LONGEST_URL or not (url.isascii() and url.isprintable()) or " " in url:
            raise ValueError
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or port == 0:
            raise ValueError
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise ValueError
    except ValueError:
        raise TocsinInputError(
            "the authority's URL cannot be used",
            expected="http:// or https://, a host, no name or password in it",
            next_step="give the address that the authority publishes for RFC 3161 requests",
        ) from None
    path = parts.path or "/"
    target = path + (f"?{parts.query}" if parts.query else "")
    return AuthorityAddress(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path, target)


def timestamp_answer(address: AuthorityAddress, request: bytes, *, timeout_s: float = 30.0) -> bytes:
    """The body of the authority's answer to a DER request (RFC 3161 section 3.4); what it is worth is not judged here.

    Raises OutsideServiceError where nobody answers within `timeout_s` seconds in all, or not with a timestamp reply.
    """
    connection = _connection(address, timeout_s)
    watch = _Watch(connection, timeout_s)
    try:
        connection.connect()
        watch.line = connection.sock
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        connection.request("POST", address.target, body=request, headers=headers)
        body = _body(connection.getresponse())
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise OutsideServiceError(
            "the timestamp authority did not answer", got=_slow(timeout_s) if watch.ended else _told(error)
        ) from error
    finally:
        watch.stop()
        connection.close()
    if watch.ended:
        raise OutsideServiceError("the timestamp authority did not answer", got=_slow(timeout_s))
    return body


def _body(response: http.client.HTTPResponse) -> bytes:
    if 300 <= response.status < 400:
        raise OutsideServiceError(
            "the timestamp authority sends the request elsewhere, which is not followed",
            got=f"HTTP {response.status}",
            next_step="name the address where it answers with --url",
        )
    if response.status != 200:
        raise OutsideServiceError("the timestamp authority did not give an answer", got=f"HTTP {response.status}")
    body = response.read(_LARGEST_ANSWER + 1)
    if response.length and len(body) <= _LARGEST_ANSWER:
        raise http.client.IncompleteRead(body, response.length)
    if len(body) > _LARGEST_ANSWER:
        raise OutsideServiceError(
            "the timestamp authority's answer is too large", expected=f"at most {_LARGEST_ANSWER} bytes"
        )
    return body


def _connection(address: AuthorityAddress, timeout_s: float) -> http.client.HTTPConnection:
    if address.scheme == "http":
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(address.host, address.port, timeout=timeout_s, context=context)


class _Watch:
    """Ends a connection when its time is up: a server that sends a byte now and then never runs into a timeout."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self._connection = connection
        self.line: socket | None = None  # the connection forgets its socket once an answer is to be read to its end
        self.ended = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.ended = True
        line = self.line or self._connection.sock
        if line is not None:
            with suppress(OSError):
                line.shutdown(SHUT_RDWR)


def _slow(timeout_s: float) -> str:
    return f"no whole answer within {timeout_s:g} s"


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "nothing within the time"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
