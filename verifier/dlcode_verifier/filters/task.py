"""What is asked of the solver about filters, and what it answers: tuples that cross to its process and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..task import Candidate
from ..terms import Row, Term

HOLD, NEVER, OPEN = "hold", "never", "open"
"""They can hold together; they never do; the solver gave up."""


class Question(NamedTuple):
    """Can all of these conditions hold together?"""

    always: tuple[Term, ...]
    others: tuple[Term, ...] = ()  # where they can't, it is said which few of these are enough for that
    shortest: bool = True  # whether a shorter packet is looked for, by some more queries


class Questions(NamedTuple):
    """What to compare."""

    rows: list[Row]
    asked: list[Question]
    maximum: int  # bytes of the longest packet that any question is about
    shapes: dict[Term, int]  # hints of `ranges`
    integer_effort: int  # Z3's rlimit for a query in integers
    bitvector_effort: int  # and in bit-vectors


class Reply(NamedTuple):
    """What became of one question."""

    status: str
    candidate: Candidate | None = None  # where they can hold: a packet, to be tried
    enough: tuple[int, ...] = ()  # where they never do: positions in `others` that are enough, none to be left out


def reply_of(told: tuple[Any, ...]) -> Reply:
    """The reply that `compared` made plain."""
    status, made, enough = told
    return Reply(status, made and Candidate(*made), enough)
