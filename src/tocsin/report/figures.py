"""Bound figures: every number of a dispatch names the registered query and the parameters it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.records.engine import Engine
from tocsin.records.errors import EvidenceError
from tocsin.records.findings import Burst, Campaign

from .queries import FIGURES, ColumnKind, Query
from .redact import Redactor
from .wording import is_instant, shown_value

Scalar = int | float | str | None
Row = tuple[Scalar, ...]
_BUCKETS_S = (3600, 6 * 3600, 86400, 7 * 86400, 28 * 86400)
_MOST_BUCKETS = 180
NETWORK_LIMIT = 200  # accounts drawn; the rest are counted
NARRATIVE_LIMIT = 8
PARAM_KEYS = frozenset(name for query in FIGURES.values() for name, _ in query.params)


@dataclass(frozen=True, slots=True)
class FigureRequest:
    """What to compute: `slot` is the place in the dispatch it fills, unique within one dispatch."""

    figure_id: str
    slot: str
    query: str
    params: Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed figure: a scalar, or ordered rows of them. Instants are RFC 3339 UTC strings."""

    figure_id: str
    slot: str
    query: str
    params: Mapping[str, int | float | str]
    value: Scalar | tuple[Row, ...]

    @property
    def registered(self) -> Query:
        """The registered query this figure comes from."""
        return FIGURES[self.query]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The figure as rows; a scalar is one row of one."""
        return self.value if isinstance(self.value, tuple) else ((self.value,),)

    @property
    def display(self) -> str:
        """What the dispatch prints for a scalar, or how many rows there are."""
        if isinstance(self.value, tuple):
            return f"{len(self.value):,} {'row' if len(self.value) == 1 else 'rows'}"
        return self.cell(0, 0)

    def cell(self, row: int, column: int) -> str:
        """What the dispatch prints for one cell."""
        return shown_value(self.registered.columns[column][1], self.rows[row][column])


def computed_figures(engine: Engine, requests: Sequence[FigureRequest], redactor: Redactor) -> dict[str, Figure]:
    """Figures by id, computed now over the engine's snapshot; text in them is already redacted.

    Raises: EvidenceError where a request names no registered query or its parameters do not fit it (a request may
    come out of a hostile report file, so nothing in it is ever run as SQL).
    """
    figures: dict[str, Figure] = {}
    cache: dict[tuple[str, tuple[tuple[str, Any], ...]], Scalar | tuple[Row, ...]] = {}
    for request in requests:
        query = checked_query(request)
        key = (request.query, tuple(sorted(request.params.items())))
        if key not in cache:
            cache[key] = _value(engine, query, request, redactor)
        figures[request.figure_id] = Figure(
            request.figure_id, request.slot, request.query, dict(request.params), cache[key]
        )
    return figures


def checked_query(request: FigureRequest) -> Query:
    """The registered query a request names.

    Raises: EvidenceError for an unknown name, or parameters that are missing, unknown or of another type.
    """
    query = FIGURES.get(request.query)
    if query is None:
        raise EvidenceError(
            f"figure {_safe(request.figure_id)} names a query this desk does not have",
            expected="one of the registered queries",
            next_step="verify with the version of Tocsin that wrote the dispatch",
        )
    wanted = dict(query.params)
    fits = set(wanted) == set(request.params) and all(
        isinstance(value, wanted[name])
        or (wanted[name] is float and isinstance(value, int) and not isinstance(value, bool))
        for name, value in request.params.items()
    )
    if not fits or not _is_sane(request.params):
        raise EvidenceError(
            f"figure {_safe(request.figure_id)} ({request.query}) has parameters that do not fit its query",
            expected=", ".join(f"{name}: {kind.__name__}" for name, kind in query.params),
        )
    return query


def _is_sane(params: Mapping[str, int | float | str]) -> bool:
    """True where no parameter could make a query or a drawing fail or run without end."""
    return (
        all(is_instant(str(params[name])) for name in ("since", "until", "as_of") if name in params)
        and params.get("bucket_s", _BUCKETS_S[0]) in _BUCKETS_S
        and 0 < float(params.get("row_limit", 1)) <= NETWORK_LIMIT
        and 0 <= float(params.get("call_threshold", 0)) <= 1
        and 0 <= float(params.get("log_size", 0)) < 2**62
    )


def _safe(identifier: str) -> str:
    return identifier if identifier.isascii() and identifier.isalnum() and len(identifier) <= 12 else "?"


def _value(engine: Engine, query: Query, request: FigureRequest, redactor: Redactor) -> Scalar | tuple[Row, ...]:
    table = engine.table(query.sql, dict(request.params))
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    rows = tuple(
        tuple(
            _plain(value, kind, redactor, is_word=row[0] == "phrase")
            for value, (_, kind) in zip(row, query.columns, strict=True)
        )
        for row in zip(*columns, strict=True)
    )
    return rows[0][0] if query.is_scalar else rows


def _plain(value: Any, kind: ColumnKind, redactor: Redactor, *, is_word: bool) -> Scalar:
    """A value as JSON can carry it, so that a figure read back from a file equals one computed now.

    `is_word`: its key is one word of many texts, which may be half of somebody's name.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return instant_text(value)
    if kind in (ColumnKind.COUNT, ColumnKind.PERMILLE, ColumnKind.DURATION):
        return int(value)
    if kind in (ColumnKind.EXPECTED, ColumnKind.Q_VALUE):
        return float(f"{float(value):.9g}")
    text = str(value)
    if kind is ColumnKind.KEY:
        return str((redactor.redacted_word if is_word else redactor.redacted)(text).text)
    # Everything that is not one of our own closed words is redacted before any part of a dispatch can hold it.
    return str(redactor.redacted(text).text) if kind is ColumnKind.TERM else text


def instant_text(instant: datetime) -> str:
    """An aware instant as RFC 3339 in UTC.

    >>> instant_text(datetime(2026, 3, 3, 14, tzinfo=UTC))
    '2026-03-03T14:00:00Z'
    """
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S") + (f".{utc.microsecond:06d}" if utc.microsecond else "") + "Z"


def lead_burst(campaign: Campaign) -> Burst | None:
    """The burst the dispatch leads with: of a tag before a link or site, a word last; then the largest surplus.

    Never chosen for the event it follows: among many bursts and many events some always meet.
    """
    ranks = {"tag": 0, "phrase": 2}
    ordered = sorted(
        campaign.bursts,
        key=lambda burst: (ranks.get(burst.series, 1), burst.expected_count - burst.post_count, burst.burst_id),
    )
    return ordered[0] if ordered else None


def timeline_bucket_s(first_posted_at: datetime, last_posted_at: datetime, *, most: int = _MOST_BUCKETS) -> int:
    """The finest stretch (seconds) in which the whole campaign still fits a readable chart."""
    span_s = (last_posted_at - first_posted_at).total_seconds()
    return next((size for size in _BUCKETS_S if span_s / size <= most), _BUCKETS_S[-1])


def narrative_letter(position: int) -> str:
    """A, B, C ...: narratives are lettered, so that no unbound number stands in a dispatch."""
    return chr(ord("A") + position)


def dispatch_requests(
    campaign: Campaign,
    *,
    log_size: int,
    call_threshold: float,
    covered_languages: Sequence[str],
    as_of: datetime,
) -> tuple[FigureRequest, ...]:
    """Every figure a dispatch about `campaign` binds; `memberships.effort_id` is `campaign.campaign_id`."""
    common: dict[str, int | float | str] = {
        "effort_id": campaign.campaign_id,
        "log_size": log_size,
        "codebook": campaign.codebook,
        "call_threshold": float(call_threshold),
        "bucket_s": timeline_bucket_s(campaign.first_posted_at, campaign.last_posted_at),
        "languages": "," + ",".join(sorted(covered_languages)) + ",",
        "as_of": instant_text(as_of),
        "row_limit": NETWORK_LIMIT,
    }
    wanted: list[tuple[str, str, dict[str, int | float | str]]] = [
        (name, name, {})
        for name, query in FIGURES.items()
        if not {"cluster_id", "since", "burst_id"}.intersection(dict(query.params))
    ]
    for position, narrative in enumerate(campaign.narratives[:NARRATIVE_LIMIT]):
        wanted.append(
            (f"narrative/{narrative_letter(position)}", "narrative_size", {"cluster_id": narrative.cluster_id})
        )
    wanted += _around_burst(campaign, int(common["bucket_s"]))
    requests = []
    for number, (slot, name, extra) in enumerate(wanted, start=1):
        values = {**common, **extra}
        params = {param: values[param] for param, _ in FIGURES[name].params}
        requests.append(FigureRequest(f"f{number}", slot, name, params))
    return tuple(requests)


def _around_burst(campaign: Campaign, bucket_s: int) -> list[tuple[str, str, dict[str, int | float | str]]]:
    """Slots, queries and parameters of the figures about the leading burst; a closer look only where it is finer."""
    burst = lead_burst(campaign)
    if burst is None:
        return []
    length = max(burst.end_at - burst.start_at, timedelta(hours=1))
    lasted = burst.end_at - burst.start_at
    spans = {"before": (burst.start_at - lasted, burst.start_at), "during": (burst.start_at, burst.end_at)}
    wanted: list[tuple[str, str, dict[str, int | float | str]]] = []
    for name, (since, until) in spans.items():
        # Posts of the campaign would not do: which posts it has was decided by when its bursts were.
        within: dict[str, int | float | str] = {"since": instant_text(since), "until": instant_text(until)}
        wanted.append((f"archive/{name}", "archive_posts_between", within))
        if burst.series == "tag":
            wanted.append((f"burst/{name}", "tag_posts_between", {**within, "burst_id": burst.burst_id}))
    since, until = burst.start_at - length, burst.end_at + length
    if burst.trigger is not None and since > burst.trigger.event_at >= since - length:
        since = burst.trigger.event_at - length / 10
    fine_s = timeline_bucket_s(since, until, most=96)
    if fine_s < bucket_s:
        # Whole bars only: a bar cut by the window's edge would look like a lull.
        since = datetime.fromtimestamp(since.timestamp() // fine_s * fine_s, UTC)
        until = datetime.fromtimestamp(-(-until.timestamp() // fine_s) * fine_s, UTC)
        window: dict[str, int | float | str] = {"since": instant_text(since), "until": instant_text(until)}
        wanted.append(("burst/timeline", "campaign_timeline_between", {**window, "bucket_s": fine_s}))
    return wanted
