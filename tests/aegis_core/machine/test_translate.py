"""The translated part of Python: what comes out equals Python, and what is not in it is refused."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable
from ctypes import Structure
from itertools import product
from types import FunctionType
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcode_aegis_core.machine.compiled.cells import MASK, Flag, Registers, Signal, Word, declare, rare, working
from dlcode_aegis_core.machine.compiled.intervals import Interval, combined
from dlcode_aegis_core.machine.compiled.translate import Module
from dlcode_aegis_core.machine.compiled.writer import Untranslatable
from dlcode_jit import native


class Record(Structure):
    a: Word
    b: Word
    result: Word
    signal: Word
    flag: Flag
    gpr: Registers


declare(Record)


class Oops(Signal):
    number = 1


class Other(Signal):
    number = 2


# What is translated, and run as Python too ----------------------------------------------------------------------------


def double(value: int) -> int:
    return value + value


@rare
def rarely(cpu: Record, value: Word) -> int:
    cpu.flag = not cpu.flag
    return value ^ cpu.a


def fails(cpu: Record, value: int) -> NoReturn:
    cpu.result = value
    raise Oops


def may_fail(cpu: Record, value: int) -> int:
    if value & 1:
        fails(cpu, 1000 + (value & 7))
    if value == 8:
        raise Other
    return value // 2


def arithmetic(cpu: Record) -> int:
    return cpu.a + 3 * cpu.b - (cpu.a ^ cpu.b) | cpu.b & 0xF0F0


def whole_products(cpu: Record) -> int:
    product = cpu.a * cpu.b
    cpu.result = product & MASK
    return product >> 32


def signs(cpu: Record) -> int:
    x = (cpu.a ^ 0x80000000) - 0x80000000
    return -x if x < 0 else ~x


def shifts(cpu: Record) -> int:
    return (cpu.a << (cpu.b & 31)) ^ ((cpu.a ^ 0x80000000) - 0x80000000 >> (cpu.b & 31))


def division_where_it_is_asked_for(cpu: Record) -> int:
    if cpu.b == 0:
        return 7
    return cpu.a // cpu.b ^ cpu.a % cpu.b


def conditions(cpu: Record) -> int:
    if cpu.a < cpu.b and (cpu.a & 1 or cpu.b & 2) and not cpu.flag:
        cpu.flag = cpu.a != 3
        return 1
    elif 5 <= cpu.a < 0x7FFFFFFF or cpu.b == 3:
        return 2 if cpu.a > cpu.b else 3
    return max(cpu.a, cpu.b) - min(cpu.a, cpu.b) + abs(cpu.a - cpu.b)


def loops(cpu: Record) -> int:
    total: Word = 0
    left: Word = cpu.a & 15
    while left:
        total = total * 3 + left & MASK
        left = left - 1 & 15
        if total & 0x10000:
            break
    for index in range(cpu.b & 7):
        total = total + cpu.gpr[index] & MASK
    return total


def arrays(cpu: Record) -> int:
    cpu.gpr[cpu.a & 31] = cpu.b
    more = cpu.gpr[cpu.a & 7] & 0xFF if cpu.gpr[cpu.b & 31] < 0x1000 else 0
    cpu.gpr[cpu.b & 31] = cpu.gpr[cpu.b & 31] + more & MASK
    return cpu.gpr[cpu.a & 15]


def calls(cpu: Record) -> int:
    cpu.result = double(cpu.a) & MASK
    return double(cpu.result) + rarely(cpu, cpu.b)


def signals(cpu: Record) -> int:
    try:
        cpu.result = may_fail(cpu, cpu.a) ^ may_fail(cpu, cpu.b)
    except Other:
        cpu.result = 1
    except Signal:
        cpu.result = cpu.result + 5 & MASK
    return cpu.result


def cases(cpu: Record) -> int:
    match cpu.a:
        case Numbers.ONE:
            cpu.result = 11
        case Numbers.ALL:
            return 12
    cpu.flag = True
    return cpu.b


class Numbers:
    ONE = 1
    ALL = MASK


FUNCTIONS = [
    *(arithmetic, whole_products, signs, shifts, division_where_it_is_asked_for, conditions, loops),
    *(arrays, calls, signals, cases),
]
TELLING = [0, 1, 2, 3, 8, 31, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, MASK, 0x12345679]


def record(a: int, b: int) -> Record:
    made = Record()
    made.a, made.b = a, b
    for index in range(33):
        made.gpr[index] = index * 0x01234567 & MASK
    return made


def compiled(function: Callable[[Record], int]) -> list[Callable[[int], int]]:
    """A function translated and compiled: to work on the record itself, and on a copy of some of its fields."""
    twin = FunctionType(function.__code__, function.__globals__, function.__name__)
    twin.__annotations__ = function.__annotations__
    module = Module(Record, ("a", "b", "result", "signal"), frozenset(), "signal", {})
    module.root("in_memory", function)
    module.root("on_a_copy", working(twin))
    code = native.load(native.compile_object(module.text), ("in_memory", "on_a_copy"), {})
    KEPT.append(code)
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
    return [kind(code.addresses[name]) for name in ("in_memory", "on_a_copy")]


KEPT: list[native.Loaded] = []


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_what_is_compiled_is_what_python_does(function: Callable[[Record], int]) -> None:
    for run in compiled(function):
        for a, b in product(TELLING, TELLING):
            expected, found = record(a, b), record(a, b)
            assert (run(ctypes.addressof(found)), bytes(found)) == (function(expected), bytes(expected)), (a, b)


# What is not ----------------------------------------------------------------------------------------------------------


def too_wide(cpu: Record) -> int:
    return cpu.a * cpu.b * 2


def stored_too_wide(cpu: Record) -> int:
    cpu.result = cpu.a + 1
    return 0


def shifted_too_far(cpu: Record) -> int:
    return cpu.a << cpu.b


def shifted_backwards(cpu: Record) -> int:
    return 1 << (cpu.a & 3) - 1


def divided_by_what_may_be_negative(cpu: Record) -> int:
    return cpu.a // (cpu.b - 1)


def outside_the_array(cpu: Record) -> int:
    return cpu.gpr[cpu.a & 63]


def changed_in_a_loop(cpu: Record) -> int:
    total = 0
    for index in range(4):
        total = total + index
    return total


def without_end(cpu: Record) -> int:  # type: ignore[return]
    if cpu.a:
        return 1


def a_list(cpu: Record) -> int:
    return len([cpu.a])


def a_name_of_nothing(cpu: Record) -> int:
    return undefined_here  # type: ignore[name-defined, no-any-return]  # noqa: F821


def uncaught(cpu: Record) -> int:
    return may_fail(cpu, cpu.a)


@pytest.mark.parametrize(
    "function",
    [
        *(too_wide, stored_too_wide, shifted_too_far, shifted_backwards, divided_by_what_may_be_negative),
        *(outside_the_array, changed_in_a_loop, without_end, a_list, a_name_of_nothing, uncaught),
    ],
    ids=lambda function: function.__name__,
)
def test_what_python_would_do_otherwise_or_is_not_in_the_language_is_refused(function: Callable[[Any], int]) -> None:
    with pytest.raises(Untranslatable):
        Module(Record, (), frozenset(), "signal", {}).root("run", function)


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
}
NUMBERS = st.integers(-(1 << 34), 1 << 34) | st.integers(-9, 9)
INTERVALS = st.tuples(NUMBERS, NUMBERS).map(lambda ends: Interval(min(ends), max(ends)))


@given(st.sampled_from(sorted(OPERATIONS)), INTERVALS, INTERVALS, st.data())
def test_an_interval_has_every_result(name: str, a: Interval, b: Interval, data: st.DataObject) -> None:
    try:
        result = combined(name, a, b)
    except ValueError:
        assert name in ("LShift", "RShift", "FloorDiv", "Mod")
        return
    x, y = (data.draw(st.integers(each.low, each.high)) for each in (a, b))
    if y or name not in ("FloorDiv", "Mod"):
        assert result.low <= OPERATIONS[name](x, y) <= result.high
