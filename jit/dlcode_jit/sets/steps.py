"""A filter as steps: what is done in turn, each step going on to the next or missing, until the filter matches.

A step is a test of one expression against constants, or a run of statements that belong together. A mutable name and
all statements of the program's own level that assign to it are in one step, so that whoever leaves out a step, or tries
another one in its place, finds no name changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Statement, Verdict

MISS: Body = (form.Exit(Verdict.MISS),)
MATCH: Body = (form.Exit(Verdict.MATCH),)


@dataclass(frozen=True, slots=True)
class Test:
    """A step that misses unless the expression has one of the values, which are in order and differ."""

    expression: Expression
    values: tuple[int, ...]
    body: Body  # the statement that it was made of


@dataclass(frozen=True, slots=True)
class Plain:
    """Statements that end in going on, or in a miss."""

    body: Body


Step = Test | Plain


@dataclass(frozen=True, slots=True)
class Course:
    """A filter's steps, and the rest of its body, which alone can match: `exit match`, or more than steps can say."""

    program: Program
    steps: tuple[Step, ...]
    rest: Body

    @property
    def straight(self) -> bool:
        """Whether the filter matches exactly where all of its steps go on."""
        return self.rest == MATCH

    @property
    def tests(self) -> tuple[Test, ...]:
        """The steps that are tests."""
        return tuple(step for step in self.steps if isinstance(step, Test))


def course(program: Program) -> Course:
    """The steps of a filter."""
    found = []
    for group in groups(program.body):
        if any(_matches(statement) for statement in group):
            break
        found.append(_step(group))
    taken = sum(len(step.body) for step in found)
    return Course(program, tuple(found), program.body[taken:])


def groups(body: Body) -> list[Body]:
    """A body in runs of statements, so that a mutable name is assigned to only in the run that binds it."""
    found: list[Body] = []
    start = end = 0
    for at, statement in enumerate(body):
        if isinstance(statement, form.Let) and statement.mutable:
            last = max((i for i, later in enumerate(body) if statement.name in assigned(later)), default=at)
            end = max(end, last)
        end = max(end, at)
        if at == end:
            found.append(body[start : at + 1])
            start = end = at + 1
    return found


def assigned(statement: Statement) -> frozenset[str]:
    """The names that a statement assigns to."""
    return frozenset(one.name for one in _all(statement) if isinstance(one, form.Assign))


def bound(body: Body) -> frozenset[str]:
    """The names that the statements of a body bind, those within them too."""
    found = (one for statement in body for one in _all(statement))
    return frozenset(one.name for one in found if isinstance(one, form.Let | form.Read))


def names(part: Any) -> frozenset[str]:
    """The names whose values are used in an expression, a statement or a body."""
    found: set[str] = set()
    left = [part]
    while left:
        node = left.pop()
        if isinstance(node, form.Variable):
            found.add(node.name)
        elif isinstance(node, tuple):
            left += node
        elif hasattr(node, "__dataclass_fields__"):
            left += [getattr(node, field.name) for field in fields(node) if field.compare]
    return frozenset(found)


def divides(part: Any) -> bool:
    """Whether an expression or a statement divides."""
    left = [part]
    while left:
        node = left.pop()
        if isinstance(node, form.Binary) and node.operator in ("/", "%"):
            return True
        if isinstance(node, tuple):
            left += node
        elif hasattr(node, "__dataclass_fields__"):
            left += [getattr(node, field.name) for field in fields(node) if field.compare]
    return False


def _all(statement: Statement) -> Iterator[Statement]:
    left: list[Statement] = [statement]
    while left:
        one = left.pop()
        yield one
        for body in bodies(one):
            left += body


def _matches(statement: Statement) -> bool:
    return any(isinstance(one, form.Exit) and one.verdict is Verdict.MATCH for one in _all(statement))


def _step(body: Body) -> Step:
    match body:
        case (form.If(condition, then, ()),) if then == MISS:
            one_of = _one_of(condition, False)
            if one_of is not None:
                return Test(one_of[0], tuple(sorted(set(one_of[1]))), body)
    return Plain(body)


def _one_of(condition: Expression, truth: bool) -> tuple[Expression, tuple[int, ...]] | None:
    """The expression and the values of which it must have one for the condition to have this truth value."""
    match condition, truth:
        case form.Not(operand), _:
            return _one_of(operand, not truth)
        case (form.Compare("==", value, form.Constant(constant)), True) | (
            form.Compare("!=", value, form.Constant(constant)),
            False,
        ):
            return value, (constant,)
        case (form.Logic("or", left, right), True) | (form.Logic("and", left, right), False):
            one, other = _one_of(left, truth), _one_of(right, truth)
            if one is not None and other is not None and one[0] == other[0]:
                return one[0], one[1] + other[1]
    return None
