"""The registers of a machine by name."""

from __future__ import annotations

from typing import Final

from dlcode_aegis_core.machine.processor import Processor
from dlcode_aegis_core.machine.programs.stops import ProgramError
from dlcode_jit.mips.registers import GENERAL_NUMBERS
from dlcode_jit.mips.source import did_you_mean

_SPECIAL: Final = ("hi", "lo", "pc")


class Registers:
    """The general registers by name, without the `$`: "sp" or "29"; and "hi", "lo" and "pc"."""

    def __init__(self, cpu: Processor) -> None:
        self._cpu = cpu

    def __getitem__(self, name: str) -> int:
        """Its value, unsigned, without what a load under way will bring. Raises ProgramError for a name of none."""
        if name in _SPECIAL:
            value: int = getattr(self._cpu, name)
            return value
        return self._cpu.gpr[self._number(name)]

    def __setitem__(self, name: str, value: int) -> None:
        """Set it to the low 32 bits of a value; $zero stays zero."""
        if name in _SPECIAL:
            setattr(self._cpu, name, value & 0xFFFFFFFF)
        elif self._number(name):
            self._cpu.gpr[self._number(name)] = value & 0xFFFFFFFF

    def _number(self, name: str) -> int:
        if name not in GENERAL_NUMBERS:
            close = did_you_mean(name, (*GENERAL_NUMBERS, *_SPECIAL))
            raise ProgramError(f'no register "{name}"' + (f"; {close}" if close else ""))
        return GENERAL_NUMBERS[name]
