"""Requests to a timestamp authority, and what its answers are worth (RFC 3161).

The imprint is SHA-256 of the exact bytes of a checkpoint note. An answer counts only where the authority granted it,
for this imprint (and nonce, when just asked), and its signer's certificate was valid at the stated time, may do nothing
but timestamping, and leads to a certificate of the CA file. Nothing here opens a connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from tocsin.records.errors import TocsinError, TocsinInputError

LARGEST_ANSWER = 1 << 18
LARGEST_CA_FILE = 1 << 20
CLOCK_SLACK = timedelta(minutes=5)  # how far the authority's clock and the desk's may be apart
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What is sent: the DER of a TimeStampReq, which holds a digest and a nonce and nothing of the desk."""

    der: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Timestamp:
    """What an answer that counts says."""

    signed_at: datetime  # UTC, by the authority's clock
    authority: str  # subject of the certificate that signed, RFC 4514, printable ASCII


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an answer does not count."""

    reason: str


def timestamp_request(note: bytes) -> TimestampRequest:
    """A new request for the exact bytes of a note, with a nonce of its own and the wish for the certificates."""
    built = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
    if built.nonce is None:
        raise TocsinError("a timestamp request was made without a nonce")
    return TimestampRequest(built.as_bytes(), built.nonce)


def check_ca_file(pem: bytes) -> None:
    """Nothing; raises TocsinInputError unless the bytes are a PEM file of certificates."""
    if len(pem) > LARGEST_CA_FILE:
        raise TocsinInputError("the CA file is too large", expected=f"at most {LARGEST_CA_FILE} bytes")
    if not _certificates(pem):
        raise TocsinInputError(
            "the CA file holds no certificate that can be read",
            expected="PEM certificates (-----BEGIN CERTIFICATE-----)",
            next_step="ask the authority for the certificate of its root, as PEM",
        )


def read_answer(answer: bytes, note: bytes, ca_pem: bytes, *, nonce: int | None = None) -> Timestamp | Unusable:
    """What an answer to a request for `note` is worth; `nonce` is that of the request, None for a stored answer.

    Source: RFC 3161 sections 2.3 and 2.4.2. Certificates must have been valid at the time the answer states; whether
    they were revoked later is not asked, that would need the network.
    """
    roots = _certificates(ca_pem)
    if not roots:
        return Unusable("the CA file holds no certificate")
    if len(answer) > LARGEST_ANSWER:
        return Unusable(f"the answer is larger than {LARGEST_ANSWER} bytes")
    try:
        response = decode_timestamp_response(_with_certificates_in_order(answer))
        if response.status != PKIStatus.GRANTED:
            told = "; ".join(response.status_string)
            return Unusable(plain(f"the authority refused (status {response.status}{': ' if told else ''}{told})"))
        signed = response.tst_info
        imprint = signed.message_imprint
        if imprint.hash_algorithm.dotted_string != "2.16.840.1.101.3.4.2.1":
            return Unusable("the answer's imprint is not of SHA-256")
        if imprint.message != sha256(note).digest():
            return Unusable("the answer is for other bytes: its imprint is not the checkpoint's")
        if nonce is not None and signed.nonce != nonce:
            return Unusable("the answer has not the nonce of the request: it is an old one, or somebody else's")
        return _signed_by(response, roots, note)
    except VerificationError as error:
        return Unusable(_said(error))
    except (ValueError, TypeError, IndexError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return Unusable("the answer is cut off, damaged or no timestamp at all")


def _signed_by(response: TimeStampResponse, roots: list[x509.Certificate], note: bytes) -> Timestamp | Unusable:
    VerifierBuilder(roots=roots).build().verify_message(response, note)  # chain, purpose, signature
    signers = [each for each in _embedded(response) if _is_signer(response, each)]
    if len(signers) != 1:
        return Unusable("the answer does not hold the one certificate it was signed with")
    if _is_ca(signers[0]):
        return Unusable("the signer's certificate is that of a certificate authority")
    return Timestamp(response.tst_info.gen_time.astimezone(UTC), plain(signers[0].subject.rfc4514_string()))


def _embedded(response: TimeStampResponse) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(each) for each in sorted(response.signed_data.certificates)]


def _is_signer(response: TimeStampResponse, certificate: x509.Certificate) -> bool:
    return any(
        (certificate.issuer, certificate.serial_number) == (each.issuer, each.serial_number)
        for each in response.signed_data.signer_infos
    )


def _is_ca(certificate: x509.Certificate) -> bool:
    """Whether a certificate may issue others; a timestamp authority's must not (an end entity)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _said(error: VerificationError) -> str:
    """The library's reason without its file names and line numbers."""
    text = str(error)
    if "certificate has expired" in text or "certificate is not yet valid" in text:
        return "the signer's certificate was not valid at the time the answer states"
    if "certificate purpose" in text:
        return "the signer's certificate is not for timestamping"
    if "certificate verify error" in text or "issuer" in text:
        return "the signer's certificate does not lead to a certificate of the CA file"
    if "Error while verifying" in text:
        return "the signature of the answer does not verify"
    return plain(f"the answer does not verify: {text}")


def plain(text: str) -> str:
    """Foreign text made printable ASCII and short: it goes into signed records and onto terminals.

    >>> plain("caf\\u00e9\\x1b[2J")
    'caf\\\\xe9\\\\x1b[2J'
    """
    shown = "".join(
        char if char.isascii() and char.isprintable() else ascii(char)[1:-1] for char in text[:_LONGEST_REASON]
    )
    return shown[:_LONGEST_REASON]


def _with_certificates_in_order(answer: bytes) -> bytes:
    """The answer with its SET of certificates in DER order: the library wants it so, OpenSSL's authorities do not
    write it so. The signature does not cover the set. Raises ValueError or IndexError where the answer is none."""
    _, inner, _ = _element(answer, 0)  # TimeStampResp
    _, _, at = _element(answer, inner)  # after the status
    if at >= len(answer):
        return answer  # a refusal has no token
    _, at, _ = _element(answer, at)  # TimeStampToken
    _, _, at = _element(answer, at)  # after its content type
    _, at, _ = _element(answer, at)  # [0]
    _, at, _ = _element(answer, at)  # SignedData
    for _ in range(3):  # version, digest algorithms, content
        _, _, at = _element(answer, at)
    tag, at, end = _element(answer, at)
    if tag != 0xA0:
        return answer  # no certificates
    first, found = at, []
    while at < end:
        _, _, after = _element(answer, at)
        found.append(answer[at:after])
        at = after
    if at != end:
        raise ValueError("certificates beyond their set")
    return answer[:first] + b"".join(sorted(found)) + answer[end:]


def _element(raw: bytes, at: int) -> tuple[int, int, int]:
    """(tag, start, end) of the content of the DER element at a place, definite lengths only."""
    tag, length, start = raw[at], raw[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length that DER does not have")
        length, start = int.from_bytes(raw[start : start + count], "big"), start + count
    if start + length > len(raw):
        raise ValueError("cut off")
    return tag, start, start + length
