"""How a loop's numbers move together: what each way through a turn adds to them, and what that keeps or bounds.

Along one way through a turn every number changes by a sum of symbols. Combinations that change by nothing along any
way keep their value: they are the null space of those changes (Karr's affine equalities, in one turn). A number that
grows only where another does is at most so many times that other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from .heads import Entry, Seen
from .state import State
from .values import Linear, Values
from .zones import ZERO, Zone

MOST_WAYS = 12
"""Most ways through a turn that are told apart; where there are more, nothing is found."""

MOST_NUMBERS = 10
"""Most numbers that are combined."""

LARGEST_FACTOR = 1 << 20
"""A combination with a larger factor says nothing of use."""

Way = dict[str, Linear]
"""What a turn adds to each number, along one way."""


@dataclass(frozen=True, slots=True)
class Motion:
    """The ways through a turn, and the combinations of numbers that no turn changes."""

    ways: tuple[Way, ...]
    kept: tuple[dict[str, int], ...]


def motions(seen: Mapping[int, Seen], values: Values) -> dict[int, Motion]:
    """The motions of a program's loops, by their sites' numbers: inner loops before those around them."""
    found: dict[int, Motion] = {}
    for number in sorted(seen, reverse=True):
        entry, back = seen[number].entry, seen[number].back
        found[number] = motion(values, entry, back) if back is not None else Motion((), ())
        for vector in found[number].kept:  # what is a sum of others at its head is so after the loop too
            name = list(vector)[-1]
            if abs(vector[name]) == 1:
                values.solved[entry.symbols[name]] = _solved(entry, vector, name)
    return found


def motion(values: Values, entry: Entry, back: State) -> Motion:
    """What a turn does to the numbers of a loop."""
    *names, turns = entry.symbols
    start = entry.state.numbers
    numbers = sorted([*names[:MOST_NUMBERS], turns], key=lambda name: (start[name][0] != ZERO, name == turns))
    changes = {}
    for name in numbers:
        change = values.linear(back.numbers[name])
        change[entry.symbols[name]] = change.get(entry.symbols[name], 0) - 1
        changes[name] = change
    ways: list[Way] = []
    if not _split(values, back.zone, changes, ways):
        return Motion((), ())
    rows: list[list[int]] = []
    for way in ways:
        symbols = dict.fromkeys(symbol for change in way.values() for symbol in change)
        rows += [[way[name].get(symbol, 0) for name in numbers] for symbol in symbols]
    kept = [dict(zip(numbers, vector, strict=True)) for vector in null_space(rows, len(numbers))]
    return Motion(tuple(ways), tuple({name: c for name, c in vector.items() if c} for vector in kept))


def _solved(entry: Entry, vector: dict[str, int], name: str) -> Linear:
    """A number as a sum of the others in a combination that keeps its value."""
    found: Linear = {ZERO: 0}
    for other, c in vector.items():
        symbol, offset = entry.state.numbers[other]
        factor = 1 if other == name else c * vector[name]
        found[ZERO] += factor * offset
        for part, times in ((symbol, factor), (entry.symbols[other], 0 if other == name else -factor)):
            if part != ZERO:
                found[part] = found.get(part, 0) + times
    return {symbol: c for symbol, c in found.items() if c}


def _split(values: Values, zone: Zone, changes: Way, found: list[Way]) -> bool:
    """Tell the ways apart that meet in these changes; false where they are too many."""
    met = [symbol for change in changes.values() for symbol, c in change.items() if c and symbol in values.meetings]
    if not met:
        way = {name: _plain(zone, change) for name, change in changes.items()}
        if way not in found:
            found.append(way)
        return len(found) <= MOST_WAYS
    place = values.meetings[max(met)][0]
    for side in (0, 1):
        taken: Way = {}
        for name, change in changes.items():
            taken[name] = {}
            for symbol, c in change.items():
                meeting = values.meetings.get(symbol)
                here = values.linear(meeting[1][side]) if meeting is not None and meeting[0] == place else {symbol: 1}
                for part, times in here.items():
                    taken[name][part] = taken[name].get(part, 0) + c * times
        if not _split(values, zone, taken, found):
            return False
    return True


def _plain(zone: Zone, change: Linear) -> Linear:
    """A change without what has come to nothing, and with constants for symbols that can be one value only."""
    result: Linear = {}
    for symbol, c in change.items():
        low, high = zone.between(symbol)
        part, times = (ZERO, c * low) if symbol != ZERO and low == high else (symbol, c)
        result[part] = result.get(part, 0) + times
    return {symbol: c for symbol, c in result.items() if c}


def most_change(values: Values, zone: Zone, change: Linear) -> int:
    """The greatest that a change can be."""
    total = 0
    for symbol, c in change.items():
        low, high = values.range(zone, symbol) if symbol != ZERO else (1, 1)
        total += c * (high if c > 0 else low)
    return total


def null_space(rows: list[list[int]], width: int) -> list[list[int]]:
    """Whole vectors that every row gives 0 with, from which all such vectors are combined."""
    matrix: list[list[Fraction]] = []
    pivots: list[int] = []
    for row in rows:
        rest = [Fraction(c) for c in row]
        for pivot, done in zip(pivots, matrix, strict=True):
            rest = [a - rest[pivot] * b for a, b in zip(rest, done, strict=True)]
        first = next((position for position, c in enumerate(rest) if c), None)
        if first is None:
            continue
        rest = [c / rest[first] for c in rest]
        matrix = [[a - done[first] * b for a, b in zip(done, rest, strict=True)] for done in matrix]
        matrix.append(rest)
        pivots.append(first)
    found = []
    for free in range(width):
        if free in pivots:
            continue
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for pivot, done in zip(pivots, matrix, strict=True):
            vector[pivot] = -done[free]
        scale = 1
        for c in vector:
            scale = scale * c.denominator // gcd(scale, c.denominator)
        whole = [int(c * scale) for c in vector]
        if max(abs(c) for c in whole) < LARGEST_FACTOR:
            found.append(whole)
    return found
