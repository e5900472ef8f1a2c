"""Whether it holds: one query for all obligations, and where that finds one that fails, one more for the rest.

The order is: all at once in integers; what is only bounded there, in bit-vectors; where an effort runs out, each by
itself; give up. Each obligation is decided under the ones before it, so that what is refuted is the first fault of a
run, and one mistake is reported once. An obligation is never assumed for one that a run comes to earlier: after a
fault, terms hold values of no type. Effort is bounded by Z3's own count of its steps, never by time, and each task
has a context of its own, so that a verdict is the same on every run and in every process.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import z3
from z3 import z3core

from .bitvector import BitVector
from .encodings import Ast, Encoder, name_of
from .integer import Integer
from .task import OPEN, PROVED, REFUTED, Candidate, Decision, Ruling, Task
from .terms import Term

SHRINKING = 12
"""Most queries spent on a shorter packet for one refutation."""

GOALS_TOGETHER = 50
"""For each so many goals that are asked about at once, the query may take one more effort: it does the work of all."""


def decide(task: Task, context: z3.Context) -> Decision:
    """Decide each goal, in a context that nothing else has used."""
    desk = _Desk(task, context)
    desk.decide_all()
    return Decision([desk.rulings[position] for position in range(len(task.goals))], desk.queries, desk.effort)


class _Side:
    """One encoder with its solver, which knows the claims of the first `passed` goals."""

    def __init__(self, encoder: Encoder, task: Task, effort: int) -> None:
        self.encoder, self.task = encoder, task
        self.solver = z3.SimpleSolver(ctx=encoder.build.context)
        self.allow(effort)
        roots = [term for goal in task.goals for term in goal]
        encoder.encode(task.rows, roots)
        for side in encoder.sides:
            self.add(side)

    def allow(self, effort: int) -> None:
        """Steps for each query from now on."""
        self.solver.set("rlimit", effort)

    def add(self, ast: Ast) -> None:
        z3core.Z3_solver_assert(self.encoder.build.c, self.solver.solver, ast)

    def breaks(self, goal: tuple[Term, Term]) -> Ast:
        path, claim = goal
        build = self.encoder.build
        return build.both(self.encoder.of[path], build.negate(self.encoder.of[claim]))

    def holds(self, goal: tuple[Term, Term]) -> Ast:
        path, claim = goal
        return self.encoder.build.implies(self.encoder.of[path], self.encoder.of[claim])

    def fails_first(self, position: int) -> Ast:
        """A run comes to this goal, past all before it, and breaks it."""
        before = map(self.holds, self.task.goals[:position])
        return self.encoder.build.both(self.breaks(self.task.goals[position]), *before)

    def some_fails(self, settled: Collection[int]) -> Ast:
        """One of the goals that are not settled is broken, and the settled ones before it are not."""
        build, past, ways = self.encoder.build, self.encoder.build.true, []
        for position, goal in enumerate(self.task.goals):
            if position in settled:
                past = build.both(past, self.holds(goal))
            else:
                ways.append(build.both(past, self.breaks(goal)))
        return build.either(*ways)

    def is_loose(self, position: int) -> bool:
        """Whether a model for this goal need not be a run."""
        loose = self.encoder.loose
        return bool(loose) and any(term in loose for goal in self.task.goals[: position + 1] for term in goal)


class _Desk:
    def __init__(self, task: Task, context: z3.Context) -> None:
        self.task, self.context = task, context
        self.queries = self.effort = 0
        self.rulings: dict[int, Ruling] = {}
        self.integers = _Side(Integer(context, task.maximum, task.shapes), task, task.integer_effort)
        self.vectors: _Side | None = None

    def check(self, side: _Side) -> z3.CheckSatResult:
        found = side.solver.check()
        self.queries += 1
        self.effort = int(side.solver.statistics().get_key_value("rlimit count"))  # of the whole context
        return found

    def decide_all(self) -> None:
        side, goals = self.integers, self.task.goals
        side.allow(self.task.integer_effort * (1 + len(goals) // GOALS_TOGETHER))
        while len(self.rulings) < len(goals):
            side.solver.push()
            side.add(side.some_fails(self.rulings))
            found = self.check(side)
            left = [position for position in range(len(goals)) if position not in self.rulings]
            model = side.solver.model() if found == z3.sat else None
            side.solver.pop()
            if found == z3.unsat:
                self.rulings |= dict.fromkeys(left, Ruling(PROVED, "integer"))
                break
            broken = [at for at in left if model is not None and _is_true(side, model, side.breaks(goals[at]))]
            if model is None or not broken:
                side.allow(self.task.integer_effort)
                self.rulings |= {position: self.one(position) for position in left}
                break
            self.rulings[broken[0]] = self.refuted(broken[0], candidate(side, model))

    def refuted(self, position: int, found: Candidate) -> Ruling:
        """The ruling on a goal that a model in integers breaks first."""
        if not self.integers.is_loose(position):
            self.integers.solver.push()
            self.integers.add(self.integers.fails_first(position))
            ruling = Ruling(REFUTED, "integer", self.shortest(self.integers, found))
            self.integers.solver.pop()
            return ruling
        second = self.in_vectors(position)
        return Ruling(REFUTED, "integer", found) if second.status == OPEN else second

    def one(self, position: int) -> Ruling:
        """Decide one goal by itself, under the goals before it."""
        first = self.ask(self.integers, position, "integer")
        if first.status == PROVED or (first.status == REFUTED and not self.integers.is_loose(position)):
            return first
        second = self.in_vectors(position)
        return first if second.status == OPEN else second

    def in_vectors(self, position: int) -> Ruling:
        if self.vectors is None:
            encoder = BitVector(self.context, self.task.maximum, self.task.shapes)
            self.vectors = _Side(encoder, self.task, self.task.bitvector_effort)
        return self.ask(self.vectors, position, "bit-vector")

    def ask(self, side: _Side, position: int, name: str) -> Ruling:
        side.solver.push()
        side.add(side.fails_first(position))
        found = self.check(side)
        if found == z3.unsat:
            ruling = Ruling(PROVED, name)
        elif found == z3.sat:
            ruling = Ruling(REFUTED, name, self.shortest(side, candidate(side, side.solver.model())))
        else:
            ruling = Ruling(OPEN, name)
        side.solver.pop()
        return ruling

    def shortest(self, side: _Side, best: Candidate) -> Candidate:
        """The candidate of the shortest packet that a few more queries find."""
        length = side.encoder.length_term()
        if length is None:
            return best._replace(length=0)
        low, high = 0, best.length
        for _ in range(SHRINKING):
            if low >= high:
                break
            middle = (low + high) // 2 if high <= 256 else min(high // 4, 128)
            side.solver.push()
            side.add(side.encoder.at_most_number(length, middle))
            if self.check(side) == z3.sat:
                best = candidate(side, side.solver.model())
                high = best.length
            else:
                low = middle + 1
            side.solver.pop()
        return best


def candidate(side: _Side, model: z3.ModelRef) -> Candidate:
    """What the model says at each place that the program looks at."""
    encoder, rows = side.encoder, side.task.rows
    contents: dict[str, dict[int, int]] = {}
    length, wire = 0, None
    for term, ast in encoder.of.items():
        row = rows[term]
        match row[0]:
            case "length":
                length = _value(encoder, model, ast)
            case "wire":
                wire = _value(encoder, model, ast)
            case "read" | "cell":
                name, at = name_of(rows, row[2]), _value(encoder, model, encoder.of[row[3]])
                here = contents.setdefault(name, {})
                for place in range(at, at + (row[1] // 8 if row[0] == "read" else 1)):
                    if 0 <= place < 1 << 32:
                        cell = encoder.build.select(encoder.initial(name), encoder.number(place, 32))
                        here[place] = _value(encoder, model, cell)
    return Candidate(length, wire, contents)


LONGEST_NUMERAL = 40
"""Digits of the largest value of any type, 128 bits; a place off the run's way may have a longer one, or a sign."""


def _is_true(side: _Side, model: z3.ModelRef, truth: Ast) -> bool:
    out = (z3core.Ast * 1)()
    c = side.encoder.build.c
    z3core.Z3_model_eval(c, model.model, truth, True, out)
    return bool(z3core.Z3_get_bool_value(c, out[0]) == z3.Z3_L_TRUE)


def _value(encoder: Encoder, model: z3.ModelRef, ast: Any) -> int:
    """The model's value of a term; -1 for one that no type holds."""
    out = (z3core.Ast * 1)()
    c = encoder.build.c
    z3core.Z3_model_eval(c, model.model, ast, True, out)
    digits = z3core.Z3_get_numeral_string(c, out[0])
    return int(digits) if len(digits) <= LONGEST_NUMERAL else -1
