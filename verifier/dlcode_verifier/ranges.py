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

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .terms import Row, Term


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
            known.append(_TRUTH)
        elif operation == "length":
            known.append(Range(0, maximum))
        else:
            known.append(range_of(row, known))
            if operation in _SHAPED:
                shape = _shape(row, known)
                if shape is not None:
                    found[term] = shape
    return known, found


def range_of(row: Row, known: Sequence[Range] | Mapping[Term, Range]) -> Range:
    """Where a value may lie, from where those may lie that it is made of; of the packet's length, anywhere."""
    operation, bits = row[0], row[1]
    if operation == "constant":
        return _constant(row[2])
    top = (1 << bits) - 1
    rule = _RANGES.get(operation)
    if rule is not None:
        here = rule(known[row[2]], known[row[3]])
        if operation in "+-*":
            return _without_fault(here, top)
        return here if here.high <= top and here.low >= 0 else Range(0, top)
    if operation == "choose":
        left, right = known[row[3]], known[row[4]]
        return Range(min(left.low, right.low), max(left.high, right.high), min(left.zeros, right.zeros))
    if operation in ("widen", "narrow", "truncate"):
        inner = known[row[2]]
        if operation == "narrow":
            return _without_fault(inner, top)
        return inner if inner.high <= top else Range(0, top)
    return Range(0, top)


def depends_on(row: Row) -> tuple[Term, ...]:
    """The operands of a value that `range_of` looks at."""
    operation = row[0]
    if operation in _RANGES:
        return row[2:4]
    if operation == "choose":
        return row[3:5]
    return row[2:3] if operation in ("widen", "narrow", "truncate") else ()


_TRUTH = Range(0, 1)
_SHAPED = frozenset({"|", "^", "*%", "<<"})


def _shape(row: Row, known: list[Range]) -> int | None:
    """The hint for a row, if there is one."""
    left, right = known[row[2]], known[row[3]]
    if row[0] in "|^":
        if right.high < 1 << left.zeros:
            return left.zeros
        return ~right.zeros if left.high < 1 << right.zeros else None
    return 0 if _RANGES[row[0]](left, right).high >> row[1] == 0 else None


def _without_fault(here: Range, top: int) -> Range:
    """What is left of a range where a value outside its type would have been a fault."""
    return Range(max(here.low, 0), max(min(here.high, top), 0), here.zeros)


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
