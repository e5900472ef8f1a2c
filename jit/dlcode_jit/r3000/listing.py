"""An image's code as assembly text under the lines of source that it comes from.

A line of source is a comment, with the code below it that was made of it; it comes again where its code does. Code that
LLVM has merged out of several lines is of none. Where a turn of a loop begins, a comment says how often it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Copy, Loop

from ..mips.disassemble import disassemble
from ..tracking import Mark, SourceLine

if TYPE_CHECKING:
    from .image import MipsCode

MERGED = "# of several lines"


def listing(code: MipsCode, base: int) -> str:
    """The code as it lies at `base`, each instruction with its address and word. The assembler reads it, past those."""
    image, lines, marks = code.place(base), code.lines(), dict(code.object.marks)
    heading, shown = "", list[str]()
    for index, word in enumerate(image.words):
        if 4 * index in marks:
            shown.append(_turn(code, marks[4 * index]))
        if (here := _heading(lines.get(index))) != heading:
            heading = here
            shown.append(heading)
        address = base + 4 * index
        shown.append(f"{address:08x}  {word:08x}  {disassemble(word, address)}")
    return "\n".join(shown) + "\n"


def _heading(line: SourceLine | None) -> str:
    return MERGED if line is None else f"# {line.span.source.name}:{line.line}  {line.text.strip()}"


def _turn(code: MipsCode, number: int) -> str:
    """What is said of a mark: which loop's turn begins, and how often at most."""
    spot = code.spots[number - 1] if number > 0 else None
    if not isinstance(spot, Mark):
        return f"# a turn of a division, {-number} at most"
    what = {Loop: "the loop", Copy: "the copy"}.get(type(spot.node), "the stretch of a frame")
    at_most = code.turns[spot.number].at(code.program.maximum)
    return f"# a turn of {what} at {spot.span.source.name}:{spot.span.line}, {at_most} at most"
