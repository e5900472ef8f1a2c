"""A trie of steps: what filters do alike is done once, and where they part, one way is tried after the other.

A way through the trie has the steps of one proved program, in that program's order and without a gap; a node belongs to
several only if they have the same steps up to there. So whenever a node's statements run, those before them have run
and gone on, as they would have in each of the programs.

`least` of a place is a length that every packet has which any way from there on can match: below it, all of them read
at a constant offset past the end. One test of it makes those of the single reads needless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Body

from .steps import MISS
from .tables import Key, Layout


@dataclass(frozen=True, slots=True)
class Lookup:
    """The end of a shape: the key is looked up in the table of that number, then among what it has spilled."""

    table: int
    key: tuple[form.Variable, ...]
    layout: Layout
    spilled: tuple[tuple[Key, int], ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """The end of a filter: a body that matches or misses, for the owner that the table of that number names."""

    body: Body
    table: int


End = Lookup | Rest


@dataclass(frozen=True, slots=True)
class Way:
    """The steps of one program, which runs on packets of at most `maximum` bytes, and its end."""

    maximum: int
    steps: tuple[Body, ...]
    end: End


@dataclass(slots=True, eq=False)
class Node:
    """A step, then the ends and steps one of which follows."""

    body: Body
    least: int  # of the packets that a way through here matches
    ends: list[End] = field(default_factory=list)
    after: dict[Body, Node] = field(default_factory=dict)


def trie(ways: Iterable[Way]) -> dict[int, Node]:
    """The nodes at the top, without a step of their own, by the longest packet that they are for."""
    tops: dict[int, Node] = {}
    for way in ways:
        least = max(_ends(way.steps), default=0)
        node = tops.setdefault(way.maximum, Node((), least))
        node.least = min(node.least, least)
        for step in way.steps:
            node = node.after.setdefault(step, Node(step, least))
            node.least = min(node.least, least)
        node.ends.append(way.end)
    return tops


def _ends(steps: Iterable[Body]) -> Iterator[int]:
    """The ends of what a way reads at constant offsets, or misses."""
    for step in steps:
        for statement in step:
            match statement:
                case form.Read(_, type, form.Constant(offset), otherwise) if otherwise in (None, MISS):
                    yield offset + type.bits // 8
