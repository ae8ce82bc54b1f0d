"""The whole job in one call: a folder of exports in, a report out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tocsin.collect import ReadOptions
from tocsin.desk.collect import collect
from tocsin.desk.detect import detect
from tocsin.desk.init import NOT_STATED, init
from tocsin.desk.place import Desk, is_desk, open_desk
from tocsin.desk.progress import Progress
from tocsin.desk.report import RENDERERS, report
from tocsin.desk.write_file import check_writable
from tocsin.records.errors import TocsinInputError


def whole_job(
    exports: Path,
    output: Path,
    *,
    progress: Progress,
    desk_folder: Path | None = None,
    events: Path | None = None,
    codebooks: Sequence[str] = (),
    purpose: str | None = None,
    legal_basis: str | None = None,
    processes: int | None = None,
) -> dict[str, Any]:
    """What was read, found and written. Without a desk folder one is made beside the report, or used again there.

    Raises TocsinInputError where nothing can be read or no campaign was found (what was read stays in the desk).
    """
    started = time.perf_counter()
    if output.suffix.lower() not in RENDERERS:
        raise TocsinInputError(f"no report format ends in {output.suffix or 'nothing'}", expected=", ".join(RENDERERS))
    output.parent.mkdir(parents=True, exist_ok=True)
    check_writable(output)
    desk = _desk(desk_folder or output.with_name(f"{output.stem}-desk"), purpose, legal_basis, progress)
    read = collect(desk, [exports], options=ReadOptions(), progress=progress, processes=processes)
    for line in read.as_text():
        progress.note(line)
    found = detect(desk, events=events, codebooks=codebooks, progress=progress)
    written = report(desk, None, output, progress=progress)
    return {
        **written,
        "desk": desk.folder,
        "collect": read.as_json(),
        "detect": found,
        "seconds": round(time.perf_counter() - started, 3),
    }


def _desk(folder: Path, purpose: str | None, legal_basis: str | None, progress: Progress) -> Desk:
    if is_desk(folder):
        return open_desk(folder)
    if not (purpose and legal_basis):
        progress.note(
            f"No purpose and legal basis were stated: the desk and the report say so. State them with --purpose and "
            f"--legal-basis. The desk is {folder}."
        )
    return init(folder, purpose=purpose or NOT_STATED, legal_basis=legal_basis or NOT_STATED)
