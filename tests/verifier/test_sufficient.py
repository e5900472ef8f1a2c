"""What has no proof is told with what would do: a fact at a loop's head, or a measure. What is told is so."""

from __future__ import annotations

import re

import pytest

from dlcode_dsl import Source, compile_source
from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.text import print_expression
from dlcode_verifier import NotProved, Proved, verify
from dlcode_verifier.suppositions import measures, suppositions
from tests.generators import nodes
from tests.verifier.support import HERE, judged, program

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

HANDLER = """handler h on has(ethernet)
  owns t: u32[8]
  owns one: u32[1]
  owns six: u32[6]
{
  let k = pkt[0] as u32 else pass
BODY  pass
}
"""

FILTER = """filter f on ethernet {
  var a = pkt[0] as u32 else false
  var b = pkt[4] as u32 else false
  var c = pkt[8] as u32 else false
BODY  a == b
}
"""


def of(frame: str, *lines: str) -> str:
    return frame.replace("BODY", "".join(f"  {line}\n" for line in lines))


def compiled(text: str) -> Program:
    found = compile_source(Source("case.ash", text))
    assert not found.errors, [error.title for error in found.errors]
    (only,) = found.programs
    return only


def helped(text: str) -> str:
    """What is said would do, of a source without a proof."""
    answer = verify(compiled(text), options=HERE)
    assert isinstance(answer, NotProved)
    assert answer.diagnostics[0].help is not None
    return answer.diagnostics[0].help


def as_told(text: str, help: str) -> str:
    """The source with what is told to be said of a loop said of it."""
    clause = re.fullmatch(r".*: say `((?:invariant|decreases) .*)`", help)
    assert clause is not None, help
    said, number = re.subn(r"(?m)^(  (?:for|while) [^{]*)\{", rf"\1{clause[1]} {{", text)
    assert number == 1
    return said


FACTS = {
    "a == b": of(
        HANDLER, "var a = k & 7", "var b = k & 7", "for i in 0 .. 20 {", "  a = a ^ i", "  b = b ^ i", "}",
        "one[a -% b] = 1",
    ),
    "(n & 5) == n": of(HANDLER, "var n = 0", "for i in 0 .. 20 { n = n ^ 5 }", "six[n] = 1"),
    "low <= high": of(
        HANDLER, "var low = k", "var high = low | 1", "for i in 0 .. 20 {", "  low = low *% k", "  high = low | i", "}",
        "let d = high - low", "if d > 3 { drop }",
    ),
    "t[0] < 8": of(
        HANDLER, "t[0] = 3", "for i in 0 .. 20 {", "  t[0] = t[0] ^ 4", "  t[1 + (i & 3)] = i", "}", "t[t[0]] = 1"
    ),
    "(a & 1) == 0": of(FILTER, "a = a & 254", "while a != 0 { a -%= 2 }"),
    "(a % 3) == 0": of(FILTER, "a = (a & 63) * 3", "while a != 0 { a -%= 3 }"),
    "s > 0": of(FILTER, "var s = 1", "while a < pkt.len {", "  a +%= s", "  s = (s *% 3) & 15", "}"),
}  # fmt: skip
"""A fact, and a program that needs it: an equality, bits, a distance, a cell; of what may not end, multiples and a
bound."""


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_would_do_is_told_and_does_where_the_author_says_it(fact: str) -> None:
    help = helped(FACTS[fact])
    assert re.fullmatch(rf"it follows from `{re.escape(fact)}` at the head of the loop in line \d+: .*", help)
    assert isinstance(verify(compiled(as_told(FACTS[fact], help)), options=HERE), Proved)


MEASURES = {
    "4294967295 - a": of(FILTER, "while a != 0 { a = a +% 1 }"),
    "a, b, c": of(
        FILTER, "a = a & 3", "b = b & 3", "c = c & 3", "while a != 0 || b != 0 || c != 0 {",
        "  if a > 0 { a -= 1 } else { if b > 0 { b -= 1 } else { c -= 1 } }", "}",
    ),
}  # fmt: skip
"""A measure, and a program whose loop needs it."""


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_that_would_do_is_told_and_does_where_the_author_says_it(measure: str) -> None:
    help = helped(MEASURES[measure])
    assert help.endswith(f"say `decreases {measure}`")
    assert isinstance(verify(compiled(as_told(MEASURES[measure], help)), options=HERE), Proved)


def test_where_no_measure_is_found_a_limit_is_told_of() -> None:
    assert helped(of(FILTER, "a = a | 1", "while a != 0 { a = a << 1 }")).endswith(
        "or bound the turns: `limit N else …`"
    )


def test_a_fact_that_has_no_proof_itself_is_told_as_that() -> None:
    answer = judged(POPULATION)
    assert isinstance(answer, NotProved)
    (left,) = answer.diagnostics
    assert left.primary.span.text == "@table[%n]"
    assert left.help is not None
    fact, remark = left.help.split("; ")
    assert fact == "it would follow from `%n < 256` at the head of the loop in line 7, which needs a proof itself"
    assert remark == "it holds where the loop begins, but it is not known that each turn keeps it"


def test_a_fact_that_some_run_breaks_is_not_tried() -> None:
    """With a packet of a few bytes of ones, there are more turns than bytes."""
    tried = program(POPULATION)
    node = next(node for node in nodes(tried) if isinstance(node, form.Owned))
    facts = [print_expression(fact) for _, fact in suppositions(tried, FaultKind.OWNED_BOUNDS, node)]
    assert "(%n < 256:u32)" in facts
    assert "(%n <= 0:u32)" not in facts
    assert "((%n & 1:u32) == 0:u32)" not in facts


def test_measures_are_of_what_moves() -> None:
    tried = program(POPULATION)
    (loop,) = (node for node in nodes(tried) if isinstance(node, form.Loop))
    found = [tuple(map(print_expression, parts)) for parts in measures(tried, loop)]
    assert {("%x",), ("(%x - %n)",), ("(4294967295:u32 - %n)",), ("%x", "%n"), ("%n", "%x")} <= set(found)
    assert not any("start" in part for parts in found for part in parts)


def test_the_same_is_told_on_every_run() -> None:
    for text in (FACTS["s > 0"], FACTS["low <= high"]):
        assert helped(text) == helped(text)
