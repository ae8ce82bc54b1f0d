"""What `verify` says where it could not check everything."""

from __future__ import annotations

from tocsin.desk.verify import unchecked_words
from tocsin.report import Step


def test_a_step_that_was_not_checked_is_part_of_the_verdict() -> None:
    held = Step(1, "the file is a dispatch of a known format", "held", 1)
    pictures = Step(6, "every picture is what its figures draw", "not checked: drawn by another version", 0)
    rest = Step(7, "everything else is what the document says", "not checked: written by another version", 1)
    assert unchecked_words([held]) == ""
    assert unchecked_words([held, pictures]) == ", in part only: step 6 was not checked"
    assert unchecked_words([held, pictures, rest]) == ", in part only: steps 6, 7 were not checked"
