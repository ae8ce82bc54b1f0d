"""Append-only evidence: captured bytes, the signed log of statements about them, and the tables derived from them."""

from tocsin.archive.batches import CommitResult
from tocsin.archive.capture import Capture
from tocsin.archive.certificate import certificate, certificate_markdown, finished_captures, write_certificate
from tocsin.archive.chunks import Originals, container_digest, record_bytes
from tocsin.archive.commitments import SECRET_BYTES, commitment_roots, commitments, committed_values, posted_at_text
from tocsin.archive.keys import DeskInfo, Keys, create_desk, default_keys_folder, desk_info, load_keys
from tocsin.archive.logged import logged_statement
from tocsin.archive.names import unmasked
from tocsin.archive.quotes import check_checkpoint, check_quote_proof, quote_proof
from tocsin.archive.tables import Snapshot, snapshot
from tocsin.archive.tally import CertifiedCapture, Gap
from tocsin.archive.text_index import IndexWriter, rebuild_index, search_index
from tocsin.archive.verify import VerifyReport, verify_desk
from tocsin.archive.writer import Writer, open_writer

__all__ = [
    "SECRET_BYTES",
    "Capture",
    "CertifiedCapture",
    "CommitResult",
    "DeskInfo",
    "Gap",
    "IndexWriter",
    "Keys",
    "Originals",
    "Snapshot",
    "VerifyReport",
    "Writer",
    "certificate",
    "certificate_markdown",
    "check_checkpoint",
    "check_quote_proof",
    "commitment_roots",
    "commitments",
    "committed_values",
    "container_digest",
    "create_desk",
    "default_keys_folder",
    "desk_info",
    "finished_captures",
    "load_keys",
    "logged_statement",
    "open_writer",
    "posted_at_text",
    "quote_proof",
    "rebuild_index",
    "record_bytes",
    "search_index",
    "snapshot",
    "unmasked",
    "verify_desk",
    "write_certificate",
]
