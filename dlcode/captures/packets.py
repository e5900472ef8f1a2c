"""Packets as values: one by one, and as a batch whose columns native code can walk."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dlcode.captures.faults import CaptureError

MAXIMUM_CAPTURED: Final = 262_144
"""Bytes of one packet at most: the language's limit, and libpcap's MAXIMUM_SNAPLEN. A longer record is a lie."""

LINK_TYPES: Final = {
    0: "NULL",
    1: "EN10MB",
    101: "RAW",
    108: "LOOP",
    113: "LINUX_SLL",
    228: "IPV4",
    229: "IPV6",
    276: "LINUX_SLL2",
}
"""Link types that the header files speak of, by number, with tcpdump's names (www.tcpdump.org/linktypes.html)."""

ETHERNET: Final = 1


def link_type_name(link_type: int) -> str:
    """tcpdump's name of a link type, or `LINKTYPE_<number>` for one that no header file speaks of."""
    return LINK_TYPES.get(link_type, f"LINKTYPE_{link_type}")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: when (nanoseconds since 1970, 0 where the capture has no time), what of it was captured, how long
    it was on the wire, and the kind of link."""

    timestamp_ns: int
    data: bytes
    wire_length: int
    link_type: int = ETHERNET


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets in one private, immutable buffer: packet `i` is `buffer[offsets[i] : offsets[i] + lengths[i]]`.

    The reader has checked that every packet lies inside the buffer and is no longer than `MAXIMUM_CAPTURED`. The
    columns are arrays of C integers (u64, u32, u32, u16), all of the same length; `wire_lengths` are what the file
    says, and may lie. `torn` is set on a capture's last batch if it goes wrong after these packets.
    """

    buffer: bytes
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    wire_lengths: array[int] = field(default_factory=lambda: array("I"))
    link_types: array[int] = field(default_factory=lambda: array("H"))
    timestamps_ns: list[int] = field(default_factory=list)
    torn: CaptureError | None = None

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> Packet:
        begin = self.offsets[index]
        data = self.buffer[begin : begin + self.lengths[index]]
        return Packet(self.timestamps_ns[index], data, self.wire_lengths[index], self.link_types[index])

    def __iter__(self) -> Iterator[Packet]:
        buffer = self.buffer
        rows = zip(self.timestamps_ns, self.offsets, self.lengths, self.wire_lengths, self.link_types, strict=True)
        for timestamp_ns, begin, length, wire_length, link_type in rows:
            yield Packet(timestamp_ns, buffer[begin : begin + length], wire_length, link_type)
