"""What happened to a post is replayed from the log: the state shown is that of the statements, and no word is open."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.at_the_door import keys_in
from desk.keeping import everything, village_desk
from desk.made import collected, row, written
from tocsin import desk as desk_room
from tocsin.archive import Keys, custody_of, load_keys, logged_statement, open_writer, snapshot, verify_desk
from tocsin.archive.custody import detail_path
from tocsin.archive.replay import Judgements
from tocsin.archive.staff import Staff, StaffKeys
from tocsin.archive.tiles import bundle, bundle_entries
from tocsin.desk.erase import erase
from tocsin.desk.exported import state_shared, write_exported
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError
from tocsin.records.judgements import LABELS

WHY = "a reason of this very kind, unmistakable"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[desk_room.Desk]:
    with keys_in(tmp_path / "keys"):
        yield village_desk(tmp_path)


def leaf_of(desk: desk_room.Desk, place: int = 0) -> int:
    return int(snapshot(desk.folder).read("posts", ["leaf_index"])["leaf_index"][place].as_py())


def keys_of(desk: desk_room.Desk) -> Keys:
    return load_keys(desk.folder, desk.keys_folder)


def acts(desk: desk_room.Desk, leaf: int) -> list[str]:
    return [act["act"] for act in desk_room.custody(desk, str(leaf))["acts"]]


def test_a_post_has_its_history_from_its_import_on(village: desk_room.Desk) -> None:
    leaf = leaf_of(village, 35)
    told = desk_room.custody(village, str(leaf))
    assert [act["act"] for act in told["acts"]] == ["capture", "archived", "complete"]
    assert told["proof"]["leaf"] == leaf
    assert told["proof"]["log_size"] == snapshot(village.folder).log_size
    assert told == desk_room.custody(village, told["post_id"]) == desk_room.custody(village, told["post_id"][:9])
    assert all(act["by"].startswith("analyst+") for act in told["acts"] if act["act"] != "archived")
    for no_post in ("0", "99999", "nobody", "pzzzzzzzzzz", "007", "-1"):
        with pytest.raises(TocsinInputError):
            desk_room.custody(village, no_post)


def test_another_version_is_listed_and_a_pseudonym_means_the_last(village: desk_room.Desk, tmp_path: Path) -> None:
    first = desk_room.custody(village, str(leaf_of(village)))
    collected(village, written(tmp_path / "edited.jsonl", [row(0, "Lanterns by the mill instead", who="villager0")]))
    told = desk_room.custody(village, first["post_id"])
    assert [each["version"] for each in told["versions"]] == [1, 2]
    assert told["leaf"] == told["versions"][1]["leaf"] > first["leaf"]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["judge", "correct", "take back"]), st.integers(0, 2), st.sampled_from(list(LABELS)),
        st.integers(0, 9),
    ),
    max_size=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def one_village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[desk_room.Desk]:
    folder = tmp_path_factory.mktemp("village")
    with keys_in(folder / "keys"):
        yield village_desk(folder)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_the_state_replayed_is_the_state_made_whatever_the_order(
    one_village: desk_room.Desk, steps: list[tuple[str, int, str, int]]
) -> None:
    """The oracle: judgements that stand, a list a post, the last one in force; the desk grows over all examples."""
    with keys_in(one_village.keys_folder):
        posts = [leaf_of(one_village, place) for place in range(3)]
        here = snapshot(one_village.folder, keys_of(one_village).sealer)
        standing = {
            post: [(act.leaf_index, str((act.detail or {})["label"])) for act in custody_of(here, post).judgements]
            for post in posts
        }
        for number, (what, place, label, which) in enumerate(steps):
            post = posts[place]
            if what == "judge":
                made = desk_room.judge(one_village, str(post), label, f"{WHY} {number}")
                standing[post].append((made.stated_in, label))
            elif standing[post]:
                of = standing[post].pop(which % len(standing[post]))[0]
                instead = label if what == "correct" else None
                made = desk_room.correct(one_village, of, f"{WHY} {number}", instead)
                standing[post] += [(made.stated_in, instead)] if instead else []
                for _ in range(2):
                    with pytest.raises(TocsinInputError, match="no judgement"):
                        desk_room.correct(one_village, of, WHY)
        for post in posts:
            told = desk_room.custody(one_village, str(post))["judgement"]
            shown = (told["leaf"], told["detail"]["label"]) if told else None
            assert shown == (standing[post][-1] if standing[post] else None)
        assert verify_desk(one_village.folder, keys_of(one_village)).posts == 60


def test_what_is_no_judgement_cannot_be_corrected(village: desk_room.Desk) -> None:
    leaf = leaf_of(village)
    seen = desk_room.view(village, str(leaf), WHY)
    for other in (leaf, 0, seen.stated_in):
        with pytest.raises(TocsinInputError, match="no judgement"):
            desk_room.correct(village, other, WHY)
    with pytest.raises(EvidenceError, match="no leaf"):
        desk_room.correct(village, 10**6, WHY)
    judged = desk_room.judge(village, str(leaf), "calls", WHY)
    before = everything(village.folder)
    withdrawn = desk_room.correct(village, judged.stated_in, WHY)
    with pytest.raises(TocsinInputError, match="no judgement"):
        desk_room.correct(village, withdrawn.stated_in, WHY)
    # A correction supersedes, never edits: what was stated before lies as it lay.
    after = everything(village.folder)
    kept = [name for name in before if name.startswith(("custody/", "secrets/", "captures/", "chunks/"))]
    assert len(kept) >= 6
    assert {name: before[name] for name in kept} == {name: after[name] for name in kept}
    assert logged_statement(village.folder, judged.stated_in)["type"] == "judged"


@pytest.mark.parametrize("reason", ["", "   ", "too short", "  nine char ", "x" * 1001])
def test_without_a_reason_nothing_is_shown_stated_or_judged(village: desk_room.Desk, reason: str) -> None:
    before = everything(village.folder)
    for refused in (
        lambda: desk_room.view(village, str(leaf_of(village)), reason),
        lambda: desk_room.judge(village, str(leaf_of(village)), "calls", reason),
        lambda: desk_room.correct(village, 0, reason),
    ):
        with pytest.raises(TocsinInputError, match="needs a reason"):
            refused()
    assert everything(village.folder) == before
    with pytest.raises(TocsinInputError, match="no label"):
        desk_room.judge(village, str(leaf_of(village)), "guilty", WHY)


def test_an_original_is_seen_only_once_it_is_stated(
    village: desk_room.Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaf = leaf_of(village, 8)
    out = tmp_path / "original"
    monkeypatch.setattr("tocsin.desk.acts._WAIT_S", 0.0)
    with open_writer(village.folder, keys_of(village), village.clock), pytest.raises(TocsinError, match="another"):
        desk_room.view(village, str(leaf), WHY, out)
    assert not out.exists()
    size = snapshot(village.folder).log_size
    seen = desk_room.view(village, str(leaf), WHY, out)
    assert json.loads(seen.record) == json.loads(out.read_bytes()) == row(8, "Lanterns by the well in Tarn 8", who="villager1")  # fmt: skip
    assert out.stat().st_mode & 0o777 == 0o600
    assert [(each["kind"], each["platform_id"]) for each in seen.names] == [("post", "8"), ("account", "villager1")]
    assert seen.stated_in == size
    stated = logged_statement(village.folder, seen.stated_in)
    assert (stated["type"], stated["leaf"], set(stated)) == (
        "viewed", leaf, {"type", "v", "leaf", "at", "by", "sig", "detail"},
    )  # fmt: skip
    (act,) = [act for act in desk_room.custody(village, str(leaf))["acts"] if act["act"] == "viewed"]
    assert act["detail"] == {"reason": WHY, "to_file": True}
    with pytest.raises(TocsinInputError, match="inside the desk"):
        desk_room.view(village, str(leaf), WHY, village.folder / "original")


def test_private_posts_are_viewed_by_the_same_rule(village: desk_room.Desk, tmp_path: Path) -> None:
    file = written(tmp_path / "private.jsonl", [row("x1", "Keys under the mat", audience="private")])
    options = desk_room.ReadOptions(
        private_ok="a court order of May", my_role="analyst", mapping={"audience": "audience"}
    )
    collected(village, file, options=options)
    leaf = leaf_of(village, -1)
    with pytest.raises(TocsinInputError, match="needs a reason"):
        desk_room.view(village, str(leaf), "")
    seen = desk_room.view(village, str(leaf), WHY)
    assert (seen.audience, b"under the mat" in seen.record) == ("private", True)
    assert "viewed" in acts(village, leaf)


def test_no_word_of_a_reason_or_a_label_lies_open_in_the_desk(village: desk_room.Desk) -> None:
    leaf, before = leaf_of(village), everything(village.folder).keys()
    desk_room.view(village, str(leaf), WHY)
    judged = desk_room.judge(village, str(leaf), "opposes", WHY)
    desk_room.correct(village, judged.stated_in, WHY, "unrelated")
    for name, data in everything(village.folder).items():
        for word in (WHY.encode(), b"unmistakable", b"opposes", b"unrelated"):
            assert word not in data, name
    sealed = [name for name in everything(village.folder).keys() - before if name.startswith("custody/")]
    assert len(sealed) == 3


def test_without_the_keys_the_acts_are_told_and_the_details_are_not(
    village: desk_room.Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leaf = leaf_of(village)
    desk_room.judge(village, str(leaf), "calls", WHY)
    stranger = replace(village, keys_folder=tmp_path / "none")
    told = desk_room.custody(stranger, str(leaf))
    assert (told["details"], told["judgement"], told["acts"][-1]["act"]) == ("sealed", None, "judged")
    assert told["acts"][-1]["detail"] is None
    assert "unmistakable" not in json.dumps(told)
    assert "sealed" in "\n".join(desk_room.custody_lines(told))
    for refused in (
        lambda: desk_room.view(stranger, str(leaf), WHY),
        lambda: desk_room.judge(stranger, str(leaf), "calls", WHY),
    ):
        with pytest.raises(TocsinInputError, match="keys"):
            refused()


def _other_bytes(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def _resealed(desk: desk_room.Desk, leaf: int) -> None:
    """Another label, by somebody who has the keys."""
    path, sealer = detail_path(leaf), keys_of(desk).sealer
    other = {"label": "unrelated", "reason": WHY}
    (desk.folder / path).write_bytes(sealer.sealed(json.dumps(other).encode(), path))


def _swapped(desk: desk_room.Desk, leaf: int) -> None:
    """The detail of another judgement, under this one's name."""
    shutil.copy(desk.folder / detail_path(leaf + 1), desk.folder / detail_path(leaf))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda desk, leaf: (desk.folder / detail_path(leaf)).unlink(), "is missing"),
        (lambda desk, leaf: _other_bytes(desk.folder / detail_path(leaf)), "cannot be opened"),
        (_swapped, "cannot be opened"),
        (_resealed, "is not what leaf"),
    ],
)
def test_a_detail_removed_or_changed_is_found(
    village: desk_room.Desk, damage: Callable[[desk_room.Desk, int], None], says: str
) -> None:
    leaf = leaf_of(village)
    judged = desk_room.judge(village, str(leaf), "calls", WHY)
    desk_room.judge(village, str(leaf), "unsure", WHY)
    damage(village, judged.stated_in)
    with pytest.raises(EvidenceError, match=says):
        verify_desk(village.folder, keys_of(village))
    with pytest.raises(EvidenceError, match=says):
        desk_room.custody(village, str(leaf))


def _edited_bundle(desk: desk_room.Desk, old: bytes, new: bytes) -> None:
    """One entry of the log, edited in place with as many bytes."""
    assert len(old) == len(new)
    changed = 0
    for file in (desk.folder / "log" / "tile" / "entries").rglob("*"):
        if file.is_file() and old in file.read_bytes():
            file.write_bytes(file.read_bytes().replace(old, new))
            changed += 1
    assert changed


def test_a_statement_dropped_or_changed_is_found(village: desk_room.Desk, tmp_path: Path) -> None:
    leaf = leaf_of(village)
    desk_room.judge(village, str(leaf), "calls", WHY)
    desk_room.judge(village, str(leaf), "unsure", WHY)
    whole = tmp_path / "whole"
    shutil.copytree(village.folder, whole)
    for old, new in ((b'"type":"judged"', b'"type":"viewed"'), (b'"leaf":%d' % leaf, b'"leaf":%d' % (leaf + 1))):
        _edited_bundle(village, old, new)
        with pytest.raises(EvidenceError):
            verify_desk(village.folder, keys_of(village))
        with pytest.raises(EvidenceError, match="root"):
            desk_room.custody(village, str(leaf))
        shutil.rmtree(village.folder)
        shutil.copytree(whole, village.folder)
    tiles = [each for each in (village.folder / "log" / "tile" / "entries").rglob("*") if each.is_file()]
    file = max(tiles, key=lambda each: int(each.name))  # narrower ones stay from earlier commits
    entries = bundle_entries(file.read_bytes(), "it")
    dropped = [entry for entry in entries if b'"type":"judged"' not in entry]
    for fewer in (dropped, [*dropped, *dropped[-2:]]):
        file.write_bytes(bundle(fewer))
        with pytest.raises(EvidenceError):
            verify_desk(village.folder, keys_of(village))
        with pytest.raises(EvidenceError):
            desk_room.custody(village, str(leaf))


def test_a_judgement_dropped_by_whoever_has_the_key_is_found_with_an_older_checkpoint(
    village: desk_room.Desk, tmp_path: Path
) -> None:
    leaf, before, held = leaf_of(village), tmp_path / "before", tmp_path / "held.note"
    shutil.copytree(village.folder, before)
    desk_room.judge(village, str(leaf), "calls", WHY)
    shutil.copy(village.folder / "log" / "checkpoint", held)
    shutil.rmtree(village.folder)
    shutil.copytree(before, village.folder)
    with open_writer(village.folder, keys_of(village), village.clock, may_be_older=True) as writer:
        writer.append_statements([{"type": "note", "v": 1}] * 2)
    insider = replace(village, keys_folder=tmp_path / "none")
    assert "judged" not in acts(insider, leaf)
    desk_room.verify(insider, None, progress=desk_room.Silent())
    with pytest.raises(EvidenceError):
        desk_room.verify(insider, None, progress=desk_room.Silent(), since=[held])


def _forged(
    desk: desk_room.Desk, body: dict[str, Any], made: Callable[[dict[str, Any], Staff], dict[str, Any]]
) -> None:
    """A statement that a writer with the log's key but another way of signing puts into the log."""
    with open_writer(desk.folder, keys_of(desk), desk.clock) as writer:
        true = writer._staff
        assert true is not None

        class Forger:
            by = true.by
            introduction = true.introduction

            def signed(self, statement: dict[str, Any]) -> dict[str, Any]:
                return made(statement, true)

        writer._staff = Forger()  # type: ignore[assignment]
        writer.append_statements([body], [{"label": "calls", "reason": WHY}])


STRANGER = Staff("analyst", bytes(range(32)))
FORGERIES: dict[str, Callable[[dict[str, Any], Staff], dict[str, Any]]] = {
    "signed by an unknown key": lambda body, true: STRANGER.signed(body),
    "signed by an unknown key in the name of a known one": lambda body, true: {
        **STRANGER.signed(body), "by": true.by,
    },
    "the signature of another statement": lambda body, true: {
        **true.signed(body), "sig": true.signed({**body, "leaf": 0})["sig"],
    },
    "another role": lambda body, true: {**true.signed(body), "by": true.by.replace("analyst", "lawyer")},
    "another time": lambda body, true: {**true.signed(body), "at": "2020-01-01T00:00:00Z"},
    "nobody": lambda body, true: body,
}  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_a_statement_that_staff_did_not_sign_is_found(village: desk_room.Desk, how: str) -> None:
    leaf = leaf_of(village)
    desk_room.judge(village, str(leaf), "unsure", WHY)
    assert verify_desk(village.folder, keys_of(village)).posts == 60
    _forged(village, {"type": "judged", "v": 1, "leaf": leaf}, FORGERIES[how])
    for keys in (keys_of(village), None):
        with pytest.raises(EvidenceError, match="leaf"):
            verify_desk(village.folder, keys)
    with pytest.raises(EvidenceError):
        desk_room.custody(village, str(leaf))


@pytest.mark.parametrize("of", ["itself", "another post's", "a post", "none", "corrected before"])
def test_a_correction_of_no_judgement_in_force_is_found(village: desk_room.Desk, of: str) -> None:
    leaf = leaf_of(village)
    mine = desk_room.judge(village, str(leaf), "unsure", WHY).stated_in
    theirs = desk_room.judge(village, str(leaf_of(village, 1)), "calls", WHY).stated_in
    done = desk_room.judge(village, str(leaf), "calls", WHY).stated_in
    desk_room.correct(village, done, WHY)
    named = {"itself": done + 2, "another post's": theirs, "a post": leaf, "none": True, "corrected before": done}[of]
    _forged(village, {"type": "corrected", "v": 1, "leaf": leaf, "of": named}, lambda body, true: true.signed(body))
    with pytest.raises(EvidenceError, match="no judgement in force"):
        verify_desk(village.folder)
    with pytest.raises(EvidenceError, match="no judgement in force"):
        desk_room.custody(village, str(leaf))
    assert mine


def test_a_name_given_to_one_key_is_not_given_to_another() -> None:
    one, keys = Staff("analyst", bytes(32)), StaffKeys()
    keys.check(one.introduction("2030-01-01T00:00:00Z"), "leaf 0")
    keys.check(one.introduction("2030-01-01T00:00:00Z"), "leaf 1")
    keys.keys[one.by] = STRANGER.public_key  # as where the eight digits of two keys were made to meet
    with pytest.raises(EvidenceError, match="to another"):
        keys.check(one.introduction("2030-01-01T00:00:00Z"), "leaf 2")


@pytest.mark.parametrize("post", [True, -1, "3", None, 9, 10])
def test_a_judgement_names_a_leaf_before_it(post: object) -> None:
    with pytest.raises(EvidenceError, match="judges no post"):
        Judgements().check(9, {"type": "judged", "v": 1, "leaf": post})  # type: ignore[dict-item]


def test_an_export_counts_for_the_posts_it_quotes(village: desk_room.Desk, tmp_path: Path) -> None:
    quoted, other = leaf_of(village, 3), leaf_of(village, 4)
    file = tmp_path / "out.csv"
    write_exported(village, "table", file, b"one,two\n", [quoted, quoted])
    assert file.read_bytes() == b"one,two\n"
    assert "exported" in acts(village, quoted)
    assert "exported" not in acts(village, other)
    act = desk_room.custody(village, str(quoted))["acts"][-1]
    assert act["what"] == "table"
    assert act["detail"] == {"sha256": sha256(b"one,two\n").hexdigest()}
    state_shared(village, "backup")
    assert acts(village, other)[-1] == "shared"
    assert verify_desk(village.folder, keys_of(village)).posts == 60


def test_an_export_that_cannot_be_stated_never_appears(
    village: desk_room.Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.desk.acts._WAIT_S", 0.0)
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_bytes(b"older\n")
    with open_writer(village.folder, keys_of(village), village.clock):
        for file in (old, new):
            with pytest.raises(TocsinError, match="another process"):
                write_exported(village, "table", file, b"newer\n", [])
    stranger = replace(village, keys_folder=tmp_path / "none")
    with pytest.raises(TocsinInputError, match="keys"):
        write_exported(stranger, "table", new, b"newer\n", [])
    assert old.read_bytes() == b"older\n"
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["old.csv"]


def test_an_erased_post_keeps_its_history_and_loses_its_words(village: desk_room.Desk) -> None:
    leaf, other = leaf_of(village), leaf_of(village, 1)
    desk_room.judge(village, str(leaf), "calls", WHY)
    judged = desk_room.judge(village, str(other), "reports", WHY)
    done = erase(village, [str(leaf)], reason="by order of a court")
    assert done.order == 1
    told = desk_room.custody(village, str(leaf))
    assert (told["erased"], told["judgement"], told["post_id"], told["versions"]) == (True, None, None, [])
    last = told["acts"][-1]
    assert [(act["act"], act["detail"]) for act in told["acts"] if act["act"] == "judged"] == [("judged", None)]
    assert (last["act"], last["order"], "order 1" in "\n".join(desk_room.custody_lines(told))) == ("erased", 1, True)
    still = desk_room.custody(village, str(other))
    assert (still["erased"], still["judgement"]["leaf"]) == (False, judged.stated_in)
    for refused in (desk_room.view, lambda desk, post, why: desk_room.judge(desk, post, "calls", why)):
        with pytest.raises(TocsinInputError, match="no post"):
            refused(village, str(leaf), WHY)
    assert verify_desk(village.folder, keys_of(village)).erased >= 1


def test_bytes_are_shown_safely() -> None:
    raw = "a\x1b[31m\u202eb\u200bc".encode() + b"\xff\xfe" + "\n\u0633\u0644\u0627\u0645".encode()
    shown = desk_room.shown_bytes(raw)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "⟦U+001B⟧[31m⟦RLO⟧b⟦ZWSP⟧c⟦byte FF⟧⟦byte FE⟧\nسلام" in shown


def test_a_proof_is_stated_and_one_of_a_private_post_needs_a_reason(tmp_path, monkeypatch):
    from cli.at_the_door import new_desk, tocsin
    from tocsin.archive import snapshot

    desk = new_desk(tmp_path / "desk")
    file = tmp_path / "chat.txt"
    file.write_text("05/01/2026, 08:00 - Ann: Goats at the well\n05/01/2026, 08:05 - Osk: Bread at the mill\n", "utf-8")
    asked = ("collect", file, "--desk", desk, "--private-ok", "a study the board allowed", "--my-role", "member")
    assert tocsin(*asked).code == 0
    (row, *_) = snapshot(desk).read("posts").to_pylist()
    assert row["audience"] == "private"
    proof = tmp_path / "p.zip"
    answer = tocsin("prove", row["leaf_index"], "-o", proof, "--desk", desk)
    assert (answer.code, proof.exists()) == (2, False)
    assert "was not public" in answer.err
    why = ("--private-ok", "the court asked for it, file 9")
    assert tocsin("prove", row["leaf_index"], "-o", proof, *why, "--desk", desk).code == 0
    acts = tocsin("custody", row["leaf_index"], "--desk", desk, "--json").json()["acts"]
    assert acts[-1]["act"] == "exported"
    assert "the court asked for it, file 9" in str(acts[-1])
    assert tocsin("verify", "--desk", desk).code == 0
