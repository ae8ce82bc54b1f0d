from __future__ import annotations

import io
import logging
from typing import Any

import pytest

from tocsin.records.errors import EvidenceError
from tocsin.web import application
from tocsin.web.settings import PlaceOnly
from web.conftest import client_of
from web.invented_desk import REPORT, InventedDesk, campaign, desk, info, trend


def page(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode("utf-8").split())


def test_the_floor_says_what_there_is(client: Any) -> None:
    text = page(client, "/")
    for words in (
        "3,120 posts on this desk",
        "Calls to the armed vigil at Velmora",
        "412",
        "61%",
        "Tarn dock strike",
        "confirmed",
    ):
        assert words in text
    assert '<a href="/campaigns/lantern-1">' in text


def test_the_floor_adds_captures_up(client: Any) -> None:
    text = page(client, "/")
    for number, name in (("2,406", "read"), ("2,300", "stored"), ("100", "duplicate"), ("6", "quarantined")):
        assert f"{name}</dt><dd>{number}</dd>" in text


def test_trends_are_counts_without_a_link_or_an_account(client: Any, invented: InventedDesk) -> None:
    text = page(client, "/")
    trends = text[text.index('id="trends"') : text.index('id="latest"')]
    assert "<a " not in trends
    assert client.get("/campaigns/" + invented.trends_[0].trend_id).status_code == 404
    assert not any(account in text for group in invented.campaigns_[0].groups for account in group.account_ids)


def test_a_campaign_page_shows_bursts_narratives_groups_destinations_and_reasons(client: Any) -> None:
    text = page(client, "/campaigns/lantern-1")
    for words in (
        "19.2 times the expected 12.5",
        "3 hours after <bdi>“Tarn bridge closed”",
        "Group of 36 accounts",
        "Posted the same tag, link and text within 1 minute",
        "and 12 more",
        "61% of its posts call to travel",
        "Links to <bdi>lantern[.]example",
        "Velmora",
        "read by two analysts",
        "a formula used widely",
        "The example cannot be shown: it was erased.",
    ):
        assert words in text, words


def test_shared_links_of_a_group_are_not_on_the_page(client: Any) -> None:
    assert "secretinvite" not in page(client, "/campaigns/lantern-1")


def test_examples_carry_their_language_and_find_their_own_direction(client: Any) -> None:
    text = page(client, "/campaigns/lantern-1")
    assert '<blockquote dir="auto" lang="ar">أيها الإخوة، الطريق إلى فيلمورا مفتوح.' in text
    assert '<blockquote dir="auto" lang="am">ግራጫ ፋኖስ' in text
    assert "The road to Velmora is open.<br>The Grey Lantern" in text


def test_a_campaign_links_its_own_reports(client: Any) -> None:
    text = page(client, "/campaigns/lantern-1")
    assert text.count("Read the report") == 1
    assert 'href="/reports/velmora.html"' in text


def test_a_report_is_served_as_written_in_a_sandbox(client: Any) -> None:
    answer = client.get("/reports/velmora.html")
    assert answer.content.decode("utf-8") == REPORT
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Security-Policy"].startswith(
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )


def test_a_report_that_has_gone_is_missing(invented: InventedDesk, client: Any) -> None:
    entry, _ = invented.reports_["velmora.html"]
    invented.reports_["velmora.html"] = (entry, None)
    assert client.get("/reports/velmora.html").status_code == 404


def test_certificates_say_what_was_read_and_assumed(client: Any) -> None:
    text = page(client, "/certificates")
    for words in (
        "1,203",
        "without a zone, taken as UTC: 50",
        "deleted: 4",
        "<bdi>no date</bdi>: 3",
        "1.8 MB",
        "<dt>Collected</dt><dd>not known",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("path", "empty", "words"),
    [
        ("/", InventedDesk(info_=info(post_count=0, detected=False)), "tocsin collect FILES"),
        ("/", InventedDesk(info_=info(detected=False)), "Nobody has looked yet"),
        ("/", InventedDesk(), "No campaign was found"),
        ("/reports", InventedDesk(), "Write one with <code>tocsin report</code>"),
        ("/certificates", InventedDesk(), "tocsin sources"),
    ],
)
def test_an_empty_page_says_what_to_do_next(path: str, empty: InventedDesk, words: str) -> None:
    assert words in page(client_of(empty), path)


def test_a_campaign_without_a_report_says_how_to_write_one(invented: InventedDesk, client: Any) -> None:
    invented.reports_.clear()
    assert "tocsin report <bdi>lantern-1</bdi>" in page(client, "/campaigns/lantern-1")


def test_long_lists_are_cut_and_say_so(invented: InventedDesk, client: Any) -> None:
    invented.campaigns_ = [campaign(campaign_id=f"c{number}") for number in range(230)]
    invented.trends_ = [trend("Osk", 9, number) for number in range(215)]
    text = page(client, "/")
    assert text.count("<article") == 200
    assert "30 more campaigns" in text
    assert "15 more trends" in text


def test_a_known_error_is_shown_with_its_next_step_and_headers(invented: InventedDesk, client: Any) -> None:
    invented.error = EvidenceError("chunk 3 does not verify <b>", next_step="run tocsin verify")
    answer = client.get("/")
    assert answer.status_code == 500
    assert "chunk 3 does not verify &lt;b&gt;; run tocsin verify" in answer.content.decode()


def test_an_unforeseen_error_tells_neither_page_nor_log_what_was_read(invented: InventedDesk, client: Any) -> None:
    invented.error = ValueError("secret words of a post")
    heard = io.StringIO()
    (handler,) = (one for one in logging.getLogger("django.request").handlers if isinstance(one.formatter, PlaceOnly))
    before = handler.setStream(heard)  # type: ignore[attr-defined]
    try:
        answer = client.get("/")
    finally:
        handler.setStream(before)  # type: ignore[attr-defined]
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert "secret" not in heard.getvalue()
    assert heard.getvalue().startswith("web: a page failed with ValueError at invented_desk.py:")


def test_pages_are_not_logged(client: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    for path in ("/", "/campaigns/lantern-1", "/nowhere"):
        client.get(path)
    client.get("/", HTTP_HOST="velmora.example")
    assert caplog.records == []
    assert "".join(capfd.readouterr()) == ""


def test_two_desks_in_one_process_do_not_mix() -> None:
    first, second = client_of(desk()), client_of(InventedDesk(info_=info("other desk")))
    assert "Velmora" in page(first, "/")
    assert "Velmora" not in page(second, "/")
    assert "other desk" in page(second, "/")


def test_settings_are_safe_whatever_the_environment() -> None:
    application(desk())
    from django.conf import settings

    assert settings.DEBUG is False
    assert len(settings.SECRET_KEY) >= 60
    assert settings.DATABASES.keys() <= {"default"}
    assert settings.INSTALLED_APPS == []
    assert set(settings.ALLOWED_HOSTS) == {"127.0.0.1", "localhost", "[::1]"}
