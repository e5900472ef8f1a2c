"""One direct-mapped cache, physically indexed and tagged, with a tag for every 4-byte word.

An entry holds the physical word address that it caches, which serves as its tag, or INVALID. A CPU probes `tags` and
`words` itself, for speed: word w can only be in entry `w & mask`, and is if `tags[w & mask] == w`.

Write-through: a word here is what memory held when it was read, or what the CPU has stored since. Nobody tells a cache
when a device writes memory; software invalidates it, or reads past it through kseg1.
"""

from __future__ import annotations

from array import array
from typing import Final

INVALID: Final = -1


class Cache:
    """`size` bytes, a power of two; all invalid. `tags` and `words` stay where they are: code may point there."""

    def __init__(self, size: int) -> None:
        entries = size // 4
        self.mask: Final = entries - 1
        self.tags: Final = array("i", [INVALID]) * entries
        self.words: Final = array("I", [0]) * entries

    def fill(self, word: int, value: int) -> None:
        """Let word address `word` be cached with `value`."""
        self.tags[word & self.mask] = word
        self.words[word & self.mask] = value

    def invalidate(self, word: int) -> None:
        """Empty the entry that `word` would be in, whatever it holds."""
        self.tags[word & self.mask] = INVALID

    def clear(self) -> None:
        """Empty every entry."""
        self.tags[:] = array("i", [INVALID]) * len(self.tags)
