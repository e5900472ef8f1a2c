"""Replies: the way back of a packet, as its headers say (`reply source <-> destination when guard`)."""

from __future__ import annotations

from .. import codes
from ..core import form
from ..core.form import Body
from ..layout import Field
from ..source import Span
from ..syntax import tree
from ..types import ADDRESSES
from ..wrong import wrong
from . import fold, frames, places, sends
from .frames import Part
from .places import Place
from .sends import Headers
from .statements import Statements

IN_A_REGISTER = 32
"""Addresses of at most so many bits are sent as the value that was read; wider ones are copied from the packet."""


def chain(lower: Statements, last: tree.Name) -> list[Place]:
    """The headers on the way to the last one, all found before. Raises Wrong where there are more ways."""
    return places.on_the_way(lower, last)


def guard(lower: Statements, last: tree.Name, absent: Body) -> None:
    """Decline a packet that cannot be answered, such as one from a group or from nobody."""
    for place in chain(lower, last):
        for exchange in place.layout.exchanges:
            if exchange.guard is not None:
                with lower.inside(place):
                    lower.jump(exchange.guard, absent)


def reply(lower: Statements, last: tree.Name, statement: tree.Send) -> form.Send:
    """`send reply(…)`: the same headers with source and destination exchanged, and what is given besides."""
    span = statement.span
    found = chain(lower, last)
    if not found[-1].layout.exchanges and len(found) > 1:
        raise wrong(codes.NO_REPLY, span, f"`{last}` does not say what changes places in an answer")
    given = sends.arguments(lower, statement, [place.layout for place in found])
    headers = Headers()
    start = 0
    for place in found:
        part = Part(place.layout, dict(given.fields[place.layout.name]), span=span)
        for exchange in place.layout.exchanges:
            if exchange.fields is None:
                continue
            source, destination = (place.layout.fields[name] for name in exchange.fields)
            for to, taken in ((source, destination), (destination, source)):
                if to.name not in part.values:
                    take(lower, headers, part, to, place, taken, start, _summed(to.name, found, place), span)
            if source.type.name in ADDRESSES and source.whole:
                headers.own.append(form.OwnAddress(start + source.bytes[0], source.type.bits // 8, source.type.name))
        headers.parts.append(part)
        start += place.layout.size
    pieces = sends.frame(lower, headers, given, span)
    return form.Send("reply", pieces, tuple(headers.own), span=span)


def take(
    lower: Statements, headers: Headers, part: Part, to: Field, place: Place, taken: Field, start: int, summed: bool,
    span: Span,
) -> None:  # fmt: skip
    """Give the field `to` of a header that is built at byte `start` the value that the packet has in `taken`."""
    if to.type.bits > IN_A_REGISTER and to.whole and not summed:
        count = fold.constant(taken.bytes[1], span=span)
        headers.copied[start + to.bytes[0]] = form.PacketBytes(place.offset(taken.bytes[0], span), count, span=span)
        part.values[to.name] = fold.constant(0, to.type.core)
    else:
        part.values[to.name] = places.field_value(lower, place, taken, None, span).core


def _summed(field: str, headers: list[Place], place: Place) -> bool:
    """Whether a checksum may cover a field, so that its value must be known."""
    outer = headers[: headers.index(place) + 1]
    return any(name.text == field for name in place.layout.pseudo) or any(
        frames.checksum(each) is not None for header in outer for each in header.layout.fields.values()
    )
