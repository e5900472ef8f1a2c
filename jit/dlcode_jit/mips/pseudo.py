"""Pseudo-instructions: other ways to write one or a few real ones. They use no register but their own and $at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .registers import AT, GENERAL_NUMBERS
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
sge rd, rs, rt          = slt rd, rs, rt    | xori rd, rd, 1
sgeu rd, rs, rt         = sltu rd, rs, rt   | xori rd, rd, 1
sle rd, rs, rt          = slt rd, rt, rs    | xori rd, rd, 1
sleu rd, rs, rt         = sltu rd, rt, rs   | xori rd, rd, 1
j rs                    = jr rs
jal rs                  = jalr $ra, rs
jal rd, rs              = jalr rd, rs
jalr rs                 = jalr $ra, rs
la rt, address          = lui rt, %hi(address)  | addiu rt, rt, %lo(address)
abs rd, rs              = bgez rs, . + 12   | or rd, rs, $zero  | sub rd, $zero, rs
mul rd, rs, rt          = multu rs, rt      | mflo rd
div rd, rs, rt          = bne rt, $zero, . + 12 | div rs, rt    | break 7 << 10 | addiu $at, $zero, -1 \
                          | bne rt, $at, . + 20 | lui $at, 0x8000 | bne rs, $at, . + 12 | sll $zero, $zero, 0 \
                          | break 6 << 10 | mflo rd
rem rd, rs, rt          = bne rt, $zero, . + 12 | div rs, rt    | break 7 << 10 | addiu $at, $zero, -1 \
                          | bne rt, $at, . + 20 | lui $at, 0x8000 | bne rs, $at, . + 12 | sll $zero, $zero, 0 \
                          | break 6 << 10 | mfhi rd
divu rd, rs, rt         = bne rt, $zero, . + 12 | divu rs, rt   | break 7 << 10 | mflo rd
remu rd, rs, rt         = bne rt, $zero, . + 12 | divu rs, rt   | break 7 << 10 | mfhi rd
rol rd, rs, rt          = subu $at, $zero, rt   | srlv $at, rs, $at | sllv rd, rs, rt   | or rd, rd, $at
ror rd, rs, rt          = subu $at, $zero, rt   | sllv $at, rs, $at | srlv rd, rs, rt   | or rd, rd, $at
rol rd, rs, amount      = sll $at, rs, amount   | srl rd, rs, -(amount) & 31    | or rd, rd, $at
ror rd, rs, amount      = srl $at, rs, amount   | sll rd, rs, -(amount) & 31    | or rd, rd, $at
ulw rt, offset($base)   = lwl rt, offset + 3($base) | lwr rt, offset($base)
usw rt, offset($base)   = swl rt, offset + 3($base) | swr rt, offset($base)
ulh rt, offset($base)   = lb $at, offset + 1($base)  | lbu rt, offset($base)    | sll $at, $at, 8 | or rt, rt, $at
ulhu rt, offset($base)  = lbu $at, offset + 1($base) | lbu rt, offset($base)    | sll $at, $at, 8 | or rt, rt, $at
ush rt, offset($base)   = sb rt, offset($base)  | srl $at, rt, 8    | sb $at, offset + 1($base)
"""
"""Division by zero and of -2**31 by -1 end in the breakpoints that GNU as writes."""

_REGISTERS: Final = ("rd", "rs", "rt", "base")
"""The names that stand for registers."""


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A row: what is written, and the real instructions that it stands for."""

    name: str
    pattern: tuple[Argument, ...]
    body: tuple[Statement, ...]
    format: str

    @property
    def uses_at(self) -> bool:
        """Whether the instructions use $at."""
        return any(Register(it.column, "at") == it for part in self.body for it in part.arguments)

    def values(self, arguments: Sequence[Argument]) -> dict[str, Argument] | None:
        """What each name of the pattern stands for; None if the arguments are not of this row."""
        if len(arguments) != len(self.pattern):
            return None
        values: dict[str, Argument] = {}
        for place, argument in zip(self.pattern, arguments, strict=True):
            match place:
                case Memory(_, Symbol(_, offset), Register(_, base)) if isinstance(argument, Memory):
                    values |= {offset: argument.offset, base: argument.base}
                case Symbol(_, name) if isinstance(argument, Register) == (name in _REGISTERS):
                    values[name] = argument
                case _:
                    return None
        return values


def _parse(text: str) -> Statement:
    _, statement = Parser().parse(SourceLine("<pseudo>", 0, text))
    assert statement is not None
    return statement


def _rows() -> Iterator[Pseudo]:
    for line in _TEXT.replace("\\\n", "").strip().splitlines():
        head, _, body = line.partition("=")
        pattern = _parse(head)
        written = head.strip().removeprefix(pattern.name).strip().replace("$", "")
        yield Pseudo(pattern.name, pattern.arguments, tuple(_parse(part) for part in body.split("|")), written)


PSEUDO_INSTRUCTIONS: Final = tuple(_rows())
"""Every row but `li`'s, which depends on the value."""
_BY_NAME: Final = {
    name: [row for row in PSEUDO_INSTRUCTIONS if row.name == name] for name in {row.name for row in PSEUDO_INSTRUCTIONS}
}

_LI: Final = {
    "signed": (_parse("addiu rt, $zero, value"),),
    "unsigned": (_parse("ori rt, $zero, value"),),
    "upper": (_parse("lui rt, value >> 16"),),
    "both": (_parse("lui rt, value >> 16"), _parse("ori rt, rt, value & 0xffff")),
}


def expand(statement: Statement) -> tuple[Statement, ...] | None:
    """The real instructions of a pseudo-instruction other than `li`; None if it is not one."""
    for row in _BY_NAME.get(statement.name, ()):
        values = row.values(statement.arguments)
        if values is not None:
            _check(statement, row, values)
            return _fill(statement, values, row.body)
    return None


def _check(statement: Statement, row: Pseudo, values: Mapping[str, Argument]) -> None:
    """Raise AssemblyError where the row would overwrite a register that it still needs."""
    numbers = {name: GENERAL_NUMBERS.get(one.name) for name, one in values.items() if isinstance(one, Register)}
    if row.name == "ulw" and numbers["rt"] is not None and numbers["rt"] == numbers["base"]:
        raise statement.error("ulw needs its base after its first load: take another register", values["base"])
    for name, number in numbers.items():
        if number == AT and row.uses_at:
            raise statement.error(f"{row.name} uses $at itself: take another register", values[name])


def expand_li(statement: Statement, value: int | None) -> tuple[Statement, ...]:
    """`li rt, value`: one instruction where one will do; `value` is None while it is not known: always two then."""
    if len(statement.arguments) != 2:
        raise statement.error("li takes a register and a value")
    rt, expression = statement.arguments
    if value is None:
        (la,) = _BY_NAME["la"]
        return _fill(statement, {"rt": rt, "address": expression}, la.body)
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
            case Register(_, name) if name in values:
                return values[name]
            case Memory(_, offset, base):
                inner, register = expression(offset), put(base)
                assert isinstance(register, Register), "a row's base stands for a register"
                return Memory(inner.column, inner, register)
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
