"""Series to look for bursts in: the words and tags of texts, the columns of posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.detect.timing import present_us
from tocsin.detect.words import WordPlaces, eventful_words, word_places
from tocsin.records.engine import Engine
from tocsin.records.errors import TocsinInputError

# Rows: one post in one series.
EVENTS = pa.schema(
    [
        pa.field("series", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("posted_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)
SCREENED_OUT = b"tocsin.screened_out"  # metadata: series looked at and left out as quiet
_STOP_SHARE = 0.2  # a word in more than a fifth of all posts names no topic
_LISTS = {"tag": "tags", "link": "links", "domain": "domains"}
_LIST_EVENTS = """
WITH items AS (
  SELECT u.item AS item, p.leaf_index, p.posted_at FROM posts AS p, UNNEST(p.{column}) AS u(item)
  WHERE p.posted_at IS NOT NULL AND u.item <> ''
), frequent AS (SELECT item FROM items GROUP BY item HAVING COUNT(*) >= {min_posts})
SELECT '{series}' AS series, i.item AS key, i.posted_at, i.leaf_index AS id
FROM items AS i JOIN frequent AS f ON i.item = f.item
"""
_TEXTS = "SELECT leaf_index, posted_at, folded FROM posts WHERE posted_at IS NOT NULL ORDER BY leaf_index"
_HOUR_US = 3_600_000_000


def text_series(
    ids: pa.ChunkedArray | pa.Array,
    times: pa.ChunkedArray | pa.Array,
    folded_texts: pa.ChunkedArray | pa.Array,
    *,
    min_posts: int = 5,
    stop_share: float = _STOP_SHARE,
) -> pa.Table:
    """Events of words and tags: EVENTS and `id`, a post once a word, only words of at least `min_posts` posts.

    The series is "tag" for words that begin with '#', else "phrase". Words in more than `stop_share` of all posts
    are left out, and so are links and words of one letter. Lists are taken as well as Arrow columns.
    """
    texts = (
        folded_texts if isinstance(folded_texts, pa.Array | pa.ChunkedArray) else pa.array(folded_texts, pa.string())
    )
    places = word_places(texts, min_posts, max(stop_share * len(texts), min_posts))
    return _word_events(places, ids, times)


def _word_events(places: WordPlaces, ids: pa.ChunkedArray | pa.Array, times: pa.ChunkedArray | pa.Array) -> pa.Table:
    codes, rows = pa.array(places.codes), pa.array(places.rows)
    kinds = pc.if_else(pc.starts_with(places.words, "#"), "tag", "phrase")
    return pa.table(
        {
            "series": kinds.take(codes),
            "key": pc.utf8_ltrim(places.words, "#").take(codes),
            "posted_at": times.take(rows),
            "id": ids.take(rows),
        }
    )


def post_series(
    engine: Engine,
    *,
    kinds: Sequence[str] = ("tag", "link", "domain", "phrase"),
    min_posts: int = 5,
    min_phrase_posts: int = 20,
    phrase_stop_share: float = 0.05,
) -> pa.Table:
    """Events of the desk's `posts`: EVENTS and `id`, the leaf index.

    Series are tags, links, domains and words. Words need more posts than tags (`min_phrase_posts`), as most rare
    words are chance; those with no stretch that could be a burst are screened out before their posts are listed;
    how many stands in the table's metadata, where `bursts` reads it, so that its correction counts them.
    """
    unknown = [kind for kind in kinds if kind not in (*_LISTS, "phrase")]
    if unknown:
        raise TocsinInputError(
            "no such kind of series", expected=", ".join([*_LISTS, "phrase"]), got=", ".join(unknown)
        )
    schema = EVENTS.append(pa.field("id", pa.int64()))
    tables, screened_out = [schema.empty_table()], 0
    for kind in kinds:
        if kind in _LISTS:
            sql = _LIST_EVENTS.format(column=_LISTS[kind], series=kind, min_posts=int(min_posts))
            tables.append(engine.table(sql).cast(schema))
    if "phrase" in kinds:
        events, screened_out = _phrase_events(engine.table(_TEXTS), min_posts, min_phrase_posts, phrase_stop_share)
        tables.append(events.cast(schema))
    return pa.concat_tables(tables).replace_schema_metadata({SCREENED_OUT: str(screened_out)})


def _phrase_events(texts: pa.Table, min_posts: int, min_phrase_posts: int, stop_share: float) -> tuple[pa.Table, int]:
    """Events of the words worth a scan, and how many words were not."""
    # A small desk has no word in a twentieth of its posts that is rare in speech, so the stop share has a floor.
    most = max(stop_share * texts.num_rows, 4 * min_phrase_posts)
    places = word_places(texts["folded"], min(min_phrase_posts, max(min_posts, texts.num_rows // 500)), most)
    # A word after '#' is a tag, and those are counted from the tags themselves.
    is_word = ~np.asarray(pc.starts_with(places.words, "#").to_numpy(zero_copy_only=False), dtype=bool)
    kept = is_word.copy()
    if texts.num_rows:
        times_us, _ = present_us(texts["posted_at"])
        bins = (times_us - times_us.min()) // _HOUR_US
        kept &= eventful_words(places, bins, np.bincount(bins).astype(np.float64), min_posts)
    listed = kept[places.codes]
    chosen = WordPlaces(places.words, places.codes[listed], places.rows[listed])
    return _word_events(chosen, texts["leaf_index"], texts["posted_at"]), int(is_word.sum() - kept.sum())
