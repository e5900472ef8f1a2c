"""The control and status registers of the KN02 and the KN01 boards: a `Device` each.

KN02 (5000/200), 32 bits    7:0    read: which devices interrupt, by slot; written: LEDs
                            15:8   diagnostic and memory settings, kept without effect
                            23:16  which of them reach the CPU, on one line
KN01 (3100, 2100), 16 bits  14:13, 8   kept without effect; 7:0 are LEDs; the rest reads as zero: no screen, no error

Source: Linux asm/dec/kn02.h and kn01.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LANCE: Final = 1 << 6
"""The Ethernet module's slot in the KN02's register."""

_KN02_KEPT: Final = 0x00FFFF00
_KN01_KEPT: Final = 0x6100


def _merged(before: int, offset: int, width: int, value: int) -> int:
    """A word after a store to some of its bytes."""
    mask = (1 << 8 * width) - 1 << 8 * offset
    return before & ~mask | value << 8 * offset & mask


class Kn02Register:
    """The 5000/200's register, through which I/O interrupts go."""

    size = 4

    def __init__(self, base: int, access_cycles: int, interrupt: Callable[[bool], None]) -> None:
        self.base = base
        self._access_cycles = access_cycles
        self._interrupt = interrupt
        self._kept = 0
        self._pending = 0

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a read."""
        return self._access_cycles

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a write."""
        return self._access_cycles

    def load(self, offset: int, width: int) -> int:
        """Settings, and what interrupts."""
        return (self._kept | self._pending) >> 8 * offset

    def store(self, offset: int, width: int, value: int) -> None:
        """Change settings; the LEDs are nowhere to be seen."""
        self._kept = _merged(self._kept, offset, width, value) & _KN02_KEPT
        self._update_line()

    def set_line(self, slot: int, asserted: bool) -> None:
        """A device's interrupt line, by its bit."""
        self._pending = self._pending | slot if asserted else self._pending & ~slot
        self._update_line()

    def _update_line(self) -> None:
        self._interrupt(bool(self._pending & self._kept >> 16))


class Kn01Register:
    """The 3100's and 2100's register, which has no part in interrupts: each device has a line of its own."""

    size = 4

    def __init__(self, base: int, access_cycles: int) -> None:
        self.base = base
        self._access_cycles = access_cycles
        self._kept = 0

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a read."""
        return self._access_cycles

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a write."""
        return self._access_cycles

    def load(self, offset: int, width: int) -> int:
        """Settings."""
        return self._kept >> 8 * offset

    def store(self, offset: int, width: int, value: int) -> None:
        """Change settings."""
        self._kept = _merged(self._kept, offset, width, value) & _KN01_KEPT
