"""Source text and places in it: what every diagnostic and every core node points at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One source text with the name it is shown under."""

    name: str
    text: str

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> Source:
        """A source from the bytes of a file, without a byte order mark. A byte that is not UTF-8 becomes a lone
        surrogate."""
        return cls(name, data.decode("utf-8-sig", errors="surrogateescape"))

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0] + [index + 1 for index, character in enumerate(self.text) if character == "\n"]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        from bisect import bisect_right

        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Text of line `number` (from 1), without its newline."""
        starts = self._line_starts
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source: characters `start` up to, not including, `end`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line, from 1, on which the stretch starts."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """Column, from 1, at which the stretch starts."""
        return self.source.place(self.start)[1]

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The stretch from the start of this one to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))


NOWHERE = Span(Source("<made>", ""), 0, 0)
"""The place of what no source says, such as a node made in a test."""
