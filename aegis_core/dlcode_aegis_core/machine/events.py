"""What is to happen when, in one machine."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

NEVER: Final = 1 << 80
"""A time, in picoseconds or cycles, that does not come."""


class EventQueue:
    """Actions by time. Those of one time run in the order in which they were scheduled."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = count()

    def schedule(self, time_ps: int, action: Callable[[], None]) -> None:
        """Call `action` when the time has come; at the next occasion if it has passed."""
        heapq.heappush(self._heap, (time_ps, next(self._sequence), action))

    @property
    def next_time_ps(self) -> int:
        """Time of the first action; NEVER if there is none."""
        return self._heap[0][0] if self._heap else NEVER

    def run_due(self, now_ps: int) -> None:
        """Run, in order, every action whose time has come, also those that these schedule."""
        while self._heap and self._heap[0][0] <= now_ps:
            heapq.heappop(self._heap)[2]()
