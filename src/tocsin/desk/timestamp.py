"""timestamp: a stranger's clock on the desk's log. The one verb of the evidence that goes out, to the URL it is given.

1. What has no timestamp yet is noted as pending.
2. The authority gets a digest of each checkpoint (share/timestamp_authority.py).
3. Answers that count (archive/timestamp_answers.py) are stored beside the log and stated in it.
4. The first failure ends the asking; what has no answer that counts stays pending, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.archive.keys import Keys, load_keys
from tocsin.archive.signers import log_verifiers
from tocsin.archive.strict import instant_text
from tocsin.archive.timestamp_answers import Timestamp, Unusable, check_ca_file, plain, timestamp_request
from tocsin.archive.timestamp_store import due_timestamps, keep_timestamps, note_failure
from tocsin.archive.timestamps import Pending, checked_timestamps, pending_timestamps, worth
from tocsin.desk.place import Desk
from tocsin.records.errors import OutsideServiceError, TocsinInputError
from tocsin.share.timestamp_authority import AuthorityAddress, authority_address, timestamp_answer

Ask = Callable[[AuthorityAddress, bytes], bytes]
"""Sends a DER request to an authority and gives the body of its answer; raises OutsideServiceError."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the asking ended before all had a timestamp."""

    reason: str


def timestamp(desk: Desk, url: str, ca: Path | None, *, ask: Ask = timestamp_answer) -> dict[str, Any]:
    """The timestamps that came, none where the log was covered by this authority already.

    Raises OutsideServiceError where a checkpoint stays pending: no answer, a refusal, or an answer that does not
    count. Raises TocsinInputError for a URL or CA file that cannot be used, and without the desk's keys.
    """
    address = authority_address(url)
    keys = load_keys(desk.folder, desk.keys_folder)
    ca_pem = _ca_pem(desk, address, ca)
    waiting = due_timestamps(desk.folder, keys, address.shown, desk.clock())
    came: dict[Pending, tuple[bytes, Timestamp]] = {}
    failure: Failure | None = None
    for each in waiting:
        got = _asked(desk, each, address, ca_pem, ask)
        if isinstance(got, Failure):
            failure = got
            break
        came[each] = got
    if came:
        answers = {each: answer for each, (answer, _) in came.items()}
        keep_timestamps(desk.folder, keys, answers, ca_pem, address.shown, desk.clock)
    if failure:
        raise _left_pending(desk, keys, [each for each in waiting if each not in came], failure.reason, len(came))
    return {"timestamped": [_came(each, read) for each, (_, read) in came.items()], "pending": []}


def timestamp_status(desk: Desk) -> dict[str, Any]:
    """Every checkpoint with a timestamp or waiting for one. Each timestamp is checked, without the network.

    Raises EvidenceError where one was replaced, forged or back-dated.
    """
    verifiers = log_verifiers(desk.folder)
    done = checked_timestamps(desk.folder, verifiers)
    stated = {(each.size, each.number) for each in done}
    waiting = [each for each in pending_timestamps(desk.folder, verifiers) if (each.size, each.number) not in stated]
    return {
        "timestamped": [
            {
                "size": each.size,
                "signed_at": instant_text(each.signed_at),
                "authority": each.authority,
                "url": each.url,
                "file": each.file,
                "ca_file": each.ca_file,
                "leaf": each.leaf_index,
            }
            for each in done
        ],
        "pending": [
            {
                "size": each.size,
                "since": instant_text(each.since),
                "tried_at": instant_text(each.tried_at),
                "reason": each.reason,
                "url": each.url,
            }
            for each in waiting
        ],
    }


def timestamp_lines(status: dict[str, Any]) -> list[str]:
    """The status in plain words, one line a checkpoint."""
    lines = [
        f"timestamped  {each['size']:,} entries at {each['signed_at']} by {each['authority']}"
        for each in status["timestamped"]
    ]
    lines += [
        f"pending      {each['size']:,} entries since {each['since']}, last tried {each['tried_at']}: {each['reason']}"
        for each in status["pending"]
    ]
    return lines


def _asked(
    desk: Desk, pending: Pending, address: AuthorityAddress, ca_pem: bytes, ask: Ask
) -> tuple[bytes, Timestamp] | Failure:
    request = timestamp_request(pending.note)
    try:
        answer = ask(address, request.der)
    except OutsideServiceError as error:
        return Failure(plain(error.message))
    read = worth(
        desk.folder,
        log_verifiers(desk.folder),
        pending,
        answer,
        ca_pem,
        nonce=request.nonce,
        now=desk.clock(),
    )
    return Failure(read.reason) if isinstance(read, Unusable) else (answer, read)


def _ca_pem(desk: Desk, address: AuthorityAddress, ca: Path | None) -> bytes:
    """The CA file that was named, else the one the log states for the last timestamp from this URL."""
    if ca is not None:
        try:
            pem = ca.read_bytes()
        except OSError as error:
            raise TocsinInputError("the CA file cannot be read", got=error.strerror or "") from None
        check_ca_file(pem)
        return pem
    known = [each for each in checked_timestamps(desk.folder, log_verifiers(desk.folder)) if each.url == address.shown]
    if not known:
        raise TocsinInputError(
            "no CA file is known for this authority",
            expected="--ca FILE, the authority's root certificate as PEM",
            next_step="get it from the authority's site and compare its fingerprint; it is kept for the next time",
        )
    return (desk.folder / known[-1].ca_file).read_bytes()


def _left_pending(desk: Desk, keys: Keys, waiting: Sequence[Pending], reason: str, came: int) -> OutsideServiceError:
    note_failure(desk.folder, keys, waiting, reason, desk.clock())
    count = f"{len(waiting)} checkpoint{'s' if len(waiting) > 1 else ''}"
    return OutsideServiceError(
        f"{count} pending, not timestamped{f' ({came} timestamped before)' if came else ''}",
        got=reason,
        next_step="run the same command again later; tocsin timestamp --status shows what waits",
    )


def _came(pending: Pending, read: Timestamp) -> dict[str, Any]:
    return {
        "size": pending.size,
        "signed_at": instant_text(read.signed_at),
        "authority": read.authority,
        "file": f"{pending.name}.tsr",
    }
