"""A device's own course of events, written as a generator that yields the times at which it goes on.

The clock of a process is the device's: an event that the CPU's current instruction delays still happens at its nominal
time for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Final, Protocol, TypeAlias

Steps: TypeAlias = Generator[int, None, None]
"""Yields absolute times in picoseconds: go on then."""

FOREVER: Final = 1 << 62
"""A time to wait until that only `Process.wake` ends."""


class Events(Protocol):
    """The part of a station's event queue that devices use."""

    def schedule(self, time_ps: int, action: Callable[[], None]) -> None: ...


class Process:
    """Runs one generator at a time, from sleep to sleep."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.stop()

    def stop(self) -> None:
        """End what runs."""
        self.now_ps = 0
        self._steps: Steps | None = None
        self._waiting = False
        self._sleep_token = object()

    @property
    def running(self) -> bool:
        """Whether a generator is under way."""
        return self._steps is not None

    def start(self, steps: Steps, time_ps: int) -> None:
        """Begin a generator at that time."""
        self._steps = steps
        self._sleep_until(time_ps)

    def wake(self, time_ps: int) -> None:
        """End a `wait` at that time. A sleep that is not a wait goes on."""
        if self._waiting:
            self._waiting = False
            self._sleep_until(max(time_ps, self.now_ps))

    def wait(self, until_ps: int) -> Steps:
        """Sleep until then, or until `wake`."""
        self._waiting = True
        yield until_ps

    def sleep(self, until_ps: int) -> Steps:
        """Sleep until then, if that is not past."""
        if until_ps > self.now_ps:
            yield until_ps

    def _sleep_until(self, time_ps: int) -> None:
        self._sleep_token = object()
        if time_ps < FOREVER:
            self._events.schedule(time_ps, partial(self._go_on, self._sleep_token, time_ps))

    def _go_on(self, token: object, time_ps: int) -> None:
        """Run from the end of a sleep to the next one. A sleep that was ended early left a stale token."""
        if token is not self._sleep_token or self._steps is None:
            return
        self.now_ps = time_ps
        self._waiting = False
        until = next(self._steps, None)
        if until is None:
            self._steps = None
        else:
            self._sleep_until(until)
