"""Unsafe programs are refuted by packets that the interpreter was seen to fault on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.parse import parse_program
from dlcode_dsl.rendering import render
from dlcode_verifier.conditions import conditions
from dlcode_verifier.obligations import Node
from dlcode_verifier.refute import Found, refute
from dlcode_verifier.report import refuted
from dlcode_verifier.unrolling import unrolled
from dlcode_verifier.witness import fault_of
from tests.data_files import Case, each_case
from tests.verifier.support import HERE

REFUSED = Path(__file__).parent / "data" / "refused"


def faults(program: Program) -> list[tuple[FaultKind, Node]]:
    """Whatever a program can do wrong in its first turns."""
    laid_out = unrolled(program, 2)
    found = (laid_out.fault_at(part.kind, part.node) for part in conditions(laid_out.program).obligations)
    return [fault for fault in found if fault is not None]


def wanted(text: str, program: Program) -> list[tuple[FaultKind, Node]]:
    """The faults that comments of a core text name, each at its line."""
    kinds = {
        number: FaultKind(match[1])
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.search(r"; ([a-z-]+)$", line))
    }
    return [(kind, node) for kind, node in faults(program) if kinds.get(node.span.line) is kind]


def said(program: Program, found: Found) -> str:
    diagnostic = render([refuted(program, found.fault, found.witness, HERE)])
    return f"{diagnostic}packet {found.witness.packet.data.hex()}"


@each_case(REFUSED / "mutants.test")
def test_an_unsafe_program_is_refuted_at_its_mistake(case: Case, request: pytest.FixtureRequest) -> None:
    """The kinds of mistake: a check too short, too late or left out; an endless loop; a shift, a division."""
    program = parse_program(case.input)
    asked = wanted(case.input, program)
    assert asked, "a comment names the fault"
    found = refute(program, asked, HERE).found
    for one in found:
        fault = fault_of(program, one.witness)
        assert fault is not None
        assert (fault.kind, id(fault.node)) == (one.kind, id(one.node))
    assert {(one.kind, id(one.node)) for one in found} >= {(kind, id(node)) for kind, node in asked}
    case.expect({"refuted": "\n".join(said(program, one) for one in found)}, request)


def test_a_sum_that_only_the_longest_packets_make_wrap_is_refuted() -> None:
    """Far more turns than any that could be laid out: the packet of ones is tried last."""
    text = """handler total on ethernet maximum 2000
      owns @limit: u32[1] plain
    {
      var %at: u32 = 0:u32
      var %sum: u32 = 4294500000:u32
      loop words { read %byte: u8 = packet[%at] else { leave words } } while true {
        %sum = (%sum + widen(%byte, u32))
        %at = (%at +% 1:u32)
      }
      exit consume
    }"""
    program = parse_program(text)
    (found,) = refute(program, [fault for fault in faults(program) if fault[0] is FaultKind.WRAP], HERE).found
    assert found.kind is FaultKind.WRAP
    assert len(found.witness.packet.data) > 1800
