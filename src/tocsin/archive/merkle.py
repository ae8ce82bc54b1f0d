"""Merkle trees of RFC 6962: roots, proofs and their verification, and the subtrees of Merkle Tree Certificates.

Source: RFC 6962 section 2.1; RFC 9162 section 2.1.3.2 and 2.1.4.2 (verification); draft-ietf-plants-merkle-tree-certs
section 4 (subtrees). Agrees with all 518 probes of transparency-dev/merkle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from tocsin.records.errors import EvidenceError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over leaves [index << level, (index + 1) << level)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Hashes one level up; a last one without a partner is carried up unchanged."""
    above = [sha256(b"\x01" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2], strict=False)]
    if len(hashes) % 2:
        above.append(hashes[-1])
    return above


def root(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        level = parents(level)
    return level[0]


def listed(hashes: Sequence[bytes]) -> Node:
    """Node lookup over leaf hashes in memory."""
    return lambda level, index: root(hashes[index << level : (index + 1) << level])


def range_root(node: Node, start: int, end: int) -> bytes:
    """Root over leaves [start, end), where `start` is a multiple of the power of two that holds end - start."""
    size = end - start
    if size == 0:
        return EMPTY_ROOT
    level = (size - 1).bit_length()
    if size == 1 << level:
        return node(level, start >> level)
    middle = start + (1 << (level - 1))
    return node_hash(range_root(node, start, middle), range_root(node, middle, end))


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Hashes from leaf to root that prove leaf `index` is in the tree of `size` leaves."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < middle:
            path.append(range_root(node, middle, end))
            end = middle
        else:
            path.append(range_root(node, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(node: Node, old_size: int, new_size: int) -> list[bytes]:
    """Hashes that prove the tree of `old_size` leaves is the beginning of that of `new_size` (1 <= old <= new)."""
    path: list[bytes] = []
    start, end = 0, new_size
    whole = True  # whether [start, old_size) is the whole old tree, whose root the checker has
    while old_size != end:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if old_size <= middle:
            path.append(range_root(node, middle, end))
            end = middle
        else:
            path.append(range_root(node, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(range_root(node, start, end))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Raises EvidenceError unless `proof` shows the leaf hash at `index` under the root of `size` leaves."""
    if not 0 <= index < size:
        raise EvidenceError("inclusion proof: the leaf is outside the tree", expected=f"below {size}", got=str(index))
    _check_lengths(leaf, expected_root, *proof)
    first, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise EvidenceError("inclusion proof: too many hashes")
        if first & 1 or first == last:
            result = node_hash(step, result)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            result = node_hash(result, step)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise EvidenceError("inclusion proof: too few hashes")
    if result != expected_root:
        raise EvidenceError("inclusion proof: it leads to another root")


def check_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises EvidenceError unless the tree of `old_size` is the beginning of that of `new_size`."""
    if not 1 <= old_size <= new_size:
        raise EvidenceError("consistency proof: sizes out of order", expected="1 <= old <= new")
    check_subtree_consistency(0, old_size, new_size, proof, old_root, new_root)


def check_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], expected_root: bytes
) -> None:
    """Raises EvidenceError unless `proof` shows the leaf hash at `index` under the root of leaves [start, end)."""
    _check_subtree(start, end)
    check_inclusion(leaf, index - start, end - start, proof, expected_root)


def check_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, expected_root: bytes
) -> None:
    """Raises EvidenceError unless leaves [start, end) with that root are part of the tree of `size` leaves."""
    if 0 <= start == end <= size and not proof and subtree_root == EMPTY_ROOT:
        return  # nothing is part of every tree
    if start == 0 and 0 < end == size and not proof and subtree_root == expected_root:
        return  # the same tree
    _check_lengths(subtree_root, expected_root, *proof)
    _check_subtree(start, end)
    if end > size:
        raise EvidenceError("consistency proof: the subtree ends beyond the tree", expected=f"at most {size}")
    first, second, last = start, end - 1, size - 1
    while first != second and (second & 1 or second == last):
        first, second, last = first >> 1, second >> 1, last >> 1
    rest = list(proof)
    if first == second:
        below = above = subtree_root
    elif rest:
        below = above = rest.pop(0)
    else:
        raise EvidenceError("consistency proof: too few hashes")
    for step in rest:
        if last == 0:
            raise EvidenceError("consistency proof: too many hashes")
        if second & 1 or second == last:
            if first < second:
                below = node_hash(step, below)
            above = node_hash(step, above)
            while not second & 1 and second:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            above = node_hash(above, step)
        first, second, last = first >> 1, second >> 1, last >> 1
    if last != 0 or below != subtree_root or above != expected_root:
        raise EvidenceError("consistency proof: it leads to another root")


def _check_lengths(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise EvidenceError("proof: a hash has the wrong length", expected=f"{HASH_BYTES} bytes")


def _check_subtree(start: int, end: int) -> None:
    if not 0 <= start < end or start % (1 << (end - start - 1).bit_length()):
        raise EvidenceError("not a subtree", expected="0 <= start < end, start a multiple of the span's power of two")
