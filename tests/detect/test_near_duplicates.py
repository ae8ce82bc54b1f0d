"""Near-duplicates are those of brute force; a huge bucket stays linear; formulas are told from campaigns."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect import described_clusters, near_duplicate_clusters
from tocsin.detect.near_duplicates import _bucket_pairs, plain_words
from tocsin.detect.shingles import exact_similarities
from tocsin.records.errors import TocsinInputError
from tocsin.records.fingerprint import FEWEST_SHINGLES, SHINGLE, SIGNATURE_SIZE

_WORDS = "harbour bridge lantern market bread river morning window garden letter winter boat stone road"
WORDS = _WORDS.split()


def shingles(text: str) -> frozenset[str]:
    return frozenset(text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1))


def signature(text: str) -> bytes:
    """Any MinHash will do for the tests: the same shape as enrich's, other hash functions."""
    found = shingles(text)
    if len(found) < FEWEST_SHINGLES:
        return b""
    base = np.array([hash_of(s) for s in sorted(found)], dtype=np.uint64)
    rng = np.random.default_rng(17)
    odd = rng.integers(0, 2**63, SIGNATURE_SIZE, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    mixed = (base[:, None] * odd[None, :]) >> np.uint64(32)
    return mixed.min(axis=0).astype("<u4").tobytes()


def hash_of(shingle: str) -> int:
    value = 1469598103934665603
    for letter in shingle:
        value = ((value ^ ord(letter)) * 1099511628211) % 2**64
    return value ^ (value >> 29)


def clusters_of(texts: list[str], order: list[int] | None = None, **settings_: float) -> list[set[int]]:
    rows = order or list(range(len(texts)))
    words = plain_words(pa.array(texts, pa.string()))
    table = near_duplicate_clusters(
        pa.array(rows, pa.int64()),
        pa.array([texts[i] for i in rows], pa.string()),
        pa.array([signature(words[i]) for i in rows], pa.binary()),
        pa.array([words[i] for i in rows], pa.string()),
        **settings_,
    )
    found: dict[str, set[int]] = {}
    for cluster_id, row in zip(table["cluster_id"].to_pylist(), table["id"].to_pylist(), strict=True):
        found.setdefault(cluster_id, set()).add(row)
    return sorted(found.values(), key=min)


def sentence(rng: random.Random, count: int = 14) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count))


def corpus(seed: int) -> list[str]:
    rng = random.Random(seed)
    texts = [sentence(rng) for _ in range(60)]
    for base in texts[:12]:
        words = base.split()
        for _ in range(3):
            edited = list(words)
            edited[rng.randrange(len(edited))] = rng.choice(WORDS)
            texts.append(" ".join(edited))
    return texts


def test_pairs_found_are_those_of_brute_force():
    texts = corpus(1)
    sets = [shingles(text) for text in texts]
    true = {(i, j) for i, j in combinations(range(len(texts)), 2)
            if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= 0.7}  # fmt: skip
    found = {pair for cluster in clusters_of(texts) for pair in combinations(sorted(cluster), 2)}
    assert len(true) >= 20
    assert len(true & found) >= 0.97 * len(true)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="abcd ", max_size=40), min_size=2, max_size=12))
def test_similarities_are_exact(texts):
    left = np.arange(len(texts) - 1)
    right = left + 1
    for i, value in enumerate(exact_similarities(texts, left, right)):
        a, b = shingles(texts[i]), shingles(texts[i + 1])
        assert value == pytest.approx(len(a & b) / len(a | b) if a | b else 0.0)


def test_order_of_rows_changes_neither_clusters_nor_their_ids():
    texts = corpus(2)
    order = list(range(len(texts)))
    random.Random(5).shuffle(order)
    assert clusters_of(texts) == clusters_of(texts, order)


@given(st.lists(st.sampled_from([0, 1, 2, 3, 1 << 40, 1 << 63, (1 << 64) - 1]), max_size=16))
def test_rows_of_small_buckets_are_compared_with_all_others_of_theirs(hashes):
    """Also where hashes differ in their last bits only, which the packed sort does not see."""
    small = {value for value in hashes if hashes.count(value) <= 8}
    wanted = {(i, j) for i, j in combinations(range(len(hashes)), 2) if hashes[i] == hashes[j] and hashes[i] in small}
    codes = _bucket_pairs(np.array(hashes, dtype=np.uint64)).tolist()
    found = {divmod(code, len(hashes)) for code in codes}
    assert {pair for pair in found if hashes[pair[0]] in small} == wanted
    assert all(hashes[i] == hashes[j] for i, j in found)


def test_chunks_slices_and_nulls_make_no_difference():
    texts = corpus(6)
    ids, folded = pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.string())
    signed = [signature(text) if at % 7 else None for at, text in enumerate(texts)]
    keys = pa.array(texts, pa.string())
    whole = near_duplicate_clusters(ids, folded, pa.array(signed, pa.binary()), keys)
    longer = pa.array([b"", *signed[:40], None], pa.binary()).slice(1, 40)
    chunked = pa.chunked_array([longer, pa.array([], pa.binary()), pa.array(signed[40:], pa.binary())])
    assert whole.num_rows
    assert near_duplicate_clusters(ids, folded, chunked, keys).equals(whole)


def test_links_mentions_and_reposts_do_not_separate():
    base = sentence(random.Random(3))
    texts = [base, f"rt @someone: {base}", f"{base} https://example.org/a?b=1", f"@friend {base} !!!"]
    assert clusters_of(texts) == [{0, 1, 2, 3}]


def test_texts_that_are_empty_or_too_short_for_a_sketch_meet_only_their_equals():
    assert clusters_of(["", "", "yes", "yes", "no"]) == [{2, 3}]
    assert clusters_of([]) == []
    assert clusters_of([sentence(random.Random(1))]) == []


def test_a_bucket_of_thousands_is_one_cluster_and_takes_linear_work(monkeypatch):
    base = sentence(random.Random(4), 20)
    texts = [f"{base} {n:04d}" for n in range(1500)]
    compared: list[int] = []
    import tocsin.detect.near_duplicates as module

    true_similarities = module.exact_similarities

    def counted(words, left, right):
        compared.append(left.size)
        return true_similarities(words, left, right)

    monkeypatch.setattr(module, "exact_similarities", counted)
    assert clusters_of(texts) == [set(range(1500))]
    assert sum(compared) < 100 * len(texts) < len(texts) ** 2 / 10


def test_fingerprints_of_another_size_are_refused():
    with pytest.raises(TocsinInputError, match="another size"):
        near_duplicate_clusters(
            pa.array([1, 2]), pa.array(["a", "b"]), pa.array([b"123", b""], pa.binary()), pa.array(["x", "y"])
        )
    with pytest.raises(TocsinInputError, match="threshold out of range"):
        clusters_of([], threshold=0.1)


START = datetime(2026, 1, 5, tzinfo=UTC)


def described(accounts: list[str], hours: list[float], span_days: int = 30):
    count = len(accounts)
    posts = pa.table(
        {
            "leaf_index": pa.array(range(count + 2), pa.int64()),
            "account_id": [*accounts, "first", "last"],
            "posted_at": pa.array(
                [START + timedelta(hours=h) for h in [*hours, 0, span_days * 24]], pa.timestamp("us", tz="UTC")
            ),
        }
    )
    members = pa.table({"cluster_id": ["n1"] * count, "id": pa.array(range(count), pa.int64())})
    (cluster,) = described_clusters(members, posts)
    return cluster


def test_a_greeting_of_many_over_weeks_is_formulaic_and_a_push_is_not():
    many = [f"a{n}" for n in range(24)]
    spread = [n * 28.0 for n in range(24)]
    assert described(many, spread).formulaic
    assert not described(many, [300 + n * 0.2 for n in range(24)]).formulaic  # all within hours
    assert not described([f"a{n % 5}" for n in range(24)], spread).formulaic  # five accounts again and again
    assert not described(many[:6], spread[:6]).formulaic


def test_a_cluster_is_described_by_its_earliest_post_and_counts():
    cluster = described(["a", "b", "a"], [5, 3, 9])
    assert (cluster.post_count, cluster.account_count, cluster.example_leaf) == (3, 2, 1)
    assert cluster.first_posted_at == START + timedelta(hours=3)
    assert cluster.last_posted_at == START + timedelta(hours=9)


def test_no_members_describe_no_cluster():
    empty = near_duplicate_clusters(
        pa.array([], pa.int64()), pa.array([], pa.string()), pa.array([], pa.binary()), pa.array([], pa.string())
    )
    assert empty.column_names == ["cluster_id", "id"]
    posts = pa.table(
        {
            "leaf_index": pa.array([], pa.int64()),
            "account_id": pa.array([], pa.string()),
            "posted_at": pa.array([], pa.timestamp("us", tz="UTC")),
        }
    )
    assert described_clusters(empty, posts) == []
