"""Templates: headers of which every frame that is sent by one has the same given fields, and the sender's addresses.

Besides the fields that are given, those are fixed that decide what the frame is: constraints, what leads from header to
header, with the guards of that, and lengths of variable parts. A frame of the template is thus one for every receiver
that reads headers as their declarations say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from .. import codes
from ..constants import Known, evaluate, literal_of
from ..core import form, interpret
from ..core.form import Fixed, OwnAddress, Verdict
from ..diagnostics import Diagnostic
from ..layout import Field, Layout
from ..module import Module
from ..source import Span
from ..syntax import tree
from ..types import ADDRESSES
from ..wrong import Wrong, unknown, wrong
from . import fold, frames, places, sends
from .emit import Emitter
from .filters import lower_filter
from .frames import Part
from .sends import Headers
from .statements import Statements


@dataclass(frozen=True)
class Built:
    """One header of a template: the values of its fixed fields, and its fields that hold an address of the sender."""

    layout: Layout
    fixed: Mapping[str, int]
    own: tuple[str, ...]
    extra: int  # bytes of its variable part

    def part(self, values: Mapping[str, form.Expression], span: Span) -> Part:
        """The header with its fixed fields, and with values of others, which come first."""
        fixed = {
            name: fold.constant(value, self.layout.fields[name].type.core) for name, value in self.fixed.items()
        }
        return Part(self.layout, {**fixed, **values}, bytes(self.extra), span)


@dataclass(frozen=True)
class Frames:
    """A template: its headers, and what the core form knows of it."""

    headers: tuple[Built, ...]
    core: form.Template


def lower_template(module: Module, declared: tree.Template) -> Frames:
    """The frames of a template. Raises Wrong."""
    layers: list[tree.Expression] = []
    rest = declared.value
    while isinstance(rest, tree.Binary) and rest.operator == "/":
        layers.append(rest.right)
        rest = rest.left
    layers.append(rest)
    written = [_header(module, layer) for layer in reversed(layers)]
    names = [name.text for name, _ in written]
    for name, _ in written:
        if names.count(name.text) > 1:
            raise wrong(codes.BAD_TEMPLATE, name.span, "each header stands in it once")
    headers = [_built(module, name, given) for name, given in written]
    for position, (before, after) in enumerate(pairwise(headers)):
        headers[position] = _leading(module, before, after, written[position + 1][0])
    _is_read_so(module, declared, headers)
    return Frames(tuple(headers), _core(declared, headers))


def judge_templates(module: Module) -> list[Diagnostic]:
    """What is wrong with the templates of a module, used or not."""
    found: list[Diagnostic] = []
    for declared in module.templates.values():
        try:
            lower_template(module, declared)
        except Wrong as error:
            found.append(error.diagnostic)
    return found


# ---- what is fixed


def _header(module: Module, layer: tree.Expression) -> tuple[tree.Name, tuple[tree.Argument, ...]]:
    match layer:
        case tree.Use(name):
            given: tuple[tree.Argument, ...] = ()
        case tree.Call(name, given):
            pass
        case _:
            raise wrong(codes.BAD_TEMPLATE, layer.span, "it is made of headers, parted by `/`")
    if name.text not in module.headers:
        raise unknown("header", name, module.headers)
    return name, given


def _built(module: Module, name: tree.Name, given: tuple[tree.Argument, ...]) -> Built:
    """A header with its given fields, its constrained ones, and those that its length is made of."""
    layout = module.headers[name.text]
    fixed: dict[str, int] = {}
    own: list[str] = []
    for argument in given:
        field = layout.field(sends.named(layout, argument, [*fixed, *own]))
        if argument.value == tree.Use(tree.Name("own")) and "own" not in module.constants:
            if field.type.name not in ADDRESSES or not field.whole:
                raise wrong(codes.WRONG_TYPE, argument.value.span, found="an own address", wanted=str(field.type))
            own.append(field.name)
        else:
            fixed[field.name] = literal_of(evaluate(argument.value, module.constants), field.type)
    for field in layout.fields.values():
        if field.constraint is not None and field.name not in fixed and field.name not in own:
            fixed[field.name] = _default(module, field)
    extra = 0
    if layout.tail is not None:
        for field in _named(layout, layout.tail.count):
            if field.name not in fixed:
                fixed[field.name] = _default(module, field)
        known: dict[str, Known] = {name: tree.Number(value) for name, value in fixed.items()}
        count = evaluate(layout.tail.count, {**module.constants, **known})
        if not isinstance(count, tree.Number) or count.value > form.LONGEST_FRAME:
            raise wrong(codes.BAD_TEMPLATE, name.span, "a frame is not that long")
        extra = count.value
    return Built(layout, fixed, tuple(own), extra)


def _leading(module: Module, before: Built, after: Built, name: tree.Name) -> Built:
    """The header with what leads to the one after it fixed as well: the selector, and the fields of the guard."""
    for table in before.layout.tables:
        values = [value for value, to in table.links if to == after.layout.name]
        if values:
            fixed = dict(before.fixed)
            if table.selector is not None:
                fixed.setdefault(table.selector, values[0])
            if table.guard is not None:
                for field in _named(before.layout, table.guard):
                    fixed.setdefault(field.name, _default(module, field))
            return Built(before.layout, fixed, before.own, before.extra)
    raise wrong(codes.BAD_TEMPLATE, name.span, f"`{before.layout.name}` does not lead to `{name}`")


def _named(layout: Layout, expression: tree.Expression) -> list[Field]:
    """The fields of a header that an expression in its declaration names."""
    names = [part.name.text for part in tree.parts(expression) if isinstance(part, tree.Use)]
    return [layout.fields[name] for name in dict.fromkeys(names) if name in layout.fields]


def _default(module: Module, field: Field) -> int:
    """What a frame is built with where a field is not given."""
    if field.built is not None and frames.checksum(field) is None and not frames.of_size(field):
        return literal_of(evaluate(field.built, module.constants), field.type)
    return field.constraint[1] if field.constraint is not None and field.constraint[0] == "==" else 0


def _is_read_so(module: Module, declared: tree.Template, headers: list[Built]) -> None:
    """See that a frame of the template is read as the template says. Raises Wrong."""
    first, last = headers[0].layout.name, tree.Name(headers[-1].layout.name, span=declared.span)
    stream = frames.complete(
        [header.part({}, declared.span) for header in headers], b"", module.constants, Emitter()
    )
    has = tree.Call(tree.Name("has"), (tree.Argument(None, tree.Use(last)),), span=declared.span)
    answer = (tree.Evaluate(has, span=declared.span),)
    test, said = lower_filter(module, tree.Filter(declared.name, tree.Name(first), answer, span=declared.span))
    if test is None:
        raise Wrong(said[0])
    frame = frames.to_bytes(stream)
    if len(frame) > form.LONGEST_FRAME:
        raise wrong(codes.BAD_TEMPLATE, declared.value.span, f"a frame has at most {form.LONGEST_FRAME} bytes")
    if interpret.run(test, interpret.Packet.whole(frame)).verdict is not Verdict.MATCH:
        raise wrong(codes.BAD_TEMPLATE, declared.value.span, f"in such a frame no receiver finds `{last}`")


def _core(declared: tree.Template, headers: list[Built]) -> form.Template:
    """The fixed bytes, those of fields that share bytes together, and the own addresses."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    own: list[OwnAddress] = []
    start = 0
    for header in headers:
        for name, value in header.fixed.items():
            field = header.layout.fields[name]
            first, size = field.bytes
            below = size * 8 - (field.bit - first * 8) - field.type.bits
            mask, before = found.get((start + first, size), (0, 0))
            whole = (1 << field.type.bits) - 1 << below
            found[start + first, size] = mask | whole, before | value << below
        for name in header.own:
            field = header.layout.fields[name]
            own.append(OwnAddress(start + field.bytes[0], field.type.bits // 8, field.type.name))
        start += header.layout.size + header.extra
    fixed = [Fixed(offset, size, mask, value) for (offset, size), (mask, value) in sorted(found.items())]
    return form.Template(declared.name.text, tuple(fixed), tuple(own), span=declared.span)


# ---- sending


def send(lower: Statements, frames_of: Frames, last: tree.Name, statement: tree.Send) -> form.Send:
    """`send NAME(…)`: a frame of the template with the free fields that are given. An address of the sender's that is
    not given is the one that the packet was sent to."""
    span = statement.span
    given = sends.arguments(lower, statement, [header.layout for header in frames_of.headers])
    headers = Headers(own=list(frames_of.core.own))
    for header in frames_of.headers:
        values = given.fields[header.layout.name]
        for name in header.own:
            if name not in values:
                values[name] = _received_at(lower, header, name, last, span)
        headers.parts.append(header.part(values, span))
    pieces = sends.frame(lower, headers, given, span)
    return form.Send("send", pieces, tuple(headers.own), frames_of.core.name, span=span)


def _received_at(lower: Statements, header: Built, name: str, last: tree.Name, span: Span) -> form.Expression:
    """The address that the packet was sent to, by the field of the same header that `name` changes places with."""
    arrival = places.arrival(lower, last)
    all_ways = arrival.headers if isinstance(arrival, places.Arrival) else (arrival,)
    found = [next((one for one in way if one.layout.name == header.layout.name), None) for way in all_ways]
    place = found[0] if all(one == found[0] for one in found) else None  # the same one by every way
    for exchange in header.layout.exchanges:
        if place is not None and exchange.fields is not None and exchange.fields[0] == name:
            field = place.layout.fields[exchange.fields[1]]
            return places.field_value(lower, place, field, None, span).core
    help = f"give it: `{header.layout.name}({name}: …)`"
    if None in found and any(found):
        help = f"the packet may come without {header.layout.name}: bind to `{header.layout.name}/{last}`, or {help}"
    remark = f"which of your addresses is the {name} of {header.layout.name}?"
    raise wrong(codes.BAD_ARGUMENT, span, remark, help=help, name="send")
