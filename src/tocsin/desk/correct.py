"""correct: a judgement is taken back, or another put in its place. What was said before stays in the log."""

from __future__ import annotations

from tocsin.archive import JUDGING, Snapshot, custody_of, logged_statement
from tocsin.desk.acts import Body, checked_reason, state
from tocsin.desk.judge import Judged, checked_label
from tocsin.desk.place import Desk
from tocsin.records.errors import TocsinInputError


def correct(desk: Desk, leaf: int, reason: str, label: str | None = None) -> Judged:
    """The correction of the judgement stated at a leaf, once it is durable; with a label it is a judgement itself.

    Raises TocsinInputError where the leaf states no judgement that is in force, for another label, without a reason or
    the keys.
    """
    if label is not None:
        checked_label(label)
    words = checked_reason(reason)
    earlier = logged_statement(desk.folder, leaf)
    post = earlier.get("leaf")
    if earlier.get("type") not in JUDGING or not isinstance(post, int):
        raise _no_judgement(leaf, str(earlier.get("type")))

    def check(here: Snapshot) -> None:
        if leaf not in [act.leaf_index for act in custody_of(here, post).judgements]:
            raise _no_judgement(leaf, "one that was corrected already, or is a correction without a label")

    detail: Body = {"reason": words} if label is None else {"label": label, "reason": words}
    body: Body = {"type": "corrected", "v": 1, "leaf": post, "of": leaf}
    return Judged(post, state(desk, body, detail, check=check), label)


def _no_judgement(leaf: int, got: str) -> TocsinInputError:
    return TocsinInputError(
        f"leaf {leaf} states no judgement that can be corrected",
        expected="the leaf of a judgement in force, as tocsin custody shows it",
        got=got,
    )
