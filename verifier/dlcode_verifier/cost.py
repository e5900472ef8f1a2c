"""What a run can cost at most, in core operations: the longest way through the program, by the table of weights.

The bound is of the program's shape, and of how often each loop turns, which is proved; it is linear in the packet's
length. A `Check` costs nothing, nor does an invariant or a measure: no image holds them.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any, NamedTuple, get_type_hints

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Statement
from dlcode_dsl.core.weights import moved, weight


@dataclass(frozen=True, slots=True)
class Linear:
    """A bound that grows with the packet: `constant + per_byte * captured bytes`, and never above `greatest`."""

    constant: int
    per_byte: int = 0
    greatest: int | None = None  # where something else than the packet's length bounds it too

    def at(self, length: int) -> int:
        """The bound for packets of at most `length` captured bytes."""
        grown = self.constant + self.per_byte * length
        return grown if self.greatest is None else min(grown, self.greatest)

    def __str__(self) -> str:
        shown = f"{self.constant} + {self.per_byte} * length" if self.per_byte else str(self.constant)
        return shown if self.greatest is None else f"{shown} (never over {self.greatest})"


@dataclass(frozen=True, slots=True)
class Turns:
    """How many turns of one loop begin at most: one more than `step` goes into `most`, and none below 0."""

    most: Linear
    step: int = 1

    def at(self, length: int) -> int:
        """The bound for packets of at most `length` captured bytes."""
        return max(0, self.most.at(length) // self.step + 1)

    def __str__(self) -> str:
        if self.step == 1:
            return str(Linear(self.most.constant + 1, self.most.per_byte))
        return f"({self.most}) / {self.step} + 1"


@dataclass(frozen=True, slots=True)
class Effects:
    """What one run can queue at most."""

    sends: int  # frames, replies among them
    replies: int
    wakes: int
    longest_frame: int  # bytes

    @property
    def entries(self) -> int:
        """Entries of the queue: frames and wakes."""
        return self.sends + self.wakes


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a run costs and queues at most."""

    operations: Linear
    effects: Effects


Loops = Mapping[tuple[int, str], Turns]
"""Turns of each loop, by its node's identity, and the pipe's name of a copy's."""


def bounds(program: Program, loops: Loops | None = None) -> Bounds:
    """Bounds of a program whose obligations are proved, and whose loops turn at most so often.

    The longest frame is exact for frames of pieces of known sizes; any other is as long as a frame may be, which is
    proved.
    """
    ways = _Costs(program, loops or {}).body(program.body).values()
    most = _NONE
    for way in ways:
        most = _larger(most, way)
    longest = max((_longest(send) for send in _sends(program.body)), default=0)
    effects = Effects(most.sends, most.replies, most.wakes, longest)
    operations, greatest = Linear(ceil(most.constant), ceil(most.per_byte)), ceil(most.greatest)
    if 4 * most.greatest < 3 * operations.at(program.maximum):  # else it would say next to nothing
        operations = replace(operations, greatest=greatest)
    return Bounds(operations, effects)


def copied(program: Program, copy: form.Copy) -> Linear:
    """Most bytes that a copy within its bounds moves."""
    if isinstance(copy.count, form.Constant):
        return Linear(copy.count.value)
    return Linear(0, 1, min(program.region(copy.region).count, program.maximum))


def words(program: Program, copy: form.Copy, pipe: form.Pipe) -> Turns:
    """Words of a pipe's gauge in the stream of a copy within its bounds, which is padded to the widest gauge."""
    widest = max(program.pipe(name).gauge.bits // 8 for name in copy.through)
    size, most = pipe.gauge.bits // 8, copied(program, copy)
    padding = widest - 1 - size
    greatest = None if most.greatest is None else most.greatest + padding
    return Turns(Linear(most.constant + padding, most.per_byte, greatest), size)


class _Most(NamedTuple):
    """The most of a stretch of the program: operations, linear in the length and whatever that is, and effects."""

    constant: Fraction | int
    per_byte: Fraction | int
    greatest: Fraction | int
    sends: int
    replies: int
    wakes: int


def _always(operations: int, sends: int = 0, replies: int = 0, wakes: int = 0) -> _Most:
    """What a stretch costs whatever the packet's length is."""
    return _Most(operations, 0, operations, sends, replies, wakes)


_NONE = _always(0)
_END = ""  # the way on to the next statement
_OUT = "exit"  # the way out of the program; those to labels are called `leave LABEL`

_Ways = dict[str, _Most]

_GOING_ON = frozenset({form.Let, form.Assign, form.Store, form.Rewrite, form.Emit, form.Check})
"""Statements that queue nothing, and after which the next one always comes."""


class _Costs:
    def __init__(self, program: Program, loops: Loops) -> None:
        self.program, self.loops = program, loops

    def body(self, body: Body) -> _Ways:
        """The most from the start of `body` to its end, to each label it leaves to, and out of the program."""
        ways: _Ways = {}
        so_far, more = _NONE, 0
        for statement in body:
            if type(statement) in _GOING_ON:
                more += _charge(statement)
                continue
            here = self.ways(statement)
            if more:
                so_far, more = _sum(so_far, _always(more)), 0
            for target, most in here.items():
                if target != _END:
                    ways[target] = _larger(ways.get(target, _NONE), _sum(so_far, most))
            if _END not in here:
                return ways
            so_far = _sum(so_far, here[_END])
        ways[_END] = _sum(so_far, _always(more)) if more else so_far
        return ways

    def ways(self, statement: Statement) -> _Ways:
        own = _own(statement)
        match statement:
            case form.Exit():
                return {_OUT: own}
            case form.Leave(label):
                return {f"leave {label}": own}
            case form.If(_, then, otherwise):
                return _after(own, _either(self.body(then), self.body(otherwise)))
            case form.Read(_, _, _, otherwise) if otherwise is not None:
                return _after(own, _either({_END: _NONE}, self.body(otherwise)))
            case form.Block(label, body):
                return _after(own, _here(label, self.body(body)))
            case form.Loop(label):
                return _after(own, _here(label, self.loop(statement)))
            case form.Copy():
                return {_END: _sum(own, self.copy(statement))}
        return {_END: own}

    def loop(self, loop: form.Loop) -> _Ways:
        """What the interpreter charges: head and condition for each test, the body and one more for each full turn."""
        head, body = self.body(loop.head), self.body(loop.body)
        if _END not in head:
            return head
        tested = _sum(head.pop(_END), _always(_of_expression(loop.condition)))
        before = last = _NONE  # the turns that are full before a turn that is not, and before the last test
        if _END in body:
            turn = _sum(_sum(tested, body.pop(_END)), _always(1))
            turns = self.loops[id(loop), ""]
            before, last = self.times(turns, turn, fewer=1), self.times(turns, turn)
        ways = _either(_after(last, head), _after(_sum(before, tested), body))
        if loop.exhausted is not None:
            ways = _either(ways, _after(_sum(last, tested), self.body(loop.exhausted)))
        return _either(ways, {_END: _sum(last, tested)})

    def copy(self, copy: form.Copy) -> _Most:
        bytes = copied(self.program, copy)
        most = bytes.at(self.program.maximum)
        total = _Most(Fraction(bytes.constant + 3, 4), Fraction(bytes.per_byte, 4), Fraction(most + 3, 4), 0, 0, 0)
        for name in copy.through:
            pipe = self.program.pipe(name)
            total = _sum(total, self.times(self.loops[id(copy), name], self.body(pipe.body)[_END]))
            if pipe.finish is not None:
                total = _sum(total, _always(_of_expression(pipe.finish)))
        return total

    def times(self, turns: Turns, most: _Most, *, fewer: int = 0) -> _Most:
        """So many turns of so much each; of two that grow with the length, the inner is taken at the longest."""
        maximum = self.program.maximum
        constant = max(Fraction(turns.most.constant, turns.step) + 1 - fewer, Fraction(0))
        per_byte, times = Fraction(turns.most.per_byte, turns.step), max(0, turns.at(maximum) - fewer)
        if per_byte:
            each = min(most.constant + most.per_byte * maximum, most.greatest)
            operations = constant * each, per_byte * each
        else:
            operations = constant * most.constant, constant * most.per_byte
        return _Most(*operations, times * most.greatest, times * most.sends, times * most.replies, times * most.wakes)


def _own(statement: Statement) -> _Most:
    sends = isinstance(statement, form.Send)
    replies = isinstance(statement, form.Send) and statement.effect == "reply"
    return _always(_charge(statement), int(sends), int(replies), int(isinstance(statement, form.Wake)))


def _sum(left: _Most, right: _Most) -> _Most:
    if right is _NONE or left is _NONE:
        return left if right is _NONE else right
    return _Most._make(map(operator.add, left, right))


def _larger(left: _Most, right: _Most) -> _Most:
    return _Most._make(map(max, left, right))


def _here(label: str, ways: _Ways) -> _Ways:
    """The ways of what carries a label: whoever leaves to it goes on after it."""
    left = ways.pop(f"leave {label}", None)
    return ways if left is None else _either(ways, {_END: left})


def _either(left: _Ways, right: _Ways) -> _Ways:
    return {target: _larger(left.get(target, _NONE), right.get(target, _NONE)) for target in left | right}


def _after(own: _Most, ways: _Ways) -> _Ways:
    return {target: _sum(own, most) for target, most in ways.items()}


def _charge(statement: Statement) -> int:
    """What the statement is charged itself, with its expressions, without its bodies."""
    if isinstance(statement, form.Check | form.Loop):
        return weight(statement)
    total = weight(statement) + sum(map(_of_expression, _expressions(statement)))
    return total + (moved(_longest(statement)) if isinstance(statement, form.Send) else 0)


def _of_expression(expression: Expression) -> int:
    total, left = 0, [expression]
    for node in left:
        total += weight(node)
        kind: Any = type(node)
        left += [getattr(node, name) for name in _names(kind)]
    return total


def _expressions(node: Expression | Statement | form.Piece) -> list[Expression]:
    """The expressions that stand in a node itself; those of a `Send`, in its pieces."""
    if isinstance(node, form.Send):
        return [expression for piece in node.pieces for expression in _expressions(piece)]
    kind: Any = type(node)
    return [getattr(node, name) for name in _names(kind)]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Where an expression stands in a node."""
    of = get_type_hints(kind)
    return tuple(part.name for part in fields(kind) if of[part.name] == Expression)


def _longest(send: form.Send) -> int:
    """Most bytes of the frame."""
    total = 0
    for piece in send.pieces:
        match piece:
            case form.Value(value):
                total += value.type.bits // 8
            case form.PacketBytes(_, form.Constant(count)):
                total += count
            case _:
                return form.LONGEST_FRAME
    return min(total, form.LONGEST_FRAME)


def _sends(body: Body) -> list[form.Send]:
    found = []
    for statement in body:
        if isinstance(statement, form.Send):
            found.append(statement)
        for inner in bodies(statement):
            found.extend(_sends(inner))
    return found
