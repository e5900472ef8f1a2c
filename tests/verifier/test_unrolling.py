"""Unrolled programs do what the originals do, as far as they are laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl.core import form, interpret
from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_dsl.core.text import print_program
from dlcode_verifier.conditions import conditions
from dlcode_verifier.lasso import replay
from dlcode_verifier.unrolling import Unrolled, unrolled
from tests.data_files import Case, each_case
from tests.generators import nodes, random_packets

PROGRAMS = Path(__file__).parent / "data" / "unrolled.test"

TURNS = 5


@each_case(PROGRAMS)
def test_the_turns_of_a_loop_are_laid_out_one_after_another(case: Case, request: pytest.FixtureRequest) -> None:
    case.expect({"unrolled": print_program(unrolled(parse_program(case.input), 2).program)}, request)


@each_case(PROGRAMS)
def test_what_is_laid_out_is_a_program_without_loops(case: Case) -> None:
    """It keeps the core form's rules, so that the conditions of a proof can be made of it."""
    laid_out = unrolled(parse_program(case.input), 3).program
    assert_well_formed(laid_out)
    assert not any(isinstance(node, form.Loop | form.Copy) for node in nodes(laid_out))
    assert conditions(laid_out).obligations


def came_to(laid_out: Unrolled, packet: Packet, memory: dict[str, list[int]]) -> object:
    """What a run of the unrolled program comes to, told of the original; None where it was cut."""
    try:
        outcome = interpret.run(laid_out.program, packet, memory)
    except Fault as fault:
        stands_for = laid_out.fault_at(fault.kind, fault.node)
        return stands_for and (stands_for[0], id(stands_for[1]))
    return outcome.verdict, outcome.memory, outcome.effects, outcome.data


def comes_to(program: Program, packet: Packet, memory: dict[str, list[int]]) -> object:
    fault = replay(program, packet, memory)
    if fault is not None:
        return fault.kind, id(fault.node)
    outcome = interpret.run(program, packet, memory)
    return outcome.verdict, outcome.memory, outcome.effects, outcome.data


@each_case(PROGRAMS)
def test_an_unrolled_program_ends_as_the_original_does(case: Case) -> None:
    """The same verdict, memory and packet, or the same fault at the node that it was made from; or it was cut."""
    program = parse_program(case.input)
    laid_out = unrolled(program, TURNS)
    followed = 0
    for packet, memory in small(program, 400):
        here = came_to(laid_out, packet, memory)
        if here is not None:
            followed += 1
            assert here == comes_to(program, packet, memory), (packet, memory)
    assert followed > 100


def small(program: Program, count: int) -> list[tuple[Packet, dict[str, list[int]]]]:
    """Packets and memory of small values, with which loops take a few turns."""
    found = random_packets(program, 1, count)
    return [
        (Packet.whole(bytes(byte % 12 if byte != 32 and number % 3 else byte for byte in packet.data)),
         {name: [cell % 5 if number % 2 else cell for cell in cells] for name, cells in memory.items()})
        for number, (packet, memory) in enumerate(found)
    ]  # fmt: skip


def test_a_program_is_whole_where_no_loop_can_take_more_turns() -> None:
    text = """handler f on ethernet maximum 64
      owns @words: u32[1] plain
    {
      loop few { } while (@words[0:u32] > 0:u32) limit 3 { @words[0:u32] = (@words[0:u32] >> 1:u32) } else { exit drop }
      exit consume
    }"""
    assert not unrolled(parse_program(text), 2).whole
    assert unrolled(parse_program(text), 3).whole


def test_loops_in_loops_are_cut_where_a_program_would_grow_too_large() -> None:
    body = "%i = (%i +% 1:u32)"
    for depth in range(10):
        body = f"loop l{depth} {{ }} while (%i < {depth}:u32) {{ {body} }}"
    program = parse_program(f"handler f on ethernet maximum 64 {{ var %i: u32 = 0:u32 {body} exit pass }}")
    laid_out = unrolled(program, 34)
    assert not laid_out.whole
    assert sum(1 for _ in nodes(laid_out.program)) < 100_000
