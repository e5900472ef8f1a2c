"""A DECstation 5000/1xx on a wire, assembled from its parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.ioasic import IoAsic, StationRom
from dlcode_aegis_core.machine.lance import Lance
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_aegis_core.machine.wire import Wire

IO_LINE: Final = 3
"""The CPU's hardware line that the I/O ASIC drives: IP5."""

UNMAPPED: Final = range(0x80000000, 0xC0000000)
"""kseg0 and kseg1: the low 29 bits are the physical address."""


class Segment(Protocol):
    """Bytes at a virtual address."""

    @property
    def address(self) -> int: ...
    @property
    def data(self) -> bytes: ...


class DecStation:
    """CPU, memory, I/O ASIC, LANCE and station ROM. `name` is what the wire's observers are told."""

    def __init__(self, parameters: Parameters, wire: Wire, station_address: bytes, name: str) -> None:
        self.parameters: Final = parameters
        self.wire: Final = wire
        self.station_address: Final = station_address
        self.name: Final = name
        self.events: Final = EventQueue()
        self.memory: Final = Memory(parameters.integer("memory.bytes"))
        self.asic: Final = IoAsic(
            parameters,
            self.memory.data,
            stall=lambda cycles: self.cpu.stall(cycles),
            interrupt=lambda asserted: self.cpu.set_line(IO_LINE, asserted),
            reset_lance=lambda held: self.lance.hold_in_reset(held),
        )
        port = wire.attach(name, self.events)
        self.rom: Final = StationRom(parameters, station_address)
        self.settled_ps = 0
        """All that this machine does before this time has happened."""
        self.lance: Final = Lance(
            parameters, self.events, self.asic, port, self.asic.set_lance_line, clock=lambda: self.cpu.now_ps
        )
        self.cpu: Final = Cpu(parameters, Bus(self.memory, [self.asic, self.rom, self.lance]), self.events)

    @property
    def lookahead_ps(self) -> int:
        """How long before a first bit the machine asks for the wire, at least."""
        return self.lance.lookahead_ps

    def load(self, segments: Iterable[Segment]) -> None:
        """Put bytes into memory, at addresses in kseg0 or kseg1. Raises ValueError for any other place."""
        for segment in segments:
            start = segment.address & 0x1FFFFFFF
            end = start + len(segment.data)
            if segment.address not in UNMAPPED or end > self.memory.size:
                raise ValueError(f"no memory for {len(segment.data)} bytes at {segment.address:#010x}")
            self.memory.data[start:end] = segment.data

    def run(self, until_ps: int) -> None:
        """Run until the time is at or past `until_ps`, at an instruction's end, with all done that is due before."""
        self.cpu.run(until_ps)
        # The last instruction may have taken the CPU past what was due on the way: in order, as the CPU would do it.
        buffer, clock_hz = self.cpu.write_buffer, self.cpu.clock_hz
        while True:
            effect_ps = buffer.next_effect * PICOSECONDS // clock_hz
            if effect_ps < until_ps:
                self.events.run_due(effect_ps)
                buffer.retire(buffer.next_effect)
            elif self.events.next_time_ps < until_ps:
                self.events.run_due(until_ps - 1)
            else:
                break
        self.settled_ps = max(self.settled_ps, until_ps)
