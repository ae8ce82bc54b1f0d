"""Text that a spreadsheet or an XML reader will take as text."""

from __future__ import annotations

import re
import unicodedata

# Starts of a formula in Excel, LibreOffice, Numbers or Google Sheets, after compatibility normalisation
# (which turns the full-width, small and superscript variants into these).
_FORMULA_STARTS = frozenset("=+-@\u2212")
# Spreadsheets drop these before they look at the first character, or a second import does (quotes, delimiters).
_SKIPPED = frozenset("\"'`\u00b4,;|\u115f\u1160\u2800\u3164\uffa0\ufe0e\ufe0f")
_SKIPPED_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf"})
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# Not characters of XML 1.0 (section 2.2), nor anything a person can see.
_NOT_XML = re.compile("[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take the cell for a formula or a command."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for char in text:
        plain = unicodedata.normalize("NFKC", char)
        if plain[:1] in _FORMULA_STARTS:
            return True
        if char in _SKIPPED or plain in _SKIPPED or unicodedata.category(char) in _SKIPPED_CATEGORIES:
            continue
        return False
    return False


def neutralised_cell(text: str) -> str:
    """The cell as one line of text: line breaks and tabs become spaces, and what could start a formula gets a `'`.

    Plain numbers stay numbers. Source: OWASP, CSV Injection; widened to compatibility variants and to what stands
    before the sign.

    >>> neutralised_cell('=HYPERLINK("http://x")'), neutralised_cell("-12.5"), neutralised_cell("a - b")
    ('\\'=HYPERLINK("http://x")', '-12.5', 'a - b')
    """
    if _NUMBER.fullmatch(text):
        return text
    line = without_control_characters(_BREAKS.sub(" ", text))
    return "'" + line if is_formula(text) or is_formula(line) else line


def without_control_characters(text: str) -> str:
    """`text` with only characters that XML 1.0 allows and readers agree on."""
    return _NOT_XML.sub("", text)
