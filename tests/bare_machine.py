"""A DECstation's processor and memory with nothing else, to run one image after another on. Either engine will do.

The caller's side of the handler ABI: it sets the registers, calls, and sees that the image kept its word. Memory that
the image may not touch is filled with a pattern, and compared afterwards.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal, Protocol

from dlcode_aegis_core.machine.bounds import image_timing
from dlcode_aegis_core.machine.bus import Bus, Window
from dlcode_aegis_core.machine.compiled import CompiledCpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory as Dram
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Processor
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_dsl.core.interpret import Memory, Packet
from dlcode_jit import abi
from dlcode_jit.mips.decode import ROW_BY_NAME, encode
from dlcode_jit.mips.registers import GENERAL_NAMES
from dlcode_jit.outcome import Outcome, cells_from_bytes, cells_to_bytes, effects_in, region_size, verdict_of
from dlcode_jit.r3000.image import MipsImage

KSEG0 = 0x8000_0000
SIZE = 0x6_0000
RETURN = 0x1000  # where the image returns to: nothing is executed there
PRELUDE = 0x1100  # what fills the write buffer
CODE = 0x2000
LEASE = 0x1_0000
QUEUE = 0x1_0100
REGIONS = 0x2_0000
STACK = 0x4_F000  # top of the stack
PACKETS = 0x5_0000  # a packet is where its layout wants it behind this,
BUFFER = 0x1F80_0000  # or here, in a controller's memory
BUFFER_SIZE = 0x1_0000
KSEG1 = 0xA000_0000
PATTERN = 0xA5

Engine = Callable[[Parameters, Bus, EventQueue], Processor]
State = Literal["as it is", "warm", "cold"]

REGISTER = {name: number for number, name in enumerate(GENERAL_NAMES)}
KEPT = ("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "gp", "k0", "k1")
EXCEPTIONS = (0xBFC0_0100, 0xBFC0_0180)  # vectors, while Status.BEV is set
MOST = 4_000_000
"""Cycles after which a run is taken to be endless."""


class Code(Protocol):
    """What becomes an image where it is placed."""

    def place(self, base: int) -> MipsImage:
        """The image at an address."""


class BareMachine:
    """One image, placed in memory; each run has its own packet, regions and queue."""

    def __init__(self, code: Code, parameters: Parameters, engine: Engine = CompiledCpu) -> None:
        self.image: MipsImage = code.place(KSEG0 + CODE)
        dram = Dram(SIZE)
        self.timing = image_timing(parameters)
        store, divide = encode(ROW_BY_NAME["sw"], (2, 0, 1)), encode(ROW_BY_NAME["divu"], (1, 1))
        self.prelude = [store] * (4 * self.timing.depth) + [divide]
        self.buffer: Window | None = None
        if self.image.layout.name in ("buffer", "halves"):
            read, halves = self.timing.packet_read, self.image.layout.least > 1
            self.buffer = Window(BUFFER, BUFFER_SIZE, read, self.timing.drain, halves=halves)
        self.cpu = engine(parameters, Bus(dram, [self.buffer] if self.buffer else []), EventQueue())
        self.cycles = 0
        """Of the last run, from its first instruction to the delay slot of its return."""
        self.memory = dram.data
        self.packet = (BUFFER if self.buffer else PACKETS) + self.image.layout.base.remainder
        """Physical address of the first byte."""
        assert CODE + self.image.size <= LEASE
        assert QUEUE + self.image.queue.size <= REGIONS
        assert len(self.memory) == SIZE

    def run(self, packet: Packet, memory: Memory | None = None, state: State = "as it is") -> Outcome:
        """As the interpreter's `run`. An AssertionError says how the image broke the ABI.

        `warm`: everything is in the caches, which must be large enough to hold all of memory, and the write buffer is
        empty. `cold`: nothing is, and the write buffer is full.
        """
        image, data = self.image, packet.data
        before = bytearray([PATTERN]) * SIZE
        before[CODE : CODE + image.size] = image.data
        struct.pack_into(f"<{len(self.prelude)}I", before, PRELUDE, *self.prelude)
        laid = image.layout.spread(data, PATTERN)
        if self.buffer is not None:
            start = self.packet - BUFFER
            self.buffer.data[:] = bytes([PATTERN]) * BUFFER_SIZE
            self.buffer.data[start : start + len(laid)] = laid
        else:
            before[self.packet : self.packet + len(laid)] = laid
        places, free = [], REGIONS
        for region in image.program.regions:
            places.append(free)
            size = region_size(region)
            before[free : free + size] = cells_to_bytes(region, (memory or {}).get(region.name, [0] * region.count))
            free = -(-(free + size) // abi.REGION_ALIGNMENT) * abi.REGION_ALIGNMENT
        assert free <= STACK - 0x1000
        words = [KSEG0 + place for place in (QUEUE, *places)]
        struct.pack_into(f"<{len(words)}I", before, LEASE, *words)
        struct.pack_into("<I", before, QUEUE + abi.QUEUE_COUNT, 0)
        self.memory[:] = before
        self.cpu.data_cache.clear()  # memory was written behind its back
        if state == "warm":
            stack = STACK - image.stack, image.stack + abi.MIPS_ARGUMENT_AREA
            lent = QUEUE, free - QUEUE
            held = (self.packet, len(laid)) if self.buffer is None else (0, 0)
            self._warm((CODE, image.size), (LEASE, 4 * len(words)), lent, stack, held)
        elif state == "cold":
            self._chill()
        verdict = verdict_of(image.program, self._call(len(data), packet.wire_length))
        after = bytes(self.memory)

        may_change = [(QUEUE, image.queue.size), (STACK - image.stack, image.stack + abi.MIPS_ARGUMENT_AREA)]
        may_change += [
            (place, region_size(region)) for place, region in zip(places, image.program.regions, strict=True)
        ]
        if "rewrite" in image.program.may:
            assert image.layout.piece == 0, "a private copy is plain memory"
            may_change.append((self.packet, len(data)))
        kept = bytearray(after)
        for start, size in may_change:
            kept[start : start + size] = before[start : start + size]
        assert kept == before, "the image wrote where it may not"

        cells = {
            region.name: cells_from_bytes(region, after[place : place + region_size(region)])
            for place, region in zip(places, image.program.regions, strict=True)
        }
        queue = after[QUEUE : QUEUE + image.queue.size]
        effects = effects_in(queue, image.queue, image.sites) if verdict.keeps_effects else ()
        where, start = (after, self.packet) if self.buffer is None else (self.buffer.data, self.packet - BUFFER)
        left = bytes(where[start + image.layout.place(offset)] for offset in range(len(data)))
        return Outcome(verdict, cells, effects, left)

    def _warm(self, *stretches: tuple[int, int]) -> None:
        cpu = self.cpu
        cpu.stall(1000)
        words = memoryview(self.memory).cast("I")
        for start, size in stretches:
            for word in range(start // 4, -(-(start + size) // 4)):
                cpu.data_cache.fill(word, words[word])
                cpu.instruction_cache.fill(word, words[word])

    def _chill(self) -> None:
        """Fill the write buffer and start a division, then empty the caches."""
        cpu = self.cpu
        cpu.gpr[REGISTER["at"]] = KSEG0 + RETURN
        cpu.gpr[REGISTER["v0"]] = int.from_bytes(bytes([PATTERN]) * 4, "little")
        self._run(KSEG0 + PRELUDE, KSEG0 + PRELUDE + 4 * len(self.prelude))
        cpu.instruction_cache.clear()
        cpu.data_cache.clear()

    def _run(self, start: int, end: int) -> None:
        cpu = self.cpu
        cpu.pc = start
        cpu.breakpoints = {end, *EXCEPTIONS}
        cpu.run((cpu.cycles + MOST) * PICOSECONDS // cpu.clock_hz)
        assert cpu.pc not in EXCEPTIONS, f"exception {cpu.cp0.cause >> 2 & 31} at {cpu.cp0.epc:#x}"
        assert cpu.pc == end, "still running"

    def _call(self, length: int, wire_length: int) -> int:
        cpu, image = self.cpu, self.image
        packets = KSEG0 if image.layout.cached else KSEG1
        for number in range(1, 32):
            cpu.gpr[number] = 0xDEAD_0000 | number
        arguments = {"a0": packets + self.packet, "a1": length, "a2": wire_length, "a3": KSEG0 + LEASE}
        for name, value in {**arguments, "sp": KSEG0 + STACK, "ra": KSEG0 + RETURN}.items():
            cpu.gpr[REGISTER[name]] = value
        kept = {name: cpu.gpr[REGISTER[name]] for name in (*KEPT, "sp")}
        begun = cpu.cycles
        self._run(image.entry, KSEG0 + RETURN)
        self.cycles = cpu.cycles - begun
        assert {name: cpu.gpr[REGISTER[name]] for name in kept} == kept, "a register that a callee keeps was changed"
        return cpu.gpr[REGISTER["v0"]]
