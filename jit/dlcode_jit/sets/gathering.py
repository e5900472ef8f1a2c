"""Tests that are gathered: what values differ by is collected in one word, and one branch asks whether that is 0.

For the R3000, where a branch costs two cycles and a load that has to be waited for another. So statements run that a
test before them should have kept from running. That is allowed to

- a read at a constant offset, or at a constant behind a value that a packet holds and that is small by its width
  (`bits.Bound.split`), if the packet has been tested to be as long: that needs no proof;
- a binding that does not divide: a value whose claims do not hold is LLVM's `poison`, which is harmless until something
  depends on it. What is collected of it is frozen, so that it is some value, and the test that did not hold decides.

Anything else waits for the branch. Loads come first, then what is done with them, as long as nothing waits. All tests
of one byte of the packet are one test if they come to an interval, and bytes are compared as they lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U32, Expression, Statement

from .bits import Bits, Bound, turned
from .steps import MISS, divides

if TYPE_CHECKING:
    from .merging import Merging


class Gathering:
    """The tests of a run of statements that are not made yet."""

    def __init__(self, into: Merging) -> None:
        self.into = into
        self._tests: list[Expression] = []  # conditions under which the packet misses
        self._differences: list[str] = []
        self._made: list[form.Read] = []  # held, as facts know nodes by their identity

    def joins(self, statement: Statement) -> bool:
        """Lower or keep a statement, if it is one that may run before the tests that are kept."""
        into = self.into
        match statement:
            case form.Let(_, value, mutable=False) if not divides(value):
                into.statement(statement)
            case form.Read(_, type, form.Constant(offset), otherwise) if (
                otherwise in (None, MISS) and offset + type.bits // 8 <= into.tested
            ):
                into.statement(self.alike(statement, statement.offset))
            case form.If(condition, then, ()) if then == MISS and (
                into.bound.sure(condition) or (isinstance(condition, form.Compare) and not divides(condition))
            ):
                self._tests.append(condition)
            case form.Read(_, type, offset, otherwise) if (
                otherwise in (None, MISS) and (parts := into.bound.split(offset)) is not None
            ):
                start, constant = parts
                end = constant + type.bits // 8
                if end > into.reached.get(start, 0):
                    if otherwise is not None:
                        short = into.to.value(f"icmp ult i32 %length, {into.value(_sum(start, end))}")
                        self._differences.append(into.to.value(f"zext i1 {short} to i32"))
                        into.reached[start] = end
                    self.settle()
                into.statement(self.alike(statement, _sum(start, constant)))
            case _:
                return False
        return True

    def alike(self, read: form.Read, offset: Expression, type: form.Type | None = None) -> form.Read:
        """A read of bytes that are there, at the same offset as another's, with what is known of that."""
        made = form.Read(read.name, type or read.type, offset, None)
        known = self.into.facts.get((id(read), "offset"))
        if known is not None:
            self.into.facts[id(made), "offset"] = known
        self._made.append(made)
        return made

    def settle(self, words: list[str] | None = None) -> list[str] | None:
        """Miss if one of the tests that were kept does not hold. The values `words` are made before that."""
        to = self.into.to
        differences = [*self._of_tests(), *self._differences]
        self._tests, self._differences = [], []
        if not differences:
            return words
        gathered = ""
        for one in differences:
            gathered = self._hidden(to.value(f"or i32 {gathered}, {one}") if gathered else one)
        if words is not None:
            words = [to.value(f'call i32 asm sideeffect "", "=r,0"(i32 {word})') for word in words]
        held = to.label("held")
        to.branch(to.value(f"icmp eq i32 {gathered}, 0"), held, self.into.miss)
        to.start(held)
        return words

    def _hidden(self, value: str) -> str:
        """The same value by an instruction that is none, so that LLVM makes no branches out of what was gathered."""
        return self.into.to.value(f'call i32 asm "", "=r,0"(i32 {value})')

    def _of_tests(self) -> list[str]:
        bound = self.into.bound
        of_bytes: dict[form.Variable, list[Expression]] = {}
        of_bits: dict[form.Variable, list[tuple[int, int]]] = {}
        differences: list[str] = []
        others: list[Expression] = []
        for test in self._tests:
            byte = bound.byte_of(test)
            if byte is not None:
                of_bytes.setdefault(byte, []).append(test)
            else:
                others.append(test)
        for byte, tests in of_bytes.items():
            found = bound.interval(tests, byte)
            if found is None:
                others += tests
            elif found != (0, 255):
                differences.append(self._outside(byte, *found))
        for test in others:
            bits = _compared(test, bound)
            if bits is None:
                some = self.into.value(test)
                if not bound.sure(test):
                    some = self.into.to.value(f"freeze i1 {some}")
                differences.append(self.into.to.value(f"zext i1 {some} to i32"))
            else:
                of, value = bits
                of_bits.setdefault(of.read, []).append((of.mask, value << of.shift))
        return differences + [self._differing(read, *_together(some)) for read, some in of_bits.items()]

    def _outside(self, byte: form.Variable, least: int, greatest: int) -> str:
        """What is 0 if a byte lies between two values."""
        to, value = self.into.to, self.into.value(byte)
        if least == greatest:
            return to.value(f"zext i8 {to.value(f'xor i8 {value}, {least}')} to i32")
        wide = to.value(f"zext i8 {value} to i32")
        if greatest == 255:
            outside = to.value(f"icmp ult i32 {wide}, {least}")
        else:
            outside = to.value(f"icmp ugt i32 {to.value(f'sub i32 {wide}, {least}')}, {greatest - least}")
        return to.value(f"zext i1 {outside} to i32")

    def _differing(self, read: form.Variable, mask: int, value: int) -> str:
        """What is 0 if bytes of the packet have a value under a mask."""
        into, to, wide = self.into, self.into.to, f"i{read.type.bits}"
        differs = into.swapped(into.value(read), read.type)
        if mask != (1 << read.type.bits) - 1:
            differs = to.value(f"and {wide} {differs}, {turned(mask, read.type)}")
        differs = to.value(f"xor {wide} {differs}, {turned(value, read.type)}")
        return differs if read.type == U32 else to.value(f"zext {wide} {differs} to i32")


def _sum(value: Expression, constant: int) -> Expression:
    return form.Binary("+", value, form.Constant(constant, U32))


def _compared(test: Expression, bound: Bound) -> tuple[Bits, int] | None:
    """The bits that a test misses by, and what they must be."""
    match test:
        case form.Compare("!=", value, form.Constant(constant)):
            bits = bound.bits(value)
            return None if bits is None else (bits, constant)
    return None


def _together(some: list[tuple[int, int]]) -> tuple[int, int]:
    """Values under masks as one; where they contradict each other, one that no bytes have."""
    mask = value = 0
    for one, wanted in some:
        if (value ^ wanted) & mask & one or wanted & ~one:
            return 0, 1
        mask, value = mask | one, value | wanted
    return mask, value
