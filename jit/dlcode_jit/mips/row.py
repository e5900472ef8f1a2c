"""What a row of the instruction table holds, and the words to write one with.

A row is the manual's line for one instruction: its name, its encoding, its operands and its meaning.

    @instruction("addu", special(0x21), "rd, rs, rt", writes="rd")
    def addu(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
        cpu.gpr[rd] = (cpu.gpr[rs] + cpu.gpr[rt]) & MASK

Everything else that is known of the instruction set is worked out from the rows: encoder, decoder, disassembler,
assembler, hazard check and interpreter. A meaning is written in a small part of Python (assignments to locals and to
`cpu.gpr`, `if`, integer expressions, calls of `Cpu`'s methods), so that it can be executed as it stands or translated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

MASK: Final = 0xFFFFFFFF


class Cpu(Protocol):
    """The processor as a meaning sees it. Registers hold unsigned 32-bit values."""

    gpr: list[int]
    next_pc: int  # address of the instruction that runs next: for a branch, of its delay slot

    def branch(self, displacement: int) -> None:
        """After the delay slot, go on `displacement` words from it."""

    def jump(self, target: int) -> None:
        """After the delay slot, go on at `target`."""

    def read(self, address: int, width: int) -> int:
        """Value of the `width` bytes at `address`, unsigned. An address error unless aligned."""

    def write(self, address: int, width: int, value: int) -> None:
        """Store the low `width` bytes of `value`. An address error unless aligned."""

    def write_masked(self, address: int, value: int, mask: int) -> None:
        """Store those whole bytes of `value` that `mask` covers, in the word at `address`, which is aligned."""

    def load(self, register: int, value: int) -> None:
        """Let `value` arrive in `register` after the next instruction: the load delay."""

    def merge_source(self, register: int) -> int:
        """What lwl and lwr merge with: the value on its way to `register`, or else what the register holds."""

    def multiplied(self, hi: int, lo: int) -> None:
        """Put a product in HI and LO, to be ready when the multiplier is."""

    def divided(self, hi: int, lo: int) -> None:
        """Put a remainder in HI and a quotient in LO, to be ready when the divider is."""

    def read_hi(self) -> int:
        """HI, after waiting for a multiplication or division under way."""

    def read_lo(self) -> int:
        """LO, after waiting likewise."""

    def write_hi(self, value: int) -> None:
        """Set HI."""

    def write_lo(self, value: int) -> None:
        """Set LO."""

    def read_control(self, register: int) -> int:
        """A register of coprocessor 0."""

    def write_control(self, register: int, value: int) -> None:
        """Set a register of coprocessor 0, as far as its bits can be written."""

    def coprocessor_condition(self) -> bool:
        """Level of the CpCond pin of coprocessor 0."""

    def tlb_read(self) -> None:
        """EntryHi and EntryLo := the TLB entry that Index names."""

    def tlb_write_indexed(self) -> None:
        """The TLB entry that Index names := EntryHi and EntryLo."""

    def tlb_write_random(self) -> None:
        """The TLB entry that Random names := EntryHi and EntryLo."""

    def tlb_probe(self) -> None:
        """Index := the entry that matches EntryHi; its sign bit is set if none does."""

    def return_from_exception(self) -> None:
        """Pop Status' stack of kernel/user and interrupt-enable bits."""

    def overflow(self) -> None:
        """Take an overflow exception: this ends the instruction."""

    def system_call(self) -> None:
        """Take a system-call exception."""

    def breakpoint(self) -> None:
        """Take a breakpoint exception."""

    def coprocessor_unusable(self, unit: int) -> None:
        """Take a coprocessor-unusable exception for coprocessor `unit`."""


class Operand(Enum):
    """What an operand is, hence how it is written."""

    GENERAL = auto()  # $a0
    CONTROL = auto()  # $c0_epc
    COPROCESSOR = auto()  # $4
    SIGNED = auto()  # -4
    UNSIGNED = auto()  # 0xff
    DISPLACEMENT = auto()  # an address, encoded as signed words from the delay slot
    TARGET = auto()  # an address, encoded as its bits 27:2; it shares bits 31:28 with the delay slot


@dataclass(frozen=True, slots=True)
class Field:
    """Where in the word an operand lies: `width` bits from bit `low` up."""

    low: int
    width: int
    operand: Operand

    @property
    def signed(self) -> bool:
        """Whether the field's value is sign-extended."""
        return self.operand in (Operand.SIGNED, Operand.DISPLACEMENT)

    @property
    def values(self) -> range:
        """The values that the field can hold."""
        half = 1 << self.width - 1
        return range(-half, half) if self.signed else range(2 * half)


FIELDS: Final = {
    "rs": Field(21, 5, Operand.GENERAL),
    "rt": Field(16, 5, Operand.GENERAL),
    "rd": Field(11, 5, Operand.GENERAL),
    "base": Field(21, 5, Operand.GENERAL),
    "control": Field(11, 5, Operand.CONTROL),
    "register": Field(16, 5, Operand.COPROCESSOR),
    "shamt": Field(6, 5, Operand.UNSIGNED),
    "offset": Field(0, 16, Operand.SIGNED),
    "immediate": Field(0, 16, Operand.SIGNED),
    "unsigned": Field(0, 16, Operand.UNSIGNED),
    "displacement": Field(0, 16, Operand.DISPLACEMENT),
    "target": Field(0, 26, Operand.TARGET),
    "code": Field(6, 20, Operand.UNSIGNED),
    "function": Field(0, 26, Operand.UNSIGNED),
}
"""The fields that formats name, after the manual's letters."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The bits that tell an instruction from all others: a word is it if `word & mask == bits`.

    Bits outside both the mask and the operands should be zero; the part does not look at them.
    """

    mask: int
    bits: int

    def overlaps(self, other: Encoding) -> bool:
        """Whether some word is both."""
        return not (self.bits ^ other.bits) & self.mask & other.mask


def primary(opcode: int) -> Encoding:
    """Told by bits 31:26."""
    return Encoding(0xFC000000, opcode << 26)


def special(function: int) -> Encoding:
    """Told by bits 5:0 under primary opcode 0."""
    return Encoding(0xFC00003F, function)


def regimm(condition: int) -> Encoding:
    """Told by bits 20:16 under primary opcode 1. The part ignores bit 17, so MIPS-II's "likely" forms act as plain."""
    return Encoding(0xFC1D0000, 1 << 26 | condition << 16)


def cop0(operation: int) -> Encoding:
    """Told by bits 25:21 under primary opcode 0x10."""
    return Encoding(0xFFE00000, 0x10 << 26 | operation << 21)


def cop0_branch(condition: int) -> Encoding:
    """Told by bits 20:16 under bc0."""
    return Encoding(0xFFFF0000, 0x10 << 26 | 8 << 21 | condition << 16)


def cop0_function(function: int) -> Encoding:
    """Told by bits 5:0 under coprocessor 0's bit 25."""
    return Encoding(0xFE00003F, 0x10 << 26 | 1 << 25 | function)


class Kind(Enum):
    """What an instruction does besides computing."""

    COMPUTE = auto()
    LOAD = auto()  # its result is delayed by one instruction; mfc0's is too
    STORE = auto()
    BRANCH = auto()  # conditional, with a delay slot
    JUMP = auto()  # always taken, with a delay slot
    TRAP = auto()
    SYSTEM = auto()


Meaning = Callable[..., None]
"""Called with the processor and then the operands in the order of the format."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row. Registers read and written go by field name, or `hi`, `lo` and `ra` where the encoding implies them."""

    name: str
    encoding: Encoding
    format: str
    kind: Kind
    operands: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    merges: bool
    privileged: bool
    meaning: Meaning

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.meaning.__doc__ or "").strip()

    @property
    def has_delay_slot(self) -> bool:
        """Whether the next instruction runs before control goes elsewhere."""
        return self.kind in (Kind.BRANCH, Kind.JUMP)


def format_fields(text: str) -> tuple[str, ...]:
    """Names of the operands in a format: `rt, offset(base)` has `rt`, `offset` and `base`."""
    return tuple(text.replace("(", " ").replace(")", " ").replace(",", " ").replace("[", " ").replace("]", " ").split())


INSTRUCTIONS: Final[list[Instruction]] = []
"""Every row, in the order of `rows.py`, which fills it."""


def instruction(
    name: str,
    encoding: Encoding,
    format: str = "",
    kind: Kind = Kind.COMPUTE,
    *,
    writes: str = "",
    reads: str | None = None,
    merges: bool = False,
    privileged: bool = False,
) -> Callable[[Meaning], Meaning]:
    """Add a row whose meaning is the function below.

    `format` is written as in the manual; `[code]` may be left out and is then 0. `reads` is, unless given, every
    general register of the format that is not written. `merges`: also reads what is written, without load delay.
    `privileged`: coprocessor 0 must be usable.
    """
    operands = format_fields(format)
    general = tuple(operand for operand in operands if FIELDS[operand].operand is Operand.GENERAL)
    written = tuple(writes.split())
    read = tuple(operand for operand in general if operand not in written) if reads is None else tuple(reads.split())

    def add(meaning: Meaning) -> Meaning:
        INSTRUCTIONS.append(
            Instruction(name, encoding, format, kind, operands, read, written, merges, privileged, meaning)
        )
        return meaning

    return add
