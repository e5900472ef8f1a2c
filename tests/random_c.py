"""Random C programs, compiled by GCC for MIPS I, under QEMU and on our machine: same output, same status.

    python -m tests.random_c 150 [--first SEED] [--jobs N]

Both engines of the processor run each program, and agree in every register, in instructions and in cycles.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.programs import Exit, Machine
from dlcode_aegis_core.machine.tlb import ENTRIES
from dlcode_jit.mips.registers import Control
from tests.c_programs import program
from tests.jit.mips.binutils import PREFIX

DATA = Path(__file__).parent / "data" / "random_c"
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
MACHINE = "-march=mips1 -mabi=32 -mfp32 -msoft-float -mno-abicalls -fno-pic -G0".split()
FLAGS = [*MACHINE, "-ffreestanding", "-nostdlib", "-static", "-w"]
"""-w: what a compiler says of such programs is of no interest."""
MODELS = ("5000/200", "5000/125", "3100", "2100")
MOST_CYCLES = 100_000_000
PATIENCE = 20
"""Seconds for QEMU, which takes a fraction of one."""


@dataclass(frozen=True)
class Result:
    """What a program did."""

    status: int
    output: bytes


class Differs(AssertionError):
    """Two that should agree do not."""


def compiler() -> str:
    path = shutil.which(f"{PREFIX}gcc")
    assert path, f"{PREFIX}gcc is needed: apt-get install gcc-mipsel-linux-gnu"
    return path


def compiled(source: str, level: str, folder: Path) -> Path:
    """The ELF program of a C source."""
    (folder / "program.c").write_text(source)
    made = folder / f"program{level}"
    parts = [str(DATA / "crt.s"), str(DATA / "runtime.c"), str(folder / "program.c")]
    done = subprocess.run(
        [compiler(), *FLAGS, level, "-o", str(made), *parts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, "\n".join(done.stderr.splitlines()[:6])
    return made


def under_qemu(program: Path) -> Result:
    qemu = shutil.which("qemu-mipsel")
    assert qemu, "qemu-mipsel is needed: apt-get install qemu-user"
    done = subprocess.run([qemu, str(program)], capture_output=True, timeout=PATIENCE, check=False)
    return Result(done.returncode, done.stdout)


def emulated(program: Path, model: str, engine: Engine) -> tuple[Result, Machine]:
    """On our machine."""
    written: list[bytes] = []
    machine = Machine(model, output=lambda descriptor, data: written.append(data), engine=engine)
    machine.load(program)
    stop = machine.run(cycles=MOST_CYCLES)
    if not isinstance(stop, Exit):
        raise Differs(f"{program}: {stop}")
    return Result(stop.status, b"".join(written)), machine


def state(machine: Machine) -> dict[str, object]:
    """All that a processor holds when a program has ended."""
    cpu = machine.cpu
    return {
        "registers": [cpu.gpr[number] for number in range(32)],
        "hi, lo and pc": (cpu.hi, cpu.lo, cpu.pc),
        "cycles": cpu.cycles,
        "instructions": cpu.instructions,
        "coprocessor 0": [cpu.read_control(register) for register in Control],
        "TLB": [cpu.tlb.read(index) for index in range(ENTRIES)],
        "instruction cache": list(cpu.instruction_cache.tags),
        "data cache": list(cpu.data_cache.tags),
        "write buffer": cpu.write_buffer.last,
        "memory": hash(bytes(cpu.bus.memory.data)),
    }


def compare(seed: int, folder: Path) -> int:
    """One program; the instructions that it took. Raises Differs, and leaves the program in the folder."""
    path = compiled(program(seed), LEVELS[seed % len(LEVELS)], folder)
    expected = under_qemu(path)
    model = MODELS[seed % len(MODELS)]
    states = []
    for engine in ENGINES:
        ours, machine = emulated(path, model, engine)
        if ours != expected:
            raise Differs(f"seed {seed}, {path}, engine {engine}: QEMU has {expected}, we have {ours}")
        states.append(state(machine))
    first, second = states
    if differing := [name for name in first if first[name] != second[name]]:
        raise Differs(f"seed {seed}, {path}, {model}: the engines differ in {', '.join(differing)}")
    return machine.statistics.instructions


def main() -> int:
    """Compare as many programs as asked for; 1 if any differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_c", description="Compare random C programs.")
    parser.add_argument("programs", type=int)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    def one(seed: int) -> int | str:
        folder = Path(tempfile.mkdtemp(prefix=f"random_c.{seed}."))
        try:
            instructions = compare(seed, folder)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return f"seed {seed}, in {folder}: {error}"
        shutil.rmtree(folder)
        return instructions

    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(one, range(options.first, options.first + options.programs)))
    failures = [result for result in results if isinstance(result, str)]
    taken = sum(result for result in results if isinstance(result, int))
    print("\n".join(failures), file=sys.stderr)
    agreeing = len(results) - len(failures)
    print(f"{agreeing} of {len(results)} programs agree, QEMU and both engines: {taken:,} instructions")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
