"""A program's names and expressions in the words of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Statement
from dlcode_dsl.core.text import print_expression
from dlcode_dsl.source import NOWHERE, Span

from .facts import AtMostZero, Claimed, Fact, Multiple, Sum
from .lasso import expressions_in, parts_of


class Words:
    """How a program's source says things. What it has no word for, the core form's text stands in for."""

    def __init__(self, program: Program) -> None:
        self.length = "pkt.len"
        self.names: dict[str, str] = {}
        source = program.span.source
        self.sends = {statement.span for statement in _statements(program.body) if isinstance(statement, form.Send)}
        for statement in _statements(program.body):
            for part in expressions_in(statement):
                text = said_at(part.span) if part.span.source == source else ""
                if isinstance(part, form.Variable) and _names(text, part.name):
                    self.names.setdefault(part.name, text)
                elif isinstance(part, form.Extent) and part.of == "packet" and text.startswith("extent"):
                    self.length = text  # the source is core text

    def expression(self, expression: Expression) -> str:
        """An expression: its own text, or one made of what it is made of."""
        text = said_at(expression.span)
        if text and expression.span not in self.sends:  # what a send computes on its way has no text of its own
            return text
        match expression:
            case form.Constant(value, type):
                return str(value) if type.bits else str(bool(value)).lower()
            case form.Variable(name):
                return self.names.get(name, f"%{name}")
            case form.Extent("packet"):
                return self.length
            case form.Binary(symbol, left, right) | form.Compare(symbol, left, right):
                return f"{self.operand(left)} {symbol} {self.operand(right)}"
            case form.Logic(symbol, left, right):
                return f"{self.operand(left)} {_LOGIC[symbol]} {self.operand(right)}"
            case form.Convert("widen", operand):
                return self.expression(operand)
        return print_expression(expression)

    def operand(self, expression: Expression) -> str:
        """An expression as it stands beside an operator."""
        text = self.expression(expression)
        whole = isinstance(expression, form.Constant | form.Variable | form.Extent | form.Owned) or _is_word(text)
        return text if whole or text.startswith("(") else f"({text})"

    def sum(self, sum: Sum) -> str:
        """A sum: `pkt.len - at + 14`."""
        parts = sorted(sum.parts, key=lambda part: part[0] < 0)
        shown = [(coefficient < 0, _times(abs(coefficient), self.operand(atom))) for coefficient, atom in parts]
        if sum.constant or not shown:
            place = 0 if sum.constant > 0 and shown and shown[0][0] else len(shown)  # `15 - k`
            shown.insert(place, (sum.constant < 0, str(abs(sum.constant))))
        first, *rest = shown
        text = f"-{first[1]}" if first[0] else first[1]
        return text + "".join(f" {'-' if negative else '+'} {part}" for negative, part in rest)

    def linear(self, constant: int, per_byte: int) -> str:
        """A bound that grows with the packet: `5 * pkt.len + 3`."""
        return self.sum(Sum(((per_byte, form.Extent("packet")),) if per_byte else (), constant))

    def fact(self, fact: Fact) -> str:
        """A fact about a loop: `at <= pkt.len`."""
        match fact:
            case AtMostZero(sum):
                below = tuple(part for part in sum.parts if part[0] > 0)
                above = tuple((-coefficient, atom) for coefficient, atom in sum.parts if coefficient < 0)
                left = Sum(below, max(sum.constant, 0))
                return f"{self.sum(left)} <= {self.sum(Sum(above, max(-sum.constant, 0)))}"
            case Multiple(sum, modulus):
                return f"{self.sum(sum)} is a multiple of {modulus}"
            case Claimed(condition):
                return self.expression(condition)

    def values(self, values: Mapping[str, int], length: int | None = None) -> str:
        """Names with their values; those near the packet's length, if it is given, also told from there."""
        return ", ".join(f"{self.names[name]} == {value}{_from(value, length, self.length)}"
                         for name, value in values.items() if name in self.names)  # fmt: skip

    def seen(self, condition: Expression, values: Mapping[str, int]) -> str:
        """The names of a condition with their values, as the condition itself calls them."""
        told: dict[str, int] = {}
        for part in parts_of(condition):
            if isinstance(part, form.Variable) and part.name in values:
                text = said_at(part.span)
                word = text if _is_word(text) else self.names.get(part.name)
                if word is not None:
                    told.setdefault(word, values[part.name])
        return ", ".join(f"{word} == {value}" for word, value in told.items())


_LOGIC = {"and": "&&", "or": "||"}

NEAR = 8
"""How near the packet's end a place is told from there."""


def said_at(span: Span) -> str:
    """The source's text at a place, on one line; empty for no place."""
    return "" if span.source is NOWHERE.source else " ".join(span.text.split())


def _is_word(text: str) -> bool:
    return text.lstrip("%").replace(".", "_").isidentifier()


def _names(text: str, name: str) -> bool:
    """Whether a word of the source is for what the core form calls `name`, and not for what it is needed for."""
    return _is_word(text) and text.lstrip("%").split(".")[-1] == re.sub(r"'[0-9]+$", "", name).split(".")[-1]


def _times(coefficient: int, atom: str) -> str:
    return atom if coefficient == 1 else f"{coefficient} * {atom}"


def _from(value: int, length: int | None, name: str) -> str:
    if length is None or not value <= length <= value + NEAR:
        return ""
    return f" ({name} - {length - value})" if value < length else f" ({name})"


def _statements(body: Body) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from _statements(inner)
