"""One form for links that lead to the same page: a key for comparing, never opened and never shown as a link.

Scheme http and https are one, host in lower case without "www.", default ports, credentials, tracking parameters,
trailing slash and page-internal fragments left out; the rest stays as written. Links over 2,048 characters and links
that are cut off ("https://t.co/ab…") are left out: what they lead to is unknown.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 2048
_PARTS = re.compile(r"(?:(https?):/{1,3})?([^/?#]+)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]"
)
_INVISIBLE = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_END_SIGNS = ".,;:!?'\"*_~`|<>«»“”‘’„‹›،؛؟。、！？，；：…۔።፣፤፥፧"
_PAIRS = {")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "」": "「"}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TRACKING = _names(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh mibextid ref_src ref_url "
    "cmpid wt_mc wt_zmc at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 xtor __twitter_impression "
    "_hsenc _hsmi mkt_tok oly_anon_id oly_enc_id vero_id wickedid s_cid ocid ncid echobox amp share_id sfnsn "
    "__tn__ __cft__ spm scm smid guccounter guce_referrer guce_referrer_sig rb_clickid srsltid feature_src"
)
_TRACKING_PREFIXES = ("utm_", "mc_", "hsa_", "pk_", "mtm_", "piwik_", "matomo_", "__cft__")
# Parameters that only track on these hosts and mean something elsewhere.
_TRACKING_AT: dict[str, frozenset[str]] = {
    "twitter.com": frozenset({"s", "t", "cxt"}),
    "x.com": frozenset({"s", "t", "cxt"}),
    "mobile.twitter.com": frozenset({"s", "t", "cxt"}),
    "youtube.com": frozenset({"si", "feature", "pp", "ab_channel"}),
    "m.youtube.com": frozenset({"si", "feature", "pp", "ab_channel"}),
    "music.youtube.com": frozenset({"si", "feature"}),
    "youtu.be": frozenset({"si", "feature"}),
    "open.spotify.com": frozenset({"si", "context", "nd"}),
    "instagram.com": frozenset({"hl", "img_index"}),
    "facebook.com": frozenset({"_rdr", "rdid", "paipv", "eav"}),
}


class CleanLink(NamedTuple):
    """A link in its one form, and its host without "www."."""

    link: str
    domain: str


def trimmed(found: str) -> str:
    """A link found in text without the punctuation, quotes and invisible signs that stuck to its end.

    >>> trimmed("https://osk.example/a_(b)).")
    'https://osk.example/a_(b)'
    """
    end = len(found)
    while end:
        last = found[end - 1]
        opening = _PAIRS.get(last)
        # Only an unpaired bracket stuck there; counting is bounded because links over 2,048 characters are refused.
        if opening is not None and end <= _LONGEST and found.count(opening, 0, end) >= found.count(last, 0, end):
            break
        if opening is None and last not in _END_SIGNS and not _INVISIBLE.match(last):
            break
        if last == "…":
            break
        end -= 1
    return found[:end]


def is_cut_off(written: str) -> bool:
    """Whether a platform cut the link short with an ellipsis."""
    return written.endswith("…")


@lru_cache(maxsize=1 << 12)
def clean_link(written: str) -> CleanLink | None:
    """The one form of a link, or None where it is no web link.

    >>> clean_link("HTTP://www.Osk.Example:80/news/?utm_source=a&id=7#top")
    CleanLink(link='https://osk.example/news?id=7', domain='osk.example')
    """
    if len(written) > _LONGEST:
        return None
    match = _PARTS.fullmatch(_INVISIBLE.sub("", written))
    if match is None:
        return None
    scheme, authority, path, query, fragment = match.groups()
    if not scheme and "@" in authority:  # a mail address
        return None
    host, _, port = authority.rpartition("@")[2].casefold().partition(":")
    if authority.startswith("["):
        host, _, port = authority.casefold().partition("]")
        host, port = host + "]", port.removeprefix(":")
    host = host.rstrip(".").removeprefix("www.")
    if not _HOST.fullmatch(host) or not (port.isdigit() or not port):
        return None
    if port not in ("", "80", "443"):
        host = f"{host}:{port}"
    kept = _kept_parameters(query, host) if query else ""
    link = f"https://{host}{path.rstrip('/')}"
    if kept:
        link += f"?{kept}"
    if fragment and ("/" in fragment or fragment.startswith("!")) and not fragment.startswith(":~:"):
        link += f"#{fragment}"  # the page is chosen by the fragment (single-page sites)
    return CleanLink(link, host.partition(":")[0] if not host.startswith("[") else host)


def _kept_parameters(query: str, host: str) -> str:
    tracking_here = _TRACKING_AT.get(host, frozenset())
    kept = []
    for parameter in query.split("&"):
        name = parameter.partition("=")[0].casefold()
        if not name or name in _TRACKING or name in tracking_here or name.startswith(_TRACKING_PREFIXES):
            continue
        kept.append(parameter)
    return "&".join(kept)
