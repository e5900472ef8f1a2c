"""Physical addresses: memory below, devices and windows where the model's map puts them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Protocol

from dlcode_aegis_core.machine.memory import Memory, shared_words


class Device(Protocol):
    """Something that answers to uncached loads and stores. Offsets count from `base`; widths are 1, 2 or 4 bytes."""

    @property
    def base(self) -> int:
        """First physical address."""

    @property
    def size(self) -> int:
        """Bytes of the address space that it takes."""

    def load(self, offset: int, width: int) -> int:
        """What is read there, unsigned. It happens at the end of the access."""

    def store(self, offset: int, width: int, value: int) -> None:
        """Write there. It happens when the store leaves the write buffer."""

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles that a load waits for."""

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles that a store keeps the write buffer busy."""


class Window:
    """Memory that is not DRAM: a controller's buffer. It answers by itself, and is timed like uncached DRAM.

    A load takes `load_cycles`; a store is there at once, and keeps the write buffer busy for `store_cycles`. `data` is
    its bytes as the CPU addresses them, `words` the same as 32-bit words.

    With `halves`, only the low 16 bits of each word exist: an access but of a halfword at a word's address is a bus
    error. (The part would answer something; no driver asks.)
    """

    def __init__(self, base: int, size: int, load_cycles: int, store_cycles: int, *, halves: bool = False) -> None:
        if base % 4 or size <= 0 or size % 4:
            raise ValueError(f"a window of {size} bytes at {base:#x} is not whole words")
        self.base: Final = base
        self.size: Final = size
        self.load_cycles: Final = load_cycles
        self.store_cycles: Final = store_cycles
        self.halves: Final = halves
        self.data, self.words = shared_words(size)

    def answers(self, physical: int, width: int) -> bool:
        """Whether there is something at an address of its own, as wide."""
        return not self.halves or (width == 2 and not physical & 2)


class Bus:
    """Memory, devices and windows. Two in one place are a mistake in the set-up: ValueError."""

    def __init__(self, memory: Memory, parts: Iterable[Device | Window]) -> None:
        self.memory = memory
        parts = sorted(parts, key=lambda part: part.base)
        self.devices = tuple(part for part in parts if not isinstance(part, Window))
        self.windows = tuple(part for part in parts if isinstance(part, Window))
        spans = [(0, memory.size), *((part.base, part.base + part.size) for part in parts)]
        for (_, end), (start, _) in pairwise(spans):
            if end > start:
                raise ValueError(f"the device at {start:#x} overlaps what ends at {end:#x}")

    def device_at(self, physical: int) -> Device | None:
        """The device at an address outside memory; None if none is there."""
        for device in self.devices:
            if device.base <= physical < device.base + device.size:
                return device
        return None

    def window_at(self, physical: int) -> Window | None:
        """The window at an address outside memory; None if none is there."""
        for window in self.windows:
            if window.base <= physical < window.base + window.size:
                return window
        return None
