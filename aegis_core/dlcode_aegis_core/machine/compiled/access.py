"""Reading and writing, as `cpu.py` has it: translations, caches, memory, windows, devices and the write buffer.

In the translated part of Python. What most accesses need comes first and is inlined; the rest is `rare`.
"""

from __future__ import annotations

from typing import Final, NoReturn

from dlcode_aegis_core.machine.compiled.cells import FAR, MASK, Width, Word, rare
from dlcode_aegis_core.machine.compiled.state import PARTIAL, Abandoned, State, Trap
from dlcode_aegis_core.machine.tlb import DIRTY, ENTRIES, GLOBAL, IDENTIFIER, PAGE, UNCACHED, VALID
from dlcode_jit.mips.registers import ExceptionCode

FETCH: Final = 0
LOAD: Final = 1
STORE: Final = 2

NONE: Final = MASK
"""No entry of the TLB."""

RECENT: Final = 0x3F
"""A page's translation is remembered at its number's low bits."""


# Exceptions ----------------------------------------------------------------------------------------------------------


def trap(cpu: State, code: int) -> NoReturn:
    """End the instruction in an exception."""
    cpu.exception = code
    cpu.exception_unit = 0
    cpu.exception_blames = False
    cpu.exception_refill = False
    raise Trap


def blame(cpu: State, code: int, address: int, translation: bool, refill: bool) -> NoReturn:
    """End it in one that is about an address."""
    cpu.exception = code
    cpu.exception_unit = 0
    cpu.exception_blames = True
    cpu.exception_address = address
    cpu.exception_translation = translation
    cpu.exception_refill = refill
    raise Trap


# Translations --------------------------------------------------------------------------------------------------------


def find(cpu: State, entry_hi: int) -> int:
    """The TLB entry that matches, or NONE."""
    found: Word = NONE
    for index in range(ENTRIES):
        different = cpu.tlb[2 * index] ^ entry_hi
        if not different & PAGE and (cpu.tlb[2 * index + 1] & GLOBAL or not different & IDENTIFIER):
            if found != NONE:
                cpu.probe(entry_hi)
                raise Abandoned
            found = index
    return found


@rare
def translate(cpu: State, address: Word, access: Word) -> int:
    """Physical address of a page, and UNCACHED if it is."""
    if address >= 0x80000000:
        if cpu.cp0.user:
            code = ExceptionCode.ADDRESS_STORE if access == STORE else ExceptionCode.ADDRESS_LOAD
            blame(cpu, code, address, False, False)
        if address < 0xC0000000:
            return address & 0x1FFFF000 | (0 if address < 0xA0000000 else UNCACHED)
    code = ExceptionCode.TLB_STORE if access == STORE else ExceptionCode.TLB_LOAD
    index = find(cpu, address & PAGE | cpu.cp0.entry_hi & IDENTIFIER)
    if index == NONE:
        blame(cpu, code, address, True, address < 0x80000000)
    low = cpu.tlb[2 * index + 1]
    if not low & VALID:
        blame(cpu, code, address, True, False)
    if access == STORE and not low & DIRTY:
        blame(cpu, ExceptionCode.TLB_MODIFIED, address, True, False)
    return low & (PAGE | UNCACHED)


def remembers(cpu: State, key: int, address: int) -> bool:
    """Whether a key kept for a page is that of the page of an address, and still holds."""
    return key == cpu.generation | address >> 12


# The write buffer ----------------------------------------------------------------------------------------------------


def retire(cpu: State) -> None:
    """Let all that has drained by now take effect, in order."""
    if cpu.next_effect <= cpu.cycles:
        cpu.retire_effects()
        if cpu.abandoned:
            raise Abandoned
    while cpu.retired != cpu.posted and cpu.times[cpu.retired & cpu.ring_mask] <= cpu.cycles:
        cpu.retired += 1


@rare
def make_room(cpu: State) -> None:
    """Retire what has drained; wait if the buffer is full."""
    retire(cpu)
    if cpu.posted - cpu.retired == cpu.depth:
        cpu.cycles = cpu.times[cpu.retired & cpu.ring_mask]
        retire(cpu)


def post(cpu: State, cycles: int) -> None:
    """Enter a store to memory or a window, when there is room. Of what has drained without effect, one entry goes."""
    room = cpu.cycles
    if cpu.posted - cpu.retired == cpu.depth:
        room = max(cpu.cycles, cpu.times[cpu.retired & cpu.ring_mask])
    if cpu.next_effect <= room:
        make_room(cpu)
    elif cpu.posted - cpu.retired == cpu.depth:
        cpu.cycles = room
        cpu.retired += 1
    cpu.last = max(cpu.cycles, cpu.last) + cycles
    cpu.times[cpu.posted & cpu.ring_mask] = cpu.last
    cpu.posted += 1


def wait_to_read(cpu: State) -> None:
    """Wait for the stores that a read does not pass."""
    if cpu.reads_pass:
        retire(cpu)
        if cpu.retired != cpu.posted:
            cpu.cycles = cpu.times[cpu.retired & cpu.ring_mask]
            retire(cpu)
    else:
        while cpu.retired != cpu.posted:
            cpu.cycles = max(cpu.cycles, cpu.times[cpu.retired & cpu.ring_mask])
            retire(cpu)


def take_time(cpu: State, cycles: int) -> None:
    """Read for so many cycles; stores that were passed are put off."""
    cpu.cycles += cycles
    if cpu.retired != cpu.posted:
        for waiting in range(cpu.depth):
            number = cpu.retired + waiting
            if number < cpu.posted:
                cpu.times[number & cpu.ring_mask] += cycles
        cpu.last += cycles
        if cpu.next_effect != FAR:
            cpu.next_effect += cycles


# Reading -------------------------------------------------------------------------------------------------------------


def fill(cpu: State, access: int, word: int, value: int) -> None:
    """Let a word be cached."""
    if access == FETCH:
        cpu.fetch_tags[word & cpu.fetch_mask] = word
        cpu.fetch_words[word & cpu.fetch_mask] = value
    else:
        cpu.access_tags[word & cpu.access_mask] = word
        cpu.access_words[word & cpu.access_mask] = value


@rare
def refill(cpu: State, word: Word, access: Word) -> int:
    """Read the block around a word into a cache; the word."""
    cpu.disturbances += 1
    physical = word << 2 & MASK
    if physical >= cpu.memory_bytes:
        value = read_uncached(cpu, physical, 4, access)
        fill(cpu, access, physical >> 2, value)
        return value
    wait_to_read(cpu)
    take_time(cpu, cpu.refill_cycles)
    start = physical >> 2 & ~(cpu.refill_words - 1)
    for each in range(cpu.refill_words):
        fill(cpu, access, start | each, cpu.memory[start | each])
    return cpu.memory[physical >> 2]


def part(value: int, address: int, width: int) -> int:
    """The bytes of a word from an address on."""
    return value >> 8 * (address & 3) & (1 << 8 * width) - 1


@rare
def read_uncached(cpu: State, physical: Word, width: Width, access: Word) -> int:
    wait_to_read(cpu)
    if physical < cpu.memory_bytes:
        take_time(cpu, cpu.read_cycles)
        return part(cpu.memory[physical >> 2], physical, width)
    for index in range(cpu.windows):
        offset = physical - cpu.window_start[index & 7]
        if 0 <= offset and offset < cpu.window_size[index & 7]:
            if cpu.window_halves[index & 7] and (width != 2 or physical & 2):
                break
            take_time(cpu, cpu.window_load_cycles[index & 7])
            return part(cpu.memory[cpu.window_words[index & 7] + (offset >> 2)], physical, width)
    cpu.disturbances += 1
    value = cpu.load_device(physical, width)
    if cpu.abandoned:
        raise Abandoned
    if value < 0:
        trap(cpu, ExceptionCode.BUS_FETCH if access == FETCH else ExceptionCode.BUS_DATA)
    return value & MASK


def read_page(cpu: State, address: int, access: int) -> int:
    """As `translate`, for loads and fetches, whose pages are remembered unless they are not cached."""
    if remembers(cpu, cpu.load_keys[address >> 12 & RECENT], address):
        return cpu.load_frames[address >> 12 & RECENT]
    page = translate(cpu, address, access)
    if address < 0x80000000 and not page & UNCACHED and not cpu.isolated:
        cpu.load_keys[address >> 12 & RECENT] = cpu.generation | address >> 12
        cpu.load_frames[address >> 12 & RECENT] = page
    return page


@rare
def read_elsewhere(cpu: State, address: Word, width: Width) -> int:
    """Read what is not at hand in the cache."""
    page = read_page(cpu, address, LOAD)
    physical = page & PAGE | address & 0xFFF
    if cpu.isolated:
        return part(cpu.access_words[physical >> 2 & cpu.access_mask], address, width)
    if page & UNCACHED:
        return read_uncached(cpu, physical, width, LOAD)
    word = physical >> 2
    if cpu.access_tags[word & cpu.access_mask] == word:
        return part(cpu.access_words[word & cpu.access_mask], address, width)
    return part(refill(cpu, word, LOAD), address, width)


def read(cpu: State, address: int, width: int) -> int:
    address = address & MASK
    if address & width - 1:
        blame(cpu, ExceptionCode.ADDRESS_LOAD, address, False, False)
    at_hand = True
    physical = address & 0x1FFFFFFF
    if address & 0xE0000000 != cpu.direct:
        at_hand = remembers(cpu, cpu.load_keys[address >> 12 & RECENT], address)
        physical = cpu.load_frames[address >> 12 & RECENT] | address & 0xFFF
    word = physical >> 2
    if at_hand and cpu.access_tags[word & cpu.access_mask] == word:
        return part(cpu.access_words[word & cpu.access_mask], address, width)
    return read_elsewhere(cpu, address, width)


@rare
def fetch_elsewhere(cpu: State, pc: Word) -> int:
    """The instruction at an address when it is not in the page of the one before, or not cached."""
    if pc & 3:
        blame(cpu, ExceptionCode.ADDRESS_LOAD, pc, False, False)
    page = read_page(cpu, pc, FETCH)
    physical = page & PAGE | pc & 0xFFF
    if page & UNCACHED:
        return read_uncached(cpu, physical, 4, FETCH)
    cpu.fetch_page = pc & PAGE
    cpu.fetch_base = page & PAGE
    word = physical >> 2
    if cpu.fetch_tags[word & cpu.fetch_mask] == word:
        return cpu.fetch_words[word & cpu.fetch_mask]
    return refill(cpu, word, FETCH)


# Writing -------------------------------------------------------------------------------------------------------------


def store_memory(cpu: State, physical: int, value: int, mask: int) -> None:
    """Store the bits under `mask` in a cached word of memory, and in the cache: a whole word whatever it holds."""
    word = physical >> 2
    index = word & cpu.access_mask
    if mask == MASK:
        cpu.access_tags[index] = word
        cpu.access_words[index] = value
        cpu.memory[word] = value
    else:
        cpu.cycles += cpu.partial_store_cycles
        if cpu.access_tags[index] == word:
            cpu.access_words[index] = cpu.access_words[index] & ~mask | value
        cpu.memory[word] = cpu.memory[word] & ~mask | value
    post(cpu, cpu.drain_cycles)


@rare
def write_elsewhere(cpu: State, address: Word, width: Width, value: Word, mask: Word) -> None:
    """Write what does not go to a cached page of memory whose translation is at hand."""
    page = translate(cpu, address, STORE)
    physical = page & PAGE | address & 0xFFF
    if cpu.isolated:
        cpu.disturbances += 1
        if mask == MASK:
            fill(cpu, STORE, physical >> 2, value)
        else:
            cpu.access_tags[physical >> 2 & cpu.access_mask] = -1
    elif physical >= cpu.memory_bytes:
        write_outside(cpu, physical, width, value, mask)
    elif page & UNCACHED:
        cpu.memory[physical >> 2] = cpu.memory[physical >> 2] & ~mask | value
        post(cpu, cpu.drain_cycles)
    else:
        if address < 0x80000000:
            cpu.store_keys[address >> 12 & RECENT] = cpu.generation | address >> 12
            cpu.store_frames[address >> 12 & RECENT] = page
        store_memory(cpu, physical, value, mask)


def write_outside(cpu: State, physical: int, width: int, value: int, mask: int) -> None:
    """Write to a window or a device."""
    for index in range(cpu.windows):
        offset = physical - cpu.window_start[index & 7]
        if 0 <= offset and offset < cpu.window_size[index & 7]:
            if cpu.window_halves[index & 7] and (width != 2 or physical & 2):
                break
            word = cpu.window_words[index & 7] + (offset >> 2)
            cpu.memory[word] = cpu.memory[word] & ~mask | value
            post(cpu, cpu.window_store_cycles[index & 7])
            return
    cpu.disturbances += 1
    done = cpu.store_device(physical, width, value >> 8 * (physical & 3))
    if cpu.abandoned:
        raise Abandoned
    if done < 0:
        trap(cpu, ExceptionCode.BUS_DATA)


def write_bits(cpu: State, address: int, width: int, value: int, mask: int) -> None:
    """Store the bits under `mask` in the word around an address."""
    at_hand = address & 0x1FFFFFFF < cpu.memory_bytes
    physical = address & 0x1FFFFFFF
    if address & 0xE0000000 != cpu.direct:
        at_hand = remembers(cpu, cpu.store_keys[address >> 12 & RECENT], address)
        physical = cpu.store_frames[address >> 12 & RECENT] | address & 0xFFF
    if at_hand:
        store_memory(cpu, physical, value, mask)
    else:
        write_elsewhere(cpu, address, width, value, mask)


def write(cpu: State, address: int, width: int, value: int) -> None:
    address = address & MASK
    if address & width - 1:
        blame(cpu, ExceptionCode.ADDRESS_STORE, address, False, False)
    if width == 4:
        write_bits(cpu, address, 4, value, MASK)
    else:
        shift = 8 * (address & 3 & ~(width - 1))
        write_bits(cpu, address, width, value << shift & MASK, (1 << 8 * width) - 1 << shift & MASK)


@rare
def write_part(cpu: State, address: Word, value: Word, mask: Word) -> None:
    """A store of some bytes of a word."""
    write_bits(cpu, address, PARTIAL, value, mask)


def write_masked(cpu: State, address: int, value: int, mask: int) -> None:
    if mask == MASK:
        write(cpu, address, 4, value)
    else:
        write_part(cpu, address & MASK, value, mask)
