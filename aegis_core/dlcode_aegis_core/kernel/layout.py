"""Where everything lies in the kernel's memory: the one place that says so; the `.s` files get it as symbols.

Physical memory. The kernel reaches it through kseg0 (cached), the DMA region through kseg1 (uncached). What a packet
touches lies in one 64 KB of instruction and of data cache, both direct-mapped, where it does not displace itself.

    00000000  16 KB  KERNEL_TEXT    vectors and code
    00004000   4 KB  KERNEL_DATA    variables, saved registers, the packet
    00005000  12 KB  KERNEL_STACK   grows down; only images use it
    00008000  32 KB  STLB           4096 translations of 8 bytes, direct-mapped
    00010000  16 KB  BINDINGS       records, leases, guards and send queues, written when a program is bound
    00014000  48 KB  IMAGES         filters and handlers
    00020000 128 KB  DMA_REGION     what the LANCE sees, with its gaps
    00048000  96 KB  REGIONS        pinned pages lent to handlers
    0006a000   4 KB  USER_TEXT      the environment's pages, which it sees at other addresses
    0006b000   4 KB  USER_DATA
    0006c000   4 KB  USER_STACK

The DMA region by the LANCE's addresses; memory behind it takes twice the room:

    0000  initialisation block, 24 bytes
    0020  receive ring, 16 descriptors of 8 bytes
    00a0  transmit ring, 16 descriptors of 8 bytes
    0120  receive buffers, 16 of 1536 bytes
    6120  transmit buffers, 16 of 1536 bytes
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

KSEG0: Final = 0x80000000
KSEG1: Final = 0xA0000000


@dataclass(frozen=True, slots=True)
class Area:
    """A stretch of physical memory."""

    name: str
    start: int
    size: int

    @property
    def end(self) -> int:
        """The address after it."""
        return self.start + self.size


KB: Final = 1024

AREAS: Final = (
    Area("KERNEL_TEXT", 0x00000, 16 * KB),
    Area("KERNEL_DATA", 0x04000, 4 * KB),
    Area("KERNEL_STACK", 0x05000, 12 * KB),
    Area("STLB", 0x08000, 32 * KB),
    Area("BINDINGS", 0x10000, 16 * KB),
    Area("IMAGES", 0x14000, 48 * KB),
    Area("DMA_REGION", 0x20000, 128 * KB),
    Area("REGIONS", 0x48000, 96 * KB),
    Area("USER_TEXT", 0x6A000, 4 * KB),
    Area("USER_DATA", 0x6B000, 4 * KB),
    Area("USER_STACK", 0x6C000, 4 * KB),
)
if any(before.end > after.start for before, after in pairwise(AREAS)):
    raise AssertionError("areas of the kernel's memory overlap or are out of order")

AREA: Final = {area.name: area for area in AREAS}

# ---- The DMA region, by the LANCE's addresses ------------------------------------------------------------------------

INIT_BLOCK: Final = 0x0000
RECEIVE_RING: Final = 0x0020
TRANSMIT_RING: Final = 0x00A0
RECEIVE_BUFFERS: Final = 0x0120
RING_LOG: Final = 4
RING_LENGTH: Final = 1 << RING_LOG
BUFFER_BYTES: Final = 1536
TRANSMIT_BUFFERS: Final = RECEIVE_BUFFERS + RING_LENGTH * BUFFER_BYTES

# ---- KERNEL_DATA: words from its start on, then the packet -----------------------------------------------------------

SAVED: Final = (
    *("AT", "V0", "V1", "A0", "A1", "A2", "A3"),
    *("T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"),
    *("SP", "RA", "HI", "LO"),
)
"""Registers that an interrupt saves: those that an image may change. Images keep the others, and so does the kernel."""

COUNTERS: Final = (
    "RECEIVED",  # frames taken off the ring without an error
    "BAD_FRAMES",  # frames that the LANCE marked, or that span buffers
    "MISSED",  # times that the LANCE had no receive buffer
    "UNCLAIMED",  # frames that no binding took
    "SENT",  # frames given to the LANCE
)

VARIABLES: Final = (
    *(f"SAVE_{name}" for name in SAVED),
    "RECEIVE_DESCRIPTOR",  # the next one, through kseg1
    "TRANSMIT_DESCRIPTOR",
    "PACKET_LENGTH",
    "BINDINGS_END",  # after the last record
    *(f"COUNT_{name}" for name in COUNTERS),
    "FAULT_CAUSE",  # of the exception that ended the environment, or halted the kernel
    "FAULT_PC",
    "FAULT_ADDRESS",
    "BOOT_ENTRY",  # what the loader leaves for the kernel to start: the environment's first instruction,
    "BOOT_STACK",  # its stack pointer,
    "BOOT_PAGES",  # the number of its pages, and for each
    "BOOT_PAGE",  # EntryHi, then EntryLo
)
MOST_PAGES: Final = 8
PACKET: Final = 0x802
"""Offset of the packet in KERNEL_DATA: 2 modulo 4, as the handler ABI wants it."""

# ---- A binding's record ----------------------------------------------------------------------------------------------

BINDING_FIELDS: Final = (
    "FILTER",  # entry points
    "HANDLER",
    "MAXIMUM",  # bytes of a packet, the least that either declares
    "LEASE",
    "QUEUE",
    "STRIDE",  # of the queue's entries
    "GUARDS",  # array of guard lists, one for each site
    "DECLINED",  # counts of verdicts, in the order of their codes
    "CONSUMED",
    "PASSED",
    "DROPPED",
    "ABORTED",
    "SENT",
    "WITHHELD",  # frames that a guard, or want of room, kept back
    "WAKES",
)
BINDING_BYTES: Final = 64
MOST_BINDINGS: Final = 32

# ---- The environment's addresses -------------------------------------------------------------------------------------

USER_TEXT: Final = 0x00400000
USER_DATA: Final = 0x10000000
USER_STACK: Final = 0x7FFFF000
ADDRESS_SPACE: Final = 1
"""Its identifier: not 0, so that no empty translation matches."""

USER_VARIABLES: Final = ("COUNT", "RESULT", "FRAME_LENGTH", "FRAME")
"""Words at the start of its data; FRAME is where the frame itself begins."""


def cached(name: str) -> int:
    """The kseg0 address of an area."""
    return KSEG0 + AREA[name].start


def dma(address: int) -> int:
    """The kseg1 address behind a LANCE address that is a multiple of 16."""
    return KSEG1 + AREA["DMA_REGION"].start + 2 * address


def variable(name: str) -> int:
    """Offset of a word in KERNEL_DATA."""
    return 4 * VARIABLES.index(name)


def binding_field(name: str) -> int:
    """Offset of a word in a binding's record."""
    return 4 * BINDING_FIELDS.index(name)


def symbols() -> dict[str, int]:
    """All of this for assembly source."""
    return {
        **{area.name: KSEG0 + area.start for area in AREAS},
        "KERNEL_STACK_TOP": KSEG0 + AREA["KERNEL_STACK"].end,
        "STLB_ENTRIES": AREA["STLB"].size // 8,
        "DMA_POINTER": AREA["DMA_REGION"].start << 3,
        "INIT_BLOCK": dma(INIT_BLOCK),
        "INIT_BLOCK_CHIP": INIT_BLOCK,
        "RECEIVE_RING": dma(RECEIVE_RING),
        "RECEIVE_RING_END": dma(RECEIVE_RING + 8 * RING_LENGTH),
        "RECEIVE_RING_CHIP": RECEIVE_RING,
        "TRANSMIT_RING": dma(TRANSMIT_RING),
        "TRANSMIT_RING_END": dma(TRANSMIT_RING + 8 * RING_LENGTH),
        "TRANSMIT_RING_CHIP": TRANSMIT_RING,
        "RECEIVE_BUFFERS": dma(RECEIVE_BUFFERS),
        "RECEIVE_BUFFERS_CHIP": RECEIVE_BUFFERS,
        "TRANSMIT_BUFFERS": dma(TRANSMIT_BUFFERS),
        "TRANSMIT_BUFFERS_CHIP": TRANSMIT_BUFFERS,
        "RING_LOG": RING_LOG,
        "BUFFER_BYTES": BUFFER_BYTES,
        **{name: variable(name) for name in VARIABLES},
        "PACKET": PACKET,
        **{f"BINDING_{name}": binding_field(name) for name in BINDING_FIELDS},
        "BINDING_BYTES": BINDING_BYTES,
        "ADDRESS_SPACE": ADDRESS_SPACE << 6,
        **{f"USER_{name}": USER_DATA + 4 * i for i, name in enumerate(USER_VARIABLES)},
    }
