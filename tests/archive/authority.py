"""A real timestamp authority for tests: `openssl ts` behind a small server on 127.0.0.1, certificates made on the spot."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = clock
[clock]
serial = {folder}/serial
crypto_device = builtin
default_policy = 1.2.3.4.1
digests = {digests}
ess_cert_id_alg = sha256
signer_digest = sha256
"""
DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Osk Harbour"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


@dataclass
class Issued:
    """A certificate with its key, and those above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issued(
    name: str,
    by: Issued | None,
    *,
    ca: bool = False,
    usage: tuple[x509.ObjectIdentifier, ...] = (),
    ends: timedelta = 30 * DAY,
) -> Issued:
    """A certificate signed by another, or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    issuer = by.certificate.subject if by else named(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if usage:
        made = made.add_extension(x509.ExtendedKeyUsage(usage), critical=True)
    return Issued(made.sign(by.key if by else key, SHA256()), key)


Reply = Callable[[bytes], tuple[int, dict[str, str], bytes]]


@dataclass
class Authority:
    """One authority; `answer` may be replaced to make it misbehave."""

    folder: Path
    root: Issued
    above: tuple[Issued, ...]
    signer: Issued
    digests: str = "sha256, sha512"
    asked: list[bytes] = field(default_factory=list)
    url: str = ""
    answer: Reply | None = None

    @property
    def ca_file(self) -> Path:
        path = self.folder / "ca.pem"
        path.write_bytes(self.root.pem)
        return path

    def reply(self, request: bytes) -> bytes:
        """What `openssl ts -reply` makes of a request."""
        here = self.folder
        (here / "tsa.cnf").write_text(_CONFIG.format(folder=here, digests=self.digests))
        (here / "signer.pem").write_bytes(self.signer.pem)
        (here / "signer.key").write_bytes(self.signer.key_pem)
        (here / "chain.pem").write_bytes(b"".join(each.pem for each in self.above))
        (here / "request.tsq").write_bytes(request)
        if not (here / "serial").exists():
            (here / "serial").write_text("01\n")
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"]
        command += ["-signer", "signer.pem", "-inkey", "signer.key"] + (["-chain", "chain.pem"] if self.above else [])
        (here / "answer.tsr").unlink(missing_ok=True)
        done = subprocess.run(command, cwd=here, capture_output=True, check=False)
        assert (here / "answer.tsr").exists(), done.stderr.decode()
        return (here / "answer.tsr").read_bytes()

    def reply_signed_by(self, request: bytes, other: Issued) -> bytes:
        """The same answer signed with a certificate that `openssl ts` would not sign with (`openssl cms` does)."""
        here = self.folder
        self.reply(request)
        (here / "other.pem").write_bytes(other.pem)
        (here / "other.key").write_bytes(other.key_pem)
        for command in (
            "ts -reply -in answer.tsr -token_out -out token.der",
            "cms -verify -noverify -inform DER -in token.der -out said.der",
            "cms -sign -binary -nodetach -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 -in said.der "
            "-signer other.pem -inkey other.key -outform DER -out token.der",
        ):
            subprocess.run(["openssl", *command.split()], cwd=here, capture_output=True, check=True)
        inner = b"\x30\x03\x02\x01\x00" + (here / "token.der").read_bytes()
        return b"\x30\x82" + len(inner).to_bytes(2, "big") + inner


def authority(
    folder: Path, *, name: str = "Clock of Osk", intermediates: int = 0, by: Issued | None = None, **more: object
) -> Authority:
    """An authority with a root of its own (or `by`), and so many certificates between root and signer."""
    folder.mkdir(parents=True, exist_ok=True)
    root = by or issued(f"Root of {name}", None, ca=True)
    above: list[Issued] = []
    for number in range(intermediates):
        above.insert(0, issued(f"Office {number} of {name}", above[0] if above else root, ca=True))
    usage = (ExtendedKeyUsageOID.TIME_STAMPING,)
    signer = issued(name, above[0] if above else root, usage=usage, **more)  # type: ignore[arg-type]
    return Authority(folder, root, tuple(above), signer)


@contextmanager
def answering(one: Authority, port: int = 0) -> Iterator[str]:
    """The authority's URL while it answers there."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            one.asked.append(request)
            status, headers, body = (
                one.answer(request) if one.answer else (200, {"Content-Length": ""}, one.reply(request))
            )
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value or str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is what some tests want
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_port}/tsr"
    try:
        yield one.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def openssl_agrees(note: Path, answer: Path, ca_file: Path) -> bool:
    """Whether `openssl ts -verify` takes the stored files for a timestamp."""
    command = ["openssl", "ts", "-verify", "-data", note, "-in", answer, "-CAfile", ca_file]
    done = subprocess.run([str(each) for each in command], capture_output=True, check=False)
    return done.returncode == 0 and b"Verification: OK" in done.stdout
