"""Whether it holds: one query for all obligations, and where that finds one that fails, one more for the rest.

The order is: all at once in integers; what is only bounded there, in bit-vectors; where an effort runs out, each by
itself; give up. Each obligation is decided under the ones before it, so that what is refuted is the first fault of a
run, and one mistake is reported once. An obligation is never assumed for one that a run comes to earlier: after a
fault, terms hold values of no type. Effort is bounded by Z3's own count of its steps, never by time, and each task
has a context of its own, so that a verdict is the same on every run and in every process.

With loops, all candidate facts are relied upon at first, and their promises are goals among the others (Houdini): a
model that breaks promises gives their candidates up, all at once, and the query is asked again. An obligation that
fails while more is relied upon fails still when less is, so it is settled at once; one that holds is proved by the
last query alone, whose guards are those of the facts that are kept. Then come the ends of the loops: at the moments
that they speak of all goals hold that a run has come to, and the others' paths are false, so all are assumed.
"""

from __future__ import annotations

import z3

from .bitvector import BitVector
from .endings import align_accesses, end_loops
from .integer import Integer
from .sides import Side
from .task import OPEN, PROVED, REFUTED, Candidate, Decision, Ruling, Task

SHRINKING = 12
"""Most queries spent on a shorter packet for one refutation."""

GOALS_TOGETHER = 50
"""For each so many goals that are asked about at once, the query may take one more effort: it does the work of all."""

ROUNDS = 60
"""Rounds of giving up facts after which all that are left are given up."""

WINDOW = 48
"""Goals of a program with loops that are decided together at least."""

PASSES = 4
"""Passes over the promises, each by itself, after which all facts that are left are given up."""

STEPS_A_ROW = 5
"""What a query is charged besides Z3's own count of its steps, for each row of the table: to tell Z3 of them, and to
read a model, takes time that Z3 does not count."""

LEAST_SHARE = 4
"""Where integers have no answer, the next goal may take half of the effort, and so on: at least 1/16."""

TOGETHER_MOST = 8
"""Most efforts of one query, however many goals it is about."""


def decide(task: Task, context: z3.Context) -> Decision:
    """Decide each goal, in a context that nothing else has used."""
    desk = Desk(task, context)
    desk.decide_all()
    if task.guards:
        desk.reconsider()
    ended = end_loops(desk) if task.endings else ()
    given_up = Ruling(OPEN, "given up")
    rulings = [desk.rulings.get(position, given_up) for position in range(len(task.goals))]
    kept = tuple(candidate for candidate in range(len(task.guards)) if candidate not in desk.dropped)
    wanted = (ruling for place, ruling in enumerate(rulings) if place not in desk.given_up)
    safe = None not in ended and all(ruling.status == PROVED for ruling in wanted)
    aligned = align_accesses(desk) if task.accesses and safe else ()
    return Decision(rulings, desk.queries, desk.effort, kept, tuple(ended), tuple(aligned))


def windows(task: Task) -> list[tuple[int, int]]:
    """Stretches of the goals to decide one after the other, so that a program of many loops is no single question.

    None ends between two promises of one candidate. Without loops, all goals are one.
    """
    last: dict[int, int] = {}
    for place, candidate in task.promised.items():
        last[candidate] = max(place, last.get(candidate, 0))
    found, start, open_until = [], 0, 0
    for place in range(len(task.goals)):
        if task.guards and place > open_until and place - start >= WINDOW:
            found.append((start, place))
            start = place
        if place in task.promised:
            open_until = max(open_until, last[task.promised[place]])
    return [*found, (start, len(task.goals))]


class Desk:
    """The state of one decision: what is settled, what was given up, and the two encoders."""

    def __init__(self, task: Task, context: z3.Context) -> None:
        self.task, self.context = task, context
        self.queries = self.effort = 0
        self.rulings: dict[int, Ruling] = {}
        self.dropped: set[int] = set()  # candidates that are relied upon no more
        self.given_up: set[int] = set()  # positions of their promises
        self.in_vain = 0  # how many single goals in a row integers were asked about without an answer
        self.integers = Side(Integer(context, task.maximum, task.shapes), task, task.integer_effort)
        self._vectors: Side | None = None

    @property
    def vectors(self) -> Side:
        """The bit-vectors, which are told of the task when they are first needed."""
        if self._vectors is None:
            encoder = BitVector(self.context, self.task.maximum, self.task.shapes)
            self._vectors = Side(encoder, self.task, self.task.bitvector_effort)
        return self._vectors

    @property
    def has_loops(self) -> bool:
        return bool(self.task.guards or self.task.endings)

    @property
    def used_up(self) -> bool:
        """Whether so much has been asked that nothing more is: what is open then stays open."""
        return self.effort + self.queries * len(self.task.rows) * STEPS_A_ROW > self.task.most_effort

    def check(self, side: Side) -> z3.CheckSatResult:
        """Ask, with the guards as they are now, as long as there is effort left."""
        if self.used_up:
            return z3.unknown
        for candidate in range(len(self.task.guards)):
            side.add(side.guard(candidate, kept=candidate not in self.dropped))
        found = side.solver.check()
        self.queries += 1
        self.effort = int(side.solver.statistics().get_key_value("rlimit count"))  # of the whole context
        return found

    def open(self, window: range) -> list[int]:
        """Positions of the goals that are neither settled nor given up."""
        return [at for at in window if at not in self.rulings and at not in self.given_up]

    def drop(self, candidates: set[int]) -> None:
        """Give candidates up, with all their promises."""
        self.dropped |= candidates
        self.given_up |= {place for place, candidate in self.task.promised.items() if candidate in candidates}

    def decide_all(self) -> None:
        """Decide the goals window by window. What the solver is told of a window's goals it forgets at the end: some of
        them may have failed, and are asked about again.
        """
        self.integers.solver.push()
        for start, stop in windows(self.task):
            if self.used_up:  # the goals that are left stay open, and no fact is relied upon that they promise
                self.drop(self.promised_in(range(start, len(self.task.goals))))
                break
            self.decide_window(range(start, stop))
            if stop < len(self.task.goals):
                for position in range(start, stop):
                    if position not in self.given_up:
                        self.integers.add(self.integers.holds(self.task.goals[position]))
        self.integers.solver.pop()
        self.integers.allow(self.task.integer_effort)

    def decide_window(self, window: range) -> None:
        """Decide some goals, under those before them, which the solver has been told."""
        side, goals = self.integers, self.task.goals
        side.allow(self.task.integer_effort * min(1 + len(window) // GOALS_TOGETHER, TOGETHER_MOST))
        rounds = 0
        while left := self.open(window):
            side.solver.push()
            side.add(side.some_fails(window, self.rulings, self.given_up))
            found = self.check(side)
            model = side.solver.model() if found == z3.sat else None
            broken = [] if model is None else [at for at in left if side.is_broken(model, goals[at])]
            candidate = side.candidate(model) if model is not None and broken else None
            side.solver.pop()
            if found == z3.unsat:
                self.rulings |= dict.fromkeys(left, Ruling(PROVED, "integer"))
                break
            if candidate is None:
                side.allow(self.task.integer_effort)
                self.each_by_itself(window)
                break
            promises = self.promises_before_an_obligation(broken)
            rounds += 1
            if promises:
                self.drop(promises if rounds < ROUNDS else self.promised_in(window))
            else:
                self.rulings[broken[0]] = self.refuted(broken[0], candidate)

    def promised_in(self, window: range) -> set[int]:
        """The candidates whose promises lie in a window: none has one outside it as well."""
        return {candidate for place, candidate in self.task.promised.items() if place in window}

    def promises_before_an_obligation(self, broken: list[int]) -> set[int]:
        """The candidates whose promises are broken, up to the first obligation that is."""
        found = set()
        for position in broken:
            if position not in self.task.promised:
                break
            found.add(self.task.promised[position])
        return found

    def each_by_itself(self, window: range) -> None:
        """Keep the candidates whose promises are each proved under those that are kept; then decide the obligations."""
        changed, passes = bool(self.promised_in(window)), 0
        while changed:
            changed, passes = False, passes + 1
            if passes > PASSES:
                self.drop(self.promised_in(window))
            for position in window:
                if position not in self.task.promised or position in self.given_up:
                    continue
                if self.ask(self.integers, position, "integer").status != PROVED:
                    self.drop({self.task.promised[position]})
                    changed = True
        for position in self.open(window):
            if position in self.task.promised:
                self.rulings[position] = Ruling(PROVED, "integer")
            else:
                self.rulings[position] = self.one(position)

    def refuted(self, position: int, found: Candidate) -> Ruling:
        """The ruling on a goal that a model in integers breaks first."""
        if self.has_loops:
            return Ruling(REFUTED, "integer", found)
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
        return Ruling(OPEN, "bit-vector") if self.used_up else self.ask(self.vectors, position, "bit-vector")

    def ask(self, side: Side, position: int, name: str) -> Ruling:
        if self.used_up:
            return Ruling(OPEN, name)
        if side is self.integers:
            side.allow(self.task.integer_effort >> min(self.in_vain, LEAST_SHARE))
        side.solver.push()
        side.add(side.fails_first(position, self.given_up))
        found = self.check(side)
        if found == z3.unsat:
            ruling = Ruling(PROVED, name)
        elif found == z3.sat:
            candidate = side.candidate(side.solver.model())
            ruling = Ruling(REFUTED, name, candidate if self.has_loops else self.shortest(side, candidate))
        else:
            ruling = Ruling(OPEN, name)
        if side is self.integers:
            self.in_vain = self.in_vain + 1 if ruling.status == OPEN else 0
        side.solver.pop()
        return ruling

    # ---- with loops: what only the bit-vectors see

    def reconsider(self) -> None:
        """Where integers only bound what a fact or an obligation says, ask the bit-vectors."""
        failed = [at for at, ruling in self.rulings.items() if ruling.status != PROVED]
        may_help = self.integers.encoder.loose or any(self.rulings[at].status == OPEN for at in failed)
        if self.used_up or not failed or not may_help:
            return
        self.revive()
        for position in sorted(failed):
            if position not in self.task.promised:
                self.rulings[position] = self.one(position)

    def revive(self) -> None:
        """Keep those facts that were given up which hold in bit-vectors, besides those that are kept."""
        side, again = self.vectors, set(self.dropped)
        while again:
            self.dropped -= again
            trying = [place for place, candidate in self.task.promised.items() if candidate in again]
            self.given_up -= set(trying)
            whole = range(len(self.task.goals))
            side.solver.push()
            side.add(side.some_fails(whole, set(whole) - set(trying), self.given_up))
            found = self.check(side)
            model = side.solver.model() if found == z3.sat else None
            broken = set()
            if model is not None:
                broken = {self.task.promised[at] for at in trying if side.is_broken(model, self.task.goals[at])}
            side.solver.pop()
            if found == z3.unsat:
                self.rulings |= dict.fromkeys(trying, Ruling(PROVED, "bit-vector"))
                return
            self.drop(broken if broken else again)
            again -= broken if broken else again

    def shortest(self, side: Side, best: Candidate) -> Candidate:
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
                best = side.candidate(side.solver.model())
                high = best.length
            else:
                low = middle + 1
            side.solver.pop()
        return best
