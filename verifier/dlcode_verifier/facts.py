"""Loops as the proof sees them, and what may be claimed of one: facts that hold at its head, and measures that fall.

A loop's head is the place before `Loop.head` runs: on entry, and again after every turn. What is said of it is a guess,
of the pre-analysis, of the author, or of a certificate file, until the solver has shown it: that it holds on entry, and
that each turn keeps it. A copy through a pipe is a loop over the stream's words.

Facts are of mathematical integers: nothing in a `Sum` wraps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program
from dlcode_dsl.core.text import print_expression


@dataclass(frozen=True, slots=True)
class Site:
    """A loop of a program: a `Loop`, or one pipe of a `Copy`. `number` counts them in the order of the text."""

    number: int
    node: form.Loop | form.Copy
    pipe: form.Pipe | None = None

    @property
    def turns(self) -> str:
        """The name of a u64 that counts the turns that are done, 0 on entry; no program can bind it."""
        return f"turns.{self.number}"

    @property
    def words(self) -> str:
        """Of a pipe: the name of a u64, how many words the padded stream has."""
        return f"words.{self.number}"


def sites(program: Program) -> tuple[Site, ...]:
    """The loops of a program, outer before inner ones, in the order of its text."""
    found: list[Site] = []
    for node in _loops(program.body):
        if isinstance(node, form.Loop):
            found.append(Site(len(found), node))
        else:
            for name in node.through:
                found.append(Site(len(found), node, program.pipe(name)))
    return tuple(found)


def _loops(body: Body) -> Iterator[form.Loop | form.Copy]:
    for statement in body:
        if isinstance(statement, form.Loop | form.Copy):
            yield statement
        for inner in bodies(statement):
            yield from _loops(inner)


@dataclass(frozen=True, slots=True)
class Sum:
    """`constant + coefficient * atom + …`, a mathematical integer.

    An atom is an expression without a rule to break: a name, an extent, the widening of one. Of the names it may use
    those in scope at the loop's head, and the site's own `turns` and `words`.
    """

    parts: tuple[tuple[int, Expression], ...]
    constant: int = 0

    def __str__(self) -> str:
        shown = [f"{coefficient} * {print_expression(atom)}" for coefficient, atom in self.parts]
        return " + ".join([*shown, str(self.constant)])


@dataclass(frozen=True, slots=True)
class AtMostZero:
    """`sum <= 0`."""

    sum: Sum


@dataclass(frozen=True, slots=True)
class Multiple:
    """`sum` is a multiple of `modulus`."""

    sum: Sum
    modulus: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A truth value in the program's own arithmetic: what an author says in `invariant`."""

    condition: Expression


Fact = AtMostZero | Multiple | Claimed


@dataclass(frozen=True, slots=True)
class Measure:
    """What shows that a loop ends: parts that are at least 0 when a turn begins, and fall, lexicographically.

    `step`: with one part, how much it falls at least with every turn. `halves`: with one part, it comes to at most
    half of what it was; then `step` means nothing.
    """

    parts: tuple[Sum, ...]
    step: int = 1
    halves: bool = False


@dataclass(frozen=True, slots=True)
class LoopFacts:
    """What is to be tried at one loop, likelier things first."""

    invariants: tuple[Fact, ...] = ()
    measures: tuple[Measure, ...] = ()
    most: Sum | None = None  # a guess at the measure's greatest value at the first turn: over constants, packet, wire


Guesses = dict[int, LoopFacts]
"""Facts to try, by a site's number."""
