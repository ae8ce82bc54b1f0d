"""Whatever is typed or handed over: an error of one paragraph, an exit code, no traceback, no post text."""

from __future__ import annotations

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.at_the_door import STATED, copied_desk, tocsin

SECRET = "secret words of sam_jones_77"
FILES = {
    "bin.csv": bytes(range(256)) * 40,
    "nul.txt": bytes(500),
    "empty.jsonl": b"",
    "cut.json": b'{"messages": [ {"id": 1, "text": "' + SECRET.encode(),
    "bad.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00xxxx",
    "bad.zst": b"\x28\xb5\x2f\xfdxxxx",
    "bad.zip": b"PK\x03\x04xxxx",
    "bad.parquet": b"PAR1xxxx",
    "lines.jsonl": b'{"id":"1","text":"ok"}\n' + SECRET.encode() + b"\n",
    "array.jsonl": b"[1, 2]\n3\n",
    "odd.csv": b"id,when,who,obj\n1,1e300,a,o\n2,inf,b,o\n3,nan,c,o\n",
    "good.csv": b"id,when,who,body\n1,2026-01-05T00:00:00Z,a,hello there\n2,2026-01-05T00:00:03Z,b,hello there\n",
    "headless.csv": f"17,2026-01-05,sam_jones_77,{SECRET} my friends\n".encode() * 3,
    "wide.csv": b"id,text\n1," + b"x" * 3_000_000 + b"\n",
    "latin.csv": "id,text\n1,café\n".encode("latin-1"),
    "chat.txt": f"12/02/2015, 21:04 - Sam: {SECRET}\n13/02/2015, 21:04 - Sam: {SECRET}\n".encode(),
    "events.csv": b"when,what\n1,2\n",
    "events2.csv": f"event_at,title\n{SECRET},x\n".encode(),
    "events3.csv": b"event_at,title\n0001-01-01T00:00+12:00,x\n",
    "events4.csv": b"\xff\xfe\x00",
    "book.yaml": b"name: [",
    "book2.yaml": f"name: {SECRET}\n".encode(),
    "report.html": b"<!DOCTYPE html><html><body>hello</body></html>",
    "report.json": b'{"dispatch": 5}',
    "report2.json": b"[" * 100_000,
    "report.md": b"# hello\n",
}
DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
COORDINATION = ("--account", "who", "--object", "body", "--content", "id", "--time", "when", "--window-s")
CASES = [
    "nonsense",
    "--nonsense",
    "init",
    "init new --purpose  --legal-basis x",
    "init good.csv --purpose a --legal-basis b",
    "init . --purpose a --legal-basis b",
    "demo good.csv",
    "collect",
    "collect nothere",
    "collect bin.csv",
    "collect nul.txt",
    "collect empty.jsonl",
    "collect cut.json",
    "collect bad.gz",
    "collect bad.zst",
    "collect bad.zip",
    "collect bad.parquet",
    "collect array.jsonl",
    "collect lines.jsonl",
    "collect headless.csv",
    "collect headless.csv --map text=nope",
    "collect chat.txt",
    "collect /dev/null",
    "collect good.csv --map text",
    "collect good.csv --map nofield=body",
    "collect good.csv --map text=nope",
    "collect good.csv --source twitter",
    "collect good.csv --time-zone No/Where --map text=body --map account=who --map posted_at=when",
    "collect good.csv --date-order sideways",
    "collect good.csv --desk nodesk",
    "collect good.csv --desk good.csv",
    "detect --since yesterday",
    "detect --since 0001-01-01T00:00+12:00",
    "detect --until 9999-12-31T23:59-12:00",
    "detect --engine spark",
    "detect --events nothere.csv",
    "detect --events events.csv",
    "detect --events events2.csv",
    "detect --events events3.csv",
    "detect --events events4.csv",
    "detect --events .",
    "detect --codebook nothere",
    "detect --codebook book.yaml",
    "detect --codebook book2.yaml",
    "detect --codebook bin.csv",
    "detect --codebook .",
    "search (goats",
    "search goats --limit 0",
    "report",
    "report nothere -o out.html",
    "report -o out.pdf",
    "report -o nofolder/out.html",
    "report nul.txt -o new.html",
    "report good.csv -o good.csv/out.html",
    "verify nothere.html",
    "verify .",
    "verify report.html",
    "verify report.md",
    "verify report.json",
    "verify report2.json",
    "verify bin.csv",
    "verify --desk nodesk",
    "export people -o e.csv",
    "export clusters -o e.graphml",
    "export network -o e.csv",
    "export bursts -o nofolder/e.csv",
    "coordination nothere.csv COLUMNS 10 -o e.csv",
    "coordination good.csv --account a --object b --content c --time d --window-s 10 -o e.csv",
    "coordination good.csv COLUMNS -1 -o e.csv",
    "coordination good.csv COLUMNS nan -o e.csv",
    "coordination good.csv COLUMNS 1e30 -o e.csv",
    "coordination good.csv COLUMNS 10 --min-participation 0 -o e.csv",
    "coordination good.csv COLUMNS 10 --edge-quantile 2 -o e.csv",
    "coordination good.csv COLUMNS 10 -o nofolder/e.csv",
    "coordination good.csv COLUMNS 10 -o .",
    "coordination odd.csv --account who --object obj --content id --time when --window-s 10 -o e.csv",
    "bursts good.csv",
    "bursts good.csv --time when",
    "bursts good.csv --time when --key who --text body",
    "bursts good.csv --time body --key who",
    "bursts good.csv --time when --key who --q-value 1",
    "bursts headless.csv --time when --key who",
    "bursts bad.parquet --time when --key who",
    "bursts bin.csv --time when --key who",
    "bursts empty.jsonl --time when --key who",
    "bursts chat.txt --time when --key who",
    "bursts bad.gz --time when --key who",
    "clusters good.csv",
    "clusters good.csv --id id --text nope",
    "clusters array.jsonl --id id --text text",
    "clusters wide.csv --id id --text text",
    "clusters latin.csv --id id --text text",
    "clusters good.csv --id id --text body --similarity 0.3",
    "assess nothere.jsonl",
    "assess lines.jsonl",
    "assess array.jsonl",
    "assess bin.csv",
    "assess good.csv --codebook nothere",
    "serve --port 99999",
    "serve --desk nodesk",
    "trends extra",
    "codebooks --bogus",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The bad files."""
    made = tmp_path_factory.mktemp("bad")
    for name, data in FILES.items():
        (made / name).write_bytes(data)
    (made / "deep.json").write_bytes(DEEP)
    return made


@pytest.fixture(scope="module")
def desk(folder, tmp_path_factory):
    from cli.at_the_door import sample

    return copied_desk(sample(), tmp_path_factory.mktemp("desk") / "desk")


def words_of(case: str) -> list[str]:
    words: list[str] = []
    for word in case.split(" "):
        words.extend(COORDINATION if word == "COLUMNS" else [word])
    return words


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_and_never_a_traceback(demo, folder, desk, monkeypatch, case):
    monkeypatch.chdir(folder)
    before = sorted(os.listdir(folder))
    words = words_of(case)
    if words[0] not in ("init", "demo", "nonsense", "--nonsense") and "--desk" not in words and "nul.txt" not in words:
        words += ["--desk", str(desk)]
    answer = tocsin(*words, "--json")
    told = answer.json()
    assert answer.code in ((1, 2, 4) if words[0] == "verify" else (1, 2)), answer
    assert set(told) == {"error", "exit_code"}
    assert told["exit_code"] == answer.code
    assert "Traceback" not in answer.err
    assert f"tocsin: {told['error']}" in answer.err
    assert len(told["error"]) < 1500
    for part in ("secret", "sam_jones", "Sam"):
        assert part not in answer.err + answer.out
    if words[0] not in ("report", "init"):
        assert sorted(os.listdir(folder)) == before


def test_bad_input_left_the_desk_as_it_was(demo, desk):
    assert tocsin("verify", "--desk", desk).code == 0
    assert tocsin("campaigns", "--desk", desk, "--json").json()["verdict"] is None


def test_a_deeply_nested_file_is_told(demo, folder, desk):
    answer = tocsin("collect", folder / "deep.json", "--desk", desk)
    assert answer.code in (0, 2)
    assert "Traceback" not in answer.err


def test_a_column_of_odd_types_is_told(tmp_path):
    table = pa.table(
        {"id": ["1", "2"], "text": pa.array([b"\xff\xfe", b"ok"], pa.binary()), "at": pa.array([1, 2], pa.time64("us"))}
    )
    pq.write_table(table, tmp_path / "odd.parquet")
    for words in (("clusters", "--id", "id", "--text", "text"), ("bursts", "--time", "at", "--key", "id")):
        answer = tocsin(words[0], tmp_path / "odd.parquet", *words[1:])
        assert answer.code in (0, 2)
        assert "Traceback" not in answer.err


def test_a_whole_job_that_fails_leaves_what_was_read(tmp_path):
    (tmp_path / "posts.csv").write_text(
        "id,created_at,author_id,text\n1,2026-01-05T08:00:00Z,ana,Goats\n", encoding="utf-8"
    )
    answer = tocsin("report", tmp_path / "posts.csv", "-o", tmp_path / "r.html", *STATED, "--json")
    assert (answer.code, "no campaign was found" in answer.json()["error"]) == (2, True)
    assert not (tmp_path / "r.html").exists()
    assert json.loads(tocsin("search", "goats", "--desk", tmp_path / "r-desk", "--json").out)["text"] == "Goats"
