"""Statements as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from ...source import Span
from .expressions import Argument, Expression, TypeName, Verdict
from .nodes import Name, span_of


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value` or `var name = value`."""

    name: Name
    value: Expression
    type: TypeName | None = None
    mutable: bool = False
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, or `target += value` with the operator `+`."""

    target: Expression
    operator: str | None
    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class If:
    condition: Expression
    then: Body
    otherwise: Body = ()
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Return:
    """The answer of a filter or a function."""

    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Assert:
    condition: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Limit:
    """`limit count`, or `limit count else alternative`, which the turn after those takes. It may be a verdict."""

    count: Expression
    alternative: Expression | Verdict | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a loop's head says of it besides its condition."""

    invariants: tuple[Expression, ...] = ()
    decreases: tuple[Expression, ...] = ()
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    claims: Claims
    body: Body
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class For:
    """`for name in start .. end`: the name is each number from start on that is below end."""

    name: Name
    start: Expression
    end: Expression
    claims: Claims
    body: Body
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Break:
    """Leave the innermost loop."""

    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with the innermost loop's next turn."""

    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Emit:
    """In a pipe: `emit value`."""

    value: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Send:
    """`send reply(message)`, or `send TEMPLATE(…)`: headers' fields that are given, and last what is carried."""

    template: Name
    arguments: tuple[Argument, ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Wake:
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement: the answer of a filter, where it is the last."""

    value: Expression
    span: Span = span_of()


Statement = (
    Let | Assign | If | While | For | Break | Continue | Return | Assert | Emit | Send | Wake | Verdict | Evaluate
)
Body = tuple[Statement, ...]
