"""The rows of the exchange: two machines run the program, and each picosecond of a round trip belongs to one row.

A round trip lies between two demands to transmit of the end that began, and is the sum of its rows exactly. (The
published rows were measured one by one, and come to 4 us more than the whole.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from dlcode_aegis_core.experiments.exchange import program
from dlcode_aegis_core.experiments.exchange.program import Build, Program
from dlcode_aegis_core.experiments.published import Published, published
from dlcode_aegis_core.machine.lance_registers import Csr0
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_aegis_core.machine.wire import Wire

MODEL: Final = "dec5000-200"
OCTETS: Final = (60, 1514)
"""The frames that were measured, without their check sequences."""
WARM: Final = 4
"""Round trips before the count begins; the published figures are of at least 10 000."""
ROUNDS: Final = 16
PATIENCE_PS: Final = 100_000_000_000
"""A tenth of a second: when no frame has come back by then, none will."""

WIRE, CONTROLLER, TRANSFER, VECTORING, SERVICE = "wire", "controller", "transfer", "vectoring", "service"
ROWS: Final = (WIRE, CONTROLLER, TRANSFER, VECTORING, SERVICE)
CALIBRATED: Final = CONTROLLER
"""The one row that a number of the machine was chosen by; for 60 bytes on two 5000/200."""

ROUTINES: Final[Mapping[str, str]] = {
    "general_exception": VECTORING,
    "interrupt": VECTORING,
    "io_interrupt": VECTORING,
    "lance_interrupt": SERVICE,
    "receive_frame": TRANSFER,
    "copy_in": TRANSFER,
    "exchange": SERVICE,
    "send_frame": TRANSFER,
    "copy_out": TRANSFER,
    "gone": VECTORING,
    "start": VECTORING,
}
"""The row of each routine on the path, and of two that an interrupt may come upon: `start` ends in waiting."""

ADDRESSES: Final = tuple(bytes.fromhex(f"08002b00000{number}") for number in (1, 2))  # 08-00-2b is Digital's
TYPE: Final = bytes.fromhex("0805")
"""No protocol of the time's hosts."""


_AS_IT_IS: Final = Build()


class NoAnswer(RuntimeError):
    """The exchange stopped: a frame was lost or damaged, or a program gave up."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round trip, in picoseconds by row; the routines' by name are what the processors' rows are made of."""

    rows: Mapping[str, int]
    routines: Mapping[str, int]

    @property
    def picoseconds(self) -> int:
        """The whole."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """Many round trips, in microseconds: the median of each row and of the whole, and the whole's least and most."""

    rows: Mapping[str, float]
    routines: Mapping[str, float]
    whole: float
    least: float
    most: float


class End:
    """One machine with the program, watched: instruction by instruction from an interrupt to the next demand."""

    def __init__(self, station: Station, linked: Program) -> None:
        self.station = station
        self.program = linked
        self.demanded: list[int] = []
        self.raised: list[int] = []
        self._trace: list[tuple[int, int]] = []
        places = sorted((linked.symbols[name], name) for name in ("general_exception", *linked.pieces))
        self._starts = [address for address, _ in places]
        self._names = [name for _, name in places]
        self._clock_hz = station.cpu.clock_hz
        self._demand = linked.symbols["demand"]
        station.lance.observers.append(self._observe)

    def _observe(self, time_ps: int, bits: Csr0) -> None:
        if bits & Csr0.TDMD:
            self.demanded.append(time_ps)
            self.station.cpu.trace = None
        if bits & Csr0.RINT:
            self.raised.append(time_ps)
            self.station.cpu.trace = self._instruction

    def _instruction(self, address: int, cycle: int) -> None:
        self._trace.append((cycle * PICOSECONDS // self._clock_hz, address))

    def passed(self) -> Counter[str]:
        """Picoseconds by routine between the first interrupt and the first demand that have not been asked for."""
        began, ended = self.raised.pop(0), self.demanded.pop(0)
        spent: Counter[str] = Counter()
        at, routine = began, "general_exception"
        for time, address in self._trace:
            if not began < time < ended:
                continue
            spent[routine] += time - at
            at, routine = time, self._names[bisect_right(self._starts, address) - 1]
            if address == self._demand:
                break
        spent[routine] += ended - at
        self._trace = [each for each in self._trace if each[0] >= ended]
        return spent


class Exchange:
    """Two machines that send a frame to and fro. Made by `start`."""

    def __init__(self, ends: tuple[End, End], wire: Wire, frames: tuple[bytes, bytes]) -> None:
        self.ends = ends
        self.frames = frames
        self._seen: list[tuple[int, int, str]] = []  # first bit, end, sender
        wire.observers.append(lambda start, end, sender, frame: self._seen.append((start, end, sender)))
        self._ended = 0

    @classmethod
    def start(cls, parameters: Parameters, build: Build = _AS_IT_IS) -> Exchange:
        """Two machines of a model, up to where the first has demanded that its first frame be sent.

        Raises BeyondModel for a machine without a driver here, BadParameter for a frame that can't be, NoAnswer if the
        program does not get that far.
        """
        wire = Wire(parameters)
        frames = frame(0, build.octets), frame(1, build.octets)
        ends = tuple(
            _end(parameters, wire, number, program.link(parameters, build, number == 0), frames[number])
            for number in (0, 1)
        )
        exchange = cls((ends[0], ends[1]), wire, frames)
        exchange._run(lambda: len(ends[0].demanded) > 0)
        exchange._ended = ends[0].demanded.pop(0)
        return exchange

    @property
    def now_seconds(self) -> float:
        """The emulated time at which the last round trip ended."""
        return self._ended / PICOSECONDS

    def step(self) -> Round:
        """One more round trip. Raises NoAnswer if it does not come to an end."""
        self._run(lambda: len(self.ends[0].demanded) > 0)
        first, second = self.ends
        (there, arrived, asked), (back, returned, answered) = self._seen[:2]
        del self._seen[:2]
        if (asked, answered) != (first.station.name, second.station.name):
            raise NoAnswer("another frame came between")
        times = [self._ended, there, arrived, second.raised[0], second.demanded[0]]
        times += [back, returned, first.raised[0], first.demanded[0]]
        spans = [after - before for before, after in pairwise(times)]
        if min(spans) < 0:
            raise NoAnswer(f"a part of the path ended before it began: {spans}")
        rows = Counter({CONTROLLER: spans[0] + spans[2] + spans[4] + spans[6], WIRE: spans[1] + spans[5]})
        routines = second.passed() + first.passed()
        for name, picoseconds in routines.items():
            if name not in ROUTINES:
                raise AssertionError(f"{name} is not on the path that was written down")
            rows[ROUTINES[name]] += picoseconds
        self._ended = times[-1]
        return Round({name: rows[name] for name in ROWS}, dict(routines))

    def received(self, number: int) -> bytes:
        """What lies where an end's program copies frames to."""
        end = self.ends[number]
        start = end.program.symbols["received"] & 0x1FFFFFFF
        return bytes(end.station.memory.data[start : start + len(self.frames[number])])

    def _run(self, until: Callable[[], bool]) -> None:
        stations = [end.station for end in self.ends]
        patience = min(station.settled_ps for station in stations) + PATIENCE_PS
        run_together(stations, lambda: until() or stations[0].settled_ps > patience)
        for end in self.ends:
            if end.station.cpu.pc - end.program.symbols["unexpected"] in (0, 4):
                raise NoAnswer(f"the program of the {end.station.name} came upon what it does not expect")
        if not until():
            raise NoAnswer(f"nothing came back in {PATIENCE_PS / PICOSECONDS:g} s")


def published_rows(octets: int) -> dict[str, Published]:
    """What the paper prints for two 5000/200: each row, their `sum`, and the whole as `measured`.

    Empty for frames that it has no figures for.
    """
    if octets not in OCTETS:
        return {}
    return {row: published()[f"bare-exchange-{octets}-{row}"] for row in (*ROWS, "sum", "measured")}


def frame(number: int, octets: int) -> bytes:
    """What an end sends to the other: to, from, type, and bytes that count."""
    head = ADDRESSES[1 - number] + ADDRESSES[number] + TYPE
    return head + bytes((number + at) & 0xFF for at in range(octets - len(head)))


def _end(parameters: Parameters, wire: Wire, number: int, linked: Program, sends: bytes) -> End:
    station = Station(parameters, wire, ADDRESSES[number], ("first", "second")[number])
    program.load(station, linked, sends)
    return End(station, linked)


def measure(parameters: Parameters, build: Build = _AS_IT_IS, rounds: int = ROUNDS, warm: int = WARM) -> Figures:
    """Round trips after a warm-up, summed up. Raises as `Exchange.start` and `Exchange.step` do."""
    exchange = Exchange.start(parameters, build)
    counted = [exchange.step() for _ in range(warm + rounds)][warm:]
    whole = [one.picoseconds for one in counted]
    names = sorted({name for one in counted for name in one.routines}, key=list(ROUTINES).index)
    return Figures(
        {name: median(one.rows[name] for one in counted) / 1e6 for name in ROWS},
        {name: median(one.routines.get(name, 0) for one in counted) / 1e6 for name in names},
        *(median(whole) / 1e6, min(whole) / 1e6, max(whole) / 1e6),
    )
