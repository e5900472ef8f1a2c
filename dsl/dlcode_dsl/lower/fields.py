"""What lies at one place of a packet: a header's fields, its constraints, and where it ends.

Everything here takes `absent`, the body that runs where what is asked for is not there; it always leaves. `None` stands
for a place where nothing may be absent: a field is then read with the claim that its bytes are captured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core import form
from ..core.form import Body, Expression
from ..layout import Field, Layout
from ..source import Span
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


@dataclass(frozen=True, slots=True)
class Kept:
    """A header or the value of a field that was looked for once (see `sharing`): it is there where the flag is set."""

    flag: Expression
    found: Place | Expression


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
        end = ending(lower, place, absent, span)
        known = lower.emitter.known[key] = lower.emitter.let(f"{place.layout.name}.end", end, span)
    assert isinstance(known, Expression)
    return known


def ending(lower: Lowering, place: Place, absent: Body | None, span: Span) -> Expression:
    """The same, without a name of its own; what the variable part has at least is added to the fixed part."""
    tail, size = place.layout.tail, place.layout.size
    if tail is None:
        return place.offset(size, span)
    with lower.once(f"{place.layout.name}.{tail.name}", span), lower.inside(place):
        count = lower.number(tail.count, form.U32, absent)
    if isinstance(count, form.Binary) and count.operator == "+" and isinstance(count.left, form.Constant):
        size, count = size + count.left.value, count.right
    return fold.binary("+", place.offset(size, span), count, span)


def field_value(lower: Lowering, place: Place, field: Field, absent: Body | None, span: Span) -> Typed:
    """The value of a field."""
    if place.present is not None:
        if absent is None:
            lower.emitter.emit(form.Check("assertion", place.present, span=span))
        else:
            lower.unless(place.present, absent, span)
    key = ("field", place.named, field.name)
    known = lower.emitter.known.get(key)
    kept = lower.emitter.known.get(("field", "kept", place.named, field.name))
    if known is None and kept is not None and absent is not None:
        lower.unless(kept.flag, absent, span)
        known = lower.emitter.known[key] = kept.found
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
        reached(lower, place.base, last)
        value = known[key] = form.Variable(name, form.Type(size * 8), span=span)
    assert isinstance(value, form.Variable)
    return value


def reached(lower: Lowering, base: Expression | None, last: int) -> None:
    """Note that the bytes up to `base + last` are captured."""
    key = ("reached", base)
    lower.emitter.known[key] = max(lower.emitter.known.get(key, 0), last)


def is_read(lower: Lowering, place: Place, field: Field) -> bool:
    """Whether a field has been read already, so that it is not absent here."""
    return ("field", place.named, field.name) in lower.emitter.known
