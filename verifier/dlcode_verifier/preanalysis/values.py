"""Values by number: equal symbols are equal values, whatever name holds them and whenever they were computed.

A value is a symbol and what is added to it, so `at = at + 4` makes no symbol and loses no fact. A symbol never changes
its meaning: what an operator gives for the same operands is the same symbol, and a packet byte read twice is one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import gcd

from .zones import ENDLESS, KNOWN, ZERO, Constraint, Symbol, Zone

Value = tuple[Symbol, int]
"""`(symbol, offset)`: their sum. A constant is (0, itself)."""


Linear = dict[Symbol, int]
"""A sum: coefficients of symbols; that of symbol 0 is the constant."""

# ---- truth values: what is known where one holds, and where it does not


@dataclass(frozen=True, slots=True)
class Unknown:
    """A truth value of which nothing is known; a serial number tells it from others."""

    number: int


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Both:
    left: Truth
    right: Truth


@dataclass(frozen=True, slots=True)
class Negation:
    of: Truth


@dataclass(frozen=True, slots=True)
class Chosen:
    """A truth value that came along one of two ways, with what held on each."""

    first: Truth
    on_first: tuple[Constraint, ...]
    second: Truth
    on_second: tuple[Constraint, ...]


Truth = bool | Unknown | Comparison | Both | Negation | Chosen


def symbols_of(truth: Truth) -> set[Symbol]:
    """The symbols that a truth value speaks of."""
    match truth:
        case Comparison(_, left, right):
            return {left[0], right[0]}
        case Both(left, right) | Chosen(left, _, right, _):
            return symbols_of(left) | symbols_of(right)
        case Negation(of):
            return symbols_of(of)
    return set()


# ---- numbers


class Values:
    """The table of symbols of one program."""

    def __init__(self) -> None:
        self._symbols: dict[Hashable, Symbol] = {}
        self.count = 0
        self.multiples: dict[Symbol, tuple[int, int]] = {}  # symbol: (m, r): it is r modulo m
        self.meetings: dict[Symbol, tuple[Hashable, tuple[Value, Value]]] = {}  # where two ways met, and with what
        self.solved: dict[Symbol, Linear] = {}  # symbols at the head of a loop that is done: a sum of others
        self._ranges: dict[Symbol, tuple[int, int]] = {}
        self._products: dict[Symbol, tuple[Value, int]] = {}
        self.pinned: set[Symbol] = set()  # symbols that are spoken of elsewhere
        self._operands: dict[Symbol, tuple[Symbol, Symbol]] = {}
        self._sums: dict[Symbol, tuple[Value, Value]] = {}
        self._differences: dict[Symbol, tuple[Value, Value]] = {}

    def number(self) -> int:
        """A number that nothing has yet."""
        self.count += 1
        return self.count

    def live(self, zone: Zone, held: Iterable[Symbol]) -> set[Symbol]:
        """The symbols of a zone that some name stands for, or that may be computed again from such ones."""
        found = {ZERO, *self.pinned, *held}
        for symbol in sorted(zone.high):  # a symbol is younger than what it is computed from
            operands = self._operands.get(symbol)
            if operands is not None and found.issuperset(operands):
                found.add(symbol)
        return found

    def symbol(self, key: Hashable) -> Symbol:
        """The symbol of that key."""
        found = self._symbols.get(key)
        if found is None:
            found = self._symbols[key] = self.number()
        return found

    def value(
        self, zone: Zone, key: Hashable, low: int, high: int, operands: tuple[Symbol, Symbol] | None = None
    ) -> Value:
        """The symbol of that key as a value between two others; `operands`: what it is computed from."""
        low = min(low, high)
        if low == high:
            return ZERO, low
        symbol = self.symbol(key)
        self._ranges[symbol] = low, high
        if operands:
            self._operands[symbol] = operands
        zone.high.setdefault(symbol, high)
        zone.low.setdefault(symbol, low)
        zone.add(symbol, ZERO, high)
        zone.add(ZERO, symbol, -low)
        return symbol, 0

    def range(self, zone: Zone, symbol: Symbol) -> tuple[int, int]:
        """Between what a symbol lies: as the zone has it, or else as it was when it was computed."""
        return zone.between(symbol) if symbol in zone.high else self._ranges.get(symbol, (0, ENDLESS))

    def linear(self, value: Value) -> Linear:
        """A value as a sum of symbols that are no sums themselves."""
        found: Linear = {ZERO: value[1]}
        waiting = [(value[0], 1)]
        while waiting:
            symbol, c = waiting.pop()
            if symbol in self._sums:
                parts = [(part, 1) for part in self._sums[symbol]]
            elif symbol in self._differences:
                parts = [(part, sign) for part, sign in zip(self._differences[symbol], (1, -1), strict=True)]
            elif symbol in self._products:
                parts = [self._products[symbol]]
            elif symbol in self.solved:
                parts = [((part, 0), times) for part, times in self.solved[symbol].items() if part != ZERO]
                found[ZERO] += c * self.solved[symbol].get(ZERO, 0)
            else:
                if symbol != ZERO:
                    found[symbol] = found.get(symbol, 0) + c
                continue
            for (part, offset), times in parts:
                waiting.append((part, c * times))
                found[ZERO] += c * times * offset
        return {symbol: c for symbol, c in found.items() if c}

    def multiple(self, value: Value) -> tuple[int, int]:
        """(m, r): the value is r modulo m; m = 0 means that it is r."""
        if value[0] == ZERO:
            return 0, value[1]
        modulus, rest = self.multiples.get(value[0], (1, 0))
        return modulus, (rest + value[1]) % modulus if modulus else rest + value[1]

    def arithmetic(self, zone: Zone, operator: str, left: Value, right: Value, bits: int) -> Value:
        """What an operator gives; a plain one is taken not to wrap, as the run ends where it does."""
        low_left, high_left = interval(zone, left)
        low_right, high_right = interval(zone, right)
        most = (1 << bits) - 1
        if operator[-1] == "%" and len(operator) == 2:  # it may wrap
            exact = {
                "+%": high_left + high_right <= most,
                "-%": difference(zone, right, left) <= 0,
                "*%": high_left * high_right <= most,
            }[operator]
            if not exact:
                return self.value(zone, (operator, left, right, bits), 0, most)
            operator = operator[0]
        match operator:
            case "+":
                return self._plus(zone, left, right, most)
            case "-":
                return self._minus(zone, left, right)
            case "*":
                return self._times(zone, left, right, most)
            case "/":
                return self._divided(zone, left, right)
            case "%":
                if left[0] == right[0] == ZERO and right[1]:
                    return ZERO, left[1] % right[1]
                rest = self.value(zone, ("%", left, right), 0, max(0, min(high_left, high_right - 1)))
                at_most(zone, rest, right, -1)
                at_most(zone, rest, left, 0)
                return rest
            case "&":
                return self._masked(zone, left, right)
            case "<<" if right[0] == ZERO:
                return self._times(zone, left, (ZERO, 1 << min(right[1], bits)), most, cut=True)
            case ">>" if right[0] == ZERO:
                return self._divided(zone, left, (ZERO, 1 << min(right[1], bits)))
            case ">>":
                shifted = self.value(zone, (">>", left, right), 0, high_left >> min(low_right, 256))
                at_most(zone, shifted, left, 0)
                return shifted
            case "|" | "^":
                fits = (1 << max(high_left.bit_length(), high_right.bit_length())) - 1
                least = max(low_left, low_right) if operator == "|" else 0
                if left[0] == right[0] == ZERO:
                    return ZERO, left[1] | right[1] if operator == "|" else left[1] ^ right[1]
                return self.value(zone, (operator, left, right), least, fits)
        return self.value(zone, (operator, left, right, bits), 0, most)

    def follow(self, zone: Zone, symbol: Symbol) -> bool:
        """Learn what the bounds of a sum or a difference say of its parts; false where that cannot be."""
        low, high = zone.between(symbol)
        if symbol in self._differences:
            left, right = self._differences[symbol]
            return at_most(zone, right, left, -low) and at_most(zone, left, right, high)
        if symbol in self._sums:
            (one, _), (two, _) = self._sums[symbol]
            return zone.add(one, ZERO, high - zone.between(two)[0]) and zone.add(two, ZERO, high - zone.between(one)[0])
        return True

    def _plus(self, zone: Zone, left: Value, right: Value, most: int) -> Value:
        if left[0] == ZERO:
            return right[0], right[1] + left[1]
        if right[0] == ZERO:
            return left[0], left[1] + right[1]
        for one, other in ((left, right), (right, left)):
            found = self._differences.get(other[0])
            if found is not None and found[1][0] == one[0]:  # one + (a - one) = a
                return found[0][0], found[0][1] + one[1] - found[1][1] + other[1]
        offset = left[1] + right[1]
        first, second = sorted((left[0], right[0]))
        low, high = _symbols_range(zone, first, second)
        if high + offset > most:
            high = most - offset
        total = self.value(zone, ("+", first, second), low, high, (first, second))
        if total[0] == ZERO:
            return ZERO, total[1] + offset
        self._sums.setdefault(total[0], ((first, 0), (second, 0)))
        self._add_multiple(total[0], (first, 0), (second, 0), 1)
        for x, y in ((first, second), (second, first)):
            low_y, high_y = zone.between(y)
            zone.add(total[0], x, high_y)
            zone.add(x, total[0], -low_y)
            self._under_difference(zone, total[0], x, y)
        return total[0], offset

    def _under_difference(self, zone: Zone, total: Symbol, one: Symbol, two: Symbol) -> None:
        """one + two <= a + c, where two <= (a - one) + c."""
        for larger, c in list(zone.above.get(two, {}).items()):
            found = self._differences.get(larger)
            if found is not None and found[1][0] == one:
                (a, more), (_, less) = found
                zone.add(total, a, c + more - less)

    def _minus(self, zone: Zone, left: Value, right: Value) -> Value:
        if right[0] == ZERO:
            return left[0], left[1] - right[1]
        if left[0] == right[0]:
            return ZERO, left[1] - right[1]
        found = self._sums.get(left[0])
        if found is not None:
            for one, other in (found, found[::-1]):
                if one[0] == right[0]:  # (right + other) - right = other
                    return other[0], other[1] + left[1] + one[1] - right[1]
        low, high = max(0, -difference(zone, right, left)), difference(zone, left, right)
        result = self.value(zone, ("-", left, right), low, max(low, high), (left[0], right[0]))
        if result[0] != ZERO:
            self._differences.setdefault(result[0], (left, right))
            self._add_multiple(result[0], left, right, -1)
            least, greatest = interval(zone, right)
            at_most(zone, result, left, -least)
            at_most(zone, left, result, greatest)
        return result

    def _times(self, zone: Zone, left: Value, right: Value, most: int, *, cut: bool = False) -> Value:
        if left[0] == ZERO:
            left, right = right, left
        low_left, high_left = interval(zone, left)
        low_right, high_right = interval(zone, right)
        high = high_left * high_right
        if left[0] == ZERO and high <= most:
            return ZERO, high
        if right == (ZERO, 1):
            return left
        fits = not cut or high <= most  # a shift cuts bits off
        low = low_left * low_right if fits else 0
        product = self.value(zone, ("*", left, right, most), low, min(high, most), (left[0], right[0]))
        if product[0] != ZERO and right[0] == ZERO and right[1] > 1:
            factor = right[1]
            modulus, rest = self.multiple(left)
            if fits:
                self._products[product[0]] = left, factor
            if fits and modulus:
                self.multiples[product[0]] = modulus * factor, rest * factor % (modulus * factor)
                at_most(zone, left, product, -low_left * (factor - 1))
            elif cut and factor & (factor - 1) == 0:
                self.multiples[product[0]] = factor, 0
        return product

    def _divided(self, zone: Zone, left: Value, right: Value) -> Value:
        low, high = interval(zone, left)
        least, greatest = interval(zone, right)
        if least == 0:
            least = 1  # or the run has ended
        if right == (ZERO, 1):
            return left
        quotient = self.value(zone, ("/", left, right), low // max(greatest, 1), high // least, (left[0], right[0]))
        at_most(zone, quotient, left, -(low - low // least))
        found = self._sums.get(left[0])
        if found is not None and right == (ZERO, 2):  # a middle
            for (one, _), (two, _) in (found, found[::-1]):
                apart, back = zone.bound(one, two), zone.bound(two, one)
                if apart < KNOWN:
                    at_most(zone, quotient, (two, 0), (apart + left[1]) // 2)
                if back < KNOWN:
                    at_most(zone, (two, 0), quotient, -((left[1] - back) // 2))
        return quotient

    def _masked(self, zone: Zone, left: Value, right: Value) -> Value:
        if left[0] == ZERO:
            left, right = right, left
        if left[0] == ZERO:
            return ZERO, left[1] & right[1]
        high = min(interval(zone, left)[1], interval(zone, right)[1])
        if right[0] == ZERO and (right[1] + 1) & right[1] == 0 and interval(zone, left)[1] <= right[1]:
            return left
        masked = self.value(zone, ("&", left, right), 0, high, (left[0], right[0]))
        at_most(zone, masked, left, 0)
        at_most(zone, masked, right, 0)
        if right[0] == ZERO and right[1] > 0:
            lowest = right[1] & -right[1]
            modulus, rest = self.multiple(left)
            if rest == 0 and modulus & (modulus - 1) == 0:
                lowest = max(lowest, modulus)
            if lowest > 1 and masked[0] != ZERO:
                self.multiples[masked[0]] = lowest, 0
        return masked

    def _add_multiple(self, result: Symbol, left: Value, right: Value, sign: int) -> None:
        (one, first), (two, second) = self.multiple(left), self.multiple(right)
        modulus = gcd(one, two)
        rest = first + sign * second
        self.multiples[result] = modulus, rest % modulus if modulus else rest


def interval(zone: Zone, value: Value) -> tuple[int, int]:
    """The least and the greatest that a value can be."""
    low, high = zone.between(value[0])
    return low + value[1], high + value[1]


def difference(zone: Zone, left: Value, right: Value) -> int:
    """The least known bound of left - right."""
    return zone.bound(left[0], right[0]) + left[1] - right[1]


def at_most(zone: Zone, left: Value, right: Value, c: int) -> bool:
    """Note that left - right <= c; false where that cannot be."""
    return zone.add(left[0], right[0], c - left[1] + right[1])


def common_multiple(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """(m, r) of a value that is one of two."""
    modulus = gcd(gcd(one[0], other[0]), one[1] - other[1])
    return modulus, one[1] % modulus if modulus else one[1]


def _symbols_range(zone: Zone, one: Symbol, two: Symbol) -> tuple[int, int]:
    (low_one, high_one), (low_two, high_two) = zone.between(one), zone.between(two)
    return low_one + low_two, high_one + high_two
