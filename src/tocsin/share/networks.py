"""Networks of coordinated accounts for Gephi, Cytoscape and networkx: GraphML and GEXF, pseudonyms only."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import networkx as nx
import pyarrow as pa
from networkx.readwrite.gexf import GEXFWriter

from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.findings import CoordinatedGroup
from tocsin.share.cells import without_control_characters
from tocsin.share.leaving import leaving_table
from tocsin.share.pseudonyms import ExportPseudonyms

# GEXF gives these edge attributes a meaning of its own (time slices, drawing).
_GEXF_WORDS = frozenset({"start", "end", "viz", "id", "type", "label", "source", "target"})


def _attribute(value: Any) -> str | int | float | bool:
    """A value both formats can carry; what they cannot becomes text."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return "; ".join(str(_attribute(item)) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}={_attribute(item)}" for key, item in value.items())
    return without_control_characters(str(value))


def _check_inside_groups(edges: pa.Table, accounts: set[str]) -> None:
    """Accounts that belong to no given group are bystanders or a trend's: they do not leave."""
    used = {account for side in ("account_a", "account_b") for account in edges.column(side).to_pylist()}
    outside = len(used - accounts)
    if outside:
        raise RefusedError(
            f"{outside} accounts of these edges belong to none of the groups given",
            expected="edges inside the groups of campaigns (a trend leaves as counts, never with its accounts)",
            next_step="pass the groups of a campaign and only the edges between their accounts",
        )


def network(
    edges: pa.Table, groups: Sequence[CoordinatedGroup], export_key: bytes, also: Iterable[str] = ()
) -> nx.Graph:
    """The undirected network of `edges`: nodes are export pseudonyms with their groups, edges carry the other columns.

    `edges` has account_a, account_b (desk pseudonyms) and weight; `groups` are those of campaigns.

    Raises: RefusedError when an account is in no group, an id is no pseudonym, or a column may not leave;
    TocsinInputError when a needed column is missing.
    """
    missing = [name for name in ("account_a", "account_b", "weight") if name not in edges.column_names]
    if missing:
        raise TocsinInputError(
            f"these edges lack {', '.join(missing)}",
            expected="columns account_a, account_b, weight",
            next_step="pass the table of edges that detection gives",
        )
    pseudonyms = ExportPseudonyms(export_key)
    leaving = leaving_table(edges, pseudonyms, also)
    _check_inside_groups(edges, {account for group in groups for account in group.account_ids})
    memberships: dict[str, set[str]] = {}
    for group in groups:
        for account in group.account_ids:
            memberships.setdefault(pseudonyms.of(account), set()).add(pseudonyms.group(group.group_id))
    graph = nx.Graph()
    used = {account for side in ("account_a", "account_b") for account in leaving.column(side).to_pylist()}
    for account in sorted(used):
        graph.add_node(account, label=account, group="; ".join(sorted(memberships[account])))
    for row in leaving.to_pylist():
        pair = row.pop("account_a"), row.pop("account_b")
        graph.add_edge(*pair, **{name: _attribute(value) for name, value in row.items() if value is not None})
    return graph


def edges_graphml(
    edges: pa.Table, groups: Sequence[CoordinatedGroup], export_key: bytes, also: Iterable[str] = ()
) -> bytes:
    """The network as GraphML (UTF-8). Needs and Raises as `network`. Source: graphml.graphdrawing.org, 1.0."""
    out = io.BytesIO()
    nx.write_graphml_xml(network(edges, groups, export_key, also), out, named_key_ids=True)
    return out.getvalue()


def edges_gexf(
    edges: pa.Table, groups: Sequence[CoordinatedGroup], export_key: bytes, also: Iterable[str] = ()
) -> bytes:
    """The network as GEXF 1.2 (UTF-8), without the date of making. Needs and Raises as `network`.

    Columns that GEXF reserves get a leading "column_".
    """
    graph = network(edges, groups, export_key, also)
    for *_, data in graph.edges(data=True):
        for name in _GEXF_WORDS.intersection(data):
            data[f"column_{name}"] = data.pop(name)
    writer = GEXFWriter(encoding="utf-8", prettyprint=True, version="1.2draft")
    writer.add_graph(graph)
    # The writer stamps the day of export; the clock is nobody's business, and equal input must give equal bytes.
    for meta in writer.xml.iter():
        if meta.tag.rpartition("}")[2] == "meta":
            meta.attrib.pop("lastmodifieddate", None)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
