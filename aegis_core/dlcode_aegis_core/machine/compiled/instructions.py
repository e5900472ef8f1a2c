"""What instructions do besides arithmetic: the methods of `dlcode_jit.mips.row.Cpu`, with those of `access.py`.

In the translated part of Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from dlcode_aegis_core.machine import cp0
from dlcode_aegis_core.machine.compiled import access
from dlcode_aegis_core.machine.compiled.access import NONE, find, trap
from dlcode_aegis_core.machine.compiled.cells import MASK, Word, rare
from dlcode_aegis_core.machine.compiled.state import Abandoned, State, Trap
from dlcode_aegis_core.machine.tlb import ENTRIES, HI_BITS, LO_BITS, WIRED
from dlcode_jit.mips.registers import Control, ExceptionCode

NEXT_GENERATION: Final = 1 << 20
MODE: Final = cp0.STATUS_USER | cp0.STATUS_ISOLATE | cp0.STATUS_SWAP


def branch(cpu: State, displacement: int) -> None:
    cpu.target = cpu.next_pc + (displacement << 2) & MASK


def jump(cpu: State, target: int) -> None:
    cpu.target = target


def load(cpu: State, register: int, value: int) -> None:
    cpu.delayed = register
    cpu.delayed_value = value


def merge_source(cpu: State, register: int) -> int:
    return cpu.arriving_value if cpu.arriving == register else cpu.gpr[register]


# HI and LO -----------------------------------------------------------------------------------------------------------


def multiplied(cpu: State, hi: int, lo: int) -> None:
    cpu.hi = hi
    cpu.lo = lo
    cpu.multiplier_ready = cpu.cycles + cpu.multiply_cycles


def divided(cpu: State, hi: int, lo: int) -> None:
    cpu.hi = hi
    cpu.lo = lo
    cpu.multiplier_ready = cpu.cycles + cpu.divide_cycles


def read_hi(cpu: State) -> int:
    cpu.cycles = max(cpu.cycles, cpu.multiplier_ready)
    return cpu.hi


def read_lo(cpu: State) -> int:
    cpu.cycles = max(cpu.cycles, cpu.multiplier_ready)
    return cpu.lo


def write_hi(cpu: State, value: int) -> None:
    cpu.hi = value


def write_lo(cpu: State, value: int) -> None:
    cpu.lo = value


# Coprocessor 0 -------------------------------------------------------------------------------------------------------


def forget_pages(cpu: State) -> None:
    """After a change of the TLB or of the address space."""
    cpu.generation += NEXT_GENERATION
    cpu.fetch_page = -1
    cpu.disturbances += 1


@rare
def connect(cpu: State) -> None:
    """Take over the mode that Status says, whatever it was before."""
    forget_pages(cpu)
    cpu.mode = cpu.cp0.status & MODE
    cpu.isolated = cpu.mode & cp0.STATUS_ISOLATE != 0
    cpu.direct = 0x80000000 if cpu.mode & (cp0.STATUS_USER | cp0.STATUS_ISOLATE) == 0 else 1
    if cpu.mode & cp0.STATUS_SWAP:
        cpu.fetch_tags = cpu.data_tags
        cpu.fetch_words = cpu.data_words
        cpu.fetch_mask = cpu.data_mask
        cpu.access_tags = cpu.instruction_tags
        cpu.access_words = cpu.instruction_words
        cpu.access_mask = cpu.instruction_mask
    else:
        cpu.fetch_tags = cpu.instruction_tags
        cpu.fetch_words = cpu.instruction_words
        cpu.fetch_mask = cpu.instruction_mask
        cpu.access_tags = cpu.data_tags
        cpu.access_words = cpu.data_words
        cpu.access_mask = cpu.data_mask


def mode_changed(cpu: State) -> None:
    """Take over what Status says; interrupts are looked at before the next instruction."""
    changed = cpu.mode ^ cpu.cp0.status & MODE
    if changed & (cp0.STATUS_ISOLATE | cp0.STATUS_SWAP):
        connect(cpu)
    elif changed:  # translations of kuseg hold in both modes, and no others are remembered
        cpu.mode = cpu.cp0.status & MODE
        cpu.direct = 0x80000000 if cpu.mode & (cp0.STATUS_USER | cp0.STATUS_ISOLATE) == 0 else 1
        cpu.fetch_page = -1
    cpu.horizon = 0


def random(cpu: State) -> int:
    """The TLB entry that Random names."""
    steps = cpu.cycles if cpu.random_counts_cycles else cpu.instructions
    return ENTRIES - 1 - steps % (ENTRIES - WIRED)


@rare
def read_control(cpu: State, register: Word) -> int:
    cpu.disturbances += 1
    return cpu.cp0.read(register, random(cpu), cpu.interrupt_lines)


@rare
def write_control(cpu: State, register: Word, value: Word) -> None:
    cpu.disturbances += 1
    if register == Control.SR and value & cp0.STATUS_REVERSE:
        cpu.reverse()
        raise Abandoned
    cpu.cp0.write(register, value)
    if register == Control.ENTRYHI:
        forget_pages(cpu)
    mode_changed(cpu)


def coprocessor_condition(cpu: State) -> bool:
    return cpu.last <= cpu.cycles


@rare
def tlb_read(cpu: State) -> None:
    index = cpu.cp0.index >> 8 & ENTRIES - 1
    cpu.cp0.entry_hi = cpu.tlb[2 * index]
    cpu.cp0.entry_lo = cpu.tlb[2 * index + 1]
    forget_pages(cpu)


def tlb_write(cpu: State, index: int) -> None:
    """Set an entry."""
    cpu.tlb[2 * index] = cpu.cp0.entry_hi & HI_BITS
    cpu.tlb[2 * index + 1] = cpu.cp0.entry_lo & LO_BITS
    forget_pages(cpu)


@rare
def tlb_write_indexed(cpu: State) -> None:
    tlb_write(cpu, cpu.cp0.index >> 8 & ENTRIES - 1)


@rare
def tlb_write_random(cpu: State) -> None:
    tlb_write(cpu, random(cpu))


@rare
def tlb_probe(cpu: State) -> None:
    index = find(cpu, cpu.cp0.entry_hi)
    cpu.cp0.index = 1 << 31 if index == NONE else index << 8 & MASK


@rare
def return_from_exception(cpu: State) -> None:
    cpu.disturbances += 1
    cpu.cp0.leave()
    mode_changed(cpu)


# Exceptions ----------------------------------------------------------------------------------------------------------


def overflow(cpu: State) -> NoReturn:
    trap(cpu, ExceptionCode.OVERFLOW)


def system_call(cpu: State) -> NoReturn:
    trap(cpu, ExceptionCode.SYSTEM_CALL)


def breakpoint(cpu: State) -> NoReturn:
    trap(cpu, ExceptionCode.BREAKPOINT)


def reserved(cpu: State) -> NoReturn:
    trap(cpu, ExceptionCode.RESERVED_INSTRUCTION)


def coprocessor_unusable(cpu: State, unit: int) -> NoReturn:
    cpu.exception = ExceptionCode.COPROCESSOR_UNUSABLE
    cpu.exception_unit = unit
    cpu.exception_blames = False
    cpu.exception_refill = False
    raise Trap


def privileged(cpu: State) -> None:
    """What comes before an instruction of coprocessor 0."""
    if not cpu.cp0.usable:
        coprocessor_unusable(cpu, 0)


METHODS: Final[dict[str, Callable[..., Any]]] = {
    function.__name__: function
    for function in (
        *(branch, jump, load, merge_source, access.read, access.write, access.write_masked),
        *(multiplied, divided, read_hi, read_lo, write_hi, write_lo),
        *(read_control, write_control, coprocessor_condition, return_from_exception),
        *(tlb_read, tlb_write_indexed, tlb_write_random, tlb_probe),
        *(overflow, system_call, breakpoint, coprocessor_unusable),
    )
}
"""What the rows call."""
