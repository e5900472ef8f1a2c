"""The rules of the core form, each stated where it is tested.

`check_program` returns what it finds and never raises; an empty list means that the interpreter, the verifier and every
code generator may rely on the rules. A front end that breaks one has a bug: sources are judged before they get here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from ..source import Span
from . import form
from .form import BOOL, U8, U32, Body, Expression, Program, Statement, Type
from .operators import COMPARISONS, OPERATORS
from .text import print_program

GAUGES = (form.U8, form.U16, form.U32)
CELLS = (form.U8, form.U16, form.U32, form.U64)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of the core form that a node breaks."""

    reason: str
    span: Span


class IllFormed(AssertionError):
    """A core program that breaks the form's rules: a bug of whoever made it."""


_well_formed: WeakValueDictionary[int, Program] = WeakValueDictionary()


def assert_well_formed(program: Program) -> None:
    """Raise IllFormed, with the program and the findings, unless the program keeps all rules.

    A program object that was found to keep them is not looked at again: its nodes never change.
    """
    if _well_formed.get(id(program)) is program:
        return
    findings = check_program(program)
    if findings:
        raise IllFormed("\n".join(finding.reason for finding in findings) + "\n" + print_program(program))
    _well_formed[id(program)] = program


def check_program(program: Program) -> list[Finding]:
    """Each broken rule, in the order of the text."""
    return list(_Checker(program).program())


def check_expression(program: Program, expression: Expression, names: dict[str, Type]) -> list[Finding]:
    """Each rule that an expression breaks as a claim of this program, in which these names are in scope."""
    scope = {name: (type, False) for name, type in names.items()}
    return list(_Checker(program).expression(expression, scope, entry=True))


def leaves(body: Body) -> bool:
    """Whether control never comes out at the end of `body`."""
    return bool(body) and _leaves(body[-1])


def _leaves(statement: Statement) -> bool:
    match statement:
        case form.Exit() | form.Leave():
            return True
        case form.If(_, then, otherwise):
            return leaves(then) and leaves(otherwise)
        case form.Block(label, body):
            return leaves(body) and not any(leaves_to(label, inner) for inner in body)
    return False


def leaves_to(label: str, statement: Statement) -> bool:
    """Whether a statement, or one inside it, leaves to the end of the block or loop of that label."""
    if isinstance(statement, form.Leave):
        return statement.label == label
    return any(leaves_to(label, inner) for body in bodies(statement) for inner in body)


def _emits(body: Body) -> list[Statement]:
    deeper = [emit for statement in body for inner in bodies(statement) for emit in _emits(inner)]
    return [statement for statement in body if isinstance(statement, form.Emit)] + deeper


def fixed_start(send: form.Send) -> int:
    """Bytes at the start of the frame that are there whatever the packet is: pieces of known sizes."""
    total = 0
    for piece in send.pieces:
        match piece:
            case form.Value(value):
                total += value.type.bits // 8
            case form.PacketBytes(_, form.Constant(count)):
                total += count
            case _:
                break
    return total


def bodies(statement: Statement) -> tuple[Body, ...]:
    """The bodies inside a statement, in the order of the text."""
    match statement:
        case form.If(_, then, otherwise):
            return then, otherwise
        case form.Block(_, body):
            return (body,)
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return (otherwise,)
        case form.Loop():
            return statement.head, statement.body, statement.exhausted or ()
    return ()


class _Checker:
    def __init__(self, program: Program) -> None:
        self.of = program
        self.regions = {region.name: region for region in program.regions}
        self.pipes = {pipe.name: pipe for pipe in program.pipes}
        self.bound: set[str] = set()  # a name is bound once in a program, so that no rule needs shadowing
        self.labels: list[str] = []
        self.pipe: form.Pipe | None = None

    def program(self) -> Iterator[Finding]:
        of = self.of
        if not 0 < of.maximum <= form.MAXIMUM_PACKET:
            yield Finding(f"the longest packet is 1 to {form.MAXIMUM_PACKET} bytes", of.span)
        if of.kind == "filter" and (of.regions or of.may or of.on or of.pipes):
            yield Finding("a filter owns nothing and does nothing", of.span)
        for name, count in _counts([region.name for region in of.regions] + [pipe.name for pipe in of.pipes]).items():
            if count > 1:
                yield Finding(f"{name} is declared {count} times", of.span)
        for region in of.regions:
            if region.cell not in CELLS or not 0 < region.count < 1 << 32:  # its extent is a u32
                yield Finding(f"@{region.name}: 1 to 2^32 - 1 cells of u8, u16, u32 or u64", region.span)
        for effect in of.may:
            if effect not in form.EFFECTS:
                yield Finding(f"no effect is called {effect}", of.span)
        if of.templates and "send" not in of.may:
            yield Finding("a template is for `may send`", of.span)
        for template in of.templates:
            yield from self.template_rules(template)
        for requirement in of.requires:
            yield from self.typed(requirement, BOOL, {}, "a requirement")
        for pipe in of.pipes:
            yield from self.pipe_rules(pipe)
        if of.on is not None:
            if of.on.kind != "filter" or of.on.link != of.link or of.on.maximum != of.maximum:
                yield Finding("the binding is a filter on the same link and length", of.on.span)
            yield from _Checker(of.on).program()
        yield from self.body(of.body, {})
        if not leaves(of.body):
            yield Finding("the end of the program can be reached without a verdict", of.span)

    def template_rules(self, template: form.Template) -> Iterator[Finding]:
        for part in template.fixed:
            whole = (1 << part.size * 8) - 1
            if part.offset < 0 or not 1 <= part.size <= 16 or not 0 < part.mask <= whole or part.value & ~part.mask:
                yield Finding("fixed bytes are 1 to 16, and their value lies in their mask", template.span)

    def pipe_rules(self, pipe: form.Pipe) -> Iterator[Finding]:
        if pipe.gauge not in GAUGES:
            yield Finding(f"a pipe's gauge is u8, u16 or u32, not {pipe.gauge}", pipe.span)
        names = {pipe.word: (pipe.gauge, False)}
        names |= {state.name: (state.initial.type, True) for state in pipe.states}
        if self.bound & names.keys() or len(names) != len(pipe.states) + 1:
            yield Finding("a name is bound once", pipe.span)
        self.bound |= names.keys()
        self.pipe = pipe
        yield from self.body(pipe.body, names)
        at_top = [statement for statement in pipe.body if isinstance(statement, form.Emit)]
        if len(at_top) != 1 or len(_emits(pipe.body)) != 1:
            yield Finding("a pipe emits once, at the top of its body", pipe.span)
        if pipe.finish is not None:
            yield from self.expression(pipe.finish, {state.name: (state.initial.type, True) for state in pipe.states})
        self.pipe = None

    # ---- statements; `names` maps what is in scope to (type, mutable)

    def body(self, body: Body, outer: dict[str, tuple[Type, bool]]) -> Iterator[Finding]:
        names = dict(outer)
        for position, statement in enumerate(body):
            yield from self.statement(statement, names)
            if _leaves(statement) and position + 1 < len(body):
                yield Finding("nothing gets here", body[position + 1].span)

    def bind(
        self, name: str, type: Type, mutable: bool, names: dict[str, tuple[Type, bool]], span: Span
    ) -> Iterator[Finding]:
        if name in self.bound:
            yield Finding(f"%{name} is bound twice", span)
        self.bound.add(name)
        names[name] = type, mutable

    def leaving(self, body: Body, names: dict[str, tuple[Type, bool]], what: str, span: Span) -> Iterator[Finding]:
        yield from self.body(body, names)
        if not leaves(body):
            yield Finding(f"{what} leaves", span)

    def statement(self, statement: Statement, names: dict[str, tuple[Type, bool]]) -> Iterator[Finding]:
        span = statement.span
        if self.pipe is not None and not isinstance(statement, form.Let | form.Assign | form.Emit | form.If):
            yield Finding("a pipe only computes", span)
        match statement:
            case form.Let(name, value, mutable):
                yield from self.expression(value, names)
                yield from self.bind(name, value.type, mutable, names, span)
            case form.Assign(name, value):
                type, mutable = names.get(name, (value.type, False))
                if not mutable:
                    yield Finding(f"%{name} is not a mutable name in scope", span)
                yield from self.typed(value, type, names, f"%{name}")
            case form.Read(name, type, offset, otherwise):
                if type.bits % 8 or not 8 <= type.bits <= 128:
                    yield Finding("a read takes 1 to 16 whole bytes", span)
                yield from self.typed(offset, U32, names, "an offset")
                if otherwise is not None:
                    yield from self.leaving(otherwise, names, "what runs where the bytes are not there", span)
                yield from self.bind(name, type, False, names, span)
            case form.If(condition, then, otherwise):
                yield from self.typed(condition, BOOL, names, "a condition")
                yield from self.body(then, names)
                yield from self.body(otherwise, names)
            case form.Block(label, body):
                yield from self.labelled(label, body, names, span)
            case form.Leave(label):
                if label not in self.labels:
                    yield Finding(f"no enclosing block or loop is called {label}", span)
            case form.Loop():
                yield from self.loop(statement, names)
            case form.Store(region, index, value):
                yield from self.cell(region, index, names, span)
                if region in self.regions:
                    yield from self.typed(value, self.regions[region].cell, names, f"a cell of @{region}")
            case form.Rewrite(offset, value):
                yield from self.permitted("rewrite", span)
                yield from self.typed(offset, U32, names, "an offset")
                yield from self.expression(value, names)
                if value.type.bits % 8 or not value.type.bits:
                    yield Finding("whole bytes are written", span)
            case form.Copy():
                yield from self.copy(statement, names)
            case form.Emit(value):
                if self.pipe is None:
                    yield Finding("only a pipe emits", span)
                else:
                    yield from self.typed(value, self.pipe.gauge, names, "what is emitted")
            case form.Send():
                yield from self.send(statement, names)
            case form.Wake():
                yield from self.permitted("wake", span)
            case form.Check(_, condition):
                yield from self.typed(condition, BOOL, names, "a claim", entry=True)
            case form.Exit(verdict):
                allowed = form.FILTER_VERDICTS if self.of.kind == "filter" else form.HANDLER_VERDICTS
                if verdict not in allowed:
                    yield Finding(f"a {self.of.kind} does not end in {verdict.value}", span)

    def labelled(self, label: str, body: Body, names: dict[str, tuple[Type, bool]], span: Span) -> Iterator[Finding]:
        if label in self.labels:
            yield Finding(f"{label} is the name of an enclosing block", span)
        self.labels.append(label)
        yield from self.body(body, names)
        self.labels.pop()

    def loop(self, loop: form.Loop, outer: dict[str, tuple[Type, bool]]) -> Iterator[Finding]:
        names = dict(outer)
        self.labels.append(loop.label)
        for statement in loop.head:  # what the head binds, the condition and the body see
            yield from self.statement(statement, names)
        for condition in (loop.condition, *loop.invariants):
            yield from self.typed(condition, BOOL, names, "a loop's condition", entry=condition is not loop.condition)
        for measure in loop.decreases:
            yield from self.expression(measure, names)
        if loop.limit is not None and loop.limit < 0:
            yield Finding("a limit is a count", loop.span)
        if loop.exhausted is not None:
            if loop.limit is None:
                yield Finding("only a limit can be exhausted", loop.span)
            yield from self.leaving(loop.exhausted, names, "what runs past the limit", loop.span)
        yield from self.body(loop.body, names)
        self.labels.pop()

    def copy(self, copy: form.Copy, names: dict[str, tuple[Type, bool]]) -> Iterator[Finding]:
        for part in (copy.offset, copy.count):
            yield from self.typed(part, U32, names, "a copy's offset or count")
        yield from self.cell(copy.region, copy.index, names, copy.span)
        if copy.region in self.regions and self.regions[copy.region].cell != U8:
            yield Finding("bytes are copied to cells of u8", copy.span)
        for name in copy.through:
            if name not in self.pipes:
                yield Finding(f"no pipe is called {name}", copy.span)
            elif (finish := self.pipes[name].finish) is not None:
                yield from self.bind(f"{copy.result}.{name}", finish.type, False, names, copy.span)
        if len(set(copy.through)) != len(copy.through):
            yield Finding("a pipe stands once in a copy", copy.span)

    def send(self, send: form.Send, names: dict[str, tuple[Type, bool]]) -> Iterator[Finding]:
        yield from self.permitted(send.effect, send.span)
        for piece in send.pieces:
            match piece:
                case form.PacketBytes(offset, count):
                    yield from self.typed(offset, U32, names, "an offset")
                    yield from self.typed(count, U32, names, "a count")
                case form.Value(value):
                    yield from self.expression(value, names)
                    if value.type.bits % 8 or not value.type.bits:
                        yield Finding("a frame is made of whole bytes", piece.span)
        if (send.effect == "send") != (send.template is not None):
            yield Finding("a frame that is no reply has a template", send.span)
        if send.template is not None:
            template = next((one for one in self.of.templates if one.name == send.template), None)
            if template is None:
                yield Finding(f"no template is called {send.template}", send.span)
            elif any(part.offset + part.size > fixed_start(send) for part in template.fixed):
                yield Finding("a template speaks of the part of a frame that is always there", send.span)
            elif not set(template.own) <= set(send.own):
                yield Finding("a frame has its template's own addresses", send.span)
        for address in send.own:  # whoever checks it looks at these bytes of every such frame
            if address.offset < 0 or address.size < 1 or address.offset + address.size > fixed_start(send):
                yield Finding("an own address lies in the part of a frame that is always there", send.span)

    def permitted(self, effect: str, span: Span) -> Iterator[Finding]:
        if effect not in self.of.may:
            yield Finding(f"the program does not say `may {effect}`", span)

    # ---- expressions

    def typed(
        self, expression: Expression, type: Type, names: dict[str, tuple[Type, bool]], what: str, *, entry: bool = False
    ) -> Iterator[Finding]:
        yield from self.expression(expression, names, entry=entry)
        if expression.type != type:
            yield Finding(f"{what} is a {type}, not a {expression.type}", expression.span)

    def cell(
        self, region: str, index: Expression, names: dict[str, tuple[Type, bool]], span: Span, *, entry: bool = False
    ) -> Iterator[Finding]:
        if region not in self.regions:
            yield Finding(f"no region is called @{region}", span)
        yield from self.typed(index, U32, names, "an index", entry=entry)

    def expression(
        self, expression: Expression, names: dict[str, tuple[Type, bool]], *, entry: bool = False
    ) -> Iterator[Finding]:
        span = expression.span
        match expression:
            case form.Constant(value, type):
                if not 0 <= value < 1 << max(type.bits, 1) or type.bits > 128:
                    yield Finding(f"{value} does not fit a {type}", span)
            case form.Variable(name, type):
                if name not in names:
                    yield Finding(f"%{name} is not in scope", span)
                elif names[name][0] != type:
                    yield Finding(f"%{name} is a {names[name][0]}, not a {type}", span)
            case form.Extent(of):
                if of not in ("packet", "wire") and of not in self.regions:
                    yield Finding(f"nothing called {of} has an extent", span)
            case form.Binary(symbol, left, right) | form.Compare(symbol, left, right):
                known = OPERATORS if isinstance(expression, form.Binary) else COMPARISONS
                if symbol not in known:
                    yield Finding(f"no operator is written {symbol}", span)
                yield from self.expression(left, names, entry=entry)
                yield from self.typed(right, left.type, names, f"the right side of {symbol}", entry=entry)
                if left.type == BOOL:
                    yield Finding(f"{symbol} works on numbers", span)
            case form.Logic(symbol, left, right):
                yield from self.typed(left, BOOL, names, f"a side of {symbol}", entry=entry)
                yield from self.typed(right, BOOL, names, f"a side of {symbol}", entry=entry)
            case form.Not(operand):
                yield from self.typed(operand, BOOL, names, "what `not` turns", entry=entry)
            case form.Convert(how, operand, type):
                yield from self.expression(operand, names, entry=entry)
                grows = type.bits >= operand.type.bits
                if not 0 < operand.type.bits or not 0 < type.bits <= 128 or grows != (how == "widen"):
                    yield Finding(f"{how} does not go from {operand.type} to {type}", span)
            case form.ByteSwap(operand):
                yield from self.expression(operand, names, entry=entry)
                if operand.type.bits % 8 or not operand.type.bits:
                    yield Finding("whole bytes are swapped", span)
            case form.Owned(region, index, type) | form.Entry(region, index, type):
                if self.pipe is not None:
                    yield Finding("a pipe sees the stream and its own state, and no region", span)
                yield from self.cell(region, index, names, span, entry=entry)
                if region in self.regions and self.regions[region].cell != type:
                    yield Finding(f"a cell of @{region} is a {self.regions[region].cell}", span)
                if isinstance(expression, form.Entry) and not entry:
                    yield Finding("only a claim speaks of the value at entry", span)


def _counts(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in names}
