"""The tools Tocsin is measured beside: installed from the package index into an environment of the bench's own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

# name -> what is asked of the package index. twarc-csv 0.7.2 calls a method that pandas 3 no longer has.
PEERS = {
    "coordination-network-toolkit": ("coordination-network-toolkit==1.5.2",),
    "datasketch": ("datasketch>=1.6",),
    "twarc-csv": ("twarc-csv>=0.7.2", "pandas<3"),
}
_VERSIONS = (
    "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
)


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the peers are, which versions, and which could not be installed (name -> the installer's last words)."""

    python: Path
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def installed_peers(work: Path) -> Peers:
    """The peers' environment under `work`, made or completed where it is not whole. Kept from run to run."""
    folder = work / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    missing: dict[str, str] = {}
    versions = _versions(python)
    for name, wanted in PEERS.items():
        if name in versions and name not in _unfit(versions):
            continue
        done = subprocess.run(
            [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "install", *wanted],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            missing[name] = (done.stderr.strip().splitlines() or ["pip failed and said nothing"])[-1]
    return Peers(python, _versions(python), missing)


def _unfit(versions: dict[str, str]) -> set[str]:
    """Peers that are there in another version than the one asked for, or beside a package they cannot work with."""
    unfit = set()
    if versions.get("coordination-network-toolkit") != "1.5.2":
        unfit.add("coordination-network-toolkit")
    if int(versions.get("pandas", "0").split(".")[0]) >= 3:
        unfit.add("twarc-csv")
    return unfit


def _versions(python: Path) -> dict[str, str]:
    done = subprocess.run([str(python), "-c", _VERSIONS], capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def main() -> int:
    """Install the peers and say which are there (for trying the installation alone)."""
    peers = installed_peers(Path(sys.argv[1]))
    for name in PEERS:
        print(name, peers.versions.get(name, "missing"), peers.missing.get(name, ""))
    return 1 if peers.missing else 0


if __name__ == "__main__":
    sys.exit(main())
