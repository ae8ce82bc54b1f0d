"""Rules on the code that a reader relies on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "src" / "tocsin").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
# A registry's address or a path of one machine in a file would tie the project to one place.
TRACES = re.compile(rb"https?://[^\s\"')>]*(?:pypi|pythonhosted|npmjs)\.[a-z]+|/(?:root|work|home/[a-z]+)/[a-z.]")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout
    return [path for name in names.split(b"\0") if name and (path := ROOT / name.decode()).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_its_functions_are_short(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert module.stem not in FORBIDDEN_NAMES
    assert len(text.splitlines()) <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 75, f"{node.name} has {length} lines"


def test_functions_are_short_on_the_whole() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[int(len(lengths) * 0.95)] <= 50


def test_no_broad_except_in_the_package() -> None:
    broad = [
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)  # tidying before passing it on
    ]
    assert broad == []


def test_only_the_doors_print_or_exit() -> None:
    loud = []
    for module in MODULES:
        if module.relative_to(ROOT / "src" / "tocsin").parts[0] in ("cli", "web", "__main__.py"):
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name in ("print", "exit", "quit", "sys.exit", "os._exit"):
                    loud.append(f"{module.relative_to(ROOT)}:{node.lineno} {name}")
    assert loud == []


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    files = tracked()
    if not files:
        pytest.skip("not a git checkout")
    here = Path(__file__).resolve()
    found = [str(path.relative_to(ROOT)) for path in files if path != here and TRACES.search(path.read_bytes())]
    assert found == []
