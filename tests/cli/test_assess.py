"""assess: lines in, lines out, spans in the text as written, and null where nothing can be said."""

from __future__ import annotations

import json

import pytest

from cli.at_the_door import tocsin

CALL = "🙏 Pack a bag and come to Velmora, join the armed vigil of the Grey Lantern."
ARABIC = "تعالوا إلى فيلمورا وانضموا إلى رهط القنديل"
LINES = [
    {"id": "call", "text": CALL},
    {"id": 7, "text": "Goats at the market in Tarn this morning, and rain."},
    {"id": ["odd", 1], "text": ARABIC},
    {"id": "none", "text": None},
    {"id": "empty", "text": ""},
    {"id": "chinese", "text": "今天早上市场上有很多山羊而且下雨了大家都回家了"},
]


def answers(tmp_path, lines=LINES, *more: object) -> list[dict]:
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n\n" for line in lines), encoding="utf-8")
    answer = tocsin("assess", file, "--codebook", "grey_lantern", *more)
    assert answer.code == 0, answer.err
    return answer.lines()


def test_one_answer_a_line_in_order_with_the_promised_keys(tmp_path):
    found = answers(tmp_path)
    assert [each["id"] for each in found] == [line["id"] for line in LINES]
    for each in found:
        assert {"id", "lang", "recruitment", "kind", "spans"} <= set(each)
        assert each["recruitment"] is None or 0 <= each["recruitment"] <= 1
        assert all({"start", "end", "concept"} <= set(span) for span in each["spans"])


def test_a_call_scores_high_and_everyday_life_does_not(tmp_path):
    by_id = {str(each["id"]): each for each in answers(tmp_path)}
    assert by_id["call"]["recruitment"] >= 0.5
    assert by_id["call"]["lang"] == "en"
    assert by_id["7"]["recruitment"] == 0
    assert by_id["none"]["recruitment"] == by_id["empty"]["recruitment"]


def test_spans_are_code_points_of_the_text_as_it_was_written(tmp_path):
    by_id = {str(each["id"]): each for each in answers(tmp_path)}
    # The emoji is one code point: bytes or UTF-16 units would cut the words in the wrong place.
    cut = {CALL[span["start"] : span["end"]] for span in by_id["call"]["spans"]}
    assert "Velmora" in cut
    assert any("Grey Lantern" in words for words in cut)
    arabic = {ARABIC[span["start"] : span["end"]] for span in by_id["['odd', 1]"]["spans"]}
    assert any("فيلمورا" in words for words in arabic)


def test_a_language_that_is_not_covered_is_cannot_assess_and_not_no(tmp_path):
    by_id = {str(each["id"]): each for each in answers(tmp_path)}
    assert by_id["chinese"]["recruitment"] is None
    assert by_id["chinese"]["kind"] == "cannot assess"


def test_all_shipped_codebooks_speak_where_none_is_named(tmp_path):
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps(LINES[0]), encoding="utf-8")
    assert tocsin("assess", file, "--json").json()["codebook"] == "grey_lantern"


@pytest.mark.parametrize("line", ["not json", "[1]", '{"id":"1"}', '{"text":"secret words"}', '{"id":"1","text":5}', '{"id":"1","text":["secret words"]}', '{"id":"1","text":"\\ud800 secret words"}', '"secret words"'])  # fmt: skip
def test_a_line_that_cannot_be_read_is_named_and_not_quoted(tmp_path, line):
    file = tmp_path / "posts.jsonl"
    file.write_text('{"id": "1", "text": "Rain"}\n' + line + "\n", encoding="utf-8")
    answer = tocsin("assess", file)
    assert answer.code == 2
    assert "posts.jsonl line 2" in answer.err
    assert "secret words" not in answer.err


def test_a_codebook_made_only_of_identity_is_refused(tmp_path):
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps(LINES[0]), encoding="utf-8")
    for text in ("name: [", "name: x\n", "", "\x00"):
        (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
        answer = tocsin("assess", file, "--codebook", tmp_path / "own.yaml")
        assert (answer.code, "own.yaml" in answer.err) == (2, True)
    assert tocsin("assess", file, "--codebook", "no_such_book").code == 2
