"""What may leave the desk: a closed list of columns, pseudonyms made anew, short texts with contacts taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.share.pseudonyms import ExportPseudonyms
from tocsin.share.withheld import withheld_text

ACCOUNT_COLUMNS = frozenset({"account_id", "account_ids", "account_a", "account_b"})
PSEUDONYM_COLUMNS = ACCOUNT_COLUMNS | {"channel_id", "channel_ids", "post_id", "post_ids", "example_post_id"}
GROUP_COLUMNS = frozenset({"group_id", "group_ids"})
# Default deny: a column not named here leaves only when the caller names it in `also`.
PLAIN_COLUMNS = frozenset(
    {
        *("campaign_id", "trend_id", "burst_id", "cluster_id", "effort_id", "title"),
        *("codebook", "codebook_version", "verdict", "verdict_reason"),
        *("series", "key", "trigger", "trigger_title", "event_at", "lag_s"),
        *("start_at", "end_at", "peak_at", "first_posted_at", "last_posted_at", "day"),
        *("hour",),
        *("post_count", "account_count", "peak_count", "expected_count", "q_value", "burst_count"),
        *("group_count", "narrative_count", "edge_count"),
        *("object_count", "called_post_count", "share_count", "weight", "window_s", "layer"),
        *("layers", "objects", "tags", "sources", "languages", "source"),
        *("lang",),
        *("destinations", "place", "place_id", "country", "country_name", "lat"),
        *("lon", "call_share", "cannot_assess_share", "score", "reasons", "terms"),
        *("formulaic", "facet", "concept", "kind", "stance", "value"),
        *("role",),
    }
)
_NEVER_INSIDE = (
    *("handle", "username", "screenname", "displayname", "fullname", "firstname", "lastname", "surname", "nickname"),
    *("platformid", "userid", "authorid", "accountname", "channelname", "phone", "email", "leafindex", "ipaddress"),
    *("religio", "ethnic", "sexual", "health", "caste"),
)
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_NEVER = frozenset({"name", "author", "user", "text", "folded", "exampleleaf", "id", "invite", "invites"})
_SCORES = frozenset({"score", "recruitment", "rank", "risk"})


def _squashed(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def _field_names(field: pa.Field) -> Iterator[str]:
    yield field.name
    kind = field.type
    if pa.types.is_struct(kind):
        for inner in kind:
            yield from _field_names(inner)
    elif _is_list(kind):
        for name in _field_names(kind.value_field):
            # Arrow's own names for a list's element say nothing of its content.
            if name not in ("item", "element"):
                yield name


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_readable(kind: pa.DataType) -> bool:
    if _is_list(kind):
        return _is_readable(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_is_readable(inner.type) for inner in kind)
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_temporal, pa.types.is_null)
    return _is_text(kind) or any(check(kind) for check in checks)


def check_columns(schema: pa.Schema, also: Iterable[str] = ()) -> None:
    """Return nothing when a table of this schema may leave the desk.

    `also` names further columns that the caller vouches for; names of people and platform ids are refused even then.

    Raises: RefusedError naming the columns (columns are the desk's words, never data).
    """
    names = [name for field in schema for name in _field_names(field)]
    if len(set(schema.names)) != len(schema.names):
        raise TocsinInputError("two columns carry the same name", next_step="rename one of them and export again")
    odd = [name for name in names if not _COLUMN_NAME.fullmatch(name)]
    if odd:
        raise TocsinInputError(
            f"{len(odd)} columns have names that other tools cannot read safely",
            expected="ASCII letters, digits and _, at most 64",
            next_step="rename them and export again",
        )
    never = [name for name in names if _squashed(name) in _NEVER or any(s in _squashed(name) for s in _NEVER_INSIDE)]
    if never:
        raise RefusedError(
            f"columns that may name people never leave the desk ({', '.join(sorted(set(never)))})",
            expected="findings with pseudonyms",
            next_step="leave these columns out; bulk export of handles, names and platform ids is refused by design",
        )
    allowed = PSEUDONYM_COLUMNS | GROUP_COLUMNS | PLAIN_COLUMNS | frozenset(also)
    unknown = sorted({name for name in names if name not in allowed})
    if unknown:
        raise RefusedError(
            f"columns that no finding has do not leave the desk unseen ({', '.join(unknown)})",
            next_step="leave them out, or name them in `also` after looking at what is in them",
        )
    if ACCOUNT_COLUMNS.intersection(names) and _SCORES.intersection(names):
        raise RefusedError(
            "a table with accounts and a score ranks persons",
            expected="scores of posts, findings and campaigns only",
            next_step="leave out either the accounts or the score",
        )
    unreadable = [field.name for field in schema if not _is_readable(field.type)]
    if unreadable:
        raise RefusedError(
            f"columns of bytes or maps cannot be looked into before they leave ({', '.join(unreadable)})",
            expected="numbers, times, text, lists and structs",
            next_step="leave them out or turn them into text",
        )


def _mapped(value: Any, on_text: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return on_text(value)
    if isinstance(value, list):
        return [_mapped(item, on_text) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, on_text) for key, item in value.items()}
    return value


def _column_for(field: pa.Field, column: pa.ChunkedArray, pseudonyms: ExportPseudonyms) -> list[Any]:
    known: dict[str, str] = {}
    make: Callable[[str], str]
    if field.name in PSEUDONYM_COLUMNS:
        make = pseudonyms.of
        inner = field.type.value_type if _is_list(field.type) else field.type
        if not (_is_text(inner) or pa.types.is_null(inner)):
            make("")  # a pseudonym column of numbers would hold platform ids: refused like one
    elif field.name in GROUP_COLUMNS:
        make = pseudonyms.group
    else:

        def make(text: str) -> str:
            return withheld_text(text, pseudonyms)

    def once(text: str) -> str:
        if text not in known:
            known[text] = make(text)
        return known[text]

    values = [_mapped(value, once) for value in column.to_pylist()]
    if field.name in PSEUDONYM_COLUMNS | GROUP_COLUMNS and _is_list(field.type):
        # The order of a list would join two exports position by position.
        values = [None if value is None else sorted(value) for value in values]
    return values


def _unordered_pairs(columns: dict[str, list[Any]]) -> None:
    """Put each pair of accounts in the export's order, unless other columns belong to one side."""
    sided = {name for name in columns if name.endswith(("_a", "_b"))}
    if sided == {"account_a", "account_b"}:
        pairs = [sorted(pair) for pair in zip(columns["account_a"], columns["account_b"], strict=True)]
        columns["account_a"] = [pair[0] for pair in pairs]
        columns["account_b"] = [pair[1] for pair in pairs]


def leaving_table(table: pa.Table, pseudonyms: ExportPseudonyms, also: Iterable[str] = ()) -> pa.Table:
    """`table` as it may leave: ids made anew, contacts taken out of texts, rows with ids in the order of the new ids.

    Schema metadata is dropped (it may hold paths and names of a machine).

    Raises: RefusedError when a column may not leave or an id is not a pseudonym.
    """
    check_columns(table.schema, also)
    fields: list[pa.Field] = []
    columns: dict[str, list[Any]] = {}
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_dictionary(field.type):
            field = pa.field(field.name, field.type.value_type)
            column = column.cast(field.type)
        fields.append(field.remove_metadata())
        columns[field.name] = _column_for(field, column, pseudonyms)
    _unordered_pairs(columns)
    ids = [name for name in columns if name in PSEUDONYM_COLUMNS | GROUP_COLUMNS]
    made = pa.table([pa.array(columns[field.name], field.type) for field in fields], schema=pa.schema(fields))
    if not ids:
        return made
    keys = list(zip(*(map(str, columns[name]) for name in ids), strict=True))
    return made.take(pa.array(sorted(range(len(keys)), key=keys.__getitem__), pa.int64()))
