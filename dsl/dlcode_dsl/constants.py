"""Values that are known before any program runs: what `const` names, and what header files compare with and build."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import codes
from .syntax import tree
from .types import ADDRESSES, ValueType
from .wrong import unknown, wrong

Known = tree.Number | tree.Address | tree.Truth
"""A constant is kept as the literal that it equals."""

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
}
WIDEST = 128


def evaluate(expression: tree.Expression, constants: Mapping[str, Known]) -> Known:
    """The literal that a constant expression equals. Raises Wrong where it is none."""
    match expression:
        case tree.Number() | tree.Address() | tree.Truth():
            return expression
        case tree.Use(name):
            if name.text not in constants:
                raise unknown("constant", name, constants)
            return constants[name.text]
        case tree.Binary(operator, left, right):
            return tree.Number(_binary(expression, operator, left, right, constants), span=expression.span)
    raise wrong(codes.NOT_CONSTANT, expression.span)


def _binary(
    whole: tree.Expression, operator: str, left: tree.Expression, right: tree.Expression, constants: Mapping[str, Known]
) -> int:
    sides = [evaluate(side, constants) for side in (left, right)]
    if operator not in _ARITHMETIC or not all(isinstance(side, tree.Number) for side in sides):
        raise wrong(codes.NOT_CONSTANT, whole.span, "constants are made of numbers by + - * / % & | ^ << >>")
    value = fold(operator, sides[0].value, sides[1].value)
    if value is None:
        raise wrong(codes.LITERAL, whole.span, f"numbers are 0 to 2^{WIDEST} - 1", literal="the result")
    return value


def fold(operator: str, left: int, right: int) -> int | None:
    """The value of an operator on two literals, which have no width yet; None where there is no such number."""
    if (operator in ("/", "%") and right == 0) or (operator in ("<<", ">>") and right >= WIDEST):
        return None
    value = _ARITHMETIC[operator.rstrip("%") or "%"](left, right)
    return value if 0 <= value < 1 << WIDEST else None


def literal_of(known: Known, type: ValueType) -> int:
    """The number that a constant is as a value of `type`. Raises Wrong where it does not fit, or is of another kind."""
    kind = known.kind if isinstance(known, tree.Address) else None
    if isinstance(known, tree.Truth) or (type.name in ADDRESSES) != (kind is not None) or kind not in (None, type.name):
        found = "a truth value" if isinstance(known, tree.Truth) else f"{ADDRESSES[kind]}" if kind else "a number"
        raise wrong(codes.WRONG_TYPE, known.span, found=found, wanted=str(type))
    if known.value >> type.bits:
        raise wrong(codes.DOES_NOT_FIT_LITERAL, known.span, value=known.value, type=str(type))
    return known.value
