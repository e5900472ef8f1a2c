"""Copies through pipes: one loop does what the interpreter does pipe after pipe, on both targets."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit import native
from dlcode_jit.host import host_image
from dlcode_jit.lower import lower
from dlcode_jit.r3000.image import mips_code
from dlcode_jit.targets import HOST
from tests.bare_machine import BareMachine
from tests.jit.gate import QUEUE, unproved_host_image, unproved_mips_code
from tests.jit.programs import interpreted, prove

PIPES = {
    "checksum": """(%w: u16) commutative readonly
      state %sum = 0:u32 { %sum = (%sum + widen(%w, u32)) emit %w } finish %sum""",
    "swap": "(%v: u32) { emit bswap(%v) }",
    "hash": """(%b: u8)
      state %h = 2166136261:u32 { %h = ((%h ^ widen(%b, u32)) *% 16777619:u32) emit %b } finish %h""",
    "count": "(%c: u16) state %n = 7:u64 { emit %c %n = (%n + 1:u64) } finish %n",
    "upper": """(%l: u8) state %seen = 0:u8 {
      var %out: u8 = %l
      if ((%l >= 97:u8) and (%l <= 122:u8)) { %out = (%l ^ 32:u8) if (%seen < 255:u8) { %seen = (%seen + 1:u8) } }
      emit %out } finish %seen""",
    "chain": "(%x: u32) state %last = 3735928559:u32 { let %mixed: u32 = (%x ^ %last) %last = %x emit %mixed }",
}
"""Two pipes of each gauge: with and without memory of what went before, and with a branch."""

LENGTHS = (*range(70), 127, 128, 129, 255, 256, 300, 511, 515, 1023, 1400)


def copying(*pipes: str, at: int = 14, index: int = 0, maximum: int = 1514) -> Program:
    """A handler that copies all from `at` on through pipes, and keeps what they finish with."""
    declared = "\n".join(f"  pipe {name}{PIPES[name]}" for name in pipes)
    through = f"through {', '.join(pipes)}" if pipes else ""
    kept = "\n".join(
        f"  @kept[{number}:u32] = widen(%done.{name}, u64)"
        for number, name in enumerate(pipes)
        if "finish" in PIPES[name]
    )
    return parse_program(f"""
handler deliver on ethernet maximum {maximum}
  owns @ring: u8[{maximum + 8}] plain
  owns @kept: u64[8] plain
{declared}
{{
  if (extent(packet) < {at}:u32) {{ exit pass }}
  copy packet[{at}:u32 : (extent(packet) - {at}:u32)] -> @ring[{index}:u32] {through} as done
{kept}
  exit consume
}}
""")


def packets(rng: random.Random, at: int) -> list[Packet]:
    """One of each length, with letters in it."""
    return [Packet.whole(bytes(rng.choice((0, 255, 97, 122, rng.randrange(256))) for _ in range(at + length)))
            for length in LENGTHS]  # fmt: skip


FUSED = [(), *((name,) for name in PIPES), *permutations(("checksum", "swap", "hash"), 2)]
FUSED += [("checksum", "swap", "hash"), ("upper", "count", "chain"), tuple(PIPES), tuple(reversed(PIPES))]


@pytest.mark.parametrize("pipes", FUSED, ids=">>".join)
def test_a_fused_copy_is_the_interpreters_pass_by_pass(pipes: tuple[str, ...]) -> None:
    rng = random.Random(str(pipes))
    for at, index in ((14, 0), (3, 5)):
        program = copying(*pipes, at=at, index=index)
        image = unproved_host_image(program)
        for packet in packets(rng, at):
            memory = {"ring": [rng.randrange(256) for _ in range(1522)]}
            assert image.run(packet, memory) == interpreted(program, packet, memory), len(packet.data)


def test_a_fused_copy_on_the_r3000_is_the_same() -> None:
    """Where both sides are aligned, by words; elsewhere by halfwords or bytes. The check of images finds no hazard."""
    rng, programs = random.Random(3), []
    for pipes in ((), ("checksum",), ("upper",), ("checksum", "swap"), ("hash", "count"), tuple(PIPES)):
        for at, index in ((14, 0), (16, 2), (15, 1), (14, 3)):
            programs.append((copying(*pipes, at=at, index=index, maximum=200), at))
    parameters = Parameters.load("dec5000-125")
    for code, (program, at) in zip(unproved_mips_code([one for one, _ in programs]), programs, strict=True):
        machine = BareMachine(code, parameters)
        for length in (0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 30, 33):
            packet = Packet.whole(rng.randbytes(at + length))
            assert machine.run(packet) == interpreted(program, packet), (at, length)


def test_the_main_loop_of_checksum_and_swap_is_vectorised() -> None:
    """A word of four bytes at a time would leave the host's wide registers idle."""
    optimised = native.compile_assembly(lower(copying("checksum", "swap"), QUEUE, HOST))
    assert "pshufb" in optimised or "rev32" in optimised  # x86-64, or AArch64


def test_a_fused_copy_calls_nothing() -> None:
    """LLVM is kept from turning the loop into a call of memcpy and a second pass."""
    for pipes in ((), ("checksum",)):
        code = native.compile_object(lower(copying(*pipes), QUEUE, HOST))
        assert b"memcpy" not in code
        native.load(code, ("handler.deliver",), {})


def test_a_proved_copy_passes_the_gate_on_both_targets() -> None:
    made = prove(copying("checksum", "swap", maximum=128))
    packet = Packet.whole(bytes(range(60)))
    expected = interpreted(made.program, packet)
    assert host_image(made).run(packet) == expected
    (code,) = mips_code([made])
    assert BareMachine(code, Parameters.load("dec5000-125")).run(packet) == expected
