"""The I/O ASIC of the DECstation 5000/1xx: interrupt register, and LANCE DMA with its gaps.

The LANCE addresses a window of 64 KB. The ASIC maps it onto 128 KB of memory, at the base that the DMA pointer gives,
in two ways, because it moves 16 bits in each 32-bit word in the one case and whole words in the other:

    single words (initialisation block, descriptors)  host = base + 2 L                      2 bytes valid, 2 of gap
    data bursts                                       host = base + 2 (L & ~15) + (L & 15)   16 bytes valid, 16 of gap

Memory serves a transfer in a set-up time and a cycle for each word, during which the CPU stalls. (A CPU that ran from
its caches would not notice; the model charges it all the same, which is the more pessimistic choice.)

The registers of what is left out (SCSI, serial lines, diskette) hold what is written to them, and do nothing; where the
ASIC has none, a read gives zero and a write is lost (assumed). A store of less than a word changes its own bytes.

Sources: Mach kmin.h and NetBSD ioasicreg.h for the map and the bits; Linux declance.c and the DEC 3000 AXP system
programmer's manual, 9.5.2.3, for the two layouts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntFlag
from typing import Final

from dlcode_aegis_core.machine.dma import DmaTimeout
from dlcode_aegis_core.machine.units import cycles_of

LANCE_DMA_POINTER: Final = 0x20
CSR: Final = 0x100
INTR: Final = 0x110
IMSK: Final = 0x120
LANCE_DECODE: Final = 0x160
REGISTERS: Final = range(0, 0x200, 0x10)

WINDOW: Final = 0x10000  # octets that the LANCE addresses
REGION: Final = 0x20000  # octets of memory behind them, aligned to their size
BURST: Final = 16
WORD: Final = 4  # octets of the memory bus


class SystemSupport(IntFlag):
    """Bits of CSR."""

    LANCE_DMA_ENABLE = 0x10000
    LANCE_RUN = 0x100
    """Clear: the LANCE is held in reset."""


class Interrupt(IntFlag):
    """Bits of INTR and IMSK. The lower half follows the devices' lines; the upper half is set by DMA errors."""

    LANCE_READ_ERROR = 0x10000
    LANCE = 0x100
    CLOCK = 0x20


LINES: Final = 0xFFFF


class IoAsic:
    """The ASIC: a `Device` for the CPU, a `Dma` for the LANCE."""

    size = 0x40000

    def __init__(
        self,
        parameters: Mapping[str, int | float],
        memory: bytearray,
        stall: Callable[[int], None],
        interrupt: Callable[[bool], None],
        reset_lance: Callable[[bool], None],
    ) -> None:
        """`memory` is DRAM from address 0; `stall` takes CPU cycles; `interrupt` the level of the CPU's line."""
        self.base = int(parameters["ioasic.base"])
        self._memory = memory
        self._stall = stall
        self._interrupt = interrupt
        self._reset_lance = reset_lance
        self._clock_hz = int(parameters["cpu.clock_hz"])
        self._access_cycles = cycles_of(int(parameters["ioasic.register_access_ns"] * 1000), self._clock_hz)
        self._memory_cycle_ps = int(parameters["dma.memory_cycle_ns"] * 1000)
        self._read_setup = int(parameters["dma.read_setup_cycles"])
        self._write_setup = int(parameters["dma.write_setup_cycles"])
        self._word_cycles = int(parameters["dma.word_cycles"])
        self._registers = dict.fromkeys(REGISTERS, 0)

    # ---- The CPU's side ---------------------------------------------------------------------------------------------

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a register read."""
        return self._access_cycles

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a register write."""
        return self._access_cycles

    def load(self, offset: int, width: int) -> int:
        """Read a register."""
        return self._registers.get(offset & ~3, 0) >> 8 * (offset & 3)

    def store(self, offset: int, width: int, value: int) -> None:
        """Write a register. In INTR a zero clears a DMA bit, and the lines can't be written."""
        register, shift = offset & ~3, 8 * (offset & 3)
        if register not in self._registers:
            return
        mask = (1 << 8 * width) - 1 << shift
        value = self._registers[register] & ~mask | value << shift & mask
        if register == INTR:
            value = self._registers[INTR] & (value | LINES)
        self._registers[register] = value
        if register == CSR:
            self._reset_lance(not value & SystemSupport.LANCE_RUN)
        self._update_line()

    def set_line(self, line: Interrupt, asserted: bool) -> None:
        """A device's interrupt line."""
        if asserted:
            self._registers[INTR] |= line
        else:
            self._registers[INTR] &= ~line
        self._update_line()

    def _update_line(self) -> None:
        self._interrupt(bool(self._registers[INTR] & self._registers[IMSK]))

    # ---- The LANCE's side -------------------------------------------------------------------------------------------

    @property
    def region(self) -> int:
        """Physical address of the memory behind the LANCE's window: bits 4:0 of the pointer are address bits 33:29."""
        pointer = self._registers[LANCE_DMA_POINTER]
        return ((pointer & ~0x1F) >> 3 | (pointer & 0x1F) << 29) & ~(REGION - 1)

    def read_word(self, address: int) -> int:
        """Read 16 bits of the initialisation block or of a descriptor."""
        place = self._place(2 * (address % WINDOW), 2)
        self._charge(self.read_ps(2))
        return int.from_bytes(self._memory[place : place + 2], "little")

    def write_word(self, address: int, word: int) -> None:
        """Write 16 bits of a descriptor."""
        place = self._place(2 * (address % WINDOW), 2)
        self._charge(self.write_ps(2))
        self._memory[place : place + 2] = word.to_bytes(2, "little")

    def read_burst(self, address: int, octets: int) -> bytes:
        """Read data of a transmit buffer."""
        self._charge(self.read_ps(octets))
        return b"".join(self._memory[place : place + run] for place, run in self._pieces(address, octets))

    def write_burst(self, address: int, data: bytes) -> None:
        """Write data of a receive buffer."""
        self._charge(self.write_ps(len(data)))
        done = 0
        for place, run in self._pieces(address, len(data)):
            self._memory[place : place + run] = data[done : done + run]
            done += run

    def read_ps(self, octets: int) -> int:
        """Time of memory that a read takes."""
        return (self._read_setup + self._word_cycles * -(-octets // WORD)) * self._memory_cycle_ps

    def write_ps(self, octets: int) -> int:
        """Time of memory that a write takes."""
        return (self._write_setup + self._word_cycles * -(-octets // WORD)) * self._memory_cycle_ps

    def _pieces(self, address: int, octets: int) -> list[tuple[int, int]]:
        """(physical address, octets) of each run between two gaps."""
        pieces = []
        while octets:
            address %= WINDOW
            run = min(octets, BURST - address % BURST)
            pieces.append((self._place(2 * (address & -BURST) + address % BURST, run), run))
            address += run
            octets -= run
        return pieces

    def _place(self, offset: int, octets: int) -> int:
        """Physical address of a piece of the region. Raises DmaTimeout if DMA is off or no memory answers."""
        if not self._registers[CSR] & SystemSupport.LANCE_DMA_ENABLE:
            raise DmaTimeout
        place = self.region + offset
        if place + octets > len(self._memory):
            self._registers[INTR] |= Interrupt.LANCE_READ_ERROR
            self._update_line()
            raise DmaTimeout
        return place

    def _charge(self, time_ps: int) -> None:
        self._stall(cycles_of(time_ps, self._clock_hz))
