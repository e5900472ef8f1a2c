"""Instructions put into an object's code, or taken out: whatever lies behind them moves.

Branches, jumps, symbols, relocations, constants, marks and lines follow.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from ..mips.decode import Decoded, decode, encode
from ..mips.row import FIELDS, Operand
from .link import PLACEMENT, R_MIPS_26, Object, Relocation

_NOP = 0


def words_of(object: Object) -> list[int]:
    """The words of its code, before relocation."""
    return [word for (word,) in struct.iter_unpack("<I", object.data[: object.text])]


def holds_addresses(object: Object) -> bool:
    """Whether constants or code hold addresses of code, which nothing here would find all of."""
    return any(one.type != R_MIPS_26 and one.target < object.text for one in object.relocations)


def edited(object: Object, nops: Mapping[int, int], without: Collection[int] = ()) -> Object:
    """The object with so many nops before instructions, by their index, and without some instructions.

    What goes to an instruction goes past its nops; what goes to one that is taken out goes to the next. It must not
    hold addresses of code.
    """
    assert not holds_addresses(object)
    words = words_of(object)
    places, new = list[int](), 0  # index of each old instruction among the new ones
    for index in range(len(words)):
        new += nops.get(index, 0)
        places.append(new)
        new += index not in without
    places.append(new)
    text = 4 * new
    constants = -(-text // PLACEMENT) * PLACEMENT - -(-object.text // PLACEMENT) * PLACEMENT  # how far they move

    def offset(old: int) -> int:
        return 4 * places[old // 4] if old < object.text else old + constants

    jumps = {one.offset: one for one in object.relocations if one.type == R_MIPS_26}
    code = [_NOP] * new
    for index, word in enumerate(words):
        if index in without:
            continue
        instruction = decode(word)
        if 4 * index in jumps:
            word = _jump(word, jumps[4 * index], offset)
        elif instruction is not None:
            word = _branch(instruction, index, places)
        code[places[index]] = word
    rest = object.data[-(-object.text // PLACEMENT) * PLACEMENT :]
    data = struct.pack(f"<{new}I", *code)
    if rest:
        data = data.ljust(-(-text // PLACEMENT) * PLACEMENT, b"\0") + rest
    relocations = tuple(
        replace(one, offset=offset(one.offset), target=offset(one.target)) for one in object.relocations
    )
    symbols = {name: offset(place) for name, place in object.symbols.items()}
    marks = tuple((offset(place), number) for place, number in object.marks)
    lines = tuple((4 * places[min(place // 4, len(words))], number) for place, number in object.lines)
    return Object(text, data, symbols, relocations, object.writable, marks, lines)


def _branch(instruction: Decoded, index: int, places: Sequence[int]) -> int:
    """The instruction's word at its new place."""
    operands = list(instruction.operands)
    for position, name in enumerate(instruction.row.operands):
        if FIELDS[name].operand is Operand.DISPLACEMENT:
            operands[position] = places[index + 1 + operands[position]] - (places[index] + 1)
    return encode(instruction.row, tuple(operands))


def _jump(word: int, relocation: Relocation, offset: Callable[[int], int]) -> int:
    """The word of a jump whose addend says where, from the symbol that its relocation names."""
    addend = (word & 0x3FF_FFFF) << 2
    moved = offset(relocation.target + addend) - offset(relocation.target)
    return word & ~0x3FF_FFFF | moved >> 2
