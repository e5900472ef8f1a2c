"""Types of values in `.ash`: whole numbers by width, truth, and the kinds of address, which are numbers with a look."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .core import form


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type by name. `bits` is the width that a value has on the wire and in the core form; truth has none."""

    name: str
    bits: int

    @property
    def core(self) -> form.Type:
        """The type in the core form."""
        return form.Type(self.bits)

    @property
    def numeric(self) -> bool:
        """Whether arithmetic is done on it: an address is compared and masked, not added to."""
        return self.name.startswith("u")

    def __str__(self) -> str:
        return f"{'an' if self.name.startswith('ip') else 'a'} {self.name}"


BOOL = ValueType("bool", 0)
U8, U16, U32 = ValueType("u8", 8), ValueType("u16", 16), ValueType("u32", 32)

ADDRESSES = {"mac": ValueType("mac", 48), "ip4": ValueType("ip4", 32), "ip6": ValueType("ip6", 128)}
"""Addresses of a station (IEEE 802), of an IPv4 node (RFC 791) and of an IPv6 node (RFC 4291)."""

_NUMBER = re.compile(r"u([1-9][0-9]{0,2})")


def number(bits: int) -> ValueType:
    """The type of numbers of that width."""
    return ValueType(f"u{bits}", bits)


def value_type(name: str) -> ValueType | None:
    """The type of that name: `u1` to `u128`, `bool`, or a kind of address."""
    if name == "bool":
        return BOOL
    match = _NUMBER.fullmatch(name)
    if match is not None:
        return number(int(match[1])) if int(match[1]) <= 128 else None
    return ADDRESSES.get(name)
