"""What `as` makes: other widths, numbers read from the packet, and views of it as a header or message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..layout import Layout
from ..source import Span
from ..syntax import tree
from ..types import ADDRESSES, BOOL, value_type
from ..wrong import unknown, wrong
from . import fold, parts, places, values
from .places import Part, Place
from .values import Literal, Typed, Value

if TYPE_CHECKING:
    from .expressions import Lowering


def convert(lower: Lowering, whole: tree.As, absent: Body | None) -> Value:
    """`operand as type`, where that is a value. Raises Wrong."""
    operand, type, span = whole.operand, whole.type, whole.span
    wanted = value_type(type.name.text)
    if is_view(lower, whole):
        raise wrong(codes.WRONG_TYPE, span, found="a view", wanted="a value", help=f"write `({span.text}).FIELD`")
    if wanted is None or type.count is not None or type.optional or whole.whole:
        raise unknown("type of a value", type.name, ("u8", "u16", "u32", "u64", "bool", *ADDRESSES))
    if isinstance(operand, tree.Index) and parts.is_part(lower, operand.target):
        if not wanted.bits or wanted.bits % 8:
            raise wrong(codes.WRONG_TYPE, type.span, found=str(wanted), wanted="a type of whole bytes")
        return parts.read(lower, parts.part(lower, operand.target, absent), operand.index, wanted, absent, span)
    value = lower.value(operand, absent)
    if isinstance(value, Literal) or value.type == BOOL or wanted == BOOL:
        return Typed(wanted, values.expect(value, wanted), span)
    if not wanted.numeric and value.type.bits != wanted.bits:
        raise wrong(codes.WRONG_TYPE, value.span, found=str(value.type), wanted=f"a number of {wanted.bits} bits")
    return Typed(wanted, fold.resized(value.core, wanted.core, span), span)


def is_view(lower: Lowering, expression: tree.Expression) -> bool:
    """Whether an expression is `pkt[at] as T` of a header or message, or the like of a part."""
    return (
        isinstance(expression, tree.As)
        and isinstance(expression.operand, tree.Index)
        and parts.is_part(lower, expression.operand.target)
        and value_type(expression.type.name.text) is None
    )


def view(lower: Lowering, written: tree.As, absent: Body | None) -> Place:
    """`pkt[at] as T` or `pkt[at] as whole T`, of a header or message, or the like of a part."""
    layout = lower.layout(written.type.name)
    assert isinstance(written.operand, tree.Index)
    part = parts.part(lower, written.operand.target, absent)
    at = lower.number(written.operand.index, form.U32, absent)
    return lay(lower, layout, part, at, absent, written.span, whole=written.whole)


def perhaps(lower: Lowering, written: tree.Expression) -> Place:
    """A view without `else`: it is there where a flag is set."""
    span = written.span
    label = lower.emitter.fresh("absent")
    with lower.emitter.nested() as body:
        place = lower.place(written, (form.Leave(label, span=span),))
    flag = lower.emitter.variable("present", fold.truth(False, span), span)
    at = lower.emitter.variable("view", fold.constant(0, span=span), span)
    found = [(at, place.offset(0, span)), (flag, fold.truth(True, span))]
    limit = place.limit
    if limit != places.PACKET:  # it may be known inside the block alone
        limit = lower.emitter.variable("view.limit", fold.constant(0, span=span), span)
        found.append((limit, place.limit))
    body += [form.Assign(variable.name, value, span=span) for variable, value in found]
    lower.emitter.block(label, body, span)
    return replace(place, base=at, constant=0, sure=True, present=flag, limit=limit)


def lay(
    lower: Lowering, layout: Layout, part: Part, at: Expression, absent: Body | None, span: Span, *, whole: bool = False
) -> Place:
    """A layout from `at` on in a part, where its fixed part ends inside it and its constraints hold.

    A `whole` one has its variable part inside the part as well.
    """
    start = parts.within(lower, part, at, layout.size, absent, span, f"{layout.name}.at")
    if isinstance(start, form.Constant):
        place = Place(layout, None, start.value, sure=True, limit=part.end)
    else:
        place = Place(layout, lower.emitter.let(f"{layout.name}.at", start, span), 0, sure=True, limit=part.end)
    place = places.arrive(lower, place, absent, span)
    if whole:
        parts.tail_of(lower, place, absent, span)
    return replace(place, whole=whole)
