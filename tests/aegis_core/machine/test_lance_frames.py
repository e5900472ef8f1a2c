"""The LANCE on the wire: rings, ownership, errors, and times worked out by hand."""

from __future__ import annotations

import itertools
from functools import partial

import pytest

from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.transmission import Fault, frame_check_sequence
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.rig import ENP, OWN, RECEIVE_RING, STP, TRANSMIT_RING, Rig, frame_to

US = 1_000_000
MS = 1000 * US
ERR_BIT, CRC = 0x4000, 0x0800  # in a descriptor
RINT, TINT, MISS, ERR, TXON, INEA = 0x0400, 0x0200, 0x1000, 0x8000, 0x0010, 0x0040


def started(rigs: list[Rig], **options: int) -> tuple[Rig, Rig]:
    for rig in rigs:
        rig.start(**options)
        rig.raised_ps.clear()
    return rigs[0], rigs[1]


def test_a_frame_goes_over_with_its_check_sequence(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    frame = frame_to(b.address, a.address)
    a.send(frame)
    run_together([a, b], MS)
    assert b.received(0) == (STP | ENP, 64, frame + frame_check_sequence(frame))
    assert a.csr0 & TINT
    assert b.csr0 & RINT


def test_the_controllers_take_25_5_microseconds_a_packet_without_memory_time(make_rigs: MakeRigs) -> None:
    """By hand, from TDMD: 3 descriptor words 1.8, burst 4.8, half the delay 6.45: first bit at 13.05 us.
    After the last bit: burst 4.8, two descriptor words 1.2, half the delay 6.45: 12.45 us. 25.5 in all."""
    a, b = started(make_rigs(dma__memory_cycle_ns=0))
    frames: list[tuple[int, int]] = []
    a.wire.observers.append(lambda start, end, name, frame: frames.append((start, end)))
    demanded = a.now_ps
    a.send(frame_to(b.address, a.address))
    run_together([a, b], demanded + MS)
    assert frames == [(demanded + 13_050_000, demanded + 13_050_000 + 57_600_000)]
    assert b.raised_ps == [demanded + 25_500_000 + 57_600_000]


def test_memory_time_comes_on_top(make_rigs: MakeRigs) -> None:
    """By hand: 3 single reads of 5 memory cycles and a burst of 8 before the first bit, 23 x 80 ns = 1.84 us;
    a burst of 6 and two single writes of 3 after the last, 12 x 80 ns = 0.96 us."""
    a, b = started(make_rigs())
    demanded = a.now_ps
    a.send(frame_to(b.address, a.address))
    run_together([a, b], demanded + MS)
    assert b.raised_ps == [demanded + 25_500_000 + 57_600_000 + 1_840_000 + 960_000]


def test_a_frame_of_1514_octets_costs_the_controllers_the_same(make_rigs: MakeRigs) -> None:
    """1514 + 4 octets leave 14 for the last burst, 7 words instead of 8: 0.6 us less. (Published: 1 us more.)"""
    a, b = started(make_rigs(dma__memory_cycle_ns=0))
    demanded = a.now_ps
    frame = frame_to(b.address, a.address, 1514)
    a.send(frame)
    run_together([a, b], demanded + 3 * MS)
    assert b.raised_ps == [demanded + 25_500_000 - 600_000 + 1_220_800_000]
    assert b.received(0) == (STP | ENP, 1518, frame + frame_check_sequence(frame))


def test_dma_stalls_the_cpu_for_every_burst_and_descriptor_word(make_rigs: MakeRigs) -> None:
    """Receive 64 octets: 4 bursts of 12 cycles, RMD3 and RMD1 of 6; then 3 words of 10 for the next descriptor and
    1 for the transmit ring."""
    a, b = started(make_rigs())
    b.stalled = 0
    a.send(frame_to(b.address, a.address))
    run_together([a, b], a.now_ps + 200 * US)
    assert b.stalled == 4 * 12 + 2 * 6 + 3 * 10 + 10


def test_without_tdmd_the_ring_is_polled_every_1_6_milliseconds(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    starts: list[int] = []
    a.wire.observers.append(lambda start, end, name, frame: starts.append(start))
    began = a.now_ps
    a.send(frame_to(b.address, a.address), demand=False)
    run_together([a, b], began + 3 * MS)
    assert len(starts) == 1
    assert 1500 * US < starts[0] - began < 1620 * US


def test_a_descriptor_that_the_chip_does_not_own_is_left_alone(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.send(frame_to(b.address, a.address), status=STP | ENP)
    run_together([a, b], 5 * MS)
    assert a.word(TRANSMIT_RING + 2) == STP | ENP
    assert not a.csr0 & TINT
    assert not b.csr0 & RINT


def test_an_owned_descriptor_without_stp_is_released_and_skipped(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.send(frame_to(b.address, a.address), status=OWN | ENP, demand=False)
    a.send(frame_to(b.address, a.address, 61))
    run_together([a, b], MS)
    assert not a.word(TRANSMIT_RING + 2) & OWN
    assert b.received(0)[1] == 65
    assert not b.received(1)[0] & STP


def test_the_rings_wrap(make_rigs: MakeRigs) -> None:
    """Eleven frames through rings of four, each buffer given back once it is read."""
    a, b = started(make_rigs())
    for turn in range(11):
        frame = frame_to(b.address, a.address, 60 + turn)
        a.send(frame)
        run_together([a, b], a.now_ps + MS)
        status, _octets, data = b.received(turn % 4)
        assert (status, data[:-4]) == (STP | ENP, frame)
        b.give_receive_buffer(turn % 4)
    assert not b.csr0 & MISS


def test_frames_queued_together_go_out_one_after_the_other(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    times: list[tuple[int, int]] = []
    a.wire.observers.append(lambda start, end, name, frame: times.append((start, end)))
    for turn in range(3):
        a.send(frame_to(b.address, a.address, 60 + turn), demand=turn == 2)
    run_together([a, b], MS)
    assert [b.received(i)[1] for i in range(3)] == [64, 65, 66]
    for (_, end), (start, _) in itertools.pairwise(times):
        assert start >= end + 9_600_000


def test_the_transmit_descriptor_comes_back_only_after_the_last_bit(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    ends: list[int] = []
    a.wire.observers.append(lambda start, end, name, frame: ends.append(end))
    a.send(frame_to(b.address, a.address))
    run_together([a, b], lambda: not a.word(TRANSMIT_RING + 2) & OWN, longest_turn_ps=100_000)
    assert ends[0] <= a.now_ps <= ends[0] + 2 * US


def test_a_frame_that_finds_no_receive_buffer_is_missed(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(), buffers=1)
    for length in (60, 61):
        a.send(frame_to(b.address, a.address, length))
        run_together([a, b], a.now_ps + 300 * US)
    assert b.received(0)[1] == 64, "the first is there, whole"
    assert b.csr0 & (MISS | ERR) == MISS | ERR
    b.give_receive_buffer(1)
    b.csr0 = INEA | MISS
    a.send(frame_to(b.address, a.address, 62))
    run_together([a, b], a.now_ps + 3 * MS)
    assert b.received(1)[1] == 66, "it goes on once there is a buffer"


def test_frames_for_others_are_not_received(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    b.stalled = 0
    a.send(frame_to(bytes.fromhex("08002b0000ff"), a.address))
    run_together([a, b], MS)
    assert b.word(RECEIVE_RING + 2) == OWN
    assert b.raised_ps == []


def test_broadcasts_and_chosen_multicasts_are_received(make_rigs: MakeRigs) -> None:
    """01-00-5e-00-00-01 hashes to bit 54 of the filter by a bit-serial CRC."""
    a, b = started(make_rigs(), multicast=1 << 54)
    destinations = [b"\xff" * 6, bytes.fromhex("01005e000001"), bytes.fromhex("01005e000002")]
    for destination in destinations:
        a.send(frame_to(destination, a.address))
        run_together([a, b], a.now_ps + MS)
    assert [b.received(i)[0] for i in range(3)] == [STP | ENP, STP | ENP, OWN]


def test_the_chip_does_not_hear_its_own_frames(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.send(frame_to(b"\xff" * 6, a.address))
    run_together([a, b], MS)
    assert a.word(RECEIVE_RING + 2) == OWN


@pytest.mark.parametrize("length", [14, 20, 59])
def test_a_frame_under_64_octets_is_dropped_silently(make_rigs: MakeRigs, length: int) -> None:
    """The chip does not pad: what software leaves short is a runt."""
    a, b = started(make_rigs())
    a.send(frame_to(b.address, a.address, length))
    run_together([a, b], MS)
    assert b.word(RECEIVE_RING + 2) == OWN
    assert b.raised_ps == []
    a.send(frame_to(b.address, a.address, 60))
    run_together([a, b], a.now_ps + MS)
    assert b.received(0)[1] == 64, "its buffer is used again"


def test_a_corrupted_frame_arrives_marked(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(offset=30, flipped=0x10)
    a.send(frame_to(b.address, a.address))
    run_together([a, b], MS)
    status, _octets, data = b.received(0)
    assert status == 0x4000 | 0x0800 | STP | ENP
    assert data[:-4] != frame_to(b.address, a.address)


def test_a_lost_frame_never_arrives(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.wire.fault_plan = lambda number, length: Fault(lost=True)
    a.send(frame_to(b.address, a.address))
    run_together([a, b], MS)
    assert a.csr0 & TINT
    assert b.word(RECEIVE_RING + 2) == OWN


def test_a_chip_that_appends_no_check_sequence_sends_the_frames_own(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(), mode=0x0008)
    frame = frame_to(b.address, a.address, 60)
    a.send(frame + frame_check_sequence(frame))
    run_together([a, b], MS)
    assert b.received(0) == (STP | ENP, 64, frame + frame_check_sequence(frame))


def test_an_over_long_frame_is_babl(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    a.send(frame_to(b.address, a.address, 1515))
    run_together([a, b], 3 * MS)
    assert a.csr0 & 0xC000 == 0xC000


def test_a_frame_longer_than_a_buffer_goes_on_in_the_next(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    for index in range(4):
        b.give_receive_buffer(index, size=128)
    b.csr0 = 0x0004  # read descriptors anew: the first is held with its old size
    b.start_again()
    frame = frame_to(b.address, a.address, 300)
    a.send(frame)
    run_together([a, b], a.now_ps + MS)
    statuses = [b.word(RECEIVE_RING + 8 * i + 2) for i in range(4)]
    assert statuses == [STP, 0, ENP, OWN]
    assert b.word(RECEIVE_RING + 16 + 6) == 304
    whole = b"".join(b.data(0x1000 + 1536 * i, 128) for i in range(3))[:304]
    assert whole == frame + frame_check_sequence(frame)


def test_a_frame_that_runs_out_of_buffers_is_buff(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(), buffers=0)
    b.give_receive_buffer(0, size=128)
    a.send(frame_to(b.address, a.address, 300))
    run_together([a, b], a.now_ps + 3 * MS)
    assert b.word(RECEIVE_RING + 2) == 0x4000 | 0x0400 | STP


def test_a_receive_buffer_under_64_octets_is_filled_like_any_other(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs(), buffers=0)
    for index, size in enumerate((32, 16, 256)):
        b.give_receive_buffer(index, size)
    frame = frame_to(b.address, a.address)
    a.send(frame)
    run_together([a, b], MS)
    assert [b.word(RECEIVE_RING + 8 * i + 2) for i in range(3)] == [STP, 0, ENP]
    assert b.word(RECEIVE_RING + 16 + 6) == 64
    pieces = [b.data(0x1000 + 1536 * i, size) for i, size in enumerate((32, 16, 16))]
    assert b"".join(pieces)[:60] == frame


def test_a_transmit_chain_is_one_frame(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    frame = frame_to(b.address, a.address, 250)
    a.send(frame[:100], status=OWN | STP, demand=False)
    a.send(frame[100:200], status=OWN, demand=False)
    a.send(frame[200:], status=OWN | ENP)
    run_together([a, b], MS)
    assert b.received(0) == (STP | ENP, 254, frame + frame_check_sequence(frame))
    assert [a.word(TRANSMIT_RING + 8 * i + 2) for i in range(3)] == [STP, 0, ENP]


def test_a_torn_transmit_chain_is_buff_and_turns_the_transmitter_off(make_rigs: MakeRigs) -> None:
    """The first buffer is given away before the second: the chip runs into a descriptor that it does not own. What it
    has goes out, and the receiver finds no good check sequence behind it."""
    a, b = started(make_rigs())
    frame = frame_to(b.address, a.address, 100)
    a.send(frame, status=OWN | STP)
    run_together([a, b], MS)
    assert a.word(TRANSMIT_RING + 2) & (OWN | ERR_BIT) == ERR_BIT
    assert a.word(TRANSMIT_RING + 6) & 0xC000 == 0xC000, "BUFF, UFLO"
    assert not a.csr0 & TXON
    assert a.csr0 & TINT
    assert b.received(0) == (ERR_BIT | CRC | STP | ENP, 100, frame)


def test_a_chain_around_the_whole_ring_without_an_end_is_buff(make_rigs: MakeRigs) -> None:
    """Every descriptor is the chip's and none ends the frame: when it comes round, the first is not any more."""
    a, b = started(make_rigs())
    for _ in range(4):
        a.send(frame_to(b.address, a.address, 100), status=OWN | STP, demand=False)
    a.csr0 = INEA | 0x0008
    run_together([a, b], 3 * MS)
    assert [a.word(TRANSMIT_RING + 8 * i + 2) for i in range(4)] == [STP, STP, STP, ERR_BIT | STP]
    assert a.word(TRANSMIT_RING + 24 + 6) & 0x8000
    assert b.received(0)[0] == ERR_BIT | CRC | STP | ENP


def test_a_chain_of_tiny_buffers_runs_the_fifo_dry(make_rigs: MakeRigs) -> None:
    """Each octet takes a word of 0.6 us and 0.4 us of memory to fetch, and 0.8 us on the wire. The ring is read first,
    so what is left over is the FIFO's head start."""
    a, b = started(make_rigs(), transmit_log=7)
    frame = frame_to(b.address, a.address, 120)
    for at, octet in enumerate(frame):
        a.set_data(0x8000 + 16 * at, bytes([octet]))
        descriptor = TRANSMIT_RING + 8 * at
        a.set_word(descriptor, 0x8000 + 16 * at)
        a.set_word(descriptor + 4, 0xFFFF)
        status = OWN | (STP if at == 0 else 0) | (ENP if at == 119 else 0)
        a.set_word(descriptor + 2, status)
    a.csr0 = INEA | 0x0008
    run_together([a, b], 3 * MS)
    assert a.word(TRANSMIT_RING + 8 * 119 + 6) == 0x4000, "UFLO"
    assert not a.csr0 & TXON
    status, octets, data = b.received(0)
    assert status == ERR_BIT | CRC | STP | ENP
    assert data == frame[:octets]
    assert 64 < octets < 120


def test_a_torn_descriptor_is_read_word_by_word(make_rigs: MakeRigs) -> None:
    """Status first, address, then count: a driver that sets the count after OWN races with three reads of 1 us."""
    for delay, length in ((1_900_000, 70), (2_100_000, 60)):
        a, b = started(make_rigs())
        a.send(frame_to(b.address, a.address, 70))
        a.set_word(TRANSMIT_RING + 4, 0xF000 | -60 & 0xFFF)
        a.events.schedule(a.now_ps + delay, partial(a.set_word, TRANSMIT_RING + 4, 0xF000 | -70 & 0xFFF))
        run_together([a, b], MS)
        assert b.received(0)[1] == length + 4, f"count written {delay} ps after TDMD"


def test_a_station_that_waits_for_the_wire_marks_its_frame_deferred(make_rigs: MakeRigs) -> None:
    """c demands while a's frame for b is on the wire: c's address filter has let go, so it loads, and defers."""
    rigs = make_rigs(3)
    started(rigs)
    a, b, c = rigs
    times: list[tuple[str, int, int]] = []
    a.wire.observers.append(lambda start, end, name, frame: times.append((name, start, end)))
    a.send(frame_to(b.address, a.address))
    demand_at = c.now_ps + 40 * US
    run_together(rigs, demand_at)
    c.send(frame_to(b.address, c.address))
    run_together(rigs, demand_at + MS)
    (_, _, first_end), (name, start, _) = times
    assert name == "c"
    assert start == first_end + 9_600_000
    assert c.word(TRANSMIT_RING + 2) == 0x0400 | STP | ENP


def test_a_frame_that_comes_in_first_makes_the_chip_begin_its_own_again(make_rigs: MakeRigs) -> None:
    """b has loaded its FIFO when a's first bit comes: it receives, and sends afterwards."""
    a, b = started(make_rigs())
    order: list[str] = []
    a.wire.observers.append(lambda start, end, name, frame: order.append(name))
    a.send(frame_to(b.address, a.address))
    run_together([a, b], a.now_ps + 5 * US)
    b.send(frame_to(a.address, b.address))
    run_together([a, b], a.now_ps + MS)
    assert order == ["a", "b"]
    assert b.received(0)[1] == 64
    assert a.received(0)[1] == 64


def test_a_chip_too_busy_for_the_next_frame_overflows(make_rigs: MakeRigs) -> None:
    """With half a delay of 100 us before RINT, b is still at a's frame when more than 48 octets of c's are in."""
    rigs = make_rigs(3, lance__undocumented_delay_ns=200_000)
    started(rigs)
    a, b, c = rigs
    a.send(frame_to(b.address, a.address, 1514))
    run_together(rigs, a.now_ps + 300 * US)
    c.send(frame_to(b.address, c.address, 200))
    run_together(rigs, a.now_ps + 3 * MS)
    assert b.received(0)[:2] == (STP | ENP, 1518)
    assert b.word(RECEIVE_RING + 8 + 2) == 0x4000 | 0x1000 | STP, "ERR, OFLO, no end of frame"
    assert b.word(RECEIVE_RING + 16 + 2) == OWN


def test_a_frame_cut_short_by_stop_is_not_received_as_good(make_rigs: MakeRigs) -> None:
    a, b = started(make_rigs())
    began = a.now_ps
    a.send(frame_to(b.address, a.address, 200))
    run_together([a, b], began + 100 * US)
    a.csr0 = 0x0004
    run_together([a, b], began + MS)
    status, octets, _ = b.received(0)
    assert status & 0x4800 == 0x4800, "ERR and CRC"
    assert octets < 204


def test_what_happens_does_not_depend_on_the_length_of_the_turns(make_rigs: MakeRigs) -> None:
    def history(turn: int | None) -> list[object]:
        rigs = make_rigs()
        a, b = started(rigs)
        seen: list[object] = []
        a.wire.observers.append(lambda *row: seen.append(row))
        for round_ in range(3):
            a.send(frame_to(b.address, a.address, 60 + 50 * round_))
            run_together(rigs, a.now_ps + 211 * US, turn)
            b.send(frame_to(a.address, b.address, 90))
            run_together(rigs, a.now_ps + 207 * US, turn)
        return [*seen, a.raised_ps, b.raised_ps, a.stalled, b.stalled]

    assert history(None) == history(100_000) == history(1_230_007)
