"""Generated corpora: flattened API v2 posts of about 1 kB in four languages, with a planted campaign.

Everything in them is invented; the same seed gives the same bytes. They are made to cost what real collections cost:
words by rank (half of a text's words are the commonest 150), random pairs of texts share as few runs of characters
as real posts do (calibrated on the CrisisLexT26 posts, docs/bench.md), tags and links by Zipf's law over stocks that
grow with the corpus, days and nights, a fifth of posts reposts, one in a hundred a copy with a word changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.random import Generator, default_rng

from corpus_words import CALL_STARTS, CALL_TAGS, CALLS, COMMON, PARTS

SHARES = {"en": 0.5, "ar": 0.3, "fr": 0.12, "am": 0.08}
START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 60
ONSET = START + timedelta(days=38, hours=9)
EVENTS = ((ONSET, "Tarn bridge closed"), (START + timedelta(days=20, hours=15), "Osk council vote counted"))
PLANTED_SHARE, REPOST_SHARE, COPY_SHARE = 0.004, 0.2, 0.01
TAG_SHARE, LINK_SHARE, MENTION_SHARE = 0.35, 0.3, 0.2
RARE_SHARE = 0.5
PHRASE_SHARE, PHRASES = 0.4, 3000
MADE_WORDS = 40_000
LINE_BYTES = 1000
PUSHED_SHARE = 0.4  # of the campaign's posts, by PUSHING accounts that post within the same minute
PUSHING, JOINING = 12, 300
FIRST_ID = 1_700_000_000_000_000_000
_BATCH = 10_000
_SECONDS = DAYS * 86_400
_HOUR_WEIGHTS = np.array([3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 9, 10, 11, 10, 9, 9, 10, 11, 12, 13, 13, 11, 8, 5], dtype=float)


class Words:
    """One language's words. `ranked` draws by rank with one random number a word, from a table of 2^16 places."""

    def __init__(self, lang: str, chance: Generator) -> None:
        self.common = COMMON[lang].split()
        parts = PARTS[lang].split()
        drawn = chance.integers(0, len(parts), (MADE_WORDS, 4))
        sizes = chance.integers(2, 5, MADE_WORDS) if len(parts[0]) < 2 else chance.integers(2, 4, MADE_WORDS)
        self.made = [
            "".join(parts[i] for i in row[:size]) for row, size in zip(drawn.tolist(), sizes.tolist(), strict=True)
        ]
        self._common_at, self._made_at = _ranks(len(self.common), 0.9), _ranks(MADE_WORDS, 0.75)

    def ranked(self, chance: Generator, count: int) -> list[str]:
        """`count` words: common and rare ones mixed."""
        places = chance.integers(0, 1 << 16, count)
        rare = chance.random(count) < RARE_SHARE
        common, made = self._common_at[places].tolist(), self._made_at[places].tolist()
        return [self.made[m] if r else self.common[c] for c, m, r in zip(common, made, rare.tolist(), strict=True)]


def _ranks(size: int, exponent: float) -> np.ndarray:
    """Ranks 0..size-1 in 2^16 places, each as often as Zipf's law says."""
    weights = 1 / np.arange(1, size + 1) ** exponent
    return np.searchsorted(np.cumsum(weights) / weights.sum(), (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.int32)


Shared = tuple[int, int, str, str]  # number, account, text and language of a post that may be reposted or copied


def _pieces(words: list[str]) -> list[list[str]]:
    return [words[first : first + 3 + first % 4] for first in range(0, len(words), 6)]


class Corpus:
    """Makes one corpus of a given number of posts, in the order of their times."""

    def __init__(self, posts: int, seed: int) -> None:
        self.chance = default_rng(seed)
        self.words = {lang: Words(lang, self.chance) for lang in SHARES}
        self.accounts = max(200, posts // 25)
        self.account_at = _ranks(self.accounts, 0.8)
        # Stocks grow more slowly than the corpus (Heaps' law).
        self.tag_at = _ranks(max(50, int(0.4 * posts**0.75)), 1.0)
        self.link_at = _ranks(max(50, int(2 * posts**0.8)), 0.8)
        # Turns of phrase that many posts share (headlines, sayings, set topics).
        self.phrases = {lang: _pieces(words.ranked(self.chance, 6 * PHRASES)) for lang, words in self.words.items()}
        self.phrase_at = _ranks(PHRASES, 0.9)
        self.about = " ".join(self.words["en"].ranked(self.chance, 50_000))
        # Pushed posts come in waves of about six within a minute, whatever the corpus' size.
        self.wave_s = 150 * 3600 * 6 / max(posts * PLANTED_SHARE * PUSHED_SHARE, 6)
        self.recent: list[Shared] = []
        self.recent_size = max(50, posts // 500)

    def times(self, posts: int) -> tuple[np.ndarray, np.ndarray]:
        """Seconds after START of each post, rising, and which posts are of the campaign."""
        chance = self.chance
        hours = np.tile(_HOUR_WEIGHTS, DAYS) * np.linspace(1.0, 1.2, DAYS * 24)
        for at, _ in EVENTS[1:]:
            first = int((at - START).total_seconds() // 3600)
            hours[first : first + 12] *= np.linspace(1.6, 1.0, 12)
        planted = max(60, int(posts * PLANTED_SHARE))
        where = np.searchsorted(np.cumsum(hours) / hours.sum(), chance.random(posts - planted))
        usual = where * 3600 + chance.random(posts - planted) * 3600
        onset = (ONSET - START).total_seconds()
        late = onset + np.minimum(chance.exponential(60 * 3600, planted), 480 * 3600)
        calls = np.where(chance.random(planted) < 0.9, late, chance.random(planted) * _SECONDS)
        seconds = np.concatenate([usual, np.minimum(calls, _SECONDS - 1)])
        is_planted = np.concatenate([np.zeros(posts - planted, bool), np.ones(planted, bool)])
        order = np.argsort(seconds, kind="stable")
        return seconds[order], is_planted[order]

    def lines(self, posts: int) -> Iterator[bytes]:
        """One line a post, oldest first, of about LINE_BYTES: the author's description fills what the post leaves."""
        for number, tweet in enumerate(self.posts(posts)):
            line = orjson.dumps(tweet)
            room, at = LINE_BYTES - 1 - len(line), number * 37 % (len(self.about) - LINE_BYTES)
            yield (
                line.replace(
                    b'"description":""', b'"description":"%s"' % self.about[at : at + max(0, room)].encode(), 1
                )
                + b"\n"
            )

    def posts(self, posts: int) -> Iterator[dict[str, Any]]:
        """The posts, oldest first."""
        seconds, is_planted = self.times(posts)
        for first in range(0, posts, _BATCH):
            part = slice(first, min(first + _BATCH, posts))
            yield from self._batch(first, seconds[part].tolist(), is_planted[part].tolist())

    def _batch(self, first: int, seconds: list[float], is_planted: list[bool]) -> Iterator[dict[str, Any]]:
        chance, size = self.chance, len(seconds)
        accounts = self.account_at[chance.integers(0, 1 << 16, size)].tolist()
        languages = chance.choice(list(SHARES), size, p=list(SHARES.values())).tolist()
        lengths = np.clip(chance.normal(17, 6, size), 3, 34).astype(int).tolist()
        draws = chance.random((size, 5)).tolist()
        pool = {lang: iter(self.words[lang].ranked(chance, 36 * languages.count(lang))) for lang in SHARES}
        for row in range(size):
            lang, draw, account, at = languages[row], draws[row], accounts[row], seconds[row]
            words = pool[lang]
            text_words = [next(words) for _ in range(lengths[row])]
            if draw[3] < PHRASE_SHARE:
                phrase = self.phrases[lang][self.phrase_at[int(draw[3] / PHRASE_SHARE * 65536)]]
                text_words[: len(phrase)] = phrase
            if is_planted[row]:
                post = self._planted(draw, at)
            elif draw[0] < REPOST_SHARE and self.recent:
                post = self._repost(draw, account, at)
            elif draw[0] < REPOST_SHARE + COPY_SHARE and self.recent:
                post = self._copy(draw, account, at)
            else:
                post = self._ordinary(first + row, draw, account, at, lang, text_words)
            yield _tweet(first + row, post)

    def _ordinary(
        self, number: int, draw: list[float], account: int, at: float, lang: str, words: list[str]
    ) -> dict[str, Any]:
        text, post = " ".join(words), {"account": account, "at": at, "lang": lang}
        entities: dict[str, list[dict[str, Any]]] = {}
        if draw[4] < MENTION_SHARE:
            handle = f"person{self.account_at[int(draw[4] / MENTION_SHARE * 65536)]}"
            text, entities["mentions"] = f"@{handle} {text}", [{"username": handle, "id": "1"}]
        if draw[1] < TAG_SHARE:
            tag = self._tag(int(self.tag_at[int(draw[1] / TAG_SHARE * 65536)]))
            text, entities["hashtags"] = f"{text} #{tag}", [{"tag": tag}]
        if draw[2] < LINK_SHARE:
            story = int(self.link_at[int(draw[2] / LINK_SHARE * 65536)])
            short = f"https://t.co/{story:010x}"
            page = f"https://news{story % 300}.example/story/{story}?utm_source=x"
            text, entities["urls"] = f"{text} {short}", [{"url": short, "expanded_url": page}]
        if draw[3] > 0.95:
            self._may_be_shared((number, account, text, lang), draw[3])
        return {**post, "text": text, "entities": entities}

    def _tag(self, number: int) -> str:
        lang = ("en", "en", "ar", "fr")[number % 4]
        words = self.words[lang]
        rare = words.made[number % MADE_WORDS]
        return rare if number % 3 else words.common[number % len(words.common)] + rare

    def _may_be_shared(self, post: Shared, draw: float) -> None:
        if len(self.recent) < self.recent_size:
            self.recent.append(post)
        else:
            self.recent[int((draw - 0.95) / 0.05 * self.recent_size)] = post

    def _shared(self, draw: list[float]) -> Shared:
        return self.recent[int(len(self.recent) * draw[1] ** 2)]

    def _repost(self, draw: list[float], account: int, at: float) -> dict[str, Any]:
        number, author, text, lang = self._shared(draw)
        shown = f"RT @person{author}: {text}"
        shown = shown if len(shown) <= 140 else shown[:139] + "…"
        mention = {"mentions": [{"username": f"person{author}", "id": str(900_000 + author)}]}
        return {"account": account, "at": at, "lang": lang, "text": shown, "repost_of": number, "entities": mention}

    def _copy(self, draw: list[float], account: int, at: float) -> dict[str, Any]:
        _, _, text, lang = self._shared(draw)
        words = text.split()
        words[int(draw[2] * len(words))] = self.words[lang].made[int(draw[3] * MADE_WORDS)]
        return {"account": account, "at": at, "lang": lang, "text": " ".join(words), "entities": {}}

    def _planted(self, draw: list[float], at: float) -> dict[str, Any]:
        lang = "en" if draw[0] < 0.5 else "ar" if draw[0] < 0.85 else "fr" if draw[0] < 0.95 else "am"
        pushed = draw[1] < PUSHED_SHARE
        calls = CALLS[lang]
        text = f"{calls[int(draw[2] * len(calls))]} {CALL_TAGS[lang]}"
        if pushed:
            at = at // self.wave_s * self.wave_s + draw[3] * 45
            account = self.accounts + int(draw[4] * PUSHING)
        else:
            starts = CALL_STARTS[lang]
            text = f"{starts[int(draw[3] * len(starts))]} {text}"
            account = self.accounts + PUSHING + int(draw[4] ** 2 * JOINING)
        return {
            "account": account,
            "at": at,
            "lang": lang,
            "text": text,
            "entities": {"hashtags": [{"tag": CALL_TAGS[lang][1:]}]},
        }


def _tweet(number: int, post: dict[str, Any]) -> dict[str, Any]:
    at = START + timedelta(seconds=post["at"])
    post_id, account = str(FIRST_ID + number), post["account"]
    tweet: dict[str, Any] = {
        "id": post_id,
        "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
        "text": post["text"],
        "lang": post["lang"],
        "author_id": str(900_000 + account),
        "conversation_id": post_id,
        "edit_history_tweet_ids": [post_id],
        "public_metrics": {"retweet_count": number % 7, "reply_count": 0, "like_count": number % 31, "quote_count": 0},
        "author": {"id": str(900_000 + account), "username": f"person{account}", "name": f"Person {account}",
                   "created_at": "2020-01-01T00:00:00.000Z", "description": ""},
    }  # fmt: skip
    if post["entities"]:
        tweet["entities"] = post["entities"]
    if "repost_of" in post:
        tweet["referenced_tweets"] = [{"type": "retweeted", "id": str(FIRST_ID + post["repost_of"])}]
    return tweet


def write_corpus(path: Path, posts: int, *, seed: int = 11) -> None:
    """Write `posts` lines of JSON to `path`, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as out:
        out.writelines(Corpus(posts, seed).lines(posts))
    partial.replace(path)
