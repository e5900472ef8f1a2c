"""Showing things in one of several ways, side by side: that loops end, how often they turn, how accesses lie.

Each thing that is wanted has a way that is tried at present, and one of its bounds. One query asks whether any of them
fails; a model strikes out every way and every bound, of everything, that it breaks, so that few queries settle many
templates. All goals are assumed that were not given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import z3

from .sides import Side
from .task import Claim, Way

if TYPE_CHECKING:
    from .decide import Desk

Choice = tuple[int, int]
"""A way, and which of its bounds."""


class Search:
    """One search, about what is `wanted`: several ways for each. It takes at most so many `queries`."""

    def __init__(self, desk: Desk, side: Side, wanted: Sequence[list[Way]], queries: int) -> None:
        self.desk, self.side, self.ways, self.queries = desk, side, wanted, queries
        self.left = {  # what is not struck out: the bounds of each way of each
            one: {way: list(range(len(bounds))) for way, (_, bounds) in enumerate(ways)}
            for one, ways in enumerate(wanted)
        }
        self.proved: dict[int, Choice] = {}
        side.solver.push()
        for position, goal in enumerate(desk.task.goals):
            if position not in desk.given_up:
                side.add(side.holds(goal))

    def result(self) -> list[Choice | None]:
        """For each, the first way that is proved, with the first of its bounds that is."""
        self.together()
        for one in self.left:
            if one not in self.proved:
                self.alone(one)
        self.side.solver.pop()
        return [self.proved.get(one) for one in self.left]

    def choice(self, one: int) -> Choice | None:
        """The first way of one that is not struck out, with its first bound; None if there is none."""
        return next(((way, bounds[0]) for way, bounds in self.left[one].items() if bounds), None)

    def claims(self, one: int, choice: Choice) -> list[Claim]:
        claims, bounds = self.ways[one][choice[0]]
        return [*claims, *bounds[choice[1]]]

    def together(self) -> None:
        """All at once, as long as the solver answers."""
        while True:
            trying = {one: choice for one in self.left if (choice := self.choice(one)) is not None}
            if not trying or self.queries <= 0:
                return
            found = self.ask([claim for one, choice in trying.items() for claim in self.claims(one, choice)])
            if found == z3.unsat:
                self.proved = trying
            if found != z3.sat:
                return

    def alone(self, one: int) -> None:
        """One by itself. What the solver gives up on is struck out too: one bound, then two, then four, as the greater
        ones are the easier, and the last may be true of the types alone.
        """
        step = 1
        while self.queries > 0 and (choice := self.choice(one)) is not None:
            way, _ = choice
            found = self.ask(self.claims(one, choice))
            if found == z3.unsat:
                self.proved[one] = choice
                return
            if found == z3.unknown:
                left = self.left[one][way]
                if len(left) > 1 and self.ask(self.ways[one][way][0]) == z3.unsat:
                    self.left[one][way] = left[min(step, len(left) - 1) :]
                    step *= 2
                else:
                    self.left[one][way] = []

    def ask(self, claims: list[Claim]) -> z3.CheckSatResult:
        """Whether one of the claims can fail; if so, whatever the model breaks is struck out."""
        self.queries -= 1
        if self.desk.used_up:
            return z3.unknown
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

        for one, ways in self.left.items():
            for way, left in ways.items():
                known, bounds = self.ways[one][way]
                if left and broken(known):
                    ways[way] = []
                else:
                    ways[way] = [bound for bound in left if not broken(bounds[bound])]
        if not any(self.side.is_broken(model, claim) for claim in claims):  # it is none of them that it breaks
            self.queries = 0
