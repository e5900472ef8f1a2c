"""A merged set on an emulated R3000 with nothing else: code, tables and one packet at a time."""

from __future__ import annotations

from dlcode_aegis_core.machine.bounds import image_timing
from dlcode_aegis_core.machine.bus import Bus, Window
from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.interpret import Packet
from dlcode_jit.mips.registers import GENERAL_NAMES
from dlcode_jit.sets.r3000 import MipsSet

KSEG0, KSEG1, BUFFER = 0x8000_0000, 0xA000_0000, 0x1F80_0000
SIZE, RETURN, CODE, TABLES, STACK, PACKET = 0x8_0000, 0x1000, 0x2000, 0x3_0000, 0x6_E000, 0x1000
"""Tables of some KB, the stack and a packet have places of their own in a cache of 64 KB."""

REGISTER = {name: number for number, name in enumerate(GENERAL_NAMES)}
KEPT = ("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "gp", "k0", "k1", "sp")
MOST = 100_000
"""Instructions after which a run is taken to be endless."""


class SetMachine:
    """The code of a set in memory, as `load` found it; `update` makes the stores that it asks for since."""

    def __init__(self, of: MipsSet, model: str = "dec5000-125") -> None:
        dram, parameters, layout = Memory(SIZE), Parameters.load(model), of.target.layout
        self.of, self.memory = of, dram.data
        self.buffer: Window | None = None
        if layout.name in ("buffer", "halves"):
            timing = image_timing(parameters)
            self.buffer = Window(BUFFER, 0x1000, timing.packet_read, timing.drain, halves=layout.name == "halves")
        self.cpu = Cpu(parameters, Bus(dram, [self.buffer] if self.buffer else []), EventQueue())
        self.cycles = 0  # of the last run, from its first instruction to the delay slot of its return
        self.load()

    def load(self) -> None:
        """Put code and tables into memory."""
        self.compilations = self.of.compilations
        data, self.entry = self.of.code.place(KSEG0 + CODE)
        assert CODE + len(data) <= TABLES
        assert TABLES + len(self.of.code.tables) <= STACK - 0x1000
        self.memory[CODE : CODE + len(data)] = data
        self.memory[TABLES : TABLES + len(self.of.code.tables)] = self.of.code.tables
        self.cpu.instruction_cache.clear()
        for offset, value in self.of.stores():
            self.memory[TABLES + offset : TABLES + offset + 4] = value.to_bytes(4, "little")

    def update(self) -> int:
        """Let the machine have what has changed in the set: how many words were stored, without new code."""
        if self.compilations != self.of.compilations:
            self.load()
            return 0
        stores = self.of.stores()
        for offset, value in stores:
            self.memory[TABLES + offset : TABLES + offset + 4] = value.to_bytes(4, "little")
        return len(stores)

    def owner(self, packet: Packet, *, cached: bool = True, warm: bool = False) -> object:
        """The owner that the code finds; `warm` runs it twice, and the second time caches hold what they can."""
        layout = self.of.target.layout
        laid = layout.spread(packet.data, 0xA5)
        memory = self.memory if self.buffer is None else self.buffer.data
        place = len(memory) - len(laid)  # what is read a word behind the packet is not there
        place -= (place - layout.base.remainder) % layout.base.modulus
        memory[-PACKET:] = b"\xa5" * PACKET
        memory[place : place + len(laid)] = laid
        before, start = bytes(self.memory), place + (0 if self.buffer is None else BUFFER)
        self.cpu.data_cache.clear()  # memory was written behind its back
        address = (KSEG0 if cached and layout.cached else KSEG1) + start
        found = self._call(address, packet)
        if warm:
            assert self._call(address, packet) == found
        assert self.memory[: STACK - 0x100] == before[: STACK - 0x100], "a set writes nothing"
        return self.of.owner_of(found)

    def _call(self, address: int, packet: Packet) -> int:
        cpu = self.cpu
        for number in range(1, 32):
            cpu.gpr[number] = 0xDEAD_0000 | number
        arguments = {"a0": address, "a1": len(packet.data), "a2": packet.wire_length, "a3": KSEG0 + TABLES}
        for name, value in {**arguments, "sp": KSEG0 + STACK, "ra": KSEG0 + RETURN}.items():
            cpu.gpr[REGISTER[name]] = value
        kept = {name: cpu.gpr[REGISTER[name]] for name in KEPT}
        cpu.pc = self.entry
        last, begun = cpu.instructions + MOST, cpu.cycles
        while cpu.pc != KSEG0 + RETURN:
            cpu.step()
            assert KSEG0 + CODE <= cpu.pc < KSEG0 + TABLES or cpu.pc == KSEG0 + RETURN, f"at {cpu.pc:#x}"
            assert cpu.instructions < last, "still running"
        self.cycles = cpu.cycles - begun
        assert {name: cpu.gpr[REGISTER[name]] for name in kept} == kept, "a register that a callee keeps was changed"
        return int(cpu.gpr[REGISTER["v0"]])
