"""DRAM, from physical address 0 up."""

from __future__ import annotations

import sys
from typing import Final


class Memory:
    """`size` bytes, all zero, little-endian. `data` is the bytes; `words` the same memory as 32-bit words.

    What is written here from outside is seen by devices and by uncached accesses of the CPU; its caches keep what they
    hold, as on the machine.
    """

    def __init__(self, size: int) -> None:
        if size <= 0 or size % 4096:
            raise ValueError(f"memory of {size} bytes is not a number of 4096-byte pages")
        if sys.byteorder != "little":
            raise RuntimeError("memory is shared with the host as words, so the host must be little-endian")
        self.size: Final = size
        self.data: Final = bytearray(size)
        self.words: Final = memoryview(self.data).cast("I")
