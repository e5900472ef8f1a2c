"""What is asked of the solver about filters, and what it answers: tuples that cross to its process and back."""

from __future__ import annotations

from typing import Any, NamedTuple

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


class Sketch(NamedTuple):
    """What a model says of a packet; bytes that it does not mention are zero."""

    length: int  # bytes captured
    wire: int | None  # bytes on the wire, where a filter asks
    data: dict[int, int]  # bytes by their place, some of them past the end


class Reply(NamedTuple):
    """What became of one question."""

    status: str
    sketch: Sketch | None = None  # where they can hold: a packet, to be tried
    enough: tuple[int, ...] = ()  # where they never do: positions in `others` that are enough, none to be left out


def plain(reply: Reply) -> tuple[Any, ...]:
    """The reply as tuples of no class, which `marshal` takes."""
    status, sketch, enough = reply
    return status, sketch and tuple(sketch), enough


def reply_of(told: tuple[Any, ...]) -> Reply:
    """The reply that `plain` made plain."""
    status, sketch, enough = told
    return Reply(status, sketch and Sketch(*sketch), enough)
