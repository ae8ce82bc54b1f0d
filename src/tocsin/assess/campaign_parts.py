"""The posts of one effort, counted: what campaigns and trends are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.assess.codebook_types import TIED_FACETS, Codebook

_COLUMNS: Final = ("leaf_index", "post_id", "account_id", "posted_at", "source", "lang", "tags", "folded")


class Corpus:
    """The posts (latest versions) and their assessments, findable by leaf index."""

    def __init__(self, posts: pa.Table, assessed: pa.Table) -> None:
        # In one piece: `take` puts the pieces together at every call.
        self.posts = posts.select(_COLUMNS).combine_chunks()
        leaves = self.posts["leaf_index"].to_numpy()
        self._order: NDArray[np.int64] = np.argsort(leaves, kind="stable").astype(np.int64)
        self._sorted: NDArray[np.int64] = leaves[self._order]
        self._assessed: dict[str, dict[int, dict[str, Any]]] = {}
        for row in assessed.to_pylist():
            self._assessed.setdefault(row["codebook"], {})[row["leaf_index"]] = row

    def rows(self, leaf_indexes: Iterable[int]) -> list[dict[str, Any]]:
        """Posts with these leaf indexes, by time then leaf; leaves that are no latest version are left out."""
        wanted = np.unique(np.fromiter(leaf_indexes, dtype=np.int64))
        if not len(wanted) or not len(self._sorted):
            return []
        places = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        positions = self._order[places[self._sorted[places] == wanted]]
        taken: list[dict[str, Any]] = self.posts.take(pa.array(positions)).to_pylist()
        return sorted(taken, key=lambda row: (row["posted_at"] is None, row["posted_at"] or 0, row["leaf_index"]))

    def assessed(self, codebook: str) -> Mapping[int, dict[str, Any]]:
        """Assessment rows of one codebook by leaf index."""
        return self._assessed.get(codebook, {})


@dataclass(frozen=True, slots=True)
class Tie:
    """What one codebook says of an effort: how many of its posts call, and whether to violence."""

    codebook: str
    assessments: tuple[dict[str, Any], ...]  # rows of the effort's posts
    called_leaves: frozenset[int]
    called_accounts: frozenset[str]
    tied_call_count: int  # calls that name an organisation or act of the violence criterion
    call_share: float
    other_account_count: int = 0  # accounts in none of whose posts, all of languages it covers, it matched anything

    @property
    def caller_share(self) -> float:
        """Callers among them and those who speak of other things; who reports, asks or objects is neither."""
        return len(self.called_accounts) / max(1, len(self.called_accounts) + self.other_account_count)

    @property
    def called_post_count(self) -> int:
        """How many posts call."""
        return len(self.called_leaves)


def tie_of(codebook: Codebook, rows: Sequence[Mapping[str, Any]], corpus: Corpus, threshold: float) -> Tie:
    """What the codebook says of an effort's posts."""
    by_leaf = corpus.assessed(codebook.name)
    own = [by_leaf[row["leaf_index"]] for row in rows if row["leaf_index"] in by_leaf]
    called = {row["leaf_index"]: row for row in own if is_call(row, threshold)}
    accounts = frozenset(row["account_id"] for row in rows if row["leaf_index"] in called)
    tied = sum(any(concept.split(":", 1)[0] in TIED_FACETS for concept in row["concepts"]) for row in called.values())
    share = len(called) / len(rows) if rows else 0.0
    # Who writes what the codebook cannot read may be speaking of anything.
    speaking = {
        row["account_id"] for row in rows if row["leaf_index"] in by_leaf or row["lang"] not in codebook.languages
    }
    others = len({row["account_id"] for row in rows} - speaking)
    return Tie(codebook.name, tuple(own), frozenset(called), accounts, tied, share, others)


def is_call(row: Mapping[str, Any], threshold: float) -> bool:
    """Whether an assessment row is a call that its author makes (the stance has already lowered what is not)."""
    recruitment = row["recruitment"]
    return recruitment is not None and recruitment >= threshold and row["stance"] not in ("reporting", "condemning")


def counted(values: Iterable[str | None]) -> dict[str, int]:
    """How often each value occurs, most first, then by name."""
    counts = Counter(value for value in values if value)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def tag_counts(rows: Sequence[Mapping[str, Any]], min_accounts: int = 1) -> dict[str, int]:
    """Posts by folded tag, most first; with `min_accounts`, only tags that many accounts used."""
    accounts: dict[str, set[str]] = {}
    for row in rows:
        for tag in row["tags"] or ():
            accounts.setdefault(tag, set()).add(row["account_id"])
    counts = counted(tag for row in rows for tag in row["tags"] or ())
    return {tag: count for tag, count in counts.items() if len(accounts[tag]) >= min_accounts}


def time_range(rows: Sequence[Mapping[str, Any]]) -> tuple[datetime, datetime] | None:
    """First and last instant of the posts, or None when none has a time."""
    times = [row["posted_at"] for row in rows if row["posted_at"] is not None]
    return (min(times), max(times)) if times else None


def telling_terms(
    inside: Sequence[Mapping[str, Any]], outside: Sequence[Mapping[str, Any]], limit: int = 6
) -> tuple[str, ...]:
    """Words that tell these posts from the effort's others: by document share inside over outside, folded.

    Words with digits, links, mentions and words of under four letters are left out.
    """
    in_counts, out_counts = _word_counts(inside), _word_counts(outside)
    inside_total, outside_total = max(1, len(inside)), max(1, len(outside))
    scores = {
        word: (count / inside_total) * np.log((count / inside_total + 0.01) / (out_counts[word] / outside_total + 0.01))
        for word, count in in_counts.items()
        if count * 2 >= inside_total
    }
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, score in ranked[:limit] if score > 0 or not outside)


def _word_counts(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        words = (word.strip(".,;:!?\"'()") for word in row["folded"].split() if word[0] not in "@#" and "/" not in word)
        counts.update({word for word in words if len(word) >= (4 if word.isascii() else 3) and word.isalpha()})
    return counts
