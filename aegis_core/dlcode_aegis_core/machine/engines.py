"""The processors that there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.compiled import CompiledCpu
from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine, Processor

ENGINES: Final[Mapping[Engine, Callable[[Parameters, Bus, EventQueue], Processor]]] = {
    "compiled": CompiledCpu,
    "python": Cpu,
}
"""Equal in every register and cycle; the second is the oracle, some 200 times slower."""
