"""Timestamps and erasures, as an outsider checks them."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime

import pytest

from archive.authority import authority
from archive.conftest import new_desk
from archive.test_erasure import of_number, plan_for
from archive.test_timestamps import Stamped
from archive.village import clock, records
from tocsin import desk as desk_room
from tocsin.archive.erasure import erase
from tocsin.desk.place import Desk
from tocsin.desk.prove import prove
from tocsin.records.errors import TocsinInputError

needs_openssl = pytest.mark.needs_openssl


@pytest.fixture(scope="module")
def stamped(tmp_path_factory) -> Stamped:
    folder = tmp_path_factory.mktemp("stamped")
    made = Stamped(folder, authority(folder / "authority"))
    made.stamp()
    made.collect(records(30, 100))
    return made


@needs_openssl
def test_a_desk_with_timestamps_and_a_proof_of_its_first_posts_say_since_when(stamped, outsider, tmp_path):
    said = outsider.verify("desk", stamped.folder)
    assert said.returncode == 0, said.stdout
    assert f"(timestamped {datetime.now(UTC):%b}" in said.stdout
    desk = Desk(stamped.folder, stamped.folder.parent / "keys", clock)
    done = prove(desk, "7", tmp_path / "p.zip", progress=desk_room.Silent())
    assert done["timestamped_at"].startswith(f"{datetime.now(UTC):%Y-%m}")
    said = outsider.verify("proof", tmp_path / "p.zip")
    assert said.returncode == 0, said.stdout
    assert "an authority timestamped that log" in said.stdout
    later = prove(desk, "45", tmp_path / "q.zip", progress=desk_room.Silent())
    assert later["timestamped_at"] is None


@needs_openssl
@pytest.mark.parametrize("ending", [".tsr", ".pem", ".tlog-proof"])
def test_an_altered_timestamp_is_refused(ending, stamped, outsider, tmp_path):
    desk = Desk(stamped.folder, stamped.folder.parent / "keys", clock)
    prove(desk, "7", tmp_path / "p.zip", progress=desk_room.Silent())
    with zipfile.ZipFile(tmp_path / "p.zip") as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    name = next(name for name in members if name.startswith("timestamps/") and name.endswith(ending))
    other = authority(tmp_path / "other").root.pem
    half = len(members[name]) // 2
    raw = other if ending == ".pem" else members[name][:half] + b"A" + members[name][half + 1 :]
    with zipfile.ZipFile(tmp_path / "q.zip", "w") as bundle:
        for each, data in {**members, name: raw}.items():
            bundle.writestr(each, data)
    assert outsider.verify("proof", tmp_path / "q.zip").returncode == 4
    (tmp_path / "ca.pem").write_bytes(other)
    assert outsider.verify("proof", tmp_path / "p.zip", "--ca", tmp_path / "ca.pem").returncode == 4


def test_a_desk_with_an_erased_post_verifies_and_a_proof_of_it_is_not_made(outsider, tmp_path):
    made = new_desk(tmp_path)
    made.collect([*records(60), *records(1, 5000)])
    leaf = of_number(made, 17)
    with made.writer() as writer:
        erase(writer, plan_for(made, [leaf]), {"reason": "court order 7"})
    made.collect(records(30, 100))
    for more in ([], ["--keys", next(made.keys_folder.glob("*.json"))]):
        said = outsider.verify("desk", made.folder, *more)
        assert said.returncode == 0, said.stdout
    desk = Desk(made.folder, made.keys_folder, clock)
    with pytest.raises(TocsinInputError, match="is no post of this desk"):
        prove(desk, str(leaf), tmp_path / "p.zip", progress=desk_room.Silent())
    blanked = next(path for path in made.folder.glob("chunks/*/*") if ".e0" in path.name)
    raw = bytearray(blanked.read_bytes())
    raw[-1] ^= 1
    blanked.write_bytes(raw)
    assert outsider.verify("desk", made.folder).returncode == 4
