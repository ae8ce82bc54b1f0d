"""A run is stated in the log: findings that an insider edits afterwards make no report and verify none."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.at_the_door import Sample, copied_desk, tocsin
from tocsin.archive import load_keys, logged_statement
from tocsin.desk.findings_store import latest_run
from tocsin.desk.place import open_desk
from tocsin.desk.run_in_log import NOTE, check_run
from tocsin.records.errors import EvidenceError
from tocsin.report import sealed
from tocsin.report.seal import unsealed


def _edited(run: Path, name: str) -> None:
    """One thing of the run changed as an insider with a text editor or a notebook would."""
    file = run / name
    if name == "campaigns.jsonl":
        file.write_bytes(file.read_bytes().replace(b"Tarn bridge closed", b"Osk bridge closed"))
    elif name == "run.json":
        file.write_bytes(file.read_bytes().replace(b'"q":0.05', b'"q":0.01'))
    else:
        pq.write_table(pq.read_table(file).slice(1), file)


@pytest.mark.parametrize(
    "name", ["campaigns.jsonl", "run.json", "assessments.parquet", "memberships.parquet", "edges.parquet", "cluster_members.parquet"]
)  # fmt: skip
def test_findings_changed_after_detection_fail_with_exit_4(demo: Sample, tmp_path: Path, name: str) -> None:
    desk = copied_desk(demo, tmp_path / "desk")
    run = desk / "findings" / (desk / "findings" / "latest").read_text().strip()
    assert tocsin("verify", demo.report, "--desk", desk).code == 0
    _edited(run, name)
    answer = tocsin("verify", demo.report, "--desk", desk)
    assert (answer.code, "was changed" in answer.err) == (4, True)
    written = tocsin("report", "-o", tmp_path / "r.html", "--desk", desk)
    assert (written.code, (tmp_path / "r.html").exists()) == (4, False)


def test_a_file_added_to_or_taken_from_a_run_is_noticed(demo: Sample, tmp_path: Path) -> None:
    desk = open_desk(copied_desk(demo, tmp_path / "desk"))
    run = latest_run(desk.findings)
    check_run(desk, run)
    added = desk.findings / run.run_id / "codebook-grey_lantern.yaml"
    added.write_text("name: grey_lantern\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="was changed"):
        check_run(desk, run)
    added.unlink()
    check_run(desk, run)
    (desk.findings / run.run_id / "trends.jsonl").unlink()
    with pytest.raises(EvidenceError, match="was changed"):
        check_run(desk, run)


def test_the_note_cannot_point_to_the_statement_of_another_run_or_of_a_post(demo: Sample, tmp_path: Path) -> None:
    folder = copied_desk(demo, tmp_path / "desk")
    desk = open_desk(folder)
    first = latest_run(desk.findings)
    assert tocsin("detect", "--codebook", "grey_lantern", "--desk", folder).code == 0
    second = latest_run(desk.findings)
    notes = [desk.findings / run.run_id / NOTE for run in (first, second)]
    leaves = [json.loads(note.read_bytes())["leaf"] for note in notes]
    assert [logged_statement(folder, leaf)["run"] for leaf in leaves] == [first.run_id, second.run_id]
    for leaf in (leaves[1], 0, 10**9, -1):
        kept = json.loads(notes[0].read_bytes())
        notes[0].write_text(json.dumps({**kept, "leaf": leaf}), encoding="ascii")
        with pytest.raises(EvidenceError):
            check_run(desk, first)
        notes[0].write_text(json.dumps(kept), encoding="ascii")
    notes[0].write_text("[]", encoding="ascii")
    with pytest.raises(EvidenceError, match="damaged"):
        check_run(desk, first)
    # Stated anew or not, the desk's own log still verifies.
    assert tocsin("verify", "--desk", folder).code == 0


def test_a_run_that_was_never_stated_makes_no_report(
    demo: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied_desk(demo, tmp_path / "desk")
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "none"))
    assert tocsin("detect", "--codebook", "grey_lantern", "--desk", folder).code == 0
    monkeypatch.setenv("TOCSIN_KEYS", str(demo.keys))
    answer = tocsin("report", "-o", tmp_path / "r.html", "--desk", folder)
    assert (answer.code, "not in the desk's log" in answer.err) == (2, True)


def test_a_report_written_after_the_desk_grew_verifies(demo: Sample, tmp_path: Path) -> None:
    folder = copied_desk(demo, tmp_path / "desk")
    more = tmp_path / "more.csv"
    more.write_text("id,created_at,author_id,text\n77,2026-02-05T09:00:00Z,cyd,Good bread #RoadToVelmora\n", "utf-8")
    assert tocsin("collect", more, "--desk", folder).code == 0
    assert tocsin("report", "-o", tmp_path / "r.html", "--desk", folder).code == 0
    answer = tocsin("verify", tmp_path / "r.html", "--desk", folder)
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("takes towns by armed force", "gives bread to towns"),
        ("demonstration on invented posts", "an inquiry for a state"),
        ("score from which a post counts as a call", "score from which a post counts as a crime"),
        ("is invented", "is real"),
    ],
)
def test_words_that_no_figure_carries_are_the_desks_even_where_its_key_signs_others(
    demo: Sample, tmp_path: Path, said: str, instead: str
) -> None:
    desk = open_desk(demo.desk)
    keys = load_keys(desk.folder, desk.keys_folder)
    text = unsealed(demo.report.read_text(encoding="utf-8"))
    assert said in text
    changed = tmp_path / "r.html"
    changed.write_text(sealed(text.replace(said, instead), keys.signer.signature), encoding="utf-8")
    assert tocsin("verify", changed, "--desk", demo.desk).code == 4
    changed.write_text(sealed(text, keys.signer.signature), encoding="utf-8")
    assert tocsin("verify", changed, "--desk", demo.desk).code == 0
