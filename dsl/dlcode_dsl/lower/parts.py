"""Parts of the packet: slices, payloads, and fields of variable length.

A part fixes its start and its end when it is taken; all of it is captured. What lies past its end is absent in a
comparison, and elsewhere claimed not to be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..source import Span
from ..syntax import tree
from ..types import U32, ValueType
from ..wrong import wrong
from . import fold, places
from .places import PACKET, Part, Place
from .values import Typed

if TYPE_CHECKING:
    from .expressions import Lowering

WHOLE = Part(fold.constant(0), PACKET)
"""The packet itself."""


def is_part(lower: Lowering, expression: tree.Expression) -> bool:
    """Whether an expression stands for a part of the packet, or for the packet."""
    match expression:
        case tree.Use(tree.Name("pkt" | "payload" as word)) if word not in lower.names:
            return True
        case tree.Use(name):
            return isinstance(lower.names.get(name.text), Part)
        case tree.Slice(target):
            return is_part(lower, target)
        case tree.Dot(target, name):
            layout = lower.layout_of(target)
            if layout is None or name.text in layout.fields:
                return False
            return (layout.tail is not None and layout.tail.name == name.text) or _is_payload(lower, expression)
    return False


def _is_payload(lower: Lowering, expression: tree.Dot) -> bool:
    """Whether it is `HEADER.payload`."""
    header = expression.target
    return expression.name.text == "payload" and isinstance(header, tree.Use) and lower.is_header(header.name)


def part(lower: Lowering, expression: tree.Expression, absent: Body | None) -> Part:
    """The part that an expression stands for. Raises Wrong where it stands for none."""
    span = expression.span
    match expression:
        case tree.Use(tree.Name("pkt")) if "pkt" not in lower.names:
            return WHOLE
        case tree.Use(tree.Name("payload") as word) if "payload" not in lower.names:
            if lower.payload_header is None:
                help = "a filter asks for the payload of a header: `udp.payload.len`"
                raise wrong(codes.UNKNOWN_NAME, word.span, help=help, what="value", name="payload")
            return places.payload_of(lower, tree.Name(lower.payload_header.text, span=word.span), absent)
        case tree.Use(name) if isinstance(found := lower.meaning(name), Part):
            return found
        case tree.Slice(target, start, end) if is_part(lower, target):
            return _slice(lower, part(lower, target, absent), start, end, absent, span)
        case tree.Dot(target, name) if is_part(lower, expression):
            layout = lower.layout_of(target)
            if layout is not None and layout.tail is not None and layout.tail.name == name.text:
                return tail_of(lower, lower.place(target, absent), absent, span)
            assert isinstance(target, tree.Use)
            return places.payload_of(lower, target.name, absent)
    raise wrong(codes.WRONG_TYPE, span, found="a value", wanted="a part of the packet, such as `payload`")


def _slice(
    lower: Lowering,
    whole: Part,
    start: tree.Expression | None,
    end: tree.Expression | None,
    absent: Body | None,
    span: Span,
) -> Part:
    """`part[start .. end]`, where neither passes the other, or the part's own end."""
    length = length_of(lower, whole, span)
    first: Expression = fold.constant(0, span=span)
    if start is not None:
        first = lower.emitter.let("from", lower.number(start, form.U32, absent), start.span)
    if end is None:
        hold(lower, fold.compare("<=", first, length, span), absent, span)
        return Part(lower.emitter.let("part", fold.binary("+", whole.start, first, span), span), whole.end)
    last = lower.emitter.let("to", lower.number(end, form.U32, absent), end.span)
    hold(lower, fold.compare("<=", first, last, span), absent, span)
    hold(lower, fold.compare("<=", last, length, span), absent, span)
    return Part(
        lower.emitter.let("part", fold.binary("+", whole.start, first, span), span),
        lower.emitter.let("part.end", fold.binary("+", whole.start, last, span), span),
    )


def member(lower: Lowering, target: tree.Expression, name: tree.Name, absent: Body | None, span: Span) -> Typed:
    """`.len`, `.start` or `.end` of a part. Raises Wrong where it is something else."""
    of = part(lower, target, absent)
    match name.text:
        case "len":
            return Typed(U32, length_of(lower, of, span), span)
        case "start":
            return Typed(U32, of.start, span)
        case "end":
            return Typed(U32, of.end, span)
    help = "pkt has len and wire_len" if of == WHOLE else "a part of the packet has len, start and end"
    raise wrong(codes.NO_FIELD, name.span, help=help, of=target.span.text, field=name)


def read(
    lower: Lowering, of: Part, index: tree.Expression, type: ValueType, absent: Body | None, span: Span
) -> Typed:
    """The big-endian number of this type from an index of a part on: absent past the part's end."""
    at = lower.number(index, form.U32, absent)
    otherwise = absent
    if of != WHOLE:  # all of it is captured
        at, otherwise = within(lower, of, at, type.bits // 8, absent, span), None
    name = lower.emitter.fresh("at")
    lower.emitter.emit(form.Read(name, type.core, at, otherwise, span=span))
    return Typed(type, form.Variable(name, type.core, span=span), span)


def hold(lower: Lowering, condition: Expression, absent: Body | None, span: Span) -> None:
    """Go on where a part is long enough; run `absent`, or fail a claim, where not."""
    if absent is not None:
        lower.unless(condition, absent, span)
    elif condition != fold.truth(True):
        lower.emitter.emit(form.Check("part-bounds", condition, span=span))


def length_of(lower: Lowering, part: Part, span: Span) -> Expression:
    """How many bytes a part has."""
    if part.start == fold.constant(0):
        return part.end
    key = ("length", part)
    known = lower.emitter.known.get(key)
    if known is None:
        length = fold.binary("-", part.end, part.start, span)
        known = lower.emitter.known[key] = lower.emitter.let("length", length, span)
    assert isinstance(known, Expression)
    return known


def within(
    lower: Lowering, part: Part, at: Expression, size: int, absent: Body | None, span: Span, name: str = "index"
) -> Expression:
    """The offset in the packet of `size` bytes from `at` on in a part, where they lie inside it. Nothing wraps."""
    length = length_of(lower, part, span)
    if isinstance(at, form.Constant):
        if at.value > form.MAXIMUM_PACKET:
            raise wrong(codes.DOES_NOT_FIT_LITERAL, at.span, value=at.value, type="any packet")
        hold(lower, fold.compare(">=", length, fold.constant(at.value + size, span=span), span), absent, span)
        return fold.binary("+", part.start, at, span)
    if not isinstance(at, form.Variable):
        at = lower.emitter.let(name, at, span)
    if size == 1:
        hold(lower, fold.compare("<", at, length, span), absent, span)
    else:
        bytes = fold.constant(size, span=span)
        hold(lower, fold.compare(">=", length, bytes, span), absent, span)
        hold(lower, fold.compare("<=", at, fold.binary("-", length, bytes, span), span), absent, span)
    return fold.binary("+", part.start, at, span)


def tail_of(lower: Lowering, place: Place, absent: Body | None, span: Span) -> Part:
    """The field of variable length at the end of a header, view or message, where it ends inside what holds it."""
    key = ("tail", place.named, place.limit)
    known = lower.emitter.known.get(key)
    if known is None:
        start, end = place.offset(place.layout.size, span), places.end_of(lower, place, absent, span)
        start = lower.emitter.let(f"{place.layout.name}.tail", start, span)
        if not place.whole:
            hold(lower, fold.compare("<=", end, place.limit, span), absent, span)
        known = lower.emitter.known[key] = Part(start, end)
    assert isinstance(known, Part)
    return known


