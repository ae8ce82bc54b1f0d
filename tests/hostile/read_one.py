"""Reads one file through the collect room and prints what came of it; run in a process of its own, which is measured."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hostile.through_readers import ALLOWED
from tocsin.collect import HEAD_SIZE, RefusedInput, head_of, open_inputs, recognise
from tocsin.records.errors import TocsinInputError


def main(path: Path) -> dict[str, object]:
    """Counts of records by kind, and the errors."""
    kinds: Counter[str] = Counter()
    errors: list[str] = []
    with tempfile.TemporaryDirectory() as spool:
        for given in open_inputs([path], None, Path(spool)):
            if isinstance(given, RefusedInput):
                errors.append(f"{given.name}: {given.reason}")
                continue
            try:
                reader = recognise(head_of(given, HEAD_SIZE), given.name, ALLOWED)
                context = reader.context(given.open, ALLOWED)
                with given.open() as stream:
                    for block in reader.blocks(stream, context):
                        kinds.update(type(record).__name__ for record in reader.records(block, context))
            except TocsinInputError as error:
                errors.append(error.message)
    return {"records": kinds, "errors": errors}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
