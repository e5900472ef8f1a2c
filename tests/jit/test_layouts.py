"""Packets that lie in pieces, past the cache, or anywhere: images for every layout do what the interpreter says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.layouts import BUFFER, GAPPED, HALVES, LAYOUTS, PLAIN, Layout, buffer
from dlcode_jit.places import Place
from dlcode_jit.r3000.image import MipsCode, mips_code
from tests.bare_machine import BareMachine
from tests.generators import random_packets
from tests.jit.gate import unproved_mips_code
from tests.jit.looping import looping_program
from tests.jit.programs import NAMES, TYPICAL, certificate, cut_short, interpreted, prove
from tests.jit.test_looping import without_fault

PARAMETERS = Parameters.load("dec5000-125")
ALL = (PLAIN, GAPPED, BUFFER, buffer(4, 2), buffer(4, 1), buffer(2, 0), buffer(1, 0), HALVES)


def shown(layout: Layout) -> str:
    """A name for a test's."""
    return f"{layout.name}-{layout.base.remainder}-of-{layout.base.modulus}"


@contextmanager
def watched(machine: BareMachine, length: int) -> Iterator[None]:
    """An AssertionError for a load that holds no byte of the packet, or is of a width that nothing answers there."""
    layout, start = machine.image.layout, machine.packet
    held = {start + layout.place(offset) for offset in range(length)}
    end = start + layout.place(max(length - 1, 0)) + 1
    assert isinstance(machine.cpu, Cpu)
    read = machine.cpu.read

    def checked(address: int, width: int) -> int:
        physical = address & 0x1FFF_FFFF
        if start & -4 <= physical < end:
            assert held.intersection(range(physical, physical + width)), f"no packet at {physical:#x}"
            assert layout.least <= width <= (layout.piece or width)
        return read(address, width)

    machine.cpu.read = checked  # type: ignore[method-assign]
    yield
    machine.cpu.read = read  # type: ignore[method-assign]


@pytest.mark.parametrize("layout", ALL, ids=shown)
def test_code_for_a_layout_is_the_interpreters(layout: Layout) -> None:
    """On packets cut short at every second length: no byte of a gap, or behind the packet, decides anything."""
    for code in mips_code([certificate(name) for name in NAMES], layout):
        machine = BareMachine(code, PARAMETERS, Cpu)
        program = code.program
        packets = [packet for typical in TYPICAL[program.name][:2] for packet in cut_short(Packet.whole(typical))[::2]]
        for packet, memory in [*((one, None) for one in packets), *random_packets(program, 3, count=6)]:
            with watched(machine, len(packet.data)):
                assert machine.run(packet, memory) == interpreted(program, packet, memory), packet.data.hex()


@pytest.mark.parametrize("layout", [GAPPED, buffer(1, 0), HALVES], ids=shown)
def test_looping_programs_do_the_same_in_every_layout(layout: Layout) -> None:
    """A program that may rewrite is given a private copy, in plain memory, whatever layout was asked for."""
    programs = [looping_program(seed) for seed in range(100, 112)]
    tried = 0
    for seed, code in enumerate(unproved_mips_code(programs, layout), 100):
        assert code.layout is PLAIN
        machine = BareMachine(code, PARAMETERS)
        for packet, memory, expected in without_fault(code.program, seed, 3):
            assert machine.run(packet, memory) == expected, seed
            tried += 1
    assert tried > 20


PIECES = """
handler pieces on ethernet maximum 400
  owns @cells: u64[8] plain
  owns @ring: u8[700] scratch
  may reply
  pipe sum(%w: u16) commutative readonly state %s = 0:u32 { %s = (%s +% widen(%w, u32)) emit %w } finish %s
{
  read %at: u8 = packet[0:u32] else { exit decline }
  let %x: u32 = (widen(%at, u32) & 127:u32)
  read %a: u16 = packet[(%x + 1:u32)] else { exit decline }
  read %b: u32 = packet[%x] else { exit decline }
  read %c: u64 = packet[(%x + 2:u32)] else { exit decline }
  read %d: u24 = packet[(%x *% 2:u32)] else { exit decline }
  read %e: u48 = packet[((%x *% 4:u32) +% 2:u32)] else { exit decline }
  read %f: u128 = packet[((%x *% 4:u32) +% 0:u32)] else { exit decline }
  @cells[0:u32] = widen(%a, u64)
  @cells[1:u32] = widen(%b, u64)
  @cells[2:u32] = %c
  @cells[3:u32] = widen(%d, u64)
  @cells[4:u32] = widen(%e, u64)
  @cells[5:u32] = truncate((%f >> 64:u128), u64)
  @cells[6:u32] = truncate(%f, u64)
  copy packet[%x : ((extent(packet) - %x) / 2:u32)] -> @ring[(%x & 3:u32)] through sum as one
  copy packet[(%x *% 4:u32) : (extent(packet) - (%x *% 4:u32))] -> @ring[200:u32] as two
  @cells[7:u32] = widen(%one.sum, u64)
  send reply { value %d packet[0:u32 : 14:u32] packet[%x : 5:u32] packet[2:u32 : (%x + 1:u32)] value %a }
  exit consume
}
"""
"""Reads at offsets of which much, little or nothing is known, copies and frames from them."""


@pytest.mark.parametrize("layout", ALL, ids=shown)
def test_what_lies_across_a_gap_is_put_together(layout: Layout) -> None:
    program = parse_program(PIECES)
    (code,) = mips_code([prove(program)], layout)
    machine = BareMachine(code, PARAMETERS, Cpu)
    reached = 0
    for at in (*range(20), 30, 31, 47, 48, 63, 64, 79):
        for length in (at * 4 + 16, at * 4 + 17, at * 4 + 30, 350):
            packet = Packet.whole(bytes([at, *((7 * byte + 3) % 251 for byte in range(length - 1))]))
            expected = interpreted(program, packet)
            with watched(machine, length):
                assert machine.run(packet) == expected, (at, length)
            reached += bool(expected.effects)
    assert reached > 60


CARRIED = """
handler carried on ethernet maximum 200
  owns @sums: u32[2] plain
  owns @ring: u8[608] scratch
  pipe half(%w: u16) commutative readonly state %s = 0:u32 { %s = (%s +% widen(%w, u32)) emit %w } finish %s
  pipe turned(%d: u32) { emit bswap(%d) }
{
  read %x: u8 = packet[0:u32] else { exit decline }
  let %at: u32 = ((widen(%x, u32) & 60:u32) +% 2:u32)
  if (%at > extent(packet)) { exit decline }
  let %count: u32 = (extent(packet) - %at)
  copy packet[%at : %count] -> @ring[0:u32] through half as one
  copy packet[%at : %count] -> @ring[201:u32] through half, turned as two
  copy packet[%at : %count] -> @ring[404:u32] as three
  @sums[0:u32] = %one.half
  @sums[1:u32] = %two.half
  exit consume
}
"""
"""Copies of words that lie across two words of memory, up to the packet's end."""


@pytest.mark.parametrize("layout", [GAPPED, BUFFER, buffer(4, 2), HALVES], ids=shown)
def test_words_across_words_are_read_once_and_not_past_the_end(layout: Layout) -> None:
    (code,) = mips_code([prove(parse_program(CARRIED))], layout)
    machine = BareMachine(code, PARAMETERS, Cpu)
    for at in (0, 4, 12, 28, 60):
        for length in range(at + 1, at + 36):
            packet = Packet.whole(bytes([at, *((11 * byte + 5) % 253 for byte in range(length - 1))]))
            with watched(machine, length):
                assert machine.run(packet) == interpreted(code.program, packet), (at, length)


def test_a_copy_across_words_reads_memory_no_oftener_than_one_within_words() -> None:
    """It takes some instructions more, but one read that the cache does not help with for each word all the same."""
    text = CARRIED.replace(" through half as one", " as one").replace("through half, turned as two", "as two")
    text = text.replace("%one.half", "1:u32").replace("%two.half", "2:u32")
    taken = []
    for program in (text, text.replace("+% 2:u32", "+% 4:u32")):
        (code,) = mips_code([prove(parse_program(program))], GAPPED)
        machine = BareMachine(code, PARAMETERS)
        machine.run(Packet.whole(bytes(200)))
        taken.append(machine.cycles)
    assert taken[0] < 1.5 * taken[1], "it was 1.85 with two reads a word"


def loads(code: MipsCode) -> int:
    """Loads that are reached in straight code."""
    return sum(1 for word in code.place(0x8000_0000).words if 0x20 <= word >> 26 <= 0x26)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=shown)
def test_what_is_proved_to_be_aligned_is_not_taken_byte_by_byte(layout: Layout) -> None:
    """Four words of which two bits are known take at most two loads each in any layout."""
    text = """
    filter f on ethernet maximum 400
    {
      read %x: u8 = packet[0:u32] else { exit miss }
      let %at: u32 = (widen(%x, u32) *% 4:u32)
      read %a: u32 = packet[(%at + 2:u32)] else { exit miss }
      read %b: u32 = packet[(%at + 6:u32)] else { exit miss }
      read %c: u32 = packet[(%at + 8:u32)] else { exit miss }
      if ((%a ^ (%b ^ %c)) == 77:u32) { exit match }
      exit miss
    }
    """
    (code,) = mips_code([prove(parse_program(text))], layout)
    assert loads(code) <= 7


def test_the_place_of_a_byte_is_what_the_hardware_says() -> None:
    """The I/O ASIC's data bursts: base + 2(L & ~15) + (L & 15). The 3100's buffer: two bytes, two of gap."""
    for offset in range(100):
        assert GAPPED.place(offset) == 2 * (offset & ~15) + (offset & 15)
        assert HALVES.place(offset) == 2 * (offset & ~1) + (offset & 1)
        assert PLAIN.place(offset) == BUFFER.place(offset) == offset
    assert HALVES.spread(b"abcde") == b"ab\0\0cd\0\0e"


def test_layouts_whose_pieces_could_cut_a_word_are_refused() -> None:
    with pytest.raises(ValueError, match="powers of two"):
        Layout("odd", GAPPED.base, 12)
    with pytest.raises(ValueError, match="where a word does"):
        Layout("odd", PLAIN.base, 16)
    with pytest.raises(ValueError, match="modulus"):
        buffer(3, 0)
    assert Place("%p", GAPPED.base, layout=GAPPED).piece == 16
