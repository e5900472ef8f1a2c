"""One program, three engines: the interpreter, the host's code and the R3000's must agree on everything.

Verdict, memory, effects and packet are compared, on packets drawn around each program's own constants and on one packet
cut short at every length. Code for the R3000 is made by one request, and runs on the emulated processor with its caches
and delays; memory that it may not touch is compared too. For a longer run:

    python -m tests.test_three_engines FIRST_SEED PROGRAMS
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.compile import compile_bytes
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet
from dlcode_jit.host import HostImage, host_image
from dlcode_jit.r3000.image import mips_code
from dlcode_verifier import Certificate, Options, Proved, verify
from tests.bare_machine import BareMachine
from tests.generators import random_packets, random_program
from tests.jit.programs import NAMES, TYPICAL, certificate, cut_short, interpreted

PROGRAMS = 100  # generated ones, of which some three quarters are proved
PACKETS = 12  # for each, besides one that is cut short at every length
LONGEST_CUT = 40  # bytes of that one


@dataclass
class Tally:
    """What was compared."""

    pairs: int = 0
    programs: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    effects: int = 0


def generated(first: int, count: int) -> list[Certificate]:
    """Certificates of those generated programs that are proved."""
    answers = [verify(random_program(seed), options=Options(isolated=False)) for seed in range(first, first + count)]
    return [answer.certificate for answer in answers if isinstance(answer, Proved)]


def packets(program: Program) -> Iterator[tuple[Packet, dict[str, list[int]]]]:
    """Packets with memory, and a packet cut short at every length."""
    drawn = random_packets(program, 7, count=PACKETS + 1)
    yield from drawn[1:]
    packet, memory = drawn[0]
    data = packet.data.ljust(LONGEST_CUT, b"\x01")[: min(LONGEST_CUT, program.maximum)]
    for cut in cut_short(Packet(data, packet.wire_length)):
        yield cut, memory
    for typical in TYPICAL.get(program.name, ()):
        for cut in cut_short(Packet.whole(typical)):
            yield cut, memory


def compare(host: HostImage, machine: BareMachine, tally: Tally) -> None:
    """Run all three on the same packets; an AssertionError names the first difference."""
    program = host.program
    tally.programs += 1
    for packet, memory in packets(program):
        expected = interpreted(program, packet, memory)
        where = f"{program.name} on {packet.data.hex()} of {packet.wire_length}"
        assert host.run(packet, memory) == expected, f"the host differs: {where}"
        assert machine.run(packet, memory) == expected, f"the R3000 differs: {where}"
        tally.pairs += 1
        tally.verdicts[expected.verdict] += 1
        tally.effects += len(expected.effects)


def compare_all(certificates: list[Certificate]) -> Tally:
    """Compare the engines on each of the programs."""
    tally, parameters = Tally(), Parameters.load("dec5000-125")
    for proof, code in zip(certificates, mips_code(certificates), strict=True):
        compare(host_image(proof), BareMachine(code, parameters), tally)
    return tally


@pytest.mark.parametrize("name", NAMES)
def test_three_engines_agree_on_a_core_program_cut_short_at_every_length(name: str) -> None:
    assert compare_all([certificate(name)]).pairs > 60


def test_three_engines_agree_on_the_packets_of_the_examples_cut_short_at_every_length() -> None:
    """Each test block's packet is offered to its program, with the block's memory, and with other memory."""
    ran: set[str] = set()
    parameters = Parameters.load("dec5000-125")
    for path in sorted((Path(__file__).parents[1] / "examples").glob("*.ash")):
        engines_of: dict[str, tuple[HostImage, BareMachine]] = {}
        for test in compile_bytes(path.read_bytes(), path.name).tests:
            if test.program.name not in engines_of:
                answer = verify(test.program)
                if not isinstance(answer, Proved):
                    continue  # the examples of what is refused
                (code,) = mips_code([answer.certificate])
                engines_of[test.program.name] = host_image(answer.certificate), BareMachine(code, parameters)
            ran.add(path.stem)
            engines = engines_of[test.program.name]
            _, other = random_packets(test.program, 1, count=1)[0]
            whole = test.packet
            altered = [
                whole.data[:at] + bytes([whole.data[at] ^ 0xFF]) + whole.data[at + 1 :]
                for at in range(0, len(whole.data), _every(test.program))
            ]
            for packet in [*cut_short(whole), *(Packet(data, whole.wire_length) for data in altered)]:
                for memory in (test.memory, other):
                    expected = interpreted(test.program, packet, memory)
                    for engine in engines:
                        assert engine.run(packet, memory) == expected, f"{path.name}: {test.name}: {packet.data.hex()}"
    assert {"remote_increment", "web"} <= ran


def _every(program: Program) -> int:
    """Every byte is altered, but for programs with much memory, which each run of the interpreter copies."""
    return 1 if sum(region.count for region in program.regions) < 4096 else 5


def test_three_engines_agree_on_generated_programs() -> None:
    """At least 2,000 pairs of program and packet, among which every verdict and effects occur."""
    tally = compare_all(generated(0, PROGRAMS))
    assert tally.pairs >= 2000
    assert set(tally.verdicts) == set(Verdict)
    assert tally.effects > 50


if __name__ == "__main__":
    print(compare_all(generated(int(sys.argv[1]), int(sys.argv[2]))))
