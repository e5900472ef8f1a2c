"""Writing captures: what is written reads back, and a good file is never replaced by half of one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode.captures import MAXIMUM_CAPTURED, CaptureError, Packet, open_capture, shipped, write_capture

PACKETS = st.builds(
    Packet,
    timestamp_ns=st.integers(0, 2**32 * 10**9 - 1),
    data=st.binary(max_size=100),
    wire_length=st.integers(0, 2**32 - 1),
    link_type=st.just(101),
)
PACKET = Packet(10**18 + 1, b"frame", 60)


@given(packets=st.lists(PACKETS, max_size=20))
@settings(deadline=None)
def test_what_is_written_reads_back(packets: list[Packet], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.pcap"
    assert write_capture(path, packets, 101) == len(packets)
    with open_capture(path) as capture:
        assert list(capture) == packets
        assert list(capture.batch()) == packets
        assert capture.link_type == 101


def test_a_capture_may_be_rewritten_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(shipped("mixed.pcap").read_bytes())
    everything = list(open_capture(path))
    with open_capture(path) as capture:
        write_capture(path, (packet for packet in capture if len(packet.data) > 60))
    assert list(open_capture(path)) == [packet for packet in everything if len(packet.data) > 60]


@pytest.mark.parametrize(
    "bad",
    [
        replace(PACKET, link_type=113),
        replace(PACKET, timestamp_ns=-1),
        replace(PACKET, timestamp_ns=2**32 * 10**9),
        replace(PACKET, data=bytes(MAXIMUM_CAPTURED + 1)),
        replace(PACKET, wire_length=2**32),
        replace(PACKET, wire_length=-1),
    ],
)
def test_a_packet_that_pcap_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path, bad: Packet) -> None:
    path = tmp_path / "kept.pcap"
    write_capture(path, [PACKET])
    before = path.read_bytes()
    with pytest.raises(CaptureError, match=r"packet 3 .*CAP1102"):
        write_capture(path, [PACKET, PACKET, bad])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["kept.pcap"]


def test_packets_that_fail_half_way_leave_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def failing() -> Iterator[Packet]:
        yield PACKET
        raise KeyboardInterrupt

    path = tmp_path / "kept.pcap"
    path.write_text("precious")
    with pytest.raises(KeyboardInterrupt):
        write_capture(path, failing())
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["kept.pcap"]


def test_a_torn_capture_that_is_copied_keeps_the_old_file_and_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "torn.pcap").write_bytes(shipped("mixed.pcap").read_bytes()[:-1])
    with pytest.raises(CaptureError, match="CAP1004"):
        write_capture(tmp_path / "copy.pcap", open_capture(tmp_path / "torn.pcap"))
    assert os.listdir(tmp_path) == ["torn.pcap"]


def test_a_disk_that_is_full_is_a_capture_error() -> None:
    with pytest.raises(CaptureError, match=r"No space left.*CAP1101"):
        write_capture("/dev/full", [PACKET])


def test_a_folder_that_is_missing_or_is_the_target_is_a_capture_error(tmp_path: Path) -> None:
    for target in (tmp_path / "missing" / "a.pcap", tmp_path):
        with pytest.raises(CaptureError, match="CAP1101"):
            write_capture(target, [PACKET])


def test_a_device_is_written_directly_and_stays_a_device() -> None:
    assert write_capture("/dev/null", [PACKET]) == 1
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_new_capture_has_the_usual_permissions_and_a_rewritten_one_keeps_its_own(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.pcap", tmp_path / "plain"
    plain.touch()
    write_capture(path, [PACKET])
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    write_capture(path, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one_and_its_target_is_rewritten(tmp_path: Path) -> None:
    link = tmp_path / "link.pcap"
    link.symlink_to(tmp_path / "target.pcap")
    write_capture(link, [PACKET])
    assert link.is_symlink()
    assert list(open_capture(tmp_path / "target.pcap")) == [PACKET]
