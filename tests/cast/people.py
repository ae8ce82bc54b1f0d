"""Accounts, drafts of posts, and the clock of village life. All persons are invented."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cast.names import Names

DAYS = 56
LANGS = ("en", "ar", "fr", "am")
# Weight of each hour (UTC) and of each weekday from Monday.
_HOURS = (2, 1, 1, 1, 1, 2, 6, 14, 18, 14, 11, 11, 16, 15, 10, 9, 10, 13, 18, 22, 24, 20, 12, 6)
_WEEKDAYS = (10, 10, 10, 11, 13, 15, 13)
_GIVEN = {
    "en": ("Ada", "Bram", "Cleo", "Doro", "Edwy", "Fenn", "Greta", "Hob", "Iris", "Jory", "Kit", "Lorna", "Milo", "Nell", "Orla", "Perrin", "Quill", "Rosa", "Silas", "Tess", "Una", "Wren"),
    "ar": ("ريم", "سامر", "هدى", "نزار", "ليلى", "وائل", "سلمى", "جهاد", "رنا", "فادي", "مها", "زياد", "دانة", "باسل"),
    "fr": ("Lise", "Yann", "Odile", "Basile", "Manon", "Remi", "Solène", "Gaspard", "Ines", "Lucien"),
    "am": ("ሰላም", "ዳዊት", "ሕሊና", "ብሩክ", "ምሕረት", "ናሆም", "ትዕግሥት", "ያሬድ"),
}  # fmt: skip
_LATIN = ("ada", "bram", "cleo", "doro", "fenn", "greta", "hob", "iris", "jory", "lorna", "milo", "nell", "orla", "rima", "samer", "huda", "nizar", "layla", "wael", "salma", "lise", "yann", "odile", "manon", "selam", "biruk", "yared")  # fmt: skip
_OF = (
    "mill",
    "lane",
    "harbour",
    "orchard",
    "bakery",
    "hill",
    "well",
    "bridge",
    "garden",
    "tower",
    "ferry",
    "market",
    "plum",
    "tea",
    "wool",
    "kite",
)
_OF_AR = ("الطاحونة", "المرفأ", "البستان", "السوق", "الحارة", "البرج")


@dataclass(frozen=True)
class Account:
    """One account on one platform; `habit` (0-1) is how loosely it spells."""

    platform: str  # twitter, telegram, rocketchat, board
    platform_id: str
    handle: str
    name: str
    lang: str
    habit: float = 0.2
    created_at: datetime | None = None


@dataclass(eq=False)
class Draft:
    """One post before it is written into an export. Links stand expanded in the text."""

    at: datetime
    venue: str  # x, x1, channel, square, rocket, board
    account: Account
    lang: str
    text: str
    label: str
    group: str
    effort: str = ""
    narrative: str = ""
    template: str = ""  # which repeated text it is, where the same is said by many
    reply_to: Draft | None = None
    repost_of: Draft | None = None
    platform_id: str = ""
    number: int = 0
    damage: str = ""  # what is wrong with it on purpose: "wrong type", "no id"
    edited_text: str = ""  # a later version, delivered by the later export


@dataclass
class People:
    """Makes accounts with ids, handles and names nobody else in the cast has."""

    rng: random.Random
    names: Names
    start: datetime
    accounts: list[Account] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def account(
        self, platform: str, lang: str, handle: str = "", name: str = "", habit: float | None = None
    ) -> Account:
        rng = self.rng
        if not handle:
            handle = f"{rng.choice(_LATIN)}_{rng.choice(_OF)}{rng.randint(2, 99)}"
            while handle in self._taken:
                handle = f"{rng.choice(_LATIN)}_{rng.choice(_OF)}{rng.randint(2, 999)}"
        self._taken.add(handle)
        if not name:
            given = rng.choice(_GIVEN[lang])
            place = f" {rng.choice(_OF_AR)}" if lang == "ar" else f" of the {rng.choice(_OF)}" if lang == "en" else ""
            name = given + (place if rng.random() < 0.5 else "")
        made = Account(
            platform, self._platform_id(platform), handle, name, lang, rng.random() ** 2 * 0.9 if habit is None else habit,
            self.start - timedelta(days=rng.randint(20, 2500), seconds=rng.randint(0, 86399)),
        )  # fmt: skip
        self.accounts.append(made)
        return made

    def _platform_id(self, platform: str) -> str:
        rng = self.rng
        if platform == "twitter":
            return str(1_500_000_000_000_000_000 + rng.getrandbits(57))
        if platform == "telegram":
            return f"user{rng.randint(5_000_000_000, 5_999_999_999)}"
        if platform == "rocketchat":
            return random_id(rng)
        return f"m{len(self.accounts):04d}"


def random_id(rng: random.Random, length: int = 17) -> str:
    """An id as Meteor makes them."""
    return "".join(rng.choice("23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz") for _ in range(length))


def everyday_instant(rng: random.Random, start: datetime, days: int = DAYS) -> datetime:
    """A whole second of village time, by weekday and hour of day."""
    day = rng.choices(range(days), weights=[_WEEKDAYS[(start + timedelta(days=n)).weekday()] for n in range(days)])[0]
    return start + timedelta(days=day, hours=everyday_hour(rng), minutes=rng.randint(0, 59), seconds=rng.randint(0, 59))


def everyday_hour(rng: random.Random) -> int:
    """An hour of the day (UTC) as the village keeps it."""
    return rng.choices(range(24), weights=_HOURS)[0]


def instant_after(rng: random.Random, step: datetime, mean_days: float, end: datetime) -> datetime:
    """An instant after `step`: a third within the first ten hours, the rest fading over days in daily rhythm."""
    if rng.random() < 0.3:
        return step + timedelta(seconds=int(rng.uniform(60, 36_000)))
    while True:
        days = int(rng.expovariate(1 / mean_days))
        at = step.replace(hour=0, minute=0, second=0) + timedelta(
            days=days, hours=everyday_hour(rng), seconds=rng.randint(0, 3599)
        )
        if step < at < end:
            return at


def scattered(rng: random.Random, start: datetime, end: datetime) -> datetime:
    """An instant between two others in daily rhythm."""
    while True:
        at = everyday_instant(rng, start, max(1, (end - start).days + 1))
        if at < end:
            return at
