"""Small desks for tests: rows in, a desk out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tocsin import desk as desk_room


def row(
    number: int | str, text: str, at: str | None = "2026-01-05T08:00:00Z", who: str = "ana", **more: Any
) -> dict[str, Any]:
    """One post as a JSON line with recognised columns."""
    return {"id": str(number), "created_at": at, "author_id": who, "text": text, **more}


def written(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """The rows as JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows), encoding="utf-8")
    return file


def new_desk(folder: Path) -> desk_room.Desk:
    """An empty desk."""
    return desk_room.init(folder, purpose="a test on invented posts", legal_basis="no personal data")


def collected(desk: desk_room.Desk, file: Path, **more: Any) -> desk_room.CollectResult:
    """The file read into the desk, in this process."""
    more.setdefault("options", desk_room.ReadOptions())
    return desk_room.collect(desk, [file], progress=desk_room.Silent(), processes=more.pop("processes", 1), **more)
