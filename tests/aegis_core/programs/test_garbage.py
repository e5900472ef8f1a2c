"""Programs of random words and damaged files: a fault of the program or a refusal, never one of ours; engines alike."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.programs import Exit, Fault, Machine, OutOfCycles, ProgramError
from dlcode_jit.mips.decode import encode
from dlcode_jit.mips.registers import Control
from dlcode_jit.mips.row import FIELDS
from dlcode_jit.mips.rows import ROWS
from tests.jit.mips.binutils import run

MOST = 3000
SP, GP = 29, 28


def words(generator: random.Random) -> list[int]:
    """Any words, words near instructions, and instructions that often use memory that is there."""

    def instruction() -> int:
        row = generator.choice(ROWS)
        operands = [generator.choice(FIELDS[name].values) for name in row.operands]
        for index, name in enumerate(row.operands):
            if name == "base" and generator.random() < 0.8:
                operands[index] = generator.choice([SP, GP])
            if name in ("offset", "displacement") and generator.random() < 0.8:
                operands[index] = generator.randrange(-12, 12)
        return encode(row, tuple(operands))

    return [
        generator.getrandbits(32)
        if (kind := generator.random()) < 0.03
        else instruction() ^ (1 << generator.randrange(32) if kind < 0.1 else 0)
        for _ in range(200)
    ]


def observed(machine: Machine) -> object:
    """How it ended, and all that can be seen of it."""
    stop = machine.run(cycles=MOST)
    assert isinstance(stop, (Exit, Fault, OutOfCycles))
    cpu = machine.cpu
    control = [cpu.read_control(register) for register in Control]
    return stop, list(cpu.gpr)[:32], cpu.hi, cpu.lo, cpu.pc, cpu.cycles, cpu.instructions, control


@pytest.mark.parametrize("model", ["5000/200", "3100"])
def test_random_words_end_alike_on_both_engines(model: str) -> None:
    generator = random.Random(1992)
    machines = [Machine(model, output=lambda descriptor, data: None, engine=engine) for engine in ENGINES]
    ends: set[object] = set()
    for _ in range(40):
        source = "".join(f".word {word:#x}\n" for word in words(generator))
        results = []
        for machine in machines:
            machine.assemble(f"start: la $gp, data\n{source}b start\nnop\n.data\ndata: .space 64\n")
            results.append(observed(machine))
        assert results[0] == results[1]
        ends.add(type(machines[0].ended))
        if isinstance(fault := machines[0].ended, Fault):
            assert fault.reason
            assert 128 < fault.status < 140
            ends.add(fault.code)
    assert len(ends) > 4


SOURCE = """
        .set    noreorder
        .globl  __start
__start:
        li      $a0, 1
        lui     $a1, %hi(text)
        addiu   $a1, $a1, %lo(text)
        li      $a2, 6
        li      $v0, 4004
        syscall
        li      $v0, 4001
        syscall
        .data
text:   .ascii  "hello\\n"
"""


def test_a_damaged_program_is_refused_or_runs_to_some_end(tmp_path: Path) -> None:
    (tmp_path / "source.s").write_text(SOURCE)
    run("as", "-march=r3000", "-mabi=32", "-mfp32", "-o", "source.o", "source.s", folder=tmp_path)
    run("ld", "-static", "-G0", "-o", "program", "source.o", folder=tmp_path)
    whole = (tmp_path / "program").read_bytes()
    generator = random.Random(7)
    machine = Machine("5000/125", output=lambda descriptor, data: None)
    machine.load(whole)
    assert machine.run(cycles=MOST) == Exit(1)
    (start,) = struct.unpack_from("<I", whole, 28)
    tables = range(start, start + 32 * struct.unpack_from("<H", whole, 44)[0])
    refused = ran = 0
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(generator.choice([1, 1, 3])):
            at = generator.choice([generator.randrange(52), generator.choice(tables), generator.choice(tables)])
            changed[at] ^= 1 << generator.randrange(8)
        try:
            machine.load(bytes(changed))
        except ProgramError:
            refused += 1
            continue
        assert isinstance(machine.run(cycles=MOST), (Exit, Fault, OutOfCycles))
        ran += 1
    assert refused > 50
    assert ran > 50
