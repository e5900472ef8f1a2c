"""How goals are decided: one query where all hold, and never one goal by means of a later one."""

from __future__ import annotations

import z3

from dlcode_dsl.core.form import Program
from dlcode_verifier.bitvector import BitVector
from dlcode_verifier.conditions import conditions
from dlcode_verifier.decide import decide
from dlcode_verifier.integer import Integer
from dlcode_verifier.sides import Side
from dlcode_verifier.task import OPEN, PROVED, REFUTED, Task
from dlcode_verifier.terms import FALSE, TRUE, Terms
from tests.verifier.support import program


def task(of: Program, integers: int = 500_000, vectors: int = 10_000_000) -> Task:
    what = conditions(of)
    goals = [(part.path, part.claim) for part in what.obligations if part.claim != TRUE]
    return Task(what.terms.rows, goals, of.maximum, {}, integers, vectors)


AFTER_A_WRAP = """
let %less: u32 = (@words[0:u32] - @words[1:u32])
assertion (((%less & @words[2:u32]) | (%less & @words[3:u32])) <= %less)
exit pass
"""


def test_a_goal_is_never_assumed_for_one_before_it() -> None:
    """Where the difference wraps, the assertion is of garbage: if it were assumed, nothing could wrap."""
    asked = task(program(AFTER_A_WRAP))
    for encoder in (Integer, BitVector):
        side = Side(encoder(z3.Context(), asked.maximum, {}), asked, 500_000)
        side.add(side.some_fails(range(len(asked.goals)), {1}))
        assert side.solver.check() == z3.sat


def test_what_the_integers_only_bound_is_decided_by_the_bit_vectors() -> None:
    rulings = decide(task(program(AFTER_A_WRAP)), z3.Context()).rulings
    assert [(ruling.status, ruling.encoder) for ruling in rulings] == [(REFUTED, "integer"), (PROVED, "bit-vector")]


def test_all_that_holds_is_proved_by_one_query() -> None:
    text = "let %x: u32 = (@words[0:u32] % 8:u32) @words[%x] = (@words[%x] / 2:u32) assertion (%x < 9:u32) exit consume"
    decision = decide(task(program(text)), z3.Context())
    assert decision.queries == 1
    assert {ruling.status for ruling in decision.rulings} == {PROVED}


def test_where_the_effort_runs_out_a_goal_is_left_open() -> None:
    text = """
    let %product: u64 = (widen(@words[0:u32], u64) *% widen(@words[1:u32], u64))
    assertion ((%product % 4294967291:u64) != 4294967290:u64)
    exit pass
    """
    rulings = decide(task(program(text), 500, 500), z3.Context()).rulings
    assert [ruling.status for ruling in rulings if ruling.status != PROVED] == [OPEN]


def test_known_sizes_are_added_without_a_wrap() -> None:
    terms = Terms()
    half, limit = terms.constant(1 << 31, 32), terms.constant(1514, 32)
    assert terms.within((half, half), limit) == FALSE
    assert terms.within((terms.constant(1000, 32), terms.constant(514, 32)), limit) == TRUE
