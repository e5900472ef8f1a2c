"""Why a program runs no further, and what it took."""

from __future__ import annotations

from dataclasses import dataclass

from dlcode_aegis_core.machine.programs.faults import Fault


class ProgramError(ValueError):
    """A program that can't be loaded, or a request that the machine can't follow, with the reason."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The program has ended itself."""

    status: int


@dataclass(frozen=True, slots=True)
class AtBreakpoint:
    """The instruction at `address` would be next."""

    address: int


@dataclass(frozen=True, slots=True)
class OutOfCycles:
    """As many cycles as were allowed have gone."""

    cycles: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """As many instructions as were asked for have been executed."""

    instructions: int


Stop = Exit | Fault | AtBreakpoint | OutOfCycles | Stepped


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a program has taken since its first instruction, the monitor's part included."""

    instructions: int
    cycles: int
    seconds: float  # of the machine's time
    system_calls: int
    refills: int | None  # of the TLB; None unless they were counted
    host_seconds: float

    @property
    def cycles_per_instruction(self) -> float:
        """CPI; 0 before the first instruction."""
        return self.cycles / self.instructions if self.instructions else 0.0
