"""A merged set says of every packet what the interpreter says of its filters one by one."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.population import population
from dlcode.captures import open_capture, shipped
from dlcode_dsl.core.form import MAXIMUM_PACKET
from dlcode_dsl.core.interpret import Packet
from dlcode_jit.errors import ImageError
from dlcode_jit.sets.host import MergedSet
from dlcode_verifier import Certificate, Proved, verify
from tests.jit.sets.filters import HERE, Records, certificates, connection, listener, matches, proved, segment, traffic

MIXED = (
    "ipv4/tcp.dport == 80",
    "ipv4/tcp.dport == 81",
    "ipv4/tcp.dport in [82, 83, 90]",
    "ipv4/tcp.sport in [1, 2, 3] && ipv4/tcp.dport in [4, 5]",
    "ipv4/tcp.sport == 7 && ipv4/tcp.dport in [8, 9]",
    "ipv4/udp.dport >= 1000 && ipv4/udp.dport < 1010",
    "ipv4.dst & 255.255.0.0 == 10.3.0.0 && ipv4/udp.sport == 53",
    "ipv4.dst & 255.255.0.0 == 10.4.0.0 && ipv4/udp.sport == 53",
    "ipv4.src == 192.0.2.9 && (ipv4/tcp.dport == 1 || ipv4/udp.dport == 1)",
    "ethernet.type == 0x88b5",
    "ethernet.type == 0x88b6",
    "tcp.dport == 443",
    "tcp.dport == 444",
    "has(ipv4/icmp) && ipv4.ttl < 60",
    "ipv4/tcp.syn == 1 && ipv4/tcp.ackf == 0 && ipv4/tcp.dport == 22",
    "ipv6.src == 2001:db8::1 && ipv6/udp.dport == 7",
    "ipv6.src == 2001:db8::2 && ipv6/udp.dport == 9",
)
"""Of each kind of filter some: with constants, several at once, ranges, masks, alternatives, chains, wide fields."""


def test_of_many_filters_the_owner_of_the_one_that_matches_is_named() -> None:
    filters = proved(*(connection(number) for number in range(40)))
    merged = MergedSet([(one, number) for number, one in enumerate(filters)], options=HERE)
    for number in range(40):
        packet = segment(f"192.0.2.{number % 7}", f"10.0.0.{number % 3}", (1024 + number, 80 + number % 2))
        assert merged.match(packet) == number
        assert merged.match(packet[:26] + b"\x0b" + packet[27:]) is None
    assert len(merged) == 40
    assert merged.compilations == 1


@pytest.mark.parametrize("condition", MIXED)
def test_a_set_of_one_filter_is_that_filter(condition: str) -> None:
    (one,) = proved(condition)
    agree(MergedSet([(one, "it")], options=HERE), [one], aimed())


def test_filters_of_all_kinds_in_one_set_do_not_disturb_each_other() -> None:
    filters = list(proved(*MIXED))
    agree(MergedSet([(one, "it") for one in filters], options=HERE), filters, aimed() + traffic(200))


def test_a_population_of_filters_matches_what_its_members_do() -> None:
    filters = list(certificates(population(60)))
    agree(MergedSet([(one, "it") for one in filters], options=HERE), filters, traffic(600))


def test_the_shipped_traffic_is_divided_as_one_by_one() -> None:
    conditions = [f"ipv4/{over}.{end} == {port}" for over in ("tcp", "udp") for end, port in PORTS]
    filters = list(proved(*conditions, "has(arp)", "has(ipv6)"))
    with open_capture(shipped("mixed.pcap")) as capture:
        packets = [Packet(packet.data, packet.wire_length) for packet in capture]
    merged = MergedSet([(one, "it") for one in filters], options=HERE)
    agree(merged, filters, packets)


PORTS = (("dport", 53), ("sport", 53), ("dport", 80), ("dport", 443), ("sport", 443))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_bytes_at_all_make_a_set_differ_from_its_filters(data: st.DataObject) -> None:
    """Bytes are those of a frame that some filter takes, with any of them changed, cut anywhere."""
    base = bytearray(data.draw(st.sampled_from([packet.data for packet in aimed()])))
    for at, value in data.draw(st.dictionaries(st.integers(0, max(0, len(base) - 1)), st.integers(0, 255))).items():
        base[at : at + 1] = bytes([value])
    cut = bytes(base[: data.draw(st.integers(0, len(base)))])
    packet = Packet(cut, data.draw(st.sampled_from([len(cut), len(base), 0])))
    agree(all_kinds(), list(proved(*MIXED)), [packet])


@pytest.mark.parametrize("length", [0, 13, 14, 33, 34, 46, 47, 60])
def test_a_packet_that_is_cut_short_is_not_read_past_its_end(length: int) -> None:
    (one,) = proved(listener(80))
    packet = segment()[:length]
    assert (MergedSet([(one, 1)], options=HERE).match(packet) == 1) is matches(one, Packet.whole(packet))


def test_an_empty_set_matches_nothing() -> None:
    merged = MergedSet(options=HERE)
    assert merged.match(segment()) is None
    assert merged.match(b"") is None


def test_what_is_no_bytes_object_is_copied() -> None:
    merged = MergedSet([(proved(listener(80))[0], "web")], options=HERE)
    assert merged.match(bytearray(segment())) == "web"  # type: ignore[arg-type]
    assert merged.match(memoryview(segment())) == "web"  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        merged.match("text")  # type: ignore[arg-type]


def test_a_packet_that_no_program_is_run_on_is_refused() -> None:
    merged = MergedSet([(proved(listener(80))[0], "web")], options=HERE)
    with pytest.raises(ImageError) as refused:
        merged.match(bytes(MAXIMUM_PACKET + 1))
    assert refused.value.code == "packet"
    assert merged.match(segment() + bytes(MAXIMUM_PACKET - len(segment()))) == "web"


def test_a_filter_is_not_asked_about_packets_that_are_longer_than_its_longest() -> None:
    (any_length,) = certificates("filter f on ethernet { ipv4/tcp.dport == 80 }\n")
    made = verify(replace(any_length.program, maximum=100), options=HERE)
    assert isinstance(made, Proved)
    short = made.certificate
    for extra in (100 - len(segment()), 101 - len(segment())):
        packet = segment() + bytes(extra)
        assert (MergedSet([(short, 1)], options=HERE).match(packet) == 1) is (len(packet) <= 100)
        assert MergedSet([(short, 1), (any_length, 1)], options=HERE).match(packet) == 1


def test_a_batch_is_scanned_in_one_native_loop() -> None:
    filters = list(proved(*MIXED))
    merged = MergedSet([(one, number) for number, one in enumerate(filters)], options=HERE)
    packets = aimed() + traffic(100)
    buffer = b"".join(packet.data for packet in packets)
    lengths = array("I", (len(packet.data) for packet in packets))
    offsets = array("Q", (sum(lengths[:at]) for at in range(len(lengths))))
    records = Records(buffer, offsets, lengths, array("I", (packet.wire_length for packet in packets)))
    found = merged.scan(records)
    assert [merged.owner_of(number) for number in found] == [merged.owner(packet) for packet in packets]
    with pytest.raises(ImageError, match="record 1 "):
        merged.scan(Records(buffer, array("Q", [0, len(buffer)]), array("I", [1, 1]), array("I", [1, 1])))


def agree(merged: MergedSet, filters: list[Certificate], packets: list[Packet]) -> None:
    """The set finds an owner for exactly those packets that one of the filters matches."""
    for packet in packets:
        expected = any(matches(one, packet) for one in filters)
        assert (merged.owner(packet) is not None) is expected, packet


_ALL: list[MergedSet] = []


def all_kinds() -> MergedSet:
    """One set of filters of all kinds, made once."""
    if not _ALL:
        _ALL.append(MergedSet([(one, "it") for one in proved(*MIXED)], options=HERE))
    return _ALL[0]


def aimed() -> list[Packet]:
    """For each kind of filter a packet that it takes, and others close by."""
    ports = [(9, 80), (9, 81), (9, 83), (9, 84), (2, 5), (4, 4), (7, 9), (7, 7), (9, 1), (9, 443), (9, 444), (9, 22)]
    frames = [segment("192.0.2.9", "10.3.1.1", pair, words=words) for pair in ports for words in (5, 7)]
    frames += [segment(ports=(9, port), over=17) for port in (999, 1000, 1009, 1010, 1)]
    frames += [segment(target=f"10.{net}.1.1", ports=(53, 2), over=17) for net in (3, 4, 5)]
    frames += [segment("192.0.2.9", ports=(1, 1), over=over) for over in (6, 17, 1)]
    frames += [segment(kind=kind) for kind in (0x88B5, 0x88B6, 0x88B7)]
    syn = segment(ports=(9, 22))
    frames += [syn[:47] + bytes([flags]) + syn[48:] for flags in (0x02, 0x12, 0)]
    for last, port in ((1, 7), (1, 9), (2, 9), (3, 7)):
        six = b"\x60" + bytes(5) + b"\x11\x40" + bytes.fromhex("20010db8") + bytes(11) + bytes([last]) + bytes(16)
        frames.append(bytes(12) + b"\x86\xdd" + six + bytes(2) + port.to_bytes(2, "big") + bytes(8))
    return [Packet.whole(frame) for frame in frames]
