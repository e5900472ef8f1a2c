"""What holds at a loop's head: bounds between what the loop changes and what it does not, weakened until they last."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ..facts import Site
from .expressions import PACKET
from .scope import MOST_ASSIGNED, LoopScope, Scope
from .state import State
from .values import Unknown, Value, Values, at_most, common_multiple, difference, interval
from .zones import ENDLESS, KNOWN, ZERO, Symbol

MOST_OUTER = 20
"""Most values from outside that a loop's own are compared with."""

PATIENCE = 2
"""Times a bound may be weakened to just what is needed; later ones go to a threshold."""

IMPATIENCE = 5
"""Times after which a bound is given up."""

APART = (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 64, 256, 2048, 65536)
"""Thresholds for differences."""

LARGEST = (255, 65535, (1 << 32) - 1)
"""Thresholds for values, beside the constants of the loop."""

Bounds = dict[tuple[Symbol, Symbol], int]
"""(x, y): c with x - y <= c."""


class Phase(Enum):
    """What a walk over a loop does with what it finds."""

    WEAKEN = "weaken"
    GIVE_UP = "give up"  # what would have to be weakened
    NARROW = "narrow"
    RECORD = "record"


WEAKENING = (Phase.WEAKEN, Phase.GIVE_UP)


@dataclass(frozen=True, slots=True)
class Entry:
    """A loop as it is come to: the state before, and the state that is assumed at its head."""

    state: State
    start: State
    symbols: dict[str, Symbol]  # the numbers that the loop changes, and its turns: their symbols at the head
    outer: tuple[Symbol, ...]  # values from outside
    bounds: Bounds
    changed: bool


@dataclass(slots=True)
class Head:
    """The bounds at one loop's head, as far as they are known by now."""

    site: Site
    scope: LoopScope
    program: Scope
    entered: bool = False
    bounds: Bounds = field(default_factory=dict)
    weakened: dict[tuple[Symbol, Symbol], int] = field(default_factory=dict)
    multiples: dict[str, tuple[int, int]] = field(default_factory=dict)

    def enter(self, values: Values, state: State, phase: Phase) -> Entry:
        """Come to the loop from outside."""
        numbers = [name for name in self.scope.assigned if name in state.numbers]  # the likeliest first
        kept = [*numbers[:MOST_ASSIGNED], self.site.turns]
        symbols = {name: values.symbol(("head", self.site.number, name)) for name in kept}
        outer = self._outer(state, numbers)
        values.pinned.update(symbols.values(), outer)
        ways = {symbol: state.numbers[name] for name, symbol in symbols.items()}
        bounds = _project(state, ways, outer)
        changed = False
        if not self.entered:
            self.entered, self.bounds = True, dict(bounds)
            self.multiples = {name: values.multiple(state.numbers[name]) for name in symbols}
        elif phase in WEAKENING:
            changed = self._weaken(bounds, symbols, phase, entering=True)
            for name in symbols:
                changed |= self._combine(name, values.multiple(state.numbers[name]))
        start = state.copy()
        for name in numbers[MOST_ASSIGNED:]:
            del start.numbers[name]
        for name in self.scope.assigned:
            if name in start.truths:
                start.truths[name] = Unknown(values.symbol(("head", self.site.number, name)))
        for name, symbol in symbols.items():
            type = self.program.types.get(name)
            start.zone.low[symbol], start.zone.high[symbol] = 0, (1 << (type.bits if type else 64)) - 1
            start.numbers[name] = symbol, 0
            values.multiples[symbol] = self.multiples[name]
        for (x, y), c in self.bounds.items():
            start.zone.add(x, y, c)
        version = values.symbol(("written", self.site.number))
        if self.scope.writes_packet:
            start.packet = version
        if self.scope.writes_memory:
            start.memory = version
        return Entry(state, start, symbols, outer, bounds, changed)

    def come_back(self, values: Values, back: State | None, entry: Entry, phase: Phase) -> bool:
        """Come to the head again after a turn; whether a bound had to be weakened."""
        if phase is Phase.RECORD:
            return False
        if back is None:  # no turn is followed by another
            changed = phase is Phase.NARROW and self.bounds != entry.bounds
            if changed:
                self.bounds = dict(entry.bounds)
            return changed
        after = _project(back, {symbol: back.numbers[name] for name, symbol in entry.symbols.items()}, entry.outer)
        if phase in WEAKENING:
            changed = self._weaken(after, entry.symbols, phase)
            for name in entry.symbols:
                changed |= self._combine(name, values.multiple(back.numbers[name]))
            return changed
        changed = False
        for key, c in after.items():
            if key in entry.bounds:
                most = max(c, entry.bounds[key])
                if most < self.bounds.get(key, ENDLESS):
                    self.bounds[key] = most
                    changed |= most < entry.start.zone.bound(*key)
        return changed

    def _outer(self, state: State, changed: list[str]) -> tuple[Symbol, ...]:
        names = [self.site.words, PACKET, *(name for name in self.scope.used if name not in changed), *changed]
        symbols = dict.fromkeys(
            state.numbers[name][0] for name in names if name in state.numbers
        )
        symbols.pop(ZERO, None)
        return tuple(symbols)[:MOST_OUTER]

    def _weaken(self, bounds: Bounds, symbols: dict[str, Symbol], phase: Phase, *, entering: bool = False) -> bool:
        names = {symbol: name for name, symbol in symbols.items()}
        changed = False
        for key, c in list(self.bounds.items()):
            most = bounds.get(key, ENDLESS)
            if most <= c:
                continue
            changed = True
            times = self.weakened[key] = self.weakened.get(key, 0) + (0 if entering else 1)
            if entering and phase is Phase.WEAKEN:
                pass  # the loops around see to it that this ends
            elif times > IMPATIENCE or phase is Phase.GIVE_UP:
                most = ENDLESS
            elif times > PATIENCE:
                most = self._threshold(names, key, most)
            if most < KNOWN:
                self.bounds[key] = most
            else:
                del self.bounds[key]
        return changed

    def _threshold(self, names: dict[Symbol, str], key: tuple[Symbol, Symbol], c: int) -> int:
        x, y = key
        near = self.scope.constants.get(names[x if y == ZERO else y], ()) if ZERO in key else ()
        if y == ZERO:
            return min((one for one in [*near, *(one + 1 for one in near), *LARGEST] if one >= c), default=ENDLESS)
        if x == ZERO:
            return -max((one for one in [*near, *(one - 1 for one in near)] if 0 < one <= -c), default=0)
        return min((one for one in APART if one >= c), default=ENDLESS)

    def _combine(self, name: str, multiple: tuple[int, int]) -> bool:
        combined = common_multiple(self.multiples[name], multiple)
        changed = combined != self.multiples[name]
        self.multiples[name] = combined
        return changed


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last walk over a loop found."""

    head: Head
    entry: Entry
    turning: State | None  # when a turn begins: its condition holds
    back: State | None  # when a turn has ended, and another may follow

    def step(self, name: str) -> tuple[int, int]:
        """By how much a turn changes a number, at least and at most."""
        assert self.back is not None
        return step(self.entry, self.back, name)


def step(entry: Entry, back: State, name: str) -> tuple[int, int]:
    """By how much a turn changes a number, at least and at most."""
    before, after = (entry.symbols[name], 0), back.numbers[name]
    return -difference(back.zone, before, after), difference(back.zone, after, before)


def most_turns(entry: Entry, turning: State, back: State) -> int:
    """Most turns of a loop, from what one number has to go and how fast it goes."""
    most = ENDLESS
    for name, symbol in entry.symbols.items():
        least, greatest = step(entry, back, name)
        first_low, first_high = interval(entry.state.zone, entry.state.numbers[name])
        low, high = turning.zone.between(symbol)
        if least > 0 and high < KNOWN:
            most = min(most, max(0, high - first_low) // least + 1)
        elif greatest < 0 and first_high < KNOWN:
            most = min(most, max(0, first_high - low) // -greatest + 1)
    return most


def bound_turns(entry: Entry, turning: State, back: State, end: State) -> None:
    """Note in a state after the loop how far its numbers can have moved in all turns."""
    most = most_turns(entry, turning, back)
    if most >= KNOWN:
        return
    for name, symbol in entry.symbols.items():
        least, greatest = step(entry, back, name)
        before = entry.state.numbers[name]
        if 0 < greatest < KNOWN:
            at_most(end.zone, (symbol, 0), before, greatest * most)
        if -KNOWN < least < 0:
            at_most(end.zone, before, (symbol, 0), -least * most)


def _project(state: State, ways: dict[Symbol, Value], outer: tuple[Symbol, ...]) -> Bounds:
    """The bounds that hold where each symbol of `ways` stands for its value."""
    found: Bounds = {}
    zone = state.zone
    others = [(symbol, (symbol, 0)) for symbol in (ZERO, *outer)]
    items = list(ways.items())
    for position, (x, value) in enumerate(items):
        for y, other in [*others, *items[:position]]:
            c = difference(zone, value, other)
            if c < KNOWN:
                found[x, y] = c
            c = difference(zone, other, value)
            if c < KNOWN:
                found[y, x] = c
    return found
