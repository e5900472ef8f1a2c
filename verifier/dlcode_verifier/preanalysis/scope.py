"""What a loop's text says before anything is computed: which names it assigns, uses and compares, and which matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Statement, Type

from ..facts import Site

MOST_FOLLOWED = 160
"""Most names that are followed which no loop uses."""

MOST_IN_LOOP, MOST_IN_LARGE_LOOP = 64, 24
"""Most names that are followed in an outermost loop: those that it tests and assigns come first."""

LARGE_LOOP = 400
"""Statements from which on a loop is large."""

MOST_ASSIGNED = 16
"""Most names that a loop assigns of which facts are looked for."""


@dataclass(frozen=True, slots=True)
class LoopScope:
    """The names and constants of one loop's text, each once, in its order."""

    assigned: tuple[str, ...]  # those in its condition first, then those that are compared with constants
    used: tuple[str, ...]
    condition: tuple[str, ...]  # the names in its condition, and in what its head binds for it
    constants: dict[str, tuple[int, ...]]  # what each name is compared with
    size: int  # statements
    halves: bool  # something is halved in it
    writes_packet: bool
    writes_memory: bool

    @property
    def followed(self) -> frozenset[str]:
        """The names that are followed in it where it is an outermost loop."""
        names = dict.fromkeys((*self.condition, *self.constants, *self.assigned, *self.used))
        return frozenset(list(names)[: MOST_IN_LOOP if self.size <= LARGE_LOOP else MOST_IN_LARGE_LOOP])


@dataclass(frozen=True, slots=True)
class Scope:
    """A program's names with their types, which of them are followed, and its loops by their sites' numbers."""

    types: dict[str, Type]
    followed: frozenset[str]
    loops: dict[int, LoopScope]


def scope_of(program: Program, places: tuple[Site, ...]) -> Scope:
    """The scope of a program with these loops."""
    types: dict[str, Type] = {}
    for statement in statements(program.body):
        _bind(statement, types, program)
    loops = {site.number: _loop_scope(site) for site in places}
    for site in places:
        if site.pipe is not None:
            types[site.pipe.word] = site.pipe.gauge
            types |= {state.name: state.initial.type for state in site.pipe.states}
            for statement in statements(site.pipe.body):
                _bind(statement, types, program)
    followed = {name for loop in loops.values() for name in loop.followed}
    followed |= set(list(types)[: MOST_FOLLOWED])
    return Scope(types, frozenset(followed), loops)


def needed(program: Program) -> frozenset[int]:
    """Identities of the statements, outside of loops, at or after which there still is a loop on some way."""
    found: set[int] = set()

    def mark(body: Body, after: bool) -> bool:
        for statement in reversed(body):
            if isinstance(statement, form.Loop | form.Copy):
                after = True
            else:
                inner = [mark(part, after) for part in bodies(statement)]
                after = after or any(inner)
            if after:
                found.add(id(statement))
        return after

    mark(program.body, False)
    return frozenset(found)


def statements(body: Body) -> Iterator[Statement]:
    """All statements of a body and of the bodies inside."""
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from statements(inner)


def names_of(expression: Expression) -> Iterator[str]:
    """The names in an expression."""
    for part in parts_of(expression):
        if isinstance(part, form.Variable):
            yield part.name


def parts_of(expression: Any) -> Iterator[Any]:
    """An expression and everything in it."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        kind: Any = type(part)
        for name in _operands(kind):
            value = getattr(part, name)
            if isinstance(value, Expression):
                waiting.append(value)


@cache
def _operands(kind: Any) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in fields(kind)
        if field.name in ("left", "right", "operand", "index", "value", "offset", "count", "condition")
    )


def _bind(statement: Statement, types: dict[str, Type], program: Program) -> None:
    match statement:
        case form.Let(name, value):
            types[name] = value.type
        case form.Read(name, type):
            types[name] = type
        case form.Copy():
            for name in statement.through:
                finish = program.pipe(name).finish
                if finish is not None:
                    types[f"{statement.result}.{name}"] = finish.type


def _loop_scope(site: Site) -> LoopScope:
    loop = site.node
    if isinstance(loop, form.Copy):
        assert site.pipe is not None
        return _scope([loop.count, *statements(site.pipe.body)], [loop.count])
    conditions = [loop.condition, *(statement for statement in loop.head if isinstance(statement, form.Let))]
    inside = [*statements(loop.head), *statements(loop.body), *statements(loop.exhausted or ())]
    return _scope([loop.condition, *loop.invariants, *inside], conditions)


def _scope(nodes: list[Any], conditions: list[Any]) -> LoopScope:
    assigned: dict[str, None] = {}
    used: dict[str, None] = {}
    constants: dict[str, dict[int, None]] = {}
    halves = False
    for node in nodes:
        if isinstance(node, form.Assign):
            assigned[node.name] = None
        for part in parts_of(node):
            match part:
                case form.Variable(name):
                    used[name] = None
                case form.Extent(of):
                    used["extent." + of] = None
                case form.Compare(_, left, right):
                    for side, other in ((left, right), (right, left)):
                        if isinstance(side, form.Constant):
                            for name in names_of(other):
                                constants.setdefault(name, {})[side.value] = None
                case form.Binary("/" | ">>"):
                    halves = True
    tested = dict.fromkeys(name for condition in conditions for name in names_of(condition))
    return LoopScope(
        tuple(sorted(assigned, key=lambda name: (name not in tested, name not in constants))),
        tuple(used),
        tuple(tested),
        {name: tuple(values) for name, values in constants.items()},
        len(nodes),
        halves,
        any(isinstance(node, form.Rewrite) for node in nodes),
        any(isinstance(node, form.Store | form.Copy) for node in nodes),
    )
