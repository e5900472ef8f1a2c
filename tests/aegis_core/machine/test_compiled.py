"""The compiled processor equals the oracle, register by register and cycle by cycle, however a run is sliced."""

from __future__ import annotations

import pytest

from tests.aegis_core.machine.random_programs import Run

CYCLES = 2500
SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs_run_alike_on_both_processors_in_slices_of_any_length(seed: int) -> None:
    """All rows, with exceptions, missing translations, loads in slots, isolated and swapped caches, user mode,
    devices, windows, interrupts and stolen time."""
    finals = []
    for length in (1, 7, 100, 10_000, None):
        oracle, compiled = Run(seed, "python"), Run(seed, "compiled")
        for until in [*range(0, CYCLES, length or CYCLES), CYCLES]:
            ends = oracle.run(until), compiled.run(until)
            assert oracle.registers() == compiled.registers(), f"slices of {length}, at {until}"
            assert ends[0] == ends[1]
            if ends[0]:
                break
        assert oracle.everything() == compiled.everything()
        finals.append(compiled.everything())
    assert all(final == finals[0] for final in finals)
