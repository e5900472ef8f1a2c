"""From symbols back to the program's own words: sums over what can be named at a loop's head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U64, Expression

from ..facts import Site, Sum
from .expressions import PACKET, WIRE
from .heads import Seen
from .scope import Scope
from .values import Value, interval
from .zones import KNOWN, ZERO, Symbol

Line = tuple[tuple[int, Symbol], ...]
"""Coefficients of symbols."""


@dataclass(frozen=True, slots=True)
class Words:
    """Expressions for the symbols at one loop's head: each is a name, or a length, less an offset."""

    site: Site
    of: Mapping[Symbol, tuple[Expression, int]]

    def sum(self, parts: Iterable[tuple[int, Symbol]], constant: int = 0) -> Sum | None:
        """The sum in words, symbol 0 being 1; none where a symbol has no name."""
        found: dict[Expression, int] = {}
        for coefficient, symbol in parts:
            if symbol == ZERO:
                constant += coefficient
            if symbol == ZERO or not coefficient:
                continue
            word = self.of.get(symbol)
            if word is None:
                return None
            atom, offset = word
            found[atom] = found.get(atom, 0) + coefficient
            constant -= coefficient * offset
        atoms = sorted((atom for atom, c in found.items() if c), key=lambda atom: getattr(atom, "name", ""))
        return Sum(tuple((found[atom], atom) for atom in atoms), constant)


def words_of(site: Site, seen: Seen, scope: Scope) -> Words:
    """The words for one loop."""
    entry = seen.entry
    found: dict[Symbol, tuple[Expression, int]] = {}
    for name, (symbol, offset) in entry.state.numbers.items():
        if name in entry.symbols or name in seen.head.scope.assigned:
            continue
        atom = _word(site, name, scope)
        if atom is None or symbol == ZERO or (symbol in found and (offset or not found[symbol][1])):
            continue
        found[symbol] = atom, offset
    for name, symbol in entry.symbols.items():
        atom = _word(site, name, scope)
        if atom is not None:
            found[symbol] = atom, 0
    return Words(site, found)


def _word(site: Site, name: str, scope: Scope) -> Expression | None:
    if name in (PACKET, WIRE):
        return form.Extent(name.removeprefix("extent."))
    if name in (site.turns, site.words):
        return form.Variable(name, U64)
    type = scope.types.get(name)
    return form.Variable(name, type) if type is not None else None


def at_entry(seen: Seen, line: Line) -> tuple[dict[Symbol, int], int]:
    """A sum over the head's symbols as it is when the loop is come to: over values from outside, and a constant."""
    entered = {symbol: name for name, symbol in seen.entry.symbols.items()}
    parts: dict[Symbol, int] = {}
    constant = 0
    for coefficient, symbol in line:
        value: Value = (symbol, 0)
        if symbol in entered:
            value = seen.entry.state.numbers[entered[symbol]]
        constant += coefficient * value[1]
        if value[0] != ZERO:
            parts[value[0]] = parts.get(value[0], 0) + coefficient
    return {symbol: coefficient for symbol, coefficient in parts.items() if coefficient}, constant


@dataclass(frozen=True, slots=True)
class Most:
    """An upper bound that may grow with the packet."""

    constant: int
    per_byte: int

    def at(self, length: int) -> int:
        """The bound for packets of that many bytes."""
        return self.constant + self.per_byte * length

    @property
    def sum(self) -> Sum:
        """The same as a sum."""
        parts = ((self.per_byte, form.Extent("packet")),) if self.per_byte else ()
        return Sum(parts, self.constant)


def greatest(seen: Seen, line: Line, constant: int, maximum: int) -> Most | None:
    """The greatest value of a sum when the loop is come to: a constant, unless the packet's length says much more."""
    zone, packet = seen.entry.state.zone, seen.entry.state.numbers[PACKET][0]
    parts, more = at_entry(seen, line)
    fixed = linear = constant + more
    per_byte = 0
    for symbol, coefficient in parts.items():
        low, high = interval(zone, (symbol, 0))
        fixed += coefficient * (high if coefficient > 0 else low)
        if coefficient > 0 and zone.bound(symbol, packet) < maximum:
            per_byte += coefficient
            linear += coefficient * zone.bound(symbol, packet)
        else:
            linear += coefficient * (high if coefficient > 0 else low)
    if sorted(parts.values()) == [-1, 1]:
        x, y = sorted(parts, key=lambda symbol: -parts[symbol])
        fixed = min(fixed, constant + more + zone.bound(x, y))
    best = Most(linear, per_byte)
    if not per_byte or 2 * fixed <= best.at(maximum):
        best = Most(fixed, 0)
    return best if best.at(maximum) < KNOWN else None
