"""The wire: frame times, deferral, what a collision does, faults, and observers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from dlcode_aegis_core.machine.limits import Collision
from dlcode_aegis_core.machine.wire import Fault, Port, Transmission, Wire, frame_check_sequence
from tests.aegis_core.machine.rig import PARAMETERS, Queue

US = 1_000_000  # picoseconds


@dataclass
class Ear:
    """A listener that notes what it hears."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    def carrier_sensed(self, transmission: Transmission) -> None:
        self.heard.append(("carrier", transmission.start_ps))

    def transmission_began(self, transmission: Transmission) -> None:
        self.heard.append(("began", transmission.start_ps))


def attach(wire: Wire, name: str) -> tuple[Port, Ear, Queue]:
    events, ear = Queue(), Ear()
    port = wire.attach(name, events)
    port.listener = ear
    return port, ear, events


def transmission(port: Port, ready_ps: int, frame: bytes = bytes(60)) -> Transmission:
    octets = bytearray(frame + frame_check_sequence(frame))
    return Transmission(port, ready_ps, len(octets), octets)


def test_a_frame_of_60_octets_takes_57_6_microseconds() -> None:
    """Eight octets of preamble, 60 of frame, four of check sequence, 0.8 us each."""
    wire = Wire(PARAMETERS)
    port, _, _ = attach(wire, "a")
    sent = transmission(port, 5 * US)
    port.transmit(sent)
    wire.advance(100 * US)
    assert (sent.start_ps, sent.end_ps) == (5 * US, 5 * US + 57_600_000)


def test_twice_the_rate_takes_half_the_time() -> None:
    wire = Wire(PARAMETERS.replace({"wire.bits_per_second": 20_000_000}))
    assert wire.arrival_ps(64) == 28_800_000


def test_the_others_sense_the_carrier_and_the_sender_does_not() -> None:
    wire = Wire(PARAMETERS)
    (port, own, own_events), (_, other, other_events) = attach(wire, "a"), attach(wire, "b")
    port.transmit(transmission(port, 5 * US))
    wire.advance(100 * US)
    own_events.run_due(100 * US)
    other_events.run_due(100 * US)
    assert own.heard == [("began", 5 * US)]
    assert other.heard == [("carrier", 5 * US)]


def test_a_station_defers_to_a_carrier_and_the_interframe_gap() -> None:
    wire = Wire(PARAMETERS)
    (a, _, _), (b, _, _) = attach(wire, "a"), attach(wire, "b")
    first, second = transmission(a, 0), transmission(b, 10 * US)
    b.transmit(second)
    a.transmit(first)
    wire.advance(200 * US)
    assert second.start_ps == 57_600_000 + 9_600_000
    assert second.deferred
    assert not first.deferred


def test_a_start_that_a_rival_might_still_meet_is_not_settled() -> None:
    """Requests are known up to 10 us; one that starts within the carrier delay of that has to wait."""
    wire = Wire(PARAMETERS)
    port, _, _ = attach(wire, "a")
    sent = transmission(port, 10 * US - 900_000)
    port.transmit(sent)
    wire.advance(10 * US)
    assert sent.start_ps < 0
    wire.advance(10 * US + 1)
    assert sent.start_ps == 10 * US - 900_000


def test_two_starts_too_close_to_sense_each_other_are_a_collision() -> None:
    wire = Wire(PARAMETERS)
    (a, _, _), (b, _, _) = attach(wire, "a"), attach(wire, "b")
    a.transmit(transmission(a, 0))
    b.transmit(transmission(b, 900_000))
    with pytest.raises(Collision, match="a and b"):
        wire.advance(100 * US)


def test_two_stations_that_wait_for_the_same_carrier_collide() -> None:
    wire = Wire(PARAMETERS)
    ports = [attach(wire, name)[0] for name in "abc"]
    for port, ready in zip(ports, (0, 10 * US, 20 * US), strict=True):
        port.transmit(transmission(port, ready))
    with pytest.raises(Collision, match="b and c"):
        wire.advance(200 * US)


def test_a_withdrawn_request_is_never_granted() -> None:
    wire = Wire(PARAMETERS)
    port, ear, events = attach(wire, "a")
    sent = transmission(port, 0)
    port.transmit(sent)
    port.withdraw(sent)
    wire.advance(100 * US)
    events.run_due(100 * US)
    assert sent.start_ps < 0
    assert ear.heard == []


def test_the_check_sequence_is_the_standard_one() -> None:
    """A bit-serial register that takes in a frame and its check sequence ends at the residue of IEEE 802.3."""
    frame = bytes(range(60))
    register = 0xFFFFFFFF
    for octet in frame + frame_check_sequence(frame):
        for bit in range(8):
            low = (register ^ octet >> bit) & 1
            register = register >> 1 ^ (0xEDB88320 if low else 0)
    assert register == 0xDEBB20E3


def test_a_fault_changes_one_octet_for_the_receivers_only() -> None:
    wire = Wire(PARAMETERS)
    wire.fault_plan = lambda number, length: Fault(offset=20, flipped=0x81) if number == 1 else None
    port, _, _ = attach(wire, "a")
    good, bad = transmission(port, 0), transmission(port, 100 * US)
    port.transmit(good)
    wire.advance(100 * US)
    port.transmit(bad)
    wire.advance(300 * US)
    assert good.heard(0, 64) == bytes(good.octets)
    assert bad.heard(16, 24) == b"\0\0\0\0\x81\0\0\0"
    assert bad.heard(21, 24) == b"\0\0\0"
    assert bytes(bad.octets[:60]) == bytes(60)


def test_observers_get_times_sender_and_frame() -> None:
    wire = Wire(PARAMETERS)
    port, _, _ = attach(wire, "a")
    seen: list[tuple[int, int, str, bytes]] = []
    wire.observers.append(lambda *row: seen.append(row))
    frame = bytes(range(60))
    sent = transmission(port, 0, frame)
    port.transmit(sent)
    wire.advance(100 * US)
    port.finish(sent)
    assert seen == [(0, 57_600_000, "a", frame)]


def test_a_receiver_ahead_of_the_sender_is_our_own_mistake() -> None:
    wire = Wire(PARAMETERS)
    port, _, _ = attach(wire, "a")
    with pytest.raises(AssertionError, match="look-ahead"):
        Transmission(port, 0, 64).heard(0, 6)
