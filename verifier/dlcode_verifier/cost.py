"""What a run can cost at most, in core operations: the longest way through the program, by the table of weights.

The bound is of the program's shape alone, so it holds whether or not the solver answers. A `Check` costs nothing: no
image holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from dlcode_dsl.core import form
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


def operations(program: Program) -> Linear:
    """Most core operations that one run is charged."""
    return Linear(_most(program.body, _charge))


def effects(program: Program) -> Effects:
    """Most effects that one run queues, and the longest frame among them.

    The length is exact for frames of pieces of known sizes; any other is as long as a frame may be, which is proved.
    """
    longest = max((_longest(send) for send in _sends(program.body)), default=0)
    return Effects(
        _most(program.body, lambda statement: int(isinstance(statement, form.Send))),
        _most(program.body, lambda statement: int(isinstance(statement, form.Send) and statement.effect == "reply")),
        _most(program.body, lambda statement: int(isinstance(statement, form.Wake))),
        longest,
    )


_END = ""  # the way on to the next statement
_OUT = "exit"  # the way out of the program; a keyword, so that no label is called that


def _most(body: Body, charge: object) -> int:
    return max(_ways(body, charge).values())


def _ways(body: Body, charge: object) -> dict[str, int]:
    """The longest way from the start of `body` to its end, to each label it leaves to, and out of the program."""
    ways: dict[str, int] = {}
    so_far = 0
    for statement in body:
        here = _ways_of(statement, charge)
        for target, most in here.items():
            if target != _END:
                ways[target] = max(ways.get(target, 0), so_far + most)
        if _END not in here:
            return ways
        so_far += here[_END]
    ways[_END] = max(ways.get(_END, 0), so_far)
    return ways


def _ways_of(statement: Statement, charge: object) -> dict[str, int]:
    assert callable(charge)
    own: int = charge(statement)
    match statement:
        case form.Exit():
            return {_OUT: own}
        case form.Leave(label):
            return {f"leave {label}": own}
        case form.If(_, then, otherwise):
            return _plus(own, _either(_ways(then, charge), _ways(otherwise, charge)))
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return _plus(own, _either({_END: 0}, _ways(otherwise, charge)))
        case form.Block(label, body):
            ways = _ways(body, charge)
            left = ways.pop(f"leave {label}", None)
            if left is not None:
                ways[_END] = max(ways.get(_END, 0), left)
            return _plus(own, ways)
        case form.Loop() | form.Copy():
            raise AssertionError("a program with a loop or a copy is not proved, and has no bound yet")
    return {_END: own}


def _either(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {target: max(left.get(target, 0), right.get(target, 0)) for target in left | right}


def _plus(own: int, ways: dict[str, int]) -> dict[str, int]:
    return {target: own + most for target, most in ways.items()}


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
    parts = (getattr(node, name) for name in _names(type(node)))
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
    from dlcode_dsl.core.check import bodies

    found = []
    for statement in body:
        if isinstance(statement, form.Send):
            found.append(statement)
        for inner in bodies(statement):
            found.extend(_sends(inner))
    return found
