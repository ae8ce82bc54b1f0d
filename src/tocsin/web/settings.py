"""Django's settings for one person on one machine, in code: no database, no sessions, no settings file to get wrong."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import Any

import django
from django.conf import settings

FOLDER = Path(__file__).parent
HOSTS = ("127.0.0.1", "localhost", "[::1]")


class PlaceOnly(logging.Formatter):
    """Says which error happened where, and nothing of what was being read: posts must not reach a log."""

    def format(self, record: logging.LogRecord) -> str:
        """One line: the kind of error and the line of code."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return "web: a page failed"
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
        return f"web: a page failed with {type(error).__name__}{place}"


def _logging() -> dict[str, Any]:
    # Requests are not logged (what an analyst reads is hers) except that a page failed, and where.
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"place": {"()": PlaceOnly}},
        "handlers": {
            "none": {"class": "logging.NullHandler"},
            "stderr": {"class": "logging.StreamHandler", "formatter": "place", "level": "ERROR"},
        },
        "loggers": {
            "django": {"handlers": ["none"], "level": "CRITICAL", "propagate": False},
            "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django.security": {"handlers": ["none"], "level": "CRITICAL", "propagate": False},
        },
    }


def configure() -> None:
    """Set Django up for this process; a second call changes nothing.

    Issue 7 adds apps, a database and accounts here; nothing else in the room reads a setting.
    """
    if settings.configured:
        return
    settings.configure(
        DEBUG=False,
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS=list(HOSTS),
        USE_X_FORWARDED_HOST=False,
        ROOT_URLCONF="tocsin.web.urls",
        INSTALLED_APPS=[],
        DATABASES={},
        MIDDLEWARE=[
            "tocsin.web.guard.Guard",
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        APPEND_SLASH=False,
        X_FRAME_OPTIONS="DENY",
        SECURE_REFERRER_POLICY="no-referrer",
        SECURE_CROSS_ORIGIN_OPENER_POLICY="same-origin",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [FOLDER / "templates"],
                "OPTIONS": {"builtins": ["tocsin.web.wording"]},
            }
        ],
        USE_I18N=False,
        USE_TZ=True,
        TIME_ZONE="UTC",
        DATA_UPLOAD_MAX_MEMORY_SIZE=0,
        LOGGING=_logging(),
    )
    django.setup()
