"""Hard programs, from the syntax tree to the certificate, from a saved one, and unsafe changes to a packet.

What the programs are stands in `hard_programs.py`, which also keeps a run, by the processor's clock too.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from bench.hard_programs import PAUSE, hard, lowered, mutant, mutants, typical, without_bounds
from dlcode_verifier import Proved, Refuted, recheck, save, verify

SUBJECTS = {**typical(), **hard()}
ROUNDS = 7
programs = pytest.mark.parametrize("name", SUBJECTS)


def rounds(benchmark: Any, run: Any) -> Any:
    """The answer of a call, which is measured with pauses in which the solver's process clears up."""
    return benchmark.pedantic(run, setup=lambda: time.sleep(PAUSE), rounds=ROUNDS, warmup_rounds=1)


def group(name: str, what: str) -> str:
    """Typical programs and hard ones apart."""
    return f"{what}, {'hard' if name in hard() else 'typical'} programs"


@programs
def test_prove(benchmark: Any, name: str) -> None:
    """Lower and prove, with bounds of turns and of operations."""
    benchmark.group = group(name, "syntax tree to certificate")
    tree = SUBJECTS[name].tree()
    answer = rounds(benchmark, lambda: verify(lowered(tree)))
    assert isinstance(answer, Proved)
    benchmark.extra_info |= {"queries": answer.statistics.queries, "operations": str(answer.certificate.operations)}


@programs
def test_prove_without_bounds(benchmark: Any, name: str) -> None:
    """The same, but loops are only shown to end."""
    benchmark.group = group(name, "syntax tree to certificate, no bound of turns looked for")
    tree = SUBJECTS[name].tree()
    with without_bounds():
        assert isinstance(rounds(benchmark, lambda: verify(lowered(tree))), Proved)


@programs
def test_recheck(benchmark: Any, name: str) -> None:
    """A saved certificate read, and the program proved again with what it says of loops."""
    benchmark.group = group(name, "a saved certificate checked again")
    answer = verify(lowered(SUBJECTS[name].tree()))
    assert isinstance(answer, Proved)
    program, saved = answer.certificate.program, save(answer.certificate)
    assert isinstance(rounds(benchmark, lambda: recheck(program, saved)), Proved)


@pytest.mark.benchmark(group="unsafe changes refused")
@pytest.mark.parametrize("number", range(len(mutants())), ids=lambda number: mutants()[number]["name"])
def test_refuse(benchmark: Any, number: int) -> None:
    """Lower, fail to prove, and find a packet that shows the fault on replay."""
    tree = mutant(number).tree()
    assert isinstance(rounds(benchmark, lambda: verify(lowered(tree))), Refuted)
