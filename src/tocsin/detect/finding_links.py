"""How strongly findings belong together: shared posts, and shared accounts where they overlap in time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_LEAST_LINK = 0.15  # cosine under which two findings are not linked: one shared tag in a few posts joins nothing
_LEAST_SHARED = 3  # posts or accounts
_ACCOUNT_SHARE = 0.5  # what a cosine of accounts counts against one of posts
_MOST_PAIRS = 3_000_000
# Two communities of findings are one effort from these on; each was chosen on the invented cast, see docs/methods.md.
_MERGE_POSTS = 0.15  # of the smaller community's core posts
_MERGE_ACCOUNTS = 0.5  # of the smaller community's accounts, where there are also
_MERGE_LIFT = 3.0  # times as many shared accounts as chance gives, each account's activity kept
_LEAST_MERGED = 5  # shared posts or accounts
_BRIDGED = 0.25  # of a finding's posts in each of two unrelated things


class Pairs(NamedTuple):
    """Pairs of sets, ordered, that share at least three members: set number `first` and a later one, `second`."""

    first: Ints
    second: Ints
    shared: Ints  # members in both
    weight: NDArray[np.float64]  # of these; their number where members were given none

    def named(self, chosen: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Some of the pairs as numbers of sets."""
        return list(zip(self.first[chosen].tolist(), self.second[chosen].tolist(), strict=True))


def finding_links(
    rows: Sequence[Ints], windows: Sequence[tuple[int, int]], accounts: Ints
) -> dict[tuple[int, int], float]:
    """Weight (0-1.5) of each linked pair of findings (i < j). `rows` are the posts of each finding."""
    links = cosines(rows, least=_LEAST_LINK)
    by_account = [np.unique(accounts[r]) for r in rows]
    activity = np.bincount(accounts) / max(accounts.size, 1)
    for pair, value in cosines(by_account, least=2 * _LEAST_LINK, rare_first=True).items():
        (i, j) = pair
        if not _overlap(windows[i], windows[j]):
            continue
        if _lift((by_account[i], by_account[j]), (rows[i], rows[j]), activity) >= _MERGE_LIFT:
            links[pair] = links.get(pair, 0.0) + _ACCOUNT_SHARE * value
    return links


def bridges(rows: Sequence[Ints], named: Sequence[bool], may_bridge: Sequence[bool], accounts: Ints) -> set[int]:
    """Findings that lie across two things that have nothing to do with each other, and so must not join them.

    Such a finding has a quarter of its posts in each of two `named` findings (a tag, a link, a domain) that hardly
    share posts (15 % of the smaller) or accounts (half of the smaller): a generic tag, a common word.
    """
    pairs = sharing_pairs(rows)
    shared = dict(zip(pairs.named(pairs.shared > 0), pairs.shared.tolist(), strict=True))
    sizes, is_named = np.array([r.size for r in rows]), np.array(named, dtype=bool)
    needed = np.where(np.array(may_bridge, dtype=bool), np.maximum(_BRIDGED * sizes, _LEAST_SHARED), np.inf)
    holders: dict[int, list[int]] = {}
    for inner, outer in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        held = is_named[outer] & (pairs.shared >= needed[inner])
        for one, other in zip(inner[held].tolist(), outer[held].tolist(), strict=True):
            holders.setdefault(one, []).append(other)
    people = {k: np.unique(accounts[rows[k]]) for k in {k for held in holders.values() for k in held}}

    def unrelated(a: int, b: int) -> bool:
        smaller = min(rows[a].size, rows[b].size)
        known = np.intersect1d(people[a], people[b], assume_unique=True).size
        few_people = known < _MERGE_ACCOUNTS * min(people[a].size, people[b].size)
        return shared.get((min(a, b), max(a, b)), 0) < _MERGE_POSTS * smaller and few_people

    return {k for k, held in holders.items() if any(unrelated(a, b) for a, b in combinations(sorted(held), 2))}


def cosines(sets: Sequence[Ints], *, least: float, rare_first: bool = False) -> dict[tuple[int, int], float]:
    """Cosine of each pair of sets (i < j) that share at least three members, where it is `least` or more.

    With `rare_first` it takes five, and a member counts by the log of how few sets hold it (0 where all do), so
    that a busy account joins nothing.
    """
    owner, code, spread = _memberships(sets)
    weight = np.log(max(len(sets), 2) / spread) ** 2 if rare_first else None
    norms = np.sqrt(np.bincount(owner, None if weight is None else weight[code], len(sets)))
    pairs = _pair_sums(owner, code, weight, len(sets))
    found = pairs.weight / np.maximum(norms[pairs.first] * norms[pairs.second], 1e-12)
    kept = (pairs.shared >= (_LEAST_MERGED if rare_first else _LEAST_SHARED)) & (found >= least)
    return dict(zip(pairs.named(kept), found[kept].tolist(), strict=True))


def sharing_pairs(sets: Sequence[Ints]) -> Pairs:
    """The pairs of sets that share three members or more."""
    owner, code, _ = _memberships(sets)
    return _pair_sums(owner, code, None, len(sets))


def _memberships(sets: Sequence[Ints]) -> tuple[Ints, Ints, Ints]:
    """Set and member of each membership, ordered by member, and in how many sets each member is.

    Members in more sets than the budget of pairs allows are left out, the most spread first: what is in
    everything tells nothing apart.
    """
    owner = np.repeat(np.arange(len(sets)), [s.size for s in sets])
    member = np.concatenate([*sets, np.zeros(0, dtype=np.int64)])
    _, code, spread = np.unique(member, return_inverse=True, return_counts=True)
    by_spread = np.argsort(spread, kind="stable")
    pairs = np.cumsum(spread[by_spread].astype(np.int64) * (spread[by_spread] - 1) // 2)
    affordable = np.zeros(spread.size, dtype=bool)
    affordable[by_spread] = pairs <= _MOST_PAIRS
    kept = affordable[code]
    owner, code = owner[kept], code[kept]
    order = np.lexsort((owner, code))
    return owner[order], code[order], spread


def _pair_sums(owner: Ints, code: Ints, weight: NDArray[np.float64] | None, set_count: int) -> Pairs:
    """The pairs of sets that share members, from memberships that are ordered by member."""
    pairs: list[Ints] = [np.zeros(0, dtype=np.int64)]
    weights: list[NDArray[np.float64]] = [np.zeros(0)]
    for step in range(1, owner.size):
        same = np.flatnonzero(code[step:] == code[:-step])
        if same.size == 0:
            break
        pairs.append(owner[same] * set_count + owner[same + step])
        if weight is not None:
            weights.append(weight[code[same]])
    every = np.concatenate(pairs)
    if weight is None:
        unique, counts = np.unique(every, return_counts=True)
        totals = counts.astype(np.float64)
    else:
        unique, inverse, counts = np.unique(every, return_inverse=True, return_counts=True)
        totals = np.bincount(inverse, np.concatenate(weights), unique.size).astype(np.float64)
    kept = counts >= _LEAST_SHARED
    return Pairs(*np.divmod(unique[kept], max(set_count, 1)), counts[kept], totals[kept])


def merged_communities(
    communities: Sequence[Sequence[int]],
    rows: Sequence[Ints],
    windows: Sequence[tuple[int, int]],
    accounts: Ints,
    firm: Sequence[bool],
) -> list[list[int]]:
    """Communities of findings, those joined that hold much of one another's posts, or accounts at the same time.

    Posts count that are in a `firm` finding of their community (a tag, a link, a group, a cluster: something said on
    purpose) or in two others; a post that only has a common word in its burst is no evidence. The strongest pair
    first; a joined community is compared as a whole, so that a
    chain of weak overlaps does not join everything.
    """
    members = {i: sorted(c) for i, c in enumerate(communities)}
    cores = {i: core_posts([rows[f] for f in c], [firm[f] for f in c]) for i, c in members.items()}
    people = {i: np.unique(accounts[cores[i]]) for i in members}
    spans = {i: (min(windows[f][0] for f in c), max(windows[f][1] for f in c)) for i, c in members.items()}
    activity = np.bincount(accounts) / max(accounts.size, 1)
    scores: dict[tuple[int, int], float] = {}
    sharing = _sharing([cores[i] for i in members]) | _sharing([people[i] for i in members])
    neighbours: dict[int, set[int]] = {i: set() for i in members}
    for i, j in sharing:
        neighbours[i].add(j)
        neighbours[j].add(i)

    def together(i: int, j: int) -> float:
        if not _overlap(spans[i], spans[j]):
            return 0.0
        return _togetherness((cores[i], cores[j]), (people[i], people[j]), activity)

    for i, j in sorted(sharing):
        if (score := together(i, j)) >= 1.0:
            scores[i, j] = score
    while scores:
        i, j = max(scores, key=lambda pair: (scores[pair], -pair[0], -pair[1]))
        members[i] = sorted(members[i] + members.pop(j))
        cores[i] = np.union1d(cores[i], cores.pop(j))
        people[i] = np.union1d(people[i], people.pop(j))
        spans[i] = (min(spans[i][0], spans[j][0]), max(spans[i][1], spans.pop(j)[1]))
        scores = {pair: score for pair, score in scores.items() if not {i, j} & set(pair)}
        neighbours[i] = (neighbours[i] | neighbours.pop(j)) - {i, j}
        for k in neighbours[i]:
            neighbours[k] = (neighbours[k] - {j}) | {i}
            if (score := together(min(i, k), max(i, k))) >= 1.0:
                scores[min(i, k), max(i, k)] = score
    return [members[i] for i in sorted(members)]


def _sharing(sets: Sequence[Ints]) -> set[tuple[int, int]]:
    """Pairs of sets (i < j) that share enough for a merger; all others need not be compared."""
    pairs = sharing_pairs(sets)
    return set(pairs.named(pairs.shared >= _LEAST_MERGED))


def core_posts(rows: Sequence[Ints], firm: Sequence[bool]) -> Ints:
    """Posts in a firm finding, or in two findings or more; all posts of a finding that stands alone."""
    posts, counts = np.unique(np.concatenate(rows), return_counts=True)
    if len(rows) == 1:
        return posts
    meant = [r for r, is_firm in zip(rows, firm, strict=True) if is_firm]
    return np.union1d(posts[counts >= 2], np.concatenate(meant)) if meant else posts[counts >= 2]


def _togetherness(cores: tuple[Ints, Ints], people: tuple[Ints, Ints], activity: NDArray[np.float64]) -> float:
    """1 or more where two communities are one effort. `activity` is each account's share of all posts."""
    shared = np.intersect1d(*cores, assume_unique=True).size
    by_posts = shared / min(cores[0].size, cores[1].size) / _MERGE_POSTS if shared >= _LEAST_MERGED else 0.0
    known = np.intersect1d(*people, assume_unique=True).size
    share = known / max(min(people[0].size, people[1].size), 1)
    if known < _LEAST_MERGED or share < _MERGE_ACCOUNTS:
        return by_posts
    return max(by_posts, min(share / _MERGE_ACCOUNTS, _lift(people, cores, activity) / _MERGE_LIFT))


def _lift(people: tuple[Ints, Ints], posts: tuple[Ints, Ints], activity: NDArray[np.float64]) -> float:
    """Shared accounts against what chance gives: as many posts drawn from everybody's.

    Accounts that are in everything count for nothing that way.
    """
    known = np.intersect1d(*people, assume_unique=True).size
    by_chance = max(
        float((1 - (1 - activity[these]) ** other.size).sum())
        for these, other in ((people[0], posts[1]), (people[1], posts[0]))
    )
    return known / max(by_chance, 1e-9)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]
