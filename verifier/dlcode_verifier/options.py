"""How much effort a proof may take, and where the solver runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dlcode_dsl.core.form import Program

from .congruence import Congruence
from .facts import Guesses
from .terms import Row, Term

Hints = Callable[[list[Row], int], Mapping[Term, int]]
"""What `ranges.shapes` is: from rows and the longest packet to hints."""

Alignments = Mapping[int, Congruence]
"""What is said of accesses, by their numbers (`alignment.accesses`)."""


@dataclass(frozen=True, slots=True)
class Options:
    """Effort is Z3's rlimit for one query: its own count of steps, the same on every run and machine. `most_effort` is
    for all queries about one program together, after which what is open is not proved.

    `isolated` solves in a worker process, which is killed when one program takes it longer than `watchdog` seconds;
    that is an error of the tool (SolverFailure), and never decides anything. Without it, solving happens in this
    process, and a crash of the solver is a crash of this process.
    """

    integer_effort: int = 500_000
    bitvector_effort: int = 10_000_000
    most_effort: int = 20_000_000
    isolated: bool = True
    watchdog: float = 120.0
    guesses: Callable[[Program], Guesses] | None = None  # in place of the pre-analysis; guesses are never believed
    alignment: Callable[[Program], Alignments] | None = None  # in place of what is guessed of accesses, not believed
    hints: Hints | None = None  # in place of `ranges.shapes`; hints are never believed, so any will do

    @property
    def efforts(self) -> tuple[int, int, int]:
        """What of this a verdict can depend on."""
        return self.integer_effort, self.bitvector_effort, self.most_effort
