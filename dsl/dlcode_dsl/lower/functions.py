"""Functions: pure, written out where they are called, with names of their own.

A function whose one value stands at its end is lowered where the call stands; one that returns earlier is a block that
its returns leave. What it reads without an `else` is claimed to be there.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body
from ..diagnostics import Diagnostic
from ..layout import Layout
from ..module import Module
from ..syntax import tree
from ..types import BOOL, ValueType, value_type
from ..wrong import Wrong, unknown, wrong
from . import fold, places, values
from .emit import LARGEST_PROGRAM, TooLarge
from .names import Local, Meaning, Silent
from .places import Place
from .statements import Statements
from .values import Typed

if TYPE_CHECKING:
    from .expressions import Lowering

LARGEST_RESULT = 16
"""Most nodes of a result that is written where the call stands: one that is larger gets a name."""


def declared(lower: Lowering, call: tree.Call) -> tree.Function | None:
    """The function that is called. Raises Wrong where it cannot be, for it calls itself or others too deep."""
    function = lower.module.functions.get(call.name.text)
    if function is not None and function.name.text not in lower.module.calls:
        raise _endless(call.name)
    return function


def _endless(name: tree.Name) -> Wrong:
    return wrong(codes.CIRCULAR, name.span, "it calls itself, or others too deep or too often", name=name)


def view_of(lower: Lowering, call: tree.Call) -> Layout | None:
    """The layout of the view that a call comes to, if it comes to one."""
    function = lower.module.functions.get(call.name.text)
    if function is None or value_type(function.returns.name.text) is not None:
        return None
    name = function.returns.name
    return lower.module.messages.get(name.text) or lower.module.headers.get(name.text)


def value(lower: Lowering, call: tree.Call, function: tree.Function, absent: Body | None) -> Typed:
    """What a call comes to, where that is a value; `absent` runs where an argument is not there."""
    type = _value_type(lower.module, function.returns, "result")
    if type is None:
        found = f"a view of `{function.returns.name}`"
        raise wrong(codes.WRONG_TYPE, call.span, found=found, wanted="a value", help=f"write `{call.span.text}.FIELD`")
    return _Value(lower, call, function, absent, type).lowered()


def view(lower: Lowering, call: tree.Call, function: tree.Function, absent: Body | None) -> Place:
    """The view that a call comes to; `absent` runs where there is none."""
    return _View(lower, call, function, absent, lower.layout(function.returns.name)).lowered()


def judge(module: Module) -> list[Diagnostic]:
    """What is wrong with functions that nothing calls, as far as that does not depend on a caller."""
    found: list[Diagnostic] = []
    for function in sorted(module.functions.values(), key=lambda each: -_depth(module, each)):  # callers first
        name = function.name
        if name.text not in module.calls:
            found.append(_endless(name).diagnostic)
        elif name.text not in module.called:
            try:
                found += _judged(module, function)
            except TooLarge:
                found.append(wrong(codes.PROGRAM_TOO_LARGE, name.span, name=name, limit=LARGEST_PROGRAM).diagnostic)
    return found


def _depth(module: Module, function: tree.Function) -> int:
    return module.calls[function.name.text].depth if function.name.text in module.calls else 0


def _judged(module: Module, function: tree.Function) -> list[Diagnostic]:
    """What is wrong with a function, by a call of it with arguments of which nothing is known."""
    from .filters import FilterLowering

    caller = FilterLowering(module, function.name, "ethernet", function.span)
    with caller.recovering():
        arguments: list[tree.Argument] = []
        for parameter in function.parameters:
            type, span = _parameter_type(module, parameter), parameter.name.span
            core = type.core if isinstance(type, ValueType) else form.U32
            variable = form.Variable(caller.emitter.fresh(parameter.name.text), core)
            name = f" {parameter.name}"  # as none is written
            if isinstance(type, ValueType):
                caller.names[name] = Local(type, variable, mutable=False)
            else:
                caller.names[name] = Place(type, variable, 0, sure=True)
            arguments.append(tree.Argument(None, tree.Use(tree.Name(name, span=span), span=span), span=span))
        call = tree.Call(function.name, tuple(arguments), span=function.name.span)
        if view_of(caller, call) is None:
            value(caller, call, function, caller.miss)
        else:
            view(caller, call, function, caller.miss)
    return [each for each in caller.found if each.code not in (codes.MAY_BE_ABSENT, codes.NO_PATH)]


def _value_type(module: Module, written: tree.TypeName, what: str) -> ValueType | None:
    """The type of a parameter or result that is a value; None where it is a header or message. Raises Wrong."""
    type = value_type(written.name.text)
    if type is None and written.name.text not in module.headers and written.name.text not in module.messages:
        known = ("u8", "u16", "u32", "u64", "bool", "mac", "ip4", "ip6", *module.headers, *module.messages)
        raise unknown(f"type of a {what}", written.name, known)
    if written.count is not None:
        raise wrong(codes.WRONG_TYPE, written.span, found="an array", wanted=f"the type of a {what}")
    if what == "result" and written.optional != (type is None):
        help = "a view may be absent, and says so" if type is None else "only a view may be absent"
        wanted = f"`{written.name}?`" if type is None else f"`{written.name}`"
        raise wrong(codes.WRONG_TYPE, written.span, help=help, found=f"`{written.span.text}`", wanted=wanted)
    if what == "parameter" and written.optional:
        help = "what is handed over is there: find it before, with an `else`"
        found, wanted = f"`{written.span.text}`", f"`{written.name}`"
        raise wrong(codes.WRONG_TYPE, written.span, help=help, found=found, wanted=wanted)
    return type


def _parameter_type(module: Module, parameter: tree.Variable) -> ValueType | Layout:
    type = _value_type(module, parameter.type, "parameter")
    name = parameter.type.name.text
    return type if type is not None else module.messages.get(name) or module.headers[name]


class _Call(Statements):
    """The body of a function, for one call of it."""

    def __init__(self, caller: Lowering, call: tree.Call, function: tree.Function, absent: Body | None) -> None:
        super().__init__(caller.module, caller.link)
        self.caller, self.call, self.function, self.absent = caller, call, function, absent
        self.emitter, self.found, self.warnings = caller.emitter, caller.found, caller.warnings
        self.payload_header, self.claims = caller.payload_header, caller.claims
        self.label: str | None = None  # of the block that a return leaves, if there is one
        self.module.called.add(function.name.text)

    @property
    def ending(self) -> str:  # type: ignore[override]
        """What ends a call early, in words."""
        return "a value to return"

    def bound(self) -> None:
        """Give the parameters their values. Raises Wrong."""
        self.emitter.charge(1)
        parameters, arguments = self.function.parameters, self.call.arguments
        if len(arguments) != len(parameters):
            remark = f"it takes {len(parameters)} argument{'' if len(parameters) == 1 else 's'}, not {len(arguments)}"
            raise wrong(codes.BAD_ARGUMENT, self.call.span, remark, name=self.call.name)
        meanings: dict[str, Meaning] = {}
        for parameter, argument in zip(parameters, arguments, strict=True):
            if argument.name is not None:
                raise wrong(codes.BAD_ARGUMENT, argument.span, "its arguments have no names", name=self.call.name)
            if parameter.name.text in meanings:
                raise wrong(codes.DECLARED_TWICE, parameter.name.span, name=parameter.name)
            meanings[parameter.name.text] = self._bound(parameter, argument)
        self.names = meanings

    def _bound(self, parameter: tree.Variable, argument: tree.Argument) -> Meaning:
        type, span = _parameter_type(self.module, parameter), argument.span
        if isinstance(type, ValueType):
            core = values.converted(self.caller.value(argument.value, self.absent), type)
            return Local(type, self.emitter.let(parameter.name.text, core, span), mutable=False)
        layout = self.caller.layout_of(argument.value)
        if layout is None or (layout.kind, layout.name) != (type.kind, type.name):
            found = "a value" if layout is None else f"the {layout.kind} `{layout.name}`"
            raise wrong(codes.WRONG_TYPE, span, found=found, wanted=f"the {type.kind} `{type.name}`")
        return self.caller.place(argument.value, self.absent)

    def run(self) -> None:
        """The body, after which the function's value is known. Raises Silent where something is wrong with it."""
        known = len(self.found)
        ended = self.statements(self.function.body, outermost=True)
        if len(self.found) > known:
            raise Silent
        if not ended:
            help = "the last line of a function is its value"
            name = self.function.name
            raise wrong(codes.NO_VERDICT, name.span, name=name, wanted="a value", help=help)

    @abstractmethod
    def give(self, value: tree.Expression) -> None:
        """Make an expression what the call comes to."""

    # ---- statements

    def end(self, statement: tree.Return | tree.Verdict | tree.Evaluate, last: bool) -> None:
        match statement:
            case tree.Verdict(word):
                help = "a function comes to a value; verdicts are a handler's"
                found = f"the verdict `{word}`"
                raise wrong(codes.WRONG_TYPE, statement.span, found=found, wanted="a value", help=help)
            case tree.Evaluate(value) if not last:
                raise wrong(codes.UNUSED, value.span, help="a function's value is its last expression, or `return`")
            case tree.Return(value) | tree.Evaluate(value):
                self.give(value)
                if self.label is not None and not (last and isinstance(statement, tree.Evaluate)):
                    self.emitter.emit(form.Leave(self.label, span=statement.span))

    def effect(self, statement: tree.Send | tree.Wake) -> None:
        name = self.function.name
        raise wrong(codes.WITHOUT_MAY, statement.span, "a function is pure", name=name, effect="do anything")

    def leaving(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        if isinstance(alternative, tree.Truth) and self.function.returns.name.text == BOOL.name:
            return self.giving_up(alternative)
        return None

    def giving_up(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        span = alternative.span
        if isinstance(alternative, tree.Verdict):
            found = f"the verdict `{alternative.word}`"
            raise wrong(codes.WRONG_TYPE, span, found=found, wanted="a value to return")
        with self.emitter.nested() as body:
            self.end(tree.Return(alternative, span=span), last=True)
        if not all(isinstance(statement, form.Assign | form.Leave) for statement in body):
            help = "name it with `let` before"
            raise wrong(codes.WRONG_TYPE, span, found="a value that is computed", wanted="one of names", help=help)
        return tuple(body)


def jump(lower: Lowering, call: tree.Call, function: tree.Function, absent: Body) -> bool:
    """Go on where a call comes to true, if that is what it comes to and its last line says so; whether it is."""
    if function.returns.name.text != BOOL.name or _ends_early(function.body):
        return False
    _value_type(lower.module, function.returns, "result")
    _Value(lower, call, function, absent, BOOL, jumping=True).lowered()
    return True


class _Value(_Call):
    """A call that comes to a value."""

    def __init__(
        self,
        caller: Lowering,
        call: tree.Call,
        function: tree.Function,
        absent: Body | None,
        type: ValueType,
        *,
        jumping: bool = False,
    ) -> None:
        super().__init__(caller, call, function, absent)
        self.type = type
        self.jumping = jumping  # the value is a condition, and `absent` runs where it is false
        self.result: form.Expression = fold.constant(0, type.core, call.span)

    def lowered(self) -> Typed:
        """Its value."""
        self.bound()
        span, name = self.call.span, self.function.name.text
        if not _ends_early(self.function.body):
            self.run()
            if fold.size(self.result) > LARGEST_RESULT:
                self.result = self.emitter.let(name, self.result, span)
            return Typed(self.type, self.result, span)
        answer = self.emitter.variable(name, self.result, span)
        self.result, self.label = answer, self.emitter.fresh(name)
        with self.emitter.nested() as body:
            self.run()
        self.emitter.block(self.label, body, span)
        self.emitter.settle(answer)
        return Typed(self.type, answer, span)

    def give(self, value: tree.Expression) -> None:
        if self.jumping:
            assert self.absent is not None
            self.jump(value, self.absent)
            return
        if self.type == BOOL:
            core = self.truth(value, value.span)
        else:
            core = values.converted(self.value(value, None), self.type)
        if self.label is None:
            self.result = core
        elif core != fold.constant(0, self.type.core):  # which it is already
            assert isinstance(self.result, form.Variable)
            self.emitter.emit(form.Assign(self.result.name, core, span=value.span))


class _View(_Call):
    """A call that comes to a view, or to none."""

    def __init__(
        self, caller: Lowering, call: tree.Call, function: tree.Function, absent: Body | None, layout: Layout
    ) -> None:
        super().__init__(caller, call, function, absent)
        self.layout_given = layout
        self.place_given: Place | None = None
        self.at: form.Variable | None = None
        self.limit: form.Variable | None = None
        self.present: form.Variable | None = None

    def lowered(self) -> Place:
        """Where it lies."""
        _value_type(self.module, self.function.returns, "result")
        self.bound()
        span, name = self.call.span, self.function.name.text
        if not _ends_early(self.function.body) and self.function.body[-1:] != (tree.Evaluate(tree.Truth(False)),):
            self.run()
            assert self.place_given is not None
            return self.place_given
        self.at = self.emitter.variable(f"{name}.at", fold.constant(0, span=span), span)
        self.limit = self.emitter.variable(f"{name}.limit", fold.constant(0, span=span), span)
        self.present = self.emitter.variable(f"{name}.present", fold.truth(False, span), span)
        self.label = self.emitter.fresh(name)
        with self.emitter.nested() as body:
            self.run()
        self.emitter.block(self.label, body, span)
        self.caller.unless(self.present, self.absent, span)
        return Place(self.layout_given, self.at, 0, sure=True, limit=self.limit)

    def give(self, value: tree.Expression) -> None:
        if value == tree.Truth(False) and self.label is not None:  # there is none
            return
        layout, given = self.layout_of(value), self.layout_given
        if layout is None or (layout.kind, layout.name) != (given.kind, given.name):
            found = "a value" if layout is None else f"the {layout.kind} `{layout.name}`"
            raise wrong(codes.WRONG_TYPE, value.span, found=found, wanted=f"a view of `{given.name}`, or false")
        if self.label is None:
            self.place_given = self.place(value, self.absent)
            return
        assert self.at is not None
        assert self.limit is not None
        assert self.present is not None
        span = value.span
        place = self.place(value, (form.Leave(self.label, span=span),))
        if not place.sure:  # a header, of which no more than its constraints is known
            end = fold.compare("<=", place.offset(given.size, span), places.PACKET, span)
            self.unless(end, (form.Leave(self.label, span=span),), span)
        self.emitter.emit(form.Assign(self.at.name, place.offset(0, span), span=span))
        self.emitter.emit(form.Assign(self.limit.name, place.limit, span=span))
        self.emitter.emit(form.Assign(self.present.name, fold.truth(True, span), span=span))


def _ends_early(body: tree.Body) -> bool:
    """Whether a function may come to its value before its last line."""
    return any(_may_end(statement) for statement in body[:-1]) or (bool(body) and _may_end(body[-1], last=True))


def _may_end(statement: tree.Statement, *, last: bool = False) -> bool:
    match statement:
        case tree.Return():
            return not last
        case tree.Let(_, tree.Otherwise(value, alternative)):
            number = isinstance(value, tree.Index) or (
                isinstance(value, tree.As) and value_type(value.type.name.text) is not None
            )
            return isinstance(alternative, tree.Truth) or not number
        case tree.If(_, then, otherwise):
            return any(_may_end(each) for each in (*then, *otherwise))
        case tree.While() | tree.For():
            limit = statement.claims.limit
            return (limit is not None and limit.alternative is not None) or any(map(_may_end, statement.body))
    return False
