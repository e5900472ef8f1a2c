"""DRAM, from physical address 0 up."""

from __future__ import annotations

import sys
from typing import Final


def shared_words(size: int) -> tuple[bytearray, memoryview]:
    """So many zero bytes, and the same memory as 32-bit words. They stay in place: code may point there."""
    if sys.byteorder != "little":
        raise RuntimeError("memory is shared with the host as words, so the host must be little-endian")
    data = bytearray(size)
    return data, memoryview(data).cast("I")


MOST: Final = 1 << 29


class Memory:
    """`size` bytes, all zero, little-endian. `data` is the bytes; `words` the same memory as 32-bit words.

    What is written here from outside is seen by devices and by uncached accesses of the CPU; its caches keep what they
    hold, as on the machine.
    """

    data: Final[bytearray]
    words: Final[memoryview]

    def __init__(self, size: int) -> None:
        if size <= 0 or size % 4096:
            raise ValueError(f"memory of {size} bytes is not a number of 4096-byte pages")
        if size > MOST:
            raise ValueError(f"memory of {size} bytes is more than the {MOST} that kseg0 reaches")
        self.size: Final = size
        self.data, self.words = shared_words(size)
