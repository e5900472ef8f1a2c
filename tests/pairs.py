"""The interpreter against host code: the same on each packet and memory, for every program that is proved.

    python -m tests.pairs 100000 [--first SEED]

compares that many pairs of a program and a packet with memory: of the examples and the hard programs, on their tests'
packets cut and changed, and of generated programs that loop, copy and write owned memory. Code is made through the
gate, from certificates alone. It ends with 1 if anything differs: verdict, memory, effects or the packet's bytes.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from dlcode_dsl import Packet, Source, compile_source
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, run
from dlcode_dsl.core.text import print_program
from dlcode_jit.errors import ImageError
from dlcode_jit.host import host_image
from dlcode_jit.outcome import Outcome
from dlcode_verifier import Certificate, Options, OverBudget, Proved, verify
from tests.generators import random_packets
from tests.looping import looping_program
from tests.reaching import Input

APART = Options()
ROOT = Path(__file__).parents[1]
SOURCES = [
    *(path for path in sorted((ROOT / "dlcode" / "examples").glob("*.ash")) if not path.stem.endswith("broken")),
    *sorted((ROOT / "tests" / "data" / "hard").glob("*.ash")),
]

EACH = 80
"""Pairs of one generated program."""

EACH_WRITTEN = 400
"""Pairs of one program that somebody wrote."""

LONG = 30_000
"""Operations of the interpreter after which a run is given up."""


@dataclass
class Tally:
    """What was compared."""

    pairs: int = 0
    programs: int = 0
    looping: int = 0  # of them
    floods: int = 0  # proved programs that no queue has room for
    given_up: int = 0  # runs that are too long for the interpreter
    different: int = 0


def compare(certificate: Certificate, inputs: list[Input], tally: Tally) -> Iterator[str]:
    """Run both on each input; says what differs."""
    program = certificate.program
    try:
        image = host_image(certificate)
    except ImageError as error:
        if error.code != "unsupported":
            raise
        tally.floods += 1
        return
    tally.programs += 1
    tally.looping += bool(certificate.loops)
    for packet, memory in inputs:
        try:
            outcome = run(program, packet, memory, enough=LONG)
        except Fault as fault:
            if fault.kind is not FaultKind.ENDLESS:
                tally.different += 1
                yield f"{program.name}: proved, and {fault} on {packet.data.hex()}"
            tally.given_up += 1
            continue
        expected = Outcome(outcome.verdict, outcome.memory, outcome.effects, outcome.data)
        found = image.run(packet, memory)
        tally.pairs += 1
        if found != expected:
            tally.different += 1
            yield f"{program.name}: {found} for {expected} on {packet.data.hex()}\n{print_program(program)}"


def written(each: int = EACH_WRITTEN) -> Iterator[tuple[Certificate, list[Input]]]:
    """The examples and the hard programs, on the packets of their own tests, cut and changed."""
    for path in SOURCES:
        compiled = compile_source(Source(str(path), path.read_text(encoding="utf-8")))
        for program in compiled.programs:
            answer = verify(program, options=APART)
            if isinstance(answer, OverBudget):
                continue  # safe, and no certificate: there is no code of it
            assert isinstance(answer, Proved), f"{program.name} of {path.name}"
            tests = [(test.packet, dict(test.memory or {})) for test in compiled.tests if test.program == program]
            yield answer.certificate, list(_around(program, tests, each))


def _around(program: Program, tests: list[Input], each: int) -> Iterator[Input]:
    rng = random.Random(program.name)
    drawn = random_packets(program, 1, each // 2)
    yield from tests
    yield from drawn
    for number in range(each // 2 if tests else 0):
        packet, known = tests[number % len(tests)]
        data = bytearray(packet.data)
        if rng.random() < 0.4:
            del data[rng.randrange(len(data) + 1) :]
        for _ in range(rng.randrange(4) if data else 0):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 255, rng.randrange(256)))
        memory = known if rng.random() < 0.5 else drawn[number][1]
        yield Packet(bytes(data), rng.choice((len(data), packet.wire_length))), memory


def generated(first: int) -> Iterator[tuple[Certificate, list[Input]]]:
    """Programs that loop or copy, as far as they are proved."""
    for seed in count(first):
        program = looping_program(seed)
        answer = verify(program, options=APART)
        if isinstance(answer, Proved):
            yield answer.certificate, random_packets(program, seed, EACH)


def pairs(wanted: int, first: int, tally: Tally) -> Iterator[str]:
    """Compare so many pairs; says what differs."""
    for certificate, inputs in chain(written(), generated(first)):
        yield from compare(certificate, inputs[: wanted - tally.pairs], tally)
        if tally.pairs >= wanted:
            return


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.pairs")
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    for difference in pairs(asked.count, asked.first, tally):
        print(difference, flush=True)
    print(f"{tally.pairs} pairs of {tally.programs} programs, {tally.looping} of which loop or copy through pipes")
    print(f"{tally.floods} proved programs may send more than any queue holds")
    print(f"{tally.given_up} runs were too long to interpret; {tally.different} differences")
    print(f"{time.monotonic() - began:.0f} s")
    return int(bool(tally.different))


if __name__ == "__main__":
    sys.exit(main())
