"""Text in another encoding, read as UTF-8: told by a byte order mark or by the user, never guessed.

Nothing is lost on the way: what the encoding cannot hold comes out as bytes that are no UTF-8 either (half a surrogate
pair in UTF-16, an undefined byte of an 8-bit encoding), and the readers show and count those as they do any other.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import Any, BinaryIO, Final, cast

from tocsin.collect.decompress import GZIP, ZIP, ZSTD
from tocsin.records.errors import TocsinInputError

UTF_8: Final = "utf-8"
_MARKS: Final = {  # the longer first: the mark of UTF-32 begins as that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Of one byte a character, so that every file can be written back; those of several bytes can be ambiguous.
_DECLARED: Final = frozenset(
    {UTF_8, "koi8-r", "koi8-u", "mac-arabic", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}
    | {f"cp{number}" for number in (437, 720, 850, 852, 862, 864, 866, *range(1250, 1259))}
    | {f"iso8859-{number}" for number in range(1, 17) if number != 12}
)
_STEP: Final = 1 << 16
_LINES_TO_JUDGE: Final = 20
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")


def named_encoding(name: str | None) -> str | None:
    """The encoding the user named, or None. Raises TocsinInputError for one that is not read.

    >>> named_encoding("Windows-1256"), named_encoding("latin1")
    ('cp1256', 'iso8859-1')
    """
    if name is None:
        return None
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if found not in _DECLARED:
        raise TocsinInputError("no such text encoding", expected='such as "windows-1256"', got=repr(name[:40]))
    return found


def marked_encoding(head: bytes) -> str | None:
    """The encoding the byte order mark of a file names, or None where it has none or that of UTF-8."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)


def as_utf8(stream: BinaryIO, name: str, declared: str | None = None) -> BinaryIO:
    """`stream`, or a stream of its text as UTF-8 where its mark or the user names another encoding."""
    peekable = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(Any, stream))
    head = peekable.peek(4)[:4]
    encoding = marked_encoding(head)
    if encoding is None:
        is_utf8 = declared in (None, UTF_8) or head.startswith((codecs.BOM_UTF8, GZIP, ZSTD, *ZIP, b"PAR1"))
        encoding = None if is_utf8 else declared
    return peekable if encoding is None else io.BufferedReader(_Recoded(peekable, encoding, name), 1 << 18)


def check_utf8(head: bytes, name: str) -> None:
    """Raise TocsinInputError for a text most of whose lines hold bytes that are not UTF-8: it is in another encoding.

    A few such lines are damage, and are read with U+FFFD in their place.
    """
    lines = [line for line in head.split(b"\n")[:-1] if _NOT_ASCII.search(line)]
    if len(lines) < _LINES_TO_JUDGE or b"\x00" in head:
        return
    bad = sum(line.decode("utf-8", "ignore").encode() != line for line in lines)
    if bad * 2 > len(lines):
        first = next(number for number, line in enumerate(head.split(b"\n"), 1) if not _decodes(line))
        raise TocsinInputError(
            f"{name}: text in another encoding than UTF-8, first in line {first}",
            expected="UTF-8, or UTF-16 or UTF-32 with a byte order mark",
            got=f"{bad} of the first {len(lines)} lines beyond ASCII that are not UTF-8",
            next_step="name its encoding with --encoding (such as windows-1256), or save it as UTF-8",
        )


def _decodes(line: bytes) -> bool:
    return line.decode("utf-8", "ignore").encode() == line


class _Recoded(io.RawIOBase):
    """The text of a stream as UTF-8, piece by piece."""

    def __init__(self, inner: BinaryIO, encoding: str, name: str) -> None:
        self._inner = inner
        self._name = name
        self._encoding = encoding
        self._errors = "surrogatepass" if encoding.startswith("utf-") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._ready = b""
        self._read = 0
        self._ended = False

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with UTF-8. Raises TocsinInputError where the text breaks off or is none."""
        while not self._ready and not self._ended:
            piece = self._inner.read(_STEP)
            self._ended = not piece
            try:
                text = self._decoder.decode(piece, final=self._ended)
            except UnicodeDecodeError as error:
                raise TocsinInputError(
                    f"{self._name}: text that is no {self._encoding.upper()} near byte {self._read + error.start}",
                    next_step="what came before was read; get the file again",
                ) from None
            self._read += len(piece)
            self._ready = text.encode("utf-8", self._errors)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Close the stream below."""
        if not self.closed:
            self._inner.close()
        super().close()
