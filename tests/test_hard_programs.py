"""Programs that are safe and hard to prove, and one-line changes of them that are not safe.

The programs are those that verifiers refuse: walks of options and headers of any length, indices by hash and modulo,
pointers that only go back. All of them are proved, one with an invariant of the author's. Each change brings back an
original mistake: it is refused, with a packet and memory that show it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from dlcode_dsl import Program, compile_source, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.source import Source, Span
from dlcode_dsl.syntax import tree
from dlcode_dsl.syntax.parse import parse
from dlcode_verifier import OverBudget, Proved, Refuted, verify
from tests.data_files import Case, cases, each_case
from tests.generators import random_packets

HARD = Path(__file__).parent / "data" / "hard"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HARD.glob("*.ash"))}
MUTANTS = tomllib.loads((HARD / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
BOUNDS = HARD / "bounds.test"
ANNOTATIONS = ("invariant", "decreases", "limit")


def program_of(name: str, text: str) -> Program:
    """The one program of a source without errors."""
    compiled = compile_source(Source(f"{name}.ash", text))
    assert compiled.errors == (), [(error.title, error.primary.text) for error in compiled.errors]
    (program,) = compiled.programs
    return program


def test_there_are_28_hard_programs_and_24_mutants() -> None:
    assert len([name for name in SOURCES if name.startswith("h")]) == 28
    assert len(MUTANTS) == len({mutant["name"] for mutant in MUTANTS}) == 24


def test_at_most_one_of_them_is_annotated() -> None:
    annotated = [name for name, text in SOURCES.items() if any(f"\n    {word} " in text for word in ANNOTATIONS)]
    assert annotated == ["h26_population"]


def test_nine_in_ten_loops_of_ours_need_no_word_of_the_author() -> None:
    """Of the examples, the hard programs and the guide: `invariant` and `decreases` are for what can't be inferred."""
    root = HARD.parents[2]
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / "dlcode" / "examples").glob("*.ash"))]
    guide = (root / "docs" / "language.md").read_text(encoding="utf-8")
    texts += [*SOURCES.values(), *re.findall(r"```ash\n(.*?)```", guide, re.DOTALL)]
    loops = [
        node
        for number, text in enumerate(texts)
        for declaration in parse(Source(f"{number}.ash", text)).declarations
        for node in _nodes(declaration)
        if isinstance(node, tree.While | tree.For)
    ]
    annotated = [loop for loop in loops if loop.claims.invariants or loop.claims.decreases]
    assert len(loops) >= 30
    assert 10 * len(annotated) <= len(loops)


def _nodes(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif is_dataclass(node) and not isinstance(node, Span | Source):
        yield node
        for part in fields(node):
            yield from _nodes(getattr(node, part.name))


def test_a_walk_that_ends_late_is_refused_for_its_cost_and_not_as_unsafe() -> None:
    """Pointers that only go back make the walk end, after very many turns: safe, unless a cost is asked for."""
    text = SOURCES["h17_name_pointers"]
    handler = text.replace("filter name_pointers on ethernet {", "handler name_pointers on has(ethernet)\n  COST{")
    handler = handler.replace("return false", "pass").replace("  size > 20\n", "  if size > 20 { drop }\n  pass\n")
    assert isinstance(verify(program_of("free", handler.replace("COST", ""))), Proved)
    answer = verify(program_of("dear", handler.replace("COST", "cost <= 100_000 ops\n")))
    assert isinstance(answer, OverBudget)
    (said,) = answer.diagnostics
    assert said.code.name == "ASH3001"
    assert any("turns" in label.text for label in said.labels)


def test_each_has_its_bound_listed() -> None:
    assert [case.name for case in cases(BOUNDS)] == list(SOURCES)


@each_case(BOUNDS)
def test_a_safe_program_is_proved_and_its_cost_is_never_passed(case: Case, request: pytest.FixtureRequest) -> None:
    answer = verify(program_of(case.name, SOURCES[case.name]))
    assert isinstance(answer, Proved), [said.title for said in answer.diagnostics]
    certificate = answer.certificate
    for packet, memory in random_packets(certificate.program, 1, 40):
        outcome = run(certificate.program, packet, memory)
        assert outcome.operations <= certificate.operations.at(len(packet.data))
    turns = [f"loop {proof.site.number}: at most {proof.turns} turns" for proof in certificate.loops]
    case.expect({"bound": "\n".join([f"{certificate.operations} operations", *turns])}, request)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant['name']}_of_{mutant['of']}")
def test_an_unsafe_change_is_refused_with_a_witness_that_replays(mutant: dict[str, str]) -> None:
    text = SOURCES[mutant["of"]]
    assert text.count(mutant["old"]) == 1
    program = program_of(mutant["name"], text.replace(mutant["old"], mutant["new"]))
    answer = verify(program)
    assert isinstance(answer, Refuted), type(answer).__name__
    codes = {refutation.diagnostic.code.name for refutation in answer.refutations}
    assert mutant["code"] in codes
    for refutation in answer.refutations:
        with pytest.raises(Fault) as caught:
            run(program, refutation.witness.packet, refutation.witness.memory, enough=200_000)
        assert caught.value.kind in (refutation.kind, FaultKind.ENDLESS)
