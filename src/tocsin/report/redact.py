"""The one place that decides what of a post may leave the desk.

Handles, e-mail addresses, phone and account numbers, coordinates, links, invites and channels are taken out, and names
the desk gives. Links are withheld whole unless their site is on a short public list (then defanged, without the path):
a subject's own site is a channel too, and an address shown in full recruits for it. Where in doubt it withholds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

import ahocorasick_rs

from .skeleton import skeleton

PUBLIC_SITES: frozenset[str] = frozenset(
    {
        "twitter.com",
        "x.com",
        "facebook.com",
        "instagram.com",
        "youtube.com",
        "tiktok.com",
        "reddit.com",
        "wikipedia.org",
    }
)
MARKS: dict[str, str] = {
    "name": "[name withheld]",
    "handle": "[handle withheld]",
    "e-mail": "[e-mail withheld]",
    "number": "[number withheld]",
    "coordinates": "[coordinates withheld]",
    "invite": "[invite withheld]",
    "contact": "[contact withheld]",
    "identifier": "[identifier withheld]",
    "link": "[link withheld]",
}
_SHORTEST_NAME = 3

_DOT = r"(?:\s*[\[({<]\s*(?:\.|dot|point|نقطه|نقطة)\s*[\])}>]\s*|\s+(?:dot|نقطة|نقطه)\s+|\.)"
_SPACED_DOT = r"\s*(?:[\[({<]?\s*(?:\.|dot|point|نقطة|نقطه)\s*[\])}>]?)\s*"
_SLASH = r"\s*(?:/|\\|\bslash\b)\s*"
_AT = r"(?:\s*[\[({<]\s*(?:@|at)\s*[\])}>]\s*|\s*@\s*|\s+at\s+)"
_LABEL = (
    r"[a-z0-9\u00c0-\u024f\u0400-\u04ff](?:[a-z0-9_\u00c0-\u024f\u0400-\u04ff-]*[a-z0-9\u00c0-\u024f\u0400-\u04ff])?"
)
_TLD = (
    r"(?:com|org|net|info|biz|onion|i2p|xyz|app|dev|site|online|club|chat|group|link|page|live|tech|news|media|shop|"
    r"space|world|today|top|blog|cloud|network|social|vip|win|bid|loan|men|click|ninja|host|website|fun|icu|cyou|buzz|"
    r"example|test|invalid|local|edu|gov|mil|int|mobi|name|pro|aero|museum|coop|arpa|africa|asia|quebec|gg|me|io|co|tv|ai|ly|to|cc|ws|fm|sh|gl|gd|"
    r"[a-z]{2}|xn--[a-z0-9-]+)"
)
_TAIL = r"(?:[/?#:][^\s\u0600-\u06ff\"<>]*)?"
_INVITE_SITES = (
    (("t",), ("me",)),
    (("telegram",), ("me", "dog", "org")),
    (("wa",), ("me",)),
    (("chat", "whatsapp"), ("com",)),
    (("discord",), ("gg", "com", "me", "io")),
    (("discordapp",), ("com",)),
    (("signal",), ("group", "me", "org", "art")),
    (("simplex",), ("chat",)),
    (("matrix",), ("to",)),
    (("threema",), ("id",)),
    (("keybase",), ("io",)),
    (("open", "rocket"), ("chat",)),
    (("vk",), ("me",)),
    (("zoom",), ("us",)),
    (("meet", "google"), ("com",)),
    (("teleg",), ("run", "one")),
)
INVITE_HOSTS: frozenset[str] = frozenset(
    ".".join((*host, end)) for host, ends in _INVITE_SITES for end in ends if host[0] != "open"
)
_INVITE = "|".join(
    _SPACED_DOT.join(map(re.escape, host)) + _SPACED_DOT + "(?:" + "|".join(ends) + ")" for host, ends in _INVITE_SITES
)
_MESSENGER = (
    r"(?:telegram|whats\s?app|signal|wickr|session|threema|element|matrix|discord|simplex|tox|jabber|xmpp|snapchat|"
    r"rocket\.?\s?chat|kik|viber|imo|skype|wire|briar|zangi|hoop|tam ?tam|"
    r"تيليجرام|تيليغرام|تلجرام|تلغرام|تليجرام|تليغرام|واتساب|واتس|وتساب|سيجنال|سيغنال|ديسكورد|ቴሌግራም|ዋትስአፕ)"
)

# Order matters only for the mark shown where two overlap: the earlier kind wins.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "invite",
        re.compile(
            rf"(?:h[tx]{{2}}ps?\s*:\s*/\s*/\s*)?(?:www{_DOT})?(?<![a-z0-9])(?:{_INVITE})\b(?:{_SLASH}\S+)?"
            r"|(?:tg|sgnl|signal|whatsapp|discord|matrix|simplex|session|threema|xmpp|jami|tox|keybase)\s*:\s*/\s*/\s*\S+"
            r"|(?:joinchat|invite)\s*[/=]\s*\S+"
            r"|(?<![\w])\+(?=[a-z0-9_-]*[a-z])(?=[a-z0-9_-]*[0-9_-])[a-z0-9_-]{14,32}"
        ),
    ),
    (
        "contact",
        re.compile(
            rf"{_MESSENGER}(?:\s*(?:id|me|name|user|account|channel|bot|group))?\s*(?:[:=>\u2192-]|\bis\b(?=\s*(?:@|\S*[\d_])))\s*@?[\w.+-]+"
        ),
    ),
    ("e-mail", re.compile(rf"[\w.+-]+{_AT}{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}{_TLD}(?![a-z0-9])")),
    (
        "link",
        re.compile(
            r"(?:h[tx]{2}ps?|ftps?|sftp|magnet|ipfs|ipns|ed2k|javascript|vbscript|mailto)"
            r"\s*[\[({]?:[\])}]?\s*(?:/\s*/\s*)?[^\s\"<>]+"
            # Words that also end a clause ("no personal data: ...", "hotel: ..."): links only where nothing parts them.
            r"|(?<![^\W_])(?:file|data|intent|tel|geo|sms|irc)[\[({]?:[\])}]?(?:/\s*/\s*)?[^\s\"<>]+"
            rf"|www{_DOT}[^\s\"<>]+"
            rf"|(?<![\w@])(?:{_LABEL}{_DOT})+{_TLD}(?![\w-]){_TAIL}"
            r"|(?<![\d.])(?:\d{1,3}(?:\.|\[\.\])){3}\d{1,3}(?::\d+)?(?:/\S*)?"
        ),
    ),
    ("handle", re.compile(r"@\s{0,2}(?=[\w.]*[^\W\d_])[\w.]+(?:@[\w.-]+)?|(?<![\w/])/?u/[\w-]{3,}|@\d{4,}")),
    (
        "coordinates",
        re.compile(
            r"[+-]?\d{1,3}\.\d{3,}\s*°?\s*[nsew]?\s*[,;/ ]\s*[+-]?\d{1,3}\.\d{3,}\s*°?\s*[nsew]?"
            r"|\d{1,3}\s*°\s*\d{1,2}(?:\.\d+)?\s*['’′]?[^\n]{0,24}?\d{1,3}\s*°\s*\d{1,2}(?:\.\d+)?\s*['’′]?"
        ),
    ),
    (
        "identifier",
        re.compile(
            r"0x[0-9a-f]{16,}"
            r"|(?<![\w])(?=[a-z0-9_-]*\d)(?=[a-z0-9_-]*[a-z])(?<!#)[a-z0-9][a-z0-9_-]{23,}"
            r"|(?<![\w])[a-z]{2}\d{2}(?:\s?[a-z0-9]{4}){3,7}(?:\s?[a-z0-9]{1,4})?(?![\w])"
        ),
    ),
    ("number", re.compile(r"(?:\+|\b00)?\(?\d(?:[\s().\-–/_*·]{0,3}\d){6,}")),
)
_DATE_LIKE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:\s+\d{1,2})?"
    r"|(?:1[3-5]|19|20)\d\d\s*[-–/ ]\s*(?:1[3-5]|19|20)\d\d"
)
_SITE = re.compile(rf"(?:https?://)?(?:www\.)?((?:{_LABEL}\.)+{_TLD})(?![\w-])")
_MARKED_SITE = re.compile(r"hxxps://([a-z0-9-]+(?:\[\.\][a-z0-9-]+)+)/…")
# Letters that Arabic writes onto the front of a name: and, so, by, like, to, the.
_CLITICS = re.compile(r"(?:^|[^\w])(?:[وف]?[بكل]?(?:ال)?|لل)$")


class Removal(NamedTuple):
    """What was taken out, and where it stood in the original (code points)."""

    kind: str
    start: int
    end: int


class RedactedText(str):
    """Text that has been through `Redactor`. The only kind of post text that `share` and public pages take."""

    __slots__ = ()


class Redacted(NamedTuple):
    """A redacted text and what was taken out of it."""

    text: RedactedText
    removed: tuple[Removal, ...]

    @property
    def is_whole(self) -> bool:
        """True where nothing was taken out, so that the text is the archived text."""
        return not self.removed

    @property
    def kinds(self) -> dict[str, int]:
        """How many of each kind were taken out."""
        return dict(Counter(removal.kind for removal in self.removed))


class Redactor:
    """Takes out of texts what may not leave the desk.

    `names` are display names and handles of those watched or standing by (any number; shorter than 3 characters are
    ignored); `public_sites` are hosts whose name may stand in a defanged link.
    """

    def __init__(self, names: Collection[str] = (), *, public_sites: Collection[str] = PUBLIC_SITES) -> None:
        self._public_sites = frozenset(public_sites) - INVITE_HOSTS
        folded = {_folded_name(name) for name in names}
        kept = sorted(name for name in folded if len(name) >= _SHORTEST_NAME)
        self._names = ahocorasick_rs.AhoCorasick(kept) if kept else None
        words = {word for name in kept if " " in name for word in name.split()}
        self._name_words = {word for word in words if len(word) >= _SHORTEST_NAME}

    def redacted(self, text: str) -> Redacted:
        """The text without handles, contacts, links and names.

        >>> Redactor(["Ann Osk"]).redacted("Ann Osk says: write to ＠lantern or t . me/lantern").text
        '[name withheld] says: write to [handle withheld] or [invite withheld]'
        """
        seen = skeleton(text)
        found: list[tuple[int, int, str, str]] = []
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(seen.text):
                if kind == "number" and _DATE_LIKE.fullmatch(match.group().strip()):
                    continue
                start, end = seen.span(match.start(), match.start() + len(match.group().rstrip(" .,;:!?)]")) or 1)
                if kind == "link" and self._is_marked(text, start):
                    continue
                found.append((start, end, kind, self._mark(kind, match.group())))
        for start, end in self._name_spans(seen.text):
            found.append((*seen.span(start, end), "name", MARKS["name"]))
        return _cut(text, found)

    def redacted_word(self, word: str) -> Redacted:
        """A word that stands alone, without its text: withheld also where it is one word of a longer name.

        >>> Redactor(["Ann Osk"]).redacted_word("osk").text, Redactor(["Ann Osk"]).redacted("road to Osk").text
        ('[name withheld]', 'road to Osk')
        """
        if skeleton(word).text in self._name_words:
            return Redacted(RedactedText(MARKS["name"]), (Removal("name", 0, len(word)),))
        return self.redacted(word)

    def _is_marked(self, text: str, start: int) -> bool:
        """Whether a defanged public site stands here as `_mark` writes it: redacting again changes nothing."""
        marked = _MARKED_SITE.match(text, start)
        return marked is not None and self._is_public(marked[1].replace("[.]", "."))

    def _mark(self, kind: str, found: str) -> str:
        site = _SITE.match(found) if kind == "link" else None
        if site is None or not self._is_public(site[1]):
            return MARKS[kind]
        return f"hxxps://{site[1].replace('.', '[.]')}/…"

    def _is_public(self, host: str) -> bool:
        return any(host == public or host.endswith("." + public) for public in self._public_sites)

    def _name_spans(self, text: str) -> list[tuple[int, int]]:
        if self._names is None:
            return []
        spaced, positions = _single_spaced(text)
        spans = []
        for _, start, end in self._names.find_matches_as_indexes(spaced, overlapping=True):
            free_left = (
                start == 0 or not spaced[start - 1].isalnum() or _CLITICS.search(spaced[max(0, start - 6) : start])
            )
            if free_left and (end == len(spaced) or not spaced[end].isalnum()):
                spans.append((positions[start], positions[end - 1] + 1))
        return spans


def _folded_name(name: str) -> str:
    return " ".join(skeleton(name).text.removeprefix("@").split())


def _single_spaced(text: str) -> tuple[str, list[int]]:
    """The text with every run of white space as one space, and where each character stood."""
    chars: list[str] = []
    positions: list[int] = []
    for position, char in enumerate(text):
        if char.isspace():
            if chars and chars[-1] == " ":
                continue
            char = " "
        chars.append(char)
        positions.append(position)
    return "".join(chars), positions


def _cut(text: str, found: list[tuple[int, int, str, str]]) -> Redacted:
    """The text with overlapping finds merged; a merged stretch carries the mark of its widest find, never a site."""
    pieces: list[str] = []
    removed: list[Removal] = []
    position = 0
    order = {kind: rank for rank, kind in enumerate(MARKS)}
    merged: list[list[tuple[int, int, str, str]]] = []
    reach = -1
    for item in sorted(found, key=lambda item: (item[0], -item[1], order[item[2]])):
        if merged and item[0] < reach:
            merged[-1].append(item)
        else:
            merged.append([item])
            reach = item[1]
        reach = max(reach, item[1])
    for group in merged:
        start, end = group[0][0], max(item[1] for item in group)
        widest = max(group, key=lambda item: (item[1] - item[0], -order[item[2]]))
        covers_all = (widest[0], widest[1]) == (start, end)
        invited = any(item[2] == "invite" for item in group)
        kind = "invite" if invited else widest[2]
        mark = widest[3] if covers_all and not invited else MARKS[kind]
        pieces += [text[position:start], mark]
        removed.append(Removal(kind, start, end))
        position = end
    pieces.append(text[position:])
    return Redacted(RedactedText("".join(pieces)), tuple(removed))
