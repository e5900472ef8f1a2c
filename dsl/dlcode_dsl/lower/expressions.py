"""Expressions: values with their types, and conditions as control flow.

A packet is read by statements, so a condition becomes a jump: `jump(condition, absent)` makes statements that go on
where it is true and run `absent`, which leaves, where it is false. A comparison of what is absent runs the same body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from .. import codes
from ..core import form
from ..core.check import leaves_to
from ..core.form import Body
from ..diagnostics import Diagnostic
from ..layout import Field, Layout
from ..module import Module
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expression
from ..types import ADDRESSES, BOOL, U32, ValueType, number, value_type
from ..wrong import unknown, wrong
from . import fold, places, values
from .emit import Emitter
from .needs import needs, used
from .places import Place
from .values import Literal, Typed, Value

# ---- what a name stands for


@dataclass(frozen=True)
class Local:
    """A `let` or `var`."""

    type: ValueType
    core: form.Expression  # a variable, or a constant where the name never changes
    mutable: bool


@dataclass(frozen=True)
class FieldOf:
    """A field's own name, inside its header's declaration."""

    place: Place
    field: Field


@dataclass(frozen=True)
class Memory:
    """An owned scalar or array."""

    region: form.Region
    type: ValueType
    scalar: bool


@dataclass(frozen=True)
class Poisoned:
    """A name whose value was refused; its uses are not blamed as well."""


Meaning = Local | Place | FieldOf | Memory | Poisoned

LONGEST_TRUTH = 16
"""Most nodes of a truth value that is written twice: doubled at each level of a nesting, it would grow without end."""


class Silent(Exception):
    """A use of something that has been refused already."""


class Lowering:
    """One program on its way to the core form: the module it stands in, and what its names mean at this point."""

    def __init__(self, module: Module, link: str, names: dict[str, Meaning] | None = None) -> None:
        self.module = module
        self.link = link
        self.emitter = Emitter()
        self.names: dict[str, Meaning] = names or {}
        self.payload_header: tree.Name | None = None  # the header whose payload `payload` is
        self.warnings: list[Diagnostic] = []
        self.at_entry = False  # inside old(…)
        self.claims = False  # inside a claim, where old(…) may stand
        self._finding: set[str] = set()  # what is being found at the moment

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
        span = condition.span
        match condition:
            case tree.Junction("and", terms):
                for term in terms:
                    self.jump(term, absent)
            case tree.Junction(_, terms):
                self._either(condition, terms, absent)
            case tree.Compare(operator, left, right):
                sides = self._brief(self.value(left, absent)), self._brief(self.value(right, absent))
                self.unless(values.compare(operator, *sides, span), absent, span)
            case tree.Member(value, items):
                self._member(value, items, absent, span)
            case tree.Not(operand):
                self._unless_true(operand, absent, span)
            case tree.Call(tree.Name("has"), arguments):
                places.locate(self, self._header_argument(condition.name, arguments), absent)
            case tree.Use(name) if name.text not in self.names and name.text in self.module.filters:
                self._inline(name, absent)
            case _:
                self.unless(values.expect(self.value(condition, absent), BOOL), absent, span)

    def _brief(self, value: Value) -> Value:
        """A value of which a comparison of truths is made, that writes it twice: a long one under a name of its own."""
        if isinstance(value, Typed) and value.type == BOOL and fold.size(value.core) > LONGEST_TRUTH:
            return replace(value, core=self.emitter.let("truth", value.core, value.span))
        return value

    def _member(self, value: Expression, items: tuple[Expression, ...], absent: Body, span: Span) -> None:
        first = self.value(value, absent)
        if isinstance(first, Typed):
            first = Typed(first.type, self.emitter.let("member", first.core, span), span)
        terms = [values.compare("==", first, self.value(item, absent), item.span) for item in items]
        self.unless(fold.joined("or", terms), absent, span)

    def _either(self, whole: tree.Junction, terms: tuple[Expression, ...], absent: Body) -> None:
        span = whole.span
        self._hoist(whole, absent)
        found = self.emitter.fresh("found")
        with self.emitter.nested() as body:
            plain: list[form.Expression] = []  # conditions of one run of terms that need no statements

            def flush() -> None:
                if plain:
                    self.emitter.emit(form.If(fold.joined("or", plain), (form.Leave(found, span=span),), span=span))
                    plain.clear()

            for term in terms:
                other = self.emitter.fresh("other")
                with self.emitter.nested() as inner:
                    self.jump(term, (form.Leave(other, span=span),))
                condition = as_expression(inner, other)
                if condition is not None:
                    plain.append(condition)
                else:
                    flush()
                    self.emitter.block(other, [*inner, form.Leave(found, span=span)], span)
            if not body:  # no term needed a statement
                condition = fold.joined("or", plain)
            else:
                condition = None
                flush()
                self.emitter.emit(*absent)
        if condition is not None:
            self.unless(condition, absent, span)
        else:
            self.emitter.block(found, body, span)

    def _hoist(self, condition: Expression, absent: Body) -> None:
        """Read what a condition cannot be true without."""
        for (header, field), name in needs(condition, self.module, self.names).items():
            place = places.locate(self, name, absent)
            if field:
                places.field_value(self, place, self.module.headers[header].fields[field], absent, name.span)

    def warn_of_absence(self, operand: Expression, span: Span) -> None:
        """Warn of a `!` whose operand is false where something is absent."""
        if self._may_be_absent(operand):
            help = "an absent value makes a comparison false under every operator; turn the operator instead"
            self.warnings.append(wrong(codes.NOT_OF_ABSENT, span, help=help).diagnostic)

    def _unless_true(self, operand: Expression, absent: Body, span: Span) -> None:
        """`!operand`."""
        self.warn_of_absence(operand, span)
        label = self.emitter.fresh("not")
        with self.emitter.nested() as body:
            self.jump(operand, (form.Leave(label, span=span),))
            condition = as_expression(body, label)
            if condition is None:
                self.emitter.emit(*absent)
        if condition is not None:
            self.unless(fold.negate(condition), absent, span)
        else:
            self.emitter.block(label, body, span)

    def _may_be_absent(self, operand: Expression) -> bool:
        match operand:
            case tree.Junction(_, terms):
                return any(self._may_be_absent(term) for term in terms)
            case tree.Not(inner):
                return self._may_be_absent(inner)
            case tree.Compare(_, left, right):
                found = used(left, self.module, self.names) | used(right, self.module, self.names)
                return not all(self._is_known(*key) for key in found)
            case tree.Member(value, _):
                return not all(self._is_known(*key) for key in used(value, self.module, self.names))
        return False

    def _is_known(self, header: str, field: str) -> bool:
        place = self.emitter.known.get(("header", header))
        return place is not None and (not field or places.is_read(self, place, place.layout.fields[field]))

    def _inline(self, name: tree.Name, absent: Body) -> None:
        """The condition of a filter that is named."""
        declared = self.module.filters[name.text]
        if declared.link.text != self.link:
            raise wrong(codes.WRONG_TYPE, name.span, found=f"a filter on {declared.link}", wanted=f"one on {self.link}")
        if len(declared.body) != 1 or not isinstance(declared.body[0], tree.Evaluate):
            help = "a filter that is used inside another is one expression"
            raise wrong(codes.WRONG_TYPE, name.span, found="a filter with statements", wanted="a condition", help=help)
        if name.text not in self.module.conditions:
            remark = "it names itself, or names others too deep or too often"
            raise wrong(codes.CIRCULAR, name.span, remark, name=name)
        with self.scope({}):
            self.jump(self.module.conditions[name.text], absent)

    def truth(self, condition: Expression, span: Span) -> form.Expression:
        """A condition as a value: one expression where it can be, else a variable that control flow sets."""
        label = self.emitter.fresh("false")
        with self.emitter.nested() as body:
            self.jump(condition, (form.Leave(label, span=span),))
            plain = as_expression(body, label)
        if plain is not None:
            return plain
        answer = self.emitter.variable("truth", fold.truth(False, span), span)
        body.append(form.Assign(answer.name, fold.truth(True, span), span=span))
        self.emitter.block(label, body, span)
        return answer

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
                return self._cell(target, index, absent, span)
            case tree.Call(name, arguments):
                return self._call(expression, name, arguments, absent)
            case tree.Binary(operator, left, right):
                return values.arithmetic(operator, self.value(left, absent), self.value(right, absent), span)
            case tree.As(operand, type):
                return self._as(operand, type, absent, span)
            case tree.Otherwise(value, alternative):
                return self._otherwise(value, alternative, absent, span)
            case tree.Junction() | tree.Compare() | tree.Member() | tree.Not():
                return Typed(BOOL, self.truth(expression, span), span)
            case tree.Text():
                raise wrong(codes.WRONG_TYPE, span, found="a string", wanted="a value")
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
        if name.text in self.module.headers:
            help = f"write `{name}.FIELD`, or `has({name})`"
            raise wrong(codes.WRONG_TYPE, name.span, found="a header", wanted="a value", help=help)
        raise unknown("value", name, self.known_names())

    def known_names(self) -> list[str]:
        """What a name could have meant."""
        module = self.module
        return [*self.names, *module.constants, *module.filters, *module.headers, "pkt", "payload"]

    def _dot(self, target: Expression, name: tree.Name, absent: Body | None, span: Span) -> Value:
        match target:
            case tree.Use(tree.Name("pkt")) if "pkt" not in self.names:
                extents = {"len": "packet", "wire_len": "wire"}
                if name.text not in extents:
                    raise wrong(codes.NO_FIELD, name.span, help="pkt has len and wire_len", of="pkt", field=name)
                return Typed(U32, form.Extent(extents[name.text], span=span), span)
            case tree.Use(tree.Name("payload") as word) if "payload" not in self.names:
                if self.payload_header is None:
                    help = "a filter asks for the payload of a header: `udp.payload.len`"
                    raise wrong(codes.UNKNOWN_NAME, word.span, help=help, what="value", name="payload")
                header = tree.Name(self.payload_header.text, span=word.span)
                return self._of_payload(header, name, absent, span)
            case tree.Dot(tree.Use(header), tree.Name("payload")) if self._is_header(header):
                return self._of_payload(header, name, absent, span)
            case tree.Use(header) if self._is_header(header):
                return self._of_place(places.locate(self, header, absent), name, absent, span)
            case tree.Use(local):
                match self.meaning(local):
                    case Place() as place:
                        return self._of_place(place, name, absent, span)
                    case Memory(region) if name.text == "len":
                        return Typed(U32, form.Extent(region.name, span=span), span)
                if local.text not in self.known_names():
                    raise unknown("value", local, self.known_names())
        raise wrong(codes.NO_FIELD, name.span, of=target.span.text or "this", field=name)

    def _is_header(self, name: tree.Name) -> bool:
        return name.text in self.module.headers and name.text not in self.names

    def _of_place(self, place: Place, name: tree.Name, absent: Body | None, span: Span) -> Value:
        if name.text in place.layout.fields:
            return places.field_value(self, place, place.layout.fields[name.text], absent, span)
        match name.text:
            case "start":
                return Typed(U32, place.offset(0, span), span)
            case "end":
                return Typed(U32, places.end_of(self, place, absent, span), span)
        if place.layout.tail is not None and name.text == place.layout.tail.name:
            raise wrong(codes.NOT_YET, name.span, word=name.text, what="fields of variable length")
        place.layout.field(name)
        raise AssertionError(name)

    def _of_payload(self, header: tree.Name, name: tree.Name, absent: Body | None, span: Span) -> Value:
        payload = places.payload_of(self, header, absent)
        match name.text:
            case "len":
                return Typed(U32, fold.binary("-", payload.end, payload.start, span), span)
            case "start":
                return Typed(U32, payload.start, span)
            case "end":
                return Typed(U32, payload.end, span)
        raise wrong(codes.NO_FIELD, name.span, help="payload has len, start and end", of="payload", field=name)

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

    def _cell(self, target: Expression, index: Expression, absent: Body | None, span: Span) -> Value:
        memory = self.memory(target)
        if memory is not None and not memory.scalar:
            return Typed(memory.type, self._owned(memory.region, self.cell_index(index, absent), span), span)
        match target:
            case tree.Use(tree.Name("pkt" | "payload")):
                help = "say what to read there: `pkt[at] as u16 else 0`"
                raise wrong(codes.WRONG_TYPE, span, found="a place in the packet", wanted="a value", help=help)
            case tree.Use(name) if name.text not in self.known_names():
                raise unknown("array", name, self.known_names())
        raise wrong(codes.WRONG_TYPE, target.span, found="no array", wanted="an array")

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
                operand = values.settled(self.value(_only(name, arguments), absent))
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
                    return self.value(_only(name, arguments), absent)
                finally:
                    self.at_entry = outer
        if name.text in self.module.headers or name.text in self.module.messages:
            raise wrong(codes.WRONG_TYPE, whole.span, found="a packet being built", wanted="a value")
        raise unknown("function", name, ("has", "bswap", "old"))

    def _header_argument(self, name: tree.Name, arguments: tuple[tree.Argument, ...]) -> tree.Name:
        argument = _only(name, arguments)
        if not isinstance(argument, tree.Use) or argument.name.text not in self.module.headers:
            if isinstance(argument, tree.Use):
                raise unknown("header", argument.name, self.module.headers)
            raise wrong(codes.BAD_ARGUMENT, argument.span, "it asks for a header by its name", name=name)
        return argument.name

    def _as(self, operand: Expression, type: tree.TypeName, absent: Body | None, span: Span) -> Value:
        wanted = value_type(type.name.text)
        if isinstance(operand, tree.Index) and _is_packet(operand.target):
            if wanted is not None and wanted.bits and wanted.bits % 8 == 0:
                return self._read_at(operand.index, wanted, absent, span)
            help = f"a view is named first: `let v = {span.text} else …`"
            raise wrong(codes.WRONG_TYPE, span, found="a view", wanted="a value", help=help)
        if wanted is None or type.count is not None:
            raise unknown("type of a value", type.name, ("u8", "u16", "u32", "u64", "bool", *ADDRESSES))
        value = self.value(operand, absent)
        if isinstance(value, Literal) or value.type == BOOL or wanted == BOOL:
            return Typed(wanted, values.expect(value, wanted), span)
        return Typed(wanted, fold.resized(value.core, wanted.core, span), span)

    def _read_at(self, index: Expression, type: ValueType, absent: Body | None, span: Span) -> Value:
        """`pkt[at] as u16`: absent where the bytes are not all captured."""
        at = self.number(index, form.U32, absent)
        name = self.emitter.fresh("at")
        self.emitter.emit(form.Read(name, type.core, at, absent, span=span))
        return Typed(type, form.Variable(name, type.core, span=span), span)

    def view(self, operand: tree.As, absent: Body) -> Place:
        """`pkt[at] as T`, of a header or message."""
        layout = self.layout(operand.type.name)
        assert isinstance(operand.operand, tree.Index)
        start = self.number(operand.operand.index, form.U32, absent)
        if isinstance(start, form.Constant) and start.value > form.MAXIMUM_PACKET:
            raise wrong(codes.DOES_NOT_FIT_LITERAL, start.span, value=start.value, type="any packet")
        return places.view(self, layout, start, places.PACKET, absent, operand.span)

    def layout(self, name: tree.Name) -> Layout:
        """The message or header of that name."""
        found = self.module.messages.get(name.text) or self.module.headers.get(name.text)
        if found is None:
            raise unknown("message or header", name, [*self.module.messages, *self.module.headers])
        return found

    def is_view(self, expression: Expression) -> bool:
        """Whether an expression is `pkt[at] as T` of a header or message."""
        return (
            isinstance(expression, tree.As)
            and isinstance(expression.operand, tree.Index)
            and _is_packet(expression.operand.target)
            and value_type(expression.type.name.text) is None
        )

    def _otherwise(
        self, value: Expression, alternative: Expression | tree.Verdict, absent: Body | None, span: Span
    ) -> Value:
        """`value else alternative`."""
        if isinstance(alternative, tree.Verdict):
            raise wrong(codes.WRONG_TYPE, alternative.span, found="a verdict", wanted="a value")
        done, missing = self.emitter.fresh("done"), self.emitter.fresh("absent")
        with self.emitter.nested() as present_body:
            found = self.value(value, (form.Leave(missing, span=span),))
            present = values.settled(found) if isinstance(alternative, tree.Number) else found
            type = present.type if isinstance(present, Typed) else None
        with self.emitter.nested() as alternative_body:
            other = self.value(alternative, absent)
        left, right = values.agreed(present, other, span) if type is None or type.numeric else (
            present, Typed(type, values.expect(other, type), other.span))  # fmt: skip
        assert isinstance(left, Typed)
        assert isinstance(right, Typed)
        if not any(leaves_to(missing, statement) for statement in present_body):  # it is never absent
            self.emitter.emit(*present_body)
            return left
        answer = self.emitter.variable("value", fold.constant(0, left.type.core, span), span)
        present_body += [form.Assign(answer.name, left.core, span=span), form.Leave(done, span=span)]
        alternative_body.append(form.Assign(answer.name, right.core, span=span))
        body = [form.Block(missing, tuple(present_body), span=span), *alternative_body]
        self.emitter.block(done, body, span)
        return Typed(left.type, answer, span)


def _is_packet(target: Expression) -> bool:
    return isinstance(target, tree.Use) and target.name.text == "pkt"


def _only(name: tree.Name, arguments: tuple[tree.Argument, ...]) -> Expression:
    if len(arguments) != 1 or arguments[0].name is not None:
        raise wrong(codes.BAD_ARGUMENT, name.span, "it takes one argument, without a name", name=name)
    return arguments[0].value


def as_expression(body: list[form.Statement], label: str) -> form.Expression | None:
    """The condition under which control comes out at the end of a body that does nothing but test; else None."""
    terms: list[form.Expression] = []
    for statement in body:
        match statement:
            case form.If(condition, (form.Leave(target),), ()) if target == label:
                terms.append(fold.negate(condition))
            case _:
                return None
    return fold.joined("and", terms)
