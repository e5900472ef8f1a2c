"""Which ways lead from a link to a header: the graph that the headers' `next` tables make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import codes
from .layout import Layout, Table
from .syntax.tree import Name
from .wrong import wrong

MOST_PATHS = 64
"""Most ways to one header: what is more is a header file that was made to be slow."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link: from a header, by one of its tables, for any of these values, to the next header."""

    header: str
    table: Table
    values: tuple[int, ...]
    to: str


Path = tuple[Step, ...]


def paths(headers: Mapping[str, Layout], link: str, target: Name) -> tuple[Path, ...]:
    """Every way from the root header `link` to the outermost `target`, shortest first.

    Raises Wrong where there is none, too many, or a way that leads through the same header twice.
    """
    if target.text == link:
        return ((),)
    towards = _towards(headers, target.text)
    found: list[Path] = []
    waiting: list[tuple[str, Path]] = [(link, ())]
    while waiting:
        at, path = waiting.pop()
        for step in reversed(_steps(headers, at)):
            if step.to == target.text:
                found.append((*path, step))
            elif step.to in towards and step.to in headers:
                if step.to == link or any(step.to == earlier.to for earlier in path):
                    raise wrong(codes.CIRCULAR, headers[step.to].span, "its `next` leads back to it", name=step.to)
                waiting.append((step.to, (*path, step)))
        if len(found) > MOST_PATHS or len(waiting) > MOST_PATHS * MOST_PATHS:
            raise wrong(codes.NO_PATH, target.span, "more ways than are tried", link=link, header=target.text)
    if not found:
        raise wrong(codes.NO_PATH, target.span, link=link, header=target.text)
    return tuple(sorted(found, key=len))


def _steps(headers: Mapping[str, Layout], name: str) -> list[Step]:
    steps = []
    for table in headers[name].tables:
        for to in dict.fromkeys(to for _, to in table.links):
            steps.append(Step(name, table, tuple(value for value, other in table.links if other == to), to))
    return steps


def _towards(headers: Mapping[str, Layout], target: str) -> set[str]:
    """The headers from which a way leads to the target."""
    found = {target}
    grown = True
    while grown:
        more = {
            name
            for name, layout in headers.items()
            if name not in found and any(to in found for table in layout.tables for _, to in table.links)
        }
        grown = bool(more)
        found |= more
    return found
