"""The interpreter: what a core program means.

It replays witnesses, and every engine is tested against it. It is plain rather than fast, and checks every rule that
the verifier proves: a program that breaks one raises `Fault` at the node that broke it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import form
from .faults import FaultKind
from .form import Body, Expression, Program, Statement, Verdict
from .operators import COMPARISONS, OPERATORS, evaluate, fault_of
from .weights import moved, weight

ENOUGH = 10_000_000
"""Operations after which a run is taken to be endless, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Packet:
    """The captured bytes of a packet, and how many bytes it had on the wire.

    The wire length is any u32: a file may say anything, so nothing may rely on its being the larger. Raises ValueError
    for one that is no u32.
    """

    data: bytes
    wire_length: int

    def __post_init__(self) -> None:
        if not 0 <= self.wire_length < 1 << 32:
            raise ValueError(f"a packet of {self.wire_length} bytes on the wire: not a u32")

    @classmethod
    def whole(cls, data: bytes) -> Packet:
        """A packet of which nothing was cut off."""
        return cls(bytes(data), len(data))


Memory = Mapping[str, list[int]]
"""Cells of each region by its name."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An effect of a run, in the order of the program: a frame, or a wake-up, which has none."""

    effect: str  # "reply", "send" or "wake"
    frame: bytes = b""
    own: tuple[form.OwnAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `effects` are those that happen: none unless the verdict keeps them."""

    verdict: Verdict
    memory: dict[str, list[int]]
    effects: tuple[Sent, ...]
    operations: int
    data: bytes  # the packet's bytes at the end: changed only by a handler that may rewrite


class Fault(Exception):  # not an error of ours: what a program did wrong
    """A program broke a rule at a node."""

    def __init__(self, kind: FaultKind, node: Expression | Statement | form.Piece, detail: str) -> None:
        super().__init__(f"{kind.value}: {detail}")
        self.kind, self.node, self.detail = kind, node, detail


Observer = Callable[[Statement, int, Mapping[str, int], Memory, bytearray], None]
"""Told of a statement, of a loop how many of its turns are done, and of names, memory and packet bytes as they are."""


def run(
    program: Program,
    packet: Packet,
    memory: Memory | None = None,
    *,
    enough: int = ENOUGH,
    observe: Observer | None = None,
) -> Outcome:
    """Run a program on one packet.

    `memory` holds each region's cells (all zero where it is left out) and is not changed; the outcome has its own.
    `observe` is called before each statement, for a loop before each of its heads, and may raise; what it is handed
    goes on changing.
    Raises Fault where the program breaks a rule, ValueError for a packet longer than the program's maximum or memory
    of another shape. The program is well formed (`check.check_program`).
    """
    if len(packet.data) > program.maximum:
        raise ValueError(f"{program.name} is run on packets of at most {program.maximum} bytes")
    entry = {region.name: _cells(region, memory) for region in program.regions}
    state = _Run(program, packet, entry, {name: list(cells) for name, cells in entry.items()}, enough, observe)
    verdict = state.body(program.body)
    assert isinstance(verdict, Verdict), "a checked program ends in a verdict"
    effects = tuple(state.effects) if verdict.keeps_effects else ()
    return Outcome(verdict, state.memory, effects, state.operations, bytes(state.data))


def _cells(region: form.Region, memory: Memory | None) -> list[int]:
    if memory is None or region.name not in memory:
        return [0] * region.count
    cells = list(memory[region.name])
    if len(cells) != region.count or not all(0 <= cell < 1 << region.cell.bits for cell in cells):
        raise ValueError(f"{region.name} is {region.count} cells of {region.cell}")
    return cells


def _emit(pipe: form.Pipe) -> form.Emit:
    """The one statement of a pipe that emits."""
    return next(statement for statement in pipe.body if isinstance(statement, form.Emit))


_Way = str | Verdict | None
"""How a body ended: by a verdict, by leaving a label, or (None) at its end."""


@dataclass(slots=True)
class _Run:
    program: Program
    packet: Packet
    entry: dict[str, list[int]]
    memory: dict[str, list[int]]
    enough: int
    observe: Observer | None = None
    operations: int = 0
    written: bool = False  # an owned cell outside scratch memory has been written
    emitted: int = 0  # what the pipe that runs has emitted for its present word
    names: dict[str, int] = field(default_factory=dict)
    effects: list[Sent] = field(default_factory=list)
    data: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.data = bytearray(self.packet.data)

    def charge(self, operations: int, node: Expression | Statement) -> None:
        self.operations += operations
        if self.operations > self.enough:
            raise Fault(FaultKind.ENDLESS, node, f"still running after {self.enough} operations")

    # ---- statements

    def body(self, body: Body) -> _Way:
        for statement in body:
            way = self.statement(statement)
            if way is not None:
                return way
        return None

    def statement(self, statement: Statement) -> _Way:
        self.charge(weight(statement), statement)
        if self.observe is not None and not isinstance(statement, form.Loop):
            self.observe(statement, 0, self.names, self.memory, self.data)
        match statement:
            case form.Let(name, value) | form.Assign(name, value):
                self.names[name] = self.value(value)
            case form.Read(name, type, offset, otherwise):
                start, size = self.value(offset), type.bits // 8
                if start + size <= len(self.data):
                    self.names[name] = int.from_bytes(self.data[start : start + size], "big")
                elif otherwise is not None:
                    return self.body(otherwise)
                else:
                    raise Fault(FaultKind.PACKET_BOUNDS, statement, self.reach(start, size))
            case form.If(condition, then, otherwise):
                return self.body(then if self.value(condition) else otherwise)
            case form.Block(label, body):
                way = self.body(body)
                return None if way == label else way
            case form.Leave(label):
                return label
            case form.Loop():
                return self.loop(statement)
            case form.Store(region, index, value):
                at = self.index(region, index, statement)
                self.memory[region][at] = self.value(value)
                self.written |= self.program.region(region).mode != "scratch"
            case form.Rewrite(offset, value):
                self.rewrite(statement, self.value(offset), self.value(value))
            case form.Copy():
                self.copy(statement)
            case form.Send():
                self.send(statement)
            case form.Wake():
                self.effects.append(Sent("wake"))
            case form.Check(kind, condition):
                if not self.claim(condition):
                    raise Fault(FaultKind(kind), statement, self.what_fails(condition))
            case form.Exit(verdict):
                if verdict.leaves_no_trace and self.written:
                    raise Fault(FaultKind.ABORT_AFTER_WRITE, statement, "owned memory was written before")
                return verdict
            case form.Emit(value):
                self.emitted = self.value(value)
        return None

    def loop(self, loop: form.Loop) -> _Way:
        turns, before = 0, None
        while True:
            if self.observe is not None:
                self.observe(loop, turns, self.names, self.memory, self.data)
            way = self.body(loop.head)
            if way is not None:
                return None if way == loop.label else way
            for invariant in loop.invariants:
                if not self.claim(invariant):
                    raise Fault(FaultKind.INVARIANT, invariant, f"not so after {turns} turn{'' if turns == 1 else 's'}")
            if not self.value(loop.condition):
                return None
            measure = [self.claim(part) for part in loop.decreases]
            if before is not None and measure >= before and measure:
                raise Fault(FaultKind.DECREASES, loop, f"{before} is followed by {measure}")
            before, turns = measure, turns + 1
            if loop.limit is not None and turns > loop.limit:
                if loop.exhausted is None:
                    raise Fault(FaultKind.LIMIT, loop, f"turn {turns} of at most {loop.limit}")
                way = self.body(loop.exhausted)
            else:
                way = self.body(loop.body)
            if way is not None:
                return None if way == loop.label else way
            self.charge(1, loop)

    def rewrite(self, statement: form.Rewrite, start: int, value: int) -> None:
        size = statement.value.type.bits // 8
        if start + size > len(self.data):
            raise Fault(FaultKind.PACKET_BOUNDS, statement, self.reach(start, size))
        self.data[start : start + size] = value.to_bytes(size, "big")

    def copy(self, copy: form.Copy) -> None:
        start, count, target = self.value(copy.offset), self.value(copy.count), self.value(copy.index)
        room = self.program.region(copy.region).count
        if start + count > len(self.data) or target + count > room:
            detail = f"{count} bytes from {start} of {len(self.data)} to {target} of {room}"
            raise Fault(FaultKind.COPY_BOUNDS, copy, detail)
        pipes = [self.program.pipe(name) for name in copy.through]
        widest = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)
        stream = bytes(self.data[start : start + count]) + bytes(-count % widest)
        for pipe in pipes:
            stream = self.piped(pipe, stream, copy)
        self.memory[copy.region][target : target + count] = stream[:count]
        self.written |= self.program.region(copy.region).mode != "scratch"
        self.charge(moved(count), copy)

    def piped(self, pipe: form.Pipe, stream: bytes, copy: form.Copy) -> bytes:
        size = pipe.gauge.bits // 8
        for state in pipe.states:
            self.names[state.name] = state.initial.value
        before: dict[str, int] = {}
        words = [int.from_bytes(stream[at : at + size], "big") for at in range(0, len(stream), size)]
        out = bytearray()
        for at, word in enumerate(words):
            if at and "commutative" in pipe.attributes:
                self.commutes(pipe, words[at - 1], word, before)
            before = {state.name: self.names[state.name] for state in pipe.states}
            out += self.word(pipe, word).to_bytes(size, "big")
            if "readonly" in pipe.attributes and self.emitted != word:
                detail = f"{pipe.name} is readonly, and turns {word} into {self.emitted}"
                raise Fault(FaultKind.PIPE_ATTRIBUTE, _emit(pipe), detail)
        if pipe.finish is not None:
            self.names[f"{copy.result}.{pipe.name}"] = self.value(pipe.finish)
        return bytes(out)

    def word(self, pipe: form.Pipe, word: int) -> int:
        """What a pipe emits for a word."""
        self.names[pipe.word] = word
        self.body(pipe.body)
        return self.emitted

    def commutes(self, pipe: form.Pipe, first: int, second: int, before: dict[str, int]) -> None:
        """The pipe, which was in the state `before`, comes to the same from two words in either order."""
        operations, now = self.operations, {state.name: self.names[state.name] for state in pipe.states}
        ends = []
        for words in ((first, second), (second, first)):
            self.names |= before
            emitted = {word: self.word(pipe, word) for word in words}
            ends.append((emitted, {state.name: self.names[state.name] for state in pipe.states}))
        self.operations = operations
        self.names |= now
        if ends[0] != ends[1]:
            detail = f"{pipe.name} is commutative, and {first} before {second} is not {second} before {first}"
            raise Fault(FaultKind.PIPE_ATTRIBUTE, _emit(pipe), detail)

    def send(self, send: form.Send) -> None:
        frame = bytearray()
        for piece in send.pieces:
            match piece:
                case form.PacketBytes(offset, count):
                    start, size = self.value(offset), self.value(count)
                    if start + size > len(self.data):
                        raise Fault(FaultKind.PACKET_BOUNDS, piece, self.reach(start, size))
                    frame += self.data[start : start + size]
                case form.Value(value):
                    frame += self.value(value).to_bytes(value.type.bits // 8, "big")
        if len(frame) > form.LONGEST_FRAME:
            raise Fault(FaultKind.FRAME_LENGTH, send, f"{len(frame)} bytes of at most {form.LONGEST_FRAME}")
        if send.template is not None:
            for part in self.program.template(send.template).fixed:
                if not part.holds(bytes(frame)):
                    detail = f"the {part.size} bytes at {part.offset} & {part.mask:#x} are not {part.value:#x}"
                    raise Fault(FaultKind.TEMPLATE, send, detail)
        self.charge(moved(len(frame)), send)
        self.effects.append(Sent(send.effect, bytes(frame), send.own))

    # ---- expressions

    def claim(self, expression: Expression) -> int:
        """Value of an expression that only the proof speaks of: no image computes it, so it is not charged."""
        operations = self.operations
        value = self.value(expression)
        self.operations = operations
        return value

    def what_fails(self, claim: Expression) -> str:
        """The part of a claim that is false, in values."""
        match claim:
            case form.Logic("and", left, right):
                return self.what_fails(right if self.claim(left) else left)
            case form.Compare(symbol, left, right):
                return f"{self.claim(left)} {symbol} {self.claim(right)} is false"
        return "the claim does not hold"

    def value(self, expression: Expression) -> int:
        self.operations += weight(expression)
        match expression:
            case form.Constant(value):
                return value
            case form.Variable(name):
                return self.names[name]
            case form.Extent(of):
                if of == "packet":
                    return len(self.data)
                return self.packet.wire_length if of == "wire" else self.program.region(of).count
            case form.Binary(symbol, left_side, right_side):
                left, right, bits = self.value(left_side), self.value(right_side), expression.type.bits
                operator = OPERATORS[symbol]
                if fault_of(operator, left, right, bits):
                    assert operator.fault is not None
                    raise Fault(operator.fault, expression, f"{left} {symbol} {right} as a u{bits}")
                return evaluate(operator, left, right, bits)
            case form.Compare(symbol, left_side, right_side):
                return int(COMPARISONS[symbol](self.value(left_side), self.value(right_side)))
            case form.Logic("and", left_side, right_side):
                return int(bool(self.value(left_side)) and bool(self.value(right_side)))
            case form.Logic(_, left_side, right_side):
                return int(bool(self.value(left_side)) or bool(self.value(right_side)))
            case form.Not(operand):
                return int(not self.value(operand))
            case form.Convert(how, operand, type):
                value = self.value(operand)
                if how == "narrow" and value >> type.bits:
                    raise Fault(FaultKind.NARROW, expression, f"{value} does not fit a {type}")
                return value & ((1 << type.bits) - 1)
            case form.ByteSwap(operand):
                size = operand.type.bits // 8
                return int.from_bytes(self.value(operand).to_bytes(size, "big"), "little")
            case form.Owned(region, index):
                return self.memory[region][self.index(region, index, expression)]
            case form.Entry(region, index):
                return self.entry[region][self.index(region, index, expression)]

    def index(self, region: str, index: Expression, node: Expression | Statement) -> int:
        at, count = self.value(index), self.program.region(region).count
        if at >= count:
            raise Fault(FaultKind.OWNED_BOUNDS, node, f"{region}[{at}] of {count}")
        return at

    def reach(self, start: int, size: int) -> str:
        return f"bytes {start} to {start + size - 1} of {len(self.data)}"
