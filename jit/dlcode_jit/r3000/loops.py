"""The nest of loops in a function: its blocks in the order of execution, where a loop stands as one.

A loop is a strongly connected part of the control flow. One mark in it is that of the loop around all others there:
without the blocks where its turns begin, only inner loops are left. A loop without such a mark is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import ImageError
from .graph import RETURN, Block


class Nested(Protocol):
    """What is known of a mark."""

    @property
    def outer(self) -> frozenset[int]:
        """Numbers of the loops around its own."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Blocks that a turn may pass: `turns` are those where one begins, `parts` the others, in order."""

    number: int  # of its mark
    blocks: frozenset[int]
    turns: tuple[int, ...]
    parts: tuple[Part, ...]


Part = int | Loop
"""A block, by its start, or a loop."""


def parts(blocks: Mapping[int, Block], marks: Mapping[int, int], nested: Mapping[int, Nested]) -> tuple[Part, ...]:
    """The blocks of a function in an order in which each comes before those that it goes to.

    `marks` has the number of the mark at the start of a block. Raises ImageError (`unbounded`).
    """
    return _parts(frozenset(blocks), blocks, marks, nested)


def _parts(
    inside: frozenset[int], blocks: Mapping[int, Block], marks: Mapping[int, int], nested: Mapping[int, Nested]
) -> tuple[Part, ...]:
    found: list[Part] = []
    for component in _components(inside, blocks):
        (first, *rest) = component
        if not rest and first not in blocks[first].goes:
            found.append(first)
            continue
        together = frozenset(component)
        number = _outermost({marks[start] for start in component if start in marks}, nested, together)
        turns = tuple(sorted(start for start in component if marks.get(start) == number))
        left = _parts(together - set(turns), blocks, marks, nested)
        found.append(Loop(number, together, turns, left))
    return tuple(found)


def _outermost(numbers: Collection[int], nested: Mapping[int, Nested], blocks: Collection[int]) -> int:
    around = [one for one in numbers if all(one == other or one in nested[other].outer for other in numbers)]
    if len(around) != 1:
        what = "no turn of a known loop" if not numbers else "turns of loops that are not inside each other"
        raise ImageError("unbounded", f"the loop at {4 * min(blocks):#x} has {what}")
    return around[0]


def _components(inside: frozenset[int], blocks: Mapping[int, Block]) -> list[list[int]]:
    """Strongly connected components, each before those that it goes to (Tarjan, without recursion)."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    standing: set[int] = set()
    found: list[list[int]] = []
    for root in sorted(inside):
        if root in number:
            continue
        work: list[tuple[int, Sequence[int]]] = [(root, _next(root, inside, blocks))]
        number[root] = low[root] = len(number)
        stack.append(root)
        standing.add(root)
        while work:
            at, goes = work[-1]
            if goes:
                to, work[-1] = goes[0], (at, goes[1:])
                if to not in number:
                    number[to] = low[to] = len(number)
                    stack.append(to)
                    standing.add(to)
                    work.append((to, _next(to, inside, blocks)))
                elif to in standing:
                    low[at] = min(low[at], number[to])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[at])
            if low[at] == number[at]:
                component: list[int] = []
                while not component or component[-1] != at:
                    component.append(stack.pop())
                    standing.discard(component[-1])
                found.append(sorted(component))
    return found[::-1]


def _next(start: int, inside: frozenset[int], blocks: Mapping[int, Block]) -> Sequence[int]:
    return [to for to in blocks[start].goes if to != RETURN and to in inside]
