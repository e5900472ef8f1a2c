"""Packets that break a program with loops: its first turns laid out, the solver asked for a run that faults, the run
replayed.

What counts is the replay alone: whatever fault the interpreter raises in the original program, at whatever node, is
one that a run can come to. The solver is asked more often and with more turns until each fault that was wanted is
shown, or the effort is used up; a few packets at the edges of the program's own constants are the last resort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault

from .conditions import conditions
from .lasso import REPLAY, replay
from .obligations import Node
from .options import Options
from .ranges import shapes
from .task import Candidate, Task
from .terms import FALSE, TRUE, Term, Terms
from .trials import longest, trials
from .unrolling import unrolled
from .witness import SHORT, Witness, plainest, start
from .worker import solve

TURNS = (1, 2, 4, 8, 16, 34)
"""How many turns are laid out, one attempt after the other. A u32 has 32 bits: a loop over them takes 33 heads."""

EFFORT = 3_000_000
"""Most steps of the solver, by its own count, for one query: a run that exists is mostly found in far fewer."""

MOST_TURNS = 300
"""To pass a limit takes one turn more than it says: so many are laid out for that, at most."""

MOST_EFFORT = 6_000_000
"""Steps after which no more turns are tried."""

MOST_ROWS = 4_000
"""Rows of a table beyond which the solver is not asked: each of its steps takes longer the more there are."""

ADDED_UP = (FaultKind.WRAP, FaultKind.NARROW)
"""Faults that only very many turns may come to."""

FEW_TURNS = 8
"""Up to how many turns the solver is asked before other packets are tried: it finds the plainer ones."""

INTEGERS_FIRST = 2
"""Up to how many turns integers are tried before bit-vectors: bit tricks are worse in them the longer a run is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that was seen: running the program on the witness raises it."""

    witness: Witness
    fault: Fault

    @property
    def kind(self) -> FaultKind:
        return self.fault.kind

    @property
    def node(self) -> Node:
        return self.fault.node


@dataclass(slots=True)
class Refutations:
    """What was found, in the order of the search, and the effort of it."""

    found: list[Found]
    queries: int = 0
    effort: int = 0


def refute(program: Program, wanted: Sequence[tuple[FaultKind, Node]], options: Options) -> Refutations:
    """Search for runs that break the program in the ways that are wanted; others that turn up are told as well.

    Raises SolverFailure where the solver's process was killed or crashed.
    """
    search = _Search(program, options)
    search.wanted = {(kind, id(node)) for kind, node in wanted}
    limits = {node.limit + 1 for kind, node in wanted if isinstance(node, form.Loop) and node.limit is not None}
    for turns in sorted({*TURNS, *(limit for limit in limits if limit <= MOST_TURNS)}):
        if turns > FEW_TURNS:
            search.others()
        if not search.wanted or search.so_far.effort > MOST_EFFORT or search.turns(turns):
            break
    search.others()
    search.longest()
    return search.so_far


class _Search:
    def __init__(self, program: Program, options: Options) -> None:
        self.program, self.options = program, options
        self.so_far = Refutations([])
        self.wanted: set[tuple[FaultKind, int]] = set()
        self.seen: set[tuple[FaultKind, int]] = set()
        self.tried = False

    def note(self, witness: Witness, fault: Fault) -> bool:
        """Take down a fault; whether it was new."""
        key = fault.kind, id(fault.node)
        if key in self.seen:
            return False
        self.seen.add(key)
        self.wanted.discard(key)
        self.so_far.found.append(Found(*plainest(self.program, witness, fault)))
        return True

    def turns(self, turns: int) -> bool:
        """Search in runs of at most so many turns of each loop; whether more turns are of no use."""
        laid_out = unrolled(self.program, turns)
        what = conditions(laid_out.program)
        goals = []
        for obligation in what.obligations:
            stands_for = laid_out.fault_at(obligation.kind, obligation.node)
            if stands_for is not None and obligation.claim != TRUE and obligation.path != FALSE:
                goals.append(((stands_for[0], id(stands_for[1])), obligation.path, obligation.claim))
        if len(what.terms.rows) > MOST_ROWS:
            return True
        for endless in (False, True):  # where memory was left out of what is compared, a lasso may be none
            while True:
                asked = {key for key in self.wanted if (key[0] is FaultKind.ENDLESS) == endless}
                claim = _none_first(what.terms, goals, asked, self.seen)
                if claim == TRUE:
                    break
                candidate = self.ask(what.terms, claim, turns)
                if candidate is None:
                    break
                witness = start(self.program, candidate)
                fault = self.fault_of(witness, SHORT)
                if fault is None or not self.note(witness, fault):
                    break
        return laid_out.whole

    def ask(self, terms: Terms, claim: Term, turns: int) -> Candidate | None:
        """A model in which the claim is false."""
        maximum, options = self.program.maximum, self.options
        integers = options.integer_effort if turns <= INTEGERS_FIRST else 1
        hints = shapes(terms.rows, maximum)
        vectors = min(options.bitvector_effort, EFFORT)
        task = Task(terms.rows, [(TRUE, claim)], maximum, hints, integers, vectors)
        decision = solve(task, isolated=options.isolated, watchdog=options.watchdog)
        self.so_far.queries += decision.queries
        self.so_far.effort += decision.effort
        return decision.rulings[0].candidate

    def others(self) -> None:
        """Run the program on packets that nobody has thought about, once."""
        if not self.wanted or self.tried:
            return
        self.tried = True
        for witness in trials(self.program):
            fault = self.fault_of(witness, SHORT)
            if fault is not None:
                self.note(witness, fault)
            if not self.wanted:
                return

    def longest(self) -> None:
        """Run the program on the longest packets: sums over all bytes wrap there, if anywhere."""
        for witness in longest(self.program):
            if any(kind in ADDED_UP for kind, _ in self.wanted):
                fault = self.fault_of(witness, REPLAY)
                if fault is not None:
                    self.note(witness, fault)

    def fault_of(self, witness: Witness, enough: int) -> Fault | None:
        return replay(self.program, witness.packet, witness.memory, enough=enough)


_Goal = tuple[tuple[FaultKind, int], Term, Term]


def _none_first(
    terms: Terms, goals: Sequence[_Goal], asked: set[tuple[FaultKind, int]], seen: set[tuple[FaultKind, int]]
) -> Term:
    """That no goal of those asked about is broken in a run that keeps those seen to break before it."""
    past, ways = TRUE, FALSE
    for key, path, claim in goals:
        if key in asked:
            ways = terms.either(ways, terms.both(past, terms.both(path, terms.negate(claim))))
        elif key in seen:
            past = terms.both(past, terms.negate(terms.both(path, terms.negate(claim))))
    return terms.negate(ways)
