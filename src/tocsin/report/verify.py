"""Verification of a dispatch, step by step. Every figure and quote is computed again; the seal is checked last, so that
a changed digit is named as the figure it belongs to, and a change that touches none is still noticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import QuoteProof

from .brief import ArchivedPost
from .dispatch import html_of, json_of, markdown_of
from .document import DISCLOSABLE, Document, figure_of, figure_record, generator_note
from .figures import Figure, FigureRequest, Scalar, checked_query
from .page import Page
from .pictures import pictures
from .queries import ColumnKind
from .read_back import (
    Kind,
    Problem,
    located_difference,
    page_problems,
    picture_problems,
    read_dispatch,
    without_pictures,
)
from .redact import Redactor
from .seal import CheckSignature, check_seal, unsealed
from .wording import is_instant, parsed_instant

STEPS: tuple[str, ...] = (
    "the file is a dispatch of a known format",
    "every figure names a registered query over this campaign and this snapshot",
    "every figure is what the desk computes",
    "every number in the text is its figure’s, and none stands alone",
    "every quote is the archived post’s text and time, redacted as the desk redacts",
    "every picture is what its figures draw",
    "everything else is what the document says",
    "every proof holds and discloses no more than the quote shows",
    "the checkpoint is the desk’s",
    "the seal is the desk’s, over every character of the file",
)

Recompute = Callable[[Sequence[FigureRequest]], Mapping[str, Figure]]
CheckProof = Callable[[QuoteProof, datetime | None, str | None], None]


class Step(NamedTuple):
    """One step of a verification. `outcome` is "held" or why it was not checked here."""

    number: int
    says: str
    outcome: str
    checked_count: int


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """A dispatch that holds."""

    kind: Kind
    campaign_id: str
    log_size: int
    figure_count: int
    quote_count: int
    digest: str  # SHA-256 of the sealed characters, hex
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """What the desk lends to a verification. Without `recompute`, `archived` and `redactor` (an outsider, who holds
    only the verifier key) figures and texts are compared with the sealed document instead of the archive."""

    check_signature: CheckSignature  # (message, signature); raises EvidenceError
    check_proof: CheckProof | None = None  # (proof, posted_at, text or None if withheld); raises EvidenceError
    check_checkpoint: Callable[[str], None] | None = None  # the signed note; raises EvidenceError
    recompute: Recompute | None = None
    archived: Callable[[int], ArchivedPost | None] | None = None  # by leaf index
    redactor: Redactor | None = None


def verify_report(text: str, checks: Checks) -> VerifyResult:
    """What was checked of a dispatch (HTML, Markdown or JSON, read without newline translation).

    Raises: EvidenceError that names the figure or quote which is not what the desk holds, or else what was changed.
    """
    kind, claimed = read_dispatch(text)  # 1
    steps = [Step(1, STEPS[0], "held", 1)]

    def record(outcome: str, count: int) -> None:
        steps.append(Step(len(steps) + 1, STEPS[len(steps)], outcome, count))

    _check_requests(claimed)  # 2
    record("held", len(claimed["figures"]))
    computed, problems = _recomputed(claimed, checks.recompute)  # 3
    record("held" if checks.recompute else "not checked: needs the desk", len(claimed["figures"]))
    truth = {**claimed, "figures": [figure_record(figure) for figure in computed.values()]}
    page = Page(truth)
    found, number_count = page_problems(kind, text, page)  # 4
    problems += found
    record("held", number_count)
    problems += _quote_problems(claimed, checks)  # 5
    record("held" if checks.archived else "not checked: needs the desk", len(claimed["quotes"]))
    if problems:
        raise _error(problems)
    is_same_drawer = _is_same_drawer(claimed)
    if kind is Kind.HTML and is_same_drawer:
        problems += picture_problems(text, page, pictures(page))  # 6
        record("held", text.count("<svg "))
    else:
        record("no pictures" if kind is not Kind.HTML else "not checked: drawn by another version", 0)
    if is_same_drawer:
        problems += _other_problems(kind, text, truth)  # 7
    record("held" if is_same_drawer else "not checked: written by another version", 1)
    if problems:
        raise _error(problems)
    record("held" if checks.check_proof else "not checked", _check_proofs(claimed, checks.check_proof))  # 8
    if checks.check_checkpoint is not None:  # 9
        checks.check_checkpoint(claimed["snapshot"]["checkpoint"])
    record("held" if checks.check_checkpoint else "not checked", 1)
    digest = check_seal(text, checks.check_signature)  # 10
    record("held", len(text))
    return VerifyResult(
        kind,
        claimed["campaign"]["campaign_id"],
        claimed["snapshot"]["log_size"],
        len(computed),
        len(claimed["quotes"]),
        digest,
        tuple(steps),
    )


def _error(problems: list[Problem]) -> EvidenceError:
    first = problems[0]
    more = len(problems) - 1
    wrong = first.says + (f" (and {more} more {'thing' if more == 1 else 'things'} changed)" if more else "")
    return EvidenceError(
        wrong, next_step="do not publish or rely on this file; ask the desk for the dispatch it sealed"
    )


def _requests(document: Document) -> list[FigureRequest]:
    return [
        FigureRequest(record["id"], record["slot"], record["query"], record["params"]) for record in document["figures"]
    ]


def _check_requests(document: Document) -> None:
    """Raises: EvidenceError where a figure is of another query, campaign or snapshot than the dispatch says."""
    expected = {
        "effort_id": document["campaign"]["campaign_id"],
        "log_size": document["snapshot"]["log_size"],
        "codebook": document["codebook"]["name"],
        "as_of": document["generated_at"],
    }
    for request in _requests(document):
        checked_query(request)
        for name, value in expected.items():
            if request.params.get(name, value) != value:
                raise EvidenceError(
                    f"figure {request.figure_id} ({request.query}) has another {name} than the dispatch"
                )


def _recomputed(document: Document, recompute: Recompute | None) -> tuple[dict[str, Figure], list[Problem]]:
    """The figures as they are, and what the document says otherwise."""
    claimed = {record["id"]: figure_of(record) for record in document["figures"]}
    for figure in claimed.values():
        _check_columns(figure)
    if recompute is None:
        return claimed, []
    computed = recompute(_requests(document))
    problems = []
    for figure_id, figure in claimed.items():
        true = computed[figure_id]
        if figure.value != true.value:
            problems.append(Problem(f"figure {figure_id} ({figure.query}) says {_said(figure, true)}", figure_id))
    return {figure_id: computed[figure_id] for figure_id in claimed}, problems


def _check_columns(figure: Figure) -> None:
    width = len(figure.registered.columns)
    if figure.registered.is_scalar == isinstance(figure.value, tuple) or any(len(row) != width for row in figure.rows):
        raise EvidenceError(f"figure {figure.figure_id} ({figure.query}) does not have the columns of its query")
    kinds = [kind for _, kind in figure.registered.columns]
    if not all(_is_of_kind(value, kind) for row in figure.rows for value, kind in zip(row, kinds, strict=True)):
        raise EvidenceError(f"figure {figure.figure_id} ({figure.query}) holds a value that its query cannot give")
    if "bucket_s" in figure.params and figure.rows:
        stretch = parsed_instant(str(figure.rows[-1][0])) - parsed_instant(str(figure.rows[0][0]))
        if stretch.total_seconds() / float(figure.params["bucket_s"]) > _MOST_BARS:
            raise EvidenceError(f"figure {figure.figure_id} ({figure.query}) spans more than can be drawn")


_NUMBERS = frozenset(
    [ColumnKind.COUNT, ColumnKind.PERMILLE, ColumnKind.EXPECTED, ColumnKind.Q_VALUE, ColumnKind.DURATION]
)
_MOST_BARS = 20_000


def _is_of_kind(value: Scalar, kind: ColumnKind) -> bool:
    if value is None:
        return True
    if kind in _NUMBERS:
        return not isinstance(value, str) and 0 <= value < 1e15
    return isinstance(value, str) and (kind is not ColumnKind.INSTANT or is_instant(value))


def _said(claimed: Figure, true: Figure) -> str:
    """What a figure says and what the desk computes: only for kinds that hold no text of posts."""
    if not isinstance(claimed.value, tuple):
        return f"{_brief(claimed.value)}, the desk computes {_brief(true.value)}"
    if len(claimed.rows) != len(true.rows):
        return f"{len(claimed.rows)} rows, the desk computes {len(true.rows)}"
    for row, (one, other) in enumerate(zip(claimed.rows, true.rows, strict=True)):
        for column, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                name = claimed.registered.columns[column][0]
                said = f"{_brief(a)}, the desk computes {_brief(b)}" if not isinstance(b, str) else "otherwise"
                return f"{said} in row {row + 1}, {name}"
    return "otherwise"


def _brief(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else ("nothing" if value is None else "another time or word")


def _quote_problems(document: Document, checks: Checks) -> list[Problem]:
    if checks.archived is None or checks.redactor is None:
        return []
    problems = []
    for quote in document["quotes"]:
        post = checks.archived(quote["leaf_index"])
        name = f"quote {quote['id']} (log entry {quote['leaf_index']})"
        if post is None:
            problems.append(Problem(f"{name} is of a post the desk does not hold", quote["id"]))
            continue
        redacted = checks.redactor.redacted(post.text)
        if quote["text"] != str(redacted.text) or quote["withheld"] != redacted.kinds:
            problems.append(Problem(f"{name} does not have the words of the archived post", quote["id"]))
        at = parsed_instant(quote["posted_at"]) if quote["posted_at"] else None
        if at != post.posted_at or quote["source"] != post.source or quote["post_id"] != post.post_id:
            problems.append(Problem(f"{name} does not have the time, source or id of the archived post", quote["id"]))
    return problems


def _is_same_drawer(document: Document) -> bool:
    ours = generator_note(document["generator"]["name"])
    return bool(document["generator"] == ours)


def _other_problems(kind: Kind, text: str, truth: Document) -> list[Problem]:
    drawn = {Kind.HTML: html_of, Kind.MARKDOWN: markdown_of, Kind.JSON: json_of}[kind](truth)
    ours, theirs = drawn, unsealed(text)
    if kind is Kind.HTML:
        ours, theirs = without_pictures(ours), without_pictures(theirs)
    return [] if ours == theirs else [located_difference(ours, theirs)]


def _check_proofs(document: Document, check_proof: CheckProof | None) -> int:
    """How many proofs were checked.

    Raises: EvidenceError where one does not hold, is of another post, or discloses what the quote withholds.
    """
    count = 0
    for quote in document["quotes"]:
        raw = quote["proof"]
        if raw is None:
            continue
        allowed = DISCLOSABLE - {"text"} if quote["withheld"] else DISCLOSABLE
        if raw["leaf_index"] != quote["leaf_index"] or not allowed.issuperset(raw["disclosed"]):
            raise EvidenceError(f"the proof of quote {quote['id']} is of another post or discloses too much")
        if "text" in raw["disclosed"] and raw["disclosed"]["text"][0] != quote["text"]:
            raise EvidenceError(f"the proof of quote {quote['id']} discloses other words than the quote")
        if check_proof is not None:
            proof = QuoteProof(
                raw["leaf_index"],
                {name: (pair[0], pair[1]) for name, pair in raw["disclosed"].items()},
                raw["withheld"],
                raw["entry"],
                tuple(raw["inclusion"]),
                raw["checkpoint"],
            )
            at = parsed_instant(quote["posted_at"]) if quote["posted_at"] else None
            check_proof(proof, at, None if quote["withheld"] else quote["text"])
            count += 1
    return count
