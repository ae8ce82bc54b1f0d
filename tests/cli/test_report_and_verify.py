"""report writes what verify can check again, and verify notices one changed digit, word, byte or row."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.at_the_door import copied_desk, new_desk, tocsin


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(params=[".html", ".md", ".json"])
def report(request, demo, reports) -> Path:
    """The report of the demo in each form, written once."""
    file = reports / f"report{request.param}"
    if not file.exists():
        answer = tocsin("report", "-o", file, "--desk", demo.desk, "--json")
        assert answer.code == 0, answer.err
        assert set(answer.json()) >= {"report", "campaign_id", "title", "posts", "accounts", "figures", "quotes"}
        assert answer.json()["report"] == str(file)
    return file


def refusal(file: Path, desk: Path) -> str:
    """What verify says of a file that does not hold."""
    answer = tocsin("verify", file, "--desk", desk, "--json")
    assert answer.code == 4, answer.out[:300]
    assert answer.json()["exit_code"] == 4
    assert "Traceback" not in answer.err
    return str(answer.json()["error"])


def test_a_report_in_each_form_verifies(report, demo):
    answer = tocsin("verify", report, "--desk", demo.desk, "--json")
    told = answer.json()
    assert answer.code == 0, answer.err
    assert told["figures"] >= 20
    assert told["quotes"] >= 4
    plain = tocsin("verify", report, "--desk", demo.desk).out.splitlines()
    assert plain[-1] == f"Verified: report {report.name}"
    assert all(line.startswith("ok  ") for line in plain[:-1])


def test_it_is_the_same_for_a_campaign_named_by_its_id(demo, tmp_path):
    campaign = tocsin("campaigns", "--desk", demo.desk, "--json").json()
    answer = tocsin("report", campaign["campaign_id"], "-o", tmp_path / "named.md", "--desk", demo.desk, "--json")
    assert (answer.code, answer.json()["campaign_id"]) == (0, campaign["campaign_id"])


@pytest.mark.parametrize(("words", "says"), [(("no-such-campaign", "-o", "r.html"), "tocsin campaigns"), (("-o", "r.pdf"), ".html, .md, .json"), (("-o", "r"), ".html, .md, .json"), (("-o", "none/r.html"), "cannot be written"), ((), "--output")])  # fmt: skip
def test_what_cannot_be_reported_is_exit_2(demo, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    answer = tocsin("report", *words, "--desk", demo.desk)
    assert answer.code == 2
    assert says in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_folder_is_not_taken_for_a_campaign_of_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = tocsin("report", "exprots/", "-o", "report.html")
    assert answer.code == 2
    assert "nothing to report on" in answer.err
    assert "path" in answer.err


class Numbers(HTMLParser):
    """Where the figures of an HTML report stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.data: list[str] = []

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def test_one_changed_digit_is_noticed(report, demo, tmp_path):
    text = report.read_text(encoding="utf-8")
    campaign = tocsin("campaigns", "--desk", demo.desk, "--json").json()
    shown = f"{campaign['post_count']:,}"
    wrong = f"{campaign['post_count'] + 1:,}"
    changed = tmp_path / report.name
    if report.suffix == ".json":
        shown, wrong = shown.replace(",", ""), wrong.replace(",", "")
    places = list(re.finditer(rf"(?<![\d.,]){re.escape(shown)}(?![\d.])", text))
    assert places
    for place in (places[0], places[-1]):
        changed.write_text(text[: place.start()] + wrong + text[place.end() :], encoding="utf-8", newline="\n")
        refusal(changed, demo.desk)


def test_one_quoted_word_is_noticed(report, demo, tmp_path):
    text = report.read_text(encoding="utf-8")
    changed = tmp_path / report.name
    places = [found.start() for found in re.finditer("Velmora", text)]
    assert len(places) >= 3
    for start in places[:: max(1, len(places) // 3)]:
        changed.write_text(text[:start] + "Felmora" + text[start + 7 :], encoding="utf-8", newline="\n")
        refusal(changed, demo.desk)


def test_any_other_change_of_a_report_is_noticed(report, demo, tmp_path):
    text = report.read_text(encoding="utf-8")
    changed = tmp_path / report.name
    middle = len(text) // 2
    for other in (text[:-20], text + "x", text[:middle] + text[middle + 1 :], "", "hello", text.replace("\n", "\r\n")):
        changed.write_text(other, encoding="utf-8", newline="")
        refusal(changed, demo.desk)
    changed.write_bytes(b"\xff\xfe" + text.encode())
    refusal(changed, demo.desk)


def test_a_report_of_another_desk_does_not_hold_here(report, demo, tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    other = new_desk(tmp_path / "other")
    answer = tocsin("verify", report, "--desk", other)
    assert answer.code in (2, 4)
    assert "Verified" not in answer.out


def flipped(file: Path, place: float) -> None:
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 1
    file.write_bytes(data)


def one(desk: Path, pattern: str) -> Path:
    return sorted(path for path in desk.glob(pattern) if path.is_file())[0]


def one_less(checkpoint: Path) -> None:
    """The log one leaf shorter than was signed."""
    origin, size, rest = checkpoint.read_bytes().split(b"\n", 2)
    checkpoint.write_bytes(b"\n".join([origin, str(int(size) - 1).encode(), rest]))


def row_changed(file: Path) -> None:
    """One word of one post, as an insider would change it: a whole, readable Parquet file."""
    rows = pq.read_table(file)
    texts = rows["text"].to_pylist()
    texts[0] += " (never said)"
    at = rows.schema.get_field_index("text")
    pq.write_table(rows.set_column(at, rows.schema.field(at), pa.array(texts, pa.string())), file)


CHANGES = {
    "a byte of a chunk": lambda desk: flipped(one(desk, "chunks/*/*.sealed"), 0.5),
    "a byte of a capture": lambda desk: flipped(one(desk, "captures/*.jsonl"), 0.5),
    "a row of the posts": lambda desk: row_changed(one(desk, "tables/posts/*.parquet")),
    "a byte of the names": lambda desk: flipped(one(desk, "tables/names/*.sealed"), 0.5),
    "the checkpoint's size": lambda desk: one_less(desk / "log" / "checkpoint"),
    "the checkpoint's signature": lambda desk: flipped(desk / "log" / "checkpoint", 0.95),
    "an entry of the log": lambda desk: flipped(one(desk, "log/tile/entries/*"), 0.5),
    "a secret": lambda desk: flipped(one(desk, "secrets/*"), 0.5),
    "a missing chunk": lambda desk: one(desk, "chunks/*/*.sealed").unlink(),
    "a missing table": lambda desk: one(desk, "tables/posts/*.parquet").unlink(),
    "the manifest": lambda desk: flipped(desk / "tables" / "manifest.json", 0.3),
    "desk.json": lambda desk: (desk / "desk.json").write_text("{"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_desk_is_noticed(demo, tmp_path, change):
    desk = copied_desk(demo, tmp_path / "desk")
    CHANGES[change](desk)
    answer = tocsin("verify", "--desk", desk, "--json")
    assert answer.code == 4, f"{change}: {answer}"
    assert answer.json()["exit_code"] == 4
    assert answer.err.startswith("tocsin: ")
    assert "never said" not in answer.err


def test_a_whole_desk_verifies_with_and_without_its_keys(demo, tmp_path, monkeypatch):
    told = tocsin("verify", "--desk", demo.desk, "--json").json()
    assert (told["posts"], told["captures"], told["keys_at_hand"]) == (4080, 8, True)
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "none"))
    told = tocsin("verify", "--desk", demo.desk, "--json").json()
    assert (told["posts"], told["keys_at_hand"]) == (4080, False)
    # Without the keys nobody can tell which names a report has to withhold.
    answer = tocsin("verify", demo.report, "--desk", demo.desk)
    assert (answer.code, "the keys of this desk are not on this machine" in answer.err) == (2, True)
    answer = tocsin("report", "-o", tmp_path / "r.html", "--desk", demo.desk)
    assert (answer.code, (tmp_path / "r.html").exists()) == (2, False)


def test_the_html_report_asks_for_nothing_from_outside(demo):
    text = demo.report.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    asked = re.findall(r"""\s(?:src|href|srcset|action)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", text)
    assert [address for address in asked if not address.strip("\"'").startswith(("#", "data:"))] == []
    assert "<script" not in text
    parser = Numbers()
    parser.feed(text)
    assert any("Velmora" in part for part in parser.data)


def test_json_is_readable_by_anything(demo, reports):
    file = reports / "plain.json"
    assert tocsin("report", "-o", file, "--desk", demo.desk, "-q").code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["dispatch"]["format"] == "tocsin/dispatch/v1"
