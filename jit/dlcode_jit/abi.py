"""The handler ABI: how a core calls an image, and what they share, written down once for all targets.

    verdict = entry(packet, length, wire_length, lease)

packet       address of the first captured byte. On the host it may be any. On MIPS the image's layout (`layouts`) says
             what it is modulo 4, where the bytes behind it are, and whether they are read past the cache.
length       captured bytes, u32, at most the program's maximum: the caller has tested that.
wire_length  bytes that the packet had on the wire, u32.
lease        address of the lease; an image of a filter ignores it.
verdict      u32, a value of `VERDICT_CODES`.

A lease is an array of pointers: word 0 is the send queue, word 1 + i the region that the program declares i-th. No two
of them overlap, nor does the packet. Each region starts at a multiple of `REGION_ALIGNMENT`; its cells lie close
together, in the target's byte order (both targets are little-endian).

A send queue starts at a multiple of 4. All its fields are little-endian:

    +0                     u32  count of entries; the caller stores 0 before each run
    +4 + i * stride        entry i
        +0   u16  kind: a value of `EFFECT_CODES`
        +2   u16  site: which `Send` statement of the program, counted from 0 in the order of the text; 0 for a wake-up
        +4   u32  length of the frame in bytes; 0 for a wake-up
        +8   the frame, without padding and check sequence

The stride is `8 + capacity` rounded up to a multiple of 4; capacity is the program's longest frame. The caller provides
room for as many entries as the certificate names, so that an image tests nothing. Entries count only after a verdict
that keeps effects: 1, 2 or 3.

A layout is a property of an image: `plain` (2 modulo 4, so that what follows the 14 bytes of an Ethernet header is
aligned to words; cached), `gapped` (the LANCE's data behind the I/O ASIC of a 5000/1xx: the address behind a LANCE
address that is a multiple of 16, through kseg1), `buffer` (a controller's dense memory) or `halves` (2 and a gap of 2).
The image reads the packet where it lies; it writes only a private copy. So a program that may rewrite is an exception:
its image takes that copy in the layout `plain`, whatever was asked for, and its caller makes the copy, and drops it or
hands it on as the verdict says. `MipsImage.layout` is the layout that an image really takes. Regions, queue, lease and
stack are plain memory always.

On MIPS the call follows the o32 convention: arguments in a0 to a3, the verdict in v0, sp a multiple of 8 with 16 bytes
of the caller's above it for the arguments; s0 to s8, sp and gp are kept. An image is not position-independent, calls
nothing and never uses k0 or k1. It takes at most `MipsImage.stack` bytes below sp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dlcode_dsl.core.form import Verdict

VERDICT_CODES: Final = {
    Verdict.MISS: 0,
    Verdict.DECLINE: 0,
    Verdict.MATCH: 1,
    Verdict.CONSUME: 1,
    Verdict.PASS: 2,
    Verdict.DROP: 3,
    Verdict.ABORT: 4,
}
"""What an entry point returns. A filter and a handler share 0 (not this one) and 1 (this one)."""

EFFECT_CODES: Final = {"reply": 1, "send": 2, "wake": 3}
"""Kind of a queue entry."""

REGION_ALIGNMENT: Final = 8
"""Bytes: the widest cell, so that every cell is aligned to its own width."""

QUEUE_ALIGNMENT: Final = 4
QUEUE_COUNT: Final = 0
QUEUE_ENTRIES: Final = 4
ENTRY_KIND: Final = 0
ENTRY_SITE: Final = 2
ENTRY_LENGTH: Final = 4
ENTRY_FRAME: Final = 8
LARGEST_QUEUE: Final = 1 << 24
"""Bytes of the largest send queue that an image is made for: some ten thousand of the longest frames."""

LEASE_QUEUE: Final = 0  # index of the word, not its offset
LEASE_REGIONS: Final = 1

MIPS_POINTER: Final = 4  # bytes
MIPS_PACKET_ALIGNMENT: Final = (4, 2)  # (modulus, remainder) of a packet's address
MIPS_STACK_ALIGNMENT: Final = 8
MIPS_ARGUMENT_AREA: Final = 16  # bytes above sp that belong to the callee (o32)


@dataclass(frozen=True, slots=True)
class QueueLayout:
    """Shape of one program's send queue: `entries` of at most `capacity` bytes of frame each."""

    entries: int
    capacity: int

    @property
    def stride(self) -> int:
        """Bytes from one entry to the next."""
        return (ENTRY_FRAME + self.capacity + 3) & ~3

    @property
    def size(self) -> int:
        """Bytes of the whole queue."""
        return QUEUE_ENTRIES + self.entries * self.stride

    def entry(self, index: int) -> int:
        """Offset of an entry from the start of the queue."""
        return QUEUE_ENTRIES + index * self.stride


SYMBOLS: Final[dict[str, int]] = {
    "VERDICT_DECLINE": VERDICT_CODES[Verdict.DECLINE],
    "VERDICT_CONSUME": VERDICT_CODES[Verdict.CONSUME],
    "VERDICT_PASS": VERDICT_CODES[Verdict.PASS],
    "VERDICT_DROP": VERDICT_CODES[Verdict.DROP],
    "VERDICT_ABORT": VERDICT_CODES[Verdict.ABORT],
    "EFFECT_REPLY": EFFECT_CODES["reply"],
    "EFFECT_SEND": EFFECT_CODES["send"],
    "EFFECT_WAKE": EFFECT_CODES["wake"],
    "QUEUE_COUNT": QUEUE_COUNT,
    "QUEUE_ENTRIES": QUEUE_ENTRIES,
    "ENTRY_KIND": ENTRY_KIND,
    "ENTRY_SITE": ENTRY_SITE,
    "ENTRY_LENGTH": ENTRY_LENGTH,
    "ENTRY_FRAME": ENTRY_FRAME,
    "LEASE_QUEUE": LEASE_QUEUE * MIPS_POINTER,
    "LEASE_REGIONS": LEASE_REGIONS * MIPS_POINTER,
    "ARGUMENT_AREA": MIPS_ARGUMENT_AREA,
    "REGION_ALIGNMENT": REGION_ALIGNMENT,
}
"""The same numbers for assembly source; offsets are in bytes on MIPS."""
