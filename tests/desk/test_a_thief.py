"""What a thief of the folder reads in it, outside the table of names and the original bytes."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tocsin.archive import Originals, load_keys, snapshot
from tocsin.desk import ReadOptions, Silent, collect, detect, init

# Texts are kept as posted, and so are the links in them (SECURITY.md says so).
IN_CLEAR = {"text", "folded", "links", "declared_links"}
TWEET = {
    "id": "1600000000000000001",
    "author_id": "770000000001",
    "text": "bread at the harbour",
    "created_at": "2030-01-01T00:00:00.000Z",
    "conversation_id": "1600000000000000002",
    "referenced_tweets": [{"type": "replied_to", "id": "1600000000000000002"}],
    "attachments": {"media_keys": ["3_1600000000000000003"]},
    "entities": {"mentions": [{"username": "tarn_ferry"}]},
}
PAGE = {
    "data": [TWEET, {**TWEET, "id": "1600000000000000004", "text": 5}, {"author_id": "770000000001"}],
    "includes": {"users": [{"id": "770000000001", "username": "osk_baker", "name": "Osk Baker"}]},
    "errors": [{"resource_type": "tweet", "resource_id": "1600000000000000005", "type": "x/resource-not-found"}],
    "__twarc": {"url": "https://api.invalid/2/tweets/search/all?query=from%3Aosk_baker", "version": "2.1"},
}
MESSAGE = {
    "id": 1,
    "type": "message",
    "date_unixtime": "1900000000",
    "from": "Silm Potter",
    "from_id": "user880000000001",
    "text": "goats",
    "file": "files/letter of Silm Potter.pdf",
    "forwarded_from": "Silm Potter's well",
}
CHAT = {"name": "Silm Potters' Row", "type": "public_channel", "id": 990000000001, "messages": [MESSAGE]}


def clear_text(file: Path) -> str:
    """What a file says, but for the columns that hold the words of posts."""
    if file.suffix == ".parquet":
        table = pq.read_table(file)
        return json.dumps(
            table.select([name for name in table.column_names if name not in IN_CLEAR]).to_pylist(), default=str
        )
    raw = file.read_bytes()
    return (zlib.decompress(raw) if file.suffix == ".z" else raw).decode("latin-1")


def test_no_name_handle_or_platform_id_lies_outside_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    desk = init(tmp_path / "desk", purpose="a test", legal_basis="none needed")
    exports = tmp_path / "exports of Tarn Miller"
    exports.mkdir()
    (exports / "osk_baker.jsonl").write_text(json.dumps(PAGE) + "\n")
    (exports / "result.json").write_text(json.dumps(CHAT))
    assert collect(desk, [exports], options=ReadOptions(), progress=Silent(), processes=1).total("stored") == 2
    detect(desk, progress=Silent())
    told = {file: clear_text(file) for file in desk.folder.rglob("*") if file.is_file()}
    originals = Originals(desk.folder, load_keys(desk.folder, desk.keys_folder).sealer)
    captures = [file.stem for file in desk.folder.glob("captures/*.jsonl")]
    assert any(b"goats" in originals.record(each, 0, originals.places(each)[0].size_bytes) for each in captures)
    for named in ("osk_baker", "Osk", "Silm", "Potter", "Tarn", "tarn_ferry", "7700000000", "8800000000", "9900000000"):
        assert [file for file, text in told.items() if named in text] == []
    assert [file for file, text in told.items() if "160000000000000000" in text] == []


def test_nothing_has_no_pseudonym_and_what_the_platform_says_is_gone_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_KEYS", str(tmp_path / "keys"))
    desk = init(tmp_path / "desk", purpose="a test", legal_basis="none needed")
    (tmp_path / "one.jsonl").write_text(json.dumps(PAGE) + "\n")
    done = collect(desk, [tmp_path / "one.jsonl"], options=ReadOptions(), progress=Silent(), processes=1)
    assert done.captures[0].summary.gone == ("tweet: not found: 1",)
    (row,) = snapshot(desk.folder).read("posts").to_pylist()
    assert row["reply_to_id"]
    assert row["thread_id"]
    assert [row[name] for name in ("channel_id", "repost_of_id", "quote_of_id", "forward_from_id")] == [None] * 4
