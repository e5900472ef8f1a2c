"""What would do: a fact at a loop's head from which an obligation would follow that is left without a proof.

Of the facts that might be said (`suppositions`), those are looked for in short queries that would do beside what is
proved (`supposing`); the first of them is then tried as if the author had said it. None is relied upon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Body, Expression, Program, Statement

from .conditions import Conditions, Promise, conditions
from .facts import Claimed, Guesses, LoopFacts, Measure, sites
from .facts import Fact as Known
from .obligations import Node, Obligation
from .options import Options
from .preanalysis.measures import linear
from .ranges import ranges_and_shapes
from .suppositions import Fact, measures, suppositions
from .task import Question, Task
from .words import Words
from .worker import ask as ask_solver

TRIES = 2
"""Most facts that the whole program is tried with."""

MOST_ROWS = 6_000
"""Rows of a program's table beyond which nothing is looked for."""

Left = Sequence[tuple[FaultKind, Node]]
Ask = Callable[[Program], Left]
"""What has no proof in a program: each kind of fault, at each node."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """A fact that would do, and whether it is known to hold where the loop begins, and to be kept by its turns."""

    loop: form.Loop
    fact: form.Compare
    begins: bool
    kept: bool


Suppose = Callable[[Sequence[Fact]], Sequence[Supposed]]
"""Those of some facts that would do, as far as a few short queries tell."""


@dataclass(frozen=True, slots=True)
class Sufficient:
    """A fact at a loop's head that would do, and whether the proof takes it where the author says it."""

    supposed: Supposed
    holds: bool

    def said(self, program: Program) -> str:
        """What to do, in the words of the source."""
        fact = Words(program).expression(self.supposed.fact)
        place = f"at the head of the loop in line {self.supposed.loop.span.line}"
        if self.holds:
            return f"it follows from `{fact}` {place}: say `invariant {fact}`"
        known = {
            (True, False): "; it holds where the loop begins, but it is not known that each turn keeps it",
            (False, True): "; each turn keeps it, but it is not known to hold where the loop begins",
        }
        remark = known.get((self.supposed.begins, self.supposed.kept), "")
        return f"it would follow from `{fact}` {place}, which needs a proof itself{remark}"


def sufficient(program: Program, kind: FaultKind, node: Node, suppose: Suppose, ask: Ask) -> Sufficient | None:
    """A fact from which the obligation would follow, if one is found; first of all one that needs no more."""
    found: Sufficient | None = None
    supposed = suppose(suppositions(program, kind, node))
    for one in sorted(supposed, key=lambda one: -(one.begins + one.kept))[:TRIES]:
        left = ask(_with_invariant(program, one.loop, one.fact))
        if any(_is(kind, node, *other) for other in left):
            continue
        made = Sufficient(one, all(other is not one.fact for _, other in left))
        if made.holds:
            return made
        found = found or made
    return found


@dataclass(frozen=True, slots=True)
class Falls:
    """What falls with every turn, and the proof takes where the author says it."""

    loop: form.Loop
    measure: tuple[Expression, ...]

    def said(self, program: Program) -> str:
        """What to do, in the words of the source."""
        words = Words(program)
        parts = [words.expression(part) for part in self.measure]
        fall = "fall with every turn, the first part before the others" if parts[1:] else "falls with every turn"
        return f"{', '.join(f'`{part}`' for part in parts)} {fall}: say `decreases {', '.join(parts)}`"


def falling(program: Program, loop: form.Loop, suppose: Callable[[], Sequence[Falls]], ask: Ask) -> Falls | None:
    """A measure that shows that a loop ends, if one is found."""
    for one in suppose():
        said = _replaced(program.body, loop, replace(loop, decreases=one.measure))
        left = ask(replace(program, body=said))
        if not any(_is(FaultKind.ENDLESS, loop, *other) or _is(FaultKind.DECREASES, loop, *other) for other in left):
            if not any(part in one.measure for _, part in left):
                return one
    return None


def _is(kind: FaultKind, node: Node, other_kind: FaultKind, other: Node) -> bool:
    """Whether a fault is the same in a program that differs by an invariant: the loops around it were made anew."""
    return kind is other_kind and (node is other or (type(node) is type(other) and node.span == other.span))


# ---- beside what is proved


@dataclass(frozen=True, slots=True)
class Proof:
    """What an attempt at a proof guessed of loops, and what of it is proved, each with its loop's number."""

    guesses: Guesses
    kept: frozenset[tuple[int, Known | Measure]]


def supposing(program: Program, kind: FaultKind, node: Node, proof: Proof, options: Options) -> Suppose:
    """Asks which facts would do for an obligation."""

    def suppose(facts: Sequence[Fact]) -> list[Supposed]:
        numbers = {id(site.node): site.number for site in sites(program)}
        claims = {(numbers[id(loop)], Claimed(fact)): (loop, fact) for loop, fact in facts}
        guesses = dict(proof.guesses)
        for number, claim in claims:
            known = guesses.get(number, LoopFacts())
            guesses[number] = replace(known, invariants=(*known.invariants, claim))
        what = conditions(program, guesses=guesses)
        candidates = {one.number: (one.site.number, one.fact) for one in what.candidates}
        tried = [number for number, known in candidates.items() if known in claims and known not in proof.kept]
        replies = _asked(program, what, proof, options, kind, node, tried)
        order = {known: place for place, known in enumerate(claims)}
        likely = sorted(replies, key=lambda reply: order[candidates[reply[0]]])  # type: ignore[index]
        return [Supposed(*claims[candidates[number]], begins, kept) for number, begins, kept in likely]  # type: ignore[index]

    return suppose


def falls(program: Program, loop: form.Loop, proof: Proof, options: Options) -> list[Falls]:
    """Measures that show the end of a loop, as far as a few short queries tell."""
    number = next(site.number for site in sites(program) if site.node is loop)
    known = proof.guesses.get(number, LoopFacts())
    offered: dict[Measure, tuple[Expression, ...]] = {}
    for parts in measures(program, loop):
        sums = [linear(part) for part in parts]
        if None not in sums:
            offered.setdefault(Measure(tuple(sum for sum in sums if sum is not None)), parts)
    if not offered:
        return []
    guesses = {**proof.guesses, number: replace(known, measures=tuple(offered))}
    what = conditions(program, guesses=guesses)
    ways = [trial for ending in what.endings if ending.site.node is loop for trial in ending.trials if trial.claims]
    places = _asked(program, what, proof, options, FaultKind.ENDLESS, loop, [])
    found = (ways[place].measure for place in places)
    return [Falls(loop, offered[measure]) for measure in found if measure in offered]


def _asked(
    program: Program,
    what: Conditions,
    proof: Proof,
    options: Options,
    kind: FaultKind,
    node: Node,
    tried: Sequence[int],
) -> tuple[Any, ...]:
    """What the solver answers about an obligation, or about the end of a loop."""
    targets = [
        place
        for place, goal in enumerate(what.goals)
        if isinstance(goal, Obligation) and goal.kind is kind and goal.node is node
    ]
    trials = [trial for ending in what.endings if ending.site.node is node for trial in ending.trials if trial.claims]
    ways = [tuple(trial.claims) for trial in trials] if kind is FaultKind.ENDLESS else []
    if not (targets or ways) or len(what.terms.rows) > MOST_ROWS:
        return ()
    relied = [one.number for one in what.candidates if (one.site.number, one.fact) in proof.kept]
    promised = {place: goal.candidate for place, goal in enumerate(what.goals) if isinstance(goal, Promise)}
    _, hints = ranges_and_shapes(what.terms.rows, program.maximum)
    task = Task(
        what.terms.rows, [(goal.path, goal.claim) for goal in what.goals], program.maximum, hints,
        options.integer_effort, options.bitvector_effort,
        [one.guard for one in what.candidates], promised, [[(list(way), []) for way in ways]],
    )  # fmt: skip
    question = Question(tuple(task), tuple(relied), tuple(tried), tuple(targets), tuple(ways))
    return ask_solver("supposing", (task.rows, *question), isolated=options.isolated, watchdog=options.watchdog)


# ---- the program as if its author had said so


def _with_invariant(program: Program, loop: form.Loop, fact: Expression) -> Program:
    said = replace(loop, invariants=(*loop.invariants, fact))
    return replace(program, body=_replaced(program.body, loop, said))


def _replaced(body: Body, old: form.Loop, new: form.Loop) -> Body:
    made = tuple(_replaced_in(statement, old, new) for statement in body)
    return body if all(one is other for one, other in zip(made, body, strict=True)) else made


def _replaced_in(statement: Statement, old: form.Loop, new: form.Loop) -> Statement:
    if statement is old:
        return new
    match statement:
        case form.If(_, then, otherwise):
            changed = {"then": _replaced(then, old, new), "otherwise": _replaced(otherwise, old, new)}
        case form.Block(_, body):
            changed = {"body": _replaced(body, old, new)}
        case form.Loop():
            changed = {"head": _replaced(statement.head, old, new), "body": _replaced(statement.body, old, new)}
            if statement.exhausted is not None:
                changed["exhausted"] = _replaced(statement.exhausted, old, new)
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            changed = {"otherwise": _replaced(otherwise, old, new)}
        case _:
            return statement
    same = all(getattr(statement, name) is part for name, part in changed.items())
    made: Statement = statement if same else replace(statement, **changed)  # type: ignore[arg-type]
    return made
