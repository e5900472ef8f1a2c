"""Proved alignment of accesses: the code for the R3000 uses it, gets faster by it, and never traps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.abi import QueueLayout
from dlcode_jit.congruence import UNKNOWN, Congruence, alignment
from dlcode_jit.host import host_image
from dlcode_jit.lower import lower
from dlcode_jit.mips.check import check
from dlcode_jit.mips.decode import decode
from dlcode_jit.r3000.image import MipsCode, mips_code
from dlcode_jit.targets import HOST, R3000
from dlcode_verifier.alignment import Alignment
from tests.bare_machine import BareMachine
from tests.generators import random_packets
from tests.jit.gate import QUEUE, unproved_mips_code
from tests.jit.programs import interpreted, prove
from tests.walking import walking

BASE = 0x8010_0000

SUM = """
handler sum on ethernet maximum 1514
  owns @sum: u32[1] plain
{
  var %at: u32 = 14:u32
  loop words { } while ((%at + 1:u32) < extent(packet)) {
    read %word: u16 = packet[%at]
    @sum[0:u32] = (@sum[0:u32] +% widen(%word, u32))
    %at = (%at + 2:u32)
  }
  exit consume
}
"""
"""The loop of an internet checksum over what follows the Ethernet header."""

WORDS = SUM.replace("1:u32) <", "3:u32) <").replace("u16 =", "u32 =").replace("widen(%word, u32)", "%word")
WORDS = WORDS.replace("%at = (%at + 2:u32)", "%at = (%at + 4:u32)")
"""The same by words."""

COPY = """
handler copy on ethernet maximum 1514
  owns @ring: u8[2048] scratch
{
  read %first: u8 = packet[14:u32] else { exit decline }
  let %at: u32 = (14:u32 + (widen((%first & 15:u8), u32) * 4:u32))
  let %count: u32 = (widen(%first, u32) & 240:u32)
  if ((%at + %count) > extent(packet)) { exit decline }
  copy packet[%at : %count] -> @ring[(widen(%first, u32) & 12:u32)] as done
  exit consume
}
"""
"""A stretch behind a header of variable length, into a ring at a multiple of four."""


def unaided(program: Program) -> MipsCode:
    """Code of a program that is proved too, without what is known of its accesses."""
    (code,) = unproved_mips_code([program])
    return code


def machine(code: MipsCode) -> BareMachine:
    """A DECstation with that code."""
    return BareMachine(code, Parameters.load("dec5000-125"))


def instructions(code: MipsCode, packet: Packet) -> int:
    """How many instructions a run on a packet takes."""
    one = machine(code)
    assert one.run(packet) == interpreted(code.program, packet)
    return one.cpu.instructions


@pytest.mark.parametrize(
    ("text", "share"),
    [(WORDS, 0.75), (COPY, 0.85)],
    ids=["words", "a copy"],
)
def test_what_is_proved_of_accesses_makes_a_handler_faster(text: str, share: float) -> None:
    """A run over 1000 bytes takes at most this share of the instructions that it takes otherwise."""
    program = parse_program(text)
    (code,) = mips_code([prove(program)])
    packet = Packet.whole(bytes([0xF3] * 1000))
    assert instructions(code, packet) <= share * instructions(unaided(program), packet)


def test_halfwords_take_half_the_loads() -> None:
    """Turning the bytes of one around takes what a second load does, but memory that is not cached is read once."""
    program = parse_program(SUM)
    (code,) = mips_code([prove(program)])
    assert packet_loads(code) == ["lhu"]
    assert packet_loads(unaided(program)) == ["lbu", "lbu"]


def packet_loads(code: MipsCode) -> list[str]:
    """The loads in the code that are no loads of words, as of addresses and cells."""
    decoded = [decode(word) for word in code.place(BASE).words]
    return [one.row.name for one in decoded if one is not None and one.row.name in ("lb", "lbu", "lh", "lhu")]


def test_bytes_are_loaded_one_by_one_only_where_nothing_is_known() -> None:
    """The word of the loop is a halfword of memory, on the R3000; the host takes it at any address anyway."""
    program = parse_program(SUM)
    facts = prove(program).alignment
    assert facts == (Alignment(0, 2, 0),)
    aligned = lower(program, QUEUE, R3000, facts=facts)
    assert "load i16, ptr %" in aligned
    assert "load i8" not in aligned
    assert "load i16" not in lower(program, QUEUE, R3000)
    assert lower(program, QUEUE, HOST, facts=facts) == lower(program, QUEUE, HOST)


def test_an_even_offset_is_an_even_address_and_14_behind_it_a_word() -> None:
    """A packet lies at 2 modulo 4, so what is 2 modulo 4 in the packet is aligned to words."""
    assert R3000.layout.base.plus(Congruence(4, 2)).factor == 4
    assert R3000.layout.base.plus(Congruence(2, 0)).factor == 2
    assert alignment(R3000.layout.base.plus(Congruence(2, 0)), 4) == 2
    assert alignment(R3000.layout.base.plus(Congruence(4, 2)), 2) == 2
    assert alignment(R3000.layout.base.plus(Congruence(2, 1)), 4) == 1
    assert alignment(R3000.layout.base.plus(UNKNOWN), 4) == 1


def test_nothing_is_left_over_of_a_count_that_is_a_multiple() -> None:
    """A copy through a pipe of words has no tail where its count is proved to have none."""
    text = """
    handler h on ethernet maximum 64
      owns @ring: u8[64] scratch
      pipe swap(%word: u32) { emit bswap(%word) }
    {
      read %first: u8 = packet[0:u32] else { exit decline }
      let %count: u32 = widen((%first & MASK:u8), u32)
      if (%count > extent(packet)) { exit decline }
      copy packet[0:u32 : %count] -> @ring[0:u32] through swap as done
      exit consume
    }
    """
    for target in (HOST, R3000):
        for mask, tail in ((12, False), (14, True)):
            program = parse_program(text.replace("MASK", str(mask)))
            assert ("done.tail" in lower(program, QUEUE, target, facts=prove(program).alignment)) is tail


# ---- it never traps


@cache
def walks() -> Sequence[tuple[Program, BareMachine]]:
    """Proved walks, and machines with their code."""
    proofs = [prove(walking(seed)) for seed in range(40)]
    assert sum(len(proof.alignment) for proof in proofs) > 80
    return [(code.program, machine(code)) for code in mips_code(proofs)]


def test_walks_whose_accesses_are_aligned_run_alike_everywhere() -> None:
    """Interpreter, host and R3000 agree on verdict, memory, effects and packet; an unaligned access would trap."""
    for seed, (program, there) in enumerate(walks()):
        host = host_image(prove(program))
        rng = random.Random(seed)
        packets = random_packets(program, seed, count=6)
        packets += [(Packet.whole(rng.randbytes(length)), {}) for length in (200, 199, 120, 63, 17)]
        for packet, memory in packets:
            expected = interpreted(program, packet, memory)
            assert host.run(packet, memory) == expected, (program.name, packet)
            assert there.run(packet, memory) == expected, (program.name, packet)


def test_the_code_of_walks_passes_its_check() -> None:
    for _, there in walks():
        image = there.image
        assert check(image.data[: image.text], image.base) == []


@pytest.mark.parametrize("text", [SUM, WORDS, COPY], ids=["halfwords", "words", "a copy"])
def test_no_packet_makes_an_address_error(text: str) -> None:
    """Every length, and every length of header."""
    program = parse_program(text)
    (code,) = mips_code([prove(program)])
    there = machine(code)
    for length in range(60):
        for first in (0, 5, 0x1A, 0x2F):
            packet = Packet.whole(bytes([0] * 14 + [first] + list(range(length)))[: 14 + length])
            assert there.run(packet) == interpreted(program, packet)


def test_a_fact_that_is_not_so_would_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests would see: the walk by threes, compiled as if it went by words."""
    program = parse_program(WORDS.replace("%at + 4:u32", "%at + 3:u32"))
    proof = prove(program)
    assert proof.alignment == ()
    packet = Packet.whole(bytes(64))
    (code,) = mips_code([proof])
    assert machine(code).run(packet) == interpreted(program, packet)
    queue = QueueLayout(0, 0)
    lying = (program, queue, (Alignment(0, 4, 2),))
    monkeypatch.setattr("dlcode_jit.r3000.image.admitted", lambda _: lying)
    (code,) = mips_code([proof])
    with pytest.raises(AssertionError, match="exception 4"):  # ADEL: an unaligned load
        machine(code).run(packet)
