"""Dispatches drawn from a brief: one self-contained HTML file, Markdown, and the machine report."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from tocsin.records.findings import Trend

from . import prose
from .brief import Brief
from .charts import ROLE_SHAPES, is_invented
from .document import Document, document
from .page import Page, Part, Sentence, given, plain, sentence
from .pictures import DRAWN_FROM, bucket_words, pictures, short_labels
from .queries import FIGURES, ColumnKind
from .redact import Redactor
from .seal import UNSEALED
from .shown import shown_markup, shown_text
from .wording import LANGUAGES, RTL_LANGUAGES, SOURCES, listing, plural, shown_instant, shown_value

_LANG_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SYMBOLS = {"diamond": "◆", "triangle-up": "▲", "square": "□", "circle": "●"}


def render_html(brief: Brief, redactor: Redactor) -> str:
    """The dispatch as one HTML file without its seal; nothing in it makes a request or runs."""
    return html_of(document(brief, redactor))


def render_markdown(brief: Brief, redactor: Redactor) -> str:
    """The dispatch as Markdown without its seal, its document in a JSON appendix."""
    return markdown_of(document(brief, redactor))


def render_json(brief: Brief, redactor: Redactor) -> str:
    """The machine report without its seal: every figure with its query, pseudonymised."""
    return json_of(document(brief, redactor))


def html_of(dispatch: Document) -> str:
    """The HTML page a document stands for; equal documents give equal pages."""
    page = Page(dispatch)
    drawn = {name: Markup(svg) for name, svg in pictures(page).items()}  # noqa: S704 (rebuilt element by element in svg.py)
    return (
        _environment()
        .get_template("dispatch.html")
        .render(page=page, doc=dispatch, drawn=drawn, data=_inert_json(dispatch), seal=UNSEALED)
    )


def markdown_of(dispatch: Document) -> str:
    """The Markdown a document stands for."""
    text = (
        _environment()
        .get_template("dispatch.md")
        .render(page=Page(dispatch), doc=dispatch, data=_inert_json(dispatch), seal=UNSEALED)
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def json_of(dispatch: Document) -> str:
    """The machine report a document stands for; its last key is the seal."""
    body = json.dumps({"dispatch": dispatch, "seal": UNSEALED}, ensure_ascii=False, indent=1, sort_keys=True)
    return body + "\n"


def render_trend_line(trend: Trend, redactor: Redactor) -> str:
    """One line about a trend: counts only, never an account, an example or a link."""
    title = shown_text(str(redactor.redacted(trend.title).text))
    languages = listing([LANGUAGES.get(lang, lang) for lang in trend.languages]) if trend.languages else "no language"
    sources = listing([SOURCES.get(source, source) for source in trend.sources]) if trend.sources else "no source"
    bursts = f"{trend.burst_count:,} {plural(trend.burst_count, 'burst')}"
    return (
        f"{title}: {trend.post_count:,} {plural(trend.post_count, 'post')} by {trend.account_count:,} "
        f"{plural(trend.account_count, 'account')} in {languages} on {sources}, "
        f"{shown_instant(trend.first_posted_at.isoformat())} to {shown_instant(trend.last_posted_at.isoformat())}, "
        f"{bursts}; no codebook ties it to calls for violence"
    )


def _inert_json(dispatch: Document) -> Markup:
    """JSON that no HTML or Markdown parser can leave: pure ASCII, without any of < > & and the backtick."""
    text = json.dumps(dispatch, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    for char in "<>&`":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 (escaped just above)


def _figure_markup(part: Part) -> Markup:
    return Markup('<span class="fig" data-figure="{}" data-cell="{}">{}</span>').format(
        part.figure_id, part.cell, shown_markup(part.text)
    )


def _part_markup(part: Part, *, with_note: bool) -> Markup:
    if part.figure_id:
        note = (
            Markup('<sup><a class="note" href="#{0}">{0}</a></sup>').format(part.figure_id) if with_note else Markup()
        )
        return _figure_markup(part) + note
    return Markup('<bdi class="given">{}</bdi>').format(shown_markup(part.text)) if part.is_given else escape(part.text)


def _sentence_markup(parts: Sentence) -> Markup:
    """A sentence; a figure's note is given once, at its first number in the sentence."""
    noted: set[str] = set()
    out = Markup()
    for part in parts:
        out += _part_markup(part, with_note=bool(part.figure_id) and part.figure_id not in noted)
        noted.add(part.figure_id)
    return out


def _cell_markup(part: Part) -> Markup:
    return _part_markup(part, with_note=False)


_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def _markdown_text(text: str) -> str:
    """Text that Markdown takes as text: nothing in it can start a link, a picture, HTML or a table cell."""
    return (
        _MARKDOWN_SPECIAL.sub(r"\\\1", shown_text(text))
        .replace("\n", " ")
        .replace("&", "&amp;")
        .replace(":/", ":&#47;")
    )


def _sentence_markdown(parts: Sentence) -> str:
    out = ""
    for part in parts:
        out += _markdown_text(part.text) + (f"[^{part.figure_id}]" if part.figure_id else "")
    return out


def _lang_tag(lang: str) -> str:
    return lang if _LANG_TAG.fullmatch(lang) else "und"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        # A field that no filter touched still cannot bring a deceptive character onto the page.
        finalize=lambda value: shown_text(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        sentence=_sentence_markup,
        cell=_cell_markup,
        as_sentence=lambda pieces: _sentence_markup(sentence(*pieces)),
        shown=shown_markup,
        md=_markdown_text,
        md_sentence=_sentence_markdown,
        md_lines=lambda text: [_markdown_text(line) for line in text.split("\n")],
        instant=shown_instant,
        lang_tag=_lang_tag,
        listing=listing,
        is_invented=is_invented,
    )
    environment.globals.update(_template_names())
    return environment


def _template_names() -> dict[str, Any]:
    return {
        "prose": prose,
        "queries": FIGURES,
        "drawn_from": DRAWN_FROM,
        "bucket_words": bucket_words,
        "short_labels": short_labels,
        "shown_value": shown_value,
        "kinds": ColumnKind,
        "plural": plural,
        "plain": plain,
        "given": given,
        "said": sentence,
        "rtl": RTL_LANGUAGES,
        "languages": LANGUAGES,
        "sources": SOURCES,
        "role_shapes": {
            role: ("○" if shape == "circle" and not filled else _SYMBOLS[shape])
            for role, (shape, filled) in ROLE_SHAPES.items()
        },
    }
