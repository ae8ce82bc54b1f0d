"""What one run of the bench measures: sizes, folders, peers."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from corpus import write_corpus
from measure import Measured, measured
from peers import Peers

HERE = Path(__file__).resolve().parent
SMALL, LARGE = 100_000, 1_000_000
PROCESSES = 2  # what the promises are made for; no command gets more


class BenchError(Exception):
    """A command that had to be measured failed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `real_data` is None where no folder of real data is named."""

    work: Path
    sizes: tuple[int, ...]
    peers: Peers
    real_data: Path | None

    def corpus(self, posts: int) -> Path:
        """The generated corpus of that size, made when first asked for and kept."""
        path = self.work / f"corpus-{posts}.jsonl"
        stamp = self.work / f"corpus-{posts}.made-by"
        made_by = "".join((HERE / name).read_text() for name in ("corpus.py", "corpus_words.py"))
        if not path.exists() or not stamp.exists() or stamp.read_text() != made_by:
            write_corpus(path, posts)
            stamp.write_text(made_by)
        return path

    def fresh(self, name: str) -> Path:
        """An empty place of that name: whatever an earlier run left there is removed."""
        path = self.work / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        return path

    def ours(self, script: str, *arguments: str | Path | float) -> Measured:
        """A script of bench/ours in a process of its own."""
        return self._run([sys.executable, HERE / "ours" / script, *(str(each) for each in arguments)])

    def peer(self, script: str, *arguments: str | Path | float) -> Measured:
        """A script of bench/peer under the peers' interpreter."""
        return self._run([self.peers.python, HERE / "peer" / script, *(str(each) for each in arguments)])

    def peer_module(self, module: str, *arguments: str | Path | float) -> Measured:
        """A peer's own command."""
        return self._run([self.peers.python, "-m", module, *(str(each) for each in arguments)])

    def tocsin(self, *arguments: str | Path | float) -> Measured:
        """The tocsin command."""
        return self._run([sys.executable, "-m", "tocsin", *(str(each) for each in arguments)])

    def _run(self, command: list[str | Path]) -> Measured:
        keys = self.work / "keys"
        done = measured(command, environment={"TOCSIN_KEYS": str(keys), "PYTHONWARNINGS": "ignore"})
        if done.exit_code:
            shown = " ".join(str(word) for word in command[1:4])
            raise BenchError(f"{shown} ... ended with {done.exit_code}: {done.errors}")
        return done


def real_data_folder() -> Path | None:
    """The folder named by TOCSIN_REAL_DATA."""
    named = os.environ.get("TOCSIN_REAL_DATA")
    return Path(named) if named else None
