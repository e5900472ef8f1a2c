"""Terms: the formulas of a proof, as a table of rows that each stand in it once.

A term is the number of a row; a row is `(operation, bits, *operands)`, whose operands stand above it. Bits are those
of a value, 0 for a truth value, and minus the bits of a cell for an array (packet bytes or owned cells). The
operations are the core form's own, so that a row has the meaning that `core.operators` gives; how a solver is told of
it is the encoders' business. Rows are plain tuples of strings and integers: a table crosses to another process as it
is.

    constant v          a value                         packet / memory r      the contents at entry
    length, wire        of the packet, in bytes         rewrite p at v         packet bytes, `v` written at `at`
    + - * … >>          `operators.OPERATORS`           store m at v           owned cells, `v` written at `at`
    widen truncate narrow swap x                        read p at              the big-endian value of bytes at `at`
    choose c a b        `a` if `c`, else `b`            cell m at              the value of one cell
    true false not and or                               == < <=                comparisons of values
    fits o a b          whether `a o b` does not wrap   within limit k a…      whether k + a + … <= limit, unwrapped
    any n, cells n      a value, or cells, unknown      guard k                whether something is relied upon
    nonpositive k c a…  whether k + c1*a1 + … <= 0      multiple m k c a…      whether m divides k + c1*a1 + …
    copied m at n p f   owned cells, with n packet bytes of p from f on written from `at` on

The sums of the last rows but one are mathematical integers, with whole coefficients `c`. `copied` has no encoding: a
cell of such an array is a choice between a byte and a cell of what was there before.

An operation outside its rule (a sum that wraps, a division by zero) has some value that nothing may rely on: the claim
that excludes it stands before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dlcode_dsl.core.operators import OPERATORS, evaluate, fault_of

Term = int
Row = tuple[Any, ...]

TRUE: Term = 0
FALSE: Term = 1


class Terms:
    """The table. Constants are folded, by the core form's own meaning of each operator."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._place: dict[Row, Term] = {}
        self._over_copy: set[Term] = set()  # arrays that are made of a `copied`
        self._unknowns = 0
        assert self.make("true", 0) == TRUE
        assert self.make("false", 0) == FALSE

    def include(self, rows: Sequence[Row]) -> Sequence[Term]:
        """The terms of all rows of another table, entered where they are new. That one has no unknowns, nor copies."""
        if len(self.rows) == len((TRUE, FALSE)):
            self.rows[:] = rows
            self._place = {row: term for term, row in enumerate(rows)}
            return range(len(rows))
        at: list[Term] = []
        place, mine = self._place, self.rows
        for row in rows:
            here = moved(row, at)
            term = place.get(here)
            if term is None:
                term = place[here] = len(mine)
                mine.append(here)
            at.append(term)
        return at

    def make(self, *row: Any) -> Term:
        """The term of a row, entered if it is new."""
        place = self._place.get(row)
        if place is None:
            place = self._place[row] = len(self.rows)
            self.rows.append(row)
        return place

    def unknown(self, bits: int, name: str) -> Term:
        """A new value that may be any of its type; with bits below 0, an array of any cells of so many bits."""
        self._unknowns += 1
        return self.make("cells" if bits < 0 else "any", bits, f"{name}!{self._unknowns}")

    def guard(self) -> Term:
        """A new truth value that says whether something is relied upon."""
        self._unknowns += 1
        return self.make("guard", 0, self._unknowns)

    def bits(self, term: Term) -> int:
        """Bits of a value, 0 of a truth value, minus the bits of an array's cell."""
        bits: int = self.rows[term][1]
        return bits

    def value(self, term: Term) -> int | None:
        """The value of a constant; None for any other term."""
        row = self.rows[term]
        return row[2] if row[0] == "constant" else None

    # ---- values

    def constant(self, value: int, bits: int) -> Term:
        """A value of `bits` bits, or, with 0 bits, a truth value."""
        if bits == 0:
            return TRUE if value else FALSE
        assert 0 <= value < 1 << bits
        return self.make("constant", bits, value)

    def binary(self, symbol: str, left: Term, right: Term) -> Term:
        """`left symbol right` at their width, cut to it."""
        bits, a, b = self.bits(left), self.value(left), self.value(right)
        if a is not None and b is not None:
            operator = OPERATORS[symbol]
            if not fault_of(operator, a, b, bits):
                return self.constant(evaluate(operator, a, b, bits), bits)
        return self.make(symbol, bits, left, right)

    def convert(self, how: str, operand: Term, bits: int) -> Term:
        """`widen`, `narrow` or `truncate` to another width; `swap` keeps it."""
        value = self.value(operand)
        if value is not None and how != "swap":
            return self.constant(value & ((1 << bits) - 1), bits)
        if bits == self.bits(operand) and how != "swap":
            return operand
        return self.make(how, bits, operand)

    def choose(self, condition: Term, left: Term, right: Term) -> Term:
        """`left` where the condition holds, `right` elsewhere: values, truth values or arrays of one sort."""
        if left == right or condition == TRUE:
            return left
        if condition == FALSE:
            return right
        assert self.bits(left) == self.bits(right)
        return self._array(self.make("choose", self.bits(left), condition, left, right), left, right)

    # ---- arrays of cells

    def store(self, array: Term, index: Term, value: Term) -> Term:
        """The array with one cell written."""
        return self._array(self.make("store", self.bits(array), array, index, value), array)

    def copied(self, array: Term, index: Term, count: Term, packet: Term, offset: Term) -> Term:
        """The array with `count` bytes of `packet` from `offset` on written to the cells from `index` on."""
        made = self.make("copied", self.bits(array), array, index, count, packet, offset)
        self._over_copy.add(made)
        return made

    def _array(self, made: Term, *parts: Term) -> Term:
        if self._over_copy and not self._over_copy.isdisjoint(parts):
            self._over_copy.add(made)
        return made

    def cell(self, array: Term, index: Term) -> Term:
        """The value of one cell. A solver's arrays know no copy of many cells, so it is taken from where it lies."""
        if array not in self._over_copy:
            return self.make("cell", -self.bits(array), array, index)
        found: dict[Term, Term] = {}
        waiting = [array]
        while waiting:  # a loop, and no recursion: there may be thousands of stores since the copy
            here = waiting[-1]
            parts = [part for part in self._cells_below(here) if part not in found]
            if parts:
                waiting.extend(parts)
            else:
                found[here] = self._cell_of(here, index, found)
                waiting.pop()
        return found[array]

    def _cells_below(self, array: Term) -> tuple[Term, ...]:
        if array not in self._over_copy:
            return ()
        row = self.rows[array]
        return (row[3], row[4]) if row[0] == "choose" else (row[2],)

    def _cell_of(self, array: Term, index: Term, found: dict[Term, Term]) -> Term:
        if array not in self._over_copy:
            return self.make("cell", -self.bits(array), array, index)
        match self.rows[array]:
            case ("choose", _, condition, left, right):
                return self.choose(condition, found[left], found[right])
            case ("store", _, before, at, value):
                return self.choose(self.compare("==", index, at), value, found[before])
            case ("copied", _, before, at, count, packet, offset):
                past = self.compare("<", index, self.binary("+", at, count))
                inside = self.both(self.compare("<=", at, index), past)
                byte = self.make("read", 8, packet, self.binary("+", offset, self.binary("-", index, at)))
                return self.choose(inside, byte, found[before])
            case row:
                raise AssertionError(row)

    # ---- truth values

    def compare(self, symbol: str, left: Term, right: Term) -> Term:
        """A comparison of the core form between values of one width."""
        match symbol:
            case "!=":
                return self.negate(self.compare("==", left, right))
            case ">":
                return self.compare("<", right, left)
            case ">=":
                return self.compare("<=", right, left)
        a, b = self.value(left), self.value(right)
        if a is not None and b is not None:
            return self.constant(_COMPARE[symbol](a, b), 0)
        if left == right:
            return self.constant(symbol != "<", 0)
        return self.make(symbol, 0, left, right)

    def negate(self, term: Term) -> Term:
        if term in (TRUE, FALSE):
            return FALSE if term == TRUE else TRUE
        row = self.rows[term]
        inner: Term = row[2] if row[0] == "not" else self.make("not", 0, term)
        return inner

    def both(self, left: Term, right: Term) -> Term:
        if left == right or right == TRUE:
            return left
        if left == TRUE:
            return right
        if FALSE in (left, right) or left == self.negate(right):
            return FALSE
        return self.make("and", 0, left, right)

    def either(self, left: Term, right: Term) -> Term:
        return self.negate(self.both(self.negate(left), self.negate(right)))

    def fits(self, symbol: str, left: Term, right: Term) -> Term:
        """Whether a plain + - or * does not wrap."""
        if symbol == "-":
            return self.compare("<=", right, left)
        a, b = self.value(left), self.value(right)
        if a is not None and b is not None:
            return self.constant(not fault_of(OPERATORS[symbol], a, b, self.bits(left)), 0)
        return self.make("fits", 0, symbol, left, right)

    def within(self, parts: tuple[Term, ...], limit: Term) -> Term:
        """Whether the mathematical sum of the parts is at most the limit: nothing wraps."""
        values = [self.value(part) for part in parts]
        known = sum(value for value in values if value is not None)
        unknown = sorted(part for part, value in zip(parts, values, strict=True) if value is None)
        most = self.value(limit)
        if most is not None and not unknown:
            return self.constant(known <= most, 0)
        return self.make("within", 0, limit, known, *unknown)


    def nonpositive(self, parts: Iterable[tuple[int, Term]], constant: int) -> Term:
        """Whether the mathematical sum `constant + coefficient * part + …` is at most 0."""
        constant, whole = self._gathered(parts, constant)
        if not whole:
            return self.constant(constant <= 0, 0)
        return self.make("nonpositive", 0, constant, tuple(whole.values()), *whole)

    def multiple(self, parts: Iterable[tuple[int, Term]], constant: int, modulus: int) -> Term:
        """Whether the mathematical sum `constant + coefficient * part + …` is a multiple of `modulus`, at least 1."""
        constant, whole = self._gathered(parts, constant)
        if not whole:
            return self.constant(constant % modulus == 0, 0)
        return self.make("multiple", 0, modulus, constant, tuple(whole.values()), *whole)

    def _gathered(self, parts: Iterable[tuple[int, Term]], constant: int) -> tuple[int, dict[Term, int]]:
        """The sum with each term once and no constants among them, in the order of the table."""
        whole: dict[Term, int] = {}
        for coefficient, part in parts:
            value = self.value(part)
            if value is not None:
                constant += coefficient * value
            else:
                whole[part] = whole.get(part, 0) + coefficient
        return constant, {part: whole[part] for part in sorted(whole) if whole[part]}


_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}

NOT_TERMS = {
    "constant": (2,), "memory": (2,), "any": (2,), "cells": (2,), "guard": (2,),
    "fits": (2,), "within": (3,), "nonpositive": (2, 3), "multiple": (2, 3, 4),
}  # fmt: skip
"""Places in a row, by operation, that hold something else than a term."""


def operands(row: Row) -> list[Term]:
    """The terms that a row is made of."""
    skipped = NOT_TERMS.get(row[0])
    if skipped is None:
        return list(row[2:])
    return [part for place, part in enumerate(row) if place >= 2 and place not in skipped]


def moved(row: Row, place: Any) -> Row:
    """A row whose operands are what `place` has for them."""
    skipped = NOT_TERMS.get(row[0])
    if skipped is None:
        return (row[0], row[1], *[place[part] for part in row[2:]])
    return (*row[:2], *(part if at in skipped else place[part] for at, part in enumerate(row[2:], 2)))


def reachable(rows: list[Row], roots: list[Term]) -> list[Term]:
    """All terms that `roots` are made of, themselves among them, each after its operands."""
    wanted = bytearray(len(rows))
    for root in roots:
        wanted[root] = 1
    for term in range(len(rows) - 1, -1, -1):
        if wanted[term]:
            for part in operands(rows[term]):
                wanted[part] = 1
    return [term for term in range(len(rows)) if wanted[term]]
