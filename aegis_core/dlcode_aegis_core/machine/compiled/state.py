"""The compiled processor's state, as one record that compiled code and Python share."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, Structure, c_int64
from typing import Annotated, Final, TypeAlias

from dlcode_aegis_core.machine.compiled.cells import (
    Bounds,
    Callback,
    Code,
    Distances,
    FixedCount,
    FixedFlag,
    FixedWord,
    Flag,
    Frames,
    Key,
    Lines,
    Memory,
    Pages,
    Register,
    Registers,
    Signal,
    Tags,
    Time,
    Times,
    TlbPairs,
    Unit,
    Word,
    Words,
    declare,
    layout,
)
from dlcode_aegis_core.machine.cp0 import Cp0

NOWHERE: Final = 32
"""The register that takes what instructions write to $zero, and what no load brings."""

PARTIAL: Final = 3
"""The width that stands for a store of some bytes of a word, by swl or swr."""

# Why a loop ended.
FINISHED: Final = 0  # the time has come
DUE: Final = 1  # an event, or a store to a device
ABANDONED: Final = 2  # Python raised an exception
LIMIT: Final = 3  # so many instructions were executed
BREAKPOINT: Final = 4  # the next instruction may have one
ANCHOR: Final = 5  # the next instruction is at the anchor
FULL: Final = 6  # no more room for the trace

TRACED: Final = 4096
"""Instructions that the trace has room for."""


LoadDevice: TypeAlias = Annotated[Callable[[int, int], int], Callback(CFUNCTYPE(c_int64, *[c_int64] * 2))]
StoreDevice: TypeAlias = Annotated[Callable[[int, int, int], int], Callback(CFUNCTYPE(c_int64, *[c_int64] * 3))]
Tell: TypeAlias = Annotated[Callable[[], int], Callback(CFUNCTYPE(c_int64))]
Probe: TypeAlias = Annotated[Callable[[int], int], Callback(CFUNCTYPE(c_int64, c_int64))]


class Trap(Signal):
    """The instruction ends in an exception of the machine, which the fields `exception…` tell of."""

    number = 1


class Abandoned(Signal):
    """Python raised an exception in a callback: the run ends."""

    number = 2


class State(Structure):
    """Comments say what the oracle (`cpu.py`) has no word for."""

    # One instruction
    pc: Word
    next_pc: Word
    target: Word  # where to go on after the next instruction
    in_slot: Flag
    delayed: Register  # the load whose value arrives after the next instruction; NOWHERE if there is none
    delayed_value: Word
    arriving: Register  # the one before
    arriving_value: Word
    cycles: Time
    instructions: Time
    horizon: Time
    signal: Word
    gpr: Registers
    hi: Word
    lo: Word
    multiplier_ready: Time
    cp0: Cp0
    interrupt_lines: Lines

    # What the exception under way is
    exception: Code
    exception_unit: Unit
    exception_address: Word
    exception_blames: Flag
    exception_translation: Flag
    exception_refill: Flag

    # A run
    until: Time
    next_event: Time
    limit: Time  # instructions after which an observed run stops
    passing: Key  # address whose breakpoint does not count
    anchor: Key  # address at which an observed run stops
    breakpoints: Flag
    breakpoint_map: Words  # a bit for each word of 256 KiB
    tracing: Flag
    traced: Word  # entries of the next two
    trace_addresses: Words
    trace_cycles: Times
    disturbances: Time  # what makes a turn of a loop unlike the one before, beyond what this record shows

    # Addresses
    mode: Word  # the bits of Status that the next ten follow from
    isolated: Flag
    direct: Word  # bits 31:29 of addresses that lead to the caches as they are; 1 for none
    fetch_page: Key
    fetch_base: Word
    fetch_tags: Tags
    fetch_words: Words
    fetch_mask: Word
    access_tags: Tags
    access_words: Words
    access_mask: Word
    generation: Time  # in bits 61:20: that of the translations below which still hold
    load_keys: Pages
    load_frames: Frames
    store_keys: Pages
    store_frames: Frames
    tlb: TlbPairs
    instruction_tags: Tags
    instruction_words: Words
    instruction_mask: FixedWord
    data_tags: Tags
    data_words: Words
    data_mask: FixedWord

    # Memory
    memory: Memory
    memory_bytes: FixedWord
    windows: FixedWord
    window_start: Bounds
    window_size: Bounds
    window_words: Distances  # from the start of memory
    window_load_cycles: Bounds
    window_store_cycles: Bounds
    window_halves: Bounds

    # The write buffer
    depth: FixedWord
    ring_mask: FixedWord
    times: Times  # a ring: when entry `number & ring_mask` drains
    posted: Time  # stores so far
    retired: Time  # of these, have drained
    last: Time
    next_effect: Time

    # The model's numbers
    multiply_cycles: FixedWord
    divide_cycles: FixedWord
    exception_cycles: FixedWord
    partial_store_cycles: FixedWord
    drain_cycles: FixedWord
    read_cycles: FixedWord
    refill_cycles: FixedWord
    refill_words: FixedCount
    reads_pass: FixedFlag
    random_counts_cycles: FixedFlag

    # Python
    load_device: LoadDevice
    store_device: StoreDevice
    retire_effects: Tell
    probe: Probe
    reverse: Tell
    abandoned: Flag


declare(State)

_FIELDS: Final = layout(State)[0]
CALLBACKS: Final = {name: field.kind.ctype for name, field in _FIELDS.items() if isinstance(field.kind, Callback)}
"""The types of what Python gives compiled code to call."""

HOT: Final = (
    *("pc", "next_pc", "target", "in_slot", "delayed", "delayed_value", "arriving", "arriving_value"),
    *("cycles", "instructions", "horizon", "signal"),
    *("fetch_page", "fetch_base", "fetch_tags", "fetch_words", "fetch_mask"),
)
"""What compiled code keeps in registers."""

SHARED: Final = frozenset({"pc", "next_pc", "cycles", "instructions", "horizon"})
"""Of that, what Python sees in a callback, and may change: `cycles` and `horizon`."""
