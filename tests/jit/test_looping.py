"""Random programs with loops, copies and rewriting: images do what the interpreter says, on both targets."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, Memory, Packet, run
from dlcode_jit.outcome import Outcome
from tests.bare_machine import BareMachine
from tests.generators import nodes
from tests.jit.gate import unproved_host_image, unproved_mips_code
from tests.jit.looping import looping_inputs, looping_program

SEEDS = range(80)
ENOUGH = 20_000
"""Operations of a run that is tried on an image: a few long ones would take all the time."""


def without_fault(program: Program, seed: int, count: int) -> list[tuple[Packet, Memory, Outcome]]:
    """Inputs on which the program keeps all rules, with what the interpreter says of them."""
    found: list[tuple[Packet, Memory, Outcome]] = []
    for packet, memory in looping_inputs(program, seed, count):
        try:
            outcome = run(program, packet, memory, enough=ENOUGH)
        except Fault:
            continue
        found.append((packet, memory, Outcome(outcome.verdict, outcome.memory, outcome.effects, outcome.data)))
    return found


@pytest.mark.parametrize("first", SEEDS[::8])
def test_host_code_of_looping_programs_is_the_interpreters(first: int) -> None:
    tried = 0
    for seed in range(first, first + 8):
        program = looping_program(seed)
        image = unproved_host_image(program)
        for packet, memory, expected in without_fault(program, seed, 16):
            assert image.run(packet, memory) == expected, seed
            tried += 1
    assert tried > 64


def test_r3000_code_of_looping_programs_is_the_interpreters() -> None:
    """All of it passes the check of images, which knows the processor's hazards."""
    programs = [looping_program(seed) for seed in range(24)]
    parameters, tried = Parameters.load("dec5000-125"), 0
    for seed, (code, program) in enumerate(zip(unproved_mips_code(programs), programs, strict=True)):
        machine = BareMachine(code, parameters)
        for packet, memory, expected in without_fault(program, seed, 3):
            assert machine.run(packet, memory) == expected, seed
            tried += 1
    assert tried > 48


def test_the_programs_are_about_what_they_say() -> None:
    """Each kind of node appears in many programs, and every way out of a loop."""
    found: dict[type, int] = {}
    nested = limited = 0
    for seed in SEEDS:
        program = looping_program(seed)
        for kind in {type(node) for node in nodes(program)}:
            found[kind] = found.get(kind, 0) + 1
        loops = [node for node in nodes(program) if isinstance(node, form.Loop)]
        nested += any(isinstance(node, form.Loop) for loop in loops for node in nodes(loop.body))
        limited += any(loop.exhausted is not None for loop in loops)
    for kind in (form.Loop, form.Copy, form.Pipe, form.Rewrite, form.Send, form.Leave, form.Store, form.Read):
        assert found[kind] > len(SEEDS) // 3, kind
    assert nested > 10
    assert limited > 10
