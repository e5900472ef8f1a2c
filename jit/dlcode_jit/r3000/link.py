"""An ELF object of LLVM's, laid out at an address: sections placed, relocations applied.

Only what LLVM makes for a static MIPS image is known (measured with LLVM 22): REL relocations, whose addends lie in the
code, of four types. The formulas are those of the System V ABI's MIPS supplement, 3rd edition, 4-19 to 4-21.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from ..errors import CodeGeneratorError, ImageError

R_MIPS_32, R_MIPS_26, R_MIPS_HI16, R_MIPS_LO16 = 2, 4, 5, 6
_SHF_WRITE, _SHF_ALLOC = 1, 2
_METADATA = (".reginfo", ".MIPS.abiflags")  # marked to be loaded, for a system's own loader

PLACEMENT = 16
"""Bytes: an image starts at a multiple of this, the alignment of LLVM's sections; a cache line of the R3000 as well."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section that is part of the image, at its offset in it."""

    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Relocation:
    """One place that depends on where a symbol comes to lie."""

    type: int
    offset: int  # in the image
    target: int  # the symbol's offset in the image
    local: bool


@dataclass(frozen=True, slots=True)
class Object:
    """What an image is made of, before it has an address."""

    text: int  # bytes of code, at the start; constants follow
    data: bytes  # all sections, unrelocated
    symbols: dict[str, int]  # functions by name: offsets in the image
    relocations: tuple[Relocation, ...]  # in the order of the object, which pairs HI16 with LO16


def read_object(elf: bytes) -> Object:
    """Read an object file.

    Raises ImageError (`unsupported`) for one that refers to something outside itself, CodeGeneratorError for one that
    holds what an image can't: data that changes, or a kind of relocation that is not known.
    """
    from elftools.elf.elffile import ELFFile

    file = ELFFile(BytesIO(elf))
    sections = _placed(file)
    symbols: list[tuple[str, int | None, bool]] = []
    for symbol in file.get_section_by_name(".symtab").iter_symbols():
        index = symbol["st_shndx"]
        section = sections.get(index) if isinstance(index, int) else None
        place = None if section is None else section.offset + symbol["st_value"]
        symbols.append((symbol.name, place, symbol["st_info"]["bind"] == "STB_LOCAL"))
        if index == "SHN_UNDEF" and symbol.name:
            raise ImageError(
                "unsupported", f"the code would call {symbol.name}, and an image calls nothing outside itself"
            )
    relocations = tuple(_relocations(file, sections, symbols))
    data = b""
    for section in sections.values():
        data = data.ljust(section.offset, b"\0") + section.data
    named = {name: place for name, place, _ in symbols if name and place is not None}
    return Object(len(next(iter(sections.values())).data), data, named, relocations)


def _placed(file: Any) -> dict[int, Section]:
    """The image's sections by their number in the file, code first."""
    found = []
    for number, section in enumerate(file.iter_sections()):
        if not section["sh_flags"] & _SHF_ALLOC or section.name in _METADATA or not section["sh_size"]:
            continue
        if section["sh_flags"] & _SHF_WRITE:
            raise CodeGeneratorError(f"the code has data of its own ({section.name}), and an image has none")
        found.append((section.name != ".text", number, section))
    if not any(section.name == ".text" for _, _, section in found):
        raise CodeGeneratorError("the object has no code")
    sections, end = {}, 0
    for _, number, section in sorted(found, key=lambda row: row[:2]):
        alignment = max(section["sh_addralign"], 1)
        if PLACEMENT % alignment:
            raise CodeGeneratorError(f"{section.name} wants an alignment of {alignment}")
        offset = -(-end // alignment) * alignment
        sections[number] = Section(section.name, offset, section.data())
        end = offset + section["sh_size"]
    return sections


def _relocations(file: Any, sections: dict[int, Section], symbols: list[tuple[str, int | None, bool]]) -> Any:
    for table in file.iter_sections():
        if table["sh_type"] != "SHT_REL" or table["sh_info"] not in sections:
            continue
        start = sections[table["sh_info"]].offset
        for row in table.iter_relocations():
            name, target, local = symbols[row["r_info_sym"]]
            if row["r_info_type"] not in (R_MIPS_32, R_MIPS_26, R_MIPS_HI16, R_MIPS_LO16) or target is None:
                raise CodeGeneratorError(f"a relocation of type {row['r_info_type']} against {name or 'a section'}")
            yield Relocation(row["r_info_type"], start + row["r_offset"], target, local)


def place(object: Object, base: int) -> bytes:
    """The image's bytes as they lie at address `base`, a multiple of `PLACEMENT`."""
    data, waiting = bytearray(object.data), list[Relocation]()

    def word(at: int) -> int:
        return int(struct.unpack_from("<I", data, at)[0])

    def put(at: int, value: int) -> None:
        struct.pack_into("<I", data, at, value & 0xFFFF_FFFF)

    for relocation in object.relocations:
        at, target = relocation.offset, base + relocation.target
        old = word(at)
        if relocation.type == R_MIPS_32:
            put(at, old + target)
        elif relocation.type == R_MIPS_26:
            addend = (old & 0x3FF_FFFF) << 2
            destination = target + (addend if relocation.local else _signed(addend, 28))
            if (destination ^ (base + at + 4)) >> 28:
                raise ImageError("placement", f"a jump from {base + at:#x} does not reach {destination:#x}")
            put(at, old & ~0x3FF_FFFF | destination >> 2 & 0x3FF_FFFF)
        elif relocation.type == R_MIPS_HI16:
            waiting.append(relocation)  # its lower half is in the next LO16 of the same symbol
        else:
            low = _signed(old & 0xFFFF, 16)
            put(at, old & ~0xFFFF | (target + low) & 0xFFFF)
            for high in [one for one in waiting if one.target == relocation.target]:
                waiting.remove(high)
                before = word(high.offset)
                value = ((before & 0xFFFF) << 16) + low + target
                put(high.offset, before & ~0xFFFF | (value + 0x8000) >> 16 & 0xFFFF)
    if waiting:
        raise CodeGeneratorError("an upper half of an address without its lower half")
    return bytes(data)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
