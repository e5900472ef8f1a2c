"""Core expressions in their simplest form: what is constant is computed, what does nothing is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..core import form
from ..core.form import Constant, Expression, Type
from ..core.operators import COMPARISONS, OPERATORS, evaluate, fault_of
from ..source import NOWHERE, Span

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def constant(value: int, type: Type = form.U32, span: Span = NOWHERE) -> Constant:
    """A constant, of u32 unless another type is given."""
    return Constant(value, type, span=span)


def truth(value: bool, span: Span = NOWHERE) -> Constant:
    """A constant truth value."""
    return Constant(int(value), form.BOOL, span=span)


def binary(symbol: str, left: Expression, right: Expression, span: Span = NOWHERE) -> Expression:
    """`left symbol right`; a fault of constants is left for the verifier to find."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        operator = OPERATORS[symbol]
        if not fault_of(operator, left.value, right.value, left.type.bits):
            return Constant(evaluate(operator, left.value, right.value, left.type.bits), left.type, span=span)
    if isinstance(right, Constant) and right.value == 0 and symbol in ("+", "-", "+%", "-%", "|", "^", "<<", ">>"):
        return left
    if isinstance(left, Constant) and left.value == 0 and symbol in ("+", "+%", "|", "^"):
        return right
    return form.Binary(symbol, left, right, span=span)


def compare(symbol: str, left: Expression, right: Expression, span: Span = NOWHERE) -> Expression:
    """`left symbol right` as a truth value."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return truth(COMPARISONS[symbol](left.value, right.value), span)
    return form.Compare(symbol, left, right, span=span)


def negate(condition: Expression) -> Expression:
    """The opposite truth value."""
    match condition:
        case Constant(value):
            return truth(not value, condition.span)
        case form.Compare(symbol, left, right):
            return form.Compare(_OPPOSITE[symbol], left, right, span=condition.span)
        case form.Not(operand):
            return operand
    return form.Not(condition, span=condition.span)


def joined(operator: Literal["and", "or"], terms: Sequence[Expression]) -> Expression:
    """The terms joined from left to right, as a balanced tree: a chain of thousands is no deeper than its logarithm."""
    neutral = operator == "and"
    kept: list[Expression] = []
    for term in terms:
        if isinstance(term, Constant):
            if bool(term.value) == neutral:
                continue
            kept.append(term)
            break
        kept.append(term)
    if not kept:
        return truth(neutral)
    while len(kept) > 1:
        pairs = zip(kept[::2], kept[1::2], strict=False)
        odd = kept[len(kept) & ~1 :]
        kept = [form.Logic(operator, left, right, span=_across(left.span, right.span)) for left, right in pairs] + odd
    return kept[0]


def _across(left: Span, right: Span) -> Span:
    return left.to(right) if left.source is right.source else left


def size(value: Expression) -> int:
    """How many nodes an expression is made of."""
    match value:
        case form.Binary(_, left, right) | form.Compare(_, left, right) | form.Logic(_, left, right):
            return 1 + size(left) + size(right)
        case form.Not(operand) | form.Convert(_, operand) | form.ByteSwap(operand):
            return 1 + size(operand)
        case form.Owned(_, index) | form.Entry(_, index):
            return 1 + size(index)
    return 1


def widen(value: Expression, type: Type, span: Span = NOWHERE) -> Expression:
    """The value as a wider type, or as its own."""
    if value.type == type:
        return value
    if isinstance(value, Constant):
        return Constant(value.value, type, span=span)
    if isinstance(value, form.Convert) and value.how == "widen":
        return form.Convert("widen", value.operand, type, span=span)
    return form.Convert("widen", value, type, span=span)


def truncate(value: Expression, type: Type, span: Span = NOWHERE) -> Expression:
    """The low bits of a value."""
    if value.type == type:
        return value
    if isinstance(value, Constant):
        return Constant(value.value & ((1 << type.bits) - 1), type, span=span)
    return form.Convert("truncate", value, type, span=span)


def narrow(value: Expression, type: Type, span: Span = NOWHERE) -> Expression:
    """The value as a narrower type, which the verifier must prove that it fits."""
    if value.type == type:
        return value
    if isinstance(value, Constant) and not value.value >> type.bits:
        return Constant(value.value, type, span=span)
    return form.Convert("narrow", value, type, span=span)


def resized(value: Expression, type: Type, span: Span = NOWHERE) -> Expression:
    """The value at another width: widened, or truncated."""
    return widen(value, type, span) if type.bits >= value.type.bits else truncate(value, type, span)
