"""Expressions: values with their types, by what is written; `conditions`, `views` and `absence` do the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from types import ModuleType

from .. import codes
from ..core import form
from ..core.form import Body
from ..diagnostics import Diagnostic, Edit
from ..layout import Layout, no_field
from ..library import giver
from ..module import Module
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expression
from ..types import ADDRESSES, BOOL, U8, U32, number
from ..wrong import unknown, wrong
from . import absence, conditions, fold, parts, places, values, views
from .emit import Emitter
from .links import Walk
from .names import FieldOf, Local, Meaning, Memory, Poisoned, Record, Silent
from .places import Part, Place
from .values import Literal, Typed, Value

_ADDRESS = re.compile(r"([0-9]+(\.[0-9]+){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*)(/[0-9]+)?")


class Lowering:
    """One program on its way to the core form: the module it stands in, and what its names mean at this point."""

    def __init__(self, module: Module, link: str, names: dict[str, Meaning] | None = None) -> None:
        self.module = module
        self.link = link
        self.emitter = Emitter()
        self.names: dict[str, Meaning] = names or {}
        self.payload_header: tree.Name | None = None  # the header whose payload `payload` is
        self.found: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.at_entry = False  # inside old(…)
        self.claims = False  # inside a claim, where old(…) may stand
        self.walked: Counter[Walk] = Counter()  # walks along chains, and how many times each is written
        self.ahead: tuple[Walk, ...] = ()  # those that are made at the program's start
        self._finding: set[str] = set()  # what is being found at the moment

    def written_twice(self) -> tuple[Walk, ...]:
        """The walks along chains that are written more than once: lowered anew, they are made ahead."""
        return tuple(walk for walk, times in self.walked.items() if times > 1)

    # ---- where names come from

    def inside(self, place: Place) -> AbstractContextManager[None]:
        """Inside a header's declaration: names are its fields."""
        return self.scope({name: FieldOf(place, field) for name, field in place.layout.fields.items()})

    @contextmanager
    def once(self, name: str, span: Span) -> Iterator[None]:
        """While something of a header is found. Raises Wrong where its own declaration asks for it again."""
        if name in self._finding:
            raise wrong(codes.CIRCULAR, span, name=name)
        self._finding.add(name)
        try:
            yield
        finally:
            self._finding.remove(name)

    @contextmanager
    def scope(self, names: dict[str, Meaning] | None = None) -> Iterator[None]:
        """A body, in which names mean what they do outside, or only what is given; what it declares ends with it."""
        outer = self.names
        self.names = dict(outer) if names is None else names
        try:
            yield
        finally:
            self.names = outer

    # ---- conditions

    def unless(self, condition: form.Expression, absent: Body | None, span: Span) -> None:
        """Go on where a core condition holds; run `absent`, or fail a claim, where not."""
        if absent is None:
            self.emitter.emit(form.Check("assertion", condition, span=span))
        elif condition != fold.truth(True):
            self.emitter.emit(form.If(fold.negate(condition), absent, span=span))

    def jump(self, condition: Expression, absent: Body) -> None:
        """Go on where a condition is true; run `absent` where it is false, or where what it compares is absent."""
        conditions.jump(self, condition, absent)

    def truth(self, condition: Expression, span: Span) -> form.Expression:
        """A condition as a value: one expression where it can be, else a variable that control flow sets."""
        return conditions.truth(self, condition, span)

    # ---- values

    def value(self, expression: Expression, absent: Body | None) -> Value:
        """The value of an expression; `absent` runs where it is not there (see `places`)."""
        span = expression.span
        match expression:
            case tree.Number(value):
                return Literal(value, span)
            case tree.Address(kind, value):
                return Typed(ADDRESSES[kind], fold.constant(value, ADDRESSES[kind].core, span), span)
            case tree.Truth(value):
                return Typed(BOOL, fold.truth(value, span), span)
            case tree.Use(name):
                return self._use(name, absent)
            case tree.Dot(target, name):
                return self._dot(target, name, absent, span)
            case tree.Index(target, index):
                return self._element(target, index, absent, span)
            case tree.Call(name, arguments):
                return self._call(expression, name, arguments, absent)
            case tree.Binary(operator, left, right):
                return values.arithmetic(operator, self.value(left, absent), self.value(right, absent), span)
            case tree.As():
                return views.convert(self, expression, absent)
            case tree.Otherwise(value, alternative):
                return absence.otherwise(self, value, alternative, absent, span)
            case tree.Junction() | tree.Compare() | tree.Member() | tree.Not():
                return Typed(BOOL, self.truth(expression, span), span)
            case tree.Slice():
                raise wrong(codes.WRONG_TYPE, span, found="a part of the packet", wanted="a value")
            case tree.Copy():
                raise wrong(codes.WRONG_TYPE, span, found="a copy", wanted="a value")
            case tree.Text(text):
                help, edit = ("an address has no quotes", Edit(span, text)) if _ADDRESS.fullmatch(text) else ("", None)
                raise wrong(codes.WRONG_TYPE, span, found="a string", wanted="a value", help=help, edit=edit)
        raise AssertionError(expression)

    def number(self, expression: Expression, type: form.Type, absent: Body | None) -> form.Expression:
        """A number of exactly this type: a narrower one is widened, a wider one claimed to fit."""
        return values.converted(self.value(expression, absent), number(type.bits))

    # ---- names

    def meaning(self, name: tree.Name) -> Meaning | None:
        """What a name stands for, if it is a name of this program's own."""
        found = self.names.get(name.text)
        if isinstance(found, Poisoned):
            raise Silent
        return found

    def _use(self, name: tree.Name, absent: Body | None) -> Value:
        match self.meaning(name):
            case Local(type, core):
                return Typed(type, replace(core, span=name.span), name.span)
            case FieldOf(place, field):
                return places.field_value(self, place, field, absent, name.span)
            case Memory(region, type, True):
                return Typed(type, self._owned(region, fold.constant(0, span=name.span), name.span), name.span)
            case Memory():
                raise wrong(codes.WRONG_TYPE, name.span, found="an array", wanted="a value", help=f"write `{name}[…]`")
            case Record():
                found = "what pipes finished with"
                raise wrong(codes.WRONG_TYPE, name.span, found=found, wanted="a value", help=f"write `{name}.PIPE`")
            case Part():
                help = f"write `{name}[…]`, or `{name}.len`"
                raise wrong(codes.WRONG_TYPE, name.span, found="a part of the packet", wanted="a value", help=help)
            case Place(layout):
                found = f"a {layout.kind}"
                raise wrong(codes.WRONG_TYPE, name.span, found=found, wanted="a value", help=f"write `{name}.FIELD`")
        constant = self.module.constants.get(name.text)
        if isinstance(constant, tree.Number):
            return Literal(constant.value, name.span)
        if constant is not None:
            return self.value(constant, absent)
        if name.text in self.module.filters:
            return Typed(BOOL, self.truth(tree.Use(name, span=name.span), name.span), name.span)
        if parts.is_part(self, tree.Use(name)):
            help = f"write `{name}[…]`, or `{name}.len`"
            raise wrong(codes.WRONG_TYPE, name.span, found="a part of the packet", wanted="a value", help=help)
        if name.text in self.module.headers:
            help = f"write `{name}.FIELD`, or `has({name})`"
            raise wrong(codes.WRONG_TYPE, name.span, found="a header", wanted="a value", help=help)
        raise unknown("value", name, self.known_names())

    def known_names(self) -> list[str]:
        """What a name could have meant."""
        module = self.module
        return [*self.names, *module.constants, *module.filters, *module.headers, "pkt", "payload"]

    def _dot(self, target: Expression, name: tree.Name, absent: Body | None, span: Span) -> Value:
        if isinstance(target, tree.Use):
            match self.meaning(target.name):
                case Record(members):
                    if name.text not in members:
                        raise no_field(target.name.text, name, members)
                    return replace(members[name.text], span=span)
                case Memory(region) if name.text == "len":
                    return Typed(U32, form.Extent(region.name, span=span), span)
                case None if target.name.text == "pkt" and name.text == "wire_len":
                    return Typed(U32, form.Extent("wire", span=span), span)
        if parts.is_part(self, target):
            return parts.member(self, target, name, absent, span)
        if self.layout_of(target) is not None:
            return self._of_place(target, name, absent, span)
        if isinstance(target, tree.Use) and target.name.text not in self.known_names():
            raise unknown("value", target.name, self.known_names())
        raise wrong(codes.NO_FIELD, name.span, of=target.span.text or "this", field=name)

    def _of_place(self, target: Expression, name: tree.Name, absent: Body | None, span: Span) -> Value:
        if parts.is_part(self, tree.Dot(target, name, span=span)):
            help = f"write `{span.text}[…]`, or `{span.text}.len`"
            raise wrong(codes.WRONG_TYPE, span, found="a part of the packet", wanted="a value", help=help)
        place = self.place(target, absent)
        if name.text in place.layout.fields:
            return places.field_value(self, place, place.layout.fields[name.text], absent, span)
        match name.text:
            case "start":
                return Typed(U32, place.offset(0, span), span)
            case "end":
                return Typed(U32, places.end_of(self, place, absent, span), span)
        raise no_field(place.layout.name, name, place.layout.fields)

    # ---- headers, messages and views

    def is_header(self, name: tree.Name) -> bool:
        """Whether a name is a header's."""
        return name.text in self.module.headers and name.text not in self.names

    def layout_of(self, expression: Expression) -> Layout | None:
        """The layout of the header, message or view that an expression stands for, if it stands for one."""
        if isinstance(expression, tree.Use):
            found = self.meaning(expression.name)
            if isinstance(found, Place):
                return found.layout
            return self.module.headers[expression.name.text] if self.is_header(expression.name) else None
        if isinstance(expression, tree.As) and views.is_view(self, expression):
            return self.layout(expression.type.name)
        if isinstance(expression, tree.Call):
            called: Layout | None = _functions().view_of(self, expression)
            return called
        return None

    def place(self, expression: Expression, absent: Body | None) -> Place:
        """Where the header, message or view that an expression stands for lies; `absent` runs where there is none."""
        if isinstance(expression, tree.As):
            return views.view(self, expression, absent)
        if isinstance(expression, tree.Call):
            function = _functions().declared(self, expression)
            assert function is not None
            called: Place = _functions().view(self, expression, function, absent)
            return called
        assert isinstance(expression, tree.Use)
        found = self.meaning(expression.name)
        if not isinstance(found, Place):
            return places.locate(self, expression.name, absent)
        if found.present is not None:
            self.unless(found.present, absent, expression.span)
        return replace(found, present=None)

    # ---- owned memory

    def memory(self, target: Expression) -> Memory | None:
        """The owned memory that an expression names."""
        if isinstance(target, tree.Use):
            found = self.meaning(target.name)
            if isinstance(found, Memory):
                return found
        return None

    def cell_index(self, index: Expression, absent: Body | None) -> form.Expression:
        """An index of an array, as a u32."""
        return self.number(index, form.U32, absent)

    def _element(self, target: Expression, index: Expression, absent: Body | None, span: Span) -> Value:
        memory = self.memory(target)
        if memory is not None and not memory.scalar:
            return Typed(memory.type, self._owned(memory.region, self.cell_index(index, absent), span), span)
        if parts.is_part(self, target):
            return parts.read(self, parts.part(self, target, absent), index, U8, absent, span)
        if isinstance(target, tree.Use) and target.name.text not in self.known_names():
            raise unknown("array", target.name, self.known_names())
        raise wrong(codes.WRONG_TYPE, target.span, found="no array", wanted="an array, or a part of the packet")

    def _owned(self, region: form.Region, index: form.Expression, span: Span) -> form.Expression:
        node = form.Entry if self.at_entry else form.Owned
        return node(region.name, index, region.cell, span=span)

    # ---- calls, conversions, absence

    def _call(
        self, whole: tree.Call, name: tree.Name, arguments: tuple[tree.Argument, ...], absent: Body | None
    ) -> Value:
        match name.text:
            case "has":
                return Typed(BOOL, self.truth(whole, whole.span), whole.span)
            case "bswap":
                operand = values.settled(self.value(conditions.only(name, arguments), absent))
                if not operand.type.numeric or operand.type.bits % 8:
                    found, wanted = str(operand.type), "a number of whole bytes"
                    raise wrong(codes.WRONG_TYPE, operand.span, found=found, wanted=wanted)
                return Typed(operand.type, form.ByteSwap(operand.core, span=whole.span), whole.span)
            case "old":
                if not self.claims:
                    remark = "the value at entry is spoken of only in `ensures`"
                    raise wrong(codes.BAD_ARGUMENT, whole.span, remark, name=name)
                outer, self.at_entry = self.at_entry, True
                try:
                    return self.value(conditions.only(name, arguments), absent)
                finally:
                    self.at_entry = outer
        function = _functions().declared(self, whole)
        if function is not None:
            result: Typed = _functions().value(self, whole, function, absent)
            return result
        if name.text in self.module.headers or name.text in self.module.messages:
            raise wrong(codes.WRONG_TYPE, whole.span, found="a packet being built", wanted="a value")
        file = giver(name.text)
        if file is not None:
            raise wrong(codes.UNKNOWN_NAME, name.span, help=f"`use {file}` gives it", what="function", name=name)
        raise unknown("function", name, ("has", "bswap", "old", *self.module.functions))

    def layout(self, name: tree.Name) -> Layout:
        """The message or header of that name."""
        found = self.module.messages.get(name.text) or self.module.headers.get(name.text)
        if found is None:
            raise unknown("message or header", name, [*self.module.messages, *self.module.headers])
        return found


def _functions() -> ModuleType:
    """The lowering of functions, whose bodies are statements, which are lowered by means of this module."""
    from . import functions

    return functions
