"""What the names in assembly source stand for: constants, equations that wait to be worked out, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .source import AssemblyError, SourceLine, did_you_mean
from .syntax import Expression, Symbol, evaluate

DEPTH: Final = 64
"""How many constants may wait for one another, each for the next."""


class _NotConstant(Exception):
    """A value depends on a label, or on nothing known."""


class SymbolTable:
    """Every name has one meaning in the whole source; it may be used before the line that gives it."""

    def __init__(self, constants: Mapping[str, int]) -> None:
        self._constants: Final = dict(constants)
        self._equations: dict[str, tuple[SourceLine, Expression]] = {}
        self._labels: dict[str, int | None] = {}  # None until the label has an address
        self._known: dict[tuple[str, bool], int] = {}  # equations that have been worked out, with and without labels
        self._evaluating: list[str] = []

    def define_equation(self, line: SourceLine, symbol: Symbol, value: Expression) -> None:
        """`symbol` stands for the value of an expression."""
        self._claim(line, symbol)
        self._equations[symbol.name] = (line, value)

    def define_label(self, line: SourceLine, symbol: Symbol) -> None:
        """`symbol` is a label, to be placed later."""
        self._claim(line, symbol)
        self._labels[symbol.name] = None

    def place_label(self, symbol: Symbol, address: int) -> None:
        """The label has this address."""
        self._labels[symbol.name] = address

    def value(self, expression: Expression, line: SourceLine, here: int | None = None) -> int:
        """Value of an expression on `line`, whose address is `here`. Labels must have been placed."""
        return evaluate(expression, line, lambda symbol: self._value(symbol, line, here, labels=True))

    def constant(self, expression: Expression, line: SourceLine) -> int | None:
        """Value of an expression if constants alone give it; labels do not count, placed or not."""
        try:
            return evaluate(expression, line, lambda symbol: self._value(symbol, line, None, labels=False))
        except _NotConstant:
            return None

    def defined(self, name: str) -> bool:
        """Whether a line so far, or the caller, has given the name a meaning."""
        return name in self._constants or name in self._equations or name in self._labels

    def values(self) -> dict[str, int]:
        """Every name's value, but for labels of digits."""
        equations = {name: self.value(value, line) for name, (line, value) in self._equations.items()}
        labels = {name: value for name, value in self._labels.items() if value is not None and "#" not in name}
        return {**self._constants, **equations, **labels}

    def _claim(self, line: SourceLine, symbol: Symbol) -> None:
        if self.defined(symbol.name):
            raise AssemblyError(line, symbol.column, f'"{symbol.name}" is already defined')

    def _names(self) -> Iterable[str]:
        return {**self._constants, **self._equations, **self._labels}

    def _value(self, symbol: Symbol, line: SourceLine, here: int | None, *, labels: bool) -> int:
        name = symbol.name
        if name == "." and here is not None:
            return here
        if name in self._constants:
            return self._constants[name]
        if name in self._equations:
            return self._equation(name, labels=labels)
        if not labels:
            raise _NotConstant
        if name not in self._labels:
            shown = name.partition("#")[0]
            close = did_you_mean(shown, self._names())
            raise AssemblyError(line, symbol.column, f'"{shown}" is not defined', close)
        address = self._labels[name]
        if address is None:
            raise AssemblyError(line, symbol.column, f'the address of "{name.partition("#")[0]}" depends on this')
        return address

    def _equation(self, name: str, *, labels: bool) -> int:
        if (name, labels) in self._known:
            return self._known[name, labels]
        line, expression = self._equations[name]
        if name in self._evaluating:
            raise AssemblyError(line, expression.column, f'"{name}" is defined by itself')
        if len(self._evaluating) == DEPTH:
            raise AssemblyError(line, expression.column, f'"{name}" is needed by {DEPTH} others, one for another')
        self._evaluating.append(name)
        try:
            value = evaluate(expression, line, lambda symbol: self._value(symbol, line, None, labels=labels))
        finally:
            self._evaluating.pop()
        self._known[name, labels] = value
        return value
