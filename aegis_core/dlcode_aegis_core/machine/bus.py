"""Physical addresses: memory below, devices where the model's map puts them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol

from dlcode_aegis_core.machine.memory import Memory


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


class Bus:
    """Memory and devices. Two in one place are a mistake in the set-up: ValueError."""

    def __init__(self, memory: Memory, devices: Iterable[Device]) -> None:
        self.memory = memory
        self.devices = tuple(sorted(devices, key=lambda device: device.base))
        spans = [(0, memory.size), *((device.base, device.base + device.size) for device in self.devices)]
        for (_, end), (start, _) in pairwise(spans):
            if end > start:
                raise ValueError(f"the device at {start:#x} overlaps what ends at {end:#x}")

    def device_at(self, physical: int) -> Device | None:
        """The device at an address outside memory; None if nothing answers there: a bus error."""
        for device in self.devices:
            if device.base <= physical < device.base + device.size:
                return device
        return None
