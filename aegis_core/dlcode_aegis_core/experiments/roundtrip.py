"""The round trip of 60-byte frames between two DECstations, each answering from a handler in the kernel.

SOSP'95, section 6.3: two processes bounce a counter in a UDP/IP packet, "at each node" reading it, adding one, and
sending it on. Here each node's part is a proved handler: the server's adds to a counter that it owns and answers with
the value, the client's takes the answer and asks again. A round trip is the difference of the client's cycle counter
between two of its demands to transmit, and is the sum of its parts:

    client demands .. first bit        controller   the LANCE fetches descriptor and data over the I/O ASIC
    first bit .. last bit              wire
    last bit .. server's interrupt     controller   last burst, descriptor; exception entry
    server's interrupt .. demand       server       vectors, driver, copy, demultiplexing, handler, reply
    and the same back                  controller, wire, controller, client

What a machine does after its demand (recycling, returning, counting in its environment) overlaps with these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from dlcode_aegis_core.bindings.capability import Capability
from dlcode_aegis_core.experiments.frames import increment
from dlcode_aegis_core.experiments.passes import Pass, Watch
from dlcode_aegis_core.experiments.published import Published, published
from dlcode_aegis_core.kernel.boot import Aegis, boot
from dlcode_aegis_core.kernel.download import Downloads
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_aegis_core.machine.wire import Wire
from dlcode_verifier import Certificate

MODEL: Final = "dec5000-125"
WARM: Final = 8
"""Round trips before the count begins: the published figure is of a warm loop of 4096."""
ROUNDS: Final = 64
PATIENCE_PS: Final = 100_000_000_000
"""A tenth of a second: when no frame has come back by then, none will."""

CLIENT, SERVER = "client", "server"
SLOT: Final = 3
"""The counter that is added to."""
PARTS: Final = ("wire", "controller", SERVER, CLIENT)


class NoAnswer(RuntimeError):
    """The exchange stopped: a handler did not answer, or a machine has halted."""


@dataclass(frozen=True, slots=True)
class Host:
    """One end: its addresses."""

    name: str
    mac: bytes
    ip4: bytes

    @property
    def capability(self) -> Capability:
        """It may answer, from its own addresses."""
        addresses = {"mac": frozenset({self.mac}), "ip4": frozenset({self.ip4})}
        return Capability(frozenset({"reply"}), addresses)


ENDS: Final = (
    Host(CLIENT, bytes.fromhex("08002b000001"), bytes((10, 0, 0, 1))),  # 08-00-2b is Digital's
    Host(SERVER, bytes.fromhex("08002b000002"), bytes((10, 0, 0, 2))),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One round trip, in picoseconds by part, and the cycles that each machine spent in each routine."""

    parts: Mapping[str, int]
    routines: Mapping[str, Mapping[str, int]]  # by machine

    @property
    def picoseconds(self) -> int:
        """The whole."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Summary:
    """Many round trips: medians in microseconds."""

    rounds: int
    microseconds: float
    least: float
    most: float
    parts: Mapping[str, float]
    routines: Mapping[str, Mapping[str, float]]  # by machine; those of one machine add up to its part, nearly
    published: Published

    @property
    def ratio(self) -> float:
        """Emulated to published."""
        return self.microseconds / self.published.value


class Exchange:
    """Two booted machines that send a frame to and fro. Made by `start`."""

    def __init__(self, parameters: Parameters, ends: tuple[Aegis, Aegis], wire: Wire) -> None:
        self.client, self.server = ends
        self.clock_hz = parameters.integer("cpu.clock_hz")
        self._frames: list[tuple[int, int, str]] = []  # first bit, end, sender
        wire.observers.append(lambda start, end, sender, frame: self._frames.append((start, end, sender)))
        self._watches = {CLIENT: Watch(self.client), SERVER: Watch(self.server)}
        self._asked = 0  # frames of the client's that belong to rounds that are over

    @classmethod
    def start(cls, parameters: Parameters, server: Certificate, client: Certificate) -> Exchange:
        """Boot both machines with their handlers, and run until the client's handler has asked for the first time.

        The client's environment asks first, by a system call.

        Each handler owns one region, which is fresh. Raises BindError where a machine refuses a handler, NoAnswer
        where nothing comes back, BeyondModel where the parameters leave the machine's model.
        """
        wire = Wire(parameters)
        client_end, server_end = (_machine(parameters, wire, end) for end in ENDS)
        ask = increment(*ENDS, slot=SLOT, delta=1)
        ends = (_aegis(client_end, client, ask), _aegis(server_end, server, b""))
        exchange = cls(parameters, ends, wire)
        exchange._run(lambda: len(exchange._watches[CLIENT].passes) > 0)
        exchange._forget()
        return exchange

    @property
    def now_seconds(self) -> float:
        """The emulated time at which the last round trip ended: the client's cycle counter, over its clock."""
        return self._ended / self.clock_hz

    def step(self) -> Round:
        """One more round trip. Raises NoAnswer if it does not come to an end."""
        watch = self._watches[CLIENT]
        self._run(lambda: bool(watch.passes))
        return self._round()

    # ---- running

    def _run(self, until: Callable[[], bool]) -> None:
        stations = [self.client.station, self.server.station]
        patience = min(station.settled_ps for station in stations) + PATIENCE_PS
        run_together(stations, lambda: until() or stations[0].settled_ps > patience)
        for aegis in (self.client, self.server):
            if aegis.fault is not None:
                raise NoAnswer(f"the environment of the {aegis.station.name} was ended by {aegis.fault}")
        if not until():
            raise NoAnswer(f"nothing came back in {PATIENCE_PS / PICOSECONDS:g} s")

    def _forget(self) -> None:
        """Start counting at the client's last demand."""
        self._ended = self._watches[CLIENT].passes[-1].demanded
        for watch in self._watches.values():
            watch.passes.clear()
        self._frames.clear()

    def _round(self) -> Round:
        server, client = self._watches[SERVER].passes[0], self._watches[CLIENT].passes[0]
        (there, arrived, asked), (back, returned, answered) = self._frames[:2]
        if (asked, answered) != (CLIENT, SERVER):
            raise NoAnswer("another frame came between")
        times = [
            *(self._time(self._ended), there, arrived, self._time(server.raised), self._time(server.demanded)),
            *(back, returned, self._time(client.raised), self._time(client.demanded)),
        ]
        spans = [after - before for before, after in pairwise(times)]
        if min(spans) < 0:
            raise NoAnswer(f"a part of the path ended before it began: {spans}")
        names = ("controller", "wire", "controller", SERVER, "controller", "wire", "controller", CLIENT)
        parts: Counter[str] = Counter()
        for name, span in zip(names, spans, strict=True):
            parts[name] += span
        self._ended = client.demanded
        self._drop(server, client)
        return Round({name: parts[name] for name in PARTS}, {SERVER: server.spent, CLIENT: client.spent})

    def _drop(self, server: Pass, client: Pass) -> None:
        self._watches[SERVER].passes.remove(server)
        self._watches[CLIENT].passes.remove(client)
        del self._frames[:2]

    def _time(self, cycle: int) -> int:
        return cycle * PICOSECONDS // self.clock_hz


def _machine(parameters: Parameters, wire: Wire, end: Host) -> tuple[Station, Host]:
    return Station(parameters, wire, end.mac, end.name), end


def _aegis(machine: tuple[Station, Host], certificate: Certificate, ask: bytes) -> Aegis:
    station, end = machine
    downloads = Downloads(end.capability)
    regions = {
        region.name: downloads.region(region.cell.bits, region.count) for region in certificate.program.regions
    }
    downloads.download(certificate, **regions)
    return boot(station, downloads.bindings, ask)


def measure(
    parameters: Parameters,
    server: Certificate,
    client: Certificate,
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda done: None,
) -> Summary:
    """Round trips after a warm-up, summed up. Raises as `Exchange.start` and `Exchange.step` do."""
    exchange = Exchange.start(parameters, server, client)
    found: list[Round] = []
    for number in range(WARM + rounds):
        found.append(exchange.step())
        progress(number + 1)
    counted = found[WARM:]
    whole = [one.picoseconds for one in counted]
    routines = {
        name: {
            routine: median(one.routines[name].get(routine, 0) for one in counted) / exchange.clock_hz * 1e6
            for routine in sorted({routine for one in counted for routine in one.routines[name]})
        }
        for name in (SERVER, CLIENT)
    }
    parts = {name: _microseconds(median(one.parts[name] for one in counted)) for name in PARTS}
    figures = (_microseconds(median(whole)), _microseconds(min(whole)), _microseconds(max(whole)))
    return Summary(rounds, *figures, parts, routines, published()["exos-ash"])


def _microseconds(picoseconds: float) -> float:
    return picoseconds / 1e6
