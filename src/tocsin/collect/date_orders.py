"""Dates written as three numbers: which is the day, and what instant they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from tocsin.records.errors import TocsinInputError

DateOrder = Literal["dmy", "mdy", "ymd"]
ORDERS: Final[tuple[DateOrder, ...]] = ("dmy", "mdy", "ymd")
_PLACES: Final = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}


def named_order(text: str | None) -> DateOrder | None:
    """The order the user named, or None. Raises TocsinInputError for anything else."""
    for order in ORDERS:
        if text is not None and text.lower() == order:
            return order
    if text is None:
        return None
    raise TocsinInputError("no such date order", expected="dmy, mdy or ymd", got=repr(text[:20]))


def written_date(numbers: tuple[int, int, int], order: DateOrder) -> date | None:
    """The date three numbers name in an order, or None where there is no such day. Two-digit years are 1970-2069.

    >>> written_date((30, 1, 19), "dmy"), written_date((30, 1, 19), "mdy")
    (datetime.date(2019, 1, 30), None)
    """
    year, month, day = (numbers[place] for place in _PLACES[order])
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return date(year, month, day)
    except ValueError:
        return None


@dataclass(slots=True)
class OrderEvidence:
    """What the dates of a whole file say about their order, gathered one date at a time in the order of the file."""

    seen: int = 0
    _impossible: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(ORDERS, 0))
    _backwards: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(ORDERS, 0))
    _last: dict[DateOrder, date] = field(default_factory=dict)
    _same: bool = True  # every date so far reads the same by day and by month first
    _long_first: int = 0
    _long_last: int = 0

    def add(self, texts: tuple[str, str, str]) -> None:
        """Take in one date, as its three groups of digits."""
        numbers = (int(texts[0]), int(texts[1]), int(texts[2]))
        self.seen += 1
        self._long_first += len(texts[0]) == 4
        self._long_last += len(texts[2]) == 4
        self._same = self._same and numbers[0] == numbers[1]
        for order in ORDERS:
            read = written_date(numbers, order)
            if read is None:
                self._impossible[order] += 1
                continue
            last = self._last.get(order)
            if last is not None and read < last:
                self._backwards[order] += 1
            self._last[order] = read

    def order(self, chronological: bool) -> DateOrder | None:
        """The one order the dates allow, or None where more than one remains.

        An order is out if it makes any date impossible; where `chronological` (a chat is written from first to last),
        also if it sends time backwards while another does not. A damaged date may not decide: up to 1 in 1,000
        impossible dates are forgiven where every order has some.
        """
        if not self.seen:
            return None
        if self._long_first * 2 > self.seen:
            return "ymd"
        orders: list[DateOrder] = ["dmy", "mdy"] if self._long_last * 2 > self.seen else list(ORDERS)
        least = min(self._impossible[order] for order in orders)
        if least * 1000 > self.seen:
            return None
        left = [order for order in orders if self._impossible[order] == least]
        # no chat application known to us writes a two-digit year first: only the failure of the others says so
        if len(left) > 1 and "ymd" in left:
            left.remove("ymd")
        if len(left) > 1 and self._same:
            return "dmy"
        if len(left) > 1 and chronological:
            steps = {order: self._backwards[order] for order in left}
            forwards: list[DateOrder] = [order for order in left if steps[order] == 0]
            left = forwards if len(forwards) == 1 else left
        return left[0] if len(left) == 1 else None


def order_of(dates: Iterable[tuple[str, str, str]], chronological: bool) -> DateOrder | None:
    """The one order a file's dates allow, or None.

    >>> order_of([("01", "02", "19"), ("13", "02", "19")], chronological=False)
    'dmy'
    """
    evidence = OrderEvidence()
    for texts in dates:
        evidence.add(texts)
    return evidence.order(chronological)
