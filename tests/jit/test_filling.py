"""Empty delay slots are filled with what does no harm: the code comes to the same, in fewer cycles, and stays legal."""

from __future__ import annotations

import random
import struct

import pytest

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.check import check
from dlcode_jit.mips.registers import GENERAL_NAMES
from dlcode_jit.r3000.editing import words_of
from dlcode_jit.r3000.filling import filled
from dlcode_jit.r3000.link import Object

NOP = 0
CODE, DATA, RETURN = 0x2000, 0x3000, 0x1000
KSEG0 = 0x8000_0000
NAMES = ("v0", "v1", "a1", "a2", "t0", "t1", "s0")
KEPT = ("v0", "v1", "s0", "a0")


def object_of(source: str) -> Object:
    """Code that is written down, as an object."""
    (segment,) = assemble(source, "filling", 0).segments
    return Object(len(segment.data), bytes(segment.data), {"f": 0}, ())


def slots(object: Object) -> int:
    """How many nops it has."""
    return words_of(object).count(NOP)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("addiu $t0, $a1, 1\nbeq $a2, $zero, x\nnop\nx: jr $ra\nmove $v0, $t0\n", 0),  # from before
        ("addiu $a2, $a1, 1\nbeq $a2, $zero, x\nnop\nx: jr $ra\nmove $v0, $t0\n", 1),  # the branch asks for it
        ("lw $t0, 0($a0)\nbeq $a2, $zero, x\nnop\nx: sw $t0, 4($a0)\njr $ra\nnop\n", 2),  # it would come too late
        ("beq $a2, $zero, x\nnop\naddiu $v0, $a1, 1\njr $ra\nnop\nx: jr $ra\nmove $v0, $t0\n", 1),  # from behind
        ("beq $a2, $zero, x\nnop\naddiu $s0, $a1, 1\njr $ra\nnop\nx: jr $ra\nmove $v0, $t0\n", 2),  # it would be seen
        ("beq $a2, $zero, x\nnop\nlw $v0, 0($a0)\njr $ra\nnop\nx: jr $ra\nmove $v0, $t0\n", 2),  # it reads memory
    ],
)  # fmt: skip
def test_a_slot_gets_what_does_no_harm_there(source: str, left: int) -> None:
    made = filled(object_of("addiu $t7, $zero, 1\n" + source))
    assert slots(made) == left
    assert check(made.data, 0) == []


def test_what_a_branch_goes_to_may_stand_in_its_slot_too() -> None:
    made = filled(object_of("bne $a2, $zero, x\nnop\njr $ra\nmove $v0, $zero\nx: addu $v0, $a1, $a1\njr $ra\nnop\n"))
    words = words_of(made)
    assert words[1] == words[4] != NOP
    assert run(made, 1)[0] == run(object_of("jr $ra\naddu $v0, $a1, $a1\n"), 1)[0]


@pytest.mark.parametrize("seed", range(150))
def test_filled_code_comes_to_the_same_in_fewer_cycles(seed: int) -> None:
    """Random blocks of code with loads, branches ahead and a loop, which keeps the hardware's rules before."""
    source = random_code(random.Random(seed))
    before = object_of(source)
    assert check(before.data, 0) == []
    after = filled(before)
    assert check(after.data, 0) == []
    assert slots(after) <= slots(before)
    for start in range(4):
        (expected, long), (found, short) = run(before, start), run(after, start)
        assert found == expected
        assert short <= long


def random_code(rng: random.Random) -> str:
    """Blocks, each with a branch at its end, and a loop that turns three times."""
    lines = ["addiu $t9, $zero, 3"]
    blocks = rng.randrange(2, 6)
    for block in range(blocks):
        lines.append(f"b{block}:")
        for _ in range(rng.randrange(5)):
            to, one, other = (rng.choice(NAMES) for _ in range(3))
            match rng.randrange(4):
                case 0:
                    lines += [f"lw ${to}, {4 * rng.randrange(8)}($a0)", "nop"]
                case 1:
                    lines.append(f"addiu ${to}, ${one}, {rng.randrange(-9, 9)}")
                case 2:
                    lines += [f"lw ${to}, {4 * rng.randrange(8)}($a0)", "addiu $t2, $t2, 1"]
                case _:
                    lines.append(f"{rng.choice(['addu', 'xor', 'and', 'sltu'])} ${to}, ${one}, ${other}")
        one, other = rng.choice(NAMES), rng.choice([*NAMES, "zero"])
        if rng.random() < 0.3:  # it goes on to the next, which may be come to from elsewhere too
            continue
        if block == blocks - 1 and rng.random() < 0.5:
            lines += ["addiu $t9, $t9, -1", "bne $t9, $zero, b0", "nop"]
        else:
            target = f"b{rng.randrange(block + 1, blocks)}" if block + 1 < blocks else "out"
            lines += [f"{rng.choice(['beq', 'bne'])} ${one}, ${other}, {target}", "nop"]
    return "\n".join([*lines, "out:", "xor $v0, $v0, $t2", "jr $ra", "nop"]) + "\n"


def run(object: Object, seed: int) -> tuple[dict[str, int], int]:
    """What registers a caller looks at hold after the code, and its cycles with everything in the caches."""
    rng = random.Random(f"registers {seed}")
    dram = Memory(0x4000)
    dram.data[CODE : CODE + len(object.data)] = object.data
    dram.data[DATA : DATA + 64] = struct.pack("<16I", *(rng.randrange(4) for _ in range(16)))
    cpu = Cpu(Parameters.load("dec5000-125"), Bus(dram, ()), EventQueue())
    values = [rng.randrange(3) for _ in range(32)]
    for _ in range(2):
        for number in range(1, 32):
            cpu.gpr[number] = values[number]
        cpu.gpr[GENERAL_NAMES.index("a0")] = KSEG0 + DATA
        cpu.gpr[GENERAL_NAMES.index("ra")] = KSEG0 + RETURN
        cpu.pc = KSEG0 + CODE
        begun, last = cpu.cycles, cpu.instructions + 2000
        while cpu.pc != KSEG0 + RETURN:
            cpu.step()
            assert cpu.instructions < last
    return {name: cpu.gpr[GENERAL_NAMES.index(name)] for name in KEPT}, cpu.cycles - begun
