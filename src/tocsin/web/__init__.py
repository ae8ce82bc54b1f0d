"""The web door: a desk's campaigns, trends, captures and reports as read-only pages on this machine."""

from tocsin.web.ports import DeskInfo, DeskReader, ExamplePost, ReportEntry
from tocsin.web.server import application, loopback_address, serve, server

__all__ = [
    "DeskInfo",
    "DeskReader",
    "ExamplePost",
    "ReportEntry",
    "application",
    "loopback_address",
    "serve",
    "server",
]
