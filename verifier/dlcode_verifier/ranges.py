"""Between what a value can lie by the way it is made, and how many of its low bits are zero.

What is said of a value holds for runs that have had no fault before: a plain sum, difference or product did not wrap,
and a value that was narrowed fitted. `certain` relies on the ends of the ranges. The encoders take `shapes` as hints,
and nothing but hints: they write a term in a plainer shape where a hint says that the plainer shape fits, always with
the other shape beside it, chosen by a condition that the solver sees. So a wrong hint costs time or an answer, never
soundness.

    |  ^     k: the left operand has k low zero bits, and the right is below 2 to the k; ~k: the other way round
    *% <<    0: nothing is cut off
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .terms import NOT_TERMS, Row, Term


class Range(NamedTuple):
    """Between `low` and `high`, and a multiple of 2 to the `zeros`."""

    low: int
    high: int
    zeros: int = 0


def shapes(rows: list[Row], maximum: int) -> dict[Term, int]:
    """Hints for the rows of a table, for packets of at most `maximum` bytes."""
    return ranges_and_shapes(rows, maximum)[1]


def ranges(rows: list[Row], maximum: int) -> list[Range]:
    """Where the values of each row may lie."""
    return ranges_and_shapes(rows, maximum)[0]


def ranges_and_shapes(rows: list[Row], maximum: int) -> tuple[list[Range], dict[Term, int]]:
    """Both, by one walk."""
    known: list[Range] = []
    found: dict[Term, int] = {}
    for term, row in enumerate(rows):
        operation, bits = row[0], row[1]
        if bits <= 0:
            known.append(Range(0, 1))
            continue
        whole = Range(0, (1 << bits) - 1)
        here = whole
        if operation == "constant":
            here = _constant(row[2])
        elif operation == "length":
            here = Range(0, maximum)
        elif operation == "choose":
            left, right = known[row[3]], known[row[4]]
            here = Range(min(left.low, right.low), max(left.high, right.high), min(left.zeros, right.zeros))
        elif operation in ("widen", "narrow", "truncate"):
            inner = known[row[2]]
            here = inner if inner.high <= whole.high else whole
            if operation == "narrow":
                here = _without_fault(inner, whole)
        elif operation in _RANGES and not NOT_TERMS.get(operation):
            left, right = known[row[2]], known[row[3]]
            here = _RANGES[operation](left, right)
            if operation in "|^":
                if right.high < 1 << left.zeros:
                    found[term] = left.zeros
                elif left.high < 1 << right.zeros:
                    found[term] = ~right.zeros
            elif operation in ("*%", "<<") and here.high <= whole.high:
                found[term] = 0
            if operation in "+-*":
                here = _without_fault(here, whole)
            elif here.high > whole.high or here.low < 0:
                here = whole
        known.append(here)
    return known, found


def _without_fault(here: Range, whole: Range) -> Range:
    """What is left of a range where a value outside its type would have been a fault."""
    return Range(max(here.low, 0), max(min(here.high, whole.high), 0), here.zeros)


def _constant(value: int) -> Range:
    return Range(value, value, (value & -value).bit_length() - 1 if value else 256)


def _or(left: Range, right: Range) -> Range:
    return Range(0, (1 << max(left.high.bit_length(), right.high.bit_length())) - 1, min(left.zeros, right.zeros))


def _shift_left(left: Range, right: Range) -> Range:
    by = min(right.high, 256)
    return Range(left.low, left.high << by, left.zeros + right.low if right.low < 256 else left.zeros)


_RANGES: dict[str, Callable[[Range, Range], Range]] = {
    "+": lambda a, b: Range(a.low + b.low, a.high + b.high, min(a.zeros, b.zeros)),
    "-": lambda a, b: Range(a.low - b.high, a.high - b.low, min(a.zeros, b.zeros)),
    "*": lambda a, b: Range(a.low * b.low, a.high * b.high, a.zeros + b.zeros),
    "+%": lambda a, b: Range(a.low + b.low, a.high + b.high, min(a.zeros, b.zeros)),
    "-%": lambda a, b: Range(a.low - b.high, a.high - b.low, min(a.zeros, b.zeros)),
    "*%": lambda a, b: Range(a.low * b.low, a.high * b.high, a.zeros + b.zeros),
    "/": lambda a, b: Range(a.low // max(b.high, 1), a.high // max(b.low, 1)),
    "%": lambda a, b: Range(0, min(a.high, max(b.high - 1, 0))),
    "&": lambda a, b: Range(0, min(a.high, b.high), max(a.zeros, b.zeros)),
    "|": _or,
    "^": _or,
    "<<": _shift_left,
    ">>": lambda a, b: Range(a.low >> min(b.high, 256), a.high >> min(b.low, 256)),
}
