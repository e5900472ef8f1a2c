"""The line table of an object of LLVM's: from which offset on code belongs to which line.

DWARF 4, section 6.2: a header, then a program for a machine of a few registers. Files, columns and the rest are passed
over. Addresses are offsets in `.text`, which begins an image; they stand in the table itself, since relocations of an
object add to what is there.
"""

from __future__ import annotations

import struct
from typing import Final

from ..errors import CodeGeneratorError
from ..mips.elf import SECTION_REL, ElfError, read_elf

_COPY, _ADVANCE_PC, _ADVANCE_LINE, _CONST_ADD_PC, _FIXED_ADVANCE_PC = 1, 2, 3, 8, 9
_END_SEQUENCE, _SET_ADDRESS = 1, 2
VERSION: Final = 4


def read_lines(elf: bytes, text: int) -> tuple[tuple[int, int], ...]:
    """Offset and line of each row, by offset; where several are at one, the last counts. Line 0 is none.

    `text` is the size of the code. Raises CodeGeneratorError for a table that is not as LLVM makes it.
    """
    try:
        file = read_elf(elf)
        sections = [section for section in file.sections if section.name == ".debug_line"]
        numbers = [number for number, section in enumerate(file.sections) if section.name == ".debug_line"]
        for table in file.sections:
            if table.type == SECTION_REL and table.info in numbers:
                for _, info in struct.iter_unpack("<II", table.data):
                    if file.symbols[info >> 8].value:
                        raise CodeGeneratorError("the line table counts from elsewhere than the start of a section")
        rows: dict[int, int] = {}
        for section in sections:
            _read(bytes(section.data), rows)
    except (ElfError, IndexError, struct.error) as error:
        raise CodeGeneratorError(f"the line table can't be read: {error}") from error
    return tuple(sorted((offset, line) for offset, line in rows.items() if offset < text))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, format: str) -> int:
        (value,) = struct.unpack_from(f"<{format}", self.data, self.at)
        self.at += struct.calcsize(f"<{format}")
        return int(value)

    def leb(self, *, signed: bool = False) -> int:
        value = shift = 0
        while True:
            byte = self.take("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value - (1 << shift) if signed and byte & 0x40 else value


def _read(data: bytes, rows: dict[int, int]) -> None:
    reader = _Reader(data)
    while reader.at < len(data):
        end = reader.take("I") + reader.at
        if (version := reader.take("H")) != VERSION:
            raise CodeGeneratorError(f"the line table is of DWARF {version}, not {VERSION}")
        program = reader.take("I") + reader.at
        instruction, operations = reader.take("B"), reader.take("B")
        reader.take("B")  # whether rows begin statements
        base, span, first = reader.take("b"), reader.take("B"), reader.take("B")
        lengths = [reader.take("B") for _ in range(first - 1)]
        if instruction != 1 or operations != 1:
            raise CodeGeneratorError(f"the line table counts in {instruction} bytes and {operations} operations")
        reader.at = program
        _run(reader, end, base, span, first, lengths, rows)


def _run(reader: _Reader, end: int, base: int, span: int, first: int, lengths: list[int], rows: dict[int, int]) -> None:
    address, line = 0, 1
    while reader.at < end:
        code = reader.take("B")
        if code >= first:
            address, line = address + (code - first) // span, line + base + (code - first) % span
            rows[address] = line
        elif code == 0:
            length = reader.leb()
            following = reader.at + length
            extended = reader.take("B")
            if extended == _END_SEQUENCE:
                rows.setdefault(address, 0)
                address, line = 0, 1
            elif extended == _SET_ADDRESS:
                address = reader.take("I")
            reader.at = following
        elif code == _COPY:
            rows[address] = line
        elif code == _ADVANCE_PC:
            address += reader.leb()
        elif code == _ADVANCE_LINE:
            line += reader.leb(signed=True)
        elif code == _CONST_ADD_PC:
            address += (255 - first) // span
        elif code == _FIXED_ADVANCE_PC:
            address += reader.take("H")
        else:
            for _ in range(lengths[code - 1]):
                reader.leb()
