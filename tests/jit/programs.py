"""Programs for the tests of images, with their proofs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Memory, Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.outcome import Outcome
from dlcode_verifier import Certificate, Options, Proved, verify

DATA = Path(__file__).parent / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.core")))

SYN = bytes.fromhex(
    "00112233445566778899aabb08004500002800004000400600000a000001c0a8000130390050000000000000000050100000"
) + bytes(10)
"""A TCP segment to port 80."""

ADD = bytes.fromhex("08002b01020308002b04050612340100000300000005")
"""Adds 5 to counter 3 of `increment`."""

TYPICAL = {
    "division": (bytes([1] * 16 + [0] * 12 + [3] * 4), bytes([255] * 16 + [0] * 4 + [9] * 12)),
    "increment": (ADD, ADD + bytes(38), ADD[:16] + b"\xff" + ADD[17:]),
    "mirror": (bytes(range(1, 70)), bytes(3) + bytes(7) + b"\x03" + bytes(range(120))),
    "port_80": (
        SYN,
        SYN[:34] + SYN[36:38] + SYN[34:36] + SYN[38:],
        SYN[:14] + b"\x46" + SYN[15:34] + bytes(4) + SYN[34:],
    ),
}
"""Packets that each program does something with."""


@cache
def program(name: str) -> Program:
    """A program of the data folder."""
    made = parse_program((DATA / f"{name}.core").read_text(), f"{name}.core")
    assert_well_formed(made)
    return made


@cache
def certificate(name: str) -> Certificate:
    """Its proof."""
    return prove(program(name))


def prove(program: Program) -> Certificate:
    """A proof, which must succeed."""
    answer = verify(program, options=Options(isolated=False))
    assert isinstance(answer, Proved), answer
    return answer.certificate


def interpreted(program: Program, packet: Packet, memory: Memory | None = None) -> Outcome:
    """What the interpreter says, in the form of an image's outcome."""
    outcome = run(program, packet, memory)
    return Outcome(outcome.verdict, outcome.memory, outcome.effects, outcome.data)


def cut_short(packet: Packet) -> list[Packet]:
    """The packet captured at every length from nothing to all of it."""
    return [Packet(packet.data[:length], packet.wire_length) for length in range(len(packet.data) + 1)]
