"""ENRICHED from COLLECTED: columns added, rows and order kept."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tocsin.enrich import enriched, text_columns
from tocsin.records.errors import TocsinInputError
from tocsin.records.posts import COLLECTED, ENRICHED, ENRICHED_FIELDS


def collected(rows: list[dict[str, Any]]) -> pa.Table:
    """COLLECTED rows with everything but what a test cares about filled in."""
    filled = []
    for number, row in enumerate(rows):
        blank: dict[str, Any] = {
            field.name: None if field.nullable else 0 if pa.types.is_integer(field.type) else "x" for field in COLLECTED
        }
        filled.append(blank | {"post_id": f"p{number}", "declared_tags": [], "declared_links": []} | row)
    return pa.Table.from_pylist(filled, schema=COLLECTED)


def test_every_column_of_one_post() -> None:
    row = enriched(
        collected(
            [
                {
                    "text": "RT @osk_ferry: The ferry to Osk leaves at nine tomorrow #Osk_Ferry #7 https://t.co/abc",
                    "declared_tags": ["OskFerry", "Harbour"],
                    "declared_links": [
                        {"written": "https://t.co/abc", "expanded": "https://www.osk.example/a?utm_source=b"}
                    ],
                    "mentions": ["hkept"],
                }
            ]
        )
    ).to_pylist()[0]
    assert row["lang"] == "en"
    assert row["lang_confidence"] > 0.5
    assert row["folded"] == "rt @osk ferry: the ferry to osk leaves at nine tomorrow #osk ferry #7 https://t.co/abc"
    assert row["tags"] == ["oskferry", "harbour"]
    assert row["links"] == ["https://osk.example/a"]
    assert row["domains"] == ["osk.example"]
    assert row["word_count"] == 11
    assert len(row["text_key"]) == 16
    assert len(row["fingerprint"]) == 256
    assert row["mentions"] == ["hkept"]


def test_columns_are_added_and_rows_stay_in_order() -> None:
    texts = [f"ferry number {number} leaves from the harbour of Osk" for number in range(50)] + ["", "مرحبا"]
    table = collected([{"text": text} for text in texts])
    result = enriched(table)
    assert result.schema.equals(ENRICHED)
    assert result.select(COLLECTED.names).equals(table)
    result.validate(full=True)
    for batch in table.to_batches():
        assert enriched(batch).equals(result)
    pieces = pa.concat_tables([enriched(table.slice(start, 7)) for start in range(0, table.num_rows, 7)])
    assert pieces.combine_chunks().equals(result.combine_chunks())


def test_texts_alone_get_the_columns_that_their_posts_would() -> None:
    texts = ["The ferry to Osk leaves at nine", "", "RT @ada: The ferry to Osk leaves at nine", "yes", "مرحبا @ada"] * 3
    texts += [f"ferry {number} leaves from the harbour of Osk https://osk.example/{number}" for number in range(2_000)]
    found = text_columns(texts)
    assert (
        found.to_pydict()
        == enriched(collected([{"text": text} for text in texts])).select(found.column_names).to_pydict()
    )
    assert text_columns([]).schema.equals(found.schema)


def test_no_rows_give_no_rows() -> None:
    result = enriched(COLLECTED.empty_table())
    assert result.schema.equals(ENRICHED)
    assert result.num_rows == 0


def test_missing_lists_of_the_platform_are_no_tags_and_no_links() -> None:
    row = enriched(collected([{"text": "hello", "declared_tags": None, "declared_links": None}])).to_pylist()[0]
    assert row["tags"] == row["links"] == row["domains"] == []


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TocsinInputError, match="none named text"):
        enriched(collected([{"text": "a"}]).drop_columns(["text"]))


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 10_000,
        "\x00\x01\u202e" * 1_000,
        "a" * 1_000_000,
        "#a @b https://c.example/ " * 20_000,
        "\U0010ffff",
        "ﷺ" * 10_000,
    ],
    ids=["emoji", "controls", "letters", "entities", "separator", "expansions"],
)
def test_hostile_texts_do_no_harm(text: str) -> None:
    plain = "The ferry to Osk leaves at nine tomorrow"
    rows = enriched(collected([{"text": plain}, {"text": text}, {"text": plain}])).to_pylist()
    added = [field.name for field in ENRICHED_FIELDS]
    assert [rows[0][name] for name in added] == [rows[2][name] for name in added]
    assert rows[1]["text"] == text
