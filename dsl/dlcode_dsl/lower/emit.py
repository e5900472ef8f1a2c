"""Statements in the order in which they are made, names and labels that are used once, and what is known so far."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..core import form
from ..core.form import Body, Constant, Expression, Statement, Variable
from ..source import NOWHERE, Span
from . import fold

LARGEST_PROGRAM = 1 << 15
"""Most statements of one program. What a source says in few words may come to very many, and proof and code
generation, which take more than their share of time for each, must not be the ones to find out."""


LARGEST_CLAIM = 1000
"""Most nodes of a value that is written out in a claim."""


class TooLarge(Exception):
    """A program comes to more than LARGEST_PROGRAM statements."""


class Emitter:
    """Collects the statements of one program; past LARGEST_PROGRAM it raises TooLarge.

    `known` remembers what has been computed in the bodies that enclose the place where the next statement goes: there,
    and nowhere else, it holds.
    """

    def __init__(self) -> None:
        self._bodies: list[list[Statement]] = [[]]
        self._emitted = 0
        self._names = True
        self._taken: Counter[str] = Counter()
        self._mutable: set[str] = set()
        self.known: ChainMap[Hashable, Any] = ChainMap()
        self.bytes_change = False  # whether bytes of the packet may have changed since it came

    def emit(self, *statements: Statement) -> None:
        """Put statements after those that are there."""
        self.charge(len(statements))
        self._bodies[-1].extend(statements)

    def charge(self, count: int) -> None:
        """Count towards the most statements: what is written out again and again may fold to none."""
        self._emitted += count
        if self._emitted > LARGEST_PROGRAM:
            raise TooLarge

    def taken_back(self, body: list[Statement]) -> None:
        """What was collected in a nested body is not placed."""
        self._emitted -= len(body)

    @property
    def body(self) -> Body:
        """The statements of the innermost body so far."""
        return tuple(self._bodies[-1])

    @contextmanager
    def nested(self) -> Iterator[list[Statement]]:
        """Collect into a body of its own, which the caller places; what becomes known in it is forgotten after it."""
        body: list[Statement] = []
        self._bodies.append(body)
        self.known = self.known.new_child()
        try:
            yield body
        finally:
            self._bodies.pop()
            self.known = self.known.parents

    @contextmanager
    def apart(self) -> Iterator[list[Statement]]:
        """Collect into a body of its own in which nothing is known, such as a pipe's."""
        known, self.known = self.known, ChainMap()
        try:
            with self.nested() as body:
                yield body
        finally:
            self.known = known

    def forget_bytes(self) -> None:
        """Forget what was read from the packet: its bytes may have changed. Places and lengths stay."""
        self.bytes_change = True
        for known in self.known.maps:
            for key in [key for key in known if isinstance(key, tuple) and key[0] in ("field", "bytes", "set out")]:
                del known[key]

    @contextmanager
    def written_out(self) -> Iterator[None]:
        """Inside a claim, which is one expression: values stand there themselves and get no names."""
        outer, self._names = self._names, False
        try:
            yield
        finally:
            self._names = outer

    def fresh(self, name: str) -> str:
        """A name or label that nothing else in the program has."""
        self._taken[name] += 1
        count = self._taken[name]
        return name if count == 1 else f"{name}'{count}"

    def fresh_record(self, name: str, members: Iterable[str]) -> str:
        """A name of which `name.member` is also one that nothing else has, for each member."""
        members = list(members)
        while True:
            found = self.fresh(name)
            wanted = [f"{found}.{member}" for member in members]
            if not any(each in self._taken for each in wanted):
                self._taken.update(wanted)
                return found

    def state(self, name: str, type: form.Type) -> Variable:
        """A mutable name that something other than a `Let` gives its first value."""
        name = self.fresh(name)
        self._mutable.add(name)
        return Variable(name, type)

    def let(self, name: str, value: Expression, span: Span = NOWHERE) -> Expression:
        """The value as it is now, under a name of its own; a constant, or a name that never changes, needs none."""
        if isinstance(value, Constant) or (isinstance(value, Variable) and value.name not in self._mutable):
            return value
        if not self._names and fold.size(value) <= LARGEST_CLAIM:
            return value
        name = self.fresh(name)
        self.emit(form.Let(name, value, span=span))
        return Variable(name, value.type, span=span)

    def settle(self, variable: Variable) -> None:
        """From here on, a mutable name keeps the value that it has."""
        self._mutable.discard(variable.name)

    def variable(self, name: str, value: Expression, span: Span = NOWHERE) -> Variable:
        """A mutable name with its first value."""
        name = self.fresh(name)
        self._mutable.add(name)
        self.emit(form.Let(name, value, mutable=True, span=span))
        return Variable(name, value.type, span=span)

    def block(self, label: str, body: list[Statement], span: Span = NOWHERE) -> None:
        """Put a block."""
        self.emit(form.Block(label, tuple(body), span=span))
