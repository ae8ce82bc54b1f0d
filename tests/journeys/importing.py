"""An import that says on stdout what was acknowledged: run by test_killed_import.py, and killed.

importing.py DESK FILE PROCESSES
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from tocsin import desk as desk_room
from tocsin.archive import Writer

if __name__ == "__main__":
    folder, file, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    importlib.import_module("tocsin.desk.collect").BLOCKS_PER_COMMIT = 1  # type: ignore[attr-defined]
    commit = Writer.commit

    def told(self: Writer, *given: Any, **more: Any) -> Any:
        result = commit(self, *given, **more)
        sys.stdout.write(f"{result.log_size} {result.stored}\n")
        sys.stdout.flush()
        return result

    Writer.commit = told  # type: ignore[method-assign]
    desk = desk_room.open_desk(folder)
    done = desk_room.collect(
        desk, [file], options=desk_room.ReadOptions(), progress=desk_room.Silent(), processes=processes
    )
    sys.stdout.write(f"done {done.total('read')} {done.total('stored')} {done.total('duplicate')}\n")
