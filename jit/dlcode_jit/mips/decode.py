"""Words to instructions and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .registers import RA
from .row import FIELDS, MASK, Instruction, Operand
from .rows import ROWS


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction with its operands, in the order of its format. Signed fields are sign-extended."""

    row: Instruction
    operands: tuple[int, ...]

    def operand(self, name: str) -> int:
        """The operand of that field name."""
        return self.operands[self.row.operands.index(name)]

    @property
    def reads(self) -> frozenset[int | str]:
        """The general registers that it reads, by number, and `hi` or `lo`. $zero is none."""
        return self._registers(self.row.reads)

    @property
    def writes(self) -> frozenset[int | str]:
        """The general registers that it writes, by number, and `hi` or `lo`. $zero is none."""
        return self._registers(self.row.writes)

    def _registers(self, names: tuple[str, ...]) -> frozenset[int | str]:
        return frozenset(register for register in map(self._register, names) if register != 0)

    def _register(self, name: str) -> int | str:
        if name == "ra":
            return RA
        return name if name in ("hi", "lo") else self.operand(name)

    def destination(self, address: int) -> int | None:
        """Where a branch or jump at `address` goes if taken; None for a jump to a register, or no jump."""
        for name, value in zip(self.row.operands, self.operands, strict=True):
            if FIELDS[name].operand is Operand.DISPLACEMENT:
                return (address + 4 + 4 * value) & MASK
            if FIELDS[name].operand is Operand.TARGET:
                return ((address + 4) & 0xF0000000) | value << 2
        return None


def encode(row: Instruction, operands: tuple[int, ...]) -> int:
    """The word of an instruction; raises OverflowError naming an operand that does not fit its field."""
    word = row.encoding.bits
    for name, value in zip(row.operands, operands, strict=True):
        field = FIELDS[name]
        if value not in field.values:
            raise OverflowError(f"{name} is {value}, not from {field.values.start} to {field.values.stop - 1}")
        word |= (value & ((1 << field.width) - 1)) << field.low
    return word


def decode(word: int) -> Decoded | None:
    """The instruction that the part executes for `word`; None if reserved. Bits that it ignores may be anything."""
    for row in _BY_OPCODE.get(word >> 26, ()):
        if word & row.encoding.mask == row.encoding.bits:
            return Decoded(row, tuple(_extract(word, name) for name in row.operands))
    return None


def is_canonical(word: int) -> bool:
    """Whether `word` is what an assembler makes of the instruction: the bits that the part ignores are zero."""
    decoded = decode(word)
    return decoded is not None and encode(decoded.row, decoded.operands) == word


def _extract(word: int, name: str) -> int:
    field = FIELDS[name]
    value = word >> field.low & ((1 << field.width) - 1)
    return value - (1 << field.width) if field.signed and value >> field.width - 1 else value


def _by_opcode() -> Mapping[int, tuple[Instruction, ...]]:
    opcodes = {row.encoding.bits >> 26 for row in ROWS}
    return {opcode: tuple(row for row in ROWS if row.encoding.bits >> 26 == opcode) for opcode in opcodes}


_BY_OPCODE: Final = _by_opcode()
ROW_BY_NAME: Final = {row.name: row for row in ROWS}
"""A row by its mnemonic."""
