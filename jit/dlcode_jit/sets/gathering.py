"""Tests that are gathered: what values differ by is collected in one word, and one branch asks whether that is 0.

For the R3000, where a branch costs two cycles and a load that has to be waited for another. So statements run that a
test before them should have kept from running. That is allowed to

- a read at a constant offset, if the packet has been tested to be as long, which needs no proof;
- a binding that does not divide: a value whose claims do not hold is LLVM's `poison`, which is harmless until something
  depends on it. What is collected of it is frozen, so that it is some value, and the test that did not hold decides.

Anything else waits for the branch. Loads come first, then what is done with them, as long as nothing waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Expression, Statement

from .steps import MISS, divides

if TYPE_CHECKING:
    from .merging import Merging


class Gathering:
    """The tests of a run of statements that are not made yet."""

    def __init__(self, into: Merging) -> None:
        self.into = into
        self._tests: list[Expression] = []
        self._differences: list[str] = []

    def joins(self, statement: Statement) -> bool:
        """Lower or keep a statement, if it is one that may run before the tests that are kept."""
        into = self.into
        match statement:
            case form.Let(_, value, mutable=False) if not divides(value):
                into.statement(statement)
            case form.Read(name, type, form.Constant(offset) as at, otherwise) if (
                otherwise in (None, MISS) and offset + type.bits // 8 <= into.tested
            ):
                into.statement(form.Read(name, type, at, None))
            case form.If(condition, then, ()) if then == MISS and not divides(condition):
                self._tests.append(condition)
            case form.Read(_, type, offset, otherwise) if otherwise == MISS and not divides(offset):
                there = into.captured(offset, type.bits // 8)
                self._differences.append(into.to.value(f"zext i1 {into.to.value(f'xor i1 {there}, true')} to i32"))
                self.settle()
                into.statement(form.Read(statement.name, type, offset, None))
            case _:
                return False
        return True

    def settle(self) -> None:
        """Miss if one of the tests that were kept does not hold."""
        to = self.into.to
        differences = [*self._differences, *map(self._difference, self._tests)]
        self._tests, self._differences = [], []
        if not differences:
            return
        gathered = ""
        for one in differences:
            frozen = to.value(f"freeze i32 {one}")
            gathered = to.value(f"or i32 {gathered}, {frozen}") if gathered else frozen
        if len(differences) > 1:  # an instruction that is none keeps LLVM from making as many tests of this one again
            gathered = to.value(f'call i32 asm "", "=r,0"(i32 {gathered})')
        held = to.label("held")
        to.branch(to.value(f"icmp eq i32 {gathered}, 0"), held, self.into.miss)
        to.start(held)

    def _difference(self, condition: Expression) -> str:
        """What is 0 unless a condition holds."""
        into, to = self.into, self.into.to
        match condition:
            case form.Compare("!=", left, form.Constant(value)) if left.type.bits <= 32:
                wide = f"i{left.type.bits}"
                found = bits_of(left, into.bound)
                if found is None:
                    differs = to.value(f"xor {wide} {into.value(left)}, {value}")
                else:  # as the bytes lie, so that they need not be turned round
                    of, mask, shift = found
                    wide = f"i{of.type.bits}"
                    differs = into.swapped(into.value(of), of.type)
                    if mask != (1 << of.type.bits) - 1:
                        differs = to.value(f"and {wide} {differs}, {_turned(mask, of.type)}")
                    differs = to.value(f"xor {wide} {differs}, {_turned(value << shift, of.type)}")
            case _:
                wide, differs = "i1", into.value(condition)
        return differs if wide == "i32" else to.value(f"zext {wide} {differs} to i32")


def bits_of(value: Expression, bound: Mapping[str, Expression | None]) -> tuple[form.Variable, int, int] | None:
    """The variable, mask and shift with which `value` is `(variable & mask) >> shift`, for one of 8, 16 or 32 bits.

    `bound` has what names are bound to, None for bytes of the packet.
    """
    match value:
        case form.Variable(name, type) if name in bound:
            inner = bound[name]
            if inner is not None:
                return bits_of(inner, bound)
            return (value, (1 << type.bits) - 1, 0) if type.bits in (8, 16, 32) else None
        case form.Binary(">>", inner, form.Constant(by)):
            found = bits_of(inner, bound)
            return found and (found[0], found[1] >> (found[2] + by) << (found[2] + by), found[2] + by)
        case form.Binary("&", inner, form.Constant(kept)):
            found = bits_of(inner, bound)
            return found and (found[0], found[1] & kept << found[2], found[2])
        case form.Convert(_, inner, type):
            found = bits_of(inner, bound)
            return found and (found[0], found[1] & ((1 << type.bits) - 1) << found[2], found[2])
    return None


def _turned(value: int, type: form.Type) -> int:
    """A constant as the bytes lie."""
    return int.from_bytes((value & (1 << type.bits) - 1).to_bytes(type.bits // 8, "big"), "little")
