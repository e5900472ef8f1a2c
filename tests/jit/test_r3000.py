"""Images for the R3000: checked code that stays within MIPS-I, wherever it is placed."""

from __future__ import annotations

import struct

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import ImageError
from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.check import check
from dlcode_jit.mips.decode import ROW_BY_NAME, decode, encode
from dlcode_jit.mips.row import Kind
from dlcode_jit.r3000 import image as r3000
from dlcode_jit.r3000.image import mips_code, mips_image
from dlcode_jit.r3000.link import R_MIPS_26, R_MIPS_LO16, Object, Relocation, place
from dlcode_jit.r3000.spacing import spaced
from dlcode_jit.shown import assembly_text
from tests.bare_machine import BareMachine
from tests.jit.programs import NAMES, certificate, interpreted, program, prove

BASE = 0x8010_0000

PRODUCTS = """
handler products on ethernet maximum 64
  owns @sums: u64[2] plain
{
  read %one: u64 = packet[0:u32] else { exit decline }
  read %two: u64 = packet[8:u32] else { exit decline }
  let %first: u64 = (%one *% %two)
  let %second: u64 = (%first *% %two)
  @sums[0:u32] = ((%second *% %first) +% (%one *% (%two ^ %first)))
  @sums[1:u32] = ((%second *% %one) ^ (%first *% %first))
  exit consume
}
"""


@pytest.mark.parametrize("name", NAMES)
def test_an_image_passes_its_check_wherever_it_lies(name: str) -> None:
    (code,) = mips_code([certificate(name)])
    for base in (BASE, 0x8000_0010, 0xA7FF_0000, 0):
        image = code.place(base)
        assert check(image.data[: image.text], base) == []
        assert image.base <= image.entry < image.base + image.text
        assert image.size == len(image.data) >= image.text


@pytest.mark.parametrize("name", NAMES)
def test_an_image_calls_only_itself_and_jumps_to_no_table(name: str) -> None:
    image = mips_image(certificate(name), BASE)
    for at, word in enumerate(image.words):
        instruction = decode(word)
        assert instruction is not None
        if instruction.row.kind is Kind.JUMP:
            goes = instruction.destination(BASE + 4 * at)
            assert goes in range(BASE, BASE + image.text) or is_return(word)
        assert instruction.row.kind not in (Kind.TRAP, Kind.SYSTEM)


def is_return(word: int) -> bool:
    """Whether the word is `jr $ra`."""
    return word == encode(ROW_BY_NAME["jr"], (31,))


def test_products_keep_their_distance_and_are_right() -> None:
    """LLVM puts a multiplication straight behind mflo when 64-bit products follow each other."""
    (code,) = mips_code([prove(parse_program(PRODUCTS))])
    assert r3000.findings(code.object) == ()
    machine = BareMachine(code, Parameters.load("dec5000-125"))
    for data in (b"\xff" * 16, bytes(range(16)), b"\x80" + bytes(14) + b"\x03"):
        packet = Packet.whole(data)
        assert machine.run(packet) == interpreted(code.program, packet)


def test_an_image_that_no_setting_makes_safe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    hazard = r3000.findings(Object(8, struct.pack("<2I", 0x8C82_0000, 0x0040_1021), {}, ()))
    assert [finding.code for finding in hazard] == ["load-delay"]
    monkeypatch.setattr(r3000, "findings", lambda _: hazard)
    with pytest.raises(ImageError) as refused:
        mips_code([certificate("port_80")])
    assert refused.value.code == "rejected"


@pytest.mark.parametrize("base", [4, 8, BASE + 2, -16, 1 << 32])
def test_an_image_starts_at_a_multiple_of_16(base: int) -> None:
    with pytest.raises(ImageError) as refused:
        mips_image(certificate("port_80"), base)
    assert refused.value.code == "placement"


def test_an_image_does_not_lie_across_what_a_jump_reaches() -> None:
    with pytest.raises(ImageError) as refused:
        mips_image(certificate("division"), 0x9000_0000 - 0x400)
    assert refused.value.code == "placement"


@pytest.mark.parametrize("name", NAMES)
def test_a_listing_assembles_to_the_image(name: str) -> None:
    image = mips_image(certificate(name), BASE)
    source = "\n".join(line.split("  ", 2)[2] for line in image.listing().splitlines())
    (segment,) = assemble(source + "\n", "listing", BASE).segments
    assert (segment.address, segment.data) == (BASE, image.data[: image.text])


@pytest.mark.parametrize("name", NAMES)
def test_a_listing_with_its_source_assembles_to_the_image_too(name: str) -> None:
    """Lines of source are comments; each instruction stands under one of them."""
    text = assembly_text(certificate(name), "r3000")
    assert f"# {name}.core:" in text
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    base = int(rows[0].split()[0], 16)
    source = "\n".join(row.split("  ", 2)[2] for row in rows)
    (segment,) = assemble(source + "\n", "listing", base).segments
    image = mips_image(certificate(name), base)
    assert segment.data == image.data[: image.text]


def test_each_instruction_knows_its_line() -> None:
    """Of a program whose statements LLVM can't merge, none is without."""
    (code,) = mips_code([certificate("increment")])
    lines = code.lines()
    assert len(lines) > 0.8 * len(code.place(BASE).words)
    assert {line.source.name for line in lines.values()} == {"increment.core"}
    store = next(index for index, line in lines.items() if "@counters[" in line.text and "=" in line.text)
    assert store


def test_many_programs_are_made_by_one_request_in_their_order() -> None:
    codes = mips_code([certificate(name) for name in NAMES])
    assert [code.program for code in codes] == [program(name) for name in NAMES]
    assert [code.place(BASE) for code in codes] == [mips_image(certificate(name), BASE) for name in NAMES]


# ---- spacing, on code that is written down


def word(name: str, *operands: int) -> int:
    """One instruction."""
    return encode(ROW_BY_NAME[name], operands)


NOP = 0
MFLO, MULTU, RETURN = word("mflo", 2), word("multu", 4, 5), word("jr", 31)


def code(words: list[int], *, constants: bytes = b"", relocations: tuple[Relocation, ...] = ()) -> Object:
    """An object of those words, then constants."""
    data = struct.pack(f"<{len(words)}I", *words)
    text = len(data)
    if constants:
        data = data.ljust(-(-text // 16) * 16, b"\0") + constants
    return Object(text, data, {"f": 0}, relocations)


def words_of(object: Object) -> list[int]:
    return [one for (one,) in struct.iter_unpack("<I", object.data[: object.text])]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([MFLO, MULTU], [MFLO, NOP, NOP, MULTU]),
        ([MFLO, NOP, MULTU], [MFLO, NOP, NOP, MULTU]),
        ([MFLO, NOP, NOP, MULTU], [MFLO, NOP, NOP, MULTU]),
        ([MFLO, MULTU, MFLO, MULTU], [MFLO, NOP, NOP, MULTU, MFLO, NOP, NOP, MULTU]),
        ([MFLO, MFLO, MULTU], [MFLO, MFLO, NOP, NOP, MULTU]),
        ([MULTU, MFLO], [MULTU, MFLO]),
    ],
)
def test_nops_come_between_a_read_of_lo_and_a_product(before: list[int], after: list[int]) -> None:
    assert words_of(spaced(code(before))) == after


def test_branches_jumps_symbols_and_constants_follow() -> None:
    """A loop over a product, a jump over it, and an address of a constant behind the code."""
    loop = [
        word("j", 0),  # relocated: to index 6
        word("lw", 3, 0, 4),  # relocated, the lower half of the constant's address: lw $v1, %lo(constant)($a0)
        MFLO,
        MULTU,
        word("bne", 2, 3, -3),  # to index 2
        NOP,
        RETURN,
        NOP,
    ]
    loop[0] |= 6  # the addend, in words
    text = 4 * len(loop)
    relocations = (Relocation(R_MIPS_26, 0, 0, True), Relocation(R_MIPS_LO16, 4, text, True))
    object = Object(text, struct.pack("<8I", *loop) + b"constant", {"f": 0, "g": 24, "c": text}, relocations)
    moved = spaced(object)
    assert moved.symbols == {"f": 0, "g": 32, "c": 48}
    assert moved.data[48:] == b"constant"
    assert moved.text == text + 8
    placed = struct.unpack_from("<10I", place(moved, BASE))
    decoded = [decode(one) for one in placed]
    assert [one.row.name for one in decoded if one] == "j lw mflo sll sll multu bne sll jr sll".split()
    jump, load, branch = decoded[0], decoded[1], decoded[6]
    assert jump is not None
    assert load is not None
    assert branch is not None
    assert jump.destination(BASE) == BASE + 32
    assert branch.destination(BASE + 24) == BASE + 8
    assert load.operand("offset") == 48


def test_code_whose_addresses_are_constants_is_left_alone() -> None:
    """A table of addresses of code would have to be found and changed: the check refuses such an image instead."""
    object = code([MFLO, MULTU], constants=b"\0\0\0\0", relocations=(Relocation(2, 16, 4, True),))
    assert spaced(object) is object
