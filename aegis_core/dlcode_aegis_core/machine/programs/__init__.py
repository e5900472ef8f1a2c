"""Programs in user mode on an emulated machine: loading, running, stepping, faults, and traces of routines."""

from dlcode_aegis_core.machine.programs.faults import Fault
from dlcode_aegis_core.machine.programs.machine import Machine
from dlcode_aegis_core.machine.programs.stops import (
    AtBreakpoint,
    Exit,
    OutOfCycles,
    ProgramError,
    Statistics,
    Stepped,
    Stop,
)

__all__ = [
    "AtBreakpoint",
    "Exit",
    "Fault",
    "Machine",
    "OutOfCycles",
    "ProgramError",
    "Statistics",
    "Stepped",
    "Stop",
]
