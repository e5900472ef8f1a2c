"""The solver's end: which sets of conditions can hold together, for one packet.

It runs where Z3 does, in the worker or, unless isolated, in the asker's process. All questions of a task share one
table of rows and one solver, so that what filters have in common is told to Z3 once. A question is asked in integers,
and in bit-vectors where a model in integers need not be a packet, or where the effort ran out.
"""

from __future__ import annotations

from typing import Any

import z3
from z3 import z3core

from ..bitvector import BitVector
from ..encodings import Ast, Encoder
from ..integer import Integer
from ..terms import Term, operands
from .task import HOLD, NEVER, OPEN, Question, Questions, Reply, Sketch, plain

SHORT = 48
"""Bytes up to which a packet is short enough: behind Ethernet and IPv4 there is room for the ports of UDP and TCP, and
for no way through many headers. What can be cut off it still is found by replaying, which is cheaper."""

SHRINKING = 6
"""Most queries spent on a shorter packet."""

MOST_ROWS = 1000
"""Rows of a table beyond which none is looked for: each query takes longer than finding the packet did."""

LONGEST_NUMERAL = 10
"""Digits of the largest u32: a place off a filter's way may have a longer one, or a sign."""


def compared(task: tuple[Any, ...], context: z3.Context) -> tuple[Any, ...]:
    """The reply to each question of a task, in a context that nothing else has used: plain tuples, as it was given."""
    rows, asked, *rest = task
    desk = _Desk(Questions(rows, [Question(*one) for one in asked], *rest), context)
    return tuple(plain(desk.reply(question)) for question in desk.task.asked)


class _Desk:
    def __init__(self, task: Questions, context: z3.Context) -> None:
        self.task, self.context = task, context
        self.integers = _Side(Integer(context, task.maximum, task.shapes), task, task.integer_effort)
        self.integers.know(tuple(part for question in task.asked for part in question.always + question.others))
        self.vectors: _Side | None = None
        self.last = len(task.asked) == 1 and not task.asked[0].others  # nothing is asked after the one query

    def reply(self, question: Question) -> Reply:
        status, sketch = self.find(question.always + question.others, shortest=question.shortest)
        if status != NEVER:
            return Reply(status, sketch)
        enough = tuple(range(len(question.others)))
        for position in reversed(enough):  # a later one is the first to be spared
            fewer = tuple(other for other in enough if other != position)
            parts = question.always + tuple(question.others[other] for other in fewer)
            if self.find(parts, shortest=False)[0] == NEVER:
                enough = fewer
        return Reply(NEVER, None, enough)

    def find(self, parts: tuple[Term, ...], *, shortest: bool) -> tuple[str, Sketch | None]:
        status, sketch = self.integers.find(parts, shortest=shortest, last=self.last)
        if status == NEVER or (status == HOLD and not self.integers.is_loose(parts)):
            return status, sketch
        if self.vectors is None:
            encoder = BitVector(self.context, self.task.maximum, self.task.shapes)
            self.vectors = _Side(encoder, self.task, self.task.bitvector_effort)
        self.vectors.know(parts)
        second = self.vectors.find(parts, shortest=shortest, last=self.last)
        return (status, sketch) if second[0] == OPEN else second


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

    def add(self, ast: Ast) -> None:
        z3core.Z3_solver_assert(self.encoder.build.c, self.solver.solver, ast)

    def is_loose(self, parts: tuple[Term, ...]) -> bool:
        """Whether a model need not be a packet."""
        return not self.encoder.loose.isdisjoint(parts)

    def find(self, parts: tuple[Term, ...], *, shortest: bool, last: bool) -> tuple[str, Sketch | None]:
        if not last:
            self.solver.push()
        for part in parts:
            self.add(self.encoder.of[part])
        found, sketch = self.solver.check(), None
        if found == z3.sat:
            looks = self.looks(parts)
            sketch = self.sketch(looks)
            if shortest and len(self.task.rows) <= MOST_ROWS:
                sketch = self.shorter(sketch, looks)
        if not last:
            self.solver.pop()
        return (HOLD if found == z3.sat else NEVER if found == z3.unsat else OPEN), sketch

    def shorter(self, best: Sketch, looks: list[Term]) -> Sketch:
        """The sketch of a packet that is short enough, or the shortest that a few more queries find."""
        length = next((term for term in looks if self.task.rows[term][0] == "length"), None)
        low, high = 0, best.length
        for _ in range(SHRINKING if length is not None else 0):
            if low >= high or high <= SHORT:
                break
            middle = SHORT if low == 0 else (low + high) // 2
            assert length is not None
            self.solver.push()
            self.add(self.encoder.at_most_number(length, middle))
            if self.solver.check() == z3.sat:
                best = self.sketch(looks)
                high = best.length
            else:
                low = middle + 1
            self.solver.pop()
        return best

    def looks(self, parts: tuple[Term, ...]) -> list[Term]:
        """The terms in a question that look at the packet: its bytes, which no filter writes, and its lengths."""
        rows, seen, left = self.task.rows, set(parts), list(parts)
        while left:
            for part in operands(rows[left.pop()]):
                if part not in seen:
                    seen.add(part)
                    left.append(part)
        return sorted(term for term in seen if rows[term][0] in ("read", "length", "wire"))

    def sketch(self, looks: list[Term]) -> Sketch:
        """What the solver's model says of the packet."""
        encoder, model, rows = self.encoder, self.solver.model(), self.task.rows
        value = {term: _number(encoder, model, encoder.of[term]) for term in looks if rows[term][0] != "read"}
        length = next((value[term] for term in value if rows[term][0] == "length"), 0)
        wire = next((value[term] for term in value if rows[term][0] == "wire"), None)
        data: dict[int, int] = {}
        for term in looks:
            if rows[term][0] == "read":
                at = _number(encoder, model, encoder.of[rows[term][3]])
                for place in range(max(at, 0), min(at + rows[term][1] // 8, length)):
                    byte = encoder.build.select(encoder.initial("packet"), encoder.number(place, 32))
                    data[place] = _number(encoder, model, byte)
        return Sketch(length, wire, data)


def _number(encoder: Encoder, model: z3.ModelRef, ast: Ast) -> int:
    """The model's value of a term; -1 for one that is no u32."""
    out = (z3core.Ast * 1)()
    c = encoder.build.c
    z3core.Z3_model_eval(c, model.model, ast, True, out)
    digits = z3core.Z3_get_numeral_string(c, out[0])
    return int(digits) if len(digits) <= LONGEST_NUMERAL and digits.isdigit() else -1
