"""A desk's keys on paper: a page to print and, years later, to type in again, with every mistyped line found.

The key file's bytes are written as lines of base32 (Crockford's alphabet: no I, L, O or U; those and small letters are
read as what they look like), each with its number and four check letters: 20 bits of SHA-256 over the line's number
and its bytes. One line covers 15 bytes, 24 letters in groups of four. A last line carries 40 bits of SHA-256 over all.
The page is one HTML file with no script and nothing to fetch; the plain lines stand in it as text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from hashlib import sha256

from tocsin.archive import Keys
from tocsin.records.errors import TocsinInputError

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FORMAT = b"tocsin/paper/v1"
_LINE_BYTES = 15
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_LINE = re.compile(r"\s*([0-9]{1,2})\s*[:.]\s*(\S.*)", re.ASCII)
_SUM = re.compile(r"\s*(?:SUM|ALL)\s*[:.]\s*(\S.*)", re.ASCII | re.IGNORECASE)
_KEY_BYTES = 32
_ID_BYTES = 16
_LARGEST = 100_000


def paper_lines(keys: Keys) -> list[str]:
    """The lines to print.

    >>> lines = paper_lines(Keys("00" * 16, bytes(32), bytes(32), bytes(32)))
    >>> len(lines), lines[0], lines[-1][:5]
    (9, ' 1: 0000-0000-0000-0000-0000-0000  YEPH', 'sum: ')
    """
    data = bytes.fromhex(keys.desk_id) + keys.pseudonym_key + keys.address_key + keys.signing_seed
    pieces = [data[at : at + _LINE_BYTES] for at in range(0, len(data), _LINE_BYTES)]
    lines = [f"{number:2}: {_grouped(piece)}  {_check(number, piece)}" for number, piece in enumerate(pieces, 1)]
    return [*lines, f"sum: {_grouped(_sum(data))}"]


def keys_from_paper(text: str) -> Keys:
    """The keys in typed lines; everything that is no numbered line is passed over.

    Raises TocsinInputError naming the first line that is missing or mistyped.
    """
    if len(text) > _LARGEST:
        raise TocsinInputError("this is too long for keys on paper")
    found = {number: rest for line in text.splitlines() for number, rest in _numbered(line)}
    count = -(-(_ID_BYTES + 3 * _KEY_BYTES) // _LINE_BYTES)
    data = b""
    for number in range(1, count + 1):
        if number not in found:
            raise TocsinInputError(
                f"line {number} of the paper is missing", expected=f"lines 1 to {count} and the line sum"
            )
        size = min(_LINE_BYTES, _ID_BYTES + 3 * _KEY_BYTES - len(data))
        data += _piece(number, found[number], size)
    if 0 not in found or _letters(found[0]) != _encoded(_sum(data)):
        raise TocsinInputError(
            "the line sum is missing or does not fit the lines above it", next_step="look at it again"
        )
    pseudonym_key, address_key, seed = (data[_ID_BYTES + at * _KEY_BYTES :][:_KEY_BYTES] for at in range(3))
    return Keys(data[:_ID_BYTES].hex(), pseudonym_key, address_key, seed)


def paper_page(keys: Keys, made_on: str) -> bytes:
    """The HTML page to print."""
    lines = "\n".join(html.escape(line) for line in paper_lines(keys))
    return _PAGE.format(desk_id=html.escape(keys.desk_id), made_on=html.escape(made_on), lines=lines).encode()


def paper_text(raw: bytes) -> str:
    """The text of a typed file or of a saved page."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TocsinInputError("the typed lines are not UTF-8 text") from None
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def _numbered(line: str) -> Iterator[tuple[int, str]]:
    if whole := _LINE.fullmatch(line):
        yield int(whole[1]), whole[2]
    elif whole := _SUM.fullmatch(line):
        yield 0, whole[1]


def _piece(number: int, typed: str, size: int) -> bytes:
    letters = _letters(typed)
    body, check = letters[:-4], letters[-4:]
    wanted = -(-size * 8 // 5)
    if len(body) != wanted:
        raise TocsinInputError(
            f"line {number} of the paper is mistyped", expected=f"{wanted + 4} letters", got=str(len(letters))
        )
    value = 0
    for letter in body:
        value = value * 32 + LETTERS.index(letter)
    spare = wanted * 5 - size * 8
    piece = (value >> spare).to_bytes(size, "big") if value >> spare < 1 << (8 * size) else b""
    if not piece or value & ((1 << spare) - 1) or _check(number, piece) != check:
        raise TocsinInputError(
            f"line {number} of the paper is mistyped",
            expected="letters that fit its last four",
            next_step="look at it again",
        )
    return piece


def _letters(typed: str) -> str:
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_ALIKE)
    return "".join(letter if letter in LETTERS else "" for letter in letters)


def _encoded(data: bytes) -> str:
    bits = -(-len(data) * 8 // 5) * 5
    value = int.from_bytes(data, "big") << (bits - len(data) * 8)
    return "".join(LETTERS[(value >> (bits - 5 * at)) & 31] for at in range(1, bits // 5 + 1))


def _grouped(data: bytes) -> str:
    letters = _encoded(data)
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def _check(number: int, piece: bytes) -> str:
    return _encoded(sha256(FORMAT + bytes([number]) + piece).digest())[:4]


def _sum(data: bytes) -> bytes:
    return sha256(FORMAT + b"\0" + data).digest()[:5]


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>Keys of a Tocsin desk</title>
<style>
body {{ font: 11pt/1.45 serif; max-width: 42em; margin: 2em auto; color: #000; background: #fff }}
pre {{ font: 13pt/1.9 monospace; border: 1px solid #000; padding: 1em }}
@page {{ margin: 20mm }}
</style></head><body>
<h1>Keys of a Tocsin desk</h1>
<p>Desk <code>{desk_id}</code>. Printed on {made_on}.</p>
<p><strong>Whoever holds this page and a copy of the desk's folder can read every original and every name in it, and
can sign in the desk's name.</strong> Keep it locked away, apart from the desk and from its backups. Delete the file it
was printed from.</p>
<p><strong>If every copy of these keys is lost</strong>, the names behind the pseudonyms and the original bytes can
never be opened again, by anybody, and nothing more can be added to the log. The pseudonymous posts stay readable, and
the log stays checkable.</p>
<pre>
{lines}
</pre>
<p>To read it back, type the lines into a text file and run <code>tocsin keys import --paper-text FILE</code>. Dashes,
spaces and small letters make no difference; the letters I, L, O and U do not occur. The last four letters of a line
check that line: an error is reported with the line's number. After the signing key is replaced (<code>tocsin keys
rotate</code>) this page still opens names and originals, but it can no longer sign: print a new one.</p>
</body></html>
"""
