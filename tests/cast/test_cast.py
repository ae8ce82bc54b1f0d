"""The cast is what its truth says it is, is rebuilt byte for byte, and names nobody and nothing real."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from cast.codebook import FIRST, codebook_for
from cast.generate import DEFAULT_SEED, STARTS, generate
from cast.names import HERON, LANTERN, Names, Words4
from cast.village import ordinary_posts, villagers
from cast.voices import Freshness

COMMITTED = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "desk" / "demo_cast"
LABELS = {"call", "handoff", "inquiry", "report", "condemn", "rival", "research", "curious", "ordinary", "benign"}
BENIGN = {"strike", "relief", "rally", "pilgrimage"}
FAIRNESS_GROUPS = {
    "daily",
    "greeting",
    "mourning",
    "prayer",
    "migration",
    "contested",
    "news",
    "research",
    "counter-speech",
} | BENIGN
_URL = re.compile(r"https?://[^\s\"\\<>]+")
_HOST_LIKE = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|io|me|co|ru|uk|de|fr|eu|tv|gg|onion)\b", re.IGNORECASE
)


class Cast:
    """One generated cast in a folder."""

    def __init__(self, folder: Path, truth: dict[str, Any]) -> None:
        self.folder, self.truth = folder, truth
        self.labels: list[dict[str, Any]] = truth["labels"]

    def content(self, name: str) -> str:
        raw = (self.folder / "exports" / name).read_bytes()
        return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")

    def contents(self) -> dict[str, str]:
        return {path.name: self.content(path.name) for path in sorted((self.folder / "exports").iterdir())}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    folder = tmp_path_factory.mktemp("first")
    return Cast(folder, generate(DEFAULT_SEED, LANTERN, STARTS["lantern"], folder))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    folder = tmp_path_factory.mktemp("second")
    return Cast(folder, generate(7, HERON, STARTS["second"], folder))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    folder = tmp_path_factory.mktemp("quiet")
    return Cast(folder, generate(DEFAULT_SEED, LANTERN, STARTS["lantern"], folder, campaign=False))


def _files(folder: Path) -> dict[str, bytes]:
    """Content by relative name; .gz unpacked, because another zlib may pack the same content differently."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            found[str(path.relative_to(folder))] = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return found


def test_the_same_seed_writes_the_bytes_that_ship_with_the_project(first: Cast) -> None:
    made, shipped = _files(first.folder), _files(COMMITTED)
    assert sorted(made) == sorted(shipped)
    changed = [name for name in made if made[name] != shipped[name]]
    assert not changed, f"run: python tests/cast/generate.py {COMMITTED.name} (changed: {changed})"


def test_another_seed_writes_other_posts(first: Cast, tmp_path: Path) -> None:
    generate(DEFAULT_SEED + 1, LANTERN, STARTS["lantern"], tmp_path)
    assert (tmp_path / "exports" / "notice_board.csv").read_bytes() != first.content("notice_board.csv").encode()


@pytest.mark.parametrize("which", ["first", "second", "quiet"])
def test_the_cast_has_the_promised_size(which: str, request: pytest.FixtureRequest) -> None:
    cast: Cast = request.getfixturevalue(which)
    assert 3000 <= cast.truth["total"]["stored"] <= 5000
    assert sum(path.stat().st_size for path in cast.folder.rglob("*") if path.is_file()) < 6_000_000
    assert {row["lang"] for row in cast.labels} == {"en", "ar", "fr", "am"}


def test_every_label_role_and_fairness_group_is_there(first: Cast, second: Cast) -> None:
    for cast in (first, second):
        assert {row["label"] for row in cast.labels} == LABELS
        assert {row["group"] for row in cast.labels} >= FAIRNESS_GROUPS
        cells = Counter((row["lang"], row["group"]) for row in cast.labels)
        assert min(cells[lang, group] for lang in ("en", "ar") for group in FAIRNESS_GROUPS - {"research"}) >= 8
        assert {name for name, effort in cast.truth["efforts"].items() if effort["kind"] == "trend"} == BENIGN
        assert set(cast.truth["efforts"]["campaign"]["posts"]) == LABELS - {"ordinary", "benign"}


def test_the_third_cast_has_no_campaign(quiet: Cast) -> None:
    assert {row["label"] for row in quiet.labels} == {"ordinary", "benign"}
    assert set(quiet.truth["efforts"]) == BENIGN
    everything = "".join(quiet.contents().values())
    names = [
        LANTERN.place.en,
        LANTERN.place.ar,
        LANTERN.place.am,
        LANTERN.vigil.en,
        LANTERN.order.ar,
        LANTERN.handoff_handle,
        "INVENTEDLANTERN",
    ]
    texts = re.sub(
        r'"url": "https://api[^"]*"', "", everything
    )  # the query of the collection names the tag; no post does
    assert [name for name in names if name in texts] == []


def test_the_village_is_the_same_with_and_without_the_campaign(first: Cast, quiet: Cast) -> None:
    def ordinary_board(cast: Cast) -> set[tuple[str, ...]]:
        return {tuple(row[1:4]) for row in csv.reader(io.StringIO(cast.content("notice_board.csv")))}

    assert ordinary_board(quiet) <= ordinary_board(first)


@pytest.mark.parametrize("which", ["first", "second", "quiet"])
def test_no_address_leads_anywhere(which: str, request: pytest.FixtureRequest) -> None:
    cast: Cast = request.getfixturevalue(which)
    for name, text in cast.contents().items():
        for url in _URL.findall(text):
            host, _, path = url.split("//", 1)[1].partition("/")
            api = host == "api.twitter.com"  # where the exporter asked, as twarc2 notes it
            code = path.removeprefix("joinchat/").rstrip("…")  # the text of a repost may end inside a link
            invented = host in ("t.me", "t.co") and (code.startswith("INVENTED") or "INVENTED".startswith(code))
            assert api or invented or host.endswith((".example", ".invalid")), f"{name}: a link to a real domain"
        bare = _URL.sub("", text)
        assert not [found for found in _HOST_LIKE.findall(bare) if not found.startswith(("t.co", "t.me"))], name
        for address in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text):
            assert address.endswith((".example", ".invalid")), f"{name}: a mail address at a real domain"
        for phone in re.findall(r"\+[1-9][\d ]{6,}", bare):
            assert phone.startswith("+999 000"), f"{name}: a phone number of a real country"  # +999 is not assigned


def _posts_seen(name: str, text: str) -> int:
    """Post objects in one export, counted without the generator's help."""
    if name.endswith(".csv"):
        return len(list(csv.reader(io.StringIO(text)))) - 1
    if name.startswith("x_v2"):
        return sum(len(json.loads(line)["data"]) for line in text.splitlines())
    if name.startswith("x_v11"):
        return len(text.splitlines())
    messages = json.loads(text)["messages"]
    return sum(message.get("type") != "service" and "t" not in message for message in messages)


@pytest.mark.parametrize("which", ["first", "second", "quiet"])
def test_counts_of_the_truth_add_up(which: str, request: pytest.FixtureRequest) -> None:
    cast: Cast = request.getfixturevalue(which)
    files, total = cast.truth["files"], cast.truth["total"]
    assert sorted(files) == sorted(cast.contents())
    for name, row in files.items():
        assert row["read"] == row["stored"] + row["duplicate"] + row["quarantined"]
        assert row["read"] == _posts_seen(name, cast.content(name)), name
    assert total["quarantined"] == 6
    assert total["versions"] == 1
    assert total["stored"] - total["versions"] == len(cast.labels)
    keys = Counter((row["source"], row["platform_id"]) for row in cast.labels)
    assert max(keys.values()) == 1


def test_redelivered_posts_are_identical_and_one_was_edited(first: Cast) -> None:
    one, two = (json.loads(first.content(f"telegram_square_{part}.json"))["messages"] for part in (1, 2))
    earlier = {message["id"]: message for message in one}
    again = [message for message in two if message["id"] in earlier]
    changed = [message for message in again if message != earlier[message["id"]]]
    assert len(again) == 12
    assert [("edited" in message) for message in changed] == [True]
    pages = [
        json.loads(line)
        for name in ("x_v2_part1.jsonl.gz", "x_v2_part2.jsonl")
        for line in first.content(name).splitlines()
    ]
    seen: dict[str, Any] = {}
    twice = 0
    for post in (post for page in pages for post in page["data"] if "id" in post):
        twice += post["id"] in seen
        assert seen.setdefault(post["id"], post) == post
    assert twice == 6


@pytest.mark.parametrize("which", ["first", "second"])
def test_every_effort_bursts_after_its_event(which: str, request: pytest.FixtureRequest) -> None:
    cast: Cast = request.getfixturevalue(which)
    steps = []
    for name, effort in cast.truth["efforts"].items():
        step, event_at = (
            datetime.fromisoformat(effort[key] if key in effort else effort["trigger"][key])
            for key in ("burst_start_at", "event_at")
        )
        times = sorted(datetime.fromisoformat(row["posted_at"]) for row in cast.labels if row["effort"] == name)
        after = sum(step <= at < step + timedelta(hours=12) for at in times)
        before = sum(step - timedelta(hours=48) <= at < step for at in times)
        assert timedelta(0) < step - event_at < timedelta(hours=16)
        assert step in times
        assert after >= 40 > 5 * before
        steps.append(step)
    assert min(abs(a - b) for a, b in combinations(steps, 2)) > timedelta(days=2)


def test_the_campaign_spans_platforms_languages_and_moves_its_destination(first: Cast) -> None:
    calls = [row for row in first.labels if row["label"] == "call"]
    assert {row["source"] for row in calls} == {"twitter", "telegram"}
    assert {row["lang"] for row in calls} == {"en", "ar", "fr", "am"}
    assert len({row["narrative"].split(":")[0] for row in calls if row["narrative"]}) == 3
    posts = json.loads(first.content("telegram_channel.json"))["messages"]
    texts = [(message["date"], json.dumps(message["text"], ensure_ascii=False)) for message in posts]
    later = [date for date, text in texts if any(LANTERN.place_later[lang] in text for lang in ("en", "ar", "am"))]
    assert later
    assert min(later) > first.truth["efforts"]["campaign"]["burst_start_at"]


def test_coordinated_accounts_copy_within_a_minute_again_and_again(first: Cast) -> None:
    rows = {(row["account"], row["posted_at"]) for row in first.labels if row["effort"] and row["narrative"]}
    for group in first.truth["groups"]:
        times = {
            account: sorted(datetime.fromisoformat(at) for who, at in rows if who == account)
            for account in group["accounts"]
        }
        pairs = Counter(
            (a, b)
            for a, b in combinations(group["accounts"], 2)
            for at in times[a]
            if any(abs(at - other) <= timedelta(seconds=60) for other in times[b])
        )
        assert min(pairs[pair] for pair in combinations(group["accounts"], 2)) >= 1
        if group["kind"] == "campaign":
            assert len(group["accounts"]) == 12
            assert min(pairs.values()) >= 3


def test_ordinary_posts_are_not_near_duplicates_of_each_other() -> None:
    """Apart from formulaic condolences and reposts, fewer than one ordinary post in a hundred is close to an earlier one."""
    import random

    from cast.people import People

    people = People(random.Random("people"), LANTERN, STARTS["lantern"])
    posts = ordinary_posts(random.Random("village"), LANTERN, STARTS["lantern"], villagers(people), scale=0.5)
    seen, close = Freshness(0.7), 0
    own = [post for post in posts if post.group != "mourning" and post.repost_of is None]
    for post in own:
        close += seen.nearest(post.text) > 0.7
        seen.keep(post.text)
    assert close / len(own) < 0.01
    assert seen.nearest(own[5].text) == 1.0


def test_arabic_comes_in_everyday_spelling(first: Cast) -> None:
    text = "".join(first.contents().values())
    for written in ("ـ", "\u064e", "٣", "اا", "ه ", "الي ", "إلى", "الى"):
        assert written in text, f"no {written!r}"
    assert text.count("\\u0627") > 100  # some pages are escaped, as twarc writes them


def _name_words(names: Names) -> list[str]:
    words = []
    for name in (names.movement, names.order, names.vigil, names.place, names.place_later, names.campaign_tags):
        assert isinstance(name, Words4)
        words += [
            name[lang].removeprefix("the ").removeprefix("la ").removeprefix("le ").removeprefix("l'")
            for lang in ("en", "ar", "fr", "am")
        ]
    return words


def test_the_second_codebook_keeps_no_name_of_the_first() -> None:
    made, origin = codebook_for(HERON), FIRST.read_text(encoding="utf-8")
    assert [word for word in _name_words(LANTERN) if word.casefold() in made.casefold()] == []
    for word in _name_words(HERON):
        assert word.casefold() in made.casefold(), f"{word} is missing"
    roots = ("lantern", "قنديل", "ፋኖስ", "فيلمورا", "ቬልሞራ", "karsa")
    assert [root for root in roots if root in made.casefold()] == []
    assert made.count("\n") == origin.count("\n")


def test_the_two_casts_share_no_invented_name(second: Cast) -> None:
    text = "".join(second.contents().values())
    shared = [word for word in _name_words(LANTERN) if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    assert shared == []
