"""How often a codebook is wrong: measured on labelled texts, kept beside it, and asked for before it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from tocsin.assess.codebook_types import Codebook
from tocsin.assess.intent import RULES_VERSION, THRESHOLD, Assessor
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.records.folding import Folder

_Z95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution
ALL = "all"


class Case(NamedTuple):
    """A labelled text. `label`: "call" or "benign"; `group`: the kind of case (news, prayer, call to join ...).

    Groups exist in test suites only; they are never attached to live posts.
    """

    case_id: str
    text: str
    lang: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class FairnessRow:
    """Error rate of one language and group: recall where label is "call", false-alarm rate where it is "benign".

    `share` is right calls or false calls out of `case_count`; `low` and `high` bound it (Wilson, 95 %);
    `cannot_assess_count` answers were withheld and count as no call.
    """

    lang: str
    group: str
    label: str
    case_count: int
    called_count: int
    cannot_assess_count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FairnessRecord:
    """The measured errors of one codebook content under one version of the rules."""

    codebook: str
    codebook_version: str
    codebook_digest: str
    rules_version: str
    record_version: int
    threshold: float
    measured_on: str
    rows: tuple[FairnessRow, ...]

    def rates(self, lang: str, label: str) -> FairnessRow | None:
        """The row over all groups of a language ("all": over all languages), or None when it was not measured."""
        for row in self.rows:
            if (row.lang, row.group, row.label) == (lang, ALL, label):
                return row
        return None


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share. Source: Wilson (1927), JASA 22(158).

    >>> tuple(round(bound, 4) for bound in wilson_interval(0, 100))
    (0.0, 0.037)
    >>> wilson_interval(0, 0)
    (0.0, 1.0)
    """
    if not total:
        return 0.0, 1.0
    share, square = hits / total, _Z95 * _Z95
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _Z95 * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == total else min(1.0, middle + half)
    return low, high


def fairness_record(
    codebook: Codebook, cases: Iterable[Case], folder: Folder, *, measured_on: str, record_version: int = 0
) -> FairnessRecord:
    """The measured record of a codebook on labelled cases, by language, group, and over all.

    The only way to run a codebook that has no record yet.
    """
    reader = Assessor((codebook,), folder)
    counts: dict[tuple[str, str, str], list[int]] = {}
    for case in cases:
        if case.label not in ("call", "benign"):
            raise TocsinInputError("a case has an unknown label", expected='"call" or "benign"')
        recruitment = reader.text(case.text, case.lang)[0].recruitment
        for lang in (case.lang, ALL):
            for group in (case.group, ALL):
                count = counts.setdefault((lang, group, case.label), [0, 0, 0])
                count[0] += 1
                count[1] += recruitment is not None and recruitment >= THRESHOLD
                count[2] += recruitment is None
    rows = tuple(_row(key, count) for key, count in sorted(counts.items()))
    return FairnessRecord(
        codebook.name, codebook.version, codebook.digest, RULES_VERSION, record_version, THRESHOLD, measured_on, rows
    )


def _row(key: tuple[str, str, str], count: Sequence[int]) -> FairnessRow:
    lang, group, label = key
    total, called, withheld = count
    low, high = wilson_interval(called, total)
    return FairnessRow(
        lang, group, label, total, called, withheld, round(called / total, 6), round(low, 6), round(high, 6)
    )


def record_name(codebook: Codebook) -> str:
    """File name of the record of a codebook."""
    return f"{codebook.name}.json"


def write_record(record: FairnessRecord, folder: Path) -> Path:
    """Write the record into `folder` and return its path (same record, same bytes)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.codebook}.json"
    path.write_text(json.dumps(asdict(record), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_record(path: Path) -> FairnessRecord:
    """The record in a file.

    Raises TocsinInputError when it is not one.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(FairnessRow(**row) for row in data.pop("rows"))
        return FairnessRecord(**data, rows=rows)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TocsinInputError(
            f"{path.name}: not a fairness record", got=type(error).__name__, next_step="measure the codebook again"
        ) from error


def shipped_records_folder() -> Path:
    """The folder of the records that come with the package."""
    return Path(str(resources.files("tocsin.assess") / "fairness"))


def require_record(codebook: Codebook, records: Path | None = None) -> FairnessRecord:
    """The record of exactly this codebook content and these rules; `records` is looked in first, then the package.

    Raises RefusedError when there is none: a detector whose errors nobody has measured does not run.
    """
    found_other = False
    for folder in (records, shipped_records_folder()):
        if folder is None or not (folder / record_name(codebook)).is_file():
            continue
        record = read_record(folder / record_name(codebook))
        if _is_of(record, codebook):
            return record
        found_other = True
    raise RefusedError(
        f"codebook {codebook.name} version {codebook.version} has no fairness record, so it does not run",
        expected="a record measured on exactly this content and these rules",
        got="a record of another content or rules version" if found_other else "none",
        next_step="measure it on labelled texts and write the record (docs/fairness.md)",
    )


def _is_of(record: FairnessRecord, codebook: Codebook) -> bool:
    measured = sum(row.case_count for row in record.rows if (row.lang, row.group) == (ALL, ALL))
    return (
        record.codebook == codebook.name
        and record.codebook_version == codebook.version
        and record.codebook_digest == codebook.digest
        and record.rules_version == RULES_VERSION
        and measured > 0
    )


def fairness_table(records: Iterable[FairnessRecord]) -> str:
    """The figures as a Markdown table: by language over all groups, and by group over all languages."""
    lines = [
        "| codebook | language | group | cases | measure | share | 95 % interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for record in records:
        for row in record.rows:
            if ALL not in (row.group, row.lang):
                continue
            measure = "recall" if row.label == "call" else "false alarms"
            lines.append(
                f"| {record.codebook} | {row.lang} | {row.group} | {row.case_count} | {measure} | {row.share:.3f} | "
                f"{row.low:.3f} to {row.high:.3f} |"
            )
    return "\n".join(lines) + "\n"
