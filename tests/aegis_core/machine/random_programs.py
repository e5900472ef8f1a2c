"""Random instruction streams with every row, and devices, interrupts and exceptions around them."""

from __future__ import annotations

import random
from collections.abc import Callable

from dlcode_aegis_core.machine.bus import Bus, Window
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.processor import Engine, Processor
from dlcode_aegis_core.machine.tlb import DIRTY, GLOBAL, UNCACHED, VALID
from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.decode import encode
from dlcode_jit.mips.registers import Control
from dlcode_jit.mips.row import FIELDS, Instruction, Kind, Operand
from dlcode_jit.mips.rows import ROWS
from tests.aegis_core.machine.processor import CYCLE_PS, PARAMETERS

MEMORY = 0x10000
CODE = range(0x1000, 0x2000)
"""Physical addresses of the program; data is everywhere, and stores hit the program too."""

DEVICE, WINDOW, HALVES = 0x1C000000, 0x1F800000, 0x19000000
CHANGES = {
    "cache.instruction_bytes": 4096,
    "cache.data_bytes": 2048,  # unequal, so that swapping them shows
    "write_buffer.depth": 3,
}

HANDLERS = """
        .set    noreorder
        .org    0x80000000              # a missing translation: map the page onto some frame
        mfc0    $k0, $c0_badvaddr
        mfc0    $k1, $c0_epc
        srl     $k0, $k0, 3
        andi    $k0, $k0, 0xf800
        ori     $k0, $k0, 0x700
        mtc0    $k0, $c0_entrylo
        nop
        tlbwr
        jr      $k1
        rfe
        .org    0x80000080              # all else: go on after it
        mfc0    $k1, $c0_epc
        mfc0    $k0, $c0_cause
        addiu   $k1, $k1, 8
        andi    $k1, $k1, 0x1ffc
        lui     $k0, 0x8000
        or      $k1, $k1, $k0
        jr      $k1
        rfe
"""

NEAR = ["0x80001000", "0x80001400", "0xa0001200", "0x00403000", "0x00005000", "0xc0007000", "0x80000ffc"]


class Mischief:
    """A device whose loads, stores and events steal time, flip interrupt lines and write memory, all by numbers."""

    base, size = DEVICE, 64

    def __init__(self, memory: Memory, events: EventQueue) -> None:
        self.cpu: Processor | None = None
        self._memory, self._events = memory, events
        self.log: list[tuple[object, ...]] = []

    def load_cycles(self, offset: int, width: int) -> int:
        return 3 + offset % 7

    def store_cycles(self, offset: int, width: int) -> int:
        return 2 + offset % 11

    def load(self, offset: int, width: int) -> int:
        return self._touched("load", offset, width, 0)

    def store(self, offset: int, width: int, value: int) -> None:
        self._touched("store", offset, width, value)

    def event(self) -> None:
        self._touched("event", 0, 0, 0)

    def _touched(self, what: str, offset: int, width: int, value: int) -> int:
        assert self.cpu is not None
        self.log.append((what, offset, width, value, self.cpu.cycles))
        number = len(self.log)
        if number % 3 == 0:
            self.cpu.set_line(number % 6, bool(number & 8))
        if number % 4 == 1 and number < 200:
            self._events.schedule(self.cpu.now_ps + number % 50 * CYCLE_PS + 7, self.event)
        if number % 5 == 2:
            self.cpu.stall(number % 9)
        if number % 7 == 3:
            self._memory.words[number * 16 % (MEMORY // 4)] ^= number
        return number * 0x9E3779B1 & 0xFFFFFFFF


class Run:
    """A random program on an engine."""

    def __init__(self, seed: int, engine: Engine, changes: dict[str, int] | None = None) -> None:
        generator = random.Random(seed)
        self.memory, self.events = Memory(MEMORY), EventQueue()
        self.windows = [Window(WINDOW, 256, 9, 6), Window(HALVES, 256, 8, 5, halves=True)]
        self.device = Mischief(self.memory, self.events)
        parameters = PARAMETERS.replace(CHANGES | (changes or {}) | _model(generator))
        self.cpu: Processor = ENGINES[engine](parameters, Bus(self.memory, [self.device, *self.windows]), self.events)
        self.device.cpu = self.cpu
        for segment in assemble(HANDLERS, "handlers", 0x80000000).segments:
            at = segment.address & 0x1FFFFFFF
            self.memory.data[at : at + len(segment.data)] = segment.data
        for at in CODE[::4]:
            self.memory.words[at // 4] = _word(generator)
        for index in range(MEMORY // 8, MEMORY // 4):
            self.memory.words[index] = generator.getrandbits(32)
        for index in range(64):
            self._map(index, generator)
        for register in range(1, 32):
            self.cpu.gpr[register] = _value(generator)
        self.cpu.cp0.status = generator.choice([0, 0, 0xFF01, 2, 0xFF03, 1 << 28 | 2])
        start = generator.choice([0x80001000, 0xA0001000, 0x00401000])
        self.cpu.pc = start if self.cpu.cp0.status & 2 == 0 else 0x00401000
        for cycle in range(100, 3000, generator.choice([90, 700])):
            self.events.schedule(cycle * CYCLE_PS, self.device.event)

    def _map(self, index: int, generator: random.Random) -> None:
        """Entry n is for page n of kuseg at 400000, of kseg2, or of low kuseg."""
        page = generator.choice([0x00400000, 0xC0000000, 0]) + index * 0x1000
        flags = generator.choice([VALID | DIRTY | GLOBAL, VALID | GLOBAL, VALID | DIRTY, 0, VALID | DIRTY | UNCACHED])
        frames = [index % 16 * 0x1000, DEVICE, WINDOW, HALVES] if index > 2 else [index * 0x1000]
        self.cpu.tlb.write(index, page, generator.choice(frames) | flags)

    def run(self, cycles: int) -> str | None:
        """To a cycle; what ended it early."""
        try:
            self.cpu.run(cycles * CYCLE_PS)
        except Exception as error:
            return repr(error)
        return None

    def registers(self) -> tuple[object, ...]:
        """What is quickly compared."""
        cpu = self.cpu
        names = "index entry_lo context bad_address entry_hi status cause epc".split()
        return (
            *(cpu.cycles, cpu.instructions, cpu.pc, cpu.next_pc, cpu.pending_load, cpu.hi, cpu.lo),
            *(list(cpu.gpr)[:32], [getattr(cpu.cp0, name) for name in names], cpu.interrupt_lines),
            *(cpu.write_buffer.last, cpu.write_buffer.next_effect, len(self.device.log)),
        )

    def everything(self) -> tuple[object, ...]:
        """All there is."""
        cpu = self.cpu
        caches = [(cache.tags.tolist(), cache.words.tolist()) for cache in (cpu.instruction_cache, cpu.data_cache)]
        memories = [bytes(self.memory.data), *(bytes(window.data) for window in self.windows)]
        return *self.registers(), cpu.tlb.pairs.tolist(), caches, memories, list(self.device.log)


def _model(generator: random.Random) -> dict[str, int]:
    """Numbers that change how things are timed."""
    return {
        "cache.refill_words": generator.choice([1, 1, 4]),
        "tlb.random_counts_cycles": generator.choice([0, 1]),
        "write_buffer.drain_ns": generator.choice([40, 240, 400]),
    }


def _value(generator: random.Random) -> int:
    near = int(generator.choice(NEAR), 16) + 4 * generator.randrange(16)
    devices = [0xA0000000 | base | 4 * generator.randrange(16) for base in (DEVICE, WINDOW, HALVES, 0x1E000000)]
    return generator.choice([near, near, generator.choice(devices), generator.getrandbits(32), 0, 0x7FFFFFFF])


_WEIGHTS = {Kind.COMPUTE: 5, Kind.LOAD: 12, Kind.STORE: 12, Kind.BRANCH: 2, Kind.JUMP: 1, Kind.TRAP: 1, Kind.SYSTEM: 4}
_ROWS = [row for row in ROWS for _ in range(_WEIGHTS[row.kind])]


def _word(generator: random.Random) -> int:
    if generator.random() < 0.02:
        return generator.getrandbits(32)
    row = generator.choice(_ROWS)
    return encode(row, tuple(_operand(row, name, generator) for name in row.operands))


def _operand(row: Instruction, name: str, generator: random.Random) -> int:
    field = FIELDS[name]
    pick: dict[Operand, Callable[[], int]] = {
        Operand.GENERAL: lambda: generator.choice([*range(32), *range(4, 12)]),
        Operand.CONTROL: lambda: int(generator.choice([*Control, 12, 10, 0, 3])),
        Operand.DISPLACEMENT: lambda: generator.randrange(-12, 12),
        Operand.TARGET: lambda: generator.randrange(CODE.start // 4, CODE.stop // 4),
    }
    if name == "offset":
        return generator.choice([0, 4, 8, -4, generator.randrange(-64, 64)])
    if field.operand in pick:
        return pick[field.operand]()
    values: list[int] = [*field.values[:9], field.values[-1], generator.choice(field.values)]
    return generator.choice(values)


