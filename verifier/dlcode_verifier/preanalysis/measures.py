"""Measures to try for a loop's end: what has some way to go, and goes it; those that bound its turns best first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Expression

from ..facts import Measure, Site, Sum
from .candidates import head_names
from .heads import Seen
from .names import Line, Most, Words, greatest
from .scope import names_of
from .values import Value
from .zones import ENDLESS, KNOWN, ZERO, Symbol, Zone

MOST = 25
"""Most measures of one loop."""

FEW = 4
"""Most pairs where there is a single sum that seems to fall."""

FARTHEST = 1 << 20
"""A bound farther away is no way to a loop's end."""

UNBOUNDED = 1 << 40
"""Turns of a measure that nothing is known of, for the order."""


@dataclass(frozen=True, slots=True)
class Falling:
    """A sum that may bound a loop's turns: `constant + line`, which falls by `fall` in each (0: nobody knows)."""

    line: Line
    constant: int
    fall: int


def measures(site: Site, seen: Seen, words: Words, maximum: int) -> tuple[tuple[Measure, ...], Sum | None]:
    """What is to be tried for the end of one loop, and the greatest value of the first when the loop is come to."""
    ordered: list[tuple[int, int, Measure, Most | None]] = []

    def offer(certainty: int, measure: Measure, most: Most | None) -> None:
        turns = most.at(maximum) if most is not None and len(measure.parts) == 1 else UNBOUNDED
        if measure.halves:
            turns = turns.bit_length()
        ordered.append((certainty, max(turns, 0) // measure.step + 1, measure, most))

    for parts in _claimed(site, words):
        offer(0, Measure(parts), None)
    single = list(dict.fromkeys(_falling(site, seen, words)))
    for falling in single:
        sum = words.sum(falling.line, falling.constant)
        if sum is None:
            continue
        most = greatest(seen, falling.line, falling.constant, maximum)
        if seen.head.scope.halves and falling.fall == 0:
            offer(1, Measure((sum,), halves=True), most)
        if falling.fall > 0:
            offer(1, Measure((sum,), falling.fall), most)
        if falling.fall != 1:
            offer(2 if falling.fall else 3, Measure((sum,)), most)
    ordered.sort(key=lambda entry: entry[:2])
    found = {measure: most for _, _, measure, most in ordered}
    sure = any(falling.fall for falling in single)
    for pair in islice(_pairs(seen, words), FEW if sure else MOST):
        found.setdefault(pair, None)
    first = next(iter(found.values()), None)
    return tuple(found)[:MOST], first.sum if first is not None else None


def _falling(site: Site, seen: Seen, words: Words) -> Iterator[Falling]:
    """Single sums, from the limit, from numbers that move, and from the condition."""
    entry, turning, back = seen.entry, seen.turning, seen.back
    turns = entry.symbols[site.turns]
    if isinstance(site.node, form.Loop) and site.node.limit is not None:
        yield Falling(((-1, turns),), site.node.limit, 1)
    if site.pipe is not None:
        stream = entry.state.numbers[site.words]
        yield Falling(((1, stream[0]), (-1, turns)), stream[1], 1)
    if turning is None or back is None:
        return
    steps = {symbol: seen.step(name) for name, symbol in entry.symbols.items()}
    zone = turning.zone
    for symbol, (least, most) in steps.items():
        if symbol == turns:
            continue
        if least > 0:
            for other in _near(seen, words, zone, symbol):
                apart = zone.bound(symbol, other)
                if other != ZERO:
                    apart = max(apart, 0)
                if apart < KNOWN:
                    yield Falling(_less(other, symbol), apart, least)
        elif most < 0:
            yield Falling(((1, symbol),), -zone.low.get(symbol, 0), -most)
    for (one, less), (other, more) in _compared(seen, words):
        low_one, high_one = steps.get(one, (0, 0))
        low_other, high_other = steps.get(other, (0, 0))
        if high_one > 0 or low_other < 0:
            yield Falling(((1, other), (-1, one)), more - less, max(0, low_one - high_other))
    for symbol, (least, most) in steps.items():
        if symbol == turns or least >= 0 or most < 0:
            continue
        if entry_name(seen, symbol) in seen.head.scope.condition:
            yield Falling(((1, symbol),), 0, 0)


def _near(seen: Seen, words: Words, zone: Zone, symbol: Symbol) -> list[Symbol]:
    """What a number that grows has above it: named values from outside, at last the constant, each if it says more."""
    outer = [other for other in zone.above.get(symbol, ()) if other in words.of and other in seen.entry.outer]
    high = zone.high.get(symbol, ENDLESS)
    close = [
        other
        for other in outer
        if not any(
            one != other and zone.bound(symbol, one) + zone.bound(one, other) <= zone.bound(symbol, other)
            for one in outer
        )
    ]
    reach = min((zone.high[other] + zone.bound(symbol, other) for other in close), default=ENDLESS)
    return [*close[:4], *([ZERO] if high < reach // 2 or (high < FARTHEST and not close) else [])]


def _less(one: Symbol, other: Symbol) -> Line:
    return ((-1, other),) if one == ZERO else ((1, one), (-1, other))


def entry_name(seen: Seen, symbol: Symbol) -> str:
    """The name of a number that the loop changes."""
    return next(name for name, one in seen.entry.symbols.items() if one == symbol)


def _compared(seen: Seen, words: Words) -> Iterator[tuple[Value, Value]]:
    """Pairs of values of names in the condition of which the loop changes one at least: first the way they stand."""
    symbols, numbers = seen.entry.symbols, seen.entry.state.numbers
    here: dict[Value, bool] = {}
    for name in seen.head.scope.condition:
        if name in symbols:
            here[symbols[name], 0] = True
        elif name in numbers and numbers[name][0] in words.of:
            here[numbers[name]] = False
    for one, other in combinations(here, 2):
        if here[one] or here[other]:
            yield one, other
            yield other, one


def _pairs(seen: Seen, words: Words) -> Iterator[Measure]:
    """Two sums, of which the first may stay where it is while the second falls."""
    if seen.back is None:
        return
    turns = seen.entry.symbols[words.site.turns]
    zone = seen.entry.start.zone
    slow: list[Falling] = []
    fast: list[Falling] = []
    for name, symbol in seen.entry.symbols.items():
        if symbol == turns:
            continue
        least, most = seen.step(name)
        over = [
            Falling(_less(other, symbol), max(0, zone.bound(symbol, other)), 0)
            for other in _near(seen, words, zone, symbol)
            if zone.bound(symbol, other) < FARTHEST
        ]
        if most <= 0:
            slow.append(Falling(((1, symbol),), 0, 0))
        if least >= 0:
            slow += over
        fast += [*over, Falling(((1, symbol),), 0, 0)]
    for first in slow:
        for second in fast:
            one, two = words.sum(first.line, first.constant), words.sum(second.line, second.constant)
            if one is not None and two is not None and first.line[-1][1] != second.line[-1][1]:
                yield Measure((one, two))


def _claimed(site: Site, words: Words) -> Iterator[tuple[Sum, ...]]:
    """What the author says that decreases, where it is a sum of names in scope at the head."""
    if not isinstance(site.node, form.Loop) or not site.node.decreases:
        return
    inside = head_names(site.node)
    parts = [linear(part) for part in site.node.decreases if inside.isdisjoint(names_of(part))]
    if len(parts) == len(site.node.decreases) and None not in parts:
        yield tuple(part for part in parts if part is not None)


def linear(expression: Expression, factor: int = 1) -> Sum | None:
    """An expression as a sum, read as if nothing in it wraps; none where it is not linear."""
    match expression:
        case form.Constant(value):
            return Sum((), factor * value)
        case form.Variable() | form.Extent():
            return Sum(((factor, expression),))
        case form.Convert("widen" | "narrow", operand):
            return linear(operand, factor)
        case form.Binary("+" | "-" as operator, left, right):
            one, two = linear(left, factor), linear(right, factor if operator == "+" else -factor)
            if one is None or two is None:
                return None
            return Sum((*one.parts, *two.parts), one.constant + two.constant)
        case form.Binary("*", form.Constant(value), other) | form.Binary("*", other, form.Constant(value)):
            return linear(other, factor * value)
    return None
