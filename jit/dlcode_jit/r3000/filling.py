"""Instructions put into the delay slots of branches that LLVM has left empty.

LLVM looks for one only before the branch, and gives up at a load whose place in the order is fixed. Here the slot of a
branch gets

- an instruction of the same run of instructions before it, if none between them has to do with what it reads or writes;
- the one that follows the branch, or the one that it goes to, if it only computes, and what it writes is not looked at
  on the other way. In the latter case the branch goes one further.

A nop that an instruction moved from before takes the place of is left out.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Final

from ..mips.decode import Decoded, decode, encode
from ..mips.registers import GENERAL_NAMES, RA
from ..mips.row import Kind
from .editing import edited, holds_addresses, words_of
from .link import Object

_NOP: Final = 0

_TRAPS: Final = frozenset({"add", "addi", "sub"})
"""What computes and may raise an exception."""

_GONE: Final = frozenset(
    GENERAL_NAMES.index(name) for name in ("at", "a0", "a1", "a2", "a3", *(f"t{number}" for number in range(10)))
)
"""Registers that nobody looks at after a return (o32)."""

_FAR: Final = 24
"""Instructions that are looked at to see that a register is not."""


def filled(object: Object) -> Object:
    """The object with fewer empty slots. One with marks, lines or addresses of code is left as it is.

    That loads are not waited for too little is seen to where they are moved; an image's check comes after this.
    """
    if object.marks or object.lines or holds_addresses(object):
        return object
    slots = _Slots(object)
    for branch in range(len(slots.words) - 2):
        slots.fill(branch)
    data = struct.pack(f"<{len(slots.words)}I", *slots.words) + object.data[object.text :]
    return edited(replace(object, data=data), {}, slots.removed)


class _Slots:
    """An object's code while slots are filled. Nothing moves but what is said; what is `removed` is a nop till then."""

    def __init__(self, object: Object) -> None:
        self.words = words_of(object)
        self.code = [decode(word) for word in self.words]
        self.removed: set[int] = set()
        self.relocated = {one.offset // 4 for one in object.relocations}
        self.leaders = {place // 4 for place in object.symbols.values()}
        for index, one in enumerate(self.code):
            target = None if one is None else one.destination(4 * index)
            if target is not None:
                self.leaders.add(target // 4)

    def fill(self, branch: int) -> None:
        """Fill the slot of the branch that is there, if one is, and the slot is empty."""
        one = self.code[branch]
        if one is None or one.row.kind is not Kind.BRANCH or RA in one.writes or self.in_slot(branch):
            return
        if self.words[branch + 1] != _NOP or branch + 1 in self.leaders:
            return
        target = branch + 1 + one.operand("displacement")
        if (before := self.before(branch, one, target)) is not None:
            moved = self.words[before]
            for index in range(before, branch - 1):
                self.put(index, self.words[index + 1])
            self.put(branch - 1, _displaced(one, 1))
            self.put(branch, moved)
            self.removed.add(branch + 1)
        elif branch + 2 not in self.leaders and self.harmless(branch + 2, target):
            self.put(branch + 1, self.words[branch + 2])
            self.put(branch + 2, _NOP)
            self.removed.add(branch + 2)
        elif self.harmless(target, branch + 2):
            self.put(branch + 1, self.words[target])
            self.put(branch, _displaced(one, 1))
            self.leaders.add(target + 1)

    def put(self, index: int, word: int) -> None:
        self.words[index], self.code[index] = word, decode(word)

    def in_slot(self, index: int) -> bool:
        """Whether an instruction is in the delay slot of the one before."""
        before = self.code[index - 1] if index else None
        return before is not None and before.row.has_delay_slot

    def before(self, branch: int, one: Decoded, target: int) -> int | None:
        """The nearest instruction before a branch that may be executed behind it."""
        reads, writes = set(one.reads), set(one.writes)
        if branch in self.leaders:
            return None
        for index in range(branch - 1, -1, -1):
            moved = self.code[index]
            if index in self.leaders or self.in_slot(index) or moved is None or index in self.relocated:
                return None
            if moved.row.kind not in (Kind.COMPUTE, Kind.LOAD):
                return None
            if (
                self.words[index] != _NOP
                and not moved.writes & (reads | writes)
                and not moved.reads & writes
                and not {"hi", "lo"} & (moved.reads | moved.writes)
                and not self.early(index, moved, (target, branch + 2))
            ):
                return index
            reads |= moved.reads
            writes |= moved.writes
        return None

    def early(self, index: int, moved: Decoded, following: tuple[int, ...]) -> bool:
        """Whether something would be read before it is loaded if an instruction went to the slot: by what follows the
        slot, or by what follows the instruction now."""
        if moved.row.kind is Kind.LOAD and any(self.reads(after, moved.writes) for after in following):
            return True
        load = self.code[index - 1] if index else None
        return load is not None and load.row.kind is Kind.LOAD and self.reads(index + 1, load.writes)

    def reads(self, index: int, registers: frozenset[int | str]) -> bool:
        one = self.code[index] if index < len(self.code) else None
        return one is None or bool(one.reads & registers)

    def harmless(self, index: int, elsewhere: int) -> bool:
        """Whether an instruction may be executed though the code goes on elsewhere."""
        one = self.code[index] if index < len(self.code) else None
        return (
            one is not None
            and self.words[index] != _NOP
            and one.row.kind is Kind.COMPUTE
            and one.row.name not in _TRAPS
            and index not in self.relocated
            and len(one.writes) == 1
            and not {"hi", "lo"} & (one.reads | one.writes)
            and self.unread(next(iter(one.writes)), elsewhere, _FAR)
        )

    def unread(self, register: int | str, index: int, left: int) -> bool:
        """Whether nobody reads a register from an instruction on, before it is written again."""
        while left:
            left -= 1
            one = self.code[index] if index < len(self.code) else None
            if one is None or register in one.reads:
                return False
            if not one.row.has_delay_slot:
                if register in one.writes:
                    return True
                index += 1
                continue
            slot = self.code[index + 1] if index + 1 < len(self.code) else None
            if slot is None or register in slot.reads or register in one.writes:
                return False
            if register in slot.writes:
                return True
            target = one.destination(4 * index)
            if target is None:
                return one.row.name == "jr" and one.operands == (RA,) and register in _GONE
            if one.row.kind is Kind.JUMP:
                if index in self.relocated:
                    return False
                index = target // 4
                continue
            return self.unread(register, target // 4, left // 2) and self.unread(register, index + 2, left // 2)
        return False


def _displaced(branch: Decoded, by: int) -> int:
    """The branch, going so many instructions further from where it is."""
    operands = tuple(
        value + by if name == "displacement" else value
        for name, value in zip(branch.row.operands, branch.operands, strict=True)
    )
    return encode(branch.row, operands)
