"""A folder of malformed files and good ones into a real desk: the sum is exact, good neighbours are all there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from desk.made import new_desk
from hostile.mutants import file_mutants, record_mutants
from hostile.samples import SAMPLES
from tocsin import desk as desk_room
from tocsin.archive import finished_captures, snapshot

STATED = desk_room.ReadOptions(private_ok="a court order", my_role="analyst")


def test_the_sum_is_exact_and_good_files_are_kept_among_malformed_ones(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    goods = 6
    for number in range(goods):
        rows = "".join(f"g{number}-{n},osk,good {number} {n}\n" for n in range(5))
        (folder / f"{chr(97 + 4 * number)}-good.csv").write_text("id,user,text\n" + rows, encoding="utf-8")
    mutants = [*islice(record_mutants(1), 0, None, 4), *islice(file_mutants(1), 0, None, 5)]
    for number, mutant in enumerate(mutants):
        (folder / f"{chr(97 + number % 26)}{number}{mutant.ending}").write_bytes(mutant.data)
    desk = new_desk(tmp_path / "desk")
    result = desk_room.collect(desk, [folder], options=STATED, progress=desk_room.Silent(), processes=1)
    assert len(result.captures) + len(result.refused) >= len(mutants) + goods - 8  # empty files are no captures
    for capture in result.captures:
        counts = capture.summary
        assert counts.read == counts.stored + counts.duplicate + counts.quarantined
    here = snapshot(desk.folder)
    table = here.read("posts", ["text"])["text"].to_pylist()
    assert result.total("stored") == len(table)
    assert {f"good {number} {n}" for number in range(goods) for n in range(5)} <= set(table)
    assert result.total("quarantined") > 20
    for refused in result.refused:
        assert refused.name.startswith("in/")
        assert len(refused.reason) > 9
    for capture in finished_captures(here):
        for reason in capture.summary.reasons:
            assert not any(word in reason for word in ("bread", "boats", "Osk", "good"))
    assert len(SAMPLES) == 13
