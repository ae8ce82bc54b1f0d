"""Append-only evidence: captured bytes, the signed log of statements about them, and the tables derived from them."""

from tocsin.archive.batches import CommitResult
from tocsin.archive.capture import Capture
from tocsin.archive.certificate import certificate, certificate_markdown, finished_captures, write_certificate
from tocsin.archive.chunks import Originals, container_digest, record_bytes
from tocsin.archive.commitments import SECRET_BYTES, commitment_roots, commitments, committed_values, posted_at_text
from tocsin.archive.consistency import check_continues, continues, held_head, newest_head
from tocsin.archive.handovers import Handover
from tocsin.archive.keys import (
    DeskInfo,
    Keys,
    create_desk,
    default_keys_folder,
    desk_info,
    fitting_keys,
    key_file,
    key_file_bytes,
    keys_of,
    load_keys,
    write_keys,
)
from tocsin.archive.last_head import LastHead, check_is_not_older
from tocsin.archive.logged import logged_statement
from tocsin.archive.names import unmasked
from tocsin.archive.quotes import check_checkpoint, check_quote_proof, quote_proof
from tocsin.archive.replay import JUDGING, Act, Custody, custody_of
from tocsin.archive.rotation import Rotation, given_away, hand_over_log, reopen_desk, rotate_key, taken_over
from tocsin.archive.tables import Snapshot, snapshot
from tocsin.archive.tally import CertifiedCapture, Gap
from tocsin.archive.text_index import IndexWriter, not_searchable, rebuild_index, search_index
from tocsin.archive.verify import VerifyReport, verify_desk
from tocsin.archive.writer import Writer, open_writer

__all__ = [
    "JUDGING",
    "SECRET_BYTES",
    "Act",
    "Capture",
    "CertifiedCapture",
    "CommitResult",
    "Custody",
    "DeskInfo",
    "Gap",
    "Handover",
    "IndexWriter",
    "Keys",
    "LastHead",
    "Originals",
    "Rotation",
    "Snapshot",
    "VerifyReport",
    "Writer",
    "certificate",
    "certificate_markdown",
    "check_checkpoint",
    "check_continues",
    "check_is_not_older",
    "check_quote_proof",
    "commitment_roots",
    "commitments",
    "committed_values",
    "container_digest",
    "continues",
    "create_desk",
    "custody_of",
    "default_keys_folder",
    "desk_info",
    "finished_captures",
    "fitting_keys",
    "given_away",
    "hand_over_log",
    "held_head",
    "key_file",
    "key_file_bytes",
    "keys_of",
    "load_keys",
    "logged_statement",
    "newest_head",
    "not_searchable",
    "open_writer",
    "posted_at_text",
    "quote_proof",
    "rebuild_index",
    "record_bytes",
    "reopen_desk",
    "rotate_key",
    "search_index",
    "snapshot",
    "taken_over",
    "unmasked",
    "verify_desk",
    "write_certificate",
    "write_keys",
]
