"""What instructions cost in cycles: a machine's numbers, and how time passes.

Time is three moments: `now`, when the write buffer will have drained, and when the multiplier will be ready. What an
instruction does to them is a monotone map, by the rules of the processor (`dlcode_aegis_core.machine.cpu`), so that a
state that is later in every respect stays so. The bounds rest on that: where ways meet, the latest of each moment is
taken, and a miss that may come is one that comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Timing:
    """A machine's numbers, all in CPU cycles. Regions, stack, lease, queue and constants lie in cached memory."""

    machine: str
    refill: int  # a read that a cache missed: of as many words as it fetches at once,
    refill_words: int
    instruction_cache: int  # bytes
    packet_read: int  # a read of packet memory that is not cached, of any width
    drain: int  # of one store from the write buffer
    depth: int  # stores that the write buffer holds
    reads_pass: bool  # whether a read waits for one store only, and puts the others off, or for all to drain
    partial_store: int  # more, for a store of less than a word to cached memory
    multiply: int  # until HI and LO can be read
    divide: int


class Moments(NamedTuple):
    """A state: three moments, in cycles."""

    now: int
    drained: int
    multiplied: int

    def later(self, other: Moments) -> Moments:
        """At each moment, the later one."""
        return Moments(*map(max, self, other))

    def earlier(self, other: Moments) -> Moments:
        """At each moment, the earlier one."""
        return Moments(*map(min, self, other))

    def after(self, start: int) -> Moments:
        """The same, so many cycles later."""
        return Moments(self.now + start, self.drained + start, self.multiplied + start)

    @property
    def waiting(self) -> Moments:
        """The same with `now` as 0: how long buffer and multiplier are busy, all that later times ask."""
        return Moments(0, max(0, self.drained - self.now), max(0, self.multiplied - self.now))


class Step(Enum):
    """What takes time."""

    RUN = auto()  # so many cycles pass
    READ = auto()  # memory is read, which takes so many cycles once it may begin
    STORE = auto()  # a store enters the write buffer
    MULTIPLY = auto()  # a product or quotient begins, and takes so many cycles
    AWAIT = auto()  # HI or LO is read


Steps = tuple[tuple[Step, int], ...]

START: Final = Moments(0, 0, 0)


def passed(moments: Moments, steps: Iterable[tuple[Step, int]], timing: Timing) -> Moments:
    """The moments after some steps."""
    now, drained, multiplied = moments
    drain, full = timing.drain, (timing.depth - 1) * timing.drain
    for step, cycles in steps:
        if step is Step.RUN:
            now += cycles
        elif step is Step.READ:
            if timing.reads_pass:
                now = min(max(now, drained), now + drain) + cycles
                drained += cycles
            else:
                now = max(now, drained) + cycles
        elif step is Step.STORE:
            now = max(now, drained - full)
            drained = max(now, drained) + drain
        elif step is Step.MULTIPLY:
            multiplied = now + cycles
        else:
            now = max(now, multiplied)
    return Moments(now, drained, multiplied)
