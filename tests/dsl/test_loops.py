"""Loops: what they come to, and what they do in the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl import Fault, Packet, Source, Verdict, check_program, compile_source, print_program, render, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from tests.data_files import Case, each_case

DATA = Path(__file__).parent / "data"


@each_case(DATA / "loops.test")
def test_a_loop_comes_to_the_expected_core_program(case: Case, request: pytest.FixtureRequest) -> None:
    """Each keeps the rules of the core form."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    for program in compiled.programs:
        assert check_program(program) == []
    case.expect({"core": "\n".join(print_program(program) for program in compiled.programs)}, request)


@each_case(DATA / "loop_mistakes.test")
def test_a_mistake_in_a_loop_is_told(case: Case, request: pytest.FixtureRequest) -> None:
    """No program comes of it."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.programs
    case.expect({"diagnostics": render(compiled.diagnostics)}, request)


def filter_of(body: str) -> Program:
    compiled = compile_source(Source("test.ash", f"filter tried on ethernet {{\n{body}\n}}"))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    return compiled.programs[0]


def matches(program: Program, data: bytes) -> bool:
    return run(program, Packet.whole(data)).verdict is Verdict.MATCH


def test_the_condition_of_while_is_false_where_what_it_reads_is_absent() -> None:
    """So that a scan ends at the end of the packet, without a test of its length."""
    skip = filter_of("var at = 0\nwhile pkt[at] as u8 == 32 { at += 1 }\nat == pkt.len")
    assert matches(skip, b"    ")
    assert matches(skip, b"")
    assert not matches(skip, b"  G ")


def test_for_counts_from_its_start_to_below_its_end() -> None:
    """No turn at all where the start is not below the end."""
    count = filter_of("var n = 0\nvar sum = 0\nfor i in 3 .. pkt.len { n += 1\nsum += i }\nn * 1000 + sum == 2007")
    assert matches(count, bytes(5))
    assert not matches(count, bytes(2))
    none = filter_of("for i in pkt.len .. 3 { return false }\ntrue")
    assert matches(none, bytes(3))
    assert not matches(none, bytes(2))


def test_continue_goes_on_with_the_next_number() -> None:
    """And break with what follows the loop, of the innermost one."""
    odd = filter_of(
        "var n = 0\nfor i in 0 .. 9 {\nfor j in 0 .. 9 {\nif j % 2 == 0 { continue }\nif j > i { break }\nn += 1\n}\n}"
        "\nn == 20"
    )
    assert matches(odd, b"")


def test_the_turn_past_a_limit_takes_its_alternative() -> None:
    """A limit without one is a fault there, which the verifier excludes."""
    bounded = filter_of("var n = 0\nwhile n < pkt.len limit 4 else false { n += 1 }\ntrue")
    assert matches(bounded, bytes(4))
    assert not matches(bounded, bytes(5))
    claimed = filter_of("var n = 0\nwhile n < pkt.len limit 4 { n += 1 }\ntrue")
    assert matches(claimed, bytes(4))
    with pytest.raises(Fault) as fault:
        run(claimed, Packet.whole(bytes(5)))
    assert fault.value.kind is FaultKind.LIMIT


@pytest.mark.parametrize(
    ("claim", "kind"),
    [("invariant n < 3", FaultKind.INVARIANT), ("decreases n", FaultKind.DECREASES)],
)
def test_a_claim_of_a_loop_that_does_not_hold_is_a_fault(claim: str, kind: FaultKind) -> None:
    """Which the verifier excludes."""
    claimed = filter_of(f"var n = 0\nwhile n < pkt.len {claim} {{ n += 1 }}\ntrue")
    assert matches(claimed, bytes(1))
    with pytest.raises(Fault) as fault:
        run(claimed, Packet.whole(bytes(5)))
    assert fault.value.kind is kind


def test_a_turn_reads_what_the_turn_before_has_rewritten() -> None:
    """What was read before the loop is not taken for what is there now."""
    source = """handler tried on has(ipv4)
  owns turns: u32
  may rewrite
{
  let ttl = ipv4.ttl else pass
  if ttl > 9 { pass }
  for i in 0 .. 9 {
    if ipv4.ttl == 0 { break }
    ipv4.ttl -= 1
    turns +%= 1
  }
  if ipv4.ttl != 0 { pass }
  consume
}"""
    compiled = compile_source(Source("test.ash", source))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    data = bytes(12) + b"\x08\x00\x45" + bytes(7) + b"\2" + bytes(11)
    outcome = run(compiled.programs[0], Packet.whole(data))
    assert (outcome.verdict, outcome.memory["turns"], outcome.data[22]) == (Verdict.CONSUME, [2], 0)


def test_a_limit_in_a_function_gives_its_value() -> None:
    """The turn past it ends the function, and not the run."""
    source = """fn spaces(at: u32) -> u32 {
  var n = 0
  while pkt[at + n] == 32 limit 3 else 99 { n += 1 }
  n
}
filter f on ethernet { spaces(0) == 99 || spaces(0) == 2 }"""
    compiled = compile_source(Source("test.ash", source))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    assert matches(compiled.programs[0], b"  ")
    assert matches(compiled.programs[0], b"    ")
    assert not matches(compiled.programs[0], b"   x")


def test_a_measure_may_wrap_where_the_loop_takes_no_turn_more() -> None:
    """It proves the end by falling, and nothing is computed from it."""
    past = filter_of("var at = 58\nwhile at == 58 || at < pkt.len decreases pkt.len - at { at += 1 }\nat == 59")
    assert matches(past, bytes(20))
