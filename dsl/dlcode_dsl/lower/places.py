"""Where things lie in a packet: headers found by their links, their fields, views, and the payload.

Everything here takes `absent`, the body that runs where what is asked for is not there; it always leaves. `None` stands
for a place where nothing may be absent: a field is then read with the claim that its bytes are captured, and a header
that has not been found yet is an error of the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.check import leaves_to
from ..core.form import Body, Expression
from ..paths import Path, exclusive, paths
from ..source import Span
from ..syntax import tree
from ..wrong import wrong
from . import fold
from .fields import PACKET, Place, arrive, end_of, field_value, is_read, reached, read_bytes
from .links import Reached, follow, past, set_out

if TYPE_CHECKING:
    from .expressions import Lowering

__all__ = [
    "PACKET",
    "Arrival",
    "Part",
    "Place",
    "arrival",
    "arrive",
    "arrive_by_any",
    "end_of",
    "field_value",
    "is_read",
    "locate",
    "payload_of",
    "read_bytes",
    "walk_ahead",
    "ways",
]


@dataclass(frozen=True)
class Part:
    """A part of the packet, such as what a header carries: bytes `start` up to, not including, `end`, all captured."""

    start: Expression
    end: Expression


def ways(lower: Lowering, header: tree.Name) -> tuple[Path, ...]:
    """The ways from the program's link to a header."""
    found = lower.module.paths.get((lower.link, header.text))
    if found is None:
        found = lower.module.paths[lower.link, header.text] = paths(lower.module.headers, lower.link, header)
    return found


# ---- headers


def locate(lower: Lowering, header: tree.Name, absent: Body | None) -> Place:
    """The outermost instance of a header, or the one at the end of a path."""
    known = lower.emitter.known.get(("header", header.text))
    if known is not None:
        assert isinstance(known, Place)
        return known
    if absent is None:
        help = f"say what happens when there is no {header}: `… else …`, or ask `has({header})` before"
        raise wrong(codes.MAY_BE_ABSENT, header.span, help=help, what=header.text)
    kept = lower.emitter.known.get(("kept", header.text))
    if kept is not None:
        lower.unless(kept.flag, absent, header.span)
        place = lower.emitter.known["header", header.text] = kept.found
        assert isinstance(place, Place)
        return place
    found = _open(lower, ways(lower, header))
    with lower.once(header.text, header.span):
        if len(found) == 1:
            place = _along(lower, found[0], absent, header.span)
        else:
            place = _by_any(lower, found, header, absent)
    lower.emitter.known["header", header.text] = place
    return place


@dataclass(frozen=True)
class Arrival:
    """By which of several ways a header was found: the number of the way, and for each way the headers on it."""

    way: form.Variable
    headers: tuple[tuple[Place, ...], ...]


def arrival(lower: Lowering, header: tree.Name) -> Arrival | tuple[Place, ...]:
    """The headers from the link to one that `arrive_by_any` was asked for, or to which one way leads."""
    found = ways(lower, header)
    if len(found) == 1:
        return _headers(lower, found[0], None, header.span)
    known = lower.emitter.known["arrival", header.text]
    assert isinstance(known, Arrival)
    return known


def arrive_by_any(lower: Lowering, header: tree.Name, absent: Body) -> None:
    """Find a header to which several ways lead, and keep by which of them it was found."""
    found = ways(lower, header)
    if len(found) > 1:
        lower.emitter.known["header", header.text] = _by_any(lower, found, header, absent, _Arriving(lower, header))


def _headers(lower: Lowering, path: Path, absent: Body | None, span: Span) -> tuple[Place, ...]:
    """The headers on a way, the last one included."""
    return tuple(_along(lower, path[:length], absent, span) for length in range(len(path) + 1))


class _Arriving:
    """Keeps by which way a header was found, in names that are there afterwards too."""

    def __init__(self, lower: Lowering, header: tree.Name) -> None:
        self.lower, self.header = lower, header
        self.way = lower.emitter.state(f"{header}.way", form.U32)
        self.names = [self.way]
        self.headers: list[tuple[Place, ...]] = []

    def by(self, path: Path, at: form.Variable) -> None:
        """It was found by this way, the next one in order, at this place."""
        emitter, span = self.lower.emitter, self.header.span
        emitter.emit(form.Assign(self.way.name, fold.constant(len(self.headers), span=span), span=span))
        *before, last = _headers(self.lower, path, None, span)
        kept: list[Place] = []
        for place in before:
            if place.base is not None:
                name = emitter.state(f"{place.layout.name}.at", form.U32)
                emitter.emit(form.Assign(name.name, place.offset(0, span), span=span))
                self.names.append(name)
                place = replace(place, base=name, constant=0)
            kept.append(place)
        self.headers.append((*kept, replace(last, base=at, constant=0)))

    def declare(self) -> None:
        """The names, before what gives them their values is put."""
        for name in self.names:
            self.lower.emitter.emit(form.Let(name.name, fold.constant(0), mutable=True, span=self.header.span))
        self.lower.emitter.known["arrival", self.header.text] = Arrival(self.way, tuple(self.headers))


def _along(lower: Lowering, path: Path, absent: Body | None, span: Span) -> Place:
    """The header at the end of a way. Without `absent` it must have been found before."""
    known = lower.emitter.known
    place = known.get(("way", path))
    if place is None:
        if absent is None:
            name = path[-1].to if path else lower.link
            raise wrong(codes.MAY_BE_ABSENT, span, help=f"ask `has({name})` before", what=name)
        if path:
            place = follow(lower, _along(lower, path[:-1], absent, span), path, absent, span)
        else:
            place = arrive(lower, Place(lower.module.headers[lower.link], None, 0), absent, span)
        known["way", path] = place
        name = path[-1].to if path else lower.link
        others = [way for way in ways(lower, tree.Name(name, span=span)) if way != path]
        if path in ways(lower, tree.Name(name, span=span)) and all(exclusive(path, way) for way in others):
            known["header", name] = place  # what the bare name stands for, in this packet
    assert isinstance(place, Place)
    return place


def walk_ahead(lower: Lowering, span: Span) -> None:
    """Make the walks along chains that a program would make more than once, at its start and once for all of it."""
    emitter = lower.emitter
    for walk in lower.ahead:
        layout = lower.module.headers[walk.way[-1].to if walk.way else lower.link]
        name, type = f"{layout.name}.{walk.selector}", layout.fields[walk.selector].type.core
        last = emitter.variable(f"{name}.last", fold.constant(0, type), span)
        at = emitter.variable(f"{name}.at", fold.constant(0), span)
        there = emitter.variable(f"{name}.there", fold.truth(False), span)
        label = emitter.fresh("absent")
        absent = (form.Leave(label, span=span),)
        with emitter.nested() as body:
            reached = past(lower, _along(lower, walk.way, absent, span), walk, absent, span)
            assert reached.selector is not None
            for variable, value in ((last, reached.selector), (at, reached.offset), (there, fold.truth(True))):
                emitter.emit(form.Assign(variable.name, value, span=span))
        emitter.block(label, body, span)
        for variable in (last, at, there):
            emitter.settle(variable)
        emitter.known[walk] = Reached(last, at, there)


def _parting(lower: Lowering, found: tuple[Path, ...], absent: Body, span: Span) -> int:
    """Walk what all ways begin with, as many headers as this gives, up to the value that parts them, which is read
    once."""
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == found[0][shared] for path in found):
        shared += 1
    parting = _along(lower, found[0][:shared], absent, span)
    selectors = {path[shared].table.selector for path in found}
    if len(selectors) == 1 and (selector := selectors.pop()) is not None:  # read once for all ways
        field_value(lower, parting, parting.layout.fields[selector], absent, span)
    return shared


def _try(
    lower: Lowering, found: tuple[Path, ...], shared: int, absent: Body, span: Span, go: Callable[[Path, Body], None]
) -> list[form.Statement]:
    """Each of several ways in turn, of which all begin with the same steps, `shared` of them: `go` follows one to its
    end, and leaves. Where one leads no further, the next is tried, unless the step after those has been taken that none
    of the ways left begins with: then `absent` runs, as it does behind the last. What a way began with may be from
    before bytes were changed, which tells nothing of the others."""
    emitter = lower.emitter
    with emitter.nested() as tried:
        for number, path in enumerate(found):
            start, later = path[: shared + 1], found[number + 1 :]
            if not later:
                go(path, absent)
                break
            alone = not emitter.bytes_change and all(exclusive(start, one[: shared + 1]) for one in later)
            label = emitter.fresh("other")
            other = (form.Leave(label, span=span),)
            with emitter.nested() as way:
                if alone and set_out(lower, _along(lower, path[:shared], None, span), start, other, span):
                    go(path, absent)
                else:
                    go(path, other)
            if not any(leaves_to(label, statement) for statement in way):  # it leads on whatever the packet is
                emitter.taken_back(way)
                emitter.emit(*way)
                break
            emitter.block(label, way, span)
    return tried


def _open(lower: Lowering, found: tuple[Path, ...]) -> tuple[Path, ...]:
    """Those of some ways that this packet may still have: behind `ipv4`, which was found, none leads over IPv6."""
    if len(found) == 1 or lower.emitter.bytes_change:
        return found
    beginnings = {way[:length] for way in found for length in range(1, len(way))}
    come = [way for way in beginnings if ("way", way) in lower.emitter.known]
    return tuple(way for way in found if not any(exclusive(way, other) for other in come)) or found


def _by_any(
    lower: Lowering, found: tuple[Path, ...], header: tree.Name, absent: Body, arriving: _Arriving | None = None
) -> Place:
    """The header at the end of whichever way leads to it."""
    emitter, span = lower.emitter, header.span
    shared = _parting(lower, found, absent, span)
    at = emitter.variable(f"{header}.at", fold.constant(0), span)
    arrived = emitter.fresh("found")

    def go(path: Path, absent: Body) -> None:
        place = _along(lower, path, absent, span)
        emitter.emit(form.Assign(at.name, place.offset(0, span), span=span))
        if arriving is not None:
            arriving.by(path, at)
        emitter.emit(form.Leave(arrived, span=span))

    tried = _try(lower, found, shared, absent, span, go)
    if arriving is not None:
        arriving.declare()
    emitter.block(arrived, tried, span)
    return Place(lower.module.headers[header.text], at, 0)


# ---- the payload


def payload_of(lower: Lowering, header: tree.Name, absent: Body | None) -> Part:
    """What a header carries: from its end to the innermost end that a length field gives, all of it captured."""
    key = ("payload", header.text)
    known = lower.emitter.known.get(key)
    if known is not None:
        assert isinstance(known, Part)
        return known
    if absent is None:
        handled = lower.payload_header
        named = "payload" if handled is not None and handled.text == header.text else f"{header}.payload"
        help = f"say what happens without it: `let n = {named}.len else {'false' if handled is None else 'pass'}`"
        if handled is not None:
            help += f", or ask for it in the head: `when {named}.len <= N`"
        raise wrong(codes.MAY_BE_ABSENT, header.span, "its length fields may lie", help=help, what="payload")
    span = header.span
    found = ways(lower, header)
    if len(found) == 1:
        locate(lower, header, absent)
        payload = _carried(lower, found[0], absent, span)
    else:
        payload = _carried_by_any(lower, found, header, absent)
    lower.emitter.known[key] = payload
    return payload


def _carried(lower: Lowering, path: Path, absent: Body, span: Span) -> Part:
    """The payload of the header at the end of a way."""
    headers = _headers(lower, path, absent, span)
    end: Expression = PACKET
    for outer in headers:
        if outer.layout.ends is not None:
            with lower.once(f"{outer.layout.name}'s end", span), lower.inside(outer):
                length = lower.number(outer.layout.ends, form.U32, absent)
            inner = fold.binary("+", outer.offset(0, span), length, span)
            inner = lower.emitter.let(f"{outer.layout.name}.bound", inner, span)
            lower.unless(fold.compare("<=", inner, end, span), absent, span)
            end = inner
    start = end_of(lower, headers[-1], absent, span)
    lower.unless(fold.compare("<=", start, end, span), absent, span)
    for outer in headers:  # all of them end before the payload, so they are captured
        reached(lower, outer.base, outer.constant + outer.layout.size)
    return Part(start, end)


def _carried_by_any(lower: Lowering, found: tuple[Path, ...], header: tree.Name, absent: Body) -> Part:
    """The payload of a header to which there are several ways; the header's place becomes known with it."""
    emitter, span = lower.emitter, header.span
    shared = _parting(lower, found, absent, span)
    zero = fold.constant(0, span=span)
    at = emitter.variable(f"{header}.at", zero, span)
    start = emitter.variable(f"{header}.carries", zero, span)
    end = emitter.variable(f"{header}.until", zero, span)
    arrived = emitter.fresh("found")

    def go(path: Path, other: Body) -> None:
        place = _along(lower, path, other, span)
        payload = _carried(lower, path, absent, span)
        for variable, value in ((at, place.offset(0, span)), (start, payload.start), (end, payload.end)):
            emitter.emit(form.Assign(variable.name, value, span=span))
        emitter.emit(form.Leave(arrived, span=span))

    emitter.block(arrived, _try(lower, found, shared, absent, span, go), span)
    layout = lower.module.headers[header.text]
    if ("header", header.text) not in emitter.known:
        emitter.known["header", header.text] = Place(layout, at, 0)
        reached(lower, at, layout.size)
    return Part(start, end)
