"""Numbers of which something holds once a flag has changed: where it was `found`, or a value that means nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U64, Expression

from ..facts import Claimed
from .expressions import PACKET
from .heads import Seen
from .motion import Motion
from .names import Words
from .scope import Scope
from .values import Linear, Value, difference, interval
from .zones import KNOWN, ZERO, Symbol, Zone

MOST = 6
"""Most such claims of one loop."""


def claims(seen: Seen, words: Words, motion: Motion, scope: Scope) -> tuple[Claimed, ...]:
    """What is to be tried: a flag is as it was, or a number is bounded."""
    return tuple(islice(_claims(seen, words, motion, scope), MOST))


def _claims(seen: Seen, words: Words, motion: Motion, scope: Scope) -> Iterator[Claimed]:
    entry, back = seen.entry, seen.back
    if back is None or len(motion.ways) < 2 or words.site.pipe is not None:
        return
    packet = entry.state.numbers[PACKET][0]
    outer = [packet, *(symbol for symbol in entry.outer if symbol in words.of and symbol != packet)]
    for name, symbol in entry.symbols.items():
        changes = [way.get(name, {}) for way in motion.ways]
        ends = [_value({symbol: 1}, change) for change in changes if change]
        if name == words.site.turns or not 0 < len(ends) < len(changes) or None in ends:
            continue
        unchanged = list(_unchanged(seen, motion, scope, name))
        if not unchanged:
            continue
        for one, other in [*(((symbol, 0), (limit, 0)) for limit in outer), ((ZERO, 0), (symbol, 0))]:
            bounds = [
                difference(back.zone, end, other) if one[0] == symbol else difference(back.zone, one, end)
                for end in ends
                if end is not None
            ]
            c = max(bounds)
            if c >= KNOWN or c >= difference(entry.start.zone, one, other) or (one[0] == ZERO and c >= 0):
                continue
            if one[0] == symbol and any(end is not None and _only_far(back.zone, end, other) for end in ends):
                continue
            bound = _at_most(words, one, other, c)
            if bound is not None:
                for flag in unchanged:
                    if c != -1 or flag != form.Compare("==", *_number(name, 0, scope)):  # it is 0, or at least 1
                        yield Claimed(form.Logic("or", flag, bound))


def _number(name: str, start: int, scope: Scope) -> tuple[form.Variable, form.Constant]:
    return form.Variable(name, scope.types[name]), form.Constant(start, scope.types[name])


def _only_far(zone: Zone, one: Value, other: Value) -> bool:
    """Whether no more is known of the difference of two values than what each can be."""
    return difference(zone, one, other) >= interval(zone, one)[1] - interval(zone, other)[0]


def _unchanged(seen: Seen, motion: Motion, scope: Scope, name: str) -> Iterator[Expression]:
    """That a flag is still what it was before the loop, for flags that change whenever the number of that name does."""
    entry, back = seen.entry, seen.back
    assert back is not None
    for flag in seen.head.scope.assigned:
        before = entry.state.truths.get(flag)
        if isinstance(before, bool) and flag in back.truths:
            variable = form.Variable(flag, form.BOOL)
            yield variable if before else form.Not(variable)
        elif flag in entry.symbols and entry.state.numbers[flag][0] == ZERO:
            if all(way.get(flag) or not way.get(name) for way in motion.ways):
                if not all(way.get(flag) for way in motion.ways):
                    yield form.Compare("==", *_number(flag, entry.state.numbers[flag][1], scope))


def _value(one: Linear, other: Linear) -> Value | None:
    """Two sums together, where they come to a symbol and a constant."""
    found = dict(one)
    for symbol, c in other.items():
        found[symbol] = found.get(symbol, 0) + c
    constant = found.pop(ZERO, 0)
    symbols = [(symbol, c) for symbol, c in found.items() if c]
    if not symbols:
        return ZERO, constant
    return (symbols[0][0], constant) if len(symbols) == 1 and symbols[0][1] == 1 else None


def _at_most(words: Words, one: Value, other: Value, c: int) -> Expression | None:
    """one - other <= c in the program's arithmetic, 64 bits wide."""
    left, right = _wide(words, one[0]), _wide(words, other[0])
    if left is None or right is None:
        return None
    (left_atom, left_offset), (right_atom, right_offset) = left, right
    c += left_offset - right_offset
    if c < 0:
        left_atom = form.Binary("+%", left_atom, form.Constant(-c, U64))
    elif c > 0:
        right_atom = form.Binary("+%", right_atom, form.Constant(c, U64))
    return form.Compare("<=", left_atom, right_atom)


def _wide(words: Words, symbol: Symbol) -> tuple[Expression, int] | None:
    """A symbol's word at 64 bits, and its offset."""
    if symbol == ZERO:
        return form.Constant(0, U64), 0
    found = words.of.get(symbol)
    if found is None or not 0 < found[0].type.bits <= 64:
        return None
    atom, offset = found
    return (atom if atom.type == U64 else form.Convert("widen", atom, U64)), offset
