"""What is around the processor, by the kind of board that a model names: devices, the LANCE's way to memory, lines.

    ioasic   5000/125     LANCE by DMA through the I/O ASIC; LANCE and clock interrupt through it
    kn02     5000/200     LANCE with 128 KB of its own; LANCE through the system register, clock on its own line
    kn01     3100, 2100   LANCE with 64 KB of its own, in halfwords; LANCE and clock on lines of their own

Devices that are left out do not answer: a bus error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from dlcode_aegis_core.machine.buffer_memory import BufferMemory
from dlcode_aegis_core.machine.bus import Device, Window
from dlcode_aegis_core.machine.dma import Dma
from dlcode_aegis_core.machine.ioasic import Interrupt, IoAsic
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.system_registers import LANCE, Kn01Register, Kn02Register
from dlcode_aegis_core.machine.units import cycles_of

Level: TypeAlias = Callable[[bool], None]
"""Takes the level of a line."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a board does to the processor and to the LANCE."""

    stall: Callable[[int], None]
    """Hold the processor up for so many cycles."""
    set_line: Callable[[int, bool], None]
    """The processor's interrupt lines 0 to 5."""
    reset_lance: Level


@dataclass(frozen=True, slots=True)
class Board:
    """What a kind of board has besides LANCE, clock and station ROM."""

    dma: Dma
    lance_interrupt: Level
    clock_interrupt: Level
    parts: tuple[Device | Window, ...]
    lance_held: bool = False
    """Whether the LANCE is in reset at power-up."""


def build(parameters: Parameters, memory: Memory, wiring: Wiring) -> Board:
    """The board that the model names. Raises BadParameter for one that can't be."""
    return _BOARDS[parameters.board](parameters, memory, wiring)


def access_cycles(parameters: Parameters, name: str) -> int:
    """CPU cycles of an access that takes so many nanoseconds."""
    return cycles_of(int(parameters[name] * 1000), parameters.integer("cpu.clock_hz"))


def _line(parameters: Parameters, wiring: Wiring, name: str) -> Level:
    return partial(wiring.set_line, parameters.integer(name))


def _ioasic(parameters: Parameters, memory: Memory, wiring: Wiring) -> Board:
    interrupt = _line(parameters, wiring, "ioasic.interrupt_line")
    asic = IoAsic(parameters, memory.data, wiring.stall, interrupt, wiring.reset_lance)
    lance, clock = partial(asic.set_line, Interrupt.LANCE), partial(asic.set_line, Interrupt.CLOCK)
    return Board(asic, lance, clock, parts=(asic,), lance_held=True)


def _kn02(parameters: Parameters, memory: Memory, wiring: Wiring) -> Board:
    register = Kn02Register(
        parameters.integer("kn02.csr_base"),
        access_cycles(parameters, "kn02.register_access_ns"),
        _line(parameters, wiring, "kn02.interrupt_line"),
    )
    window = _buffer(parameters, halves=False)
    return Board(
        BufferMemory(window, parameters.integer("lance_buffer.bytes")),
        lance_interrupt=partial(register.set_line, LANCE),
        clock_interrupt=_line(parameters, wiring, "rtc.interrupt_line"),
        parts=(register, window),
    )


def _kn01(parameters: Parameters, memory: Memory, wiring: Wiring) -> Board:
    register = Kn01Register(parameters.integer("kn01.csr_base"), access_cycles(parameters, "kn01.register_access_ns"))
    window = _buffer(parameters, halves=True)
    return Board(
        BufferMemory(window, parameters.integer("lance_buffer.bytes")),
        lance_interrupt=_line(parameters, wiring, "lance.interrupt_line"),
        clock_interrupt=_line(parameters, wiring, "rtc.interrupt_line"),
        parts=(register, window),
    )


def _buffer(parameters: Parameters, halves: bool) -> Window:
    base = parameters.integer("lance_buffer.base")
    if base % 4:
        raise BadParameter(f"lance_buffer.base must be the address of a word, not {base:#x}")
    return Window(
        base=base,
        size=parameters.integer("lance_buffer.bytes") * (2 if halves else 1),
        load_cycles=access_cycles(parameters, "lance_buffer.read_ns"),
        store_cycles=access_cycles(parameters, "lance_buffer.write_ns"),
        halves=halves,
    )


_BOARDS: Final[Mapping[str, Callable[[Parameters, Memory, Wiring], Board]]] = {
    "ioasic": _ioasic,
    "kn02": _kn02,
    "kn01": _kn01,
}
