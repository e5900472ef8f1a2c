"""Headers and messages as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from ...source import Span
from .expressions import Expression, TypeName
from .nodes import Name, span_of


@dataclass(frozen=True, slots=True)
class Field:
    """`name: type`, a constraint on its value, and the value that it is built with where none is given."""

    name: Name
    type: TypeName
    constraint: tuple[str, Expression] | None = None
    built: Expression | None = None
    nonzero: bool = False  # a built value of 0 is sent as all ones
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Next:
    """`next selector when guard { values => header, … }`, or `next { header, … }`, which their constraints part."""

    selector: Name | None
    guard: Expression | None
    links: tuple[tuple[tuple[Expression, ...], Name], ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Chain:
    """`chain selector when guard limit count { values => header, … }`: up to that many such headers may follow.

    Each of them has a field of the selector's name, which says what comes after it.
    """

    selector: Name
    guard: Expression | None
    limit: Expression
    links: tuple[tuple[tuple[Expression, ...], Name], ...]
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Ends:
    """`ends count`: so many bytes from the header's start is where its contents end; fields are named as they are."""

    count: Expression
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Reply:
    """`reply source <-> destination when guard`: the two fields change places in an answer. Without fields: the header
    stands in an answer too, and nothing of it changes places."""

    fields: tuple[Name, Name] | None
    guard: Expression | None
    span: Span = span_of()


@dataclass(frozen=True, slots=True)
class Pseudo:
    """`pseudo(names)`: what the checksum of a header inside this one covers besides."""

    names: tuple[Name, ...]
    span: Span = span_of()


HeaderItem = Field | Next | Chain | Ends | Reply | Pseudo
