"""Loops that wait: their turns are left out where each would be like the last.

A turn of a loop that leaves all of the processor as it was, but for the count of cycles and instructions, will do so
again, for as long as nothing outside changes: up to the next event, or store to a device that drains. So whole turns up
to there are counted and not executed. What a turn must not do is tell the time, change a cache, the TLB or memory, or
reach a device: all that shows in the record, in `disturbances` or otherwise. That the write buffer and the multiplier
are at rest makes one turn take as long as another.
"""

from __future__ import annotations

import ctypes
from typing import Final

from dlcode_aegis_core.machine.compiled.build import Functions
from dlcode_aegis_core.machine.compiled.cells import FAR
from dlcode_aegis_core.machine.compiled.state import ANCHOR, FINISHED, LIMIT, State

LONGEST_TURN: Final = 64
"""Instructions."""

FIRST_LOOK: Final = 2048
"""Cycles between looks whether the program waits: at first, and then twice as many each time, up to LAST_LOOK."""

LAST_LOOK: Final = 1 << 22
"""Some 20 ms of the host's time, after which it may also be interrupted."""

_COUNTERS: Final = ("cycles", "instructions", "horizon", "until", "limit", "passing", "anchor")


class Turns:
    """Runs code, and leaves turns out."""

    def __init__(self, state: State, code: Functions) -> None:
        self._state, self._code = state, code
        self._address = ctypes.addressof(state)
        self._gap = FIRST_LOOK

    def begin(self) -> None:
        """Enter, and look often again."""
        self._code.enter(self._address)
        self._gap = FIRST_LOOK

    def run(self, until: int) -> int:
        """As code does, until a cycle."""
        state = self._state
        while True:
            state.until = until
            horizon = min(until, state.next_event, state.next_effect)
            if horizon - state.cycles > self._gap:
                if state.last <= state.cycles and state.multiplier_ready <= state.cycles:
                    reason = self._turn(horizon)
                    if reason not in (ANCHOR, LIMIT):
                        return reason
                    if horizon - state.cycles <= self._gap:
                        self._gap = FIRST_LOOK
                        continue
                state.until = min(until, state.cycles + self._gap)
                self._gap = min(2 * self._gap, LAST_LOOK)
            reason = self._code.run_on(self._address)
            if reason != FINISHED or state.cycles >= until:
                return reason

    def _turn(self, horizon: int) -> int:
        """Execute a turn, if this is one, and count those that would be like it."""
        state = self._state
        before, cycles, instructions = _all_but_counters(state), state.cycles, state.instructions
        state.anchor = state.passing = state.pc
        state.limit = instructions + LONGEST_TURN
        state.tracing = state.breakpoints = False
        reason = self._code.run_observed(self._address)
        state.anchor = state.passing = -1
        state.limit = FAR
        if reason == ANCHOR and _all_but_counters(state) == before:
            turns = (horizon - state.cycles) // (state.cycles - cycles)
            if turns > 0:
                span = state.cycles - cycles
                state.instructions += turns * (state.instructions - instructions)
                state.cycles += turns * span
        return reason


def _all_but_counters(state: State) -> bytes:
    copy = State.from_buffer_copy(state)
    for name in _COUNTERS:
        setattr(copy, name, 0)
    return bytes(copy)
