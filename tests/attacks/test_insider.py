"""Twelve attacks by an insider with the keys: each is caught by somebody who holds only an older checkpoint.

None is found by `tocsin verify` alone, and each by the machine that saw the desk before (its last head).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from attacks import insider
from attacks.scene import FIRST, PRIVATE_OK, Scene, scene
from tocsin.archive import finished_captures, outside_verifier, snapshot
from tocsin.records.errors import EvidenceError


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk with its history, made once."""
    root = tmp_path_factory.mktemp("lived")
    scene(root)
    return root


@pytest.fixture
def desk(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A copy of it to attack."""
    root = tmp_path / "copy"
    shutil.copytree(lived, root)
    return Scene.reopened(root)


def text_of(line: bytes) -> str:
    import json

    return str(json.loads(line)["text"])


def times(desk: Scene) -> list[str]:
    return [str(body["at"]) for body in desk.statements("capture")]


VICTIM = text_of(FIRST[insider.VICTIM])
SHOWS: dict[Callable[[Scene], None], Callable[[Scene, Scene], bool]] = {
    insider.delete: lambda old, new: VICTIM in old.column("text") and VICTIM not in new.column("text"),
    insider.reorder: lambda old, new: (
        new.column("text").index(VICTIM) == old.column("text").index(VICTIM) + 1
        and sorted(new.column("text")) == sorted(old.column("text"))
    ),
    insider.insert: lambda old, new: set(new.column("text")) - set(old.column("text")) == {text_of(insider.FORGED)},
    insider.back_date: lambda old, new: min(times(new)) < "2030-05-26" < min(times(old)),
    insider.swap_bytes_and_hash: lambda old, new: (
        old.column("text") == new.column("text")
        and b"elsewhere" in new.originals()
        and b"elsewhere" not in old.originals()
    ),
    insider.edit_metadata: lambda old, new: (
        old.column("posted_at")[insider.VICTIM].year == 2030
        and new.column("posted_at")[insider.VICTIM].year == 2029
        and next(each.summary.method for each in finished_captures(snapshot(new.folder))) == "handed over by a witness"
    ),
    insider.truncate: lambda old, new: len(new.entries()) < len(old.entries()) and "900" not in str(new.column("text")),
    insider.fork: lambda old, new: old.entries()[:60] == new.entries()[:60] and old.entries() != new.entries(),
    insider.re_sign: lambda old, new: (
        [body["reason"] for body in new.statements("private_ok")] != [PRIVATE_OK["reason"]]
    ),
    insider.drop_custody_entry: lambda old, new: (
        len(old.statements("private_ok")) == 1 and not new.statements("private_ok")
    ),
    insider.replay_old_checkpoint: lambda old, new: (
        old.entries()[: len(new.entries())] == new.entries() != old.entries()
    ),
}
SAYS = {
    insider.truncate: r"shorter than published\.note says.*expected at least 115 entries, got",
    insider.fork: r"forked: published\.note and log/checkpoint are of 115 entries each",
    insider.replay_old_checkpoint: r"shorter than published\.note says",
}
REWRITTEN = r"rewritten: its first 115 entries are not those that published\.note was signed over"


@pytest.mark.parametrize("attack", SHOWS, ids=lambda attack: attack.__name__)
def test_an_attack_with_the_keys_is_caught_by_who_holds_an_older_checkpoint(desk: Scene, lived: Path, attack):
    before = Scene.reopened(lived)
    assert desk.verified(since=True)["since"] == [115]
    assert desk.verified(since=True, keys=True)["posts"] == 120
    attack(desk)
    assert SHOWS[attack](before, desk), "the attack did not do what it says"
    # By itself the desk is in order, even to somebody who has its keys: the attack is as good as it can be.
    desk.verified(since=False)
    desk.verified(since=False, keys=True)
    for keys in (False, True):
        with pytest.raises(EvidenceError, match=SAYS.get(attack, REWRITTEN)):
            desk.verified(since=True, keys=keys)
    # The stand-alone verifier, which shares no code with this, says the same.
    assert outside_verifier.main(["desk", str(desk.folder)]) == 0
    assert outside_verifier.main(["desk", str(desk.folder), "--since", str(desk.held)]) == 4
    # On the machine that saw the desk before, nobody need bring a checkpoint.
    with pytest.raises(EvidenceError, match="the last head this machine saw"):
        desk.verified(since=False, keys=True, last_head=True)


def kept_with(attack: Callable[[Scene], None], *names: str) -> Callable[[Scene], None]:
    """The attack by somebody who forgets what else lies in the folder."""

    def careless(desk: Scene) -> None:
        for name in names:
            shutil.copytree(desk.folder / name, desk.root / "forgotten" / name)
        attack(desk)
        shutil.copytree(desk.root / "forgotten", desk.folder, dirs_exist_ok=True)

    return careless


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (kept_with(insider.truncate, "certificates"), r"certificates/.* was issued on a longer log"),
        (
            kept_with(insider.delete, "certificates"),
            r"certificates/.*(another log|longer log|does not have)",
        ),
        (kept_with(insider.re_sign, "certificates"), r"certificates/.* was issued on another log"),
        (kept_with(insider.replay_old_checkpoint, "tables"), r"older|log does not speak of|manifest"),
    ],
    ids=["truncate", "delete", "re_sign", "replay"],
)
def test_what_a_careless_insider_forgets_is_found_without_an_older_checkpoint(desk: Scene, attack, named):
    attack(desk)
    with pytest.raises(EvidenceError, match=named):
        desk.verified(since=False)


def test_a_checkpoint_that_the_desk_never_signed_is_refused(desk: Scene):
    note = desk.held.read_text()
    desk.held.write_text(note.replace("\n115\n", "\n114\n"))
    with pytest.raises(EvidenceError, match=r"published\.note is not a checkpoint that a key of this desk signed"):
        desk.verified(since=True)


def test_without_the_check_of_the_older_checkpoint_every_attack_would_pass(
    desk: Scene, monkeypatch: pytest.MonkeyPatch
):
    """The protection taken out: this is what the tests above would let through."""
    monkeypatch.setattr("tocsin.desk.older_heads.check_continues", lambda *_: None)
    insider.delete(desk)
    desk.verified(since=True)
