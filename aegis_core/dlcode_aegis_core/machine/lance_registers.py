"""The names of the LANCE's bits: control and status registers, initialisation block, ring descriptors.

Source: AMD, Am7990 Local Area Network Controller for Ethernet, and Am79C90 data sheet 17881C, pages 24 to 33.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntFlag


class Csr0(IntFlag):
    """Control and status register 0."""

    ERR = 0x8000
    BABL = 0x4000
    CERR = 0x2000
    MISS = 0x1000
    MERR = 0x0800
    RINT = 0x0400
    TINT = 0x0200
    IDON = 0x0100
    INTR = 0x0080
    INEA = 0x0040
    RXON = 0x0020
    TXON = 0x0010
    TDMD = 0x0008
    STOP = 0x0004
    STRT = 0x0002
    INIT = 0x0001


CSR0_ERRORS = Csr0.BABL | Csr0.CERR | Csr0.MISS | Csr0.MERR
"""ERR is their disjunction."""
CSR0_INTERRUPTS = Csr0.BABL | Csr0.MISS | Csr0.MERR | Csr0.RINT | Csr0.TINT | Csr0.IDON
"""INTR is their disjunction: CERR interrupts nobody."""
CSR0_WRITE_ONE_TO_CLEAR = CSR0_ERRORS | Csr0.RINT | Csr0.TINT | Csr0.IDON


class Csr3(IntFlag):
    """Control and status register 3: how the pins behave."""

    BSWP = 4
    ACON = 2
    BCON = 1


class Mode(IntFlag):
    """First word of the initialisation block."""

    PROM = 0x8000
    INTL = 0x0040
    DRTY = 0x0020
    COLL = 0x0010
    DTCR = 0x0008
    LOOP = 0x0004
    DTX = 0x0002
    DRX = 0x0001


class ReceiveStatus(IntFlag):
    """Upper half of word 1 of a receive descriptor."""

    OWN = 0x8000
    ERR = 0x4000
    FRAM = 0x2000
    OFLO = 0x1000
    CRC = 0x0800
    BUFF = 0x0400
    STP = 0x0200
    ENP = 0x0100


class TransmitStatus(IntFlag):
    """Upper half of word 1 of a transmit descriptor."""

    OWN = 0x8000
    ERR = 0x4000
    MORE = 0x1000
    ONE = 0x0800
    DEF = 0x0400
    STP = 0x0200
    ENP = 0x0100


class TransmitFault(IntFlag):
    """Descriptor word 3 of the transmit ring, valid if ERR is set."""

    BUFF = 0x8000
    UFLO = 0x4000
    LCOL = 0x1000
    LCAR = 0x0800
    RTRY = 0x0400


INIT_BLOCK_WORDS = 12
DESCRIPTOR_OCTETS = 8
ADDRESS_OCTETS = 6
MAXIMUM_OCTETS = 1518
"""Longest frame, check sequence included; a longer one sets BABL."""
BROADCAST = b"\xff" * ADDRESS_OCTETS


def byte_count(word: int) -> int:
    """Bytes that descriptor word 2 stands for: its low 12 bits hold the two's complement; 0 means 4096."""
    return 4096 - (word & 0x0FFF)


@dataclass(frozen=True, slots=True)
class RingPlace:
    """Where a ring lies in the LANCE's address space, and how many descriptors it has."""

    base: int
    length: int

    @classmethod
    def from_words(cls, low: int, high: int) -> RingPlace:
        """From the two words of the initialisation block: address 15:3, then log2 of the length and address 23:16."""
        return cls(base=(high & 0xFF) << 16 | low & 0xFFF8, length=1 << (high >> 13))


@dataclass(frozen=True, slots=True)
class InitBlock:
    """What the chip reads on INIT."""

    mode: Mode
    physical_address: bytes
    logical_filter: int
    """64 bits; bit i accepts multicast addresses whose CRC has i in its top six bits."""
    receive_ring: RingPlace
    transmit_ring: RingPlace

    @classmethod
    def from_words(cls, words: list[int]) -> InitBlock:
        """From the block's 12 words."""
        return cls(
            mode=Mode(words[0]),
            physical_address=b"".join(word.to_bytes(2, "little") for word in words[1:4]),
            logical_filter=sum(word << (16 * i) for i, word in enumerate(words[4:8])),
            receive_ring=RingPlace.from_words(words[8], words[9]),
            transmit_ring=RingPlace.from_words(words[10], words[11]),
        )

    def accepts(self, destination: bytes) -> bool:
        """The address filter: all (PROM), all ones, own address, or multicast through the hash."""
        if self.mode & Mode.PROM or destination == BROADCAST:
            return True
        if destination[0] & 1:
            return bool(self.logical_filter >> multicast_index(destination) & 1)
        return destination == self.physical_address


def multicast_index(address: bytes) -> int:
    """Bit of the logical address filter for a multicast address: the top six bits of the CRC register.

    The register holds the reflected CRC-32 without the final inversion that `zlib.crc32` applies.
    """
    return (~zlib.crc32(address) & 0xFFFFFFFF) >> 26
