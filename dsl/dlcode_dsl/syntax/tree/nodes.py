"""What all nodes of the syntax tree share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from ...source import NOWHERE, Span


def span_of() -> Any:
    """The place of a node in its source: not part of what it is."""
    return field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it is written: of something declared here, or of something meant."""

    text: str
    span: Span = span_of()

    def __str__(self) -> str:
        return self.text


def nodes(node: object) -> Iterator[Any]:
    """A node, or those of a tuple, and all that they are made of; names and places apart. It does not recurse."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend(part)
        elif is_dataclass(part) and not isinstance(part, Name | Span):
            yield part
            waiting.extend(getattr(part, each.name) for each in fields(part) if each.name != "span")
