"""Detection runs are kept whole, read back as they were, and old ones are forgotten one day."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.desk.engine import MEMBERSHIPS
from tocsin.desk.findings_store import RUNS_KEPT, Run, latest_run, load, load_table, run_named, save_run
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Burst, Campaign, Cluster, CoordinatedGroup, Narrative, Trend, Trigger, Verdict

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
RUN = Run(
    run_id="r1", made_at=NOW, log_size=7, generation=2, engine="duckdb", since=None, until=LATER, events_file=True,
    codebooks=(("grey_lantern", "1"),), settings={"q": 0.05, "bin_s": 3600, "word": "x"}, tocsin_version="0",
)  # fmt: skip
BURST = Burst(
    "b1", "tag", "طريق", NOW, LATER, NOW, 9, 30, 2.5, 1e-9, Trigger("Tarn bridge closed", NOW, 60, "events file")
)
GROUP = CoordinatedGroup("g1", ("a1", "a2"), ("tag",), ("osk",), 60, 1, 4, NOW, LATER, 2)
CLUSTER = Cluster("n1", 3, 2, 5, NOW, LATER, formulaic=True)
CAMPAIGN = Campaign(
    "c1", "a title", "grey_lantern", NOW, LATER, 9, 4, {"twitter": 9}, {"en": 9}, {"osk": 3}, (BURST,), (GROUP,),
    (Narrative("n1", 3, 2, "p1", 5, 0.5, ("word",), formulaic=False),),
    ({"place": "Velmora", "country": "XA", "post_count": 3},), {"call_share": 0.25, "by_kind": {"news": 1}}, 0.75,
    ("because",), Verdict("unclear", "too few", NOW, "analyst"),
)  # fmt: skip
TREND = Trend("t1", "a title", NOW, LATER, 9, 4, {"twitter": 9}, {"en": 9}, {"osk": 3}, 2, ("because",))
FINDINGS = {
    "bursts": [BURST, replace(BURST, burst_id="b2", trigger=None)],
    "groups": [GROUP],
    "clusters": [CLUSTER],
    "campaigns": [CAMPAIGN],
    "trends": [TREND],
}
MEMBERS = pa.table([["c1", "c1"], [4, 5]], schema=MEMBERSHIPS)


def saved(folder, run=RUN) -> None:
    save_run(folder, run, FINDINGS, {"memberships": MEMBERS})


def test_what_was_kept_is_read_back_as_it_was(tmp_path):
    saved(tmp_path)
    run = latest_run(tmp_path)
    assert run == RUN
    for kind, name in ((Burst, "bursts"), (CoordinatedGroup, "groups"), (Cluster, "clusters"), (Campaign, "campaigns"), (Trend, "trends")):  # fmt: skip
        assert load(tmp_path, run, kind) == FINDINGS[name]
    assert load_table(tmp_path, run, "memberships").equals(MEMBERS)


def test_the_latest_run_is_the_one_saved_last_and_the_others_stay(tmp_path):
    saved(tmp_path)
    saved(tmp_path, replace(RUN, run_id="r2"))
    assert latest_run(tmp_path).run_id == "r2"
    assert run_named(tmp_path, "r1") == RUN


def test_no_half_run_is_ever_seen(tmp_path):
    saved(tmp_path)
    with pytest.raises(TypeError):
        save_run(tmp_path, replace(RUN, run_id="r2"), {"bursts": [object()]}, {})
    assert latest_run(tmp_path).run_id == "r1"
    with pytest.raises(TocsinInputError):
        run_named(tmp_path, "r2")
    saved(tmp_path, replace(RUN, run_id="r2"))
    assert latest_run(tmp_path).run_id == "r2"


def test_old_runs_are_forgotten_and_the_latest_never(tmp_path):
    for number in range(RUNS_KEPT + 3):
        saved(tmp_path, replace(RUN, run_id=f"r{number}"))
        os.utime(tmp_path / f"r{number}", (number, number))
    kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert len(kept) == RUNS_KEPT
    assert latest_run(tmp_path).run_id in kept
    assert "r0" not in kept


@pytest.mark.parametrize("name", ["", ".", "..", "../r1", "r1/../r1", "/etc", "none", "r1\x00"])
def test_a_run_is_named_by_its_id_and_by_no_path(tmp_path, name):
    saved(tmp_path / "findings")
    with pytest.raises((TocsinInputError, ValueError)):
        run_named(tmp_path / "findings", name)


def test_nothing_detected_yet_says_what_to_do(tmp_path):
    with pytest.raises(TocsinInputError, match="tocsin detect"):
        latest_run(tmp_path)
