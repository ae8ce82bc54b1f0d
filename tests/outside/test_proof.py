"""A proof bundle holds as written, for somebody without Tocsin; any altered part of it is refused."""

from __future__ import annotations

import base64
import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from archive.conftest import new_desk
from archive.village import clock, records
from tocsin import desk as desk_room
from tocsin.archive import desk_info, load_keys, outside_verifier, quote_proof
from tocsin.archive.proof_bundle import proof_bundle
from tocsin.desk.place import Desk
from tocsin.desk.prove import prove
from tocsin.records.errors import TocsinInputError

LEAF = 42


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    made = new_desk(tmp_path_factory.mktemp("proof"))
    made.collect(records(300))
    return Desk(made.folder, made.keys_folder, clock)


@pytest.fixture(scope="module")
def proof(desk, tmp_path_factory) -> dict[str, bytes]:
    """The members of one proof."""
    file = tmp_path_factory.mktemp("zip") / "proof.zip"
    prove(desk, str(LEAF), file, progress=desk_room.Silent())
    with zipfile.ZipFile(file) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def zipped(members, **more) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", **more) as bundle:
        for name, data in members.items() if isinstance(members, dict) else members:
            bundle.writestr(zipfile.ZipInfo(name), data, **more)
    return target.getvalue()


def test_tocsin_is_not_there_where_the_verifier_runs(outsider):
    (outsider.folder / "try.py").write_text("import tocsin\n")
    assert "No module named 'tocsin'" in outsider.python(outsider.folder / "try.py").stderr
    (outsider.folder / "try.py").write_text("import cryptography\n")
    assert outsider.python(outsider.folder / "try.py").returncode == 0


def test_a_proof_holds_and_shows_what_was_disclosed(desk, outsider, tmp_path):
    done = prove(desk, str(LEAF), tmp_path / "proof.zip", progress=desk_room.Silent())
    for more in ([], ["--vkey", desk_info(desk.folder).vkey]):
        said = outsider.verify("proof", tmp_path / "proof.zip", *more)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "posted_at = 2030-01-01T00:41:00.000000Z" in said.stdout
        assert "VERIFIED" in said.stdout
    whole = (tmp_path / "proof.zip").read_bytes()
    assert b"villager" not in whole
    assert str(10**15 + 41).encode() not in whole
    assert done["disclosed"] == ["posted_at", "text"]


def test_the_copy_in_the_zip_checks_it_and_the_bytes_are_the_same_every_time(desk, outsider, proof, tmp_path):
    prove(desk, str(LEAF), tmp_path / "a.zip", progress=desk_room.Silent())
    keys = load_keys(desk.folder, desk.keys_folder)
    made = quote_proof(desk.folder, keys.sealer, LEAF)
    vkeys = [each.vkey for each in desk_info(desk.folder).verifiers]
    assert proof_bundle(made, vkeys) == proof_bundle(made, vkeys)
    (tmp_path / "copy.py").write_bytes(proof["verify.py"])
    assert outsider.python(tmp_path / "copy.py", "proof", tmp_path / "a.zip").returncode == 0
    told = " ".join(proof["README.txt"].decode().split())
    assert "That a platform served this post" in told.split("What is not proven")[1]
    assert "unchanged, and was not removed, since T" in told


def test_an_author_is_disclosed_only_when_named_and_with_a_warning(desk, outsider, tmp_path):
    class Heard(desk_room.Silent):
        notes: list[str] = []  # noqa: RUF012

        def note(self, text: str) -> None:
            self.notes.append(text)

    prove(desk, str(LEAF), tmp_path / "p.zip", disclose=("account", "text"), progress=Heard())
    assert any("account" in note and "names the author" in note for note in Heard.notes)
    said = outsider.verify("proof", tmp_path / "p.zip")
    assert (said.returncode, "account = 41" in said.stdout) == (0, True)
    with pytest.raises(TocsinInputError, match="no such field"):
        prove(desk, str(LEAF), tmp_path / "q.zip", disclose=("handle",), progress=Heard())
    with pytest.raises(TocsinInputError, match="no such post"):
        prove(desk, "pnobody", tmp_path / "q.zip", progress=Heard())


def test_a_post_may_be_named_by_its_pseudonym(desk, outsider, tmp_path):
    post = desk_room_post_id(desk)
    assert prove(desk, post, tmp_path / "p.zip", progress=desk_room.Silent())["leaf"] == LEAF
    assert outsider.verify("proof", tmp_path / "p.zip").returncode == 0


def desk_room_post_id(desk: Desk) -> str:
    from tocsin.archive import snapshot

    rows = snapshot(desk.folder).read("posts", ["leaf_index", "post_id"]).to_pylist()
    return next(row["post_id"] for row in rows if row["leaf_index"] == LEAF)


def post(change):
    def altered(members):
        body = json.loads(members["post.json"])
        change(body)
        return {**members, "post.json": json.dumps(body).encode()}

    return altered


def lines(change, name="proof.tlog-proof"):
    def altered(members):
        some = members[name].decode().split("\n")
        change(some)
        return {**members, name: "\n".join(some).encode()}

    return altered


def swap(body, part, one, other):
    body[part][one], body[part][other] = body[part][other], body[part][one]


def swap_salts(body):
    text, posted_at = body["disclosed"]["text"], body["disclosed"]["posted_at"]
    text[1], posted_at[1] = posted_at[1], text[1]


def flip(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[3] ^= 4
    return base64.b64encode(raw).decode()


ALTERED = {
    "a word": post(lambda b: b["disclosed"]["text"].__setitem__(0, b["disclosed"]["text"][0] + " now")),
    "the time": post(lambda b: b["disclosed"]["posted_at"].__setitem__(0, "2030-01-01T00:42:00.000000Z")),
    "salts swapped": post(swap_salts),
    "values swapped": post(lambda b: swap(b, "disclosed", "text", "posted_at")),
    "withheld swapped": post(lambda b: swap(b, "withheld", "account", "post")),
    "withheld flipped": post(lambda b: b["withheld"].__setitem__("account", flip(b["withheld"]["account"]))),
    "withheld missing": post(lambda b: b["withheld"].pop("account")),
    "a field of our own": post(lambda b: b["withheld"].__setitem__("mood", b["withheld"]["account"])),
    "a field twice": post(lambda b: b["withheld"].__setitem__("text", b["withheld"]["account"])),
    "loose base64": post(lambda b: b["disclosed"]["text"].__setitem__(1, b["disclosed"]["text"][1] + "\n")),
    "entry spaced": post(lambda b: b.__setitem__("entry", b["entry"].replace(":", ": ", 1))),
    "entry of another capture": post(lambda b: b.__setitem__("entry", b["entry"].replace('"capture":"k', '"capture":"q'))),
    "no shape": lambda members: {**members, "post.json": b"[1,2]"},
    "a name twice": lambda members: {**members, "post.json": members["post.json"].replace(b"{", b'{"entry":"",', 1)},
    "JSON without end": lambda members: {**members, "post.json": b"[" * 100_000},
    "inclusion truncated": lines(lambda some: some.pop(2)),
    "inclusion lengthened": lines(lambda some: some.insert(2, some[3])),
    "inclusion swapped": lines(lambda some: some.insert(2, some.pop(3))),
    "another index": lines(lambda some: some.__setitem__(1, "index 41")),
    "index with a zero": lines(lambda some: some.__setitem__(1, "index 042")),
    "index in Arabic digits": lines(lambda some: some.__setitem__(1, "index \u0664\u0662")),
    "CRLF": lambda members: {**members, "proof.tlog-proof": members["proof.tlog-proof"].replace(b"\n", b"\r\n")},
    "a line separator": lines(lambda some: some.__setitem__(-1, "\u2028")),
    "another size": lines(lambda some: some.__setitem__(-5, str(int(some[-5]) + 1))) ,
    "the signature": lines(lambda some: some.__setitem__(-2, some[-2][:-8] + "AAAA" + some[-2][-4:])),
    "no signature": lines(lambda some: some.__setitem__(slice(-2, None), [""])),
    "another version": lines(lambda some: some.__setitem__(0, "c2sp.org/tlog-proof@v2")),
    "no proof": lambda members: {name: data for name, data in members.items() if name != "proof.tlog-proof"},
    "no key": lambda members: {**members, "vkey.txt": b""},
    "key id of another": lambda members: {**members, "vkey.txt": members["vkey.txt"].replace(b"+", b"+0", 1)},
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_proof_is_refused(name, proof, tmp_path, capfdbinary):
    (tmp_path / "p.zip").write_bytes(zipped(ALTERED[name](proof)))
    assert outside_verifier.main(["proof", str(tmp_path / "p.zip")]) == 4
    assert b"VERIFIED" not in capfdbinary.readouterr().out


def test_unaltered_members_zipped_again_hold(proof, tmp_path):
    (tmp_path / "p.zip").write_bytes(zipped(proof))
    assert outside_verifier.main(["proof", str(tmp_path / "p.zip")]) == 0


def test_a_proof_is_refused_under_the_key_of_another_desk(desk, proof, outsider, tmp_path):
    other = new_desk(tmp_path)
    other.collect(records(40))
    (tmp_path / "p.zip").write_bytes(zipped(proof))
    vkey = desk_info(other.folder).vkey
    assert outsider.verify("proof", tmp_path / "p.zip", "--vkey", vkey).returncode == 4
    note = (other.folder / "log" / "checkpoint").read_bytes()
    head = proof["proof.tlog-proof"].partition(b"\n\n")[0]
    for key in (proof["vkey.txt"], vkey.encode() + b"\n"):
        (tmp_path / "p.zip").write_bytes(zipped({**proof, "proof.tlog-proof": head + b"\n\n" + note, "vkey.txt": key}))
        assert outsider.verify("proof", tmp_path / "p.zip").returncode == 4


def bombs(proof) -> dict[str, bytes]:
    large = zipped({**proof, "README.txt": b"0" * (1 << 24)})
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in proof.items():
            bundle.writestr(name, b"0" * (1 << 27) if name == "README.txt" else data)
    return {
        "too large": large,
        "compressed": packed.getvalue(),
        "an extra file": zipped({**proof, "notes.txt": b"more"}),
        "an absolute path": zipped({**proof, "/etc/passwd": b"x"}),
        "a climbing path": zipped({**proof, "timestamps/../../x.tsr": b"x"}),
        "a file twice": zipped([*proof.items(), ("post.json", proof["post.json"])]),
        "many files": zipped([*proof.items(), *((f"timestamps/{n}-1.tsr", b"") for n in range(1, 5000))]),
        "cut off": zipped(proof)[:-30],
        "no zip": b"PK\x03\x04 and so on",
        "nothing": b"",
    }


NAMES = ["too large", "compressed", "an extra file", "an absolute path", "a climbing path", "a file twice",
         "many files", "cut off", "no zip", "nothing"]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_zip_is_refused(name, proof, outsider, tmp_path):
    (tmp_path / "p.zip").write_bytes(bombs(proof)[name])
    said = outsider.verify("proof", tmp_path / "p.zip")
    assert said.returncode in (2, 4)
    assert "VERIFIED" not in said.stdout
    assert "Traceback" not in said.stderr
    assert sorted(path.name for path in outsider.folder.iterdir()) <= ["try.py", "verify.py"]


def test_a_proof_that_is_not_there_cannot_be_read(outsider, tmp_path):
    assert outsider.verify("proof", tmp_path / "none.zip").returncode == 2
    assert outsider.verify("everything", tmp_path).returncode == 2


def test_the_verifier_is_one_short_file_of_known_imports():
    text = Path(outside_verifier.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert "tocsin." not in "".join(line for line in text.splitlines() if line.startswith(("import", "from")))
