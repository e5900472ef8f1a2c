"""Faults of a program: which exception, where, and as which signal Linux would tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dlcode_jit.mips.decode import decode
from dlcode_jit.mips.disassemble import disassemble
from dlcode_jit.mips.registers import ExceptionCode

KERNEL: Final = 0x80000000
"""Where the addresses begin that a program may not use."""

SIGNALS: Final = {"SIGILL": 4, "SIGTRAP": 5, "SIGFPE": 8, "SIGBUS": 10, "SIGSEGV": 11}
"""Numbers of Linux on MIPS."""

_REASONS: Final = {
    ExceptionCode.TLB_MODIFIED: ("SIGSEGV", "a store to {address}, which is read-only"),
    ExceptionCode.TLB_LOAD: ("SIGSEGV", "a load from {address}, where no memory is"),
    ExceptionCode.TLB_STORE: ("SIGSEGV", "a store to {address}, where no memory is"),
    ExceptionCode.ADDRESS_LOAD: ("SIGBUS", "a load from {address}, which is {misfit}"),
    ExceptionCode.ADDRESS_STORE: ("SIGBUS", "a store to {address}, which is {misfit}"),
    ExceptionCode.BUS_FETCH: ("SIGBUS", "nothing answers on the bus"),
    ExceptionCode.BUS_DATA: ("SIGBUS", "nothing answers on the bus"),
    ExceptionCode.BREAKPOINT: ("SIGTRAP", "a breakpoint instruction"),
    ExceptionCode.RESERVED_INSTRUCTION: ("SIGILL", "no instruction of MIPS I"),
    ExceptionCode.COPROCESSOR_UNUSABLE: ("SIGILL", "an instruction of coprocessor {unit}, which a program has not"),
    ExceptionCode.OVERFLOW: ("SIGFPE", "an arithmetic overflow"),
}
_ARITHMETIC: Final = {6: "an arithmetic overflow", 7: "a division by zero"}
"""What compilers say with a breakpoint's code; it may be in the lower or the upper half of the field."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that ended a program. `pc` is the instruction's, also in a delay slot; `address` the data's."""

    pc: int
    code: ExceptionCode
    address: int | None
    word: int | None  # None if there is no instruction at `pc`
    in_slot: bool
    unit: int = 0

    @property
    def instruction(self) -> str:
        """The instruction as text."""
        return "nothing" if self.word is None else disassemble(self.word, self.pc)

    @property
    def signal(self) -> str:
        """The name of the signal."""
        return "SIGFPE" if self._arithmetic else _REASONS[self.code][0]

    @property
    def status(self) -> int:
        """Exit status as a shell gives it: 128 and the signal's number."""
        return 128 + SIGNALS[self.signal]

    @property
    def reason(self) -> str:
        """What the program did."""
        if self._arithmetic:
            return _ARITHMETIC[self._arithmetic]
        if self.word is None:
            where = "which is no multiple of 4" if self.pc & 3 else "where no memory is"
            where = "which is the kernel's" if self.pc >= KERNEL else where
            return f"a jump to {self.pc:#010x}, {where}"
        misfit = "the kernel's" if (self.address or 0) >= KERNEL else "not aligned"
        text = _REASONS[self.code][1]
        return text.format(address=f"{self.address or 0:#010x}", misfit=misfit, unit=self.unit)

    @property
    def _arithmetic(self) -> int:
        if self.code is not ExceptionCode.BREAKPOINT or self.word is None:
            return 0
        decoded = decode(self.word)
        assert decoded is not None, "a breakpoint exception comes of a breakpoint"
        code = decoded.operand("code")
        code = code >> 10 if code & 0x3FF == 0 else code
        return code if code in _ARITHMETIC else 0
