"""export: findings for other tools, pseudonymised anew. serve: the desk in the browser, on this machine only."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pyarrow.parquet as pq
import pytest

from cli.at_the_door import LISTENING, copied_desk, environment, opened, tocsin


def pseudonyms(desk: Path) -> set[str]:
    """Every pseudonym the desk uses."""
    return set(opened(desk).read("names", ["pseudonym"])["pseudonym"].to_pylist())


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("what", ["campaigns", "bursts", "groups", "clusters", "trends"])
def test_tables_are_written_and_hold_no_pseudonym_of_the_desk(demo, tmp_path, what, ending):
    file = tmp_path / f"{what}{ending}"
    told = tocsin("export", what, "-o", file, "--desk", demo.desk, "--json").json()
    if ending == ".csv":
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@\t\r"]
    else:
        rows = pq.read_table(file).to_pylist()
    assert told["rows"] == len(rows) >= 1
    assert told["file"] == str(file)
    text = json.dumps(rows, default=str)
    assert not [name for name in pseudonyms(demo.desk) if name in text]


@pytest.mark.parametrize("ending", [".graphml", ".gexf"])
def test_the_network_opens_elsewhere_and_is_that_of_the_campaign(demo, tmp_path, ending):
    file = tmp_path / f"net{ending}"
    told = tocsin("export", "network", "-o", file, "--desk", demo.desk, "--json").json()
    ElementTree.parse(file)
    graph = nx.read_graphml(file) if ending == ".graphml" else nx.read_gexf(file)
    campaign = tocsin("campaigns", "--desk", demo.desk, "--json").json()
    assert graph.number_of_edges() == told["rows"] == sum(group["edge_count"] for group in campaign["groups"])
    assert graph.number_of_nodes() == sum(group["account_count"] for group in campaign["groups"])
    assert not pseudonyms(demo.desk) & set(map(str, graph.nodes))


def test_two_exports_cannot_be_joined_by_account(demo, tmp_path):
    seen = []
    for name in ("a.csv", "b.csv"):
        assert tocsin("export", "groups", "-o", tmp_path / name, "--desk", demo.desk).code == 0
        seen.append(set(re.findall(r"\b[a-z2-7]{20,}\b", (tmp_path / name).read_text(encoding="utf-8"))))
    assert seen[0]
    assert not seen[0] & seen[1]


def test_trends_leave_as_counts(demo, tmp_path):
    file = tmp_path / "trends.csv"
    assert tocsin("export", "trends", "-o", file, "--desk", demo.desk).code == 0
    with file.open(newline="", encoding="utf-8") as lines:
        header = next(csv.reader(lines))
    assert not [name for name in header if "account" in name and name != "account_count"]


@pytest.mark.parametrize(("what", "file"), [("bursts", "e.xls"), ("bursts", "e"), ("network", "e.csv"), ("trends", "e.graphml"), ("bursts", "none/e.csv"), ("clusters", "e.gexf")])  # fmt: skip
def test_an_export_that_cannot_be_written_is_exit_2(demo, tmp_path, monkeypatch, what, file):
    monkeypatch.chdir(tmp_path)
    answer = tocsin("export", what, "-o", file, "--desk", demo.desk, "--json")
    assert (answer.code, answer.json()["exit_code"]) == (2, 2)
    assert list(tmp_path.iterdir()) == []


def asked(address: str, path: str = "", host: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(address + path, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


@pytest.fixture
def served(demo):
    """A serving process on a free port, and the address it told."""
    process = subprocess.Popen(
        [*LISTENING, "serve", "--port", "0", "--json", "--desk", str(demo.desk)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, json.loads(process.stdout.readline())["address"]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        process.stdout.close()
        process.stderr.close()


def test_serve_tells_its_address_answers_and_ends_quietly(served):
    process, address = served
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+/", address)
    status, page = asked(address)
    assert status == 200
    assert "RoadToVelmora" in page
    assert asked(address, "no-such-page")[0] == 404
    assert asked(address, host="elsewhere.example")[0] == 400
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    said = process.stderr.read()
    assert address in said
    assert "Traceback" not in said
    assert "internal error" not in said
    assert process.stdout.read() == ""


def test_a_port_in_use_is_exit_2(served, demo):
    _, address = served
    port = address.rstrip("/").rpartition(":")[2]
    answer = tocsin("serve", "--port", port, "--desk", demo.desk)
    assert (answer.code, port in answer.err) == (2, True)


def test_a_desk_without_findings_is_listed_as_such(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    (desk / "findings" / "latest").unlink()
    for what in ("campaigns", "bursts", "groups", "clusters", "trends"):
        answer = tocsin(what, "--desk", desk)
        assert (answer.code, "tocsin detect" in answer.err) == (2, True)
    assert tocsin("export", "bursts", "-o", tmp_path / "e.csv", "--desk", desk).code == 2
    assert tocsin("report", "-o", tmp_path / "r.html", "--desk", desk).code == 2
