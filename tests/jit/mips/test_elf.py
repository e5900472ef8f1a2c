"""ELF files: read as others read them, placed as GNU ld places them, and refused with a reason where they are wrong."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from dlcode_jit.mips.elf import ElfError, read_elf, read_executable
from dlcode_jit.mips.objects import Unreachable, place, read_object
from tests.jit.mips.binutils import run

SOURCE = """
        .set    noreorder
        .text
        .globl  __start
        .ent    __start
__start:
        lui     $t0, %hi(table + 0x1234)        # three uppers, then their lower halves, one of them used twice
        lui     $t1, %hi(table + 0x1234)
        lui     $t2, %hi(far)
        lw      $t3, %lo(table + 0x1234)($t1)
        sw      $t3, %lo(table + 0x1234)($t0)
        addiu   $t2, $t2, %lo(far)
        jal     routine
        nop
        j       __start + 16
        nop
        bal     routine
        nop
        la      $a0, room + 40
        la      $a1, shared + 4
        li      $a2, 0x12345678
        .end    __start
        .space  0x8000
        .globl  routine
        .type   routine, @function
routine:
        jr      $ra
        nop
        .section .rodata
        .align  4
table:  .word   routine, table + 4, far, 7, later - 8
        .ascii  "constant"
        .data
far:    .word   1, 2, 3, table + 8
later:  .byte   9
        .bss
room:   .space  1000
        .comm   shared, 24, 8
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where GNU as and ld have made `source.o` and `program` of SOURCE."""
    folder = tmp_path_factory.mktemp("elf")
    (folder / "source.s").write_text(SOURCE)
    run("as", "-march=r3000", "-mabi=32", "-mfp32", "-o", "source.o", "source.s", folder=folder)
    run("ld", "-static", "-G0", "-o", "program", "source.o", folder=folder)
    return folder


@pytest.fixture(scope="module")
def program(folder: Path) -> bytes:
    return (folder / "program").read_bytes()


@pytest.fixture(scope="module")
def object(folder: Path) -> bytes:
    return (folder / "source.o").read_bytes()


def test_a_program_is_read_as_pyelftools_reads_it(program: bytes) -> None:
    ours, theirs = read_executable(program), ELFFile(BytesIO(program))

    loaded = [segment for segment in theirs.iter_segments() if segment["p_type"] == "PT_LOAD"]
    assert len(loaded) >= 2
    assert ours.entry == theirs["e_entry"]
    assert [(one.address, one.data, one.size, one.writable, one.executable) for one in ours.segments] == [
        (one["p_vaddr"], one.data(), one["p_memsz"], bool(one["p_flags"] & 2), bool(one["p_flags"] & 1))
        for one in loaded
    ]
    named = {symbol.name: symbol["st_value"] for symbol in theirs.get_section_by_name(".symtab").iter_symbols()}
    assert {"__start", "routine", "room"} <= {symbol.name for symbol in ours.symbols}
    assert all(named[symbol.name] == symbol.value for symbol in ours.symbols)
    assert {symbol.name for symbol in ours.symbols if symbol.function} == {"__start", "routine"}


@pytest.mark.parametrize("base", [0x0040_0000, 0x8FFF_0000, 0x0000_7FF0])
def test_an_object_of_gnu_as_is_placed_as_gnu_ld_places_it(folder: Path, base: int) -> None:
    """Every relocation that o32 code has: with addends, several upper halves waiting, branches, common symbols."""
    ours = read_object((folder / "source.o").read_bytes())
    script = f"""
    SECTIONS {{
      .text {base:#x} : {{ *(.text) }}
      .rodata {base + ours.symbols["table"]:#x} : {{ *(.rodata) }}
      .data {base + ours.symbols["far"]:#x} : {{ *(.data) }}
      .bss {base + ours.symbols["room"]:#x} : {{ *(.bss) }}
      .common {base + ours.symbols["shared"]:#x} : {{ *(COMMON) }}
      /DISCARD/ : {{ *(.reginfo) *(.MIPS.abiflags) *(.pdr) *(.mdebug*) *(.note*) *(.gnu.attributes) }}
    }}
    """
    (folder / "script").write_text(script)
    run("ld", "-EL", "-m", "elf32ltsmip", "-e", "__start", "-T", "script", "-o", "linked", "source.o", folder=folder)

    placed = place(ours, base)

    linked = ELFFile(BytesIO((folder / "linked").read_bytes()))
    for name in (".text", ".rodata", ".data"):
        section = linked.get_section_by_name(name)
        start = section["sh_addr"] - base
        assert placed[start : start + section["sh_size"]] == section.data(), name
    assert not any(placed[ours.symbols["room"] :])


def test_a_symbol_from_outside_is_asked_for_by_name(folder: Path) -> None:
    (folder / "calls.s").write_text(".set noreorder\njal elsewhere\nnop\n")
    run("as", "-march=r3000", "-mabi=32", "-mfp32", "-o", "calls.o", "calls.s", folder=folder)
    object = read_object((folder / "calls.o").read_bytes())

    assert place(object, 0, {"elsewhere": 0x100})[:4] == struct.pack("<I", 0x0C00_0040)
    with pytest.raises(ElfError, match='"elsewhere" is not defined'):
        place(object, 0)
    with pytest.raises(Unreachable, match="does not reach"):
        place(object, 0, {"elsewhere": 0x1000_0000})


def header(data: bytes, offset: int, form: str, value: int) -> bytes:
    """The file with one field of its header changed."""
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


def segment(data: bytes, number: int, field: int, value: int) -> bytes:
    """The file with one word of a loaded segment's row changed."""
    (start,) = struct.unpack_from("<I", data, 28)
    rows = range(start, start + 32 * struct.unpack_from("<H", data, 44)[0], 32)
    loaded = [at for at in rows if struct.unpack_from("<I", data, at) == (1,)]
    return header(data, loaded[number] + 4 * field, "<I", value)


ADDRESS, FILE_SIZE, MEMORY_SIZE = 2, 4, 5


def test_what_is_no_program_for_the_machine_is_refused_with_what_would_help(program: bytes, object: bytes) -> None:
    (flags,) = struct.unpack_from("<I", program, 36)
    cases = {
        b"#!/bin/sh\n": "not an ELF file",
        b"": "not an ELF file",
        program[:40]: "cut short: an ELF header has 52 bytes, and the file 40",
        header(program, 4, "B", 2): "made for another machine: 32-bit little-endian",
        header(program, 5, "B", 2): "made for another machine: 32-bit little-endian",
        header(program, 18, "<H", 62): "made for machine 62",
        header(program, 16, "<H", 3): "compile and link with -static -fno-pic -no-pie",
        header(program, 36, "<I", flags | 7 << 28): "made for MIPS 32 release 2, and the machine is MIPS I",
        header(program, 36, "<I", flags | 0x20): "another ABI than o32",
        header(program, 44, "<H", 0): "no segment to load",
        header(program, 42, "<H", 8): "the segment table has rows of 8 bytes",
        object: "an object, not yet a program",
        segment(program, 0, 0, 2): "linked dynamically",
        segment(program, 1, ADDRESS, read_executable(program).segments[0].address + 4): "overlap",
        segment(program, 1, ADDRESS, 0xFFFF_FFFC): "ends past the address space",
        segment(program, 1, FILE_SIZE, 0xFFFF_FFFF): "bytes in the file and room for",
    }
    for data, reason in cases.items():
        with pytest.raises(ElfError, match=reason):
            read_executable(data)


def test_a_segment_of_four_gigabytes_is_only_a_number(program: bytes) -> None:
    """Room in memory is asked for by whoever loads the program, who knows how much there is."""
    tracemalloc.start()
    huge = read_executable(segment(program, 1, MEMORY_SIZE, 0xF000_0000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert huge.segments[1].size == 0xF000_0000
    assert peak < 1 << 20


def test_an_object_of_four_gigabytes_is_refused(object: bytes) -> None:
    sections = ELFFile(BytesIO(object))
    number = sections.get_section_index(".bss")
    huge = header(object, sections["e_shoff"] + 40 * number + 20, "<I", 0xF000_0000)

    with pytest.raises(ElfError, match=r"takes 40265.* bytes in memory"):
        read_object(huge)


def test_a_file_cut_anywhere_is_refused_as_cut(program: bytes, object: bytes) -> None:
    """The tables of sections are at the end of what GNU ld and as write, so no byte can go without being missed."""
    for at in cuts(len(program)):
        with pytest.raises(ElfError, match=r"cut short|not an ELF file"):
            read_executable(program[:at])
    for at in cuts(len(object)):
        with pytest.raises(ElfError, match=r"cut short|not an ELF file"):
            read_object(object[:at])


def cuts(size: int) -> Iterator[int]:
    return (at for at in range(size) if at < 300 or size - at < 3000 or at % 97 == 0)


def test_a_damaged_file_is_read_or_refused_and_costs_little_memory(program: bytes, object: bytes) -> None:
    """Bits flipped and words set to extremes where the headers and tables are; nothing but ElfError comes out."""
    generator = random.Random(1995)
    for data, read in ((program, read_executable), (object, lambda data: place(read_object(data), 0x0040_0000))):
        read(data)
        refused = 0
        for _ in range(1500):
            changed = bytearray(data)
            for _ in range(generator.choice([1, 1, 2, 8])):
                at = generator.choice([generator.randrange(52), generator.randrange(len(data))])
                if tables := generator.random() < 0.8:
                    at = generator.choice([at % 256, len(data) - 1 - generator.randrange(2000)])
                if generator.random() < 0.3 and tables:
                    struct.pack_into("<I", changed, at & ~3, generator.choice([0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF]))
                else:
                    changed[at] ^= 1 << generator.randrange(8)
            tracemalloc.start()
            with suppress(ElfError):
                read(bytes(changed))
                refused -= 1
            refused += 1
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 1 << 27
        assert refused > 300


def test_names_that_all_share_one_long_end_do_not_take_memory_each(program: bytes) -> None:
    """Every symbol's name begins at another byte of one string of a megabyte."""
    file = ELFFile(BytesIO(program))
    number = file.get_section_index(".symtab")
    table, count = b"", 20_000
    for index in range(count):
        table += struct.pack("<IIIBBH", index, 0, 0, 0, 0, 0)
    names = b"a" * 1_000_000 + b"\0"
    rows = bytearray(program[file["e_shoff"] : file["e_shoff"] + 40 * file["e_shnum"]])
    struct.pack_into("<II", rows, 40 * number + 16, len(program), len(table))
    strings = file.get_section(number)["sh_link"]
    struct.pack_into("<II", rows, 40 * strings + 16, len(program) + len(table), len(names))
    start = len(program) + len(table) + len(names)
    data = header(program, 32, "<I", start) + table + names + bytes(rows)

    with pytest.raises(ElfError, match="names take many times the room"):
        read_elf(data)
