"""Everything that leaves the house: findings as tables and networks, pseudonyms made anew, no formulas."""

from tocsin.share.cells import is_formula, neutralised_cell
from tocsin.share.findings import (
    bursts_table,
    campaigns_table,
    edges_csv_as_given,
    findings_csv,
    findings_parquet,
    groups_table,
    trends_csv,
    trends_table,
)
from tocsin.share.leaving import check_columns, leaving_table
from tocsin.share.networks import edges_gexf, edges_graphml, network
from tocsin.share.pseudonyms import ExportPseudonyms, export_pseudonyms, new_export_key

__all__ = [
    "ExportPseudonyms",
    "bursts_table",
    "campaigns_table",
    "check_columns",
    "edges_csv_as_given",
    "edges_gexf",
    "edges_graphml",
    "export_pseudonyms",
    "findings_csv",
    "findings_parquet",
    "groups_table",
    "is_formula",
    "leaving_table",
    "network",
    "neutralised_cell",
    "new_export_key",
    "trends_csv",
    "trends_table",
]
