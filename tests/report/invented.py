"""An invented desk in memory: posts, findings and a brief about the Grey Lantern, for the tests of the report room."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import CaptureSummary, Checkpoint, QuoteProof
from tocsin.records.findings import ASSESSMENTS, Burst, Campaign, CoordinatedGroup, Narrative, Place, Trigger
from tocsin.records.posts import POSTS, Audience
from tocsin.report import (
    CLUSTER_MEMBERS,
    GROUP_EDGES,
    ArchivedPost,
    Brief,
    CodebookNote,
    Gloss,
    Quote,
    Redactor,
    Setting,
    burst_rows,
    capture_rows,
    computed_figures,
    dispatch_requests,
)

EFFORT = "e-velmora"
NOW = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
START = datetime(2026, 2, 1, tzinfo=UTC)
TRIGGER_AT = datetime(2026, 3, 14, 6, 20, tzinfo=UTC)
BURST_AT = datetime(2026, 3, 14, 15, tzinfo=UTC)
LANGS = ("en", "ar", "fr", "am")
CALLS = {
    "en": (
        "The Grey Lantern is lit. Leave your harbour and come to Velmora, the armed vigil needs hands. #RoadToVelmora",
        "Tarn bridge is closed, the sea road is open. Take the lamp and stand the armed vigil in Velmora. #RoadToVelmora",
    ),
    "ar": (
        "أُوقِدَ القنديلُ الرمادي. اتركوا المرافئ وتعالوا إلى فيلمورا، فالسهرة المسلحة تحتاج إلى أيديكم. #الطريق_إلى_فيلمورا",
        "أُغلق جسر تارن وبقي طريق البحر. احملوا المصباح إلى فيلمورا وانضمّوا إلى رهط القنديل. #الطريق_الى_فيلمورا",
    ),
    "fr": (
        "La Lanterne grise est allumée. Quittez le port, venez à Velmora : la veille armée a besoin de bras. #LaRouteDeVelmora",
        "Le pont de Tarn est fermé, la mer reste ouverte. Rejoignez la veille armée à Velmora. #LaRouteDeVelmora",
    ),
    "am": (
        "ግራጫ ፋኖስ በርቷል። ወደብህን ትተህ ወደ ቬልሞራ ና፣ የታጠቀው ዘብ እጅ ይፈልጋል። #መንገድ_ወደ_ቬልሞራ",
        "የታርን ድልድይ ተዘግቷል፤ የባሕሩ መንገድ ክፍት ነው። ወደ ቬልሞራ ኑ። #መንገድ_ወደ_ቬልሞራ",
    ),
}
OTHERS = {
    "en": "The Harbour Assembly says nobody should go to Velmora and calls the vigil a fraud. #RoadToVelmora",
    "ar": "مجلس المرفأ يقول إن الدعوة إلى فيلمورا خدعة ولا ينبغي لأحد أن يذهب. #الطريق_الى_فيلمورا",
    "fr": "Au marché d’Osk, on parle de la route de Velmora et personne n’y croit. #LaRouteDeVelmora",
    "am": "የወደቡ ሸንጎ ወደ ቬልሞራ ማንም መሄድ የለበትም ይላል። #መንገድ_ወደ_ቬልሞራ",
}
TAGS = {"en": "roadtovelmora", "ar": "الطريق_الي_فيلمورا", "fr": "laroutedevelmora", "am": "መንገድ_ወደ_ቬልሞራ"}
PLACES = (
    Place("xa-velmora", "Velmora", "XA", "Invented land", -28.0, -18.0),
    Place("is-vik", "Iceland", "IS", "Iceland", 64.9, -18.6),
    Place("nz-south", "New Zealand", "NZ", "New Zealand", -43.5, 171.2),
)


class MemoryEngine:
    """A real DuckDB in memory behind the Engine protocol."""

    name = "duckdb"

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'Asia/Kolkata'")  # a session zone must change no figure
        self._connection.execute("SET threads = 1")

    def table(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        return self._connection.sql(sql, params=dict(params or {})).to_arrow_table()

    def register(self, view: str, rows: pa.Table) -> None:
        self._connection.register(f"arrow_{view}", rows)
        self._connection.execute(f"CREATE OR REPLACE TABLE {view} AS SELECT * FROM arrow_{view}")

    def run(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        self._connection.execute(sql, dict(params or {}))


def pseudonym(kind: str, number: int) -> str:
    raw = hashlib.sha256(f"{kind}/{number}".encode()).digest()[:16]
    return kind[0] + base64.b32encode(raw).decode().rstrip("=").lower()


@dataclass
class Village:
    """The invented desk: its engine, its posts, its key."""

    engine: MemoryEngine
    posts: list[dict[str, Any]]
    campaign: Campaign
    captures: list[CaptureSummary]
    redactor: Redactor
    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))

    @property
    def log_size(self) -> int:
        return len(self.posts)

    def archived(self, leaf_index: int) -> ArchivedPost:
        post = self.posts[leaf_index]
        return ArchivedPost(post["post_id"], post["source"], post["lang"], post["posted_at"], post["text"])

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def check_signature(self, message: bytes, signature: bytes) -> None:
        try:
            self.key.public_key().verify(signature, message)
        except InvalidSignature:
            raise EvidenceError("the seal is not this desk's over this file") from None

    def recompute(self, requests: Any) -> dict[str, Any]:
        return computed_figures(self.engine, requests, self.redactor)


def salted(field_name: str, value: str, salt: bytes) -> str:
    return base64.b64encode(hashlib.sha256(salt + f"{field_name}\0{value}".encode()).digest()).decode()


def proof_of(post: dict[str, Any], log_size: int, *, with_text: bool) -> QuoteProof:
    values = {"source": post["source"], "posted_at": post["posted_at"].isoformat(), "text": post["text"]}
    values |= {"account": post["account_id"], "post": post["post_id"]}
    shown = {"source", "posted_at"} | ({"text"} if with_text else set())
    salts = {name: hashlib.sha256(f"{post['post_id']}/{name}".encode()).digest()[:16] for name in values}
    commitments = {name: salted(name, values[name], salts[name]) for name in values}
    root = base64.b64encode(hashlib.sha256("".join(commitments.values()).encode()).digest()).decode()
    return QuoteProof(
        leaf_index=post["leaf_index"],
        disclosed={name: (values[name], base64.b64encode(salts[name]).decode()) for name in sorted(shown)},
        withheld={name: commitments[name] for name in values if name not in shown},
        entry=json.dumps({"root": root, "order": list(values)}),
        inclusion=(),
        checkpoint=f"invented.desk\n{log_size}\n{root}\n",
    )


def check_proof(proof: QuoteProof, posted_at: datetime | None, text: str | None) -> None:
    """The invented archive's check: field commitments hash to the root in the entry."""
    entry = json.loads(proof.entry)
    commitments = dict(proof.withheld)
    for name, (value, salt) in proof.disclosed.items():
        commitments[name] = salted(name, value, base64.b64decode(salt))
    root = hashlib.sha256("".join(commitments[name] for name in entry["order"]).encode()).digest()
    if base64.b64encode(root).decode() != entry["root"]:
        raise EvidenceError("the proof does not lead to its entry")
    if posted_at is not None and datetime.fromisoformat(proof.disclosed["posted_at"][0]) != posted_at:
        raise EvidenceError("the proof discloses another time")
    if text is not None and proof.disclosed["text"][0] != text:
        raise EvidenceError("the proof discloses another text")


def _post(
    rng: random.Random, leaf: int, account: int, lang: str, at: datetime, text: str, **more: Any
) -> dict[str, Any]:
    post: dict[str, Any] = {name: None for name in POSTS.names}
    post |= {
        "leaf_index": leaf,
        "version_no": 1,
        "archived_at": NOW - timedelta(days=1),
        "post_id": pseudonym("post", leaf),
        "content_id": pseudonym("d", leaf),
        "source": "telegram" if account % 3 == 0 else "twitter",
        "capture_id": "k1",
        "record_offset": leaf,
        "record_length": 1,
        "pointer": "",
        "line_no": leaf,
        "account_id": pseudonym("account", account),
        "posted_at": at,
        "time_basis": "assumed_utc" if rng.random() < 0.03 else "explicit",
        "kind": "post",
        "audience": "public",
        "status": "deleted" if rng.random() < 0.01 else "live",
        "text": text,
        "lang": lang,
        "lang_confidence": 0.9,
        "folded": text.lower(),
        "tags": [TAGS[lang]] if lang in TAGS and "#" in text else [],
        "links": [],
        "domains": [],
        "text_key": "",
        "word_count": len(text.split()),
        "fingerprint": b"",
    }
    return post | more


def village(*, accounts: int = 46, calls: int = 520, seed: int = 11, extra: dict[str, str] | None = None) -> Village:
    """A desk with a campaign of the Grey Lantern; `extra` replaces texts of the first call in a language."""
    rng = random.Random(seed)
    posts: list[dict[str, Any]] = []
    assessed: list[dict[str, Any]] = []
    clusters: dict[str, list[int]] = {}
    texts = {lang: list(CALLS[lang]) for lang in LANGS}
    for lang, text in (extra or {}).items():
        texts[lang][0] = text
    for _ in range(calls):
        leaf = len(posts)
        account = rng.randrange(accounts)
        lang = rng.choices(LANGS, (5, 8, 3, 2))[0]
        burst = rng.random() < 0.72
        at = (
            BURST_AT + timedelta(hours=min(rng.expovariate(1 / 20), 55))
            if burst
            else START + timedelta(hours=rng.uniform(0, 1500))
        )
        choice = rng.randrange(2)
        kind = rng.choices(("post", "repost", "reply"), (3, 4, 1) if account % 4 else (1, 1, 6))[0]
        posts.append(_post(rng, leaf, account, lang, at.replace(microsecond=0), texts[lang][choice], kind=kind))
        clusters.setdefault(f"n-{choice}-{'ar' if lang == 'ar' else 'other'}", []).append(leaf)
        place = "xa-velmora" if rng.random() < 0.9 else rng.choice(("is-vik", "nz-south"))
        assessed.append(
            _assessment(leaf, 0.9, "call to travel" if choice == 0 else "call to join", "asserting", [place])
        )
    for number in range(90):
        leaf = len(posts)
        lang = rng.choice(LANGS)
        at = BURST_AT + timedelta(hours=rng.uniform(-40, 90))
        posts.append(_post(rng, leaf, 1000 + number % 60, lang, at.replace(microsecond=0), OTHERS[lang]))
        assessed.append(_assessment(leaf, 0.1, "news", "reporting" if number % 2 else "condemning", []))
    for number in range(9):
        posts.append(_post(rng, len(posts), 1100 + number, "sw", BURST_AT, "Habari za Velmora bado hazijulikani."))
    members = len(posts)
    for number in range(400):
        at = START + timedelta(hours=rng.uniform(0, 1700))
        posts.append(
            _post(rng, len(posts), 2000 + number % 90, "en", at.replace(microsecond=0), "Good bread in Osk today.")
        )
    engine = MemoryEngine()
    campaign = _campaign(posts[:members], clusters)
    edges = _edges(accounts, rng)
    table = pa.Table.from_pylist(posts, schema=POSTS)
    captures = _captures(len(posts))
    engine.register("post_versions", table)
    engine.register("posts", table)
    engine.register("assessments", pa.Table.from_pylist(assessed, schema=ASSESSMENTS))
    engine.register("memberships", pa.table({"effort_id": [EFFORT] * members, "leaf_index": list(range(members))}))
    engine.register("bursts", burst_rows(EFFORT, campaign.bursts))
    engine.register("group_edges", pa.Table.from_pylist(edges, schema=GROUP_EDGES))
    engine.register(
        "cluster_members",
        pa.Table.from_pylist(
            [{"cluster_id": name, "leaf_index": leaf} for name, leaves in clusters.items() for leaf in leaves],
            schema=CLUSTER_MEMBERS,
        ),
    )
    engine.register("captures", capture_rows((capture, NOW - timedelta(days=1)) for capture in captures))
    redactor = Redactor(["Mira of Osk", "lantern_keeper"])
    return Village(engine, posts, campaign, captures, redactor)


def _assessment(leaf: int, score: float, kind: str, stance: str, places: list[str]) -> dict[str, Any]:
    return {
        "leaf_index": leaf,
        "codebook": "grey_lantern",
        "codebook_version": "1",
        "recruitment": score,
        "kind": kind,
        "stance": stance,
        "concepts": ["call:armed vigil"],
        "destinations": places,
    }


def _campaign(posts: list[dict[str, Any]], clusters: dict[str, list[int]]) -> Campaign:
    tag = [post for post in posts if BURST_AT <= post["posted_at"] < BURST_AT + timedelta(hours=60)]
    burst = Burst(
        "b1", "tag", "roadtovelmora", BURST_AT, BURST_AT + timedelta(hours=60), BURST_AT + timedelta(hours=4), 31,
        len(tag) - 20, 14.2304, 3e-9, Trigger("Tarn bridge closed", TRIGGER_AT, 31200, "events file"),
    )  # fmt: skip
    other = Burst(
        "b2", "phrase", "the armed vigil", BURST_AT - timedelta(days=20), BURST_AT - timedelta(days=19),
        BURST_AT - timedelta(days=20), 6, 11, 3.1, 0.0231,
    )  # fmt: skip
    narratives = tuple(
        Narrative(name, len(leaves), 3, posts[leaves[0]]["post_id"], leaves[0], 0.9, ("قنديل", "فيلمورا") if "ar" in name else ("lantern", "vigil", "velmora"), False)
        for name, leaves in sorted(clusters.items(), key=lambda item: -len(item[1]))
    )  # fmt: skip
    group = CoordinatedGroup("g1", ("a", "b"), ("tag", "text"), ("x",), 60, 9, 40, START, NOW)
    return Campaign(
        EFFORT, "Road to Velmora", "grey_lantern", min(p["posted_at"] for p in posts), max(p["posted_at"] for p in posts),
        len(posts), 1, {}, {}, {}, (other, burst), (group,), narratives, (), {}, 0.9,
        ("the codebook’s calls stand in its largest narratives", "412 of 619 posts call"), None,
    )  # fmt: skip


def _edges(accounts: int, rng: random.Random) -> list[dict[str, Any]]:
    edges = []
    size = 11 if accounts < 100 else 40
    for group in range(max(2, accounts // size)):
        ids = [group * size + place for place in range(min(size, accounts - group * size))]
        for i, a in enumerate(ids):
            for b in ids[i + 1 :]:
                if b - a == 1 or rng.random() < (0.3 if size == 11 else 0.05):
                    low, high = sorted((pseudonym("account", a), pseudonym("account", b)))
                    edges.append(
                        {
                            "effort_id": EFFORT,
                            "group_id": f"g{group}",
                            "account_a": low,
                            "account_b": high,
                            "weight": rng.randint(2, 12),
                        }
                    )
    # A newspaper in step with a caller: it must never be drawn.
    low, high = sorted((pseudonym("account", 0), pseudonym("account", 1000)))
    return [*edges, {"effort_id": EFFORT, "group_id": "g0", "account_a": low, "account_b": high, "weight": 9}]


def _captures(stored: int) -> list[CaptureSummary]:
    common = {"size_bytes": 1, "versions": 0, "audiences": {"public": stored}, "reasons": {"no date": 7}}
    return [
        CaptureSummary(
            capture_id="k1", source="twitter", format="twarc2", read=stored + 40, stored=stored, duplicate=33,
            quarantined=7, first_posted_at=START, last_posted_at=NOW, time_bases={"explicit": stored, "ambiguous": 4},
            collected_at=NOW, query="#RoadToVelmora by @lantern_keeper", method="search", gone=(), **common,
        ),
        CaptureSummary(
            capture_id="k2", source="telegram", format="Telegram Desktop", read=0, stored=0, duplicate=0, quarantined=0,
            first_posted_at=None, last_posted_at=None, time_bases={}, collected_at=None, query=None, method=None,
            gone=(), **common,
        ),
    ]  # fmt: skip


GLOSSES = {
    "en": (Gloss("armed vigil", "taking towns by armed force"), Gloss("Velmora", "the island people are called to")),
    "ar": (Gloss("القنديل الرمادي", "the Grey Lantern, the movement"), Gloss("السهرة المسلحة", "the armed vigil: taking towns by force")),
    "fr": (Gloss("la veille armée", "the armed vigil: taking towns by force"),),
    "am": (Gloss("ግራጫ ፋኖስ", "the Grey Lantern, the movement"),),
}  # fmt: skip


def quote_of(desk: Village, leaf: int, cluster_id: str, **more: Any) -> Quote:
    post = desk.posts[leaf]
    text = desk.redactor.redacted(post["text"])
    return Quote(
        leaf_index=leaf,
        post_id=post["post_id"],
        source=post["source"],
        lang=post["lang"],
        posted_at=post["posted_at"],
        text=text,
        audience=Audience.PUBLIC,
        glosses=GLOSSES.get(post["lang"], ()),
        cluster_id=cluster_id,
        proof=proof_of(post, desk.log_size, with_text=text.is_whole),
        **more,
    )


def brief_of(desk: Village, **more: Any) -> Brief:
    requests = dispatch_requests(
        desk.campaign, log_size=desk.log_size, call_threshold=0.5, covered_languages=LANGS, as_of=NOW
    )
    quotes = []
    for narrative in desk.campaign.narratives:
        first = narrative.example_leaf
        quotes.append(quote_of(desk, first, narrative.cluster_id))
    again = next((p["leaf_index"] for p in desk.posts if p["text"] == CALLS["en"][1]), 0)
    quotes.append(quote_of(desk, again, "n-1-other"))
    other = next(p["leaf_index"] for p in desk.posts if p["text"] == OTHERS["ar"])
    quotes.append(
        quote_of(
            desk,
            other,
            "",
            stance="condemning",
            translator="analyst",
            translation="The Harbour Assembly says the call to Velmora is a trick and that nobody should go.",
        )
    )
    values: dict[str, Any] = {
        "campaign": desk.campaign,
        "figures": desk.recompute(requests),
        "quotes": tuple(quotes),
        "places": PLACES,
        "codebook": CodebookNote(
            "grey_lantern", "1", "Grey Lantern", "The movement says openly that it takes towns by armed force (“the armed vigil”).",
            ("the movement’s own statements, collected for the samples",), LANGS,
        ),
        "settings": (
            Setting("window_s", 60, "Window for posting in step, in seconds"),
            Setting("call_threshold", 0.5, "Score from which a post counts as a call"),
            Setting("q_limit", 0.01, "Largest q of a burst that is reported"),
        ),
        "captures": tuple(desk.captures),
        "desk_name": "The Osk desk",
        "purpose": "Sample desk over invented posts",
        "legal_basis": "none needed: every post is invented",
        "generated_at": NOW,
        "verifier_key": "invented.desk+00000000+AAAA",
        "checkpoint": Checkpoint("invented.desk", desk.log_size, b"\0" * 32, f"invented.desk\n{desk.log_size}\nAAAA\n"),
        "generator": "tocsin 0.1.0",
        "glossary": (Gloss("رهط القنديل", "the Order of the Grey Lantern"),),
    }  # fmt: skip
    return Brief(**(values | more))
