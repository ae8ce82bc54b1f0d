"""A quote proves its words and time without its author; any altered part is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.conftest import new_desk
from archive.village import records
from tocsin.archive import check_quote_proof, desk_info, quote_proof
from tocsin.archive.secret_files import packed_secrets, secret_files, secrets_path, unpacked_secrets
from tocsin.archive.strict import base64_text
from tocsin.records.errors import EvidenceError, TocsinInputError
from tocsin.records.evidence import COMMITTED_FIELDS, QuoteProof


@pytest.fixture(scope="module")
def quoted(tmp_path_factory) -> tuple[QuoteProof, str]:
    desk = new_desk(tmp_path_factory.mktemp("quotes"))
    desk.collect(records(300))
    return quote_proof(desk.folder, desk.keys.sealer, 42), desk_info(desk.folder).vkey


def test_a_proof_gives_the_words_and_the_time_and_withholds_the_author(quoted):
    proof, vkey = quoted
    disclosed = check_quote_proof(proof, vkey)
    assert disclosed["posted_at"] == "2030-01-01T00:41:00.000000Z"
    assert disclosed["text"].endswith(" 41")
    assert set(disclosed) == {"text", "posted_at"}
    told = json.dumps([proof.disclosed, proof.withheld, proof.entry])
    assert "villager" not in told
    assert str(10**15 + 41) not in told


def test_everything_may_be_disclosed_or_nothing(desk):
    desk.collect(records(30))
    vkey = desk_info(desk.folder).vkey
    everything = check_quote_proof(quote_proof(desk.folder, desk.keys.sealer, 3, COMMITTED_FIELDS), vkey)
    assert everything["account"] == "2"
    assert everything["post"] == str(10**15 + 2)
    assert check_quote_proof(quote_proof(desk.folder, desk.keys.sealer, 3, ()), vkey) == {}


def test_what_cannot_be_quoted_is_said(desk):
    desk.collect(records(30))
    with pytest.raises(TocsinInputError, match="no such field"):
        quote_proof(desk.folder, desk.keys.sealer, 3, ("password",))
    with pytest.raises(TocsinInputError, match="no post of this desk"):
        quote_proof(desk.folder, desk.keys.sealer, 0)  # the capture's statement


def flipped(text: str, bit: int) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return base64_text(bytes(raw))


def altered(proof: QuoteProof, what: str, bit: int) -> QuoteProof:
    text, salt = proof.disclosed["text"]
    match what:
        case "text":
            return replace(proof, disclosed={**proof.disclosed, "text": (text + "x", salt)})
        case "salt":
            return replace(proof, disclosed={**proof.disclosed, "text": (text, flipped(salt, bit))})
        case "withheld":
            name = sorted(proof.withheld)[bit % len(proof.withheld)]
            return replace(proof, withheld={**proof.withheld, name: flipped(proof.withheld[name], bit)})
        case "inclusion":
            at = bit % len(proof.inclusion)
            path = [*proof.inclusion]
            path[at] = flipped(path[at], bit)
            return replace(proof, inclusion=tuple(path))
        case "entry":
            at = bit % len(proof.entry)
            return replace(proof, entry=proof.entry[:at] + chr(ord(proof.entry[at]) ^ 1) + proof.entry[at + 1 :])
        case "checkpoint":
            at = bit % len(proof.checkpoint)
            return replace(
                proof,
                checkpoint=proof.checkpoint[:at] + chr(ord(proof.checkpoint[at]) ^ 1) + proof.checkpoint[at + 1 :],
            )
    return replace(proof, leaf_index=proof.leaf_index ^ (1 << bit % 8))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["text", "salt", "withheld", "inclusion", "entry", "checkpoint", "leaf_index"]),
    st.integers(0, 10_000),
)
def test_any_altered_part_of_a_proof_is_refused(quoted, what, bit):
    proof, vkey = quoted
    with pytest.raises(EvidenceError):
        check_quote_proof(altered(proof, what, bit), vkey)


def moved(proof: QuoteProof) -> QuoteProof:
    """The words shown as the time, the time as the words."""
    return replace(proof, disclosed={"text": proof.disclosed["posted_at"], "posted_at": proof.disclosed["text"]})


MALFORMED = {
    "fields exchanged": moved,
    "a field missing": lambda proof: replace(proof, withheld=dict(list(proof.withheld.items())[1:])),
    "a field twice": lambda proof: replace(proof, withheld={**proof.withheld, "text": proof.withheld["post"]}),
    "a field too many": lambda proof: replace(proof, withheld={**proof.withheld, "mood": proof.withheld["post"]}),
    "nothing at all": lambda proof: replace(proof, disclosed={}, withheld={}),
    "a short salt": lambda proof: replace(
        proof, disclosed={**proof.disclosed, "text": (proof.disclosed["text"][0], base64_text(bytes(15)))}
    ),
    "a salt in loose base64": lambda proof: replace(
        proof, disclosed={**proof.disclosed, "text": (proof.disclosed["text"][0], proof.disclosed["text"][1] + "\n")}
    ),
    "a lone surrogate": lambda proof: replace(
        proof, disclosed={**proof.disclosed, "text": ("\ud800", proof.disclosed["text"][1])}
    ),
    "a short commitment": lambda proof: replace(proof, withheld={**proof.withheld, "post": base64_text(bytes(31))}),
    "one hash too many": lambda proof: replace(proof, inclusion=(*proof.inclusion, base64_text(bytes(32)))),
    "one hash too few": lambda proof: replace(proof, inclusion=proof.inclusion[:-1]),
    "a short hash": lambda proof: replace(proof, inclusion=(base64_text(bytes(31)), *proof.inclusion[1:])),
    "no hash": lambda proof: replace(proof, inclusion=()),
    "a negative leaf": lambda proof: replace(proof, leaf_index=-1),
    "a leaf beyond the log": lambda proof: replace(proof, leaf_index=10**6),
    "an entry with a space": lambda proof: replace(proof, entry=proof.entry.replace(":", ": ", 1)),
    "an entry of another type": lambda proof: replace(proof, entry=proof.entry.replace('"post"', '"note"')),
    "an entry of another version": lambda proof: replace(proof, entry=proof.entry.replace('"v":1', '"v":2')),
    "an entry that is no JSON": lambda proof: replace(proof, entry="root"),
    "an entry beyond ASCII": lambda proof: replace(proof, entry=proof.entry.replace("post", "p\u00f6st")),
    "an entry without a root": lambda proof: replace(proof, entry='{"type":"post","v":1}'),
    "no checkpoint": lambda proof: replace(proof, checkpoint=""),
    "an unsigned checkpoint": lambda proof: replace(proof, checkpoint=proof.checkpoint.split("\n\n")[0] + "\n"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_proof_is_refused(quoted, name):
    proof, vkey = quoted
    with pytest.raises(EvidenceError):
        check_quote_proof(MALFORMED[name](proof), vkey)


def test_a_proof_of_another_desk_is_refused(quoted, desk):
    with pytest.raises(EvidenceError, match="not signed once"):
        check_quote_proof(quoted[0], desk_info(desk.folder).vkey)


def test_an_erased_secret_leaves_nothing_to_disclose(desk):
    desk.collect(records(30))
    path, _ = secret_files(desk.folder)[0]
    secrets = [*unpacked_secrets(path.read_bytes(), "secrets")]
    path.unlink()
    secrets[3] = None
    packed = packed_secrets(secrets, b"", [])
    (desk.folder / secrets_path(0, packed)).write_bytes(packed)
    with pytest.raises(EvidenceError, match="erased"):
        quote_proof(desk.folder, desk.keys.sealer, 3)
