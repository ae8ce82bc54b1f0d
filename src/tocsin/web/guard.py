"""What every request passes and every answer carries: host, method, origin, headers, one desk call at a time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from tocsin.records.errors import TocsinError

METHODS = ("GET", "HEAD")
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A report is a file somebody may have changed: it gets no script, no origin, no form, no request.
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "Server": "tocsin",  # else the version of Python
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def is_foreign(request: HttpRequest) -> bool:
    """Whether another site's page made the browser send this (another port of this machine counts as another site)."""
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


class Guard:
    """The outermost middleware. Its answers look the same whether a page is missing or may not be seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.desk_lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with its headers; the body of a HEAD is left out."""
        response = self._answer(request)
        response.setdefault("Content-Security-Policy", PAGE_POLICY)
        for name, value in HEADERS.items():
            response[name] = value
        response["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            response.content = b""
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        # DNS rebinding: a hostile name that resolves to 127.0.0.1 reaches this server with its own name in Host.
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponse("This desk answers only to 127.0.0.1 and localhost.\n", "text/plain", 400)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if is_foreign(request):
            return render(request, "missing.html", status=404)
        # Two pages at once would share one connection of the engine.
        with self.desk_lock:
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page with the message of a TocsinError (which quotes no post and no name); other errors go on."""
        if isinstance(error, TocsinError):
            return render(request, "failed.html", {"error": error}, status=500)
        return None
