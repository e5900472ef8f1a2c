"""The control flow of an image's code: functions, blocks with the instructions that they execute, and where they go.

A block ends with a branch and its delay slot, or where another begins. What no bound could be given for is refused:
jumps to a register other than a return, into what is no code, traps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import ImageError
from ..mips.check import may_fall_through
from ..mips.decode import Decoded, decode
from ..mips.registers import RA
from ..mips.row import Kind

RETURN = -1
"""Where a block goes that returns."""


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions, by index, that are executed one after another."""

    start: int
    instructions: tuple[int, ...]
    goes: tuple[int, ...]  # starts of blocks, or RETURN
    calls: int | None = None  # a function's start, that is run before it goes on


@dataclass(frozen=True, slots=True)
class Function:
    """Blocks by their start."""

    start: int
    blocks: Mapping[int, Block]


class Graph:
    """The functions that are reached from `entry`, by their starts. `leaders` begin blocks, as what is jumped to does.

    Indexes count words; the code is as if it began at address 0. Raises ImageError (`unbounded`).
    """

    def __init__(self, words: Iterable[int], entry: int, leaders: Iterable[int] = ()) -> None:
        self.code = [decode(word) for word in words]
        self.entry = entry
        self._leaders = set(leaders) | self._targets()
        self.functions: dict[int, Function] = {}
        waiting = [entry]
        while waiting:
            start = waiting.pop()
            if start not in self.functions:
                made = self.functions[start] = Function(start, self._blocks(start))
                waiting += [block.calls for block in made.blocks.values() if block.calls is not None]
        self.order = tuple(self._callees_first())

    def instruction(self, index: int) -> Decoded:
        """An instruction that is reached."""
        found = self.code[index] if 0 <= index < len(self.code) else None
        if found is None or found.row.kind in (Kind.TRAP, Kind.SYSTEM) or found.row.privileged:
            raise _refused(index, "there is no instruction that an image may have")
        return found

    def _targets(self) -> set[int]:
        return {
            destination // 4
            for index, one in enumerate(self.code)
            if one is not None and (destination := one.destination(4 * index)) is not None
        }

    def _blocks(self, start: int) -> dict[int, Block]:
        blocks: dict[int, Block] = {}
        waiting = [start]
        while waiting:
            at = waiting.pop()
            if at not in blocks and at != RETURN:
                blocks[at] = self._block(at)
                waiting += blocks[at].goes
        return blocks

    def _block(self, start: int) -> Block:
        index = start
        while True:
            one = self.instruction(index)
            if one.row.has_delay_slot:
                return self._ended(start, index, one)
            index += 1
            if index in self._leaders:
                return Block(start, tuple(range(start, index)), (index,))

    def _ended(self, start: int, index: int, branch: Decoded) -> Block:
        """The block that ends with a branch at `index` and its delay slot."""
        if self.instruction(index + 1).row.has_delay_slot:
            raise _refused(index + 1, "it is a branch in the delay slot of another")
        executed, on = tuple(range(start, index + 2)), index + 2
        destination = branch.destination(4 * index)
        if destination is None:
            if branch.row.name != "jr" or branch.operands != (RA,):
                raise _refused(index, "it goes to an address in a register")
            return Block(start, executed, (RETURN,))
        target = destination // 4
        if RA in branch.writes:
            if branch.row.name != "jal":
                raise _refused(index, "it calls if a condition holds")
            return Block(start, executed, (on,), calls=target)
        if not may_fall_through(branch):
            return Block(start, executed, (target,))
        return Block(start, executed, (target, on) if target != on else (on,))

    def _callees_first(self) -> list[int]:
        """Starts of the functions, each after those that it calls."""
        done: list[int] = []

        def visit(start: int, callers: tuple[int, ...]) -> None:
            if start in callers:
                raise _refused(start, "a function calls itself")
            if start not in done:
                for block in self.functions[start].blocks.values():
                    if block.calls is not None:
                        visit(block.calls, (*callers, start))
                done.append(start)

        visit(self.entry, ())
        return done


def _refused(index: int, why: str) -> ImageError:
    return ImageError("unbounded", f"no bound can be given for the instruction at {4 * index:#x}: {why}")
