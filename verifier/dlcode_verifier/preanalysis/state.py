"""What is known at one place of a program: what each name stands for, and a zone of bounds between values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Set

from .values import Chosen, Truth, Unknown, Value, Values, at_most, common_multiple, difference, interval, symbols_of
from .zones import KNOWN, ZERO, Constraint, Symbol, Zone, joined

MOST_KEPT = 64
"""Most bounds that a truth value brings along from one of two ways."""

NEAR = 12
"""Most values that one which has met another is compared with."""


class State:
    """What names stand for, a zone, and versions of the bytes that can be written.

    What is read twice at one place in one version is one value.
    """

    __slots__ = ("memory", "numbers", "packet", "truths", "zone")

    def __init__(
        self,
        numbers: dict[str, Value],
        truths: dict[str, Truth],
        zone: Zone,
        packet: Hashable = 0,
        memory: Hashable = 0,
    ) -> None:
        self.numbers, self.truths, self.zone, self.packet, self.memory = numbers, truths, zone, packet, memory

    def copy(self) -> State:
        return State(self.numbers.copy(), self.truths.copy(), self.zone.copy(), self.packet, self.memory)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in scope."""
        return (*self.numbers, *self.truths)

    def keep(self, names: Iterable[str]) -> None:
        """Forget other names."""
        kept = dict.fromkeys(names)
        self.numbers = {name: value for name, value in self.numbers.items() if name in kept}
        self.truths = {name: truth for name, truth in self.truths.items() if name in kept}

    def restricted(self, values: Values, names: Set[str]) -> State:
        """The same with only these names, and those that stand for the same values but for an offset."""
        symbols = {value[0] for name, value in self.numbers.items() if name in names}
        numbers = {name: value for name, value in self.numbers.items() if name in names or value[0] in symbols - {ZERO}}
        truths = {name: truth for name, truth in self.truths.items() if name in names}
        symbols = symbols.union(*(symbols_of(truth) for truth in truths.values()))
        zone = self.zone.restricted(values.live(self.zone, symbols))
        return State(numbers, truths, zone, self.packet, self.memory)

    def regain(self, whole: State, part: State) -> None:
        """Take back what `whole` knew and `part`, from which this one comes, did not."""
        self.numbers |= {name: value for name, value in whole.numbers.items() if name not in part.numbers}
        self.truths |= {name: truth for name, truth in whole.truths.items() if name not in part.truths}
        self.zone.regain(whole.zone)


def merged(
    values: Values, place: Hashable, one: State | None, other: State | None, names: Iterable[str]
) -> State | None:
    """What holds where two ways meet, of the names that are still in scope. `place` tells this meeting from others."""
    if one is None or other is None:
        left = one or other
        if left is not None:
            left.keep(names)
        return left
    names = tuple(names)
    held = {value[0] for name, value in one.numbers.items() if other.numbers.get(name) == value}
    for name in names:
        for state in (one, other):
            if name in state.truths:
                held |= symbols_of(state.truths[name])
    zone = joined(one.zone, other.zone, values.live(one.zone, held))
    result = State(
        {},
        {},
        zone,
        one.packet if one.packet == other.packet else values.symbol((place, one.packet, other.packet)),
        one.memory if one.memory == other.memory else values.symbol((place, one.memory, other.memory)),
    )
    met: dict[tuple[Value, Value], Value] = {}
    differ: list[str] = []
    for name in names:
        if name in one.numbers and name in other.numbers:
            first, second = one.numbers[name], other.numbers[name]
            if first == second:
                result.numbers[name] = first
                continue
            if (first, second) not in met:
                value = met[first, second] = _meeting(values, place, one.zone, other.zone, zone, first, second)
                _relate(one.zone, other.zone, zone, first, second, value, met)
            result.numbers[name] = met[first, second]
        elif name in one.truths and name in other.truths:
            if one.truths[name] == other.truths[name]:
                result.truths[name] = one.truths[name]
            else:
                differ.append(name)
    if differ:
        on_one, on_other = _tighter(one, result), _tighter(other, result)
        for name in differ:
            result.truths[name] = _either(values, one.truths[name], on_one, other.truths[name], on_other)
    return result


def _meeting(
    values: Values, place: Hashable, one: Zone, other: Zone, zone: Zone, first: Value, second: Value
) -> Value:
    """The symbol of what is `first` along one way and `second` along the other."""
    symbol = values.symbol(("meeting", place, first, second))
    values.meetings[symbol] = place, (first, second)
    (low, high), (lower, higher) = interval(one, first), interval(other, second)
    zone.low[symbol], zone.high[symbol] = min(low, lower), max(high, higher)
    values.multiples[symbol] = common_multiple(values.multiple(first), values.multiple(second))
    return symbol, 0


def _relate(
    one: Zone, other: Zone, zone: Zone, first: Value, second: Value, value: Value, met: dict[tuple[Value, Value], Value]
) -> None:
    """Bounds between what met and the values near it, and the others that met."""
    near: dict[Symbol, None] = {}
    for known, symbol in ((one, first[0]), (other, second[0])):
        if symbol in zone.high and symbol != ZERO:
            near[symbol] = None
        for graph in (known.above, known.below):
            close = [neighbour for neighbour in graph.get(symbol, ()) if neighbour in zone.high]
            near |= dict.fromkeys(close[:NEAR])
    here = [((symbol, 0), (symbol, 0), (symbol, 0)) for symbol in near]
    for this, that, there in [*here, *((a, b, both) for (a, b), both in met.items())]:
        if there[0] == value[0]:
            continue
        most = max(difference(one, first, this), difference(other, second, that))
        if most < KNOWN:
            at_most(zone, value, there, most)
        most = max(difference(one, this, first), difference(other, that, second))
        if most < KNOWN:
            at_most(zone, there, value, most)


def _tighter(state: State, result: State) -> tuple[Constraint, ...]:
    """Bounds that hold on one way and have been lost where it met the other; and what the names were on it."""
    found = [(x, y, c) for x, y, c in state.zone.constraints() if c < result.zone.bound(x, y)]
    for name, value in result.numbers.items():
        was = state.numbers[name]
        if value != was:
            found.append((value[0], was[0], was[1] - value[1]))
            found.append((was[0], value[0], value[1] - was[1]))
    return tuple(found[-MOST_KEPT:])


def _either(
    values: Values, first: Truth, on_first: tuple[Constraint, ...], second: Truth, on_second: tuple[Constraint, ...]
) -> Truth:
    if isinstance(first, bool) or isinstance(second, bool):
        return Chosen(first, on_first, second, on_second)
    return Unknown(values.number())
