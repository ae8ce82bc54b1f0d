"""Invented findings for the tests of this room; every name is fictional."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tocsin.records.findings import Burst, Campaign, CoordinatedGroup, Narrative, Trend, Trigger, Verdict
from tocsin.records.ids import Pseudonyms

DESK = Pseudonyms(b"invented desk key".ljust(32, b"."))
KEY = b"first export key".ljust(32, b".")
OTHER_KEY = b"second export key".ljust(32, b".")
START = datetime(2015, 5, 3, 12, 0, tzinfo=UTC)
ACCOUNTS = tuple(DESK.account("twitter", str(number)) for number in range(8))


def group(group_id: str = "g-lantern", accounts: tuple[str, ...] = ACCOUNTS[:5]) -> CoordinatedGroup:
    return CoordinatedGroup(
        group_id=group_id,
        account_ids=accounts,
        layers=("tag", "text"),
        objects=("roadtovelmora",),
        window_s=60,
        edge_count=4,
        weight=19,
        first_posted_at=START,
        last_posted_at=START + timedelta(hours=6),
    )


def edges(pairs: tuple[tuple[int, int, int], ...] = ((0, 1, 7), (1, 2, 5), (0, 2, 4), (3, 4, 3))) -> pa.Table:
    return pa.table(
        {
            "account_a": [ACCOUNTS[a] for a, _, _ in pairs],
            "account_b": [ACCOUNTS[b] for _, b, _ in pairs],
            "weight": pa.array([weight for *_, weight in pairs], pa.int64()),
            "layers": [["tag", "text"] for _ in pairs],
        }
    )


def campaign(title: str = "Calls to Velmora", tag: str = "roadtovelmora", reason: str = "calls to travel") -> Campaign:
    burst = Burst(
        burst_id="b1",
        series="tag",
        key=tag,
        start_at=START,
        end_at=START + timedelta(hours=9),
        peak_at=START + timedelta(hours=2),
        peak_count=61,
        post_count=240,
        expected_count=-0.5,
        q_value=1e-9,
        trigger=Trigger(
            title="Tarn bridge closed", event_at=START - timedelta(hours=1), lag_s=3600, source="events file"
        ),
    )
    return Campaign(
        campaign_id="lantern-1",
        title=title,
        codebook="grey_lantern",
        first_posted_at=START,
        last_posted_at=START + timedelta(days=2),
        post_count=412,
        account_count=58,
        sources={"twitter": 300, "telegram": 112},
        languages={"ar": 250, "en": 162},
        tags={tag: 399},
        bursts=(burst,),
        groups=(group(),),
        narratives=(Narrative("n1", 80, 20, DESK.post("twitter", "1"), 3, 0.9, ("armed", "vigil"), False),),
        destinations=({"place": "Velmora", "country": "XA", "post_count": 200},),
        intent={"call_share": 0.61, "called_post_count": 251},
        score=0.87,
        reasons=(reason,),
        verdict=Verdict("confirmed", "read by two", START, "analyst"),
    )


def trend(title: str = "Tarn dock strike", tag: str = "tarndockstrike", reason: str = "no codebook matched") -> Trend:
    return Trend(
        trend_id="t1",
        title=title,
        first_posted_at=START,
        last_posted_at=START + timedelta(days=1),
        post_count=130,
        account_count=77,
        sources={"twitter": 130},
        languages={"en": 130},
        tags={tag: 120},
        burst_count=1,
        reasons=(reason,),
    )
