"""The import contracts hold, and each was seen to fail: a broken house is built for every one of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BREAKS = {
    "layers": ("records/crooked.py", "import tocsin.desk\n"),
    "exhaustive": ("utils.py", '"""A stray module."""\n'),
    "rooms": ("web/crooked.py", "import tocsin.archive\n"),
    "siblings": ("detect/crooked.py", "import tocsin.assess\n"),
    "sockets": ("archive/crooked.py", "import socket\n"),
    "doors": ("report/crooked.py", "import click\n"),
    "engines": ("detect/crooked.py", "import duckdb\n"),
}


def linted(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    environment = {"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [*command, "--no-cache"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package and its contracts."""
    shutil.copytree(
        ROOT / "src" / "tocsin", tmp_path / "src" / "tocsin", ignore=shutil.ignore_patterns("demo_cast", "__pycache__")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path / ".importlinter")
    return tmp_path


def test_the_house_as_it_stands_keeps_every_contract(house: Path) -> None:
    answer = linted(house)
    assert answer.returncode == 0, answer.stdout[-3000:]
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize("contract", BREAKS)
def test_a_broken_house_is_noticed(house: Path, contract: str) -> None:
    place, text = BREAKS[contract]
    (house / "src" / "tocsin" / place).write_text(text)
    answer = linted(house)
    assert answer.returncode != 0
    assert "BROKEN" in answer.stdout
