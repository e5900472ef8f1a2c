"""What `as` makes: other widths, numbers read from the packet, and views of it as a header or message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expression
from ..types import ADDRESSES, BOOL, ValueType, value_type
from ..wrong import unknown, wrong
from . import fold, places, values
from .places import Place
from .values import Literal, Typed, Value

if TYPE_CHECKING:
    from .expressions import Lowering


def convert(
    lower: Lowering, operand: Expression, type: tree.TypeName, absent: Body | None, span: Span
) -> Value:
    wanted = value_type(type.name.text)
    if isinstance(operand, tree.Index) and _is_packet(operand.target):
        if wanted is not None and wanted.bits and wanted.bits % 8 == 0:
            return _read_at(lower, operand.index, wanted, absent, span)
        help = f"a view is named first: `let v = {span.text} else …`"
        raise wrong(codes.WRONG_TYPE, span, found="a view", wanted="a value", help=help)
    if wanted is None or type.count is not None:
        raise unknown("type of a value", type.name, ("u8", "u16", "u32", "u64", "bool", *ADDRESSES))
    value = lower.value(operand, absent)
    if isinstance(value, Literal) or value.type == BOOL or wanted == BOOL:
        return Typed(wanted, values.expect(value, wanted), span)
    return Typed(wanted, fold.resized(value.core, wanted.core, span), span)


def _read_at(lower: Lowering, index: Expression, type: ValueType, absent: Body | None, span: Span) -> Value:
    """`pkt[at] as u16`: absent where the bytes are not all captured."""
    at = lower.number(index, form.U32, absent)
    name = lower.emitter.fresh("at")
    lower.emitter.emit(form.Read(name, type.core, at, absent, span=span))
    return Typed(type, form.Variable(name, type.core, span=span), span)


def view(lower: Lowering, operand: tree.As, absent: Body) -> Place:
    """`pkt[at] as T`, of a header or message."""
    layout = lower.layout(operand.type.name)
    assert isinstance(operand.operand, tree.Index)
    start = lower.number(operand.operand.index, form.U32, absent)
    if isinstance(start, form.Constant) and start.value > form.MAXIMUM_PACKET:
        raise wrong(codes.DOES_NOT_FIT_LITERAL, start.span, value=start.value, type="any packet")
    return places.view(lower, layout, start, places.PACKET, absent, operand.span)


def is_view(expression: Expression) -> bool:
    """Whether an expression is `pkt[at] as T` of a header or message."""
    return (
        isinstance(expression, tree.As)
        and isinstance(expression.operand, tree.Index)
        and _is_packet(expression.operand.target)
        and value_type(expression.type.name.text) is None
    )


def _is_packet(target: Expression) -> bool:
    return isinstance(target, tree.Use) and target.name.text == "pkt"
