"""Effects: what a program queues, lowered to writes of the send queue that `abi` lays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcode_dsl.core import form

from . import abi
from .congruence import exactly
from .copies import Ends, lower_move
from .places import Place

if TYPE_CHECKING:
    from .lower import Lowering

UNROLLED_MOVE = 64
"""Bytes: a stretch of known length up to this is moved word by word, without a loop."""


def lower_wake(into: Lowering) -> None:
    """Emit the queueing of a wake-up."""
    _entry(into, "wake", 0)


def lower_send(into: Lowering, send: form.Send) -> None:
    """Emit the queueing of a frame, made of its pieces in order."""
    to, fixed, places = into.to, fixed_size(send), into.places
    assert fixed <= into.queue.capacity, "a longer frame than was proved to be the longest"
    entry = _entry(into, send.effect, into.sites[id(send)])
    frame, known, moved = to.value(f"getelementptr inbounds i8, ptr {entry}, i32 {abi.ENTRY_FRAME}", "frame"), 0, ""
    at = Place(frame, exactly(abi.QUEUE_ENTRIES + abi.ENTRY_FRAME))  # the queue is aligned, its stride whole words
    for piece in send.pieces:
        match piece:
            case form.Value(value):
                size = value.type.bits // 8
                places.put(into.value(value), value.type, at)
                at, known = places.beyond(at, str(size), exactly(size)), known + size
            case form.PacketBytes(_, form.Constant(count)) if count <= UNROLLED_MOVE:
                _unrolled(into, into.stretch(piece, str(count)), at, count)
                at, known = places.beyond(at, str(count), exactly(count)), known + count
            case form.PacketBytes(_, count):
                stretch, known_count = into.value(count), into.known(piece, "count", count)
                into.guards.stretch(moved or "0", stretch, str(into.queue.capacity - fixed))
                lower_move(into, piece, Ends(into.stretch(piece, stretch), at), stretch, known_count, "move")
                at = places.beyond(at, stretch, known_count)
                moved = to.value(f"add nuw i32 {moved}, {stretch}") if moved else stretch
    _entry_length(into, entry, to.value(f"add nuw i32 {moved}, {known}") if moved else str(known))


def fixed_size(send: form.Send) -> int:
    """Bytes of a frame's pieces whose size is known before the run."""
    total = 0
    for piece in send.pieces:
        match piece:
            case form.Value(value):
                total += value.type.bits // 8
            case form.PacketBytes(_, form.Constant(count)) if count <= UNROLLED_MOVE:
                total += count
    return total


def _entry(into: Lowering, kind: str, site: int) -> str:
    """Begin the next entry of the queue; the address of its start."""
    to = into.to
    before = to.value(f"load i32, ptr {into.count}")
    into.guards.entry(before)
    place = to.value(f"mul nuw i32 {before}, {into.queue.stride}")
    offset = to.value(f"add nuw i32 {place}, {abi.QUEUE_ENTRIES}")
    entry = to.value(f"getelementptr inbounds i8, ptr {into.leased(abi.LEASE_QUEUE)}, i32 {offset}", "entry")
    head = abi.EFFECT_CODES[kind] | site << 16  # kind and site are the halves of one little-endian word
    assert (abi.ENTRY_KIND, abi.ENTRY_SITE) == (0, 2)
    to.emit(f"store i32 {head}, ptr {entry}, align 4")
    _entry_length(into, entry, "0")
    to.emit(f"store i32 {to.value(f'add nuw i32 {before}, 1')}, ptr {into.count}")
    return entry


def _entry_length(into: Lowering, entry: str, length: str) -> None:
    place = into.to.value(f"getelementptr inbounds i8, ptr {entry}, i32 {abi.ENTRY_LENGTH}")
    into.to.emit(f"store i32 {length}, ptr {place}, align 4")


def _unrolled(into: Lowering, source: Place, target: Place, count: int) -> None:
    places, done = into.places, 0
    while done < count:
        size = max(size for size in (into.target.pointer_bytes, 4, 2, 1) if size <= count - done)
        taken = places.raw(size, places.beyond(source, str(done), exactly(done)))
        places.put_raw(taken, size, places.beyond(target, str(done), exactly(done)))
        done += size
