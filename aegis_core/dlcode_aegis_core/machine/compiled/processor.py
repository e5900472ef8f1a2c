"""The compiled processor: `processor.Processor`, by machine code that is made from the instruction rows.

The record of state (`state.py`) is shared by that code and by Python. Code runs until an event is due, a store to a
device has drained, or the time has come; it calls back for loads from devices and for stores to them.
"""

from __future__ import annotations

import ctypes
import weakref
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from dlcode_aegis_core.machine.bus import Bus, Device
from dlcode_aegis_core.machine.cache import Cache
from dlcode_aegis_core.machine.compiled import build, idle
from dlcode_aegis_core.machine.compiled.cells import FAR, MASK
from dlcode_aegis_core.machine.compiled.state import (
    ABANDONED,
    BREAKPOINT,
    CALLBACKS,
    DUE,
    FINISHED,
    LIMIT,
    NOWHERE,
    PARTIAL,
    TRACED,
    State,
)
from dlcode_aegis_core.machine.compiled.stores import SharedStores
from dlcode_aegis_core.machine.cp0 import Cp0
from dlcode_aegis_core.machine.events import NEVER, EventQueue
from dlcode_aegis_core.machine.limits import END, REVERSE, UNALIGNED, BeyondModel
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Processor, Registers, Trace
from dlcode_aegis_core.machine.timing import Timing
from dlcode_aegis_core.machine.tlb import ENTRIES, WIRED, Tlb
from dlcode_aegis_core.machine.units import PICOSECONDS, cycles_of

MOST_WINDOWS: Final = 8


class _Shared:
    """An attribute that is a field of the record."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, cpu: CompiledCpu, owner: object = None) -> int:
        value: int = getattr(cpu._state, self._name)
        return value

    def __set__(self, cpu: CompiledCpu, value: int) -> None:
        setattr(cpu._state, self._name, value)


class CompiledCpu:
    """The processor with its TLB, caches and write buffer. `skip_idle`: whether turns of idle loops may be left out."""

    next_pc = _Shared("next_pc")
    hi = _Shared("hi")
    lo = _Shared("lo")
    cycles = _Shared("cycles")
    instructions = _Shared("instructions")
    interrupt_lines = _Shared("interrupt_lines")

    def __init__(self, parameters: Parameters, bus: Bus, events: EventQueue) -> None:
        self.timing: Final = Timing.of(parameters)
        self.clock_hz: Final = self.timing.clock_hz
        self.bus: Final = bus
        self.events: Final = events
        self.tlb: Final = Tlb()
        self.instruction_cache: Final = Cache(parameters.integer("cache.instruction_bytes"))
        self.data_cache: Final = Cache(parameters.integer("cache.data_bytes"))
        self.trace: Trace | None = None
        self.breakpoints: set[int] = set()
        self.stopped_at: int | None = None
        self.skip_idle = True

        self._state: Final = State()
        self._address: Final = ctypes.addressof(self._state)
        self._code: Final = build.functions()
        self._run: Final = self._code.run
        self.write_buffer: Final = SharedStores(self._state, self.timing.depth)
        self.cp0: Final[Cp0] = self._state.cp0
        Cp0.__init__(self.cp0, parameters.integer("cpu.processor_id"))
        registers: Any = self._state.gpr
        self.gpr: Final[Registers] = memoryview(registers).cast("B").cast("I")
        self._trace_addresses: Final = array("I", [0]) * TRACED
        self._trace_cycles: Final = array("q", [0]) * TRACED
        self._breakpoint_map: Final = array("I", [0]) * (1 << 11)
        self._mapped: frozenset[int] = frozenset()
        self._kept: BaseException | None = None
        self._event_ps = NEVER
        self._turns: Final = idle.Turns(self._state, self._code)
        self._set_up()
        self.pc = 0xBFC00000

    def _set_up(self) -> None:
        """Fill in what does not change: the model's numbers, where things lie, what to call."""
        state, memory = self._state, self.bus.memory
        for name in self.timing.__dataclass_fields__:
            if hasattr(State, name):
                setattr(state, name, getattr(self.timing, name))
        arrays: dict[str, Any] = {
            "times": self.write_buffer.times,
            "tlb": self.tlb.pairs,
            "instruction_tags": self.instruction_cache.tags,
            "instruction_words": self.instruction_cache.words,
            "data_tags": self.data_cache.tags,
            "data_words": self.data_cache.words,
            "trace_addresses": self._trace_addresses,
            "trace_cycles": self._trace_cycles,
            "breakpoint_map": self._breakpoint_map,
            "memory": memory.words,
        }
        self._views = {name: memoryview(each) for name, each in arrays.items()}  # what is viewed is never moved
        for name, view in self._views.items():
            setattr(state, name, _address_of(view))
        at = _address_of(memory.words)
        state.instruction_mask, state.data_mask = self.instruction_cache.mask, self.data_cache.mask
        state.ring_mask = len(self.write_buffer.times) - 1
        state.memory_bytes = memory.size
        if len(self.bus.windows) > MOST_WINDOWS:
            raise ValueError(f"a bus has at most {MOST_WINDOWS} windows")
        state.windows = len(self.bus.windows)
        for index, window in enumerate(self.bus.windows):
            state.window_start[index], state.window_size[index] = window.base, window.size
            state.window_load_cycles[index], state.window_store_cycles[index] = window.load_cycles, window.store_cycles
            state.window_halves[index] = window.halves
            state.window_words[index], odd = divmod(_address_of(window.words) - at, 4)
            assert not odd
        state.limit = state.next_event = FAR
        state.anchor = state.passing = -1
        for name, method in (
            ("load_device", CompiledCpu._load_device),
            ("store_device", CompiledCpu._store_device),
            ("retire_effects", CompiledCpu._retire_effects),
            ("probe", CompiledCpu._probe),
            ("reverse", CompiledCpu._reverse),
        ):
            setattr(state, name, CALLBACKS[name](_guarded(weakref.ref(self), method)))

    # ---- From outside: see Processor --------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        value: int = self._state.pc
        return value

    @pc.setter
    def pc(self, address: int) -> None:
        state = self._state
        state.pc, state.next_pc = address, (address + 4) & MASK
        state.in_slot = False
        state.delayed = state.arriving = NOWHERE
        self.stopped_at = None

    @property
    def pending_load(self) -> tuple[int, int] | None:
        state = self._state
        return (state.delayed, state.delayed_value) if state.delayed != NOWHERE else None

    @property
    def now_ps(self) -> int:
        return self._state.cycles * PICOSECONDS // self.clock_hz

    def read_control(self, register: int) -> int:
        state = self._state
        steps = state.cycles if self.timing.random_counts_cycles else state.instructions
        return self.cp0.read(register, ENTRIES - 1 - steps % (ENTRIES - WIRED), state.interrupt_lines)

    def set_line(self, line: int, asserted: bool) -> None:
        state = self._state
        state.interrupt_lines = state.interrupt_lines & ~(1 << line) | asserted << line
        state.horizon = 0

    def stall(self, cycles: int) -> None:
        self._state.cycles += cycles

    def run(self, until_ps: int) -> None:
        state = self._state
        until = min(-(-until_ps * self.clock_hz // PICOSECONDS), FAR)
        state.passing, self.stopped_at = -1 if self.stopped_at is None else self.stopped_at, None
        begun = False
        while True:
            state.until = until
            self._look_at_events()
            if self.trace is not None or self.breakpoints:
                if not begun:
                    self._code.enter(self._address)
                reason = self._observe()
            elif self.skip_idle and until - state.cycles > idle.FIRST_LOOK:
                if not begun:
                    self._turns.begin()
                reason = self._turns.run(until)
            else:
                reason = self._run(self._address)
            begun = True
            if reason == FINISHED:
                return
            if reason == BREAKPOINT:
                if state.pc in self.breakpoints:
                    self.stopped_at = state.pc
                    return
                state.passing = state.pc
            else:
                self._go_on(reason)

    def step(self) -> None:
        state = self._state
        self.stopped_at = None
        self._code.enter(self._address)
        state.until, state.limit = FAR, state.instructions + 1
        try:
            reason = DUE
            while reason != LIMIT:
                state.passing = state.pc
                self._look_at_events()
                reason = self._observe()
                if reason == FINISHED:
                    raise BeyondModel(END)
                if reason not in (LIMIT, BREAKPOINT):
                    self._go_on(reason)
        finally:
            state.limit = FAR
            state.passing = -1

    # ---- Between runs of code ---------------------------------------------------------------------------------------

    def _go_on(self, reason: int) -> None:
        """Do what code stopped for."""
        if reason == ABANDONED:
            kept, self._kept = self._kept, None
            self._state.abandoned = False
            assert kept is not None
            raise kept
        if reason == DUE:
            self._settle()

    def _settle(self) -> None:
        """Do the first thing that is due between two instructions."""
        now, effect = self.now_ps, self.write_buffer.next_effect
        if effect <= self._state.cycles:
            self.events.run_due(min(now, effect * PICOSECONDS // self.clock_hz))
            self.write_buffer.retire(effect)
        else:
            self.events.run_due(now)

    def _look_at_events(self) -> None:
        """Tell code when the next event is due."""
        time_ps = self.events.next_time_ps
        if time_ps != self._event_ps:
            self._event_ps = time_ps
            self._state.next_event = min(cycles_of(time_ps, self.clock_hz), FAR)

    def _observe(self) -> int:
        """Run with trace and breakpoints."""
        state = self._state
        if self._mapped != self.breakpoints:
            self._mapped = frozenset(self.breakpoints)
            self._breakpoint_map[:] = array("I", [0]) * len(self._breakpoint_map)
            for address in self._mapped:
                self._breakpoint_map[address >> 7 & 2047] |= 1 << (address >> 2 & 31)
        state.breakpoints, state.tracing = bool(self._mapped), self.trace is not None
        reason = self._code.run_observed(self._address)
        self._show_trace()
        return reason

    def _show_trace(self) -> None:
        """Tell of the instructions that were traced. This comes before all that changes anything outside."""
        count, self._state.traced = self._state.traced, 0
        if count and self.trace is not None:
            for address, cycle in zip(self._trace_addresses[:count], self._trace_cycles[:count], strict=True):
                self.trace(address, cycle)

    # ---- What code calls --------------------------------------------------------------------------------------------

    def _device(self, physical: int) -> Device | None:
        window = self.bus.window_at(physical)
        return self.bus.device_at(physical) if window is None else None

    def _load_device(self, physical: int, width: int) -> int:
        """What a device answers, after its time; -1 if there is none."""
        device = self._device(physical)
        if device is None:
            return -1
        offset = physical - device.base
        cycles = device.load_cycles(offset, width)
        self._state.cycles += cycles
        self.write_buffer.put_off(cycles)
        return device.load(offset, width) & (1 << 8 * width) - 1

    def _store_device(self, physical: int, width: int, value: int) -> int:
        """Enter a store to a device; -1 if there is none."""
        device = self._device(physical)
        if device is None:
            return -1
        if width == PARTIAL:
            raise BeyondModel(UNALIGNED.format(physical))
        offset = physical - device.base
        self.write_buffer.post(device.store_cycles(offset, width), partial(device.store, offset, width, value))
        return 0

    def _retire_effects(self) -> int:
        self.write_buffer.retire(self._state.cycles)
        return 0

    def _probe(self, entry_hi: int) -> int:
        """Raise what the TLB raises when two entries match."""
        self.tlb.probe(entry_hi)
        raise AssertionError("the TLB found one entry where code found two")

    def _reverse(self) -> int:
        raise BeyondModel(REVERSE)


def _guarded(reference: weakref.ReferenceType[CompiledCpu], method: Callable[..., int]) -> Callable[..., int]:
    """A method as code may call it: an exception is kept, and ends the run."""

    def call(*operands: int) -> int:
        cpu = reference()
        assert cpu is not None
        try:
            cpu._show_trace()
            result = method(cpu, *operands)
            cpu._look_at_events()
            cpu._state.horizon = 0
        except BaseException as error:  # all: there is nobody above but machine code
            cpu._kept, cpu._state.abandoned = error, True
            return 0
        return result

    return call


def _address_of(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))


def _is_what_is_asked_for(cpu: CompiledCpu) -> Processor:
    """Has the type checker compare the CPU with what stations ask for."""
    return cpu


__all__ = ["CompiledCpu"]
