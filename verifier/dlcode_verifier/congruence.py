"""Congruences modulo 4: what is known of a value's two low bits, and what operators make of it.

Every rule is an identity of integers. Those of arithmetic hold at every width of at least 2 bits, whether it wraps or
not, since 4 divides every modulus that it wraps at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd

WORD = 4
"""The modulus that congruences are kept to: bytes of the largest access that MIPS wants aligned."""


@dataclass(frozen=True, slots=True)
class Congruence:
    """A value is `remainder` modulo `modulus`, which is 1, 2 or 4."""

    modulus: int
    remainder: int

    @property
    def factor(self) -> int:
        """The greatest of 1, 2 and 4 that surely divides the value: the alignment, where the value is an address."""
        return gcd(self.modulus, self.remainder)

    def holds(self, value: int) -> bool:
        """Whether a value is such a one."""
        return value % self.modulus == self.remainder

    def modulo(self, modulus: int) -> Congruence:
        """What is left of it modulo at most so much."""
        modulus = gcd(self.modulus, modulus)
        return Congruence(modulus, self.remainder % modulus)

    def joined(self, other: Congruence) -> Congruence:
        """Of a value that is one of two."""
        return self.modulo(gcd(other.modulus, self.remainder - other.remainder))

    def plus(self, other: Congruence) -> Congruence:
        """Of the sum of two values."""
        modulus = min(self.modulus, other.modulus)
        return Congruence(modulus, (self.remainder + other.remainder) % modulus)

    def minus(self, other: Congruence) -> Congruence:
        """Of the difference of two values."""
        return self.plus(Congruence(other.modulus, -other.remainder % other.modulus))

    def times(self, other: Congruence) -> Congruence:
        """Of the product of two values."""
        modulus, factor = min(self.modulus, other.modulus), min(self.factor * other.factor, WORD)
        if factor > modulus:
            return Congruence(factor, 0)
        return Congruence(modulus, self.remainder * other.remainder % modulus)

    def masked(self, other: Congruence) -> Congruence:
        """Of the bits that two values have in common."""
        modulus, factor = min(self.modulus, other.modulus), max(self.factor, other.factor)
        if factor > modulus:
            return Congruence(factor, 0)
        return Congruence(modulus, self.remainder & other.remainder)

    def either(self, other: Congruence) -> Congruence:
        """Of the bits that one of two values has."""
        modulus = min(self.modulus, other.modulus)
        return Congruence(modulus, (self.remainder | other.remainder) % modulus)

    def apart(self, other: Congruence) -> Congruence:
        """Of the bits in which two values differ."""
        modulus = min(self.modulus, other.modulus)
        return Congruence(modulus, (self.remainder ^ other.remainder) % modulus)


UNKNOWN = Congruence(1, 0)

OPERATORS: dict[str, Callable[[Congruence, Congruence], Congruence]] = {
    "+": Congruence.plus, "+%": Congruence.plus, "-": Congruence.minus, "-%": Congruence.minus,
    "*": Congruence.times, "*%": Congruence.times,
    "&": Congruence.masked, "|": Congruence.either, "^": Congruence.apart,
}  # fmt: skip
"""What an operator of the core form makes of two values of at least 2 bits."""

BY_CONSTANT: dict[str, Callable[[Congruence, int], Congruence]] = {
    "<<": lambda value, by: value.times(Congruence(WORD, (1 << min(by, 2)) % WORD)),
    "%": lambda value, by: value.modulo(by),
}
"""The same for operators whose right side must be known."""


def exactly(value: int) -> Congruence:
    """Of a known value."""
    return Congruence(WORD, value % WORD)
