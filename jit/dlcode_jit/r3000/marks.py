"""Takes the marks of loops (`tracking`) out of an object's code, and keeps where they were.

A mark is a `break` that the line table says the number of; in the code of a division, whose loop is always the same,
the symbol does. A nop stays where taking it out brings a load and its reader together, and where the instruction behind
it can be come to otherwise: an instruction with a mark is executed as often as a turn begins, and no oftener.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace

from ..errors import CodeGeneratorError
from ..mips.decode import Decoded, decode
from ..mips.row import Kind
from .editing import edited, holds_addresses, words_of
from .link import Object, place

_BREAK, _NOP = 0x0000_000D, 0
_DIVISION = re.compile(r"(?:quotient|remainder)\.i(\d+)")


def unmarked(object: Object) -> Object:
    """The object without marks. `Object.marks` has the place of each: where the turn's first instruction now is.

    Numbers are those of spots, from 1; of a division, minus the turns of its loop. Raises CodeGeneratorError for a mark
    that has lost its number, or has moved where it would not run as often as the turn.
    """
    words = words_of(object)
    found = [index for index, word in enumerate(words) if word == _BREAK]
    if not found:
        return object
    if holds_addresses(object):
        raise CodeGeneratorError("code with loops holds addresses of code, so that marks can't be taken out")
    starts, decoded = [start for start, _ in object.lines], [decode(word) for word in words]
    jumped_to = _targets(object) | set(found)
    marks, kept = list[tuple[int, int]](), bytearray(object.data)
    for index in found:
        row = bisect_right(starts, 4 * index) - 1
        number = _turns(object, 4 * index) or (object.lines[row][1] if row >= 0 else 0)
        if not number:
            raise CodeGeneratorError(f"the mark of a loop at {4 * index:#x} has lost its number")
        before = decoded[index - 1] if index else None
        if before is not None and before.row.has_delay_slot:
            raise CodeGeneratorError(f"the mark of a loop at {4 * index:#x} is in a delay slot")
        marks.append((4 * index, number))
        behind = decoded[index + 1] if index + 1 < len(words) else None
        if index + 1 in jumped_to or (before is not None and _meets(before, behind)):
            struct.pack_into("<I", kept, 4 * index, _NOP)
    without = frozenset(index for index in found if struct.unpack_from("<I", kept, 4 * index) != (_NOP,))
    return edited(replace(object, data=bytes(kept), marks=tuple(marks)), {}, without)


def told_apart(object: Object, known: Collection[int]) -> bool:
    """Whether the marks of an object are surely those that their numbers say, where marks of the `known` were made.

    One may be gone, with its loop, or be there twice, where LLVM has copied a block. If both happen, one may have taken
    another's number.
    """
    own = [number for _, number in object.marks if number > 0]
    return set(own) <= set(known) and len(set(own)) in (len(own), len(known))


def _targets(object: Object) -> set[int]:
    """Indexes of the instructions that something jumps to, and of the starts of functions."""
    words = struct.unpack(f"<{object.text // 4}I", place(object, 0)[: object.text])
    ends = {one.destination(4 * index) for index, word in enumerate(words) if (one := decode(word)) is not None}
    return {end // 4 for end in (*ends, *object.symbols.values()) if end is not None}


def _turns(object: Object, offset: int) -> int:
    """Minus the turns of the division whose code is there; 0 if it is none."""
    starts = [(place, name) for name, place in object.symbols.items() if place <= offset]
    division = _DIVISION.fullmatch(max(starts)[1]) if starts else None
    return -int(division[1]) if division else 0


def _meets(load: Decoded, reader: Decoded | None) -> bool:
    """Whether one loads what the other reads."""
    return load.row.kind is Kind.LOAD and (reader is None or bool(reader.reads & load.writes))
