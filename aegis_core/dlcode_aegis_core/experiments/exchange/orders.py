"""The exchange with its program linked in many orders: one order's conflicts in the caches are an accident.

Each seed puts the pieces of the program, code and data, into another order, with gaps between them, over several times
the size of a cache: as they would lie in a larger program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from dlcode_aegis_core.experiments.exchange.program import Build
from dlcode_aegis_core.experiments.exchange.rows import ROWS, Figures, measure
from dlcode_aegis_core.machine.parameters import Parameters

ORDERS: Final = 20
ROUNDS: Final = 4
"""Round trips that are counted in each order; a warm one is like another."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The exchange in several orders, in microseconds a round trip."""

    each: tuple[Figures, ...]

    @property
    def rows(self) -> dict[str, float]:
        """The median of each row."""
        return {row: median(figures.rows[row] for figures in self.each) for row in ROWS}

    @property
    def whole(self) -> float:
        """The median of the whole; the rows' medians need not add up to it."""
        return median(figures.whole for figures in self.each)

    @property
    def least(self) -> float:
        """The whole in the luckiest order."""
        return min(figures.whole for figures in self.each)

    @property
    def most(self) -> float:
        """The whole in the unluckiest."""
        return max(figures.whole for figures in self.each)


def over_orders(
    parameters: Parameters,
    build: Build,
    orders: int = ORDERS,
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda done: None,
) -> Orders:
    """Measure in so many orders, by the seeds 0, 1, ... Raises as `rows.measure` does."""
    found = []
    for seed in range(orders):
        found.append(measure(parameters, replace(build, seed=seed), rounds))
        progress(seed + 1)
    return Orders(tuple(found))
