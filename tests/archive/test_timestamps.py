"""What a timestamp must be to count, and how a stored one is held to the log: a real authority, made by `openssl ts`."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.authority import DAY, Authority, authority, issued, openssl_agrees
from archive.village import NOW, imported, records
from tocsin.archive import Keys, create_desk, load_keys, open_writer
from tocsin.archive.durable import Disk
from tocsin.archive.rotation import rotate_key
from tocsin.archive.signers import log_verifiers
from tocsin.archive.tiles import Log
from tocsin.archive.timestamp_answers import (
    LARGEST_ANSWER,
    Timestamp,
    Unusable,
    check_ca_file,
    read_answer,
    timestamp_request,
)
from tocsin.archive.timestamp_store import due_timestamps, keep_timestamps, note_failure
from tocsin.archive.timestamps import FOLDER, checked_timestamps, covering, pending_timestamps, present_head, worth
from tocsin.records.errors import EvidenceError, TocsinError, TocsinInputError

pytestmark = pytest.mark.needs_openssl
NOTE = b"a note of the harbour\n7\n"
URL = "http://clock.example/tsr"


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def clock_of_osk(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


class Stamped:
    """A desk with 30 posts, in this year, whose log an authority timestamps."""

    def __init__(self, folder: Path, one: Authority) -> None:
        self.folder, self.authority = folder / "desk", one
        self.keys: Keys = create_desk(
            self.folder, folder / "keys", purpose="a test", legal_basis="none needed", now=utc_now()
        )
        self.collect(records(30))

    def collect(self, lines: list[bytes]) -> None:
        with open_writer(self.folder, self.keys, utc_now) as writer:
            imported(writer, self.keys, lines)

    @property
    def verifiers(self):
        return log_verifiers(self.folder)

    def stamp(self, **more):
        due = due_timestamps(self.folder, self.keys, URL, utc_now())
        ca = self.authority.root.pem
        answers = {each: self.authority.reply(timestamp_request(each.note).der) for each in due}
        keep_timestamps(self.folder, self.keys, answers, ca, URL, utc_now, **more)
        return due

    def checked(self):
        return checked_timestamps(self.folder, self.verifiers)


@pytest.fixture
def stamped(tmp_path: Path, clock_of_osk: Authority) -> Stamped:
    made = Stamped(tmp_path, clock_of_osk)
    made.stamp()
    return made


# what an answer is worth


@pytest.mark.parametrize("intermediates", [0, 1, 2])
def test_a_good_answer_counts_whatever_the_order_of_its_certificates(tmp_path, intermediates):
    for number in range(3):  # fresh keys: the certificates sort differently each time
        one = authority(tmp_path / str(number), intermediates=intermediates)
        request = timestamp_request(NOTE)
        before = utc_now() - timedelta(seconds=2)
        read = read_answer(one.reply(request.der), NOTE, one.root.pem, nonce=request.nonce)
        assert isinstance(read, Timestamp), read
        assert before <= read.signed_at <= utc_now()
        assert read.authority == "CN=Clock of Osk,O=Osk Harbour"


def reason(read: Timestamp | Unusable) -> str:
    assert isinstance(read, Unusable), read
    assert read.reason.isascii()
    assert read.reason.isprintable()
    return read.reason


def test_an_answer_for_other_bytes_or_another_request_does_not_count(clock_of_osk):
    request, other = timestamp_request(NOTE), timestamp_request(NOTE)
    answer, ca = clock_of_osk.reply(request.der), clock_of_osk.root.pem
    assert "other bytes" in reason(read_answer(answer, NOTE + b"x", ca))
    assert "nonce" in reason(read_answer(answer, NOTE, ca, nonce=other.nonce))


def test_a_certificate_that_had_ended_does_not_count(tmp_path):
    one = authority(tmp_path, ends=-1 * DAY)
    request = timestamp_request(NOTE)
    read = read_answer(one.reply(request.der), NOTE, one.root.pem, nonce=request.nonce)
    assert "not valid at the time" in reason(read)


TIMES = ExtendedKeyUsageOID.TIME_STAMPING


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"usage": (TIMES,)}, ""),  # the same by hand with a good certificate counts
        ({"usage": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "is not for timestamping"),
        ({"usage": ()}, "is not for timestamping"),
        ({"usage": (TIMES, ExtendedKeyUsageOID.SERVER_AUTH)}, "is not for timestamping"),
        ({"usage": (TIMES,), "ca": True}, "that of a certificate authority"),
    ],
)
def test_a_signer_that_is_no_timestamp_authority_does_not_count(tmp_path, fault, said):
    one = authority(tmp_path)
    request = timestamp_request(NOTE)
    answer = one.reply_signed_by(request.der, issued("Office of Osk", one.root, **fault))
    read = read_answer(answer, NOTE, one.root.pem, nonce=request.nonce)
    assert isinstance(read, Timestamp) if not said else said in reason(read)


def test_a_foreign_authority_does_not_count_even_with_the_same_names(tmp_path, clock_of_osk):
    foreign = authority(tmp_path / "foreign")
    foreign.above = (foreign.root,)  # the answer brings its own root along
    request = timestamp_request(NOTE)
    answer = foreign.reply(request.der)
    said = reason(read_answer(answer, NOTE, clock_of_osk.root.pem, nonce=request.nonce))
    assert "does not lead to a certificate of the CA file" in said


def test_a_refusal_is_told_in_plain_ascii(tmp_path):
    one = authority(tmp_path / "strict")
    one.digests = "sha512"
    said = reason(read_answer(one.reply(timestamp_request(NOTE).der), NOTE, one.root.pem))
    assert said == "the authority refused (status 2: Message digest algorithm is not supported.)"


def test_garbage_cut_and_huge_answers_do_not_count(clock_of_osk):
    request = timestamp_request(NOTE)
    good, ca = clock_of_osk.reply(request.der), clock_of_osk.root.pem
    noise = random.Random(5)
    bad = [b"", b"0", b"\x30\x80" * 50, good + b"\0", good * 2, b"<html>" * 20, b"\0" * (LARGEST_ANSWER + 1)]
    bad += [good[:end] for end in range(0, len(good), 11)]
    bad += [noise.randbytes(noise.randrange(300)) for _ in range(200)]
    for each in bad:
        reason(read_answer(each, NOTE, ca, nonce=request.nonce))


def test_a_flipped_bit_is_no_other_time_and_no_other_authority(clock_of_osk):
    """Some bits of an answer are under no signature (the log's digest finds those); none changes what it says."""
    request = timestamp_request(NOTE)
    good, ca = clock_of_osk.reply(request.der), clock_of_osk.root.pem
    told = read_answer(good, NOTE, ca, nonce=request.nonce)
    outcomes = []
    for at in range(len(good)):
        changed = bytearray(good)
        changed[at] ^= 1 << (at % 8)
        outcomes.append(read_answer(bytes(changed), NOTE, ca, nonce=request.nonce))
    assert all(isinstance(each, Unusable) or each == told for each in outcomes)
    assert sum(isinstance(each, Unusable) for each in outcomes) > 0.95 * len(good)


@pytest.mark.parametrize(
    "pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_without_certificates_is_refused(pem):
    with pytest.raises(TocsinInputError, match="CA file"):
        check_ca_file(pem)
    assert "CA file" in reason(read_answer(b"", NOTE, pem))


def test_a_request_tells_a_digest_and_nothing_else(stamped):
    head = present_head(stamped.folder, stamped.verifiers)
    request = timestamp_request(head.note.encode()).der
    assert len(request) < 80
    for told in (head.origin, stamped.keys.desk_id, str(head.size)):
        assert told.encode() not in request


# what is kept, and how it is held to the log


def test_a_stored_timestamp_is_stated_in_the_log_and_openssl_agrees(stamped):
    (found,) = stamped.checked()
    head = present_head(stamped.folder, stamped.verifiers)
    assert (found.size, found.number, found.leaf_index) == (head.size - 1, 1, head.size - 1)
    assert covering(stamped.folder, head, [found]) == found
    path = stamped.folder / FOLDER / f"{found.size}-1.note"
    assert openssl_agrees(path, stamped.folder / found.file, stamped.folder / found.ca_file)
    assert {each.name for each in (stamped.folder / FOLDER).iterdir()} == {
        f"{found.size}-1.note",
        f"{found.size}-1.tsr",
        Path(found.ca_file).name,
    }
    assert stamped.stamp() == []  # covered: the one new entry only says that a timestamp came


def test_every_growth_of_the_log_is_due_again_and_the_old_timestamps_stay(stamped):
    stamped.collect(records(20, 30))
    head = present_head(stamped.folder, stamped.verifiers)
    assert covering(stamped.folder, head, stamped.checked()) is None
    stamped.stamp()
    first, second = stamped.checked()
    assert second.size == head.size > first.size


def swapped(folder: Path, name: str, data: bytes) -> None:
    (folder / FOLDER / name).write_bytes(data)


def test_a_replaced_answer_is_found_even_a_good_one_of_the_same_authority(stamped):
    (found,) = stamped.checked()
    note = (stamped.folder / FOLDER / f"{found.size}-1.note").read_bytes()
    another = stamped.authority.reply(timestamp_request(note).der)
    assert isinstance(read_answer(another, note, stamped.authority.root.pem), Timestamp)
    swapped(stamped.folder, f"{found.size}-1.tsr", another)
    with pytest.raises(EvidenceError, match=rf"{found.size}-1\.tsr was replaced"):
        stamped.checked()


def test_an_answer_and_its_ca_file_forged_together_are_found(stamped, tmp_path):
    (found,) = stamped.checked()
    forger = authority(tmp_path / "forger")
    note = (stamped.folder / FOLDER / f"{found.size}-1.note").read_bytes()
    swapped(stamped.folder, f"{found.size}-1.tsr", forger.reply(timestamp_request(note).der))
    swapped(stamped.folder, Path(found.ca_file).name, forger.root.pem)
    with pytest.raises(EvidenceError, match=r"\.tsr was replaced"):
        stamped.checked()


def test_a_timestamp_that_the_log_does_not_speak_of_is_found(stamped):
    (found,) = stamped.checked()
    here = stamped.folder / FOLDER
    for ending in ("note", "tsr"):
        shutil.copy(here / f"{found.size}-1.{ending}", here / f"{found.size}-2.{ending}")
    with pytest.raises(EvidenceError, match=rf"{found.size}-2\.tsr is a timestamp that the log does not speak of"):
        stamped.checked()


@pytest.mark.parametrize("pattern", ["*.note", "*.tsr", "ca-*.pem"])
def test_a_missing_file_and_every_flipped_bit_are_found_and_named(stamped, pattern):
    (path,) = (stamped.folder / FOLDER).glob(pattern)
    good = path.read_bytes()
    for at in range(0, len(good), 7):
        changed = bytearray(good)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        with pytest.raises(EvidenceError, match=path.stem):
            stamped.checked()
    path.unlink()
    with pytest.raises(EvidenceError, match=path.name):
        stamped.checked()
    path.write_bytes(good)
    assert stamped.checked()


def test_a_timestamp_of_another_history_is_found(tmp_path, stamped, clock_of_osk):
    """Whoever holds the key writes another log of the same desk and puts the true log's timestamp beside it."""
    (found,) = stamped.checked()
    forked = Stamped.__new__(Stamped)
    forked.folder, forked.authority = tmp_path / "fork" / "desk", clock_of_osk
    forked.keys = create_desk(
        forked.folder, tmp_path / "fork" / "keys", purpose="a test", legal_basis="none needed", now=utc_now(),
        random_bytes=_same_keys(stamped.keys),
    )  # fmt: skip
    assert forked.keys.signer == stamped.keys.signer
    forked.collect(records(35, 500))
    (forked.folder / FOLDER).mkdir()
    for path in (stamped.folder / FOLDER).iterdir():
        shutil.copy(path, forked.folder / FOLDER)
    with pytest.raises(EvidenceError, match="does not speak of"):
        forked.checked()
    stated = json.loads(Log(stamped.folder / "log", found.leaf_index + 1).entry(found.leaf_index))
    del stated["at"]
    with open_writer(forked.folder, forked.keys, utc_now) as writer:
        writer.append_statements([stated])
    with pytest.raises(EvidenceError, match=rf"rewritten.*{found.size}-1\.note"):
        forked.checked()


def _same_keys(keys: Keys):
    given = iter([bytes.fromhex(keys.desk_id), keys.pseudonym_key, keys.address_key, keys.signing_seed])
    return lambda count: next(given, None) or os.urandom(count)


def test_a_back_dated_timestamp_is_found(tmp_path, clock_of_osk):
    """The entries say 2030, the authority's clock says now: what is covered cannot be later than its timestamp."""
    folder = tmp_path / "desk"
    keys = create_desk(folder, tmp_path / "keys", purpose="a test", legal_basis="none needed", now=NOW)
    with open_writer(folder, keys, lambda: NOW) as writer:
        imported(writer, keys, records(5))
    (due,) = due_timestamps(folder, keys, URL, NOW)
    request = timestamp_request(due.note)
    answer, ca = clock_of_osk.reply(request.der), clock_of_osk.root.pem
    verifiers = log_verifiers(folder)
    read = worth(folder, verifiers, due, answer, ca, nonce=request.nonce, now=NOW)
    assert "before the entries it covers" in reason(read)
    keep_timestamps(folder, keys, {due: answer}, ca, URL, lambda: NOW)  # as a desk that does not look would
    with pytest.raises(EvidenceError, match=rf"{due.size}-1\.tsr is back-dated"):
        checked_timestamps(folder, verifiers)


def test_an_answer_from_the_future_does_not_count(stamped):
    stamped.collect(records(5, 100))
    (due,) = due_timestamps(stamped.folder, stamped.keys, URL, utc_now())
    request = timestamp_request(due.note)
    answer, ca = stamped.authority.reply(request.der), stamped.authority.root.pem
    early = utc_now() - timedelta(hours=1)
    read = worth(stamped.folder, stamped.verifiers, due, answer, ca, nonce=request.nonce, now=early)
    assert "in the future" in reason(read)


# pending


def test_a_pending_record_is_signed_and_every_flipped_bit_in_it_is_found(stamped):
    stamped.collect(records(5, 100))
    (due,) = due_timestamps(stamped.folder, stamped.keys, URL, utc_now())
    note_failure(stamped.folder, stamped.keys, [due], "nobody answers", utc_now())
    (waiting,) = pending_timestamps(stamped.folder, stamped.verifiers)
    assert (waiting.since, waiting.reason, waiting.size) == (due.since, "nobody answers", due.size)
    assert len(stamped.checked()) == 1  # pending never counts
    for path in (stamped.folder / f"{due.name}.pending", stamped.folder / f"{due.name}.note"):
        good = path.read_bytes()
        for at in range(0, len(good), 3):
            changed = bytearray(good)
            changed[at] ^= 1 << (at % 8)
            path.write_bytes(changed)
            with pytest.raises(EvidenceError, match=path.stem):
                pending_timestamps(stamped.folder, stamped.verifiers)
        path.write_bytes(good)
    assert due_timestamps(stamped.folder, stamped.keys, URL, utc_now()) == [waiting]


def test_a_timestamp_and_a_pending_head_outlive_the_key_that_signed_them(stamped):
    stamped.collect(records(5, 100))
    (due,) = due_timestamps(stamped.folder, stamped.keys, URL, utc_now())
    rotate_key(stamped.folder, stamped.keys.kept_in, utc_now)
    stamped.keys = load_keys(stamped.folder, stamped.keys.kept_in)
    assert len(stamped.verifiers) == 2
    assert len(stamped.checked()) == 1
    assert pending_timestamps(stamped.folder, stamped.verifiers) == [due]
    assert [each.size for each in stamped.stamp()] == [due.size, due.size + 1]  # the handover is an entry too
    assert len(stamped.checked()) == 3


def test_an_empty_log_has_nothing_to_timestamp(tmp_path):
    keys = create_desk(tmp_path / "d", tmp_path / "k", purpose="a test", legal_basis="none needed", now=utc_now())
    with pytest.raises(TocsinInputError, match="empty"):
        due_timestamps(tmp_path / "d", keys, URL, utc_now())


class Failing(Disk):
    """Fails at the n-th effect of all disks of one run."""

    left = 0

    def step(self, what: str, path: Path) -> None:
        Failing.left -= 1
        if Failing.left == 0:
            raise OSError(28, "No space left on device")


def test_a_failure_at_any_write_leaves_it_pending_or_timestamped_and_the_next_run_ends_it(tmp_path, clock_of_osk):
    made = Stamped(tmp_path, clock_of_osk)

    def run(disk: type[Disk]) -> None:
        due = due_timestamps(made.folder, made.keys, URL, utc_now(), disk=disk)
        answers = {each: clock_of_osk.reply(timestamp_request(each.note).der) for each in due}
        keep_timestamps(made.folder, made.keys, answers, clock_of_osk.root.pem, URL, utc_now, disk=disk)

    clean = tmp_path / "clean"
    shutil.copytree(made.folder, clean)
    failures = 0
    for nth in range(1, 200):
        shutil.rmtree(made.folder)
        shutil.copytree(clean, made.folder)
        made.keys.last_head.path.unlink(missing_ok=True)
        Failing.left = nth
        try:
            run(Failing)
        except TocsinError:
            failures += 1
        else:
            break
        done = made.checked()  # never an alarm, whatever the crash left
        assert len(done) <= 1
        run(Disk)
        assert len(made.checked()) == 1
        assert pending_timestamps(made.folder, made.verifiers) == []
    assert failures > 25
