"""What each instruction computes, compared with QEMU: random cases of every unprivileged row in one program.

QEMU is right about legal user code. It knows no load delay, so a nop follows each load here; and it disagrees with the
R3000 on division by zero and of -2**31 by -1, which test_pipeline.py has.
"""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from dlcode_aegis_core.machine.tlb import DIRTY, ENTRIES, GLOBAL, VALID
from dlcode_jit.mips.assemble import Assembly, assemble
from dlcode_jit.mips.row import FIELDS, Instruction, Kind
from dlcode_jit.mips.rows import ROWS
from tests.aegis_core.machine.processor import Program

pytestmark = pytest.mark.usefixtures("engine")

BASE = 0x00400000
CASES = 24
TESTED = [row for row in ROWS if not row.privileged and row.kind is not Kind.TRAP]
TELLING = [0, 1, 2, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFF8000, 0xFFFFFFFF]
ALIGNMENT = {"lw": 4, "sw": 4, "lh": 2, "lhu": 2, "sh": 2}

HEAD = """
start:  la      $s0, results
"""
TAIL = """
finish: li      $v0, 4004               # write
        li      $a0, 1
        la      $a1, results
        subu    $a2, $s0, $a1
        syscall
        li      $v0, 4001               # exit
        li      $a0, 0
        syscall
        .data
field:  .word   0x8081f2f3, 0x7475f677, 0x18199a1b, 0xfcfd7eff
place:  .space  8
results:
"""


def case(row: Instruction, generator: random.Random) -> tuple[list[str], list[str]]:
    """Lines that execute a row on random operands, and the registers that hold what came of it."""
    a, b = (generator.choice([*TELLING, generator.getrandbits(32), generator.getrandbits(32)]) for _ in range(2))
    if row.name in ("div", "divu"):
        b = b or 3
        a = 5 if (a, b) == (0x80000000, 0xFFFFFFFF) else a
    if row.name in ("add", "sub", "addi"):  # no overflow, which traps
        a, b = a & 0x3FFFFFFF, b & 0x3FFFFFFF
    offset = generator.randrange(-0x8000, 0x8000)
    place = generator.randrange(0, 8, ALIGNMENT.get(row.name, 1))
    text = written(row, generator, offset)
    setup = [f"li $a0, {a:#x}", f"li $a1, {b:#x}", "li $v0, 0x13579bdf", "move $ra, $zero"]
    match row.kind:
        case Kind.LOAD:
            return [*setup, f"la $a2, field + {4 + place} - ({offset})", text, "nop"], ["$v0"]
        case Kind.STORE:
            clear = ["la $a3, place", "sw $zero, 0($a3)", "sw $a0, 4($a3)"]
            see = ["lw $v0, 0($a3)", "lw $v1, 4($a3)", "nop"]
            return [*setup, *clear, f"la $a2, place + {place} - ({offset})", text, *see], ["$v0", "$v1"]
        case Kind.BRANCH | Kind.JUMP:
            by_register = ["la $a0, 1f"] if row.name in ("jr", "jalr") else []
            slot = ["addiu $v0, $v0, 1", "addiu $v0, $v0, 2", "1:"]
            return [*setup, *by_register, text, *slot], ["$v0", "$ra"]
    both = ["mthi $a0", "mtlo $a1", "nop", "nop", text, "mfhi $t0", "mflo $t1", "nop", "nop"]
    return [*setup, *both], ["$v0", "$t0", "$t1"]


def written(row: Instruction, generator: random.Random, offset: int) -> str:
    """The instruction with $a0 for rs, $a1 for rt, $a2 for the base, and $v0, or $ra for a link, for what it writes."""
    named = {"rs": "$a0", "rt": "$a1", "base": "$a2", "displacement": "1f", "target": "1f", "offset": str(offset)}
    for name in row.writes:
        named[name] = "$ra" if row.has_delay_slot else "$v0"
    for name in ("immediate", "unsigned", "shamt"):
        field = FIELDS[name].values
        named[name] = str(generator.choice([field[0], field[-1], generator.choice(field)]))
    return f"{row.name} {re.sub('[a-z]+', lambda match: named[match[0]], row.format)}"


def program() -> tuple[Assembly, list[str]]:
    """The assembled program, and what each word of its results is."""
    generator = random.Random(3000)
    lines, labels = [HEAD], []
    for row in TESTED:
        for _ in range(CASES):
            body, registers = case(row, generator)
            lines += body
            for register in registers:
                lines += [f"sw {register}, 0($s0)", "addiu $s0, $s0, 4"]
                labels.append(f"{register} after {'; '.join(body)}")
    source = "\n".join([*lines, TAIL, f".space {4 * len(labels)}"])
    return assemble(source, "semantics.s", BASE), labels


def elf(assembly: Assembly) -> bytes:
    """The least that Linux runs: an ELF header, and one program header for all of it."""
    start, end = assembly.segments[0].address, assembly.segments[-1].end
    image = bytearray(end - start)
    for segment in assembly.segments:
        image[segment.address - start : segment.end - start] = segment.data
    ident = b"\x7fELF\x01\x01\x01" + bytes(9)
    executable, mips, o32_mips1 = 2, 8, 0x1001
    fields = (executable, mips, 1, assembly.symbols["start"], 52, 0, o32_mips1, 52, 32, 1, 40, 0, 0)
    page = 4096
    load = (1, page, start, start, len(image), len(image), 7, page)
    return (ident + struct.pack("<HHIIIIIHHHHHH", *fields) + struct.pack("<8I", *load)).ljust(page, b"\0") + bytes(
        image
    )


@pytest.fixture(scope="module")
def assembled() -> tuple[Assembly, list[str]]:
    return program()


def test_every_unprivileged_instruction_computes_what_qemu_computes(
    assembled: tuple[Assembly, list[str]], tmp_path: Path
) -> None:
    assembly, labels = assembled
    theirs, ours = on_qemu(assembly, tmp_path), on_our_processor(assembly, len(labels))

    assert len(theirs) == len(labels)
    differing = [
        f"{label}: QEMU {their:#010x}, we {our:#010x}"
        for label, their, our in zip(labels, theirs, ours, strict=True)
        if their != our
    ]
    assert differing == []


def test_the_cases_are_of_every_row_that_user_code_can_run(assembled: tuple[Assembly, list[str]]) -> None:
    _, labels = assembled
    tried = {word for label in labels for word in re.findall(r"(?:^|; |after )([a-z]+)", label)}

    assert {row.name for row in TESTED} <= tried


def on_qemu(assembly: Assembly, folder: Path) -> list[int]:
    qemu = shutil.which("qemu-mipsel")
    assert qemu is not None, "qemu-mipsel is needed: apt-get install qemu-user"
    file = folder / "semantics"
    file.write_bytes(elf(assembly))
    file.chmod(0o755)
    output = subprocess.run([qemu, str(file)], capture_output=True, check=True, timeout=60).stdout
    return [word for (word,) in struct.iter_unpack("<I", output)]


def on_our_processor(assembly: Assembly, results: int) -> list[int]:
    """The same program at the same addresses, through the TLB."""
    bare = Program("nop")
    size = assembly.segments[-1].end - BASE
    assert size <= ENTRIES * 4096
    for page in range(-(-size // 4096)):
        bare.cpu.tlb.write(page, BASE + page * 4096, page * 4096 | DIRTY | VALID | GLOBAL)
    for segment in assembly.segments:
        at = segment.address - BASE
        bare.memory.data[at : at + len(segment.data)] = segment.data
    bare.assembly = assembly
    bare.cpu.pc = assembly.symbols["start"]
    bare.run(until="finish")
    first = (assembly.symbols["results"] - BASE) // 4
    return list(bare.memory.words[first : first + results])
