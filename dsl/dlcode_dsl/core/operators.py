"""The operators of the core form: one row each, with its meaning.

Arithmetic is unsigned and of fixed width. A plain `+ - *` must not wrap; `+% -% *%` wrap on purpose. What may go wrong
with an operator is named by `fault`; the verifier proves that it does not, the interpreter raises it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .faults import FaultKind

# (left, right, width in bits) -> the mathematical result, before it is cut to the width
Meaning = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Operator:
    """One binary operator on two values of the same width; shifts take their amount at that width too."""

    symbol: str
    meaning: Meaning
    fault: FaultKind | None = None


_ROWS = (
    Operator("+", lambda a, b, bits: a + b, FaultKind.WRAP),
    Operator("-", lambda a, b, bits: a - b, FaultKind.WRAP),
    Operator("*", lambda a, b, bits: a * b, FaultKind.WRAP),
    Operator("+%", lambda a, b, bits: a + b),
    Operator("-%", lambda a, b, bits: a - b),
    Operator("*%", lambda a, b, bits: a * b),
    Operator("/", lambda a, b, bits: a // b, FaultKind.DIVISION),
    Operator("%", lambda a, b, bits: a % b, FaultKind.DIVISION),
    Operator("&", lambda a, b, bits: a & b),
    Operator("|", lambda a, b, bits: a | b),
    Operator("^", lambda a, b, bits: a ^ b),
    Operator("<<", lambda a, b, bits: a << b, FaultKind.SHIFT),
    Operator(">>", lambda a, b, bits: a >> b, FaultKind.SHIFT),
)
OPERATORS = {row.symbol: row for row in _ROWS}

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def fault_of(operator: Operator, left: int, right: int, bits: int) -> bool:
    """Whether `left operator right` breaks the operator's rule at this width."""
    match operator.fault:
        case FaultKind.WRAP:
            return not 0 <= operator.meaning(left, right, bits) < 1 << bits
        case FaultKind.DIVISION:
            return right == 0
        case FaultKind.SHIFT:
            return right >= bits
    return False


def evaluate(operator: Operator, left: int, right: int, bits: int) -> int:
    """Value of `left operator right`, cut to the width; the caller has asked `fault_of` first."""
    return operator.meaning(left, right, bits) & ((1 << bits) - 1)
