"""What tests ask of the packet's bytes, told from how their values are computed, to ask it in fewer instructions.

`bound` has what names are bound to: the statement that reads bytes of the packet, or an expression. All here is
arithmetic on values that programs compute; where a claim of such a program does not hold, what is said is of no value,
and does no harm: its run has missed already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U32, Expression
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate

from .steps import names

Bound = Mapping[str, Expression | form.Read]


@dataclass(frozen=True, slots=True)
class Bits:
    """`(read & mask) >> shift`, for bytes that are read as one value of 8, 16 or 32 bits."""

    read: form.Variable
    mask: int
    shift: int


def bits_of(value: Expression, bound: Bound) -> Bits | None:
    """The bits of the packet that an expression is, if it is no more than that."""
    match value:
        case form.Variable(name, type) if name in bound:
            inner = bound[name]
            if not isinstance(inner, form.Read):
                return bits_of(inner, bound)
            return Bits(value, (1 << type.bits) - 1, 0) if type.bits in (8, 16, 32) else None
        case form.Binary(">>", inner, form.Constant(by)):
            of = bits_of(inner, bound)
            return of and Bits(of.read, of.mask >> (of.shift + by) << (of.shift + by), of.shift + by)
        case form.Binary("&", inner, form.Constant(kept)):
            of = bits_of(inner, bound)
            return of and Bits(of.read, of.mask & kept << of.shift, of.shift)
        case form.Convert(_, inner, type):
            of = bits_of(inner, bound)
            return of and Bits(of.read, of.mask & ((1 << type.bits) - 1) << of.shift, of.shift)
    return None


def turned(value: int, type: form.Type) -> int:
    """A value of bytes of the packet as they lie in memory."""
    return int.from_bytes((value & (1 << type.bits) - 1).to_bytes(type.bits // 8, "big"), "little")


# ---- tests of one byte


def byte_of(condition: Expression, bound: Bound) -> form.Variable | None:
    """The byte of the packet that a condition is about, if it is about nothing else."""
    found: set[str] = set()
    left = list(names(condition))
    while left:
        name = left.pop()
        if name not in bound:
            return None
        inner = bound[name]
        if isinstance(inner, form.Read):
            found.add(name)
        else:
            left += names(inner)
    if len(found) != 1:
        return None
    (name,) = found
    read = bound[name]
    assert isinstance(read, form.Read)
    return form.Variable(name, read.type) if read.type == form.U8 else None


def interval(missing: Iterable[Expression], byte: form.Variable, bound: Bound) -> tuple[int, int] | None:
    """The values of a byte for which none of some conditions holds, if that is all from a least to a greatest."""
    conditions = list(missing)
    try:
        good = [
            value for value in range(256)
            if not any(_value(one, byte.name, value, bound) for one in conditions)
        ]  # fmt: skip
    except _Unknown:
        return None
    return (good[0], good[-1]) if good and good[-1] - good[0] + 1 == len(good) else None


class _Unknown(Exception):
    pass


def _value(expression: Expression, name: str, value: int, bound: Bound) -> int:
    def of(inner: Expression) -> int:
        return _value(inner, name, value, bound)

    match expression:
        case form.Constant(constant):
            return constant
        case form.Variable(other):
            inner = bound[other]
            return value if other == name else of(inner) if not isinstance(inner, form.Read) else _unknown()
        case form.Binary(symbol, left, right) if symbol not in ("/", "%"):
            by = of(right)
            if symbol in ("<<", ">>") and by >= left.type.bits:
                return _unknown()
            return evaluate(OPERATORS[symbol], of(left), by, left.type.bits)
        case form.Compare(symbol, left, right):
            return int(COMPARISONS[symbol](of(left), of(right)))
        case form.Logic("and", left, right):
            return of(left) and of(right)
        case form.Logic(_, left, right):
            return of(left) or of(right)
        case form.Not(operand):
            return int(not of(operand))
        case form.Convert(_, operand, type):
            return of(operand) & ((1 << type.bits) - 1)
    return _unknown()


def _unknown() -> int:
    raise _Unknown


# ---- offsets


def split(offset: Expression, bound: Bound) -> tuple[Expression, int] | None:
    """An offset as another u32 and a constant, which together do not wrap: whatever the packet, not by any claim."""
    terms: dict[Expression, int] = {}
    constant = _linear(offset, 1, bound, terms)
    if constant is None or not terms:
        return None
    greatest = constant + sum(by * ((1 << value.type.bits) - 1) for value, by in terms.items())
    if constant < 0 or greatest >> 31 or any(by < 0 for by in terms.values()):
        return None
    total: Expression | None = None
    for value, by in terms.items():
        wide: Expression = value if value.type == U32 else form.Convert("widen", value, U32)
        scaled = wide if by == 1 else form.Binary("*", wide, form.Constant(by, U32))
        total = scaled if total is None else form.Binary("+", total, scaled)
    assert total is not None
    return total, constant


def _linear(value: Expression, by: int, bound: Bound, terms: dict[Expression, int]) -> int | None:
    """The constant part of `by` times a value whose other parts are added to `terms`; None if it has another form."""
    match value:
        case form.Constant(constant):
            return by * constant
        case form.Variable(name) if name in bound and value.type == U32 and not isinstance(bound[name], form.Read):
            inner = bound[name]
            assert not isinstance(inner, form.Read)
            return _linear(inner, by, bound, terms)
        case form.Binary("+" | "-" as symbol, left, right) if value.type == U32:
            one = _linear(left, by, bound, terms)
            other = _linear(right, by if symbol == "+" else -by, bound, terms)
            return None if one is None or other is None else one + other
        case form.Binary("*", left, form.Constant(constant)) if value.type == U32:
            return _linear(left, by * constant, bound, terms)
        case form.Convert("widen", inner, _) if value.type == U32:
            terms[inner] = terms.get(inner, 0) + by
            return 0
    return None
