"""The loader: assembles the kernel, places it with what is bound, and leaves what it is to start. The rest is executed.

aegis = boot(station, [Binding(...)], frame=first_frame)
run_together([station, other], until)
aegis.counter("RECEIVED")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from dlcode_aegis_core.kernel import layout, system_calls
from dlcode_aegis_core.kernel.layout import AREA, KSEG0, KSEG1, Area
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.tlb import DIRTY, VALID
from dlcode_jit import abi
from dlcode_jit.mips.assemble import Assembly, Segment, assemble
from dlcode_jit.mips.registers import Control

SOURCES: Final = ("vectors.s", "receive.s", "transmit.s", "system_calls.s", "boot.s")


class LoadError(ValueError):
    """What is to be loaded does not fit where it should lie."""


class KernelHalted(RuntimeError):
    """The kernel has come upon a mistake of its own, and stopped."""


@dataclass(frozen=True, slots=True)
class Image:
    """Code placed in IMAGES: a filter's or a handler's."""

    base: int
    data: bytes
    entry: int
    maximum: int
    """Longest packet that it may be run on, in bytes."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Bytes that a frame must carry at `offset`: one of its owner's addresses. Offset and length are even."""

    offset: int
    expected: bytes


@dataclass(frozen=True, slots=True)
class Binding:
    """A handler on a filter, with what its owner lends it: everything has been admitted already."""

    filter: Image
    handler: Image
    queue: abi.QueueLayout
    regions: tuple[int, ...] = ()
    """kseg0 addresses in REGIONS, in the program's order."""
    guards: tuple[tuple[Guard, ...], ...] = ()
    """For each site of the program, what its frames must carry."""


@cache
def _kernel_source() -> str:
    folder = files(__package__)
    return "".join(folder.joinpath(name).read_text("utf-8") for name in SOURCES) + system_calls.dispatch_table()


def assemble_kernel(parameters: Parameters) -> Assembly:
    """The kernel for a machine: its devices' addresses come from the machine's parameters."""
    devices = {
        "LANCE": KSEG1 + parameters.integer("lance.base"),
        "ASIC": KSEG1 + parameters.integer("ioasic.base"),
        "STATION_ROM": KSEG1 + parameters.integer("station_rom.base"),
    }
    symbols = {**layout.symbols(), **system_calls.symbols(), **abi.SYMBOLS, **devices}
    return assemble(_kernel_source(), "kernel", layout.cached("KERNEL_TEXT"), symbols)


def assemble_environment() -> Assembly:
    """The environment's program, at its own addresses."""
    text = files(__package__).joinpath("environment.s").read_text("utf-8")
    return assemble(text, "environment.s", layout.USER_TEXT, {**layout.symbols(), **system_calls.symbols()})


def boot(
    station: Station, bindings: Sequence[Binding] = (), frame: bytes = b"", environment: Assembly | None = None
) -> Aegis:
    """Load a station so that it starts Aegis, with these bindings in this order.

    The environment sends `frame` first, if there is one, and then counts. Raises LoadError for what does not fit.
    """
    kernel = assemble_kernel(station.parameters)
    environment = environment or assemble_environment()
    records, ends = _bindings(bindings)
    segments = [
        *_inside(kernel.segments, AREA["KERNEL_TEXT"]),
        *_images(bindings),
        *records,
        *_boot_data(environment.symbols["environment"], ends),
        *_user_text(environment),
        *_user_data(frame),
    ]
    try:
        station.load(segments)
    except ValueError as error:
        raise LoadError(str(error)) from None
    station.cpu.pc = kernel.symbols["boot"]
    return Aegis(station, kernel.symbols, environment.symbols, tuple(bindings))


def _inside(segments: Iterable[Segment], area: Area, mapped_at: int | None = None) -> list[Segment]:
    """The segments in kseg0, if they lie in their area; `mapped_at` is where the program sees the area."""
    base = KSEG0 + area.start
    placed = [Segment(s.address - (base if mapped_at is None else mapped_at) + base, s.data) for s in segments]
    for segment in placed:
        if not base <= segment.address <= segment.end <= base + area.size:
            raise LoadError(f"{len(segment.data)} bytes at {segment.address:#010x} are not in {area.name}")
    return placed


def _images(bindings: Sequence[Binding]) -> list[Segment]:
    images = {image for binding in bindings for image in (binding.filter, binding.handler)}
    ordered = sorted(images, key=lambda image: image.base)
    for before, after in pairwise(ordered):
        if before.base + len(before.data) > after.base:
            raise LoadError(f"the images at {before.base:#010x} and {after.base:#010x} overlap")
    for image in ordered:
        if not image.base <= image.entry < image.base + len(image.data) or image.entry % 4:
            raise LoadError(f"{image.entry:#010x} is no instruction of the image at {image.base:#010x}")
    return _inside((Segment(image.base, image.data) for image in ordered), AREA["IMAGES"])


def _bindings(bindings: Sequence[Binding]) -> tuple[list[Segment], int]:
    """The records, then for each binding its lease, guards and queue; with the end of the records."""
    if len(bindings) > layout.MOST_BINDINGS:
        raise LoadError(f"{len(bindings)} bindings, and room for {layout.MOST_BINDINGS}")
    start = layout.cached("BINDINGS")
    segments: list[Segment] = []
    free = start + layout.MOST_BINDINGS * layout.BINDING_BYTES

    def put(data: bytes) -> int:
        nonlocal free
        address = free
        segments.append(Segment(address, data))
        free += -(-len(data) // 4) * 4
        return address

    for index, binding in enumerate(bindings):
        for address in binding.regions:
            if address % abi.REGION_ALIGNMENT or not 0 <= address - layout.cached("REGIONS") < AREA["REGIONS"].size:
                raise LoadError(f"no region can start at {address:#010x}")
        queue = put(bytes(binding.queue.size))
        fields = {
            "FILTER": binding.filter.entry,
            "HANDLER": binding.handler.entry,
            "MAXIMUM": min(binding.filter.maximum, binding.handler.maximum),
            "LEASE": put(_words(queue, *binding.regions)),
            "QUEUE": queue,
            "STRIDE": binding.queue.stride,
            "GUARDS": put(_words(*[put(_guard_list(guards)) for guards in binding.guards])),
        }
        record = [fields.get(name, 0) for name in layout.BINDING_FIELDS]
        segments.append(Segment(start + index * layout.BINDING_BYTES, _words(*record)))
    return _inside(segments, AREA["BINDINGS"]), start + len(bindings) * layout.BINDING_BYTES


def _guard_list(guards: tuple[Guard, ...]) -> bytes:
    """Least length, number of pairs, and for each two bytes their offset and value."""
    pairs: list[tuple[int, int]] = []
    for guard in guards:
        if guard.offset % 2 or len(guard.expected) % 2:
            raise LoadError(f"a guard of {len(guard.expected)} bytes at {guard.offset}: both must be even")
        for at in range(0, len(guard.expected), 2):
            pairs.append((guard.offset + at, int.from_bytes(guard.expected[at : at + 2], "little")))
    least = max((offset + 2 for offset, _ in pairs), default=0)
    halves = [least, len(pairs), *(half for pair in pairs for half in pair)]
    return b"".join(half.to_bytes(2, "little") for half in halves)


def _boot_data(entry: int, bindings_end: int) -> list[Segment]:
    pages = [
        *(layout.USER_TEXT | layout.ADDRESS_SPACE << 6, AREA["USER_TEXT"].start | VALID),
        *(layout.USER_DATA | layout.ADDRESS_SPACE << 6, AREA["USER_DATA"].start | VALID | DIRTY),
        *(layout.USER_STACK - 4096 | layout.ADDRESS_SPACE << 6, AREA["USER_STACK"].start | VALID | DIRTY),
    ]
    data = layout.cached("KERNEL_DATA")
    return [
        Segment(data + layout.variable("BINDINGS_END"), _words(bindings_end)),
        Segment(
            data + layout.variable("BOOT_ENTRY"),
            _words(entry, layout.USER_STACK - abi.MIPS_ARGUMENT_AREA, len(pages) // 2, *pages),
        ),
    ]


def _user_text(environment: Assembly) -> list[Segment]:
    return _inside(environment.segments, AREA["USER_TEXT"], layout.USER_TEXT)


def _user_data(frame: bytes) -> list[Segment]:
    variables = {"FRAME_LENGTH": len(frame)}
    words = _words(*(variables.get(name, 0) for name in layout.USER_VARIABLES[:-1]))
    return _inside([Segment(layout.cached("USER_DATA"), words + frame)], AREA["USER_DATA"])


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that nobody was there for."""

    cause: int
    pc: int
    address: int


@dataclass(frozen=True, slots=True)
class Aegis:
    """A station that runs Aegis, to look at. Nothing here changes the machine."""

    station: Station
    symbols: Mapping[str, int]
    environment: Mapping[str, int]
    bindings: tuple[Binding, ...]

    def word(self, address: int) -> int:
        """A word of memory, by its kseg0 or kseg1 address."""
        return self.station.memory.words[(address & 0x1FFFFFFF) >> 2]

    def counter(self, name: str) -> int:
        """One of the kernel's counts: a name of `layout.COUNTERS`."""
        return self.word(layout.cached("KERNEL_DATA") + layout.variable(f"COUNT_{name}"))

    def binding_counter(self, index: int, name: str) -> int:
        """A count of the binding with that place in the order: a name of `layout.BINDING_FIELDS`."""
        record = layout.cached("BINDINGS") + index * layout.BINDING_BYTES
        return self.word(record + layout.binding_field(name))

    def user_word(self, name: str) -> int:
        """A word of the environment's data: a name of `layout.USER_VARIABLES`."""
        return self.word(layout.cached("USER_DATA") + 4 * layout.USER_VARIABLES.index(name))

    @property
    def fault(self) -> Fault | None:
        """The exception that ended the environment; None if it runs. Raises KernelHalted if it was the kernel's own."""
        data = layout.cached("KERNEL_DATA")
        cause, pc, address = (self.word(data + layout.variable(f"FAULT_{name}")) for name in ("CAUSE", "PC", "ADDRESS"))
        if self.station.cpu.pc in range(self.symbols["halt"], self.symbols["halt"] + 8):
            registers = (Control.CAUSE, Control.EPC, Control.SR, Control.BADVADDR)
            state = ", ".join(f"{register.name} {self._control(register):#010x}" for register in registers)
            raise KernelHalted(f"{self.station.name}: the kernel halted: {state}")
        return Fault(cause, pc, address) if pc else None

    def _control(self, register: Control) -> int:
        cpu = self.station.cpu
        return cpu.cp0.read(register, 0, cpu.interrupt_lines)
