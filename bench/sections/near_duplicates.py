"""Near-duplicates: beside datasketch on the same texts, and both against brute force."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from inputs import near_duplicate_texts
from plan import SMALL, Plan
from rows import Row, at_least, failed, plain, ratio_row, yes_row

SECTION = "Near-duplicates"
NAME = "near-duplicates"
PEER = "datasketch"
AT_LEAST = 20
THRESHOLD, PERMUTATIONS, SHINGLE, FEWEST_SHINGLES = 0.7, 128, 5, 8
# One sentence in the spellings people use: hamza and alef, teh marbuta, yeh, harakat, tatweel, elongation.
SPELLINGS = (
    "إلى أهل المدينة القديمة: السوق الجديدة على الشاطئ مفتوحة اليوم",
    "الى اهل المدينه القديمه: السوق الجديده على الشاطئ مفتوحه اليوم",
    "إلى أَهْلِ المدينةِ القديمةِ: السوق الجديدة علي الشاطئ مفتوحة اليوم",
    "الــى أهل المدينة القديمة السوق الجديدة على الشاطئ مفتوحة اليووووم",
    "الى أهل المدينة القديمة: السوق الجديدة على الشاطئ مفتوحة اليوم!!!",
)
WAYS = {"documented": "its quick start", "bulk": "its fastest way"}
Pairs = set[tuple[int, int]]


def rows(plan: Plan) -> Iterator[Row]:
    """The rows of this section."""
    texts, checked = near_duplicate_texts(plan.corpus(SMALL), plan.real_data)
    given, labels, plain_at = (plan.work / f"near-{name}.json" for name in ("texts", "labels", "plain"))
    given.write_text(json.dumps(texts))
    mine = plan.ours("near_duplicates.py", given, THRESHOLD, checked, labels, plain_at)
    words = json.loads(plain_at.read_text())
    own = _pairs_of_labels(json.loads(labels.read_text()))
    true = brute_force_pairs(words[:checked])
    what = f"{len(texts):,} texts"
    if PEER in plan.peers.missing:
        yield failed(SECTION, what, f"{PEER} could not be installed: {plan.peers.missing[PEER]}")
    else:
        pairs_at = plan.work / "near-pairs.json"
        own_s = mine.number("sign_s") + mine.number("cluster_s")
        for way, gate in (("documented", AT_LEAST), ("bulk", None)):
            theirs = plan.peer("minhash.py", plain_at, THRESHOLD, PERMUTATIONS, checked, pairs_at, way)
            peer_s = sum(theirs.number(name) for name in ("sign_s", "insert_s", "query_s"))
            yield ratio_row(SECTION, f"{what}; signatures: {WAYS[way]}", own_s, peer_s, PEER, gate)
        told = {(a, b) for a, b in json.loads(pairs_at.read_text())}
        yield _recall_row(own, told, true, checked)
        yield Row(
            SECTION, "of the pairs given, at least that similar", plain(_share(true, own)), plain(_share(true, told))
        )
    near = [pair for pair in true if words[pair[0]] != words[pair[1]]]
    yield at_least(SECTION, f"pair recall, {len(near):,} pairs of texts that differ", _share(own, near), None, plain)
    yield yes_row(SECTION, f"{len(SPELLINGS)} Arabic spellings of one sentence in one cluster", _spelled_alike(plan))


def _recall_row(own: Pairs, told: Pairs, true: Pairs, checked: int) -> Row:
    mine, theirs = _share(own, true), _share(told, true)
    what = f"pair recall, {len(true):,} pairs of {checked:,} texts by brute force"
    return Row(SECTION, what, plain(mine), plain(theirs), gate=f">= {plain(theirs)}", met=mine >= theirs)


def _share(found: Pairs, of: Pairs | list[tuple[int, int]]) -> float:
    return sum(pair in found for pair in of) / max(len(of), 1)


def _pairs_of_labels(labels: list[str]) -> Pairs:
    members: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        if label:
            members[label].append(number)
    return {(a, b) for each in members.values() for i, a in enumerate(each) for b in each[i + 1 :]}


def brute_force_pairs(texts: list[str]) -> Pairs:
    """Every pair (a < b) whose sets of runs of SHINGLE code points have a Jaccard similarity of THRESHOLD or more.

    Texts of fewer than FEWEST_SHINGLES runs are left out. Exact: each text is counted against all others.
    """
    shingles = [{text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)} for text in texts]
    shingles = [each if len(each) >= FEWEST_SHINGLES else set() for each in shingles]
    where: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(shingles):
        for shingle in each:
            where[shingle].append(number)
    places = {shingle: np.array(numbers) for shingle, numbers in where.items() if len(numbers) > 1}
    sizes = np.array([len(each) for each in shingles])
    pairs: Pairs = set()
    for number, each in enumerate(shingles):
        hits = [places[shingle] for shingle in each if shingle in places]
        if hits:
            shared = np.bincount(np.concatenate(hits), minlength=len(texts))
            alike = shared >= THRESHOLD * (sizes + sizes[number] - shared)
            alike &= shared > 0
            pairs.update((number, int(other)) for other in np.flatnonzero(alike) if other > number)
    return pairs


def _spelled_alike(plan: Plan) -> bool:
    """Whether the tocsin command puts all spellings (among other texts) in one cluster."""
    path = plan.work / "spellings.jsonl"
    lines = [{"id": f"s{number}", "text": text} for number, text in enumerate(SPELLINGS)]
    lines += [{"id": "other", "text": "غدا مباراة الفريقين في الملعب الكبير قرب الجسر"}]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    done = plan.tocsin("clusters", path, "--id", "id", "--text", "text")
    members = done.answer.get("post_ids", [])
    return isinstance(members, list) and set(members) == {f"s{number}" for number in range(len(SPELLINGS))}
