"""The dispatch as a file: nothing in it runs or asks for anything, nothing leaks, it reads well and right to left."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from selectolax.lexbor import LexborHTMLParser

from report.invented import NOW, Village, brief_of, pseudonym, quote_of, village
from tocsin.records.findings import Trend
from tocsin.report import Brief, Gloss, Redactor, document, render_html, render_json, render_markdown, render_trend_line
from tocsin.report.page import Page, plain
from tocsin.report.prose import headline, summary

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</template></style></title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "]]><!--",
    "\" onmouseover=\"alert(1)",
    "[x](javascript:alert(1)) ![y](data:text/html,1) `code` | cell |",
    "```json tocsin-document\n{}\n```",
    "tocsin-seal:v1:unsealed",
    "\u202egnp.exe\u202c and \u2066x",
    "=cmd|' /C calc'!A0",
    "line one\n## Notes\n> quote\n# head",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(dispatches: dict[str, str]) -> LexborHTMLParser:
    return LexborHTMLParser(dispatches["html"])


def test_nothing_in_the_file_runs_or_makes_a_request(dispatches: dict[str, str], page: LexborHTMLParser) -> None:
    policy = page.css_first('meta[http-equiv="Content-Security-Policy"]')
    assert policy is not None
    assert (policy.attributes["content"] or "").startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    assert page.css_first('meta[name="referrer"]').attributes["content"] == "no-referrer"  # type: ignore[union-attr]
    assert not page.css("script, iframe, object, embed, link, base, form, img, video, audio, image, use, foreignObject")
    for node in page.css("*"):
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "action", "formaction", "ping", "poster", "background")
            assert name not in ("href", "xlink:href") or (value or "").startswith("#")
    text = dispatches["html"]
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://|//[a-z]+\.", re.sub(r"<template.*?</template>", "", text))


def test_every_anchor_leads_somewhere(page: LexborHTMLParser) -> None:
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    assert {(node.attributes["href"] or "")[1:] for node in page.css("a[href]")} <= set(ids)


def test_headings_tables_and_pictures_can_be_read_without_seeing(page: LexborHTMLParser) -> None:
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in page.css("table"):
        assert table.css_first("caption") is not None
        assert all(cell.attributes.get("scope") for cell in table.css("th"))
    assert page.css_first("html").attributes["lang"] == "en"  # type: ignore[union-attr]
    assert page.css_first("main") is not None


def test_the_sections_a_desk_publishes_are_there_in_order(page: LexborHTMLParser) -> None:
    said = [node.text() for node in page.css("main h2")]
    assert said == [
        "Why this is called a campaign", "How posting intensified, and after what", "What is said", "Who drives it",
        "Where it points", "Sources and languages", "What is not known", "Method and settings", "Notes",
    ]  # fmt: skip


def test_quotes_keep_their_language_and_direction(page: LexborHTMLParser, brief: Brief) -> None:
    quotes = page.css("blockquote")
    assert len(quotes) == len(brief.quotes)
    assert all(node.attributes.get("dir") == "auto" for node in quotes)
    assert {node.attributes.get("lang") for node in quotes} >= {"ar", "fr", "en"}


def test_every_number_of_the_summary_is_computed(desk: Village, brief: Brief) -> None:
    page = Page(document(brief, desk.redactor))
    for item in summary(page):
        for part in item:
            assert part.figure_id or part.is_given or not any(char.isdigit() for char in part.text)
    text = " ".join(plain(item) for item in summary(page))
    assert "619 posts" in text
    assert "8 hours 40 minutes after “Tarn bridge closed”" in text
    assert "Whether anybody was moved to act is not known." in text
    assert headline(page) == "Road to Velmora: posting rises after “Tarn bridge closed”"
    page.document["campaign"]["title"] = "#RoadToVelmora [road to Velmora]: call to travel"
    assert headline(page).count(": ") == 1


def test_one_of_a_thing_is_singular() -> None:
    one = village(accounts=1, calls=1)
    text = render_markdown(brief_of(one, quotes=()), one.redactor)
    assert "[^" in text
    assert not re.search(r"(?<![\d,.])1\[\^f\d+\] (posts|accounts|groups|records|files)\b", text)


def test_what_is_not_known_is_always_said(page: LexborHTMLParser) -> None:
    section = page.css_first("#unknown")
    assert section is not None
    said = section.text()
    for words in (
        "moved to act",
        "Swahili",
        "quarantine",
        "no time zone given",
        "deleted or withheld",
        "Who is behind",
    ):
        assert words in said


def test_reasons_with_numbers_that_no_query_gives_are_left_out(dispatches: dict[str, str]) -> None:
    for form in ("html", "md"):
        assert "largest narratives" in dispatches[form]
        assert "412 of 619" not in re.sub(
            r"<template.*?</template>|```json.*?```", "", dispatches[form], flags=re.DOTALL
        )


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_in_every_field_stays_text(desk: Village, brief: Brief, payload: str) -> None:
    plain_redactor = Redactor()
    quotes = tuple(
        replace(
            quote, text=plain_redactor.redacted(payload), translation=payload, translator=payload, proof=None,
            glosses=(Gloss(payload, payload),), lang=payload,
        )
        for quote in brief.quotes
    )  # fmt: skip
    campaign = replace(
        brief.campaign, title=payload, reasons=(payload,),
        narratives=tuple(replace(item, terms=(payload,)) for item in brief.campaign.narratives),
    )  # fmt: skip
    places = tuple(place._replace(name=payload, country_name=payload) for place in brief.places)
    hostile = replace(
        brief, quotes=quotes, campaign=campaign, places=places, headline=payload, desk_name=payload, purpose=payload,
        unknowns=(payload,), glossary=(Gloss(payload, payload),),
    )  # fmt: skip
    tree = LexborHTMLParser(render_html(hostile, plain_redactor))
    normal = LexborHTMLParser(render_html(brief, plain_redactor))
    assert {node.tag for node in tree.css("*")} <= {node.tag for node in normal.css("*")} | {"p"}
    assert not tree.css("script, img")
    assert not [name for node in tree.css("*") for name in node.attributes if name.startswith("on")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", tree.text())
    text = render_markdown(hostile, plain_redactor)
    assert len(re.findall(r"^```json tocsin-document$", text, re.MULTILINE)) == 1
    assert not re.search(r"(?<!\\)<(script|img|svg|/)", text)
    assert not re.search(r"(?<!\\)\]\((javascript|data)", text.split("```json tocsin-document")[0])
    assert len(re.findall(r"^## Notes$", text, re.MULTILINE)) == 1


CANARIES = {
    "handle": "kqzhandle77", "name": "Kqz Naamhaar", "domain": "kqzsite.example", "invite": "kqzinvite", "mail": "kqzmail",
    "phone": "447700900123", "channel": "kqzchannel", "wallet": "0x52908400098527886e0f7030069857d2e4169ee7",
}  # fmt: skip
LEAKY = (
    "@{handle} {name} says https://{domain}/x t.me/{invite} {mail}@lantern.example +{phone} Telegram: {channel} {wallet} "
    "to Velmora #RoadToVelmora"
)


def leaking_brief() -> tuple[Brief, Village]:
    """A brief with canaries wherever text of posts, people or captures can stand."""
    text = LEAKY.format(**CANARIES)
    desk = village(extra={"en": text})
    desk.redactor = Redactor([CANARIES["name"], CANARIES["handle"]])
    desk.engine.run("UPDATE bursts SET trigger_title = $t, trigger_source = $t, key = $t", {"t": text})
    desk.engine.run("UPDATE post_versions SET tags = [$t]", {"t": CANARIES["handle"]})
    leaf = next(post["leaf_index"] for post in desk.posts if post["text"] == text)
    desk.campaign = replace(
        desk.campaign, title=text, reasons=(text,),
        narratives=tuple(replace(item, terms=(CANARIES["name"], CANARIES["domain"])) for item in desk.campaign.narratives),
    )  # fmt: skip
    brief = brief_of(desk, quotes=(quote_of(desk, leaf, desk.campaign.narratives[0].cluster_id, translation=text),))
    captures = tuple(replace(capture, query=text, method=text) for capture in brief.captures)
    return replace(brief, captures=captures, unknowns=(text,), glossary=(Gloss(text, text),)), desk


def leaks_in(text: str) -> list[str]:
    seen = html.unescape(text) + text.encode("ascii", "backslashreplace").decode() + text.casefold()
    return [name for name, canary in CANARIES.items() if canary in seen or canary.casefold() in seen]


def test_no_canary_leaves_in_any_form() -> None:
    brief, desk = leaking_brief()
    for render in (render_html, render_markdown, render_json):
        text = render(brief, desk.redactor)
        assert leaks_in(text) == []
        assert "[handle withheld]" in text or "[name withheld]" in text
        for number in range(46):
            assert pseudonym("account", number) not in text
    assert set(leaks_in(LEAKY.format(**CANARIES))) == set(CANARIES), "the leak test itself must see every canary"


def test_a_trend_is_a_line_of_counts() -> None:
    trend = Trend(
        "t1", "#TarnDockStrike by @kqzx_1", datetime(2026, 2, 1, tzinfo=UTC), NOW, 1812, 214, {"twitter": 1812},
        {"en": 1000, "fr": 812}, {"tarndockstrike": 1812}, 1, ("counts only",),
    )  # fmt: skip
    line = render_trend_line(trend, Redactor())
    assert "1,812 posts by 214 accounts in English and French on X/Twitter" in line
    assert "1 burst;" in line
    assert "no codebook ties it to calls for violence" in line
    assert "kqzx" not in line
    assert "\n" not in line


def test_the_machine_report_names_the_query_of_every_figure(desk: Village, brief: Brief) -> None:
    drawn = document(brief, desk.redactor)
    assert all(record["query"] and record["params"] for record in drawn["figures"])
    assert len(drawn["figures"]) == len(brief.figures)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_colours_have_the_contrast_that_readers_need(dispatches: dict[str, str], theme: int) -> None:
    blocks = re.findall(r":root\{(.*?)\}", dispatches["html"], re.DOTALL)[:3]
    long = {"#fff": "#ffffff", "#111": "#111111"}
    found = {name: long.get(value, value) for name, value in re.findall(r"--(\w+):(#\w+)", blocks[theme])}

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(found[one]), luminance(found[other])))
        return (high + 0.05) / (low + 0.05)

    for text in ("ink", "muted", "accent", "link"):
        for ground in ("paper", "raised"):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for shape in ("bar", "call", "trigger"):
        assert contrast(shape, "paper") >= 3, shape
    assert contrast("call", "bar") >= 1.8


def test_the_violence_criterion_is_printed_once(desk: Village, brief: Brief) -> None:
    criterion = brief.codebook.violence_criterion
    campaign = replace(brief.campaign, reasons=(f"violence criterion: {criterion}", "a reason of its own"))
    page = LexborHTMLParser(render_html(replace(brief, campaign=campaign), desk.redactor))
    box = page.css_first(".aside")
    assert box is not None
    assert box.text().count(criterion) == 1
    assert "a reason of its own" in box.text()


def test_posting_rises_only_where_its_share_of_what_was_collected_does(brief: Brief, desk: Village) -> None:
    page = Page(document(brief, desk.redactor))
    counts = {"burst/before": 10, "burst/during": 20, "archive/before": 100, "archive/during": 200}
    for slot, value in counts.items():
        page.by_slot[slot] = replace(page.by_slot[slot], value=value)
    assert "posting rises" not in headline(page)
    page.by_slot["burst/during"] = replace(page.by_slot["burst/during"], value=21)
    assert "posting rises" in headline(page)
