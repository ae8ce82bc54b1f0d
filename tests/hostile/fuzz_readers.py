"""Coverage-guided fuzzing of every reader: `python tests/hostile/fuzz_readers.py --minutes N` (make torture).

It starts from the samples and their malformed forms. Whatever the bytes, a reader gives records or TocsinInputError; all
else ends the run, and the bytes lie in the folder `--found` (crash-*, slow-unit-*). Needs atheris (CPython 3.11).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import islice
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["tocsin.collect"]):
    from hostile.mutants import file_mutants, record_mutants
    from hostile.samples import SAMPLES, parquet_file
    from hostile.through_readers import ALLOWED, check_record, read_all
    from tocsin.collect import readers
    from tocsin.collect.json_values import read_value, readable, repeats_a_key
    from tocsin.collect.written_times import written_instant
    from tocsin.records.errors import TocsinInputError
    from tocsin.records.posts import Block, Frame

BLOCK_SIZES = (1 << 20, 64, 7)
SLOW_S = 20
MEMORY_MB = 2048


def through_one_reader(raw: bytes) -> None:
    """Through the reader the first byte names, at the block size the second names."""
    import io

    if len(raw) < 2:
        return
    all_readers = readers()
    reader = all_readers[raw[0] % len(all_readers)]
    size = BLOCK_SIZES[raw[1] % len(BLOCK_SIZES)]
    raw = raw[2:]
    try:
        reader.recognises(raw, "export")
        context = reader.context(lambda: io.BytesIO(raw), ALLOWED)
        joined = []
        for block in reader.blocks(io.BytesIO(raw), context, size):
            joined.append(block.data)
            for record in reader.records(block, context):
                check_record(record, block.offset + len(block.data))
        assert b"".join(joined) == raw, "bytes were lost"
    except TocsinInputError:
        return


def through_the_room(raw: bytes, path: Path) -> None:
    """As a file: containers, encodings, recognition."""
    path.write_bytes(raw)
    read_all([path], path.parent)


def through_the_parts(raw: bytes) -> None:
    """Values and times on their own."""
    found, _ = read_value(Block(0, raw, ()), Frame(0, len(raw), "", 1))
    readable(raw)
    if not hasattr(found, "reason"):
        repeats_a_key(readable(raw)[0], found)
    written_instant(raw.decode("utf-8", "surrogateescape"), None, None)


def main() -> None:
    """Fuzz for so many minutes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--found", type=Path, default=None, help="folder for what is found (default: a temporary one)")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-readers-"))
    found = given.found or folder / "found"
    corpus = folder / "corpus"
    for each in (found, corpus):
        each.mkdir(parents=True, exist_ok=True)
    seeds = [sample.joined() for sample in SAMPLES] + [parquet_file(compression="snappy")[:8000]]
    seeds += [mutant.data for mutant in islice(file_mutants(1), 0, None, 3) if len(mutant.data) < 20_000]
    seeds += [mutant.data for mutant in islice(record_mutants(1), 0, None, 3) if len(mutant.data) < 20_000]
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(bytes([(0, 0x81, 0xC1)[number % 3] + number % 6, number % 3]) + seed)
    path = folder / "one.bin"

    def one(raw: bytes) -> None:
        through_one_reader(raw)
        if raw[:1] > b"\xc0":
            through_the_room(raw[2:], path)
        elif raw[:1] > b"\x80":
            through_the_parts(raw[2:])

    options = [
        sys.argv[0], str(corpus), f"-max_total_time={int(given.minutes * 60)}", f"-timeout={SLOW_S}",
        f"-rss_limit_mb={MEMORY_MB}", "-max_len=32768", f"-artifact_prefix={found}/", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup(options, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
