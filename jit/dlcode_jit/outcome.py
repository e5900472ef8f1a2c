"""What a run of an image came to, read out of the shared memory that `abi` lays out."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from dlcode_dsl.core.form import FILTER_VERDICTS, HANDLER_VERDICTS, Program, Region, Send, Verdict
from dlcode_dsl.core.interpret import Sent

from . import abi
from .errors import ImageError

_HANDLER_VERDICTS = {abi.VERDICT_CODES[verdict]: verdict for verdict in HANDLER_VERDICTS}
_FILTER_VERDICTS = {abi.VERDICT_CODES[verdict]: verdict for verdict in FILTER_VERDICTS}
_EFFECTS = {code: effect for effect, code in abi.EFFECT_CODES.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """As the interpreter's outcome, without the operations, which an image doesn't count."""

    verdict: Verdict
    memory: dict[str, list[int]]
    effects: tuple[Sent, ...]
    data: bytes


def verdict_of(program: Program, code: int) -> Verdict:
    """The verdict that an entry point returned."""
    return (_FILTER_VERDICTS if program.kind == "filter" else _HANDLER_VERDICTS)[code]


def cells_to_bytes(region: Region, cells: Sequence[int]) -> bytes:
    """A region's cells as they lie in memory. Raises ImageError where they are of another shape."""
    if len(cells) != region.count or not all(0 <= cell < 1 << region.cell.bits for cell in cells):
        raise ImageError("memory", f"{region.name} is {region.count} cells of {region.cell}")
    return struct.pack(f"<{region.count}{_FORMATS[region.cell.bits]}", *cells)


def cells_from_bytes(region: Region, data: bytes | bytearray | memoryview) -> list[int]:
    """The cells that lie in `data`, which is as long as the region."""
    return list(struct.unpack(f"<{region.count}{_FORMATS[region.cell.bits]}", data))


def region_size(region: Region) -> int:
    """Bytes that a region takes."""
    return region.count * region.cell.bits // 8


def effects_in(
    queue: bytes | bytearray | memoryview, layout: abi.QueueLayout, sites: Sequence[Send]
) -> tuple[Sent, ...]:
    """The entries of a send queue, in order."""
    (count,) = struct.unpack_from("<I", queue, abi.QUEUE_COUNT)
    assert count <= layout.entries, "more effects than were proved to be the most"
    found = []
    for index in range(count):
        at = layout.entry(index)
        kind, site, length = struct.unpack_from("<HHI", queue, at)
        assert length <= layout.capacity, "a longer frame than was proved to be the longest"
        frame = bytes(queue[at + abi.ENTRY_FRAME : at + abi.ENTRY_FRAME + length])
        effect = _EFFECTS[kind]
        found.append(Sent(effect) if effect == "wake" else Sent(effect, frame, sites[site].own))
    return tuple(found)


_FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}
