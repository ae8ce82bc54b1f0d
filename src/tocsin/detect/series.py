"""Series to look for bursts in: the words and tags of texts, the columns of posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
_STOP_SHARE = 0.2  # a word in more than a fifth of all posts names no topic


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
    are left out, and so are links and words of one letter.
    """
    texts = folded_texts.combine_chunks() if isinstance(folded_texts, pa.ChunkedArray) else folded_texts
    plain = pc.replace_substring_regex(pc.fill_null(texts, ""), r"https?://\S*", " ")
    plain = pc.replace_substring_regex(plain, r"[^\pL\pM\pN#_]+", " ")
    words = pc.split_pattern(pc.utf8_trim_whitespace(plain), " ")
    flat, parents = pc.list_flatten(words), pc.list_parent_indices(words)
    long_enough = pc.greater(pc.utf8_length(pc.utf8_ltrim(flat, "#")), 1)
    flat, parents = flat.filter(long_enough), parents.filter(long_enough)
    encoded = pc.dictionary_encode(flat)
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    word_count = max(len(encoded.dictionary), 1)
    rows = np.asarray(parents.to_numpy(zero_copy_only=False), dtype=np.int64)
    once = np.unique(rows * word_count + codes)
    rows, codes = once // word_count, once % word_count
    posts_of = np.bincount(codes, minlength=word_count)
    named = (posts_of >= min_posts) & (posts_of <= max(stop_share * len(texts), min_posts))
    kept = named[codes]
    rows, codes = rows[kept], codes[kept]
    keys = encoded.dictionary.take(pa.array(codes)) if len(encoded.dictionary) else pa.array([], pa.string())
    is_tag = pc.starts_with(keys, "#")
    return pa.table(
        {
            "series": pc.if_else(is_tag, "tag", "phrase"),
            "key": pc.utf8_ltrim(keys, "#"),
            "posted_at": times.take(pa.array(rows)),
            "id": ids.take(pa.array(rows)),
        }
    )


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
STATEMENTS = (_LIST_EVENTS, _TEXTS)


def post_series(
    engine: Engine,
    *,
    kinds: Sequence[str] = ("tag", "link", "domain", "phrase"),
    min_posts: int = 5,
    min_phrase_posts: int = 20,
    phrase_stop_share: float = 0.05,
) -> pa.Table:
    """Events of the desk's `posts`: EVENTS and `id` (the leaf index), for tags, links, domains and words.

    Words need more posts than tags (`min_phrase_posts`): most rare words are chance, and a tag says more.
    """
    unknown = [kind for kind in kinds if kind not in (*_LISTS, "phrase")]
    if unknown:
        raise TocsinInputError(
            "no such kind of series", expected=", ".join([*_LISTS, "phrase"]), got=", ".join(unknown)
        )
    schema = EVENTS.append(pa.field("id", pa.int64()))
    tables = [schema.empty_table()]
    for kind in kinds:
        if kind in _LISTS:
            sql = _LIST_EVENTS.format(column=_LISTS[kind], series=kind, min_posts=int(min_posts))
            tables.append(engine.table(sql).cast(schema))
    if "phrase" in kinds:
        texts = engine.table(_TEXTS)
        words = text_series(
            texts["leaf_index"],
            texts["posted_at"],
            texts["folded"],
            min_posts=min_phrase_posts,
            stop_share=phrase_stop_share,
        )
        # A word after '#' is a tag, and those are counted from the tags themselves.
        tables.append(words.filter(pc.equal(words["series"], "phrase")).cast(schema))
    return pa.concat_tables(tables)
