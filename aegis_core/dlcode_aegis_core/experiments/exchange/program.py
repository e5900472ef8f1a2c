"""The program of one end: assembled for a machine, linked in the order of its source or in one that a seed picks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Final

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.station import Station
from dlcode_jit.mips.assemble import Assembly, Segment, assemble

KSEG1: Final = 0xA0000000
PROGRAM: Final = 0x80040400
"""Where code begins, but for the vectors; data follows it.

It is not a multiple of the caches' size, since there it would share the vectors' place in the instruction cache.
"""
DMA_REGION: Final = 0x20000
DMA_BYTES: Final = 0x20000
"""Where in memory the I/O ASIC lets the LANCE in: 128 KB, at a multiple of that."""
MOST_GAP: Final = 1 << 14
"""Bytes between two pieces, at most, where a seed picks the order: the path lies scattered over several caches."""

COMMON: Final = ("lance.s", "program.s")

LEAST, MOST = 60, 1514
"""Bytes of a frame without its check sequence: of the least, and of the longest."""


@dataclass(frozen=True, slots=True)
class Board:
    """What differs between the boards: the file of its own code, and how the chip's memory looks from the CPU."""

    source: str
    spread: int
    """The CPU's bytes for each of the chip's."""
    line: str
    """The parameter that says on which line the devices interrupt."""


BOARDS: Final[Mapping[str, Board]] = {
    "kn02": Board("kn02.s", 1, "kn02.interrupt_line"),
    "ioasic": Board("ioasic.s", 2, "ioasic.interrupt_line"),
}


@dataclass(frozen=True, slots=True)
class Build:
    """How the program is made: the frames' bytes, the seed of its order in memory, and what a test adds to the path."""

    octets: int = 60
    seed: int | None = None
    """None: the order of the source, without gaps."""
    longer: tuple[str, int] | None = None
    """A label, and how many instructions that do nothing are put behind it."""


@dataclass(frozen=True, slots=True)
class Program:
    """The program in place: its bytes, its names, and the pieces that the linker put somewhere."""

    assembly: Assembly
    pieces: tuple[str, ...]

    @property
    def symbols(self) -> Mapping[str, int]:
        """Addresses by name."""
        return self.assembly.symbols


def link(parameters: Parameters, build: Build, first: bool) -> Program:
    """The program for a machine; `first`: it sends before it has received.

    Raises BeyondModel for a machine whose board has no driver here, BadParameter for a frame that can't be.
    """
    if not LEAST <= build.octets <= MOST:
        raise BadParameter(f"a frame has {LEAST} to {MOST} bytes, not {build.octets}")
    board = BOARDS.get(parameters.board)
    if board is None:
        raise BeyondModel(f"the exchange has no driver for the {parameters.title}, only for a 5000/200 and a 5000/125")
    folder = files(__package__)
    source = "".join(folder.joinpath(name).read_text("utf-8") for name in ("vectors.s", board.source, *COMMON))
    vectors, *pieces = _pieces(_longer(source, *build.longer) if build.longer else source)
    if build.seed is not None:
        pieces = _scattered(pieces, Random(build.seed))
    symbols = {**_symbols(parameters, board), "FRAME_OCTETS": build.octets, "FIRST": int(first)}
    assembly = assemble(vectors + "".join(pieces), "exchange", PROGRAM, symbols)
    return Program(assembly, tuple(_name(piece) for piece in pieces))


def load(station: Station, program: Program, frame: bytes) -> None:
    """Put the program and the frame that it sends into a station, to run from its start.

    Raises BeyondModel where the machine has not got so much memory.
    """
    segments = [*program.assembly.segments, Segment(program.symbols["frame"], frame)]
    least = max(max(segment.end for segment in segments) & 0x1FFFFFFF, DMA_REGION + DMA_BYTES)
    if least > station.memory.size:
        raise BeyondModel(f"the exchange takes {least} bytes of memory, and there are {station.memory.size}")
    station.load(segments)
    station.cpu.pc = program.symbols["start"]


def _longer(source: str, label: str, count: int) -> str:
    found = f"\n{label}:\n"
    if source.count(found) != 1:
        raise ValueError(f"{label} is no label of the program")
    return source.replace(found, found + count * "        or      $zero, $zero, $zero\n")


def _pieces(source: str) -> list[str]:
    """What may be placed by itself: from each .globl to the next. What precedes the first goes with it."""
    before, *pieces = re.split(r"(?m)^(?= +\.globl )", source)
    return [before + pieces[0], *pieces[1:]]


def _name(piece: str) -> str:
    found = re.search(r"\.globl\s+(\w+)", piece)
    assert found is not None
    return found[1]


def _scattered(pieces: list[str], random: Random) -> list[str]:
    """In another order, each after a gap of whole words."""
    placed = []
    for piece in random.sample(pieces, len(pieces)):
        section = re.search(r"(?m)^\s+\.(text|data)$", piece)
        assert section is not None, f"{_name(piece)} names no section"
        gap = 4 * random.randrange(MOST_GAP // 4)
        placed.append(f"{piece[: section.end()]}\n        .space  {gap}\n{piece[section.end() :]}")
    return placed


def _symbols(parameters: Parameters, board: Board) -> dict[str, int]:
    integer = parameters.integer
    symbols = {
        "PROGRAM": PROGRAM,
        "LANCE": KSEG1 + integer("lance.base"),
        "STATION_ROM": KSEG1 + integer("station_rom.base") + integer("station_rom.lane"),
        "LINE": integer(board.line),
        "SPREAD": board.spread,
    }
    if parameters.board == "kn02":
        return {**symbols, "CSR": KSEG1 + integer("kn02.csr_base"), "CHIP_MEMORY": KSEG1 + integer("lance_buffer.base")}
    asic = KSEG1 + integer("ioasic.base")
    return {**symbols, "ASIC": asic, "CHIP_MEMORY": KSEG1 + DMA_REGION, "DMA_POINTER": DMA_REGION << 3}
