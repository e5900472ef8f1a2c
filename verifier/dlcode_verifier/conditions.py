"""The verification condition: one merged, symbolic run of a core program.

A run keeps one term for each name, for each region's cells, for the packet's bytes, and for whether owned memory has
been written. Where ways meet, after an `If` or at the end of a `Block`, their terms are joined by a choice, so that
the number of terms grows with the program, not with its paths. What comes out is the list of obligations, in the
order in which a run of the interpreter comes to them, and under which condition the program ends in each verdict.

The order matters: where an obligation fails, a run ends, and nothing that is computed after it is relied upon.

A loop is run once, from a head that stands for all of its turns (`loops`); so is a pipe of a copy (`copies`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Body, Expression, Program, Statement, Verdict
from dlcode_dsl.core.operators import OPERATORS
from dlcode_dsl.source import Span

from .copies import EMITTED, copy
from .facts import Guesses, LoopFacts, Site, sites
from .frames import send
from .loops import Candidate, Ending, loop
from .obligations import Node, Obligation, claim
from .sums import Total
from .task import Claim
from .terms import FALSE, TRUE, Term, Terms

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Bound:
    """A name that keeps the value it is bound to, and where that is."""

    value: Term
    place: Span


@dataclass(frozen=True, slots=True)
class Promise:
    """Where `path` holds, a run comes to a loop's head, and what is guessed of it must hold: the claim."""

    candidate: int  # its number among the candidates
    path: Term
    claim: Term


Goal = Obligation | Promise


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run of the program comes to, for every packet and every content of owned memory at once.

    The goals are in the order in which a run comes to them. That a loop ends is no goal: `endings` tell what shows it.
    `accesses` has the operands of packet accesses, and where each is accessed, by the node's identity and its field.
    """

    terms: Terms
    goals: tuple[Goal, ...]
    verdicts: dict[Verdict, Term]
    bound: dict[str, Bound]
    candidates: tuple[Candidate, ...] = ()
    endings: tuple[Ending, ...] = ()
    accesses: Mapping[tuple[int, str], Sequence[Claim]] = field(default_factory=dict)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """The goals that are the program's own."""
        return tuple(goal for goal in self.goals if isinstance(goal, Obligation))

    @property
    def is_exact(self) -> bool:
        """Whether packet and memory determine every term: there is no loop, and no pipe."""
        return not self.endings

    @property
    def accepts(self) -> Term:
        """Under which condition a filter matches."""
        return self.verdicts.get(Verdict.MATCH, FALSE)


def conditions(program: Program, terms: Terms | None = None, guesses: Guesses | None = None) -> Conditions:
    """The goals of a well-formed program. Two programs given one table speak of the same packet.

    `guesses` is what to try at the loops; whatever it says, only what is proved of it is relied upon.
    """
    run = Run(program, terms if terms is not None else Terms(), guesses or {})
    run.whole()
    endings = tuple(run.endings[number] for number in sorted(run.endings))
    return Conditions(
        run.terms, tuple(run.goals), run.verdicts, run.bound, tuple(run.candidates.values()), endings, run.accesses
    )  # fmt: skip


def accepts(program: Program, terms: Terms) -> Term:
    """Under which condition a filter without loops matches, if no obligation is broken: none is made."""
    run = Run(program, terms, {}, claims=False)
    run.whole()
    return run.verdicts.get(Verdict.MATCH, FALSE)


@dataclass(slots=True)
class State:
    """What is so where `path` holds. No two states that a run has at one time can both be so."""

    path: Term
    names: dict[str, Term]  # those that may be assigned to; any other is bound once, and keeps its value
    memory: dict[str, Term]
    packet: Term
    written: Term
    ghosts: dict[str, Term] = field(default_factory=dict)  # what no program can name: turns that are done, and the like

    def fork(self, path: Term) -> State:
        return State(path, dict(self.names), dict(self.memory), self.packet, self.written, dict(self.ghosts))


@dataclass(slots=True)
class Run:
    """One symbolic run, and what it has come to so far."""

    program: Program
    terms: Terms
    guesses: Guesses
    entry: dict[str, Term] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    verdicts: dict[Verdict, Term] = field(default_factory=dict)
    bound: dict[str, Bound] = field(default_factory=dict)
    leaving: dict[str, list[State]] = field(default_factory=dict)
    escapes: int = 0  # how many times a way out of the statement being run was taken
    quiet: bool = False  # what is run now was run before: its goals are known
    claims: bool = True  # whether goals are made at all
    candidates: dict[tuple[int, int], Candidate] = field(default_factory=dict)  # by site and guess
    endings: dict[int, Ending] = field(default_factory=dict)  # by site
    accesses: dict[tuple[int, str], list[Claim]] = field(default_factory=dict)
    sites: dict[tuple[int, str], Site] = field(init=False)

    def __post_init__(self) -> None:
        self.sites = {}
        for site in sites(self.program):  # a statement that stands twice in a program is one site, its first
            self.sites.setdefault((id(site.node), "" if site.pipe is None else site.pipe.name), site)

    def whole(self) -> None:
        """Run all of the program."""
        for region in self.program.regions:
            self.entry[region.name] = self.terms.make("memory", -region.cell.bits, region.name)
        end = self.body(self.program.body, State(TRUE, {}, dict(self.entry), self.terms.make("packet", -8), FALSE))
        assert end is None, "a checked program ends in a verdict"

    def must(self, kind: FaultKind, node: Node, path: Term, *operands: Term) -> None:
        if self.claims:
            self.goals.append(Obligation(kind, node, path, claim(self.terms, kind, node, *operands)))

    def accessed(self, node: Node, path: Term, **operands: Term) -> None:
        """Note where bytes are taken or put, which may be aligned."""
        if self.claims and not self.quiet:
            for operand, term in operands.items():
                self.accesses.setdefault((id(node), operand), []).append((path, term))

    def promise(self, key: tuple[int, int], path: Term, claim: Term) -> None:
        self.goals.append(Promise(self.candidates[key].number, path, claim))

    def breaks(self, goal: Goal) -> Term:
        """Whether a run comes to the goal, and it does not hold."""
        return self.terms.both(goal.path, self.terms.negate(goal.claim))

    def site(self, node: form.Loop | form.Copy, pipe: str = "") -> Site:
        return self.sites[id(node), pipe]

    def facts(self, site: Site) -> LoopFacts:
        """What is guessed of a loop."""
        return self.guesses.get(site.number, LoopFacts())

    def ending(self, site: Site) -> Ending:
        return self.endings.setdefault(site.number, Ending(site))

    def quietly(self, work: Callable[[], Result]) -> tuple[Result, list[Goal]]:
        """Run something that leaves no trace here: what it gives, and the goals that it would have had."""
        kept = self.goals, self.verdicts, self.leaving, self.escapes, self.bound, self.quiet
        self.goals, self.verdicts, self.leaving = [], {}, {label: [] for label in self.leaving}
        self.bound, self.quiet = dict(self.bound), True
        result, goals = work(), self.goals
        self.goals, self.verdicts, self.leaving, self.escapes, self.bound, self.quiet = kept
        return result, goals

    def bind(self, name: str, value: Term, place: Span) -> None:
        self.bound[name] = Bound(value, place)

    def same(self, left: Term, right: Term) -> Term:
        """Whether two values, or truth values, are the same."""
        if self.terms.bits(left):
            return self.terms.compare("==", left, right)
        return self.terms.choose(left, right, self.terms.negate(right))

    def word(self, value: int) -> Term:
        """A u32 constant."""
        return self.terms.constant(value, 32)

    @property
    def length(self) -> Term:
        return self.terms.make("length", 32)

    # ---- statements: each gives the state at its end, or None where control never comes out there

    def body(self, body: Body, state: State) -> State | None:
        at: State | None = state
        for statement in body:
            if at is None or at.path == FALSE:
                return None
            at = self.statement(statement, at)
        return at

    def statement(self, statement: Statement, state: State) -> State | None:
        match statement:
            case form.Let(name, value, mutable):
                term = self.value(value, state, state.path)
                if mutable:
                    state.names[name] = term
                else:
                    self.bound[name] = Bound(term, statement.span)
            case form.Assign(name, value):
                state.names[name] = self.value(value, state, state.path)
            case form.Read():
                self.read(statement, state)
            case form.If(condition, then, otherwise):
                return self.branch(self.value(condition, state, state.path), then, otherwise, state)
            case form.Block(label, body):
                return self.block(label, body, state)
            case form.Leave(label):
                self.escapes += 1
                self.leaving[label].append(state)
                return None
            case form.Store(region, index, value):
                at = self.index(region, index, statement, state, state.path)
                stored = self.value(value, state, state.path)
                state.memory[region] = self.terms.store(state.memory[region], at, stored)
                if self.program.region(region).mode != "scratch":
                    state.written = TRUE
            case form.Rewrite(offset, value):
                start, written = self.value(offset, state, state.path), self.value(value, state, state.path)
                size = self.word(value.type.bits // 8)
                self.must(FaultKind.PACKET_BOUNDS, statement, state.path, start, size, self.length)
                self.accessed(statement, state.path, offset=start)
                state.packet = self.terms.make("rewrite", -8, state.packet, start, written)
            case form.Send():
                send(self, statement, state)
            case form.Wake():
                pass
            case form.Check(kind, condition):
                truth = self.value(condition, state, state.path)
                self.must(FaultKind(kind), statement, state.path, truth)
            case form.Exit(verdict):
                if verdict.leaves_no_trace:
                    self.must(FaultKind.ABORT_AFTER_WRITE, statement, state.path, state.written)
                self.escapes += 1
                self.verdicts[verdict] = self.terms.either(self.verdicts.get(verdict, FALSE), state.path)
                return None
            case form.Loop():
                return loop(self, statement, state)
            case form.Copy():
                copy(self, statement, state)
            case form.Emit(value):
                state.ghosts[EMITTED] = self.value(value, state, state.path)
        return state

    def read(self, read: form.Read, state: State) -> None:
        start = self.value(read.offset, state, state.path)
        size = self.word(read.type.bits // 8)
        if read.otherwise is None:
            self.must(FaultKind.PACKET_BOUNDS, read, state.path, start, size, self.length)
        else:
            there = self.terms.within((start, size), self.length)
            absent = self.terms.both(state.path, self.terms.negate(there))
            after = self.body(read.otherwise, state.fork(absent))
            assert after is None, "what runs where the bytes are not there leaves"
            state.path = self.terms.both(state.path, there)
        self.accessed(read, state.path, offset=start)
        value = self.terms.make("read", read.type.bits, state.packet, start)
        self.bound[read.name] = Bound(value, read.span)

    def branch(self, condition: Term, then: Body, otherwise: Body, state: State) -> State | None:
        terms, escapes = self.terms, self.escapes
        yes = self.body(then, state.fork(terms.both(state.path, condition)))
        no = self.body(otherwise, state.fork(terms.both(state.path, terms.negate(condition))))
        if yes is None or no is None or FALSE in (yes.path, no.path):
            return no if yes is None or yes.path == FALSE else yes
        whole = self.escapes == escapes  # nothing left on the way: who came in is here
        path = state.path if whole else terms.either(yes.path, no.path)
        return self.joined(condition, yes, no, path)

    def block(self, label: str, body: Body, state: State) -> State | None:
        escapes, entered, self.leaving[label] = self.escapes, state.path, []
        end = self.body(body, state)
        left = self.leaving.pop(label)
        self.escapes -= len(left)
        joined = self.meet([*left, *([] if end is None else [end])])
        if joined is not None and self.escapes == escapes:
            joined.path = entered
        return joined

    def meet(self, ways: list[State]) -> State | None:
        """All states as one, of which no two can be so at once; None if there is none."""
        ways = [way for way in ways if way.path != FALSE]
        if not ways:
            return None
        joined = ways[-1]
        for way in reversed(ways[:-1]):
            joined = self.joined(way.path, way, joined, self.terms.either(way.path, joined.path))
        return joined

    def joined(self, condition: Term, yes: State, no: State, path: Term) -> State:
        """Both states as one: where either is so, `condition` tells which."""
        choose = self.terms.choose
        return State(
            path,
            {name: choose(condition, term, no.names[name]) for name, term in yes.names.items() if name in no.names},
            {region: choose(condition, cells, no.memory[region]) for region, cells in yes.memory.items()},
            choose(condition, yes.packet, no.packet),
            choose(condition, yes.written, no.written),
            {name: choose(condition, term, no.ghosts[name]) for name, term in yes.ghosts.items() if name in no.ghosts},
        )

    def numbers(self, measure: tuple[Expression, ...], state: State) -> tuple[Total, ...]:
        """The parts of an author's measure; a truth value counts as 0 or 1."""
        values = [self.value(part, state, state.path) for part in measure]
        one, none = self.terms.constant(1, 8), self.terms.constant(0, 8)
        numbers = [value if self.terms.bits(value) else self.terms.choose(value, one, none) for value in values]
        return tuple(Total(((1, number),)) for number in numbers)

    # ---- expressions: `path` says where one is evaluated, which a short circuit narrows

    def value(self, expression: Expression, state: State, path: Term) -> Term:
        terms = self.terms
        match expression:
            case form.Constant(value, type):
                return terms.constant(value, type.bits)
            case form.Variable(name):
                return self.bound[name].value if name in self.bound else state.names[name]
            case form.Extent(of):
                if of in ("packet", "wire"):
                    return self.length if of == "packet" else terms.make("wire", 32)
                return self.word(self.program.region(of).count)
            case form.Binary():
                return self.binary(expression, state, path)
            case form.Compare(symbol, left, right):
                return terms.compare(symbol, self.value(left, state, path), self.value(right, state, path))
            case form.Logic(symbol, left, right):
                first = self.value(left, state, path)
                if symbol == "and":
                    return terms.both(first, self.value(right, state, terms.both(path, first)))
                return terms.either(first, self.value(right, state, terms.both(path, terms.negate(first))))
            case form.Not(operand):
                return terms.negate(self.value(operand, state, path))
            case form.Convert(how, operand, type):
                term = self.value(operand, state, path)
                if how == "narrow" and type.bits < operand.type.bits:
                    limit = terms.constant(1 << type.bits, operand.type.bits)
                    self.must(FaultKind.NARROW, expression, path, term, limit)
                return terms.convert(how, term, type.bits)
            case form.ByteSwap(operand):
                return terms.convert("swap", self.value(operand, state, path), operand.type.bits)
            case form.Owned(region, index):
                at = self.index(region, index, expression, state, path)
                return terms.cell(state.memory[region], at)
            case form.Entry(region, index):
                at = self.index(region, index, expression, state, path)
                return terms.cell(self.entry[region], at)

    def binary(self, expression: form.Binary, state: State, path: Term) -> Term:
        left = self.value(expression.left, state, path)
        right = self.value(expression.right, state, path)
        kind, bits = OPERATORS[expression.operator].fault, expression.type.bits
        if kind is FaultKind.WRAP:
            self.must(kind, expression, path, left, right)
        elif kind is FaultKind.DIVISION:
            self.must(kind, expression, path, right)
        elif kind is FaultKind.SHIFT:
            self.must(kind, expression, path, right, self.terms.constant(bits, bits))
        return self.terms.binary(expression.operator, left, right)

    def index(self, region: str, index: Expression, node: Node, state: State, path: Term) -> Term:
        at = self.value(index, state, path)
        self.must(FaultKind.OWNED_BOUNDS, node, path, at, self.word(self.program.region(region).count))
        return at
