"""Typed reading of YAML with errors that name file, key and what is expected; never the value itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.records.errors import TocsinInputError

_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")


def bad_key(file: str, key: str, expected: str, got: str) -> TocsinInputError:
    """The error for a key that does not hold what it should."""
    return TocsinInputError(f"{file}: key {key}", expected=expected, got=got, next_step="see docs/codebooks.md")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file with the file and the path of keys that leads to it."""

    file: str
    path: str
    value: Any

    def get(self, key: str) -> Any:
        """The raw value under `key`, None when missing or when this is no mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def child(self, key: str) -> Node:
        """The node under `key` (its value is None when missing)."""
        if not isinstance(self.value, dict):
            raise self.wrong("keys and values")
        return Node(self.file, f"{self.path}/{key}" if self.path else key, self.value.get(key))

    def wrong(self, expected: str) -> TocsinInputError:
        """The error saying that this node is not what is expected."""
        got = "nothing" if self.value is None else type(self.value).__name__
        return bad_key(self.file, self.path or "(top)", expected, got)

    def only(self, keys: set[str]) -> None:
        """Raise when the mapping has a key that is not in `keys`."""
        if not isinstance(self.value, dict):
            raise self.wrong("keys and values")
        for key in self.value:
            if key not in keys:
                raise bad_key(self.file, self.path or "(top)", "only " + ", ".join(sorted(keys)), "an unknown key")

    def text(self) -> str:
        """A text that is not empty, white space collapsed."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("a text (in quotes where it looks like a number)")
        return " ".join(self.value.split())

    def slug(self) -> str:
        """An id: lower-case letters, digits, underscore."""
        value = self.text()
        if not _SLUG.fullmatch(value):
            raise self.wrong("lower-case letters, digits and underscores, starting with a letter, at most 40")
        return value

    def texts(self) -> tuple[str, ...]:
        """A list of texts, at least one."""
        if not isinstance(self.value, list) or not self.value:
            raise self.wrong("a list of texts")
        return tuple(item.text() for item in self.items())

    def items(self) -> Iterator[Node]:
        """The nodes of a list (none when the value is missing)."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for index, value in enumerate(self.value):
            yield Node(self.file, f"{self.path}/{index}", value)

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise self.wrong(f"a whole number from {low} to {high}")
        return self.value

    def number(self, low: float, high: float) -> float:
        """A number in [low, high]."""
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise self.wrong(f"a number from {low} to {high}")
        return float(self.value)

    def choice(self, allowed: frozenset[str]) -> str:
        """One of the allowed words."""
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.wrong("one of " + ", ".join(sorted(allowed)))
        return self.value

    def flag(self) -> bool:
        """true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value
