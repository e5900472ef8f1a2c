"""Directives that take up room: how many bytes, and which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .syntax import Argument, Statement, String

Evaluate = Callable[[Argument], int]
"""Value of an argument; raises AssemblyError if it is no expression, or a name in it is not known."""


@dataclass(frozen=True, slots=True)
class Directive:
    """`size` of a statement at an address, when labels further on are not placed yet; then its `data`, of that size."""

    size: Callable[[Statement, int, Evaluate], int]
    data: Callable[[Statement, int, Evaluate], bytes]


def _integers(width: int) -> Directive:
    def size(statement: Statement, address: int, evaluate: Evaluate) -> int:
        if address % width:
            reason = f"{statement.name} at {address:#x}, not a multiple of {width}"
            raise statement.error(reason, help=f".balign {width} before it")
        return width * len(statement.arguments)

    def data(statement: Statement, address: int, evaluate: Evaluate) -> bytes:
        return b"".join(_integer(statement, argument, evaluate, width) for argument in statement.arguments)

    return Directive(size, data)


def _integer(statement: Statement, argument: Argument, evaluate: Evaluate, width: int) -> bytes:
    value, limit = evaluate(argument), 1 << 8 * width
    if not -limit // 2 <= value < limit:
        raise statement.error(f"{value:#x} is more than {8 * width} bits", argument)
    return (value % limit).to_bytes(width, "little")


def _strings(end: bytes) -> Directive:
    def data(statement: Statement, address: int, evaluate: Evaluate) -> bytes:
        result = b""
        for argument in statement.arguments:
            if not isinstance(argument, String):
                raise statement.error(f"{statement.name} takes a string here", argument)
            result += argument.value + end
        return result

    return Directive(lambda statement, address, evaluate: len(data(statement, address, evaluate)), data)


def _space() -> Directive:
    def size(statement: Statement, address: int, evaluate: Evaluate) -> int:
        if not 1 <= len(statement.arguments) <= 2:
            raise statement.error(".space takes a size and, if it is not 0, what to fill with")
        count = evaluate(statement.arguments[0])
        if not 0 <= count <= _MOST_SPACE:
            raise statement.error(f"a space of {count} bytes", statement.arguments[0])
        return count

    def data(statement: Statement, address: int, evaluate: Evaluate) -> bytes:
        fill = _integer(statement, statement.arguments[1], evaluate, 1) if len(statement.arguments) == 2 else b"\0"
        return fill * size(statement, address, evaluate)

    return Directive(size, data)


def _alignment(power: bool) -> Directive:
    def size(statement: Statement, address: int, evaluate: Evaluate) -> int:
        if len(statement.arguments) != 1:
            raise statement.error(f"{statement.name} takes one argument")
        value = evaluate(statement.arguments[0])
        if power and 0 <= value <= 16:
            value = 1 << value
        elif power or not (0 < value <= 1 << 16 and value & (value - 1) == 0):
            raise statement.error(f"no alignment: {value}", statement.arguments[0])
        return -address % value

    def data(statement: Statement, address: int, evaluate: Evaluate) -> bytes:
        return bytes(size(statement, address, evaluate))

    return Directive(size, data)


_MOST_SPACE: Final = 1 << 24

_DIRECTIVES: Final = {
    ".word .int .long .4byte": _integers(4),
    ".half .short .hword .2byte": _integers(2),
    ".byte": _integers(1),
    ".ascii": _strings(b""),
    ".asciiz .string": _strings(b"\0"),
    ".space .skip .zero": _space(),
    ".align .p2align": _alignment(power=True),
    ".balign": _alignment(power=False),
}
DIRECTIVES: Final = {name: directive for names, directive in _DIRECTIVES.items() for name in names.split()}
"""By name. Those that take up no room are in assemble.py."""
