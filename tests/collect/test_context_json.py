"""What a reader learned is kept and comes back the same, for every reader there is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.collect import ReadContext, readers
from tocsin.collect.context_json import DETAILS, context_of, context_text
from tocsin.collect.rocketchat import RocketChatDetails
from tocsin.collect.table import TableDetails
from tocsin.collect.table_parquet import ParquetLayout
from tocsin.collect.telegram import TelegramChat, TelegramDetails
from tocsin.collect.twitter_v1 import TwitterV1Details
from tocsin.collect.twitter_v2 import TwitterV2Details
from tocsin.collect.whatsapp import WhatsAppDetails
from tocsin.records.errors import TocsinError
from tocsin.records.posts import Audience, CaptureNote

LEARNED = {
    "empty": None,
    "rocketchat-history": RocketChatDetails("pages", Audience.PRIVATE, "the square"),
    "table": TableDetails(
        "parquet", (("id", "nr"),), "dmy", (), ";", ParquetLayout(9, 4, b"\x00\xff", ("nr",), ((4, 0, 2, ""),))
    ),
    "telegram-desktop": TelegramDetails({"/chats/list/0": TelegramChat("1", "half a pair \ud83d", "public_channel")}),
    "twitter-v1": TwitterV1Details("lines"),
    "twitter-v2": TwitterV2Details("document"),
    "whatsapp-txt": WhatsAppDetails(None),
}


def test_every_reader_is_listed():
    assert set(DETAILS) == {reader.manifest.format for reader in readers()} | {"empty"} == set(LEARNED)


@pytest.mark.parametrize("name", LEARNED)
def test_a_context_comes_back_the_same(name):
    note = CaptureNote("paper", "mill", None, datetime(2026, 1, 5, 8, tzinfo=UTC), ("suspended: 2",))
    learned = ReadContext(name, "paper", note, True, "Europe/Vienna", LEARNED[name])
    assert context_of(context_text(learned)) == learned
    assert context_text(learned).isascii()


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"format":"table","details":{"shape":"other"}}'])
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(TocsinError, match="does not fit"):
        context_of(text)


def test_details_of_another_reader_are_refused():
    with pytest.raises(TocsinError, match="cannot be kept"):
        context_text(ReadContext("table", "paper", CaptureNote("paper"), details=WhatsAppDetails(None)))
