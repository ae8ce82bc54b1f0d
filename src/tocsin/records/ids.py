"""Pseudonymous identifiers: keyed, so that nobody without the desk's key can test a guess."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

IdKind = Literal["post", "account", "handle", "channel", "capture", "content", "quarantine", "tombstone"]
_PREFIX: dict[str, str] = {
    "post": "p",
    "account": "a",
    "handle": "h",
    "channel": "c",
    "capture": "k",
    "content": "d",
    "quarantine": "q",
    "tombstone": "e",
}
ID_LENGTH = 27  # one prefix letter and 26 base32 characters (128 bits)


def keyed_id(key: bytes, kind: IdKind, *parts: str) -> str:
    """The pseudonym of a thing: a prefix letter and 128 bits of HMAC-SHA256, in lower-case base32.

    The lengths of the parts stand before them, so ("ab", "c") and ("a", "bc") differ. A plain hash of a handle is no
    pseudonym (a billion candidates take minutes); this needs the key.

    >>> keyed_id(b"k" * 32, "account", "twitter", "42") == keyed_id(b"k" * 32, "account", "twitter", "42")
    True
    >>> keyed_id(b"k" * 32, "account", "twitter", "42")[0], len(keyed_id(b"k" * 32, "post", "x"))
    ('a', 27)
    """
    lengths = " ".join([str(len(part)) for part in parts])
    message = f"{kind} {lengths}\n{''.join(parts)}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, message, "sha256")[:16]
    return _PREFIX[kind] + base64.b32encode(digest)[:26].decode("ascii").lower()


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes the pseudonyms of one desk. `key` is 32 secret bytes kept outside the desk folder."""

    key: bytes = field(repr=False)

    def post(self, source: str, platform_id: str) -> str:
        """Pseudonym of a post (the same platform id is the same post)."""
        return keyed_id(self.key, "post", source, platform_id)

    def account(self, source: str, platform_id: str) -> str:
        """Pseudonym of an account, from the platform's own account id."""
        return keyed_id(self.key, "account", source, platform_id)

    def handle(self, source: str, handle: str) -> str:
        """Pseudonym of a mentioned handle (case does not matter, a leading @ does not count)."""
        return keyed_id(self.key, "handle", source, handle.removeprefix("@").casefold())

    def channel(self, source: str, platform_id: str) -> str:
        """Pseudonym of a channel, group or room."""
        return keyed_id(self.key, "channel", source, platform_id)

    def content(self, *parts: str) -> str:
        """Keyed digest of a post's content; equal content of one post is a duplicate, not a version."""
        return keyed_id(self.key, "content", *parts)

    def maker(self, kind: IdKind) -> Callable[..., str]:
        """`keyed_id` bound to this key and `kind`, for hot loops."""
        key = self.key

        def make(*parts: str) -> str:
            return keyed_id(key, kind, *parts)

        return make
