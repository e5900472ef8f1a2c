"""Signatures: between what each field of a packet must lie for a filter to match it.

A field is a value in the common table of terms, such as two bytes at an offset that is worked out from other bytes. Two
filters whose signatures leave no value to a field that both speak of are disjoint, and no solver is asked: this file is
trusted as Z3 is. So it is small: a rule for each operation that a condition is made of, and one for each through which
bounds of a value bound what it was made of. Values are those of `evaluate`: all operations wrap, and bytes past the end
of a packet are zero. What stands for anything is no field, as two filters may mean different things by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..terms import Row, Term
from .subject import Table


class Bounds(NamedTuple):
    """A least and a greatest value."""

    low: int
    high: int


MOST_CONDITIONS = 200
"""Conditions beyond which no more are looked at. A filter on named ways has no more than a hundred."""

Signature = dict[Term, Bounds]
"""Bounds by field. Where a signature would be but there is None, no packet matches."""


def signature(table: Table, condition: Term) -> Signature | None:
    """What must be so of a packet on which the condition is true."""
    return _Reader(table).read(condition)


def apart(a: Signature | None, b: Signature | None) -> bool:
    """Whether the signatures show that no packet matches both."""
    if a is None or b is None:
        return True
    if len(a) > len(b):
        a, b = b, a
    for field, (low, high) in a.items():
        if field in b:
            lowest, highest = b[field]
            if high < lowest or highest < low:
                return True
    return False


def both(a: Signature | None, b: Signature | None) -> Signature | None:
    """What must be so where two conditions are true."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    met = dict(a)
    for field, (low, high) in b.items():
        if field in met:
            low, high = max(low, met[field].low), min(high, met[field].high)
            if low > high:
                return None
        met[field] = Bounds(low, high)
    return met


def either(a: Signature | None, b: Signature | None) -> Signature | None:
    """What must be so where one of two conditions is true."""
    if a is None or b is None:
        return b if a is None else a
    return {
        field: Bounds(min(low, b[field].low), max(high, b[field].high))
        for field, (low, high) in a.items()
        if field in b
    }


class _Reader:
    def __init__(self, table: Table) -> None:
        self.terms, self.rows, self.anything = table.terms, table.terms.rows, table.anything

    def read(self, condition: Term) -> Signature | None:
        """From the conditions that it is made of, those first that stand first in the table. The outermost ones are
        looked at; of what lies deeper than those, nothing is known."""
        wanted = {(condition, True): list[tuple[Term, bool]]()}
        for term, truth in (left := [(condition, True)]):
            if len(wanted) > MOST_CONDITIONS:
                break
            wanted[term, truth] = parts = self.parts(self.rows[term], truth)
            for part in parts:
                if part not in wanted:
                    wanted[part] = []
                    left.append(part)
        of: dict[tuple[Term, bool], Signature | None] = {}
        for (term, truth), parts in sorted(wanted.items()):
            row = self.rows[term]
            if parts:
                of[term, truth] = self.combined(row, truth, [of[part] for part in parts])
            else:
                of[term, truth] = self.comparison(row, truth)
        return of[condition, True]

    def parts(self, row: Row, truth: bool) -> list[tuple[Term, bool]]:
        """The conditions that one is made of, and which way round each."""
        match row:
            case ("not", _, operand):
                return [(operand, not truth)]
            case ("and", _, left, right):
                return [(left, truth), (right, truth)]
            case ("choose", 0, condition, left, right):
                return [(condition, True), (left, truth), (condition, False), (right, truth)]
        return []

    def combined(self, row: Row, truth: bool, found: list[Signature | None]) -> Signature | None:
        match row[0]:
            case "not":
                return found[0]
            case "and":
                return both(*found) if truth else either(*found)
        return either(both(found[0], found[1]), both(found[2], found[3]))

    def comparison(self, row: Row, truth: bool) -> Signature | None:
        match row:
            case ("true", _) | ("false", _):
                return {} if (row[0] == "true") is truth else None
            case ("within", _, limit, known, *parts) if truth or not parts:
                return self.bounded(limit, known, None) if truth else self.bounded(limit, 0, known - 1)
            case (("==" | "<" | "<="), _, left, right):
                a, b = self.terms.value(left), self.terms.value(right)
                if b is not None:
                    return self.compared(left, row[0], b, truth)
                if a is not None:  # a < x is x > a, which is not (x <= a)
                    turned = {"==": "==", "<": "<=", "<=": "<"}[row[0]]
                    return self.compared(right, turned, a, truth if turned == "==" else not truth)
        return {}

    def compared(self, term: Term, symbol: str, value: int, truth: bool) -> Signature | None:
        """`term symbol value`, or its opposite."""
        match symbol, truth:
            case "==", True:
                return self.bounded(term, value, value)
            case "==", False:
                if value == 0:
                    return self.bounded(term, 1, None)
                return self.bounded(term, 0, value - 1) if value == self.top(term) else {}
            case "<", True:
                return self.bounded(term, 0, value - 1)
            case "<", False:
                return self.bounded(term, value, None)
            case "<=", True:
                return self.bounded(term, 0, value)
        return self.bounded(term, value + 1, None)

    def top(self, term: Term) -> int:
        return (1 << self.terms.bits(term)) - 1

    def bounded(self, term: Term, low: int, high: int | None) -> Signature | None:
        """What bounds of a value say of it and of what it is made of; None as the greatest is that of its type."""
        found: Signature = {}
        at: Term | None = term
        while at is not None:
            top = self.top(at)
            low, high = max(low, 0), top if high is None else min(high, top)
            if low > high:
                return None
            if at not in self.anything:
                found[at] = Bounds(low, high)
            row, at = self.rows[at], None
            if row[0] == "widen":
                at = row[2]
            elif row[0] in INWARD:
                for inner, constant in ((row[2], row[3]), (row[3], row[2])):
                    value = self.terms.value(constant)
                    if value is not None and (row[0] in COMMUTATIVE or constant == row[3]):
                        bounds = INWARD[row[0]](low, high, value, top)
                        if bounds is not None:
                            at, (low, high) = inner, bounds
                        break
        return found


COMMUTATIVE = frozenset({"&", "|", "+", "+%"})


def _plus(low: int, high: int, by: int, top: int) -> tuple[int, int] | None:
    return (low - by, high - by) if low >= by else None


def _minus(low: int, high: int, by: int, top: int) -> tuple[int, int] | None:
    return (low + by, high + by) if high + by <= top else None


INWARD: dict[str, Callable[[int, int, int, int], tuple[int, int] | None]] = {
    "&": lambda low, high, mask, top: (low, high + (top & ~mask)),
    "|": lambda low, high, mask, top: (low - mask, high),
    ">>": lambda low, high, by, top: (low << by, (high << by) + (1 << by) - 1) if by <= top.bit_length() else None,
    "/": lambda low, high, by, top: (low * by, high * by + by - 1) if by else None,
    "+": _plus, "+%": _plus, "-": _minus, "-%": _minus,
}  # fmt: skip
"""Between what `x` lies where `x operation constant` lies between two bounds; the greatest value of the type is last.
None where nothing is known, as the operation may have wrapped."""
