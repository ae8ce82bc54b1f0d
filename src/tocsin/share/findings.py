"""Findings as tables, and those tables as CSV and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.records.errors import RefusedError
from tocsin.records.findings import Campaign, Trend
from tocsin.share.cells import neutralised_cell
from tocsin.share.leaving import leaving_table
from tocsin.share.pseudonyms import ExportPseudonyms
from tocsin.share.withheld import uncounted_text

_AT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
_COUNTS = pa.list_(pa.struct([("value", pa.string()), ("post_count", pa.int64())]))
_SPAN = [("first_posted_at", _AT), ("last_posted_at", _AT), ("post_count", pa.int64()), ("account_count", pa.int64())]
_SPREAD = [("sources", _COUNTS), ("languages", _COUNTS), ("tags", _COUNTS)]

CAMPAIGNS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("title", pa.string()),
        ("codebook", pa.string()),
        *_SPAN,
        *_SPREAD,
        ("burst_count", pa.int64()),
        ("group_count", pa.int64()),
        ("narrative_count", pa.int64()),
        ("destinations", _COUNTS),
        ("call_share", pa.float64()),
        ("score", pa.float64()),
        ("reasons", _TEXTS),
        ("verdict", pa.string()),
    ]
)
BURSTS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("burst_id", pa.string()),
        ("series", pa.string()),
        ("key", pa.string()),
        ("start_at", _AT),
        ("end_at", _AT),
        ("peak_at", _AT),
        ("peak_count", pa.int64()),
        ("post_count", pa.int64()),
        ("expected_count", pa.float64()),
        ("q_value", pa.float64()),
        ("trigger_title", pa.string()),
        ("event_at", _AT),
        ("lag_s", pa.int64()),
    ]
)
GROUPS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("group_id", pa.string()),
        ("account_ids", _TEXTS),
        ("account_count", pa.int64()),
        ("layers", _TEXTS),
        ("window_s", pa.int64()),
        ("edge_count", pa.int64()),
        ("weight", pa.int64()),
        ("first_posted_at", _AT),
        ("last_posted_at", _AT),
    ]
)
TRENDS = pa.schema(
    [
        ("trend_id", pa.string()),
        ("title", pa.string()),
        *_SPAN,
        *_SPREAD,
        ("burst_count", pa.int64()),
        ("reasons", _TEXTS),
    ]
)


def _counts(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"value": value, "post_count": count} for value, count in counts.items()]


def campaigns_table(campaigns: Iterable[Campaign]) -> pa.Table:
    """Rows: one campaign, without its accounts (schema CAMPAIGNS)."""
    rows = [
        {
            "campaign_id": one.campaign_id,
            "title": one.title,
            "codebook": one.codebook,
            "first_posted_at": one.first_posted_at,
            "last_posted_at": one.last_posted_at,
            "post_count": one.post_count,
            "account_count": one.account_count,
            "sources": _counts(one.sources),
            "languages": _counts(one.languages),
            "tags": _counts(one.tags),
            "burst_count": len(one.bursts),
            "group_count": len(one.groups),
            "narrative_count": len(one.narratives),
            "destinations": [{"value": to["place"], "post_count": to["post_count"]} for to in one.destinations],
            "call_share": one.intent.get("call_share"),
            "score": one.score,
            "reasons": list(one.reasons),
            "verdict": one.verdict.value if one.verdict else None,
        }
        for one in campaigns
    ]
    return pa.Table.from_pylist(rows, CAMPAIGNS)


def bursts_table(campaigns: Iterable[Campaign]) -> pa.Table:
    """Rows: one burst of one campaign (schema BURSTS)."""
    rows = [
        {
            "campaign_id": one.campaign_id,
            **{name: getattr(burst, name) for name in BURSTS.names if hasattr(burst, name)},
            "trigger_title": burst.trigger.title if burst.trigger else None,
            "event_at": burst.trigger.event_at if burst.trigger else None,
            "lag_s": burst.trigger.lag_s if burst.trigger else None,
        }
        for one in campaigns
        for burst in one.bursts
    ]
    return pa.Table.from_pylist(rows, BURSTS)


def groups_table(campaigns: Iterable[Campaign]) -> pa.Table:
    """Rows: one coordinated group of one campaign (schema GROUPS); the groups of trends have no way in."""
    rows = [
        {
            "campaign_id": one.campaign_id,
            **{name: getattr(group, name) for name in GROUPS.names if hasattr(group, name)},
            "account_ids": list(group.account_ids),
            "account_count": len(group.account_ids),
            "layers": list(group.layers),
        }
        for one in campaigns
        for group in one.groups
    ]
    return pa.Table.from_pylist(rows, GROUPS)


def trends_table(trends: Iterable[Trend]) -> pa.Table:
    """Rows: one trend, counts only (schema TRENDS); every pseudonym that slipped into a text is taken out.

    Raises: RefusedError when something other than a trend is given.
    """
    rows = []
    for one in trends:
        if type(one) is not Trend:
            raise RefusedError(
                f"a {type(one).__name__} is not a trend",
                expected="trends, which have no accounts",
                next_step="export campaigns with campaigns_table",
            )
        rows.append(
            {
                "trend_id": one.trend_id,
                "title": uncounted_text(one.title),
                "first_posted_at": one.first_posted_at,
                "last_posted_at": one.last_posted_at,
                "post_count": one.post_count,
                "account_count": one.account_count,
                "sources": _counts(one.sources),
                "languages": _counts(one.languages),
                "tags": [{"value": uncounted_text(tag), "post_count": count} for tag, count in one.tags.items()],
                "burst_count": one.burst_count,
                "reasons": [uncounted_text(reason) for reason in one.reasons],
            }
        )
    return pa.Table.from_pylist(rows, TRENDS)


def _cell(value: Any) -> str | int | float:
    """One CSV cell: numbers as numbers, everything else as text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    return neutralised_cell(_flat(value))


def _flat(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "; ".join(_flat(item) for item in value)
    if isinstance(value, dict):
        if set(value) == {"value", "post_count"}:
            return f"{value['value']} ({value['post_count']})"
        return ", ".join(f"{key}={_flat(item)}" for key, item in value.items())
    return str(value)


def _csv_text(names: Sequence[str], columns: Iterable[list[Any]]) -> str:
    out = io.StringIO()
    # Every text is quoted: a spreadsheet that splits on ";" must not find a cell that begins inside a text.
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([neutralised_cell(name) for name in names])
    writer.writerows(zip(*([_cell(value) for value in column] for column in columns), strict=True))
    return out.getvalue()


def findings_csv(table: pa.Table, export_key: bytes, also: Iterable[str] = ()) -> str:
    """The findings as RFC 4180 CSV with a header: pseudonyms of this export, no cell a formula, times in ISO 8601 UTC.

    `also` names further columns that the caller vouches for.

    Raises: RefusedError when a column may not leave or an id is not a pseudonym.
    """
    leaving = leaving_table(table, ExportPseudonyms(export_key), also)
    return _csv_text(leaving.column_names, (column.to_pylist() for column in leaving.columns))


def findings_parquet(table: pa.Table, export_key: bytes, also: Iterable[str] = ()) -> bytes:
    """The findings as one Parquet file (zstd): the same columns and pseudonyms as `findings_csv`, typed.

    Raises: RefusedError when a column may not leave or an id is not a pseudonym.
    """
    out = pa.BufferOutputStream()
    pq.write_table(leaving_table(table, ExportPseudonyms(export_key), also), out, compression="zstd")
    return bytes(out.getvalue())


def trends_csv(trends: Iterable[Trend]) -> str:
    """The trends as CSV, counts only; it needs no export key because there is no pseudonym in it."""
    table = trends_table(trends)
    return _csv_text(table.column_names, (column.to_pylist() for column in table.columns))


def edges_csv_as_given(edges: pa.Table) -> str:
    """Edges with ids exactly as given: for finders run outside a desk, on ids that are pseudonymous already.

    The only purpose is exact comparison with other tools. The desk never calls this on its own tables; a cell that
    begins like a formula is still neutralised.

    Raises: RefusedError when there are more columns than two accounts and numbers.
    """
    first, second, *rest = edges.schema
    texts = [field.name for field in rest if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))]
    if texts:
        raise RefusedError(
            f"edges with ids as given carry numbers only beside the two accounts ({', '.join(texts)})",
            next_step="leave these columns out",
        )
    return _csv_text([first.name, second.name, *(field.name for field in rest)], (c.to_pylist() for c in edges.columns))
