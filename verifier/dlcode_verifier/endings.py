"""What is asked when the goals are settled: that loops end, in how many turns, and how accesses lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ways import Choice, Search

if TYPE_CHECKING:
    from .decide import Desk

QUERIES = 25
"""Most queries for each loop."""

TOGETHER = 8
"""Loops that are asked about at once."""

SHARE = 8
"""A query may take this part of the usual effort where there are many: about ends in bit-vectors, about accesses."""

ALIGNMENT_QUERIES = 8
"""Most queries about accesses, for a whole program."""


def end_loops(desk: Desk) -> list[Choice | None]:
    """For each loop, the first way that is proved, with the first of its bounds that is."""
    ended: list[Choice | None] = []
    for start in range(0, len(desk.task.endings), TOGETHER):
        wanted = desk.task.endings[start : start + TOGETHER]
        if desk.used_up:
            ended += [None] * len(wanted)
        else:
            ended += Search(desk, desk.integers, wanted, QUERIES * len(wanted)).result()
    left = [loop for loop, choice in enumerate(ended) if choice is None and desk.task.endings[loop]]
    if left and not desk.used_up and desk.integers.encoder.loose:
        desk.vectors.allow(desk.task.bitvector_effort // SHARE)
        for loop in left:
            (ended[loop],) = Search(desk, desk.vectors, [desk.task.endings[loop]], QUERIES).result()
    return ended


def align_accesses(desk: Desk) -> list[Choice | None]:
    """For each access that was asked about, the way that is proved. Nobody waits for it, so little effort is spent."""
    desk.integers.allow(desk.task.integer_effort // SHARE)
    return Search(desk, desk.integers, desk.task.accesses, ALIGNMENT_QUERIES).result()
