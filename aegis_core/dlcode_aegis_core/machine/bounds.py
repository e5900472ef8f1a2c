"""A model's numbers as the bounds on an image's cycles want them (`dlcode_jit.r3000.cycles`)."""

from __future__ import annotations

from dlcode_aegis_core.machine import timing
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.units import cycles_of
from dlcode_jit.r3000.timing import Timing


def image_timing(parameters: Parameters) -> Timing:
    """What an image's instructions cost on a model. Packets that are not cached lie in its controller's buffer memory,
    if it has any, or else in memory.
    """
    of = timing.Timing.of(parameters)
    packet_read = of.read_cycles
    if "lance_buffer.read_ns" in parameters:
        packet_read = cycles_of(int(parameters["lance_buffer.read_ns"] * 1000), of.clock_hz)
    return Timing(
        machine=parameters.model,
        refill=of.refill_cycles,
        refill_words=of.refill_words,
        instruction_cache=parameters.integer("cache.instruction_bytes"),
        packet_read=packet_read,
        drain=of.drain_cycles,
        depth=of.depth,
        reads_pass=of.reads_pass,
        partial_store=of.partial_store_cycles,
        multiply=of.multiply_cycles,
        divide=of.divide_cycles,
    )
