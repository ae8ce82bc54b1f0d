"""The same post again is the same post; another content of it is another version, and both are kept."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from cli.at_the_door import EXPORTS, new_desk, tocsin, truth
from tocsin.archive import snapshot

COUNTS = ("read", "stored", "duplicate", "quarantined", "versions")


def told(path, desk) -> dict[str, int]:
    answer = tocsin("collect", path, "--desk", desk, "--json")
    assert answer.code == 0, answer.err
    return {name: answer.json()[name] for name in COUNTS}


def test_importing_twice_stores_nothing_twice(tmp_path):
    desk = new_desk(tmp_path / "desk")
    for name in ("rocketchat_harbour_room.json", "telegram_channel.json", "x_v2_part1.jsonl.gz", "notice_board.csv"):
        first = told(EXPORTS / name, desk)
        planted = truth()["files"][name]
        assert first == {count: planted[count] for count in COUNTS}
        again = told(EXPORTS / name, desk)
        assert again == {**first, "stored": 0, "versions": 0, "duplicate": first["read"] - first["quarantined"]}
    posts = snapshot(desk).read("posts", ["post_id", "content_id"]).to_pylist()
    assert len({(row["post_id"], row["content_id"]) for row in posts}) == len(posts)
    assert tocsin("verify", "--desk", desk).code == 0


def test_a_renamed_or_repacked_file_is_the_same_posts(tmp_path):
    desk = new_desk(tmp_path / "desk")
    first = told(EXPORTS / "x_v2_part1.jsonl.gz", desk)
    plain = tmp_path / "renamed.jsonl"
    plain.write_bytes(gzip.decompress((EXPORTS / "x_v2_part1.jsonl.gz").read_bytes()))
    assert told(plain, desk)["duplicate"] == first["stored"]


def test_an_edited_post_becomes_version_2_and_the_first_is_kept(tmp_path):
    desk = new_desk(tmp_path / "desk")
    export = json.loads((EXPORTS / "telegram_channel.json").read_text(encoding="utf-8"))
    before = tmp_path / "before.json"
    shutil.copy(EXPORTS / "telegram_channel.json", before)
    first = told(before, desk)
    message = next(each for each in export["messages"] if each["type"] == "message" and isinstance(each["text"], str))
    was = message["text"]
    message["text"] = "Edited: the goats are at the market"
    message["text_entities"] = [{"type": "plain", "text": message["text"]}]
    after = tmp_path / "after.json"
    after.write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
    second = told(after, desk)
    assert second == {
        "read": first["read"],
        "stored": 1,
        "versions": 1,
        "duplicate": first["read"] - 1,
        "quarantined": 0,
    }

    posts = snapshot(desk).read("posts", ["post_id", "version_no", "text", "leaf_index"]).to_pylist()
    new = next(row for row in posts if row["text"].startswith("Edited: the goats"))
    versions = sorted((row for row in posts if row["post_id"] == new["post_id"]), key=lambda row: row["leaf_index"])
    assert [row["version_no"] for row in versions] == [1, 2]
    assert versions[0]["text"].strip() == was.strip()
    # The file as it was first is still the same post, not a third version.
    assert told(before, desk) == {**first, "stored": 0, "versions": 0, "duplicate": first["read"]}
    assert tocsin("detect", "--desk", desk, "--json").json()["posts"] == first["stored"]
    assert tocsin("verify", "--desk", desk).code == 0


def test_the_certificate_says_what_came_of_every_capture(tmp_path):
    desk = new_desk(tmp_path / "desk")
    answer = tocsin(
        "collect", EXPORTS / "telegram_square_1.json", EXPORTS / "telegram_square_2.json", "--desk", desk, "--json"
    )
    told = answer.json()
    certificate = json.loads(Path(told["certificate"]).with_suffix(".json").read_text(encoding="utf-8"))
    assert certificate["totals"]["read"] == told["read"] == sum(each["read"] for each in certificate["captures"])
    for each in certificate["captures"]:
        assert each["read"] == each["stored"] + each["duplicate"] + each["quarantined"]
        assert each["first_posted_at"] < each["last_posted_at"]
        assert each["time_bases"]
    planted = truth()["files"]
    assert certificate["captures"][1]["versions"] == planted["telegram_square_2.json"]["versions"] == 1
    text = Path(told["certificate"]).read_text(encoding="utf-8")
    for part in ("stored", "duplicate", "quarantined", "Times, explicit", "does not prove"):
        assert part in " ".join(text.split())
