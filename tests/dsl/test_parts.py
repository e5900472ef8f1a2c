"""Parts of the packet, and views: what they come to, and what they do in the interpreter."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcode_dsl import Fault, Packet, Source, Verdict, check_program, compile_source, print_program, render, run
from dlcode_dsl.core.faults import FaultKind
from tests.data_files import Case, each_case

DATA = Path(__file__).parent / "data"


@each_case(DATA / "parts.test")
def test_a_part_comes_to_the_expected_core_program(case: Case, request: pytest.FixtureRequest) -> None:
    """Each keeps the rules of the core form."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    for program in compiled.programs:
        assert check_program(program) == []
    case.expect({"core": "\n".join(print_program(program) for program in compiled.programs)}, request)


def word(data: bytes, at: int, size: int) -> int | None:
    """The big-endian number of so many bytes; None where they are not all there."""
    return int.from_bytes(data[at : at + size], "big") if at + size <= len(data) else None


def part(data: bytes, start: int, end: int | None = None) -> bytes | None:
    """A slice; None where its ends pass one another or the end of what is sliced."""
    end = len(data) if end is None else end
    return data[start:end] if start <= end <= len(data) else None


def record(data: bytes, at: int, limit: int | None = None) -> tuple[int, bytes] | None:
    """The tag and the data of a whole `record`."""
    size = word(data[:limit], at, 1)
    found = None if size is None else part(data[:limit], at + 2, at + 2 + size)
    return None if found is None or at + 2 > len(data[:limit]) else (data[at + 1], found)


MEANINGS: dict[str, Callable[[bytes], object]] = {
    "pkt[0] == 2": lambda data: word(data, 0, 1) == 2,
    "pkt[pkt[0]] == 2": lambda data: (at := word(data, 0, 1)) is not None and word(data, at, 1) == 2,
    "pkt[1] as u24 < 0x010203": lambda data: (found := word(data, 1, 3)) is not None and found < 0x010203,
    "(pkt[2] else 3) == 3": lambda data: (3 if (found := word(data, 2, 1)) is None else found) == 3,
    "pkt[2 .. 5].len == 3": lambda data: part(data, 2, 5) is not None,
    "pkt[pkt[0] .. pkt[1]].len >= 2": lambda data: (
        len(data) > 1 and (found := part(data, data[0], data[1])) is not None and len(found) >= 2
    ),
    "pkt[3 ..][1] as u16 == 0x0102": lambda data: word(data[3:], 1, 2) == 0x0102,
    "pkt[1 .. 4][pkt[0]] == 1": lambda data: (
        len(data) > 0 and (found := part(data, 1, 4)) is not None and word(found, data[0], 1) == 1
    ),
    "pkt[1 .. 5][1 .. ][pkt[0]] as u16 < 0x0200": lambda data: (
        len(data) > 4 and (found := word(data[2:5], data[0], 2)) is not None and found < 0x0200
    ),
    "(pkt[1] as record).tag == 2": lambda data: len(data) >= 3 and data[2] == 2,
    "(pkt[1] as whole record).tag == 2": lambda data: (found := record(data, 1)) is not None and found[0] == 2,
    "(pkt[1] as whole record).data[0] == 1": lambda data: (
        (found := record(data, 1)) is not None and word(found[1], 0, 1) == 1
    ),
    "(pkt[1] as record).data.len == 1": lambda data: (found := record(data, 1)) is not None and len(found[1]) == 1,
    "(pkt[1 .. 5][pkt[0]] as whole record).end <= 5": lambda data: (
        len(data) > 4 and record(data, 1 + data[0], 5) is not None
    ),
    "(pkt[1 .. 5][0] as record).data.len < 9": lambda data: len(data) > 4 and record(data, 1, 5) is not None,
}


@pytest.mark.parametrize("condition", MEANINGS)
def test_what_lies_outside_the_packet_or_its_part_is_absent(condition: str) -> None:
    """As slices and numbers of Python say it, on short packets of small bytes."""
    source = f"message record {{ size: u8, tag: u8, data: u8[size] }}\nfilter tried on ethernet {{ {condition} }}"
    compiled = compile_source(Source("test.ash", source))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    rng = random.Random(1)
    seen = set()
    for _ in range(400):
        data = bytes(rng.randrange(4) for _ in range(rng.randrange(9)))
        expected = bool(MEANINGS[condition](data))
        assert (run(compiled.programs[0], Packet.whole(data)).verdict is Verdict.MATCH) == expected, data.hex(" ")
        seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("body", "data", "kind"),
    [
        ("let p = pkt[2 .. 6]\np.len == 4", bytes(5), FaultKind.PART_BOUNDS),
        ("let p = pkt[pkt.len .. 2]\np.len == 4", bytes(5), FaultKind.PART_BOUNDS),
        ("let p = pkt[2 .. 4] else false\nlet x = p[2]\nx == 0", bytes(9), FaultKind.PART_BOUNDS),
        ("let p = pkt[2 .. 4] else false\nlet x = p[1] as u16\nx == 0", bytes(9), FaultKind.PART_BOUNDS),
        ("let x = pkt[8]\nx == 0", bytes(8), FaultKind.PACKET_BOUNDS),
        ("let x = pkt[7] as u16\nx == 0", bytes(8), FaultKind.PACKET_BOUNDS),
    ],
)
def test_what_is_asked_for_without_an_else_is_claimed_to_be_there(body: str, data: bytes, kind: FaultKind) -> None:
    """It is a fault where it is not, and none on a longer packet."""
    compiled = compile_source(Source("test.ash", f"filter tried on ethernet {{\n{body}\n}}"))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    with pytest.raises(Fault) as fault:
        run(compiled.programs[0], Packet.whole(data))
    assert fault.value.kind is kind
