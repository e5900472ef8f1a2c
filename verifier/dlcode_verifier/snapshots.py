"""Where to take up a run again: a state that it passed, not so long before its fault.

A run may be of millions of statements; what is said of it is about its last turns. A run that comes back to where it
was is taken up at the head that it comes back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program, Statement
from dlcode_dsl.core.interpret import Fault, Memory

from .lasso import Endless, replay
from .witness import Witness

MOST_STATEMENTS = 500
"""Statements before the fault that are looked at, at most; at least half of them where there are loop heads enough."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a run: at a loop's head, or, without one, where the program begins."""

    loop: form.Loop | None
    names: Mapping[str, int]
    memory: Mapping[str, list[int]]
    data: bytes
    written: bool = False  # whether owned memory was, other than scratch
    turns: Mapping[int, int] = field(default_factory=dict)  # that are done, by the loop's identity
    statements: int = 0  # that came before


def snapshot(program: Program, witness: Witness, fault: Fault) -> Snapshot | None:
    """The state from which to follow a run that faults; None where too much comes after any."""
    watch = _Watch(program, fault if isinstance(fault, Endless) else None)
    watch.passed = Snapshot(None, {}, witness.memory, witness.packet.data)
    replay(program, witness.packet, witness.memory, observe=watch)
    found = [watch.head] if isinstance(fault, Endless) else [watch.passed, watch.later]
    near = (one for one in found if one is not None and watch.statements - one.statements <= MOST_STATEMENTS)
    return next(near, None)


@dataclass(slots=True)
class _Watch:
    program: Program
    endless: Endless | None
    statements: int = 0
    written: bool = False
    turns: dict[int, int] = field(default_factory=dict)
    passed: Snapshot | None = None  # the last but one that was taken
    later: Snapshot | None = None
    head: Snapshot | None = None  # the head that an endless run comes back to

    def __call__(
        self, statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray
    ) -> None:
        self.statements += 1
        if isinstance(statement, form.Loop):
            self.turns[id(statement)] = turns
            last = self.later or self.passed
            if self.endless is not None:
                if statement is self.endless.node and turns == self.endless.back:
                    self.head = self.taken(statement, names, memory, data)
            elif last is not None and self.statements - last.statements > MOST_STATEMENTS // 2:
                self.passed, self.later = last, self.taken(statement, names, memory, data)
        elif isinstance(statement, form.Store | form.Copy):
            self.written |= self.program.region(statement.region).mode != "scratch"

    def taken(self, loop: form.Loop, names: Mapping[str, int], memory: Memory, data: bytearray) -> Snapshot:
        cells = {region: list(cells) for region, cells in memory.items()}
        return Snapshot(loop, dict(names), cells, bytes(data), self.written, dict(self.turns), self.statements - 1)
