"""Reading captures: a file becomes packets, one by one or in batches, in bounded memory.

Every whole packet before a tear, or before a length that lies, is delivered; then a `CaptureError` names the byte.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

from dlcode.captures.classic import HEADER_LENGTH, MAGICS, Classic
from dlcode.captures.faults import NOT_A_CAPTURE, READ_ONCE, TORN, UNREADABLE, CaptureError, Damage
from dlcode.captures.packets import Batch, Packet
from dlcode.captures.pcapng import SECTION_HEADER, Pcapng
from dlcode.captures.streams import pieces


def open_capture(path: str | os.PathLike[str]) -> Capture:
    """Open a pcap or pcapng file, compressed by gzip or not. Raises CaptureError if it isn't one."""
    return Capture(Path(path))


class Capture:
    """An open capture: iterating gives its packets. Works as a context manager.

    A regular file may be iterated again, a pipe only once. Each pass reads the file into private buffers of its own:
    a file that changes meanwhile changes what is read next, never what was given out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: _Opened | None = _open(path)
        self._regular = stat.S_ISREG(os.fstat(self._opened.stream.fileno()).st_mode)
        self.link_type: int | None = self._opened.format.link_type
        """The link type of every packet, or None (pcapng) where each packet has its own."""

    def __iter__(self) -> Iterator[Packet]:
        """The packets in order. Raises CaptureError after the last whole one if the capture goes wrong there."""
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[Batch]:
        """The packets as batches of a few megabytes each. Raises CaptureError after the last whole packet if the
        capture goes wrong there."""
        for batch in self._read(whole=False):
            if len(batch):
                yield batch
            if batch.torn:
                raise batch.torn

    def batch(self) -> Batch:
        """The whole capture as one batch, in as much memory as its contents take. A capture that goes wrong gives
        what precedes that and sets `torn`, at which the caller has to look. Raises CaptureError only for a pipe that
        was read before, or a file that is no longer there."""
        (batch,) = self._read(whole=True)
        return batch

    def close(self) -> None:
        """Close the file if no pass has read it yet; a pass closes it at its end."""
        if self._opened:
            self._opened.stream.close()
            self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, *, whole: bool) -> Iterator[Batch]:
        """One pass: batches of whole packets, the last with `torn` set if the capture goes wrong there."""
        opened, self._opened = self._opened, None
        if opened is None:
            if not self._regular:
                raise CaptureError(READ_ONCE, self.path, None, "it is not a regular file, and was read before")
            opened = _open(self.path)
        with opened.stream:
            yield from _batches(self.path, opened, whole)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file whose header has been read: its format, the bytes read so far, and those still to come."""

    stream: BufferedReader
    format: Classic | Pcapng
    head: bytes
    rest: Iterator[bytes]


def _open(path: Path) -> _Opened:
    """Open the file and read its header. Raises CaptureError."""
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte in it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CaptureError(UNREADABLE, path, None, reason) from error
    head = b""
    try:
        rest = pieces(stream)
        while len(head) < HEADER_LENGTH and (piece := next(rest, None)) is not None:
            head += piece
        return _Opened(stream, _format(head), head, rest)
    except Damage as damage:
        stream.close()
        raise CaptureError(damage.fault, path, damage.at, damage.reason) from damage
    except BaseException:
        stream.close()
        raise


def _format(head: bytes) -> Classic | Pcapng:
    """The format that a file's first bytes announce. Raises Damage."""
    if head[:4] in MAGICS:
        return Classic(head)
    if head[:4] == SECTION_HEADER:
        return Pcapng(head)
    raise Damage(NOT_A_CAPTURE, 0, f"it begins with the bytes {head[:4].hex(' ')}" if head else "it is empty")


def _batches(path: Path, opened: _Opened, whole: bool) -> Iterator[Batch]:
    """The packets after the header: in one batch, or one for each piece that is read. The last says what is wrong."""
    base = opened.format.header_length  # where in the contents the buffer begins
    gathered = [opened.head[base:]]
    ended = False
    while not ended:
        stopped: Damage | None = None
        try:
            for piece in opened.rest:
                gathered.append(piece)
                if not whole:
                    break
            else:
                ended = True
        except Damage as damage:
            ended, stopped = True, damage
        batch = Batch(b"".join(gathered))
        try:
            taken = opened.format.index(batch.buffer, batch)
        except Damage as damage:
            yield replace(batch, torn=CaptureError(damage.fault, path, base + damage.at, damage.reason))
            return
        left = len(batch.buffer) - taken
        if stopped:
            end = base + len(batch.buffer)
            batch = replace(batch, torn=CaptureError(stopped.fault, path, end, stopped.reason))
        elif ended and left:
            reason = f"it ends {left} bytes after the beginning of a record, before the record does"
            batch = replace(batch, torn=CaptureError(TORN, path, base + taken, reason))
        yield batch
        gathered = [batch.buffer[taken:]]
        base += taken
