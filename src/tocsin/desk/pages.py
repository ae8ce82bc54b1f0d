"""serve: what the read-only pages show of a desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tocsin.archive import desk_info, finished_captures, snapshot
from tocsin.desk.engine import DuckDBEngine, snapshot_engine
from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import Run, latest_run, load
from tocsin.desk.names import campaign_names
from tocsin.desk.place import Desk
from tocsin.desk.withheld import withheld
from tocsin.records.desk_view import DeskInfo, ExamplePost, ReportEntry
from tocsin.records.errors import TocsinError, TocsinInputError
from tocsin.records.evidence import CaptureSummary
from tocsin.records.findings import Campaign, Trend
from tocsin.report import Redactor, read_dispatch, shown_text


class DeskPages:
    """A read-only view of one desk, of the snapshot and the run that are the latest when a page asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._redactors: dict[str, Redactor] = {}

    def info(self) -> DeskInfo:
        """What the desk is and holds."""
        info, shown, run = desk_info(self._desk.folder), snapshot(self._desk.folder), self._run()
        engine = self._engine()
        count = engine.table("SELECT count(*) AS n FROM posts")["n"][0].as_py()
        engine.close()
        return DeskInfo(
            name=self._desk.folder.resolve().name,
            purpose=info.purpose,
            legal_basis=info.legal_basis,
            post_count=int(count),
            log_size=shown.log_size,
            detected_at=run.made_at if run else None,
        )

    def campaigns(self) -> Sequence[Campaign]:
        """The campaigns, highest score first, redacted as in a report."""
        run = self._run()
        found = load(self._desk.findings, run, Campaign) if run else []
        return [withheld(each, self._redactor(run)) for each in found]

    def campaign(self, campaign_id: str) -> Campaign | None:
        """The campaign, or None."""
        return next((found for found in self.campaigns() if found.campaign_id == campaign_id), None)

    def trends(self) -> Sequence[Trend]:
        """The trends, biggest first: counts only."""
        run = self._run()
        found = load(self._desk.findings, run, Trend) if run else []
        return [withheld(each, self._redactor(run)) for each in found]

    def example_posts(self, leaf_indexes: Sequence[int]) -> Mapping[int, ExamplePost]:
        """Public posts at these places of the log, redacted."""
        engine = self._engine()
        rows = engine.table(
            "SELECT leaf_index, text, lang, source, posted_at FROM post_versions"
            " WHERE audience = 'public' AND leaf_index IN (SELECT unnest($leaves))",
            {"leaves": list(leaf_indexes)},
        ).to_pylist()
        engine.close()
        redactor = self._redactor(self._run())
        return {
            row["leaf_index"]: ExamplePost(
                leaf_index=row["leaf_index"],
                text=shown_text(str(redactor.redacted(row["text"]).text)),
                lang=row["lang"],
                source=row["source"],
                posted_at=row["posted_at"],
            )
            for row in rows
        }

    def captures(self) -> Sequence[CaptureSummary]:
        """What each capture gave, newest first."""
        finished = sorted(finished_captures(snapshot(self._desk.folder)), key=lambda capture: capture.finished_at)
        return [capture.summary for capture in reversed(finished)]

    def reports(self) -> Sequence[ReportEntry]:
        """The self-contained HTML reports of the desk, newest first."""
        entries = [_entry(file) for file in self._report_files()]
        return sorted(entries, key=lambda entry: (str(entry.generated_at or ""), entry.name), reverse=True)

    def report_html(self, name: str) -> str | None:
        """The report with exactly this name, or None."""
        found = next((file for file in self._report_files() if file.name == name), None)
        return None if found is None else found.read_text(encoding="utf-8")

    def _report_files(self) -> list[Path]:
        if not self._desk.reports.is_dir():
            return []
        return [file for file in self._desk.reports.glob("*.html") if file.is_file() and not file.is_symlink()]

    def _run(self) -> Run | None:
        try:
            return latest_run(self._desk.findings)
        except TocsinInputError:
            return None

    def _engine(self) -> DuckDBEngine:
        return snapshot_engine(snapshot(self._desk.folder).files("posts"))

    def _redactor(self, run: Run | None) -> Redactor:
        """What takes out the names of those who posted in the run's campaigns; made once a run."""
        if run is None:
            return Redactor()
        if run.run_id not in self._redactors:
            engine = figures_engine(self._desk, run)
            self._redactors = {run.run_id: Redactor(campaign_names(self._desk, engine, run))}
            engine.close()
        return self._redactors[run.run_id]


def desk_pages(desk: Desk) -> DeskPages:
    """The pages of a desk. Raises TocsinInputError where the desk cannot be read."""
    desk_info(desk.folder)
    return DeskPages(desk)


def _entry(file: Path) -> ReportEntry:
    try:
        _, document = read_dispatch(file.read_text(encoding="utf-8"))
        title = str(document["campaign"]["headline"] or document["campaign"]["title"])
        made = datetime.fromisoformat(str(document["generated_at"]))
        return ReportEntry(file.name, title, made, str(document["campaign"]["campaign_id"]))
    except (TocsinError, KeyError, ValueError, UnicodeDecodeError, OSError):
        return ReportEntry(file.name, file.name, None, None)
