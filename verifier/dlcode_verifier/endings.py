"""That loops end, and in how many turns: ways to show it are tried side by side, and a model strikes out many at once.

Each loop has a way that is tried at present, and one of its bounds. One query asks whether any of them fails; a model
strikes out every way and every bound, of every loop, that it breaks, so that few queries settle many templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3

from .sides import Side
from .task import Claim

if TYPE_CHECKING:
    from .decide import Desk

QUERIES = 25
"""Most queries for each loop."""

TOGETHER = 8
"""Loops that are asked about at once."""

SHARE = 8
"""A query about ends may take this part of the effort for one in bit-vectors: there are many of them."""

Choice = tuple[int, int]
"""A way, and which of its bounds."""


def end_loops(desk: Desk) -> list[Choice | None]:
    """For each loop, the first way that is proved, with the first of its bounds that is."""
    ended: list[Choice | None] = []
    for start in range(0, len(desk.task.endings), TOGETHER):
        ended += _Search(desk, desk.integers, range(start, min(start + TOGETHER, len(desk.task.endings)))).result()
    left = [loop for loop, choice in enumerate(ended) if choice is None and desk.task.endings[loop]]
    if left and desk.integers.encoder.loose:
        desk.vectors.allow(desk.task.bitvector_effort // SHARE)
        for loop in left:
            (ended[loop],) = _Search(desk, desk.vectors, range(loop, loop + 1)).result()
    return ended


class _Search:
    def __init__(self, desk: Desk, side: Side, loops: range) -> None:
        self.desk, self.side = desk, side
        self.ways = desk.task.endings
        self.left = {  # what is not struck out: the bounds of each way of each loop
            loop: {way: list(range(len(self.ways[loop][way][1]))) for way in range(len(self.ways[loop]))}
            for loop in loops
        }
        self.proved: dict[int, Choice] = {}
        self.queries = QUERIES * len(loops)
        side.solver.push()
        for position, goal in enumerate(desk.task.goals):
            if position not in desk.given_up:
                side.add(side.holds(goal))

    def result(self) -> list[Choice | None]:
        self.together()
        for loop in self.left:
            if loop not in self.proved:
                self.alone(loop)
        self.side.solver.pop()
        return [self.proved.get(loop) for loop in self.left]

    def choice(self, loop: int) -> Choice | None:
        """The first way of a loop that is not struck out, with its first bound; None if there is none."""
        return next(((way, bounds[0]) for way, bounds in self.left[loop].items() if bounds), None)

    def claims(self, loop: int, choice: Choice) -> list[Claim]:
        claims, bounds = self.ways[loop][choice[0]]
        return [*claims, *bounds[choice[1]]]

    def together(self) -> None:
        """All loops at once, as long as the solver answers."""
        while True:
            trying = {loop: choice for loop in self.left if (choice := self.choice(loop)) is not None}
            if not trying or self.queries <= 0:
                return
            found = self.ask([claim for loop, choice in trying.items() for claim in self.claims(loop, choice)])
            if found == z3.unsat:
                self.proved = trying
            if found != z3.sat:
                return

    def alone(self, loop: int) -> None:
        """One loop by itself; what the solver gives up on is struck out too."""
        while self.queries > 0 and (choice := self.choice(loop)) is not None:
            way, bound = choice
            found = self.ask(self.claims(loop, choice))
            if found == z3.unsat:
                self.proved[loop] = choice
                return
            if found == z3.unknown:
                if len(self.left[loop][way]) > 1 and self.ask(self.ways[loop][way][0]) == z3.unsat:
                    self.left[loop][way].remove(bound)
                else:
                    self.left[loop][way] = []

    def ask(self, claims: list[Claim]) -> z3.CheckSatResult:
        """Whether one of the claims can fail; if so, whatever the model breaks is struck out."""
        self.queries -= 1
        self.side.solver.push()
        self.side.add(self.side.some_breaks(claims))
        found = self.desk.check(self.side)
        if found == z3.sat:
            self.strike_out(self.side.solver.model(), claims)
        self.side.solver.pop()
        return found

    def strike_out(self, model: z3.ModelRef, claims: list[Claim]) -> None:
        def broken(some: list[Claim]) -> bool:
            return any(self.side.is_broken(model, claim) for claim in some)

        for loop, ways in self.left.items():
            for way, left in ways.items():
                known, bounds = self.ways[loop][way]
                if left and broken(known):
                    ways[way] = []
                else:
                    ways[way] = [bound for bound in left if not broken(bounds[bound])]
        if not any(self.side.is_broken(model, claim) for claim in claims):  # it is none of them that it breaks
            self.queries = 0
