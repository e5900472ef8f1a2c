"""The write buffer of the compiled processor, as Python sees it: the ring in its record, and what waits to take effect.

The same rules as `write_buffer.WriteBuffer`; stores to memory are entered by compiled code, those to devices here.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from typing import Final

from dlcode_aegis_core.machine.compiled.cells import FAR
from dlcode_aegis_core.machine.compiled.state import State
from dlcode_aegis_core.machine.events import NEVER


class SharedStores:
    """`depth` entries."""

    def __init__(self, state: State, depth: int) -> None:
        self._state = state
        size = 1 << (depth - 1).bit_length()
        self.times: Final = array("q", [0]) * size
        self._mask = size - 1
        self._depth = depth
        self._effects: deque[tuple[int, Callable[[], None]]] = deque()  # by the number of the entry
        state.next_effect = FAR

    @property
    def next_effect(self) -> int:
        """See Stores."""
        effect = self._state.next_effect
        return NEVER if effect == FAR else effect

    @property
    def last(self) -> int:
        return self._state.last

    @property
    def _first(self) -> int:
        return self.times[self._state.retired & self._mask]

    def post(self, cycles: int, effect: Callable[[], None]) -> None:
        """Enter a store to a device that takes `cycles` to drain, when there is room."""
        state = self._state
        self.retire(state.cycles)
        if state.posted - state.retired == self._depth:
            state.cycles = self._first
            self.retire(state.cycles)
        state.last = max(state.cycles, state.last) + cycles
        self.times[state.posted & self._mask] = state.last
        self._effects.append((state.posted, effect))
        state.next_effect = min(state.next_effect, state.last)
        state.posted += 1

    def retire(self, now: int) -> None:
        """See Stores."""
        state = self._state
        while state.retired != state.posted and self._first <= now:
            number = state.retired
            state.retired += 1
            if self._effects and self._effects[0][0] == number:
                _, effect = self._effects.popleft()
                state.next_effect = self.times[self._effects[0][0] & self._mask] if self._effects else FAR
                effect()

    def put_off(self, cycles: int) -> None:
        """Delay all that waits."""
        state = self._state
        for number in range(state.retired, state.posted):
            self.times[number & self._mask] += cycles
        if state.retired != state.posted:
            state.last += cycles
            if self._effects:
                state.next_effect += cycles
