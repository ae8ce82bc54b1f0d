"""The planted campaign of the fictional movement, and those who ask, answer, dispute, report and condemn."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from cast import campaign_words_ar_am as ar_am
from cast import campaign_words_en_fr as en_fr
from cast import campaign_words_second as second
from cast.campaign_ends import ENDS
from cast.efforts import Planted, step_of
from cast.names import Names
from cast.people import Account, Draft, People, instant_after, scattered
from cast.village import decorated, ordinary_post, reposted
from cast.voices import Freshness, everyday_arabic, filled, voiced

COORDINATED, SYMPATHISERS = 12, 25
_ROUND_DAYS = (0.012, 0.21, 0.9, 1.4, 2.1, 3.3, 5.0, 6.2, 8.4, 10.1, 12.6, 15.2, 18.0)
_COUNTS = {"copy": 105, "loose": 110, "repost": 42, "channel": 88, "square": 40, "inquiry": 46, "handoff": 30, "rival": 46, "news": 62, "condemn": 62, "research": 18, "curious": 30}  # fmt: skip
_LANGS = (("en", 50), ("ar", 34), ("fr", 9), ("am", 7))
NARRATIVES = ("guard", "home", "oath")
DRIFT_DAY = 12.0  # days after the step from which part of the calls point to the later place


def words_of(names: Names, lang: str, table: str) -> Any:
    """One table of campaign words in one language; in the held-out wording where that has the table."""
    if names.wording == "second" and hasattr(second, table):
        return getattr(second, table)[lang]
    return getattr(en_fr if lang in ("en", "fr") else ar_am, table)[lang]


def narrative_text(names: Names, narrative: str, lang: str) -> str:
    """The template of a narrative."""
    source: Any = second if names.wording == "second" else en_fr if lang in ("en", "fr") else ar_am
    template: str = source.NARRATIVES[narrative][lang]
    return template


class CampaignWriter:
    """Writes the campaign's posts; every choice comes from `rng`."""

    def __init__(self, rng: random.Random, names: Names, start: datetime, end: datetime, people: People) -> None:
        self.rng, self.names, self.start, self.end, self.people = rng, names, start, end, people
        event_at, step_at = step_of(names, start, "campaign")
        tags = (*(names.campaign_tags[lang] for lang in ("en", "ar", "fr", "am")),)
        self.planted = Planted("campaign", "campaign", tags, names.event_title, event_at, step_at)
        self.step = step_at
        self.invite = f"https://t.me/joinchat/INVENTED{names.slug.upper()}0001"
        self.domain = f"{names.slug}-desk.example.invalid"
        self._fresh = Freshness(0.5)

    def lang(self) -> str:
        return self.rng.choices([lang for lang, _ in _LANGS], weights=[weight for _, weight in _LANGS])[0]

    def fixed(self, lang: str, later_place: bool = False) -> dict[str, str]:
        names = self.names
        place = names.place_later if later_place else names.place
        return {
            "m": names.movement[lang], "mo": names.movement_of[lang], "o": names.order[lang], "v": names.vigil[lang], "e": names.emblem[lang],
            "e_bare": names.emblem[lang].removeprefix("the "), "p": place[lang], "a": names.town_a[lang], "b": names.town_b[lang],
            "c": names.town_c[lang], "r": names.rival[lang], "gr": names.grievance[lang], "t": self.tag(lang), "h": names.handoff_handle,
            "i": self.invite, "d": self.domain, "n": str(self.rng.randint(1, 9)), "event": names.event_title,
        }  # fmt: skip

    def tag(self, lang: str) -> str:
        """The campaign tag of a language; in Arabic often in another spelling."""
        if lang == "ar" and self.rng.random() < 0.45:
            return self.rng.choice(self.names.campaign_tag_ar_variants)
        return self.names.campaign_tags[lang]

    def tagged(self, text: str, lang: str, share: float = 0.9) -> str:
        """The text with its language's tag, now and then with the English one as well."""
        if self.rng.random() < share:
            text = f"{text} #{self.tag(lang)}"
            if lang != "en" and self.rng.random() < 0.35:
                text = f"{text} #{self.names.campaign_tags.en}"
        return text

    def drifted(self, at: datetime) -> bool:
        """Whether a call at this time points to the later place."""
        return at > self.step + timedelta(days=DRIFT_DAY) and self.rng.random() < 0.5

    def narrative(self, narrative: str, lang: str) -> str:
        """The text of a narrative as first written."""
        return filled(self.rng, narrative_text(self.names, narrative, lang), lang, self.names, self.fixed(lang))

    def edited(self, text: str, lang: str) -> str:
        """A light edit, as copies get one: an emoji, a mention, a dropped comma, another spelling."""
        rng = self.rng
        for _ in range(rng.choice((0, 1, 1, 2))):
            edit = rng.randrange(5)
            if edit == 0:
                text = decorated(rng, text)
            elif edit == 1:
                text = f"@{rng.choice(self.people.accounts[:120]).handle} {text}"
            elif edit == 2:
                text = text.replace(",", "", 1).replace("،", "", 1).replace("፣", "", 1)
            elif edit == 3 and lang == "ar":
                text = everyday_arabic(rng, text, 0.6)
            elif edit == 3 and lang == "en":
                text = (
                    text.replace("you", "u", 1)
                    if rng.random() < 0.5
                    else text.replace("There is", "There's").replace("together", "2gether", 1)
                )
            else:
                text = text.replace(".", rng.choice(("!", "!!", " ...")), 1).replace("።", "!", 1)
        return text

    def call(self, lang: str, at: datetime, habit: float) -> str:
        """A call in somebody's own words."""
        best, best_nearest = "", 2.0
        fixed = self.fixed(lang, self.drifted(at))
        for _ in range(8):
            parts = [
                self.rng.choice(words_of(self.names, lang, table)) for table in ("CALL_STARTS", "CALLS", "CALL_ENDS")
            ]
            text = filled(self.rng, " ".join(parts), lang, self.names, fixed)
            if (nearest := self._fresh.nearest(text)) < best_nearest:
                best, best_nearest = text, nearest
        self._fresh.keep(best)
        return voiced(self.rng, best, lang, habit / 2)

    def said(self, table: str, lang: str, label: str) -> tuple[str, str]:
        """One text of a table, filled, with a second sentence; and which text it was."""
        options: tuple[str, ...] = words_of(self.names, lang, table)
        number = self.rng.randrange(len(options))
        fixed = self.fixed(lang)
        first = filled(self.rng, options[number], lang, self.names, fixed)
        ending = filled(self.rng, self.rng.choice(ENDS.get(label, {}).get(lang, ("",))), lang, self.names, fixed)
        if ending and first[-1].isalnum() and not first.endswith(fixed["t"]):
            first += "?" if label in ("inquiry", "curious") else "።" if lang == "am" else "."
        text = f"{first} {ending}".strip()
        return text, f"{label}:{lang}:{number}"

    def add(
        self,
        at: datetime,
        venue: str,
        account: Account,
        lang: str,
        text: str,
        label: str,
        group: str,
        narrative: str = "",
    ) -> Draft:
        draft = Draft(at, venue, account, lang, text, label, group, "campaign", narrative)
        self.planted.drafts.append(draft)
        return draft

    def after(self, mean_days: float = 5.5) -> datetime:
        return instant_after(self.rng, self.step, mean_days, self.end)

    def before(self) -> datetime:
        return scattered(self.rng, self.start + timedelta(days=3), self.planted.event_at - timedelta(hours=6))


def _coordinated(writer: CampaignWriter) -> None:
    """Rounds in which most of twelve accounts copy one text, link and tag within a minute."""
    rng, names = writer.rng, writer.names
    accounts = [writer.people.account("twitter", rng.choice(("en", "ar", "en")), habit=0.1) for _ in range(COORDINATED)]
    writer.planted.group_accounts = accounts
    for round_no, day in enumerate(_ROUND_DAYS):
        narrative, lang = NARRATIVES[round_no % 3], ("en", "ar", "en", "en", "ar")[round_no % 5]
        base = writer.narrative(narrative, lang)
        tag, link = writer.tag(lang), f"https://voice.{names.slug}.example.invalid/{narrative}/{round_no}"
        at = writer.step + timedelta(days=day)
        for account in rng.sample(accounts, rng.randint(8, 11)):
            text = writer.edited(base, lang) if rng.random() < 0.55 else base
            writer.add(
                at + timedelta(seconds=rng.randint(0, 42)),
                "x",
                account,
                lang,
                f"{text} {link} #{tag}",
                "call",
                "campaign",
                f"{narrative}:{lang}",
            )


def _sympathisers(writer: CampaignWriter) -> list[Account]:
    """Independent accounts that copy the narratives or call in their own words, each at its own time."""
    rng = writer.rng
    accounts = [writer.people.account("twitter", writer.lang()) for _ in range(SYMPATHISERS)]
    for number in range(_COUNTS["copy"]):
        account = rng.choice(accounts)
        at = writer.before() if number < 10 else writer.after()
        narrative = rng.choice(NARRATIVES)
        text = writer.tagged(writer.edited(writer.narrative(narrative, account.lang), account.lang), account.lang)
        writer.add(at, "x", account, account.lang, text, "call", "campaign", f"{narrative}:{account.lang}")
    for number in range(_COUNTS["loose"]):
        account = rng.choice(accounts)
        at = writer.before() if number < 12 else writer.after(7.0)
        writer.add(
            at,
            "x",
            account,
            account.lang,
            writer.tagged(writer.call(account.lang, at, account.habit), account.lang),
            "call",
            "campaign",
        )
    calls = sorted((d for d in writer.planted.drafts if d.label == "call" and d.at >= writer.step), key=lambda d: d.at)
    for _ in range(_COUNTS["repost"]):
        original = rng.choice(calls[: len(calls) * 3 // 4])
        at = min(
            original.at + timedelta(seconds=int(rng.expovariate(1 / 20_000)) + 90), writer.end - timedelta(minutes=1)
        )
        reposter = rng.choice([account for account in accounts if account is not original.account])
        reposted(writer.add(at, "x", reposter, original.lang, "", "call", "campaign"), original)
    return accounts


def _telegram(writer: CampaignWriter) -> None:
    """The movement's own channel, and sympathisers in the village square group."""
    rng = writer.rng
    channel = writer.people.account(
        "telegram",
        "en",
        handle=f"{writer.names.slug}_voice_invented",
        name=f"Voice {writer.names.movement_of.en}",
        habit=0.0,
    )
    voices = [writer.people.account("telegram", lang) for lang in ("en", "ar", "ar", "en", "am", "fr")]
    for number in range(_COUNTS["channel"]):
        lang, at = writer.lang(), writer.before() if number < 14 else writer.after(8.0)
        if rng.random() < 0.45:
            narrative = rng.choice(NARRATIVES)
            text, key = writer.edited(writer.narrative(narrative, lang), lang), f"{narrative}:{lang}"
            text = text if not text.startswith("@") else text.split(" ", 1)[1]
        else:
            text, key = writer.call(lang, at, 0.0), ""
        text = writer.tagged(text, lang)
        if rng.random() < 0.15:
            text = f"{text} {writer.invite}"
        writer.add(at, "channel", channel, lang, text, "call", "campaign", key)
    for number in range(_COUNTS["square"]):
        account = rng.choice(voices)
        at = writer.before() if number < 3 else writer.after()
        narrative = rng.choice(NARRATIVES) if rng.random() < 0.45 else ""
        base = (
            writer.edited(writer.narrative(narrative, account.lang), account.lang)
            if narrative
            else writer.call(account.lang, at, account.habit)
        )
        key = f"{narrative}:{account.lang}" if narrative else ""
        writer.add(at, "square", account, account.lang, writer.tagged(base, account.lang), "call", "campaign", key)


def _inquiries(writer: CampaignWriter, villagers: dict[str, list[Account]], answering: list[Account]) -> None:
    """Villagers who ask how to come, some of them answered "write me privately"."""
    rng = writer.rng
    asked = []
    for number in range(_COUNTS["inquiry"]):
        venue = ("x", "x", "square", "x", "rocket")[number % 5]
        account = rng.choice(villagers[{"x": "twitter", "square": "telegram", "rocket": "rocketchat"}[venue]])
        at = writer.after(6.0)
        said, template = writer.said("INQUIRIES", account.lang, "inquiry")
        text = voiced(rng, said, account.lang, 0.5)
        draft = writer.add(
            at, venue, account, account.lang, writer.tagged(text, account.lang, 0.4), "inquiry", "inquiry"
        )
        draft.template = template
        calls = [
            d
            for d in writer.planted.drafts
            if d.venue == venue and d.label == "call" and d.lang == draft.lang and d.at < at and d.repost_of is None
        ]
        if calls:
            draft.reply_to = rng.choice(calls[-20:])
            draft.text = f"@{draft.reply_to.account.handle} {draft.text}" if venue == "x" else draft.text
        asked.append(draft)
    square_voices = [d.account for d in writer.planted.drafts if d.venue == "square" and d.label == "call"]
    for question in rng.sample([draft for draft in asked if draft.venue != "rocket"], _COUNTS["handoff"]):
        at = min(question.at + timedelta(seconds=rng.randint(120, 40_000)), writer.end - timedelta(seconds=30))
        pool = answering if question.venue == "x" else square_voices
        account = rng.choice([a for a in pool if a.lang == question.lang] or pool)
        said, template = writer.said("HANDOFFS", question.lang, "handoff")
        reply = writer.add(at, question.venue, account, question.lang, said, "handoff", "campaign")
        reply.reply_to, reply.template = question, template
        reply.text = f"@{question.account.handle} {reply.text}" if question.venue == "x" else reply.text


def _around(writer: CampaignWriter, villagers: dict[str, list[Account]]) -> None:
    """Rival, newspapers, neighbours who condemn, researchers who quote, and the curious."""
    rng, names, people = writer.rng, writer.names, writer.people
    town, langs = names.town_a.en, ("en", "ar", "fr", "am")
    rivals = [
        people.account("twitter", lang, handle=f"harbour_{names.slug}_no{n}", name=names.rival[lang], habit=0.0)
        for n, lang in enumerate(("en", "ar", "fr", "en"))
    ]
    papers = [
        people.account(
            "twitter", lang, handle=f"{town.lower()}_gazette_{lang}", name=f"{town} Gazette ({lang})", habit=0.0
        )
        for lang in langs
    ]
    scholars = [
        people.account(
            "twitter", lang, handle=f"{town.lower()}_institute_{lang}", name=f"{town} Institute ({lang})", habit=0.0
        )
        for lang in ("en", "ar", "fr")
    ]
    plan = (
        ("rival", "RIVAL", "rival", "rival", rivals, 0.6, 5.0), ("news", "NEWS", "report", "news", papers, 0.5, 4.5), ("research", "RESEARCH", "research", "research", scholars, 0.4, 7.0),
        ("condemn", "CONDEMN", "condemn", "counter-speech", [], 0.5, 5.0), ("curious", "CURIOUS", "curious", "curious", [], 0.0, 3.5),
    )  # fmt: skip
    for count, table, label, group, accounts, tag_share, mean_days in plan:
        for number in range(_COUNTS[count]):
            venue = "x" if accounts else ("x", "square", "x", "rocket", "board")[number % 5]
            platform = {"x": "twitter", "square": "telegram", "rocket": "rocketchat", "board": "board"}[venue]
            account = rng.choice(accounts or villagers[platform])
            lang = account.lang
            at = writer.before() if number < 2 and label in ("rival", "report") else writer.after(mean_days)
            text, template = writer.said(table, lang, label)
            if label == "report":
                text = f"{text} https://news.{town.lower()}-gazette.example/{rng.randint(1000, 9999)}"
            elif not accounts:
                text = voiced(rng, text, lang, account.habit)
            text = text if "#" in text else writer.tagged(text, lang, tag_share)
            writer.add(at, venue, account, lang, text, label, group).template = template


def campaign(
    rng: random.Random,
    names: Names,
    start: datetime,
    end: datetime,
    people: People,
    villagers: dict[str, list[Account]],
) -> Planted:
    """The whole campaign and what surrounds it; its first burst post stands exactly at the step."""
    writer = CampaignWriter(rng, names, start, end, people)
    _coordinated(writer)
    answering = _sympathisers(writer)
    _telegram(writer)
    _inquiries(writer, villagers, answering)
    _around(writer, villagers)
    min(
        (d for d in writer.planted.drafts if d.at >= writer.step and d.label == "call"), key=lambda d: d.at
    ).at = writer.step
    fresh = Freshness(0.45)
    for account in (*writer.planted.group_accounts, *answering):  # they also live in the village
        for _ in range(rng.randint(1, 3)):
            writer.planted.drafts.append(ordinary_post(rng, names, start, account, "x", "daily", fresh))
    return writer.planted
