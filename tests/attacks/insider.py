"""Twelve things an insider with the desk's keys could do to its evidence, each as well as it can be done.

Each takes a `Scene` and leaves the desk folder changed and, but for what it says, in order: `tocsin verify` alone finds
nothing. Certificates that give an attack away are removed, as an insider would.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta

from archive.village import NOW, records
from attacks.scene import FINDINGS, FIRST, HISTORY, LATER, SECOND, Scene, importing, stating
from tocsin.archive import notes
from tocsin.archive.recovery import manifest_path
from tocsin.archive.staff import staff_of
from tocsin.archive.strict import canonical_json, statement
from tocsin.archive.tables import read_manifest
from tocsin.archive.tiles import Edge
from tocsin.archive.verify import snapshot

THEN = importing(LATER)
VICTIM = 7  # the post of the first import that most attacks are about
FORGED = records(1, 4000)[0]


def edited(line: bytes, **changes: object) -> bytes:
    """A record with other values."""
    return json.dumps(json.loads(line) | changes).encode() + b"\n"


def with_first(scene: Scene, lines: list[bytes], **note: object) -> None:
    """The history lived again from before the first import, with other lines in it."""
    scene.put_back(1)
    scene.take(importing(lines, **note), NOW + timedelta(hours=1))
    scene.live_on((*HISTORY[2:], THEN), at=NOW + timedelta(hours=2))


def delete(scene: Scene) -> None:
    """One post was never imported: the log, tables, chunks and secrets are written again without it."""
    with_first(scene, [*FIRST[:VICTIM], *FIRST[VICTIM + 1 :]])


def reorder(scene: Scene) -> None:
    """Two posts change places, in the captured bytes and in the log."""
    lines = list(FIRST)
    lines[VICTIM], lines[VICTIM + 1] = lines[VICTIM + 1], lines[VICTIM]
    with_first(scene, lines)


def insert(scene: Scene) -> None:
    """A post that nobody wrote stands in the middle of an old import."""
    with_first(scene, [*FIRST[:VICTIM], FORGED, *FIRST[VICTIM:]])


def back_date(scene: Scene) -> None:
    """The second import is said to have been made a week before, and so before the first."""
    scene.put_back(1)
    scene.take(importing(SECOND), NOW - timedelta(days=7))
    scene.live_on((importing(FIRST), stating(FINDINGS), THEN), at=NOW + timedelta(hours=1))


def swap_bytes_and_hash(scene: Scene) -> None:
    """Other original bytes lie under a post, with their digest, address and commitment; its text stays."""
    line = edited(FIRST[VICTIM], client="written elsewhere")
    with_first(scene, [*FIRST[:VICTIM], line, *FIRST[VICTIM + 1 :]])


def edit_metadata(scene: Scene) -> None:
    """A post gets another time and account, and its capture another method."""
    line = edited(FIRST[VICTIM], at="2029-12-24T18:00:00+00:00", account="49")
    with_first(scene, [*FIRST[:VICTIM], line, *FIRST[VICTIM + 1 :]], method="handed over by a witness")


def truncate(scene: Scene) -> None:
    """The desk ends after its first import: an older copy of the folder, with nothing after it."""
    scene.put_back(2)


def fork(scene: Scene) -> None:
    """At the head that was given away the log is as long, but its last import was of other posts."""
    scene.put_back(2)
    scene.live_on((importing(records(40, 7000)), stating(FINDINGS)), at=NOW + timedelta(hours=2))


def re_sign(scene: Scene) -> None:
    """A statement is edited in the log as it lies and signed by staff; the tiles are made anew and the head signed."""
    staff = staff_of(scene.keys_folder)

    def rewritten(entry: bytes) -> bytes:
        body = statement(entry, "it")
        if body["type"] != "private_ok":
            return entry
        bare = {name: value for name, value in body.items() if name not in ("by", "sig")}
        return canonical_json(staff.signed({**bare, "reason": "a whim of the morning"}))

    forged = [rewritten(entry) for entry in scene.entries()]
    growth = Edge().grown(forged)
    shutil.rmtree(scene.folder / "log" / "tile")  # narrower tiles of earlier commits would still tell
    for path, data in growth.files.items():
        (scene.folder / "log" / path).parent.mkdir(parents=True, exist_ok=True)
        (scene.folder / "log" / path).write_bytes(data)
    signer = scene.keys.signer
    note = signer.signed_note(notes.checkpoint_text(signer.name, growth.edge.size, growth.edge.root))
    manifest = snapshot(scene.folder).manifest
    head = replace(manifest, checkpoint=note)
    (scene.folder / "log" / "checkpoint").write_text(note)
    (scene.folder / "tables" / "manifest.json").write_bytes(head.to_json())
    for older in scene.folder.glob("tables/manifest-*.json"):
        older.unlink()
    (scene.folder / manifest_path(head.generation)).write_bytes(head.to_json())
    shutil.rmtree(scene.folder / "certificates")


def drop_custody_entry(scene: Scene) -> None:
    """Nobody ever said that private posts may be read: the history is lived again without that statement."""
    scene.put_back(0)
    scene.live_on((*HISTORY[1:], THEN), at=NOW + timedelta(hours=1))


def replay_old_checkpoint(scene: Scene) -> None:
    """An older head and manifest are shown again, over files that go on; later manifests and tables are removed."""
    generation = snapshot(scene.states[2]).generation
    older = (scene.states[2] / "tables" / "manifest.json").read_bytes()
    (scene.folder / "tables" / "manifest.json").write_bytes(older)
    (scene.folder / "log" / "checkpoint").write_text(read_manifest(older, "it").checkpoint)
    for path in [*scene.folder.glob("tables/manifest-*.json"), *scene.folder.glob("tables/*/*.parquet*")]:
        if int(path.name.removeprefix("manifest-").split(".")[0]) > generation:
            path.unlink()
    shutil.rmtree(scene.folder / "certificates")
