"""The stand-alone verifier as an outsider runs it: one file, copied away, in a Python that has no Tocsin."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import tocsin.archive.outside_verifier as verifier_module

_NO_TOCSIN = """
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "tocsin" or name.startswith("tocsin."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""


@dataclass(frozen=True)
class Outsider:
    """A folder with the verifier, and a Python in which `import tocsin` fails."""

    folder: Path

    def python(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs Python isolated from this checkout: no environment, no user folder, no current folder on its path."""
        code = f"{_NO_TOCSIN}\nimport runpy\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-I", "-c", code, *map(str, words)],
            cwd=self.folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def verify(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """What the verifier says."""
        return self.python(self.folder / "verify.py", *words)


@pytest.fixture(scope="session")
def outsider(tmp_path_factory) -> Outsider:
    folder = tmp_path_factory.mktemp("outsider")
    shutil.copy(verifier_module.__file__, folder / "verify.py")
    return Outsider(folder)
