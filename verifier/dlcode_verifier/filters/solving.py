"""The solver's end: which sets of conditions can hold together, for one packet.

It runs where Z3 does, in the worker or, unless isolated, in the asker's process. All questions of a task share one
table of rows and one solver, so that what filters have in common is told to Z3 once. A question is asked in integers,
and in bit-vectors where a model in integers need not be a packet, or where the effort ran out.
"""

from __future__ import annotations

from typing import Any, cast

import z3
from z3 import z3core

from ..bitvector import BitVector
from ..decide import SHRINKING, candidate
from ..encodings import Encoder
from ..integer import Integer
from ..task import Candidate
from ..terms import Term
from .task import HOLD, NEVER, OPEN, Question, Questions, Reply


def compared(task: tuple[Any, ...], context: z3.Context) -> tuple[Any, ...]:
    """The reply to each question of a task, in a context that nothing else has used: plain tuples, as it was given."""
    rows, asked, *rest = task
    desk = _Desk(Questions(rows, [Question(*one) for one in asked], *rest), context)
    replies = [desk.reply(question) for question in desk.task.asked]
    return tuple((status, made and tuple(made), enough) for status, made, enough in replies)


class _Side:
    """One encoder with its solver."""

    def __init__(self, encoder: Encoder, task: Questions, effort: int) -> None:
        self.encoder, self.task = encoder, task
        self.solver = z3.SimpleSolver(ctx=encoder.build.context)
        self.solver.set("rlimit", effort)
        self.told = 0

    def know(self, parts: tuple[Term, ...]) -> None:
        """Encode what a question speaks of, and assume what is so of every value in it."""
        self.encoder.encode(self.task.rows, [part for part in parts if part not in self.encoder.of])
        for side in self.encoder.sides[self.told :]:
            self.add(side)
        self.told = len(self.encoder.sides)

    def add(self, ast: Any) -> None:
        z3core.Z3_solver_assert(self.encoder.build.c, self.solver.solver, ast)

    def find(self, parts: tuple[Term, ...], *, shortest: bool) -> tuple[str, Candidate | None]:
        self.solver.push()
        for part in parts:
            self.add(self.encoder.of[part])
        found, made = self.solver.check(), None
        if found == z3.sat:
            made = candidate(cast(Any, self), self.solver.model())
            if shortest:
                made = self.shorter(made)
        self.solver.pop()
        return (HOLD if found == z3.sat else NEVER if found == z3.unsat else OPEN), made

    def shorter(self, best: Candidate) -> Candidate:
        """The candidate of the shortest packet that a few more queries find."""
        length = self.encoder.length_term()
        if length is None:
            return best._replace(length=0)
        low, high = 0, best.length
        for _ in range(SHRINKING):
            if low >= high:
                break
            middle = (low + high) // 2 if high <= 256 else min(high // 4, 128)
            self.solver.push()
            self.add(self.encoder.at_most_number(length, middle))
            if self.solver.check() == z3.sat:
                best = candidate(cast(Any, self), self.solver.model())
                high = best.length
            else:
                low = middle + 1
            self.solver.pop()
        return best

    def is_loose(self, parts: tuple[Term, ...]) -> bool:
        """Whether a model need not be a packet."""
        return not self.encoder.loose.isdisjoint(parts)


class _Desk:
    def __init__(self, task: Questions, context: z3.Context) -> None:
        self.task, self.context = task, context
        self.integers = _Side(Integer(context, task.maximum, task.shapes), task, task.integer_effort)
        self.integers.know(tuple(part for question in task.asked for part in question.always + question.others))
        self.vectors: _Side | None = None

    def reply(self, question: Question) -> Reply:
        status, made = self.find(question.always + question.others, shortest=question.shortest)
        enough = tuple(range(len(question.others)))
        if status == NEVER:
            for position in reversed(enough):  # a later one is the first to be spared
                fewer = tuple(other for other in enough if other != position)
                parts = question.always + tuple(question.others[other] for other in fewer)
                if self.find(parts, shortest=False)[0] == NEVER:
                    enough = fewer
        return Reply(status, made, enough if status == NEVER else ())

    def find(self, parts: tuple[Term, ...], *, shortest: bool) -> tuple[str, Candidate | None]:
        status, made = self.integers.find(parts, shortest=shortest)
        if status == NEVER or (status == HOLD and not self.integers.is_loose(parts)):
            return status, made
        if self.vectors is None:
            encoder = BitVector(self.context, self.task.maximum, self.task.shapes)
            self.vectors = _Side(encoder, self.task, self.task.bitvector_effort)
        self.vectors.know(parts)
        second = self.vectors.find(parts, shortest=shortest)
        return (status, made) if second[0] == OPEN else second
