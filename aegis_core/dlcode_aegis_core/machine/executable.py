"""What the interpreter in Python keeps of an instruction word: the row's meaning, ready to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from dlcode_aegis_core.machine.cp0 import MachineException
from dlcode_jit.mips.decode import decode
from dlcode_jit.mips.registers import ExceptionCode
from dlcode_jit.mips.row import Meaning

if TYPE_CHECKING:
    from dlcode_aegis_core.machine.cpu import Cpu

NOWHERE: Final = 32
"""The register that takes what instructions write to $zero."""

Executable = tuple[Meaning, tuple[int, ...], int, bool]
"""Meaning, operands, the general register written (0 for none), whether a delay slot follows."""


def executable(word: int) -> Executable:
    """What to call for a word. What it would write to $zero goes to NOWHERE."""
    decoded = decode(word)
    if decoded is None:
        return _reserved, (), 0, False
    row = decoded.row
    operands = tuple(
        NOWHERE if name in row.writes and value == 0 else value
        for name, value in zip(row.operands, decoded.operands, strict=True)
    )
    written = next((register for register in decoded.writes if isinstance(register, int)), 0)
    meaning = _privileged(row.meaning) if row.privileged else row.meaning
    return meaning, operands, written, row.has_delay_slot


def _privileged(meaning: Meaning) -> Meaning:
    """The same, if coprocessor 0 is usable."""

    def checked(cpu: Cpu, *operands: Any) -> None:
        if not cpu.cp0.usable:
            raise MachineException(ExceptionCode.COPROCESSOR_UNUSABLE, unit=0)
        meaning(cpu, *operands)

    return checked


def _reserved(cpu: Cpu) -> NoReturn:
    raise MachineException(ExceptionCode.RESERVED_INSTRUCTION)
