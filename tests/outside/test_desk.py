"""The stand-alone verifier and `tocsin verify` agree: on good desks, and on desks damaged in many ways."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from archive.conftest import VillageDesk, new_desk
from archive.village import NOW, clock, records
from tocsin.archive import finished_captures, load_keys, outside_verifier, snapshot, verify_desk, write_certificate
from tocsin.archive.rotation import rotate_key
from tocsin.archive.tables import read_manifest
from tocsin.archive.tiles import Edge, Log
from tocsin.records.errors import TocsinError


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> VillageDesk:
    """Three captures, a statement, a certificate; a head from before the last capture is kept as `old`."""
    made = new_desk(tmp_path_factory.mktemp("desk"))
    made.collect(records(300))
    made.collect(records(300))
    shutil.copy(made.folder / "log" / "checkpoint", made.folder.parent / "old")
    made.collect([*records(200, 200, edited=True), b'{"id\n'])
    with made.writer() as writer:
        writer.append_statements([{"type": "note", "v": 1, "words": 'a "word"'}])
    write_certificate(made.folder, finished_captures(snapshot(made.folder, made.keys.sealer)), NOW)
    return made


@pytest.fixture
def copied(full, tmp_path) -> VillageDesk:
    shutil.copytree(full.folder, tmp_path / "desk")
    shutil.copytree(full.keys_folder, tmp_path / "keys")
    return VillageDesk(tmp_path / "desk", tmp_path / "keys", full.keys)


def said_outside(desk: VillageDesk, *more: object) -> int:
    key_file = next(desk.keys_folder.glob("*.json"))
    return outside_verifier.main(["desk", str(desk.folder), "--keys", str(key_file), *map(str, more)])


def said_inside(desk: VillageDesk) -> int:
    try:
        verify_desk(desk.folder, load_keys(desk.folder, desk.keys_folder, to_sign=False))
    except TocsinError as error:
        return error.exit_code
    return 0


def test_a_good_desk_verifies_without_tocsin(full, outsider):
    old = full.folder.parent / "old"
    for more in ([], ["--keys", next(full.keys_folder.glob("*.json"))], ["--since", old]):
        said = outsider.verify("desk", full.folder, *more)
        assert said.returncode == 0, said.stdout + said.stderr
        assert said.stdout.count("ok  ") == 4
    assert outsider.verify("desk", full.folder.parent).returncode == 2
    assert outsider.verify("desk", full.folder, "--since", full.folder / "none").returncode == 2
    assert said_inside(full) == 0


def test_an_empty_and_a_half_imported_desk_verify(tmp_path, outsider):
    made = new_desk(tmp_path)
    assert outsider.verify("desk", made.folder).returncode == 0
    from archive.village import batch, blocks_of
    from tocsin.records.posts import CaptureNote

    blocks = blocks_of(records(300))
    with made.writer() as writer:
        capture = writer.begin_capture(CaptureNote("village"), "village/jsonl", "a.jsonl", blocks[0].data)
        writer.commit(capture, *batch(made.keys, capture.capture_id, blocks[:2]))
    assert outsider.verify("desk", made.folder).returncode == 0


def test_a_desk_whose_key_was_replaced_verifies_from_its_old_head_on(copied, full, outsider):
    before = (copied.folder / "log" / "checkpoint").read_bytes()
    (copied.folder.parent / "before").write_bytes(before)
    rotate_key(copied.folder, copied.keys_folder, clock)
    VillageDesk(copied.folder, copied.keys_folder, load_keys(copied.folder, copied.keys_folder)).collect(
        records(40, 600)
    )
    said = outsider.verify("desk", copied.folder, "--since", copied.folder.parent / "before")
    assert said.returncode == 0, said.stdout
    assert said_inside(copied) == 0
    head = json.loads((copied.folder / "desk.json").read_bytes())
    assert outsider.verify("desk", copied.folder, "--vkey", head["handovers"][0]["old"]).returncode == 0
    signature = head["handovers"][0]["old_signature"]
    log = next(
        path
        for path in (copied.folder / "log").rglob("*")
        if path.is_file() and signature.encode() in path.read_bytes()
    )
    log.write_bytes(log.read_bytes().replace(signature.encode(), (signature[:-4] + "AAA=").encode()))
    assert outsider.verify("desk", copied.folder).returncode == 4


def flip(pattern: str, at: float = 0.5, bit: int = 1):
    def damaged(desk: VillageDesk) -> None:
        path = sorted(path for path in desk.folder.glob(pattern) if path.is_file())[0]
        raw = bytearray(path.read_bytes())
        raw[int(len(raw) * at)] ^= bit
        path.write_bytes(raw)

    return damaged


def gone(pattern: str):
    return lambda desk: sorted(path for path in desk.folder.glob(pattern) if path.is_file())[0].unlink()


def rewritten(pattern: str, change):
    def damaged(desk: VillageDesk) -> None:
        path = sorted(desk.folder.glob(pattern))[0]
        path.write_bytes(change(path.read_bytes()))

    return damaged


def swapped(one: str, other: str):
    def damaged(desk: VillageDesk) -> None:
        first, second = (sorted(desk.folder.glob(pattern)) for pattern in (one, other))
        a, b = first[0], second[-1]
        kept = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(kept)

    return damaged


def relogged(change):
    """Another log, signed with the desk's own key: what an insider can do."""

    def damaged(desk: VillageDesk) -> None:
        from tocsin.archive import notes
        from tocsin.archive.tables import Manifest

        here = snapshot(desk.folder)
        entries = [entry for _, entry in Log(desk.folder / "log", here.log_size).all_entries()]
        growth = Edge().grown(change(entries))
        shutil.rmtree(desk.folder / "log" / "tile")
        for path, data in growth.files.items():
            (desk.folder / "log" / path).parent.mkdir(parents=True, exist_ok=True)
            (desk.folder / "log" / path).write_bytes(data)
        signer = desk.keys.signer
        note = signer.signed_note(notes.checkpoint_text(signer.name, growth.edge.size, growth.edge.root))
        (desk.folder / "log" / "checkpoint").write_text(note)
        manifest = read_manifest((desk.folder / "tables" / "manifest.json").read_bytes(), "manifest")
        body = {name: getattr(manifest, name) for name in Manifest.__slots__} | {"checkpoint": note}
        (desk.folder / "tables" / "manifest.json").write_bytes(Manifest(**body).to_json())
        for path in (desk.folder / "certificates").glob("*"):
            path.unlink()

    return damaged


def without(number: int):
    return lambda entries: entries[:number] + entries[number + 1 :]


def at(number: int, change):
    return lambda entries: [change(entry) if place == number else entry for place, entry in enumerate(entries)]


def counted(entries: list[bytes]) -> list[bytes]:
    """One post more in the counts of the first batch."""
    number = next(place for place, entry in enumerate(entries) if b'"type":"batch"' in entry)
    return at(
        number, lambda entry: entry.replace(b'"stored":200', b'"stored":201').replace(b'"read":200', b'"read":201')
    )(entries)


DAMAGED = {
    "desk.json, a bit": flip("desk.json"),
    "desk.json, another purpose": rewritten("desk.json", lambda raw: raw.replace(b"a test", b"a rest")),
    "checkpoint, a bit": flip("log/checkpoint"),
    "checkpoint gone": gone("log/checkpoint"),
    "checkpoint, CRLF": rewritten("log/checkpoint", lambda raw: raw.replace(b"\n", b"\r\n")),
    "checkpoint, size 0520": rewritten("log/checkpoint", lambda raw: raw.replace(b"\n5", b"\n05", 1)),
    "tile of level 0, a bit": flip("log/tile/0/000"),
    "partial tile, a bit": flip("log/tile/0/00?.p/*"),
    "tile of level 1, a bit": flip("log/tile/1/000.p/*"),
    "tile gone": gone("log/tile/0/000"),
    "entries, a bit": flip("log/tile/entries/000"),
    "entries, first length": flip("log/tile/entries/000", 0.0),
    "entries gone": gone("log/tile/entries/000"),
    "entries swapped": swapped("log/tile/entries/000", "log/tile/entries/001"),
    "posts table, a bit": flip("tables/posts/*"),
    "names table, a bit": flip("tables/names/*"),
    "captures table gone": gone("tables/captures/*"),
    "quarantine table cut": rewritten("tables/quarantine/*", lambda raw: raw[:-1]),
    "manifest, a bit": flip("tables/manifest.json", 0.9),
    "manifest gone": gone("tables/manifest.json"),
    "tables swapped": swapped("tables/posts/*", "tables/posts/*"),
    "chunk, a bit": flip("chunks/*/*"),
    "chunk, last bit": flip("chunks/*/*", 0.99999),
    "chunk gone": gone("chunks/*/*"),
    "chunks swapped": swapped("chunks/*/*", "chunks/*/*"),
    "secrets, a bit": flip("secrets/*"),
    "secrets gone": gone("secrets/*"),
    "capture, a bit in its header": flip("captures/*", 0.02),
    "capture, a bit in its places": flip("captures/*", 0.6),
    "capture, its end gone": rewritten("captures/*", lambda raw: raw[: raw.rstrip(b"\n").rfind(b"\n") + 1]),
    "capture gone": gone("captures/*"),
    "certificate of another head": rewritten(
        "certificates/*.json", lambda raw: raw.replace(b'"checkpoint": "tocsin', b'"checkpoint": "tocsim')
    ),
    "resigned: a post removed": relogged(without(5)),
    "resigned: the last removed": relogged(lambda entries: entries[:-2]),
    "resigned: posts exchanged for one": relogged(at(6, lambda entry: entry.replace(b'"root":"', b'"root":"A')[:-1])),
    "resigned: counts": relogged(counted),
    "resigned: a capture forgotten": relogged(without(0)),
    "resigned: spaces": relogged(at(0, lambda entry: entry.replace(b":", b": ", 1))),
    "resigned: a fraction": relogged(at(0, lambda entry: entry.replace(b'"ordinal":1', b'"ordinal":1.0'))),
    "resigned: a name twice": relogged(at(0, lambda entry: entry.replace(b'"v":1', b'"v":1,"v":1'))),
    "resigned: another header": relogged(at(0, lambda entry: entry.replace(b'"header":"', b'"header":"A', 1))),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_both_find_the_same_damage(name, copied):
    DAMAGED[name](copied)
    assert (said_outside(copied), said_inside(copied)) == (4, 4)


def test_a_log_forked_after_an_old_head_is_found_by_whoever_holds_it(copied, full):
    """The rewritten log verifies by itself as far as its statements go; the old head does not fit."""
    old = full.folder.parent / "old"
    assert said_outside(copied, "--since", old) == 0
    relogged(at(503 - 1, lambda entry: entry))(copied)  # signed again, unchanged: still fits
    assert said_outside(copied, "--since", old) == 0
    relogged(lambda entries: [*entries[:100], entries[101], entries[100], *entries[102:]])(copied)
    assert said_outside(copied, "--since", old) == 4


def test_keys_of_another_desk_and_another_vkey_are_refused(copied, tmp_path):
    other = new_desk(tmp_path / "other")
    other_key = next(other.keys_folder.glob("*.json"))
    assert outside_verifier.main(["desk", str(copied.folder), "--keys", str(other_key)]) == 4
    vkey = json.loads((other.folder / "desk.json").read_bytes())["vkey"]
    assert outside_verifier.main(["desk", str(copied.folder), "--vkey", vkey]) == 4


@pytest.mark.real_data
def test_all_518_published_probes_agree(real_data: Path):
    def raw(text: str | None) -> bytes:
        return base64.b64decode(text) if text else b""

    agreed: Counter[bool] = Counter()
    for line in (real_data / "merkle_vectors" / "probes.jsonl").read_text().splitlines():
        each = json.loads(line)
        probe = each["probe"]
        path = [raw(one) for one in probe["proof"] or []]
        try:
            match each["kind"]:
                case "inclusion":
                    place = (probe["leafIdx"], probe["leafIdx"] + 1, probe["treeSize"])
                    parts = raw(probe["leafHash"]), raw(probe["root"])
                case "consistency":
                    outside_verifier._require(probe["size1"] >= 1, "RFC 6962 has no proof of the empty tree")
                    place, parts = (0, probe["size1"], probe["size2"]), (raw(probe["root1"]), raw(probe["root2"]))
                case "subtreeinclusion":
                    start, end, leaf = probe["start"], probe["end"], probe["leafIdx"]
                    outside_verifier._require(start % (1 << max(end - start - 1, 0).bit_length()) == 0, "no subtree")
                    place = (leaf - start, leaf - start + 1, end - start)
                    parts = raw(probe["leafHash"]), raw(probe["root"])
                case _:
                    place = (probe["start"], probe["end"], probe["size"])
                    parts = raw(probe["root1"]), raw(probe["root2"])
            outside_verifier._check_part(*place, path, *parts)
            refused = False
        except outside_verifier.Failed:
            refused = True
        agreed[refused == probe["wantErr"]] += 1
    assert agreed == {True: 518}
