"""The model's numbers that a processor needs, in its own cycles."""

from __future__ import annotations

from dataclasses import dataclass

from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.units import cycles_of

MOST_CYCLES = 1 << 31
"""No single wait is longer."""

MOST_WORDS = 1024
"""A refill stays in a page; a write buffer is not longer either."""


@dataclass(frozen=True, slots=True)
class Timing:
    """All in cycles of `clock_hz`, but the last four."""

    clock_hz: int
    multiply_cycles: int
    divide_cycles: int
    exception_cycles: int
    partial_store_cycles: int
    drain_cycles: int
    read_cycles: int
    refill_cycles: int
    refill_words: int
    depth: int
    reads_pass: bool
    random_counts_cycles: bool

    @classmethod
    def of(cls, parameters: Parameters) -> Timing:
        """A model's. Raises BadParameter for a wait, a refill or a write buffer that is absurdly long."""
        clock_hz, words = parameters.integer("cpu.clock_hz"), parameters.integer("cache.refill_words")
        for name in ("cache.refill_words", "write_buffer.depth"):
            if parameters.integer(name) > MOST_WORDS:
                raise BadParameter(f"{name} must be at most {MOST_WORDS}, not {parameters[name]}")

        def cycles(nanoseconds: int | float) -> int:
            return cycles_of(int(nanoseconds * 1000), clock_hz)

        read = cycles(parameters["memory.read_ns"] + parameters["memory.read_sync_ns"])
        timing = cls(
            clock_hz=clock_hz,
            multiply_cycles=parameters.integer("cpu.multiply_cycles"),
            divide_cycles=parameters.integer("cpu.divide_cycles"),
            exception_cycles=parameters.integer("cpu.exception_entry_cycles"),
            partial_store_cycles=parameters.integer("cache.partial_store_cycles"),
            drain_cycles=cycles(parameters["write_buffer.drain_ns"]),
            read_cycles=read,
            refill_cycles=read + cycles(parameters["memory.read_next_ns"] * (words - 1)),
            refill_words=words,
            depth=parameters.integer("write_buffer.depth"),
            reads_pass=bool(parameters["write_buffer.reads_pass"]),
            random_counts_cycles=bool(parameters["tlb.random_counts_cycles"]),
        )
        for name in cls.__dataclass_fields__:
            if name.endswith("_cycles") and getattr(timing, name) > MOST_CYCLES:
                raise BadParameter(f"{name.replace('_', ' ')}: {getattr(timing, name)} is too many")
        return timing
