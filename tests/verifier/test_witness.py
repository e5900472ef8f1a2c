"""A witness is a packet and memory that were seen to do it, and as plain as a few more runs make them."""

from __future__ import annotations

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Packet
from dlcode_verifier import Refuted
from dlcode_verifier.conditions import conditions
from dlcode_verifier.task import Candidate
from dlcode_verifier.witness import Witness, confirm, plainer
from tests.verifier.support import judged, program, refutations


def test_the_packet_is_the_shortest_and_holds_nothing_that_does_not_matter() -> None:
    text = """
    read %type: u16 = packet[12:u32] else { exit pass }
    if (%type != 2048:u16) { exit pass }
    read %first: u8 = packet[14:u32] else { exit pass }
    read %value: u8 = packet[(14:u32 + (widen((%first & 15:u8), u32) * 4:u32))]
    if (%value == 17:u8) { exit drop }
    exit pass
    """
    (found,) = refutations(text)
    data = found.witness.packet.data
    assert data[12:14] == b"\x08\x00"
    assert not any(data[:12])
    at = 14 + 4 * (data[14] & 15)
    assert at >= len(data) == 15
    assert found.witness.packet == Packet.whole(data)
    assert not any(any(cells) for cells in found.witness.memory.values())


def test_memory_is_part_of_a_witness() -> None:
    (found,) = refutations("let %x: u32 = @words[3:u32] if (%x > 9:u32) { exit pass } @words[%x] = 0:u32 exit consume")
    assert found.witness.packet.data == b""
    cells = found.witness.memory["words"]
    assert cells[3] in (8, 9)
    assert sum(map(bool, cells)) == 1


def test_a_packet_that_was_cut_short_on_its_way_is_found() -> None:
    text = """
    if (extent(wire) < 14:u32) { exit pass }
    read %type: u16 = packet[12:u32]
    exit pass
    """
    (found,) = refutations(text)
    assert found.witness.packet.wire_length >= 14 > len(found.witness.packet.data)


def test_a_candidate_that_does_not_replay_is_no_witness() -> None:
    """A model that is no run (of values that were only bounded, or of an encoder with a bug) is not shown as one."""
    text = "read %x: u8 = packet[3:u32] exit pass"
    (obligation,) = conditions(program(text)).obligations
    assert confirm(program(text), obligation, Candidate(4, None, {})) is None
    assert confirm(program(text), obligation, Candidate(3, None, {})) is not None


def test_a_candidate_that_faults_elsewhere_is_no_witness() -> None:
    text = "read %x: u8 = packet[3:u32] let %y: u8 = (%x + 1:u8) exit pass"
    first, second = conditions(program(text)).obligations
    assert second.kind is FaultKind.WRAP
    nothing, whole = Candidate(0, None, {}), Candidate(4, None, {"packet": {3: 255}})
    assert confirm(program(text), second, nothing) is None
    assert confirm(program(text), first, nothing) is not None
    assert confirm(program(text), second, whole) is not None


def test_one_mistake_is_reported_once() -> None:
    """What only fails after an earlier fault is decided under the earlier claim."""
    text = """
    let %x: u32 = (@words[0:u32] - 1:u32)
    let %y: u32 = (%x + 1:u32)
    if (%y > 7:u32) { exit pass }
    @words[%y] = 1:u32
    read %z: u32 = packet[0:u32]
    read %again: u16 = packet[2:u32]
    exit consume
    """
    found = refutations(text)
    assert [one.kind for one in found] == [FaultKind.WRAP, FaultKind.PACKET_BOUNDS]
    answer = judged(text)
    assert isinstance(answer, Refuted)
    assert answer.open == ()


def test_a_long_packet_is_cut_to_what_it_takes_and_its_other_bytes_are_zeros() -> None:
    """In a few runs: halves are tried before single bytes."""
    runs = 0

    def breaks(other: Witness) -> bool:
        nonlocal runs
        runs += 1
        data = other.packet.data
        return len(data) >= 1515 and data[700] > 6 and other.memory["t"][90] > 0

    found = plainer(Witness(Packet.whole(b"\xab" * 2043), {"t": [7] * 100}), breaks)
    assert len(found.packet.data) == 1515
    assert [(place, byte) for place, byte in enumerate(found.packet.data) if byte] == [(700, 0xAB)]
    assert [(place, cell) for place, cell in enumerate(found.memory["t"]) if cell] == [(90, 1)]
    assert runs <= 80


def test_no_run_is_begun_when_the_effort_is_used_up() -> None:
    long = Witness(Packet.whole(b"\x01" * 100_000), {})
    assert plainer(long, lambda other: True, lambda: False) == long
