"""What all nodes of the syntax tree share."""

from __future__ import annotations

from dataclasses import dataclass, field
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
