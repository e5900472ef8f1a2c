"""The fewest lines that a run's fault follows from: an unsatisfiable core of its trace formula, minimal by deletion.

The solver's end runs where Z3 does. Lines are left out one after the other, those first that the run left behind
earliest; one without which the claim may hold is kept. So each line that is named is needed: without it, the formula
has a model. Where the solver gives up on a line, it is kept too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import z3
from z3 import z3core

from .bitvector import BitVector
from .encodings import Ast
from .terms import Row, Term

EFFORT = 200_000
"""Steps of the solver, by its own count, for one query."""

MOST_EFFORT = 500_000
"""Steps for all of them, after which the lines that are left are kept."""


def fewest(task: tuple[Any, ...], context: z3.Context) -> tuple[Any, ...]:
    """The places of the lines that are needed; of those, the ones that are needed where tests come out as they did
    anyway; and the effort. None in place of the lines where the solver gave up.

    A task is rows, what is known, what each line says, the claim, how tests came out, and the longest packet's bytes.
    """
    desk = _Desk(Trace(*task), context)
    needed = desk.core(set(range(len(desk.named))))
    if needed is None:
        return None, None, desk.effort
    for term in desk.task.tests:
        desk.add(desk.encoder.of[term])
    given = desk.core(needed)
    return tuple(sorted(needed)), tuple(sorted(needed if given is None else given)), desk.effort


class Trace(NamedTuple):
    """A trace formula, as it crosses to the solver's process."""

    rows: list[Row]
    known: list[Term]
    lines: Sequence[list[Term]]
    claim: Term
    tests: list[Term]
    maximum: int


class _Desk:
    def __init__(self, task: Trace, context: z3.Context) -> None:
        self.task, self.encoder, self.effort = task, BitVector(context, task.maximum, {}), 0
        equations = (term for line in task.lines for term in line)
        self.encoder.encode(task.rows, [*task.known, task.claim, *task.tests, *equations])
        self.solver = z3.SimpleSolver(ctx=context)
        self.solver.set("rlimit", EFFORT)
        build, of = self.encoder.build, self.encoder.of
        for side in self.encoder.sides:
            self.add(side)
        for term in (*task.known, task.claim):
            self.add(of[term])
        self.named = [build.constant(f"line {place}", build.truth) for place in range(len(task.lines))]
        for name, line in zip(self.named, task.lines, strict=True):
            for term in line:
                self.add(build.implies(name, of[term]))

    def add(self, ast: Ast) -> None:
        z3core.Z3_solver_assert(self.encoder.build.c, self.solver.solver, ast)

    def core(self, places: set[int]) -> set[int] | None:
        """The places of lines that are needed, of these; None where the solver gave up on all of them."""
        needed = self.refuted_by(places)
        for place in sorted(needed or ()):
            if needed is not None and place in needed and self.effort <= MOST_EFFORT:
                fewer = self.refuted_by(needed - {place})
                needed = needed if fewer is None else fewer
        return needed

    def refuted_by(self, places: set[int]) -> set[int] | None:
        """Of these lines some that are enough; None if all are not, or the solver gave up."""
        build = self.encoder.build
        tried = [z3.BoolRef(self.named[place], build.context) for place in sorted(places)]
        found = self.solver.check(*tried)
        self.effort = int(self.solver.statistics().get_key_value("rlimit count"))  # of the whole context
        if found != z3.unsat:
            return None
        core = {one.get_id() for one in self.solver.unsat_core()}
        return {place for place in places if z3core.Z3_get_ast_id(build.c, self.named[place]) in core}
