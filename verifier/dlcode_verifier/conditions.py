"""The verification condition: one merged, symbolic run of a core program.

A run keeps one term for each name, for each region's cells, for the packet's bytes, and for whether owned memory has
been written. Where ways meet, after an `If` or at the end of a `Block`, their terms are joined by a choice, so that
the number of terms grows with the program, not with its paths. What comes out is the list of obligations, in the
order in which a run of the interpreter comes to them, and under which condition the program ends in each verdict.

The order matters: where an obligation fails, a run ends, and nothing that is computed after it is relied upon.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Body, Expression, Program, Statement, Verdict
from dlcode_dsl.core.operators import OPERATORS
from dlcode_dsl.source import Span

from .obligations import Node, Obligation, claim
from .terms import FALSE, TRUE, Term, Terms


class NotCovered(Exception):
    """A statement that no rule of the proof covers yet: the program is not proved, whatever it does."""

    def __init__(self, node: Statement, reason: str) -> None:
        super().__init__(reason)
        self.node, self.reason = node, reason


@dataclass(frozen=True, slots=True)
class Bound:
    """A name that keeps the value it is bound to, and where that is."""

    value: Term
    place: Span


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run of the program comes to, for every packet and every content of owned memory at once."""

    terms: Terms
    obligations: tuple[Obligation, ...]
    verdicts: dict[Verdict, Term]
    bound: dict[str, Bound]

    @property
    def accepts(self) -> Term:
        """Under which condition a filter matches."""
        return self.verdicts.get(Verdict.MATCH, FALSE)


def conditions(program: Program, terms: Terms | None = None) -> Conditions:
    """The obligations of a well-formed program. Two programs given one table speak of the same packet.

    Raises NotCovered for a statement that no rule covers yet.
    """
    run = _Run(program, terms if terms is not None else Terms())
    for region in program.regions:
        run.entry[region.name] = run.terms.make("memory", -region.cell.bits, region.name)
    end = run.body(program.body, _State(TRUE, {}, dict(run.entry), run.terms.make("packet", -8), FALSE))
    assert end is None, "a checked program ends in a verdict"
    return Conditions(run.terms, tuple(run.obligations), run.verdicts, run.bound)


@dataclass(slots=True)
class _State:
    """What is so where `path` holds. No two states that a run has at one time can both be so."""

    path: Term
    names: dict[str, Term]  # those that may be assigned to; any other is bound once, and keeps its value
    memory: dict[str, Term]
    packet: Term
    written: Term

    def fork(self, path: Term) -> _State:
        return _State(path, dict(self.names), dict(self.memory), self.packet, self.written)


@dataclass(slots=True)
class _Run:
    program: Program
    terms: Terms
    entry: dict[str, Term] = field(default_factory=dict)
    obligations: list[Obligation] = field(default_factory=list)
    verdicts: dict[Verdict, Term] = field(default_factory=dict)
    bound: dict[str, Bound] = field(default_factory=dict)
    leaving: dict[str, list[_State]] = field(default_factory=dict)
    escapes: int = 0  # how many times a way out of the statement being run was taken

    def must(self, kind: FaultKind, node: Node, path: Term, *operands: Term) -> None:
        self.obligations.append(Obligation(kind, node, path, claim(self.terms, kind, node, *operands)))

    def word(self, value: int) -> Term:
        """A u32 constant."""
        return self.terms.constant(value, 32)

    @property
    def length(self) -> Term:
        return self.terms.make("length", 32)

    # ---- statements: each gives the state at its end, or None where control never comes out there

    def body(self, body: Body, state: _State) -> _State | None:
        at: _State | None = state
        for statement in body:
            if at is None or at.path == FALSE:
                return None
            at = self.statement(statement, at)
        return at

    def statement(self, statement: Statement, state: _State) -> _State | None:
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
                cells = state.memory[region]
                state.memory[region] = self.terms.make("store", self.terms.bits(cells), cells, at, stored)
                if self.program.region(region).mode != "scratch":
                    state.written = TRUE
            case form.Rewrite(offset, value):
                start, written = self.value(offset, state, state.path), self.value(value, state, state.path)
                size = self.word(value.type.bits // 8)
                self.must(FaultKind.PACKET_BOUNDS, statement, state.path, start, size, self.length)
                state.packet = self.terms.make("rewrite", -8, state.packet, start, written)
            case form.Send():
                self.send(statement, state)
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
                raise NotCovered(statement, "loops are not proved yet")
            case form.Copy():
                raise NotCovered(statement, "copies are not proved yet")
            case form.Emit():
                raise AssertionError("a checked program emits only in a pipe")
        return state

    def read(self, read: form.Read, state: _State) -> None:
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
        value = self.terms.make("read", read.type.bits, state.packet, start)
        self.bound[read.name] = Bound(value, read.span)

    def branch(self, condition: Term, then: Body, otherwise: Body, state: _State) -> _State | None:
        terms, escapes = self.terms, self.escapes
        yes = self.body(then, state.fork(terms.both(state.path, condition)))
        no = self.body(otherwise, state.fork(terms.both(state.path, terms.negate(condition))))
        if yes is None or no is None or FALSE in (yes.path, no.path):
            return no if yes is None or yes.path == FALSE else yes
        whole = self.escapes == escapes  # nothing left on the way: who came in is here
        path = state.path if whole else terms.either(yes.path, no.path)
        return self.joined(condition, yes, no, path)

    def block(self, label: str, body: Body, state: _State) -> _State | None:
        escapes, entered, self.leaving[label] = self.escapes, state.path, []
        end = self.body(body, state)
        left = self.leaving.pop(label)
        self.escapes -= len(left)
        ways = [way for way in (*left, end) if way is not None and way.path != FALSE]
        if not ways:
            return None
        joined = ways[-1]
        for way in reversed(ways[:-1]):
            joined = self.joined(way.path, way, joined, self.terms.either(way.path, joined.path))
        if self.escapes == escapes:
            joined.path = entered
        return joined

    def joined(self, condition: Term, yes: _State, no: _State, path: Term) -> _State:
        """Both states as one: where either is so, `condition` tells which."""
        choose = self.terms.choose
        return _State(
            path,
            {name: choose(condition, term, no.names[name]) for name, term in yes.names.items() if name in no.names},
            {region: choose(condition, cells, no.memory[region]) for region, cells in yes.memory.items()},
            choose(condition, yes.packet, no.packet),
            choose(condition, yes.written, no.written),
        )

    def send(self, send: form.Send, state: _State) -> None:
        sizes = []
        for piece in send.pieces:
            match piece:
                case form.PacketBytes(offset, count):
                    start, size = self.value(offset, state, state.path), self.value(count, state, state.path)
                    self.must(FaultKind.PACKET_BOUNDS, piece, state.path, start, size, self.length)
                    sizes.append(size)
                case form.Value(value):
                    self.value(value, state, state.path)
                    sizes.append(self.word(value.type.bits // 8))
        self.must(FaultKind.FRAME_LENGTH, send, state.path, *sizes, self.word(form.LONGEST_FRAME))

    # ---- expressions: `path` says where one is evaluated, which a short circuit narrows

    def value(self, expression: Expression, state: _State, path: Term) -> Term:
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
            case form.Owned(region, index, type):
                at = self.index(region, index, expression, state, path)
                return terms.make("cell", type.bits, state.memory[region], at)
            case form.Entry(region, index, type):
                at = self.index(region, index, expression, state, path)
                return terms.make("cell", type.bits, self.entry[region], at)

    def binary(self, expression: form.Binary, state: _State, path: Term) -> Term:
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

    def index(self, region: str, index: Expression, node: Node, state: _State, path: Term) -> Term:
        at = self.value(index, state, path)
        self.must(FaultKind.OWNED_BOUNDS, node, path, at, self.word(self.program.region(region).count))
        return at
