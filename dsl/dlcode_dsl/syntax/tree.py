"""The syntax tree of `.ash`: what a source says, before anything is known about its names.

Every node has the span of the text that it was read from; two nodes that differ only in their spans are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..source import NOWHERE, Span


def _span() -> Any:
    return field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it is written: of something declared here, or of something meant."""

    text: str
    span: Span = _span()

    def __str__(self) -> str:
        return self.text


# ---- expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A literal without a type of its own."""

    value: int
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Address:
    """A literal `08:00:2b:01:02:03` (kind "mac") or `10.0.0.1` (kind "ip4")."""

    kind: str
    value: int
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Text:
    """A string, without its quotes."""

    value: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Use:
    """A name used by itself: a value, a constant, a region, a filter, a header."""

    name: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Dot:
    """`target.name`."""

    target: Expression
    name: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    target: Expression
    index: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `name: value`, or a value alone."""

    name: Name | None
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`: a builtin such as `has`, or a header or message that is being built."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more terms joined by `&&` ("and") or `||` ("or")."""

    operator: str
    terms: tuple[Expression, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Expression
    right: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Member:
    """`value in [item, …]`."""

    value: Expression
    items: tuple[Expression, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class As:
    """`operand as type`: another width, or, of `pkt[at]`, a view."""

    operand: Expression
    type: TypeName
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Otherwise:
    """`value else alternative`: what counts where the value is absent. The alternative may be a verdict."""

    value: Expression
    alternative: Expression | Verdict
    span: Span = _span()


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


# ---- statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: a name, and for an array how many."""

    name: Name
    count: Expression | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value` or `var name = value`."""

    name: Name
    value: Expression
    type: TypeName | None = None
    mutable: bool = False
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, or `target += value` with the operator `+`."""

    target: Expression
    operator: str | None
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class If:
    condition: Expression
    then: Body
    otherwise: Body = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Return:
    """The answer of a filter."""

    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Assert:
    condition: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class SendReply:
    """`send reply(message)`."""

    message: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Wake:
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A handler's end: `consume`, `pass`, `drop` or `abort`."""

    word: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement: the answer of a filter, where it is the last."""

    value: Expression
    span: Span = _span()


Statement = Let | Assign | If | Return | Assert | SendReply | Wake | Verdict | Evaluate
Body = tuple[Statement, ...]

# ---- headers and messages --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """`name: type`, a constraint on its value, and the value that it is built with where none is given."""

    name: Name
    type: TypeName
    constraint: tuple[str, Expression] | None = None
    built: Expression | None = None
    nonzero: bool = False  # a built value of 0 is sent as all ones
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Next:
    """`next selector when guard { values => header, … }`."""

    selector: Name
    guard: Expression | None
    links: tuple[tuple[tuple[Expression, ...], Name], ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Ends:
    """`ends field`: the field's value, counted in bytes from the header's start, is where its contents end."""

    field: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Reply:
    """`reply source <-> destination when guard`: the two fields change places in an answer."""

    source: Name
    destination: Name
    guard: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Pseudo:
    """`pseudo(names)`: what the checksum of a header inside this one covers besides."""

    names: tuple[Name, ...]
    span: Span = _span()


HeaderItem = Field | Next | Ends | Reply | Pseudo

# ---- declarations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    name: Name
    items: tuple[HeaderItem, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Message:
    name: Name
    fields: tuple[Field, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Constant:
    name: Name
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Filter:
    name: Name
    link: Name
    body: Body
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Owns:
    """`owns name: type mode where condition`."""

    name: Name
    type: TypeName
    mode: str
    where: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class May:
    effects: tuple[Name, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Requires:
    condition: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class When:
    condition: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Ensures:
    condition: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Cost:
    amount: int
    unit: str  # "ops" or "cycles"
    machine: str | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Maximum:
    """The longest packet, in captured bytes, that a handler is run on."""

    amount: int
    span: Span = _span()


Clause = Owns | May | Requires | When | Ensures | Cost | Maximum


@dataclass(frozen=True, slots=True)
class Parameter:
    """`m: incr`: the message or header that a handler is given."""

    name: Name
    type: Name


@dataclass(frozen=True, slots=True)
class Handler:
    name: Name
    parameter: Parameter | None
    on: Expression
    clauses: tuple[Clause, ...]
    body: Body
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Given:
    """`given cell = value`: memory before the run."""

    cell: Expression
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PacketItem:
    """`packet expression`, of which `cut N` leaves N captured bytes."""

    value: Expression
    cut: int | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Ending:
    """A verdict that is expected."""

    word: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame, or the message in it, that is expected to be sent."""

    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Woken:
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Holds:
    """A claim about memory after the run."""

    condition: Expression
    span: Span = _span()


Expected = Ending | Sent | Woken | Holds


@dataclass(frozen=True, slots=True)
class Expect:
    items: tuple[Expected, ...]
    span: Span = _span()


TestItem = Given | PacketItem | Expect


@dataclass(frozen=True, slots=True)
class Test:
    program: Name
    title: str
    items: tuple[TestItem, ...]
    span: Span = _span()


Declaration = Header | Message | Constant | Filter | Handler | Test
