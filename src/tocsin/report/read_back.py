"""What a written dispatch says, read back out of its file, and where it departs from what it should say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tocsin.records.errors import EvidenceError

from .document import Document
from .page import Page
from .pictures import DRAWN_FROM
from .shape import read_document
from .shown import shown_text
from .svg import is_same_drawing
from .wording import NOTHING, shown_instant

_DATA = re.compile(r'<template id="tocsin-document">([^<>&]*)</template>')
_DATA_MARKDOWN = re.compile(r"^```json tocsin-document\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_PICTURE_NAME = re.compile(r'aria-labelledby="([a-z-]+)-title ')
_NUMBER_BEFORE_NOTE = re.compile(r"\[\^(f\d{1,4})\]")
# Inside these a number belongs to something checked by itself: a figure, words given, a quote, a note, a picture.
_OWN_CHECK = frozenset({"fig", "given", "note"})
_MOST_CHARS = 120_000_000


class Kind(StrEnum):
    """The written form of a dispatch."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


class Problem(NamedTuple):
    """Something in the file that is not as it should be, and the figure or quote it belongs to."""

    says: str
    where: str = ""


def read_dispatch(text: str) -> tuple[Kind, Document]:
    """The form of a file and the document in it.

    Raises: EvidenceError where it is no dispatch.
    """
    if len(text) > _MOST_CHARS:
        raise EvidenceError("the file is too large to be a dispatch", got=f"{len(text)} characters")
    if text.startswith("<!DOCTYPE html>"):
        return Kind.HTML, read_document(_only(_DATA, text))
    if text.startswith("{"):
        try:
            outer = json.loads(text)
        except (ValueError, RecursionError):
            raise EvidenceError("the machine report cannot be read", expected="JSON") from None
        if not isinstance(outer, dict) or set(outer) != {"dispatch", "seal"}:
            raise EvidenceError("the file is not a machine report", expected="the keys dispatch and seal")
        return Kind.JSON, read_document(json.dumps(outer["dispatch"]))
    return Kind.MARKDOWN, read_document(_only(_DATA_MARKDOWN, text))


def _only(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.findall(text)
    if len(found) != 1:
        raise EvidenceError("the file is not a whole dispatch", expected="one document in it", got=f"{len(found)}")
    return str(found[0])


def page_problems(kind: Kind, text: str, page: Page) -> tuple[list[Problem], int]:
    """What the readable text says otherwise than the figures and quotes, and how many numbers were compared."""
    if kind is Kind.HTML:
        return _html_problems(text, page)
    if kind is Kind.MARKDOWN:
        return _markdown_problems(text, page)
    return [], len(page.figures)


def _html_problems(text: str, page: Page) -> tuple[list[Problem], int]:
    tree = LexborHTMLParser(text)
    problems: list[Problem] = []
    quotes = {quote["id"]: quote for quote in page.document["quotes"]}
    settings = {item["name"]: str(item["value"]) for item in page.document["settings"]}
    marks = tree.css(".fig")
    for mark in marks:
        problems += _mark_problems(mark, page, quotes, settings)
    shown = [node.attributes.get("data-quote") or "" for node in tree.css("blockquote")]
    for name in sorted(set(quotes) - set(shown)):
        problems.append(Problem(f"quote {name} is missing from the page", name))
    for node in tree.css("blockquote"):
        name = node.attributes.get("data-quote") or ""
        if name not in quotes or node.text() != shown_text(quotes[name]["text"]):
            problems.append(Problem(f"quote {_named(name)} on the page does not have the words of the document", name))
    for section in tree.css("[data-bound]"):
        problems += _unbound(section)
    if not tree.css("[data-bound]"):
        problems.append(Problem("no part of the page is bound to figures"))
    return problems, len(marks)


def _mark_problems(
    mark: LexborNode, page: Page, quotes: Mapping[str, Mapping[str, Any]], settings: Mapping[str, str]
) -> list[Problem]:
    attributes, says = mark.attributes, mark.text()
    if "data-quote-time" in attributes:
        name = attributes["data-quote-time"] or ""
        at = quotes[name]["posted_at"] if name in quotes else None
        expected = shown_instant(at) if at else NOTHING
        return (
            []
            if name in quotes and says == expected
            else [Problem(f"the time of quote {_named(name)} was changed", name)]
        )
    if "data-setting" in attributes:
        name = attributes["data-setting"] or ""
        return [] if settings.get(name) == says else [Problem(f"the setting {_named(name)} was changed", name)]
    figure_id, cell = attributes.get("data-figure") or "", attributes.get("data-cell") or ""
    figure = page.figures.get(figure_id)
    place = re.fullmatch(r"(\d{1,5})\.(\d{1,2})", cell, re.ASCII)
    if figure is None or place is None:
        return [Problem(f"a number on the page is bound to no figure ({_named(figure_id)})", figure_id)]
    row, column = int(place[1]), int(place[2])
    if row >= len(figure.rows) or column >= len(figure.rows[row]):
        return [Problem(f"figure {figure_id} has no cell {cell}", figure_id)]
    expected = shown_text(figure.cell(row, column))
    if says == expected:
        return []
    number = (
        f"says {says}, the desk computes {expected}" if _is_number(expected) and _is_number(says) else "was changed"
    )
    return [Problem(f"figure {figure_id} ({figure.query}) {number}", figure_id)]


def _is_number(text: str) -> bool:
    return len(text) <= 24 and text.isascii() and any(char.isdigit() for char in text)


def _named(name: str) -> str:
    """A name out of a file, safe to print."""
    return name if re.fullmatch(r"[a-z0-9_./-]{1,24}", name) else "?"


def _unbound(section: LexborNode) -> list[Problem]:
    """Numbers in a bound section that belong to nothing."""
    problems = []
    for node in section.traverse(include_text=True):
        if node.tag != "-text" or not any(char.isdigit() for char in node.text()):
            continue
        if not _is_owned(node, section):
            heading = section.css_first("h1, h2")
            where = heading.text() if heading is not None else ""
            problems.append(Problem(f"a number in “{where[:60]}” is bound to no figure"))
    return problems


def _is_owned(node: LexborNode, section: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.mem_id != section.mem_id:
        classes = set((parent.attributes.get("class") or "").split())
        if classes & _OWN_CHECK or parent.tag in ("svg", "blockquote"):
            return True
        parent = parent.parent
    return False


def _markdown_problems(text: str, page: Page) -> tuple[list[Problem], int]:
    problems: list[Problem] = []
    count = 0
    body = text.split("\n## Notes\n", 1)[0]
    for line in body.splitlines():
        start = 0
        for match in _NUMBER_BEFORE_NOTE.finditer(line):
            count += 1
            figure = page.figures.get(match[1])
            before = line[start : match.start()]
            start = match.end()
            if figure is None:
                problems.append(Problem(f"a number is bound to no figure ({match[1]})", match[1]))
                continue
            cells = {
                figure.cell(row, column) for row in range(len(figure.rows)) for column in range(len(figure.rows[row]))
            }
            if not any(before.replace("\\", "").endswith(shown_text(cell)) for cell in cells):
                problems.append(
                    Problem(
                        f"figure {match[1]} ({figure.query}) was changed: the desk computes {figure.display[:40]}",
                        match[1],
                    )
                )
    return problems, count


def without_pictures(text: str) -> str:
    """The page with its pictures taken out; they are compared by themselves."""
    return _PICTURE.sub("<svg></svg>", text)


def picture_problems(text: str, page: Page, drawn: Mapping[str, str]) -> list[Problem]:
    """Pictures of the page that are not what the figures draw."""
    problems = []
    found: dict[str, str] = {}
    for picture in _PICTURE.findall(text):
        label = _PICTURE_NAME.search(picture)
        if label is None or label[1] in found:
            problems.append(Problem("a picture on the page belongs to no figure"))
        else:
            found[label[1]] = picture
    for name in sorted(set(drawn) | set(found)):
        ids = [page.by_slot[slot].figure_id for slot in DRAWN_FROM.get(name, ()) if slot in page.by_slot]
        if name not in drawn:
            problems.append(Problem("a picture on the page belongs to no figure"))
        elif name not in found or "<!" in found[name] or not is_same_drawing(found[name], drawn[name]):
            named = "figure " + ids[0] if len(ids) == 1 else "figures " + " and ".join(ids)
            problems.append(Problem(f"the picture “{name}” is not what {named} draw", ids[0]))
    return problems


_LANDMARK = re.compile(
    r'data-figure="(f\d+)"|id="(f\d+)"|data-quote="(q\d+)"|id="(?:proof-)?(q\d+)"|\[\^(f\d+)\]'
    r"|<h2[^>]*>([^<]{1,60})<|^## (.{1,60})$",
    re.MULTILINE,
)


def located_difference(ours: str, theirs: str) -> Problem:
    """Where two texts part, named by the figure, quote or heading just before it."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    last = None
    for match in _LANDMARK.finditer(ours, max(0, at - 20_000), at):
        last = match
    named = next((group for group in last.groups() if group), "") if last else ""
    return Problem(f"the text was changed near {named or 'its beginning'}", named)
