"""From Lark's parse tree to the nodes of `tree`, bottom up, without recursion: one method for each rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from ipaddress import AddressValueError, IPv6Address
from typing import Any, cast

from lark import Token, v_args
from lark.visitors import Transformer_NonRecursive

from .. import codes
from ..diagnostics import Diagnostic, diagnostic
from ..source import Source, Span
from . import tree
from .tree import Expression, Name


@dataclass(frozen=True)
class _Invariant:
    """A clause on its way to a loop's head."""

    value: Expression


@dataclass(frozen=True)
class _Finish:
    """A line on its way to a pipe."""

    value: Expression
    span: Span


def build(source: Source, parsed: Any) -> tree.Declaration | Diagnostic:
    """The declaration that a parse tree stands for; a diagnostic where a literal has no value."""
    builder = _Builder(source)
    declaration = builder.transform(parsed)
    return builder.wrong or cast(tree.Declaration, declaration)


@v_args(meta=True)
class _Builder(Transformer_NonRecursive[Token, Any]):
    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.wrong: Diagnostic | None = None

    def span(self, meta: Any) -> Span:
        return Span(self.source, meta.start_pos, meta.end_pos)

    def token_span(self, token: Token) -> Span:
        return Span(self.source, cast(int, token.start_pos), cast(int, token.end_pos))

    def to_name(self, token: Token) -> Name:
        return Name(str(token), span=self.token_span(token))

    def names(self, tokens: list[Token]) -> tuple[Name, ...]:
        return tuple(self.to_name(token) for token in tokens)

    # ---- headers and messages

    def header(self, meta: Any, parts: list[Any]) -> tree.Header:
        return tree.Header(self.to_name(parts[0]), _present(parts[1:]), span=self.span(meta))

    def message(self, meta: Any, parts: list[Any]) -> tree.Message:
        return tree.Message(self.to_name(parts[0]), _present(parts[1:]), span=self.span(meta))

    def field(self, meta: Any, parts: list[Any]) -> tree.Field:
        name, type, constraint, built = parts
        value, nonzero = built or (None, False)
        return tree.Field(self.to_name(name), type, constraint, value, nonzero, span=self.span(meta))

    def type(self, meta: Any, parts: list[Any]) -> tree.TypeName:
        return tree.TypeName(self.to_name(parts[0]), parts[1], parts[2] is not None, span=self.span(meta))

    def constraint(self, meta: Any, parts: list[Any]) -> tuple[str, Expression]:
        return str(parts[0]), parts[1]

    def built(self, meta: Any, parts: list[Any]) -> tuple[Expression, bool]:
        return parts[0], parts[1] is not None

    def next(self, meta: Any, parts: list[Any]) -> tree.Next:
        selector, guard, *links = parts
        name = None if selector is None else self.to_name(selector)
        return tree.Next(name, guard, tuple(links), span=self.span(meta))

    def link(self, meta: Any, parts: list[Any]) -> tuple[tuple[Expression, ...], Name]:
        *values, name = _present(parts)
        return tuple(values), self.to_name(name)

    def header_chain(self, meta: Any, parts: list[Any]) -> tree.Chain:
        selector, guard, limit, *links = parts
        return tree.Chain(self.to_name(selector), guard, limit, tuple(links), span=self.span(meta))

    def ends(self, meta: Any, parts: list[Any]) -> tree.Ends:
        return tree.Ends(parts[0], span=self.span(meta))

    def reply(self, meta: Any, parts: list[Any]) -> tree.Reply:
        source, destination, guard = parts
        fields = None if source is None else (self.to_name(source), self.to_name(destination))
        return tree.Reply(fields, guard, span=self.span(meta))

    def pseudo(self, meta: Any, parts: list[Any]) -> tree.Pseudo:
        return tree.Pseudo(self.names(parts), span=self.span(meta))

    # ---- programs

    def import_(self, meta: Any, parts: list[Any]) -> tree.Import:
        word, quoted = parts[0], parts[0].type == "STRING"
        name = Name(str(word)[1:-1] if quoted else str(word), span=self.token_span(word))
        return tree.Import(name, quoted, span=self.span(meta))

    def function(self, meta: Any, parts: list[Any]) -> tree.Function:
        name, *parameters, returns, body = parts
        return tree.Function(self.to_name(name), _present(parameters), returns, body, span=self.span(meta))

    def variable(self, meta: Any, parts: list[Any]) -> tree.Variable:
        return tree.Variable(self.to_name(parts[0]), parts[1])

    def pipe(self, meta: Any, parts: list[Any]) -> tree.Pipe | None:
        name, word, returns, attributes, *items = parts
        found = _present(items)
        states = tuple(item for item in found if isinstance(item, tree.State))
        finishes = [item for item in found if isinstance(item, _Finish)]
        if len(finishes) > 1 or (finishes and found[-1] is not finishes[0]) or states != found[: len(states)]:
            place = self.span(meta) if not finishes else finishes[0].span
            remark = "a pipe starts with its states, and ends with its one `finish`"
            self.wrong = diagnostic(codes.SYNTAX, place, remark)
        body = tuple(item for item in found if not isinstance(item, tree.State | _Finish))
        finish = finishes[0].value if finishes else None
        return tree.Pipe(
            self.to_name(name), word, returns, attributes or (), states, body, finish, span=self.span(meta)
        )

    def attributes(self, meta: Any, parts: list[Any]) -> tuple[Name, ...]:
        return self.names(parts)

    def state(self, meta: Any, parts: list[Any]) -> tree.State:
        return tree.State(self.to_name(parts[0]), parts[1], parts[2], span=self.span(meta))

    def emit(self, meta: Any, parts: list[Any]) -> tree.Emit:
        return tree.Emit(parts[0], span=self.span(meta))

    def finish(self, meta: Any, parts: list[Any]) -> _Finish:
        return _Finish(parts[0], self.span(meta))

    def template(self, meta: Any, parts: list[Any]) -> tree.Template:
        return tree.Template(self.to_name(parts[0]), parts[1], span=self.span(meta))

    def constant(self, meta: Any, parts: list[Any]) -> tree.Constant:
        return tree.Constant(self.to_name(parts[0]), parts[1], span=self.span(meta))

    def filter(self, meta: Any, parts: list[Any]) -> tree.Filter:
        return tree.Filter(self.to_name(parts[0]), self.to_name(parts[1]), parts[2], span=self.span(meta))

    def handler(self, meta: Any, parts: list[Any]) -> tree.Handler:
        name, argument, type, on, *clauses, body = parts
        parameter = None if argument is None else tree.Parameter(self.to_name(argument), self.to_name(type))
        return tree.Handler(self.to_name(name), parameter, on, tuple(clauses), body, span=self.span(meta))

    def owns(self, meta: Any, parts: list[Any]) -> tree.Owns:
        name, type, mode, where = parts
        return tree.Owns(self.to_name(name), type, mode or "plain", where, span=self.span(meta))

    def mode(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

    unit = mode

    def may(self, meta: Any, parts: list[Any]) -> tree.May:
        templates = tuple(template for _, template in parts if template is not None)
        return tree.May(tuple(effect for effect, _ in parts), templates, span=self.span(meta))

    def effect(self, meta: Any, parts: list[Any]) -> tuple[Name, Name | None]:
        name, template = parts
        if (template is None) == (name == "send"):
            remark = "`may send` names a template, and no other effect does"
            self.wrong = diagnostic(codes.SYNTAX, self.span(meta), remark)
        return self.to_name(name), None if template is None else self.to_name(template)

    def requires(self, meta: Any, parts: list[Any]) -> tree.Requires:
        return tree.Requires(parts[0], span=self.span(meta))

    def when(self, meta: Any, parts: list[Any]) -> tree.When:
        return tree.When(parts[0], span=self.span(meta))

    def ensures(self, meta: Any, parts: list[Any]) -> tree.Ensures:
        return tree.Ensures(parts[0], span=self.span(meta))

    def cost(self, meta: Any, parts: list[Any]) -> tree.Cost:
        _, amount, unit, machine = parts
        return tree.Cost(_number(amount), unit, machine, span=self.span(meta))

    def machine(self, meta: Any, parts: list[Any]) -> str:
        return "".join(parts)

    def maximum(self, meta: Any, parts: list[Any]) -> tree.Maximum:
        return tree.Maximum(_number(parts[0]), span=self.span(meta))

    # ---- statements

    def body(self, meta: Any, parts: list[Any]) -> tree.Body:
        return _present(parts)

    def let(self, meta: Any, parts: list[Any]) -> tree.Let:
        word, name, type, value = parts
        return tree.Let(self.to_name(name), value, type, word == "var", span=self.span(meta))

    def assign(self, meta: Any, parts: list[Any]) -> tree.Assign:
        target, sign, value = parts
        return tree.Assign(target, str(sign)[:-1] or None, value, span=self.span(meta))

    def if_(self, meta: Any, parts: list[Any]) -> tree.If:
        condition, then, otherwise = parts
        chained = (otherwise,) if isinstance(otherwise, tree.If) else otherwise or ()
        return tree.If(condition, then, chained, span=self.span(meta))

    def while_(self, meta: Any, parts: list[Any]) -> tree.While:
        condition, *claims, body = parts
        return tree.While(condition, self.claims(claims), body, span=self.span(meta))

    def for_(self, meta: Any, parts: list[Any]) -> tree.For:
        name, start, end, *claims, body = parts
        return tree.For(self.to_name(name), start, end, self.claims(claims), body, span=self.span(meta))

    def claims(self, parts: list[Any]) -> tree.Claims:
        invariants = tuple(part.value for part in parts if isinstance(part, _Invariant))
        decreases = [part for part in parts if isinstance(part, tuple)]
        limits = [part for part in parts if isinstance(part, tree.Limit)]
        if len(limits) > 1:
            self.wrong = diagnostic(codes.SYNTAX, limits[1].span, "a loop has one `limit`")
        if len(decreases) > 1:
            place = decreases[1][0].span
            self.wrong = diagnostic(codes.SYNTAX, place, "a loop has one `decreases`; its parts are parted by commas")
        return tree.Claims(invariants, decreases[0] if decreases else (), limits[0] if limits else None)

    def invariant(self, meta: Any, parts: list[Any]) -> _Invariant:
        return _Invariant(parts[0])

    def decreases(self, meta: Any, parts: list[Any]) -> tuple[Expression, ...]:
        return tuple(parts)

    def limit(self, meta: Any, parts: list[Any]) -> tree.Limit:
        return tree.Limit(parts[0], parts[1], span=self.span(meta))

    def break_(self, meta: Any, parts: list[Any]) -> tree.Break:
        return tree.Break(span=self.span(meta))

    def continue_(self, meta: Any, parts: list[Any]) -> tree.Continue:
        return tree.Continue(span=self.span(meta))

    def return_(self, meta: Any, parts: list[Any]) -> tree.Return:
        return tree.Return(parts[0], span=self.span(meta))

    def assert_(self, meta: Any, parts: list[Any]) -> tree.Assert:
        return tree.Assert(parts[0], span=self.span(meta))

    def send(self, meta: Any, parts: list[Any]) -> tree.Send:
        return tree.Send(self.to_name(parts[0]), _arguments(parts[1:]), span=self.span(meta))

    def copy(self, meta: Any, parts: list[Any]) -> tree.Copy:
        source, target, *pipes = parts
        for sign in pipes[1::2]:
            if sign != ">>":
                self.wrong = diagnostic(codes.SYNTAX, self.token_span(sign), "pipes are joined by `>>`")
        through = () if pipes == [None] else self.names(pipes[::2])
        return tree.Copy(source, target, through, span=self.span(meta))

    def wake(self, meta: Any, parts: list[Any]) -> tree.Wake:
        return tree.Wake(span=self.span(meta))

    def verdict(self, meta: Any, parts: list[Any]) -> tree.Verdict:
        return tree.Verdict(str(parts[0]), span=self.span(meta))

    def evaluate(self, meta: Any, parts: list[Any]) -> tree.Evaluate:
        return tree.Evaluate(parts[0], span=self.span(meta))

    # ---- tests

    def test(self, meta: Any, parts: list[Any]) -> tree.Test:
        name, title, *items = parts
        return tree.Test(self.to_name(name), str(title)[1:-1], _present(items), span=self.span(meta))

    def given(self, meta: Any, parts: list[Any]) -> tree.Given:
        return tree.Given(parts[0], parts[1], span=self.span(meta))

    def packet(self, meta: Any, parts: list[Any]) -> tree.PacketItem:
        cut = None if parts[1] is None else _number(parts[1])
        return tree.PacketItem(parts[0], cut, span=self.span(meta))

    def expect(self, meta: Any, parts: list[Any]) -> tree.Expect:
        return tree.Expect(tuple(parts), span=self.span(meta))

    def ending(self, meta: Any, parts: list[Any]) -> tree.Ending:
        return tree.Ending(str(parts[0]), span=self.span(meta))

    def sent(self, meta: Any, parts: list[Any]) -> tree.Sent:
        return tree.Sent(parts[0], span=self.span(meta))

    def woken(self, meta: Any, parts: list[Any]) -> tree.Woken:
        return tree.Woken(span=self.span(meta))

    def holds(self, meta: Any, parts: list[Any]) -> tree.Holds:
        return tree.Holds(parts[0], span=self.span(meta))

    # ---- expressions

    def otherwise(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Otherwise(parts[0], parts[1], span=self.span(meta))

    def either(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Junction("or", tuple(parts), span=self.span(meta))

    def both(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Junction("and", tuple(parts), span=self.span(meta))

    def compare(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Compare(str(parts[1]), parts[0], parts[2], span=self.span(meta))

    def in_(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Member(parts[0], tuple(parts[1:]), span=self.span(meta))

    def chain(self, meta: Any, parts: list[Any]) -> Expression:
        left = cast(Expression, parts[0])
        for sign, right in zip(parts[1::2], parts[2::2], strict=True):
            left = tree.Binary(str(sign), left, right, span=left.span.to(right.span))
        return left

    def bar(self, meta: Any, parts: list[Any]) -> Expression:
        return _left_to_right("|", parts)

    def caret(self, meta: Any, parts: list[Any]) -> Expression:
        return _left_to_right("^", parts)

    def ampersand(self, meta: Any, parts: list[Any]) -> Expression:
        return _left_to_right("&", parts)

    def as_(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.As(parts[0], parts[2], parts[1] is not None, span=self.span(meta))

    def not_(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Not(parts[0], span=self.span(meta))

    def dot(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Dot(parts[0], self.to_name(parts[1]), span=self.span(meta))

    def index(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Index(parts[0], parts[1], span=self.span(meta))

    def slice(self, meta: Any, parts: list[Any]) -> Expression:
        target, start, end = parts
        return tree.Slice(target, start, end, span=self.span(meta))

    def network(self, meta: Any, parts: list[Any]) -> Expression:
        address, sign, prefix = parts
        if sign != "/":
            self.wrong = diagnostic(codes.SYNTAX, self.token_span(sign), "a network is written `10.0.0.0/8`")
        length = tree.Number(_number(prefix), span=self.token_span(prefix))
        return tree.Binary("/", address, length, span=self.span(meta))

    def name(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Use(self.to_name(parts[0]), span=self.span(meta))

    def call(self, meta: Any, parts: list[Any]) -> Expression:
        return tree.Call(self.to_name(parts[0]), _arguments(parts[1:]), span=self.span(meta))

    def named(self, meta: Any, parts: list[Any]) -> tree.Argument:
        return tree.Argument(self.to_name(parts[0]), parts[1], span=self.span(meta))

    def literal(self, meta: Any, parts: list[Token]) -> Expression:
        token, span = parts[0], self.span(meta)
        match token.type:
            case "TRUE" | "FALSE":
                return tree.Truth(token.type == "TRUE", span=span)
            case "STRING":
                return tree.Text(str(token)[1:-1], span=span)
            case "MAC":
                return tree.Address("mac", int(token.replace(":", ""), 16), span=span)
            case "IP4":
                parts_of = [int(part) for part in token.split(".")]
                if max(parts_of) > 255:
                    self.wrong = diagnostic(codes.LITERAL, span, "each part is at most 255", literal=str(token))
                return tree.Address("ip4", reduce(lambda high, low: high << 8 | low & 255, parts_of), span=span)
            case "IP6":
                try:
                    return tree.Address("ip6", int(IPv6Address(str(token))), span=span)
                except AddressValueError:
                    self.wrong = diagnostic(codes.LITERAL, span, "an address has eight groups", literal=str(token))
                    return tree.Address("ip6", 0, span=span)
        digits = token.replace("_", "")
        if len(digits) > 41 or digits == "0x":  # 2^128 has 39 digits
            self.wrong = diagnostic(codes.LITERAL, span, "numbers have 1 to 128 bits", literal="this literal")
            return tree.Number(0, span=span)
        return tree.Number(int(digits, 0 if digits.startswith("0x") else 10), span=span)


def _arguments(parts: list[Any]) -> tuple[tree.Argument, ...]:
    return tuple(
        part if isinstance(part, tree.Argument) else tree.Argument(None, part, span=part.span)
        for part in _present(parts)
    )


def _present(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if part is not None)


def _number(token: Token) -> int:
    return int(token.replace("_", "")[:40])


def _left_to_right(operator: str, parts: list[Any]) -> Expression:
    return cast(
        Expression,
        reduce(lambda left, right: tree.Binary(operator, left, right, span=left.span.to(right.span)), parts),
    )
