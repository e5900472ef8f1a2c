"""The LANCE when the wire is against it: collisions and back-off, late ones, no carrier, no heartbeat, framing."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.transmission import Fault, RandomFaults
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.rig import ENP, OWN, RECEIVE_RING, STP, TRANSMIT_RING, Rig, frame_to

US = 1_000_000
MS = 1000 * US
ERR, MORE, ONE, DEF, CRC, FRAM = 0x4000, 0x1000, 0x0800, 0x0400, 0x0800, 0x2000  # in a descriptor
LCOL, LCAR, RTRY = 0x1000, 0x0800, 0x0400
TXON, CERR, TINT, RINT = 0x0010, 0x2000, 0x0200, 0x0400
DRTY = 0x0020


def started(rigs: list[Rig], **options: int) -> list[Rig]:
    for rig in rigs:
        rig.start(**options)
        rig.raised_ps.clear()
    return rigs


def statuses(rig: Rig, count: int = 1) -> list[int]:
    return [rig.word(TRANSMIT_RING + 8 * i + 2) for i in range(count)]


def test_two_stations_that_start_together_collide_and_both_frames_arrive(make_rigs: MakeRigs) -> None:
    """At least one of them had to try again; nobody sees anything of the collision itself."""
    a, b = started(make_rigs())
    a.send(frame_to(b.address, a.address))
    b.send(frame_to(a.address, b.address))
    run_together([a, b], 20 * MS)
    assert a.received(0)[:2] == b.received(0)[:2] == (STP | ENP, 64)
    assert all(status & (ONE | MORE) for status in statuses(a) + statuses(b))
    assert not any(status & ERR for status in statuses(a) + statuses(b))


def test_eight_stations_that_start_together_get_through(make_rigs: MakeRigs) -> None:
    rigs = started(make_rigs(8))
    for rig in rigs[1:]:
        rig.send(frame_to(rigs[0].address, rig.address))
    run_together(rigs, 40 * MS)
    assert all(not statuses(rig)[0] & (OWN | ERR) for rig in rigs[1:])
    senders = {rigs[0].received(i)[2][6:12] for i in range(4)}
    assert len(senders) == 4, "four receive buffers, four of the seven stations"


def test_what_collisions_do_does_not_depend_on_the_length_of_the_turns(make_rigs: MakeRigs) -> None:
    def history(turn: int | None) -> list[object]:
        rigs = started(make_rigs(4))
        frames: list[tuple[int, int, str, bytes]] = []
        rigs[0].wire.observers.append(lambda *row: frames.append(row))
        rigs[0].wire.fault_plan = RandomFaults(seed=5, loss=0.1, corruption=0.2, duplication=0.2)
        for length in (60, 200, 61):
            for rig, to in zip(rigs, [*rigs[1:], rigs[0]], strict=True):
                rig.send(frame_to(to.address, rig.address, length))
            run_together(rigs, rigs[0].now_ps + 4 * MS, turn)
        return [frames, *([statuses(rig, 4), bytes(rig.memory), rig.raised_ps, rig.stalled] for rig in rigs)]

    whole = history(None)
    assert len(whole[0]) == 12  # type: ignore[arg-type]
    assert whole == history(1_230_007) == history(177_777)


def test_the_seed_decides_who_goes_first(make_rigs: MakeRigs) -> None:
    def order(seed: int) -> tuple[tuple[int, str], ...]:
        rigs = started(make_rigs(3, seed=seed))
        seen: list[tuple[int, str]] = []
        rigs[0].wire.observers.append(lambda start, end, name, frame: seen.append((start, name)))
        for rig in rigs[1:]:
            rig.send(frame_to(rigs[0].address, rig.address))
        run_together(rigs, 10 * MS)
        return tuple(seen)

    assert order(1) == order(1)
    assert len({order(seed) for seed in range(6)}) > 3


@pytest.mark.parametrize(("collisions", "mark"), [(1, ONE), (2, MORE), (15, MORE)])
def test_a_frame_that_got_through_says_how_often_it_was_tried(make_rigs: MakeRigs, collisions: int, mark: int) -> None:
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(collision_bit=100) if number < collisions else None
    a.send(frame_to(b.address, a.address))
    run_together([a, b], 500 * MS)
    assert statuses(a)[0] & ~DEF == STP | ENP | mark
    assert b.received(0)[:2] == (STP | ENP, 64)


def test_after_16_collisions_a_frame_is_given_up(make_rigs: MakeRigs) -> None:
    """RTRY, and how far the collision was: 100 bits. The transmitter stays on, and sends the next frame."""
    a, b = started(make_rigs())
    tried: list[int] = []

    def plan(number: int, length: int) -> Fault | None:
        tried.append(number)
        return Fault(collision_bit=100) if number < 16 else None

    a.wire.fault_plan = plan
    a.send(frame_to(b.address, a.address), demand=False)
    a.send(frame_to(b.address, a.address, 70))
    run_together([a, b], 800 * MS)
    assert len(tried) == 17
    assert statuses(a)[0] & ~DEF == ERR | STP | ENP
    assert a.word(TRANSMIT_RING + 6) == RTRY | 100
    assert a.csr0 & (TXON | TINT) == TXON | TINT
    assert b.received(0)[1] == 74


def test_drty_gives_up_after_the_first_collision(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(), mode=DRTY)
    a.wire.fault_plan = lambda number, length: Fault(collision_bit=70) if number == 0 else None
    a.send(frame_to(b.address, a.address))
    run_together([a, b], MS)
    assert statuses(a)[0] & ERR
    assert a.word(TRANSMIT_RING + 6) == RTRY | 70
    assert not b.csr0 & RINT


def test_a_collision_after_the_slot_time_is_late_and_not_tried_again(make_rigs: MakeRigs) -> None:
    """512 bits after the first one. The receiver has more than 64 octets by then at bit 700, and keeps a bad frame."""
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(collision_bit=700) if number == 0 else None
    a.send(frame_to(b.address, a.address, 200))
    run_together([a, b], 2 * MS)
    assert statuses(a)[0] & (ERR | OWN) == ERR
    assert a.word(TRANSMIT_RING + 6) == LCOL
    assert a.csr0 & TXON
    status, octets, _ = b.received(0)
    assert status == ERR | CRC | STP | ENP
    assert octets == (700 - 64) // 8


def test_a_collision_within_the_slot_time_leaves_no_trace_at_the_receiver(make_rigs: MakeRigs) -> None:
    """511 bits are 55 octets after the preamble: a runt, whose buffer is used again for the second attempt."""
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(collision_bit=511) if number == 0 else None
    a.send(frame_to(b.address, a.address, 200))
    run_together([a, b], 3 * MS)
    assert statuses(a)[0] & ONE
    assert b.received(0)[:2] == (STP | ENP, 204)
    assert b.word(RECEIVE_RING + 8 + 2) == OWN


def test_without_its_cable_a_station_loses_its_carrier(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.wire.ports[0].connected = False
    a.send(frame_to(b.address, a.address))
    run_together([a, b], 2 * MS)
    assert statuses(a)[0] == ERR | STP | ENP
    assert a.word(TRANSMIT_RING + 6) == LCAR
    assert a.csr0 & (CERR | TINT | TXON) == CERR | TINT | TXON
    assert not b.csr0 & RINT


def test_a_transceiver_without_a_heartbeat_is_cerr_which_interrupts_nobody(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(transceiver__heartbeat=0))
    a.send(frame_to(b.address, a.address))
    run_together([a, b], 2 * MS)
    assert a.csr0 & (0x8000 | CERR) == 0x8000 | CERR, "ERR with it"
    assert b.received(0)[:2] == (STP | ENP, 64)
    a.csr0 = 0x0040 | TINT
    assert a.csr0 & CERR
    assert not a.line
    a.csr0 = 0x0040 | CERR
    assert not a.csr0 & CERR


def test_bits_that_make_no_octet_are_fram_if_the_check_sequence_is_wrong(make_rigs: MakeRigs) -> None:
    """Three bits too many are nothing by themselves (the chip drops them); with a wrong check they are FRAM."""
    a, b = started(make_rigs())
    plans = [Fault(extra_bits=3), Fault(extra_bits=3, offset=40, flipped=1), Fault(offset=40, flipped=1)]
    a.wire.fault_plan = lambda number, length: plans[number]
    for length in (60, 61, 62):
        a.send(frame_to(b.address, a.address, length))
        run_together([a, b], a.now_ps + MS)
    assert [b.received(i)[0] for i in range(3)] == [
        STP | ENP,
        ERR | FRAM | CRC | STP | ENP,
        ERR | CRC | STP | ENP,
    ]


def test_a_duplicated_frame_arrives_twice(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(copies=1)
    frame = frame_to(b.address, a.address)
    a.send(frame)
    run_together([a, b], MS)
    assert [b.received(i)[2][:60] for i in range(2)] == [frame, frame]
    assert len(b.raised_ps) == 1, "the driver has not acknowledged the first"


@pytest.mark.parametrize("length", [1, 2, 5, 13])
def test_frames_of_a_few_octets_hurt_nobody(make_rigs: MakeRigs, length: int) -> None:
    a, b = started(make_rigs(), mode=0x8000)
    a.send(frame_to(b.address, a.address, 60)[:length])
    run_together([a, b], MS)
    assert statuses(a) == [STP | ENP]
    assert b.word(RECEIVE_RING + 2) == OWN
