"""What a processor does between an interrupt and the frame that answers it, watched instruction by instruction."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from dlcode_aegis_core.kernel.boot import Aegis
from dlcode_aegis_core.kernel.profile import parts


@dataclass(frozen=True, slots=True)
class Pass:
    """One way through the kernel. Times are cycles of the machine's own counter.

    `raised` is the first instruction's start with the interrupt line up (the exception's own cycles lie before it),
    `demanded` the start of the one after the store that tells the LANCE of the frame.
    """

    raised: int
    demanded: int
    spent: Mapping[str, int]  # cycles by part of the kernel, its images and the environment; they add up


class Watch:
    """Collects a machine's passes. It uses the CPU's trace, which changes nothing but the simulation's speed."""

    def __init__(self, aegis: Aegis) -> None:
        names = parts(aegis)
        self._starts = sorted(names)
        self._names = ["elsewhere", *(names[start] for start in self._starts)]
        self._cpu, self._demand = aegis.station.cpu, aegis.symbols["demand"]
        self._raised: int | None = None
        self._spent: Counter[str] = Counter()
        self._address, self._began = 0, 0
        self.passes: list[Pass] = []
        self._cpu.trace = self._instruction

    def _instruction(self, address: int, cycle: int) -> None:
        if self._raised is not None:
            self._spent[self._names[bisect_right(self._starts, self._address)]] += cycle - self._began
            if self._address == self._demand:
                self.passes.append(Pass(self._raised, cycle, dict(self._spent)))
                self._raised = None
                self._spent.clear()
        self._address, self._began = address, cycle
        up = bool(self._cpu.interrupt_lines)
        if up and self._raised is None:
            self._raised = cycle
        elif not up and self._raised is not None and address < _KERNEL:
            self._raised = None  # back in the environment: nothing was sent
            self._spent.clear()


_KERNEL = 0x8000_0000
"""The environment's addresses lie below."""
