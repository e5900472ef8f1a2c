"""How the bytes of a packet lie in memory: where a byte is, how the first is aligned, and what memory that is.

    plain    one behind the other in cached memory, the first at 2 modulo 4
    gapped   16 bytes, then a gap of 16, read past the cache: what the I/O ASIC of the 5000/1xx makes of a frame
    buffer   one behind the other in the buffer memory of the 5000/200's controller, read past the cache
    halves   2 bytes, then a gap of 2, read past the cache, and by halfwords only: the 3100 and 2100

A layout is a property of an image, which finds every byte by itself: its caller passes the address of the first. An
access is split into parts that are certainly aligned, so that none ever reaches into a gap: pieces are powers of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .congruence import UNKNOWN, WORD, Congruence


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the bytes of a packet are, from the address of the first."""

    name: str
    base: Congruence  # of the first byte's address
    piece: int = 0  # bytes that lie together before a gap of as many; 0 for all
    cached: bool = True
    least: int = 1  # bytes of the narrowest access; that of a part of them takes the whole

    def __post_init__(self) -> None:
        if self.piece & (self.piece - 1):
            raise ValueError(f"pieces of {self.piece} bytes: only powers of two hold aligned words whole")
        if self.piece and self.base.factor < min(self.piece, WORD):
            raise ValueError("pieces begin where a word does")

    def place(self, offset: int) -> int:
        """Bytes from the first byte to the one at `offset`."""
        return offset + (offset & -self.piece) if self.piece else offset

    def spread(self, data: bytes, gap: int = 0) -> bytes:
        """The bytes as they lie, with `gap` between the pieces."""
        if not data:
            return b""
        laid = bytearray([gap]) * (self.place(len(data) - 1) + 1)
        for offset, byte in enumerate(data):
            laid[self.place(offset)] = byte
        return bytes(laid)


def buffer(modulus: int, remainder: int) -> Layout:
    """The layout `buffer`, for packets whose first byte is at `remainder` modulo `modulus`: 1, 2 or 4."""
    if modulus not in (1, 2, WORD):
        raise ValueError(f"a modulus of {modulus}, not 1, 2 or {WORD}")
    return Layout("buffer", Congruence(modulus, remainder % modulus), cached=False)


ANYWHERE: Final = Layout("anywhere", UNKNOWN)
"""On the host, where any address will do."""

PLAIN: Final = Layout("plain", Congruence(4, 2))
"""What follows the 14 bytes of an Ethernet header is aligned to words."""

GAPPED: Final = Layout("gapped", Congruence(4, 0), 16, cached=False)
BUFFER: Final = buffer(4, 0)
HALVES: Final = Layout("halves", Congruence(4, 0), 2, cached=False, least=2)

LAYOUTS: Final = {layout.name: layout for layout in (PLAIN, GAPPED, BUFFER, HALVES)}
"""Those of the R3000's machines, by name."""
