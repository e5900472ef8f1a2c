"""What is asked of the solver, and what it answers: tuples that cross to the solver's process and back as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from .terms import Row, Term

PROVED, REFUTED, OPEN = "proved", "refuted", "open"


class Task(NamedTuple):
    """What to decide."""

    rows: list[Row]
    goals: list[tuple[Term, Term]]  # (path, claim), in the order in which a run comes to them
    maximum: int  # bytes of the longest packet
    shapes: dict[Term, int]  # hints of `ranges`
    integer_effort: int  # Z3's rlimit for a query in integers
    bitvector_effort: int  # and in bit-vectors


class Candidate(NamedTuple):
    """What a model says of the packet and the memory at entry; what it does not mention is zero."""

    length: int  # bytes captured
    wire: int | None  # bytes on the wire, where the program asks
    contents: dict[str, dict[int, int]]  # bytes of "packet", cells of "@region", by index


class Ruling(NamedTuple):
    """What became of one goal, and by which encoder; with a candidate where a model breaks it."""

    status: str
    encoder: str
    candidate: Candidate | None = None


class Decision(NamedTuple):
    """A ruling for each goal, and the effort."""

    rulings: list[Ruling]
    queries: int
    effort: int  # steps, by Z3's own count


def plain(decision: Decision) -> tuple[Any, ...]:
    """The decision as tuples of no class, which `marshal` takes."""
    rulings = [(status, encoder, made and tuple(made)) for status, encoder, made in decision.rulings]
    return rulings, decision.queries, decision.effort


def decision_of(told: tuple[Any, ...]) -> Decision:
    """The decision that `plain` made plain."""
    rulings, queries, effort = told
    made = [Ruling(status, encoder, made and Candidate(*made)) for status, encoder, made in rulings]
    return Decision(made, queries, effort)
