"""The rule for a frame that is sent: its pieces lie in the packet, it is not too long, and it is inside its template.

A template speaks of the part of a frame whose pieces have known sizes, so each of its fixed parts lies in known pieces,
at known places: no bytes of the frame need to be modelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.check import fixed_start
from dlcode_dsl.core.faults import FaultKind

from .terms import TRUE, Term

if TYPE_CHECKING:
    from .conditions import Run, State


def send(run: Run, node: form.Send, state: State) -> None:
    """The rule."""
    pieces: list[tuple[form.Piece, Term]] = []  # of packet bytes, where they are; of a value, what it is
    sizes = []
    for piece in node.pieces:
        match piece:
            case form.PacketBytes(offset, count):
                start, size = run.value(offset, state, state.path), run.value(count, state, state.path)
                run.must(FaultKind.PACKET_BOUNDS, piece, state.path, start, size, run.length)
                run.accessed(piece, state.path, offset=start, count=size)
                pieces.append((piece, start))
                sizes.append(size)
            case form.Value(value):
                pieces.append((piece, run.value(value, state, state.path)))
                sizes.append(run.word(value.type.bits // 8))
    run.must(FaultKind.FRAME_LENGTH, node, state.path, *sizes, run.word(form.LONGEST_FRAME))
    if node.template is not None:
        for fixed in run.program.template(node.template).fixed:
            assert fixed.offset + fixed.size <= fixed_start(node), "a template speaks of what is always there"
            run.must(FaultKind.TEMPLATE, node, state.path, _has(run, fixed, pieces, state))


def _has(run: Run, fixed: form.Fixed, pieces: list[tuple[form.Piece, Term]], state: State) -> Term:
    """Whether the frame has the fixed part: each stretch of it that lies in one piece."""
    truth = TRUE
    for piece, term, low, high, place in _stretches(fixed, pieces):
        bits, below = 8 * (high - low), 8 * (fixed.size - place - (high - low))
        mask, value = (whole >> below & ((1 << bits) - 1) for whole in (fixed.mask, fixed.value))
        if mask:
            found = _bytes(run, piece, term, low, high, state)
            if mask != (1 << bits) - 1:
                found = run.terms.binary("&", found, run.terms.constant(mask, bits))
            truth = run.terms.both(truth, run.terms.compare("==", found, run.terms.constant(value, bits)))
    return truth


def _stretches(
    fixed: form.Fixed, pieces: list[tuple[form.Piece, Term]]
) -> Iterator[tuple[form.Piece, Term, int, int, int]]:
    """The pieces that a fixed part lies in: from which byte of the piece to which, and at which byte of the part."""
    at = 0
    for piece, term in pieces:
        size = _size(piece)
        if size is None:  # what is fixed ends before
            return
        low, high = max(fixed.offset, at), min(fixed.offset + fixed.size, at + size)
        if low < high:
            yield piece, term, low - at, high - at, low - fixed.offset
        at += size


def _size(piece: form.Piece) -> int | None:
    match piece:
        case form.Value(value):
            return value.type.bits // 8
        case form.PacketBytes(_, form.Constant(count)):
            return count
    return None


def _bytes(run: Run, piece: form.Piece, term: Term, low: int, high: int, state: State) -> Term:
    """The big-endian value of the piece's bytes from `low` to before `high`."""
    terms = run.terms
    if isinstance(piece, form.PacketBytes):
        start = terms.binary("+", term, run.word(low)) if low else term
        return terms.make("read", 8 * (high - low), state.packet, start)
    bits = terms.bits(term)
    shifted = terms.binary(">>", term, terms.constant(bits - 8 * high, bits)) if 8 * high < bits else term
    return terms.convert("truncate", shifted, 8 * (high - low))
