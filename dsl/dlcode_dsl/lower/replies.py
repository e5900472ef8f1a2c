"""Replies: the way back of a packet, as its headers say (`reply source <-> destination when guard`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
from .sends import Arguments, Headers
from .statements import Statements

IN_A_REGISTER = 32
"""Addresses of at most so many bits are sent as the value that was read; wider ones are copied from the packet."""


def for_each_way(lower: Statements, last: tree.Name, do: Callable[[Sequence[Place]], None]) -> None:
    """Do something with the headers on the way by which the packet came to the last one, for each way that there is."""
    arrival = places.arrival(lower, last)
    if not isinstance(arrival, places.Arrival):
        do(arrival)
        return
    bodies: list[list[form.Statement]] = []
    for headers in arrival.headers:
        with lower.emitter.nested() as body:
            do(headers)
        bodies.append(body)
    otherwise = bodies.pop()
    for number in range(len(bodies) - 1, -1, -1):
        here = fold.compare("==", arrival.way, fold.constant(number, span=last.span), last.span)
        otherwise = [form.If(here, tuple(bodies[number]), tuple(otherwise), span=last.span)]
    lower.emitter.emit(*otherwise)


def guard(lower: Statements, last: tree.Name, absent: Body) -> None:
    """Decline a packet that cannot be answered, such as one from a group or from nobody."""

    def answerable(headers: Sequence[Place]) -> None:
        for place in headers:
            for exchange in place.layout.exchanges:
                if exchange.guard is not None:
                    with lower.inside(place):
                        lower.jump(exchange.guard, absent)

    for_each_way(lower, last, answerable)


def reply(lower: Statements, last: tree.Name, statement: tree.Send) -> None:
    """`send reply(…)`: the same headers with source and destination exchanged, and what is given besides."""
    span = statement.span
    arrival = places.arrival(lower, last)
    all_ways = arrival.headers if isinstance(arrival, places.Arrival) else (arrival,)
    if not all_ways[0][-1].layout.exchanges and len(all_ways[0]) > 1:
        raise wrong(codes.NO_REPLY, span, f"`{last}` does not say what changes places in an answer")
    layouts = {place.layout.name: place.layout for headers in all_ways for place in headers}
    given = sends.arguments(lower, statement, list(layouts.values()))
    for_each_way(lower, last, lambda headers: _answer(lower, headers, given, span))


def _answer(lower: Statements, found: Sequence[Place], given: Arguments, span: Span) -> None:
    """An answer by one way."""
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
    lower.emitter.emit(form.Send("reply", pieces, tuple(headers.own), span=span))


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


def _summed(field: str, headers: Sequence[Place], place: Place) -> bool:
    """Whether a checksum may cover a field, so that its value must be known."""
    outer = headers[: headers.index(place) + 1]
    return any(name.text == field for name in place.layout.pseudo) or any(
        frames.checksum(each) is not None for header in outer for each in header.layout.fields.values()
    )
