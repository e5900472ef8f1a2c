"""What tests ask of the packet's bytes, told from how their values are computed, to ask it in fewer instructions.

What is said of an expression is so where the claims hold that it makes; where one does not, another test misses, as was
proved. Nothing here follows names through more than one binding at a time: a program may have thousands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U32, Expression
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate

from .steps import names

_TOTAL = frozenset({"+%", "-%", "*%", "&", "|", "^"})
"""Operators that make no claim."""

_CLAIMING = frozenset({"+", "-", "*"})

_PARTS = 64
"""Parts of a sum that are looked at, and bindings on which a test of a byte may depend."""


@dataclass(frozen=True, slots=True)
class Bits:
    """`(read & mask) >> shift`, for bytes that are read as one value of 8, 16 or 32 bits."""

    read: form.Variable
    mask: int
    shift: int


class Bound:
    """What names are bound to on a way: bytes of the packet, or a value that does not change."""

    def __init__(self, of: Bound | None = None) -> None:
        """None yet, or those of another, of which this becomes a copy."""
        self.to: dict[str, Expression | form.Read] = dict(of.to) if of else {}
        self._sure: set[str] = set(of._sure) if of else set()
        self._bits: dict[str, Bits] = dict(of._bits) if of else {}

    def bind(self, statement: form.Let | form.Read) -> None:
        """Know a statement that binds a name."""
        name = statement.name
        if isinstance(statement, form.Read):
            self.to[name] = statement
            self._sure.add(name)
            if statement.type.bits in (8, 16, 32):
                self._bits[name] = Bits(form.Variable(name, statement.type), (1 << statement.type.bits) - 1, 0)
            return
        self.to[name] = statement.value
        if self.sure(statement.value):
            self._sure.add(name)
        if (bits := self.bits(statement.value)) is not None:
            self._bits[name] = bits

    def read(self, name: str) -> form.Read | None:
        """The statement whose bytes a name is, by itself or by another name."""
        found = self.to.get(name)
        if isinstance(found, form.Variable):
            found = self.to.get(found.name)
        return found if isinstance(found, form.Read) else None

    def sure(self, value: Expression) -> bool:
        """Whether an expression has a value whatever the packet: nothing that it is computed by makes a claim."""
        match value:
            case form.Constant() | form.Extent():
                return True
            case form.Variable(name):
                return name in self._sure
            case form.Binary(symbol, left, right) if symbol in _TOTAL:
                return self.sure(left) and self.sure(right)
            case form.Binary("<<" | ">>", left, form.Constant(by)):
                return by < left.type.bits and self.sure(left)
            case form.Compare(_, left, right) | form.Logic(_, left, right):
                return self.sure(left) and self.sure(right)
            case form.Not(operand) | form.Convert("widen" | "truncate", operand) | form.ByteSwap(operand):
                return self.sure(operand)
        return False

    def bits(self, value: Expression) -> Bits | None:
        """The bits of the packet that an expression is, if it is no more than that."""
        match value:
            case form.Variable(name):
                return self._bits.get(name)
            case form.Binary(">>", inner, form.Constant(by)):
                of = self.bits(inner)
                return of and Bits(of.read, of.mask >> (of.shift + by) << (of.shift + by), of.shift + by)
            case form.Binary("&", inner, form.Constant(kept)):
                of = self.bits(inner)
                return of and Bits(of.read, of.mask & kept << of.shift, of.shift)
            case form.Convert(_, inner, type):
                of = self.bits(inner)
                return of and Bits(of.read, of.mask & ((1 << type.bits) - 1) << of.shift, of.shift)
        return None

    # ---- tests of one byte

    def byte_of(self, condition: Expression) -> form.Variable | None:
        """The byte of the packet that a condition is about, if it is about nothing else."""
        reads = [read for name in self._needed(condition) if isinstance(read := self.to[name], form.Read)]
        if len(reads) == 1 and reads[0].type == form.U8:
            return form.Variable(reads[0].name, form.U8)
        return None

    def interval(self, missing: Iterable[Expression], byte: form.Variable) -> tuple[int, int] | None:
        """The values of a byte for which none of some conditions holds, if that is all from a least to a greatest."""
        conditions = [(one, self._needed(one)) for one in missing]
        good = []
        for value in range(256):
            here = {byte.name: value}
            try:
                if not any(self._holds(one, needed, here) for one, needed in conditions):
                    good.append(value)
            except _Unknown:
                return None
        return (good[0], good[-1]) if good and good[-1] - good[0] + 1 == len(good) else None

    def _needed(self, condition: Expression) -> list[str]:
        """The names that a condition depends on, each after those that it depends on; none where they are many."""
        left = list(names(condition))
        seen = set(left)
        while left:
            inner = self.to.get(left.pop())
            if inner is None or len(seen) > _PARTS:
                return []
            if not isinstance(inner, form.Read):
                more = names(inner) - seen
                seen |= more
                left += more
        return [name for name in self.to if name in seen]

    def _holds(self, condition: Expression, needed: list[str], here: dict[str, int]) -> int:
        for name in needed:
            value = self.to[name]
            if name not in here and not isinstance(value, form.Read):
                here[name] = _value(value, here)
        return _value(condition, here)

    # ---- offsets

    def split(self, offset: Expression) -> tuple[Expression, int] | None:
        """An offset as another u32 and a constant, whose sum does not wrap: whatever the packet, not by any claim."""
        terms: dict[Expression, int] = {}
        constant, parts = 0, [(offset, 1)]
        for _ in range(_PARTS):
            if not parts:
                break
            value, by = parts.pop()
            match value:
                case form.Constant(one):
                    constant += by * one
                case form.Variable(name) if isinstance(inner := self.to.get(name), Expression) and value.type == U32:
                    parts.append((inner, by))
                case form.Binary("+" | "-" as symbol, left, right) if value.type == U32:
                    parts += [(left, by), (right, by if symbol == "+" else -by)]
                case form.Binary("*", left, form.Constant(one)) if value.type == U32:
                    parts.append((left, by * one))
                case form.Convert("widen", inner, _) if value.type == U32 and self.sure(inner):
                    terms[inner] = terms.get(inner, 0) + by
                case _:
                    return None
        terms = {value: by for value, by in terms.items() if by}
        greatest = constant + sum(by * ((1 << value.type.bits) - 1) for value, by in terms.items())
        if parts or not terms or constant < 0 or greatest >> 31 or min(terms.values()) < 0:
            return None
        return reduce(lambda one, other: form.Binary("+", one, other), map(_product, terms, terms.values())), constant


def turned(value: int, type: form.Type) -> int:
    """A value of bytes of the packet as they lie in memory."""
    return int.from_bytes((value & (1 << type.bits) - 1).to_bytes(type.bits // 8, "big"), "little")


def _product(value: Expression, by: int) -> Expression:
    wide = form.Convert("widen", value, U32)
    return wide if by == 1 else form.Binary("*", wide, form.Constant(by, U32))


class _Unknown(Exception):
    """The value of an expression is not worked out here."""


def _value(expression: Expression, here: dict[str, int]) -> int:
    """The value of an expression where names have these values."""
    match expression:
        case form.Constant(value):
            return value
        case form.Variable(name) if name in here:
            return here[name]
        case form.Binary(symbol, left, right) if symbol in _TOTAL or symbol in _CLAIMING:
            return evaluate(OPERATORS[symbol], _value(left, here), _value(right, here), left.type.bits)
        case form.Binary("<<" | ">>" as symbol, left, form.Constant(by)) if by < left.type.bits:
            return evaluate(OPERATORS[symbol], _value(left, here), by, left.type.bits)
        case form.Compare(symbol, left, right):
            return int(COMPARISONS[symbol](_value(left, here), _value(right, here)))
        case form.Logic("and", left, right):
            return _value(left, here) and _value(right, here)
        case form.Logic(_, left, right):
            return _value(left, here) or _value(right, here)
        case form.Not(operand):
            return int(not _value(operand, here))
        case form.Convert(_, operand, type):
            return _value(operand, here) & ((1 << type.bits) - 1)
    raise _Unknown
