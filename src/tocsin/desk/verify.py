"""verify: the desk's evidence against its signed log, or a report's figures and quotes against the desk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.archive import Keys, check_checkpoint, check_quote_proof, desk_info, load_keys, posted_at_text, verify_desk
from tocsin.archive.keys import key_file
from tocsin.archive.staff import FILE as STAFF_FILE
from tocsin.archive.staff import staff_of
from tocsin.archive.timestamps import checked_timestamps
from tocsin.assess import THRESHOLD
from tocsin.desk.codebooks import run_codebooks
from tocsin.desk.figures_engine import figures_engine
from tocsin.desk.findings_store import Run, load, run_named
from tocsin.desk.names import names_to_withhold
from tocsin.desk.older_heads import OlderHeads
from tocsin.desk.place import Desk
from tocsin.desk.progress import Progress
from tocsin.desk.report import RUN_SETTING, SAYS
from tocsin.desk.run_in_log import check_run
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import QuoteProof
from tocsin.records.findings import Campaign
from tocsin.report import (
    ArchivedPost,
    Checks,
    Figure,
    FigureRequest,
    Redactor,
    Step,
    computed_figures,
    read_dispatch,
    verify_report,
)


def verify(desk: Desk, file: Path | None, *, progress: Progress, since: Sequence[Path] = ()) -> dict[str, Any]:
    """The steps that held. Raises EvidenceError naming the first item that does not verify.

    `since` are files with older checkpoints of this desk, published or kept: the log must go on from each of them.
    """
    if file is None:
        return _verified_desk(desk, progress, since)
    if since:
        raise TocsinInputError(
            "an older checkpoint is held against the desk, not against a report", next_step="leave the report out"
        )
    return _verified_report(desk, file)


def _verified_desk(desk: Desk, progress: Progress, since: Sequence[Path]) -> dict[str, Any]:
    older = OlderHeads.read(desk, since)
    keys = _keys_at_hand(desk, progress)
    done_before = 0
    with progress.bar("verifying", None, "bundles") as bar:

        def tell(_step: str, done: int, _total: int) -> None:
            nonlocal done_before
            bar.advance(max(0, done - done_before))
            done_before = done

        report = verify_desk(desk.folder, keys, tell)
    steps = [
        f"the checkpoint over {report.entries:,} entries is signed by the desk's key, and the log recomputes to it",
        f"{report.posts:,} post versions are the rows of their leaves, and their original bytes are those logged"
        if keys is not None
        else f"{report.posts:,} post versions have their leaves; names and originals are sealed, and their files whole",
        f"{report.captures:,} captures in {report.blocks:,} blocks are whole, and the tables are those of the log",
    ]
    if report.certificates:
        steps.append(
            f"{report.certificates:,} import certificates say what the tables say, and were issued on this log"
        )
    if keys is not None:
        steps.append(f"{report.chunks_checked:,} chunks lie at the keyed address of their bytes")
    steps += older.checked(report.checkpoint)
    stamped = checked_timestamps(desk.folder, desk_info(desk.folder).verifiers)
    if stamped:
        steps.append(f"{len(stamped):,} timestamps hold: they are those the log speaks of, on heads it had")
    return {
        "what": f"desk {desk.folder}",
        "steps": steps,
        "posts": report.posts,
        "entries": report.entries,
        "captures": report.captures,
        "erased": report.erased,
        "keys_at_hand": keys is not None,
        "timestamps": len(stamped),
        "since": [head.size for _, head in older.given],
    }


def _keys_at_hand(desk: Desk, progress: Progress) -> Keys | None:
    """The desk's keys, None where they are not here: whoever verifies need not hold them.

    Raises TocsinInputError where they are here and damaged or another desk's: that is not to be passed over.
    """
    if (desk.keys_folder / STAFF_FILE).exists():
        staff_of(desk.keys_folder)  # raises where it is damaged
    if os.access(key_file(desk.keys_folder, desk_info(desk.folder).desk_id), os.R_OK):
        return load_keys(desk.folder, desk.keys_folder, to_sign=False)
    progress.note("The keys of this desk are not on this machine: what is sealed, and its addresses, are not checked.")
    return None


def _verified_report(desk: Desk, file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise TocsinInputError(f"{file} cannot be read", got=error.strerror or "") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"{file.name} is not UTF-8: it was changed, or it is no report of Tocsin's") from None
    info = desk_info(desk.folder)
    _, document = read_dispatch(text)
    key = next((each for each in info.verifiers if each.vkey == document["desk"]["verifier_key"]), info.verifier)
    run_id = next((item["value"] for item in document["settings"] if item["name"] == RUN_SETTING), "")
    run = run_named(desk.findings, str(run_id))
    check_run(desk, run)
    engine = figures_engine(desk, run)
    redactor = Redactor(names_to_withhold(desk, engine, run, str(document["campaign"]["campaign_id"])))

    def recompute(requests: Sequence[FigureRequest]) -> Mapping[str, Figure]:
        return computed_figures(engine, requests, redactor)

    def archived(leaf_index: int) -> ArchivedPost | None:
        rows = engine.table(
            "SELECT post_id, source, lang, posted_at, text FROM post_versions WHERE leaf_index = $leaf",
            {"leaf": leaf_index},
        ).to_pylist()
        return ArchivedPost(**rows[0]) if rows else None

    def check_proof(proof: QuoteProof, posted_at: datetime | None, shown: str | None) -> None:
        info.opened_checkpoint(proof.checkpoint)  # a key that was replaced signs nothing beyond its handover
        check_disclosed(check_quote_proof(proof, key.vkey), posted_at, shown)

    result = verify_report(
        text,
        Checks(
            check_signature=key.check_signature,
            check_proof=check_proof,
            check_checkpoint=lambda note: check_checkpoint(note, key.vkey),
            recompute=recompute,
            archived=archived,
            redactor=redactor,
        ),
    )
    engine.close()
    _check_told(desk, run, document, redactor, key.vkey)
    return {
        "what": f"report {file.name}{unchecked_words(result.steps)}",
        "unchecked": [step.number for step in result.steps if step.outcome.startswith("not checked")],
        "steps": [f"{step.says} ({step.checked_count:,}: {step.outcome})" for step in result.steps],
        "figures": result.figure_count,
        "quotes": result.quote_count,
        "digest": result.digest,
    }


def unchecked_words(steps: Sequence[Step]) -> str:
    """What a verdict must add where a step could not be checked here, "" where all were.

    >>> unchecked_words([Step(1, "the file is a dispatch", "held", 1)])
    ''
    >>> unchecked_words([Step(6, "every picture is drawn", "not checked: drawn by another version", 0)])
    ', in part only: step 6 was not checked'
    """
    numbers = [str(step.number) for step in steps if step.outcome.startswith("not checked")]
    if not numbers:
        return ""
    noun, verb = ("steps", "were") if len(numbers) > 1 else ("step", "was")
    return f", in part only: {noun} {', '.join(numbers)} {verb} not checked"


def _check_told(desk: Desk, run: Run, document: Mapping[str, Any], redactor: Redactor, vkey: str) -> None:
    """Raise EvidenceError unless what a report says without a figure is what the desk and the run say: who signed it
    could otherwise give the desk another purpose, the campaign another title, the codebook another criterion."""

    def clean(text: str) -> str:
        return str(redactor.redacted(text).text)

    info = desk_info(desk.folder)
    campaign = next(
        (
            each
            for each in load(desk.findings, run, Campaign)
            if each.campaign_id == document["campaign"]["campaign_id"]
        ),
        None,
    )
    if campaign is None:
        raise EvidenceError("the report is about a campaign that its detection run did not find")
    held = {
        ("desk", "purpose"): clean(info.purpose),
        ("desk", "legal_basis"): clean(info.legal_basis),
        ("desk", "verifier_key"): vkey,
        ("campaign", "title"): clean(campaign.title),
        ("campaign", "reasons"): [clean(reason) for reason in campaign.reasons],
        ("codebook", "name"): campaign.codebook,
        ("codebook", "version"): dict(run.codebooks).get(campaign.codebook),
    }
    with suppress(TocsinInputError):  # a shipped codebook that has changed since says nothing of the report
        book = next(book for book in run_codebooks(desk.findings, run) if book.name == campaign.codebook)
        held["codebook", "title"] = clean(book.title)
        held["codebook", "violence_criterion"] = clean(book.violence_criterion)
    for (part, name), value in held.items():
        if document[part][name] != value:
            raise EvidenceError(f"the {name.replace('_', ' ')} ({part}) that the report gives is not the desk's")
    told = {item["name"]: (item["value"], item["says"]) for item in document["settings"]}
    settings = {RUN_SETTING: run.run_id, **run.settings, "call_threshold": THRESHOLD}
    if told != {name: (value, SAYS[name]) for name, value in settings.items()}:
        raise EvidenceError("the settings that the report gives are not those of its detection run")


def check_disclosed(disclosed: Mapping[str, str], posted_at: datetime | None, shown: str | None) -> None:
    """Raise EvidenceError unless a proof's disclosed values are the time and the text that a report shows."""
    if "posted_at" in disclosed and disclosed["posted_at"] != posted_at_text(posted_at):
        raise EvidenceError("a quote's time is not the one its proof discloses")
    if "text" in disclosed and shown is not None and disclosed["text"] != shown:
        raise EvidenceError("a quote's text is not the one its proof discloses")
