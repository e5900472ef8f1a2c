"""Frames that are sent: headers with the fields that are given, what they carry, lengths and checksums filled in."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from .. import codes
from ..core import form
from ..core.form import Expression
from ..layout import Layout
from ..source import Span
from ..syntax import tree
from ..wrong import wrong
from . import fold, frames, parts, sums, values
from .frames import Part, Trailer
from .places import Part as Bytes
from .statements import Statements


@dataclass
class Headers:
    """The headers that a frame starts with."""

    parts: list[Part] = field(default_factory=list)
    own: list[form.OwnAddress] = field(default_factory=list)
    copied: dict[int, form.PacketBytes] = field(default_factory=dict)  # by the byte of the frame: taken as they are


@dataclass(frozen=True)
class Arguments:
    """What a `send` is given: fields of the frame's headers by the header's name, and what the frame carries."""

    fields: dict[str, dict[str, Expression]]
    messages: list[Part]
    trailing: Bytes | None  # bytes of the packet, at the end


def arguments(lower: Statements, statement: tree.Send, headers: Sequence[Layout]) -> Arguments:
    """The arguments of a `send`: its own headers' fields, then messages, then a part of the packet. Raises Wrong."""
    name = statement.template
    by_name = {layout.name: layout for layout in headers}
    found = Arguments({layout.name: {} for layout in headers}, [], None)
    trailing: Bytes | None = None
    for argument in statement.arguments:
        value = argument.value
        if argument.name is not None:
            raise wrong(codes.BAD_ARGUMENT, argument.span, "it takes headers and what is carried", name=name)
        if trailing is not None:
            raise wrong(codes.BAD_ARGUMENT, argument.span, "a part of the packet comes last", name=name)
        match value:
            case tree.Call(called, given) if called.text in by_name:
                if found.messages:
                    raise wrong(codes.BAD_ARGUMENT, argument.span, "the frame's own headers come first", name=name)
                found.fields[called.text].update(fields(lower, by_name[called.text], given, found.fields[called.text]))
            case tree.Call(called, given) if not parts.is_part(lower, value):
                layout = lower.layout(called)
                found.messages.append(Part(layout, fields(lower, layout, given, ()), span=value.span))
            case _:
                if not parts.is_part(lower, value):
                    wanted = "a message, `NAME(field: value, …)`, or a part of the packet"
                    raise wrong(codes.WRONG_TYPE, value.span, found="a value", wanted=wanted)
                trailing = parts.part(lower, value, None)
    return Arguments(found.fields, found.messages, trailing)


def fields(
    lower: Statements, layout: Layout, arguments: tuple[tree.Argument, ...], before: Container[str]
) -> dict[str, Expression]:
    """The values that a call `NAME(field: value, …)` gives; `before` are fields that have one already."""
    given: dict[str, Expression] = {}
    for argument in arguments:
        name = named(layout, argument, given)
        if name.text in before:
            raise wrong(codes.DECLARED_TWICE, name.span, name=name)
        field = layout.field(name)
        value = values.converted(lower.value(argument.value, None), field.type)
        given[name.text] = lower.emitter.let(f"{layout.name}.{name}", value, argument.span)
    return given


def named(layout: Layout, argument: tree.Argument, given: Container[str]) -> tree.Name:
    """The name of an argument of something that is built, which must be there and once."""
    if argument.name is None:
        raise wrong(codes.BAD_ARGUMENT, argument.span, "say of which field: `field: value`", name=layout.name)
    if argument.name.text in given:
        raise wrong(codes.DECLARED_TWICE, argument.name.span, name=argument.name)
    return argument.name


def frame(lower: Statements, headers: Headers, carried: Arguments, span: Span) -> tuple[form.Piece, ...]:
    """The pieces of a frame. A part of the packet that makes it longer than a link carries is a fault."""
    built = [*headers.parts, *carried.messages]
    size = sum(part.size for part in built)
    if size > form.LONGEST_FRAME:
        raise wrong(codes.FRAME_TOO_LONG, span, f"{size} bytes of at most {form.LONGEST_FRAME}")
    trailer: Trailer | None = None
    pieces: list[form.Piece] = []
    if carried.trailing is not None:
        start = lower.emitter.let("start", carried.trailing.start, span)
        count = lower.emitter.let("count", parts.length_of(lower, carried.trailing, span), span)
        room = fold.constant(form.LONGEST_FRAME - size, span=span)
        lower.emitter.emit(form.Check("frame-length", fold.compare("<=", count, room, span), span=span))
        total = sums.total(lower.emitter, start, count, span) if frames.sums_payload(built) else None
        trailer = Trailer(count, total)
        pieces.append(form.PacketBytes(start, count, span=span))
    at = 0
    known: list[form.Piece] = []
    for piece in frames.pieces(frames.complete(built, b"", lower.module.constants, lower.emitter, trailer)):
        known.append(headers.copied.get(at, form.Value(piece.value, span=span)))
        at += piece.value.type.bits // 8
    return (*known, *pieces)
