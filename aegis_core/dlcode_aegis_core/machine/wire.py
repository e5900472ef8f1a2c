"""The Ethernet: one half-duplex wire, who may speak when, and what happens if two do.

A frame occupies the wire for 8 octets of preamble and start delimiter, its own octets, and 4 of frame check sequence.
A station that has a frame waits while it senses a carrier, and for the interframe gap after it (deferral). Stations
have clocks of their own, which a simulation lets run apart by at most a look-ahead; `advance` is told how far requests
to transmit are complete, and settles, in order of time, who transmits up to there.

Stations that start within the carrier delay of each other collide. Each hears the other the carrier delay after the
other's first bit, ends its preamble if it is still in it, jams for 32 bits, and stops; the wire is free when the last
has stopped. What a station then does is its controller's business: `backoff_ps` says how long it waits. Propagation is
what the carrier delay stands for, between any two stations alike: the wire has no length otherwise.

Times are integer picoseconds. Sources: IEEE 802.3 (10BASE5), clauses 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Final, Protocol, TypeAlias

from dlcode_aegis_core.machine.process import Events
from dlcode_aegis_core.machine.transmission import CHECK_OCTETS, FaultPlan, Transmission
from dlcode_aegis_core.machine.units import PICOSECONDS


class Listener(Protocol):
    """A controller, as the wire sees it. All calls come from its own station's event queue."""

    def carrier_sensed(self, transmission: Transmission) -> None:
        """Another station's first bit is at `transmission.start_ps`."""

    def transmission_began(self, transmission: Transmission) -> None:
        """The first bit of this station's own frame is at `transmission.start_ps`.

        By then it is known whether, and when, it collides.
        """


@dataclass(slots=True, eq=False)
class Port:
    """A station's tap on the wire."""

    wire: Wire
    name: str
    events: Events
    number: int
    listener: Listener | None = None
    connected: bool = True
    """Clear: the cable is out. The station hears nobody, not even itself, and nobody hears it."""
    _dice: Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = Random(f"{self.wire.seed} {self.number} {self.name}")

    def transmit(self, transmission: Transmission) -> None:
        """Ask to transmit from `transmission.ready_ps` on, or as soon after as the wire is free."""
        self.wire.request(transmission)

    def withdraw(self, transmission: Transmission) -> None:
        """Take back a request whose first bit has not gone out."""
        self.wire.withdraw(transmission)

    def finish(self, transmission: Transmission) -> None:
        """Say, at `transmission.end_ps`, that the octets are complete."""
        self.wire.finish(transmission)

    def backoff_ps(self, attempts: int) -> int:
        """How long to wait after so many attempts that collided: truncated binary exponential back-off, seeded."""
        return self._dice.randrange(1 << min(attempts, self.wire.backoff_doublings)) * self.wire.slot_ps


Observer: TypeAlias = Callable[[int, int, str, bytes], None]
"""Called with start, end, the sender's name, and the frame as it was sent, without check sequence."""


class Wire:
    """A wire that ports attach to. `fault_plan`, if set, decides what goes wrong with each transmission.

    The same seed gives the same back-off times, whatever else happens on the wire.
    """

    def __init__(self, parameters: Mapping[str, int | float], seed: int = 0) -> None:
        self.seed: Final = seed
        self._bits_per_second = int(parameters["wire.bits_per_second"])
        self._preamble = int(parameters["wire.preamble_octets"])
        self.gap_ps: Final = self._bits_ps(int(parameters["wire.interframe_gap_bits"]))
        self.jam_ps: Final = self._bits_ps(int(parameters["wire.jam_bits"]))
        self.slot_ps: Final = self._bits_ps(int(parameters["wire.slot_bits"]))
        self.attempts: Final = int(parameters["wire.attempts"])
        """How often a station tries before it gives a frame up."""
        self.backoff_doublings: Final = int(parameters["wire.backoff_doublings"])
        self.carrier_delay_ps: Final = int(parameters["wire.carrier_delay_ns"] * 1000)
        self.ports: Final[list[Port]] = []
        self.observers: Final[list[Observer]] = []
        self.fault_plan: FaultPlan | None = None
        self._requests: list[Transmission] = []
        self._free_ps = 0
        self._count = 0

    # ---- Times ------------------------------------------------------------------------------------------------------

    def _bits_ps(self, bits: int) -> int:
        return bits * PICOSECONDS // self._bits_per_second

    def time_ps(self, octets: int) -> int:
        """Time that so many octets take."""
        return self._bits_ps(8 * octets)

    def bits_in(self, time_ps: int) -> int:
        """Whole bits that a time takes."""
        return time_ps * self._bits_per_second // PICOSECONDS

    def arrival_ps(self, octets: int) -> int:
        """Time from the first bit of the preamble until so many octets of the frame are in."""
        return self.time_ps(self._preamble + octets)

    # ---- The stations' side -----------------------------------------------------------------------------------------

    def attach(self, name: str, events: Events) -> Port:
        """A new tap on the wire; its `listener` is set by the controller."""
        port = Port(self, name, events, len(self.ports))
        self.ports.append(port)
        return port

    def request(self, transmission: Transmission) -> None:
        """Enter a request to transmit. One controller has at most one, besides what it has left behind."""
        if any(waiting.port is transmission.port and not waiting.abandoned for waiting in self._requests):
            raise AssertionError(f"{transmission.port.name} asked for the wire twice")
        if transmission.port.connected:
            self._requests.append(transmission)
        else:
            transmission.carrier_lost = True
            self._occupy(transmission, transmission.ready_ps)
            self._tell_sender(transmission)

    def withdraw(self, transmission: Transmission) -> None:
        """Forget a request that has not been granted."""
        self._requests.remove(transmission)

    def finish(self, transmission: Transmission) -> None:
        """Show a complete frame to the observers, if it was on the wire at all."""
        if transmission.carrier_lost:
            return
        frame = bytes(transmission.octets[: transmission.length - CHECK_OCTETS])
        for observer in self.observers:
            observer(transmission.start_ps, transmission.end_ps, transmission.port.name, frame)

    # ---- Who speaks -------------------------------------------------------------------------------------------------

    def advance(self, limit_ps: int) -> None:
        """Settle every start before `limit_ps`, given that all requests ready before then have been made.

        A start within the carrier delay of the limit waits for the next call, since an unknown rival might collide
        with it.
        """
        while self._requests:
            queue = sorted(self._requests, key=lambda waiting: (self._earliest_start(waiting), waiting.port.number))
            start = self._earliest_start(queue[0])
            if start + self.carrier_delay_ps >= limit_ps:
                return
            together: dict[int, Transmission] = {}
            for waiting in queue:
                if self._earliest_start(waiting) <= start + self.carrier_delay_ps:
                    together.setdefault(waiting.port.number, waiting)
            if len(together) == 1:
                self._carry(queue[0], start)
            else:
                self._collide(list(together.values()))

    def _earliest_start(self, transmission: Transmission) -> int:
        return max(transmission.ready_ps, self._free_ps)

    def _occupy(self, transmission: Transmission, start: int) -> None:
        transmission.start_ps = start
        transmission.end_ps = start + self.arrival_ps(transmission.length)

    def _carry(self, transmission: Transmission, start: int) -> None:
        """One station alone begins to transmit."""
        self._requests.remove(transmission)
        self._occupy(transmission, start)
        if self.fault_plan is not None:
            transmission.fault = self.fault_plan(self._count, transmission.length)
        self._count += 1
        fault = transmission.fault
        if fault is not None and fault.collision_bit is not None:
            heard_ps = start + self._bits_ps(fault.collision_bit)
            if heard_ps < transmission.end_ps:
                self._break_off(transmission, heard_ps)
        self._free_ps = transmission.end_ps + self.gap_ps
        self._tell_sender(transmission)
        self._tell_others(transmission, (transmission,))
        copies = 0 if fault is None or transmission.collided else fault.copies
        for _ in range(copies):
            again_ps = self._free_ps
            self._free_ps += self.arrival_ps(transmission.length) + self.gap_ps
            for port in self._others((transmission,)):
                port.events.schedule(again_ps, partial(self._repeat, port, transmission, again_ps))

    def _collide(self, together: list[Transmission]) -> None:
        """Several begin so close together that none senses another's carrier before its own first bit."""
        starts = [self._earliest_start(transmission) for transmission in together]
        for at, transmission in enumerate(together):
            self._requests.remove(transmission)
            self._occupy(transmission, starts[at])
            others = starts[:at] + starts[at + 1 :]
            self._break_off(transmission, max(starts[at], min(others) + self.carrier_delay_ps))
        self._free_ps = max(transmission.end_ps for transmission in together) + self.gap_ps
        for transmission in together:
            self._tell_sender(transmission)
        self._tell_others(together[0], together)

    def _break_off(self, transmission: Transmission, heard_ps: int) -> None:
        """The sender hears another at that time: it ends its preamble, jams and stops."""
        transmission.collision_ps = heard_ps
        preamble_ps = self.arrival_ps(0)
        transmission.intact = max(0, (heard_ps - transmission.start_ps - preamble_ps) // self.time_ps(1))
        transmission.end_ps = max(heard_ps, transmission.start_ps + preamble_ps) + self.jam_ps

    # ---- Who hears it -----------------------------------------------------------------------------------------------

    def _tell_sender(self, transmission: Transmission) -> None:
        port, listener = transmission.port, transmission.port.listener
        if listener is not None:
            port.events.schedule(transmission.start_ps, partial(listener.transmission_began, transmission))

    def _others(self, senders: tuple[Transmission, ...] | list[Transmission]) -> list[Port]:
        sending = [transmission.port for transmission in senders]
        return [port for port in self.ports if port.connected and port not in sending]

    def _tell_others(self, transmission: Transmission, senders: tuple[Transmission, ...] | list[Transmission]) -> None:
        for port in self._others(senders):
            if port.listener is not None:
                port.events.schedule(transmission.start_ps, partial(port.listener.carrier_sensed, transmission))

    def _repeat(self, port: Port, transmission: Transmission, start: int) -> None:
        """A frame that has been on the wire comes to a station again."""
        again = replace(transmission, start_ps=start, end_ps=start + self.arrival_ps(transmission.length))
        if port.listener is not None:
            port.listener.carrier_sensed(again)
