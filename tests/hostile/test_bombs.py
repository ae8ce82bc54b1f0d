"""Bombs end by the readers' own limits within 10 s of processor time and 512 MB, and say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostile.bombs import BOMBS, MIB
from hostile.measured import run

MOST_SECONDS = 10.0
MOST_BYTES = 512 * MIB
CLI = ("-c", "from tocsin.cli import run; run()")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_time_and_within_the_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    BOMBS[name](path)
    done = run(["-m", "hostile.read_one", str(path)])
    path.unlink()
    assert done.code == 0, done.err
    assert done.seconds <= MOST_SECONDS
    assert done.peak_bytes <= MOST_BYTES
    told = json.loads(done.out)
    is_refused = told["errors"] or told["records"].get("QuarantinedRecord")
    assert is_refused or name == "long-records.jsonl"  # strange, but posts


@pytest.mark.parametrize("name", ["laughs.xml", "laughs.svg", "flood.png", "flood.gif", "flood.jpg"])
def test_nothing_reads_xml_or_images(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    BOMBS[name](path)
    done = run(["-m", "hostile.read_one", str(path)])
    told = json.loads(done.out)
    assert told["records"] == {}
    assert "not recognised" in told["errors"][0]


# what a desk must come through as well: the archive, the index and the enrichment behind the readers
IN_A_DESK = (
    "zeros.gz", "zeros.zst", "zeros.zip", "overlapping.zip", "members.zip", "laughs.xml", "flood.png", "deep.jsonl",
    "numbers.jsonl", "line.jsonl", "long-texts.jsonl", "many-posts.jsonl", "short-lines.jsonl",
    "parquet-dictionary.parquet",
)  # fmt: skip


@pytest.mark.parametrize("name", IN_A_DESK)
def test_a_desk_comes_through_a_bomb_and_keeps_its_neighbours(name: str, tmp_path: Path) -> None:
    folder, desk = tmp_path / "in", tmp_path / "desk"
    folder.mkdir()
    BOMBS[name](folder / name)
    (folder / "aa-good.csv").write_text("id,user,text\n1,osk,bread\n2,osk,boats\n", encoding="utf-8")
    (folder / "zz-good.csv").write_text("id,user,text\n3,osk,rope\n4,osk,nails\n", encoding="utf-8")
    keys = {"TOCSIN_KEYS": str(tmp_path / "keys")}
    stated = ["--purpose", "a test", "--legal-basis", "no personal data"]
    made = run([*CLI, "init", str(desk), *stated], **keys)
    assert made.code == 0, made.err
    done = run([*CLI, "collect", str(folder), "--desk", str(desk), "--json"], **keys)
    assert done.code in (0, 2), done.err
    assert done.seconds - made.seconds <= MOST_SECONDS
    assert done.peak_bytes <= MOST_BYTES
    told = json.loads(done.out)
    assert told["read"] == told["stored"] + told["duplicate"] + told["quarantined"]
    assert told["stored"] >= 4
    assert told["quarantined"] or any(name in item["name"] for item in told["refused"])
