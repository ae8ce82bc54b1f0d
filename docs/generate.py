"""Writes the generated reference pages: commands, sources, glossary, tables. The tests compare them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa

from tocsin.cli import command_group
from tocsin.desk import sources
from tocsin.records import findings, posts
from tocsin.records.glossary import GLOSSARY

FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/generate.py: do not edit; run `make docs`. -->\n\n"


def commands() -> str:
    """Every command with its help, as a Markdown page."""
    group = command_group()
    parts = [
        _MADE + "# Commands\n\nEvery command takes `--desk`, `--json` and `-q`. Exit codes: 0 done, 1 failed, "
        "2 your input, 3 outside service, 4 evidence failed.\n"
    ]
    for name, command in _named("", group):
        context = click.Context(
            command,
            info_name=f"tocsin {name}",
            max_content_width=100,
            terminal_width=100,
            help_option_names=["-h", "--help"],
        )
        parts.append(f"## tocsin {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def _named(prefix: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name in sorted(group.commands):
        command = group.commands[name]
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from _named(f"{prefix}{name} ", command)


def source_table() -> str:
    """What can be read, from the manifests of the readers."""
    lines = [_MADE + "# Sources\n"]
    for row in sources():
        lines.append(f"## {row['title']} (`{row['format']}`)\n")
        lines.append(f"- Source: `{row['source']}`; files: {', '.join(row['kinds'])}")
        lines.append(f"- Gives: {', '.join(row['gives'])}")
        lines.append(f"- Cannot give: {', '.join(row['cannot_give']) or 'nothing is known to be missing'}")
        lines.append(f"- Times: {row['times']}")
        lines.append(
            f"- Audience: {row['audience']}" + (" Private: asks for `--private-ok`." if row["private"] else "")
        )
        lines.append("")
    return "\n".join(lines)


def glossary() -> str:
    """The words of the code."""
    words = "\n".join(f"- **{word}**: {meaning}" for word, meaning in sorted(GLOSSARY.items()))
    return f"{_MADE}# Glossary\n\n{words}\n"


def schemas() -> str:
    """The tables of a desk."""
    tables = {"posts": posts.POSTS, "names": posts.NAMES, "quarantine": posts.QUARANTINE}
    tables["assessments"] = findings.ASSESSMENTS
    return _MADE + "# Tables\n\n" + "\n".join(_table(name, schema) for name, schema in tables.items())


def _table(name: str, schema: pa.Schema) -> str:
    rows = "\n".join(f"| {f.name} | `{f.type}` | {'yes' if f.nullable else 'no'} |" for f in schema)
    return f"## {name}\n\n| column | type | may be null |\n|---|---|---|\n{rows}\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page and what it should hold."""
    yield FOLDER / "commands.md", commands()
    yield FOLDER / "sources.md", source_table()
    yield FOLDER / "glossary.md", glossary()
    yield FOLDER / "tables.md", schemas()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page, text in pages():
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{page.name}\n")
