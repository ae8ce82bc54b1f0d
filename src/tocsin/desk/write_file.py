"""Files a user asked for, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.records.errors import TocsinInputError


def check_writable(file: Path) -> None:
    """Raise TocsinInputError where a file cannot be made, before any work is done for it."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise TocsinInputError(
            f"{file} cannot be written", expected="a file in a folder that is there", next_step="name another -o FILE"
        )


def write_whole(
    file: Path, data: bytes, *, is_private: bool = False, before_shown: Callable[[], object] | None = None
) -> None:
    """Write a file whole or not at all. Raises TocsinInputError where it cannot be made there.

    `before_shown` is called when the bytes are written and the file does not have its name yet: where it raises,
    nothing is left, and an older file of that name stays. (Into a pipe nothing goes before it was called.)
    `is_private`: nobody but the owner may read it.
    """
    check_writable(file)
    is_pipe = file.exists() and not file.is_file()  # or a device, /dev/stdout for one: nothing to replace
    part = file.with_name(file.name + ".part")
    try:
        if not is_pipe:
            with _told(file):
                _write_new(part, data, 0o600 if is_private else 0o666)
        if before_shown:
            before_shown()
        with _told(file):
            if is_pipe:
                file.write_bytes(data)
            else:
                part.replace(file)
    finally:
        if not is_pipe:
            part.unlink(missing_ok=True)


def _write_new(part: Path, data: bytes, mode: int) -> None:
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as new:
        new.write(data)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, PermissionError) as error:
        raise TocsinInputError(
            f"{file} cannot be written", got=error.strerror or "", next_step="name another -o FILE"
        ) from None
