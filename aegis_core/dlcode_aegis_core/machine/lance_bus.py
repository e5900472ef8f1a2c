"""The LANCE's transfers: single words and bursts, the time that they take, and the byte swapping of CSR3."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Final

from dlcode_aegis_core.machine.dma import Dma
from dlcode_aegis_core.machine.lance_control import Control
from dlcode_aegis_core.machine.lance_registers import TransmitStatus
from dlcode_aegis_core.machine.lance_ring import Descriptor, Ring
from dlcode_aegis_core.machine.process import Process, Steps

WORD: Final = 2  # octets of the chip's bus


class LanceBus:
    """Each step takes the chip's bus cycles, and the time of memory on top. All raise DmaTimeout."""

    def __init__(self, parameters: Mapping[str, int | float], dma: Dma, process: Process, control: Control) -> None:
        self._dma = dma
        self._process = process
        self._control = control
        self._word_ps = int(parameters["lance.bus_word_ns"] * 1000)

    def word_ps(self) -> int:
        """Time of the shortest transfer, without memory's."""
        return self._word_ps

    def data_ps(self, octets: int) -> int:
        """Time that a burst of so many octets takes to read, memory's included."""
        return self._dma.read_ps(octets) + self._bus_ps(octets)

    def _bus_ps(self, octets: int) -> int:
        return -(-octets // WORD) * self._word_ps

    def read(self, address: int) -> Generator[int, None, int]:
        """Read a word of the initialisation block or of a descriptor."""
        word = self._dma.read_word(address)
        yield self._process.now_ps + self._dma.read_ps(WORD) + self._word_ps
        return word

    def write(self, address: int, word: int) -> Steps:
        """Write a word of a descriptor."""
        yield self._process.now_ps + self._word_ps
        self._dma.write_word(address, word)
        yield self._process.now_ps + self._dma.write_ps(WORD)

    def read_data(self, address: int, octets: int) -> Generator[int, None, bytes]:
        """Read a burst of a transmit buffer."""
        data = self._read_swapped(address, octets) if self._control.byte_swap else self._dma.read_burst(address, octets)
        yield self._process.now_ps + self.data_ps(octets)
        return data

    def write_data(self, address: int, data: bytes) -> Steps:
        """Write a burst of a receive buffer."""
        yield self._process.now_ps + self._bus_ps(len(data))
        if self._control.byte_swap:
            self._write_swapped(address, data)
        else:
            self._dma.write_burst(address, data)
        yield self._process.now_ps + self._dma.write_ps(len(data))

    def read_descriptor(self, ring: Ring) -> Generator[int, None, Descriptor | None]:
        """Read word 1 of the ring's current descriptor and, if the chip owns it, words 0 and 2."""
        status = yield from self.read(ring.address + 2)
        if not status & TransmitStatus.OWN:
            return None
        low = yield from self.read(ring.address)
        count = yield from self.read(ring.address + 4)
        return Descriptor.from_words(ring.address, low, status, count)

    # BSWP: in FIFO transfers, though not in blocks and descriptors, the octet of address a is at a ^ 1.

    def _read_swapped(self, address: int, octets: int) -> bytes:
        first, end = address & ~1, address + octets + 1 & ~1
        words = self._dma.read_burst(first, end - first)
        swapped = bytes(words[at ^ 1] for at in range(len(words)))
        return swapped[address - first :][:octets]

    def _write_swapped(self, address: int, data: bytes) -> None:
        first, end = address + 1 & ~1, address + len(data) & ~1
        inner = data[first - address : max(first, end) - address]
        if inner:
            self._dma.write_burst(first, bytes(inner[at ^ 1] for at in range(len(inner))))
        for at in {address, address + len(data) - 1} - set(range(first, end)):
            self._dma.write_burst(at ^ 1, data[at - address : at - address + 1])
