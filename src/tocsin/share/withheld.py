"""What is taken out of the short texts of findings (titles, tags, reasons, shared objects) before they leave."""

from __future__ import annotations

import re

from tocsin.share.pseudonyms import DESK_PSEUDONYM, ExportPseudonyms

_HOST = r"(?:[^\W_](?:[\w-]{0,62})\.)+[^\W\d_]{2,24}"
# A scheme with anything after it, or a host followed by a path or query: the path carries invites, handles, channels.
_LINK = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]{{1,15}}:/{{1,3}}[^\s<>\"']+|(?<![\w@.]){_HOST}(?::\d+)?[/?#][^\s<>\"']*)", re.I
)
_LINK_HOST = re.compile(rf"^(?:[a-z][a-z0-9+.-]*:/+)?(?:[^/?#@\s]*@)?(?P<host>{_HOST})(?=[/?#:]|$)", re.I)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.])[@\uFF20\uFE6B][\w.]{2,}")
_PHONE = re.compile(r"(?<!\w)(?:\+|00)\d[\d ().-]{6,}\d")


def _site(link: re.Match[str]) -> str:
    """The site of a link, defanged, its path gone; subdomains go too, since some platforms put a handle there."""
    found = _LINK_HOST.match(link.group())
    if found is None:
        return "[link]"
    labels = found["host"].lower().removeprefix("www.").split(".")
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return "[.]".join(labels[-keep:]) + "/[withheld]"


def _without_contacts(text: str) -> str:
    text = _LINK.sub(_site, text)
    text = _MAIL.sub("[contact]", text)
    text = _HANDLE.sub("[handle]", text)
    return _PHONE.sub("[contact]", text)


def withheld_text(text: str, pseudonyms: ExportPseudonyms) -> str:
    """`text` without handles, contact details and the paths of links; desk pseudonyms become the export's.

    A net below `report`'s redaction, not a replacement: findings should come here redacted already.

    >>> withheld_text("join https://chat.example.org/+abc with @someone", ExportPseudonyms(b"k" * 32))
    'join example[.]org/[withheld] with [handle]'
    """
    return pseudonyms.inside(_without_contacts(text))


def uncounted_text(text: str) -> str:
    """`text` without handles, contacts, paths of links and without any pseudonym: for trends, which are counts only."""
    return DESK_PSEUDONYM.sub("[withheld]", _without_contacts(text))
