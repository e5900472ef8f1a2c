"""pcapng: blocks that carry their length twice, in sections that carry their byte order.

Source: draft-ietf-opsawg-pcapng. Section headers, interface descriptions and the three packet blocks (enhanced,
simple, and the obsolete first form) are read; every other block is skipped, whatever it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

from dlcode.captures.classic import ByteOrder
from dlcode.captures.faults import BAD_BLOCK, BAD_HEADER, LENGTH_LIES, TORN, Damage
from dlcode.captures.packets import MAXIMUM_CAPTURED, Batch

SECTION_HEADER: Final = b"\x0a\x0d\x0d\x0a"  # the same in both byte orders
BYTE_ORDERS: Final[dict[bytes, ByteOrder]] = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
VERSIONS: Final = ((1, 0), (1, 2))  # 1.2 was written by some programs and is the same format

INTERFACE_BLOCK: Final = 1
OBSOLETE_PACKET_BLOCK: Final = 2
SIMPLE_PACKET_BLOCK: Final = 3
ENHANCED_PACKET_BLOCK: Final = 6

END_OF_OPTIONS: Final = 0
TIMESTAMP_RESOLUTION: Final = 9  # if_tsresol
TIMESTAMP_OFFSET: Final = 14  # if_tsoffset

FRAMING: Final = 12  # a block's type and its two lengths
MAXIMUM_BLOCK: Final = 16 * 1024 * 1024  # bytes; libpcap's and Wireshark's limit too


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a section: its link, and how its timestamps become nanoseconds since 1970."""

    link_type: int
    snapshot_length: int  # 0: no limit
    ticks_per_second: int = 1_000_000
    offset_seconds: int = 0

    def nanoseconds(self, high: int, low: int) -> int:
        """Nanoseconds since 1970 of a timestamp in the interface's own ticks, rounded down."""
        ticks = high << 32 | low
        return self.offset_seconds * 1_000_000_000 + ticks * 1_000_000_000 // self.ticks_per_second


class Pcapng:
    """Finds the packets of one pcapng capture, piece by piece. Takes the file's first 16 bytes or more."""

    header_length = 0  # the section header is a block like the others
    link_type: int | None = None  # each interface has its own

    def __init__(self, head: bytes) -> None:
        if len(head) < FRAMING + 4:
            raise Damage(TORN, 0, f"it ends inside its section header, after {len(head)} bytes")
        self._section(head, 0)

    def _section(self, piece: bytes, at: int) -> None:
        """Begin the section whose header is at `at`: its byte order holds for all that follows."""
        order = BYTE_ORDERS.get(piece[at + 8 : at + 12])
        if order is None:
            raise Damage(BAD_HEADER, at + 8, "a section's byte-order magic is neither 1a2b3c4d nor its reverse")
        self._halves = Struct(order + "HH")
        self._word = Struct(order + "I")
        self._words = Struct(order + "II")
        self._enhanced = Struct(order + "IIIII")  # interface, timestamp high and low, captured and wire length
        self._obsolete = Struct(order + "HHIIII")  # interface, drops, timestamp high and low, captured and wire length
        self._signed = Struct(order + "q")
        self._interfaces: list[Interface] = []
        version = self._halves.unpack_from(piece, at + 12)
        if version not in VERSIONS:
            raise Damage(BAD_HEADER, at + 12, f"a section is of version {version[0]}.{version[1]}, not 1.0")

    def index(self, piece: bytes, into: Batch) -> int:
        """Add the packets of the whole blocks of `piece` to the batch; the bytes that they take. Raises Damage."""
        end = len(piece)
        at = 0
        while at + FRAMING <= end:
            is_section = piece.startswith(SECTION_HEADER, at)
            if is_section:
                if at + FRAMING + 4 > end:
                    break
                self._section(piece, at)
            kind, length = self._words.unpack_from(piece, at)
            if length < FRAMING + (16 if is_section else 0) or length % 4:
                raise Damage(BAD_BLOCK, at + 4, f"a block says that it is {length} bytes long")
            if length > MAXIMUM_BLOCK:
                raise Damage(LENGTH_LIES, at + 4, f"a block of {length} bytes (at most {MAXIMUM_BLOCK})")
            if at + length > end:
                break
            (again,) = self._word.unpack_from(piece, at + length - 4)
            if again != length:
                raise Damage(BAD_BLOCK, at + length - 4, f"a block's two lengths differ: {length} and {again}")
            body, body_end = at + 8, at + length - 4
            if kind == ENHANCED_PACKET_BLOCK:
                self._enhanced_packet(piece, body, body_end, into)
            elif kind == SIMPLE_PACKET_BLOCK:
                self._simple_packet(piece, body, body_end, into)
            elif kind == INTERFACE_BLOCK:
                self._interface(piece, body, body_end)
            elif kind == OBSOLETE_PACKET_BLOCK:
                self._obsolete_packet(piece, body, body_end, into)
            at += length
        return at

    def _interface(self, piece: bytes, body: int, end: int) -> None:
        """Note an interface and its two options that matter here; the others are stepped over."""
        self._need(8, body, end)
        link_type, _ = self._halves.unpack_from(piece, body)
        (snapshot_length,) = self._word.unpack_from(piece, body + 4)
        ticks_per_second, offset_seconds = 1_000_000, 0
        at = body + 8
        while at < end:
            self._need(4, at, end)
            option, length = self._halves.unpack_from(piece, at)
            if option == END_OF_OPTIONS:
                break
            value = at + 4
            at = value + (length + 3) // 4 * 4
            if at > end:
                raise Damage(BAD_BLOCK, value - 2, f"option {option} of {length} bytes runs out of its block")
            if option == TIMESTAMP_RESOLUTION and length == 1:
                resolution = piece[value]
                ticks_per_second = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
            elif option == TIMESTAMP_OFFSET and length == 8:
                (offset_seconds,) = self._signed.unpack_from(piece, value)
        self._interfaces.append(Interface(link_type, snapshot_length, ticks_per_second, offset_seconds))

    def _enhanced_packet(self, piece: bytes, body: int, end: int, into: Batch) -> None:
        self._need(20, body, end)
        number, high, low, captured, wire = self._enhanced.unpack_from(piece, body)
        interface = self._from(number, body)
        self._packet(interface, interface.nanoseconds(high, low), body + 20, captured, wire, end, into)

    def _obsolete_packet(self, piece: bytes, body: int, end: int, into: Batch) -> None:
        self._need(20, body, end)
        number, _, high, low, captured, wire = self._obsolete.unpack_from(piece, body)
        interface = self._from(number, body)
        self._packet(interface, interface.nanoseconds(high, low), body + 20, captured, wire, end, into)

    def _simple_packet(self, piece: bytes, body: int, end: int, into: Batch) -> None:
        """A packet of interface 0, without a time, whose captured length follows from the interface's limit."""
        self._need(4, body, end)
        interface = self._from(0, body)
        (wire,) = self._word.unpack_from(piece, body)
        self._packet(interface, 0, body + 4, min(wire, interface.snapshot_length or wire), wire, end, into)

    @staticmethod
    def _packet(
        interface: Interface, timestamp_ns: int, begin: int, captured: int, wire: int, end: int, into: Batch
    ) -> None:
        most = min(MAXIMUM_CAPTURED, end - begin)
        if captured > most:
            raise Damage(LENGTH_LIES, begin, f"a packet of {captured} bytes (at most {most} here)")
        into.timestamps_ns.append(timestamp_ns)
        into.offsets.append(begin)
        into.lengths.append(captured)
        into.wire_lengths.append(wire)
        into.link_types.append(interface.link_type)

    def _from(self, number: int, body: int) -> Interface:
        if number >= len(self._interfaces):
            known = len(self._interfaces)
            raise Damage(BAD_BLOCK, body, f"a packet of interface {number}, where {known} are described")
        return self._interfaces[number]

    @staticmethod
    def _need(length: int, at: int, end: int) -> None:
        if at + length > end:
            raise Damage(BAD_BLOCK, at, f"a block ends {at + length - end} bytes too early")
