"""The wire: frame times, deferral, what a collision does, faults, and observers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from dlcode_aegis_core.machine.transmission import Fault, RandomFaults, Transmission, frame_check_sequence
from dlcode_aegis_core.machine.wire import Port, Wire
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
    """Each hears the other 0.9 us after its first bit, ends its preamble of 6.4 us, and jams for 3.2 us."""
    wire = Wire(PARAMETERS)
    (a, _, _), (b, _, _) = attach(wire, "a"), attach(wire, "b")
    first, second = transmission(a, 0), transmission(b, 900_000)
    a.transmit(first)
    b.transmit(second)
    wire.advance(100 * US)
    assert (first.start_ps, first.collision_ps, first.end_ps) == (0, 1_800_000, 9_600_000)
    assert (second.start_ps, second.collision_ps, second.end_ps) == (900_000, 900_000, 10_500_000)


def test_a_start_just_outside_the_carrier_delay_defers() -> None:
    wire = Wire(PARAMETERS)
    (a, _, _), (b, _, _) = attach(wire, "a"), attach(wire, "b")
    first, second = transmission(a, 0), transmission(b, 900_001)
    a.transmit(first)
    b.transmit(second)
    wire.advance(100 * US)
    assert not first.collided
    assert second.start_ps == 57_600_000 + 9_600_000


def test_two_stations_that_wait_for_the_same_carrier_collide() -> None:
    wire = Wire(PARAMETERS)
    ports = [attach(wire, name)[0] for name in "abc"]
    sent = [transmission(port, ready) for port, ready in zip(ports, (0, 10 * US, 20 * US), strict=True)]
    for each in sent:
        each.port.transmit(each)
    wire.advance(200 * US)
    assert [each.collided for each in sent] == [False, True, True]
    assert sent[1].start_ps == sent[2].start_ps == 67_200_000


def test_the_wire_is_free_an_interframe_gap_after_the_last_jam() -> None:
    wire = Wire(PARAMETERS)
    ports = [attach(wire, name)[0] for name in "abc"]
    sent = [transmission(port, ready) for port, ready in zip(ports, (0, 500_000, 2 * US), strict=True)]
    for each in sent:
        each.port.transmit(each)
    wire.advance(200 * US)
    assert [each.collided for each in sent] == [True, True, False]
    assert sent[2].start_ps == sent[1].end_ps + 9_600_000


def test_bystanders_hear_a_collision_as_one_broken_frame() -> None:
    wire = Wire(PARAMETERS)
    (a, _, _), (b, _, _), (_, ear, events) = attach(wire, "a"), attach(wire, "b"), attach(wire, "c")
    sent = transmission(a, 0)
    a.transmit(sent)
    b.transmit(transmission(b, 0))
    wire.advance(100 * US)
    events.run_due(100 * US)
    assert ear.heard == [("carrier", 0)]
    assert sent.heard(0, 6) == b""


def test_back_off_doubles_up_to_1024_slots_and_is_the_same_for_the_same_seed() -> None:
    def times(seed: int, name: str) -> list[int]:
        port = Wire(PARAMETERS, seed).attach(name, Queue())
        return [port.backoff_ps(attempt) for attempt in range(1, 16) for _ in range(50)]

    assert times(7, "a") == times(7, "a")
    assert times(7, "a") != times(8, "a")
    assert times(7, "a") != times(7, "b")
    slots = [time // 51_200_000 for time in times(7, "a")]
    assert all(time % 51_200_000 == 0 for time in times(7, "a"))
    for attempt in range(1, 16):
        most = 1 << min(attempt, 10)
        drawn = slots[50 * (attempt - 1) : 50 * attempt]
        assert max(drawn) < most
        assert max(drawn) >= most // 2


def test_something_else_on_the_wire_breaks_a_frame_off() -> None:
    """At bit 300 (30 us): 23.6 us after the preamble, 29 octets are through."""
    wire = Wire(PARAMETERS)
    wire.fault_plan = lambda number, length: Fault(collision_bit=300)
    port, _, _ = attach(wire, "a")
    sent = transmission(port, 0)
    port.transmit(sent)
    wire.advance(100 * US)
    assert (sent.collision_ps, sent.end_ps, sent.intact) == (30 * US, 33_200_000, 29)
    assert len(sent.heard(16, 64)) == 13


def test_something_after_the_end_breaks_nothing_off() -> None:
    wire = Wire(PARAMETERS)
    wire.fault_plan = lambda number, length: Fault(collision_bit=576)
    port, _, _ = attach(wire, "a")
    sent = transmission(port, 0)
    port.transmit(sent)
    wire.advance(100 * US)
    assert not sent.collided


def test_a_duplicated_frame_comes_again_after_the_gap_and_holds_the_wire() -> None:
    wire = Wire(PARAMETERS)
    wire.fault_plan = lambda number, length: Fault(copies=2) if number == 0 else None
    (a, own, own_events), (b, other, other_events) = attach(wire, "a"), attach(wire, "b")
    second = transmission(b, 10 * US)
    a.transmit(transmission(a, 0))
    b.transmit(second)
    wire.advance(500 * US)
    own_events.run_due(200 * US)
    other_events.run_due(200 * US)
    period = 57_600_000 + 9_600_000
    assert other.heard == [("carrier", 0), ("carrier", period), ("carrier", 2 * period)]
    assert own.heard == [("began", 0)], "the sender does not hear its own frame again"
    assert second.start_ps == 3 * period


def test_random_faults_depend_on_seed_and_number_alone() -> None:
    plan = RandomFaults(seed=3, loss=0.1, corruption=0.2, duplication=0.3)
    fates = [plan(number, 64) for number in range(2000)]
    assert fates == [RandomFaults(3, 0.1, 0.2, 0.3)(number, 64) for number in range(2000)]
    assert fates != [RandomFaults(4, 0.1, 0.2, 0.3)(number, 64) for number in range(2000)]
    assert 150 < sum(fate.lost for fate in fates) < 250
    assert 340 < sum(fate.flipped > 0 for fate in fates) < 460
    assert 520 < sum(fate.copies for fate in fates) < 680
    assert {RandomFaults(1)(number, 64).lost for number in range(50)} == {False}


def test_a_station_without_its_cable_hears_nobody_and_waits_for_nobody() -> None:
    wire = Wire(PARAMETERS)
    (a, ear, events), (b, other, other_events) = attach(wire, "a"), attach(wire, "b")
    a.connected = False
    alone, sent = transmission(a, 10 * US), transmission(b, 0)
    b.transmit(sent)
    a.transmit(alone)
    wire.advance(200 * US)
    events.run_due(200 * US)
    other_events.run_due(200 * US)
    assert (alone.start_ps, alone.carrier_lost) == (10 * US, True)
    assert ear.heard == [("began", 10 * US)]
    assert other.heard == [("began", 0)]


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
