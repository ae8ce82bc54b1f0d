"""Checks what a Tocsin desk gives away, without Tocsin: this one file, Python from 3.11 on, the package cryptography.
    python outside_verifier.py desk FOLDER [--keys KEYFILE] [--since OLD_CHECKPOINT] [--vkey VKEY] [--ca CA.pem]
    python outside_verifier.py proof PROOF.zip [--vkey VKEY] [--ca CA.pem]
    python outside_verifier.py report REPORT.html [--vkey VKEY]
One line a check. Exit code 0: all hold; 2: what was given cannot be read; 4: the evidence does not hold. VKEY is the
desk's verifier key as the desk gave it to you, CA.pem the certificates of a timestamp authority you trust; without them
those in the files are used. What is shown: "unchanged, and not removed, since the checkpoint was signed", never "the
platform served it". Left to `tocsin verify`: that each row of a table gives its log entry's commitment (that the files
are those logged is checked here), and what import certificates say beside their signed head.
"""

# fmt: off
import argparse
import base64
import hmac
import html
import json
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from functools import reduce
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FIELDS = ("source", "post", "account", "channel", "posted_at", "text", "kind", "record_sha256", "pointer")
COUNTS = ("read", "stored", "duplicate", "quarantined")
NUMBER = "(0|[1-9][0-9]{0,18})"  # in its one plain spelling
BASE64 = re.compile("(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?")
POST = re.compile(rb'\{"at":"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}Z","capture":"([0-9A-Za-z]+)",'
                  rb'"root":"[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=","type":"post","v":1\}')
PLACE = re.compile(f'{{"offset":{NUMBER},"size":{NUMBER},"address":"([0-9a-f]{{64}})","packed_crc":{NUMBER}}}'.encode())
TILE = re.compile(r"(entries|[0-9]+)/((?:x(?!000)[0-9]{3}/(?:x[0-9]{3}/)*)?[0-9]{3})(?:\.p/((?!256)[1-9][0-9]{0,2}))?")
MEMBER = re.compile(r"README\.txt|proof\.tlog-proof|post\.json|vkey\.txt|verify\.py|"
                    r"timestamps/(?:[0-9]{1,19}\.tlog-proof|[0-9]{1,19}-[0-9]{1,6}\.(?:tsr|pem))")
DOCUMENT = re.compile(r'(?ms)<template id="tocsin-document">([^<>&]*)</template>|^```json tocsin-document\n(.*?)\n```$')
BADGE = re.compile('<span class="badge" title="a character that is not drawn">[^<>]*</span>')
UNSAID = re.compile(r"[\W\u115f\u1160\u3164\uffa0]")  # what is not compared between page and quote: no letters
class Failed(ValueError):
    """The evidence does not hold."""
def _require(condition: object, wrong: str) -> None:
    if not condition:
        raise Failed(wrong)
def _say(line: str) -> None:  # what could deceive a terminal is written as an escape
    sys.stdout.buffer.write("".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line).encode() + b"\n")
def _as_base64(raw: bytes) -> str: return base64.b64encode(raw).decode()
def _exact_base64(text: object, what: str, length: int | None = None) -> bytes:  # RFC 4648 section 4, one spelling
    raw = base64.b64decode(text) if isinstance(text, str) and BASE64.fullmatch(text) else b""
    _require(_as_base64(raw) == text and length in (None, len(raw)), f"{what} is not exact base64 of the right length")
    return raw
def _read_json(raw: bytes, what: str, **more: Any) -> Any:  # no name twice, no NaN
    def once(pairs: list[Any]) -> Any: return dict(pairs) if len(dict(pairs)) == len(pairs) else int("")  # an error
    try:
        return json.loads(raw.decode(), object_pairs_hook=once, parse_constant=int, **more)
    except (ValueError, RecursionError):
        raise Failed(f"{what} is damaged: it is not the JSON it should be") from None
def _canonical(body: object) -> bytes: return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
def _statement(entry: bytes, what: str) -> dict[str, Any]:  # RFC 8785: printable ASCII, whole numbers below 2^53
    body = _read_json(entry, what, parse_float=int, parse_int=lambda text: int(text if abs(int(text)) < 2**53 else ""))
    plain = re.fullmatch(rb'(?:[ -\[\]-~]|\\["\\])*', entry) and _canonical(body) == entry and isinstance(body, dict)
    _require(plain and isinstance(body.get("type"), str) and type(body.get("v")) is int, f"{what} is not RFC 8785 JSON")
    return dict(body)
class _Key(NamedTuple):  # C2SP signed-note; one that was replaced signs no log of more than `until` entries
    name: str
    key_id: str
    public: bytes
    until: int = 2**63
    def check(self, message: bytes, signature: bytes, what: str) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Failed(f"{what}: the signature is not this desk's over these bytes") from None
def _verifier_key(vkey: str) -> _Key:
    name, key_id, key = vkey.split("+", 2)
    raw = _exact_base64(key, "the verifier key", 33)
    _require(re.fullmatch(r"\S+", name) and name.isprintable() and raw[0] == 1
             and sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id, "the verifier key is malformed")
    return _Key(name, key_id, raw[1:])
def _checkpoint(note: bytes, keys: list[_Key], what: str) -> tuple[int, bytes]:  # C2SP tlog-checkpoint: size and root
    body, _, tail = note.decode().rpartition("\n\n")
    foreign = re.search(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]", note.decode())
    _require(body and not foreign and tail.endswith("\n") and tail.count("\n") <= 100, f"{what} is malformed")
    found: list[_Key] = []
    for line in tail[:-1].split("\n"):
        match = re.fullmatch(r"\u2014 ([^\s+]+) ([^\s=]{7,}={0,2})", line)
        signed = _exact_base64(match and match[1].isprintable() and match[2], f"{what}: a signature line")
        for key in [key for key in keys if match and key[:2] == (match[1], signed[:4].hex())]:
            key.check(f"{body}\n".encode(), signed[4:], what)
            found.append(key)
    origin, size, root = body.split("\n")
    _require(origin == keys[0].name and re.fullmatch(NUMBER, size), f"{what} is of another log, or malformed")
    once = len(set(found)) == len(found) and any(int(size) <= key.until for key in found)
    _require(once, f"{what} is not signed, once, by the key of its time")
    return int(size), _exact_base64(root, f"{what}: root", 32)
def _leaf_hash(entry: bytes) -> bytes: return sha256(b"\0" + entry).digest()  # RFC 6962 section 2.1
def _node_hash(left: bytes, right: bytes) -> bytes: return sha256(b"\1" + left + right).digest()
def _roots(start: int, end: int, size: int, path: list[bytes], part: bytes | None) -> tuple[bytes, bytes]:
    _require(len(path) == (part is None) if (start, end) == (0, size) else path, "a Merkle proof of the wrong length")
    if (start, end) == (0, size):
        return (path[0], path[0]) if part is None else (part, part)
    left, last, rest = 1 << (size - 1).bit_length() - 1, path[-1], path[:-1]
    if end <= left:
        inner, whole = _roots(start, end, left, rest, part)
        return inner, _node_hash(whole, last)
    inner, whole = _roots(max(start - left, 0), end - left, size - left, rest, part if start >= left else None)
    return inner if start >= left else _node_hash(last, inner), _node_hash(last, whole)
def _check_part(start: int, end: int, size: int, path: list[bytes], part: bytes, root: bytes) -> None:
    if 0 <= start == end <= size and not path and part == sha256().digest():
        return  # nothing is part of every tree
    _require(0 <= start < end <= size and start % (1 << (end - start - 1).bit_length()) == 0
             and part and all(len(each) == 32 for each in path), "a Merkle proof is malformed")
    _require(_roots(start, end, size, path, part) == (part, root), "a Merkle proof leads to another root")
def _proven(post: dict[str, Any], what: str) -> tuple[bytes, dict[str, str]]:  # leaf hash and disclosed values
    disclosed, withheld, entry = post["disclosed"], post["withheld"], post["entry"].encode("ascii")
    body, joined = _statement(entry, f"{what}: the log entry"), b"\1tocsin/post/v1\0"
    _require((body["type"], body["v"], sorted([*disclosed, *withheld])) == ("post", 1, sorted(FIELDS)),
             f"{what}: the log entry is not a post's, or not every field is there once, disclosed or withheld")
    for name in FIELDS:
        if name in withheld:
            joined += _exact_base64(withheld[name], f"{what}: withheld {name}", 32)
        else:
            value, salt = disclosed[name]
            sized = b"".join(len(each).to_bytes(4, "big") + each for each in (name.encode(), value.encode()))
            joined += sha256(b"\0tocsin/field/v1\0" + _exact_base64(salt, f"{what}: a salt", 16) + sized).digest()
    _require(_as_base64(sha256(joined).digest()) == body["root"], f"{what}: the values shown are not those archived")
    return _leaf_hash(entry), {name: value for name, (value, _) in disclosed.items()}
def _timestamp(answer: bytes, note: bytes, ca: bytes, what: str) -> str:  # the time of an RFC 3161 answer
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("answer", answer), ("note", note), ("ca", ca)):
            Path(folder, name).write_bytes(data)
        for words in ("-verify -no_check_time -data note -CAfile ca", "-reply -text"):
            command = ["openssl", "ts", *words.split(), "-in", "answer"]
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False, text=True)
            _require(done.returncode == 0, f"{what} is no timestamp of this checkpoint by this authority")
    return str(re.findall("Time stamp: (.*)", done.stdout)[0])
class _Desk:  # a desk folder, checked step by step; the steps raise Failed where something does not hold
    def __init__(self, given: argparse.Namespace) -> None:
        self.folder, self.given = Path(given.path), given
        head = _read_json((self.folder / "desk.json").read_bytes(), "desk.json")
        self.keys, signature = [_verifier_key(head["vkey"])], _exact_base64(head.pop("signature"), "desk.json", 64)
        self.keys[0].check(b"tocsin/desk/v1\n" + json.dumps(head, sort_keys=True).encode(), signature, "desk.json")
        self.handovers: list[dict[str, Any]] = head.get("handovers", [])
        for each in reversed(self.handovers):  # the log's earlier keys, each signed over to the next
            old, new = self._handover_keys(each, "desk.json")
            _require(new[:3] == self.keys[-1][:3], "desk.json: the handovers of the signing key do not join")
            self.keys.append(old._replace(until=each["size"] + 1))
        kept = _read_json(given.keys.read_bytes(), "the key file") if given.keys else {"desk_id": head["desk_id"]}
        known = not given.vkey or _verifier_key(given.vkey)[:3] in [key[:3] for key in self.keys]
        _require(known and head["schema_version"] == 1 and kept["desk_id"] == head["desk_id"]
                 and self.keys[0].name == f"tocsin/{kept['desk_id']}", "desk.json or a key is of another desk")
        self.address_key = _exact_base64(kept.get("address_key", ""), "the key file: address_key")
        self.captures, self.heads = dict[str, SimpleNamespace](), list[tuple[int, bytes, str]]()  # older signed heads
        self.places = set[tuple[str, int, int]]()  # address, CRC-32 of the chunk file, size of its content
        self.files, self.told = dict[tuple[int, str], dict[str, Any]](), dict[int, list[Any]]()  # by generation
        self.blanked = dict[str, int]()  # address -> CRC-32 of the chunk file that an erasure wrote anew
        self.bare, self.erased = set[int](), set[int]()  # leaves without a secret, and those the log says were erased
    def __iter__(self) -> Any: return (step() for step in (self._head, self._log, self._heads, self._captures))
    def _read(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            raise Failed(f"{path} is missing or unreadable") from None
    def _opened(self, path: str, raw: bytes) -> Any:  # a line, a nonce, AES-256-GCM bound to the path
        key = hmac.digest(hmac.digest(bytes(32), self.address_key, "sha256"), b"tocsin/sealing/v1\1", "sha256")  # HKDF
        try:
            return AESGCM(key).decrypt(raw[17:29], raw[29:], path.encode())
        except (InvalidTag, ValueError):
            raise Failed(f"{path} cannot be opened: it was changed, or sealed with another key") from None
    def _handover_keys(self, each: dict[str, Any], what: str) -> list[_Key]:  # the old one and the new: both signed
        signed = {name: value for name, value in each.items() if not name.endswith("_signature")}
        message, keys = f"tocsin/{each['type']}/v1\n".encode() + _canonical(signed), []
        for name in ("old", "new"):
            keys.append(_verifier_key(each[name]))
            keys[-1].check(message, _exact_base64(each[f"{name}_signature"], what, 64), f"{what}: handover")
        _require(keys[0].name == keys[1].name and keys[0] != keys[1], f"{what}: a handover is malformed")
        return keys
    def _head(self) -> str:  # manifest and signed head are of one state, the table files those written
        newest, path = self._read("log/checkpoint"), "tables/manifest.json"
        self.manifest = _read_json(self._read(path), path)
        digest, following = self.manifest.pop("sha256"), self.manifest["generation"] + 1
        self.size, self.root = _checkpoint(self.manifest["checkpoint"].encode(), self.keys, f"{path}: its checkpoint")
        _require(sha256(json.dumps(self.manifest, sort_keys=True).encode()).hexdigest() == digest and self.manifest[
            "format"] == "tocsin/tables/v1" and self.manifest["log_size"] == self.size, f"{path} is damaged")
        head, path = _checkpoint(newest, self.keys, "log/checkpoint"), f"tables/manifest-{following:08d}.json"
        _require(head == (self.size, self.root) or (head[0] > self.size and newest.decode()  # or a crash came between
                 == _read_json(self._read(path), path)["checkpoint"]), "log and tables are not of one state")
        for table, each in [(table, each) for table, files in self.manifest["tables"].items() for each in files]:
            path = f"tables/{each['path']}"
            data = self._read(path) if re.fullmatch(rf"tables/{table}/[0-9]{{8}}\.[a-z0-9.]+", path) else b""
            _require(sha256(data).hexdigest() == each["sha256"] and len(data) == each["size_bytes"]
                     and (not self.address_key or path[-7:] != ".sealed" or self._opened(path, data)),
                     f"{path} is not the file that was written")
            self.files[int(path.split("/")[2][:8]), table] = each
        return f"the head over {self.size:,} entries is signed, and {len(self.files):,} table files are those written"
    def _log(self) -> str:  # entries are in order, fit the files they speak of, give the tiles and the root
        self.tiles: dict[tuple[str, int], dict[int, Path]] = {}  # (level, number) -> width -> file
        for path in (base := self.folder / "log" / "tile").rglob("*"):
            if path.is_file() and (match := TILE.fullmatch(path.relative_to(base).as_posix())):
                self.tiles.setdefault((match[1], int(re.sub("[/x]", "", match[2]))), {})[int(match[3] or 256)] = path
        self.secrets: dict[int, bytes] = {}
        for path in sorted((self.folder / "secrets").glob("*.z"), key=lambda path: (path.name[21:-8], path.name)):
            raw, unpacker, (first, crc) = path.read_bytes(), zlib.decompressobj(), path.name.split(".")[:2]
            _require(crc == f"{zlib.crc32(raw):08x}", f"secrets/{path.name} is damaged: not the CRC-32 in its name")
            self.secrets.update(enumerate(unpacker.decompress(raw, 1 << 28).splitlines(), int(first)))
        self.levels: list[list[bytes]] = [[]]
        for number in range(-(-self.size // 256)):
            need, ends, widths = min(256, self.size - number * 256), [0], self.tiles.get(("entries", number), {})
            _require(need in widths, f"log/tile/entries/{number} is missing, or too short")
            raw = widths[need].read_bytes()
            while len(ends) <= need:
                start = ends[-1] + 2
                ends.append(start + int.from_bytes(raw[start - 2 : start], "big"))
                _require(ends[-1] <= len(raw), f"log/tile/entries/{number} is cut off")
                self._check_entry(len(self.levels[0]), raw[start : ends[-1]])
                self.levels[0].append(_leaf_hash(raw[start : ends[-1]]))
            self._check_tile("entries", number, need, raw, ends)
        while len(below := self.levels[-1]) > 1:
            self.levels.append([_node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=False)])
        for level, hashes in enumerate(self.levels[::8]):
            for at in range(0, len(hashes), 256):
                tile = hashes[at : at + 256]
                self._check_tile(str(level), at // 256, len(tile), b"".join(tile), range(0, 8193, 32))
        return f"{self.size:,} entries are canonical, in order, and fit the tiles and the files they speak of"
    def _check_tile(self, level: str, number: int, need: int, true: bytes, ends: list[int] | range) -> None:
        for width, path in self.tiles.get((level, number), {0: Path()}).items():  # narrower ones: of earlier commits
            _require(width > need or (width and path.read_bytes() == true[: ends[width]]),
                     f"log/tile/{level}/{number} of width {width} is missing, or does not agree with the log")
    def _keyed(self, leaf: int, data: bytes) -> str:  # a digest under the erasable secret of a leaf
        secret = self.secrets.get(leaf, b"").strip(b'"').decode()
        _require(re.fullmatch("[0-9a-f]{32}", secret), f"leaf {leaf}: its secret is missing or malformed")
        return _as_base64(hmac.digest(bytes.fromhex(secret), data, "sha256"))
    def _check_entry(self, leaf: int, entry: bytes) -> None:  # it fits what came before, and the files
        what, match = f"leaf {leaf}", POST.fullmatch(entry)
        body: Any = {"type": "post", "v": 1, "capture": match[1].decode()} if match else _statement(entry, what)
        kind, capture = body["type"], self.captures.get(str(body.get("capture")), SimpleNamespace(is_open=False))
        _require(kind not in ("post", "batch", "complete") or capture.is_open, f"{what} speaks of no open capture")
        if kind == "post":
            self.bare.update([leaf] * (self.secrets.get(leaf) == b"null"))
            _require(match and (leaf in self.bare or self._keyed(leaf, b"")), f"{what}: a post's entry is malformed")
            capture.waiting += 1
        elif kind in ("batch", "complete"):
            self._counted(body, what, capture)
        elif kind == "capture":
            name, path = str(body["capture"]), f"captures/{body['capture']}.jsonl"
            is_next = name.isalnum() and name not in self.captures and body["ordinal"] == len(self.captures) + 1
            first, *lines = self._read(path).split(b"\n")[:-1] if is_next else [b""]
            _require(is_next and self._keyed(leaf, first + b"\n") == body["header"], f"{path} line 1 is not {what}'s")
            self.captures[name] = SimpleNamespace(path=path, lines=lines, size=0, waiting=0, counts=[0] * 4, is_open=1)
        elif kind == "tables":
            self.told[body["generation"]] = [leaf, body["digest"]]
        elif kind in ("erased", "rebuilt"):
            self.erased.update(body.get("leaves", []))
            self.blanked.update(body.get("chunks", []))
            for generation, digest in body.get("tables", []):
                self.told[generation][1] = digest
        elif kind in ("rotated", "handed_over"):
            self._handover_keys(body, what)
            _require(body["size"] == leaf and (kind[0] == "h" or body in self.handovers or leaf == self.size - 1),
                     f"{what} hands the log to a key that desk.json does not name")
            self.heads.append((leaf, _exact_base64(body["root"], what, 32), what))
        elif kind == "timestamp":
            path = f"log/timestamps/{body['size']}-{body['number']}"
            note, answer = self._read(f"{path}.note"), self._read(f"{path}.tsr")
            ca, (size, root) = self._read(f"{path[:14]}/ca-{body['ca'][:32]}.pem"), _checkpoint(note, self.keys, path)
            _require([sha256(answer).hexdigest(), sha256(ca).hexdigest()] == [body["answer"], body["ca"]]
                     and size == body["size"] <= leaf, f"{path}.tsr, its note or its CA file is not that of {what}")
            at = _timestamp(answer, note, self.given.ca.read_bytes() if self.given.ca else ca, f"{path}.tsr")
            self.heads.append((size, root, f"{path}.note (timestamped {at})"))
    def _counted(self, body: dict[str, Any], what: str, capture: SimpleNamespace) -> None:
        counts = [body[name] for name in COUNTS]
        fits = {*map(type, counts)} == {int} and min(counts) >= 0 and counts[0] == sum(counts[1:])
        _require(fits, f"{what}: read is not stored + duplicate + quarantined")
        if body["type"] == "complete":
            end = {"complete": True, "finished_at": body["at"], **{name: body[name] for name in (*COUNTS, "size")}}
            _require((counts, body["size"], 0) == (capture.counts, capture.size, capture.waiting)
                     and [_read_json(line, capture.path) for line in capture.lines] == [end],
                     f"{capture.path} does not end as {what} says, or that is not the sum of its batches")
            capture.is_open = False
            return
        lines, capture.lines = capture.lines[: body["blocks"]], capture.lines[body["blocks"] :]
        digest = _as_base64(sha256(b"".join(line + b"\n" for line in lines)).digest())
        _require((len(lines), digest) == (body["blocks"], body["places"]), f"{capture.path}: not the blocks of {what}")
        for line in lines:
            offset, size, address, crc = PLACE.fullmatch(line).groups()  # type: ignore[union-attr]
            _require(int(offset) == capture.size, f"{capture.path}: the blocks of {what} do not join")
            capture.size += int(size)
            self.places.add((address.decode(), int(crc), int(size)))
        _require(counts[1] == capture.waiting, f"{what} counts other posts than stand before it in the log")
        capture.waiting, capture.counts = 0, [a + b for a, b in zip(capture.counts, counts, strict=True)]
    def _captures(self) -> str:  # manifest and log agree, and every chunk is there and whole
        stored = sum(capture.counts[1] for capture in self.captures.values())
        for generation, (leaf, digest) in self.told.items():
            files = [self.files.pop(key) for key in sorted(self.files) if key[0] == generation]
            lines = "".join(f"{each['path']} {each['rows']} {each['sha256']}\n" for each in files).encode()
            _require(self._keyed(leaf, lines) == digest, f"leaf {leaf} names other table files")
        still_open = {name for name, each in self.captures.items() if each.is_open and not each.waiting}
        rows = sum(each["rows"] for each in self.manifest["tables"]["posts"]) + len(self.erased)
        expected = [{*self.manifest["open_captures"]}, self.manifest["captures_begun"], rows, {}, set()]
        found = [still_open, len(self.captures), stored, self.files, self.bare - self.erased]
        _require(found == expected, "log and manifest do not speak of the same captures, posts, erasures or files")
        for address, crc, size in sorted(self.places):
            stem = f"chunks/{address[:2]}/{address}"  # whole; or blanked by an erasure; or as version 0.1.0 kept it
            path = max([stem + each.name[64:] for each in self.folder.glob(f"{stem}.*sealed")], default=f"{stem}.z")
            raw, unpacker, is_whole = self._read(path), zlib.decompressobj(), path.count(".") == 1
            _require(zlib.crc32(raw) == (crc if is_whole else self.blanked.get(address)), f"{path} is damaged")
            if self.address_key or path.endswith(".z"):
                data = unpacker.decompress(raw if path.endswith(".z") else self._opened(path, raw), size + 1)
                keyed = hmac.digest(self.address_key, data, "sha256").hex() if self.address_key else address
                _require((len(data), unpacker.eof, unpacker.unused_data) == (size, True, b"") and (keyed == address
                         or not is_whole), f"{path} does not hold the bytes of its address")
        how = "lie at the keyed addresses of their bytes" if self.address_key else "are whole (not opened: no --keys)"
        return f"{len(self.captures):,} captures with {stored:,} posts add up, and {len(self.places):,} chunks {how}"
    def _heads(self) -> str:  # the signed one, and older ones of handovers, timestamps, certificates, --since
        for path in sorted((self.folder / "certificates").glob("*.json")):
            note = _read_json(path.read_bytes(), what := f"certificates/{path.name}")["log"]["checkpoint"]
            self.heads.append((*_checkpoint(note.encode(), self.keys, what), what))
        if self.given.since:
            self.heads.append((*_checkpoint(self.given.since.read_bytes(), self.keys, "--since"), "--since"))
        for size, root, what in [(self.size, self.root, "the signed head"), *self.heads]:
            _require(size <= self.size, f"{what} is of a longer log: this one was cut off, or put back")
            peaks = [self.levels[n][(size >> n) - 1] for n in range(size.bit_length()) if size >> n & 1]
            true = reduce(lambda right, left: _node_hash(left, right), peaks) if peaks else sha256().digest()
            _require(true == root, f"{what}: the first {size:,} entries of the log are not those it was signed over")
        return ", ".join(["the log gives the signed root", *(f"goes on from {each[2]}" for each in self.heads)])
def _proof_steps(given: argparse.Namespace) -> Any:  # its members are few, small, not compressed
    _require((whole := given.path.stat().st_size) < 2**23, "this is too large for a zip of tocsin prove")
    with zipfile.ZipFile(given.path) as file:
        members = file.infolist()
        _require(len({each.filename for each in members if MEMBER.fullmatch(each.filename)}) == len(members) < 100
                 and all(each.compress_type == 0 and each.file_size == each.compress_size for each in members)
                 and sum(each.file_size for each in members) < whole, "this is no zip of tocsin prove")
        parts = {each.filename: file.read(each) for each in members}
    known = [_verifier_key(line) for line in parts["vkey.txt"].decode().splitlines()]
    first = _verifier_key(given.vkey) if given.vkey else known[0]
    leaf, values = _proven(_read_json(parts["post.json"], "post.json"), "post.json")
    for name in ["proof.tlog-proof", *sorted(name for name in parts if re.match("timestamps/.*f$", name))]:
        head, _, note = parts[name].partition(b"\n\n")
        kind, place, *path = head.decode().split("\n")
        _require(kind == "c2sp.org/tlog-proof@v1" and re.fullmatch(f"index {NUMBER}", place), f"{name} is malformed")
        size, root = _checkpoint(note, [*{first, *known}] if name[0] == "t" else [first], name)
        _check_part(at := int(place[6:]), at + 1, size, [_exact_base64(each, name, 32) for each in path], leaf, root)
        yield f"{name}: the post is entry {at:,} of the log of {size:,} entries that {first.name} signed"
        for answer in sorted(each for each in parts if each.startswith(f"{name[:-11]}-") and each.endswith(".tsr")):
            ca = given.ca.read_bytes() if given.ca else parts[f"{answer[:-4]}.pem"]
            yield f"{answer}: an authority timestamped that log: {_timestamp(parts[answer], note, ca, answer)}"
    yield from (f"disclosed, as archived: {name} = {value}" for name, value in values.items())
def _report_steps(given: argparse.Namespace) -> Any:  # HTML, Markdown or JSON
    text = given.path.read_bytes().decode()
    found = [a or b for a, b in DOCUMENT.findall(text)]
    _require(len(found) == 1 or text.startswith("{"), "the file is not a whole report")
    document = _read_json(found[0].encode(), "the document") if found else _read_json(text.encode(), "it")["dispatch"]
    key = _verifier_key(given.vkey or document["desk"]["verifier_key"])
    shown = dict(re.findall('<blockquote [^<>]*data-quote="(q[0-9]+)">([^<]*)</blockquote>', BADGE.sub("", text)))
    _require(len(shown) == text.count("<blockquote") == text.startswith("<!") * len(document["quotes"]), "other quotes")
    for quote in document["quotes"]:
        what, proof, at = f"quote {quote['id']} (entry {quote['leaf_index']})", quote["proof"], quote["posted_at"] or ""
        if proof:
            leaf, values = _proven(proof, what)
            size, root = _checkpoint(proof["checkpoint"].encode(), [key], what)
            path = [_exact_base64(each, what, 32) for each in proof["inclusion"]]
            _check_part(quote["leaf_index"], quote["leaf_index"] + 1, size, path, leaf, root)
            true = {**quote, "kind": values.get("kind"), "posted_at": at if "." in at else at.replace("Z", ".000000Z")}
            _require(true == {**true, **values}, f"{what} is not what its proof discloses")
        _require(not shown or UNSAID.sub("", html.unescape(shown[quote["id"]])) == UNSAID.sub("", quote["text"]),
                 f"{what}: the page shows other words")
        yield f"{what}: " + ("proven: " + " and ".join(sorted(values)) if proof else "it carries no proof")
    _checkpoint(document["snapshot"]["checkpoint"].encode(), [key], "the report's checkpoint")
    seal = list(re.finditer("tocsin-seal:v1:(unsealed|[A-Za-z0-9+/]{16,4096}={0,2})", text))[-1]
    digest = sha256(f"{text[: seal.start(1)]}unsealed{text[seal.end(1) :]}".encode()).digest()
    key.check(b"tocsin/seal/v1\n" + digest, _exact_base64(seal[1], "the seal"), "the seal")
    yield "the seal is the desk's, over every character of the file"
CHECKS: dict[str, Any] = {"desk": _Desk, "proof": _proof_steps, "report": _report_steps}
def main(words: list[str] | None = None) -> int:
    """Check what the command line names, and give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=CHECKS)
    for name, kind in (("path", Path), ("--keys", Path), ("--since", Path), ("--ca", Path), ("--vkey", str)):
        parser.add_argument(name, type=kind)
    given = parser.parse_args(words)
    try:
        for line in CHECKS[given.what](given):
            _say(f"ok  {line}")
    except (ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError, zlib.error) as error:
        _say(f"FAILED  {error if isinstance(error, Failed) else 'something is malformed: ' + type(error).__name__}")
        return 4
    except (OSError, zipfile.BadZipFile, subprocess.SubprocessError) as error:
        _say(f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}")
        return 2
    _say("VERIFIED" + ("" if given.vkey else ", if the key in the file is the desk's: compare it, or give --vkey"))
    return 0
if __name__ == "__main__":
    raise SystemExit(main())
