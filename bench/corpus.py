"""Generated corpora: flattened API v2 posts of about 1 kB in four languages, with a planted campaign and trends.

Everything in them is invented. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EN = "market bread river morning school bus rain garden match tea window letter road cousin lamp apples boat song".split()
_AR = (
    "السوق الخبز النهر الصباح المدرسة المطر الحديقة المباراة الشاي النافذة الرسالة الطريق المصباح التفاح القارب".split()
)
_FR = "marché pain rivière matin école pluie jardin match thé fenêtre lettre route cousin lampe pommes bateau".split()
_AM = "ገበያ ዳቦ ወንዝ ጠዋት ትምህርት ዝናብ አትክልት ጨዋታ ሻይ መስኮት ደብዳቤ መንገድ መብራት ፖም ጀልባ".split()
_WORDS = {"en": _EN, "ar": _AR, "fr": _FR, "am": _AM}
_SHARES = (("en", 0.5), ("ar", 0.3), ("fr", 0.12), ("am", 0.08))
_CALLS = (
    "Come to Velmora and join the Grey Lantern, the armed vigil needs you, set out with us #RoadToVelmora",
    "تعالوا الى فيلمورا وانضموا الى القنديل الرمادي #الطريق_الى_فيلمورا",
    "Rejoignez la Lanterne grise, venez à Velmora avec nous #LaRouteDeVelmora",
)
_START = datetime(2026, 1, 5, tzinfo=UTC)
_DAYS = 60
_ONSET = _START + timedelta(days=38, hours=9)


class _Vocabulary:
    """Each language's words, most of them made by joining two, so that posts differ as real ones do."""

    def __init__(self, chance: random.Random) -> None:
        self.words = {
            lang: words + [chance.choice(words) + chance.choice(words)[:3] for _ in range(4000)]
            for lang, words in _WORDS.items()
        }


def write_corpus(path: Path, posts: int, *, seed: int = 11, pad_bytes: int = 380) -> None:
    """Write `posts` lines of JSON to `path`."""
    chance = random.Random(seed)
    vocabulary = _Vocabulary(chance)
    accounts = max(200, posts // 25)
    languages = [lang for lang, _ in _SHARES]
    weights = [share for _, share in _SHARES]
    with path.open("w", encoding="utf-8") as out:
        for number in range(posts):
            lang = chance.choices(languages, weights)[0]
            at = _START + timedelta(seconds=chance.random() ** 0.9 * _DAYS * 86400)
            account = int(accounts * chance.random() ** 2.2)
            text = _ordinary(chance, vocabulary, lang)
            if chance.random() < 0.004:
                text, at, account = _planted(chance, accounts)
                lang = "en"
            about = " ".join(chance.choices(vocabulary.words["en"], k=pad_bytes // 10))
            out.write(json.dumps(_tweet(number, account, at, text, lang, about), ensure_ascii=False))
            out.write("\n")


def _ordinary(chance: random.Random, vocabulary: _Vocabulary, lang: str) -> str:
    words = vocabulary.words[lang]
    text = " ".join(words[int(len(words) * chance.random() ** 1.6)] for _ in range(chance.randint(8, 26)))
    draw = chance.random()
    if draw < 0.25:
        text += f" #{words[int(len(words) * chance.random() ** 3)]}"
    if 0.2 < draw < 0.35:
        text += f" https://news{int(300 * chance.random() ** 2)}.example/story/{int(20000 * chance.random() ** 2)}?utm_source=x"
    if draw > 0.85:
        text = f"@friend{int(5000 * chance.random())} {text}"
    return text


def _planted(chance: random.Random, accounts: int) -> tuple[str, datetime, int]:
    text = chance.choice(_CALLS) + (" 🔥" if chance.random() < 0.3 else "")
    pushed = chance.random() < 0.4
    hours = chance.expovariate(1 / 60)
    at = (
        _ONSET + timedelta(hours=min(hours, 480))
        if chance.random() < 0.9
        else _START + timedelta(days=_DAYS * chance.random())
    )
    if pushed:
        at = at.replace(minute=0, second=chance.randint(0, 45))
    return text, at, accounts + (chance.randint(0, 11) if pushed else chance.randint(12, 300))


def _tweet(number: int, account: int, at: datetime, text: str, lang: str, description: str) -> dict[str, object]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    return {
        "id": str(1_700_000_000_000_000_000 + number),
        "created_at": stamp,
        "text": text,
        "lang": lang,
        "author_id": str(900_000 + account),
        "conversation_id": str(1_700_000_000_000_000_000 + number),
        "possibly_sensitive": False,
        "reply_settings": "everyone",
        "edit_history_tweet_ids": [str(1_700_000_000_000_000_000 + number)],
        "public_metrics": {"retweet_count": number % 7, "reply_count": 0, "like_count": number % 31, "quote_count": 0},
        "author": {
            "id": str(900_000 + account),
            "username": f"person{account}",
            "name": f"Person {account}",
            "description": description,
            "created_at": "2020-01-01T00:00:00.000Z",
        },
    }
