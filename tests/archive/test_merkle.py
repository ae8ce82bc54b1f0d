"""RFC 6962: the published vectors, brute force for a clone without them, and any altered bit refused."""

from __future__ import annotations

import base64
import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive import merkle
from tocsin.records.errors import EvidenceError

LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(70)]


def brute_root(leaves: list[bytes]) -> bytes:
    """The definition in RFC 6962 section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + brute_root(leaves[:split]) + brute_root(leaves[split:])).digest()


def test_the_root_is_that_of_the_definition():
    for size in range(70):
        assert merkle.root(LEAVES[:size]) == brute_root(LEAVES[:size])
        assert merkle.range_root(merkle.listed(LEAVES), 0, size) == brute_root(LEAVES[:size])


def test_known_values_of_rfc_6962():
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert (
        merkle.node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


def test_every_leaf_of_every_small_tree_proves_its_inclusion_and_nothing_else():
    node = merkle.listed(LEAVES)
    for size in range(1, 34):
        root = brute_root(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(node, index, size)
            merkle.check_inclusion(LEAVES[index], index, size, proof, root)
            with pytest.raises(EvidenceError):
                merkle.check_inclusion(LEAVES[index], index, size, [*proof, LEAVES[0]], root)
            if index + 1 < size:
                with pytest.raises(EvidenceError):
                    merkle.check_inclusion(LEAVES[index], index + 1, size, proof, root)


def test_every_smaller_tree_is_consistent_with_the_larger():
    node = merkle.listed(LEAVES)
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(node, old, new)
            merkle.check_consistency(old, new, proof, brute_root(LEAVES[:old]), brute_root(LEAVES[:new]))
            forked = brute_root([*LEAVES[: old - 1], LEAVES[69]])
            with pytest.raises(EvidenceError):
                merkle.check_consistency(old, new, proof, forked, brute_root(LEAVES[:new]))


@given(st.integers(2, 70), st.data())
def test_any_altered_bit_of_a_proof_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(merkle.listed(LEAVES), index, size)
    root = brute_root(LEAVES[:size])
    parts = [LEAVES[index], root, *proof]
    at = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    altered = int.from_bytes(parts[at], "big") ^ (1 << bit)
    parts[at] = altered.to_bytes(32, "big")
    with pytest.raises(EvidenceError):
        merkle.check_inclusion(parts[0], index, size, parts[2:], parts[1])


def _check(kind: str, probe: dict) -> None:
    def raw(text: str | None) -> bytes:
        return base64.b64decode(text) if text else b""

    proof = [raw(each) for each in probe["proof"] or []]
    if kind == "inclusion":
        merkle.check_inclusion(raw(probe["leafHash"]), probe["leafIdx"], probe["treeSize"], proof, raw(probe["root"]))
    elif kind == "consistency":
        merkle.check_consistency(probe["size1"], probe["size2"], proof, raw(probe["root1"]), raw(probe["root2"]))
    elif kind == "subtreeinclusion":
        merkle.check_subtree_inclusion(
            raw(probe["leafHash"]), probe["leafIdx"], probe["start"], probe["end"], proof, raw(probe["root"])
        )
    else:
        merkle.check_subtree_consistency(
            probe["start"], probe["end"], probe["size"], proof, raw(probe["root1"]), raw(probe["root2"])
        )


@pytest.mark.real_data
def test_all_518_published_probes_agree(real_data: Path):
    agreed: Counter[bool] = Counter()
    for line in (real_data / "merkle_vectors" / "probes.jsonl").read_text().splitlines():
        each = json.loads(line)
        try:
            _check(each["kind"], each["probe"])
            refused = False
        except EvidenceError:
            refused = True
        agreed[refused == each["probe"]["wantErr"]] += 1
    assert agreed == {True: 518}
