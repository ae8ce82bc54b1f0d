"""How a verb tells a door what it is doing; rooms and verbs never print."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Bar(Protocol):
    """One running count."""

    def advance(self, count: int) -> None:
        """Say that `count` more units are done."""
        ...


class Progress(Protocol):
    """What a door offers: a bar for a stretch of work and a line for a remark."""

    def bar(self, what: str, total: int | None, unit: str) -> AbstractContextManager[Bar]:
        """A bar that ends with the `with` block; `total` None where it cannot be known."""
        ...

    def note(self, text: str) -> None:
        """One remark for the person at the door (never post text, never a name)."""
        ...


class _Nothing:
    def advance(self, count: int) -> None:
        """Nobody watches."""


class Silent:
    """The progress of a verb that nobody watches (tests, notebooks)."""

    def bar(self, what: str, total: int | None, unit: str) -> AbstractContextManager[Bar]:
        """A bar that shows nothing."""
        return nullcontext(_Nothing())

    def note(self, text: str) -> None:
        """Nothing is shown."""
