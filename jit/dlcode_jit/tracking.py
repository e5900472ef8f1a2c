"""Finding source and loops again in what LLVM makes of a program: line numbers, and a mark in each loop.

Every instruction carries a debug location whose line is a number of ours: that of a spot, which is a line of source or
a mark. LLVM keeps them up to date and writes them into the object's line table.

A mark is a `break` at the start of a loop's turn, of which LLVM knows only that it does something: it stays where the
turn begins, runs as often, and costs nothing, since it is taken out of the finished code (`r3000/marks.py`). Labels do
not last: LLVM gives the label of a block that it merges with another to whatever is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.source import NOWHERE, Source, Span
from dlcode_verifier import Linear, Turns

if TYPE_CHECKING:
    from .lower import Lowering

TRAP = "call void @llvm.debugtrap() nounwind willreturn nomerge noduplicate memory(inaccessiblemem: readwrite)"
TRAP_DECLARATION = "declare void @llvm.debugtrap()"

DWARF = 4
"""Version of the line table."""

Looping = form.Loop | form.Copy | form.PacketBytes


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a source, from 1."""

    source: Source
    line: int

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source.text.split("\n")[self.line - 1]

    @property
    def span(self) -> Span:
        """What stands there, without the blanks around it."""
        start = sum(len(line) + 1 for line in self.source.text.split("\n")[: self.line - 1])
        blanks = len(self.text) - len(self.text.lstrip())
        return Span(self.source, start + blanks, start + len(self.text.rstrip()))


@dataclass(frozen=True, slots=True)
class Mark:
    """A loop of the code. `outer` are the numbers of the loops around it."""

    number: int
    node: Looping
    outer: frozenset[int]
    turns: Turns | None  # how many begin at most, each time that it is come to; None for what the certificate says

    @property
    def span(self) -> Span:
        """Where it stands in the source."""
        return self.node.span


Spot = SourceLine | Mark


def marks_in(spots: Sequence[Spot]) -> list[int]:
    """The numbers in a line table of the marks among the spots."""
    return [number for number, spot in enumerate(spots, 1) if isinstance(spot, Mark)]


class Tracking:
    """The spots of one program while it is lowered. Unless `on`, nothing is emitted for them."""

    def __init__(self, into: Lowering, on: bool) -> None:
        self.into, self.on = into, on
        self.spots: list[Spot] = []  # line 1 + i of the line table is the i-th
        self.inside: list[Mark] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._unit = 0
        self._made = 0

    # ---- lines

    def at(self, span: Span) -> None:
        """What is emitted from here on belongs to a span of the source."""
        if self.on and span.source is not NOWHERE.source:
            key = id(span.source), span.line
            if key not in self._numbers:
                self._numbers[key] = self._location(SourceLine(span.source, span.line))
            self.into.to.note = f", !dbg !{self._numbers[key]}"

    def begin(self) -> str:
        """Begin with the whole program; what to write behind the head of the function."""
        if not self.on:
            return ""
        metadata = self.into.metadata
        self._unit = len(metadata)
        unit, file, function, type, types = range(self._unit, self._unit + 5)
        metadata += [
            f"distinct !DICompileUnit(language: DW_LANG_C, file: !{file}, emissionKind: LineTablesOnly)",
            '!DIFile(filename: "spots", directory: "")',
            f'distinct !DISubprogram(name: "entry", file: !{file}, type: !{type}, unit: !{unit}, '
            "spFlags: DISPFlagDefinition)",
            f"!DISubroutineType(types: !{types})",
            "!{null}",
            '!{i32 2, !"Debug Info Version", i32 3}',
            f'!{{i32 2, !"Dwarf Version", i32 {DWARF}}}',
        ]
        whole = SourceLine(self.into.of.span.source, self.into.of.span.line)
        self.into.to.note = f", !dbg !{self._location(whole)}"
        return f" !dbg !{function}"

    def end(self) -> list[str]:
        """Named metadata of the module."""
        unit = self._unit
        flags = f"!llvm.module.flags = !{{!{unit + 5}, !{unit + 6}}}"
        return [f"!llvm.dbg.cu = !{{!{unit}}}", flags] if self.on else []

    def _location(self, spot: Spot) -> int:
        """The metadata of a new spot."""
        self.spots.append(spot)
        self.into.metadata.append(f"!DILocation(line: {len(self.spots)}, scope: !{self._unit + 2})")
        return len(self.into.metadata) - 1

    # ---- loops

    def enter(self, node: Looping, turns: Turns | None = None) -> None:
        """Come to a loop, which turns so often or as often as the certificate says."""
        outer = frozenset(mark.number for mark in self.inside)
        self.inside.append(Mark(self._made, node, outer, turns))
        self._made += 1

    def turn(self) -> None:
        """At the start of a turn of the loop that was come to last."""
        if self.on:
            self.into.declared["llvm.debugtrap"] = TRAP_DECLARATION
            to = self.into.to
            before, to.note = to.note, f", !dbg !{self._location(self.inside[-1])}"
            to.emit(TRAP)
            to.note = before

    def leave(self) -> None:
        """Behind the loop that was come to last."""
        self.inside.pop()

    def division(self, text: str) -> str:
        """The text of a division, with a mark in its loop if marks are made; its name says how often that turns."""
        if self.on:
            self.into.declared["llvm.debugtrap"] = TRAP_DECLARATION
        return text.replace("TURN", f"  {TRAP}\n" if self.on else "")


def words(most: Linear, size: int, before: int) -> Turns:
    """Turns that take `size` bytes each of at most so many; after words of `before` bytes, less than one is left."""
    if before:
        return Turns(Linear(before - 1 - size), size)
    greatest = None if most.greatest is None else most.greatest - size
    return Turns(Linear(most.constant - size, most.per_byte, greatest), size)


def moved(into: Lowering, node: form.Copy | form.PacketBytes) -> Linear:
    """Most bytes that a copy or a piece of a frame moves: it is proved to lie in the packet, and in its target."""
    room = into.of.region(node.region).count if isinstance(node, form.Copy) else into.queue.capacity
    if isinstance(node.count, form.Constant):
        return Linear(node.count.value)
    return Linear(0, 1, min(room, into.of.maximum))
