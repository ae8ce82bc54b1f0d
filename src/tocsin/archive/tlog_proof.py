"""C2SP tlog-proof: one text file that proves an entry is in a log, written and read strictly.

    c2sp.org/tlog-proof@v1
    extra <base64>          only where there is extra data; nobody vouches for it
    index <decimal>
    <base64 hash>           from the leaf's sibling up to the root's child, none in a log of one entry

    <the signed checkpoint, as written>

Source: C2SP tlog-proof (version 1), tlog-checkpoint, signed-note; RFC 6962 section 2.1.1. One spelling each: every line
ends in LF, numbers have no leading zero, base64 is exact, an `extra` line is not empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.archive import merkle
from tocsin.archive.strict import base64_bytes, base64_text, decimal
from tocsin.records.errors import EvidenceError
from tocsin.records.evidence import Checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63  # a path in a log of at most 2^63 entries
_LARGEST_PROOF = 2_000_000  # bytes: twice what a note may have


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof as read. Nothing of it is believed before `check_entry` held."""

    index: int  # place of the entry in the log, from 0
    path: tuple[bytes, ...]  # 32 bytes each, from the leaf's sibling up
    checkpoint: str  # the signed note, verbatim
    extra: bytes = b""  # opaque and not authenticated; b"" for none

    def check_entry(self, entry: bytes, opened: Callable[[str], Checkpoint]) -> Checkpoint:
        """The checkpoint that covers the entry; `opened` opens signed notes of the log (`DeskInfo.opened_checkpoint`).

        Raises EvidenceError unless the log's key signed it and the path leads from the entry's leaf hash to its root.
        """
        head = opened(self.checkpoint)
        merkle.check_inclusion(merkle.leaf_hash(entry), self.index, head.size, self.path, head.root)
        return head


def tlog_proof_text(index: int, path: Sequence[bytes], checkpoint: str, extra: bytes = b"") -> str:
    """The proof as C2SP writes it; the file's name should end in `.tlog-proof`."""
    lines = [HEADER]
    if extra:
        lines.append(f"extra {base64_text(extra)}")
    lines.append(f"index {index}")
    lines += [base64_text(each) for each in path]
    return "\n".join(lines) + "\n\n" + checkpoint


def read_tlog_proof(raw: bytes) -> TlogProof:
    """A proof's parts. Raises EvidenceError for anything but the one spelling; signatures and hashes are checked by
    `TlogProof.check_entry`."""
    if len(raw) > _LARGEST_PROOF:
        raise EvidenceError("tlog-proof: too long", expected=f"at most {_LARGEST_PROOF} bytes", got=str(len(raw)))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise EvidenceError("tlog-proof: not UTF-8") from error
    head, gap, checkpoint = text.partition("\n\n")
    if not gap:
        raise EvidenceError("tlog-proof: no empty line before the checkpoint")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise EvidenceError("tlog-proof: of another kind or version", expected=HEADER)
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = base64_bytes(lines.pop(0)[6:], "tlog-proof: extra data")
        if not extra:
            raise EvidenceError("tlog-proof: an empty extra line")
    if not lines or not lines[0].startswith("index "):
        raise EvidenceError("tlog-proof: no index line where it belongs", expected="index and a decimal number")
    index = decimal(lines.pop(0)[6:], "tlog-proof: the index")
    if len(lines) > _MOST_HASHES:
        raise EvidenceError("tlog-proof: too many hashes", expected=f"at most {_MOST_HASHES}", got=str(len(lines)))
    path = tuple(base64_bytes(line, f"tlog-proof: hash {at}", 32) for at, line in enumerate(lines, 1))
    return TlogProof(index, path, checkpoint, extra)
