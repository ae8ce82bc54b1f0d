"""A document made ready for drawing: figures by their place, and sentences whose every number is bound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tocsin.records.errors import EvidenceError

from .document import Document, figure_of
from .figures import Figure, Row, Scalar


class Part(NamedTuple):
    """A piece of a sentence: words of ours, words given to us (a title, a tag), or a bound figure."""

    text: str
    figure_id: str = ""
    cell: str = ""  # "row.column"
    is_given: bool = False


Sentence = list[Part]


class Page:
    """Read access to a document for sentences, pictures and templates."""

    def __init__(self, document: Document) -> None:
        self.document = document
        figures = [figure_of(record) for record in document["figures"]]
        self.figures = {figure.figure_id: figure for figure in figures}
        self.by_slot = {figure.slot: figure for figure in figures}
        self.places: dict[str, dict[str, Any]] = {place["place_id"]: place for place in document["places"]}

    def figure(self, slot: str) -> Figure:
        """The figure that fills a place.

        Raises: EvidenceError where the document has none.
        """
        try:
            return self.by_slot[slot]
        except KeyError:
            raise EvidenceError(f"the dispatch has no figure for {slot!r}") from None

    def rows(self, slot: str) -> tuple[Row, ...]:
        """The rows of the figure that fills a place."""
        return self.figure(slot).rows

    def value(self, slot: str, row: int = 0, column: int = 0) -> Scalar:
        """One value of a figure.

        Raises: EvidenceError where the figure has no such cell.
        """
        rows = self.figure(slot).rows
        if row >= len(rows) or column >= len(rows[row]):
            raise EvidenceError(f"the figure for {slot!r} has no row {row + 1}", expected="what its query always gives")
        return rows[row][column]

    def count(self, slot: str, row: int = 0, column: int = 0) -> int:
        """One value of a figure as a count; nothing counts as 0."""
        value = self.value(slot, row, column)
        return int(value) if isinstance(value, int | float) else 0

    def part(self, slot: str, row: int = 0, column: int = 0) -> Part:
        """One value of a figure as a piece of a sentence."""
        figure = self.figure(slot)
        self.value(slot, row, column)
        return Part(figure.cell(row, column), figure.figure_id, f"{row}.{column}")

    def table(self, slot: str, columns: Iterable[int], *, rows: int | None = None) -> list[list[Part]]:
        """Some columns of a figure as cells."""
        columns = tuple(columns)
        return [[self.part(slot, row, column) for column in columns] for row in range(len(self.rows(slot)[:rows]))]

    def quotes_of(self, cluster_id: str) -> list[dict[str, Any]]:
        """The quotes given as examples of one narrative."""
        return [quote for quote in self.document["quotes"] if quote["cluster_id"] == cluster_id]

    @property
    def other_quotes(self) -> list[dict[str, Any]]:
        """Quotes that are no narrative's example: replies, disputes, reports."""
        drawn = {narrative["cluster_id"] for narrative in self.document["campaign"]["narratives"]}
        return [quote for quote in self.document["quotes"] if quote["cluster_id"] not in drawn]


def sentence(*pieces: str | Part) -> Sentence:
    """A sentence from words and bound parts."""
    return [Part(piece) if isinstance(piece, str) else piece for piece in pieces]


def given(text: str) -> Part:
    """Words that come from people or posts: shown as such and never read as a figure."""
    return Part(text, is_given=True)


def plain(parts: Sentence) -> str:
    """A sentence as plain text."""
    return "".join(part.text for part in parts)
