"""The LANCE talking to itself: internal and external loopback, forced collision, and byte swapping."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.transmission import frame_check_sequence
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.rig import ENP, OWN, RECEIVE_RING, STP, TRANSMIT_RING, Rig, frame_to

US = 1_000_000
MS = 1000 * US
LOOP, INTL, DTCR, COLL, DRTY = 0x0004, 0x0040, 0x0008, 0x0010, 0x0020
ERR, CRC = 0x4000, 0x0800
RINT, TINT, CERR = 0x0400, 0x0200, 0x2000


def alone(make_rigs: MakeRigs, mode: int, **changes: int | float) -> Rig:
    (rig,) = make_rigs(1, **changes)
    rig.start(mode=mode)
    return rig


@pytest.mark.parametrize("mode", [LOOP | INTL, LOOP], ids=["internal", "external"])
def test_a_station_in_loopback_hears_its_own_short_frame(make_rigs: MakeRigs, mode: int) -> None:
    """32 octets and a check sequence that goes to memory unchecked; no runt filter."""
    rig = alone(make_rigs, mode)
    frame = frame_to(rig.address, rig.address, 32)
    rig.send(frame)
    run_together([rig], MS)
    assert rig.received(0) == (STP | ENP, 36, frame + frame_check_sequence(frame))
    assert rig.word(TRANSMIT_RING + 2) == STP | ENP
    assert rig.csr0 & (RINT | TINT) == RINT | TINT


def test_internal_loopback_takes_the_frames_time_and_leaves_the_wire_alone(make_rigs: MakeRigs) -> None:
    """Descriptor 1.8 us, two bursts 9.6, half the delay 6.45, 44 octets on the chip's own wire 35.2, the descriptor's
    status 0.6; then the receiver: bursts of 16, 16 and 4 octets 10.8, two words 1.2, half the delay 6.45."""
    rig = alone(make_rigs, LOOP | INTL, dma__memory_cycle_ns=0)
    seen: list[object] = []
    rig.wire.observers.append(lambda *row: seen.append(row))
    ends = rig.now_ps + 72_100_000
    rig.send(frame_to(rig.address, rig.address, 32))
    run_together([rig], ends)
    assert not rig.csr0 & RINT
    run_together([rig], ends + 1)
    assert rig.csr0 & RINT
    assert seen == []
    assert not rig.csr0 & CERR


def test_external_loopback_is_heard_by_others_as_a_runt(make_rigs: MakeRigs) -> None:
    a, b = make_rigs()
    a.start(mode=LOOP)
    b.start(mode=0x8000)
    seen: list[object] = []
    a.wire.observers.append(lambda *row: seen.append(row))
    a.send(frame_to(a.address, a.address, 32))
    run_together([a, b], 2 * MS)
    assert a.csr0 & RINT
    assert len(seen) == 1
    assert b.word(RECEIVE_RING + 2) == OWN


def test_internal_loopback_hears_nobody_else(make_rigs: MakeRigs) -> None:
    a, b = make_rigs()
    a.start(mode=LOOP | INTL)
    b.start()
    b.send(frame_to(a.address, b.address))
    run_together([a, b], 2 * MS)
    assert not a.csr0 & RINT


def test_with_dtcr_the_receiver_checks_what_software_appended(make_rigs: MakeRigs) -> None:
    for good, status in ((True, STP | ENP), (False, ERR | CRC | STP | ENP)):
        rig = alone(make_rigs, LOOP | INTL | DTCR)
        frame = frame_to(rig.address, rig.address, 28)
        check = frame_check_sequence(frame) if good else b"\x00\x01\x02\x03"
        rig.send(frame + check)
        run_together([rig], MS)
        assert rig.received(0) == (status, 32, frame + check)


def test_loopback_goes_through_the_address_filter(make_rigs: MakeRigs) -> None:
    rig = alone(make_rigs, LOOP | INTL)
    rig.send(frame_to(bytes.fromhex("08002b0000ff"), rig.address, 32))
    run_together([rig], MS)
    assert rig.csr0 & (RINT | TINT) == TINT
    assert rig.word(RECEIVE_RING + 2) == OWN


def test_a_loopback_frame_that_does_not_fit_the_fifo_underflows(make_rigs: MakeRigs) -> None:
    rig = alone(make_rigs, LOOP | INTL)
    rig.send(frame_to(rig.address, rig.address, 49))
    run_together([rig], MS)
    assert rig.word(TRANSMIT_RING + 2) & ERR
    assert rig.word(TRANSMIT_RING + 6) == 0x4000, "UFLO"


@pytest.mark.parametrize(("mode", "least_us"), [(COLL, 16 * 9.6), (COLL | DRTY, 9.6)])
def test_a_forced_collision_ends_in_rtry(make_rigs: MakeRigs, mode: int, least_us: float) -> None:
    """16 preambles and jams with the back-off between them, or a single one."""
    rig = alone(make_rigs, LOOP | INTL | mode)
    began = rig.now_ps
    rig.send(frame_to(rig.address, rig.address, 32))
    run_together([rig], began + int(least_us * US))
    assert rig.word(TRANSMIT_RING + 2) & OWN
    run_together([rig], began + 600 * MS)
    assert rig.word(TRANSMIT_RING + 2) == ERR | STP | ENP
    assert rig.word(TRANSMIT_RING + 6) == 0x0400
    assert not rig.csr0 & RINT


def test_byte_swapping_swaps_data_and_not_descriptors(make_rigs: MakeRigs) -> None:
    """a swaps, b does not: what a's driver wrote in pairs arrives with each pair turned round."""
    a, b = make_rigs()
    b.start()
    a.power_up()
    a.write_init_block()
    a.give_receive_buffer(0)
    for number, value in ((1, 0), (2, 0), (3, 4)):
        a.set_csr(number, value)
    a.csr0 = 0x0043
    run_together([a, b], a.now_ps + 50 * US)
    frame = frame_to(b.address, a.address, 61)
    turned = b"".join(frame[at : at + 2][::-1] for at in range(0, 60, 2)) + b"\0" + frame[60:]
    a.send(turned[:61])
    a.set_data(0x8000, turned)  # octet 60 is at 61
    run_together([a, b], a.now_ps + MS)
    assert b.received(0) == (STP | ENP, 65, frame + frame_check_sequence(frame))
    answer = frame_to(a.address, b.address, 61)
    b.send(answer)
    run_together([a, b], a.now_ps + MS)
    status, octets, _ = a.received(0)
    assert (status, octets) == (STP | ENP, 65)
    stored = a.data(0x1000, 66)
    assert b"".join(stored[at : at + 2][::-1] for at in range(0, 66, 2))[:61] == answer


def test_stop_ends_byte_swapping(make_rigs: MakeRigs) -> None:
    a, b = make_rigs()
    b.start()
    a.power_up()
    a.set_csr(3, 4)
    a.csr0 = 0x0004
    a.start()
    frame = frame_to(b.address, a.address)
    a.send(frame)
    run_together([a, b], a.now_ps + MS)
    assert b.received(0)[2][:60] == frame


def test_start_without_init_works_on_a_block_of_zeros(make_rigs: MakeRigs) -> None:
    """A ring of one descriptor at address 0, its buffer wherever that says, and no address of its own."""
    (rig,) = make_rigs(1)
    rig.power_up()
    rig.set_data(0x4000, frame_to(b"\xff" * 6, b"\0" * 6))
    for address, word in ((0, 0x4000), (4, 0xF000 | -60 & 0xFFF), (2, OWN | STP | ENP)):
        rig.set_word(address, word)
    seen: list[bytes] = []
    rig.wire.observers.append(lambda start, end, name, frame: seen.append(frame))
    rig.csr0 = 0x0042
    run_together([rig], MS)
    assert len(seen) == 1
