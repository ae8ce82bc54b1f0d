"""What a finding means: codebooks, intent, places, campaigns, and how often all that is wrong."""

from __future__ import annotations

from tocsin.assess.campaigns import (
    CampaignSettings,
    Findings,
    campaign_id_of,
    campaign_score,
    campaigns_and_trends,
    missing_ties,
)
from tocsin.assess.codebook_types import Codebook, Concept, Context, Rule, Source, Term
from tocsin.assess.codebooks import load_codebook, shipped_codebook, shipped_codebooks, shipped_names
from tocsin.assess.examples import check_codebook, example_failures
from tocsin.assess.fairness import (
    Case,
    FairnessRecord,
    FairnessRow,
    fairness_record,
    fairness_table,
    read_record,
    require_record,
    shipped_records_folder,
    wilson_interval,
    write_record,
)
from tocsin.assess.intent import RULES_VERSION, THRESHOLD, Assessor
from tocsin.assess.matching import Hit, Matcher
from tocsin.assess.places import PlaceFinder, countries, gazetteer, places_named
from tocsin.assess.readers import assess_text, assessments, assessor
from tocsin.assess.roles import BehaviourRoles, Role, behaviour_roles

__all__ = [
    "RULES_VERSION",
    "THRESHOLD",
    "Assessor",
    "BehaviourRoles",
    "CampaignSettings",
    "Case",
    "Codebook",
    "Concept",
    "Context",
    "FairnessRecord",
    "FairnessRow",
    "Findings",
    "Hit",
    "Matcher",
    "PlaceFinder",
    "Role",
    "Rule",
    "Source",
    "Term",
    "assess_text",
    "assessments",
    "assessor",
    "behaviour_roles",
    "campaign_id_of",
    "campaign_score",
    "campaigns_and_trends",
    "check_codebook",
    "countries",
    "example_failures",
    "fairness_record",
    "fairness_table",
    "gazetteer",
    "load_codebook",
    "missing_ties",
    "places_named",
    "read_record",
    "require_record",
    "shipped_codebook",
    "shipped_codebooks",
    "shipped_names",
    "shipped_records_folder",
    "wilson_interval",
    "write_record",
]
