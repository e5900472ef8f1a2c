"""Writes LLVM IR: values with intervals, the fields of a record, calls. What `translate.py` is built on."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from dlcode_aegis_core.machine.compiled.cells import Callback, Cell
from dlcode_aegis_core.machine.compiled.intervals import BOOLEAN, Interval, combined, exactly

if TYPE_CHECKING:
    from dlcode_aegis_core.machine.compiled.translate import Module


class Untranslatable(AssertionError):
    """A function is not in the part of Python that is translated: a mistake in this program, not in what it runs."""


class Value(NamedTuple):
    """An expression's result: its text in IR, what it may be, and its width: 1 for a truth value, 64 or 128."""

    text: str
    values: Interval
    width: int = 64


class Pointer(NamedTuple):
    """An array outside the record."""

    text: str
    cell: Cell


@dataclass(slots=True)
class Instance:
    """A function, translated for operands of certain intervals, for use from hot or from rare code."""

    name: str
    returns: Interval | None  # None for a function without a result
    raises: bool
    rare: bool
    reads: frozenset[str] = frozenset()  # hot fields, in the record
    writes: frozenset[str] = frozenset()


_OPERATIONS: Final = {"Add": "add", "Sub": "sub", "Mult": "mul", "BitAnd": "and", "BitOr": "or", "BitXor": "xor"}
_COMPARISONS: Final = {"Eq": "eq", "NotEq": "ne", "Lt": "slt", "LtE": "sle", "Gt": "sgt", "GtE": "sge"}


class Writer:
    """Writes the instructions of one function."""

    def __init__(self, module: Module, in_memory: bool) -> None:
        self.module = module
        self.in_memory = in_memory
        self.lines: list[str] = []
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self._count = 0

    # ---- Text -------------------------------------------------------------------------------------------------------

    def emit(self, line: str) -> None:
        """Add a line."""
        self.lines.append(f"  {line}")

    def name(self, hint: str) -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"{hint}{self._count}"

    def result(self, text: str) -> str:
        """Add an instruction; the name of its result."""
        name = f"%{self.name('v')}"
        self.emit(f"{name} = {text}")
        return name

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name}:")

    # ---- Values -----------------------------------------------------------------------------------------------------

    def constant(self, value: int) -> Value:
        """An integer."""
        return self.known(Value("", exactly(value)))

    def known(self, value: Value) -> Value:
        """The same, written as a constant if it is one."""
        constant = value.values.constant
        if constant is None or value.width == 1:
            return value
        return Value(str(constant), value.values, value.values.bits)

    def wide(self, value: Value, width: int) -> str:
        """The text of a value in so many bits, which must hold it."""
        if value.values.bits > width:
            raise Untranslatable(f"{value.values.low} to {value.values.high} do not fit {width} bits")
        if value.values.constant is not None:
            return str(value.values.constant)
        if value.width == width:
            return value.text
        if value.width == 1:
            return self.result(f"zext i1 {value.text} to i{width}")
        if value.width > width:
            return self.result(f"trunc i{value.width} {value.text} to i{width}")
        return self.result(f"sext i{value.width} {value.text} to i{width}")

    def truth(self, value: Value) -> str:
        """The text, in one bit, of whether a value is not 0."""
        constant = value.values.constant
        if constant is not None:
            return "true" if constant else "false"
        if value.width == 1:
            return value.text
        return self.result(f"icmp ne i{value.width} {value.text}, 0")

    def binary(self, operation: str, a: Value, b: Value) -> Value:
        """An operation, by the name of its syntax node."""
        values = combined(operation, a.values, b.values)
        if values.constant is not None:
            return self.known(Value("", values))
        width = max(values.bits, a.values.bits, b.values.bits)
        x, y = self.wide(a, width), self.wide(b, width)
        if operation in ("FloorDiv", "Mod"):
            if b.values.low == 0:  # the host's division would trap; where it is reached, the rows do not divide by zero
                y = self.result(f"call i{width} @llvm.umax.i{width}(i{width} {y}, i{width} 1)")
            name = "udiv" if operation == "FloorDiv" else "urem"
        elif operation == "LShift":
            name = "shl"
        elif operation == "RShift":
            name = "lshr" if a.values.low >= 0 else "ashr"
        else:
            name = _OPERATIONS[operation]
        text = self.result(f"{name} i{width} {x}, {y}")
        return self._narrow(Value(text, values, width))

    def _narrow(self, value: Value) -> Value:
        if value.width == 128 and value.values.bits == 64:
            return Value(self.result(f"trunc i128 {value.text} to i64"), value.values)
        return value

    def compare(self, operation: str, a: Value, b: Value) -> Value:
        """A comparison, by the name of its syntax node."""
        decided = _decided(operation, a.values, b.values)
        if decided is not None:
            return self.constant(int(decided))
        width = max(a.values.bits, b.values.bits)
        x, y = self.wide(a, width), self.wide(b, width)
        return Value(self.result(f"icmp {_COMPARISONS[operation]} i{width} {x}, {y}"), BOOLEAN, 1)

    def chosen(self, name: str, a: Value, b: Value) -> Value:
        """`min` or `max`."""
        pick = min if name == "min" else max
        values = Interval(pick(a.values.low, b.values.low), pick(a.values.high, b.values.high))
        x, y = self.wide(a, 64), self.wide(b, 64)
        return self.known(Value(self.result(f"call i64 @llvm.s{name}.i64(i64 {x}, i64 {y})"), values))

    def absolute(self, a: Value) -> Value:
        """`abs`."""
        text = self.result(f"call i64 @llvm.abs.i64(i64 {self.wide(a, 64)}, i1 false)")
        return Value(text, Interval(0, max(abs(a.values.low), abs(a.values.high))))

    # ---- Fields -----------------------------------------------------------------------------------------------------

    def _in_record(self, offset: int) -> str:
        return self.result(f"getelementptr inbounds i8, ptr %s, i64 {offset}")

    def _in_copy(self, name: str) -> str:
        return self.result(f"getelementptr inbounds i8, ptr %h, i64 {8 * self.module.hot.index(name)}")

    def _is_copied(self, name: str) -> bool:
        return not self.in_memory and name in self.module.hot

    def load_field(self, name: str) -> Value | Pointer:
        """A field's value; an array outside the record, to be indexed or kept in another field."""
        place = self.module.fields[name]
        cell = place.kind
        if isinstance(cell, Callback) or cell.length:
            raise Untranslatable(f"{name} is no value")
        if self.in_memory and name in self.module.hot:
            self.reads.add(name)
        if self._is_copied(name):
            kind = "ptr" if cell.pointer else "i64"
            text = self.result(f"load {kind}, ptr {self._in_copy(name)}, {self.module.region('copy')}")
            return Pointer(text, cell) if cell.pointer else Value(text, cell.values)
        fixed = ", !invariant.load !0" if cell.constant else ""
        if cell.pointer:
            text = self.result(f"load ptr, ptr {self._in_record(place.offset)}, {self.module.region('state')}{fixed}")
            return Pointer(text, cell)
        return self._load(self._in_record(place.offset), cell, "state", fixed)

    def _load(self, address: str, cell: Cell, region: str, fixed: str = "") -> Value:
        text = self.result(f"load i{cell.bits}, ptr {address}, {self.module.region(region)}{fixed}")
        if cell.bits < 64:
            text = self.result(f"{'sext' if cell.signed else 'zext'} i{cell.bits} {text} to i64")
        return Value(text, cell.values)

    def store_field(self, name: str, value: Value | Pointer) -> None:
        """Set a field."""
        place = self.module.fields[name]
        cell = place.kind
        if isinstance(cell, Callback) or cell.length or cell.constant:
            raise Untranslatable(f"{name} can't be set")
        if isinstance(value, Pointer) != cell.pointer:
            raise Untranslatable(f"{name} is set to something of another kind")
        if self.in_memory and name in self.module.hot:
            self.writes.add(name)
        copied = self._is_copied(name)
        address = self._in_copy(name) if copied else self._in_record(place.offset)
        region = self.module.region("copy" if copied else "state")
        if isinstance(value, Pointer):
            self.emit(f"store ptr {value.text}, ptr {address}, {region}")
            return
        if not value.values.within(cell.held):
            raise Untranslatable(f"{name} is set to what may be {value.values.low} to {value.values.high}")
        if copied:
            self.emit(f"store i64 {self.wide(value, 64)}, ptr {address}, {region}")
        else:
            self._store(address, cell, value, "state")

    def _store(self, address: str, cell: Cell, value: Value, region: str) -> None:
        text = self.wide(value, 64)
        if cell.bits < 64 and value.values.constant is None:
            text = self.result(f"trunc i64 {text} to i{cell.bits}")
        self.emit(f"store i{cell.bits} {text}, ptr {address}, {self.module.region(region)}")

    def element(self, name: str, index: Value) -> tuple[str, Cell]:
        """Address of an array's element. One in the record is shown to be inside; pointers are the author's care."""
        place = self.module.fields[name]
        cell = place.kind
        if isinstance(cell, Callback) or not (cell.length or cell.pointer):
            raise Untranslatable(f"{name} is no array")
        if cell.pointer:
            pointer = self.load_field(name)
            base, inbounds = pointer.text, ""
        else:
            if not index.values.within(Interval(0, cell.length - 1)):
                raise Untranslatable(f"{name} has no element {index.values.low} to {index.values.high}")
            base, inbounds = self._in_record(place.offset), "inbounds "
        return self.result(f"getelementptr {inbounds}i{cell.bits}, ptr {base}, i64 {self.wide(index, 64)}"), cell

    def load_element(self, name: str, index: Value) -> Value:
        """An array's element."""
        address, cell = self.element(name, index)
        return self._load(address, cell, cell.region)

    def store_element(self, name: str, index: Value, value: Value) -> None:
        """Set an array's element."""
        address, cell = self.element(name, index)
        if not value.values.within(cell.held):
            raise Untranslatable(f"{name} is set to what may be {value.values.low} to {value.values.high}")
        self._store(address, cell, value, cell.region)

    # ---- The copy of hot fields -------------------------------------------------------------------------------------

    def _moved(self, name: str, from_writer: Writer, to_writer: Writer) -> None:
        value = from_writer.load_field(name)
        to_writer.lines, to_writer._count = self.lines, self._count
        to_writer.store_field(name, value)
        self._count = to_writer._count

    def spill(self, names: Collection[str]) -> None:
        """Write parts of the copy back."""
        memory = Writer(self.module, in_memory=True)
        for name in self.module.hot:
            if name in names:
                self._moved(name, self, memory)

    def reload(self, names: Collection[str]) -> None:
        """Make parts of the copy."""
        memory = Writer(self.module, in_memory=True)
        for name in self.module.hot:
            if name in names:
                memory.lines, memory._count = self.lines, self._count
                value = memory.load_field(name)
                self._count = memory._count
                self.store_field(name, value)

    # ---- Calls ------------------------------------------------------------------------------------------------------

    def call(self, instance: Instance, operands: list[Value], in_memory: bool) -> Value | None:
        """Call a translated function. What it raises is the caller's to see to."""
        spilled = instance.rare and not self.in_memory
        if spilled:
            self.spill(instance.reads | instance.writes)
        texts = [self.wide(value, 64) for value in operands]
        records = "ptr %s" if in_memory or instance.rare else "ptr %s, ptr %h"
        arguments = ", ".join([records, *(f"i64 {text}" for text in texts)])
        result = self.result(f"call i64 @{instance.name}({arguments})")
        if spilled:
            self.reload(instance.writes)
        self.reads |= instance.reads
        self.writes |= instance.writes
        return None if instance.returns is None else self.known(Value(result, instance.returns))

    def call_back(self, name: str, operands: list[Value]) -> Value:
        """Call a callback of the record, which sees the record's fields as they are."""
        if not self.in_memory:
            raise Untranslatable(f"{name} is called from a function that is not rare")
        self.reads |= self.module.shared
        self.writes |= self.module.shared
        address = self._in_record(self.module.fields[name].offset)
        pointer = self.result(f"load ptr, ptr {address}, {self.module.region('state')}, !invariant.load !0")
        arguments = ", ".join(f"i64 {self.wide(value, 64)}" for value in operands)
        return Value(self.result(f"call i64 {pointer}({arguments})"), Interval(-(1 << 63), (1 << 63) - 1))


def _decided(operation: str, a: Interval, b: Interval) -> bool | None:
    """What a comparison comes to whatever the values; None if it depends on them."""
    match operation:
        case "Lt":
            return True if a.high < b.low else False if a.low >= b.high else None
        case "GtE":
            return _negated(_decided("Lt", a, b))
        case "Gt":
            return _decided("Lt", b, a)
        case "LtE":
            return _negated(_decided("Lt", b, a))
        case "Eq":
            if a.constant is not None and a.constant == b.constant:
                return True
            return False if a.high < b.low or b.high < a.low else None
        case "NotEq":
            return _negated(_decided("Eq", a, b))
    raise Untranslatable(f"the comparison {operation}")


def _negated(decided: bool | None) -> bool | None:
    return None if decided is None else not decided


def syntax_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """A function's definition."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def refuse(function: Callable[..., Any], node: ast.AST, reason: str) -> NoReturn:
    """Say where a function leaves the language."""
    raise Untranslatable(f"{function.__module__}.{function.__qualname__}, line {getattr(node, 'lineno', 0)}: {reason}")
