"""Names of the R3000's registers and exceptions, as the MIPS assemblers write them.

A register prints as objdump prints it, with the `$` that assembler source needs: `$a0`, `$c0_epc`, `$4`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

GENERAL_NAMES: Final = (
    *("zero", "at", "v0", "v1", "a0", "a1", "a2", "a3"),
    *("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"),
    *("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"),
    *("t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra"),
)
"""The o32 names of r0 to r31."""


class Control(IntEnum):
    """The registers of coprocessor 0 that the R3000 has, by the names that objdump gives them."""

    INDEX = 0
    RANDOM = 1
    ENTRYLO = 2
    CONTEXT = 4
    BADVADDR = 8
    ENTRYHI = 10
    SR = 12
    CAUSE = 13
    EPC = 14
    PRID = 15


CONTROL_NAMES: Final = {int(register): f"c0_{register.name.lower()}" for register in Control}
"""How each is written, without its `$`."""

ZERO: Final = 0
AT: Final = 1
RA: Final = 31


class ExceptionCode(IntEnum):
    """Why an exception was taken: bits 6:2 of the Cause register."""

    INTERRUPT = 0
    TLB_MODIFIED = 1
    TLB_LOAD = 2
    TLB_STORE = 3
    ADDRESS_LOAD = 4
    ADDRESS_STORE = 5
    BUS_FETCH = 6
    BUS_DATA = 7
    SYSTEM_CALL = 8
    BREAKPOINT = 9
    RESERVED_INSTRUCTION = 10
    COPROCESSOR_UNUSABLE = 11
    OVERFLOW = 12


def general_name(number: int) -> str:
    """How a general register is written: `$sp`."""
    return "$" + GENERAL_NAMES[number]


def control_name(number: int) -> str:
    """How a register of coprocessor 0 is written: `$c0_epc`, or `$3` for one that has no name."""
    return "$" + CONTROL_NAMES.get(number, str(number))


def coprocessor_name(number: int) -> str:
    """How a register of coprocessors 1 to 3 is written: `$4`."""
    return f"${number}"


_NUMBERS: Final = {str(number): number for number in range(32)}
GENERAL_NUMBERS: Final = _NUMBERS | {name: number for number, name in enumerate(GENERAL_NAMES)} | {"fp": 30}
CONTROL_NUMBERS: Final = _NUMBERS | {name: number for number, name in CONTROL_NAMES.items()}
COPROCESSOR_NUMBERS: Final = _NUMBERS | {f"f{number}": number for number in range(32)}
