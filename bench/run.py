"""Tocsin's speed, memory and growth beside its peers, measured in one run and printed as one table of ratios.

Exits 1 where a promise is missed or could not be measured. `docs/bench.md` says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from peers import PEERS, installed_peers
from plan import LARGE, SMALL, BenchError, Plan, real_data_folder
from rows import Row, as_json, failed, missed, table
from sections import coordination, evidence, near_duplicates, reading, whole_job

SECTIONS = (coordination, near_duplicates, reading, evidence, whole_job)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"generated corpora of {SMALL:,} posts only")
    parser.add_argument("--only", action="append", choices=[each.NAME for each in SECTIONS], help="repeat for several")
    parser.add_argument(
        "--work", type=Path, default=Path(".bench"), help="folder for peers, inputs and results [.bench]"
    )
    parser.add_argument("--posts", type=int, help=argparse.SUPPRESS)  # another size, for working on the bench itself
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and say which promises were missed."""
    options = _options(arguments)
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    (work / ".gitignore").write_text("*\n")
    sizes = (options.posts,) if options.posts else (SMALL,) if options.quick else (SMALL, LARGE)
    _say("installing the peers ...")
    plan = Plan(work, sizes, installed_peers(work), real_data_folder())
    began, load = time.perf_counter(), os.getloadavg()[0]
    rows: list[Row] = []
    for section in SECTIONS:
        if options.only and section.NAME not in options.only:
            continue
        rows += _section_rows(section, plan)
    about = _machine(plan, load, time.perf_counter() - began)
    (work / "results.json").write_text(json.dumps({"machine": about, "rows": as_json(rows)}, indent=1))
    print("\n".join(about))
    print(table(rows))
    misses = missed(rows)
    print(f"\n{len(misses)} missed" if misses else "\nEvery promise is kept.")
    print("".join(f"  {line}\n" for line in misses), end="")
    return 1 if misses else 0


def _section_rows(section: object, plan: Plan) -> list[Row]:
    """What a section measured. A command that fails costs the rest of its section, and the run."""
    found: list[Row] = []
    try:
        for row in section.rows(plan):  # type: ignore[attr-defined]
            _say(f"{row.section}: {row.what}: {row.tocsin} {row.ratio}")
            found.append(row)
    except (BenchError, AssertionError) as error:
        _say(str(error))
        found.append(failed(section.SECTION, "the rest of this section", str(error).splitlines()[0][:80]))  # type: ignore[attr-defined]
    return found


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def _machine(plan: Plan, load: float, seconds: float) -> list[str]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    versions = ", ".join(f"{name} {plan.peers.versions.get(name, 'missing')}" for name in PEERS)
    busy = " The machine was not idle: times are worth little." if load > 1 else ""
    return [
        f"Tocsin's bench, {time.strftime('%Y-%m-%d')}: {seconds / 60:.0f} minutes.",
        f"Machine: {models[0] if models else platform.machine()}, {os.cpu_count()} cores, {memory / 2**30:.0f} GiB, "
        f"CPython {platform.python_version()}, load {load:.1f} before and {os.getloadavg()[0]:.1f} after.{busy}",
        f"Peers: {versions}.",
        f"Real data: {'yes' if plan.real_data else 'no (TOCSIN_REAL_DATA names no folder): generated shares instead'}.",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())
