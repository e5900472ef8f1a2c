"""A trace formula, and the table in which it is made: terms, each with the value that it has in a run.

What is known of arrays is known where the run looks at them: of the packet and of owned memory, what they held at the
start; of what a copy left, what the copy's line says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlcode_dsl.core.form import Statement
from dlcode_dsl.source import Span

from .evaluate import row_value
from .terms import FALSE, TRUE, Row, Term, Terms
from .witness import Witness

MOST_ROWS = 4_000
"""Rows of a formula that is asked about."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a line did last in a run: a turn or a test, with the names that it saw, or a value that it gave."""

    span: Span
    statement: Statement
    values: Mapping[str, int]
    number: int  # of the step, in the order of the run
    turn: int = 0  # of a loop's condition: the turn that it began, or, if it began none, how many there were
    goes_on: bool = False  # whether it began one


@dataclass(slots=True)
class Formula:
    """A run's formula. All that is `known`, and all `lines`, hold together only if the `claim` is false."""

    rows: list[Row]
    known: list[Term] = field(default_factory=list)
    lines: dict[int, list[Term]] = field(default_factory=dict)
    claim: Term = FALSE
    tests: list[Term] = field(default_factory=list)  # that one came out as it did
    steps: dict[int, dict[type, Step]] = field(default_factory=dict)  # the last of each line, of each kind
    names: dict[int, dict[str, Step]] = field(default_factory=dict)  # that each line gave a value, and when last
    about: set[str] = field(default_factory=set)  # that the values of the fault's line are made of

    def furthest_first(self) -> list[int]:
        """The lines, those first that the run left behind earliest."""
        return sorted(self.lines, key=lambda line: (self.last(line), line))

    def last(self, line: int) -> int:
        """The number of the last step that a line took."""
        return max(step.number for step in self.steps[line].values())


class TooMuch(Exception):
    """There is more to a run than is looked at."""


@dataclass(slots=True)
class _Base:
    """An array whose contents are known where the run looks at them; after a copy, they are what its line says."""

    array: Term
    cells: Sequence[int]
    line: int | None = None
    provided: Term = TRUE
    told: set[int] = field(default_factory=set)


class Table:
    """The terms of a formula that is being made, with their values."""

    def __init__(self, terms: Terms, formula: Formula, witness: Witness) -> None:
        self.terms, self.formula, self.witness = terms, formula, witness
        self.values: list[Any] = []  # of each row; of an array, its present cells
        self.given: dict[Term, int] = {}  # the values of unknowns
        self.arrays: dict[Term, tuple[_Base, Any]] = {}

    def base(self, array: Term, cells: Sequence[int], line: int | None = None, provided: Term = TRUE) -> Term:
        """An array whose cells are known, if need be under a condition."""
        self.arrays[array] = _Base(array, tuple(cells), line, provided), dict(enumerate(cells))
        return array

    def evaluate(self) -> None:
        """The values of the rows that are new; what is known of cells that they look at is added."""
        rows, looks = self.terms.rows, list[tuple[_Base, int]]()
        if len(rows) > MOST_ROWS:
            raise TooMuch
        while len(self.values) < len(rows):
            term = len(self.values)
            row = rows[term]
            if row[1] < 0:
                self.values.append(self.array(term, row))
                continue
            match row:
                case ("any", *_):
                    self.values.append(self.given[term])
                    continue
                case ("read", bits, array, at):
                    size = bits // 8
                case ("cell", _, array, at):
                    size = 1
                case _:
                    array, at, size = 0, 0, 0
            for place in range(size):
                looks.append((self.arrays[array][0], self.values[at] + place))
            self.values.append(row_value(rows, row, self.values, self.witness.packet, self.witness.memory))
        for base, place in looks:
            if place not in base.told and place < len(base.cells):
                base.told.add(place)
                self.look(base, place)
        if looks:
            self.evaluate()

    def look(self, base: _Base, place: int) -> None:
        """That the array has at this place what the run saw there."""
        terms, bits = self.terms, -self.terms.bits(base.array)
        row = ("read", bits) if self.terms.rows[base.array][0] == "packet" else ("cell", bits)
        cell = terms.make(*row, base.array, terms.constant(place, 32))
        same = terms.compare("==", cell, terms.constant(base.cells[place], bits))
        self.tell(base.line, terms.negate(terms.both(base.provided, terms.negate(same))))

    def array(self, term: Term, row: Row) -> Any:
        """The present cells of a new array: those of the one that it was made of, which is used no more."""
        match row:
            case ("store", _, before, at, value):
                base, cells = self.arrays[before]
                cells[self.values[at]] = self.values[value]
            case ("rewrite", _, before, at, value):
                base, cells = self.arrays[before]
                size = self.terms.bits(value) // 8
                for place, byte in enumerate(self.values[value].to_bytes(size, "big")):
                    cells[self.values[at] + place] = byte
            case ("choose", _, _, before, _):  # the way that the run took stands first
                base, cells = self.arrays[before]
            case _:
                if term not in self.arrays:  # what a way that was not taken might have left
                    self.base(term, ())
                return self.arrays[term][1]
        self.arrays[term] = base, cells
        return cells

    def unknown(self, bits: int, value: int, name: str = "") -> Term:
        """A new unknown, with its value in the run."""
        term = self.terms.unknown(bits, name)
        self.given[term] = value
        return term

    def know(self, equation: Term) -> None:
        """Add what is so whatever the lines say."""
        self.formula.known.append(equation)

    def tell(self, line: int | None, equation: Term) -> None:
        """Add what a line says; without one, it is known."""
        if line is None:
            self.know(equation)
        else:
            self.formula.lines.setdefault(line, []).append(equation)
