"""Filters, handlers, tests and the other declarations as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from ...source import Span
from .expressions import Expression, TypeName
from .layouts import Field, HeaderItem
from .nodes import Name, span_of
from .statements import Body


@dataclass(frozen=True, slots=True)
class Header:
    name: Name
    items: tuple[HeaderItem, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Message:
    name: Name
    fields: tuple[Field, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Constant:
    name: Name
    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Import:
    """`use tcp`: functions, pipes and constants of a file of the header library; `use "file.ash"`: of a file beside."""

    name: Name  # without its quotes
    quoted: bool
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter, `name: type`."""

    name: Name
    type: TypeName


@dataclass(frozen=True, slots=True)
class Function:
    """`fn name(parameters) -> type { … }`: pure, and written out where it is called."""

    name: Name
    parameters: tuple[Variable, ...]
    returns: TypeName
    body: Body
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class State:
    """`state name: type = initial`: a variable that a pipe keeps from word to word."""

    name: Name
    type: TypeName
    initial: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Pipe:
    """`pipe name(word: gauge) -> gauge is attributes { … }`; `finish` is its result."""

    name: Name
    word: Variable
    returns: TypeName
    attributes: tuple[Name, ...]
    states: tuple[State, ...]
    body: Body
    finish: Expression | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Template:
    """`template name = headers`: what the frames of `send name(…)` are like. Given fields are fixed, `own` ones the
    sender's own addresses, and the others free."""

    name: Name
    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Filter:
    name: Name
    link: Name
    body: Body
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Owns:
    """`owns name: type mode where condition`."""

    name: Name
    type: TypeName
    mode: str
    where: Expression | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class May:
    """`may wake, send alarm`: the effects, and the templates of those that are sends."""

    effects: tuple[Name, ...]
    templates: tuple[Name, ...] = ()
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Requires:
    condition: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class When:
    condition: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Ensures:
    condition: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Cost:
    amount: int
    unit: str  # "ops" or "cycles"
    machine: str | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Maximum:
    """The longest packet, in captured bytes, that a handler is run on."""

    amount: int
    span: Span = span_of()


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
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Given:
    """`given cell = value`: memory before the run."""

    cell: Expression
    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class PacketItem:
    """`packet expression`, of which `cut N` leaves N captured bytes."""

    value: Expression
    cut: int | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Ending:
    """A verdict that is expected."""

    word: str
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame, or the message in it, that is expected to be sent."""

    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Woken:
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Holds:
    """A claim about memory after the run."""

    condition: Expression
    span: Span = span_of()


Expected = Ending | Sent | Woken | Holds


@dataclass(frozen=True, slots=True)
class Expect:
    items: tuple[Expected, ...]
    span: Span = span_of()


TestItem = Given | PacketItem | Expect


@dataclass(frozen=True, slots=True)
class Test:
    program: Name
    title: str
    items: tuple[TestItem, ...]
    span: Span = span_of()


Declaration = Header | Message | Constant | Import | Function | Pipe | Template | Filter | Handler | Test
