"""What has no proof is told with a fact from which it would follow, where one is found."""

from __future__ import annotations

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.text import print_expression
from dlcode_verifier import NotProved
from dlcode_verifier.obligations import Node
from dlcode_verifier.sufficient import Ask, sufficient
from tests.generators import nodes
from tests.verifier.support import judged, program

POPULATION = """handler population on ethernet maximum 64
  owns @table: u32[256] plain
{
  read %start: u32 = packet[0:u32] else { exit pass }
  var %x: u32 = %start
  var %n: u32 = 0:u32
  loop bits { } while (%x != 0:u32) {
    %x = (%x & (%x - 1:u32))
    %n = (%n +% 1:u32)
  }
  if (@table[%n] != 0:u32) { exit drop }
  exit pass
}
"""


def unproved(tried: Program) -> form.Owned:
    return next(node for node in nodes(tried) if isinstance(node, form.Owned))


def invariants(tried: Program) -> list[form.Expression]:
    (loop,) = (node for node in nodes(tried) if isinstance(node, form.Loop))
    return list(loop.invariants)


def proved_from(fact: str, *, holds: bool) -> Ask:
    """A prover that needs one fact, and takes it or not."""

    def ask(tried: Program) -> list[tuple[FaultKind, Node]]:
        said = invariants(tried)
        left: list[tuple[FaultKind, Node]] = [] if holds else [(FaultKind.INVARIANT, one) for one in said]
        if fact not in map(print_expression, said):
            left.append((FaultKind.OWNED_BOUNDS, unproved(tried)))
        return left

    return ask


def test_a_fact_that_suffices_is_found_among_comparisons_of_what_the_loop_changes() -> None:
    tried = program(POPULATION)
    found = sufficient(tried, FaultKind.OWNED_BOUNDS, unproved(tried), proved_from("(%n < 256:u32)", holds=True))
    assert found is not None
    assert found.said(tried) == "it follows from `%n < 256` at the head of the loop in line 7: say `invariant %n < 256`"


def test_a_fact_that_has_no_proof_itself_is_told_as_that() -> None:
    tried = program(POPULATION)
    found = sufficient(tried, FaultKind.OWNED_BOUNDS, unproved(tried), proved_from("(%n < 256:u32)", holds=False))
    assert found is not None
    assert found.said(tried).endswith("`%n < 256` at the head of the loop in line 7, which needs a proof itself")


def test_a_fact_that_some_run_breaks_is_not_told() -> None:
    """With a packet of a few bytes of ones, there are more turns than bytes."""
    tried, met = program(POPULATION), list[str]()

    def ask(other: Program) -> list[tuple[FaultKind, Node]]:
        met.extend(map(print_expression, invariants(other)))
        return [(FaultKind.OWNED_BOUNDS, unproved(other))]

    assert sufficient(tried, FaultKind.OWNED_BOUNDS, unproved(tried), ask) is None
    assert "(%n < 256:u32)" in met
    assert "(%n <= 0:u32)" not in met


def test_what_is_not_proved_says_what_would_do() -> None:
    answer = judged(POPULATION)
    assert isinstance(answer, NotProved)
    (left,) = answer.diagnostics
    assert left.primary.span.text == "@table[%n]"
    assert left.help == "it would follow from `%n < 256` at the head of the loop in line 7, which needs a proof itself"
