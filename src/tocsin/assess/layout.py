"""How a text is laid out: words, clauses, sentences and quotations, in code points of the original."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

import regex

PIECE_WORDS = 200  # read at once: bounds the work on texts that repeat terms without end
MAX_TEXT = 100_000  # code points read; where the codebook is named only beyond, the answer is cannot assess
_WORD = regex.compile(r"(?:(?!_)[\w\p{M}\p{Cf}])+")
_SENTENCE_END = regex.compile(r"[!?؟።፧…]|\.(?=\s|[\"»”'’)\]]|$)|\n")
_QUESTION = regex.compile(r"[?؟፧]")
# Anything in a gap but space, joiners inside words, tag and Ethiopic word marks ends a clause.
_CLAUSE_END = regex.compile(r"[^\s'’ʼ#_\-‐‑፡\p{M}\p{Cf}]|(?<=\s)-(?=\s)")
_QUOTED = regex.compile(
    r"“[^”“]{1,1500}”|«[^»«]{1,1500}»|„[^“”„]{1,1500}[“”]|‹[^›‹]{1,1500}›|\"[^\"]{1,1500}\"|(?<!\w)['‘][^'‘’\n]{2,300}['’](?!\w)"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Words with, for each, the number of its sentence and clause; and the stretches inside quotation marks."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sentence_of: tuple[int, ...]
    clause_of: tuple[int, ...]
    questions: frozenset[int]  # sentences that end with a question mark
    quotes: tuple[tuple[int, int], ...]

    def word_at(self, position: int) -> int:
        """Index of the word that holds or follows this code point (the last word when none follows)."""
        return min(bisect_right(self.ends, position), len(self.starts) - 1) if self.starts else 0

    def words_of(self, start: int, end: int) -> tuple[int, int]:
        """First and last word of a span."""
        first = self.word_at(start)
        return first, max(first, bisect_left(self.starts, end) - 1)

    def gap_before(self, word: int) -> str:
        """The text between the word before and this one."""
        return self.text[self.ends[word - 1] if word else 0 : self.starts[word]]

    def quote_around(self, start: int, end: int) -> tuple[int, int] | None:
        """The quotation that holds the span, or None."""
        for low, high in self.quotes:
            if low <= start and end <= high:
                return low, high
        return None

    def clause_start(self, word: int) -> int:
        """The first word of this word's clause."""
        return bisect_left(self.clause_of, self.clause_of[word])

    def clause_last(self, word: int) -> int:
        """The last word of this word's clause."""
        return bisect_right(self.clause_of, self.clause_of[word]) - 1

    def pieces(self) -> list[tuple[int, int]]:
        """The text cut into stretches (code points) of at most 200 words, at sentence ends where there are any."""
        cuts, first = [0], 0
        while first + PIECE_WORDS < len(self.starts):
            last = first + PIECE_WORDS
            at_sentence = self.sentence_start(last)
            first = at_sentence if at_sentence > first else last
            cuts.append(self.starts[first])
        return list(pairwise([*cuts, len(self.text) + 1]))

    def sentence_start(self, word: int) -> int:
        """The first word of this word's sentence."""
        return bisect_left(self.sentence_of, self.sentence_of[word])

    def sentence_last(self, word: int) -> int:
        """The last word of this word's sentence."""
        return bisect_right(self.sentence_of, self.sentence_of[word]) - 1


def layout_of(text: str) -> Layout:
    """The layout of a text, bounded to its first 100,000 code points."""
    text = text[:MAX_TEXT]
    starts: list[int] = []
    ends: list[int] = []
    sentences: list[int] = []
    clauses: list[int] = []
    questions: set[int] = set()
    sentence = clause = previous_end = 0
    for match in _WORD.finditer(text):
        gap = text[previous_end : match.start()]
        if starts and gap != " ":
            if _SENTENCE_END.search(gap):
                if _QUESTION.search(gap):
                    questions.add(sentence)
                sentence += 1
                clause += 1
            elif _CLAUSE_END.search(gap):
                clause += 1
        starts.append(match.start())
        ends.append(match.end())
        sentences.append(sentence)
        clauses.append(clause)
        previous_end = match.end()
    if _QUESTION.search(text, previous_end):
        questions.add(sentence)
    quotes = tuple((match.start(), match.end()) for match in _QUOTED.finditer(text))
    return Layout(text, tuple(starts), tuple(ends), tuple(sentences), tuple(clauses), frozenset(questions), quotes)
