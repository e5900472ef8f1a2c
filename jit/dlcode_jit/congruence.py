"""Alignment facts: what an offset is modulo 4, read off its expression.

A load may be marked aligned only where that is certain, since an unaligned one traps on MIPS. Everything here follows
from the expression alone: `14 + (ihl * 4)` is 2 modulo 4 whatever `ihl` is. Arithmetic that wraps keeps the facts,
since 4 divides every modulus that it wraps at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Expression

WORD = 4
"""The modulus that facts are kept to: the largest access that MIPS wants aligned."""


@dataclass(frozen=True, slots=True)
class Congruence:
    """A value is `remainder` modulo `modulus`, which is 1, 2 or 4."""

    modulus: int
    remainder: int

    @property
    def factor(self) -> int:
        """The greatest of 1, 2 and 4 that surely divides the value: the alignment, where the value is an address."""
        return gcd(self.modulus, self.remainder)

    def plus(self, other: Congruence) -> Congruence:
        """Of the sum of two values."""
        modulus = min(self.modulus, other.modulus)
        return Congruence(modulus, (self.remainder + other.remainder) % modulus)

    def times(self, other: Congruence) -> Congruence:
        """Of the product of two values."""
        modulus, factor = min(self.modulus, other.modulus), min(self.factor * other.factor, WORD)
        if factor > modulus:
            return Congruence(factor, 0)
        return Congruence(modulus, self.remainder * other.remainder % modulus)

    def negated(self) -> Congruence:
        """Of the negative of a value."""
        return Congruence(self.modulus, -self.remainder % self.modulus)


UNKNOWN = Congruence(1, 0)


def exactly(value: int) -> Congruence:
    """Of a known value."""
    return Congruence(WORD, value % WORD)


def alignment(place: Congruence, size: int) -> int:
    """Alignment that an access of `size` bytes at an address may be marked with."""
    return min(place.factor, WORD, 1 << (size.bit_length() - 1)) if place != UNKNOWN else 1


def congruence(expression: Expression, names: Mapping[str, Congruence]) -> Congruence:
    """What is certain of the expression's value; `names` says it of immutable names."""
    if expression.type.bits < 8:  # 4 need not divide the modulus of so narrow a type
        return UNKNOWN
    match expression:
        case form.Constant(value):
            return exactly(value)
        case form.Variable(name):
            return names.get(name, UNKNOWN)
        case form.Convert(_, operand):
            return congruence(operand, names)
        case form.Binary("+" | "+%", left, right):
            return congruence(left, names).plus(congruence(right, names))
        case form.Binary("-" | "-%", left, right):
            return congruence(left, names).plus(congruence(right, names).negated())
        case form.Binary("*" | "*%", left, right):
            return congruence(left, names).times(congruence(right, names))
        case form.Binary("<<", left, form.Constant(amount)):
            return congruence(left, names).times(exactly(1 << min(amount, 2)))
        case form.Binary("&", left, right):
            return _and(congruence(left, names), congruence(right, names))
        case form.Binary("|" | "^" as symbol, left, right):
            one, other = congruence(left, names), congruence(right, names)
            modulus = min(one.modulus, other.modulus)
            joined = one.remainder | other.remainder if symbol == "|" else one.remainder ^ other.remainder
            return Congruence(modulus, joined % modulus)
    return UNKNOWN


def _and(one: Congruence, other: Congruence) -> Congruence:
    modulus, factor = min(one.modulus, other.modulus), max(one.factor, other.factor)
    if factor > modulus:
        return Congruence(factor, 0)
    return Congruence(modulus, (one.remainder & other.remainder) % modulus)
