"""Which suppositions would do: short queries of one solver, each of which relies upon one fact more than is proved.

All facts are told at once, each under a guard of its own, as the rule for loops does with what is guessed; a query
says which guards hold. Nothing that is found here is relied upon: it is words for an author.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import z3

from .decide import Desk
from .sides import Side
from .task import Claim, Question, Task

INTEGER_EFFORT = 20_000
"""Steps of one query in integers."""

VECTOR_EFFORT = 60_000
"""Steps of one query in bit-vectors."""

MOST_EFFORT = 1_000_000
"""Steps of all queries, after which nothing more is asked: about a tenth of a second."""


ENOUGH = 6
"""Candidates that would do, of which no more are looked for."""


FEW = 3
"""Ways of showing that a loop ends, of which no more are looked for."""


class Reply(NamedTuple):
    """A candidate that would do, and what is known of it: that it holds where the loop begins, that a turn keeps it."""

    candidate: int
    begins: bool
    kept: bool


def supposing(question: tuple[Any, ...], context: z3.Context) -> tuple[Any, ...]:
    """The candidates that would do, as tuples; or the ways that do without any, by their places."""
    _, told, *rest = question
    desk = _Desk(Question(told, *rest), context)
    return tuple(map(tuple, desk.replies())) if desk.asked.tried else tuple(desk.ways())


class _Desk:
    def __init__(self, asked: Question, context: z3.Context) -> None:
        self.asked, self.task = asked, Task(*asked.task)
        self.desk = Desk(self.task, context)
        relied = set(asked.relied)
        self.given_up = {place for place, candidate in self.task.promised.items() if candidate not in relied}
        self.effort = 0

    def replies(self) -> list[Reply]:
        left, found = list(self.asked.tried), set[int]()
        for name, effort in (("integers", INTEGER_EFFORT), ("vectors", VECTOR_EFFORT)):
            if left and self.effort <= MOST_EFFORT and len(found) < ENOUGH:
                side = getattr(self.desk, name)
                side.allow(effort)
                for candidate in self.asked.relied:
                    side.add(side.guard(candidate, kept=True))
                found |= self.enough(side, left)
                left = [candidate for candidate in left if candidate not in found]
        return [Reply(candidate, *self.promises(candidate)) for candidate in self.asked.tried if candidate in found]

    def enough(self, side: Side, tried: Sequence[int]) -> set[int]:
        """Candidates from which all that is wanted follows: the first ones."""
        if self.asked.ways:
            found = set[int]()
            for way in self.asked.ways:
                self.ask_about(side, way)
                found |= self.following(side, [candidate for candidate in tried if candidate not in found])
                side.solver.pop()
            return found
        left, enough = list(tried), set[int]()
        for target in self.asked.targets:
            side.solver.push()
            side.add(side.fails_first(target, self.given_up))
            enough = self.following(side, left)
            left = [candidate for candidate in left if candidate in enough]
            side.solver.pop()
        return enough

    def ask_about(self, side: Side, way: Sequence[Claim]) -> None:
        """Tell the solver, until it is popped, that all goals hold, and that a way to show an end is none."""
        side.solver.push()
        for place, goal in enumerate(self.task.goals):
            if place not in self.given_up:
                side.add(side.holds(goal))
        side.add(side.some_breaks(way))

    def ways(self) -> list[int]:
        """The ways that show by themselves that the loop ends: the first ones."""
        found: list[int] = []
        for name, effort in (("integers", INTEGER_EFFORT), ("vectors", VECTOR_EFFORT)):
            for place, way in enumerate(self.asked.ways):
                if place in found or len(found) >= FEW or self.effort > MOST_EFFORT:
                    continue
                side = getattr(self.desk, name)
                side.allow(effort)
                self.ask_about(side, way)
                for candidate in self.asked.relied:
                    side.add(side.guard(candidate, kept=True))
                if side.solver.check() == z3.unsat:
                    found.append(place)
                self.effort = int(side.solver.statistics().get_key_value("rlimit count"))
                side.solver.pop()
        return found

    def following(self, side: Side, tried: Sequence[int]) -> set[int]:
        found = set[int]()
        for candidate in tried:
            if len(found) < ENOUGH and self.follows(side, candidate):
                found.add(candidate)
        return found

    def follows(self, side: Side, candidate: int) -> bool:
        """Whether nothing is left to be wrong, as the solver has been told it, where one candidate is relied upon.

        Of the others nothing is said: that a guard is false only forbids less.
        """
        if self.effort > MOST_EFFORT:
            return False
        found = side.solver.check(z3.BoolRef(side.guard(candidate, kept=True), side.encoder.build.context))
        self.effort = int(side.solver.statistics().get_key_value("rlimit count"))  # of the whole context
        return bool(found == z3.unsat)

    def promises(self, candidate: int) -> tuple[bool, bool]:
        """Whether a fact holds where the loop begins, and whether each turn keeps it: its first promise, and others."""
        places = [place for place, promised in self.task.promised.items() if promised == candidate]
        known = [self.is_kept(place, candidate) for place in places]
        return all(known[:1]), all(known[1:])

    def is_kept(self, place: int, candidate: int) -> bool:
        for side in (self.desk.integers, self.desk.vectors):
            side.allow(VECTOR_EFFORT)
            side.solver.push()
            for relied in self.asked.relied:
                side.add(side.guard(relied, kept=True))
            side.add(side.fails_first(place, self.given_up))
            found = self.follows(side, candidate)
            side.solver.pop()
            if found:
                return True
        return False
