"""Packets and memory at the edges of a program's own constants: what is tried where nobody has a better idea.

They are drawn from a fixed seed, so that a program gets the same ones on every run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet

from .witness import MOST_CELLS, Witness

TRIALS = 60
"""Packets that are tried."""

LONGEST = 1600
"""Bytes of the longest of them."""


def trials(program: Program) -> Iterator[Witness]:
    """Packets, each with memory; none where the program's memory is too large to fill so often."""
    if sum(region.count for region in program.regions) > MOST_CELLS:
        return
    rng = random.Random(0)
    constants = sorted(set(_constants(program.body)))
    longest = min(program.maximum, LONGEST)
    near = {value + by for value in constants if value <= longest for by in (-1, 0, 1)}
    lengths = sorted({length for length in near if 0 <= length <= longest} | {0, min(64, longest)})
    for number in range(TRIALS):
        length = lengths[number % len(lengths)] if number % 2 else min(longest, rng.choice((20, 64, 128, longest)))
        cells = {region.name: _cells(rng, region, constants) for region in program.regions}
        yield Witness(Packet.whole(_bytes(rng, length, constants)), cells)


def longest(program: Program) -> Iterator[Witness]:
    """The longest packet, of ones, with memory of ones and of zeros."""
    if sum(region.count for region in program.regions) <= MOST_CELLS:
        for value in (0, -1):
            cells = {one.name: [value % (1 << one.cell.bits)] * one.count for one in program.regions}
            yield Witness(Packet.whole(b"\xff" * program.maximum), cells)
            if not program.regions:
                return


def _constants(tree: object) -> Iterator[int]:
    if isinstance(tree, form.Constant):
        yield tree.value
    elif isinstance(tree, tuple):
        for part in tree:
            yield from _constants(part)
    elif is_dataclass(tree) and type(tree).__module__ == form.__name__:
        for field in fields(tree):
            if field.name != "span":
                yield from _constants(getattr(tree, field.name))


def _bytes(rng: random.Random, length: int, constants: list[int]) -> bytes:
    """Zeros, ones, or any bytes; with some of the constants in them."""
    data = bytearray((bytes(length), b"\xff" * length, rng.randbytes(length))[rng.randrange(3)])
    for _ in range(rng.randrange(8) if constants else 0):
        value, size = rng.choice(constants), rng.choice((1, 2, 4))
        if size <= length:
            at = rng.randrange(min(length - size, 64) + 1)
            data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "big")
    return bytes(data)


def _cells(rng: random.Random, region: form.Region, constants: list[int]) -> list[int]:
    limit = 1 << region.cell.bits
    edges = [0, 1, limit - 1, *(value % limit for value in constants)]
    return [rng.choice(edges) if rng.random() < 0.7 else rng.randrange(limit) for _ in range(region.count)]
