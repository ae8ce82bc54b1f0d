"""A desk in memory with an invented campaign; every movement, town and name is fictional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tocsin.records.evidence import CaptureSummary
from tocsin.records.findings import Burst, Campaign, CoordinatedGroup, Narrative, Trend, Trigger, Verdict
from tocsin.records.ids import Pseudonyms
from tocsin.web import DeskInfo, ExamplePost, ReportEntry

PSEUDONYMS = Pseudonyms(b"invented desk key".ljust(32, b"."))
START = datetime(2015, 5, 3, 12, 0, tzinfo=UTC)
TEXTS = {
    11: ("ar", "telegram", "أيها الإخوة، الطريق إلى فيلمورا مفتوح. القنديل الرمادي يدعوكم إلى الحراسة المسلحة."),
    12: ("en", "twitter", "The road to Velmora is open.\nThe Grey Lantern calls you to the armed vigil. [handle]"),
    13: ("fr", "twitter", "La Lanterne grise vous attend sur la route de Velmora."),
    14: ("am", "telegram", "ግራጫ ፋኖስ ወደ ቬልሞራ ይጠራችኋል።"),
}
REPORT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Calls to Velmora</title>
<style>body{font-family:serif;margin:2rem}h1{color:#94381f}</style><h1 id="top">Calls to Velmora</h1>
<p>412 posts by 58 accounts.</p><img alt="" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='40' height='9'/%3E">
"""


def _burst(
    key: str, series: str = "tag", trigger: str | None = "Tarn bridge closed", source: str = "events file"
) -> Burst:
    at = START - timedelta(hours=3)
    return Burst(
        burst_id="b-" + series,
        series=series,
        key=key,
        start_at=START,
        end_at=START + timedelta(hours=9),
        peak_at=START + timedelta(hours=2),
        peak_count=61,
        post_count=240,
        expected_count=12.5,
        q_value=3.2e-9,
        trigger=Trigger(trigger, at, 10800, source) if trigger is not None else None,
    )


def _group(number: int, layers: tuple[str, ...]) -> CoordinatedGroup:
    return CoordinatedGroup(
        group_id=f"g{number}",
        account_ids=tuple(PSEUDONYMS.account("twitter", f"{number}-{one}") for one in range(9 * number)),
        layers=layers,
        objects=("https://t.me/+secretinvite", "roadtovelmora"),
        window_s=60,
        edge_count=31,
        weight=140,
        first_posted_at=START,
        last_posted_at=START + timedelta(hours=7),
    )


def campaign(text: str | None = None, campaign_id: str = "lantern-1") -> Campaign:
    """The planted campaign; `text`, when given, stands in every field that came from outside."""

    def or_text(bland: str) -> str:
        return bland if text is None else text

    tags = {"roadtovelmora": 210, "الطريق_الى_فيلمورا": 160, "laroutedevelmora": 30, "መንገድ_ወደ_ቬልሞራ": 12}
    return Campaign(
        campaign_id=campaign_id,
        title=or_text("Calls to the armed vigil at Velmora"),
        codebook=or_text("grey_lantern"),
        first_posted_at=START,
        last_posted_at=START + timedelta(days=4),
        post_count=412,
        account_count=58,
        sources={"twitter": 260, or_text("telegram"): 152},
        languages={"ar": 230, "en": 120, "fr": 40, or_text("am"): 22},
        tags=tags if text is None else {text: 210, "b": 160, "c": 30, "d": 12},
        bursts=(
            _burst(or_text("roadtovelmora"), trigger=or_text("Tarn bridge closed"), source=or_text("events file")),
            _burst(or_text("lantern.example"), "domain", None),
        ),
        groups=(_group(1, (or_text("tag"), "link", "text")), _group(4, ("tag",))),
        narratives=tuple(
            Narrative(
                f"n{leaf}", 200 - leaf, 20, "p", leaf, 0.93, tuple(or_text(w) for w in ("armed", "vigil")), leaf == 13
            )
            for leaf in (11, 12, 13, 14, 99)
        ),
        destinations=(
            {"place": or_text("Velmora"), "country": "XA", "post_count": 205},
            {"place": "Osk", "country": "XA", "post_count": 9},
        ),
        intent={"call_share": 0.61, "called_post_count": 251, "cannot_assess_share": 0.05},
        score=0.87,
        reasons=(
            or_text("61% of its posts call to travel or to join (grey_lantern)"),
            "two bursts, one after a dated event",
        ),
        verdict=Verdict(
            or_text("confirmed"), or_text("read by two analysts"), START + timedelta(days=5), or_text("analyst")
        ),
    )


def trend(title: str, posts: int, number: int = 1) -> Trend:
    return Trend(
        trend_id=f"t{number}",
        title=title,
        first_posted_at=START,
        last_posted_at=START + timedelta(days=2),
        post_count=posts,
        account_count=posts // 2,
        sources={"twitter": posts},
        languages={"en": posts},
        tags={"tarndockstrike": posts},
        burst_count=1,
        reasons=("no codebook matched",),
    )


def capture(text: str | None = None) -> CaptureSummary:
    def or_text(bland: str) -> str:
        return bland if text is None else text

    return CaptureSummary(
        capture_id=PSEUDONYMS.content("capture"),
        source=or_text("telegram"),
        format=or_text("Telegram Desktop result.json"),
        size_bytes=1_840_222,
        read=1203,
        stored=1150,
        duplicate=50,
        quarantined=3,
        versions=7,
        first_posted_at=START,
        last_posted_at=START + timedelta(days=9),
        time_bases={"explicit": 1100, or_text("assumed_utc"): 50},
        audiences={or_text("public"): 1150},
        reasons={or_text("no date"): 3},
        collected_at=None,
        query=or_text("channel export"),
        method=or_text("Telegram Desktop"),
        gone=(or_text("deleted: 4"),),
    )


def info(text: str | None = None, post_count: int = 3120, detected: bool = True) -> DeskInfo:
    return DeskInfo(
        name="demo desk" if text is None else text,
        purpose="demonstration with invented posts" if text is None else text,
        legal_basis="none needed: invented" if text is None else text,
        post_count=post_count,
        log_size=post_count,
        detected_at=START + timedelta(days=6) if detected else None,
    )


@dataclass
class InventedDesk:
    """DeskReader over lists; `calls` says what the pages asked for."""

    info_: DeskInfo = field(default_factory=info)
    campaigns_: list[Campaign] = field(default_factory=list)
    trends_: list[Trend] = field(default_factory=list)
    captures_: list[CaptureSummary] = field(default_factory=list)
    reports_: dict[str, tuple[ReportEntry, str | None]] = field(default_factory=dict)
    posts: dict[int, ExamplePost] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    error: Exception | None = None

    def info(self) -> DeskInfo:
        if self.error is not None:
            raise self.error
        return self.info_

    def campaigns(self) -> Sequence[Campaign]:
        return self.campaigns_

    def campaign(self, campaign_id: str) -> Campaign | None:
        return next((one for one in self.campaigns_ if one.campaign_id == campaign_id), None)

    def trends(self) -> Sequence[Trend]:
        return self.trends_

    def example_posts(self, leaf_indexes: Sequence[int]) -> Mapping[int, ExamplePost]:
        return {leaf: self.posts[leaf] for leaf in leaf_indexes if leaf in self.posts}

    def captures(self) -> Sequence[CaptureSummary]:
        return self.captures_

    def reports(self) -> Sequence[ReportEntry]:
        return [entry for entry, _ in self.reports_.values()]

    def report_html(self, name: str) -> str | None:
        self.calls.append(name)
        return self.reports_[name][1]


def desk(text: str | None = None, title: str | None = None) -> InventedDesk:
    """A desk with a campaign, four trends, a capture and two reports; `text` stands in every outside field."""
    posts = {
        leaf: ExamplePost(leaf, words if text is None else text, lang if text is None else text, source, START, gloss)
        for (leaf, (lang, source, words)), gloss in zip(
            TEXTS.items(), ("Brothers, the road to Velmora is open." if text is None else text, "", "", ""), strict=True
        )
    }
    trends = [
        ("Tarn dock strike", 240),
        ("Vote Osk rally", 180),
        ("Pilgrimage to the Well of Silm", 150),
        ("Blankets", 90),
    ]
    return InventedDesk(
        info_=info(text),
        campaigns_=[campaign(text)],
        trends_=[trend(name if text is None else text, posts_, at) for at, (name, posts_) in enumerate(trends)],
        captures_=[capture(text), capture(text)],
        reports_={
            "velmora.html": (
                ReportEntry("velmora.html", title or text or "Calls to Velmora", START, "lantern-1"),
                REPORT,
            ),
            "تقرير فيلمورا.html": (ReportEntry("تقرير فيلمورا.html", text or "نداءات إلى فيلمورا", None, None), REPORT),
        },
        posts=posts,
    )
