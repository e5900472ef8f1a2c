"""A DECstation on a wire, assembled from its parts as its model says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from dlcode_aegis_core.machine import board
from dlcode_aegis_core.machine.board import Wiring, access_cycles
from dlcode_aegis_core.machine.bus import Bus, Device
from dlcode_aegis_core.machine.byte_lanes import ByteLanes
from dlcode_aegis_core.machine.clock import EPOCH, Clock
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.lance import Lance
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.processor import Engine, Processor
from dlcode_aegis_core.machine.station_rom import StationRom
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_aegis_core.machine.wire import Wire

UNMAPPED: Final = range(0x80000000, 0xC0000000)
"""kseg0 and kseg1: the low 29 bits are the physical address."""


class Segment(Protocol):
    """Bytes at a virtual address."""

    @property
    def address(self) -> int: ...
    @property
    def data(self) -> bytes: ...


class Station:
    """CPU, memory, LANCE, clock, station ROM, and the board around them.

    `name` is what the wire's observers are told; `epoch` what the clock says at power-up.
    """

    def __init__(
        self,
        parameters: Parameters,
        wire: Wire,
        station_address: bytes,
        name: str,
        *,
        epoch: datetime = EPOCH,
        engine: Engine = "compiled",
    ) -> None:
        """Raises BadParameter if parts of the machine are given the same addresses, BeyondModel as the LANCE does."""
        self.parameters: Final = parameters
        self.wire: Final = wire
        self.station_address: Final = station_address
        self.name: Final = name
        self.events: Final = EventQueue()
        self.memory: Final = Memory(parameters.integer("memory.bytes"))
        wiring = Wiring(
            stall=lambda cycles: self.cpu.stall(cycles),
            set_line=lambda line, asserted: self.cpu.set_line(line, asserted),
            reset_lance=lambda held: self.lance.hold_in_reset(held),
        )
        self.board: Final = board.build(parameters, self.memory, wiring)
        port = wire.attach(name, self.events)
        self.lance: Final = Lance(
            parameters, self.events, self.board.dma, port, self.board.lance_interrupt, lambda: self.cpu.now_ps
        )
        self.lance.hold_in_reset(self.board.lance_held)
        self.clock: Final = Clock(parameters, self.events, self.board.clock_interrupt, lambda: self.cpu.now_ps, epoch)
        parts = (*self.board.parts, self.lance, *_eight_bit_parts(parameters, self.clock, StationRom(station_address)))
        try:
            bus = Bus(self.memory, parts)
        except ValueError as error:
            raise BadParameter(f"{parameters.title}: {error}") from None
        self.cpu: Final[Processor] = ENGINES[engine](parameters, bus, self.events)
        self.settled_ps = 0
        """All that this machine does before this time has happened."""

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
        """Run until the time is at or past `until_ps`, at an instruction's end, with all done that is due before.

        It ends early at a breakpoint of the processor's, with its time not settled.
        """
        self.cpu.run(until_ps)
        if self.cpu.stopped_at is not None:
            return
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


def _eight_bit_parts(parameters: Parameters, clock: Clock, rom: StationRom) -> list[Device]:
    """Clock and station ROM, in one place if the model puts them in different bytes of the same words."""
    clock_at, rom_at = parameters.integer("rtc.base"), parameters.integer("station_rom.base")
    lane = parameters.integer("station_rom.lane")
    clock_cycles = access_cycles(parameters, "rtc.access_ns")
    rom_cycles = access_cycles(parameters, "station_rom.access_ns")
    if clock_at == rom_at:
        return [ByteLanes(clock_at, max(clock_cycles, rom_cycles), {0: clock, lane: rom})]
    return [ByteLanes(clock_at, clock_cycles, {0: clock}), ByteLanes(rom_at, rom_cycles, {lane: rom})]
