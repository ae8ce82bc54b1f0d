"""Files a user asked for, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from tocsin.records.errors import TocsinInputError


def check_writable(file: Path) -> None:
    """Raise TocsinInputError where a file cannot be made, before any work is done for it."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise TocsinInputError(
            f"{file} cannot be written", expected="a file in a folder that is there", next_step="name another -o FILE"
        )


def write_whole(file: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises TocsinInputError where it cannot be made there."""
    check_writable(file)
    try:
        if file.exists() and not file.is_file():  # a pipe or a device, /dev/stdout for one: nothing to replace
            file.write_bytes(data)
            return
        part = file.with_name(file.name + ".part")
        part.write_bytes(data)
        part.replace(file)
    except (FileNotFoundError, PermissionError) as error:
        raise TocsinInputError(
            f"{file} cannot be written", got=error.strerror or "", next_step="name another -o FILE"
        ) from None
