"""How addresses are aligned, and how an access may be marked: congruences, with what is known of a target's addresses.

A load may be marked aligned only where that is certain, since an unaligned one traps on MIPS. What offsets are modulo 2
or 4 is proved by the verifier, and stands in the certificate.
"""

from __future__ import annotations

from dlcode_verifier.congruence import UNKNOWN, WORD, Congruence, exactly

__all__ = ["UNKNOWN", "WORD", "Congruence", "alignment", "exactly"]


def alignment(place: Congruence, size: int) -> int:
    """Alignment that an access of `size` bytes at an address may be marked with."""
    return min(place.factor, WORD, 1 << (size.bit_length() - 1)) if place != UNKNOWN else 1
