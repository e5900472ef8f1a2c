"""An emulated DECstation that runs a program of one's own, from Python.

machine = dlcode.Machine("5000/200")
machine.load("hello.elf", ["hello", "world"])        # or machine.assemble("start: li $v0, 4001 ...")
machine.breakpoints.add(machine.address_of("main"))
machine.run()                                        # AtBreakpoint, Exit, Fault or OutOfCycles
machine.registers["a0"], machine.pending_load, machine.statistics.cycles
with machine.trace("hello.json"):                    # for Perfetto: a slice for each stay in a routine
    machine.run(cycles=1_000_000)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dlcode.files import replacing
from dlcode_aegis_core.machine import programs
from dlcode_aegis_core.machine.programs import AtBreakpoint, Exit, Fault, OutOfCycles, ProgramError, Statistics, Stepped

__all__ = ["AtBreakpoint", "Exit", "Fault", "Machine", "OutOfCycles", "ProgramError", "Statistics", "Stepped"]


class Machine(programs.Machine):
    """A machine whose traces go to files."""

    @contextmanager
    def trace(self, path: str | os.PathLike[str]) -> Iterator[None]:
        """Trace what runs within the `with` block to a file, which is written whole or not at all. Raises OSError."""
        with replacing(path) as stream, self.tracing(stream):
            yield
