"""Files in ELF for 32-bit little-endian MIPS: static executables, and objects (objects.py) before they are placed.

Nothing in a file is believed: every offset, count and size is compared with what the file holds before it is used, and
what is read takes no more memory than a small multiple of the file, whatever sizes it speaks of. What is wrong raises
ElfError.

Source: System V ABI, chapters 4 and 5, and its MIPS supplement, 3rd edition, chapter 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

EXECUTABLE: Final = 2
OBJECT: Final = 1
_KINDS: Final = {
    3: "a shared object or a position-independent program: compile and link with -static -fno-pic -no-pie",
    4: "a memory dump",
}
_MIPS: Final = 8

SECTION_WRITE, SECTION_ALLOCATE, SECTION_EXECUTE = 1, 2, 4
SECTION_SYMBOLS, SECTION_STRINGS, SECTION_RELA, SECTION_NO_BITS, SECTION_REL = 2, 3, 4, 8, 9
SYMBOL_FUNCTION: Final = 2
UNDEFINED, ABSOLUTE, COMMON = 0, 0xFFF1, 0xFFF2
_RESERVED_INDEX: Final = 0xFF00

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_SEGMENT_EXECUTE, _SEGMENT_WRITE = 1, 2

_ARCHITECTURES: Final = ("I", "II", "III", "IV", "V", "32", "64", "32 release 2", "64 release 2", "32 release 6")
_O32: Final = (0, 0x1000)  # ABI bits of e_flags: not said, or o32
_N32: Final = 0x20
_MIPS16: Final = 0x04000000
_MICROMIPS: Final = 0x02000000


class ElfError(ValueError):
    """A file that is not what it should be, or not what can be used here: why, and what would help."""


@dataclass(frozen=True, slots=True)
class ElfSegment:
    """Bytes for an address; up to `size` in memory, zeros follow `data`."""

    address: int
    data: memoryview
    size: int
    writable: bool
    executable: bool

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class ElfSection:
    """A row of the table of sections. `data` is empty for one that only takes room."""

    name: str
    type: int
    flags: int
    address: int
    size: int
    link: int
    info: int
    alignment: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class ElfSymbol:
    """A name. `value` is an address, or in an object an offset in the section of that number."""

    name: str
    value: int
    size: int
    section: int
    function: bool
    local: bool


@dataclass(frozen=True, slots=True)
class Executable:
    """A program at its addresses."""

    entry: int
    segments: tuple[ElfSegment, ...]  # by address, not empty, none overlapping another
    symbols: tuple[ElfSymbol, ...]  # those with a name and an address


@dataclass(frozen=True, slots=True)
class ElfFile:
    """What a file holds, by its tables."""

    kind: int  # EXECUTABLE or OBJECT
    entry: int
    flags: int
    sections: tuple[ElfSection, ...]
    symbols: tuple[ElfSymbol, ...]  # in the order of the symbol table, which relocations name


def read_elf(data: bytes) -> ElfFile:
    """Read the header, sections and symbols. Raises ElfError."""
    _check_identity(data)
    kind, machine, version, entry, _, section_offset, flags = struct.unpack_from("<HHIIIII", data, 16)
    section_size, section_count, names_index = struct.unpack_from("<HHH", data, 46)
    if machine != _MIPS or version != 1:
        raise ElfError(f"made for machine {machine}, version {version} of ELF: MIPS is {_MIPS}, version 1")
    if kind not in (EXECUTABLE, OBJECT):
        raise ElfError(f"not a program: {_KINDS.get(kind, f'ELF type {kind}')}")
    _check_flags(flags)
    view = memoryview(data)
    rows = list(_table(view, section_offset, section_count, section_size, 40, "section"))
    sections = _sections(view, rows, names_index)
    return ElfFile(kind, entry, flags, sections, _symbols(sections))


def read_executable(data: bytes) -> Executable:
    """Read a static program. Raises ElfError for what is none, or was made for another processor than MIPS I."""
    file = read_elf(data)
    if file.kind != EXECUTABLE:
        raise ElfError("an object, not yet a program: link it with ld -static")
    return Executable(file.entry, _segments(memoryview(data)), tuple(_defined(file)))


def _check_identity(data: bytes) -> None:
    if data[:4] != b"\x7fELF":
        raise ElfError("not an ELF file: it does not begin with 7f 45 4c 46")
    if len(data) < 52:
        raise ElfError(f"cut short: an ELF header has 52 bytes, and the file {len(data)}")
    if data[4] != 1 or data[5] != 1:
        raise ElfError("made for another machine: 32-bit little-endian files are read (mipsel)")


def _check_flags(flags: int) -> None:
    architecture = flags >> 28
    if architecture:
        named = _ARCHITECTURES[architecture] if architecture < len(_ARCHITECTURES) else f"number {architecture}"
        raise ElfError(f"made for MIPS {named}, and the machine is MIPS I: compile with -march=mips1")
    if flags & 0xF000 not in _O32 or flags & _N32:
        raise ElfError("made for another ABI than o32: compile with -mabi=32")
    if flags & (_MIPS16 | _MICROMIPS):
        raise ElfError("holds MIPS16 or microMIPS code: compile with -mno-mips16 -mno-micromips")


def _bytes(data: memoryview, offset: int, size: int, what: str) -> memoryview:
    if offset + size > len(data):
        raise ElfError(f"cut short: {what} takes bytes {offset} to {offset + size}, and the file has {len(data)}")
    return data[offset : offset + size]


def _table(data: memoryview, offset: int, count: int, size: int, least: int, what: str) -> Iterator[memoryview]:
    """The rows of a table: each at least as long as ours."""
    if count and size < least:
        raise ElfError(f"the {what} table has rows of {size} bytes, and they take {least}")
    rows = _bytes(data, offset, count * size, f"the {what} table")
    return (rows[at : at + size] for at in range(0, count * size, size or 1))


class _Names:
    """A table of names. Names may share their ends, but not so that all together are many times the table."""

    def __init__(self, table: memoryview, uses: int) -> None:
        self._table = bytes(table)
        self._left = 16 * (len(self._table) + uses)

    def at(self, offset: int, what: str) -> str:
        """The name at an offset. No table is needed for the empty name."""
        if offset == 0 and not self._table:
            return ""
        end = self._table.find(b"\0", offset)
        if offset >= len(self._table) or end < 0:
            size = len(self._table)
            raise ElfError(f"the name of {what} is at {offset}, and does not end in the table of {size} bytes")
        self._left -= end - offset
        if self._left < 0:
            raise ElfError("the names take many times the room of their table")
        return self._table[offset:end].decode("utf-8", "backslashreplace")


def _sections(data: memoryview, rows: list[memoryview], names_index: int) -> tuple[ElfSection, ...]:
    fields = [struct.unpack_from("<10I", row) for row in rows]
    if not rows:
        return ()
    if names_index >= len(rows):
        raise ElfError(f"the sections' names are in section {names_index} of {len(rows)}")
    offset, size = fields[names_index][4:6]
    names = _Names(_bytes(data, offset, size, "the table of section names"), len(rows))
    sections = []
    for number, (name, type, flags, address, offset, size, link, info, alignment, _) in enumerate(fields):
        held = 0 if type in (0, SECTION_NO_BITS) else size
        content = _bytes(data, offset if held else 0, held, f"section {number}")
        if alignment & (alignment - 1):
            raise ElfError(f"section {number} has the alignment {alignment}, no power of two")
        called = names.at(name, f"section {number}")
        sections.append(ElfSection(called, type, flags, address, size, link, info, max(alignment, 1), content))
    return tuple(sections)


def _symbols(sections: tuple[ElfSection, ...]) -> tuple[ElfSymbol, ...]:
    tables = [section for section in sections if section.type == SECTION_SYMBOLS]
    if not tables:
        return ()
    if len(tables) > 1:
        raise ElfError(f"{len(tables)} symbol tables: a file has one at most")
    (table,) = tables
    if table.link >= len(sections) or sections[table.link].type != SECTION_STRINGS:
        raise ElfError(f"the symbols' names are in section {table.link}, which holds no names")
    if len(table.data) % 16:
        raise ElfError(f"the symbol table has {len(table.data)} bytes, not a multiple of 16")
    names = _Names(sections[table.link].data, len(table.data) // 16)
    symbols = []
    for number, (name, value, size, info, _, section) in enumerate(struct.iter_unpack("<IIIBBH", table.data)):
        if len(sections) <= section < _RESERVED_INDEX:
            raise ElfError(f"symbol {number} is in section {section} of {len(sections)}")
        called = names.at(name, f"symbol {number}")
        symbols.append(ElfSymbol(called, value, size, section, info & 15 == SYMBOL_FUNCTION, info >> 4 == 0))
    return tuple(symbols)


def _segments(data: memoryview) -> tuple[ElfSegment, ...]:
    (offset,) = struct.unpack_from("<I", data, 28)
    size, count = struct.unpack_from("<HH", data, 42)
    segments = []
    for number, row in enumerate(_table(data, offset, count, size, 32, "segment")):
        type, start, address, _, held, room, flags, _ = struct.unpack_from("<8I", row)
        if type in (_DYNAMIC, _INTERPRETER):
            raise ElfError("linked dynamically: the machine has no such linker: link with -static")
        if type != _LOAD or not room:
            continue
        if held > room:
            raise ElfError(f"segment {number} has {held} bytes in the file and room for {room}")
        if address + room > 1 << 32:
            raise ElfError(f"segment {number} of {room} bytes at {address:#010x} ends past the address space")
        content = _bytes(data, start, held, f"segment {number}")
        segments.append(
            ElfSegment(address, content, room, bool(flags & _SEGMENT_WRITE), bool(flags & _SEGMENT_EXECUTE))
        )
    segments.sort(key=lambda segment: segment.address)
    if not segments:
        raise ElfError("the program has no segment to load")
    for before, after in pairwise(segments):
        if before.end > after.address:
            raise ElfError(f"the segments at {before.address:#010x} and {after.address:#010x} overlap")
    return tuple(segments)


def _defined(file: ElfFile) -> Iterator[ElfSymbol]:
    """The symbols of a program that stand for an address in it."""
    for symbol in file.symbols:
        if symbol.name and UNDEFINED < symbol.section < _RESERVED_INDEX:
            yield symbol
