"""erase and retention on the sample desk: nothing of a post or its author is left in any file, and verify says so."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cli.at_the_door import EXPORTS, copied_desk, new_desk, opened, tocsin
from tocsin.archive import Originals, load_keys, snapshot
from tocsin.archive.secret_files import Secrets

REASON = "erasure asked for by the person, file 7/2026"


def keys_of(desk: Path):
    import os

    return load_keys(desk, Path(os.environ["TOCSIN_KEYS"]))


def told(desk: Path) -> Iterator[tuple[Path, bytes]]:
    """What each file of a desk says to somebody who has its keys, unpacked; and the file as it lies there."""
    sealer = keys_of(desk).sealer
    for path in desk.rglob("*"):
        if not path.is_file():
            continue
        raw, name = path.read_bytes(), str(path.relative_to(desk))
        yield path, raw
        if name.endswith(".sealed"):
            raw = sealer.opened(raw, name)
        if name.startswith("chunks/") or name.endswith(".z"):
            raw = zlib.decompress(raw)
        if ".parquet" in name:
            raw = json.dumps(pq.read_table(BytesIO(raw)).to_pylist(), default=str, ensure_ascii=False).encode()
        yield path, raw


def quiet_author(desk: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The names row of an account with a handle that no other account's text names, and its posts, said by no other."""
    shown = opened(desk)
    rows = shown.read("posts", ["leaf_index", "post_id", "account_id", "text"]).to_pylist()
    texts = Counter(row["text"] for row in rows)
    for name in shown.read("names").to_pylist():
        if name["kind"] == "account" and name["handle"] and len(name["handle"]) > 6:
            mine = [row for row in rows if row["account_id"] == name["pseudonym"]]
            others = [row["text"] for row in rows if row["account_id"] != name["pseudonym"]]
            unique = all(texts[row["text"]] == 1 and len(row["text"]) > 20 for row in mine)
            if mine and unique and not any(name["handle"] in text for text in others):
                return name, mine
    raise AssertionError("the sample has no such account")


def test_nothing_of_erased_posts_or_their_author_is_left_in_any_file(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    name, posts = quiet_author(desk)
    secrets = [Secrets(desk).of(post["leaf_index"]) for post in posts]
    clear = [
        name["handle"].encode(),
        *(post["text"].encode() for post in posts),
        *(each.hex().encode() for each in secrets),
    ]
    assert all(any(each in raw for _, raw in told(desk)) for each in clear)
    asked = ("erase", "--account", name["pseudonym"], "--reason", REASON, "--desk", desk, "--json")
    tried = tocsin(*asked, "--dry-run").json()
    assert (tried["order"], tried["posts"]) == (None, len(posts))
    assert any(clear[1] in raw for _, raw in told(desk))
    done = tocsin(*asked, *(["--lose-neighbours"] if tried["lost"] else [])).json()
    assert (done["order"], done["versions"], done["accounts"]) == (1, len(posts), 1)
    for path, raw in told(desk):
        assert not any(each in raw for each in [*clear, *secrets]), path
    report = tocsin("verify", "--desk", desk, "--json").json()
    assert (report["posts"], report["erased"]) == (4080 - len(posts), len(posts))
    assert tocsin("search", "bread", "--desk", desk).code == 0
    assert tocsin("detect", "--codebook", "grey_lantern", "--desk", desk).code == 0
    assert tocsin("report", "-o", tmp_path / "r.html", "--desk", desk).code == 0


def test_the_same_exports_imported_again_bring_nothing_back(demo, tmp_path):
    desk = copied_desk(demo, tmp_path / "desk")
    name, posts = quiet_author(desk)
    done = tocsin("erase", "--account", name["pseudonym"], "--reason", REASON, "--lose-neighbours", "--desk", desk)
    assert done.code == 0, done.err
    again = tocsin("collect", EXPORTS, "--desk", desk, "--json").json()
    assert again["read"] == again["stored"] + again["duplicate"] + again["quarantined"]
    assert again["stored"] == 0
    for path, raw in told(desk):
        assert not any(post["text"].encode() in raw for post in posts), path
        assert name["handle"].encode() not in raw, path
    assert tocsin("verify", "--desk", desk).code == 0


def test_every_copy_in_other_captures_goes_too(tmp_path):
    desk = new_desk(tmp_path / "desk")
    rows = [
        {"id": f"p{n}", "created_at": f"2026-01-0{n + 1}T08:00:00Z", "author_id": f"author{n}", "text": f"goats {n} at the well"}
        for n in range(5)
    ]  # fmt: skip
    for number, some in enumerate((rows, rows[1:4], rows[2:])):
        file = tmp_path / f"export{number}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in some))
        assert tocsin("collect", file, "--desk", desk).code == 0
    assert sum(raw.count(b"goats 2 at") for path, raw in told(desk) if "chunks" in path.parts) == 3
    leaf = next(r["leaf_index"] for r in snapshot(desk).read("posts").to_pylist() if "goats 2" in r["text"])
    assert tocsin("erase", leaf, "--reason", REASON, "--desk", desk).code == 0
    assert not any(b"goats 2 at" in raw or b"author2" in raw for _, raw in told(desk))
    originals, left = Originals(desk, keys_of(desk).sealer), snapshot(desk).read("posts").to_pylist()
    assert len(left) == 4
    for row in left:
        assert row["text"].encode() in originals.record(row["capture_id"], row["record_offset"], row["record_length"])


def test_retention_is_stated_told_and_applied(tmp_path, monkeypatch):
    desk = new_desk(tmp_path / "desk")
    file = tmp_path / "p.csv"
    file.write_text("id,created_at,author_id,text\n1,2026-01-05T08:00:00Z,a1,Goats in the market\n", "utf-8")
    assert tocsin("collect", file, "--desk", desk).code == 0
    assert "No retention rule" in tocsin("retention", "--desk", desk).out
    assert tocsin("retention", "--apply", "--desk", desk).code == 2
    stated = tocsin("retention", "--days", 30, "--basis", "the ethics board says so", "--desk", desk, "--json").json()
    assert (stated["days"], stated["due"]) == (30, 0)
    from datetime import timedelta

    from tocsin.desk import place

    now = place.utc_now()
    monkeypatch.setattr("tocsin.desk.place.utc_now", lambda: now + timedelta(days=40))
    later = place.Desk(desk, place.keys_folder(), lambda: now + timedelta(days=40))
    from tocsin.desk.retention import retention

    tried = retention(later, dry_run=True)
    assert (tried.due, tried.erasure.order, tried.erasure.versions) == (1, None, 1)
    done = retention(later, apply=True)
    assert done.erasure.order == 1
    assert snapshot(desk).rows("posts") == 0
    assert not any(b"Goats in the market" in raw for _, raw in told(desk))
    assert tocsin("verify", "--desk", desk, "--json").json()["erased"] == 1


@pytest.mark.parametrize("words", [["--reason", REASON], ["zzz", "--reason", REASON], ["1", "--reason", "short"]])
def test_what_cannot_be_erased_says_why(demo, tmp_path, words):
    desk = copied_desk(demo, tmp_path / "desk")
    answer = tocsin("erase", *words, "--desk", desk)
    assert answer.code == 2
    assert re.search("expected", answer.err)
    assert snapshot(desk).manifest.erasures == 0
