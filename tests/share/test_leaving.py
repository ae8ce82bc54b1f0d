from __future__ import annotations

import pyarrow as pa
import pytest

from share.invented_findings import ACCOUNTS, DESK, KEY, OTHER_KEY
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.share import ExportPseudonyms, check_columns, export_pseudonyms, findings_csv, leaving_table, new_export_key

PEOPLE = (
    *(
        "handle",
        "handles",
        "author_handle",
        "screen_name",
        "username",
        "user_name",
        "display_name",
        "name",
        "full_name",
    ),
    *(
        "platform_id",
        "account_platform_id",
        "user_id",
        "author_id",
        "phone_number",
        "email",
        "e_mail",
        "text",
        "folded",
    ),
    *("Handle", "DISPLAY_NAME", "first_name", "nickname", "channel_name", "leaf_index", "example_leaf", "religion"),
)


@pytest.mark.parametrize("column", PEOPLE)
def test_columns_that_may_name_people_are_refused_even_when_vouched_for(column: str) -> None:
    table = pa.table({"post_count": [1], column: ["grey"]})
    with pytest.raises(RefusedError, match="never leave the desk"):
        findings_csv(table, KEY, also=[column])


@pytest.mark.parametrize("column", PEOPLE)
def test_columns_hidden_in_nested_values_are_refused(column: str) -> None:
    table = pa.table({"objects": [[{"value": "x", "deeper": {column: "grey"}}]]})
    with pytest.raises(RefusedError, match="never leave the desk"):
        findings_csv(table, KEY, also=["deeper"])


def test_a_column_no_finding_has_leaves_only_when_vouched_for() -> None:
    table = pa.table({"post_count": [1], "tide": ["high"]})
    with pytest.raises(RefusedError, match="tide"):
        findings_csv(table, KEY)
    assert "high" in findings_csv(table, KEY, also=["tide"])


@pytest.mark.parametrize(
    "raw", ["@greylantern", "greylantern", "1234567890", "", ACCOUNTS[0].upper(), ACCOUNTS[0] + "a", "=1+1"]
)
@pytest.mark.parametrize("column", ["account_id", "account_a", "post_id", "channel_id", "example_post_id"])
def test_a_raw_id_in_a_pseudonym_column_is_refused_without_being_quoted(column: str, raw: str) -> None:
    with pytest.raises(RefusedError) as caught:
        findings_csv(pa.table({column: [ACCOUNTS[0], raw]}), KEY)
    assert not raw or raw not in str(caught.value)


def test_platform_ids_as_numbers_are_refused() -> None:
    for table in (pa.table({"account_id": [123456789]}), pa.table({"account_ids": [[123456789]]})):
        with pytest.raises(RefusedError):
            findings_csv(table, KEY)


def test_persons_are_not_ranked() -> None:
    with pytest.raises(RefusedError, match="ranks persons"):
        check_columns(pa.schema([("account_id", pa.string()), ("score", pa.float64())]))


def test_bytes_are_refused() -> None:
    with pytest.raises(RefusedError, match="bytes"):
        findings_csv(pa.table({"objects": [b"grey lantern"]}), KEY)


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["weight", "weight"])
    with pytest.raises(TocsinInputError, match="same name"):
        findings_csv(twice, KEY)


def test_two_exports_share_no_pseudonym_and_one_key_joins() -> None:
    first, again, other = (export_pseudonyms(ACCOUNTS, key) for key in (KEY, KEY, OTHER_KEY))
    assert first == again
    assert not set(first) & set(other)
    assert not set(first) & set(ACCOUNTS)
    assert len(set(first)) == len(ACCOUNTS)


def test_two_exports_do_not_join_by_the_order_of_rows() -> None:
    many = [DESK.account("twitter", str(n)) for n in range(200)]
    rows = {key: findings_csv(pa.table({"account_id": many}), key).split("\r\n")[1:-1] for key in (KEY, OTHER_KEY)}
    assert rows[KEY] == sorted(rows[KEY])
    place = {f'"{made}"': at for at, made in enumerate(export_pseudonyms(many, KEY))}
    other = {f'"{made}"': at for at, made in enumerate(export_pseudonyms(many, OTHER_KEY))}
    same = sum(place[a] == other[b] for a, b in zip(rows[KEY], rows[OTHER_KEY], strict=True))
    assert same < 10


def test_a_pair_is_not_written_in_the_desks_order() -> None:
    pairs = pa.table({"account_a": sorted(ACCOUNTS)[:4], "account_b": sorted(ACCOUNTS)[4:], "weight": [1, 2, 3, 4]})
    out = leaving_table(pairs, ExportPseudonyms(KEY)).to_pylist()
    assert all(row["account_a"] < row["account_b"] for row in out)


def test_an_exported_pseudonym_is_not_taken_for_a_desk_pseudonym() -> None:
    with pytest.raises(RefusedError):
        export_pseudonyms(export_pseudonyms(ACCOUNTS[:1], KEY), KEY)


def test_desk_pseudonyms_inside_texts_are_made_anew() -> None:
    text = findings_csv(pa.table({"reasons": [[f"first posted by {ACCOUNTS[0]}."]]}), KEY)
    assert ACCOUNTS[0] not in text
    assert export_pseudonyms(ACCOUNTS[:1], KEY)[0] in text


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("ask @grey_lantern", "grey_lantern"),
        ("ask \uff20grey_lantern", "grey_lantern"),
        ("see https://t.me/+AbCdEf123", "AbCdEf123"),
        ("see t.me/greylantern", "greylantern"),
        ("see tg://join?invite=AbCd", "AbCd"),
        ("see https://greylantern.example.org/a?b=c", "greylantern"),
        ("see HTTPS://user:pw@example.org/a", "pw"),
        ("write to lamp@velmora.example", "lamp@"),
        ("call +44 20 7946 0000", "7946"),
        ("اكتب @القنديل_الرمادي", "القنديل_الرمادي"),
    ],
)
def test_handles_contacts_and_paths_of_links_are_taken_out_of_texts(written: str, secret: str) -> None:
    for text in (
        findings_csv(pa.table({"objects": [[written]]}), KEY),
        findings_csv(pa.table({"title": [written]}), KEY),
    ):
        assert secret not in text


@pytest.mark.parametrize(
    "kept", ["2015-05-12 12:00", "roadtovelmora", "61 % of 412 posts", "grey_lantern/travel", "a.b", "v1.2"]
)
def test_ordinary_words_and_dates_stay(kept: str) -> None:
    assert kept in findings_csv(pa.table({"title": [kept]}), KEY)


def test_a_key_is_32_bytes_and_never_shown() -> None:
    assert len(new_export_key(lambda count: b"r" * count)) == 32
    assert "first export" not in repr(ExportPseudonyms(KEY))
    with pytest.raises(TocsinInputError):
        ExportPseudonyms(b"short")


def test_dictionary_columns_leave_as_text() -> None:
    table = pa.table({"source": pa.array(["twitter", "twitter"]).dictionary_encode(), "weight": [1, 2]})
    assert leaving_table(table, ExportPseudonyms(KEY)).column("source").to_pylist() == ["twitter", "twitter"]
