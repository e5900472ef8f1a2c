"""Several machines on one wire, each with its own clock, run together.

Machines run in turns. Within a turn none can affect another, because the LANCE asks for the wire at least `lookahead`
before the first bit: so what happens does not depend on the length of the turns. Before each turn the wire settles who
transmits; the machines then run to the time up to which that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.wire import Wire


class Machine(Protocol):
    """A machine on a wire, as a simulation sees it."""

    @property
    def wire(self) -> Wire: ...
    @property
    def settled_ps(self) -> int:
        """All that the machine does before this time has happened."""

    @property
    def lookahead_ps(self) -> int:
        """How long before a first bit the machine asks for the wire, at least."""

    def run(self, until_ps: int) -> None:
        """Run until the machine's time is at or past `until_ps`, and all has happened that comes before."""


def run_together(
    machines: Sequence[Machine], until: int | Callable[[], bool], longest_turn_ps: int | None = None
) -> None:
    """Run machines on one wire until a time in picoseconds, or until a condition holds after a turn.

    A shorter `longest_turn_ps` changes nothing but how often a condition is asked.
    Raises BeyondModel if the parameters leave no look-ahead.
    """
    wire = machines[0].wire
    if any(machine.wire is not wire for machine in machines):
        raise ValueError("machines that run together share one wire")
    lookahead_ps = min(machine.lookahead_ps for machine in machines)
    turn_ps = lookahead_ps - wire.carrier_delay_ps
    if longest_turn_ps is not None:
        turn_ps = min(turn_ps, longest_turn_ps)
    if turn_ps <= 0:
        raise BeyondModel(
            f"a LANCE asks for the wire {lookahead_ps / 1e6:g} us before its first bit, and another station takes "
            f"{wire.carrier_delay_ps / 1e6:g} us to sense its carrier: it must be less"
        )
    while True:
        settled_ps = min(machine.settled_ps for machine in machines)
        if until() if callable(until) else settled_ps >= until:
            return
        wire.advance(settled_ps + lookahead_ps)
        horizon_ps = settled_ps + turn_ps
        if not callable(until):
            horizon_ps = min(horizon_ps, until)
        for machine in machines:
            machine.run(horizon_ps)
