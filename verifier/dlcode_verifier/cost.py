"""What a run can cost at most, in core operations: the longest way through the program, by the table of weights.

The bound is of the program's shape alone, so it holds whether or not the solver answers. A `Check` costs nothing: no
image holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Statement
from dlcode_dsl.core.weights import moved, weight


@dataclass(frozen=True, slots=True)
class Linear:
    """A bound that grows with the packet: `constant + per_byte * captured bytes`."""

    constant: int
    per_byte: int = 0

    def at(self, length: int) -> int:
        """The bound for packets of at most `length` captured bytes."""
        return self.constant + self.per_byte * length

    def __str__(self) -> str:
        return f"{self.constant} + {self.per_byte} * length" if self.per_byte else str(self.constant)


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


def bounds(program: Program) -> Bounds:
    """Bounds of a program without loops and copies.

    The longest frame is exact for frames of pieces of known sizes; any other is as long as a frame may be, which is
    proved.
    """
    ways = _ways(program.body).values()
    operations, sends, replies, wakes = (max(most) for most in zip(*ways, strict=True))
    longest = max((_longest(send) for send in _sends(program.body)), default=0)
    return Bounds(Linear(operations), Effects(sends, replies, wakes, longest))


_Most = tuple[int, int, int, int]
"""Operations, sends, replies and wakes of a stretch of the program: each the most of any way through it."""

_NONE: _Most = (0, 0, 0, 0)
_END = ""  # the way on to the next statement
_OUT = "exit"  # the way out of the program; those to labels are called `leave LABEL`


def _ways(body: Body) -> dict[str, _Most]:
    """The most from the start of `body` to its end, to each label it leaves to, and out of the program."""
    ways: dict[str, _Most] = {}
    so_far = _NONE
    for statement in body:
        here = _ways_of(statement)
        for target, most in here.items():
            if target != _END:
                ways[target] = _larger(ways.get(target, _NONE), _sum(so_far, most))
        if _END not in here:
            return ways
        so_far = _sum(so_far, here[_END])
    ways[_END] = so_far
    return ways


def _ways_of(statement: Statement) -> dict[str, _Most]:
    own = _own(statement)
    match statement:
        case form.Exit():
            return {_OUT: own}
        case form.Leave(label):
            return {f"leave {label}": own}
        case form.If(_, then, otherwise):
            return _after(own, _either(_ways(then), _ways(otherwise)))
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return _after(own, _either({_END: _NONE}, _ways(otherwise)))
        case form.Block(label, body):
            ways = _ways(body)
            left = ways.pop(f"leave {label}", None)
            if left is not None:
                ways[_END] = _larger(ways.get(_END, _NONE), left)
            return _after(own, ways)
        case form.Loop() | form.Copy():
            raise AssertionError("a program with a loop or a copy is not proved, and has no bound yet")
    return {_END: own}


def _own(statement: Statement) -> _Most:
    sends = isinstance(statement, form.Send)
    replies = isinstance(statement, form.Send) and statement.effect == "reply"
    return _charge(statement), int(sends), int(replies), int(isinstance(statement, form.Wake))


def _sum(left: _Most, right: _Most) -> _Most:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3]


def _larger(left: _Most, right: _Most) -> _Most:
    return max(left[0], right[0]), max(left[1], right[1]), max(left[2], right[2]), max(left[3], right[3])


def _either(left: dict[str, _Most], right: dict[str, _Most]) -> dict[str, _Most]:
    return {target: _larger(left.get(target, _NONE), right.get(target, _NONE)) for target in left | right}


def _after(own: _Most, ways: dict[str, _Most]) -> dict[str, _Most]:
    return {target: _sum(own, most) for target, most in ways.items()}


def _charge(statement: Statement) -> int:
    """What the statement is charged itself, with its expressions, without its bodies."""
    if isinstance(statement, form.Check):
        return 0
    total = weight(statement) + sum(map(_of_expression, _expressions(statement)))
    return total + (moved(_longest(statement)) if isinstance(statement, form.Send) else 0)


def _of_expression(expression: Expression) -> int:
    return weight(expression) + sum(map(_of_expression, _expressions(expression)))


def _expressions(node: Expression | Statement | form.Piece) -> list[Expression]:
    """The expressions that stand in a node itself; those of a `Send`, in its pieces."""
    if isinstance(node, form.Send):
        return [expression for piece in node.pieces for expression in _expressions(piece)]
    kind: Any = type(node)
    parts = (getattr(node, name) for name in _names(kind))
    return [part for part in parts if isinstance(part, Expression)]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind) if part.name != "span")


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
