"""Which keys a desk's log was signed with."""

from __future__ import annotations

from pathlib import Path

from tocsin.archive import notes
from tocsin.archive.keys import desk_info


def log_verifiers(folder: Path) -> tuple[notes.Verifier, ...]:
    """Every key that this desk's heads were signed with, the present one first.

    A replaced key's word ends with the log it handed over: to open a head, use `DeskInfo.opened_checkpoint`.
    """
    return desk_info(folder).verifiers
