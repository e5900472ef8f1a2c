"""Where a machine's cycles go, by routine: each instruction's cycles belong to the routine that it lies in.

What an instruction waits for is its own: cache misses, the write buffer, devices, and memory that DMA holds meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping

from dlcode_aegis_core.kernel import layout
from dlcode_aegis_core.kernel.boot import Aegis

ROUTINES = (
    "utlb_refill",
    "general_exception",
    "interrupt",
    "interrupt_save",
    "receive",
    "copy_in",
    "demultiplex",
    "send_queue",
    "interrupt_return",
    "recycle",
    "transmit",
    "copy_out",
    "copy_out_done",
    "system_call",
    "boot",
)
"""Labels of the kernel at which a new part of the count begins; each reaches to the next in memory."""


def parts(aegis: Aegis) -> dict[int, str]:
    """For each address at which a part of the count begins, the part's name; it reaches to the next address."""
    found = {aegis.symbols[name]: name for name in ROUTINES}
    for index, binding in enumerate(aegis.bindings):
        for kind, image in (("filter", binding.filter), ("handler", binding.handler)):
            found.setdefault(image.base, f"{kind} {index}")
            found.setdefault(image.base + len(image.data), "elsewhere")
    found[layout.USER_TEXT] = "environment"
    found[layout.USER_TEXT + layout.AREA["USER_TEXT"].size] = "elsewhere"
    return found


class Profile:
    """Counts a station's cycles from when it is made until `stop`. One at a time: it uses the CPU's trace."""

    def __init__(self, aegis: Aegis) -> None:
        names = parts(aegis)
        self._starts = sorted(names)
        self._names = [names[start] for start in self._starts]
        self._cpu = aegis.station.cpu
        self._counts: Counter[str] = Counter()
        self._part = "elsewhere"
        self._since = self._cpu.cycles
        self._cpu.trace = self._instruction

    def _instruction(self, pc: int, cycles: int) -> None:
        self._counts[self._part] += cycles - self._since
        self._since = cycles
        at = bisect_right(self._starts, pc) - 1
        self._part = self._names[at] if at >= 0 else "elsewhere"

    def counts(self) -> Mapping[str, int]:
        """Cycles so far, most first; together they are all that have passed up to the last instruction's start."""
        return dict(self._counts.most_common())

    def stop(self) -> Mapping[str, int]:
        """Leave the CPU alone again; the last counts."""
        self._counts[self._part] += self._cpu.cycles - self._since
        self._since = self._cpu.cycles
        self._cpu.trace = None
        return self.counts()
