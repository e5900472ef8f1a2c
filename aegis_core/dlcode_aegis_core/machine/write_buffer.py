"""The write buffer between the CPU and memory: stores wait here, and the CPU goes on.

Entries drain one after another, each in a time of its own: 6 cycles for memory, what a device says for a device. A
store finds the buffer full if `depth` entries have not drained, and then waits for the oldest. A read of memory or of
a device waits until all have drained, or, if the model says that reads pass writes, for the one under way.

A store to a device takes effect when it drains. A store to memory is there at once, and only its time is modelled: a
device that looks before it could have drained sees it early.

All times are CPU cycles.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from dlcode_aegis_core.machine.events import NEVER


class WriteBuffer:
    """`depth` entries."""

    def __init__(self, depth: int) -> None:
        self.depth: Final = depth
        self._entries: deque[tuple[int, Callable[[], None] | None]] = deque()
        self.last = 0
        """When the buffer will have drained, or had."""
        self.next_effect = NEVER
        """When the first store to a device takes effect."""

    @property
    def full(self) -> bool:
        """Whether a store would have to wait."""
        return len(self._entries) == self.depth

    @property
    def first(self) -> int:
        """When the oldest entry drains; NEVER if there is none."""
        return self._entries[0][0] if self._entries else NEVER

    def post(self, now: int, cycles: int, effect: Callable[[], None] | None = None) -> None:
        """Enter a store, for which there must be room: it takes `cycles` once those before it have drained."""
        self.last = max(now, self.last) + cycles
        self._entries.append((self.last, effect))
        if effect is not None:
            self.next_effect = min(self.next_effect, self.last)

    def put_off(self, cycles: int) -> None:
        """Let all that waits drain so much later: a read goes first."""
        if self._entries:
            self._entries = deque((time + cycles, effect) for time, effect in self._entries)
            self.last += cycles
            if self.next_effect < NEVER:
                self.next_effect += cycles

    def retire(self, now: int) -> None:
        """Let all that has drained by `now` take effect, in order."""
        entries = self._entries
        while entries and entries[0][0] <= now:
            _, effect = entries.popleft()
            if effect is not None:
                self.next_effect = min((time for time, waiting in entries if waiting is not None), default=NEVER)
                effect()
