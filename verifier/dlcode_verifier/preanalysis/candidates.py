"""Invariants to try at a loop's head, the likelier first, none that follows from others that are tried with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from dlcode_dsl.core import form

from ..facts import AtMostZero, Claimed, Fact, Multiple, Site
from .expressions import PACKET
from .heads import Seen
from .names import Words
from .scope import Scope, names_of
from .values import Value, difference, interval
from .walk import count_of
from .zones import ENDLESS, ZERO, Symbol

MOST = 26
"""Most invariants of one loop."""

WIDEST = 4
"""Bytes of the widest word that a pipe sees."""

SLACK = 64
"""How much less a fixed bound must be than the packet's length to be worth its while beside it."""

COARSE = 8
"""A bound of the zone from which on a narrower one is tried."""

FARTHEST = 1 << 20
"""Differences beyond it say nothing of use."""


def invariants(site: Site, seen: Seen, scope: Scope, words: Words) -> tuple[Fact, ...]:
    """What is to be tried at the head of one loop."""
    found: dict[Fact, None] = {}
    for fact in (
        *_claimed(site),
        *_multiples(seen, words),
        *_bounds(seen, scope, words),
        *_growth(seen, scope, words),
        *_ordered(seen, words),
        *_stream(site, seen, words),
    ):
        found[fact] = None
    return tuple(found)[:MOST]


def head_names(loop: form.Loop) -> frozenset[str]:
    """Names that a loop's head binds: they are not in scope where the head begins."""
    return frozenset(statement.name for statement in loop.head if isinstance(statement, form.Let | form.Read))


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
            sum = words.sum([(1, symbol)], -rest)
            assert sum is not None
            yield Multiple(sum, modulus)


def _at_most(words: Words, parts: list[tuple[int, Symbol]], constant: int) -> Iterator[Fact]:
    sum = words.sum(parts, constant)
    if sum is not None and sum.parts:
        yield AtMostZero(sum)


def _bounds(seen: Seen, scope: Scope, words: Words) -> Iterator[Fact]:
    """The zone at the head, without what follows from the rest of it, and from what is known anyway."""
    entry, site = seen.entry, words.site
    here = {symbol: name for name, symbol in entry.symbols.items()}
    turns = entry.symbols[site.turns]
    zone, outside = entry.start.zone, entry.state.zone
    outer = [symbol for symbol in entry.outer if symbol in words.of]
    nodes = [ZERO, *outer, *(symbol for symbol in here if symbol != turns), turns]  # those to be kept come first
    packet = entry.state.numbers[PACKET][0]
    paced = {symbol for name, symbol in entry.symbols.items() if seen.back is not None and seen.step(name)[0] > 1}
    counts = site.pipe is not None or (isinstance(site.node, form.Loop) and site.node.limit is not None)
    given: set[tuple[Symbol, Symbol]] = set()
    apart: dict[tuple[Symbol, Symbol], int] = {}
    for x in nodes:
        for y in nodes:
            if x == y:
                continue
            c = apart[x, y] = zone.bound(x, y)
            if x in here or y in here:
                trivial = c >= 0 if x == ZERO else y == ZERO and _is_type(scope, here.get(x), c)
                useless = (c >= FARTHEST and y != ZERO) or (c > 0 and y != ZERO and c > zone.high[x] // 2)
            else:
                trivial, useless = outside.bound(x, y) <= c, True
            if trivial or useless:
                given.add((x, y))
    for x in here:
        if apart[x, ZERO] + SLACK >= apart.get((x, packet), ENDLESS) + zone.high[packet]:
            given.add((x, ZERO))  # the packet's length says almost as much
    given |= {(turns, y) for y in nodes if y in paced or (y not in here and not counts)}
    for x, y in reduced(nodes, apart, turns):
        if (x, y) not in given:
            yield from _at_most(words, [(1, x), (-1, y)], -apart[x, y])


def reduced(
    nodes: list[Symbol], apart: dict[tuple[Symbol, Symbol], int], never: Symbol
) -> list[tuple[Symbol, Symbol]]:
    """The bounds x - y <= apart[x, y] from which the others follow, though never by way of `never`.

    Of nodes a fixed distance apart, the first stands for the others.
    """
    first: dict[Symbol, Symbol] = {}  # what a node is a fixed distance from
    for node in nodes:
        first[node] = next(
            (one for one in first if first[one] == one and apart[node, one] + apart[one, node] == 0), node
        )
    heads = [node for node in nodes if first[node] == node]
    kept = [pair for node in nodes if first[node] != node for pair in ((node, first[node]), (first[node], node))]
    for x in heads:
        for y in heads:
            if x != y and not any(
                z not in (x, y, never) and apart[x, z] + apart[z, y] <= apart[x, y] for z in heads
            ):
                kept.append((x, y))
    return sorted(kept, key=lambda pair: max(nodes.index(pair[0]), nodes.index(pair[1])))


def _is_type(scope: Scope, name: str | None, c: int) -> bool:
    """Whether a bound says no more than the type of a name does."""
    if name is None:
        return True
    type = scope.types.get(name)
    return c >= (1 << (type.bits if type else 64)) - 1


def _growth(seen: Seen, scope: Scope, words: Words) -> Iterator[Fact]:
    """How far numbers have moved after so many turns, and pairs of numbers that move against each other."""
    if seen.back is None:
        return
    entry = seen.entry
    turns = entry.symbols[words.site.turns]
    zone, head = entry.state.zone, entry.start.zone
    moving: list[tuple[str, Symbol, int, int]] = []
    for name, symbol in entry.symbols.items():
        if symbol != turns:
            moving.append((name, symbol, *seen.step(name)))
    counters = [
        (symbol, least, entry.state.numbers[name])
        for name, symbol, least, _ in moving
        if least > 0 and not _is_type(scope, name, head.high[symbol])
    ]
    for name, symbol, least, most in moving:
        before = entry.state.numbers[name]
        low, high = interval(zone, before)
        start = before if before[0] in words.of or before[0] == ZERO else None
        origin = [(1, start[0])] if start else []
        less = [(-1, start[0])] if start else []
        if least > 1 or (least == 1 and most > 1 and start is None):
            yield from _at_most(words, [(least, turns), (-1, symbol), *origin], start[1] if start else low)
        if most < -1:
            yield from _at_most(words, [(-most, turns), (1, symbol), *less], -start[1] if start else -high)
        if 0 < 4 * most < head.high[symbol] and _is_type(scope, name, head.high[symbol]):
            if start or not _is_type(scope, name, high):
                if most > 1 or start is None:
                    yield from _at_most(words, [(1, symbol), (-most, turns), *less], -start[1] if start else -high)
                for counter, pace, first in counters[:1]:
                    parts = [(pace, symbol), (-most, counter), (most, first[0])]
                    parts += [(-pace, part) for _, part in origin]
                    yield from _at_most(words, parts, most * first[1] - pace * (start[1] if start else high))
        if -head.high[symbol] < 4 * least < -4 and most <= 0 and head.low[symbol] == 0:
            yield from _at_most(words, [(-1, symbol), (least, turns), *origin], start[1] if start else low)
    for (one, x, least, most), (two, y, lesser, greater) in combinations(moving, 2):
        if (least >= 0 and lesser >= 0) or (most <= 0 and greater <= 0):
            continue
        starts = [entry.state.numbers[one], entry.state.numbers[two]]
        total = starts[0][1] + starts[1][1]
        if most + greater <= 0:
            yield from _at_most(words, [(1, x), (1, y), *((-1, start[0]) for start in starts)], -total)
        if least + lesser >= 0:
            yield from _at_most(words, [(-1, x), (-1, y), *((1, start[0]) for start in starts)], total)


def _ordered(seen: Seen, words: Words) -> Iterator[Fact]:
    """x <= y for names of the loop's condition."""
    numbers = seen.entry.state.numbers
    here = []
    for name in seen.head.scope.condition:
        if name in seen.entry.symbols:
            here.append(seen.entry.symbols[name])
        elif name in numbers and numbers[name][0] in words.of:
            here.append(numbers[name][0])
    zone = seen.entry.start.zone
    changed = set(seen.entry.symbols.values())
    coarse = 1 if any(modulus > 1 for modulus, _ in seen.head.multiples.values()) else COARSE
    for x, y in combinations(here, 2):
        if x in changed or y in changed:
            for one, other in ((x, y), (y, x)):
                entered = difference(seen.entry.state.zone, *_entered(seen, one, other))
                if coarse <= zone.bound(one, other) and entered <= 0:
                    yield from _at_most(words, [(1, one), (-1, other)], 0)


def _entered(seen: Seen, one: Symbol, other: Symbol) -> tuple[Value, Value]:
    """What symbols at the head are when the loop is come to."""
    names = {symbol: name for name, symbol in seen.entry.symbols.items()}
    first, second = (seen.entry.state.numbers[names[x]] if x in names else (x, 0) for x in (one, other))
    return first, second


def _stream(site: Site, seen: Seen, words: Words) -> Iterator[Fact]:
    """How many words a pipe sees."""
    if site.pipe is None:
        return
    known, count = seen.entry.state.numbers[site.words], seen.entry.state.numbers[count_of(site)]
    yield from _at_most(words, [(1, known[0])], known[1] - interval(seen.entry.state.zone, known)[1])
    size = site.pipe.gauge.bits // 8
    yield from _at_most(words, [(size, known[0]), (-1, count[0])], size * known[1] - count[1] - (WIDEST - 1))
