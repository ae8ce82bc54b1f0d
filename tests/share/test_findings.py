from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from share.invented_findings import ACCOUNTS, DESK, KEY, campaign, edges, trend
from tocsin.records.errors import RefusedError
from tocsin.share import (
    bursts_table,
    campaigns_table,
    edges_csv_as_given,
    export_pseudonyms,
    findings_csv,
    findings_parquet,
    groups_table,
    trends_csv,
    trends_table,
)
from tocsin.share.pseudonyms import DESK_PSEUDONYM


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_campaign_is_one_row_that_says_what_the_desk_found() -> None:
    (row,) = rows(findings_csv(campaigns_table([campaign()]), KEY))
    assert row["title"] == "Calls to Velmora"
    assert row["post_count"] == "412"
    assert row["score"] == "0.87"
    assert row["languages"] == "ar (250); en (162)"
    assert row["first_posted_at"] == "2015-05-03T12:00:00Z"
    assert row["destinations"] == "Velmora (200)"
    assert row["verdict"] == "confirmed"


def test_bursts_and_groups_are_rows_of_their_campaign() -> None:
    (burst,) = rows(findings_csv(bursts_table([campaign()]), KEY))
    assert (burst["campaign_id"], burst["trigger_title"], burst["lag_s"]) == ("lantern-1", "Tarn bridge closed", "3600")
    (group,) = rows(findings_csv(groups_table([campaign()]), KEY))
    assert group["account_ids"].split("; ") == sorted(export_pseudonyms(ACCOUNTS[:5], KEY))
    assert group["group_id"].startswith("xg")


def test_parquet_holds_the_same_findings_typed() -> None:
    table = pq.read_table(io.BytesIO(findings_parquet(groups_table([campaign()]), KEY)))
    (row,) = table.to_pylist()
    assert row["account_ids"] == sorted(export_pseudonyms(ACCOUNTS[:5], KEY))
    assert row["weight"] == 19
    assert str(table.schema.field("first_posted_at").type) == "timestamp[us, tz=UTC]"


def test_parquet_carries_no_metadata_of_the_machine() -> None:
    table = edges().replace_schema_metadata({b"pandas": b"/somewhere/grey"})
    data = findings_parquet(table, KEY)
    assert b"somewhere" not in data
    assert not any(account.encode() in data for account in ACCOUNTS)


def test_parquet_refuses_what_csv_refuses() -> None:
    with pytest.raises(RefusedError):
        findings_parquet(pa.table({"handle": ["grey"]}), KEY)


def test_trends_leave_as_counts_without_any_pseudonym() -> None:
    planted = [*ACCOUNTS, DESK.post("twitter", "9"), DESK.handle("twitter", "grey"), DESK.channel("telegram", "3")]
    hostile = " ".join(planted)
    text = trends_csv([trend(hostile, hostile, hostile), trend()])
    assert not DESK_PSEUDONYM.search(text)
    assert not any(one in text for one in planted)
    first, second = rows(text)
    assert (second["post_count"], second["account_count"], second["title"]) == ("130", "77", "Tarn dock strike")
    assert set(first) == set(trends_table([]).column_names)
    assert not {name for name in first if "account" in name} - {"account_count"}


def test_a_campaign_is_not_exported_as_a_trend() -> None:
    with pytest.raises(RefusedError, match="not a trend"):
        trends_csv([campaign()])  # type: ignore[list-item]


def test_edges_as_given_keep_ids_for_exact_comparison_and_carry_nothing_else() -> None:
    table = pa.table({"source": ["u1", "-3"], "target": ["u2", "=x"], "weight": [3, 4]})
    assert edges_csv_as_given(table) == '"source","target","weight"\r\n"u1","u2",3\r\n"-3","\'=x",4\r\n'
    with pytest.raises(RefusedError):
        edges_csv_as_given(table.append_column("bio", pa.array(["a", "b"])))


def test_edges_leave_as_csv() -> None:
    out = rows(findings_csv(edges(), KEY))
    assert sorted(int(row["weight"]) for row in out) == [3, 4, 5, 7]
    assert {row["account_a"] for row in out} <= set(export_pseudonyms(ACCOUNTS, KEY))


def test_an_empty_table_is_a_header() -> None:
    assert findings_csv(campaigns_table([]), KEY).startswith('"campaign_id","title"')
    assert trends_csv([]).count("\r\n") == 1
