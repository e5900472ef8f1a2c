"""Host code does what the interpreter says: of each program that somebody wrote, and of generated ones that loop."""

from __future__ import annotations

from itertools import islice

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.interpret import Fault, run
from dlcode_jit.outcome import Outcome
from dlcode_jit.r3000.image import mips_code
from tests.bare_machine import QUEUE, REGIONS, BareMachine
from tests.pairs import Tally, compare, generated, written

FEW = 60
"""Pairs of each program here; the command `python -m tests.pairs 100000` compares more."""


def test_host_code_of_what_is_written_is_the_interpreters() -> None:
    tally = Tally()
    for certificate, inputs in written(each=FEW):
        assert list(compare(certificate, inputs, tally)) == []
    assert tally.programs > 40
    assert tally.looping > 20
    assert tally.pairs > 2000


def test_host_code_of_generated_programs_is_the_interpreters() -> None:
    tally = Tally()
    for certificate, inputs in islice(generated(5100), 24):
        assert list(compare(certificate, inputs, tally)) == []
    assert tally.looping > 15
    assert tally.pairs > 800


def test_r3000_code_of_generated_programs_is_the_interpreters() -> None:
    """The same programs on the other target, where the runs are short."""
    parameters, tried = Parameters.load("dec5000-125"), 0
    for certificate, inputs in islice(generated(5200), 16):
        (code,) = mips_code([certificate])
        if code.queue.size > REGIONS - QUEUE:
            continue
        machine = BareMachine(code, parameters)
        for packet, memory in inputs[:6]:
            try:
                expected = run(certificate.program, packet, memory, enough=3000)
            except Fault:
                continue  # too long for this machine
            found = machine.run(packet, memory)
            assert found == Outcome(expected.verdict, expected.memory, expected.effects, expected.data)
            tried += 1
    assert tried > 50
