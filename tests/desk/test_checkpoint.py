"""The head of the log at the command line: shown, published, timestamped by a real authority, or pending."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.authority import Authority, answering, authority, openssl_agrees
from cli.at_the_door import ROWS, Answer, new_desk, tocsin
from tocsin.archive import desk_info
from tocsin.archive.notes import opened_checkpoint
from tocsin.archive.timestamp_answers import timestamp_request

needs_openssl = pytest.mark.needs_openssl


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with two posts."""
    made = new_desk(tmp_path / "desk")
    collected(made, ROWS)
    return made


def collected(desk: Path, rows: str) -> None:
    file = desk.parent / "rows.csv"
    file.write_text(rows)
    answer = tocsin("collect", file, "--desk", desk)
    assert answer.code == 0, answer.err


@pytest.fixture
def clock_of_osk(tmp_path: Path) -> Authority:
    return authority(tmp_path / "authority")


@pytest.fixture
def running(clock_of_osk: Authority) -> Iterator[Authority]:
    with answering(clock_of_osk):
        yield clock_of_osk


def stamp(desk: Path, one: Authority, *more: object, url: str = "") -> Answer:
    return tocsin("timestamp", "--desk", desk, "--url", url or one.url, "--ca", one.ca_file, *more)


def status(desk: Path) -> dict[str, list[dict[str, object]]]:
    answer = tocsin("timestamp", "--status", "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    return answer.json()


def shown(desk: Path) -> dict[str, object]:
    answer = tocsin("checkpoint", "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    return answer.json()


# checkpoint


def test_checkpoint_shows_the_signed_head(desk):
    head = shown(desk)
    signed = opened_checkpoint(str(head["note"]), desk_info(desk).verifier)
    assert head["size"] == signed.size > 2
    assert head["vkey"] == desk_info(desk).vkey
    assert head["timestamp"] == "none"
    plain = tocsin("checkpoint", "--desk", desk)
    assert plain.code == 0
    for told in (str(head["root"]), str(head["vkey"]), str(head["changed_at"]), "none for this head"):
        assert told in plain.out


def test_an_empty_desk_has_a_head_too(tmp_path):
    head = shown(new_desk(tmp_path / "desk"))
    assert (head["size"], head["timestamp"]) == (0, "none")


def test_publish_writes_the_signed_note_and_nothing_else(desk, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    answer = tocsin("checkpoint", "--desk", desk, "--publish", out / "head.txt")
    assert answer.code == 0
    assert [path.name for path in out.iterdir()] == ["head.txt"]
    note = (out / "head.txt").read_bytes()
    assert note == (desk / "log" / "checkpoint").read_bytes()
    assert opened_checkpoint(note, desk_info(desk).verifier).size == shown(desk)["size"]
    assert "how many entries" in answer.out
    before = (out / "head.txt").read_bytes()
    collected(desk, ROWS.replace("1,2026", "3,2026"))
    assert (out / "head.txt").read_bytes() == before  # publishing is an act, never a consequence


def test_a_head_is_not_published_into_the_desk_or_nowhere(desk, tmp_path):
    for place in (desk / "log" / "checkpoint", desk / "head.txt", tmp_path / "no" / "head.txt", tmp_path):
        answer = tocsin("checkpoint", "--desk", desk, "--publish", place)
        assert answer.code == 2
        assert "--publish" in answer.err
    assert not (desk / "head.txt").exists()


def test_a_head_that_does_not_fit_the_log_is_neither_shown_nor_published(desk, tmp_path):
    tile = max((desk / "log" / "tile" / "0").glob("000.p/*"), key=lambda path: int(path.name))
    changed = bytearray(tile.read_bytes())
    changed[5] ^= 1
    tile.write_bytes(changed)
    answer = tocsin("checkpoint", "--desk", desk, "--publish", tmp_path / "head.txt")
    assert answer.code == 4
    assert "does not give the root of its signed head" in answer.err
    assert not (tmp_path / "head.txt").exists()


def test_help_says_what_a_published_head_tells():
    said = " ".join(tocsin("checkpoint", "--help").out.split())
    assert "The log is private" in said
    assert "Publishing the head is a choice" in said
    assert "how many entries" in said


# timestamp


@needs_openssl
def test_a_good_answer_is_kept_stated_and_checked_by_openssl_too(desk, running):
    size = shown(desk)["size"]
    answer = stamp(desk, running)
    assert (answer.code, answer.err) == (0, "")
    assert f"timestamped  {size:,} entries at" in answer.out
    assert "CN=Clock of Osk,O=Osk Harbour" in answer.out
    assert len(running.asked) == 1
    (one,) = status(desk)["timestamped"]
    here = desk / "log" / "timestamps"
    assert openssl_agrees(here / f"{size}-1.note", desk / str(one["file"]), desk / str(one["ca_file"]))
    head = shown(desk)
    assert (head["timestamp"], head["timestamped_size"], head["size"]) == ("timestamped", size, size + 1)
    assert tocsin("verify", "--desk", desk).code == 0
    again = stamp(desk, running)
    assert (again.code, len(running.asked)) == (0, 1)
    assert "nothing asked" in again.out


@needs_openssl
def test_the_ca_file_is_kept_for_the_next_time_and_asked_for_the_first(desk, running):
    first = tocsin("timestamp", "--desk", desk, "--url", running.url)
    assert (first.code, running.asked) == (2, [])
    assert "--ca FILE" in first.err
    assert stamp(desk, running).code == 0
    collected(desk, ROWS.replace("1,2026", "3,2026"))
    assert tocsin("timestamp", "--desk", desk, "--url", running.url).code == 0
    assert len(status(desk)["timestamped"]) == 2


@needs_openssl
def test_two_authorities_may_state_the_same_log(desk, running, tmp_path):
    other = authority(tmp_path / "other", name="Clock of Tarn", intermediates=1)
    assert stamp(desk, running).code == 0
    with answering(other):
        assert stamp(desk, other).code == 0
    told = [each["authority"] for each in status(desk)["timestamped"]]
    assert told == ["CN=Clock of Osk,O=Osk Harbour", "CN=Clock of Tarn,O=Osk Harbour"]
    assert stamp(desk, running).code == 0
    assert len(running.asked) == 1


@needs_openssl
def test_an_outage_is_pending_with_exit_3_and_the_next_run_ends_it(desk, clock_of_osk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/tsr"
    size = shown(desk)["size"]
    answer = stamp(desk, clock_of_osk, url=url)
    assert (answer.code, answer.out) == (3, "")
    assert "1 checkpoint pending, not timestamped" in answer.err
    head = shown(desk)
    assert (head["timestamp"], head["size"]) == ("pending", size)
    assert "pending since" in tocsin("checkpoint", "--desk", desk).out
    (waiting,) = status(desk)["pending"]
    assert (waiting["size"], status(desk)["timestamped"]) == (size, [])
    assert "did not answer" in str(waiting["reason"])
    plain = tocsin("timestamp", "--status", "--desk", desk)
    assert plain.out.startswith(f"pending      {size} entries since ")
    assert "timestamped" not in plain.out
    in_json = stamp(desk, clock_of_osk, "--json", url=url)
    assert in_json.json()["exit_code"] == 3
    assert len(status(desk)["pending"]) == 1  # tried again, not noted twice
    assert status(desk)["pending"][0]["since"] == waiting["since"]
    assert tocsin("verify", "--desk", desk).code == 0
    with answering(clock_of_osk, port):
        assert stamp(desk, clock_of_osk, url=url).code == 0
    assert status(desk)["pending"] == []
    assert [each["size"] for each in status(desk)["timestamped"]] == [size]


@needs_openssl
def test_what_waited_is_asked_for_along_with_the_head_of_now(desk, clock_of_osk):
    with answering(clock_of_osk) as url:
        clock_of_osk.answer = lambda _: (503, {"Content-Length": "0"}, b"")
        assert stamp(desk, clock_of_osk, url=url).code == 3
        first = shown(desk)["size"]
        collected(desk, ROWS.replace("1,2026", "3,2026"))
        second = shown(desk)["size"]
        assert stamp(desk, clock_of_osk, url=url).code == 3
        assert [each["size"] for each in status(desk)["pending"]] == [first, second]
        clock_of_osk.answer = None
        assert stamp(desk, clock_of_osk, url=url).code == 0
    assert [each["size"] for each in status(desk)["timestamped"]] == [first, second]
    assert status(desk)["pending"] == []


def another_note(one: Authority):
    return lambda _: (200, {"Content-Length": ""}, one.reply(timestamp_request(b"another note\n").der))


def replayed(one: Authority):
    """The answer to an earlier request for the same note: right imprint, old nonce."""
    first: list[bytes] = []

    def answer(request: bytes):
        nonce_at = request.index(b"\x04\x20") + 34 + 2  # the last bytes of the nonce are changed in the first request
        first.append(one.reply(request[: nonce_at + 1] + bytes([request[nonce_at + 1] ^ 1]) + request[nonce_at + 2 :]))
        return 200, {"Content-Length": ""}, first[0]

    return answer


def foreign(one: Authority):
    """Same names, other keys; its answer brings its own root along."""
    other = authority(one.folder.parent / "foreign", name="Clock of Osk")
    other.above = (other.root,)
    return lambda request: (200, {"Content-Length": ""}, other.reply(request))


def expired(one: Authority):
    from datetime import timedelta

    other = authority(one.folder.parent / "expired", by=one.root, ends=timedelta(days=-1))
    return lambda request: (200, {"Content-Length": ""}, other.reply(request))


def refusing(one: Authority):
    one.digests = "sha512"
    return lambda request: (200, {"Content-Length": ""}, one.reply(request))


def cut(one: Authority):
    return lambda request: (200, {}, one.reply(request)[:-40])


FAULTS = {
    "another note": (another_note, "for other bytes"),
    "a replayed answer": (replayed, "nonce"),
    "a foreign authority": (foreign, "does not lead to a certificate of the CA file"),
    "an expired certificate": (expired, "not valid at the time"),
    "a refusal": (refusing, "the authority refused"),
    "a cut answer": (cut, "cut off, damaged"),
    "garbage": (lambda _: lambda _: (200, {"Content-Length": ""}, b"<html>hello</html>"), "no timestamp at all"),
    "nothing": (lambda _: lambda _: (200, {"Content-Length": "0"}, b""), "no timestamp at all"),
    "too much": (lambda _: lambda _: (200, {}, b"\0" * 400_000), "too large"),
    "a redirect": (lambda _: lambda _: (307, {"Location": "http://127.0.0.1:1/"}, b""), "not followed"),
}


@needs_openssl
@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_does_not_count_is_pending_and_never_timestamped(desk, running, fault):
    make, said = FAULTS[fault]
    running.answer = make(running)
    size = shown(desk)["size"]
    answer = stamp(desk, running)
    assert answer.code == 3
    assert said in answer.err
    assert "pending, not timestamped" in answer.err
    told = status(desk)
    assert told["timestamped"] == []
    assert said in str(told["pending"][0]["reason"])
    assert (shown(desk)["timestamp"], shown(desk)["size"]) == ("pending", size)  # nothing was stated in the log
    assert not list((desk / "log" / "timestamps").glob("*.tsr"))
    running.answer, running.digests = None, "sha256"
    assert stamp(desk, running).code == 0
    assert shown(desk)["timestamp"] == "timestamped"


@needs_openssl
def test_a_replaced_timestamp_is_evidence_that_failed(desk, running):
    assert stamp(desk, running).code == 0
    (one,) = status(desk)["timestamped"]
    note = (desk / "log" / "timestamps" / f"{one['size']}-1.note").read_bytes()
    (desk / str(one["file"])).write_bytes(running.reply(timestamp_request(note).der))
    for words in (("timestamp", "--status"), ("checkpoint",), ("verify",)):
        answer = tocsin(*words, "--desk", desk)
        assert answer.code == 4
        assert str(one["file"]) in answer.err


@needs_openssl
def test_without_the_keys_nothing_is_asked_and_the_status_is_told(desk, running, monkeypatch, tmp_path):
    assert stamp(desk, running).code == 0
    collected(desk, ROWS.replace("1,2026", "3,2026"))
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "none"))
    answer = stamp(desk, running)
    assert (answer.code, len(running.asked)) == (2, 1)
    assert "keys" in answer.err
    assert len(status(desk)["timestamped"]) == 1


@needs_openssl
def test_an_import_under_way_is_waited_for_not_while_the_authority_is_asked(desk, running):
    """The desk is free for other writers while the authority thinks."""
    wrote = threading.Event()

    def answer(request: bytes):
        collected(desk, ROWS.replace("1,2026", "3,2026"))
        wrote.set()
        return 200, {"Content-Length": ""}, running.reply(request)

    running.answer = answer
    assert stamp(desk, running).code == 0
    assert wrote.is_set()
    (one,) = status(desk)["timestamped"]
    assert one["leaf"] > one["size"]
    assert shown(desk)["timestamp"] == "none"  # the entries that came meanwhile are not covered
    assert tocsin("verify", "--desk", desk).code == 0


def test_bad_words_are_refused_before_anything_is_noted(desk, tmp_path):
    (tmp_path / "ca.pem").write_text("not a certificate")
    url = ("--url", "http://127.0.0.1:9/")
    for words in ((), (*url, "--status"), ("--url", "ftp://clock.example/"), (*url, "--ca", tmp_path / "ca.pem"),
                  (*url, "--ca", tmp_path / "no.pem"), url):  # fmt: skip
        assert tocsin("timestamp", "--desk", desk, *words).code == 2
    assert not (desk / "log" / "timestamps").exists()


def test_no_other_command_opens_a_connection(desk, monkeypatch):
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", opened)
    for words in (("timestamp", "--status"), ("checkpoint",), ("verify",)):
        assert tocsin(*words, "--desk", desk).code == 0
    assert json.loads(tocsin("timestamp", "--status", "--desk", desk, "--json").out) == {
        "timestamped": [],
        "pending": [],
    }
