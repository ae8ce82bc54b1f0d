"""Inputs that are no posts: shares of links, and texts with near-duplicates whose likeness is known."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GERMAN_COLUMNS = ("account_id", "post_id", "url_id", "hashtag_id", "domain_id", "phash_id", "timestamp")
OBJECTS = ("url_id", "domain_id", "hashtag_id", "phash_id")
SHARERS, OTHER_SHARES = 20_000, 1_000_000
_START = 1_767_600_000


def german_csv(real_data: Path, into: Path, *, only: str = "") -> Path:
    """The German data as plain CSV; `only` keeps the accounts whose name begins like that."""
    path = into / f"german{only}.csv"
    with gzip.open(real_data / "coordination" / "german_elections.csv.gz", "rt", newline="") as packed:
        rows = csv.DictReader(packed)
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, GERMAN_COLUMNS)
            writer.writeheader()
            writer.writerows(row for row in rows if row["account_id"].startswith(only))
    return path


def generated_shares_csv(into: Path, *, rows: int = 218_971, seed: int = 5) -> Path:
    """A stand-in of the same shape where the German data is missing."""
    path, chance = into / "generated-shares.csv", random.Random(seed)
    filled = {"url_id": 0.23, "domain_id": 0.33, "hashtag_id": 0.12, "phash_id": 0.35}
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(GERMAN_COLUMNS)
        at = float(_START)
        for number in range(rows):
            at += chance.expovariate(1 / 18)
            objects = [_ranked(chance, 25_000, 3) if chance.random() < filled[name] else "" for name in OBJECTS]
            writer.writerow([f"fb_{_ranked(chance, 12_000, 2)}", number, *objects, int(at)])
    return path


def _ranked(chance: random.Random, size: int, power: float) -> int:
    return int(size * chance.random() ** power)


def peer_messages(shares: Path, column: str, into: Path) -> Path:
    """The shares of one kind of object in the form coordination-network-toolkit reads."""
    path = into / f"{shares.stem}-{column}-messages.csv"
    with shares.open(newline="") as given, path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"])
        for row in csv.DictReader(given):
            if row[column]:
                writer.writerow([row["post_id"], row["account_id"], "", "", "", "", row["timestamp"], row[column]])
    return path


def popular_csv(into: Path, *, seed: int = 6) -> Path:
    """One link shared by SHARERS accounts within an hour, among OTHER_SHARES shares of two months."""
    path, chance = into / "popular.csv", random.Random(seed)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["account", "link", "post", "time"])
        for number in range(OTHER_SHARES):
            account = number % SHARERS if number < 2 * SHARERS else _ranked(chance, 200_000, 1.5)
            at = _START + int(chance.random() * 60 * 86_400)
            writer.writerow([f"a{account}", f"https://news.example/{_ranked(chance, 400_000, 3)}", f"p{number}", at])
        for account in range(SHARERS):
            at = _START + 30 * 86_400 + int(chance.random() * 3600)
            writer.writerow([f"a{account}", "https://popular.example/one", f"q{account}", at])
    return path


class Texts(NamedTuple):
    """Texts to find near-duplicates in; brute force looks at the first `checked` of them, all pairs."""

    texts: list[str]
    checked: int


CHECKED = 10_000
_TEXTS = 50_000  # besides the variants: one update a shingle takes datasketch half a minute for them
_VARIED = 2_000  # texts that get variants; with them and four variants each the checked part is full


def near_duplicate_texts(corpus: Path, real_data: Path | None, *, seed: int = 7) -> Texts:
    """The texts of a corpus (and the real crises posts) behind a checked part with planted near-duplicates.

    A planted variant has 1 to 4 of its words changed, dropped or doubled: most are on either side of the threshold.
    """
    chance = random.Random(seed)
    found = [text for text in _post_texts(corpus) if not text.startswith("RT @")]
    if real_data is not None:
        found += _post_texts(real_data / "crises" / "crises.jsonl.gz")
    chance.shuffle(found)
    found = found[:_TEXTS]
    bases, rest = found[:_VARIED], found[_VARIED:]
    words = [word for text in rest[:2000] for word in text.split()]
    checked = [*bases]
    for text in bases:
        checked += [_varied(text, chance, words) for _ in range(CHECKED // _VARIED - 1)]
    return Texts(checked + rest, len(checked))


def _post_texts(path: Path) -> list[str]:
    return [post["text"] for post in _objects(path)]


def _objects(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def _varied(text: str, chance: random.Random, words: list[str]) -> str:
    parts = text.split()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(parts))
        parts[at : at + 1] = chance.choice(([chance.choice(words)], [], [parts[at], parts[at]]))
        parts = parts or [chance.choice(words)]
    return " ".join(parts)
