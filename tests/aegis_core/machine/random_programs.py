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
from dlcode_jit.mips.decode import ROW_BY_NAME, encode
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
}

HANDLERS = """
        .set    noreorder
        .org    0x80000000              # a missing translation: map the page onto the frame of its low number
        mfc0    $k0, $c0_badvaddr
        mfc0    $k1, $c0_epc
        andi    $k0, $k0, 0xf000
        ori     $k0, $k0, 0x600
        mtc0    $k0, $c0_entrylo
        nop
        tlbwr
        jr      $k1
        rfe
        .org    0x80000080              # all else: go on after it, in the code as that mode sees it
        mfc0    $k0, $c0_sr
        mfc0    $k1, $c0_epc
        andi    $k0, $k0, 8
        sll     $k0, $k0, 19
        addiu   $k1, $k1, 8
        andi    $k1, $k1, 0xffc
        ori     $k1, $k1, 0x1000
        bnez    $k0, user
        or      $k1, $k1, $k0
        lui     $k0, 0x8000
        or      $k1, $k1, $k0
user:   jr      $k1
        rfe
"""
BOOT_ROM = 0x1FC00000

ADDRESSES, TARGETS, STATES, SPACES = range(16, 24), range(24, 26), range(12, 14), range(14, 15)
"""Registers that random instructions do not write: with addresses of data and of code, for Status, for EntryHi."""

ISOLATED, SWAPPED, USER = 1 << 16, 1 << 17, 2
CACHES = [ISOLATED, SWAPPED, ISOLATED | SWAPPED]


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
        self.windows = [
            Window(WINDOW, 256, 9, 6),
            Window(HALVES, 256, 8, 5, halves=True),
            Window(BOOT_ROM, 0x400, 4, 4),
        ]
        self.device = Mischief(self.memory, self.events)
        parameters = PARAMETERS.replace(CHANGES | (changes or {}) | _model(generator))
        self.cpu: Processor = ENGINES[engine](parameters, Bus(self.memory, [self.device, *self.windows]), self.events)
        self.device.cpu = self.cpu
        for segment in assemble(HANDLERS, "handlers", 0x80000000).segments:
            at = segment.address - 0x80000000
            self.memory.data[at : at + len(segment.data)] = segment.data
            self.windows[2].data[at + 0x100 : at + 0x100 + len(segment.data)] = segment.data
        for at in CODE[::4]:
            self.memory.words[at // 4] = _word(generator, at)
        if generator.random() < 0.7:  # else each instruction's first run is a read, which empties the write buffer
            for word in range(CODE.start // 4, CODE.stop // 4):
                self.cpu.instruction_cache.fill(word, self.memory.words[word])
        for index in range(MEMORY // 8, MEMORY // 4):
            self.memory.words[index] = generator.getrandbits(32)
        for index in range(64):
            self._map(index, generator)
        self.cpu.cp0.status = generator.choice([0, 0, 0xFF01, 0, 2, 0xFF03, 1 << 28 | 2])
        user = bool(self.cpu.cp0.status & 2)
        for register in range(1, 32):
            self.cpu.gpr[register] = _value(generator)
        for register in ADDRESSES:
            self.cpu.gpr[register] = _address(generator, user, seed % 4 == 0)
        for register in STATES:
            self.cpu.gpr[register] = generator.choice([0, *CACHES, 0xFF01, USER | ISOLATED, 8])
        for register in SPACES:
            self.cpu.gpr[register] = generator.choice([0x40, 0x80])  # another address space
        code = [0x00401000] if user else [0x80001000, 0xA0001000, 0x00401000]
        for register in TARGETS:
            self.cpu.gpr[register] = generator.choice(code) + 4 * generator.randrange(256)
        self.cpu.pc = generator.choice(code)
        for cycle in range(100, 3000, generator.choice([90, 700])):
            self.events.schedule(cycle * CYCLE_PS, self.device.event)

    def _map(self, index: int, generator: random.Random) -> None:
        """Entry n is for page n of kuseg at 400000, of kseg2, or of low kuseg."""
        page = generator.choice([0x00400000, 0xC0000000, 0]) + index * 0x1000
        flags = generator.choice([VALID | DIRTY | GLOBAL, VALID, VALID | DIRTY, 0, VALID | DIRTY | UNCACHED])
        frames = [index % 16 * 0x1000] * 6 + [DEVICE, WINDOW, HALVES]
        self.cpu.tlb.write(index, page, (generator.choice(frames) if index > 1 else index * 0x1000) | flags)

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
        "write_buffer.depth": generator.choice([1, 3, 6]),
        "write_buffer.reads_pass": generator.choice([0, 1]),
        "cache.partial_store_cycles": generator.choice([0, 1]),
    }


def _address(generator: random.Random, user: bool, devices_first: bool) -> int:
    """Of data, mostly where something answers in the mode in which the program starts."""
    place = 4 * generator.randrange(16)
    devices = [0xA0000000 | base for base in (DEVICE, WINDOW, HALVES, 0x1E000000)]
    seen = [0x00403000, 0x00005000, 0x00408FF0]
    if not user:
        seen += [0x80001000, 0x80001400, 0xA0001200, 0x80000FFC, 0x80003000, 0x80003800, 0xC0007000]
    return generator.choice([*(seen * (1 if devices_first else 4)), *(devices * (5 if devices_first else 1))]) + place


def _value(generator: random.Random) -> int:
    address, any_value = _address(generator, False, False), generator.getrandbits(32)
    return generator.choice([address, any_value, 0, 1, 0x7FFFFFFF, 0x80000000])


_WEIGHTS: dict[str | Kind, int] = {
    Kind.COMPUTE: 40,
    Kind.LOAD: 100,
    Kind.STORE: 200,
    Kind.BRANCH: 20,
    Kind.JUMP: 6,
    Kind.TRAP: 4,
    Kind.SYSTEM: 30,
    **dict.fromkeys(("add", "addi", "sub"), 15),
    **dict.fromkeys(("jr", "jalr", "tlbwi", "tlbwr", "tlbr"), 4),
    "mtc0": 60,
}
"""By name or kind."""
_ROWS = [row for row in ROWS for _ in range(_WEIGHTS.get(row.name, _WEIGHTS[row.kind]))]


def _word(generator: random.Random, at: int) -> int:
    """An instruction for a place. Branches and jumps lead ahead, but for a few: or else all would end in loops soon."""
    if at == CODE.stop - 8:
        return encode(ROW_BY_NAME["j"], (CODE.start // 4,))
    if generator.random() < 0.02:
        return generator.getrandbits(32)
    row = generator.choice(_ROWS)
    return encode(row, tuple(_operand(row, name, generator, at) for name in row.operands))


def _operand(row: Instruction, name: str, generator: random.Random, at: int) -> int:
    field = FIELDS[name]
    pick: dict[Operand, Callable[[], int]] = {
        Operand.GENERAL: lambda: generator.choice(_WRITTEN if name in row.writes else range(32)),
        Operand.CONTROL: lambda: int(generator.choice([*Control, 12, 12, 12, 10, 10, 0, 3])),
        Operand.DISPLACEMENT: lambda: generator.choice([generator.randrange(-6, 0), *[generator.randrange(12)] * 40]),
        Operand.TARGET: lambda: min(at + 4 * generator.randrange(2, 30), CODE.stop - 8) // 4,
    }
    if name == "base" and generator.random() < 0.97:
        return generator.choice(ADDRESSES)
    if row.name in ("jr", "jalr") and name == "rs" and generator.random() < 0.9:
        return generator.choice(TARGETS)
    if row.name == "mtc0" and name == "rt":
        registers: list[int] = [*STATES, *STATES, *SPACES, 0, *range(32)]
        return generator.choice(registers)
    if name == "offset":
        step = {"h": 2, "b": 1}.get(row.name[1], 1 if row.name[2:] in ("l", "r") else 4)
        near = [0, 4, 8, -4, step * generator.randrange(-16, 16)]
        return generator.choice([*near * 5, generator.randrange(-64, 64)])
    if field.operand in pick:
        return pick[field.operand]()
    values: list[int] = [*field.values[:9], field.values[-1], generator.choice(field.values)]
    return generator.choice(values)


_KEPT = {*ADDRESSES, *TARGETS, *STATES, *SPACES}
_WRITTEN = [*range(4, 12), *(each for each in range(32) if each not in _KEPT)]
