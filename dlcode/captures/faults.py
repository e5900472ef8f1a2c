"""What can be wrong with a capture: one row for each code, and the error that carries it with its place.

`CaptureError` is what users meet: a code, a path, a byte offset and a reason. `Damage` is the same before the path is
known, and stays between this package's modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of thing that can be wrong: its code, its title, and what its reader can do about it."""

    code: str
    title: str
    help: str


UNREADABLE: Final = Fault("CAP1001", "the capture cannot be read", "look at its name and its permissions")
NOT_A_CAPTURE: Final = Fault("CAP1002", "this is not a capture", "pcap and pcapng are read, compressed by gzip or not")
BAD_HEADER: Final = Fault("CAP1003", "the capture's own header is wrong", "rewrite it with the program that made it")
TORN: Final = Fault("CAP1004", "the capture is torn", "it ends inside a packet; every whole packet before was read")
LENGTH_LIES: Final = Fault("CAP1005", "a length in the capture cannot be true", "every packet before it was read")
BAD_BLOCK: Final = Fault("CAP1006", "a block of the capture is malformed", "every packet before it was read")
BAD_COMPRESSION: Final = Fault("CAP1007", "the compressed capture is damaged", "every packet before it was read")
READ_ONCE: Final = Fault("CAP1008", "the capture can be read only once", "it is a pipe; save it to a file first")
UNWRITABLE: Final = Fault("CAP1101", "the capture cannot be written", "what was there before is as it was")
UNREPRESENTABLE: Final = Fault("CAP1102", "pcap cannot hold this packet", "what was there before is as it was")

FAULTS: Final = {
    fault.code: fault
    for fault in (
        UNREADABLE,
        NOT_A_CAPTURE,
        BAD_HEADER,
        TORN,
        LENGTH_LIES,
        BAD_BLOCK,
        BAD_COMPRESSION,
        READ_ONCE,
        UNWRITABLE,
        UNREPRESENTABLE,
    )
}


class CaptureError(Exception):
    """A capture that cannot be read or written as asked.

    `offset` is the byte at which it goes wrong (of the contents, once decompressed), or None where no byte is to
    blame; for a packet that ends too early it is where the packet's record begins.
    """

    def __init__(self, fault: Fault, path: Path, offset: int | None, reason: str) -> None:
        super().__init__(fault, path, offset, reason)
        self.fault = fault
        self.path = path
        self.offset = offset
        self.reason = reason

    @property
    def code(self) -> str:
        """The code of what is wrong, one of `FAULTS`."""
        return self.fault.code

    def __str__(self) -> str:
        place = f"{self.path}" if self.offset is None else f"{self.path}: byte {self.offset}"
        return f"{place}: {self.fault.title}: {self.reason} [{self.code}]"


class Damage(Exception):
    """What a format finds wrong, `at` bytes into the piece that it was given; becomes a `CaptureError`."""

    def __init__(self, fault: Fault, at: int, reason: str) -> None:
        super().__init__(fault, at, reason)
        self.fault = fault
        self.at = at
        self.reason = reason
