"""The instruction rows as a tree of switches that ends in their meanings: the compiled processor's decoder."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from dlcode_aegis_core.machine.compiled.intervals import Interval
from dlcode_aegis_core.machine.compiled.state import NOWHERE, State
from dlcode_aegis_core.machine.compiled.statements import Body
from dlcode_aegis_core.machine.compiled.translate import Module
from dlcode_aegis_core.machine.compiled.writer import Value
from dlcode_jit.mips.registers import RA
from dlcode_jit.mips.row import FIELDS, Instruction, Operand
from dlcode_jit.mips.rows import ROWS

SLOT_FOLLOWS: Final = 64
"""Added to the register that an instruction wrote."""

PRIMARY: Final = 0xFC000000


def perform(cpu: State, word: int) -> int:
    """Do what an instruction word means. Only its name is Python's: what it does is written by `define`."""
    raise AssertionError("this is for translated code to call")


def define(module: Module, privileged: Callable[..., Any], reserved: Callable[..., Any]) -> None:
    """Write `@perform`: the meaning of a word. Its result is the register written, or NOWHERE, and SLOT_FOLLOWS."""
    tree = _Tree(module, privileged, reserved)
    tree.switch(ROWS, "entry", PRIMARY, "reserved")
    tree.otherwise()
    module.builtin[perform] = _call
    module.lines += ["define internal i64 @perform(ptr noalias %s, ptr %h, i64 %word) nounwind alwaysinline {"]
    module.lines += ["  br label %entry", *tree.lines, "raised:", "  ret i64 0", "}"]


def _call(body: Body, operands: list[Value]) -> Value:
    text = body.result(f"call i64 @perform(ptr %s, ptr %h, i64 {body.wide(operands[0], 64)})")
    body.after_raising()
    return Value(text, Interval(0, SLOT_FOLLOWS + NOWHERE))


_NODE: Final = ast.Pass()
"""Where mistakes are reported: nowhere, since no source says this."""


class _Tree(Body):
    def __init__(self, module: Module, privileged: Callable[..., Any], reserved: Callable[..., Any]) -> None:
        super().__init__(module, define, "", in_memory=False)
        self._privileged, self._reserved = privileged, reserved

    def switch(self, rows: Sequence[Instruction], label: str, mask: int, otherwise: str) -> None:
        """A block that tells rows apart by the bits under a mask, and then by what else their encodings ask."""
        groups: dict[int, list[Instruction]] = defaultdict(list)
        for row in rows:
            groups[row.encoding.bits & mask].append(row)
        labels = {bits: self.name("word") for bits in groups}
        self.label(label)
        key = self.result(f"and i64 %word, {mask}")
        cases = " ".join(f"i64 {bits}, label %{labels[bits]}" for bits in groups)
        self.emit(f"switch i64 {key}, label %{otherwise} [{cases}]")
        for bits, group in groups.items():
            self._resolve(group, labels[bits], mask)

    def _resolve(self, rows: list[Instruction], label: str, known: int) -> None:
        if len(rows) == 1 and not rows[0].encoding.mask & ~known:
            self.label(label)
            self._perform(rows[0])
            return
        masks = sorted({row.encoding.mask for row in rows})
        labels = [label, *(self.name("other") for _ in masks[1:]), "reserved"]
        for mask, here, following in zip(masks, labels, labels[1:], strict=False):
            self.switch([row for row in rows if row.encoding.mask == mask], here, mask, following)

    def _perform(self, row: Instruction) -> None:
        if row.privileged:
            self.called(_NODE, self._privileged, "", [])
        operands = [self._operand(row, name) for name in row.operands]
        _, ends = self.called(_NODE, row.meaning, "", operands)
        if ends:
            return
        written = next((name for name in row.writes if name not in ("hi", "lo")), None)
        register = self.constant(NOWHERE)
        if written == "ra":
            register = self.constant(RA)
        elif written is not None:
            register = operands[row.operands.index(written)]
        result = self.binary("Add", register, self.constant(SLOT_FOLLOWS if row.has_delay_slot else 0))
        self.emit(f"ret i64 {self.wide(result, 64)}")

    def _operand(self, row: Instruction, name: str) -> Value:
        field = FIELDS[name]
        if field.signed:
            up = self.result(f"shl i64 %word, {64 - field.low - field.width}")
            text = self.result(f"ashr i64 {up}, {64 - field.width}")
            return Value(text, Interval(field.values.start, field.values.stop - 1))
        down = self.result(f"lshr i64 %word, {field.low}")
        text = self.result(f"and i64 {down}, {(1 << field.width) - 1}")
        if name in row.writes and field.operand is Operand.GENERAL:  # $zero takes nothing
            zero = self.result(f"icmp eq i64 {text}, 0")
            return Value(self.result(f"select i1 {zero}, i64 {NOWHERE}, i64 {text}"), Interval(1, NOWHERE))
        return Value(text, Interval(0, (1 << field.width) - 1))

    def otherwise(self) -> None:
        """The block for words of no row."""
        self.label("reserved")
        self.called(_NODE, self._reserved, "", [])
