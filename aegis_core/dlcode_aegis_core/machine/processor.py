"""The processor as stations, kernel tools and tests see it. Two engines offer it, equal in every register and cycle:
`cpu.Cpu`, plain Python and the oracle, and `compiled.CompiledCpu`, the same instruction rows compiled through LLVM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Protocol, TypeAlias

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.cache import Cache
from dlcode_aegis_core.machine.cp0 import Cp0
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.tlb import Tlb

Engine: TypeAlias = Literal["compiled", "python"]

Trace: TypeAlias = Callable[[int, int], None]
"""Called with each instruction's address and the cycle at which it begins.

It may be called late, but before anything outside the processor changes: `interrupt_lines` is what the instruction saw,
while registers and `cycles` may be further on.
"""


class Registers(Protocol):
    """General registers by number."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    def __getitem__(self, number: int, /) -> int: ...
    def __setitem__(self, number: int, value: int, /) -> None: ...


class Stores(Protocol):
    """The write buffer."""

    @property
    def next_effect(self) -> int:
        """Cycle at which the first store to a device takes effect; NEVER if none waits."""

    @property
    def last(self) -> int:
        """Cycle at which the buffer will have drained, or had."""

    def retire(self, now: int) -> None:
        """Let all that has drained by cycle `now` take effect, in order."""


class Processor(Protocol):
    """Registers are unsigned 32-bit values; `cycles` and `instructions` only grow.

    Between two runs everything may be changed from outside; while one is under way, memory, lines and what is stolen.
    """

    next_pc: int
    hi: int
    lo: int
    cycles: int
    instructions: int
    interrupt_lines: int
    trace: Trace | None
    breakpoints: set[int]
    """Addresses before whose instructions `run` stops."""

    @property
    def pc(self) -> int:
        """Address of the instruction to execute next. Setting it forgets a delay slot and a load under way."""

    @pc.setter
    def pc(self, address: int) -> None: ...

    @property
    def gpr(self) -> Registers:
        """The 32 general registers, and one that takes what instructions write to $zero."""

    @property
    def pending_load(self) -> tuple[int, int] | None:
        """Register and value of the load whose result the next instruction does not see yet."""

    @property
    def stopped_at(self) -> int | None:
        """The breakpoint at which the last `run` stopped; None if it reached its time. The next one goes past it."""

    @property
    def clock_hz(self) -> int: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def events(self) -> EventQueue: ...
    @property
    def cp0(self) -> Cp0: ...
    @property
    def tlb(self) -> Tlb: ...
    @property
    def instruction_cache(self) -> Cache: ...
    @property
    def data_cache(self) -> Cache: ...
    @property
    def write_buffer(self) -> Stores: ...

    @property
    def now_ps(self) -> int:
        """The time."""

    def read_control(self, register: int) -> int:
        """A register of coprocessor 0 as mfc0 would read it now."""

    def set_line(self, line: int, asserted: bool) -> None:
        """Set the level of hardware interrupt line 0 to 5."""

    def stall(self, cycles: int) -> None:
        """Let a device that uses memory hold the processor up."""

    def run(self, until_ps: int) -> None:
        """Execute until the time is at or past `until_ps`, at an instruction's end, or up to a breakpoint.

        Raises BeyondModel if the program asks for something that the model leaves out.
        """

    def step(self) -> None:
        """Execute one instruction, after the events and the interrupt that come before it, whatever breakpoints say."""
