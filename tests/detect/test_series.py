"""Series are words and tags of posts, each post once; quiet words are screened out and still counted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from detect.posts_of import post, posts_table
from tocsin.detect import bursts, post_series, tag_trends, text_series
from tocsin.detect.series import SCREENED_OUT
from tocsin.records.errors import TocsinInputError


def keys_of(table: pa.Table) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for row in table.to_pylist():
        found.setdefault((row["series"], row["key"]), []).append(row["id"])
    return {key: sorted(ids) for key, ids in found.items()}


def test_words_and_tags_are_series_and_a_post_counts_once():
    texts = ["boat boat #road https://example.org/boat a", "boat, #road!", "lamp boat"]
    times = pa.array([1, 2, 3], pa.timestamp("s", tz="UTC"))
    found = keys_of(text_series(pa.array([7, 8, 9]), times, pa.array(texts), min_posts=2, stop_share=1.0))
    assert found == {("phrase", "boat"): [7, 8, 9], ("tag", "road"): [7, 8]}


def test_words_in_most_posts_and_rare_words_are_left_out():
    texts = [f"the boat{n // 10} once{n}" for n in range(100)]
    times = pa.array([0] * 100, pa.timestamp("s", tz="UTC"))
    found = keys_of(text_series(pa.array(range(100)), times, pa.array(texts), min_posts=5))
    assert sorted(key for _, key in found) == sorted(f"boat{n}" for n in range(10))


def test_no_texts_have_no_series():
    empty = text_series(pa.array([], pa.int64()), pa.array([], pa.timestamp("us", tz="UTC")), pa.array([], pa.string()))
    assert empty.num_rows == 0
    assert bursts(empty) == []


def test_quiet_words_are_screened_out_and_counted_among_the_tests(engine):
    rng = np.random.default_rng(0)
    words = [f"quiet{n}" for n in range(400)]
    rows = [post("a", float(t), folded=" ".join(rng.choice(words, 8))) for t in rng.integers(0, 20 * 86_400, 2000)]
    rows += [post("b", 900_000 + 60.0 * n, folded="sudden") for n in range(40)]
    engine.register("posts", posts_table(rows))
    series = post_series(engine)
    assert int(series.schema.metadata[SCREENED_OUT]) >= 300
    assert ("phrase", "sudden") in keys_of(series)
    listed = bursts(series)
    assert [b.key for b in listed] == ["sudden"]
    uncounted = bursts(series.replace_schema_metadata(None))
    assert uncounted[0].q_value < listed[0].q_value


def test_posts_without_time_and_empty_tags_are_in_no_series(engine):
    rows = [post("a", None, "tag") for _ in range(9)] + [post("a", float(n), "") for n in range(9)]
    engine.register("posts", posts_table(rows))
    assert post_series(engine).num_rows == 0
    with pytest.raises(TocsinInputError, match="no such kind"):
        post_series(engine, kinds=["mood"])


def test_tags_of_one_or_two_people_are_no_trend(engine):
    rows = [post(f"u{n}", float(n), "fair") for n in range(6)] + [post("only", float(n), "mine") for n in range(50)]
    engine.register("posts", posts_table(rows))
    (trend,) = tag_trends(engine)
    assert (trend.tag, trend.post_count, trend.account_count) == ("fair", 6, 6)
    engine.register("posts", posts_table([]))
    assert tag_trends(engine) == []
