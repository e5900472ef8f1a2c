"""A processor with memory and a program, for tests of the CPU alone."""

from __future__ import annotations

from collections.abc import Iterable

from dlcode_aegis_core.machine.bus import Bus, Device, Window
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine
from dlcode_jit.mips.assemble import Assembly, Segment, assemble
from dlcode_jit.mips.registers import GENERAL_NUMBERS

PARAMETERS = Parameters.load("dec5000-125")
START = 0x80001000
UNCACHED_START = 0xA0001000
MEMORY = 1 << 22
MOST = 1_000_000
"""Cycles after which a program is taken to be endless."""

CYCLE_PS = 40_000
"""At the model's 25 MHz."""

READ = 12
"""Cycles of a read of memory: 400 ns, and 80 ns to come into step."""

DRAIN = 6
"""Cycles that a store takes to drain: 240 ns."""


class Program:
    """A program in a processor's memory; `stop` is the label at which a run ends."""

    engine: Engine = "python"
    """What programs run on, unless they say so; the fixture of that name sets it."""

    def __init__(
        self,
        source: str,
        *,
        base: int = START,
        devices: Iterable[Device | Window] = (),
        changes: dict[str, int] | None = None,
        boot_vectors: bool = False,
        engine: Engine | None = None,
    ) -> None:
        self.assembly: Assembly = assemble(source + "\nstop: nop\n", "test.s", base)
        self.memory = Memory(MEMORY)
        self.load(self.assembly.segments)
        self.events = EventQueue()
        parameters, bus = PARAMETERS.replace(changes or {}), Bus(self.memory, devices)
        self.cpu = ENGINES[engine or Program.engine](parameters, bus, self.events)
        if not boot_vectors:
            self.cpu.cp0.status = 0
        self.cpu.pc = self.assembly.symbols.get("start", base)

    def load(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            physical = segment.address & 0x1FFFFFFF
            self.memory.data[physical : physical + len(segment.data)] = segment.data

    def run(self, until: str = "stop") -> Program:
        """Execute, and stop before the instruction at a label."""
        target = self.assembly.symbols[until]
        if self.cpu.pc != target:
            self.cpu.breakpoints.add(target)
            self.cpu.run(self.cpu.now_ps + MOST * CYCLE_PS)
            self.cpu.breakpoints.remove(target)
            assert self.cpu.stopped_at == target, f"{until} is not reached; now at {self.cpu.pc:#x}"
        return self

    def warm(self) -> Program:
        """Put the whole program into the instruction cache, as if it had run before."""
        for segment in self.assembly.segments:
            first = (segment.address & 0x1FFFFFFF) >> 2
            for word in range(first, first + (len(segment.data) + 3) // 4):
                self.cpu.instruction_cache.fill(word, self.memory.words[word])
        return self

    def cached(self, label: str) -> Program:
        """Put the word at a label into the data cache."""
        word = (self.assembly.symbols[label] & 0x1FFFFFFF) >> 2
        self.cpu.data_cache.fill(word, self.memory.words[word])
        return self

    def __getitem__(self, register: str) -> int:
        return self.cpu.gpr[GENERAL_NUMBERS[register]]

    def word(self, address: int | str) -> int:
        """A word of memory, at an address or label."""
        number = self.assembly.symbols[address] if isinstance(address, str) else address
        return self.memory.words[(number & 0x1FFFFFFF) >> 2]


def values(program: Program, *registers: str) -> list[int]:
    """What registers hold."""
    return [program[register] for register in registers]
