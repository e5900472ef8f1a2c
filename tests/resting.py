"""What a proof rests on: the claims that are no longer proved when nothing is known of an expression or a test.

A claim rests on an expression if it has no proof once the expression may have any value, each time that it is
evaluated. A test of the program is what an `if` or a loop asks, or a read that says what happens where its bytes are
not there. Loops keep the facts that the certificate relied upon, as far as these still hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import z3

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Expression, Program
from dlcode_dsl.source import Span
from dlcode_verifier import Certificate, LoopProof
from dlcode_verifier.conditions import Conditions, Promise, Run, State
from dlcode_verifier.decide import decide
from dlcode_verifier.facts import Guesses, LoopFacts, Measure
from dlcode_verifier.obligations import Obligation
from dlcode_verifier.ranges import shapes
from dlcode_verifier.task import PROVED, Task
from dlcode_verifier.terms import FALSE, TRUE, Term, Terms
from dlcode_verifier.turns import Loops
from tests.generators import nodes

EFFORTS = (300_000, 1_000_000, 4_000_000)
"""Steps for a query in integers, for one in bit-vectors, and for all about one program: what takes more than this has
no proof here."""


@dataclass(frozen=True)
class Claim:
    """Something that a program must keep, and where."""

    kind: FaultKind
    span: Span


def parts(certificate: Certificate) -> Iterator[Certificate]:
    """The certificate of a program's binding filter, if it has one, and its own."""
    if certificate.binding is not None:
        yield certificate.binding
    yield certificate


def claims_of(certificate: Certificate) -> set[Claim]:
    """All that a proof shows."""
    return {claim for part in parts(certificate) for claim in _judged(part, frozenset(), ask=False)}


def resting(certificate: Certificate, blind: Collection[int]) -> set[Claim]:
    """The claims that have no proof where nothing is known of some nodes, by their identity, but have one otherwise."""
    found = {claim for part in parts(certificate) for claim in _judged(part, frozenset(blind))}
    if not found:
        return found
    return found - {claim for part in parts(certificate) for claim in _judged(part, frozenset())}


def piece_at(certificate: Certificate, place: Span) -> tuple[Span, set[int]]:
    """The smallest piece of a program around a place, and its nodes: an expression, a test, or what a statement writes.
    If there is none, since terms of a condition are compiled to tests of their own, all pieces inside the place.
    """
    found = [
        (span, what)
        for part in parts(certificate)
        for one in nodes(part.program)
        if (what := _evaluated(one)) and (span := one.span).source == place.source  # type: ignore[attr-defined]
    ]
    around = [span for span, _ in found if _covers(span, place)]
    smallest = min(around, key=lambda span: span.end - span.start, default=place)
    pieces = [what for span, what in found if (span == smallest if around else _covers(place, span))]
    return smallest, {id(node) for what in pieces for node in what}


def each_test(certificate: Certificate) -> dict[Span, set[int]]:
    """The tests of a program, by where they stand: one that is compiled several times is one test."""
    found: dict[Span, set[int]] = {}
    for part in parts(certificate):
        for one in nodes(part.program):
            match one:
                case form.If(condition) | form.Loop(condition=condition):
                    found.setdefault(condition.span, set()).add(id(condition))
                case form.Read(_, _, _, otherwise) if otherwise is not None:
                    found.setdefault(one.span, set()).add(id(one))
    return found


def _covers(span: Span, place: Span) -> bool:
    return span.start <= place.start and place.end <= span.end


def _evaluated(node: object) -> tuple[object, ...]:
    """What to know nothing of, in order to know nothing of a node."""
    if isinstance(node, Expression):
        return (node,)
    match node:
        case form.If(condition) | form.Loop(condition=condition):
            return (condition,)
        case form.Let(_, value) | form.Assign(_, value) | form.Store(_, _, value) | form.Rewrite(_, value):
            return (value,)
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return (node,)
    return ()


class _Blind(Run):
    """A run that does not see what some of its nodes come to."""

    blind: frozenset[int] = frozenset()

    def value(self, expression: Expression, state: State, path: Term) -> Term:
        term = Run.value(self, expression, state, path)
        return self.terms.unknown(self.terms.bits(term), "unseen") if id(expression) in self.blind else term

    def read(self, read: form.Read, state: State) -> None:
        before = state.path
        Run.read(self, read, state)
        if id(read) in self.blind:
            state.path = self.terms.both(before, self.terms.unknown(0, "unseen"))


def _judged(certificate: Certificate, blind: frozenset[int], *, ask: bool = True) -> set[Claim]:
    """The claims without a proof; all claims, where nothing is asked."""
    program, guesses = certificate.program, _relied_upon(certificate.loops)
    what = _conditions(program, guesses, blind)
    ends = {Claim(FaultKind.ENDLESS, _place(ending.site.node)) for ending in what.endings}
    if not ask:
        return {Claim(goal.kind, goal.node.span) for goal in what.obligations} | ends
    rows = what.terms.rows
    asked = [goal for goal in what.goals if goal.path != FALSE and goal.claim != TRUE]
    loops = Loops(program, what, guesses)
    if not asked and not loops.asked:
        return set()
    integers, vectors, most = EFFORTS
    promised = {place: goal.candidate for place, goal in enumerate(asked) if isinstance(goal, Promise)}
    guards = [candidate.guard for candidate in what.candidates]
    goals = [(goal.path, goal.claim) for goal in asked]
    hints = shapes(rows, program.maximum)
    task = Task(rows, goals, program.maximum, hints, integers, vectors, guards, promised, loops.asked, [], most)
    decision = decide(task, z3.Context())
    open = {
        Claim(goal.kind, goal.node.span)
        for goal, ruling in zip(asked, decision.rulings, strict=True)
        if isinstance(goal, Obligation) and ruling.status != PROVED
    }
    return open | {Claim(FaultKind.ENDLESS, _place(site.node)) for site in loops.endless(decision.ended)}


def _place(node: form.Loop | form.Copy) -> Span:
    return node.condition.span if isinstance(node, form.Loop) else node.span


def _relied_upon(loops: tuple[LoopProof, ...]) -> Guesses:
    return {
        loop.site.number: LoopFacts(
            tuple(fact for fact in loop.invariants if not isinstance(fact, Measure)),
            tuple(measure for measure in (loop.measure, *loop.invariants) if isinstance(measure, Measure)),
        )
        for loop in loops
    }


def _conditions(program: Program, guesses: Guesses, blind: frozenset[int]) -> Conditions:
    """What `conditions` gives, of a run that is blind to some nodes."""
    run = _Blind(program, Terms(), guesses)
    run.blind = blind
    for region in program.regions:
        run.entry[region.name] = run.terms.make("memory", -region.cell.bits, region.name)
    run.body(program.body, State(TRUE, {}, dict(run.entry), run.terms.make("packet", -8), FALSE))
    endings = tuple(run.endings[number] for number in sorted(run.endings))
    return Conditions(run.terms, tuple(run.goals), run.verdicts, run.bound, tuple(run.candidates.values()), endings)
