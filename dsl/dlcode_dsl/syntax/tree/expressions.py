"""Expressions, types and verdicts as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from ...source import Span
from .nodes import Name, span_of


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: a name, for an array how many, and `?` where the value may be absent."""

    name: Name
    count: Expression | None = None
    optional: bool = False
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A handler's end: `consume`, `pass`, `drop` or `abort`."""

    word: str
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Number:
    """A literal without a type of its own."""

    value: int
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Address:
    """A literal `08:00:2b:01:02:03` (kind "mac"), `10.0.0.1` ("ip4") or `2001:db8::1` ("ip6")."""

    kind: str
    value: int
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Text:
    """A string, without its quotes."""

    value: str
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Use:
    """A name used by itself: a value, a constant, a region, a filter, a header."""

    name: Name
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Dot:
    """`target.name`."""

    target: Expression
    name: Name
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    target: Expression
    index: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Slice:
    """`target[start .. end]`: bytes of the packet or of a part of it, or, of owned memory, the place that a copy fills.

    A start that is left out is 0, an end that is left out is the target's.
    """

    target: Expression
    start: Expression | None
    end: Expression | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `name: value`, or a value alone."""

    name: Name | None
    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`: a builtin such as `has`, or a header or message that is being built."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more terms joined by `&&` ("and") or `||` ("or")."""

    operator: str
    terms: tuple[Expression, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Expression
    right: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Member:
    """`value in [item, …]`; an item that is an address divided by a number is a network, `10.0.0.0/8`."""

    value: Expression
    items: tuple[Expression, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class As:
    """`operand as type`: another width, or, of `pkt[at]`, a view; `as whole type`, with its variable part."""

    operand: Expression
    type: TypeName
    whole: bool = False
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Otherwise:
    """`value else alternative`: what counts where the value is absent. The alternative may be a verdict."""

    value: Expression
    alternative: Expression | Verdict
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Copy:
    """`copy source -> target through pipes`: its value is a record of what the pipes finished with, by their names.

    It stands alone, or is the whole value of a `let`.
    """

    source: Expression
    target: Expression
    through: tuple[Name, ...]
    span: Span = span_of()


Expression = (
    Number
    | Address
    | Truth
    | Text
    | Use
    | Dot
    | Index
    | Call
    | Junction
    | Compare
    | Member
    | Binary
    | Not
    | As
    | Otherwise
    | Slice
    | Copy
)


def operands(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that an expression is made of, from left to right."""
    match expression:
        case Junction(_, terms):
            return terms
        case Compare(_, left, right) | Binary(_, left, right) | Index(left, right):
            return left, right
        case Member(value, items):
            return value, *items
        case Not(operand) | As(operand) | Dot(operand):
            return (operand,)
        case Slice(target, start, end):
            return target, *(part for part in (start, end) if part is not None)
        case Copy(source, target):
            return source, target
        case Call(_, arguments):
            return tuple(argument.value for argument in arguments)
        case Otherwise(value, alternative):
            return (value,) if isinstance(alternative, Verdict) else (value, alternative)
    return ()


def parts(expression: Expression) -> list[Expression]:
    """An expression and all that it is made of."""
    return [expression, *(part for operand in operands(expression) for part in parts(operand))]


def depth(expression: Expression) -> int:
    """How many levels of expressions there are."""
    return 1 + max(map(depth, operands(expression)), default=0)
