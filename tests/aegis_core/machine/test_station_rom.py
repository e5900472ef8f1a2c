"""The station address ROM, and eight-bit parts on the bus."""

from __future__ import annotations

from dlcode_aegis_core.machine.byte_lanes import ByteLanes
from dlcode_aegis_core.machine.station_rom import StationRom, rom_checksum


class Registers:
    """A part with three registers, which notes what is done to it."""

    registers = 3

    def __init__(self) -> None:
        self.done: list[object] = []

    def read(self, number: int) -> int:
        self.done.append(number)
        return 0x10 + number

    def write(self, number: int, value: int) -> None:
        self.done.append((number, value))


def test_the_station_rom_passes_the_probe_of_linux() -> None:
    """declance.c: the signature at 60, and the address three times, the second time backwards."""
    rom = ByteLanes(0, 1, {0: StationRom(bytes.fromhex("08002b123456"))})
    octets = [rom.load(offset, 4) for offset in range(0, 0x70, 4)]
    assert octets[0x18:] == [0xFF, 0x00, 0x55, 0xAA]
    assert bytes(octets[:6]).hex() == "08002b123456"
    for i in range(8):
        assert octets[i] == octets[15 - i] == octets[16 + i]


def test_the_station_rom_checksum_is_decs() -> None:
    """By hand for 08-00-2b-12-34-56: 0008, doubled 0010 + 122b = 123b, doubled 2476 + 5634 = 7aaa."""
    assert rom_checksum(bytes.fromhex("08002b123456")) == 0x7AAA


def test_a_rom_ignores_writes() -> None:
    rom = StationRom(bytes.fromhex("08002b123456"))
    rom.write(0, 0xFF)
    assert rom.read(0) == 0x08


def test_a_part_answers_in_its_own_byte_of_each_word() -> None:
    part = Registers()
    lanes = ByteLanes(0, 1, {2: part})
    assert lanes.load(4, 4) == 0x00110000
    assert lanes.load(6, 1) == 0x11
    assert lanes.load(4, 2) == 0
    lanes.store(8, 4, 0xAABBCCDD)
    assert part.done == [1, 1, (2, 0xBB)]


def test_two_parts_may_share_their_words_and_the_longer_one_sets_the_size() -> None:
    short, rom = Registers(), StationRom(bytes.fromhex("08002b123456"))
    lanes = ByteLanes(0, 1, {0: short, 1: rom})
    assert lanes.size == 4 * 28
    assert lanes.load(4, 4) == 0x0011
    assert lanes.load(8, 4) == 0x2B12
    assert lanes.load(12, 4) >> 8 == 0x12, "register 3 of the short one is not there"
