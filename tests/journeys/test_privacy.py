"""After the whole job nothing that leaves the desk names anybody: no handle, name, invite, number, address or raw id."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cli.at_the_door import EXPORTS, opened, tocsin, truth
from tocsin.archive import snapshot

CONTACTS = {
    "invite": r"(?:t\.me|telegram\.me|chat\.whatsapp\.com|discord\.gg)/[\w+/-]+",
    "e-mail": r"[\w.+-]+@[\w-]+\.[\w.-]*\w",
    "phone": r"\+\d{3} \d{3} \d{3}",
}


def raw_text() -> str:
    """Everything in the sample exports, escapes undone."""
    parts = []
    for file in sorted(EXPORTS.iterdir()):
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8", "replace")
        parts.append(re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\/", "/"))
    return "\n".join(parts)


@pytest.fixture(scope="module")
def contacts() -> set[str]:
    """Invites, addresses and numbers of the sample."""
    text = raw_text()
    found = {kind: set(re.findall(pattern, text)) for kind, pattern in CONTACTS.items()}
    assert all(found.values()), found
    return set().union(*found.values())


@pytest.fixture
def people(demo) -> set[str]:
    """Handles, names of more than one word and raw ids of the sample; a tag that is also a handle is a tag."""
    rows = opened(demo.desk).read("names")
    names = rows.filter(pc.is_in(rows["kind"], pa.array(["account", "post", "channel", "handle"]))).to_pydict()
    tags = {tag for row in snapshot(demo.desk).read("posts", ["tags"])["tags"].to_pylist() for tag in row}
    handles = {name for name in names["handle"] if name and len(name) >= 5 and name.casefold() not in tags}
    shown = {name for name in names["display_name"] if name and " " in name and name != "Voice of the Grey Lantern"}
    ids = {name.removeprefix("handle:") for name in names["platform_id"] if len(name) >= 7}
    planted = {row["account"] for row in truth()["labels"]} | {row["platform_id"] for row in truth()["labels"]}
    assert len(handles) > 300
    assert len(shown) > 100
    assert len(ids & planted) > 4000
    return handles | shown | ids | {name for name in planted if len(name) >= 7}


def text_of(file: Path) -> str:
    """Everything readable in a file."""
    if file.suffix == ".parquet":
        return json.dumps(pq.read_table(file).to_pylist(), default=repr, ensure_ascii=False)
    return file.read_text(encoding="utf-8")


def found_in(text: str, secrets: set[str]) -> list[str]:
    """Which secrets stand in a text, as whole words and in any case."""
    folded = text.casefold()
    return [
        secret
        for secret in secrets
        if secret.casefold() in folded and re.search(rf"(?<!\w){re.escape(secret.casefold())}(?!\w)", folded)
    ]


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json"])
def test_a_report_names_nobody(demo, tmp_path, people, contacts, name):
    file = tmp_path / name
    assert tocsin("report", "-o", file, "--desk", demo.desk).code == 0
    text = text_of(file)
    assert found_in(text, people) == []
    assert [contact for contact in contacts if contact in text] == []
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


@pytest.mark.parametrize("name", ["campaigns.csv", "bursts.csv", "groups.csv", "clusters.csv", "trends.csv", "campaigns.parquet", "groups.parquet", "network.graphml", "network.gexf"])  # fmt: skip
def test_an_export_names_nobody(demo, tmp_path, people, contacts, name):
    file = tmp_path / name
    assert tocsin("export", file.stem, "-o", file, "--desk", demo.desk).code == 0
    text = text_of(file)
    assert found_in(text, people) == []
    assert [contact for contact in contacts if contact in text] == []


def test_what_is_kept_of_the_findings_names_nobody(demo, people, contacts):
    files = [file for file in (demo.desk / "findings").rglob("*") if file.is_file()]
    assert len(files) >= 9
    for file in files:
        text = text_of(file)
        assert found_in(text, people) == [], file.name
        # A series of a link is named by the link, as posted; it stays on the desk and is withheld wherever it is shown.
        text = re.sub(r'"series":"link","key":"[^"]*"|"objects":\[[^]]*\]', "", text)
        assert [contact for contact in contacts if contact in text] == [], file.name


def test_a_certificate_names_nobody(demo, people, contacts):
    files = list((demo.desk / "certificates").iterdir())
    assert {file.suffix for file in files} == {".md", ".json"}
    for file in files:
        assert found_in(text_of(file), people) == []
        assert [contact for contact in contacts if contact in text_of(file)] == []


@pytest.mark.parametrize("what", ["campaigns", "bursts", "groups", "clusters", "trends", "search"])
def test_lists_on_the_screen_name_nobody(demo, people, contacts, what):
    words = ("search", "velmora OR guard OR write", "--limit", 2000) if what == "search" else (what,)
    for more in ((), ("--json",)):
        answer = tocsin(*words, "--desk", demo.desk, *more)
        assert answer.code == 0
        assert [contact for contact in contacts if contact in answer.out] == []
        named = found_in(answer.out, people)
        if what != "search":  # a search shows posts outside of campaigns, whose people may be called by name
            assert named == []
        assert [name for name in named if "_" in name or name.isdigit()] == []


def test_the_pages_of_the_desk_name_nobody(demo, people, contacts):
    from tocsin import desk as desk_room

    pages = desk_room.desk_pages(desk_room.open_desk(demo.desk))
    shown = [
        repr(pages.info()),
        repr(pages.campaigns()),
        repr(pages.trends()),
        repr(pages.captures()),
        repr(pages.reports()),
    ]
    leaves = [narrative.example_leaf for campaign in pages.campaigns() for narrative in campaign.narratives]
    shown.append(repr(pages.example_posts(leaves)))
    for text in shown:
        assert found_in(text, people) == []
        assert [contact for contact in contacts if contact in text] == []


def test_no_table_and_no_text_file_of_a_desk_holds_names_but_where_they_were_written_in_posts(demo, people):
    holders = set()
    for file in demo.desk.rglob("*"):
        if not file.is_file() or file.stat().st_size > 5_000_000:
            continue
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            kept = [
                name
                for name in table.schema.names
                if pa.types.is_string(table.schema.field(name).type) and name not in ("text", "folded")
            ]
            cells = set().union(*(set(table.column(name).unique().to_pylist()) for name in kept)) if kept else set()
            if cells & people:
                holders.add(file.relative_to(demo.desk).parts[1])
        elif file.suffix in (".json", ".jsonl", ".md", ".html") and found_in(file.read_text(encoding="utf-8"), people):
            holders.add(str(file.relative_to(demo.desk)))
    assert holders == set()  # the names are sealed
