"""What is asked of the solver, and what it answers: tuples that cross to the solver's process and back as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from .terms import Row, Term

PROVED, REFUTED, OPEN = "proved", "refuted", "open"


Claim = tuple[Term, Term]
"""(path, claim): where the path holds, the claim must."""


Way = tuple[list[Claim], list[list[Claim]]]
"""One way to show that a loop ends: claims that must all hold, and then, the best first, what bounds its turns."""


class Task(NamedTuple):
    """What to decide.

    A goal that is the promise of a candidate fact is not wanted for itself: it must hold while the candidate's guard
    is relied upon, and the guard is given up where it does not.
    """

    rows: list[Row]
    goals: list[Claim]  # in the order in which a run comes to them
    maximum: int  # bytes of the longest packet
    shapes: dict[Term, int]  # hints of `ranges`
    integer_effort: int  # Z3's rlimit for a query in integers
    bitvector_effort: int  # and in bit-vectors
    guards: list[Term] = []  # noqa: RUF012  of each candidate fact
    promised: dict[int, int] = {}  # noqa: RUF012  the candidate, by a goal's position, of goals that are promises
    endings: list[list[Way]] = []  # noqa: RUF012  of each loop whose end must be shown: the ways, likelier ones first
    accesses: list[list[Way]] = []  # noqa: RUF012  of each access whose alignment is guessed: the guesses, best first
    most_effort: int = 20_000_000  # steps of all queries together, after which nothing more is asked


class Question(NamedTuple):
    """What would do: which of the `tried` candidates do for all of the goals at `targets`, or, where there are `ways`
    to show that a loop ends, for one of these; without candidates, which of the ways do.
    """

    task: tuple[Any, ...]
    relied: tuple[int, ...]  # candidates that are proved
    tried: tuple[int, ...]
    targets: tuple[int, ...]
    ways: tuple[tuple[Claim, ...], ...] = ()


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
    """A ruling for each goal (promises that were given up are left open), and the effort."""

    rulings: list[Ruling]
    queries: int
    effort: int  # steps, by Z3's own count
    kept: tuple[int, ...] = ()  # candidates that were relied upon, and proved
    ended: tuple[tuple[int, int] | None, ...] = ()  # of each loop: the way that was proved, and which of its bounds
    aligned: tuple[tuple[int, int] | None, ...] = ()  # of each access likewise


def plain(decision: Decision) -> tuple[Any, ...]:
    """The decision as tuples of no class, which `marshal` takes."""
    rulings = [(status, encoder, made and tuple(made)) for status, encoder, made in decision.rulings]
    return rulings, *decision[1:]


def decision_of(told: tuple[Any, ...]) -> Decision:
    """The decision that `plain` made plain."""
    rulings, *rest = told
    made = [Ruling(status, encoder, made and Candidate(*made)) for status, encoder, made in rulings]
    return Decision(made, *rest)
