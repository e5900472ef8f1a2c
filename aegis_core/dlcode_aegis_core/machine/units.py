"""Time: integer picoseconds where it crosses a part's border, cycles inside the CPU."""

from __future__ import annotations

from typing import Final

PICOSECONDS: Final = 10**12
"""In a second."""


def cycles_of(time_ps: int, clock_hz: int) -> int:
    """Cycles that cover a time: a part that is not ready at a clock edge is seen at the next."""
    return -(-time_ps * clock_hz // PICOSECONDS)
