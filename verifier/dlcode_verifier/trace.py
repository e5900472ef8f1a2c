"""The run that a witness makes, and what of it led to the fault: where names got their values, which turn it was, and
the tests on the way.

All of it was seen in the replay, so that whatever a report says of it is so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies, leaves
from dlcode_dsl.core.form import Body, Expression, Program, Statement
from dlcode_dsl.core.interpret import Memory

from .lasso import expressions_in, names_in, replay
from .obligations import Node
from .witness import Witness


@dataclass(frozen=True, slots=True)
class Guard:
    """A test that had to come out as it did for the run to come to the fault, and the names it saw."""

    condition: Expression
    came_out: bool
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of an enclosing loop in which the fault came, and its names when the turn began."""

    loop: form.Loop
    number: int  # from 1
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trace:
    """What led to a fault."""

    values: Mapping[str, int]  # of names, when it came
    given: Mapping[str, Statement]  # which statement gave a name its value
    turns: tuple[Turn, ...]  # of the enclosing loops, outer before inner
    guards: tuple[Guard, ...]  # in the order of the text
    written: Statement | None  # the first write to owned memory other than scratch


def trace(program: Program, witness: Witness, node: Node) -> Trace:
    """What led to the fault at `node` that running the program on the witness raises."""
    watch = _Watch(program)
    replay(program, witness.packet, witness.memory, observe=watch)
    way = _way(program.body, watch.last if _holds(watch.last, node) else node)
    turns = tuple(
        Turn(loop, watch.heads[id(loop)][0] + 1, watch.heads[id(loop)][1])
        for loop in way.loops
        if id(loop) in watch.heads
    )
    guards = tuple(
        Guard(test.condition, came_out, watch.tests[id(test)])
        for test, came_out in way.tests
        if id(test) in watch.tests
    )
    return Trace(watch.names, watch.given, turns, guards, watch.written)


@dataclass(slots=True)
class _Watch:
    program: Program
    names: Mapping[str, int] = field(default_factory=dict)
    last: Statement | None = None
    given: dict[str, Statement] = field(default_factory=dict)
    heads: dict[int, tuple[int, dict[str, int]]] = field(default_factory=dict)
    tests: dict[int, dict[str, int]] = field(default_factory=dict)
    written: Statement | None = None

    def __call__(
        self, statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray
    ) -> None:
        if isinstance(self.last, form.Let | form.Assign | form.Read):
            self.given[self.last.name] = self.last  # it did not fault
        if self.written is None and isinstance(statement, form.Store | form.Copy):
            self.written = statement if self.program.region(statement.region).mode != "scratch" else None
        self.names, self.last = names, statement
        if isinstance(statement, form.Loop):
            self.heads[id(statement)] = turns, dict(names)
        elif isinstance(statement, form.If):
            self.tests[id(statement)] = {name: names[name] for name in names_in(statement.condition)}


@dataclass(slots=True)
class _Way:
    """How control comes to a place: the loops around it, and the tests that let it by."""

    loops: list[form.Loop] = field(default_factory=list)
    tests: list[tuple[form.If, bool]] = field(default_factory=list)


def _way(body: Body, target: object) -> _Way:
    """The way to a statement, or to the one that holds a node; nothing is said of one that stands at two places."""
    found = list(_ways(body, target, _Way()))
    return found[0] if len(found) == 1 else _Way()


def _ways(body: Body, target: object, so_far: _Way) -> Iterator[_Way]:
    here = _Way(list(so_far.loops), list(so_far.tests))
    for statement in body:
        inside = _Way([*here.loops, statement], here.tests) if isinstance(statement, form.Loop) else here
        if statement is target or _holds(statement, target):
            yield _Way(list(inside.loops), list(here.tests))
        match statement:
            case form.If(_, then, otherwise):
                yield from _ways(then, target, _Way(here.loops, [*here.tests, (statement, True)]))
                yield from _ways(otherwise, target, _Way(here.loops, [*here.tests, (statement, False)]))
                if leaves(then) != leaves(otherwise):
                    here.tests.append((statement, leaves(otherwise)))
            case form.Loop():
                start = _Way(list(inside.loops), list(here.tests))
                for part in (statement.head, (*statement.head, *statement.body), statement.exhausted or ()):
                    for way in _ways(part, target, start):
                        if part is statement.head or not _within(statement.head, target):
                            yield way
            case _:
                for inner in bodies(statement):
                    yield from _ways(inner, target, here)


def _within(body: Body, target: object) -> bool:
    return any(
        statement is target or _holds(statement, target) or any(_within(inner, target) for inner in bodies(statement))
        for statement in body
    )


def _holds(statement: Statement | None, node: object) -> bool:
    """Whether a node is the statement, or stands in an expression or a piece of it."""
    if statement is None or statement is node:
        return statement is node
    if isinstance(statement, form.Send) and any(piece is node for piece in statement.pieces):
        return True
    return any(part is node for part in expressions_in(statement))
