"""An assembler for the R3000: what you write is what you get.

Nothing is reordered and no delay slot is filled or protected, as under GNU as with `.set noreorder`; only
pseudo-instructions (pseudo.py) take more words than lines. `#` starts a comment; source.py has macros, syntax.py the
syntax of a line. Directives:

    .text  .rodata  .data  .bss   go on in that section, as does .section NAME; each follows the one before it, in this
                                  order, at the next multiple of 16; .bss holds zeros only
    .org ADDRESS                  go on at an absolute address
    .align N   .balign N          fill with zeros up to a multiple of 2**N, of N; .p2align is .align
    .word  .half  .byte E, ...    integers, little-endian; .int, .long and .short too
    .ascii  .asciiz "...", ...    bytes, with a zero after each; .string is .asciiz
    .space N [, FILL]             N bytes; .skip and .zero too
    .equ NAME, E   NAME = E       a constant; it may use names that come later, and `.`, the place where it stands
    .globl NAME, ...              fails unless each is defined; .global too
    .set noreorder|noat|nomacro   accepted, since they hold anyway
    .macro .rept .irp .if ...     source.py

An object's symbols and a linker's work are not for it: addresses are final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .decode import ROW_BY_NAME, encode
from .directives import DIRECTIVES
from .pseudo import PSEUDO_INSTRUCTIONS, expand, expand_li
from .registers import CONTROL_NUMBERS, COPROCESSOR_NUMBERS, GENERAL_NUMBERS
from .row import FIELDS, MASK, Operand
from .source import BLOCK_WORDS, AssemblyError, SourceLine, did_you_mean, expand_macros
from .symbols import SymbolTable
from .syntax import Argument, Expression, Memory, Number, Parser, Register, Statement, String, Symbol

SECTION_ALIGNMENT: Final = 16
SECTIONS: Final = (".text", ".rodata", ".data", ".bss")
"""In the order in which they lie."""

MOST_BYTES: Final = 1 << 26
"""How much a source may become."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes and the address that they were assembled for."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class Assembly:
    """What source became: segments by address, every name's value, and the line that each instruction came from."""

    segments: tuple[Segment, ...]
    symbols: Mapping[str, int]
    lines: Mapping[int, SourceLine]


def assemble(text: str, name: str, base: int, symbols: Mapping[str, int] | None = None) -> Assembly:
    """Assemble `text`, called `name` in messages, with .text from address `base` on.

    `symbols` are constants that the source may use. Raises AssemblyError at the first thing that is wrong.
    """
    return _Assembler(SymbolTable(symbols or {})).assemble(text, name, base)


@dataclass(slots=True)
class _Placed:
    """A statement at its address. A pseudo-instruction has been replaced by its `parts`, which are real."""

    statement: Statement
    address: int
    parts: tuple[Statement, ...] = ()


@dataclass(slots=True)
class _Chunk:
    """Bytes without a gap, begun by a section or an .org."""

    statement: Statement
    address: int
    data: bytearray


class _Assembler:
    """Reads lines into sections, then gives every statement its address, then makes bytes."""

    def __init__(self, symbols: SymbolTable) -> None:
        self.symbols = symbols
        self.sections: dict[str, list[Symbol | Statement]] = {name: [] for name in SECTIONS}
        self.globals: list[tuple[Statement, Symbol]] = []
        self.lines: dict[int, SourceLine] = {}
        self.size = 0

    def assemble(self, text: str, name: str, base: int) -> Assembly:
        self.read(text, name)
        placed, start = dict[str, list[_Placed]](), base
        for section, items in self.sections.items():
            placed[section], end = self.lay_out(items, start)
            start = end + -end % SECTION_ALIGNMENT
        for statement, symbol in self.globals:
            self.symbols.value(symbol, statement.line)
        chunks = [chunk for items in placed.values() for chunk in self.emit(items)]
        for place in placed[".bss"]:
            if place.parts or any(self.bytes_of(place)):
                raise place.statement.error(".bss holds zeros only")
        return Assembly(_segments(chunks), self.symbols.values(), self.lines)

    def read(self, text: str, name: str) -> None:
        parser, section = Parser(), self.sections[".text"]

        def condition(line: SourceLine, column: int) -> int:
            value = self.symbols.constant(parser.expression_at(line, column), line)
            if value is None:
                raise AssemblyError(line, column, "this is not known yet: only constants of the lines before it are")
            return value

        for line in expand_macros(text, name, condition, self.symbols.defined):
            labels, statement = parser.parse(line)
            for label in labels:
                self.symbols.define_label(line, label)
                section.append(label)
            match statement:
                case None:
                    pass
                case Statement(name=".text" | ".rodata" | ".data" | ".bss", arguments=()):
                    section = self.sections[statement.name]
                case Statement(name=".section", arguments=(Symbol() as symbol,)):
                    if symbol.name not in self.sections:
                        raise statement.error(f"the sections are {', '.join(SECTIONS)}", symbol)
                    section = self.sections[symbol.name]
                case Statement(name=".equ" | "=" | ".set", arguments=(Symbol() as symbol, value)):
                    here = Symbol(statement.column, parser.here)
                    self.symbols.define_label(line, here)
                    section.append(here)
                    self.symbols.define_equation(line, symbol, _expression(statement, value))
                case Statement(name=".set", arguments=(Symbol(name="noreorder" | "noat" | "nomacro"),)):
                    pass
                case Statement(name=".set", arguments=(Symbol(name="reorder" | "at" | "macro") as option,)):
                    help = "delay slots are written out, and $at is yours"
                    raise statement.error(f'".set {option.name}" is not offered', option, help)
                case Statement(name=".globl" | ".global", arguments=names) if names:
                    self.globals += [(statement, self.global_name(statement, argument)) for argument in names]
                case Statement(name=word) if word in _WITHOUT_ROOM:
                    raise statement.error(f"{word} does not take these arguments")
                case _:
                    section.append(statement)

    def global_name(self, statement: Statement, argument: Argument) -> Symbol:
        if not isinstance(argument, Symbol):
            raise statement.error(f"{statement.name} takes names", argument)
        return argument

    def lay_out(self, section: list[Symbol | Statement], base: int) -> tuple[list[_Placed], int]:
        """Give each label and statement its address; with the highest address that the section ends at."""
        address = end = base
        placed: list[_Placed] = []
        for item in section:
            if isinstance(item, Symbol):
                self.symbols.place_label(item, address)
                continue
            place = _Placed(item, address)
            placed.append(place)
            if item.name == ".org":
                if len(item.arguments) != 1:
                    raise item.error(".org takes one address")
                address = place.address = self.evaluate(item, item.arguments[0], address)
            elif item.name in DIRECTIVES:
                here = address
                address += DIRECTIVES[item.name].size(item, here, lambda it: self.evaluate(item, it, here))  # noqa: B023
            else:
                place.parts = self.real_instructions(item)
                address += 4 * len(place.parts)
            if not 0 <= address <= MASK + 1:
                raise item.error(f"the address becomes {address:#x}, more than 32 bits")
            if item.name != ".org":
                self.size += address - place.address
                if self.size > MOST_BYTES:
                    raise item.error(f"the source becomes more than {MOST_BYTES} bytes")
            end = max(end, address)
        return placed, end

    def real_instructions(self, statement: Statement) -> tuple[Statement, ...]:
        if statement.name == "li" and len(statement.arguments) == 2:
            value = self.symbols.constant(_expression(statement, statement.arguments[1]), statement.line)
            return expand_li(statement, value)
        parts = expand(statement)
        if parts is not None:
            return parts
        if statement.name in ROW_BY_NAME:
            return (statement,)
        formats = [pseudo.format for pseudo in PSEUDO_INSTRUCTIONS if pseudo.name == statement.name]
        if statement.name == "li":
            formats = ["rt, value"]
        if formats:
            raise statement.error(f"{statement.name} takes {' or '.join(formats)}")
        known = [".org", *_WITHOUT_ROOM, *DIRECTIVES, *BLOCK_WORDS]
        if not statement.name.startswith("."):
            known = [*ROW_BY_NAME, "li", *(pseudo.name for pseudo in PSEUDO_INSTRUCTIONS)]
        kind = "directive" if statement.name.startswith(".") else "instruction"
        close = did_you_mean(statement.name, known)
        raise statement.error(f'unknown {kind} "{statement.name}"', help=close)

    def emit(self, section: list[_Placed]) -> list[_Chunk]:
        chunks: list[_Chunk] = []
        for place in section:
            statement, address = place.statement, place.address
            if not chunks or statement.name == ".org":
                chunks.append(_Chunk(statement, address, bytearray()))
            if statement.name in DIRECTIVES:
                chunks[-1].data += self.bytes_of(place)
            elif place.parts and address % 4:
                raise statement.error(f"an instruction at {address:#x}, not a multiple of 4", help=".align 2 before it")
            for index, part in enumerate(place.parts):
                self.lines[address + 4 * index] = statement.line
                chunks[-1].data += self.word(part, address + 4 * index).to_bytes(4, "little")
        return chunks

    def bytes_of(self, place: _Placed) -> bytes:
        """What a directive makes; nothing for other statements."""
        statement, address = place.statement, place.address
        if statement.name not in DIRECTIVES:
            return b""
        return DIRECTIVES[statement.name].data(statement, address, lambda it: self.evaluate(statement, it, address))

    def word(self, statement: Statement, address: int) -> int:
        """The word of a real instruction."""
        row = ROW_BY_NAME[statement.name]
        forms = row.format.split(", ") if row.format else []
        arguments = list(statement.arguments)
        if len(arguments) + 1 == len(forms) and forms[-1].startswith("["):
            arguments.append(Number(statement.column, 0))
        if len(arguments) != len(forms):
            raise statement.error(f"{row.name} takes {row.format or 'no operands'}")
        operands: list[Argument] = []
        for form, argument in zip(forms, arguments, strict=True):
            if isinstance(argument, Memory) != form.endswith("(base)"):
                raise statement.error(f"{row.name} takes {row.format}", argument)
            operands += [argument.offset, argument.base] if isinstance(argument, Memory) else [argument]
        named = zip(row.operands, operands, strict=True)
        return encode(row, tuple(self.operand(statement, name, argument, address) for name, argument in named))

    def operand(self, statement: Statement, name: str, argument: Argument, address: int) -> int:
        field = FIELDS[name]
        if field.operand in _REGISTER_NUMBERS:
            numbers = _REGISTER_NUMBERS[field.operand]
            if not isinstance(argument, Register):
                names = (f"{statement.name}i", f"{statement.name.removesuffix('u')}iu")
                help = next((f"{name} takes a number" for name in names if name in ROW_BY_NAME), "")
                raise statement.error(f"{statement.name} takes a register here", argument, help)
            if argument.name not in numbers:
                close = did_you_mean(argument.name, numbers)
                raise statement.error(f'there is no register "${argument.name}"', argument, close)
            return numbers[argument.name]
        value = self.evaluate(statement, argument, address)
        if field.operand in (Operand.DISPLACEMENT, Operand.TARGET) and value % 4:
            raise statement.error(f"{value:#x} is not a multiple of 4", argument)
        if field.operand is Operand.DISPLACEMENT:
            if (value - address - 4) // 4 not in field.values:
                reason = f"{value:#x} is too far from {address:#x} to branch to"
                raise statement.error(reason, argument, "branch over a jump: j goes anywhere in the same 256 MiB")
            return (value - address - 4) // 4
        if field.operand is Operand.TARGET:
            if not 0 <= value <= MASK or (value ^ address + 4) & 0xF0000000:
                raise statement.error(f"{value:#x} is not in the same 256 MiB as {address + 4:#x}", argument)
            return value >> 2 & field.values[-1]
        if value not in field.values:
            low, high = field.values[0], field.values[-1]
            raise statement.error(f"{value} does not fit: from {low} to {high}", argument)
        return value

    def evaluate(self, statement: Statement, argument: Argument, address: int) -> int:
        return self.symbols.value(_expression(statement, argument), statement.line, address)


_WITHOUT_ROOM: Final = (*SECTIONS, ".section", ".equ", "=", ".set", ".globl", ".global")

_REGISTER_NUMBERS: Final[Mapping[Operand, Mapping[str, int]]] = {
    Operand.GENERAL: GENERAL_NUMBERS,
    Operand.CONTROL: CONTROL_NUMBERS,
    Operand.COPROCESSOR: COPROCESSOR_NUMBERS,
}


def _expression(statement: Statement, argument: Argument) -> Expression:
    if isinstance(argument, (Register, Memory, String)):
        raise statement.error(f"{statement.name} takes an expression here", argument)
    return argument


def _segments(chunks: list[_Chunk]) -> tuple[Segment, ...]:
    """The chunks that hold anything, by address. Raises AssemblyError where one runs into the next."""
    ordered = sorted((chunk for chunk in chunks if chunk.data), key=lambda chunk: chunk.address)
    for before, after in pairwise(ordered):
        end = before.address + len(before.data)
        if end > after.address:
            reason = (
                f"bytes from {after.address:#x} on overlap those from {before.statement.line}, which end at {end:#x}"
            )
            raise AssemblyError(after.statement.line, after.statement.column, reason)
    return tuple(Segment(chunk.address, bytes(chunk.data)) for chunk in ordered)
