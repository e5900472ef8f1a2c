"""The compiled processor equals the oracle, register by register and cycle by cycle, however a run is sliced."""

from __future__ import annotations

import random

import pytest

from dlcode_aegis_core.machine.compiled import idle
from tests.aegis_core.machine.processor import CYCLE_PS
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


def act(run: Run, what: str, number: int, trace: list[tuple[int, int, int]]) -> str | None:
    """Do something to a processor from outside; what it raised."""
    cpu = run.cpu

    def told(pc: int, cycle: int) -> None:
        trace.append((pc, cycle, cpu.interrupt_lines))

    try:
        match what:
            case "run":
                cpu.run((cpu.cycles + number) * CYCLE_PS)
            case "step":
                for _ in range(number % 9):
                    cpu.step()
            case "breakpoints":
                cpu.breakpoints = {cpu.pc + 4 * (number % 7), 0x80001000 + 16 * number} if number % 3 else set()
            case "trace":
                cpu.trace = told if number % 2 else None
            case "time":
                cpu.stall(number)
            case "line":
                cpu.set_line(number % 6, bool(number & 8))
            case "mode":
                cpu.cp0.status = [0, 0xFF01, 2, 1 << 16][number % 4]
            case "translation":
                cpu.tlb.write(number % 64, 0x00400000 + number % 16 * 0x1000, number % 16 << 12 | 0x600)
    except Exception as error:
        return repr(error)
    return None


DEEDS = ["run"] * 6 + ["step", "breakpoints", "trace", "time", "line", "mode", "translation"]


@pytest.mark.parametrize("seed", range(100, 125))
def test_both_take_what_is_done_to_them_between_runs_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps, breakpoints, traces, and changes of registers, lines and translations, in any order."""
    monkeypatch.setattr(idle, "FIRST_LOOK", 32)
    generator = random.Random(seed)
    oracle, compiled = Run(seed, "python"), Run(seed, "compiled")
    traces: tuple[list[tuple[int, int, int]], ...] = [], []
    for _ in range(60):
        what, number = generator.choice(DEEDS), generator.randrange(1, 120)
        assert act(oracle, what, number, traces[0]) == act(compiled, what, number, traces[1])
        assert oracle.cpu.stopped_at == compiled.cpu.stopped_at
        assert oracle.registers() == compiled.registers(), what
    assert traces[0] == traces[1]
    assert oracle.everything() == compiled.everything()
