"""What a searcher typed, read into a small tree: words, "phrases", field:value, AND, OR, NOT or -, brackets, word*.

Read here and not by the search engine's own parser, so that operators are recognised before the folding key is
applied, fields are only those meant for people, and an error says what is wrong in the searcher's terms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.records.errors import TocsinInputError

FIELDS = ("text", "tag", "domain", "lang", "source", "kind")
LONGEST_QUERY = 2_000
_DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<bracket>[()]) | (?P<minus>-(?=\S)) | (?P<url>\w+://[^\s()"]+) | (?P<field>[^\W\d]\w*): |
    "(?P<phrase>[^"]*)" | (?P<word>[^\s()"]+) )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase in a field; `prefix` where a word ended in an asterisk."""

    field: str
    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Posts that do not match."""

    inner: Query


@dataclass(frozen=True, slots=True)
class AllOf:
    """Posts that match every part."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Posts that match at least one part."""

    parts: tuple[Query, ...]


Query = Term | Not | AllOf | AnyOf


def read_query(text: str) -> Query:
    """The tree of a query.

    >>> read_query('tag:osk "goats market" -road')
    AllOf(parts=(Term(field='tag', text='osk', prefix=False), Term(field='text', text='goats market', prefix=False), \
Not(inner=Term(field='text', text='road', prefix=False))))

    Raises TocsinInputError for a query that cannot be read (never quoting it: queries end up in logs).
    """
    if len(text) > LONGEST_QUERY:
        raise TocsinInputError("the query is too long", expected=f"at most {LONGEST_QUERY} characters")
    reader = _Reader(_tokens(text))
    if reader.peek() is None:
        raise TocsinInputError("the query is empty", expected="a word or a phrase")
    query = reader.any_of(0)
    if reader.peek() is not None:
        raise TocsinInputError("the query has a closing bracket without an opening one")
    if not _finds(query):
        raise TocsinInputError("the query only excludes", expected="at least one word to look for")
    return query


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise TocsinInputError("the query has a quotation mark without its partner")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Reader:
    """Reads the grammar: any_of = all_of (OR all_of)*, all_of = one+ (AND between them or not)."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def any_of(self, depth: int) -> Query:
        if depth > _DEEPEST:
            raise TocsinInputError("the query has too many brackets in each other", expected=f"at most {_DEEPEST}")
        parts = [self._all_of(depth)]
        while self.peek() == ("word", "OR"):
            self._at += 1
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self, depth: int) -> Query:
        parts: list[Query] = []
        while self.peek() not in (None, ("bracket", ")"), ("word", "OR")):
            if self.peek() == ("word", "AND") and parts:
                self._at += 1
            parts.append(self._one(depth))
        if not parts:
            raise TocsinInputError("the query lacks a word", expected="a word on both sides of OR, and in brackets")
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self, depth: int, field: str = "text") -> Query:
        token, self._at = self.peek(), self._at + 1
        match token:
            case ("bracket", "("):
                inner = self.any_of(depth + 1)
                if self.peek() != ("bracket", ")"):
                    raise TocsinInputError("the query has an opening bracket without a closing one")
                self._at += 1
                return inner
            case ("minus", _) | ("word", "NOT"):
                return Not(self._one(depth + 1) if depth < _DEEPEST else self.any_of(depth + 1))
            case ("field", name):
                if name not in FIELDS:
                    raise TocsinInputError("the query names a field that is not there", expected=", ".join(FIELDS))
                value = self.peek()
                if value is None or value[0] not in ("word", "phrase"):
                    raise TocsinInputError("the query names a field without a value", expected="field:word")
                return self._one(depth, name)
            case ("phrase", text) | ("url", text):
                return Term(field, text)
            case ("word", text) if text not in ("AND", "OR", ")"):
                return Term(field, text.removesuffix("*"), text.endswith("*") and len(text) > 1)
        raise TocsinInputError("the query lacks a word", expected="a word on both sides of AND and OR, and after NOT")


def _finds(query: Query) -> bool:
    """Whether a query says what to look for, not only what to leave out."""
    match query:
        case Term():
            return True
        case Not():
            return False
        case AllOf(parts):
            return any(_finds(part) for part in parts)
        case AnyOf(parts):
            return all(_finds(part) for part in parts)
