"""A descriptor ring in memory, as the LANCE walks it."""

from __future__ import annotations

from dataclasses import dataclass

from dlcode_aegis_core.machine.lance_registers import DESCRIPTOR_OCTETS, RingPlace, byte_count


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One descriptor that the chip owns and has read, by the LANCE's own addresses."""

    address: int
    status: int
    """Word 1: the status in the upper half, address bits 23:16 in the lower."""
    buffer: int
    size: int
    """Octets of the buffer (receive) or of its content (transmit)."""

    @classmethod
    def from_words(cls, address: int, low: int, status: int, count: int) -> Descriptor:
        """From words 0, 1 and 2."""
        return cls(address, status, buffer=(status & 0xFF) << 16 | low, size=byte_count(count))


@dataclass(slots=True)
class Ring:
    """A ring and the chip's place in it."""

    place: RingPlace
    index: int = 0

    @property
    def address(self) -> int:
        """Address of the current descriptor."""
        return self.place.base + self.index * DESCRIPTOR_OCTETS

    def advance(self) -> None:
        """Go to the next descriptor."""
        self.index = (self.index + 1) % self.place.length
