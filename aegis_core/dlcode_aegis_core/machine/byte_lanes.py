"""Eight-bit parts on the CPU's bus: register n of a part answers in one byte of word n.

The station address ROM sits like this in every model, and the clock; on the KN01 both share their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

LANES = 4  # bytes of a word


class EightBitPart(Protocol):
    """Something with registers of 8 bits."""

    @property
    def registers(self) -> int:
        """How many there are."""

    def read(self, number: int) -> int:
        """What a register holds. Reading may change it."""

    def write(self, number: int, value: int) -> None:
        """Write a register."""


class ByteLanes:
    """Parts by the byte of each word in which they answer: a `Device`. The other bytes read as zero."""

    def __init__(self, base: int, access_cycles: int, lanes: Mapping[int, EightBitPart]) -> None:
        self.base = base
        self.size = LANES * max(part.registers for part in lanes.values())
        self._access_cycles = access_cycles
        self._lanes = dict(lanes)

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a read."""
        return self._access_cycles

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a write."""
        return self._access_cycles

    def load(self, offset: int, width: int) -> int:
        """Read every part that answers in those bytes."""
        value = 0
        for at in range(width):
            number, lane = divmod(offset + at, LANES)
            part = self._lanes.get(lane)
            if part is not None and number < part.registers:
                value |= part.read(number) << 8 * at
        return value

    def store(self, offset: int, width: int, value: int) -> None:
        """Write every part that answers in those bytes."""
        for at in range(width):
            number, lane = divmod(offset + at, LANES)
            part = self._lanes.get(lane)
            if part is not None and number < part.registers:
                part.write(number, value >> 8 * at & 0xFF)
