"""Assignments to bytes of the packet, of which a handler that may rewrite has a copy of its own.

Bytes change, places and lengths never do: what was found stays where it was found, and a later read sees the new bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import form
from ..core.form import Expression
from ..layout import Field
from ..source import Span
from ..syntax import tree
from ..types import U8, ValueType, value_type
from ..wrong import unknown
from . import fold, parts, places
from .places import Place
from .values import Typed

if TYPE_CHECKING:
    from .statements import Statements


def rewrite(lower: Statements, statement: tree.Assign) -> bool:
    """Lower an assignment to a field or to bytes of the packet; whether it is one."""
    target, span = statement.target, statement.span
    match target:
        case tree.Dot(tree.Use(of), name) if _is_place(lower, of):
            lower.may_rewrite(target.span)
            found = lower.meaning(of)
            place = found if isinstance(found, Place) else places.locate(lower, of, None)
            _field(lower, statement, place, place.layout.field(name))
        case tree.Index() | tree.As(tree.Index()):
            bytes = _bytes(lower, target)
            if bytes is None:
                return False
            offset, type = bytes
            old = Typed(type, fold.constant(0, type.core), target.span)
            if statement.operator is not None:
                read = lower.emitter.fresh("at")
                lower.emitter.emit(form.Read(read, type.core, offset, None, span=target.span))
                old = Typed(type, form.Variable(read, type.core, span=target.span), target.span)
            _write(lower, offset, lower.new_value(statement, old), span)
        case _:
            return False
    return True


def _is_place(lower: Statements, name: tree.Name) -> bool:
    """Whether a name is that of a header, message or view."""
    found = lower.meaning(name)
    return isinstance(found, Place) or (found is None and name.text in lower.module.headers)


def _field(lower: Statements, statement: tree.Assign, place: Place, field: Field) -> None:
    """`place.field = value`; of a field that shares its bytes, the other bits stay."""
    span, target = statement.span, statement.target.span
    if place.present is not None:
        lower.emitter.emit(form.Check("assertion", place.present, span=target))
    old = Typed(field.type, fold.constant(0, field.type.core), target)
    if statement.operator is not None:
        old = places.field_value(lower, place, field, None, target)
    value = lower.new_value(statement, old)
    first, size = field.bytes
    if not field.whole:
        word = places.read_bytes(lower, place, first, size, f"{place.layout.name}.{field.name}.bytes", None, target)
        below = size * 8 - (field.bit - first * 8) - field.type.bits
        others = (1 << size * 8) - 1 ^ ((1 << field.type.bits) - 1 << below)
        kept = fold.binary("&", word, fold.constant(others, word.type), span)
        moved = fold.binary("<<", fold.widen(value, word.type, span), fold.constant(below, word.type), span)
        value = fold.binary("|", kept, moved, span)
    _write(lower, place.offset(first, target), value, span)


def _bytes(lower: Statements, target: tree.Index | tree.As) -> tuple[Expression, ValueType] | None:
    """Where the bytes of `part[at]` or `part[at] as type` are, and their type. They must lie inside the part."""
    index = target.operand if isinstance(target, tree.As) else target
    assert isinstance(index, tree.Index)
    if not parts.is_part(lower, index.target):
        return None
    lower.may_rewrite(target.span)
    type = U8
    if isinstance(target, tree.As):
        named = value_type(target.type.name.text)
        if named is None or not named.bits or named.bits % 8 or target.type.count or target.whole:
            raise unknown("type of whole bytes", target.type.name, ("u8", "u16", "u32", "u64", "mac", "ip4", "ip6"))
        type = named
    of = parts.part(lower, index.target, None)
    at = lower.emitter.let("index", lower.number(index.index, form.U32, None), index.index.span)
    if of != parts.WHOLE:  # the core form tests the packet's own end
        at = lower.emitter.let("offset", parts.within(lower, of, at, type.bits // 8, None, target.span), target.span)
    return at, type


def _write(lower: Statements, offset: Expression, value: Expression, span: Span) -> None:
    lower.emitter.emit(form.Rewrite(offset, value, span=span))
    lower.emitter.forget_bytes()
