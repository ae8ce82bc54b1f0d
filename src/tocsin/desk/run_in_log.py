"""A detection run and the log: what a run found is stated there, so that findings edited afterwards are noticed.

findings/<run_id>/statement.json   {"leaf": place of the statement in the log, "salt": hex}
The salt makes the statement confirm nothing once the run is gone.
"""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from pathlib import Path

from tocsin.archive import load_keys, logged_statement, open_writer
from tocsin.desk.findings_store import Run
from tocsin.desk.place import Desk
from tocsin.records.errors import EvidenceError, TocsinInputError

NOTE = "statement.json"
_WAIT_S = 60.0


def state_run(desk: Desk, run: Run) -> bool:
    """Append the run's statement to the log; False where the desk's keys are not at hand, and so no report either.

    Raises TocsinError where another process keeps writing to the desk.
    """
    try:
        keys = load_keys(desk.folder, desk.keys_folder)
    except TocsinInputError:
        return False
    folder, salt = desk.findings / run.run_id, secrets.token_hex(16)
    stated: dict[str, str | int] = {"type": "findings", "v": 1, "run": run.run_id, "digest": _digest(folder, salt)}
    with open_writer(desk.folder, keys, desk.clock, wait_s=_WAIT_S) as writer:
        leaf = writer.append_statements([stated])[0]
    (folder / NOTE).write_text(json.dumps({"leaf": leaf, "salt": salt}) + "\n", encoding="ascii")
    return True


def check_run(desk: Desk, run: Run) -> None:
    """Nothing; the run's files are those that the log speaks of.

    Raises TocsinInputError where the run was never stated, EvidenceError where it is not what was stated.
    """
    folder = desk.findings / run.run_id
    if not (folder / NOTE).is_file():
        raise TocsinInputError(
            "that detection run is not in the desk's log", next_step="run tocsin detect again, with the desk's keys"
        )
    try:
        note = json.loads((folder / NOTE).read_bytes())
        leaf, salt = int(note["leaf"]), str(note["salt"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EvidenceError(f"findings/{run.run_id}/{NOTE} is damaged") from None
    stated = logged_statement(desk.folder, leaf)
    wanted = {"type": "findings", "v": 1, "run": run.run_id, "digest": _digest(folder, salt)}
    if {name: stated.get(name) for name in wanted} != wanted:
        raise EvidenceError(
            f"findings/{run.run_id} was changed: it is not what leaf {leaf} of the log speaks of",
            next_step="run tocsin detect again and write the report anew",
        )


def _digest(folder: Path, salt: str) -> str:
    """SHA-256 over the salt and each file's name and content."""
    digest = sha256(salt.encode())
    for path in sorted(folder.iterdir()):
        if path.name != NOTE:
            digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return digest.hexdigest()
