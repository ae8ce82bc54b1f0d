"""coordination, bursts and clusters on CSV, JSONL and Parquet, without a desk."""

from __future__ import annotations

import csv
import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.at_the_door import Sample, tocsin

START = datetime(2026, 1, 5, tzinfo=UTC)
TEXT = "The harbour assembly meets on Thursday evening by the old mill"


def village() -> list[dict[str, str]]:
    """Three weeks of everyday posts; on the tenth day a topic bursts, and three accounts share links together."""
    rng = random.Random(7)
    rows = []

    def post(at: datetime, who: str, text: str, topic: str, link: str) -> None:
        rows.append(
            {"nr": f"p{len(rows):04}", "at": at.isoformat(), "who": who, "said": text, "topic": topic, "link": link}
        )

    for hour in range(24 * 21):
        at = START + timedelta(hours=hour, minutes=rng.randrange(60))
        post(
            at,
            f"n{rng.randrange(60)}",
            f"goats {rng.random()} mill {rng.random()}",
            f"t{hour % 7}",
            f"https://a.example/{hour}",
        )
    peak = START + timedelta(days=10, hours=14)
    for number in range(40):
        post(peak + timedelta(minutes=number), f"n{number}", f"{TEXT} {'again' * (number % 2)}", "lantern", "")
    for number in range(6):
        at = START + timedelta(days=2 + number, hours=9)
        for late, who in enumerate(("ana", "ben", "eve")):
            post(
                at + timedelta(seconds=3 * late),
                who,
                f"look {rng.random()} {rng.random()}",
                "links",
                f"https://b.example/{number}",
            )
    return rows


def written(rows: list[dict[str, str]], file: Path) -> Path:
    """The rows as a file, by its ending."""
    if file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), file)
    elif file.suffix in (".csv", ".tsv"):
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0], delimiter="\t" if file.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        file.write_bytes(gzip.compress(lines) if file.suffix == ".gz" else lines)
    return file


@pytest.fixture(params=["v.csv", "v.tsv", "v.jsonl", "v.jsonl.gz", "v.parquet"])
def file(request, tmp_path) -> Path:
    return written(village(), tmp_path / request.param)


COLUMNS = ("--account", "who", "--object", "link", "--content", "nr", "--time", "at", "--window-s", "10")


def edges(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))


def test_coordination_writes_two_accounts_and_a_weight(file, tmp_path):
    answer = tocsin("coordination", file, *COLUMNS, "-o", tmp_path / "edges.csv", "--raw-ids", "--json")
    told = answer.json()
    assert (answer.code, told["edges"], told["accounts"], told["rows"]) == (0, 3, 3, len(village()))
    header, *rows = edges(tmp_path / "edges.csv")
    assert len(header) == 3
    assert header[2] == "weight"
    assert sorted(rows) == [["ana", "ben", "6"], ["ana", "eve", "6"], ["ben", "eve", "6"]]


def test_accounts_are_pseudonyms_made_anew_each_time(tmp_path):
    file = written(village(), tmp_path / "v.csv")
    seen = []
    for name in ("one.csv", "two.csv"):
        assert tocsin("coordination", file, *COLUMNS, "-o", tmp_path / name).code == 0
        rows = edges(tmp_path / name)[1:]
        seen.append({account for row in rows for account in row[:2]})
        assert {row[2] for row in rows} == {"6"}
    assert len(seen[0]) == len(seen[1]) == 3
    assert not seen[0] & seen[1]
    assert not {"ana", "ben", "eve"} & (seen[0] | seen[1])


def test_participation_window_quantile_and_layers_count(tmp_path):
    file = written(village(), tmp_path / "v.csv")

    def weights(*more: object) -> list[int]:
        answer = tocsin("coordination", file, *COLUMNS[:-1], *more, "-o", tmp_path / "e.csv", "--raw-ids")
        assert answer.code == 0, answer.err
        return sorted(int(row[2]) for row in edges(tmp_path / "e.csv")[1:])

    assert weights(10, "--min-participation", 6) == [6, 6, 6]
    assert weights(10, "--min-participation", 7) == []
    assert weights(3) == [6, 6]
    assert weights(2) == []
    assert weights(10, "--object", "topic") == [12, 12, 12]
    assert len(weights(10, "--edge-quantile", 1)) <= 3


def test_raw_ids_do_not_work_with_a_desk(demo: Sample, tmp_path, monkeypatch):
    file = written(village(), tmp_path / "v.csv")
    out = ("-o", tmp_path / "e.csv", "--raw-ids")
    assert tocsin("coordination", file, *COLUMNS, *out, "--desk", demo.desk).code == 2
    monkeypatch.setenv("TOCSIN_DESK", str(demo.desk))
    assert tocsin("coordination", file, *COLUMNS, *out).code == 2
    monkeypatch.delenv("TOCSIN_DESK")
    posts = next((demo.desk / "tables" / "posts").glob("*.parquet"))
    columns = ("--account", "account_id", "--object", "text_key", "--content", "post_id", "--time", "posted_at", "--window-s", "10")  # fmt: skip
    refused = tocsin("coordination", posts, *columns, *out)
    assert (refused.code, "desk" in refused.err) == (2, True)
    assert not (tmp_path / "e.csv").exists()
    assert tocsin("coordination", posts, *columns, "-o", tmp_path / "e.csv").code == 0
    assert "exact comparison" in " ".join(tocsin("coordination", "--help").out.split())


def test_bursts_of_a_key_with_and_without_post_ids(file):
    answer = tocsin("bursts", file, "--time", "at", "--key", "topic", "--id", "nr")
    assert answer.code == 0, answer.err
    found = {line["key"]: line for line in answer.lines()}
    burst = found["lantern"]
    assert set(burst) == {"key", "start_at", "end_at", "peak_at", "post_count", "expected_count", "q_value", "post_ids"}
    assert burst["start_at"].startswith("2026-01-15T14:0")
    assert burst["post_count"] == 40
    assert burst["expected_count"] < 5
    assert burst["q_value"] < 0.001
    assert burst["post_ids"] == [row["nr"] for row in village() if row["topic"] == "lantern"]
    assert not {f"t{day}" for day in range(7)} & set(found)
    bare = tocsin("bursts", file, "--time", "at", "--key", "topic", "--json").lines()
    assert set(bare[0]) == {"key", "start_at", "end_at", "peak_at", "post_count", "expected_count", "q_value"}


def test_bursts_of_words(tmp_path):
    file = written(village(), tmp_path / "v.csv")
    keys = {line["key"] for line in tocsin("bursts", file, "--time", "at", "--text", "said").lines()}
    assert {"harbour", "assembly"} <= keys
    assert "goats" not in keys


def test_clusters_name_their_posts_largest_first(file):
    answer = tocsin("clusters", file, "--id", "nr", "--text", "said")
    lines = answer.lines()
    assert all(set(line) == {"cluster_id", "post_ids", "post_count"} for line in lines)
    assert [line["post_count"] for line in lines] == sorted((line["post_count"] for line in lines), reverse=True)
    assert lines[0]["post_ids"] == [row["nr"] for row in village() if row["topic"] == "lantern"]


def test_arabic_spelling_variants_of_one_sentence_are_one_cluster(tmp_path):
    variants = [
        "الطريق إلى فيلمورا مفتوح لكل من يقدر على الوقوف",
        "الطريق الى فيلمورا مفتوح لكل من يقدر علي الوقوف",
        "الطَّريقُ إلـــى فيلمورا مفتوحٌ لكلّ مَن يقدر على الوقوف",
    ]
    rows = [
        {"id": str(n), "text": text}
        for n, text in enumerate([*variants, "سوق الماعز يفتح ظهر الخميس في الميدان القديم"])
    ]
    file = written(rows, tmp_path / "a.jsonl")
    assert [line["post_ids"] for line in tocsin("clusters", file, "--id", "id", "--text", "text").lines()] == [
        ["0", "1", "2"]
    ]


def test_clusters_are_the_same_whatever_the_order_of_the_rows(tmp_path):
    rows = village()
    first = tocsin("clusters", written(rows, tmp_path / "a.csv"), "--id", "nr", "--text", "said").lines()
    random.Random(3).shuffle(rows)
    second = tocsin("clusters", written(rows, tmp_path / "b.csv"), "--id", "nr", "--text", "said").lines()

    def sets(lines: list[dict]) -> dict[str, set[str]]:
        return {line["cluster_id"]: set(line["post_ids"]) for line in lines}

    assert sets(first) == sets(second)


NOTATIONS = {
    "iso with a zone": lambda at: at.astimezone().isoformat(),
    "iso in z": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso without a zone": lambda at: at.strftime("%Y-%m-%d %H:%M:%S"),
    "iso with half a zone": lambda at: (at + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30"),
    "seconds": lambda at: str(int(at.timestamp())),
    "seconds with a fraction": lambda at: f"{at.timestamp():.3f}",
    "milliseconds": lambda at: str(int(at.timestamp() * 1000)),
    "microseconds": lambda at: str(int(at.timestamp() * 1_000_000)),
    "nanoseconds": lambda at: str(int(at.timestamp()) * 1_000_000_000),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_times_are_read_in_every_notation(tmp_path, notation):
    rows = [{**row, "at": NOTATIONS[notation](datetime.fromisoformat(row["at"]))} for row in village()]
    for name in ("v.csv", "v.jsonl"):
        answer = tocsin("bursts", written(rows, tmp_path / name), "--time", "at", "--key", "topic", "--id", "nr")
        burst = next(line for line in answer.lines() if line["key"] == "lantern")
        assert (burst["start_at"], burst["post_count"]) == ("2026-01-15T14:00:00Z", 40)
        assert answer.err == ""


def test_damaged_records_are_counted_and_do_not_lose_their_neighbours(tmp_path):
    rows = village()
    file = written(rows, tmp_path / "v.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    lines[3:3] = [b"{not json\n", b"[1, 2]\n", b'{"other": 1}\n', b'{"nr": "bad", "topic": "\xff"}\n']
    file.write_bytes(b"".join(lines))
    answer = tocsin("bursts", file, "--time", "at", "--key", "topic", "--id", "nr")
    assert {line["key"]: line["post_count"] for line in answer.lines()}["lantern"] == 40
    assert "cannot be read: 4 records" in answer.err
    table = written(rows, tmp_path / "v.csv")
    table.write_bytes(
        table.read_bytes() + b"p1,too,few\n" + b"p2,\xff\xfe,a,b,c,d\n" + b'p3,2026-01-20,who,"a\nb",t,l\r\n'
    )
    answer = tocsin("bursts", table, "--time", "at", "--key", "topic", "--id", "nr")
    assert {line["key"]: line["post_count"] for line in answer.lines()}["lantern"] == 40
    assert "cannot be read: 2 records" in answer.err


def test_times_that_cannot_be_read_are_counted(tmp_path):
    rows = village()
    for row in rows[:5]:
        row["at"] = "last week"
    for row, odd in zip(
        rows[5:], ("", "1e300", "inf", "nan", "99999999999999999999", "-1e19", "294247-01-01"), strict=False
    ):
        row["at"] = odd
    answer = tocsin("bursts", written(rows, tmp_path / "v.csv"), "--time", "at", "--key", "topic")
    assert answer.code == 0
    assert f"time cannot be read: 12 of {len(rows)} rows" in answer.err


def test_an_id_that_changes_its_type_late_in_a_file_is_kept(tmp_path):
    # A reader that guesses types from the first lines blanks what does not fit later.
    rows = [{"id": number, "text": f"{TEXT}"} for number in range(21_000)] + [{"id": "x-1", "text": TEXT}]
    line = tocsin("clusters", written(rows, tmp_path / "v.jsonl"), "--id", "id", "--text", "text").json()
    assert line["post_count"] == 21_001
    assert line["post_ids"][-1] == "x-1"


def test_output_may_be_a_pipe(tmp_path):
    file = written(village(), tmp_path / "v.csv")
    answer = tocsin("coordination", file, *COLUMNS, "-o", "/dev/null")
    assert answer.code == 0
    assert Path("/dev/null").is_char_device()
