"""Programs that are safe and hard to prove, and one-line changes of them that are not safe.

The programs are those that verifiers refuse: walks of options and headers of any length, indices by hash and modulo,
pointers that only go back. All of them are proved, one with an invariant of the author's. Each change brings back an
original mistake: it is refused, with a packet and memory that show it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dlcode_dsl import Program, compile_source, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.source import Source
from dlcode_verifier import Proved, Refuted, verify

HARD = Path(__file__).parent / "data" / "hard"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HARD.glob("*.ash"))}
MUTANTS = tomllib.loads((HARD / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
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


@pytest.mark.parametrize("name", SOURCES)
def test_a_safe_program_is_proved(name: str) -> None:
    answer = verify(program_of(name, SOURCES[name]))
    assert isinstance(answer, Proved), [said.title for said in answer.diagnostics]


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
