"""The R3000's address space and its translation look-aside buffer of 64 entries, refilled by software.

    kuseg   00000000 .. 7fffffff   through the TLB, in both modes
    kseg0   80000000 .. 9fffffff   kernel only; the low 29 bits are the physical address; cached
    kseg1   a0000000 .. bfffffff   kernel only; the same; uncached
    kseg2   c0000000 .. ffffffff   kernel only; through the TLB

An entry is a pair of words, EntryHi and EntryLo, for one page of 4096 bytes. It matches an address if the page numbers
are equal and the address space identifiers are too, or G is set.

    EntryHi   31:12 virtual page number   11:6 address space identifier
    EntryLo   31:12 page frame number     11 N: uncached   10 D: may be stored to   9 V: valid   8 G: global
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dlcode_aegis_core.machine.cp0 import MachineException
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_jit.mips.registers import ExceptionCode

ENTRIES: Final = 64
WIRED: Final = 8
"""Random never names the first entries: the kernel's own."""

PAGE: Final = 0xFFFFF000
IDENTIFIER: Final = 0xFC0
UNCACHED: Final = 1 << 11
DIRTY: Final = 1 << 10
VALID: Final = 1 << 9
GLOBAL: Final = 1 << 8
HI_BITS: Final = PAGE | IDENTIFIER
LO_BITS: Final = PAGE | UNCACHED | DIRTY | VALID | GLOBAL


class Access(Enum):
    """What an address is used for, with the exceptions that it can lead to."""

    FETCH = (ExceptionCode.TLB_LOAD, ExceptionCode.ADDRESS_LOAD, ExceptionCode.BUS_FETCH)
    LOAD = (ExceptionCode.TLB_LOAD, ExceptionCode.ADDRESS_LOAD, ExceptionCode.BUS_DATA)
    STORE = (ExceptionCode.TLB_STORE, ExceptionCode.ADDRESS_STORE, ExceptionCode.BUS_DATA)

    @property
    def tlb(self) -> ExceptionCode:
        """No valid translation."""
        return self.value[0]

    @property
    def address(self) -> ExceptionCode:
        """Misaligned, or a kernel address in user mode."""
        return self.value[1]

    @property
    def bus(self) -> ExceptionCode:
        """Nothing answers at the physical address."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page of the address space lies, and whether through the caches."""

    physical: int
    cached: bool


class Tlb:
    """All entries are invalid and match nothing at first.

    `pairs` holds EntryHi and EntryLo of each entry in turn, and stays where it is, so that code may point there.
    """

    def __init__(self) -> None:
        self.pairs: Final = array("I", [0x80000000, 0]) * ENTRIES

    def read(self, index: int) -> tuple[int, int]:
        """EntryHi and EntryLo of an entry."""
        return self.pairs[2 * index], self.pairs[2 * index + 1]

    def write(self, index: int, entry_hi: int, entry_lo: int) -> None:
        """Set an entry."""
        self.pairs[2 * index] = entry_hi & HI_BITS
        self.pairs[2 * index + 1] = entry_lo & LO_BITS

    def probe(self, entry_hi: int) -> int | None:
        """Index of the entry that matches EntryHi's page and identifier.

        Raises BeyondModel if several do: the part would shut its TLB down.
        """
        matching = [
            index
            for index, (hi, lo) in enumerate(zip(self.pairs[::2], self.pairs[1::2], strict=True))
            if not (hi ^ entry_hi) & PAGE and (lo & GLOBAL or not (hi ^ entry_hi) & IDENTIFIER)
        ]
        if len(matching) > 1:
            raise BeyondModel(f"TLB entries {matching} all match EntryHi {entry_hi:#010x}")
        return matching[0] if matching else None

    def translate(self, address: int, identifier: int, user: bool, access: Access) -> Page:
        """The page of an address, in an address space (as in EntryHi). Raises MachineException as the part does."""
        if user and address >= 0x80000000:
            raise MachineException(access.address, address)
        if 0x80000000 <= address < 0xC0000000:
            return Page(address & 0x1FFFF000, cached=address < 0xA0000000)
        index = self.probe(address & PAGE | identifier & IDENTIFIER)
        if index is None:
            raise MachineException(access.tlb, address, translation=True, refill=address < 0x80000000)
        _, lo = self.read(index)
        if not lo & VALID:
            raise MachineException(access.tlb, address, translation=True)
        if access is Access.STORE and not lo & DIRTY:
            raise MachineException(ExceptionCode.TLB_MODIFIED, address, translation=True)
        return Page(lo & PAGE, cached=not lo & UNCACHED)
