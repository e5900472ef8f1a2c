"""What a long program finds once: headers, and fields of them, that may be absent, each beside a flag that says so.

A condition or an `else` that goes on where something is absent knows no more afterwards than before. So each one finds
its headers anew, unless what was found, and whether, is kept in names. That is worth it where there are many.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import form
from ..layout import Field
from ..syntax import tree
from . import fields, fold, places
from .fields import Kept, Place

if TYPE_CHECKING:
    from .expressions import Lowering

SHARED_FROM = 32
"""Fewest mentions of headers for which a program keeps what it finds."""


def mentions(node: object) -> int:
    """How often a piece of a source may mention a header."""
    return sum(isinstance(part, tree.Dot) for part in tree.nodes(node))


def share(lower: Lowering, expression: tree.Expression) -> None:
    """Find, once for all that follows in this body, what an expression is made of."""
    for part in tree.parts(expression):
        match part:
            case tree.Dot(tree.Use(header), name) if lower.is_header(header):
                place = _header(lower, header)
                field = place.layout.fields.get(name.text)
                if field is not None:
                    _field(lower, header, place, field)
            case tree.Call(tree.Name("has"), (tree.Argument(None, tree.Use(header)),)) if lower.is_header(header):
                _header(lower, header)


def _header(lower: Lowering, name: tree.Name) -> Place:
    known, emitter, span = lower.emitter.known, lower.emitter, name.span
    if ("header", name.text) in known:
        place = known["header", name.text]
        assert isinstance(place, Place)
        return place
    if ("kept", name.text) not in known:
        label = emitter.fresh("absent")
        with emitter.nested() as body:
            place = places.locate(lower, name, (form.Leave(label, span=span),))
        flag = emitter.variable(f"{name}.present", fold.truth(False, span), span)
        body.append(form.Assign(flag.name, fold.truth(True, span), span=span))
        if place.base is not None:
            at = emitter.variable(f"{name}.at", fold.constant(0, span=span), span)
            body.append(form.Assign(at.name, place.offset(0, span), span=span))
            place = replace(place, base=at, constant=0)
        emitter.block(label, body, span)
        emitter.settle(flag)
        emitter.known["kept", name.text] = Kept(flag, place)
    kept = emitter.known["kept", name.text]
    assert isinstance(kept.found, Place)
    return kept.found


def _field(lower: Lowering, name: tree.Name, place: Place, field: Field) -> None:
    key, emitter, span = ("field", "kept", place.named, field.name), lower.emitter, name.span
    if key in emitter.known or ("field", place.named, field.name) in emitter.known:
        return
    label = emitter.fresh("absent")
    with emitter.nested() as body:
        absent = (form.Leave(label, span=span),)
        value = fields.field_value(lower, places.locate(lower, name, absent), field, absent, span).core
    flag = emitter.variable(f"{name}.{field.name}.present", fold.truth(False, span), span)
    variable = emitter.variable(f"{name}.{field.name}", fold.constant(0, value.type, span), span)
    body.append(form.Assign(flag.name, fold.truth(True, span), span=span))
    body.append(form.Assign(variable.name, value, span=span))
    emitter.block(label, body, span)
    emitter.settle(flag)
    emitter.settle(variable)
    emitter.known[key] = Kept(flag, variable)
