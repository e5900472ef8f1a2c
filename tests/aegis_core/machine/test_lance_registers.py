"""The LANCE as the CPU sees it: access rules, initialisation, filter, interrupt pin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlcode_aegis_core.machine.lance import RAP, RDP
from dlcode_aegis_core.machine.lance_registers import InitBlock, Mode, RingPlace, byte_count, multicast_index
from dlcode_aegis_core.machine.simulation import run_together
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.rig import RECEIVE_RING, TRANSMIT_RING, frame_to

STOP, INEA, STRT, INIT, IDON = 0x0004, 0x0040, 0x0002, 0x0001, 0x0100
MS = 10**9


def test_after_reset_only_stop_is_set(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.power_up()
    assert rig.csr0 == STOP


def test_csr1_to_csr3_are_written_only_while_stopped(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.start()
    rig.set_csr(1, 0x5554)
    rig.csr0 = STOP
    rig.lance.store(RAP, 4, 1)
    assert rig.lance.load(RDP, 4) == 0, "the write while it ran had no effect"
    rig.lance.store(RDP, 4, 0xAAAB)
    assert rig.lance.load(RDP, 4) == 0xAAAA, "bit 0 of the address is not there"


def test_stop_overrides_all_other_commands(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.start()
    rig.csr0 = STOP | STRT | INIT | INEA
    assert rig.csr0 == STOP


def test_stop_clears_csr3(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.power_up()
    rig.set_csr(3, 3)
    rig.csr0 = STOP
    rig.lance.store(RAP, 4, 3)
    assert rig.lance.load(RDP, 4) == 0


def test_interrupts_cannot_be_enabled_while_stopped(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.power_up()
    rig.csr0 = INEA
    assert rig.csr0 == STOP


def test_initialisation_reads_12_words_and_sets_idon(make_rigs: MakeRigs) -> None:
    """Twelve words of 600 ns, each with 5 memory cycles of 80 ns: 12 us."""
    (rig,) = make_rigs(1)
    rig.power_up()
    rig.write_init_block(receive_log=3, transmit_log=0)
    rig.set_csr(1, 0)
    rig.set_csr(2, 0)
    rig.csr0 = INIT | INEA
    rig.run(12 * (600_000 + 400_000) - 1)
    assert not rig.csr0 & IDON
    rig.run(12 * (600_000 + 400_000) + 1)
    assert rig.csr0 & IDON
    assert rig.raised_ps == [12_000_000]


def test_the_initialisation_block_has_its_words_in_their_places() -> None:
    words = [0x8000, 0x0008, 0x122B, 0x5634, 1, 2, 3, 0x8000, 0x0120, 0x6001, 0x0240, 0x8002]
    block = InitBlock.from_words(words)
    assert block.mode == Mode.PROM
    assert block.physical_address.hex() == "08002b123456"
    assert block.logical_filter == 1 | 2 << 16 | 3 << 32 | 1 << 63
    assert block.receive_ring == RingPlace(base=0x010120, length=8)
    assert block.transmit_ring == RingPlace(base=0x020240, length=16)


def test_init_and_start_may_come_in_one_write(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.power_up()
    rig.write_init_block()
    rig.set_csr(1, 0)
    rig.set_csr(2, 0)
    rig.csr0 = INIT | STRT | INEA
    rig.run(MS)
    assert rig.csr0 & 0x0030 == 0x0030, "receiver and transmitter on"


def test_mode_keeps_receiver_and_transmitter_off(make_rigs: MakeRigs) -> None:
    for mode, on in ((0x0001, 0x0010), (0x0002, 0x0020), (0x0003, 0)):
        (rig,) = make_rigs(1)
        rig.start(mode=mode)
        assert rig.csr0 & 0x0030 == on


def test_writing_one_clears_and_writing_zero_keeps(make_rigs: MakeRigs) -> None:
    a, b = rigs = make_rigs(2)
    for rig in rigs:
        rig.start()
    a.send(frame_to(b.address, a.address))
    run_together(rigs, MS)
    assert b.csr0 & 0x0400
    b.csr0 = INEA
    assert b.csr0 & 0x0400
    b.csr0 = INEA | 0x0400
    assert not b.csr0 & 0x0400


def test_the_pin_follows_intr_and_inea(make_rigs: MakeRigs) -> None:
    """The driver's order: an interrupt, then INEA off (line falls), on (rises), acknowledged (falls)."""
    a, b = rigs = make_rigs(2)
    for rig in rigs:
        rig.start()
    a.send(frame_to(b.address, a.address))
    run_together(rigs, MS)
    assert b.line
    b.csr0 = 0
    assert not b.line
    assert b.csr0 & 0x0480 == 0x0480, "RINT and INTR stand"
    b.csr0 = INEA
    assert b.line
    b.csr0 = INEA | 0x0400
    assert not b.line


def test_the_chip_held_in_reset_takes_no_writes(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.start()
    rig.asic.store(0x100, 4, 0x10000)
    rig.csr0 = INIT
    assert rig.csr0 == STOP


def test_a_descriptor_count_is_the_twos_complement_of_its_low_12_bits() -> None:
    assert byte_count(0xF000 | -60 & 0xFFF) == 60
    assert byte_count(0xF000 | -1536 & 0xFFF) == 1536
    assert byte_count(0xF000) == 4096


def multicast_bit_by_bit(address: bytes) -> int:
    """The hash by a bit-serial CRC register, as the 802.3 standard draws it."""
    register = 0xFFFFFFFF
    for octet in address:
        for bit in range(8):
            low = (register ^ octet >> bit) & 1
            register = register >> 1 ^ (0xEDB88320 if low else 0)
    return register >> 26


@given(st.binary(min_size=6, max_size=6))
def test_the_multicast_hash_is_the_top_six_bits_of_the_crc(address: bytes) -> None:
    assert multicast_index(address) == multicast_bit_by_bit(address)


@given(st.binary(min_size=6, max_size=6), st.integers(0, 2**64 - 1), st.booleans())
def test_the_filter_accepts_what_the_reference_says(destination: bytes, bits: int, promiscuous: bool) -> None:
    own = bytes.fromhex("08002b000001")
    block = InitBlock(Mode.PROM if promiscuous else Mode(0), own, bits, RingPlace(0, 1), RingPlace(0, 1))
    for address in (destination, own, b"\xff" * 6):
        expected = (
            promiscuous
            or address == own
            or address == b"\xff" * 6
            or (address[0] & 1 == 1 and bits >> multicast_bit_by_bit(address) & 1 == 1)
        )
        assert block.accepts(address) == expected


def test_memory_that_does_not_answer_is_merr_and_stops_both_directions(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    rig.start()
    rig.asic.store(0x100, 4, 0x00100)  # the driver turns DMA off under the chip
    rig.raised_ps.clear()
    rig.run(2 * MS)
    assert rig.csr0 & 0x8880 == 0x8880, "ERR, MERR, INTR"
    assert rig.csr0 & 0x0030 == 0
    assert len(rig.raised_ps) == 1


def test_a_register_read_costs_its_parameter(make_rigs: MakeRigs) -> None:
    (rig,) = make_rigs(1)
    assert rig.lance.load_cycles(RDP, 4) == 32, "1250 ns in cycles of 40 ns, rounded up"


def test_rings_are_where_the_block_says(make_rigs: MakeRigs) -> None:
    a, b = rigs = make_rigs(2)
    for rig in rigs:
        rig.start()
    a.send(frame_to(b.address, a.address))
    run_together(rigs, MS)
    assert a.word(TRANSMIT_RING + 2) == 0x0300, "STP and ENP stay, OWN is gone"
    assert b.word(RECEIVE_RING + 2) == 0x0300
    assert b.word(RECEIVE_RING + 8 + 2) == 0x8000
