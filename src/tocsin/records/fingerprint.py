"""The shape of near-duplicate fingerprints, so that the room that compares them need not import their maker.

A fingerprint is the MinHash signature of a text's folded words without links and mentions: over all of its runs
of SHINGLE code points (a space between words counts), SIGNATURE_SIZE minima of 32-bit hashes. It is stored as
SIGNATURE_SIZE little-endian uint32 (`numpy.frombuffer(fingerprint, dtype="<u4")`), or b"" where a text has fewer
than FEWEST_SHINGLES runs. The share of equal places estimates the Jaccard similarity of the two sets of runs;
two of different FINGERPRINT_VERSION must not be compared.
"""

from __future__ import annotations

SIGNATURE_SIZE = 64
SHINGLE = 5
FEWEST_SHINGLES = 8
FINGERPRINT_VERSION = 1
