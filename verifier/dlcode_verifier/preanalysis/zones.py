"""Zones: what is known of the differences between values, and of the values themselves.

A symbol is a number that stands for one value, which never changes; symbol 0 is the number zero. A zone holds bounds
`x - y <= c`: those with zero as an interval of each symbol, the others as a graph that is kept closed under addition.
Nothing here is relied upon: what comes of it is a guess, so a zone may forget, and does where it would grow.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

Symbol = int
Constraint = tuple[Symbol, Symbol, int]
"""`(x, y, c)`: x - y <= c."""

ZERO: Symbol = 0
ENDLESS = 1 << 200
"""More than any value, and any difference of two: no bound is known."""

KNOWN = ENDLESS >> 1
"""Bounds below it mean something."""

NEIGHBOURS = 24
"""Most other symbols above one, and most bounds on each side of one that the closure looks at."""


class Zone:
    """Bounds between symbols. `add` says whether any values are left."""

    __slots__ = ("above", "below", "high", "low")

    def __init__(self) -> None:
        self.low: dict[Symbol, int] = {ZERO: 0}
        self.high: dict[Symbol, int] = {ZERO: 0}
        self.above: dict[Symbol, dict[Symbol, int]] = {}  # above[x][y] = c: x - y <= c, for x, y that are not zero
        self.below: dict[Symbol, dict[Symbol, int]] = {}  # below[y][x] = the same c

    def copy(self) -> Zone:
        new = Zone.__new__(Zone)
        new.low, new.high = self.low.copy(), self.high.copy()
        new.above = {symbol: bounds.copy() for symbol, bounds in self.above.items()}
        new.below = {symbol: bounds.copy() for symbol, bounds in self.below.items()}
        return new

    def restricted(self, kept: Container[Symbol]) -> Zone:
        """The same without other symbols."""
        return joined(self, self, kept)

    def regain(self, other: Zone) -> None:
        """Take over what another zone knows of symbols that this one does not have."""
        new = {x for x in other.high if x not in self.high}
        for x in new:
            self.low[x], self.high[x] = other.low.get(x, 0), other.high[x]
        for x, bounds in other.above.items():
            for y, c in bounds.items():
                if x in new or y in new:
                    self._note(x, y, c)

    def between(self, x: Symbol) -> tuple[int, int]:
        """The least and the greatest value of a symbol."""
        return self.low.get(x, 0), self.high.get(x, ENDLESS)

    def bound(self, x: Symbol, y: Symbol) -> int:
        """The least known c with x - y <= c."""
        if x == y:
            return 0
        apart = self.high.get(x, ENDLESS) - self.low.get(y, 0)
        bounds = self.above.get(x)
        return apart if bounds is None else min(apart, bounds.get(y, ENDLESS))

    def add(self, x: Symbol, y: Symbol, c: int) -> bool:
        """Note that x - y <= c; false where that cannot be."""
        if x == y:
            return c >= 0
        if y == ZERO:
            return self._lower(x, c)
        if x == ZERO:
            return self._raise(y, -c)
        if self.bound(y, x) + c < 0:
            return False
        if self.bound(x, y) <= c:
            return True
        into = [(x, 0), *_some(self.below.get(x))]
        out = [(y, 0), *_some(self.above.get(y))]
        for first, to_x in into:
            for last, from_y in out:
                if first != last:
                    self._note(first, last, to_x + c + from_y)
        return self._lower(x, self.high.get(y, ENDLESS) + c) and self._raise(y, self.low.get(x, 0) - c)

    def _note(self, x: Symbol, y: Symbol, c: int) -> None:
        if c < self.bound(x, y):
            bounds = self.above.setdefault(x, {})
            if len(bounds) < NEIGHBOURS or y in bounds:
                bounds[y] = c
                self.below.setdefault(y, {})[x] = c

    def _lower(self, x: Symbol, high: int) -> bool:
        if high < self.high.get(x, ENDLESS):
            self.high[x] = high
            for smaller, c in self.below.get(x, {}).items():
                if high + c < self.high.get(smaller, ENDLESS):
                    self.high[smaller] = high + c
        return self.low.get(x, 0) <= self.high.get(x, ENDLESS)

    def _raise(self, x: Symbol, low: int) -> bool:
        if low > self.low.get(x, 0):
            self.low[x] = low
            for larger, c in self.above.get(x, {}).items():
                if low - c > self.low.get(larger, 0):
                    self.low[larger] = low - c
        return self.low.get(x, 0) <= self.high.get(x, ENDLESS)

    def constraints(self) -> Iterator[Constraint]:
        """Everything that is noted."""
        for x, high in self.high.items():
            if high < ENDLESS and x != ZERO:
                yield x, ZERO, high
        for x, low in self.low.items():
            if low > 0:
                yield ZERO, x, -low
        for x, bounds in self.above.items():
            for y, c in bounds.items():
                yield x, y, c


def joined(one: Zone, other: Zone, kept: Container[Symbol]) -> Zone:
    """What both zones know of some symbols."""
    new = Zone()
    for x, high in one.high.items():
        if x in kept and x in other.high:
            new.high[x] = max(high, other.high[x])
            new.low[x] = min(one.low.get(x, 0), other.low.get(x, 0))
    for this, that in ((one, other), (other, one)):
        for x, bounds in this.above.items():
            if x not in new.high:
                continue
            for y, c in bounds.items():
                if y not in new.high:
                    continue
                if (most := max(c, that.bound(x, y))) < KNOWN:
                    new._note(x, y, most)
    return new


def _some(bounds: dict[Symbol, int] | None) -> list[tuple[Symbol, int]]:
    return list(bounds.items())[:NEIGHBOURS] if bounds else []
