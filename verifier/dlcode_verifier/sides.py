"""One encoder with its solver: the queries that are asked of it, and what its models say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import z3
from z3 import z3core

from .encodings import Ast, Encoder
from .task import Candidate, Claim, Task


class Side:
    """One encoder, told of a task, with a solver that knows what must be assumed of the terms."""

    def __init__(self, encoder: Encoder, task: Task, effort: int) -> None:
        self.encoder, self.task = encoder, task
        self.solver = z3.SimpleSolver(ctx=encoder.build.context)
        self.allow(effort)
        roots = [*(term for goal in task.goals for term in goal), *task.guards]
        for claims, bounds in (way for ways in (*task.endings, *task.accesses) for way in ways):
            roots.extend(term for some in (claims, *bounds) for claim in some for term in claim)
        encoder.encode(task.rows, roots)
        for side in encoder.sides:
            self.add(side)

    def allow(self, effort: int) -> None:
        """Steps for each query from now on."""
        self.solver.set("rlimit", effort)

    def add(self, ast: Ast) -> None:
        z3core.Z3_solver_assert(self.encoder.build.c, self.solver.solver, ast)

    def guard(self, candidate: int, *, kept: bool) -> Ast:
        """That a candidate is relied upon, or that it is not."""
        ast = self.encoder.of[self.task.guards[candidate]]
        return ast if kept else self.encoder.build.negate(ast)

    def breaks(self, goal: Claim) -> Ast:
        path, claim = goal
        build = self.encoder.build
        return build.both(self.encoder.of[path], build.negate(self.encoder.of[claim]))

    def holds(self, goal: Claim) -> Ast:
        path, claim = goal
        return self.encoder.build.implies(self.encoder.of[path], self.encoder.of[claim])

    def fails_first(self, position: int, given_up: Collection[int] = ()) -> Ast:
        """A run comes to this goal, past all before it that were not given up, and breaks it."""
        before = (goal for place, goal in enumerate(self.task.goals[:position]) if place not in given_up)
        return self.encoder.build.both(self.breaks(self.task.goals[position]), *map(self.holds, before))

    def some_fails(self, window: range, settled: Collection[int], given_up: Collection[int] = ()) -> Ast:
        """One of these goals that are not settled is broken, and the settled ones before it are not."""
        build, past, ways = self.encoder.build, self.encoder.build.true, []
        for position in window:
            if position in given_up:
                continue
            goal = self.task.goals[position]
            if position in settled:
                past = build.both(past, self.holds(goal))
            else:
                ways.append(build.both(past, self.breaks(goal)))
        return build.either(*ways)

    def some_breaks(self, claims: Iterable[Claim]) -> Ast:
        """One of the claims is broken."""
        return self.encoder.build.either(*map(self.breaks, claims))

    def is_loose(self, position: int) -> bool:
        """Whether a model for this goal need not be a run."""
        loose = self.encoder.loose
        return bool(loose) and any(term in loose for goal in self.task.goals[: position + 1] for term in goal)

    # ---- what a model says

    def is_broken(self, model: z3.ModelRef, goal: Claim) -> bool:
        """Whether the model breaks a goal."""
        out = (z3core.Ast * 1)()
        c = self.encoder.build.c
        for part, wanted in zip(goal, (z3.Z3_L_TRUE, z3.Z3_L_FALSE), strict=True):
            z3core.Z3_model_eval(c, model.model, self.encoder.of[part], True, out)
            if z3core.Z3_get_bool_value(c, out[0]) != wanted:
                return False
        return True

    def value(self, model: z3.ModelRef, ast: Any) -> int:
        """The model's value of a term; -1 for one that no type holds."""
        out = (z3core.Ast * 1)()
        c = self.encoder.build.c
        z3core.Z3_model_eval(c, model.model, ast, True, out)
        digits = z3core.Z3_get_numeral_string(c, out[0])
        return int(digits) if len(digits) <= LONGEST_NUMERAL else -1

    def candidate(self, model: z3.ModelRef) -> Candidate:
        """What the model says at each place that the program looks at."""
        encoder, rows = self.encoder, self.task.rows
        contents: dict[str, dict[int, int]] = {}
        length, wire = 0, None
        for term, ast in encoder.of.items():
            row = rows[term]
            match row[0]:
                case "length":
                    length = self.value(model, ast)
                case "wire":
                    wire = self.value(model, ast)
                case "read" | "cell":
                    at = self.value(model, encoder.of[row[3]])
                    places = [place for place in range(at, at + max(row[1] // 8, 1)) if 0 <= place < 1 << 32]
                    for name in encoder.bases[row[2]]:
                        here = contents.setdefault(name, {})
                        for place in places if row[0] == "read" else places[:1]:
                            cell = encoder.build.select(encoder.initial(name), encoder.number(place, 32))
                            here[place] = self.value(model, cell)
        return Candidate(length, wire, contents)


LONGEST_NUMERAL = 40
"""Digits of the largest value of any type, 128 bits; a place off the run's way may have a longer one, or a sign."""
