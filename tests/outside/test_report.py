"""Every quote of a published report holds without Tocsin; an altered quote or character is refused."""

from __future__ import annotations

import json
import re

import pytest

from cli.at_the_door import sample
from tocsin.archive import outside_verifier


@pytest.fixture(scope="module")
def text() -> str:
    return sample().report.read_bytes().decode()


def said(text: str, tmp_path) -> int:
    (tmp_path / "report.html").write_bytes(text.encode())
    return outside_verifier.main(["report", str(tmp_path / "report.html")])


def test_the_quotes_of_a_report_hold_without_tocsin(outsider):
    done = outsider.verify("report", sample().report)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("proven: posted_at") > 3
    vkey = json.loads((sample().desk / "desk.json").read_bytes())["vkey"]
    assert outsider.verify("report", sample().report, "--vkey", vkey).returncode == 0
    assert outsider.verify("report", sample().report, "--vkey", vkey[:-4] + "AAA=").returncode == 4


def in_document(old: str, new: str):
    def altered(text: str) -> str:
        start = text.index('<template id="tocsin-document">')
        assert re.search(old, text[start:])
        return text[:start] + re.sub(old, new, text[start:], count=1)

    return altered


ALTERED = {
    "a word on the page": lambda text: re.sub(r'(data-quote="q1">)', r"\1Not so: ", text),
    "a word in the document": in_document(r'"text":"', '"text":"Not so: '),
    "a disclosed word": in_document(r'"disclosed":\{"posted_at":\["20', '"disclosed":{"posted_at":["19'),
    "a salt": in_document(r'("text":\["[^"]*",")(..)', r"\1AA"),
    "a withheld field": in_document(r'"withheld":\{"account":"....', '"withheld":{"account":"AAAA'),
    "the path": in_document(r'"inclusion":\["....', '"inclusion":["AAAA'),
    "the place": in_document(r'"leaf_index":(\d)', r'"leaf_index":9\1'),
    "the time shown": in_document(r'"posted_at":"20', '"posted_at":"19'),
    "one more quote on the page": lambda text: text.replace("</main>", "<blockquote>Never written</blockquote></main>"),
    "a quote gone from the page": lambda text: re.sub(r"<blockquote.*?</blockquote>", "", text, count=1, flags=re.DOTALL),
    "a character elsewhere": lambda text: text.replace("<h1", "<h1 ", 1),
    "the seal": lambda text: re.sub(r"(tocsin-seal:v1:)....", r"\1AAAA", text),
    "no seal": lambda text: re.sub(r"tocsin-seal:v1:[A-Za-z0-9+/=]+", "", text),
    "no document": lambda text: text.replace("tocsin-document", "tocsin-dokument"),
    "nothing": lambda text: "",
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_report_is_refused(name, text, tmp_path):
    altered = ALTERED[name](text)
    assert altered != text
    assert said(altered, tmp_path) == 4


def test_an_unaltered_copy_holds(text, tmp_path):
    assert said(text, tmp_path) == 0
