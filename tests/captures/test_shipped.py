"""The shipped captures are what their script makes, and tcpdump and scapy see in them what dlcode sees."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader, RawPcapReader

from dlcode.captures import CaptureError, Packet, link_type_name, open_capture, shipped
from tests.captures import craft

MADE = craft.captures()
CLASSIC = [path for path in MADE if path.suffix == ".pcap"]


def tcpdump(*arguments: str) -> str:
    """What tcpdump prints on standard output; a missing tcpdump fails the test that needs it."""
    program = shutil.which("tcpdump")
    assert program, "tcpdump is an oracle of these tests and is not installed: apt-get install tcpdump"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False).stdout


def seen(path: Path) -> list[bytes]:
    """The packets that dlcode reads, up to a tear."""
    return [packet.data for packet in open_capture(path).batch()]


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_script_makes_exactly_the_captures_that_are_kept(path: Path) -> None:
    assert path.read_bytes() == MADE[path]


def test_no_shipped_capture_lacks_a_script_that_makes_it() -> None:
    assert {path for path in MADE if path.parent == craft.SHIPPED} == set(shipped().iterdir())


@pytest.mark.parametrize("path", CLASSIC, ids=lambda path: path.name)
def test_tcpdump_counts_the_packets_that_dlcode_counts(path: Path) -> None:
    (count,) = re.findall(r"^(\d+) packet", tcpdump("-r", str(path), "--count"), re.MULTILINE)
    assert int(count) == len(seen(path)) > 0


@pytest.mark.parametrize("path", [path for path in MADE if path.parent == craft.SHIPPED], ids=lambda path: path.name)
def test_scapy_reads_the_same_bytes(path: Path) -> None:
    reader = RawPcapReader if path.suffix == ".pcap" else RawPcapNgReader
    with reader(str(path)) as packets:
        assert [data for data, _ in packets] == seen(path)


def test_tcpdump_copies_the_packets_with_the_times_and_lengths_that_dlcode_reads(tmp_path: Path) -> None:
    """Byte for byte after a copy by libpcap, nanoseconds and cut packets included."""
    for name in ("increments.pcap", "cut-short.pcap"):
        tcpdump("-r", str(shipped(name)), "--time-stamp-precision=nano", "-w", str(tmp_path / name))
        assert list(open_capture(tmp_path / name)) == list(open_capture(shipped(name)))


def test_two_interfaces_keep_their_link_types_times_and_limits() -> None:
    """Both byte orders, a clock in powers of two from a later epoch, a snapshot length, and simple packet blocks."""
    packets = list(open_capture(shipped("two-interfaces.pcapng")))
    assert {link_type_name(packet.link_type) for packet in packets} == {"EN10MB", "RAW"}
    ethernet = {packet.data: packet for packet in open_capture(shipped("mixed.pcap"))}
    timed = 0
    for packet in packets:
        if packet.link_type == 101:
            (twin,) = [twin for data, twin in ethernet.items() if data[14:] == packet.data]
            assert 0 <= twin.timestamp_ns - packet.timestamp_ns < 2_000  # its clock ticks every 954 ns
            timed += 1
        else:
            assert len(packet.data) == min(packet.wire_length, 128)
            timed += packet.timestamp_ns >= craft.START * 10**9
    assert timed == len(packets) - sum(packet.timestamp_ns == 0 for packet in packets) > 40


def test_a_shipped_capture_is_found_by_its_name_only() -> None:
    with pytest.raises(KeyError, match=r"mixed\.pcap"):
        shipped("../faults.py")


@pytest.mark.parametrize("name", ["torn.pcap", "torn.pcapng"])
def test_a_torn_capture_gives_its_nine_whole_packets_and_then_the_byte_of_the_tear(name: str) -> None:
    path = craft.TORN / name
    given: list[Packet] = []
    with pytest.raises(CaptureError) as caught:
        given.extend(open_capture(path))
    assert [packet.data for packet in given] == [packet.data for packet in open_capture(shipped("mixed.pcap"))][:9]
    assert caught.value.code == "CAP1004"
    assert caught.value.offset is not None
    assert path.stat().st_size - 200 < caught.value.offset < path.stat().st_size
    assert f"byte {caught.value.offset}" in str(caught.value)
