"""An ELF object laid out at an address: its sections placed one after another, its relocations applied.

Relocations are REL, whose addends lie in what they change. The formulas are those of the System V ABI's MIPS
supplement, 3rd edition, 4-19 to 4-21. The upper half of an address (HI16) needs the carry out of the lower: it waits
for the next LO16 of the same symbol, and several may wait for one. A LO16 may also come alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .elf import (
    ABSOLUTE,
    COMMON,
    OBJECT,
    SECTION_ALLOCATE,
    SECTION_EXECUTE,
    SECTION_REL,
    SECTION_RELA,
    SECTION_WRITE,
    UNDEFINED,
    ElfError,
    ElfFile,
    ElfSection,
    ElfSymbol,
    read_elf,
)

R_MIPS_NONE, R_MIPS_32, R_MIPS_26, R_MIPS_HI16, R_MIPS_LO16, R_MIPS_PC16 = 0, 2, 4, 5, 6, 10
_KNOWN: Final = (R_MIPS_32, R_MIPS_26, R_MIPS_HI16, R_MIPS_LO16, R_MIPS_PC16)
_METADATA: Final = (".reginfo", ".MIPS.abiflags")  # marked to be loaded, for a system's own loader

PLACEMENT: Final = 16
"""Bytes: an object is placed at a multiple of this, the alignment of LLVM's sections; a cache line of the R3000 too."""

MOST_BYTES: Final = 1 << 26
"""Largest object that is placed: bytes in memory."""


class Unreachable(ElfError):
    """A branch or jump is too far from where it goes."""


@dataclass(frozen=True, slots=True)
class Relocation:
    """One place that depends on where a symbol comes to lie."""

    type: int
    offset: int  # in the object as placed
    target: int  # the symbol's offset in it; 0 for one that lies elsewhere, the value of an absolute one
    local: bool
    relative: bool = True  # whether `target` moves with the object
    external: str = ""  # name of a symbol that lies elsewhere


@dataclass(frozen=True, slots=True)
class Object:
    """Code and data before they have an address."""

    text: int  # bytes of the first section of code, at the start
    data: bytes  # all sections, unrelocated
    symbols: dict[str, int]  # by name: offsets
    relocations: tuple[Relocation, ...]  # in the order of the object, which pairs HI16 with LO16
    writable: tuple[str, ...] = ()  # names of the sections that may be written to
    marks: tuple[tuple[int, int], ...] = ()  # of an image, the turns of loops: offset and number
    lines: tuple[tuple[int, int], ...] = ()  # of an image, from an offset on: number of a spot, 0 for none


def read_object(elf: bytes) -> Object:
    """Read an object file: code first, constants, data, and zeros last. Raises ElfError."""
    file = read_elf(elf)
    if file.kind != OBJECT:
        raise ElfError("a linked program, not an object")
    order = [number for number, section in enumerate(file.sections) if _is_placed(section)]
    order.sort(key=lambda number: _rank(file.sections[number]))
    if not order or not file.sections[order[0]].flags & SECTION_EXECUTE:
        raise ElfError("the object has no code")
    places, end = _places(file, order)
    common, end = _common(file, end)
    data = bytearray(end)
    for number, place in places.items():
        content = file.sections[number].data
        data[place : place + len(content)] = content
    symbols = {
        symbol.name: offset
        for number, symbol in enumerate(file.symbols)
        if symbol.name and (offset := _offset(number, symbol, places, common)) is not None
    }
    relocations = tuple(_relocations(file, places, common))
    writable = tuple(file.sections[number].name for number in order if file.sections[number].flags & SECTION_WRITE)
    return Object(file.sections[order[0]].size, bytes(data), symbols, relocations, writable)


def _is_placed(section: ElfSection) -> bool:
    return bool(section.flags & SECTION_ALLOCATE and section.size and section.name not in _METADATA)


def _rank(section: ElfSection) -> tuple[bool, bool, bool]:
    """The less, the further at the start: code, constants, data, room."""
    return not section.flags & SECTION_EXECUTE, bool(section.flags & SECTION_WRITE), not section.data


def _aligned(end: int, alignment: int, what: str) -> int:
    if alignment > PLACEMENT:
        raise ElfError(f"{what} wants an alignment of {alignment}: {PLACEMENT} is the most there is")
    return -(-end // alignment) * alignment


def _room(end: int) -> int:
    if end > MOST_BYTES:
        raise ElfError(f"the object takes {end} bytes in memory: {MOST_BYTES} is the most there is")
    return end


def _places(file: ElfFile, order: list[int]) -> tuple[dict[int, int], int]:
    """Offset of each section that is placed, by its number, and where the last one ends."""
    places: dict[int, int] = {}
    end = 0
    for number in order:
        section = file.sections[number]
        places[number] = _aligned(end, section.alignment, section.name)
        end = _room(places[number] + section.size)
    return places, end


def _common(file: ElfFile, end: int) -> tuple[dict[int, int], int]:
    """Room for symbols that name a size and an alignment only, by their number, and where it ends."""
    places = {}
    for number, symbol in enumerate(file.symbols):
        if symbol.section == COMMON:
            places[number] = _aligned(end, max(symbol.value, 1), symbol.name)
            end = _room(places[number] + symbol.size)
    return places, end


def _offset(number: int, symbol: ElfSymbol, places: Mapping[int, int], common: Mapping[int, int]) -> int | None:
    """Offset of a symbol; None if it lies elsewhere, or in no section that is placed."""
    if number in common:
        return common[number]
    place = places.get(symbol.section)
    return None if place is None else place + symbol.value


def _relocations(file: ElfFile, places: Mapping[int, int], common: Mapping[int, int]) -> Iterator[Relocation]:
    for table in file.sections:
        if table.type not in (SECTION_REL, SECTION_RELA) or table.info not in places:
            continue
        if table.type == SECTION_RELA or len(table.data) % 8:
            raise ElfError(f"{table.name} holds no relocations of 8 bytes, as o32 has them")
        changed = file.sections[table.info]
        for offset, info in struct.iter_unpack("<II", table.data):
            type, number = info & 0xFF, info >> 8
            if type == R_MIPS_NONE:
                continue
            if number >= len(file.symbols):
                raise ElfError(f"a relocation names symbol {number} of {len(file.symbols)}")
            symbol = file.symbols[number]
            if type not in _KNOWN:
                raise ElfError(f"a relocation of type {type} against {symbol.name or 'a section'} is not known")
            if offset % 4 or offset + 4 > len(changed.data):
                raise ElfError(f"a relocation at {offset:#x} is in no word of {changed.name}")
            yield _relocation(type, places[table.info] + offset, symbol, _offset(number, symbol, places, common))


def _relocation(type: int, at: int, symbol: ElfSymbol, place: int | None) -> Relocation:
    if place is not None:
        return Relocation(type, at, place, symbol.local)
    if symbol.section == ABSOLUTE:
        return Relocation(type, at, symbol.value, symbol.local, relative=False)
    if symbol.section == UNDEFINED and symbol.name:
        return Relocation(type, at, 0, symbol.local, relative=False, external=symbol.name)
    raise ElfError(f"a relocation of type {type} against {symbol.name or 'a section'}, which is not loaded")


def place(object: Object, base: int, externals: Mapping[str, int] | None = None) -> bytes:
    """The object's bytes as they lie at address `base`, a multiple of `PLACEMENT`.

    `externals` are addresses of symbols that lie elsewhere. Raises ElfError where one is missing or a half of an
    address lacks the other, and Unreachable.
    """
    data = bytearray(object.data)
    waiting: dict[tuple[int, bool, str], list[int]] = {}  # by symbol: where upper halves are

    def word(at: int) -> int:
        return int(struct.unpack_from("<I", data, at)[0])

    def put(at: int, value: int) -> None:
        struct.pack_into("<I", data, at, value & 0xFFFF_FFFF)

    for relocation in object.relocations:
        at, target = relocation.offset, _target(relocation, base, externals or {})
        old = word(at)
        if relocation.type == R_MIPS_32:
            put(at, old + target)
        elif relocation.type == R_MIPS_26:
            addend = (old & 0x3FF_FFFF) << 2
            destination = target + (addend if relocation.local else _signed(addend, 28))
            if (destination ^ (base + at + 4)) >> 28:
                raise Unreachable(f"a jump from {base + at:#x} does not reach {destination:#x}")
            put(at, old & ~0x3FF_FFFF | destination >> 2 & 0x3FF_FFFF)
        elif relocation.type == R_MIPS_PC16:
            distance = target + (_signed(old & 0xFFFF, 16) << 2) - (base + at)
            if distance % 4 or not -0x2_0000 <= distance < 0x2_0000:
                raise Unreachable(f"a branch from {base + at:#x} does not reach {distance:#x} bytes further")
            put(at, old & ~0xFFFF | distance >> 2 & 0xFFFF)
        elif relocation.type == R_MIPS_HI16:
            waiting.setdefault(_symbol(relocation), []).append(at)
        else:
            low = _signed(old & 0xFFFF, 16)
            put(at, old & ~0xFFFF | (target + low) & 0xFFFF)
            for high in waiting.pop(_symbol(relocation), ()):
                before = word(high)
                value = ((before & 0xFFFF) << 16) + low + target
                put(high, before & ~0xFFFF | (value + 0x8000) >> 16 & 0xFFFF)
    if waiting:
        raise ElfError("an upper half of an address without its lower half")
    return bytes(data)


def _target(relocation: Relocation, base: int, externals: Mapping[str, int]) -> int:
    if not relocation.external:
        return relocation.target + (base if relocation.relative else 0)
    if relocation.external not in externals:
        raise ElfError(f'"{relocation.external}" is not defined')
    return externals[relocation.external]


def _symbol(relocation: Relocation) -> tuple[int, bool, str]:
    return relocation.target, relocation.relative, relocation.external


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
