"""How fast the emulated processor runs, with full timing, and how soon a new process has it.

By the clock of the process, which stands still while others have the host's processors; by the wall's in `extra_info`.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine, Processor
from dlcode_jit.mips.assemble import assemble

PARAMETERS = Parameters.load("dec5000-125")
CYCLE_PS = 10**12 // PARAMETERS.integer("cpu.clock_hz")

WORK = """
        .set    noreorder
start:  li      $s0, 0x80100000         # 1 KiB that are summed up, hashed and copied, for ever
        li      $s1, 0x80100800
        li      $s4, 0x01000193
round:  move    $t0, $s0
        addiu   $t1, $s0, 1024
        move    $v0, $zero
sum:    lw      $t2, 0($t0)             # checksum: words with end-around carry
        addiu   $t0, $t0, 4
        addu    $v0, $v0, $t2
        sltu    $t3, $v0, $t2
        bne     $t0, $t1, sum
        addu    $v0, $v0, $t3
        move    $t0, $s0
        addiu   $t1, $s0, 64
hash:   lbu     $t2, 0($t0)             # FNV-1a of 64 bytes: a multiplication each
        addiu   $t0, $t0, 1
        xor     $v1, $v1, $t2
        multu   $v1, $s4
        mflo    $v1
        bne     $t0, $t1, hash
        nop
        move    $t0, $s0
        move    $t4, $s1
        addiu   $t1, $s0, 1024
copy:   lw      $t2, 0($t0)
        lw      $t3, 4($t0)
        addiu   $t0, $t0, 8
        sw      $t2, 0($t4)
        sw      $t3, 4($t4)
        bne     $t0, $t1, copy
        addiu   $t4, $t4, 8
        b       round
        addiu   $s2, $s2, 1
"""


def machine(engine: Engine) -> Processor:
    """A processor that has the program, with its data and code in the caches."""
    memory, program = Memory(1 << 22), assemble(WORK, "work", 0x80001000)
    for segment in program.segments:
        at = segment.address & 0x1FFFFFFF
        memory.data[at : at + len(segment.data)] = segment.data
    memory.data[0x100000:0x100400] = bytes(at * 37 & 0xFF for at in range(1024))
    cpu = ENGINES[engine](PARAMETERS, Bus(memory, ()), EventQueue())
    cpu.cp0.status, cpu.pc = 0, program.symbols["start"]
    cpu.run(100_000 * CYCLE_PS)
    return cpu


@pytest.mark.benchmark(group="emulating the processor: checksum, hash and copy", timer=time.process_time)
@pytest.mark.parametrize(
    ("engine", "cycles", "slice_cycles"),
    [
        ("compiled", 50_000_000, None),
        ("compiled", 5_000_000, 1440),
        ("compiled", 5_000_000, 250),
        ("python", 500_000, None),
        ("python", 500_000, 250),
    ],
    ids=["compiled", "compiled, slices of 1440", "compiled, slices of 250", "oracle", "oracle, slices of 250"],
)
def test_instructions(benchmark: Any, engine: Engine, cycles: int, slice_cycles: int | None) -> None:
    """One long run, or one cut into slices as two machines on a wire cut theirs."""
    cpu = machine(engine)

    def run() -> None:
        start, step = cpu.cycles, slice_cycles or cycles
        for until in range(start + step, start + cycles + 1, step):
            cpu.run(until * CYCLE_PS)

    before, began = cpu.instructions, time.perf_counter()
    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    wall = (time.perf_counter() - began) / 6
    executed = (cpu.instructions - before) / 6
    benchmark.extra_info["instructions"] = round(executed)
    benchmark.extra_info["million instructions a second"] = round(executed / benchmark.stats.stats.median / 1e6, 1)
    benchmark.extra_info["million a second by the wall's clock"] = round(executed / wall / 1e6, 1)
    assert cpu.gpr[18] > 0, "no round was finished"


FIRST_INSTRUCTION = """
from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.compiled import CompiledCpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
cpu = CompiledCpu(Parameters.load("dec5000-125"), Bus(Memory(1 << 22), ()), EventQueue())
cpu.pc = 0x80000000
cpu.step()
assert cpu.instructions == 1
"""


def of_children() -> float:
    """Seconds that processes which have ended took of the host's processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.benchmark(group="a new process up to its first emulated instruction", timer=of_children)
@pytest.mark.parametrize("start", ["python alone", "warm cache", "cold cache"])
def test_start(benchmark: Any, tmp_path: Path, start: str) -> None:
    """The whole process, Python's own start included; with a cold cache the processor is translated and compiled."""
    here = Path(__file__).parents[1]
    places = os.pathsep.join(str(here / name) for name in ("aegis_core", "jit", "dsl"))
    environment = {**os.environ, "PYTHONPATH": places, "XDG_CACHE_HOME": str(tmp_path)}
    program = "pass" if start == "python alone" else FIRST_INSTRUCTION

    def process() -> None:
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)

    def forget() -> None:
        for file in (tmp_path / "dlcode").glob("*"):
            file.unlink()

    walls: list[float] = []

    def timed() -> None:
        began = time.perf_counter()
        process()
        walls.append(time.perf_counter() - began)

    if start == "cold cache":
        benchmark.pedantic(timed, setup=forget, rounds=3)
    else:
        benchmark.pedantic(timed, rounds=10, warmup_rounds=1)
    benchmark.extra_info["median by the wall's clock, in ms"] = round(1000 * median(walls), 1)
