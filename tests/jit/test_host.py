"""Images in this process: they do what the interpreter says, and take nothing that the proof doesn't speak of."""

from __future__ import annotations

import ctypes
import gc
import random
from array import array
from dataclasses import dataclass

import pytest

from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import ImageError
from dlcode_jit.host import HostImage, Lease, host_image
from dlcode_verifier import Options, Proved, verify
from tests.generators import random_packets, random_program
from tests.jit.programs import NAMES, SYN, TYPICAL, certificate, cut_short, interpreted, program, prove


def make(name: str) -> HostImage:
    """The image of a program of the data folder."""
    return host_image(certificate(name))


@dataclass(frozen=True)
class Records:
    """A batch."""

    buffer: bytes
    offsets: array[int]
    lengths: array[int]
    wire_lengths: array[int]


def batch(packets: list[Packet]) -> Records:
    """Packets one after another in a buffer, with a stray byte before each."""
    buffer = b"".join(b"." + packet.data for packet in packets)
    ends, at = array("Q"), 0
    for packet in packets:
        ends.append(at + 1)
        at += 1 + len(packet.data)
    lengths = array("I", [len(packet.data) for packet in packets])
    return Records(buffer, ends, lengths, array("I", [packet.wire_length for packet in packets]))


@pytest.mark.parametrize("name", NAMES)
def test_it_does_what_the_interpreter_says_at_every_length(name: str) -> None:
    image, verdicts = make(name), set()
    drawn = random_packets(program(name), 1, count=12)
    typical = [(Packet.whole(data), memory) for data in TYPICAL[name] for _, memory in drawn[:2]]
    for packet, memory in drawn + typical:
        for cut in cut_short(packet):
            outcome = image.run(cut, memory)
            assert outcome == interpreted(program(name), cut, memory)
            verdicts.add(outcome.verdict)
    assert len(verdicts) > 1


def test_it_does_what_the_interpreter_says_of_generated_programs() -> None:
    proved = 0
    for seed in range(1000, 1040):
        made = random_program(seed)
        answer = verify(made, options=Options(isolated=False))
        if not isinstance(answer, Proved):
            continue
        proved += 1
        image = host_image(answer.certificate)
        for packet, memory in random_packets(made, seed, count=4):
            for cut in [packet, *cut_short(Packet(packet.data[:70], packet.wire_length))]:
                assert image.run(cut, memory) == interpreted(made, cut, memory), seed
    assert proved > 20


@pytest.mark.parametrize("bits", [128, 64, 40])
def test_wide_division_is_right_at_the_ends_of_the_ranges(bits: int) -> None:
    rng, image = random.Random(bits), make("division")
    values = [0, 1, 2, 3, 7, (1 << bits) - 1, 1 << (bits - 1), (1 << 32) - 1, 1 << 32, (1 << 64) - 1, 1 << 64]
    values += [rng.randrange(1 << rng.randrange(1, 129)) for _ in range(12)]
    for one in values:
        for other in values:
            packet = Packet.whole((one % (1 << 128)).to_bytes(16, "big") + (other % (1 << 128)).to_bytes(16, "big"))
            assert image.run(packet) == interpreted(program("division"), packet)


# ---- one packet to a filter


def test_a_filter_matches_bytes() -> None:
    image = make("port_80")
    assert image.match(SYN) is True
    assert image.match(SYN[:37]) is False


def test_what_is_not_bytes_is_copied_first() -> None:
    image = make("port_80")
    assert image.match(bytearray(SYN)) is True  # type: ignore[arg-type]
    assert image.match(memoryview(b"." + SYN)[1:]) is True  # type: ignore[arg-type]
    backwards = memoryview(SYN[::-1])[::-1]  # not contiguous
    assert image.match(backwards) is True  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", ["text", 7, None, [1, 2], 1.5])
def test_what_has_no_bytes_is_a_type_error(thing: object) -> None:
    with pytest.raises(TypeError):
        make("port_80").match(thing)  # type: ignore[arg-type]


def test_a_packet_beyond_the_maximum_is_not_run_on() -> None:
    image = make("port_80")
    longest = program("port_80").maximum
    assert image.match(SYN.ljust(longest, b"\0")) is True
    for data in (bytes(longest + 1), bytearray(longest + 1)):
        with pytest.raises(ImageError) as refused:
            image.match(data)  # type: ignore[arg-type]
        assert refused.value.code == "packet"
    with pytest.raises(ImageError):
        image.run(Packet.whole(bytes(longest + 1)))


def test_the_builtin_outlives_its_image() -> None:
    match = make("port_80").match
    gc.collect()
    assert [match(SYN) for _ in range(3)] == [True] * 3


def test_a_handler_does_not_match() -> None:
    image = make("increment")
    with pytest.raises(ImageError) as refused:
        image.match(SYN)
    assert refused.value.code == "unsupported"
    with pytest.raises(ImageError):
        image.scan(batch([]))


# ---- batches


def test_a_scan_gives_each_record_its_verdict() -> None:
    image = make("port_80")
    packets = [Packet.whole(SYN), Packet.whole(SYN[:37]), Packet(SYN[:38], 60), Packet.whole(b""), Packet.whole(SYN)]
    expected = [interpreted(program("port_80"), packet).verdict is Verdict.MATCH for packet in packets]
    assert list(image.scan(batch(packets))) == expected
    assert image.count(batch(packets)) == sum(expected) == 3


def test_an_empty_batch_has_no_verdicts() -> None:
    assert make("port_80").scan(batch([])) == bytearray()


def test_a_scan_sees_wire_lengths() -> None:
    text = """
    filter wire on ethernet maximum 64
    {
      if (extent(wire) == 1000:u32) { exit match }
      exit miss
    }
    """
    image = host_image(prove(parse_program(text)))
    assert list(image.scan(batch([Packet(b"a", 1000), Packet(b"a", 1), Packet(b"", 1000)]))) == [1, 0, 1]


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 262_145), (60, 3), (1 << 63, 1), ((1 << 64) - 1, 2), (0, (1 << 32) - 1)]
)
def test_a_record_that_lies_is_refused_before_it_is_run(offset: int, length: int) -> None:
    records = batch([Packet.whole(SYN), Packet.whole(SYN)])
    records.offsets[1], records.lengths[1] = offset, length
    if length == 262_145:  # in the buffer, but longer than the filter's maximum
        records = Records(bytes(300_000), *(getattr(records, name) for name in ("offsets", "lengths", "wire_lengths")))
    elif offset == 60:  # past the end by one byte
        records.offsets[1] = len(records.buffer) - length + 1
    with pytest.raises(ImageError) as refused:
        make("port_80").scan(records)
    assert refused.value.code == "batch"
    assert refused.value.reason.startswith("record 1 ")


def test_arrays_of_other_lengths_or_kinds_are_refused() -> None:
    good, image = batch([Packet.whole(SYN)]), make("port_80")
    for offsets, lengths, wires in (
        (good.offsets, array("I"), good.wire_lengths),
        (good.offsets, good.lengths, array("I", [1, 2])),
        (array("I", [0]), good.lengths, good.wire_lengths),
        (good.offsets, array("i", [1]), good.wire_lengths),
    ):
        with pytest.raises(ImageError) as refused:
            image.scan(Records(good.buffer, offsets, lengths, wires))
        assert refused.value.code == "batch"


# ---- leases


def test_a_lease_refuses_regions_of_another_shape() -> None:
    image = make("increment")
    for regions in ([], [bytearray(1023)], [bytearray(1024)] * 2, [bytes(1024)]):
        with pytest.raises(ImageError) as refused:
            Lease(image, regions)
        assert refused.value.code == "memory"


def test_a_lease_refuses_a_region_that_is_not_aligned() -> None:
    image, space = make("increment"), memoryview((ctypes.c_uint64 * 130)()).cast("B")
    Lease(image, [space[8 : 8 + 1024]])
    for offset in range(1, 8):
        with pytest.raises(ImageError) as refused:
            Lease(image, [space[offset : offset + 1024]])
        assert refused.value.code == "memory"


def test_memory_of_another_shape_is_refused() -> None:
    image = make("increment")
    for cells in ([0] * 255, [0] * 257, [-1] + [0] * 255, [1 << 32] + [0] * 255):
        with pytest.raises(ImageError):
            image.run(Packet.whole(b""), {"counters": cells})


def test_a_listing_is_assembly_of_the_program() -> None:
    image = make("increment")
    assert "handler.increment:" in image.listing()
    assert "define i32 @handler.increment" in image.llvm
