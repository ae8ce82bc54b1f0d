"""A dispatch cannot drift: every changed digit, word, picture or binding is found and named."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from report.invented import Village, brief_of, check_proof, quote_of, village
from tocsin.records.errors import EvidenceError
from tocsin.report import (
    STEPS,
    Brief,
    Checks,
    Figure,
    FigureRequest,
    Redactor,
    document,
    html_of,
    render_html,
    sealed,
    verify_report,
)
from tocsin.report.seal import unsealed


def resealed_by_an_attacker(text: str) -> str:
    return sealed(unsealed(text), Ed25519PrivateKey.from_private_bytes(b"\x09" * 32).sign)


def changed_once(text: str, old: str, new: str, *, last: bool = False) -> str:
    at = text.rindex(old) if last else text.index(old)
    return text[:at] + new + text[at + len(old) :]


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_a_dispatch_as_written_holds_at_every_step(dispatches: dict[str, str], checks: Checks, form: str) -> None:
    result = verify_report(dispatches[form], checks)
    assert [step.number for step in result.steps] == list(range(1, len(STEPS) + 1))
    held = {step.number for step in result.steps if step.outcome == "held"}
    assert held >= {1, 2, 3, 4, 5, 7, 8, 10}
    assert (6 in held) == (form == "html")
    assert result.figure_count > 25


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_every_changed_digit_or_quoted_word_is_found(dispatches: dict[str, str], checks: Checks, form: str) -> None:
    text = dispatches[form]
    rng = random.Random(20)
    computed = checks.recompute
    assert computed is not None
    known: dict[str, Mapping[str, Figure]] = {}

    def recompute(requests: Sequence[FigureRequest]) -> Mapping[str, Figure]:
        # The same requests ask the same of an archive that stands still: computed once, for speed only.
        key = repr(requests)
        if key not in known:
            known[key] = computed(requests)
        return known[key]

    checks = replace(checks, recompute=recompute)
    digits = [match.start() for match in re.finditer(r"\d", text)]
    words = [match.start() for match in re.finditer("فيلمورا|Velmora|vigil|ቬልሞራ|القنديل", text)]
    positions = rng.sample(digits, 200 if form == "html" else 60) + rng.sample(words, min(len(words), 20))
    assert len(positions) >= (210 if form == "html" else 66)
    for position in positions:
        char = text[position]
        other = str((int(char) + 1) % 10) if char.isdigit() else ("x" if char != "x" else "y")
        with pytest.raises(EvidenceError):
            verify_report(text[:position] + other + text[position + 1 :], checks)


def test_a_changed_figure_is_named_with_what_it_says_and_what_it_is(dispatches: dict[str, str], checks: Checks) -> None:
    text = dispatches["html"]
    spot = re.search(r'<span class="fig" data-figure="(f\d+)" data-cell="0.0">619</span>', text)
    assert spot is not None
    changed = text[: spot.end() - 10] + "618" + text[spot.end() - 7 :]
    with pytest.raises(EvidenceError, match=rf"figure {spot[1]} \(campaign_posts\) says 618, the desk computes 619"):
        verify_report(changed, checks)


@pytest.mark.parametrize(
    ("part", "old", "new", "names"),
    [
        ("summary", 'class="standfirst">Between ', 'class="standfirst">Since ', "text was changed"),
        ("table", r'(<td class="n"><span class="fig" data-figure="f\d+" data-cell="0.1">)\d', r"\g<1>9", "figure f"),
        ("alt text", r"(<desc[^>]*>[^<]*holds )\d+", r"\g<1>7", "picture"),
        ("picture text", r"(<text[^>]*>)200(</text>)", r"\g<1>300\g<2>", "picture"),
        ("picture shape", r'(<path d="M)\d{3}', r"\g<1>1", "picture"),
        ("quote", "Le pont de Tarn est fermé, la mer", "Le pont de Tarn est ouvert, la mer", "quote q"),
        ("quote time", r'(data-quote-time="q1">)\d', r"\g<1>9", "time of quote q1"),
        ("setting", r'(data-setting="window_s">)60', r"\g<1>10", "setting window_s"),
        ("note", r'(<li id="f2"><b>f2</b>[^<]*: )\d', r"\g<1>9", "changed near f2"),
        ("document", r'("query":"campaign_posts","slot":"campaign_posts","value":)\d', r"\g<1>9", "figure f2"),
        ("proof", r'("entry":"\{[^}]*root\\": \\")[A-Za-z0-9]', r"\g<1>+", "proof does not lead"),
    ],
)  # fmt: skip
def test_each_part_is_guarded_even_when_the_seal_is_made_anew(
    dispatches: dict[str, str], checks: Checks, part: str, old: str, new: str, names: str
) -> None:
    changed, count = re.subn(old, new, dispatches["html"], count=1)
    assert count == 1, f"the test found no {part} to change"
    for forged in (changed, resealed_by_an_attacker(changed)):
        with pytest.raises(EvidenceError, match=re.escape(names)):
            verify_report(forged, checks)


def test_a_seal_by_another_key_is_refused(dispatches: dict[str, str], checks: Checks) -> None:
    for text in dispatches.values():
        with pytest.raises(EvidenceError, match="seal"):
            verify_report(resealed_by_an_attacker(text), checks)


def test_a_number_without_its_binding_is_found_even_when_the_desk_sealed_it(
    desk: Village, dispatches: dict[str, str], checks: Checks
) -> None:
    text = unsealed(dispatches["html"])
    bare = re.sub(r'<span class="fig" data-figure="f\d+" data-cell="0.0">619</span>', "619", text, count=1)
    added = changed_once(text, "Whether anybody was moved", "At least 40 people were moved", last=True)
    arabic = changed_once(text, "Whether anybody was moved", "At least ٤٠ people were moved", last=True)
    for forged in (bare, added, arabic):
        assert forged != text
        with pytest.raises(EvidenceError, match="bound to no figure"):
            verify_report(sealed(forged, desk.sign), checks)


def test_a_figure_the_archive_contradicts_is_found_even_when_drawn_and_sealed_by_the_desk(
    desk: Village, brief: Brief, checks: Checks
) -> None:
    drawn = document(brief, desk.redactor)
    record = next(record for record in drawn["figures"] if record["slot"] == "campaign_posts")
    record["value"] += 1
    with pytest.raises(
        EvidenceError, match=rf"figure {record['id']} \(campaign_posts\) says 620, the desk computes 619"
    ):
        verify_report(sealed(html_of(drawn), desk.sign), checks)


def test_a_quote_the_archive_contradicts_is_found_even_when_sealed_by_the_desk(
    desk: Village, brief: Brief, checks: Checks
) -> None:
    drawn = document(brief, desk.redactor)
    drawn["quotes"][0]["text"] += " now"
    with pytest.raises(EvidenceError, match=r"quote q1 .* does not have the words"):
        verify_report(sealed(html_of(drawn), desk.sign), checks)


def test_a_hostile_file_can_run_no_sql_and_name_no_other_campaign(desk: Village, brief: Brief, checks: Checks) -> None:
    for change, message in (
        ({"query": "SELECT 1"}, "names a query this desk does not have"),
        ({"params": {"effort_id": "e-velmora"}}, "do not fit"),
        ({"params": {"effort_id": "other", "log_size": desk.log_size}}, "another effort_id"),
        ({"params": {"effort_id": "e-velmora", "log_size": 3}}, "another log_size"),
        ({"params": {"effort_id": "e-velmora", "log_size": "3; DROP TABLE posts"}}, "do not fit"),
        ({"value": [[1]]}, "columns"),
        ({"value": None, "extra": 1}, "changed or damaged"),
    ):
        drawn = document(brief, desk.redactor)
        next(record for record in drawn["figures"] if record["slot"] == "campaign_posts").update(change)
        text = json.dumps({"dispatch": drawn, "seal": "tocsin-seal:v1:unsealed"})
        with pytest.raises(EvidenceError, match=message):
            verify_report(sealed(text, desk.sign), checks)


def test_files_that_are_no_dispatch_are_refused(checks: Checks) -> None:
    for text in ("", "hello", "{", "{}", '{"dispatch": [], "seal": ""}', "<!DOCTYPE html><p>x", "[" * 100_000):
        with pytest.raises(EvidenceError):
            verify_report(text, checks)


def test_the_desk_may_grow_and_the_dispatch_still_holds(dispatches: dict[str, str], brief: Brief) -> None:
    grown = village()
    leaf = grown.log_size
    grown.engine.run(
        "INSERT INTO post_versions SELECT * REPLACE ($leaf AS leaf_index, 2 AS version_no) FROM post_versions "
        "WHERE leaf_index < 50",
        {"leaf": leaf},
    )
    grown.engine.run("INSERT INTO memberships VALUES ('e-velmora', $leaf)", {"leaf": leaf})
    assert brief.checkpoint.size == leaf
    later = Checks(grown.check_signature, check_proof, None, grown.recompute, grown.archived, grown.redactor)
    assert verify_report(dispatches["html"], later).log_size == leaf


def test_an_outsider_with_the_key_alone_checks_seal_proofs_and_drawing(
    desk: Village, dispatches: dict[str, str]
) -> None:
    outsider = Checks(desk.check_signature, check_proof=check_proof)
    result = verify_report(dispatches["html"], outsider)
    assert {step.number for step in result.steps if step.outcome != "held"} == {3, 5, 9}
    with pytest.raises(EvidenceError, match="says 618"):
        verify_report(changed_once(dispatches["html"], ">619<", ">618<"), outsider)


def test_a_proof_that_discloses_more_than_the_quote_is_refused(desk: Village, brief: Brief, checks: Checks) -> None:
    drawn = document(brief, desk.redactor)
    drawn["quotes"][0]["proof"]["disclosed"]["account"] = ["a", "b"]
    with pytest.raises(EvidenceError, match="discloses too much"):
        verify_report(sealed(html_of(drawn), desk.sign), checks)


def test_a_redacted_quote_is_checked_by_the_desk_and_proves_its_time(checks: Checks) -> None:
    text = "The lamp is lit, write to @lantern_keeper or t.me/kqzx before the vigil. #RoadToVelmora"
    own = village(extra={"en": text})
    leaf = next(post["leaf_index"] for post in own.posts if post["text"] == text)
    quote = quote_of(own, leaf, own.campaign.narratives[0].cluster_id)
    assert quote.text.kinds == {"name": 1, "invite": 1} or quote.text.kinds == {"handle": 1, "invite": 1}
    brief = brief_of(own, quotes=(quote,))
    assert quote.proof is not None
    assert "text" not in quote.proof.disclosed
    file = sealed(render_html(brief, own.redactor), own.sign)
    mine = replace(checks, recompute=own.recompute, archived=own.archived)
    verify_report(file, mine)
    with pytest.raises(EvidenceError, match="quote q"):
        verify_report(changed_once(file, "The lamp is lit", "The lamp is out"), mine)
    with pytest.raises(EvidenceError, match="words of the archived post"):
        verify_report(file, replace(mine, redactor=Redactor(["The lamp"])))


def test_a_document_of_any_content_ends_in_a_verdict(desk: Village, brief: Brief) -> None:
    rng = random.Random(8)
    outsider = Checks(desk.check_signature, check_proof=check_proof)
    values = (None, -1, 0, 1e18, "x", "", "9999-01-01T00:00:00Z", [], [[]], [["x"]], [[1, 2, 3]], {}, True, 3)
    verdicts = 0
    for _ in range(150):
        drawn = document(brief, desk.redactor)
        target = rng.choice(
            [drawn, drawn["campaign"], drawn["network"], drawn["snapshot"], *drawn["quotes"]] + drawn["figures"] * 3
        )
        name = rng.choice(sorted(target))
        if isinstance(target[name], dict) and target[name] and rng.random() < 0.7:
            target, name = target[name], rng.choice(sorted(target[name]))
        elif (
            isinstance(target[name], list) and target[name] and isinstance(target[name][0], list) and rng.random() < 0.8
        ):
            target, name = target[name][0], 0
        target[name] = rng.choice(values)
        text = sealed(json.dumps({"dispatch": drawn, "seal": "tocsin-seal:v1:unsealed"}), desk.sign)
        try:
            verify_report(text, outsider)
        except EvidenceError:
            verdicts += 1
    assert verdicts >= 100


@pytest.mark.parametrize("slot", ["campaign_languages", "campaign_bursts", "campaign_ties"])
def test_a_changed_cell_of_a_table_is_named_by_its_figure(
    dispatches: dict[str, str], checks: Checks, slot: str
) -> None:
    outer = json.loads(dispatches["json"])
    figure = next(each for each in outer["dispatch"]["figures"] if each["slot"] == slot)
    column = next(place for place, value in enumerate(figure["value"][0]) if isinstance(value, int))
    figure["value"][0][column] += 1
    with pytest.raises(EvidenceError, match=rf"figure {figure['id']} \({slot}\) says"):
        verify_report(json.dumps(outer), checks)
