"""What the docs say is what the code does."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from tocsin import __version__
from tocsin.cli import command_group

ROOT = Path(__file__).resolve().parents[2]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("number", range(4))
def test_generated_pages_are_current(number: int) -> None:
    page, text = list(generator().pages())[number]
    assert page.read_text(encoding="utf-8") == text, f"{page.name} is out of step: run make docs"


def test_every_command_has_the_shared_options_and_help() -> None:
    group = command_group()
    assert len(group.commands) >= 18
    for name, command in group.commands.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--desk", "--json", "--quiet"} <= options, name
        assert command.help, name


def test_the_readme_sets_up_with_exactly_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"## Set up\n(.*?)\n## ", readme, re.DOTALL)
    assert section
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", section.group(1), re.DOTALL) for line in block.splitlines()
    ]
    assert [line.split("#")[0].strip() for line in lines if line.strip()] == ["make demo", "make test"]


def test_relative_links_in_the_docs_lead_somewhere() -> None:
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_has_its_reason_in_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    decision = (ROOT / "docs" / "decisions" / "0001-the-default-install.md").read_text(encoding="utf-8").lower()
    names = [re.split(r"[<>=]", dependency)[0] for dependency in project["dependencies"]]
    assert [name for name in names if name.replace("-python", "") not in decision and name not in decision] == []
