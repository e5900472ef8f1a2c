"""The R3000 in plain Python, the oracle: executes the rows of the instruction set, with exact delays and full timing.

Time is counted in cycles, by these rules:

- An instruction takes 1 cycle, and waits in turn for: its own word, if the instruction cache has not got it; the data
  that it loads, likewise; room in the write buffer, if it stores; the multiplier, if it reads HI or LO.
- A read of memory waits until the write buffer has drained, then for `memory.read_ns` and `memory.read_sync_ns`, and
  for `memory.read_next_ns` for each further word of a refill. An uncached read of memory is the same for one word. With
  `write_buffer.reads_pass` it waits for the store under way only, and puts the others off by its own time.
- A store that is not a whole word takes `cache.partial_store_cycles` more if cached.
- A product is ready `cpu.multiply_cycles` after its instruction began, a quotient `cpu.divide_cycles` after. A new
  multiplication or division abandons the one under way.
- An exception takes `cpu.exception_entry_cycles`, after the cycle of the instruction that it ends. So does an
  interrupt, which ends none.
- Devices steal time by `stall`, during which the write buffer and the multiplier go on.

Between two instructions come, in this order: events that are due and stores to devices that have drained, by time;
then an interrupt. A device is read at the end of its access, but as events left it when the instruction began. So what
happens never depends on how a run is cut into slices.

Results that are not ready: a loaded value reaches its register after the next instruction, unless that one writes the
same register. An instruction that ends in an exception has changed nothing, but the load before it has arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NoReturn

from dlcode_aegis_core.machine import cp0
from dlcode_aegis_core.machine.bus import Bus, Device
from dlcode_aegis_core.machine.cache import Cache
from dlcode_aegis_core.machine.cp0 import Cp0, MachineException
from dlcode_aegis_core.machine.events import NEVER, EventQueue
from dlcode_aegis_core.machine.executable import NOWHERE, Executable, executable
from dlcode_aegis_core.machine.limits import REVERSE, UNALIGNED, BeyondModel
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Processor, Trace
from dlcode_aegis_core.machine.timing import Timing
from dlcode_aegis_core.machine.tlb import ENTRIES, WIRED, Access, Page, Tlb
from dlcode_aegis_core.machine.units import PICOSECONDS, cycles_of
from dlcode_aegis_core.machine.write_buffer import WriteBuffer
from dlcode_jit.mips.registers import Control, ExceptionCode
from dlcode_jit.mips.row import Cpu as Executor

MASK: Final = 0xFFFFFFFF
NO_PAGE: Final = -1


class Cpu:
    """The processor with its TLB, caches and write buffer.

    `processor.Processor` says what it offers. `gpr` has the 32 general registers and NOWHERE.
    """

    def __init__(self, parameters: Parameters, bus: Bus, events: EventQueue) -> None:
        integer = parameters.integer
        self.timing: Final = Timing.of(parameters)
        self.clock_hz: Final = self.timing.clock_hz
        self.bus: Final = bus
        self.events: Final = events
        self.cp0: Final = Cp0(integer("cpu.processor_id"))
        self.tlb: Final = Tlb()
        self.instruction_cache: Final = Cache(integer("cache.instruction_bytes"))
        self.data_cache: Final = Cache(integer("cache.data_bytes"))
        self.write_buffer: Final = WriteBuffer(self.timing.depth)
        self.trace: Trace | None = None
        self.breakpoints: set[int] = set()
        self.stopped_at: int | None = None
        self.interrupt_lines = 0
        self.cycles = 0
        self.instructions = 0
        self.gpr = [0] * (NOWHERE + 1)
        self.hi = self.lo = 0

        self._memory_bytes = bus.memory.size
        self._memory_words = bus.memory.words
        self._decoded: dict[int, Executable] = {}
        self._multiplier_ready = 0
        self._horizon = 0
        self._mode = (False, False, False)
        self._forget_pages()
        self._connect_caches()
        self.pc = cp0.RESET_VECTOR

    # ---- From outside -----------------------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        """Address of the instruction to execute next. Setting it forgets a delay slot and a load under way."""
        return self._pc

    @pc.setter
    def pc(self, address: int) -> None:
        self._pc = address
        self.next_pc = (address + 4) & MASK
        self._in_slot = False
        self._delayed: tuple[int, int] | None = None
        self._arriving: tuple[int, int] | None = None
        self.stopped_at = None

    @property
    def pending_load(self) -> tuple[int, int] | None:
        """See Processor, as for all that follow."""
        return None if self._delayed is None or self._delayed[0] == NOWHERE else self._delayed

    @property
    def now_ps(self) -> int:
        return self.cycles * PICOSECONDS // self.clock_hz

    def stall(self, cycles: int) -> None:
        self.cycles += cycles

    def set_line(self, line: int, asserted: bool) -> None:
        self.interrupt_lines = self.interrupt_lines & ~(1 << line) | asserted << line
        self._horizon = 0

    def run(self, until_ps: int) -> None:
        until = cycles_of(until_ps, self.clock_hz)
        passing, self.stopped_at = self.stopped_at, None
        self._enter()
        while self.cycles < until:
            if self._settle():
                continue
            next_event = cycles_of(self.events.next_time_ps, self.clock_hz)
            self._horizon = min(until, next_event, self.write_buffer.next_effect)
            while self.cycles < self._horizon:
                if self._pc in self.breakpoints and self._pc != passing:
                    self.stopped_at = self._pc
                    return
                passing = None
                self._execute()

    def step(self) -> None:
        self._enter()
        while self._settle():
            pass
        self.stopped_at = None
        self._execute()

    # ---- One instruction --------------------------------------------------------------------------------------------

    def _settle(self) -> bool:
        """Do the first thing that is due between two instructions; False if nothing is."""
        now, effect = self.now_ps, self.write_buffer.next_effect
        if effect <= self.cycles:
            self.events.run_due(min(now, effect * PICOSECONDS // self.clock_hz))
            self.write_buffer.retire(effect)
        elif self.events.next_time_ps <= now:
            self.events.run_due(now)
        elif self.cp0.interrupted(self.interrupt_lines):
            self._take(MachineException(ExceptionCode.INTERRUPT))
        else:
            return False
        return True

    def _execute(self) -> None:
        pc = self._pc
        if self.trace is not None:
            self.trace(pc, self.cycles)
        arriving = self._arriving = self._delayed
        self._delayed = None
        try:
            if pc >> 12 == self._fetch_page and not pc & 3:
                word = self._fetch_base + (pc & 0xFFF) >> 2
                index = word & self._fetch_mask
                if self._fetch_tags[index] == word:
                    instruction = self._fetch_words[index]
                else:
                    instruction = self._refill(self._fetch_cache, word, Access.FETCH)
            else:
                instruction = self._fetch(pc)
            meaning, operands, written, slot_follows = self._decoded.get(instruction) or self._decode(instruction)
            self._target = (self.next_pc + 4) & MASK
            meaning(self, *operands)
        except MachineException as exception:
            self.cycles += 1
            self.instructions += 1
            self._delayed = arriving
            self._take(exception)
            return
        except BaseException:  # what the simulation gave up has not happened, but for its time
            self._delayed = arriving
            raise
        if arriving is not None and arriving[0] != written:
            self.gpr[arriving[0]] = arriving[1]
        self._pc = self.next_pc
        self.next_pc = self._target
        self._in_slot = slot_follows
        self.instructions += 1
        self.cycles += 1

    def _take(self, exception: MachineException) -> None:
        """Go to an exception's vector instead of executing the instruction at the program counter."""
        if self._delayed is not None:
            self.gpr[self._delayed[0]] = self._delayed[1]
        self.cycles += self.timing.exception_cycles
        self.cp0.enter(exception.code, exception.unit, self._pc, self._in_slot)
        if exception.bad_address is not None:
            self.cp0.blame(exception.bad_address, exception.translation)
        self.pc = self.cp0.vector(exception.refill)
        self._mode_changed()

    def _decode(self, word: int) -> Executable:
        made = self._decoded[word] = executable(word)
        return made

    # ---- Addresses --------------------------------------------------------------------------------------------------

    def _forget_pages(self) -> None:
        """The translations used last are kept, until the TLB, the address space or the mode changes."""
        self._load_pages: dict[int, Page] = {}
        self._store_pages: dict[int, Page] = {}
        self._fetch_page = NO_PAGE
        self._fetch_base = 0

    def _connect_caches(self) -> None:
        swapped = bool(self.cp0.status & cp0.STATUS_SWAP)
        self._isolated = bool(self.cp0.status & cp0.STATUS_ISOLATE)
        self._fetch_cache = self.data_cache if swapped else self.instruction_cache
        self._access_cache = self.instruction_cache if swapped else self.data_cache
        self._fetch_tags, self._fetch_words = self._fetch_cache.tags, self._fetch_cache.words
        self._fetch_mask = self._fetch_cache.mask

    def _enter(self) -> None:
        """Take over what was changed from outside: Status, the TLB."""
        self._forget_pages()
        self._mode_changed()

    def _mode_changed(self) -> None:
        """Take over what Status says; interrupts are looked at before the next instruction."""
        status = self.cp0.status
        mode = (self.cp0.user, bool(status & cp0.STATUS_ISOLATE), bool(status & cp0.STATUS_SWAP))
        if mode != self._mode:
            self._mode = mode
            self._forget_pages()
            self._connect_caches()
        self._horizon = 0

    def _translate(self, address: int, access: Access) -> Page:
        return self.tlb.translate(address, self.cp0.entry_hi, self.cp0.user, access)

    def _fetch(self, pc: int) -> int:
        """The instruction at `pc` when it is not in the page of the one before, or not cached."""
        if pc & 3:
            raise MachineException(ExceptionCode.ADDRESS_LOAD, pc)
        page = self._translate(pc, Access.FETCH)
        physical = page.physical | pc & 0xFFF
        if not page.cached:
            return self._read_uncached(physical, 4, Access.FETCH)
        self._fetch_page, self._fetch_base = pc >> 12, page.physical
        word = physical >> 2
        index = word & self._fetch_mask
        if self._fetch_tags[index] == word:
            return self._fetch_words[index]
        return self._refill(self._fetch_cache, word, Access.FETCH)

    def _load_page(self, address: int) -> Page:
        page = self._load_pages[address >> 12] = self._translate(address, Access.LOAD)
        return page

    def _store_page(self, address: int) -> Page:
        page = self._store_pages[address >> 12] = self._translate(address, Access.STORE)
        return page

    # ---- Reading and writing ----------------------------------------------------------------------------------------

    def _wait_to_read(self) -> None:
        """Wait for the stores that a read does not pass, each at its time."""
        buffer = self.write_buffer
        buffer.retire(self.cycles)
        while buffer.first < NEVER:
            self.cycles = max(self.cycles, buffer.first)
            buffer.retire(self.cycles)
            if self.timing.reads_pass:
                break

    def _take_time(self, cycles: int) -> None:
        """Read for so many cycles; stores that were passed are put off."""
        self.cycles += cycles
        self.write_buffer.put_off(cycles)

    def _refill(self, cache: Cache, word: int, access: Access) -> int:
        """Read the block around a word into a cache; the word."""
        if word << 2 >= self._memory_bytes:
            value = self._read_uncached(word << 2, 4, access)
            cache.fill(word, value)
            return value
        self._wait_to_read()
        self._take_time(self.timing.refill_cycles)
        start = word & -self.timing.refill_words
        for each in range(start, start + self.timing.refill_words):
            cache.fill(each, self._memory_words[each])
        return self._memory_words[word]

    def _read_uncached(self, physical: int, width: int, access: Access) -> int:
        self._wait_to_read()
        if physical < self._memory_bytes:
            self._take_time(self.timing.read_cycles)
            return self._memory_words[physical >> 2] >> 8 * (physical & 3) & (1 << 8 * width) - 1
        window = self.bus.window_at(physical)
        if window is not None and window.answers(physical, width):
            self._take_time(window.load_cycles)
            return window.words[physical - window.base >> 2] >> 8 * (physical & 3) & (1 << 8 * width) - 1
        device = self._device(physical, access)
        offset = physical - device.base
        self._take_time(device.load_cycles(offset, width))
        self._horizon = 0
        return device.load(offset, width) & (1 << 8 * width) - 1

    def _device(self, physical: int, access: Access) -> Device:
        device = self.bus.device_at(physical)
        if device is None:
            raise MachineException(access.bus)
        return device

    def _read_isolated(self, physical: int) -> int:
        """IsC: a load sees what the cache entry holds, whether it is that word's or not."""
        return self._access_cache.words[physical >> 2 & self._access_cache.mask]

    def _store_part(self, page: Page, physical: int, value: int, mask: int) -> None:
        """Store the bits under `mask` in the word at `physical` of memory, and in the cache if it has the word."""
        word = physical >> 2
        cache = self._access_cache
        if self._isolated:
            cache.invalidate(word)
            return
        if page.cached:
            self.cycles += self.timing.partial_store_cycles
            index = word & cache.mask
            if cache.tags[index] == word:
                cache.words[index] = cache.words[index] & ~mask | value
        self._memory_words[word] = self._memory_words[word] & ~mask | value
        self._post(self.timing.drain_cycles)

    def _store_outside(self, physical: int, width: int | None, value: int, mask: int) -> None:
        """Store the bits under `mask` outside memory; `width` is None for a part of a word that swl or swr stores."""
        window = self.bus.window_at(physical)
        if window is not None and window.answers(physical, width or 4):
            word = physical - window.base >> 2
            window.words[word] = window.words[word] & ~mask | value
            self._post(window.store_cycles)
            return
        device = self._device(physical, Access.STORE)
        if width is None:
            raise BeyondModel(UNALIGNED.format(physical))
        offset = physical - device.base
        effect = partial(device.store, offset, width, value >> 8 * (physical & 3))
        self._post(device.store_cycles(offset, width), effect)
        self._horizon = 0

    def _post(self, cycles: int, effect: Callable[[], None] | None = None) -> None:
        """Enter a store that takes `cycles` to drain into the write buffer, when there is room."""
        buffer = self.write_buffer
        buffer.retire(self.cycles)
        if buffer.full:
            self.cycles = buffer.first
            buffer.retire(self.cycles)
        buffer.post(self.cycles, cycles, effect)

    # ---- What instructions do: the methods of dlcode_jit.mips.row.Cpu -----------------------------------------------

    def branch(self, displacement: int) -> None:
        """See Executor, as for all that follow."""
        self._target = (self.next_pc + (displacement << 2)) & MASK

    def jump(self, target: int) -> None:
        self._target = target

    def read(self, address: int, width: int) -> int:
        address &= MASK
        if address & width - 1:
            raise MachineException(ExceptionCode.ADDRESS_LOAD, address)
        page = self._load_pages.get(address >> 12) or self._load_page(address)
        physical = page.physical | address & 0xFFF
        if self._isolated:
            value = self._read_isolated(physical)
        elif page.cached:
            word = physical >> 2
            cache = self._access_cache
            index = word & cache.mask
            value = cache.words[index] if cache.tags[index] == word else self._refill(cache, word, Access.LOAD)
        else:
            return self._read_uncached(physical, width, Access.LOAD)
        if width == 4:
            return value
        return value >> 8 * (address & 3) & (1 << 8 * width) - 1

    def write(self, address: int, width: int, value: int) -> None:
        address &= MASK
        if address & width - 1:
            raise MachineException(ExceptionCode.ADDRESS_STORE, address)
        page = self._store_pages.get(address >> 12) or self._store_page(address)
        physical = page.physical | address & 0xFFF
        shift = 8 * (address & 3)
        mask = (1 << 8 * width) - 1 << shift
        if physical >= self._memory_bytes and not self._isolated:
            self._store_outside(physical, width, value << shift, mask)
        elif width == 4:
            if page.cached or self._isolated:
                self._access_cache.fill(physical >> 2, value)
            if not self._isolated:
                self._memory_words[physical >> 2] = value
                self._post(self.timing.drain_cycles)
        else:
            self._store_part(page, physical, value << shift, mask)

    def write_masked(self, address: int, value: int, mask: int) -> None:
        if mask == MASK:
            self.write(address, 4, value)
            return
        address &= MASK
        page = self._store_pages.get(address >> 12) or self._store_page(address)
        physical = page.physical | address & 0xFFF
        if physical >= self._memory_bytes and not self._isolated:
            self._store_outside(physical, None, value, mask)
        else:
            self._store_part(page, physical, value, mask)

    def load(self, register: int, value: int) -> None:
        self._delayed = (register, value)

    def merge_source(self, register: int) -> int:
        arriving = self._arriving
        return arriving[1] if arriving is not None and arriving[0] == register else self.gpr[register]

    def multiplied(self, hi: int, lo: int) -> None:
        self.hi, self.lo = hi, lo
        self._multiplier_ready = self.cycles + self.timing.multiply_cycles

    def divided(self, hi: int, lo: int) -> None:
        self.hi, self.lo = hi, lo
        self._multiplier_ready = self.cycles + self.timing.divide_cycles

    def read_hi(self) -> int:
        self.cycles = max(self.cycles, self._multiplier_ready)
        return self.hi

    def read_lo(self) -> int:
        self.cycles = max(self.cycles, self._multiplier_ready)
        return self.lo

    def write_hi(self, value: int) -> None:
        self.hi = value

    def write_lo(self, value: int) -> None:
        self.lo = value

    def read_control(self, register: int) -> int:
        return self.cp0.read(register, self._random(), self.interrupt_lines)

    def write_control(self, register: int, value: int) -> None:
        if register == Control.SR and value & cp0.STATUS_REVERSE:
            raise BeyondModel(REVERSE)
        self.cp0.write(register, value)
        if register == Control.ENTRYHI:
            self._forget_pages()
        self._mode_changed()

    def coprocessor_condition(self) -> bool:
        """True when the write buffer is empty, as wired on DECstations."""
        return self.write_buffer.last <= self.cycles

    def tlb_read(self) -> None:
        self.cp0.entry_hi, self.cp0.entry_lo = self.tlb.read(self.cp0.index >> 8 & ENTRIES - 1)
        self._forget_pages()

    def tlb_write_indexed(self) -> None:
        self.tlb.write(self.cp0.index >> 8 & ENTRIES - 1, self.cp0.entry_hi, self.cp0.entry_lo)
        self._forget_pages()

    def tlb_write_random(self) -> None:
        self.tlb.write(self._random(), self.cp0.entry_hi, self.cp0.entry_lo)
        self._forget_pages()

    def tlb_probe(self) -> None:
        index = self.tlb.probe(self.cp0.entry_hi)
        self.cp0.index = 1 << 31 if index is None else index << 8

    def _random(self) -> int:
        steps = self.cycles if self.timing.random_counts_cycles else self.instructions
        return ENTRIES - 1 - steps % (ENTRIES - WIRED)

    def return_from_exception(self) -> None:
        self.cp0.leave()
        self._mode_changed()

    def overflow(self) -> NoReturn:
        raise MachineException(ExceptionCode.OVERFLOW)

    def system_call(self) -> NoReturn:
        raise MachineException(ExceptionCode.SYSTEM_CALL)

    def breakpoint(self) -> NoReturn:
        raise MachineException(ExceptionCode.BREAKPOINT)

    def coprocessor_unusable(self, unit: int) -> NoReturn:
        raise MachineException(ExceptionCode.COPROCESSOR_UNUSABLE, unit=unit)


def _is_what_is_asked_for(cpu: Cpu) -> tuple[Executor, Processor]:
    """Has the type checker compare the CPU with what the rows ask for, and with what stations do."""
    return cpu, cpu
