"""Puts the distance between a read of HI or LO and the next multiplication or division that the R3000 asks for.

LLVM 22 leaves some of them too close: its pass for this hazard (llvm pull request 91449) does not know the pseudo
instructions that products are made of. So nops are put in afterwards, and whatever lies behind them moves: branches,
jumps, symbols, relocations and constants.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..mips.check import HI_LO_DISTANCE
from ..mips.decode import Decoded, decode, encode
from ..mips.row import FIELDS, Operand
from .link import PLACEMENT, R_MIPS_26, Object, Relocation

_NOP = 0


def spaced(object: Object) -> Object:
    """The object with nops where HI or LO is written straight after it is read.

    Only straight code is looked at: what comes too close by way of a branch is left, for the image check to find. So is
    everything in an object whose constants hold addresses of code.
    """
    words = [word for (word,) in struct.iter_unpack("<I", object.data[: object.text])]
    decoded = [decode(word) for word in words]
    missing = _missing(decoded)
    addresses = (one for one in object.relocations if one.type != R_MIPS_26 and one.target < object.text)
    if not missing or any(addresses):
        return object
    return _moved(object, words, decoded, missing)


def _missing(decoded: list[Decoded | None]) -> dict[int, int]:
    """Index of an instruction -> nops that must come before it."""
    missing: dict[int, int] = {}
    for index, reader in enumerate(decoded):
        if reader is None or not reader.reads & {"hi", "lo"}:
            continue
        between = 0
        for after in range(index + 1, min(index + 1 + HI_LO_DISTANCE, len(decoded))):
            between += missing.get(after, 0)
            writer = decoded[after]
            if writer is None or writer.row.has_delay_slot:
                break
            if writer.writes & {"hi", "lo"} and between < HI_LO_DISTANCE:
                missing[after] = missing.get(after, 0) + HI_LO_DISTANCE - between
                break
            between += 1
    return missing


def _moved(object: Object, words: list[int], decoded: list[Decoded | None], missing: Mapping[int, int]) -> Object:
    places, new = list[int](), 0  # index of each old instruction among the new ones
    for index in range(len(words)):
        new += missing.get(index, 0)
        places.append(new)
        new += 1
    places.append(new)
    text = 4 * new
    constants = -(-text // PLACEMENT) * PLACEMENT - -(-object.text // PLACEMENT) * PLACEMENT  # how far they move

    def offset(old: int) -> int:
        return 4 * places[old // 4] if old < object.text else old + constants

    jumps = {one.offset: one for one in object.relocations if one.type == R_MIPS_26}
    code = [_NOP] * new
    for index, (word, instruction) in enumerate(zip(words, decoded, strict=True)):
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
    return Object(text, data, symbols, relocations)


def _branch(instruction: Decoded, index: int, places: list[int]) -> int:
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
