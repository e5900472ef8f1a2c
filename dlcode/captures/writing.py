"""Writing captures: all of a capture or nothing of it, so that a good file is never replaced by half of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final

from dlcode.captures.classic import HEADER, NANOSECONDS, RECORD, VERSION
from dlcode.captures.faults import UNREPRESENTABLE, UNWRITABLE, CaptureError
from dlcode.captures.packets import ETHERNET, MAXIMUM_CAPTURED, Packet, link_type_name
from dlcode.files import replacing

_HEADER: Final = Struct("<" + HEADER)
_RECORD: Final = Struct("<" + RECORD)
_LARGEST: Final = 2**32 - 1


def write_capture(path: str | os.PathLike[str], packets: Iterable[Packet], link_type: int = ETHERNET) -> int:
    """Write packets of one link type as classic pcap with nanoseconds; how many there were.

    The file appears under its name only when it is complete and on the disk; until then, and if anything fails (also
    in `packets`), what was there before is untouched. So a capture may be rewritten while it is read. A device or a
    pipe has no "before" and is written directly. Raises CaptureError if the file cannot be written, or a packet has
    another link type, is too long, or has a time outside 1970 to 2106.
    """
    try:
        with replacing(path) as stream:
            return _write(stream, Path(path), packets, link_type)
    except OSError as error:
        raise CaptureError(UNWRITABLE, Path(path), None, error.strerror or str(error)) from error


def _write(stream: BinaryIO, path: Path, packets: Iterable[Packet], link_type: int) -> int:
    stream.write(_HEADER.pack(NANOSECONDS, *VERSION, 0, 0, MAXIMUM_CAPTURED, link_type))
    count = 0
    for count, packet in enumerate(packets, start=1):
        seconds, nanoseconds = divmod(packet.timestamp_ns, 1_000_000_000)
        wrong = ""
        if packet.link_type != link_type:
            wrong = f"is {link_type_name(packet.link_type)} in a capture of {link_type_name(link_type)}"
        elif not 0 <= seconds <= _LARGEST:
            wrong = f"has a time {seconds} seconds after 1970, which 32 bits do not hold"
        elif len(packet.data) > MAXIMUM_CAPTURED:
            wrong = f"has {len(packet.data)} bytes (at most {MAXIMUM_CAPTURED})"
        elif not 0 <= packet.wire_length <= _LARGEST:
            wrong = f"has a wire length of {packet.wire_length}, which 32 bits do not hold"
        if wrong:
            raise CaptureError(UNREPRESENTABLE, path, None, f"packet {count} {wrong}")
        stream.write(_RECORD.pack(seconds, nanoseconds, len(packet.data), packet.wire_length))
        stream.write(packet.data)
    return count
