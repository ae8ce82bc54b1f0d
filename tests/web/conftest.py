"""What the tests of the pages share: a Django client bound to a desk, a running server, a Chromium that may go nowhere."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.web import DeskReader, application, server
from tocsin.web.views import DESK
from web.invented_desk import InventedDesk, desk


def client_of(reader: DeskReader) -> object:
    """Django's test client over the real middleware and routes."""
    application(reader)
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000", raise_request_exception=False, **{DESK: reader})


@pytest.fixture
def invented() -> InventedDesk:
    return desk()


@pytest.fixture
def client(invented: InventedDesk) -> object:
    return client_of(invented)


@pytest.fixture
def served() -> Iterator[Callable[[DeskReader], str]]:
    """Starts a real server over a desk on a free port of 127.0.0.1; gives its address."""
    running = []

    def start(reader: DeskReader) -> str:
        one = server(reader, port=0)
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        running.append((one, thread))
        return f"http://127.0.0.1:{one.server_port}"

    yield start
    for one, thread in running:
        one.shutdown()
        one.server_close()
        thread.join(5)


@dataclass(frozen=True)
class Visit:
    """What a Chromium did with one page: its DOM after a while, what it asked for, what its console said."""

    dom: str
    requested: list[str]
    console: str


Browse = Callable[..., Visit]


@pytest.fixture
def browse(browser_path: str, tmp_path: Path) -> Browse:
    """Opens an address in a Chromium without a network and gives a Visit; `picture` also keeps a screenshot there."""
    count = iter(range(1000))

    def visit(address: str, *options: str, width: int = 1280, height: int = 2000, picture: Path | None = None) -> Visit:
        folder = tmp_path / f"chromium-{next(count)}"
        log = tmp_path / (folder.name + ".json")
        command = [
            browser_path,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
            *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
            *("--disable-dev-shm-usage", "--enable-logging=stderr", "--hide-scrollbars"),
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"--user-data-dir={folder}",
            f"--log-net-log={log}",
            f"--window-size={width},{height}",
            *options,
            f"--screenshot={picture}" if picture is not None else "--dump-dom",
            address,
        ]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        console = "\n".join(line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line)
        return Visit(done.stdout.decode("utf-8", "replace"), _requested(log), console)

    return visit


def _requested(log: Path) -> list[str]:
    """Every address a page asked for, out of Chromium's own network log."""
    text = log.read_text(encoding="utf-8")
    try:
        events = json.loads(text)
    except json.JSONDecodeError:  # ended before the closing bracket was written
        events = json.loads(text.rstrip().rstrip(",") + "]}")
    kind = events["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    starts = [
        event["params"] for event in events["events"] if event["type"] == kind and "url" in event.get("params", {})
    ]
    # Chromium has errands of its own (clock, updates: all unresolvable here); they have no page as initiator.
    return [
        one["url"]
        for one in starts
        if (one["initiator"] != "not an origin" or "frame" in one["request_type"])
        and not one["url"].startswith("data:")
    ]
