"""Pseudo-instructions: other ways to write one or two real ones. They use no register but their own and $at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .row import MASK
from .source import SourceLine
from .syntax import Argument, Binary, Expression, Memory, Number, Parser, Register, Statement, String, Symbol, Unary

_TEXT: Final = """
nop                     = sll $zero, $zero, 0
move rd, rs             = or rd, rs, $zero
not rd, rs              = nor rd, rs, $zero
neg rd, rs              = sub rd, $zero, rs
negu rd, rs             = subu rd, $zero, rs
b label                 = beq $zero, $zero, label
bal label               = bgezal $zero, label
beqz rs, label          = beq rs, $zero, label
bnez rs, label          = bne rs, $zero, label
blt rs, rt, label       = slt $at, rs, rt   | bne $at, $zero, label
bge rs, rt, label       = slt $at, rs, rt   | beq $at, $zero, label
bgt rs, rt, label       = slt $at, rt, rs   | bne $at, $zero, label
ble rs, rt, label       = slt $at, rt, rs   | beq $at, $zero, label
bltu rs, rt, label      = sltu $at, rs, rt  | bne $at, $zero, label
bgeu rs, rt, label      = sltu $at, rs, rt  | beq $at, $zero, label
bgtu rs, rt, label      = sltu $at, rt, rs  | bne $at, $zero, label
bleu rs, rt, label      = sltu $at, rt, rs  | beq $at, $zero, label
seq rd, rs, rt          = xor rd, rs, rt    | sltiu rd, rd, 1
sne rd, rs, rt          = xor rd, rs, rt    | sltu rd, $zero, rd
sgt rd, rs, rt          = slt rd, rt, rs
sgtu rd, rs, rt         = sltu rd, rt, rs
jalr rs                 = jalr $ra, rs
la rt, address          = lui rt, %hi(address)  | addiu rt, rt, %lo(address)
"""

_Table = dict[tuple[str, int], tuple[tuple[str, ...], tuple[Statement, ...]]]


def _parse(text: str) -> Statement:
    _, statement = Parser().parse(SourceLine("<pseudo>", 0, text))
    assert statement is not None
    return statement


def _table() -> _Table:
    table: _Table = {}
    for line in _TEXT.strip().splitlines():
        head, _, body = line.partition("=")
        pattern = _parse(head)
        names = tuple(argument.name for argument in pattern.arguments if isinstance(argument, Symbol))
        table[pattern.name, len(names)] = (names, tuple(_parse(part) for part in body.split("|")))
    return table


PSEUDO_INSTRUCTIONS: Final[_Table] = _table()
"""By mnemonic and number of arguments: names of the arguments, and the real instructions."""

_LI: Final = {
    "signed": (_parse("addiu rt, $zero, value"),),
    "unsigned": (_parse("ori rt, $zero, value"),),
    "upper": (_parse("lui rt, value >> 16"),),
    "both": (_parse("lui rt, value >> 16"), _parse("ori rt, rt, value & 0xffff")),
}


def expand(statement: Statement) -> tuple[Statement, ...] | None:
    """The real instructions of a pseudo-instruction other than `li`; None if it is not one."""
    entry = PSEUDO_INSTRUCTIONS.get((statement.name, len(statement.arguments)))
    if entry is None:
        return None
    names, body = entry
    return _fill(statement, dict(zip(names, statement.arguments, strict=True)), body)


def expand_li(statement: Statement, value: int | None) -> tuple[Statement, ...]:
    """`li rt, value`: one instruction where one will do; `value` is None while it is not known: always two then."""
    if len(statement.arguments) != 2:
        raise statement.error("li takes a register and a value")
    rt, expression = statement.arguments
    if value is None:
        _, body = PSEUDO_INSTRUCTIONS["la", 2]
        return _fill(statement, {"rt": rt, "address": expression}, body)
    if not -0x80000000 <= value <= MASK:
        raise statement.error(f"{value:#x} is more than 32 bits", expression)
    value = (value & MASK ^ 0x80000000) - 0x80000000
    if -0x8000 <= value < 0x8000:
        form = "signed"
    elif 0 <= value < 0x10000:
        form = "unsigned"
    else:
        value &= MASK
        form = "both" if value & 0xFFFF else "upper"
    return _fill(statement, {"rt": rt, "value": Number(expression.column, value)}, _LI[form])


def _fill(statement: Statement, values: Mapping[str, Argument], body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    def put(argument: Argument) -> Argument:
        match argument:
            case Symbol(_, name) if name in values:
                return values[name]
            case Unary(_, operator, operand):
                inner = expression(operand)
                return Unary(inner.column, operator, inner)
            case Binary(_, operator, left, right):
                first = expression(left)
                return Binary(first.column, operator, first, expression(right))
        return argument

    def expression(part: Expression) -> Expression:
        argument = put(part)
        if isinstance(argument, (Register, Memory, String)):
            raise statement.error(f"{statement.name} takes an expression here", argument)
        return argument

    return tuple(
        Statement(statement.line, statement.column, part.name, tuple(map(put, part.arguments))) for part in body
    )
