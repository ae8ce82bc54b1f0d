"""Tables in, findings out: bursts, triggers, coordinated groups, near-duplicate clusters, efforts, trends."""

from __future__ import annotations

from tocsin.detect.bursts import burst_members, bursts
from tocsin.detect.coordination import EDGES, MAX_PAIRS, co_sharing_edges, edges_above, edges_of_layers
from tocsin.detect.efforts import efforts
from tocsin.detect.groups import GROUP_MEMBERS, TESTED_EDGES, chance_tested_edges, coordinated_groups, group_posts
from tocsin.detect.near_duplicates import described_clusters, near_duplicate_clusters
from tocsin.detect.series import post_series, text_series
from tocsin.detect.shares import LAYER, LAYERS, SHARES, layered_shares, post_shares, shares_by_layer
from tocsin.detect.trends import TagTrend, tag_trends
from tocsin.detect.triggers import with_triggers

__all__ = [
    "EDGES",
    "GROUP_MEMBERS",
    "LAYER",
    "LAYERS",
    "MAX_PAIRS",
    "SHARES",
    "TESTED_EDGES",
    "TagTrend",
    "burst_members",
    "bursts",
    "chance_tested_edges",
    "co_sharing_edges",
    "coordinated_groups",
    "described_clusters",
    "edges_above",
    "edges_of_layers",
    "efforts",
    "group_posts",
    "layered_shares",
    "near_duplicate_clusters",
    "post_series",
    "post_shares",
    "shares_by_layer",
    "tag_trends",
    "text_series",
    "with_triggers",
]
