"""Core form to the interpreter's bytecode, statement by statement, with little that is clever about it.

Names are variables on the interpreter's stack. A value is in the accumulator; one of 33 to 64 bits is two variables,
its high half and its low one, and few operations take it.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.bytecode.copies import translate_copy
from bench.bytecode.instructions import (
    FIRST_VARIABLE,
    FRAME,
    OPERANDS,
    Bytecode,
    Instruction,
    Label,
    encoded,
    ending,
    head,
)
from dlcode_dsl.core import form
from dlcode_dsl.core.form import Body, Constant, Expression, Program, Statement, Variable, Verdict
from dlcode_jit import abi
from dlcode_jit.abi import QueueLayout


class Unsupported(ValueError):
    """The program has something that the interpreter does not know."""


def translated(program: Program, queue: QueueLayout) -> Bytecode:
    """A program as bytecode. Raises Unsupported for what is outside the subset."""
    if "rewrite" in program.may:
        raise Unsupported(f"{program.name} may rewrite its packet")
    return Translation(program, queue).bytecode()


_BINARY = {
    "+": "add", "+%": "add", "-": "subtract", "-%": "subtract", "*": "multiply", "*%": "multiply", "/": "divide",
    "%": "remainder", "&": "and", "|": "or", "^": "xor", "<<": "shift_left", ">>": "shift_right",
}  # fmt: skip

_EXCESS = ("+%", "-%", "*%", "<<")
"""What may leave bits above the type's; plain `+ - *` do not in a program that breaks no rule."""

_BRANCHES = {"==": "if_equal", "!=": "if_different", "<": "if_less", ">=": "if_not_less"}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED = {"<=": ">=", ">": "<"}  # with the sides changed

_SHORT, _LONG = 1 << 16, 1 << 32
"""Numbers below them fit an instruction's first word, and a further one."""

_PARTS = {8: (8,), 16: (16,), 32: (32,), 48: (16, 32), 64: (32, 32)}
"""How a value of so many bits is read and sent, the high part first."""


def halves(expression: Expression) -> int:
    """Variables that a value takes. Raises Unsupported for what takes more than two."""
    if expression.type.bits > 64:
        raise Unsupported(f"a value of {expression.type}")
    return 2 if expression.type.bits > 32 else 1


class Translation:
    """One program on its way."""

    def __init__(self, program: Program, queue: QueueLayout) -> None:
        self.of, self.queue = program, queue
        self.code: list[tuple[str, tuple[int | Label, ...]]] = []
        self.variables: dict[str, int] = {}  # of a wide one, its high half's
        self.ends: dict[str, Label] = {}
        self.exits: dict[Verdict, Label] = {}  # that are behind everything, for branches to
        self.fault, self.emitted, self.free = Label(), 0, FIRST_VARIABLE
        self.regions = {
            region.name: abi.MIPS_POINTER * (abi.LEASE_REGIONS + at) for at, region in enumerate(program.regions)
        }
        self.queues = bool({"reply", "send", "wake"} & set(program.may))

    def bytecode(self) -> Bytecode:
        """The whole program."""
        first = ending(self.of)
        self.emit(first.operation, *first.operands)
        self.body(self.of.body)
        for verdict, label in self.exits.items():
            self.place(label)
            self.exit(verdict)
        self.place(self.fault)
        self.emit(first.operation, *first.operands)
        instructions = [
            Instruction(name, tuple(one.at if isinstance(one, Label) else one for one in operands))
            for name, operands in self.code
        ]
        return encoded(self.of, self.queue, instructions)

    # ---- instructions

    def emit(self, operation: str, *operands: int | Label) -> None:
        self.code.append((operation, operands or (0,) * len(OPERANDS[operation])))

    def place(self, label: Label) -> None:
        label.at = len(self.code)

    def new(self, halves: int = 1) -> int:
        """A variable that nothing else uses."""
        self.free += 4 * halves
        if self.free > FRAME:
            raise Unsupported(f"{self.of.name} has more variables than fit in {FRAME} bytes")
        return self.free - 4 * halves

    def put(self) -> int:
        """A new variable, which gets the accumulator."""
        variable = self.new()
        self.emit("put", variable)
        return variable

    def number(self, value: int) -> None:
        self.emit(*(("number", value) if value < _SHORT else ("long_number", 0, value)))

    def add(self, variable: int, number: int) -> None:
        """Add to a variable."""
        self.emit("get", variable)
        self.emit("add", number)
        self.emit("put", variable)

    # ---- statements

    def body(self, body: Body) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: Statement) -> None:
        match statement:
            case form.Let(name, value):
                self.variables[name] = self.new(halves(value))
                self.assign(name, value)
            case form.Assign(name, value):
                self.assign(name, value)
            case form.Read():
                self.read(statement)
            case form.If():
                self.if_(statement)
            case form.Block(label, body):
                end = self.ends[label] = Label()
                self.body(body)
                self.place(end)
            case form.Leave(label):
                self.emit("jump", self.ends[label])
            case form.Loop():
                self.loop(statement)
            case form.Store(region, index, value):
                at = self.variable(index)
                self.value(value)
                self.cell(f"store{value.type.bits}", region, at)
            case form.Copy():
                translate_copy(self, statement)
            case form.Emit(value):
                self.value(value)
                self.emitted = self.put()
            case form.Send():
                self.send(statement)
            case form.Wake():
                self.emit("begin", self.queue.entries, head(self.of, None), self.queue.capacity)
            case form.Check():
                pass
            case form.Exit(verdict):
                self.exit(verdict)
            case form.Rewrite():
                raise AssertionError("a program that may rewrite has been refused")

    def assign(self, name: str, value: Expression) -> None:
        if halves(value) == 1:
            self.value(value)
            self.emit("put", self.variables[name])
            return
        source = self.wide(value)
        for half in (0, 4):
            self.emit("get", source + half)
            self.emit("put", self.variables[name] + half)

    def exit(self, verdict: Verdict) -> None:
        keeping = self.queues and verdict.keeps_effects
        self.emit("exit_keeping" if keeping else "exit", abi.VERDICT_CODES[verdict])

    def way(self, body: Body) -> Label | None:
        """Where a body goes that does nothing else."""
        match body:
            case (form.Exit(verdict),):
                return self.exits.setdefault(verdict, Label())
            case (form.Leave(label),):
                return self.ends[label]
        return None

    def read(self, read: form.Read) -> None:
        parts, offset, short, there = self.parts(read.type.bits), read.offset, Label(), Label()
        away = self.fault if read.otherwise is None else self.way(read.otherwise)
        target = self.variables[read.name] = self.new(len(parts))
        start = 0 if isinstance(offset, Constant) or len(parts) == 1 else self.variable(offset)
        done = 0
        for number, bits in enumerate(parts):
            if isinstance(offset, Constant):
                if offset.value + done >= _LONG:
                    raise Unsupported("a read behind 4 GiB")
                self.emit(f"at_packet{bits}", away or short, offset.value + done)
            else:
                self.emit("get", start) if start else self.value(offset)
                if done:
                    self.emit("add", done)
                self.emit(f"packet{bits}", away or short)
            self.emit("put", target + 4 * number)
            done += bits // 8
        if away is None and read.otherwise is not None:
            self.emit("jump", there)
            self.place(short)
            self.body(read.otherwise)
            self.place(there)

    def parts(self, bits: int) -> tuple[int, ...]:
        if bits not in _PARTS:
            raise Unsupported(f"{self.of.name}: packet bytes as a u{bits}")
        return _PARTS[bits]

    def if_(self, statement: form.If) -> None:
        away = self.way(statement.then)
        if away is not None and not statement.otherwise:
            self.branch(statement.condition, away, True)
            return
        otherwise, end = Label(), Label()
        self.branch(statement.condition, otherwise, False)
        self.body(statement.then)
        if statement.otherwise and self.code[-1][0] not in ("jump", "exit", "exit_keeping"):
            self.emit("jump", end)
        self.place(otherwise)
        self.body(statement.otherwise)
        self.place(end)

    def loop(self, loop: form.Loop) -> None:
        start, end = Label(), Label()
        self.ends[loop.label] = end
        turns = self.new()
        if loop.exhausted is not None:
            self.number(0)
            self.emit("put", turns)
        self.place(start)
        self.body(loop.head)
        self.branch(loop.condition, end, False)
        if loop.exhausted is not None:
            more = Label()
            assert loop.limit is not None
            self.emit("get", turns)
            self.emit("if_less", more, loop.limit)
            self.body(loop.exhausted)
            self.place(more)
            self.add(turns, 1)
        self.body(loop.body)
        self.emit("repeat", start)
        self.place(end)

    def send(self, send: form.Send) -> None:
        self.emit("begin", self.queue.entries, head(self.of, send), self.queue.capacity)
        for piece in send.pieces:
            match piece:
                case form.Value(value):
                    parts = self.parts(value.type.bits)
                    source = self.wide(value) if len(parts) > 1 else 0
                    for number, bits in enumerate(parts):
                        self.emit("get", source + 4 * number) if source else self.value(value)
                        self.emit(f"frame{bits}")
                case form.PacketBytes(offset, count):
                    start = self.variable(offset)
                    self.value(count)
                    self.emit("frame_packet", start)
        self.emit("end")

    # ---- expressions

    def value(self, expression: Expression) -> None:
        """To the accumulator."""
        match expression:
            case Constant(value) if halves(expression) == 1:
                self.number(value)
            case Variable(name) if halves(expression) == 1:
                self.emit("get", self.variables[name])
            case form.Extent("packet"):
                self.emit("length")
            case form.Extent("wire"):
                self.emit("wire_length")
            case form.Extent(of):
                self.number(self.of.region(of).count)
            case form.Binary(symbol, left, right) if halves(expression) == 1:
                if isinstance(right, Constant) and right.value < _SHORT:
                    self.value(left)
                    self.emit(_BINARY[symbol], right.value)
                else:
                    other = self.variable(right)
                    self.value(left)
                    self.emit(f"variable_{_BINARY[symbol]}", other)
                if symbol in _EXCESS:
                    self.mask(expression.type.bits)
            case form.Compare() | form.Logic() | form.Not():
                yes, end = Label(), Label()
                self.branch(expression, yes, True)
                self.number(0)
                self.emit("jump", end)
                self.place(yes)
                self.number(1)
                self.place(end)
            case form.Convert(how, operand, to) if to.bits <= 32:
                if halves(operand) == 2:
                    self.emit("get", self.wide(operand) + 4)
                else:
                    self.value(operand)
                if how == "truncate" and to.bits < operand.type.bits:
                    self.mask(to.bits)
            case form.ByteSwap(operand) if halves(operand) == 1:
                self.value(operand)
                self.emit("swap")
                self.emit("shift_right", 32 - operand.type.bits)
            case form.Owned(region, index, cell) if cell.bits <= 32:
                self.value(index)
                self.cell(f"cell{cell.bits}", region)
            case _:
                raise Unsupported(f"{self.of.name}: {type(expression).__name__} of {expression.type}")

    def mask(self, bits: int) -> None:
        """Cut the accumulator."""
        if bits <= 16:
            self.emit("and", (1 << bits) - 1)
        elif bits < 32:
            value = self.put()
            self.number((1 << bits) - 1)
            self.emit("variable_and", value)

    def cell(self, operation: str, region: str, *index: int) -> None:
        self.emit(operation, self.regions[region], self.of.region(region).count, *index)

    def variable(self, expression: Expression) -> int:
        """A variable that holds a value until the next statement."""
        if isinstance(expression, Variable) and halves(expression) == 1:
            return self.variables[expression.name]
        return self.own(expression)

    def own(self, expression: Expression) -> int:
        """A new variable that holds a value."""
        self.value(expression)
        return self.put()

    def wide(self, expression: Expression) -> int:
        """The first of two variables that hold a value."""
        match expression:
            case Variable(name) if halves(expression) == 2:
                return self.variables[name]
            case Constant(value):
                return self.pair(lambda half: self.number(value >> 32 if half == 0 else value % _LONG))
            case form.Binary("&" | "|" | "^" as symbol, left, right):
                one, other = self.wide(left), self.wide(right)

                def both(half: int) -> None:
                    self.emit("get", one + half)
                    self.emit(f"variable_{_BINARY[symbol]}", other + half)

                return self.pair(both)
            case form.Convert("widen", operand, _) if halves(operand) == 1:
                return self.pair(lambda half: self.value(operand) if half else self.number(0))
        raise Unsupported(f"{self.of.name}: {type(expression).__name__} of {expression.type}")

    def pair(self, half_of: Callable[[int], None]) -> int:
        """Two new variables, for each of which something puts its half, 0 or 4, into the accumulator."""
        first = self.new(2)
        for half in (0, 4):
            half_of(half)
            self.emit("put", first + half)
        return first

    # ---- conditions

    def branch(self, condition: Expression, target: Label, when: bool) -> None:
        """Go to a place if the condition is `when`, else on."""
        match condition:
            case form.Not(operand):
                self.branch(operand, target, not when)
            case form.Logic(symbol, left, right):
                skip = Label()
                decides = symbol == "or"
                self.branch(left, target if decides is when else skip, decides)
                self.branch(right, target, when)
                self.place(skip)
            case form.Compare(symbol, left, right) if halves(left) == 1:
                self.compared(symbol if when else _OPPOSITE[symbol], left, right, target)
            case form.Compare("==" | "!=" as symbol, left, right):
                one, other, skip = self.wide(left), self.wide(right), Label()
                equal = (symbol == "==") is when  # whether to go there if they are equal
                for half in (0, 4):
                    self.emit("get", one + half)
                    last = half == 4 and equal
                    self.emit(
                        "variable_if_equal" if last else "variable_if_different",
                        skip if equal and not last else target,
                        other + half,
                    )
                self.place(skip)
            case form.Compare():
                raise Unsupported(f"{self.of.name}: {condition.operator} of {condition.left.type}")
            case _:
                self.value(condition)
                self.emit("if_different" if when else "if_equal", target, 0)

    def compared(self, symbol: str, left: Expression, right: Expression, target: Label) -> None:
        """Go to a place if it holds."""
        if isinstance(right, Constant) and (symbol in _BRANCHES or right.value + 1 < _LONG):
            value = right.value if symbol in _BRANCHES else right.value + 1
            symbol = symbol if symbol in _BRANCHES else _OPPOSITE[_TURNED[symbol]]
            self.value(left)
            self.emit(_BRANCHES[symbol], target, value)
            return
        if symbol in _TURNED:
            symbol, left, right = _TURNED[symbol], right, left
        other = self.variable(right)
        self.value(left)
        self.emit(f"variable_{_BRANCHES[symbol]}", target, other)
