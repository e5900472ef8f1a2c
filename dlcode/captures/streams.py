"""The bytes of a capture file, a piece at a time, with whatever compressed them undone.

A damaged or cut stream gives every byte that can still be had before it raises, so that no whole packet is lost.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BufferedReader
from typing import Final

from dlcode.captures.faults import BAD_COMPRESSION, UNREADABLE, Damage

PIECE: Final = 4 * 1024 * 1024
"""Bytes read, or decompressed, at once: what bounds the memory of a reader, however large or lying the file."""

COMPRESSED_PIECE: Final = 64 * 1024
GZIP_MAGIC: Final = b"\x1f\x8b"


def pieces(stream: BufferedReader) -> Iterator[bytes]:
    """The contents of an open file. Raises Damage, at 0 bytes past the last piece."""
    try:
        if stream.peek(2).startswith(GZIP_MAGIC):
            yield from _inflated(stream)
        else:
            while piece := stream.read1(PIECE):
                yield piece
    except OSError as error:
        raise Damage(UNREADABLE, 0, error.strerror or str(error)) from error


def _inflated(stream: BufferedReader) -> Iterator[bytes]:
    """The contents of a gzip file of one member or more (RFC 1952), which zero bytes may follow."""
    given = stream.read1(COMPRESSED_PIECE)
    while given:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        while not member.eof:
            given = given or stream.read1(COMPRESSED_PIECE)
            if not given:
                yield member.flush()
                if not member.eof:
                    raise Damage(BAD_COMPRESSION, 0, "the gzip stream ends too early")
                break
            before = member.copy()
            try:
                piece = member.decompress(given, PIECE)
            except zlib.error as error:
                yield from _up_to_the_damage(before, given)
                raise Damage(BAD_COMPRESSION, 0, f"gzip says: {error}") from error
            given = member.unconsumed_tail
            yield piece
        given = (member.unused_data or stream.read1(COMPRESSED_PIECE)).lstrip(b"\0")


def _up_to_the_damage(member: zlib._Decompress, given: bytes) -> Iterator[bytes]:
    """What decompresses of a piece in which zlib met an error: its bytes, given one by one until it meets it again."""
    for at in range(len(given)):
        try:
            piece = member.decompress(given[at : at + 1])
        except zlib.error:
            return
        if piece:
            yield piece
