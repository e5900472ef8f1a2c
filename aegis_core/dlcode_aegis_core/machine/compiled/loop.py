"""The loop of the compiled processor: one instruction after another, up to what happens next. As `cpu.py` has it.

In the translated part of Python. There are two loops: one that does nothing but execute, and one that traces, stops at
breakpoints and counts instructions.
"""

from __future__ import annotations

from dlcode_aegis_core.machine.compiled.access import fetch_elsewhere
from dlcode_aegis_core.machine.compiled.cells import MASK, Signal, rare, working
from dlcode_aegis_core.machine.compiled.dispatch import SLOT_FOLLOWS, perform
from dlcode_aegis_core.machine.compiled.instructions import connect, mode_changed
from dlcode_aegis_core.machine.compiled.state import (
    ABANDONED,
    ANCHOR,
    BREAKPOINT,
    DUE,
    FINISHED,
    FULL,
    LIMIT,
    NOWHERE,
    TRACED,
    State,
    Trap,
)
from dlcode_jit.mips.registers import ExceptionCode


@rare
def take(cpu: State) -> None:
    """Go to the vector of the exception under way instead of executing the instruction at the program counter."""
    cpu.disturbances += 1
    cpu.gpr[cpu.delayed] = cpu.delayed_value
    cpu.cycles += cpu.exception_cycles
    cpu.cp0.enter(cpu.exception, cpu.exception_unit, cpu.pc, cpu.in_slot)
    if cpu.exception_blames:
        cpu.cp0.blame(cpu.exception_address, cpu.exception_translation)
    cpu.pc = cpu.cp0.vector(cpu.exception_refill)
    cpu.next_pc = cpu.pc + 4 & MASK
    cpu.in_slot = False
    cpu.delayed = NOWHERE
    mode_changed(cpu)


def interrupt(cpu: State) -> None:
    """Take one."""
    cpu.exception = ExceptionCode.INTERRUPT
    cpu.exception_unit = 0
    cpu.exception_blames = False
    cpu.exception_refill = False
    take(cpu)


def execute(cpu: State) -> None:
    """Execute the instruction at the program counter."""
    cpu.arriving = cpu.delayed
    cpu.arriving_value = cpu.delayed_value
    cpu.delayed = NOWHERE
    word = (cpu.fetch_base | cpu.pc & 0xFFC) >> 2
    if cpu.pc & 0xFFFFF003 == cpu.fetch_page and cpu.fetch_tags[word & cpu.fetch_mask] == word:
        instruction = cpu.fetch_words[word & cpu.fetch_mask]
    else:
        instruction = fetch_elsewhere(cpu, cpu.pc)
    cpu.target = cpu.next_pc + 4 & MASK
    done = perform(cpu, instruction)
    written = done & SLOT_FOLLOWS - 1
    cpu.gpr[NOWHERE if cpu.arriving == written else cpu.arriving] = cpu.arriving_value
    cpu.pc = cpu.next_pc
    cpu.next_pc = cpu.target
    cpu.in_slot = done & SLOT_FOLLOWS != 0
    cpu.instructions += 1
    cpu.cycles += 1


def may_have_breakpoint(cpu: State) -> bool:
    """Whether the breakpoints' map has a bit for the program counter, which it shares with other addresses."""
    return cpu.breakpoint_map[cpu.pc >> 7 & 2047] >> (cpu.pc >> 2 & 31) & 1 != 0


@working
def execute_to_horizon(cpu: State) -> bool:
    """Execute until a time; whether Python raised an exception. A single cycle ahead is one instruction."""
    while cpu.cycles < cpu.horizon:
        try:
            execute(cpu)
        except Trap:
            cpu.cycles += 1
            cpu.instructions += 1
            cpu.delayed = cpu.arriving
            cpu.delayed_value = cpu.arriving_value
            take(cpu)
        except Signal:
            cpu.delayed = cpu.arriving
            cpu.delayed_value = cpu.arriving_value
            return True
    return False


def loop(cpu: State, observed: bool) -> int:
    """Execute until something is to be done elsewhere; what."""
    while True:
        if cpu.cycles >= cpu.until:
            return FINISHED
        if cpu.next_effect <= cpu.cycles or cpu.next_event <= cpu.cycles:
            return DUE
        if cpu.cp0.interrupted(cpu.interrupt_lines):
            interrupt(cpu)
        elif observed:
            if cpu.passing != cpu.pc:
                if cpu.pc == cpu.anchor:
                    return ANCHOR
                if cpu.breakpoints and may_have_breakpoint(cpu):
                    return BREAKPOINT
            cpu.passing = -1
            if cpu.tracing:
                cpu.trace_addresses[cpu.traced] = cpu.pc
                cpu.trace_cycles[cpu.traced] = cpu.cycles
                cpu.traced = cpu.traced + 1 & MASK
            cpu.horizon = cpu.cycles + 1
            if execute_to_horizon(cpu):
                return ABANDONED
            if cpu.instructions >= cpu.limit:
                return LIMIT
            if cpu.tracing and cpu.traced == TRACED:
                return FULL
        else:
            cpu.horizon = min(cpu.until, min(cpu.next_event, cpu.next_effect))
            if execute_to_horizon(cpu):
                return ABANDONED


def enter(cpu: State) -> int:
    """Take over what Python may have changed: Status, the TLB."""
    connect(cpu)
    return FINISHED


def run(cpu: State) -> int:
    """Enter and execute."""
    connect(cpu)
    return loop(cpu, False)


def run_on(cpu: State) -> int:
    """Execute."""
    return loop(cpu, False)


def run_observed(cpu: State) -> int:
    """Execute, with trace, breakpoints, anchor and limit."""
    return loop(cpu, True)
