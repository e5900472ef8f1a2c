"""What code does at run time in place of a proof: nothing, here; and, to measure what that saves, what others do.

Images are lowered with `Guarding.NONE`. The other ways are for experiments (`experiment.py`) and never for an image.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Region, Type, Verdict

from . import abi

if TYPE_CHECKING:
    from .lower import Lowering


class Guarding(Enum):
    """How code is kept from doing what it may not."""

    NONE = "none"
    """By its proof: no test that is not in the program."""

    CHECKS = "checks"
    """By a test at each access of the packet, a region or the queue, and at each division; a copy or a piece of a frame
    is tested once. Where one fails the run ends as `FAULT` says. A loop that does not end is for a timer to stop."""

    MASKS = "masks"
    """By software fault isolation, after Wahbe and others (1993) as the exokernel's handlers had it: addresses are
    masked into a power of two of bytes or cells, which the caller provides; transfers and divisions are tested; each
    backward branch counts down from `TURNS`."""

    SANDBOX = "sandbox"
    """As `MASKS`, by a tool that comes after the optimiser, as it did in the 1990s: LLVM can take out no mask of a
    variable address, and no count, that it can see to be needless."""

    TRUST = "trust"
    """By nothing: besides what a proof makes needless, the program's own tests for the end of the packet are left out.
    Right only for packets that hold all that the program asks for. It is not safe, and what anything safe is up to."""

    @property
    def masks(self) -> bool:
        """Whether addresses are masked into powers of two."""
        return self in (Guarding.MASKS, Guarding.SANDBOX)


FAULT = {"filter": Verdict.MISS, "handler": Verdict.ABORT}
"""How a run ends that a guard stopped. What it wrote before stays written, which a proof would have excluded."""

TURNS = 100_000
"""Backward branches in a run before it is stopped."""

SLACK = 16
"""Bytes behind the power of two that holds a packet: the widest read may begin at its last byte."""


def power(size: int) -> int:
    """The least power of two that is not below `size`."""
    return 1 << (size - 1).bit_length()


def room(region: Region) -> int:
    """Cells that a region needs under `MASKS`."""
    return power(region.count)


def packet_room(maximum: int) -> int:
    """Bytes that a packet's buffer needs under `MASKS`."""
    return power(maximum) + SLACK


class Guards:
    """The guards of one program while it is lowered: each emits what its place needs."""

    def __init__(self, into: Lowering, how: Guarding) -> None:
        self.into, self.how = into, how
        self.tests, self.masks = how.masks or how is Guarding.CHECKS, how.masks
        self.proved = not self.tests  # whether operators may be said not to wrap, shift too far or lose bits
        self._fault = ""
        self._turns = into.to.slot("turns.left", "i32") if self.masks else ""
        self._hidden: dict[int, str] = {}  # numbers that LLVM does not know, made at the entry

    def begin(self) -> None:
        """At the entry."""
        if self.masks:
            of = self.into.of
            for number in sorted({TURNS, power(of.maximum) - 1, *(room(region) - 1 for region in of.regions)}):
                if self.how is Guarding.SANDBOX:  # what comes out of assembly, which is empty
                    self._hidden[number] = self.into.to.value(f'call i32 asm "", "=r,0"(i32 {number})')
            self.into.to.emit(f"store i32 {self._hidden.get(TURNS, TURNS)}, ptr {self._turns}")

    def end(self) -> None:
        """Behind the last statement: where failed tests go."""
        if self._fault:
            self.into.to.start(self._fault)
            self.into.to.finish(f"i32 {abi.VERDICT_CODES[FAULT[self.into.of.kind]]}")

    def index(self, region: Region, value: str) -> str:
        """An index of a cell, before its use."""
        if self.masks:
            return self._masked(value, room(region) - 1)
        if self.tests:
            self._require(self.into.to.value(f"icmp ult i32 {value}, {region.count}"))
        return value

    def offset(self, value: str, size: int, *, tested: bool) -> str:
        """An offset of `size` bytes in the packet, before its use; `tested` if the program has tested it itself."""
        if self.masks:
            return self._masked(value, power(self.into.of.maximum) - 1)
        if self.tests and not tested:
            self.stretch(value, str(size), "%length")
        return value

    def stretch(self, start: str, count: str, end: str) -> None:
        """A transfer of `count` bytes from `start` on, before it begins: they lie below `end`."""
        if self.tests:
            to = self.into.to
            self._require(to.value(f"icmp ule i32 {count}, {end}"))
            self._require(to.value(f"icmp ule i32 {start}, {to.value(f'sub i32 {end}, {count}')}"))

    def entry(self, count: str) -> None:
        """An entry of the queue, before it begins: `count` are there already."""
        if self.tests:
            self._require(self.into.to.value(f"icmp ult i32 {count}, {self.into.queue.entries}"))

    def divisor(self, value: str, type: Type) -> None:
        """What is divided by, before the division."""
        if self.tests:
            self._require(self.into.to.value(f"icmp ne i{type.bits} {value}, 0"))

    def shift(self, value: str, type: Type) -> str:
        """An amount to shift by, before the shift."""
        if not self.tests:
            return value
        to = self.into.to
        few = to.value(f"icmp ult i{type.bits} {value}, {type.bits}")
        return to.value(f"select i1 {few}, i{type.bits} {value}, i{type.bits} 0")

    def turn(self) -> None:
        """A backward branch, before it is taken."""
        if self.masks:
            to = self.into.to
            left = to.value(f"sub i32 {to.value(f'load i32, ptr {self._turns}')}, 1")
            self._require(to.value(f"icmp ne i32 {left}, 0"))
            to.emit(f"store i32 {left}, ptr {self._turns}")

    def _masked(self, value: str, mask: int) -> str:
        return self.into.to.value(f"and i32 {value}, {mask if value.isdecimal() else self._hidden.get(mask, mask)}")

    def _require(self, condition: str) -> None:
        to = self.into.to
        self._fault = self._fault or to.label("fault")
        good = to.label("good")
        to.branch(condition, good, self._fault)
        to.start(good)
