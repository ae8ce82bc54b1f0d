"""search: posts that match a query under the folding key."""

from __future__ import annotations

from typing import Any

from tocsin.archive import not_searchable, search_index, snapshot
from tocsin.desk.engine import snapshot_engine
from tocsin.desk.names import author_names
from tocsin.desk.place import Desk
from tocsin.enrich import FOLDER
from tocsin.report import Redactor


def search(desk: Desk, query: str, *, limit: int = 20) -> list[dict[str, Any]]:
    """Posts that match, best first: pseudonymous, their text redacted, the names of their authors too.

    Raises TocsinInputError for a query that cannot be read.
    """
    leaves = search_index(desk.folder, query, fold=lambda text: FOLDER.keys([text])[0], limit=limit)
    if not leaves:
        return []
    engine = snapshot_engine(snapshot(desk.folder).files("posts"))
    found = engine.table(
        "SELECT leaf_index, post_id, source, posted_at, lang, account_id, text FROM post_versions"
        " WHERE leaf_index IN (SELECT unnest($leaves))",
        {"leaves": leaves},
    ).to_pylist()
    redactor = Redactor(author_names(desk, engine, {row["account_id"] for row in found}))
    engine.close()
    place = {leaf: at for at, leaf in enumerate(leaves)}
    for row in found:
        row["text"] = str(redactor.redacted(row["text"]).text).replace("\n", " ")
    return sorted(found, key=lambda row: place[row["leaf_index"]])


def search_note(desk: Desk) -> str:
    """What to say beside the answer where the index does not cover all posts, "" where it does."""
    missing = not_searchable(desk.folder)
    return f"{missing:,} posts are not searchable yet: tocsin collect makes them so." if missing else ""
