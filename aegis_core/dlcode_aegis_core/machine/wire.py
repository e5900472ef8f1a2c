"""The Ethernet: one half-duplex wire, the frames on it, and who may speak when.

A frame occupies the wire for 8 octets of preamble and start delimiter, its own octets, and 4 of frame check sequence.
A station that has a frame waits while it senses a carrier, and for the interframe gap after it (deferral). Stations
have clocks of their own, which a simulation lets run apart by at most a look-ahead; `advance` is told how far requests
to transmit are complete, and settles, in order of time, who transmits up to there.

Not modelled: propagation (the wire has no length) and collisions. A collision cannot happen silently: it raises
`Collision`.

Times are integer picoseconds. Sources: IEEE 802.3 (10BASE5), clauses 3 and 4.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeAlias

from dlcode_aegis_core.machine.limits import Collision
from dlcode_aegis_core.machine.process import Events
from dlcode_aegis_core.machine.units import PICOSECONDS

CHECK_OCTETS: Final = 4
MINIMUM_FRAME: Final = 60  # octets without the check sequence
MINIMUM_OCTETS: Final = MINIMUM_FRAME + CHECK_OCTETS


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one transmission: no controller gets it, or one octet (frame or check sequence) changes."""

    lost: bool = False
    offset: int = 0
    flipped: int = 0
    """Bits to invert in the octet at `offset`."""


@dataclass(slots=True, eq=False)
class Transmission:
    """One frame from the request to the end. `octets` fills while the sender loads its FIFO, ahead of the wire."""

    port: Port
    ready_ps: int
    length: int
    """Octets after the preamble, check sequence included."""
    octets: bytearray = field(default_factory=bytearray)
    start_ps: int = -1
    """First bit of the preamble; -1 while the station waits."""
    end_ps: int = -1
    fault: Fault | None = None
    aborted: bool = False
    """The sender gave up on the way: what it had loaded is all there is, and the check sequence is wrong."""

    @property
    def deferred(self) -> bool:
        """Whether the station had to wait for the wire."""
        return self.start_ps > self.ready_ps

    def heard(self, first: int, end: int) -> bytes:
        """Octets first .. end-1 as the receivers get them; fewer if the sender gave up before."""
        octets = self.octets[first:end]
        if len(octets) < end - first and not self.aborted:
            raise AssertionError("a receiver is ahead of the sender: the co-simulation broke its look-ahead")
        if self.fault is not None and self.fault.flipped and first <= self.fault.offset < first + len(octets):
            octets[self.fault.offset - first] ^= self.fault.flipped
        return bytes(octets)


class Listener(Protocol):
    """A controller, as the wire sees it. Both calls come from its own station's event queue."""

    def carrier_sensed(self, transmission: Transmission) -> None:
        """Another station's first bit is at `transmission.start_ps`."""

    def transmission_began(self, transmission: Transmission) -> None:
        """The first bit of this station's own frame is at `transmission.start_ps`."""


@dataclass(slots=True, eq=False)
class Port:
    """A station's tap on the wire."""

    wire: Wire
    name: str
    events: Events
    listener: Listener | None = None

    def transmit(self, transmission: Transmission) -> None:
        """Ask to transmit from `transmission.ready_ps` on, or as soon after as the wire is free."""
        self.wire.request(transmission)

    def withdraw(self, transmission: Transmission) -> None:
        """Take back a request whose first bit has not gone out."""
        self.wire.withdraw(transmission)

    def finish(self, transmission: Transmission) -> None:
        """Say, at `transmission.end_ps`, that the octets are complete."""
        self.wire.finish(transmission)


Observer: TypeAlias = Callable[[int, int, str, bytes], None]
"""Called with start, end, the sender's name, and the frame as it was sent, without check sequence."""

FaultPlan: TypeAlias = Callable[[int, int], Fault | None]
"""Called with a transmission's number (from 0) and its length in octets, check sequence included."""


def frame_check_sequence(frame: bytes) -> bytes:
    """The CRC-32 of IEEE 802.3 clause 3.2.8, as the four octets that follow the frame."""
    return zlib.crc32(frame).to_bytes(CHECK_OCTETS, "little")


class Wire:
    """A wire that ports attach to."""

    def __init__(self, parameters: Mapping[str, int | float]) -> None:
        self._bits_per_second = int(parameters["wire.bits_per_second"])
        self._preamble = int(parameters["wire.preamble_octets"])
        self._gap_ps = self.time_ps(0, bits=int(parameters["wire.interframe_gap_bits"]))
        self.carrier_delay_ps = int(parameters["wire.carrier_delay_ns"] * 1000)
        self.ports: list[Port] = []
        self.observers: list[Observer] = []
        self.fault_plan: FaultPlan | None = None
        self._requests: list[Transmission] = []
        self._free_ps = 0
        self._count = 0

    def time_ps(self, octets: int, bits: int = 0) -> int:
        """Time that so many octets and bits take."""
        return (8 * octets + bits) * PICOSECONDS // self._bits_per_second

    def arrival_ps(self, octets: int) -> int:
        """Time from the first bit of the preamble until so many octets of the frame are in."""
        return self.time_ps(self._preamble + octets)

    def octets_by(self, transmission: Transmission, time_ps: int) -> int:
        """Whole octets of the frame that have gone out by then."""
        if transmission.start_ps < 0 or time_ps <= transmission.start_ps:
            return 0
        octet_times = (time_ps - transmission.start_ps) * self._bits_per_second // (8 * PICOSECONDS)
        return max(0, octet_times - self._preamble)

    def attach(self, name: str, events: Events) -> Port:
        """A new tap on the wire; its `listener` is set by the controller."""
        port = Port(self, name, events)
        self.ports.append(port)
        return port

    def request(self, transmission: Transmission) -> None:
        """Enter a request to transmit. One controller has at most one."""
        if any(waiting.port is transmission.port and not waiting.aborted for waiting in self._requests):
            raise AssertionError(f"{transmission.port.name} asked for the wire twice")
        self._requests.append(transmission)

    def withdraw(self, transmission: Transmission) -> None:
        """Forget a request that has not been granted."""
        self._requests.remove(transmission)

    def advance(self, limit_ps: int) -> None:
        """Settle every start before `limit_ps`, given that all requests ready before then have been made.

        A start within the carrier delay of the limit waits for the next call, since an unknown rival might collide
        with it. Raises Collision if two stations start too close together to sense each other.
        """
        while self._requests:
            queue = sorted(self._requests, key=self._earliest_start)
            transmission = queue[0]
            start = self._earliest_start(transmission)
            if start + self.carrier_delay_ps >= limit_ps:
                return
            rivals = [waiting for waiting in queue[1:] if waiting.port is not transmission.port]
            if rivals and self._earliest_start(rivals[0]) <= start + self.carrier_delay_ps:
                raise Collision(
                    f"{transmission.port.name} and {rivals[0].port.name} both transmit at {start} ps: "
                    "collisions and back-off are not modelled"
                )
            self._grant(transmission, start)

    def _earliest_start(self, transmission: Transmission) -> int:
        return max(transmission.ready_ps, self._free_ps)

    def _grant(self, transmission: Transmission, start: int) -> None:
        self._requests.remove(transmission)
        transmission.start_ps = start
        transmission.end_ps = start + self.arrival_ps(transmission.length)
        self._free_ps = transmission.end_ps + self._gap_ps
        if self.fault_plan is not None:
            transmission.fault = self.fault_plan(self._count, transmission.length)
        self._count += 1
        for port in self.ports:
            if port.listener is None:
                continue
            if port is transmission.port:
                port.events.schedule(start, partial(port.listener.transmission_began, transmission))
            else:
                port.events.schedule(start, partial(port.listener.carrier_sensed, transmission))

    def finish(self, transmission: Transmission) -> None:
        """Show a complete frame to the observers."""
        frame = bytes(transmission.octets[: transmission.length - CHECK_OCTETS])
        for observer in self.observers:
            observer(transmission.start_ps, transmission.end_ps, transmission.port.name, frame)
