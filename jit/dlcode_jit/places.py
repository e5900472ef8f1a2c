"""Reading and writing bytes where they lie: one after another, or in pieces with gaps between.

Values are big-endian. What is not certainly aligned is taken byte by byte on a target that traps, and what lies in
pieces is taken in parts none of which can reach into a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Type

from .congruence import WORD, Congruence, alignment, exactly
from .layouts import ANYWHERE, Layout

if TYPE_CHECKING:
    from .lower import Lowering


@dataclass(frozen=True, slots=True)
class Place:
    """Where a byte is, and with it those that follow."""

    base: str  # its address, or with gaps that of the packet's first byte
    known: Congruence  # of the address that it would have if there were no gaps
    offset: str = "0"  # with gaps: how many bytes of the packet come before it, a u32
    layout: Layout = ANYWHERE
    note: str = ""  # metadata of what is accessed

    @property
    def piece(self) -> int:
        """Bytes that lie together before a gap of as many; 0 for all."""
        return self.layout.piece


class Places:
    """The accesses of one program while it is lowered."""

    def __init__(self, into: Lowering) -> None:
        self.into, self.to = into, into.to

    def beyond(self, place: Place, count: str, known: Congruence, index: str = "i32") -> Place:
        """A place `count` bytes on, which is a number or a value of type `index`."""
        moved = place.known.plus(known)
        if count == "0":
            return replace(place, known=moved)
        if place.piece:
            return replace(place, known=moved, offset=self.sum(place.offset, count))
        base = self.to.value(f"getelementptr inbounds i8, ptr {place.base}, {index} {count}")
        return replace(place, base=base, known=moved)

    def before(self, place: Place, count: int) -> Place:
        """A place `count` bytes back, in the same word of memory."""
        moved = place.known.minus(exactly(count))
        if not place.piece:
            base = self.to.value(f"getelementptr i8, ptr {place.base}, i32 {-count}")
            return replace(place, base=base, known=moved)
        if place.offset.isdecimal():
            return replace(place, known=moved, offset=str(int(place.offset) - count))
        return replace(place, known=moved, offset=self.to.value(f"sub nuw i32 {place.offset}, {count}"))

    def sum(self, one: str, other: str) -> str:
        """Of two offsets, as a number where both are."""
        if one.isdecimal() and other.isdecimal():
            return str(int(one) + int(other))
        return one if other == "0" else other if one == "0" else self.to.value(f"add nuw i32 {one}, {other}")

    def address(self, place: Place) -> str:
        """The address of the byte."""
        if not place.piece:
            return place.base
        if place.offset.isdecimal():
            offset = int(place.offset)
            before = str(offset + (offset & -place.piece))
        else:
            gaps = self.to.value(f"and i32 {place.offset}, {-place.piece}")
            before = self.to.value(f"add nuw i32 {place.offset}, {gaps}")
        return self.to.value(f"getelementptr inbounds i8, ptr {place.base}, i32 {before}")

    def widest(self, place: Place) -> int:
        """Bytes of the widest access that is certainly aligned there."""
        return min(alignment(place.known, WORD), place.piece or WORD)

    # ---- values

    def bytewise(self, size: int, place: Place) -> bool:
        """Whether big-endian bytes are better handled one by one than as a word that is turned around."""
        return size > 1 and self.widest(place) == 1 and not self.into.target.unaligned_loads

    def get(self, type: Type, place: Place, name: str = "t") -> str:
        """The big-endian value there."""
        to, size, wide = self.to, type.bits // 8, f"i{type.bits}"
        if not self.bytewise(size, place):
            return self.into.swapped(self.raw(size, place), type, name)
        value = ""
        for position in range(size):
            one = self.beyond(place, str(position), exactly(position))
            widened = to.value(f"zext i8 {self.raw(1, one)} to {wide}")
            if position:
                widened = to.value(f"or disjoint {wide} {to.value(f'shl {wide} {value}, 8')}, {widened}")
            value = widened
        return value

    def put(self, value: str, type: Type, place: Place) -> None:
        """Write a value big-endian."""
        to, size = self.to, type.bits // 8
        if not self.bytewise(size, place):
            self.put_raw(self.into.swapped(value, type), size, place)
            return
        for position in range(size):
            shifted = to.value(f"lshr i{type.bits} {value}, {8 * (size - 1 - position)}")
            byte = to.value(f"trunc i{type.bits} {shifted} to i8")
            one = self.beyond(place, str(position), exactly(position))
            to.emit(f"store i8 {byte}, ptr {self.address(one)}{place.note}")

    # ---- bytes as they stand

    def raw(self, size: int, place: Place) -> str:
        """The `size` bytes there as an integer, the first in its low bits."""
        to = self.to
        if not place.piece:
            return to.value(f"load i{8 * size}, ptr {place.base}, align {alignment(place.known, size)}{place.note}")
        value, wide = "", f"i{8 * size}"
        for position, part, taken in self.parts(size, place):
            if part == size:
                return taken
            widened = to.value(f"zext i{8 * part} {taken} to {wide}")
            if position:
                widened = to.value(f"or disjoint {wide} {value}, {to.value(f'shl {wide} {widened}, {8 * position}')}")
            value = widened
        return value

    def put_raw(self, value: str, size: int, place: Place) -> None:
        """Write an integer of `size` bytes as it stands, its low bits first."""
        assert not place.piece, "nothing is written where packets lie in pieces"
        aligned = alignment(place.known, size)
        self.to.emit(f"store i{8 * size} {value}, ptr {place.base}, align {aligned}{place.note}")

    def parts(self, size: int, place: Place) -> Iterator[tuple[int, int, str]]:
        """Position, size and value of the aligned parts of `size` bytes that lie in pieces."""
        position, started, address = 0, 0, ""
        while position < size:
            here = self.beyond(place, str(position), exactly(position))
            part = max(one for one in (4, 2, 1) if one <= min(self.widest(here), size - position))
            if part < place.layout.least:
                yield position, part, self.half_of_two(here)
                position, address = position + part, ""
                continue
            if not address or self.begins_piece(here):
                started, address = position, self.address(here)
                there = address
            else:  # in the piece where the last address is
                there = self.to.value(f"getelementptr inbounds i8, ptr {address}, i32 {position - started}")
            # What is volatile is not made narrower by LLVM, where nothing narrower than `least` is answered.
            load = "load volatile" if place.layout.least > 1 else "load"
            yield position, part, self.to.value(f"{load} i{8 * part}, ptr {there}, align {part}")
            position += part

    def half_of_two(self, place: Place) -> str:
        """The byte there, where only halfwords can be loaded."""
        to = self.to
        if place.offset.isdecimal():
            odd = int(place.offset) % 2
            even, shift = str(int(place.offset) - odd), str(8 * odd)
        else:
            even = to.value(f"and i32 {place.offset}, -2")
            odd_ = to.value(f"trunc i32 {to.value(f'and i32 {place.offset}, 1')} to i16")
            shift = to.value(f"shl i16 {odd_}, 3")
        both = to.value(f"load volatile i16, ptr {self.address(replace(place, offset=even))}, align 2")
        return to.value(f"trunc i16 {to.value(f'lshr i16 {both}, {shift}')} to i8")

    @staticmethod
    def begins_piece(place: Place) -> bool:
        """Whether a piece may begin at the place."""
        if place.offset.isdecimal():
            return int(place.offset) % place.piece == 0
        return place.known.modulo(place.piece).remainder == 0
