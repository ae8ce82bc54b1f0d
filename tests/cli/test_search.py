"""search: what is written in many ways is one thing, and a query that cannot be read is told so."""

from __future__ import annotations

import json

import pytest

from cli.at_the_door import keys_in, new_desk, tocsin

TEXTS = {
    "a1": "الطريق إلى فيلمورا طويل",
    "a2": "الطريق الى فيلمورا طويل",
    "a3": "الطَّريقُ إلـــى فيلمورا طويل",
    "a4": "طويل فيلمورا الطريق",
    "e1": "The goats market opens at noon",
    "e2": "The market of goats opens at noon #TarnMarket",
    "e3": "THE GOATS MARKET!!!",
    "m1": "Write to sam.jones@mail.example or @sam_jones_77 today, +49 30 1234567",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    table = folder / "posts.jsonl"
    rows = [
        {"id": name, "created_at": "2026-01-05T08:00:00Z", "author_id": "ana", "text": text}
        for name, text in TEXTS.items()
    ]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with keys_in(folder / "keys"):
        made = new_desk(folder / "desk")
        answer = tocsin("collect", table, "--desk", made, "--json")
        assert answer.json()["stored"] == len(TEXTS), answer.err
    return made


@pytest.fixture(autouse=True)
def keys(desk, monkeypatch):
    monkeypatch.setenv("TOCSIN_KEYS", str(desk.parent / "keys"))


def texts(desk, query: str, *more: object) -> set[str]:
    answer = tocsin("search", "--desk", desk, "--json", *more, "--", query)
    assert answer.code == 0, answer.err
    return {row["text"] for row in answer.lines()}


@pytest.mark.parametrize(
    "query", ['"الطريق إلى فيلمورا"', '"الطريق الى فيلمورا"', '"الطريق الي فيلمورا"', '"الطَّريق إلى فيلمورا"']
)
def test_spellings_of_one_arabic_phrase_find_each_other_and_not_another_order(desk, query):
    assert texts(desk, query) == {TEXTS["a1"], TEXTS["a2"], TEXTS["a3"]}


def test_words_phrases_tags_and_what_is_left_out(desk):
    assert texts(desk, "goats market") == {TEXTS["e1"], TEXTS["e2"], TEXTS["e3"]}
    assert texts(desk, '"goats market"') == {TEXTS["e1"], TEXTS["e3"]}
    assert texts(desk, "goats -noon") == {TEXTS["e3"]}
    assert texts(desk, "tag:tarnmarket") == {TEXTS["e2"]}
    assert texts(desk, "tag:#TarnMarket OR طويل lang:ar") >= {TEXTS["e2"]}
    assert texts(desk, "goa*") == {TEXTS["e1"], TEXTS["e2"], TEXTS["e3"]}
    assert texts(desk, "nowhere") == set()


def test_results_are_redacted_pseudonymous_and_counted(desk):
    answer = tocsin("search", "write", "--desk", desk, "--json")
    shown = answer.json()
    assert "[handle withheld]" in shown["text"]
    for secret in ("sam.jones", "sam_jones_77", "1234567"):
        assert secret not in answer.out
    assert shown["account_id"][0] == "a"
    plain = tocsin("search", "market", "--limit", 1, "--desk", desk).out.splitlines()
    assert plain[-1] == "1 posts (more may match: raise --limit)"
    assert len(plain) == 2


@pytest.mark.parametrize("query", ['"no end', "", "   ", "-goats", "(goats", "goats)", "goats OR", "OR", "nofield:goats", "tag:", "...", "x" * 2001, "((((((((((((((((((((((goats"])  # fmt: skip
def test_a_query_that_cannot_be_read_is_exit_2_and_not_quoted(desk, query):
    answer = tocsin("search", "--desk", desk, "--", query)
    assert (answer.code, answer.out) == (2, "")
    assert "Traceback" not in answer.err
    assert answer.err.startswith("tocsin: ")
    assert "goats" not in answer.err


def test_posts_that_the_index_does_not_cover_yet_are_told(desk, tmp_path):
    import shutil

    copy = shutil.copytree(desk, tmp_path / "desk")
    (copy / "index" / "state.json").write_text('{"version": 1, "log_size": 0}')
    answer = tocsin("search", "write", "--desk", copy)
    assert f"{len(TEXTS)} posts are not searchable yet" in answer.err
    assert "not searchable" not in tocsin("search", "write", "--desk", desk).err
