"""Classic pcap: a header of 24 bytes, then records of 16 bytes and the packet's own.

Source: draft-ietf-opsawg-pcap ("PCAP Capture File Format"). Version 2.4 is the only one that is written today and the
only one read here; before 2.4 programs disagreed on the order of the two lengths.
"""

from __future__ import annotations

from array import array
from struct import Struct
from typing import Final, Literal

from dlcode.captures.faults import BAD_HEADER, LENGTH_LIES, TORN, Damage
from dlcode.captures.packets import MAXIMUM_CAPTURED, Batch

ByteOrder = Literal["<", ">"]

HEADER: Final = "IHHIIII"  # magic, major, minor, two reserved words, snapshot length, link type and what follows it
RECORD: Final = "IIII"  # seconds, fraction of a second, captured length, wire length
HEADER_LENGTH: Final = Struct("<" + HEADER).size
RECORD_LENGTH: Final = Struct("<" + RECORD).size

MICROSECONDS: Final = 0xA1B2C3D4
NANOSECONDS: Final = 0xA1B23C4D

MAGICS: Final[dict[bytes, tuple[ByteOrder, int]]] = {
    Struct(order + "I").pack(magic): (order, nanoseconds)
    for order in ("<", ">")
    for magic, nanoseconds in ((MICROSECONDS, 1000), (NANOSECONDS, 1))
}
"""Byte order, and nanoseconds in the unit of a record's fraction, by the first four bytes of the file."""

VERSION: Final = (2, 4)
RESERVED_LINK_BITS: Final = 0x03FF0000  # between the link type and the bits that speak of a frame check sequence


class Classic:
    """Finds the packets of one classic capture, piece by piece. Takes the file's first `HEADER_LENGTH` bytes."""

    def __init__(self, head: bytes) -> None:
        order, self._nanoseconds = MAGICS[head[:4]]
        if len(head) < HEADER_LENGTH:
            raise Damage(TORN, 0, f"it ends inside its header, after {len(head)} of {HEADER_LENGTH} bytes")
        _, major, minor, _, _, snapshot_length, link = Struct(order + HEADER).unpack(head[:HEADER_LENGTH])
        if (major, minor) != VERSION:
            raise Damage(BAD_HEADER, 4, f"it is of version {major}.{minor}, not {VERSION[0]}.{VERSION[1]}")
        if link & RESERVED_LINK_BITS:
            raise Damage(BAD_HEADER, 20, f"reserved bits are set in its link type, {link:#x}")
        self.header_length = HEADER_LENGTH
        self.link_type: int | None = link & 0xFFFF
        self._record = Struct(order + RECORD)
        self._snapshot_length = snapshot_length or MAXIMUM_CAPTURED

    def index(self, piece: bytes, into: Batch) -> int:
        """Add the whole records of `piece` to the batch; the number of bytes that they take. Raises Damage.

        Of a record that is longer than the header's snapshot length, libpcap gives that length, and so does this.
        """
        unpack, nanoseconds, most = self._record.unpack_from, self._nanoseconds, self._snapshot_length
        timestamp, offset = into.timestamps_ns.append, into.offsets.append
        length, wire_length = into.lengths.append, into.wire_lengths.append
        end = len(piece)
        last = end - RECORD_LENGTH
        at = 0
        try:
            while at <= last:
                seconds, fraction, captured, wire = unpack(piece, at)
                begin = at + RECORD_LENGTH
                if captured > MAXIMUM_CAPTURED:
                    raise Damage(LENGTH_LIES, at, f"a packet of {captured} bytes (at most {MAXIMUM_CAPTURED})")
                if begin + captured > end:
                    break
                timestamp(seconds * 1_000_000_000 + fraction * nanoseconds)
                offset(begin)
                length(captured if captured < most else most)
                wire_length(wire)
                at = begin + captured
        finally:
            into.link_types.extend(array("H", [self.link_type or 0]) * (len(into.offsets) - len(into.link_types)))
        return at
