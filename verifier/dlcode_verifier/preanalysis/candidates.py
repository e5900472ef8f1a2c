"""Invariants to try at a loop's head, the likelier first, none that follows from others that are tried with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from dlcode_dsl.core import form

from ..facts import AtMostZero, Claimed, Fact, Multiple, Site
from . import flags
from .expressions import PACKET
from .heads import Seen
from .motion import Motion, most_change
from .names import Words
from .scope import Scope, names_of
from .values import Linear, Value, Values, difference, interval
from .walk import count_of
from .zones import ENDLESS, ZERO, Symbol

MOST = 26
"""Most invariants of one loop."""

WIDEST = 4
"""Bytes of the widest word that a pipe sees."""

COARSE = 8
"""A bound of the zone from which on a narrower one is tried."""

SLACK = 64
"""How much less a fixed bound must be than the packet's length to be worth its while beside it."""

FARTHEST = 1 << 20
"""Differences beyond it say nothing of use."""


@dataclass
class Candidates:
    """What is tried in one program; `lines` are the sums that are tried to be at most 0, of loops that came before."""

    scope: Scope
    values: Values
    lines: list[Linear] = field(default_factory=list)

    def of(self, site: Site, seen: Seen, words: Words, motion: Motion) -> tuple[Fact, ...]:
        """What is to be tried at the head of one loop."""
        found: dict[Fact, None] = dict.fromkeys(_claimed(site))
        found |= dict.fromkeys(_multiples(seen, words))
        own: list[Linear] = []
        loop = _Loop(self.scope, self.values, site, seen, words, motion)
        for line in (*loop.bounds(), *loop.kept(), *loop.growth(), *loop.ordered(), *loop.stream()):
            for shown in self.nameable(line, words):
                sum = words.sum((c, symbol) for symbol, c in shown.items())
                if sum is not None and sum.parts:
                    found[AtMostZero(sum)] = None
                    own.append(shown)
        self.lines += own
        found |= dict.fromkeys(flags.claims(seen, words, motion, self.scope))
        return tuple(found)[:MOST]

    def nameable(self, line: Linear, words: Words) -> list[Linear]:
        """The line, or what it comes to by others where it speaks of what an outer loop's number was."""
        nameless = [symbol for symbol, c in line.items() if c and symbol != ZERO and symbol not in words.of]
        if not nameless:
            return [line]
        if len(nameless) > 1:
            return []
        (symbol,) = nameless
        others = [
            other
            for other in reversed(self.lines)
            if other.get(symbol, 0) * line[symbol] < 0
            and all(part in (ZERO, symbol) or part in words.of for part in other)
        ]
        others.sort(key=lambda other: {part: -c for part, c in other.items()} not in self.lines)  # equations first
        return [_combined(line, abs(other[symbol]), other, abs(line[symbol])) for other in others[:1]]


def head_names(loop: form.Loop) -> frozenset[str]:
    """Names that a loop's head binds: they are not in scope where the head begins."""
    return frozenset(statement.name for statement in loop.head if isinstance(statement, form.Let | form.Read))


def reduced(
    nodes: list[Symbol], apart: dict[tuple[Symbol, Symbol], int], never: Symbol
) -> list[tuple[Symbol, Symbol]]:
    """The bounds x - y <= apart[x, y] from which the others follow, though never by way of `never`.

    Of nodes a fixed distance apart, the first stands for the others.
    """
    first: dict[Symbol, Symbol] = {}  # what a node is a fixed distance from
    for node in nodes:
        same = (one for one in first if first[one] == one and apart[node, one] + apart[one, node] == 0)
        first[node] = next(same, node)
    heads = [node for node in nodes if first[node] == node]
    kept = [pair for node in nodes if first[node] != node for pair in ((node, first[node]), (first[node], node))]
    for x in heads:
        for y in heads:
            if x != y and not any(
                z not in (x, y, never) and apart[x, z] + apart[z, y] <= apart[x, y] for z in heads
            ):
                kept.append((x, y))
    return sorted(kept, key=lambda pair: max(nodes.index(pair[0]), nodes.index(pair[1])))


def _claimed(site: Site) -> Iterator[Fact]:
    if isinstance(site.node, form.Loop):
        inside = head_names(site.node)
        for invariant in site.node.invariants:
            if inside.isdisjoint(names_of(invariant)):
                yield Claimed(invariant)


def _multiples(seen: Seen, words: Words) -> Iterator[Fact]:
    for name, symbol in seen.entry.symbols.items():
        modulus, rest = seen.head.multiples[name]
        if modulus > 1:
            sum = words.sum([(1, symbol), (-rest, ZERO)])
            assert sum is not None
            yield Multiple(sum, modulus)


def _combined(one: Linear, times: int, other: Linear, factor: int) -> Linear:
    found = {symbol: c * times for symbol, c in one.items()}
    for symbol, c in other.items():
        found[symbol] = found.get(symbol, 0) + c * factor
    return {symbol: c for symbol, c in found.items() if c}


def _line(*parts: tuple[int, Value]) -> Linear:
    """A sum of values times factors."""
    found: Linear = {ZERO: 0}
    for c, (symbol, offset) in parts:
        if symbol != ZERO:
            found[symbol] = found.get(symbol, 0) + c
        found[ZERO] += c * offset
    return found


@dataclass(frozen=True)
class _Loop:
    """One loop, and the sums of its numbers that may be at most 0 at its head."""

    scope: Scope
    values: Values
    site: Site
    seen: Seen
    words: Words
    motion: Motion

    @property
    def turns(self) -> Symbol:
        return self.seen.entry.symbols[self.site.turns]

    @property
    def limited(self) -> bool:
        """Whether something bounds the turns by itself."""
        return isinstance(self.site.node, form.Copy) or self.site.node.limit is not None

    def unbounded(self, name: str, high: int) -> bool:
        """Whether a bound says no more than the type of a name does."""
        type = self.scope.types.get(name)
        return high >= (1 << (type.bits if type else 64)) - 1

    def bounds(self) -> Iterator[Linear]:
        """The zone at the head, without what follows from the rest of it, and from what is known anyway."""
        seen, entry, turns = self.seen, self.seen.entry, self.turns
        here = {symbol: name for name, symbol in entry.symbols.items()}
        zone, outside = entry.start.zone, entry.state.zone
        outer = [symbol for symbol in entry.outer if symbol in self.words.of]
        nodes = [ZERO, *outer, *(symbol for symbol in here if symbol != turns), turns]  # those to be kept come first
        packet = entry.state.numbers[PACKET][0]
        paced = {symbol for name, symbol in entry.symbols.items() if seen.back is not None and seen.step(name)[0] > 1}
        given: set[tuple[Symbol, Symbol]] = set()
        apart: dict[tuple[Symbol, Symbol], int] = {}
        for x in nodes:
            for y in nodes:
                if x == y:
                    continue
                c = apart[x, y] = zone.bound(x, y)
                if x not in here and y not in here:
                    known = True
                elif x == ZERO:
                    known = c >= 0
                elif y == ZERO:
                    known = self.unbounded(here[x], c)
                else:  # one that is near to what the interval says is of no use
                    useful = zone.high[x] - zone.high[x] // (16 if x in here and y in here else 2)
                    known = c >= FARTHEST or c > max(0, useful)
                if known:
                    given.add((x, y))
        for x in here:
            if apart[x, ZERO] + SLACK >= apart.get((x, packet), ENDLESS) + zone.high[packet]:
                given.add((x, ZERO))  # the packet's length says almost as much
        given |= {(turns, y) for y in nodes if y in paced or (y not in here and not self.limited)}
        for x, y in reduced(nodes, apart, turns):
            if (x, y) not in given and outside.bound(x, y) >= apart[x, y]:
                yield _line((1, (x, 0)), (-1, (y, 0)), (-apart[x, y], (ZERO, 1)))

    def start(self, name: str) -> Value:
        return self.seen.entry.state.numbers[name]

    def kept(self) -> Iterator[Linear]:
        """Combinations of numbers that no turn changes."""
        zone, symbols = self.seen.entry.start.zone, self.seen.entry.symbols
        for vector in self.motion.kept:
            if sorted(vector.values()) == [-1, 1]:
                x, y = (symbols[name] for name in sorted(vector, key=lambda name: vector[name]))
                if zone.bound(x, y) + zone.bound(y, x) == 0:
                    continue  # the zone has it
            elif len(vector) == 2 and self.site.turns in vector and max(map(abs, vector.values())) > 1:
                continue  # how far one number has moved is a matter of growth
            line: Linear = {}
            for name, c in vector.items():
                line = _combined(line, 1, _line((c, (symbols[name], 0)), (-c, self.start(name))), 1)
            yield line
            yield {symbol: -c for symbol, c in line.items()}

    def growth(self) -> Iterator[Linear]:
        """How far numbers have moved after so many turns, or while others moved so far."""
        seen, entry = self.seen, self.seen.entry
        if seen.back is None:
            return
        head, turns = entry.start.zone, (self.turns, 0)
        numbers = [(name, symbol) for name, symbol in entry.symbols.items() if symbol != self.turns]
        moving = [(name, (symbol, 0), *seen.step(name)) for name, symbol in numbers]
        counters = [
            (symbol, least, self.start(name))
            for name, symbol, least, _ in moving
            if least > 0 and not self.unbounded(name, head.high[symbol[0]])
        ]
        for name, symbol, least, most in moving:
            start = self.start(name)
            low, high = head.between(symbol[0])
            if least > 1:
                yield _line((least, turns), (-1, symbol), (1, start))
            if most < -1:
                yield _line((-most, turns), (1, symbol), (-1, start))
            if 0 < 4 * most < high and self.unbounded(name, high):
                if most > 1 and (self.limited or not counters):
                    yield _line((1, symbol), (-most, turns), (-1, start))
                for counter, pace, first in counters[:1]:
                    yield _line((pace, symbol), (-most, counter), (most, first), (-pace, start))
                yield from self.ratios(name)
            untested = name not in seen.head.scope.condition
            if -high < least < -1 and most <= 0 and low == 0 and (untested or least == most):
                yield _line((-1, symbol), (least, turns), (1, start))

        for (one, x, _, most), (two, y, _, greater) in combinations(moving, 2):
            grows = [name for name, rise in ((one, most), (two, greater)) if rise > 0]
            if len(grows) == 1 and most + greater <= 0:  # one falls at least as fast as the other grows
                if self.unbounded(grows[0], head.high[entry.symbols[grows[0]]]):
                    yield _line((1, x), (1, y), (-1, self.start(one)), (-1, self.start(two)))

    def ratios(self, name: str) -> Iterator[Linear]:
        """A number that grows only where another one does, which does not always."""
        assert self.seen.back is not None
        zone, symbols = self.seen.back.zone, self.seen.entry.symbols
        changes = {
            other: [
                (most_change(self.values, zone, way[name]), -most_change(self.values, zone, _negative(way[other])))
                for way in self.motion.ways
            ]
            for other in symbols
            if other not in (name, self.site.turns)
        }
        for other, pairs in changes.items():
            always = all(slower > 0 for _, slower in pairs)
            if always or not pairs or any(slower < 0 or (slower == 0 < faster) for faster, slower in pairs):
                continue
            times = max((-(-faster // slower) for faster, slower in pairs if slower), default=0)
            if 1 < times < FARTHEST:
                grown = (1, (symbols[name], 0)), (-1, self.start(name))
                yield _line(*grown, (-times, (symbols[other], 0)), (times, self.start(other)))

    def ordered(self) -> Iterator[Linear]:
        """x <= y for names of the loop's condition."""
        entry, head = self.seen.entry, self.seen.head
        symbols, numbers = entry.symbols, entry.state.numbers
        names = [name for name in head.scope.condition if name in symbols or name in numbers]
        coarse = 1 if any(modulus > 1 for modulus, _ in head.multiples.values()) else COARSE
        for pair in combinations(names, 2):
            if symbols.keys().isdisjoint(pair):
                continue
            for one, other in (pair, pair[::-1]):
                x, y = ((symbols[name], 0) if name in symbols else numbers[name] for name in (one, other))
                entered = difference(entry.state.zone, numbers[one], numbers[other])
                if coarse <= difference(entry.start.zone, x, y) and entered <= 0:
                    yield _line((1, x), (-1, y))

    def stream(self) -> Iterator[Linear]:
        """How many words a pipe sees."""
        if self.site.pipe is None:
            return
        state = self.seen.entry.state
        words, count = state.numbers[self.site.words], state.numbers[count_of(self.site)]
        yield _line((1, words), (-interval(state.zone, words)[1], (ZERO, 1)))
        yield _line((self.site.pipe.gauge.bits // 8, words), (-1, count), (1 - WIDEST, (ZERO, 1)))


def _negative(change: Linear) -> Linear:
    return {symbol: -c for symbol, c in change.items()}
