"""The labels of a refusal are the fewest lines that its fault follows from, whatever else the program does."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import z3

from dlcode_dsl import Program, Source, compile_source, print_program
from dlcode_dsl.core.parse import parse_program
from dlcode_dsl.rendering import render
from dlcode_verifier import Refuted, verify
from dlcode_verifier.bitvector import BitVector
from dlcode_verifier.formula import Formula
from dlcode_verifier.labels import fewest_lines
from dlcode_verifier.retrace import retrace
from dlcode_verifier.witness import fault_of
from tests.generators import random_program
from tests.looping import looping_program
from tests.verifier.support import HERE

HARD = Path(__file__).parents[1] / "data" / "hard"
MUTANTS = tomllib.loads((HARD / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
SEEDS = 45
"""Random programs that are tried."""


def mutant(told: dict[str, str]) -> Program:
    text = (HARD / f"{told['of']}.ash").read_text(encoding="utf-8").replace(told["old"], told["new"])
    (program,) = compile_source(Source("mutant.ash", text)).programs
    return program


def named(text: str) -> tuple[dict[int, str], list[str]]:
    """The labels of a source's one refusal, by their lines, and its notes."""
    (program,) = compile_source(Source("case.ash", text)).programs
    answer = verify(program, options=HERE)
    assert isinstance(answer, Refuted)
    (diagnostic,) = answer.diagnostics
    return {label.span.line: label.text for label in diagnostic.labels}, list(diagnostic.notes)


def formulas(program: Program) -> Iterator[Formula | None]:
    """The trace formula of each refutation of a program."""
    answer = verify(program, options=HERE)
    for refutation in answer.refutations if isinstance(answer, Refuted) else ():
        fault = fault_of(refutation.program, refutation.witness)
        assert fault is not None
        yield retrace(refutation.program, fault, refutation.witness)


def is_possible(formula: Formula, lines: Collection[int], *, harmless: bool = True) -> bool:
    """Whether, with only these lines, the claim can hold; or, unless it is to be harmless, whether they can at all."""
    encoder = BitVector(z3.Context(), 1 << 18, {})
    equations = [*formula.known, *(term for line in sorted(lines) for term in formula.lines[line])]
    encoder.encode(formula.rows, [*equations, formula.claim])
    solver = z3.Solver(ctx=encoder.build.context)
    for term in [*equations, *([formula.claim] if harmless else [])]:
        solver.add(z3.BoolRef(encoder.of[term], encoder.build.context))
    for side in encoder.sides:
        solver.add(z3.BoolRef(side, encoder.build.context))
    found = solver.check()
    assert found != z3.unknown
    return bool(found == z3.sat)


def assert_minimal(formula: Formula) -> int:
    """All lines are so in the run; those that are named force the fault, and no fewer of them do. How many they are."""
    found = fewest_lines(formula, 1 << 18, HERE)
    assert found is not None
    needed, of_values = found
    assert set(of_values) <= set(needed) <= formula.lines.keys()
    assert is_possible(formula, formula.lines.keys(), harmless=False)
    assert not is_possible(formula, needed)
    for line in needed:
        assert is_possible(formula, set(needed) - {line}), f"line {line} could be left out"
    return len(needed)


@pytest.mark.parametrize("told", MUTANTS, ids=lambda told: told["name"])
def test_no_line_that_is_named_for_a_mutant_could_be_left_out(told: dict[str, str]) -> None:
    found = list(formulas(mutant(told)))
    assert found
    for formula in found:
        assert formula is not None
        assert_minimal(formula)


def test_no_line_that_is_named_for_a_random_program_could_be_left_out() -> None:
    tried, left, most = 0, 0, 0
    for seed in range(SEEDS):
        made = (looping_program if seed % 3 else random_program)(seed)
        for formula in formulas(parse_program(print_program(made))):
            tried += 1
            if formula is None:
                left += 1
            else:
                most = max(most, assert_minimal(formula))
    assert tried >= 10
    assert left <= tried // 5, "most runs are short enough to be asked about"
    assert most >= 5


def test_what_is_computed_beside_the_fault_is_not_named() -> None:
    labels, notes = named("""filter f on ethernet {
  let a = pkt[0] else false
  let b = pkt[1] else false
  var sum = 0
  sum = sum +% a
  if b > 9 { sum = sum +% 1 }
  let at = a & 15
  sum = sum +% b
  if pkt.len > 47 { return false }
  let x = pkt[at + 40]
  x + sum > 3
}
""")
    assert labels == {7: "0 here", 9: "pkt.len == 2 here"}
    assert notes == ["it also depends on lines 2 and 3", "packet that does it: 2 bytes"]


def test_of_the_values_that_a_line_gives_the_one_is_told_that_the_fault_is_about() -> None:
    """`ensures` reads both fields, the class before the amount; the index is the class."""
    labels, _ = named("""message reading { class: u8, amount: u16, pad: u8 }
handler tally(r: reading) on ipv4/udp.dport == 4242
  owns    totals: u32[16]
  ensures totals[r.class] >= old(totals[r.class]) || r.amount > 0
{
  if totals[r.class] < 9 { totals[r.class] += 1 }
  consume
}
""")
    (told,) = labels.items()
    assert told[0] == 4
    assert int(told[1].removesuffix(" here")) >= 16


def test_a_test_whose_other_side_comes_back_is_named_only_for_what_it_gives() -> None:
    source = """handler h on has(ethernet)
  owns t: u32[8]
{
  var at = 2
  var seen = 0
  if t[0] > 5 { seen = 1 }
  if t[1] == 7 { at = 9 }
  if t[2] == 4 { drop }
  t[at] = seen
  pass
}
"""
    labels, notes = named(source)
    assert labels == {7: "9 here"}
    assert notes[0] == "it also depends on line 8"
    assert notes[-1] == "memory that does it: t[1] = 7"


def test_a_loop_before_is_named_by_what_its_end_says() -> None:
    labels, notes = named("""handler h on has(ethernet)
  owns t: u32[8]
{
  var at = 0
  var other = 0
  while at < 8 {
    other = other +% at
    at += 3
  }
  if other > 3 { other = 3 }
  t[at] = other
  pass
}
""")
    assert labels == {6: "left after 3 turns with at == 9"}, "however `at` came to be 8 or more"
    assert notes[0] == "it also depends on lines 4 and 8"


def test_a_write_is_named_before_an_abort() -> None:
    labels, notes = named("""handler h on has(ethernet)
  owns t: u32[8]
{
  let n = t[1]
  t[0] = 1
  if n == 3 { abort }
  pass
}
""")
    assert labels == {5: "written here"}
    assert notes[0] == "it also depends on line 4"


def test_of_a_run_of_very_many_turns_the_last_ones_are_told() -> None:
    labels, _ = named("""filter f on ethernet {
  var sum: u16 = 0
  var at = 0
  while at < pkt.len {
    let byte = pkt[at]
    sum += byte
    at += 1
  }
  sum > 9
}
""")
    assert labels[4].startswith("turn ")
    assert labels[5] == "255 here"


def test_what_a_copy_left_is_named_with_the_copy() -> None:
    labels, notes = named("""handler h on has(ethernet)
  owns t: u8[8]
  owns u: u32[8]
{
  if pkt.len < 20 { pass }
  copy pkt[8 .. 12] -> t[0 ..]
  let at = t[3]
  u[at] = 1
  pass
}
""")
    assert labels == {6: "written here", 7: "8 here"}
    assert notes[0] == "it also depends on line 5"


PRINT = """
import sys, tomllib
from tests.verifier.test_labels import MUTANTS, mutant
from dlcode_dsl.rendering import render
from dlcode_verifier import verify
for told in MUTANTS[::4]:
    print(render(verify(mutant(told)).diagnostics))
"""


def test_the_same_is_said_whatever_the_hashes_are() -> None:
    said = set()
    for seed in ("0", "1"):
        path = os.pathsep.join([str(HARD.parents[2]), *sys.path])
        surroundings = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", PRINT], env=surroundings, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    (text,) = said
    assert text.count("error[") >= 6
    here = "".join(render(verify(mutant(told), options=HERE).diagnostics) + "\n" for told in MUTANTS[::4])
    assert text == here, "nor in which process the solver runs"
