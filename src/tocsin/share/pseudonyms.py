"""Pseudonyms made anew for each export, so that two exports do not join on an id unless that was asked for."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tocsin.records.errors import RefusedError, TocsinInputError

EXPORT_KEY_BYTES = 32
# What records.ids.keyed_id gives: one letter for the kind, 128 bits in lower-case base32.
DESK_PSEUDONYM = re.compile(r"(?<![0-9A-Za-z])[apchkdq][a-z2-7]{26}(?![0-9A-Za-z])")


def new_export_key(random_bytes: Callable[[int], bytes]) -> bytes:
    """A fresh export key from a source of randomness (`secrets.token_bytes`).

    Keep it only if a later export must join with this one: the same key gives the same pseudonyms.
    """
    return random_bytes(EXPORT_KEY_BYTES)


@dataclass(frozen=True, slots=True)
class ExportPseudonyms:
    """Turns desk pseudonyms into those of one export.

    Raises: TocsinInputError when `key` is not 32 bytes.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != EXPORT_KEY_BYTES:
            raise TocsinInputError(
                "this export key cannot be used",
                expected=f"{EXPORT_KEY_BYTES} random bytes",
                got=f"{len(self.key)} bytes",
                next_step="make one with new_export_key(secrets.token_bytes)",
            )

    def of(self, desk_id: str) -> str:
        """The export's pseudonym of a desk pseudonym: "x", the letter of its kind, 26 base32 characters.

        Raises: RefusedError for anything that is not a desk pseudonym (a handle, a name, a platform id).
        """
        if not isinstance(desk_id, str) or not DESK_PSEUDONYM.fullmatch(desk_id):
            raise RefusedError(
                "an id that is not a pseudonym was about to leave the desk",
                expected="the desk's own pseudonyms in account, channel and post columns",
                next_step="export findings of a desk; handles, names and platform ids are never exported",
            )
        return "x" + desk_id[0] + self._digest("id", desk_id)

    def group(self, group_id: str) -> str:
        """The export's id of a coordinated group: a group's id stands for its set of accounts."""
        return "xg" + self._digest("group", group_id)

    def inside(self, text: str) -> str:
        """`text` with every desk pseudonym in it replaced by the export's."""
        return DESK_PSEUDONYM.sub(lambda match: self.of(match.group()), text)

    def _digest(self, label: str, value: str) -> str:
        digest = hmac.digest(self.key, f"tocsin/export/v1/{label}\n{value}".encode("utf-8", "surrogatepass"), "sha256")
        return base64.b32encode(digest[:16]).decode("ascii").rstrip("=").lower()


def export_pseudonyms(ids: Iterable[str], export_key: bytes) -> list[str]:
    """The pseudonyms of `ids` in the export with this key, in the same order.

    Two exports with different keys share no id. They may still share counts, times and the shape of a network:
    whoever holds both can compare those, so what must not be compared must not be exported twice.

    Raises: RefusedError when an id is not a desk pseudonym.
    """
    pseudonyms = ExportPseudonyms(export_key)
    return [pseudonyms.of(desk_id) for desk_id in ids]
