"""Where things lie in a packet: headers found by their links, their fields, views, and the payload.

Everything here takes `absent`, the body that runs where what is asked for is not there; it always leaves. `None` stands
for a place where nothing may be absent: a field is then read with the claim that its bytes are captured, and a header
that has not been found yet is an error of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..layout import Field, Layout
from ..paths import Path, Step, paths
from ..source import Span
from ..syntax import tree
from ..wrong import wrong
from . import fold
from .values import Typed

if TYPE_CHECKING:
    from .expressions import Lowering

PACKET = form.Extent("packet")


@dataclass(frozen=True)
class Place:
    """A header, message or view at `base + constant` bytes from the packet's start; no base is the start itself."""

    layout: Layout
    base: Expression | None
    constant: int
    sure: bool = False  # the whole fixed part is known to be captured
    present: Expression | None = None  # a view that may be absent is there where this holds
    limit: Expression = PACKET  # where the bytes that it may reach to end
    whole: bool = False  # its variable part is known to end before the limit

    def offset(self, more: int, span: Span) -> Expression:
        """The offset of a byte of it, as a u32."""
        if self.base is None:
            return fold.constant(self.constant + more, span=span)
        return fold.binary("+", self.base, fold.constant(self.constant + more, span=span), span)

    @property
    def key(self) -> tuple[Expression | None, int]:
        """What tells it from other places in the same program."""
        return self.base, self.constant

    @property
    def named(self) -> tuple[Expression | None, int, str, str]:
        """What tells it from whatever else lies at the same place: a message may be called like a header."""
        return self.base, self.constant, self.layout.kind, self.layout.name


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


def only_way(lower: Lowering, header: tree.Name) -> Path:
    """The way to a header to which there is but one. Raises Wrong where there are more."""
    found = ways(lower, header)
    if len(found) > 1:
        raise wrong(codes.NO_REPLY, header.span, f"`{header}` can be reached in {len(found)} ways; say which by a path")
    return found[0]


# ---- headers


def locate(lower: Lowering, header: tree.Name, absent: Body | None) -> Place:
    """The outermost instance of a header."""
    known = lower.emitter.known.get(("header", header.text))
    if known is not None:
        assert isinstance(known, Place)
        return known
    if absent is None:
        help = f"say what happens when there is no {header}: `… else …`, or ask `has({header})` before"
        raise wrong(codes.MAY_BE_ABSENT, header.span, help=help, what=header.text)
    found = ways(lower, header)
    with lower.once(header.text, header.span):
        if len(found) == 1:
            place = _along(lower, found[0], header, absent)
        else:
            place = _by_any(lower, found, header, absent)
    lower.emitter.known["header", header.text] = place
    return place


def _along(lower: Lowering, path: Path, header: tree.Name, absent: Body) -> Place:
    if not path:
        return arrive(lower, Place(lower.module.headers[header.text], None, 0), absent, header.span)
    *before, last = path
    parent = _known_or_along(lower, tuple(before), tree.Name(last.header, span=header.span), absent)
    return _follow(lower, parent, last, absent, header.span)


def _known_or_along(lower: Lowering, path: Path, header: tree.Name, absent: Body) -> Place:
    key = ("way", path, header.text)
    known = lower.emitter.known.get(key)
    if known is None:
        known = lower.emitter.known[key] = _along(lower, path, header, absent)
        if len(ways(lower, header)) == 1:
            lower.emitter.known["header", header.text] = known
    assert isinstance(known, Place)
    return known


def _by_any(lower: Lowering, found: tuple[Path, ...], header: tree.Name, absent: Body) -> Place:
    """The header at the end of whichever way leads to it; what all ways begin with is walked once."""
    emitter, span = lower.emitter, header.span
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == found[0][shared] for path in found):
        shared += 1
    if shared:
        _known_or_along(lower, found[0][:shared], tree.Name(found[0][shared - 1].to, span=span), absent)
    at = emitter.variable(f"{header}.at", fold.constant(0), span)
    arrived = emitter.fresh("found")
    with emitter.nested() as tried:
        for path in found:
            label = emitter.fresh("other")
            with emitter.nested() as way:
                place = _along(lower, path, header, (form.Leave(label, span=span),))
                emitter.emit(form.Assign(at.name, place.offset(0, span), span=span), form.Leave(arrived, span=span))
            emitter.block(label, way, span)
        emitter.emit(*absent)
    emitter.block(arrived, tried, span)
    return Place(lower.module.headers[header.text], at, 0)


def _follow(lower: Lowering, parent: Place, step: Step, absent: Body, span: Span) -> Place:
    """The next header, where the parent's table leads to it."""
    layout = lower.module.headers.get(step.to)
    if layout is None:
        name = next(name for name in step.table.names if name.text == step.to)
        raise wrong(codes.UNKNOWN_NAME, name.span, what="header", name=step.to)
    selector = field_value(lower, parent, parent.layout.fields[step.table.selector], absent, span).core
    matches = [fold.compare("==", selector, fold.constant(value, selector.type), span) for value in step.values]
    lower.unless(fold.joined("or", matches), absent, span)
    if step.table.guard is not None:
        with lower.inside(parent):
            lower.jump(step.table.guard, absent)
    end = end_of(lower, parent, absent, span)
    if isinstance(end, form.Constant):
        return arrive(lower, Place(layout, None, end.value), absent, span)
    return arrive(lower, Place(layout, end, 0), absent, span)


def arrive(lower: Lowering, place: Place, absent: Body | None, span: Span) -> Place:
    """The place, where its header's constraints hold."""
    for field in place.layout.fields.values():
        if field.constraint is not None:
            operator, wanted = field.constraint
            value = field_value(lower, place, field, absent, span).core
            lower.unless(fold.compare(operator, value, fold.constant(wanted, value.type), span), absent, span)
    return place


def end_of(lower: Lowering, place: Place, absent: Body | None, span: Span) -> Expression:
    """The offset of the first byte after a header, its variable part included."""
    key = ("end", place.named)
    known = lower.emitter.known.get(key)
    if known is None:
        end = place.offset(place.layout.size, span)
        if place.layout.tail is not None:
            with lower.once(f"{place.layout.name}.{place.layout.tail.name}", span), lower.inside(place):
                end = fold.binary("+", end, lower.number(place.layout.tail.count, form.U32, absent), span)
        known = lower.emitter.known[key] = lower.emitter.let(f"{place.layout.name}.end", end, span)
    assert isinstance(known, Expression)
    return known


# ---- fields


def field_value(lower: Lowering, place: Place, field: Field, absent: Body | None, span: Span) -> Typed:
    """The value of a field."""
    if place.present is not None:
        if absent is None:
            lower.emitter.emit(form.Check("assertion", place.present, span=span))
        else:
            lower.unless(place.present, absent, span)
    key = ("field", place.named, field.name)
    known = lower.emitter.known.get(key)
    if known is None:
        name = f"{place.layout.name}.{field.name}"
        first, size = field.bytes
        word = read_bytes(lower, place, first, size, name if field.whole else f"{name}.bytes", absent, span)
        below = size * 8 - (field.bit - first * 8) - field.type.bits  # bits of the word under the field's lowest
        shifted = fold.binary(">>", word, fold.constant(below, word.type), span)
        known = lower.emitter.let(name, fold.truncate(shifted, field.type.core, span), span)
        lower.emitter.known[key] = known
    return Typed(field.type, known, span)


def read_bytes(
    lower: Lowering, place: Place, first: int, size: int, name: str, absent: Body | None, span: Span
) -> Expression:
    """The big-endian value of bytes of a place. Bytes before ones that were read are captured, so no test is made."""
    known = lower.emitter.known
    key = ("bytes", place.key, first, size)
    value = known.get(key)
    if value is None:
        last = place.constant + first + size
        sure = place.sure or known.get(("reached", place.base), 0) >= last
        name = lower.emitter.fresh(name)
        offset = place.offset(first, span)
        lower.emitter.emit(form.Read(name, form.Type(size * 8), offset, None if sure else absent, span=span))
        _reached(lower, place.base, last)
        value = known[key] = form.Variable(name, form.Type(size * 8), span=span)
    assert isinstance(value, form.Variable)
    return value


def _reached(lower: Lowering, base: Expression | None, last: int) -> None:
    """Note that the bytes up to `base + last` are captured."""
    key = ("reached", base)
    lower.emitter.known[key] = max(lower.emitter.known.get(key, 0), last)


# ---- the payload


def payload_of(lower: Lowering, header: tree.Name, absent: Body | None) -> Part:
    """What a header carries: from its end to the innermost end that a length field gives, all of it captured."""
    key = ("payload", header.text)
    known = lower.emitter.known.get(key)
    if known is not None:
        assert isinstance(known, Part)
        return known
    if absent is None:
        help = "ask for it in `when`, or say what happens without it: `payload.len else pass`"
        raise wrong(codes.MAY_BE_ABSENT, header.span, "its length fields may lie", help=help, what="payload")
    path, span = only_way(lower, header), header.span
    place = locate(lower, header, absent)
    end: Expression = PACKET
    for name in (lower.link, *(step.to for step in path)):
        outer = locate(lower, tree.Name(name, span=span), absent)
        if outer.layout.ends is not None:
            value = field_value(lower, outer, outer.layout.fields[outer.layout.ends], absent, span).core
            inner = fold.binary("+", outer.offset(0, span), fold.widen(value, form.U32, span), span)
            inner = lower.emitter.let(f"{name}.bound", inner, span)
            lower.unless(fold.compare("<=", inner, end, span), absent, span)
            end = inner
    start = end_of(lower, place, absent, span)
    lower.unless(fold.compare("<=", start, end, span), absent, span)
    for name in (lower.link, *(step.to for step in path)):  # all of them end before the payload, so they are captured
        outer = locate(lower, tree.Name(name, span=span), absent)
        _reached(lower, outer.base, outer.constant + outer.layout.size)
    payload = lower.emitter.known[key] = Part(start, end)
    return payload


def is_read(lower: Lowering, place: Place, field: Field) -> bool:
    """Whether a field has been read already, so that it is not absent here."""
    return ("field", place.named, field.name) in lower.emitter.known
