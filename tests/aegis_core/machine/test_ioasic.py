"""The I/O ASIC: interrupt registers, the DMA pointer, the two gap layouts, memory time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcode_aegis_core.machine.dma import DmaTimeout
from dlcode_aegis_core.machine.ioasic import CSR, IMSK, INTR, LANCE_DMA_POINTER, Interrupt, IoAsic
from tests.aegis_core.machine.rig import PARAMETERS

BASE = 0x20000


class Board:
    """An ASIC with 512 KB of memory, and what it does to the CPU."""

    def __init__(self) -> None:
        self.memory = bytearray(0x80000)
        self.stalls: list[int] = []
        self.line = False
        self.lance_held = True
        self.asic = IoAsic(PARAMETERS, self.memory, self.stalls.append, self._interrupt, self._reset)
        self.asic.store(LANCE_DMA_POINTER, 4, BASE << 3)
        self.asic.store(CSR, 4, 0x10000)

    def _interrupt(self, asserted: bool) -> None:
        self.line = asserted

    def _reset(self, held: bool) -> None:
        self.lance_held = held


def test_the_pointer_that_linux_writes_stands_for_its_region() -> None:
    """Linux declance: memory at 00020000, pointer 00100000."""
    board = Board()
    board.asic.store(LANCE_DMA_POINTER, 4, 0x00100000)
    assert board.asic.region == 0x20000


def test_the_low_bits_of_the_pointer_are_the_high_bits_of_the_address() -> None:
    board = Board()
    address = 0xA0040000
    board.asic.store(LANCE_DMA_POINTER, 4, (address << 3 & 0xFFFFFFE0) | address >> 29)
    assert board.asic.region == address


def test_words_lie_two_octets_valid_two_of_gap() -> None:
    board = Board()
    for address, word in ((0, 0x1234), (2, 0x5678), (0x21E, 0x9ABC)):
        board.asic.write_word(address, word)
    assert board.memory[BASE : BASE + 8].hex() == "3412000078560000"
    assert board.memory[BASE + 0x43C : BASE + 0x440].hex() == "bc9a0000"
    assert board.asic.read_word(2) == 0x5678


def test_bursts_lie_sixteen_octets_valid_sixteen_of_gap() -> None:
    board = Board()
    board.asic.write_burst(0x120, bytes(range(16)))
    board.asic.write_burst(0x130, bytes(range(16, 32)))
    assert board.memory[BASE + 0x240 : BASE + 0x280] == bytes(range(16)) + bytes(16) + bytes(range(16, 32)) + bytes(16)


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=64))
def test_a_burst_from_any_address_reads_back(address: int, data: bytes) -> None:
    """Also across a gap and around the end of the window."""
    board = Board()
    board.asic.write_burst(address, data)
    assert board.asic.read_burst(address, len(data)) == data
    for i, octet in enumerate(data):
        chip = (address + i) % 0x10000
        assert board.memory[BASE + 2 * (chip & ~15) + (chip & 15)] == octet


def test_the_chip_sees_only_sixteen_address_bits() -> None:
    board = Board()
    board.asic.write_word(0x010004, 0xBEEF)
    assert board.asic.read_word(0x000004) == 0xBEEF


def test_a_burst_stalls_the_cpu_for_8_memory_cycles_to_read_and_6_to_write() -> None:
    """Mach kmin.h: set-up 4 or 2 and one a word; two CPU cycles of 40 ns each."""
    board = Board()
    board.asic.read_burst(0, 16)
    board.asic.write_burst(0, bytes(16))
    board.asic.read_word(0)
    board.asic.write_word(0, 0)
    assert board.stalls == [16, 12, 10, 6]
    assert (board.asic.read_ps(16), board.asic.write_ps(16)) == (640_000, 480_000)
    assert (board.asic.read_ps(256), board.asic.write_ps(256)) == (68 * 80_000, 66 * 80_000)


def test_dma_that_is_not_enabled_times_out() -> None:
    board = Board()
    board.asic.store(CSR, 4, 0)
    with pytest.raises(DmaTimeout):
        board.asic.read_word(0)


def test_dma_outside_memory_times_out_and_is_reported() -> None:
    board = Board()
    board.asic.store(LANCE_DMA_POINTER, 4, 0x80000 << 3)
    with pytest.raises(DmaTimeout):
        board.asic.read_burst(0, 16)
    assert board.asic.load(INTR, 4) == 0x10000


def test_the_cpu_line_is_the_interrupts_that_are_not_masked() -> None:
    board = Board()
    board.asic.set_line(Interrupt.LANCE, True)
    assert not board.line
    board.asic.store(IMSK, 4, 0x100)
    assert board.line
    board.asic.set_line(Interrupt.LANCE, False)
    assert not board.line
    board.asic.set_line(Interrupt.LANCE, True)
    board.asic.store(IMSK, 4, 0)
    assert not board.line


def test_a_zero_clears_a_dma_interrupt_and_nothing_clears_a_line() -> None:
    board = Board()
    board.asic.set_line(Interrupt.LANCE, True)
    board.asic.store(LANCE_DMA_POINTER, 4, 0x80000 << 3)
    with pytest.raises(DmaTimeout):
        board.asic.read_word(0)
    board.asic.store(INTR, 4, 0xFFFFFFFF)
    assert board.asic.load(INTR, 4) == 0x10100
    board.asic.store(INTR, 4, 0)
    assert board.asic.load(INTR, 4) == 0x100


def test_a_one_does_not_set_an_interrupt() -> None:
    board = Board()
    board.asic.store(INTR, 4, 0xFFFFFFFF)
    assert board.asic.load(INTR, 4) == 0


def test_csr_holds_the_lance_in_reset_until_told() -> None:
    board = Board()
    assert board.lance_held
    board.asic.store(CSR, 4, 0x100)
    assert not board.lance_held
    board.asic.store(CSR, 4, 0)
    assert board.lance_held


def test_registers_of_what_is_left_out_hold_what_is_written_and_nothing_else_is_there() -> None:
    """The SCSI pointer at 0 is a register, 0x104 and what lies past 0x1f0 are none."""
    board = Board()
    for offset in (0, 0x104, 0x400):
        board.asic.store(offset, 4, 0x12345678)
    assert [board.asic.load(offset, 4) for offset in (0, 0x104, 0x400)] == [0x12345678, 0, 0]
    assert not board.line


def test_a_store_of_less_than_a_word_changes_its_own_bytes() -> None:
    board = Board()
    board.asic.store(IMSK, 4, 0x11223344)
    board.asic.store(IMSK + 1, 1, 0xAB)
    board.asic.store(IMSK + 2, 2, 0xCDEF)
    assert board.asic.load(IMSK, 4) == 0xCDEFAB44
    assert board.asic.load(IMSK + 1, 1) & 0xFF == 0xAB


def test_the_clock_has_a_line_of_its_own() -> None:
    board = Board()
    board.asic.store(IMSK, 4, 0x20)
    board.asic.set_line(Interrupt.LANCE, True)
    assert not board.line
    board.asic.set_line(Interrupt.CLOCK, True)
    assert board.line
    assert board.asic.load(INTR, 4) == 0x120


def test_a_register_costs_its_parameter_in_cycles_rounded_up() -> None:
    assert Board().asic.load_cycles(INTR, 4) == 13
    fast = IoAsic(PARAMETERS.replace({"cpu.clock_hz": 33_000_000}), bytearray(0), print, print, print)
    assert fast.load_cycles(INTR, 4) == 18, "520 ns at 33 MHz are 17.16 cycles"
