"""The custody of one post, replayed from the signed log: what happened to it, in order, and the state that follows.

The log is hashed anew while it is read, and must give the root of its signed head: an act left out or put in is
noticed here too. Each act must be signed by staff, each detail must be the one its statement speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.archive import merkle
from tocsin.archive.custody import OF_ONE_POST, POST_ENDING, detail_digest, detail_path, opened_detail
from tocsin.archive.handovers import HANDED_OVER
from tocsin.archive.keys import desk_info
from tocsin.archive.secret_files import Secrets
from tocsin.archive.staff import StaffKeys
from tocsin.archive.strict import JsonValue, statement
from tocsin.archive.tables import Snapshot
from tocsin.archive.tiles import WIDTH, Log
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import Checkpoint

JUDGING = ("judged", "corrected")
_OF_ITS_CAPTURE = ("capture", "complete")
Statement = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Act:
    """One statement about a post: which leaf of the log, what, when, by whom (role and key), and its detail.

    `detail` is empty where the statement has none, and None where it was erased, or is sealed and the keys are absent.
    """

    leaf_index: int
    kind: str
    at: str
    by: str
    body: Statement
    detail: Statement | None


@dataclass(frozen=True, slots=True)
class Custody:
    """What the log says of one post, in order, and the state that follows from it.

    `judgements` are the acts whose details are judgements that no later correction took back, oldest first. Without
    the keys (`is_open` false) nobody can tell them, nor which exports quoted the post.
    """

    leaf_index: int
    capture_id: str
    acts: tuple[Act, ...]
    judgements: tuple[Act, ...]
    erased: bool
    is_open: bool
    checkpoint: Checkpoint  # the head of the log it was replayed from

    @property
    def judgement(self) -> Act | None:
        """The judgement in force: the last one."""
        return self.judgements[-1] if self.judgements else None


def custody_of(here: Snapshot, leaf_index: int) -> Custody:
    """What the log says of the post at a leaf, replayed from its beginning.

    Raises TocsinInputError where the leaf is no post's; EvidenceError where the log is not the signed one, an act is
    not signed by staff, or a detail is not what its statement speaks of.
    """
    checkpoint = desk_info(here.folder).opened_checkpoint(here.manifest.checkpoint)
    entry, statements = _checked_log(here, checkpoint, leaf_index)
    body = statement(entry, f"leaf {leaf_index}")
    if body.get("type") != "post":
        raise TocsinInputError(f"leaf {leaf_index} is no post of this desk")
    capture_id = str(body.get("capture"))
    details = _Details(here)
    staff, judgements = StaffKeys(), Judgements()
    acts = [_act(leaf_index, {**body, "type": "archived"}, {})]
    for leaf, each in statements:
        staff.check(each, f"leaf {leaf}")
        judgements.check(leaf, each)
        if not _may_speak_of(each, leaf, leaf_index, capture_id):
            continue
        act = _act(leaf, each, details.of(leaf, each))
        if act.kind != "exported" or leaf_index in _leaves(act.detail):
            acts.append(act)
    erased = any(act.kind == "erased" and leaf_index in _leaves(act.body) for act in acts)
    standing = () if erased or here.sealer is None else _standing(acts)
    acts.sort(key=lambda act: act.leaf_index)
    return Custody(leaf_index, capture_id, tuple(acts), standing, erased, here.sealer is not None, checkpoint)


def _act(leaf_index: int, body: Statement, detail: Statement | None) -> Act:
    return Act(leaf_index, str(body.get("type")), str(body.get("at")), str(body.get("by", "")), body, detail)


def _standing(acts: Sequence[Act]) -> tuple[Act, ...]:
    """The judgements in force. A correction takes one back; with a label it is a judgement in its turn."""
    standing: dict[int, Act] = {}
    for act in acts:
        if act.kind == "corrected":
            of = act.body.get("of")
            if standing.pop(of if isinstance(of, int) else -1, None) is None:
                raise EvidenceError(f"leaf {act.leaf_index} corrects what is no judgement in force of its post")
        if act.kind == "judged" or (act.kind == "corrected" and act.detail and "label" in act.detail):
            standing[act.leaf_index] = act
    return tuple(standing[leaf] for leaf in sorted(standing))


class Judgements:
    """Takes the statements of a log in order, and holds each correction against the judgement it names."""

    def __init__(self) -> None:
        self._standing: dict[int, JsonValue] = {}  # leaf of a judgement -> leaf of its post

    def check(self, leaf_index: int, body: Statement) -> None:
        """Nothing; raises EvidenceError for a correction of no judgement, of another post's, or of a corrected one."""
        if body.get("type") not in JUDGING:
            return
        post = body.get("leaf")
        if not _is_count(post) or not isinstance(post, int) or post >= leaf_index:
            raise EvidenceError(f"leaf {leaf_index} judges no post that came before it")
        if body["type"] == "corrected":
            of = body.get("of")
            if not _is_count(of) or self._standing.pop(int(str(of)), None) != post:
                raise EvidenceError(f"leaf {leaf_index} corrects what is no judgement in force of its post")
        self._standing[leaf_index] = post


class _Details:
    """Opens the details of statements, each checked against the digest in the log."""

    def __init__(self, here: Snapshot) -> None:
        self._here = here
        self._secrets = Secrets(here.folder)

    def of(self, leaf_index: int, body: Statement) -> Statement | None:
        """The detail; empty where there is none, None where it is erased or there are no keys to open it with."""
        if "detail" not in body:
            return {}
        if self._here.sealer is None:
            return None
        path, secret = detail_path(leaf_index), self._secrets.of(leaf_index)
        detail = opened_detail(self._here.folder, self._here.sealer, leaf_index)
        if secret is None and detail is None:
            return None
        if detail is None:
            raise EvidenceError(f"{path} is missing, and the log does not say that it was erased")
        if detail_digest(secret, detail) != {"detail": body["detail"]}:
            raise EvidenceError(f"{path} is not what leaf {leaf_index} speaks of")
        return detail


def _checked_log(
    here: Snapshot, checkpoint: Checkpoint, leaf_index: int
) -> tuple[bytes, list[tuple[int, dict[str, JsonValue]]]]:
    """The entry of a leaf, and every statement that is not a post's; the log recomputes to its signed root."""
    if not 0 <= leaf_index < checkpoint.size:
        raise TocsinInputError(f"the log has no leaf {leaf_index}", expected=f"one of {checkpoint.size} entries")
    log = Log(here.folder / "log", checkpoint.size)
    wanted, roots, found = b"", [], []
    for number in range(-(-log.size // WIDTH)):
        entries = log.entries(number)
        roots.append(merkle.root([merkle.leaf_hash(entry) for entry in entries]))
        first = number * WIDTH
        if first <= leaf_index < first + len(entries):
            wanted = entries[leaf_index - first]
        for at, entry in enumerate(entries, first):
            if not entry.endswith(POST_ENDING):
                found.append((at, statement(entry, f"leaf {at}")))
    # All but the last bundle are complete subtrees of one height, so the tree over their roots is that over the leaves.
    if merkle.root(roots) != checkpoint.root:
        raise EvidenceError(
            "the entries of the log do not give the root that its head was signed for",
            next_step="run tocsin verify, which names what was changed",
        )
    return wanted, found


def _may_speak_of(body: Statement, leaf: int, post_leaf: int, capture_id: str) -> bool:
    """Whether a statement is about a post; of an export only its detail says so."""
    kind = body.get("type")
    if kind in _OF_ITS_CAPTURE:
        return body.get("capture") == capture_id
    if kind == HANDED_OVER:
        return post_leaf < leaf
    if kind == "shared":
        size = body.get("size")
        return _is_count(size) and post_leaf < int(str(size))
    if kind == "exported":
        return post_leaf < leaf
    if kind == "erased":
        return post_leaf in _leaves(body) or post_leaf in _leaves(body, "lost")
    named = body.get("leaf")
    return kind in OF_ONE_POST and _is_count(named) and named == post_leaf


def _leaves(said: Statement | None, name: str = "leaves") -> Sequence[JsonValue]:
    leaves = (said or {}).get(name)
    return leaves if isinstance(leaves, list) else ()


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
