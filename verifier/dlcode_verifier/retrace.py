"""A run as a trace formula: one equation for everything that it did, each under the line of the source that did it.

The run of a witness is followed once more, with a term beside each value. What a statement gives, takes or decides is
an unknown of its own, and the line of the statement says what it is; bytes, cells and lengths that the run looked at
are known whatever the lines say. Of the claim, that the place of the fault is not reached, or that nothing is wrong
there, all lines together say that it is false. Without a line, what it gave may be anything, and what it decided may
come out either way: where a test goes the other way, the run does not come to that place any more if that way leaves
what surrounds it, and otherwise what that way may change may have any value.

Where a run is taken up on its way, what it had come to is known as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from dlcode_dsl.core import form, interpret
from dlcode_dsl.core.check import bodies, leaves
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import U32, Body, Expression, Program, Statement
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.source import NOWHERE, Source, Span

from . import sums
from .conditions import Run, State
from .formula import Formula, Step, Table, TooMuch
from .frames import send
from .hints import types
from .lasso import Endless, changed, cones, names_in
from .obligations import Obligation
from .snapshots import Snapshot, snapshot
from .sums import Total
from .terms import FALSE, TRUE, Term, Terms
from .witness import Witness

MOST_COPIES = 20
"""Copies that are followed: each is run by itself."""


def retrace(program: Program, fault: Fault, witness: Witness) -> Formula | None:
    """The formula of the run that faults; None for one that is too long, or that ends inside a pipe."""
    start = snapshot(program, witness, fault)
    if start is None:
        return None
    try:
        follow = _Follow(program, fault, witness, start)
        follow.body(program.body, resuming=start.loop is not None)
    except _There as there:
        follow.formula.claim = there.claim
        return follow.formula
    except TooMuch:
        return None
    raise AssertionError("a run that faults comes to its fault")


class _There(Exception):
    """The run has come to its fault."""

    def __init__(self, claim: Term) -> None:
        self.claim = claim


_EXIT = "exit"  # no label: the end of the run
_LENGTHS = ("length", "wire")


@dataclass(slots=True)
class _Scope:
    """A block or loop that the run is in: the tests on which it depends what is run of the rest of it."""

    statement: form.Block | form.Loop
    tests: list[Term] = field(default_factory=list)


class _Follow:
    def __init__(self, program: Program, fault: Fault, witness: Witness, start: Snapshot) -> None:
        self.program, self.fault, self.witness, self.start = program, fault, witness, start
        self.run = Run(program, Terms(), {})
        self.terms = self.run.terms
        self.formula = Formula(self.terms.rows)
        self.table = Table(self.terms, self.formula, witness)
        self.source: Source = fault.node.span.source
        self.primary = fault.node.span.line if fault.node.span.source is not NOWHERE.source else 0
        self.reached: list[Term] = []  # tests that have to come out as they did for the run to come here
        self.scopes: dict[str, _Scope] = {}
        self.effects: dict[int, _Effects] = {}
        self.around = () if start.loop is None else _around(program.body, start.loop)
        self.number = self.copies = 0
        self.state = self.begin()

    def begin(self) -> State:
        terms, entry = self.terms, self.witness.memory
        memory = {}
        for region in self.program.regions:
            bits = -region.cell.bits
            self.run.entry[region.name] = terms.make("memory", bits, region.name)
            self.table.base(self.run.entry[region.name], entry[region.name])
            memory[region.name] = self.table.base(terms.unknown(bits, region.name), self.start.memory[region.name])
        packet = self.table.base(terms.make("packet", -8), self.start.data)
        kinds = types(self.program) if self.start.names else {}
        names = {
            name: terms.constant(value, kinds[name].bits) for name, value in self.start.names.items() if name in kinds
        }
        for kind, length in zip(_LENGTHS, (len(self.start.data), self.witness.packet.wire_length), strict=True):
            self.table.know(terms.compare("==", terms.make(kind, 32), self.run.word(length)))
        return State(TRUE, names, memory, packet, TRUE if self.start.written else FALSE)

    def value(self, expression: Expression) -> Term:
        return self.run.value(expression, self.state, TRUE)

    # ---- lines

    def line(self, span: Span) -> int | None:
        """The line that is asked about: none for the fault's own, which is named anyway, nor for another source's."""
        if span.source != self.source or span.source is NOWHERE.source or span.line == self.primary:
            return None
        return span.line

    def step(
        self, span: Span, statement: Statement, values: Mapping[str, int], turn: int = 0, *, on: bool = False
    ) -> None:
        self.number += 1
        if span.source == self.source and span.source is not NOWHERE.source:
            kind = type(statement) if isinstance(statement, form.Loop | form.If) else form.Let
            here = self.formula.steps.setdefault(span.line, {})
            here[kind] = Step(span, statement, values, self.number, turn, on)

    def give(self, term: Term, statement: Statement, name: str) -> Term:
        """An unknown that the statement's line says to be the term."""
        self.table.evaluate()
        value = self.table.values[term]
        made = self.table.unknown(self.terms.bits(term), value, name)
        self.table.tell(self.line(statement.span), self.run.same(made, term))
        self.step(statement.span, statement, {name: int(value)})
        if statement.span.source == self.source:
            line = statement.span.line
            self.formula.names.setdefault(line, {})[name] = self.formula.steps[line][form.Let]
        return made

    def came(self, condition: Term, span: Span, statement: Statement) -> tuple[bool, Term]:
        """How a condition comes out, and the unknown that says that it does, as the line says."""
        self.table.evaluate()
        outcome = bool(self.table.values[condition])
        made = self.table.unknown(0, True)
        self.formula.tests.append(made)
        self.table.tell(self.line(span), self.run.same(made, condition if outcome else self.terms.negate(condition)))
        return outcome, made

    # ---- where a test could have gone otherwise

    def depends(self, came: Term, ways: Set[str]) -> None:
        """Where a test had come out otherwise, the run might have gone one of these ways."""
        for way in sorted(ways):
            if way in self.scopes:
                self.scopes[way].tests.append(came)
            else:
                self.reached.append(came)

    def left_to(self, label: str) -> set[str]:
        """Where a run might have gone that did not leave to the end of this scope, as ours did."""
        return {label, *self.effects_of((self.scopes[label].statement,)).ways}

    def merge(self, came: Term, body: Body) -> None:
        """What the body may change is what it is only where the test came out as it did."""
        effects, terms, state = self.effects_of(body), self.terms, self.state
        for name in sorted(effects.names & state.names.keys()):
            other = self.table.unknown(terms.bits(state.names[name]), 0, name)
            state.names[name] = terms.choose(came, state.names[name], other)
        for region in sorted(effects.regions):
            array = state.memory[region]
            state.memory[region] = terms.choose(came, array, terms.unknown(terms.bits(array), region))
            if self.program.region(region).mode != "scratch":
                state.written = terms.choose(came, state.written, self.table.unknown(0, False))
        if effects.packet:
            state.packet = terms.choose(came, state.packet, terms.unknown(-8, "packet"))

    def effects_of(self, body: Body) -> _Effects:
        key = id(body[0]) if len(body) == 1 else id(body)
        if key not in self.effects:
            self.effects[key] = _effects(body)
        return self.effects[key]

    def close(self, label: str) -> None:
        scope = self.scopes.pop(label)
        ways = self.effects_of((scope.statement,)).ways
        all_came = TRUE
        for came in scope.tests:
            self.depends(came, ways)
            all_came = self.terms.both(all_came, came)
        if scope.tests:
            self.merge(all_came, (scope.statement,))

    # ---- faults

    def check(self) -> None:
        """End here, if something is wrong."""
        self.table.evaluate()
        goals, self.run.goals = self.run.goals, []
        for goal in goals:
            if isinstance(goal, Obligation):
                if self.table.values[goal.path] and not self.table.values[goal.claim]:
                    assert (goal.kind, id(goal.node)) == (self.fault.kind, id(self.fault.node)), "a run has one fault"
                    raise _There(self.claim(goal.path, goal.claim))

    def claim(self, path: Term, claim: Term) -> Term:
        here = path
        for came in (*self.reached, *(came for scope in self.scopes.values() for came in scope.tests)):
            here = self.terms.both(here, came)
        return self.terms.negate(self.terms.both(here, self.terms.negate(claim)))

    def must(self, kind: FaultKind, node: Any, *operands: Term) -> None:
        self.run.must(kind, node, TRUE, *operands)
        self.check()

    # ---- statements: each gives the label that it leaves to, if it leaves

    def body(self, body: Body, *, resuming: bool = False) -> str | None:
        for statement in body:
            if resuming and not any(statement is one for one in self.around):
                continue
            way = self.resume(statement) if resuming else self.statement(statement)
            resuming = False
            if way is not None:
                return way
        return None

    def resume(self, statement: Statement) -> str | None:
        """Take up the run inside a statement."""
        match statement:
            case form.Block():
                return self.block(statement, resuming=True)
            case form.If(_, then, otherwise):
                inside = any(part is one for part in then for one in self.around)
                return self.body(then if inside else otherwise, resuming=True)
            case form.Loop():
                return self.loop(statement, self.start.turns[id(statement)], inside=statement is not self.start.loop)
            case _:
                raise TooMuch  # it is where bytes are not there: a loop there is not followed

    def statement(self, statement: Statement) -> str | None:
        state, terms = self.state, self.terms
        match statement:
            case form.Let(name, _, mutable):
                given = self.made(statement)
                if mutable:
                    state.names[name] = given
                else:
                    self.run.bind(name, given, statement.span)
            case form.Assign(name):
                state.names[name] = self.made(statement)
            case form.Read():
                return self.read(statement)
            case form.If():
                return self.branch(statement)
            case form.Block():
                return self.block(statement)
            case form.Leave(label):
                return label
            case form.Loop():
                return self.loop(statement)
            case form.Store(region, index, value):
                at = self.run.index(region, index, statement, state, TRUE)
                self.check()
                where, what = self.given_by(statement, at, self.checked(value))
                state.memory[region] = terms.store(state.memory[region], where, what)
                self.write(region, statement)
            case form.Rewrite(offset, value):
                start, what = self.value(offset), self.value(value)
                size = self.run.word(value.type.bits // 8)
                self.must(FaultKind.PACKET_BOUNDS, statement, start, size, self.run.length)
                where, what = self.given_by(statement, start, what)
                state.packet = terms.make("rewrite", -8, state.packet, where, what)
            case form.Copy():
                self.copy(statement)
            case form.Send():
                send(self.run, statement, state)
                self.check()
            case form.Check(kind, condition):
                self.must(FaultKind(kind), statement, self.value(condition))
            case form.Exit(verdict):
                if verdict.leaves_no_trace:
                    self.must(FaultKind.ABORT_AFTER_WRITE, statement, state.written)
                raise AssertionError("a run that faults does not end")
        return None

    def made(self, statement: form.Let | form.Assign) -> Term:
        """What a name is given."""
        if statement.span.source == self.source and statement.span.line == self.primary:
            self.formula.about |= set(names_in(statement.value))
        return self.give(self.checked(statement.value), statement, statement.name)

    def checked(self, expression: Expression) -> Term:
        term = self.value(expression)
        self.check()
        return term

    def given_by(self, statement: Statement, *parts: Term) -> tuple[Term, ...]:
        """Unknowns that the line of a write says to be where it writes and what."""
        self.table.evaluate()
        made = tuple(self.table.unknown(self.terms.bits(part), self.table.values[part]) for part in parts)
        for one, part in zip(made, parts, strict=True):
            self.table.tell(self.line(statement.span), self.run.same(one, part))
        self.step(statement.span, statement, {"": int(self.table.values[parts[0]])})
        return made

    def write(self, region: str, statement: Statement) -> None:
        if self.program.region(region).mode != "scratch" and self.state.written != TRUE:
            written = self.table.unknown(0, True)
            self.table.tell(self.line(statement.span), written)
            self.state.written = self.terms.either(self.state.written, written)

    def read(self, read: form.Read) -> str | None:
        start = self.checked(read.offset)
        size = self.run.word(read.type.bits // 8)
        if read.otherwise is None:
            self.must(FaultKind.PACKET_BOUNDS, read, start, size, self.run.length)
        else:
            there, came = self.came(self.terms.within((start, size), self.run.length), read.span, read)
            if not there:
                self.step(read.span, read, {})
                way = self.inside(came, read.otherwise)
                assert way is not None, "what runs where the bytes are not there leaves"
                self.depends(came, self.left_to(way))
                return way
            self.depends(came, self.effects_of(read.otherwise).ways)
        value = self.terms.make("read", read.type.bits, self.state.packet, start)
        self.run.bind(read.name, self.give(value, read, read.name), read.span)
        return None

    def inside(self, came: Term, body: Body) -> str | None:
        """Run a body that is only run because a test came out so."""
        self.reached.append(came)
        way = self.body(body)
        self.reached.remove(came)
        return way

    def branch(self, branch: form.If) -> str | None:
        span = _place(branch.condition.span, branch.span)
        outcome, came = self.came(self.checked(branch.condition), span, branch)
        self.step(span, branch, self.seen(*names_in(branch.condition)))
        taken, other = (branch.then, branch.otherwise) if outcome else (branch.otherwise, branch.then)
        way = self.inside(came, taken)
        ways = set(self.effects_of(other).ways)
        self.depends(came, ways if way is None else ways | self.left_to(way))
        if way is None and not leaves(other):
            self.merge(came, other)
        return way

    def seen(self, *names: str) -> dict[str, int]:
        """The values of names."""
        terms = {name: self.term_of(name) for name in names}
        self.table.evaluate()
        return {name: int(self.table.values[term]) for name, term in terms.items()}

    def term_of(self, name: str) -> Term:
        bound = self.run.bound.get(name)
        return bound.value if bound is not None else self.state.names[name]

    def block(self, block: form.Block, *, resuming: bool = False) -> str | None:
        self.scopes[block.label] = _Scope(block)
        way = self.body(block.body, resuming=resuming)
        self.close(block.label)
        return None if way == block.label else way

    def loop(self, loop: form.Loop, turns: int = 0, *, inside: bool = False) -> str | None:
        self.scopes[loop.label] = _Scope(loop)
        span = _place(loop.condition.span, loop.span)
        way: str | None = None
        before: tuple[Total, ...] = ()
        while way is None:
            if not inside:
                self.step(span, loop, self.seen(*changed(loop).names), turns + 1, on=True)
                if isinstance(self.fault, Endless) and loop is self.fault.node and turns == self.fault.turns:
                    raise _There(self.not_back(loop))
                way = self.body(loop.head)
                if way is not None:
                    break
                for invariant in loop.invariants:
                    self.must(FaultKind.INVARIANT, invariant, self.value(invariant))
                goes_on, came = self.came(self.checked(loop.condition), span, loop)
                self.scopes[loop.label].tests.append(came)
                if not goes_on:
                    self.step(span, loop, self.seen(*changed(loop).names), turns)
                    break
                measure = self.run.numbers(loop.decreases, self.state)
                self.check()
                if before and measure:
                    self.must(FaultKind.DECREASES, loop, sums.falls(self.terms, before, measure))
                before = measure
            turns += 1
            if loop.limit is not None and turns > loop.limit:
                if loop.exhausted is None:
                    self.must(FaultKind.LIMIT, loop, FALSE)
                way = self.body(loop.exhausted or ())
            else:
                way = self.body(loop.body, resuming=inside)
            inside = False
        self.close(loop.label)
        return None if way == loop.label else way

    def not_back(self, loop: form.Loop) -> Term:
        """That the run is not here again, or not where it was in what decides how it goes on."""
        cone, same = cones(loop)[0], TRUE
        for name in cone.names:
            was = self.terms.constant(self.start.names[name], self.terms.bits(self.state.names[name]))
            same = self.terms.both(same, self.run.same(self.state.names[name], was))
        self.table.evaluate()
        return self.claim(TRUE, self.terms.negate(same))

    def copy(self, copy: form.Copy) -> None:
        """A copy is run by itself; what it leaves follows from where it copies, and how much."""
        region, terms, state = self.program.region(copy.region), self.terms, self.state
        operands = [self.checked(part) for part in (copy.offset, copy.count, copy.index)]
        start, count, index = operands
        room = self.run.word(region.count)
        self.must(FaultKind.COPY_BOUNDS, copy, start, count, self.run.length, index, room)
        self.copies += 1
        if self.copies > MOST_COPIES:
            raise TooMuch
        values = [self.table.values[operand] for operand in operands]
        results = [pipe for pipe in map(self.program.pipe, copy.through) if pipe.finish is not None]
        cells, found = self.copied(copy, values, results)
        line, provided = self.line(copy.span), TRUE
        for operand, value in zip(operands, values, strict=True):
            provided = terms.both(provided, terms.compare("==", operand, self.run.word(value)))
        array = terms.unknown(terms.bits(state.memory[copy.region]), copy.region)
        state.memory[copy.region] = self.table.base(array, cells, line, provided)
        for pipe, value in zip(results, found, strict=True):
            assert pipe.finish is not None
            name, bits = f"{copy.result}.{pipe.name}", pipe.finish.type.bits
            result = self.table.unknown(bits, value, name)
            same = self.run.same(result, terms.constant(value, bits))
            self.table.tell(line, terms.negate(terms.both(provided, terms.negate(same))))
            self.run.bind(name, result, copy.span)
        self.step(copy.span, copy, {})
        self.write(copy.region, copy)

    def copied(self, copy: form.Copy, values: list[int], results: list[form.Pipe]) -> tuple[list[int], list[int]]:
        """The region's cells after the copy, and what its pipes finished with."""
        offset, count, index = (form.Constant(value, U32) for value in values)
        made: list[Statement] = [replace(copy, offset=offset, count=count, index=index)]
        regions = []
        for number, pipe in enumerate(results):
            assert pipe.finish is not None
            type = pipe.finish.type
            regions.append(form.Region(f"result.{number}", type, 1))
            result = form.Variable(f"{copy.result}.{pipe.name}", type)
            made.append(form.Store(f"result.{number}", form.Constant(0, U32), result))
        made.append(form.Exit(form.Verdict.CONSUME))
        program = replace(self.program, body=tuple(made), regions=(*self.program.regions, *regions))
        data = bytes(self.table.arrays[self.state.packet][1].values())
        packet = interpret.Packet(data, self.witness.packet.wire_length)
        memory = {name: list(self.table.arrays[array][1].values()) for name, array in self.state.memory.items()}
        try:
            outcome = interpret.run(program, packet, memory)
        except Fault:
            raise TooMuch from None  # it is a pipe that faults
        return outcome.memory[copy.region], [outcome.memory[region.name][0] for region in regions]


# ---- what a body may do


@dataclass(frozen=True, slots=True)
class _Effects:
    names: frozenset[str]  # that it assigns
    regions: frozenset[str]
    packet: bool
    ways: frozenset[str]  # labels outside that it may leave to, and whether it may end the run


def _effects(body: Body) -> _Effects:
    inside = list(_nodes(body))
    return _Effects(
        frozenset(one.name for one in inside if isinstance(one, form.Assign)),
        frozenset(one.region for one in inside if isinstance(one, form.Store | form.Copy)),
        any(isinstance(one, form.Rewrite) for one in inside),
        frozenset(_ways(body)),
    )


def _ways(body: Body) -> Iterator[str]:
    for statement in body:
        match statement:
            case form.Exit():
                yield _EXIT
            case form.Leave(label):
                yield label
            case form.Block(label) | form.Loop(label):
                yield from (way for inner in bodies(statement) for way in _ways(inner) if way != label)
            case _:
                for inner in bodies(statement):
                    yield from _ways(inner)


def _nodes(body: Body) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from _nodes(inner)


def _around(body: Body, loop: form.Loop) -> tuple[Statement, ...]:
    """The statements that a loop is in, outer ones first, and the loop, which stands once in the program."""
    found: list[tuple[Statement, ...]] = []
    for statement in body:
        if statement is loop:
            found.append((statement,))
        for inner in bodies(statement):
            if inside := _around(inner, loop):
                found.append((statement, *inside))
    if len(found) > 1:
        raise TooMuch
    return found[0] if found else ()


def _place(span: Span, other: Span) -> Span:
    return other if span.source is NOWHERE.source else span
