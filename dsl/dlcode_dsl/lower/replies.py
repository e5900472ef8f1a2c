"""Replies: the way back of a packet, as its headers say (`reply source <-> destination when guard`)."""

from __future__ import annotations

from collections.abc import Container

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..layout import Layout
from ..syntax import tree
from ..types import ADDRESSES
from ..wrong import wrong
from . import fold, frames, places, values
from .frames import Part
from .places import Place
from .statements import Statements

IN_A_REGISTER = 32
"""Addresses of at most so many bits are sent as the value that was read; wider ones are copied from the packet."""


def chain(lower: Statements, last: tree.Name) -> list[Place]:
    """The headers on the way to the last one, all found before. Raises Wrong where there are more ways."""
    names = [lower.link, *(step.to for step in places.only_way(lower, last))]
    return [places.locate(lower, tree.Name(name, span=last.span), None) for name in names]


def guard(lower: Statements, last: tree.Name, absent: Body) -> None:
    """Decline a packet that cannot be answered, such as one from a group or from nobody."""
    for place in chain(lower, last):
        for exchange in place.layout.exchanges:
            if exchange.guard is not None:
                with lower.inside(place):
                    lower.jump(exchange.guard, absent)


def reply(lower: Statements, last: tree.Name, statement: tree.Send) -> form.Send:
    """`send reply(message)`: the same headers with source and destination exchanged, and the message as payload."""
    span = statement.span
    headers = chain(lower, last)
    if not headers[-1].layout.exchanges and len(headers) > 1:
        raise wrong(codes.NO_REPLY, span, f"`{last}` does not say what changes places in an answer")
    parts: list[Part] = []
    copied: dict[int, form.PacketBytes] = {}  # by the byte of the frame: what is taken from the packet as it is
    own: list[form.OwnAddress] = []
    start = 0
    for place in headers:
        part = Part(place.layout, {}, span=span)
        for exchange in place.layout.exchanges:
            for to, taken in ((exchange.source, exchange.destination), (exchange.destination, exchange.source)):
                field, other = place.layout.fields[to], place.layout.fields[taken]
                if field.type.bits > IN_A_REGISTER and field.whole and not _summed(field.name, headers, place):
                    offset = place.offset(other.bytes[0], span)
                    copied[start + field.bytes[0]] = form.PacketBytes(
                        offset, fold.constant(field.bytes[1], span=span), span=span
                    )
                    part.values[to] = fold.constant(0, field.type.core)
                else:
                    part.values[to] = places.field_value(lower, place, other, None, span).core
            source = place.layout.fields[exchange.source]
            if source.type.name in ADDRESSES and source.whole:
                own.append(form.OwnAddress(start + source.bytes[0], source.type.bits // 8, source.type.name))
        parts.append(part)
        start += place.layout.size
    if len(statement.arguments) != 1:
        raise wrong(codes.BAD_ARGUMENT, span, "one message", name="reply")
    parts.append(message(lower, statement.arguments[0].value))
    size = sum(part.size for part in parts)
    if size > form.LONGEST_FRAME:
        raise wrong(codes.FRAME_TOO_LONG, span, f"{size} bytes of at most {form.LONGEST_FRAME}")
    stream = frames.complete(parts, b"", lower.module.constants, lower.emitter)
    found: list[form.Piece] = []
    at = 0
    for piece in frames.pieces(stream):
        found.append(copied.get(at, form.Value(piece.value, span=span)))
        at += piece.value.type.bits // 8
    return form.Send("reply", tuple(found), tuple(own), span=span)


def _summed(field: str, headers: list[Place], place: Place) -> bool:
    """Whether a checksum may cover a field, so that its value must be known."""
    outer = headers[: headers.index(place) + 1]
    return any(name.text == field for name in place.layout.pseudo) or any(
        frames.checksum(each) is not None for header in outer for each in header.layout.fields.values()
    )


def message(lower: Statements, written: tree.Expression) -> Part:
    """`result(slot: …, value: …)`: a message with the values of its fields."""
    if not isinstance(written, tree.Call):
        raise wrong(codes.WRONG_TYPE, written.span, found="a value", wanted="a message: `NAME(field: value, …)`")
    layout = lower.layout(written.name)
    given: dict[str, Expression] = {}
    for argument in written.arguments:
        name = named(layout, argument, given)
        field = layout.field(name)
        value = values.converted(lower.value(argument.value, None), field.type)
        given[name.text] = lower.emitter.let(f"{layout.name}.{name}", value, argument.span)
    return Part(layout, given, span=written.span)


def named(layout: Layout, argument: tree.Argument, given: Container[str]) -> tree.Name:
    """The name of an argument of something that is built, which must be there and once."""
    if argument.name is None:
        raise wrong(codes.BAD_ARGUMENT, argument.span, "say of which field: `field: value`", name=layout.name)
    if argument.name.text in given:
        raise wrong(codes.DECLARED_TWICE, argument.name.span, name=argument.name)
    return argument.name
