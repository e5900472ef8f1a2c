"""Coprocessor 0: the registers by which a kernel sees exceptions and sets the machine's state.

    no.  name      bits
    0    Index     31 P: tlbp found nothing   13:8 index
    1    Random    13:8 counts down from 63 to 8 and round again; read only
    2    EntryLo   tlb.py
    4    Context   31:21 base of the page table   20:2 bits 30:12 of the bad address; read only
    8    BadVAddr  the address that an address or TLB exception was about
    10   EntryHi   tlb.py
    12   Status    31:28 coprocessors usable  22 BEV  17 SwC: caches swapped  16 IsC: data cache isolated  15:8 IM
                   5 KUo 4 IEo  3 KUp 2 IEp  1 KUc 0 IEc: user mode and interrupts enabled, old, previous, current
              RE, bit 25, would turn user mode's byte order round: beyond the model
    13   Cause     31 BD  29:28 CE  15:10 IP of the hardware lines, read only   9:8 IP of software   6:2 ExcCode
    14   EPC       where to go on: the instruction, or the branch in whose delay slot it is (BD = 1)
    15   PRId      the processor; read only

Sources: Kane, MIPS RISC Architecture; psx-spx; MAME mips1.cpp for the TLB's registers.
"""

from __future__ import annotations

from ctypes import Structure, c_uint32
from typing import Final

from dlcode_jit.mips.registers import Control, ExceptionCode

MASK: Final = 0xFFFFFFFF

STATUS_USABLE_0: Final = 1 << 28
STATUS_BOOT_VECTORS: Final = 1 << 22
STATUS_SWAP: Final = 1 << 17
STATUS_ISOLATE: Final = 1 << 16
STATUS_USER: Final = 1 << 1
STATUS_INTERRUPTS: Final = 1 << 0
STATUS_REVERSE: Final = 1 << 25
STATUS_WRITABLE: Final = 0xF247FF3F  # all but TS, PE, CM and the bits that are always zero
CAUSE_DELAY_SLOT: Final = 1 << 31
CAUSE_SOFTWARE: Final = 0x300
CAUSE_HARDWARE_SHIFT: Final = 10

RESET_VECTOR: Final = 0xBFC00000
"""Where the processor starts."""

REFILL_VECTOR: Final = 0x80000000
"""Where a missing kuseg translation leads."""
GENERAL_VECTOR: Final = 0x80000080
"""Where everything else does."""
BOOT_REFILL_VECTOR: Final = 0xBFC00100
BOOT_GENERAL_VECTOR: Final = 0xBFC00180


_REGISTERS: Final = tuple("index entry_lo context bad_address entry_hi status cause epc processor_id".split())


class MachineException(Exception):
    """The instruction under way ends in an exception of the emulated machine.

    `translation`: Context and EntryHi are set too. `refill`: by the vector for missing kuseg translations.
    """

    def __init__(
        self,
        code: ExceptionCode,
        bad_address: int | None = None,
        *,
        translation: bool = False,
        refill: bool = False,
        unit: int = 0,
    ) -> None:
        super().__init__(code.name if bad_address is None else f"{code.name} at {bad_address:#010x}")
        self.code, self.bad_address = code, bad_address
        self.translation, self.refill, self.unit = translation, refill, unit


class Cp0(Structure):
    """The registers. Random depends on time, so the CPU answers for it, as for the hardware lines in Cause.

    They lie in memory as 32-bit words, and all but `__init__` is compiled as it stands here too.
    """

    _fields_ = [(name, c_uint32) for name in _REGISTERS]

    index: int
    entry_lo: int
    context: int
    bad_address: int
    entry_hi: int
    status: int
    cause: int
    epc: int
    processor_id: int

    def __init__(self, processor_id: int) -> None:
        super().__init__(status=STATUS_BOOT_VECTORS, processor_id=processor_id)

    @property
    def user(self) -> bool:
        """Whether the machine is in user mode."""
        return self.status & STATUS_USER != 0

    @property
    def usable(self) -> bool:
        """Whether the program may use coprocessor 0: in kernel mode, or if CU0 lets users."""
        return self.status & STATUS_USER == 0 or self.status & STATUS_USABLE_0 != 0

    def interrupted(self, lines: int) -> bool:
        """Whether an interrupt is pending, not masked, and enabled. Bit n of `lines` is hardware line n: IP(2+n)."""
        pending = lines << CAUSE_HARDWARE_SHIFT | self.cause & CAUSE_SOFTWARE
        return self.status & STATUS_INTERRUPTS != 0 and pending & self.status & 0xFF00 != 0

    def read(self, register: int, random: int, lines: int) -> int:
        """A register as mfc0 gives it; those that the part does not have are zero."""
        match register:
            case Control.INDEX:
                return self.index
            case Control.RANDOM:
                return random << 8
            case Control.ENTRYLO:
                return self.entry_lo
            case Control.CONTEXT:
                return self.context
            case Control.BADVADDR:
                return self.bad_address
            case Control.ENTRYHI:
                return self.entry_hi
            case Control.SR:
                return self.status
            case Control.CAUSE:
                return self.cause | lines << CAUSE_HARDWARE_SHIFT
            case Control.EPC:
                return self.epc
            case Control.PRID:
                return self.processor_id
        return 0

    def write(self, register: int, value: int) -> None:
        """What mtc0 does: only the bits that can be written change."""
        match register:
            case Control.INDEX:
                self.index = self.index & 1 << 31 | value & 0x3F00
            case Control.ENTRYLO:
                self.entry_lo = value & 0xFFFFFF00
            case Control.CONTEXT:
                self.context = value & 0xFFE00000 | self.context & 0x1FFFFC
            case Control.ENTRYHI:
                self.entry_hi = value & 0xFFFFFFC0
            case Control.SR:
                self.status = self.status & ~STATUS_WRITABLE | value & STATUS_WRITABLE
            case Control.CAUSE:
                self.cause = self.cause & ~CAUSE_SOFTWARE | value & CAUSE_SOFTWARE

    def enter(self, code: int, unit: int, pc: int, in_slot: bool) -> None:
        """Set the registers for an exception of the instruction at `pc`; `unit` is the coprocessor that is missing."""
        self.epc = (pc - 4) & MASK if in_slot else pc
        self.cause = self.cause & CAUSE_SOFTWARE | (CAUSE_DELAY_SLOT if in_slot else 0) | unit << 28 | code << 2
        self.status = self.status & ~0x3F | self.status << 2 & 0x3C

    def blame(self, address: int, translation: bool) -> None:
        """Set the registers that tell of a bad address: Context and EntryHi too if its translation is what failed."""
        self.bad_address = address
        if translation:
            self.context = self.context & 0xFFE00000 | address >> 10 & 0x1FFFFC
            self.entry_hi = address & 0xFFFFF000 | self.entry_hi & 0xFC0

    def vector(self, refill: bool) -> int:
        """Where an exception leads; `refill`: of a missing kuseg translation."""
        if self.status & STATUS_BOOT_VECTORS:
            return BOOT_REFILL_VECTOR if refill else BOOT_GENERAL_VECTOR
        return REFILL_VECTOR if refill else GENERAL_VECTOR

    def leave(self) -> None:
        """What rfe does to Status: current becomes previous, previous becomes old, old stays."""
        self.status = self.status & ~0xF | self.status >> 2 & 0xF
