"""Between what a value lies: so that arithmetic in 64 bits is shown to be Python's, which has no width.

Each operation's result is bounded from the bounds of its operands. The translator computes in as many bits as hold the
result, refuses a shift by an amount that may be negative or too large, and a store that its cell may not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: int
    high: int

    @property
    def constant(self) -> int | None:
        """The only value; None if there are several."""
        return self.low if self.low == self.high else None

    @property
    def bits(self) -> int:
        """Width of the two's complement that holds every value: 64 or 128."""
        return 64 if -(1 << 63) <= self.low and self.high < 1 << 63 else 128

    def within(self, other: Interval) -> bool:
        """Whether every value is one of the other's."""
        return other.low <= self.low and self.high <= other.high


BOOLEAN: Final = Interval(0, 1)


def exactly(value: int) -> Interval:
    """That value."""
    return Interval(value, value)


def _corners(a: Interval, b: Interval, operation: str) -> Interval:
    """For an operation that is monotonic in each operand."""
    found = [_COMPUTE[operation](x, y) for x, y in product((a.low, a.high), (b.low, b.high))]
    return Interval(min(found), max(found))


_COMPUTE: Final = {
    "Add": lambda x, y: x + y,
    "Sub": lambda x, y: x - y,
    "Mult": lambda x, y: x * y,
    "LShift": lambda x, y: x << y,
    "RShift": lambda x, y: x >> y,
}


def _magnitude(*each: Interval) -> int:
    """Bits, without the sign, that hold every value."""
    return max((x if x >= 0 else ~x).bit_length() for interval in each for x in (interval.low, interval.high))


def combined(operation: str, a: Interval, b: Interval) -> Interval:
    """What an operation, by the name of its syntax node, makes of two intervals. Raises ValueError if it may not be."""
    match operation:
        case "Add" | "Sub" | "Mult":
            return _corners(a, b, operation)
        case "LShift" | "RShift":
            if not b.within(Interval(0, 63)):
                raise ValueError(f"a shift by {b.low} to {b.high}")
            return _corners(a, b, operation)
        case "FloorDiv" | "Mod":
            if a.low < 0 or b.low < 0:
                raise ValueError("a division of what may be negative")
            return Interval(0, a.high if operation == "FloorDiv" else min(a.high, max(b.high - 1, 0)))
        case "BitAnd" if a.low >= 0 or b.low >= 0:
            return Interval(0, min(each.high for each in (a, b) if each.low >= 0))
        case "BitOr" | "BitXor" if a.low >= 0 and b.low >= 0:
            return Interval(0, (1 << _magnitude(a, b)) - 1)
        case "BitAnd" | "BitOr" | "BitXor":
            bound = 1 << _magnitude(a, b)
            return Interval(-bound, bound - 1)
    raise ValueError(f"the operation {operation}")


def joined(intervals: Sequence[Interval]) -> Interval:
    """The least interval that has the values of all, which must be computed in equally many bits."""
    found = Interval(min(each.low for each in intervals), max(each.high for each in intervals))
    assert {each.bits for each in intervals} == {found.bits}, "a value that is wider on one way than on another"
    return found
