"""The rule for a loop: its head stands for every turn at once.

What a turn may change is forgotten at the head, and what is guessed of it is assumed there, each guess under a guard of
its own. A guess is promised on entry, and again at the end of every turn, like any other goal: in the order in which a
run comes to it, and decided under the goals before it. A guard whose promises are not all proved is false.

Why that is sound. Take a run of the interpreter, and the first moment at which a goal of the list fails there: an
obligation, or a promise under a guard that was kept. Give each unknown of a loop the value that its name had when the
run last came to that loop's head. Then the terms have the values of the run at that moment: no goal failed before, so
no operation before it broke its rule. The path of the failing goal is true: where it assumes a guess of a loop's head,
the guess was promised when the run came to that head, and that promise, being earlier, held. The goals before it in the
list hold: those that the run came to since it was last at the heads around them were kept by it, and the others are of
turns that did not go so far, whose paths are false. But the solver has shown that no values make the path true, the
goals before true, and this goal false. So there is no such moment.

The guesses that are assumed are exactly those that are promised and proved; which encoder proved a goal doesn't
matter, as all goals before it hold, and where they hold both encoders mean what the interpreter does. How many turns
are done is a u64 that wraps, so that no bound comes from its width.

At the end of a turn, what the next head and condition will compute is computed once more, without goals: where the run
gets to compare two turns, it has run them, and their goals, of the next turn, held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies, check_expression
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import BOOL, Body, Expression, Type

from . import sums
from .facts import AtMostZero, Claimed, Fact, LoopFacts, Measure, Multiple, Site, Sum
from .sums import Total
from .terms import FALSE, TRUE, Term

if TYPE_CHECKING:
    from .conditions import Run, State

COUNTED = 1 << 63
"""Limits from here on are not counted: no proof says anything of so many turns."""

FEW_CELLS = 8
"""Cells of a region up to which a loop that writes no others leaves the rest of the region as it was."""

ONCE = Measure((Sum(()),))
"""What is tried where nothing else is: it falls if no turn follows another, as where the loop can't be come to."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact that is tried at the head of a loop, relied upon under a guard.

    A measure stands for the fact that it has fallen by its step with every turn that is done; this is tried where a
    limit is to be kept.
    """

    number: int
    site: Site
    fact: Fact | Measure
    guard: Term


@dataclass(slots=True)
class Trial:
    """One way to show that a loop ends, and to bound its turns.

    The `claims` must hold for it, each where its path does. It bounds the turns if its parts are bounded from above at
    `starts` (a single part of the pre-analysis' before the first turn, anything else at every turn), and from below
    at `turns`, where one begins.
    """

    measure: Measure | None  # None: what the author says in `decreases`, which is an obligation
    claims: list[tuple[Term, Term]] = field(default_factory=list)
    starts: list[tuple[Term, tuple[Total, ...]]] = field(default_factory=list)
    turns: list[tuple[Term, tuple[Total, ...]]] = field(default_factory=list)


@dataclass(slots=True)
class Ending:
    """What may show that a loop ends: that no turn of it is ever completed, its limit, or a measure."""

    site: Site
    completes: bool = False  # whether a turn's end can be reached
    trials: list[Trial] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a turn may change, and the names that are bound inside, of which nothing can be said at the head."""

    assigned: frozenset[str]
    bound: frozenset[str]
    regions: dict[str, frozenset[int] | None]  # of each that is written: the cells, where they are few and known
    rewrites: bool


def changes(loop: form.Loop) -> Changes:
    """What a turn of the loop may change; what `exhausted` does never comes back to the head."""
    inside = list(_statements((*loop.head, *loop.body)))
    return Changes(
        frozenset(one.name for one in inside if isinstance(one, form.Assign)),
        bound_in((*loop.head, *loop.body, *(loop.exhausted or ()))),
        {region: _cells(region, inside) for region in sorted(_written(inside))},
        any(isinstance(one, form.Rewrite) for one in inside),
    )


def _written(inside: Sequence[form.Statement]) -> set[str]:
    return {one.region for one in inside if isinstance(one, form.Store | form.Copy)}


def _cells(region: str, inside: Sequence[form.Statement]) -> frozenset[int] | None:
    """The cells of a region that are written, if all indexes are constants, and few."""
    cells = set()
    for one in inside:
        match one:
            case form.Store(of, form.Constant(index)) if of == region:
                cells.add(index)
            case (form.Store(of) | form.Copy(region=of)) if of == region:
                return None
    return frozenset(cells) if len(cells) <= FEW_CELLS else None


def bound_in(body: Body) -> frozenset[str]:
    """The names that are bound in a body, at any depth."""
    return frozenset(name for statement in _statements(body) for name in _binds(statement))


def _statements(body: Body) -> Iterator[form.Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from _statements(inner)


def _binds(statement: form.Statement) -> Iterator[str]:
    match statement:
        case form.Let(name) | form.Read(name):
            yield name
        case form.Copy():
            for pipe in statement.through:
                yield f"{statement.result}.{pipe}"


def loop(run: Run, node: form.Loop, state: State) -> State | None:
    """The rule: the state after the loop, None where control never comes out there."""
    terms, site = run.terms, run.site(node)
    facts, changed = run.facts(site), changes(node)
    turns = terms.constant(0, 64)
    state.ghosts[site.turns] = turns
    guesses = tuple(dict.fromkeys((*facts.invariants, *limit_facts(node, site, facts))))
    known = Knowledge(run, site, guesses, changed.bound, state.fork(state.path))
    run.ending(site)
    known.promise(state)
    trials = [] if node.limit is not None else known.trials(facts, state)

    head = state.fork(state.path)
    forget(run, head, site, changed)
    known.rely(head)
    run.escapes += 1  # not every way in is a way out
    run.leaving[node.label] = []
    began = [None if trial.measure is None else known.parts(trial.measure, head) for trial in trials]
    at = run.body(node.head, head)
    ways = [] if at is None else _turn(run, node, at, known, list(zip(trials, began, strict=True)))
    ways = [*run.leaving.pop(node.label), *ways]
    for way in ways:
        way.ghosts.pop(site.turns, None)
    return run.meet(ways)


def _turn(
    run: Run,
    node: form.Loop,
    at: State,
    known: Knowledge,
    trials: list[tuple[Trial, tuple[Total, ...] | None]],
) -> list[State]:
    """From the condition to the end of the turn; gives the state in which the condition ends the loop."""
    terms, site = run.terms, known.site
    for invariant in node.invariants:
        run.must(FaultKind.INVARIANT, invariant, at.path, run.value(invariant, at, at.path))
    condition = run.value(node.condition, at, at.path)
    out = at.fork(terms.both(at.path, terms.negate(condition)))
    turn = at.fork(terms.both(at.path, condition))
    before = run.numbers(node.decreases, turn)
    _limit(run, node, turn, turn.ghosts[site.turns])
    began = turn.path
    end = run.body(node.body, turn)
    if end is None or end.path == FALSE:
        return [out]
    done = terms.binary("+%", end.ghosts[site.turns], terms.constant(1, 64))
    end.ghosts[site.turns] = done
    known.promise(end)
    if run.quiet:
        return [out]

    def again() -> tuple[Term, tuple[Total, ...]]:
        run.leaving[node.label] = []
        now = run.body(node.head, end.fork(end.path))
        if now is None:
            return FALSE, ()
        begins = terms.both(now.path, run.value(node.condition, now, now.path))
        return begins, run.numbers(node.decreases, now.fork(begins))

    ending = run.ending(site)
    ending.completes = True
    if not node.decreases and not trials:
        return [out]
    (begins, after), _ = run.quietly(again)
    if node.decreases and begins != FALSE:
        run.must(FaultKind.DECREASES, node, begins, sums.falls(terms, before, after))
    for trial, first in trials:
        if trial.measure is None:
            trial.starts.append((began, before))
            trial.turns.append((began, before))
            continue
        now = known.parts(trial.measure, end)
        if first is None or now is None:
            trial.claims.append((TRUE, FALSE))
            continue
        trial.claims.append((began, sums.starts(terms, trial.measure, first)))
        lower = sums.falls(terms, first, now, trial.measure.step, halves=trial.measure.halves)
        trial.claims.append((begins, lower))
        trial.turns.append((began, first))
        if len(first) > 1:
            trial.starts.append((began, first))
    return [out]


def _limit(run: Run, node: form.Loop, turn: State, turns: Term) -> None:
    """Another turn is within the limit, or what runs past it runs."""
    if node.limit is None:
        return
    terms = run.terms
    more = Total(((1, turns),), 1).at_most(terms, node.limit) if node.limit < COUNTED else None
    if node.exhausted is None:
        run.must(FaultKind.LIMIT, node, turn.path, FALSE if more is None else more)
        return
    more = terms.unknown(0, "more") if more is None else more
    past = run.body(node.exhausted, turn.fork(terms.both(turn.path, terms.negate(more))))
    assert past is None, "what runs past the limit leaves"
    turn.path = terms.both(turn.path, more)


def limit_facts(node: form.Loop, site: Site, facts: LoopFacts) -> tuple[Fact | Measure, ...]:
    """What is tried besides where a limit is to be kept: that it was, and that each turn has taken its step."""
    if node.limit is None or node.limit >= COUNTED:
        return ()
    within = AtMostZero(Sum(((1, form.Variable(site.turns, form.U64)),), -node.limit))
    steps = [one for one in facts.measures if sums.is_measure(one) and len(one.parts) == 1 and not one.halves]
    return within, *steps


def forget(run: Run, head: State, site: Site, changed: Changes) -> None:
    """Make unknown what a turn may have changed."""
    terms = run.terms
    for name in sorted(changed.assigned & head.names.keys()):
        head.names[name] = terms.unknown(terms.bits(head.names[name]), name)
    head.ghosts[site.turns] = terms.unknown(64, site.turns)
    for region, cells in changed.regions.items():
        array = head.memory[region]
        if cells is None:
            array = terms.unknown(terms.bits(array), region)
        for cell in sorted(cells or ()):
            array = terms.store(array, run.word(cell), terms.unknown(-terms.bits(array), region))
        head.memory[region] = array
        if run.program.region(region).mode != "scratch":
            head.written = terms.either(head.written, terms.unknown(0, "written"))
    if changed.rewrites:
        head.packet = terms.unknown(-8, "packet")


@dataclass(slots=True)
class Knowledge:
    """What is tried at one loop's head: the same terms on entry, at the head, and at the end of a turn."""

    run: Run
    site: Site
    guesses: Sequence[Fact | Measure]
    inside: frozenset[str]  # names that the loop binds, of which nothing can be said at its head
    entry: State

    def promise(self, state: State) -> None:
        """Each guess must hold here."""
        if self.run.quiet:
            return
        for number, fact in enumerate(self.guesses):
            key = (self.site.number, number)
            truth = self.truth(fact, state)
            if truth is not None and key not in self.run.candidates:
                number = len(self.run.candidates)
                self.run.candidates[key] = Candidate(number, self.site, fact, self.run.terms.guard())
            if key in self.run.candidates:
                self.run.promise(key, state.path, FALSE if truth is None else truth)

    def rely(self, head: State) -> None:
        """Each guess holds here, if its guard is true."""
        terms = self.run.terms
        for number, fact in enumerate(self.guesses):
            candidate = self.run.candidates.get((self.site.number, number))
            truth = self.truth(fact, head)
            if candidate is not None and truth is not None:
                assumed = terms.negate(terms.both(candidate.guard, terms.negate(truth)))
                head.path = terms.both(head.path, assumed)

    def look(self, state: State, name: form.Variable) -> Term | None:
        """The term of a name that a guess may use."""
        if name.name in (self.site.turns, self.site.words):
            return state.ghosts.get(name.name)
        if name.name in self.inside:
            return None
        bound = self.run.bound.get(name.name)
        return bound.value if bound is not None else state.names.get(name.name)

    def truth(self, fact: Fact | Measure, state: State) -> Term | None:
        """What a fact says of a state; None for one that says nothing there."""
        terms = self.run.terms
        match fact:
            case Measure():
                before, now = self.parts(fact, self.entry), self.parts(fact, state)
                if before is None or now is None:
                    return None
                spent = Total(((fact.step, state.ghosts[self.site.turns]),))
                return now[0].plus(spent).plus(before[0], -1).at_most(terms, 0)
            case Claimed(condition):
                return self.claimed(condition, state)
            case AtMostZero(sum):
                whole = sums.total(terms, sum, lambda name: self.look(state, name))
                return None if whole is None else whole.at_most(terms, 0)
            case Multiple(sum, modulus):
                whole = sums.total(terms, sum, lambda name: self.look(state, name))
                return None if whole is None or modulus < 1 else terms.multiple(whole.parts, whole.constant, modulus)

    def claimed(self, condition: Expression, state: State) -> Term | None:
        """A claim in the program's own arithmetic: that it holds, and that no operation in it breaks its rule."""
        names = {}
        for name in _variables(condition):
            term = self.look(state, name)
            if term is None:
                return None
            names[name.name] = Type(self.run.terms.bits(term))
        if condition.type != BOOL or check_expression(self.run.program, condition, names):
            return None
        truth, goals = self.run.quietly(lambda: self.run.value(condition, state, TRUE))
        for goal in goals:
            truth = self.run.terms.both(truth, self.run.terms.negate(self.run.breaks(goal)))
        return truth

    def trials(self, facts: LoopFacts, entry: State) -> list[Trial]:
        """What is tried to show that the loop ends; the same ones each time that the loop is come to."""
        if self.run.quiet:
            return []
        ending = self.run.ending(self.site)
        assert isinstance(self.site.node, form.Loop)
        if not ending.trials:
            ending.trials = [Trial(measure) for measure in facts.measures or (ONCE,) if sums.is_measure(measure)]
            if self.site.node.decreases:
                ending.trials.append(Trial(None))  # last: what is guessed may bound the turns better
        for trial in ending.trials:
            first = None if trial.measure is None else self.parts(trial.measure, entry)
            if first is not None and len(first) == 1:
                trial.starts.append((entry.path, first))
        return ending.trials

    def parts(self, measure: Measure, state: State) -> tuple[Total, ...] | None:
        """The parts of a measure in a state; None for one that says nothing there."""
        found = []
        for part in measure.parts:
            whole = sums.total(self.run.terms, part, lambda name: self.look(state, name))
            if whole is None:
                return None
            found.append(whole)
        return tuple(found)


def _variables(expression: Expression) -> Iterator[form.Variable]:
    if isinstance(expression, form.Variable):
        yield expression
    kind: Any = type(expression)
    for part in _parts(kind):
        inner = getattr(expression, part)
        if isinstance(inner, Expression):
            yield from _variables(inner)


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind) if part.name != "span")
