"""Claims that need no solver: by how the values in them are made, and by the tests that lie on the way to them.

Most sums of a walk through headers add up what a byte can say, and cannot come near to wrapping. `ranges` bounds every
value from below upwards, by its operation alone, and where a claim holds for all values within the bounds, it holds.
Most other claims follow from one test that the program has just made: bytes are taken that lie before others that are
there, 5 is taken from a length that is no less. In contrast to the hints that `ranges` gives encoders, all this is
relied upon. It rests on the rows of `ranges`, and on three rules for a condition of the path, one that is true wherever
a run comes to the claim:

    what it bounds lies     `x == k`, `x < k`, `x <= k`, their opposites and their mirror images bound x, and so what
                            x is part of: the rows of `ranges` are gone through again from there upwards
    what it says of bytes   `k + a + … <= limit` holds if `m + a + b + … <= limit` does, and k is at most m
    what it says of two     `x <= y` holds if `x < y` does, each also as the opposite of `y < x` or `y <= x`

They speak of a run that has had no fault before the claim (a run that had one is over), in which a plain sum,
difference or product is the mathematical one, as is what a narrowed value was. The conditions of a path were worked out
by that run before it came to the claim, and the operands of the claim are the last that it has worked out; what stands
in the branch of a choice that was not taken has any value of its type, and is one of the two that bound the choice.
That a path is read only where it is a plain conjunction, down to its conditions, makes it miss things, but no more.
Tests hold this against the meaning of terms: for all values of narrow types, and on runs of programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .ranges import Range, depends_on, range_of
from .terms import TRUE, Row, Term, operands

CONDITIONS = 64
"""Conditions of a path that are looked at, the last ones first."""

PARTS = 64
"""Terms that a claim is made of which are bounded anew by what a condition says of one of them."""


def is_certain(rows: list[Row], known: list[Range], claim: Term, path: Term = TRUE) -> bool:
    """Whether a claim holds wherever the path does, whatever the packet and the memory are.

    `known` are the ranges of the rows.
    """
    narrowed = _Narrowed(known)
    if _lies(rows, narrowed, claim):
        return True
    if path == TRUE:
        return False
    if rows[claim][0] == "and":
        return all(is_certain(rows, known, part, path) for part in rows[claim][2:])
    parts: list[Term] | None = None
    for condition, truth in _conditions(rows, path):
        if _implies(rows, condition, truth, claim):
            return True
        bounded = _bounded(rows, condition, truth)
        if bounded is None:
            continue
        if parts is None:
            parts = _parts(rows, claim)
        term, low, high = bounded
        if term in parts:
            narrowed[term] = _both(Range(low, high), narrowed[term])
            for part in parts:
                if part > term:
                    narrowed[part] = _both(range_of(rows[part], narrowed), narrowed[part])
            if _lies(rows, narrowed, claim):
                return True
    return False


class _Narrowed(dict[Term, Range]):
    """The ranges of some terms of which more is known; of the others as they are anywhere."""

    def __init__(self, known: list[Range]) -> None:
        super().__init__()
        self.known = known

    def __missing__(self, term: Term) -> Range:
        return self.known[term]


def _both(here: Range, before: Range) -> Range:
    """Where a value lies of which two ranges are known. If they don't meet, no run comes here, or none works the value
    out: nothing is made of that."""
    low, high = max(here.low, before.low), min(here.high, before.high)
    return Range(low, high, before.zeros) if low <= high else before


def _lies(rows: list[Row], known: _Narrowed, claim: Term, truth: bool = True) -> bool:
    """Whether a claim, or its opposite, holds for all values in the ranges."""
    row = rows[claim]
    holds = False
    match row, truth:
        case ("true", _), _:
            holds = truth
        case ("not", _, opposite), _:
            holds = _lies(rows, known, opposite, not truth)
        case ("and", _, left, right), True:
            holds = _lies(rows, known, left) and _lies(rows, known, right)
        case ("fits", _, "+", left, right), True:
            holds = known[left].high + known[right].high < 1 << rows[left][1]
        case ("fits", _, "*", left, right), True:
            holds = known[left].high * known[right].high < 1 << rows[left][1]
        case ("within", _, limit, constant, *parts), True:
            holds = constant + sum(known[part].high for part in parts) <= known[limit].low
        case ("==", _, left, right), False:
            holds = known[left].high < known[right].low or known[right].high < known[left].low
    order = _order(row, truth)
    return holds or (order is not None and known[order.less].high < known[order.more].low + order.may_be_equal)


def _parts(rows: list[Row], claim: Term) -> list[Term]:
    """The values on whose ranges it depends whether the claim lies in them, in the order of the table."""
    row = rows[claim]
    while row[0] == "not":
        row = rows[row[2]]
    found: set[Term] = set()
    left = [part for part in operands(row) if rows[part][1] > 0]
    while left and len(found) < PARTS:
        term = left.pop()
        if term not in found:
            found.add(term)
            left += depends_on(rows[term])
    return sorted(found)


def _conditions(rows: list[Row], path: Term) -> Iterator[tuple[Term, bool]]:
    """The conditions that are true, or false, wherever a path is true, the last ones first."""
    left, seen = [(path, True)], 0
    while left and seen < CONDITIONS:
        term, truth = left.pop()
        row = rows[term]
        if row[0] == "not":
            left.append((row[2], not truth))
        elif row[0] == "and" and truth:
            left += [(row[2], True), (row[3], True)]
        else:
            seen += 1
            yield term, truth


def _bounded(rows: list[Row], condition: Term, truth: bool) -> tuple[Term, int, int] | None:
    """A value and the least and the greatest that it may be where a condition is true, or false."""
    row = rows[condition]
    order = _order(row, truth)
    if order is not None:
        least, most = rows[order.less], rows[order.more]
        if most[0] == "constant":
            return order.less, 0, most[2] - (not order.may_be_equal)
        if least[0] == "constant":
            return order.more, least[2] + (not order.may_be_equal), (1 << most[1]) - 1
    elif row[0] == "==":
        for term, other in (row[2:4], row[3:1:-1]):
            if rows[other][0] == "constant":
                value, top = rows[other][2], (1 << rows[term][1]) - 1
                if truth:
                    return term, value, value
                return (term, 1, top) if value == 0 else (term, 0, top - 1) if value == top else None
    return None


def _implies(rows: list[Row], condition: Term, truth: bool, claim: Term) -> bool:
    """Whether a condition of the path shows a claim by itself: what both say of bytes, or of two values."""
    said, row = rows[condition], rows[claim]
    if condition == claim:
        return truth
    if row[0] == "not":
        if condition == row[2]:
            return not truth
        claimed = _order(rows[row[2]], False)
    elif row[0] == "within":
        return said[0] == "within" and truth and said[2] == row[2] and _covers(_sum(rows, said), _sum(rows, row))
    else:
        claimed = _order(row, True)
    known = _order(said, truth)
    if claimed is None or known is None:
        return False
    return (claimed.less, claimed.more) == (known.less, known.more) and claimed.may_be_equal >= known.may_be_equal


def _covers(more: tuple[int, list[Term]], less: tuple[int, list[Term]]) -> bool:
    """Whether one sum is at least the other, by what they are sums of."""
    return less[0] <= more[0] and all(less[1].count(part) <= more[1].count(part) for part in less[1])


def _sum(rows: list[Row], within: Row) -> tuple[int, list[Term]]:
    """What is added up, the constants apart: a plain sum that did not wrap is the sum of its parts."""
    constant, parts = within[3], []
    left = list(within[4:])
    while left:
        term = left.pop()
        row = rows[term]
        if row[0] == "+":
            left += row[2:4]
        elif row[0] == "constant":
            constant += row[2]
        else:
            parts.append(term)
    return constant, parts


class _Order(NamedTuple):
    """One value is below another, or at most that."""

    less: Term
    more: Term
    may_be_equal: bool


def _order(row: Row, truth: bool) -> _Order | None:
    """What a comparison says of two values where it is true, or false."""
    if row[0] not in ("<", "<="):
        return None
    operation, _, left, right = row
    return _Order(left, right, operation == "<=") if truth else _Order(right, left, operation == "<")
