"""Random C programs, compiled by GCC for MIPS I, under QEMU and on our machine: same output, same status.

    python -m tests.random_c 150 [--first SEED] [--jobs N] [--csmith]

The programs are of our own generator (c_programs.py), or of csmith where it is installed. Both engines of the processor
run each, and agree in every register, in instructions, in cycles, and in what caches, TLB and memory hold. Programs of
ours are also run from their objects, whose relocations we apply.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.programs import Exit, Machine, OutOfCycles
from dlcode_aegis_core.machine.tlb import ENTRIES
from dlcode_jit.mips.registers import Control
from tests.c_programs import program
from tests.jit.mips.binutils import PREFIX, run

DATA = Path(__file__).parent / "data" / "random_c"
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
MACHINE = "-march=mips1 -mabi=32 -mfp32 -msoft-float -mno-abicalls -fno-pic -G0".split()
FLAGS = [*MACHINE, "-ffreestanding", "-nostdlib", "-ffunction-sections", "-w", "-r"]
"""-w: what a compiler says of such programs is of no interest."""
LINKED = ("-G0", "-static", "--gc-sections")
"""Functions that nobody calls are left out: csmith's need what is not there."""
MODELS = ("5000/200", "5000/125", "3100", "2100")
MOST_CYCLES = 20_000_000
"""What a program may take: ours take a fraction of it, some of csmith's never end."""
PATIENCE = 20
"""Seconds for QEMU, which takes a fraction of one."""
CSMITH = "/usr/include/csmith"
CSMITH_OPTIONS = ("--no-packed-struct", "--no-float", "--no-argc", "--no-volatiles")


@dataclass(frozen=True)
class Result:
    """What a program did."""

    status: int
    output: bytes


class TooLong(Exception):
    """A program takes more cycles than are allowed."""


class Differs(AssertionError):
    """Two that should agree do not."""


def compiler() -> str:
    path = shutil.which(f"{PREFIX}gcc")
    assert path, f"{PREFIX}gcc is needed: apt-get install gcc-mipsel-linux-gnu"
    return path


def compiled(source: str, level: str, folder: Path) -> tuple[Path, Path]:
    """One object of a C source and the runtime, whose addresses are not yet given; and GNU ld's program of it."""
    (folder / "program.c").write_text(source)
    object, made = folder / f"object{level}", folder / f"program{level}"
    parts = [str(DATA / "crt.s"), str(DATA / "runtime.c"), str(folder / "program.c"), f"-I{DATA}", f"-I{CSMITH}"]
    command = [compiler(), *FLAGS, level, "-o", str(object), *parts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(done.stderr.splitlines()[:6])
    run("ld", *LINKED, "-o", str(made), str(object), folder=folder)
    return object, made


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
    if isinstance(stop, OutOfCycles):
        raise TooLong
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


def csmith(seed: int) -> str:
    """csmith's program of that seed."""
    path = shutil.which("csmith")
    assert path, "csmith is needed: apt-get install csmith libcsmith-dev"
    command = [path, *CSMITH_OPTIONS, "--seed", str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def compare(seed: int, folder: Path, source: Callable[[int], str] = program) -> int:
    """One program; the instructions that it took.

    Raises Differs, which leaves the program in the folder, and TooLong before QEMU is asked.
    """
    object, path = compiled(source(seed), LEVELS[seed % len(LEVELS)], folder)
    model = MODELS[seed % len(MODELS)]
    runs: dict[str, tuple[Result, Machine]] = {engine: emulated(path, model, engine) for engine in ENGINES}
    if source is program:
        runs["compiled, from the object"] = emulated(object, model, "compiled")
    expected = under_qemu(path)
    for name, (ours, _) in runs.items():
        if ours != expected:
            raise Differs(f"seed {seed}, {path}, {model}, {name}: QEMU has {expected}, we have {ours}")
    machines = [runs[engine][1] for engine in ENGINES]
    first, second = map(state, machines)
    if differing := [name for name in first if first[name] != second[name]]:
        raise Differs(f"seed {seed}, {path}, {model}: the engines differ in {', '.join(differing)}")
    return machines[0].statistics.instructions


def main() -> int:
    """Compare as many programs as asked for; 1 if any differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_c", description="Compare random C programs.")
    parser.add_argument("programs", type=int)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--csmith", action="store_true", help="csmith's programs instead of ours")
    options = parser.parse_args()

    def one(seed: int) -> int | str | None:
        folder = Path(tempfile.mkdtemp(prefix=f"random_c.{seed}."))
        try:
            instructions = compare(seed, folder, csmith if options.csmith else program)
        except TooLong:
            instructions = None  # it may never end
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return f"seed {seed}, in {folder}: {error}"
        shutil.rmtree(folder)
        return instructions

    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(one, range(options.first, options.first + options.programs)))
    failures = [result for result in results if isinstance(result, str)]
    taken = sum(result for result in results if isinstance(result, int))
    print("\n".join(failures), file=sys.stderr)
    ended = sum(result is not None for result in results)
    agreeing = ended - len(failures)
    print(f"{agreeing} of {ended} programs agree, QEMU and both engines: {taken:,} instructions")
    if ended < len(results):
        print(f"{len(results) - ended} more take over {MOST_CYCLES:,} cycles, and were left out")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
