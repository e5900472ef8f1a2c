"""Which pairs of many signatures need a closer look, without a look at every pair.

The signatures are split by the field that tells most pairs apart, each part again by another field, until nothing more
is gained. Which field is the best to begin with, the kind of frame, a protocol, a port, comes out of the filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ..terms import Term
from .signature import Signature, apart

FEW = 8
"""Filters of which each pair is looked at, rather than splitting them further."""


def left_over(signatures: Sequence[Signature | None]) -> list[tuple[int, int]]:
    """The pairs that their signatures do not tell apart, each in order."""
    known = {at: one for at, one in enumerate(signatures) if one is not None}
    found: set[tuple[int, int]] = set()
    waiting: list[tuple[list[int], frozenset[Term]]] = [(list(known), frozenset())]
    while waiting:
        group, used = waiting.pop()
        field, parts = _split(known, group, used) if len(group) > FEW else (None, [])
        if field is None:
            found |= {(a, b) for a, b in combinations(sorted(group), 2) if not apart(known[a], known[b])}
            continue
        anywhere = [at for at in group if field not in known[at]]
        waiting += [(part, used | {field}) for part in (*parts, anywhere)]
        for a in anywhere:
            for part in parts:
                found |= {(min(a, b), max(a, b)) for b in part if not apart(known[a], known[b])}
    return sorted(found)


def _split(known: dict[int, Signature], group: list[int], used: frozenset[Term]) -> tuple[Term | None, list[list[int]]]:
    """The field that tells most pairs of a group apart, and the parts whose bounds of it do not touch one another."""
    speaking: dict[Term, list[int]] = {}
    for at in group:
        for field in known[at]:
            if field not in used:
                speaking.setdefault(field, []).append(at)
    best: tuple[int, Term | None, list[list[int]]] = (0, None, [])
    for field, those in sorted(speaking.items()):
        those.sort(key=lambda at: known[at][field])
        parts: list[list[int]] = []
        end = -1
        for at in those:
            low, high = known[at][field]
            if low > end:
                parts.append([])
            parts[-1].append(at)
            end = max(end, high)
        told = sum(len(part) * (len(those) - len(part)) for part in parts)
        if told > best[0]:
            best = told, field, parts
    return best[1], best[2]
