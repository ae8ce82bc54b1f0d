"""custody: what happened to a post, replayed from the log, and the state that follows."""

from __future__ import annotations

import os
from typing import Any

from tocsin.archive import Act, Snapshot, custody_of, desk_info, key_file, load_keys, snapshot
from tocsin.desk.named_post import named_post
from tocsin.desk.place import Desk
from tocsin.records.errors import EvidenceError
from tocsin.report import shown_text

WORDS = {
    "capture": "import begun",
    "archived": "archived",
    "complete": "import complete",
    "viewed": "original viewed",
    "judged": "judged",
    "corrected": "corrected",
    "exported": "exported",
    "shared": "shared",
    "handed_over": "handed over",
    "erased": "erased",
    "lost": "original lost",  # it lay in one record with a post that was erased
}
# Of details, no more than this: the rest is about other posts (the quotes of an export), or names files.
_TOLD = ("label", "reason", "reference", "to_file", "sha256")


def custody(desk: Desk, post: str) -> dict[str, Any]:
    """What the log says of a post: its acts in order, and the state at their end. Staff are a role and a key.

    Without the keys the details (labels, reasons, which posts an export quoted) stay sealed, and `details` says so.
    Raises TocsinInputError for a post that was never there, EvidenceError where the log does not hold.
    """
    here = _opened(desk)
    named = named_post(here, post)
    found = custody_of(here, named.leaf_index)
    if named.post_id is None and not found.erased:
        raise EvidenceError(f"leaf {named.leaf_index} has no row in the posts table, and was not erased")
    return {
        "leaf": named.leaf_index,
        "post_id": named.post_id,
        "acts": [_told(act, found.leaf_index) for act in found.acts],
        "judgement": _told(found.judgement, found.leaf_index) if found.judgement else None,
        "erased": found.erased,
        "details": "open" if found.is_open else "sealed",
        "capture": found.capture_id,
        "versions": [{"version": number, "leaf": leaf} for number, leaf in named.versions],
        "proof": {
            "leaf": named.leaf_index,
            "log_size": found.checkpoint.size,
            "root": found.checkpoint.root.hex(),
        },
    }


def custody_lines(told: dict[str, Any]) -> list[str]:
    """The plain answer of `tocsin custody`."""
    lines = [
        f"{act['at']}  leaf {act['leaf']:<9} {WORDS.get(act['act'], act['act']):<16} {act['by'] or '-':<18} "
        f"{_detail_words(act)}".rstrip()
        for act in told["acts"]
    ]
    judgement = told["judgement"]
    standing = f"{judgement['detail']['label']} (leaf {judgement['leaf']})" if judgement else "none"
    if told["details"] == "sealed":
        standing = "sealed: name the folder of the desk's keys in TOCSIN_KEYS"
    versions = ", ".join(f"{each['version']} at leaf {each['leaf']}" for each in told["versions"])
    proof = told["proof"]
    return [
        *lines,
        f"Judgement in force: {standing}",
        f"Erased: {'yes' if told['erased'] else 'no'}",
        f"Versions: {versions or 'none'}",
        f"Capture: {told['capture']}",
        f"Place in the log: leaf {proof['leaf']} of {proof['log_size']:,} entries, root {proof['root']}",
    ]


def _opened(desk: Desk) -> Snapshot:
    """The desk with its keys where they are at hand."""
    if not os.access(key_file(desk.keys_folder, desk_info(desk.folder).desk_id), os.R_OK):
        return snapshot(desk.folder)
    return snapshot(desk.folder, load_keys(desk.folder, desk.keys_folder, to_sign=False).sealer)


def _told(act: Act, leaf: int) -> dict[str, Any]:
    about = {name: act.body[name] for name in ("of", "what", "order") if name in act.body}
    detail = None if act.detail is None else {name: act.detail[name] for name in _TOLD if name in act.detail}
    leaves = act.body.get("leaves")
    lost = act.kind == "erased" and not (isinstance(leaves, list) and leaf in leaves)
    return {
        "leaf": act.leaf_index,
        "act": "lost" if lost else act.kind,
        "at": act.at,
        "by": act.by,
        **about,
        "detail": detail,
    }


def _detail_words(act: dict[str, Any]) -> str:
    words = [str(act["what"])] if "what" in act else []
    words += [f"of leaf {act['of']}"] if "of" in act else []
    words += [f"order {act['order']}"] if "order" in act else []
    detail = act["detail"]
    if detail is None:
        return " ".join([*words, "[sealed or erased]"])
    words += [str(detail["label"])] if "label" in detail else []
    words += ["to a file"] if detail.get("to_file") is True else []
    words += [f'"{shown_text(str(detail["reason"]))}"'.replace("\n", " ")] if "reason" in detail else []
    words += [f"SHA-256 {detail['sha256']}"] if "sha256" in detail else []
    return " ".join(words)
