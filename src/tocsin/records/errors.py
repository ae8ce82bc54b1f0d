"""The closed set of errors a room may raise; only the doors turn them into exit codes."""

from __future__ import annotations


class TocsinError(Exception):
    """Something failed; the message says what is wrong, what was expected, what came, what to do next.

    An error never quotes a post, a name or a handle: errors end up in logs and on shared screens.
    """

    exit_code = 1

    def __init__(self, wrong: str, *, expected: str = "", got: str = "", next_step: str = "") -> None:
        self.wrong = wrong
        self.expected = expected
        self.got = got
        self.next_step = next_step
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The one-paragraph text shown at a door.

        >>> TocsinError("no desk here", expected="a folder with desk.json", next_step="run tocsin init").message
        'no desk here: expected a folder with desk.json; run tocsin init'
        """
        text = self.wrong
        if self.expected:
            text += f": expected {self.expected}"
            if self.got:
                text += f", got {self.got}"
        elif self.got:
            text += f": got {self.got}"
        if self.next_step:
            text += f"; {self.next_step}"
        return text


class TocsinInputError(TocsinError):
    """What the user gave cannot be used (a file, an option, a codebook, a query)."""

    exit_code = 2


class RefusedError(TocsinInputError):
    """What was asked is refused by design (see SAFEGUARDS in SECURITY.md); says by which promise."""


class OutsideServiceError(TocsinError):
    """A service outside the desk failed or is missing."""

    exit_code = 3


class EvidenceError(TocsinError):
    """Evidence does not verify. Never caught inside a room."""

    exit_code = 4
