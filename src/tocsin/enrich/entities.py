"""Tags, mentions and links found in texts. Nothing here opens a connection: short links stay short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tocsin.enrich.links import clean_link, is_cut_off, trimmed

# Marks and invisible signs that people (and deceivers) put inside a tag; folding drops them.
_INSIDE = (
    r"\w\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0df3"
    r"\u0e30-\u0e4e\u0eb0-\u0ecd\u0f18-\u0fbc\u102b-\u103e\u135d-\u135f\u17b4-\u17d3\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2069\ufe00-\ufe0f\U000e0020-\U000e007f"
)
# What may not stand before a sign is looked for after the sign was met: the search then runs from sign to sign.
_TAGS = re.compile(rf"([#＃](?<![\w&/][#＃])[{_INSIDE}]+(?:[#＃][{_INSIDE}]+)*)")
_TAG_SIGNS = re.compile("[#＃]")
_LABEL = "[A-Za-z0-9_-]{1,63}"
_HANDLE_DOMAINS = (
    "social|com|org|net|app|me|io|dev|xyz|club|world|online|site|space|blog|news|eu|de|fr|uk|tr|ru|test|example"
)
# Handles: a domain name (Bluesky), or Latin letters, digits and underscores, with a second @ in the fediverse. Every
# repetition is bounded and no part can be read two ways, so hostile text costs no more than other text.
_HANDLE = (
    rf"(?:{_LABEL}(?:\.{_LABEL}){{0,5}}\.(?:{_HANDLE_DOMAINS})(?![A-Za-z0-9_-])"
    rf"|[A-Za-z0-9_]{{1,64}}(?:@{_LABEL}(?:\.{_LABEL}){{1,6}})?)"
)
_MENTIONS = re.compile(rf"[@＠](?<![A-Za-z0-9_.@＠/+%-][@＠])({_HANDLE})")
_LINK_REST = r"[^\s<>\"。，、！？「」『』【】（）]+"
_LINKS = re.compile(
    r"(https?://t\.co/[A-Za-z0-9]+…?"  # letters of other scripts that follow are text
    rf"|https?://{_LINK_REST}|(?<![\w.@-])www\.{_LINK_REST}"
    r"|(?<![\w.@/-])(?:[a-z0-9-]{1,63}\.){1,4}"
    r"(?:com|org|net|me|ly|be|co|io|tv|gg|gl|info|link|live|app|social|eu|uk|de|fr|ru|tr|ir|cc|to|im|xyz|site|dog|example)"
    rf"/{_LINK_REST})",
    re.IGNORECASE,
)
_REPOST_HEAD = re.compile(rf"\s*RT[ :]+[@＠]{_HANDLE}:?", re.IGNORECASE)


class Marked(NamedTuple):
    """A text taken apart: what was found in it, and what is left without it."""

    prose: str  # without links, mentions and a leading "RT @x:"
    untagged: str  # the same without tags
    links: list[str]  # as written
    tags: list[str]  # as written, without #


def marked(text: str) -> Marked:
    """The links and tags of a text, and the text without them."""
    parts = _link_parts(text)
    links = [trimmed(link) for link in parts[1::2]]
    text = _without_mentions(" ".join(parts[::2]))
    if "#" not in text and "＃" not in text:
        return Marked(text, text, links, [])
    parts = _TAGS.split(text)
    tags = [tag for found in parts[1::2] for tag in _TAG_SIGNS.split(found) if tag]
    return Marked(text, " ".join(parts[::2]), links, tags)


def prose(text: str) -> str:
    """The text without links, mentions and a leading "RT @x:"; the very same object where it has none."""
    if "/" in text or "www." in text:
        text = " ".join(_link_parts(text)[::2])
    return _without_mentions(text)


def text_mentions(texts: Sequence[str]) -> list[list[str]]:
    """The handles mentioned in each text, as written and without @, each once.

    >>> text_mentions(["thanks @Osk_Ferry and @osk_ferry, not mail@osk.example"])
    [['Osk_Ferry']]
    """
    found = []
    for text in texts:
        handles: dict[str, str] = {}
        if "@" in text or "＠" in text:
            for handle in _MENTIONS.split(" ".join(_link_parts(text)[::2]))[1::2]:
                handles.setdefault(handle.casefold(), handle)
        found.append(list(handles.values()))
    return found


def _link_parts(text: str) -> list[str]:
    """What stands between links and the links as found, in turn; a text without links is the only part."""
    if "/" not in text:
        return _LINKS.split(text) if "www." in text else [text]
    if "w." in text or "W." in text:  # "www." in any case
        return _LINKS.split(text)
    # No link reaches over a space, and each has a "/": only words with one are asked, which is much faster.
    parts: list[str] = []
    done, last, slash = 0, 0, text.find("/")
    while slash >= 0:
        first = text.rfind(" ", last, slash) + 1 or last
        last = text.find(" ", slash)
        last = last if last >= 0 else len(text)
        found = _LINKS.split(text[first:last])
        if len(found) > 1:
            parts += [text[done:first] + found[0], *found[1:-1]]
            done = last - len(found[-1])
        slash = text.find("/", last)
    parts.append(text[done:])
    return parts


def _without_mentions(text: str) -> str:
    if "@" not in text and "＠" not in text:
        return text
    head = _REPOST_HEAD.match(text)
    if head:
        text = text[head.end() :]
        if "@" not in text and "＠" not in text:
            return text
    return " ".join(_MENTIONS.split(text)[::2])


def post_links(
    written_in_text: Sequence[str], declared: Sequence[dict[str, str | None]] | None
) -> tuple[list[str], list[str]]:
    """The links of one post, cleaned, and their domains, each once; an expanded form replaces what was written."""
    expanded: dict[str, str] = {}
    wanted: list[str] = []
    for link in declared or ():
        written, target = link["written"] or "", link["expanded"] or ""
        if target:
            expanded[_written_key(written)] = target
        wanted.append(target or written)
    for written in written_in_text:
        if not is_cut_off(written):
            wanted.append(expanded.get(_written_key(written), written))
    links: dict[str, None] = {}
    domains: dict[str, None] = {}
    for target in wanted:
        cleaned = clean_link(target)
        if cleaned is not None:
            links[cleaned.link] = None
            domains[cleaned.domain] = None
    return list(links), list(domains)


def _written_key(written: str) -> str:
    cleaned = clean_link(written)
    return cleaned.link if cleaned else written
