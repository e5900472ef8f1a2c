"""Shapes: what filters have in common that test the same fields against other constants.

A shape is a program of its own, and is proved like any other. Of a filter it keeps all steps but the tests whose
constants differ from filter to filter; in the place of such a test it binds a part of the key to the value tested. A
filter matches exactly where its shape does and the key has the filter's constants, since a miss is a miss whatever else
would have missed. What that changes for the safety of the other steps, which now run where the filter would have missed
before, is for the verifier to say: where it does not prove the shape, there is none, and the filter is compiled as it
is. So nothing of what follows is trusted for safety, and the order of steps can be chosen:

- reads at constant offsets get `exit miss` as their continuation, as one test at the start makes most others needless;
- what only the key needs comes last, so that shapes with other keys have all steps before in common.

That the shape with its key means the same as the filter rests on this file, and on the tests that hold it against the
interpreter: steps have no effect but to bind names, each in one step only, and a step is moved only behind steps that
use none of the names that it binds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Body, Program, Statement
from dlcode_verifier import Certificate, Options, Proved, verify

from .steps import MATCH, MISS, Course, Plain, Step, Test, bound, groups, names

MOST_KEYS = 64
"""Keys of one filter, which asks for all combinations of the values of its tests; beyond, tests stay tests."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A proved program whose runs that match are looked up by their key."""

    certificate: Certificate
    steps: tuple[Body, ...]
    key: tuple[form.Variable, ...]

    @property
    def maximum(self) -> int:
        """Most bytes of a packet that it runs on."""
        return self.certificate.program.maximum


def structure(course: Course) -> tuple[object, ...]:
    """What two filters must have in common for one shape to be possible: all but the constants of tests."""
    parts = [("test", step.expression) if isinstance(step, Test) else step.body for step in course.steps]
    return (course.program.link, course.program.maximum, *parts)


def shape(course: Course, keyed: frozenset[int], options: Options | None) -> Shape | None:
    """The shape of a straight filter whose tests of these numbers become the key; None if it is not proved."""
    for only_constant in (True, False):
        program, key = _program(course, keyed, only_constant)
        answer = verify(program, options=options)
        if isinstance(answer, Proved):
            body = answer.certificate.program.body
            return Shape(answer.certificate, tuple(groups(body[: -len(MATCH)])), key)
    return None


def _program(course: Course, keyed: frozenset[int], only_constant: bool) -> tuple[Program, tuple[form.Variable, ...]]:
    steps: list[Step] = []
    key: list[form.Variable] = []
    prefix = "key"
    while any(name.startswith(prefix) for name in bound(course.program.body)):
        prefix += "'"
    tests = 0
    for step in course.steps:
        if isinstance(step, Test):
            if tests in keyed:
                key.append(form.Variable(f"{prefix}.{len(key)}", step.expression.type))
                step = Plain((form.Let(key[-1].name, step.expression),))
            tests += 1
        steps.append(step)
    keys = frozenset(part.name for part in key)
    ordered = _key_last(steps, keys)
    body = [_with_a_way_out(statement, only_constant) for step in ordered for statement in step.body]
    program = replace(course.program, name="shape", body=(*body, *MATCH), budget=None)
    return program, tuple(key)


def _key_last(steps: list[Step], keys: frozenset[str]) -> list[Step]:
    """The steps, in their order but for those that only bind what only the key needs: these come last."""
    wanted: set[str] = set()  # names that steps which stay need
    first: list[Step] = []
    last: list[Step] = []
    for step in reversed(steps):
        uses = names(step.body)
        binds = _bound(step)
        if binds is not None and binds not in wanted:
            last.append(step)
        else:
            first.append(step)
            wanted |= uses
    return [*reversed(first), *reversed(last)]


def _bound(step: Step) -> str | None:
    """The name that a step binds if it does nothing else, but miss where the packet is too short."""
    match step.body:
        case (form.Let(name, mutable=False),) | (form.Read(name, otherwise=None),):
            return name
        case (form.Read(name, otherwise=otherwise),) if otherwise == MISS:
            return name
    return None


def _with_a_way_out(statement: Statement, only_constant: bool) -> Statement:
    match statement:
        case form.Read(offset=offset, otherwise=None) if isinstance(offset, form.Constant) or not only_constant:
            return replace(statement, otherwise=MISS)
    return statement


Prove = Callable[[Course, frozenset[int]], Shape | None]


def widest(course: Course, keyed: frozenset[int], wanted: frozenset[int], prove: Prove) -> frozenset[int]:
    """As many of the wanted tests as can be in the key besides those that are: all, or one by one from the last."""
    if prove(course, keyed | wanted) is not None:
        return keyed | wanted
    for test in sorted(wanted, reverse=True) if len(wanted) > 1 else ():
        if prove(course, keyed | {test}) is not None:
            keyed |= {test}
    return keyed
