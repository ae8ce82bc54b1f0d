"""collect: what it answers, what it reads, what it refuses and what it logs."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pytest

from cli.at_the_door import CAST, EXPORTS, ROWS, new_desk, tocsin, truth
from tocsin.archive import snapshot
from tocsin.archive.tiles import Log

COUNTS = ("read", "stored", "duplicate", "quarantined")
KEYS = {"captures", *COUNTS, "versions", "other_records", "sources", "refused", "certificate"}
PRIVATE = CAST / "private_sample" / "whatsapp_chat.txt"


@pytest.fixture
def desk(tmp_path) -> Path:
    return new_desk(tmp_path / "desk")


def statements(desk: Path) -> list[dict[str, object]]:
    """Every statement of the log that is not about a post."""
    log = Log(desk / "log", snapshot(desk).log_size)
    said = [json.loads(entry) for _, entry in log.all_entries()]
    return [each for each in said if each["type"] != "post"]


def adds_up(told: dict) -> None:
    assert told["read"] == told["stored"] + told["duplicate"] + told["quarantined"]
    for counts in told["sources"].values():
        assert set(counts) == set(COUNTS)
        assert counts["read"] == counts["stored"] + counts["duplicate"] + counts["quarantined"]
    for name in COUNTS:
        assert told[name] == sum(counts[name] for counts in told["sources"].values())


def test_the_sample_exports_count_as_the_truth_says(demo):
    planted = truth()
    told = json.loads(next((demo.desk / "certificates").glob("*.json")).read_text(encoding="utf-8"))
    assert {name: told["totals"][name] for name in (*COUNTS, "versions")} == {
        name: planted["total"][name] for name in (*COUNTS, "versions")
    }


def test_the_answer_has_exactly_the_promised_keys_and_adds_up(desk):
    answer = tocsin(
        "collect", EXPORTS / "notice_board.csv", EXPORTS / "rocketchat_harbour_room.json", "--desk", desk, "--json"
    )
    told = answer.json()
    assert set(told) == KEYS
    adds_up(told)
    planted = truth()["files"]
    assert told["captures"] == 2
    for name in COUNTS:
        assert told["sources"]["table"][name] == planted["notice_board.csv"][name]
        assert told["sources"]["rocketchat"][name] == planted["rocketchat_harbour_room.json"][name]
    assert told["other_records"] == planted["rocketchat_harbour_room.json"]["not_posts"]
    certificate = Path(told["certificate"])
    assert certificate.is_file()
    assert json.loads(certificate.with_suffix(".json").read_text(encoding="utf-8"))["totals"]["read"] == told["read"]


def packed(kind: str, folder: Path) -> tuple[Path, bytes]:
    """The rows as the kind of input a user may hand over, and what goes to stdin."""
    rows = ROWS.encode()
    plain = folder / "posts.csv"
    if kind == "file":
        plain.write_bytes(rows)
        return plain, b""
    if kind == "folder":
        (folder / "exports" / "deep").mkdir(parents=True)
        (folder / "exports" / "deep" / "posts.csv").write_bytes(rows)
        (folder / "exports" / ".hidden.csv").write_bytes(rows)
        return folder / "exports", b""
    if kind == "gz":
        made = folder / "posts.csv.gz"
        made.write_bytes(gzip.compress(rows))
        return made, b""
    if kind == "zst":
        made = folder / "posts.csv.zst"
        made.write_bytes(pa.compress(rows, codec="zstd", asbytes=True))
        return made, b""
    if kind == "zip":
        made = folder / "posts.zip"
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("inside/posts.csv", rows)
        return made, b""
    return Path("-"), gzip.compress(rows) if kind == "stdin gz" else rows


@pytest.mark.parametrize("kind", ["file", "folder", "gz", "zst", "zip", "stdin", "stdin gz"])
def test_every_way_of_handing_over_gives_the_same_posts(desk, tmp_path, kind):
    path, stdin = packed(kind, tmp_path)
    answer = tocsin("collect", path, "--desk", desk, "--json", stdin=stdin)
    told = answer.json()
    assert (answer.code, told["read"], told["stored"]) == (0, 2, 2), answer.err
    assert told["sources"] == {"table": {"read": 2, "stored": 2, "duplicate": 0, "quarantined": 0}}
    again = tocsin("collect", path, "--desk", desk, "--json", stdin=stdin).json()
    assert (again["stored"], again["duplicate"]) == (0, 2)


def test_columns_are_mapped_and_a_source_is_named(desk, tmp_path):
    table = tmp_path / "odd.csv"
    table.write_text("nr;wann;wer;was\n7;2026-01-05T08:00:00Z;ana;Goats at the market\n", encoding="utf-8")
    refused = tocsin("collect", table, "--desk", desk)
    assert refused.code == 2
    assert "--map" in refused.err
    mapped = [part for pair in ("id=nr", "posted_at=wann", "account=wer", "text=was") for part in ("--map", pair)]
    told = tocsin("collect", table, *mapped, "--source", "forum", "--desk", desk, "--json").json()
    assert told["sources"] == {"forum": {"read": 1, "stored": 1, "duplicate": 0, "quarantined": 0}}
    found = tocsin("search", "goats", "--desk", desk, "--json").json()
    assert (found["source"], found["posted_at"]) == ("forum", "2026-01-05T08:00:00Z")


def test_an_unknown_file_gets_a_helpful_error(desk, tmp_path):
    unknown = tmp_path / "holiday.bin"
    unknown.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    answer = tocsin("collect", unknown, "--desk", desk, "--json")
    assert answer.code == 2
    error = answer.json()["error"]
    for part in ("holiday.bin", "a PNG image", "twitter-v2", "--map", "tocsin sources"):
        assert part in error
    assert error.count("holiday.bin") == 1


def test_neighbours_of_an_unreadable_file_are_read_and_it_is_named(desk, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "posts.csv").write_text(ROWS, encoding="utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50))
    answer = tocsin("collect", folder, "--desk", desk, "--json")
    told = answer.json()
    assert (answer.code, told["stored"]) == (0, 2)
    assert [item["name"] for item in told["refused"]] == ["exports/photo.jpg"]
    named = tocsin("collect", folder / "posts.csv", folder / "photo.jpg", folder / "none", "--desk", desk, "--json")
    assert named.code == 2
    assert [item["name"] for item in named.json()["refused"]] == ["photo.jpg", "none"]
    assert named.json()["duplicate"] == 2
    empty_stdin = tocsin("collect", folder / "posts.csv", "-", "--desk", desk, "--json")
    assert (empty_stdin.code, empty_stdin.json()["refused"][0]["name"]) == (2, "stdin")


def test_file_names_that_are_no_text_are_read_all_the_same(desk, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "caf\udce9.csv").write_text(ROWS, encoding="utf-8")
    (folder / "\udcff.bin").write_bytes(bytes(9))
    answer = tocsin("collect", folder, "--desk", desk, "--json")
    assert (answer.code, answer.json()["stored"]) == (0, 2)
    assert tocsin("verify", "--desk", desk).code == 0


def test_an_empty_path_does_not_mean_the_folder_one_happens_to_be_in(desk, tmp_path, monkeypatch):
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = tocsin("collect", "", "--desk", desk)
    assert (answer.code, "empty" in answer.err) == (2, True)
    assert snapshot(desk).rows("posts") == 0
    assert tocsin("report", "", "-o", "report.html").code == 2
    assert not (tmp_path / "report-desk").exists()


@pytest.mark.parametrize("stated", [(), ("--private-ok", "exercise"), ("--my-role", "trainee"), ("--private-ok", " ", "--my-role", "x")])  # fmt: skip
def test_private_material_is_refused_without_reason_and_role(desk, stated):
    answer = tocsin("collect", PRIVATE, *stated, "--desk", desk)
    assert answer.code == 2
    assert "--private-ok REASON --my-role TEXT" in answer.err
    assert snapshot(desk).rows("posts") == 0
    assert statements(desk) == []


def test_who_says_they_may_read_private_material_is_in_the_log(desk):
    reason, role = "دراسة 50% \u202ax", "chercheuse à l'école"
    answer = tocsin("collect", PRIVATE, "--private-ok", reason, "--my-role", role, "--desk", desk, "--json")
    assert (answer.code, answer.json()["read"] > 0) == (0, True), answer.err
    said = [each for each in statements(desk) if each["type"] == "private_ok"]
    assert len(said) == 1
    assert unquote(str(said[0]["reason"])) == reason
    assert unquote(str(said[0]["role"])) == role
    assert said[0]["at"]
    # It stands before the capture it speaks for, and the desk still verifies with it in the log.
    assert [each["type"] for each in statements(desk)[:3]] == ["staff", "private_ok", "capture"]
    assert statements(desk)[1]["by"] == statements(desk)[0]["by"]
    assert tocsin("verify", "--desk", desk).code == 0
    audiences = snapshot(desk).read("posts", ["audience"])["audience"].to_pylist()
    assert set(audiences) == {"private"}


def test_a_plain_import_states_nothing_and_a_long_reason_is_refused(desk, tmp_path):
    table = tmp_path / "posts.csv"
    table.write_text(ROWS, encoding="utf-8")
    assert tocsin("collect", table, "--desk", desk).code == 0
    assert [each for each in statements(desk) if each["type"] == "private_ok"] == []
    assert tocsin("collect", table, "--private-ok", "x" * 1001, "--my-role", "y", "--desk", desk).code == 2


def test_limited_posts_wait_for_a_reason_and_come_in_with_one(desk, tmp_path):
    table = tmp_path / "posts.csv"
    table.write_text("id,created_at,author_id,text,audience\n1,2026-01-05T08:00:00Z,ana,Goats,private\n2,2026-01-05T08:00:00Z,ben,Rain,public\n", encoding="utf-8")  # fmt: skip
    told = tocsin("collect", table, "--desk", desk, "--json").json()
    assert (told["stored"], told["quarantined"]) == (1, 1)
    adds_up(told)
    told = tocsin("collect", table, "--private-ok", "exercise", "--my-role", "trainee", "--desk", desk, "--json").json()
    assert (told["stored"], told["duplicate"], told["quarantined"]) == (1, 1, 0)


def test_ambiguous_dates_are_settled_by_the_option(tmp_path):
    table = tmp_path / "posts.csv"
    table.write_text("id,created_at,author_id,text\n1,03/04/2026 10:00,ana,Goats at the market\n", encoding="utf-8")
    for order, day in (("dmy", "2026-04-03"), ("mdy", "2026-03-04")):
        desk = new_desk(tmp_path / order)
        told = tocsin("collect", table, "--date-order", order, "--time-zone", "Africa/Cairo", "--desk", desk, "--json")
        assert told.code == 0, told.err
        assert tocsin("search", "goats", "--desk", desk, "--json").json()["posted_at"].startswith(day)


def test_what_was_odd_about_records_that_were_read_stands_in_the_certificate(desk, tmp_path):
    file = tmp_path / "odd.jsonl"
    row = '{"id":"%s","created_at":"2026-01-05T08:00:00Z","author_id":"a","text":"%s"}\n'
    twice = '{"id":"o3","created_at":"2026-01-05T08:00:00Z","author_id":"a","text":"goats","text":"bread"}\n'
    file.write_bytes((row % ("o1", "goats") + row % ("o2", "half \\ud83d")).encode() + twice.encode())
    answer = tocsin("collect", file, "--desk", desk, "--json").json()
    assert (answer["stored"], answer["quarantined"]) == (3, 0)
    told = Path(answer["certificate"]).read_text("utf-8")
    assert "Read, but odd" in told
    assert "line 2, byte" in told
    assert "line 3, byte" in told
    assert "bread" not in told
    assert tocsin("verify", "--desk", desk).code == 0


def test_text_in_a_declared_encoding_is_read_and_never_guessed(desk, tmp_path):
    file = tmp_path / "cairo.csv"
    rows = [
        f"{n},2026-01-05T08:00:00Z,a{n},\u0633\u0648\u0642 \u0627\u0644\u0642\u0631\u064a\u0629 {n}" for n in range(40)
    ]
    file.write_bytes(("id,created_at,author_id,text\n" + "\n".join(rows) + "\n").encode("windows-1256"))
    refused = tocsin("collect", file, "--desk", desk)
    assert (refused.code, "--encoding" in refused.err) == (2, True)
    answer = tocsin("collect", file, "--desk", desk, "--encoding", "windows-1256", "--json")
    assert answer.json()["stored"] == 40
    assert "\u0633\u0648\u0642" in snapshot(desk).read("posts", ["text"])["text"][0].as_py()
