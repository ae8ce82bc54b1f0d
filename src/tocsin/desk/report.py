"""report: one campaign of a detection run as a cited, redacted, sealed dispatch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin import __version__
from tocsin.archive import Keys, desk_info, finished_captures, load_keys, quote_proof, snapshot
from tocsin.assess import THRESHOLD, Codebook, gazetteer
from tocsin.desk.codebooks import run_codebooks
from tocsin.desk.engine import DuckDBEngine
from tocsin.desk.exported import write_exported
from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import Run, latest_run, load
from tocsin.desk.names import names_to_withhold
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress
from tocsin.desk.run_in_log import check_run
from tocsin.desk.write_file import check_writable, write_whole
from tocsin.enrich import FOLDER
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import Campaign
from tocsin.report import (
    Brief,
    CodebookNote,
    Gloss,
    Quote,
    Redactor,
    Setting,
    computed_figures,
    dispatch_requests,
    example_quotes,
    render_html,
    render_json,
    render_markdown,
    sealed,
)

RENDERERS = {".html": render_html, ".md": render_markdown, ".json": render_json}
RUN_SETTING = "run"
SAYS = {
    RUN_SETTING: "the detection run this dispatch was made from",
    "window_s": "seconds within which two posts of the same thing count as posted together",
    "min_participation": "posts an account must have on shared objects to be looked at for coordination",
    "q": "largest share of false findings accepted among bursts and among pairs of accounts",
    "bin_s": "seconds of one step in which posts are counted for bursts",
    "left_out_objects": "tags, links, texts and reposted posts that half of the posts or more carry, left out of "
    "coordination: what posts are collected by joins nobody",
    "call_threshold": "score from which a post counts as a call",
}


def report(desk: Desk, campaign_id: str | None, output: Path, *, progress: Progress) -> dict[str, Any]:
    """What was written to `output` about a campaign (None: the highest-scored one of the latest run).

    Raises TocsinInputError where there is no such campaign or the ending of `output` names no format.
    """
    started = time.perf_counter()
    render = RENDERERS.get(output.suffix.lower())
    if render is None:
        raise TocsinInputError(f"no report format ends in {output.suffix or 'nothing'}", expected=", ".join(RENDERERS))
    check_writable(output)
    run = latest_run(desk.findings)
    check_run(desk, run)
    campaign = _campaign(load(desk.findings, run, Campaign), campaign_id)
    keys = load_keys(desk.folder, desk.keys_folder)
    engine = figures_engine(desk, run)
    redactor = Redactor(names_to_withhold(desk, engine, run, campaign.campaign_id))
    with progress.bar("writing", 3, "steps") as bar:
        brief = _brief(desk, run, campaign, engine, redactor, keys)
        bar.advance(1)
        text = sealed(render(brief, redactor), keys.signer.signature)
        bar.advance(1)
        _write(desk, output, text, [quote.leaf_index for quote in brief.quotes])
        bar.advance(1)
    engine.close()
    return {
        "report": output,
        "campaign_id": campaign.campaign_id,
        "title": str(redactor.redacted(campaign.title).text),
        "posts": campaign.post_count,
        "accounts": campaign.account_count,
        "figures": len(brief.figures),
        "quotes": len(brief.quotes),
        "run_id": run.run_id,
        "seconds": round(time.perf_counter() - started, 3),
    }


def report_summary(done: dict[str, Any]) -> list[str]:
    """The plain summary of `tocsin report`."""
    return [
        f"Campaign: {done['title']} ({done['posts']:,} posts by {done['accounts']:,} accounts)",
        f"Report: {done['report']} ({done['figures']} figures and {done['quotes']} quotes, each bound)",
    ]


def _campaign(campaigns: Sequence[Campaign], campaign_id: str | None) -> Campaign:
    if not campaigns:
        raise TocsinInputError(
            "no campaign was found on this desk: nothing is tied to calls for a violent group or act",
            next_step="tocsin trends lists what was found instead, as counts",
        )
    if campaign_id is None:
        return campaigns[0]
    for campaign in campaigns:
        if campaign.campaign_id == campaign_id:
            return campaign
    raise TocsinInputError(
        "there is no such campaign or path",
        expected="a campaign id from tocsin campaigns, or a file or folder of exports",
    )


def _brief(desk: Desk, run: Run, campaign: Campaign, engine: DuckDBEngine, redactor: Redactor, keys: Keys) -> Brief:
    shown, info, now = snapshot(desk.folder), desk_info(desk.folder), desk.clock()
    book = next(book for book in run_codebooks(desk.findings, run) if book.name == campaign.codebook)
    requests = dispatch_requests(
        campaign,
        log_size=run.log_size,
        call_threshold=THRESHOLD,
        covered_languages=book.languages,
        as_of=now,
    )
    figures = computed_figures(engine, requests, redactor)
    places = gazetteer([book])
    named = sorted(
        {str(row[0]) for figure in figures.values() if figure.slot == "campaign_destinations" for row in figure.rows}
    )
    settings = {RUN_SETTING: run.run_id, **run.settings, "call_threshold": THRESHOLD}
    return Brief(
        campaign=campaign,
        figures=figures,
        quotes=_quotes(desk, campaign, book, engine, redactor, run.log_size, keys),
        places=tuple(places[place_id] for place_id in named if place_id in places),
        codebook=_codebook_note(book),
        settings=tuple(Setting(name, value, SAYS[name]) for name, value in settings.items()),
        captures=tuple(capture.summary for capture in finished_captures(shown)),
        desk_name=desk.folder.resolve().name,
        purpose=info.purpose,
        legal_basis=info.legal_basis,
        generated_at=now,
        verifier_key=info.vkey,
        checkpoint=shown.checkpoint,
        generator=f"tocsin {__version__}",
        glossary=tuple(
            Gloss(concept.terms[0].text, concept.gloss) for concept in book.concepts if concept.gloss and concept.terms
        ),
    )


def _codebook_note(book: Codebook) -> CodebookNote:
    return CodebookNote(
        name=book.name,
        version=book.version,
        title=book.title,
        violence_criterion=book.violence_criterion,
        sources=tuple(f"{source.author} ({source.year}), {source.title}" for source in book.sources),
        languages=book.languages,
    )


def _quotes(
    desk: Desk, campaign: Campaign, book: Codebook, engine: DuckDBEngine, redactor: Redactor, log_size: int, keys: Keys
) -> tuple[Quote, ...]:
    """Examples of each narrative with their proofs; a text that had to be redacted stays undisclosed in its proof."""
    chosen = example_quotes(
        engine,
        campaign,
        log_size=log_size,
        call_threshold=THRESHOLD,
        redactor=redactor,
        glosses=[Gloss(term.text, concept.gloss) for concept in book.concepts for term in concept.terms],
        folded=lambda text: FOLDER.keys([text])[0],
    )
    return tuple(
        replace(
            quote,
            proof=quote_proof(
                desk.folder,
                keys.sealer,
                quote.leaf_index,
                ("text", "posted_at") if quote.text.is_whole else ("posted_at",),
            ),
        )
        for quote in chosen
    )


def _write(desk: Desk, output: Path, text: str, leaves: Sequence[int]) -> None:
    """Write the report and state it, or neither; and keep a copy that `tocsin serve` shows (HTML only)."""
    write_exported(desk, "report", output, text.encode("utf-8"), leaves)
    if output.suffix.lower() == ".html" and output.resolve().parent != desk.reports.resolve():
        desk.reports.mkdir(exist_ok=True)
        write_whole(desk.reports / output.name, text.encode("utf-8"))
