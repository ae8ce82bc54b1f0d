"""Which rows of a batch are new, against a dictionary; and that it stays small and fast."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive.versions import KnownVersions, id_words
from tocsin.records.errors import TocsinError
from tocsin.records.ids import keyed_id

pairs = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=20), max_size=8)


@given(pairs)
def test_it_agrees_with_a_dictionary(batches):
    known = KnownVersions()
    contents: dict[int, list[int]] = {}
    for batch in batches:
        posts = np.array([post for post, _ in batch], np.uint64)
        content = np.array([content for _, content in batch], np.uint64)
        seen = known.seen(posts, content)
        expected = []
        for post, one in batch:
            held = contents.setdefault(post, [])
            expected.append(0 if one in held else len(held) + 1)
            if one not in held:
                held.append(one)
        assert seen.version_no.tolist() == expected
        assert seen.stored_mask.tolist() == [number > 0 for number in expected]
        known.add(posts[seen.stored_mask], content[seen.stored_mask])
    assert len(known) == sum(len(held) for held in contents.values())


def test_words_of_ids_differ_and_do_not_depend_on_the_chunks():
    ids = [keyed_id(b"k" * 32, "post", str(number)) for number in range(2000)]
    words = id_words(pa.array(ids))
    assert len(np.unique(words)) == 2000
    assert np.array_equal(words[300:310], id_words(pa.array(ids).slice(300, 10)))
    chunked = pa.chunked_array([ids[:5], ids[5:]])
    assert np.array_equal(words, id_words(chunked))
    assert len(id_words(pa.array([], pa.string()))) == 0


@pytest.mark.parametrize("bad", ["p", "", "p" + "a" * 27, "p" + "A" * 26, "p" + "1" * 26, None])
def test_what_is_no_pseudonym_is_refused(bad):
    with pytest.raises(TocsinError):
        id_words(pa.array([bad], pa.string()))


def test_a_million_versions_take_16_bytes_each_and_are_looked_up_fast():
    rng = np.random.default_rng(7)
    known = KnownVersions()
    for _ in range(16):
        known.add(*rng.integers(0, 2**63, (2, 62_500)).astype(np.uint64))
    assert len(known) == 1_000_000
    assert sum(run.posts.nbytes + run.contents.nbytes for run in known._runs) == 16_000_000
    assert len(known._runs) <= 20
    batch = rng.integers(0, 2**63, (2, 20_000)).astype(np.uint64)
    start = time.process_time()
    known.seen(*batch)
    assert 20_000 / (time.process_time() - start) > 50_000  # measured: over 1,000,000 a second
