"""Reading captures: whole packets always arrive, and whatever is wrong has a code and a byte."""

from __future__ import annotations

import gzip
import os
import struct
import threading
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode.captures import FAULTS, MAXIMUM_CAPTURED, CaptureError, Packet, open_capture, shipped
from dlcode.captures.streams import PIECE
from tests.captures.craft import block, enhanced, interface, pcap, section, simple


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for one capture."""
    return tmp_path / "some.pcap"


def read(path: Path) -> tuple[list[Packet], CaptureError | None]:
    """Every packet that iterating gives, and the error that ends it."""
    packets: list[Packet] = []
    try:
        with open_capture(path) as capture:
            packets.extend(capture)
    except CaptureError as error:
        return packets, error
    return packets, None


def fault(path: Path) -> tuple[int, str, int | None]:
    """How many packets arrive, and the code and byte of what is wrong after them."""
    packets, error = read(path)
    assert error is not None
    assert str(path) in str(error)
    return len(packets), error.code, error.offset


FRAMES = [(1_000_000_000 * n + 123_456_789, bytes([n]) * n, n + 4) for n in (60, 14, 0, 61)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_either_byte_order_and_either_unit_of_time_read_the_same(file: Path, order: str, nanoseconds: bool) -> None:
    file.write_bytes(pcap(FRAMES, order, nanoseconds, link=113))
    unit = 1 if nanoseconds else 1000
    assert read(file) == ([Packet(time // unit * unit, data, wire, 113) for time, data, wire in FRAMES], None)


def test_the_batch_and_the_packets_are_the_same_and_can_be_read_again() -> None:
    with open_capture(shipped("mixed.pcap")) as capture:
        packets = list(capture)
        batch = capture.batch()
        assert list(batch) == packets == [batch[index] for index in range(len(batch))] == list(capture)
        assert [len(column) for column in (batch.offsets, batch.lengths, batch.wire_lengths, batch.link_types)] == [
            1000
        ] * 4
        assert [column.itemsize for column in (batch.offsets, batch.lengths, batch.wire_lengths, batch.link_types)] == [
            8,
            4,
            4,
            2,
        ]
        assert capture.link_type == 1


@pytest.mark.parametrize("name", ["mixed.pcap", "two-interfaces.pcapng"])
def test_a_capture_cut_anywhere_gives_every_whole_packet_and_never_another_error(file: Path, name: str) -> None:
    whole = shipped(name).read_bytes()[:6000]
    file.write_bytes(whole)
    everything, _ = read(file)
    assert len(everything) > 40
    before = 0
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        packets, error = read(file)
        assert packets == everything[: len(packets)]
        assert len(packets) >= before
        before = len(packets)
        if error is not None:
            assert error.code in ("CAP1002", "CAP1004")
            assert error.offset is not None
            assert error.offset <= length


@pytest.mark.parametrize("name", ["mixed.pcap", "two-interfaces.pcapng"])
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_capture_with_any_bytes_changed_ends_in_packets_or_a_capture_error(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    contents = bytearray(shipped(name).read_bytes()[:3000])
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(contents) - 1), st.integers(0, 255)), max_size=8)):
        contents[at] = value
    path = tmp_path_factory.getbasetemp() / "changed.pcap"
    path.write_bytes(contents)
    packets, error = read(path)
    assert error is None or error.code in FAULTS
    assert all(len(packet.data) <= MAXIMUM_CAPTURED for packet in packets)


@given(contents=st.binary(max_size=200))
@settings(deadline=None)
def test_any_file_at_all_is_a_capture_or_is_refused(contents: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pcap"
    path.write_bytes(contents)
    _, error = read(path)
    assert error is not None
    assert error.code in ("CAP1002", "CAP1003", "CAP1004", "CAP1007")


@pytest.mark.parametrize(
    ("contents", "wanted"),
    [
        (b"", (0, "CAP1002", 0)),
        (b"GET / HTTP/1.1\r\n" * 9, (0, "CAP1002", 0)),
        (b"\x1f\x8b", (0, "CAP1007", 0)),
        (b"\x1f\x8bnot gzip after all", (0, "CAP1007", 0)),
        (gzip.compress(b""), (0, "CAP1002", 0)),
        (pcap([], "<", False)[:23], (0, "CAP1004", 0)),
        (pcap([], "<", False)[:4] + struct.pack("<HH", 1, 4) + bytes(16), (0, "CAP1003", 4)),
        (pcap([], "<", False, link=0x10001), (0, "CAP1003", 20)),
        (pcap(FRAMES[:1], ">", True) + struct.pack(">IIII", 0, 0, 0xFFFFFFF0, 60), (1, "CAP1005", 24 + 76)),
        (pcap(FRAMES[:1], ">", True) + struct.pack(">IIII", 0, 0, 262144, 60), (1, "CAP1004", 24 + 76)),
        (section("<")[:12], (0, "CAP1004", 0)),
        (section("<")[:8] + b"....", (0, "CAP1004", 0)),
        (section("<")[:8] + b"...." + bytes(12), (0, "CAP1003", 8)),
        (section("<")[:12] + b"\2\0" + section("<")[14:], (0, "CAP1003", 12)),
        (section(">") + block(">", 6, bytes(20)), (0, "CAP1006", len(section(">")) + 8)),
        (section(">") + block(">", 6, bytes(16)), (0, "CAP1006", len(section(">")) + 8)),
        (section(">") + struct.pack(">II", 6, 11) + bytes(40), (0, "CAP1006", len(section(">")) + 4)),
        (section(">") + struct.pack(">II", 6, 34) + bytes(40), (0, "CAP1006", len(section(">")) + 4)),
        (section(">") + struct.pack(">II", 9, 0xFFFFFFFC) + bytes(40), (0, "CAP1005", len(section(">")) + 4)),
        (section(">") + block(">", 9, b"....")[:-4] + bytes(4), (0, "CAP1006", len(section(">")) + 12)),
    ],
)
def test_what_is_wrong_with_a_file_has_a_code_and_a_byte(
    file: Path, contents: bytes, wanted: tuple[int, str, int]
) -> None:
    file.write_bytes(contents)
    assert fault(file) == wanted


def test_a_block_whose_packet_runs_out_of_it_is_a_lie_at_the_packets_first_byte(file: Path) -> None:
    lying = bytearray(enhanced("<", 0, 0, b"....", 4))
    lying[20:24] = (5).to_bytes(4, "little")
    before = section("<") + interface("<", 1, 0) + enhanced("<", 0, 0, b"good", 4)
    file.write_bytes(before + lying)
    assert fault(file) == (1, "CAP1005", len(before) + 28)


def test_an_option_that_runs_out_of_its_block_is_refused(file: Path) -> None:
    file.write_bytes(section("<") + block("<", 1, struct.pack("<HHIHH", 1, 0, 0, 2, 400)))
    assert fault(file) == (0, "CAP1006", len(section("<")) + 18)


def test_the_obsolete_packet_block_is_read(file: Path) -> None:
    old = block("<", 2, struct.pack("<HHIIII", 0, 3, 0, 5, 4, 9) + b"data")
    file.write_bytes(section("<") + interface("<", 1, 0) + old)
    assert read(file) == ([Packet(5000, b"data", 9)], None)


def test_a_simple_packet_is_as_long_as_its_interface_allows(file: Path) -> None:
    file.write_bytes(section("<") + interface("<", 1, 3) + simple("<", b"abc", 60))
    assert read(file) == ([Packet(0, b"abc", 60)], None)


def test_timestamps_beyond_64_bits_of_nanoseconds_are_kept(file: Path) -> None:
    file.write_bytes(section("<") + interface("<", 1, 0, (9, b"\x00")) + enhanced("<", 0, 2**64 - 1, b"", 0))
    assert [packet.timestamp_ns for packet in open_capture(file)] == [(2**64 - 1) * 10**9]


def test_a_record_longer_than_the_snapshot_length_is_read_as_libpcap_reads_it(file: Path) -> None:
    contents = bytearray(pcap(FRAMES[:2], "<", True))
    contents[16:20] = (20).to_bytes(4, "little")
    file.write_bytes(contents)
    assert [packet.data for packet in open_capture(file)] == [FRAMES[0][1][:20], FRAMES[1][1]]


def test_gzip_is_undone_with_several_members_and_padding_after_them(file: Path) -> None:
    whole = shipped("mixed.pcap").read_bytes()
    file.write_bytes(gzip.compress(whole[:5000]) + gzip.compress(whole[5000:]) + bytes(512))
    assert list(open_capture(file)) == list(open_capture(shipped("mixed.pcap")))


@pytest.mark.parametrize("name", ["mixed.pcap", "two-interfaces.pcapng"])
def test_damaged_gzip_gives_all_that_can_be_had_before_the_damage(file: Path, name: str) -> None:
    everything, _ = read(shipped(name))
    squeezed = gzip.compress(shipped(name).read_bytes())
    file.write_bytes(squeezed[:-6])  # everything is there but the checksum and the length
    packets, error = read(file)
    assert (packets, error and error.code) == (everything, "CAP1007")
    file.write_bytes(squeezed[:-8] + bytes(8))
    packets, error = read(file)
    assert (packets, error and error.code) == (everything, "CAP1007")
    file.write_bytes(squeezed[: len(squeezed) // 2])
    packets, error = read(file)
    assert len(everything) // 4 < len(packets) < len(everything)
    assert packets == everything[: len(packets)]
    assert error is not None
    assert error.code == "CAP1007"


def test_packets_across_the_pieces_in_which_a_large_file_is_read_are_whole(file: Path) -> None:
    frames = [(n, n.to_bytes(4, "big") * 25_000, 100_000) for n in range(2 * PIECE // 100_000 + 9)]
    file.write_bytes(pcap(frames, "<", True))
    with open_capture(file) as capture:
        batches = list(capture.batches())
        whole = capture.batch()
    assert len(batches) >= 3
    assert [packet for batch in batches for packet in batch] == list(whole)
    assert [packet.data for packet in whole] == [data for _, data, _ in frames]
    assert all(before < after for before, after in pairwise(whole.offsets))


def test_a_tear_in_the_last_piece_is_reported_at_its_place_in_the_file(file: Path) -> None:
    frames = [(n, bytes(100_000), 100_000) for n in range(2 * PIECE // 100_000)]
    file.write_bytes(pcap(frames, "<", True)[:-1])
    assert fault(file) == (len(frames) - 1, "CAP1004", 24 + 100_016 * (len(frames) - 1))
    batch = open_capture(file).batch()
    assert len(batch) == len(frames) - 1
    assert batch.torn is not None
    assert batch.torn.offset == 24 + 100_016 * (len(frames) - 1)


def test_a_small_file_that_unpacks_to_a_huge_one_takes_little_memory(file: Path) -> None:
    """64 MiB of frames of zeros, compressed to a few kilobytes, pass through in pieces."""
    record = pcap([(0, bytes(65_520), 65_520)], "<", True)
    file.write_bytes(gzip.compress(record[:24] + record[24:] * 1024, compresslevel=1))
    tracemalloc.start()
    try:
        with open_capture(file) as capture:
            assert sum(len(batch) for batch in capture.batches()) == 1024
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * PIECE


def test_a_pipe_is_read_once_and_says_so_when_asked_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(shipped("mixed.pcap").read_bytes(),))
    writer.start()
    with open_capture(pipe) as capture:
        assert len(list(capture)) == 1000
        writer.join()
        with pytest.raises(CaptureError, match="CAP1008"):
            list(capture)


@pytest.mark.parametrize("name", ["", "missing.pcap", "nul\0.pcap"])
def test_what_cannot_be_opened_is_a_capture_error_that_names_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaptureError, match="CAP1001") as caught:
        open_capture(tmp_path / name)
    assert str(tmp_path) in str(caught.value)


def test_a_batch_never_changes_when_the_file_does(file: Path) -> None:
    file.write_bytes(pcap(FRAMES, "<", True))
    batch = open_capture(file).batch()
    before = list(batch)
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert list(batch) == before
    assert type(batch.buffer) is bytes


def test_every_code_has_one_row_with_a_title_and_help() -> None:
    assert all(code == row.code and row.title and row.help for code, row in FAULTS.items())
