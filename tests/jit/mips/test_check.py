"""The image check finds what the R3000 leaves to software, and nothing else."""

from __future__ import annotations

import pytest

from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.check import check

CASES = [
    # what it shows; source; findings as (word, code)
    ("a load used one instruction later is fine", "lw $t0, 0($a0)\nnop\naddu $t1, $t0, $t0", []),
    ("a load used at once", "lw $t0, 0($a0)\naddu $t1, $t0, $t0", [(0, "load-delay")]),
    ("a load used at once as a base", "lw $t0, 0($a0)\nlw $t1, 0($t0)\nnop", [(0, "load-delay")]),
    ("a load stored at once", "lbu $t0, 0($a0)\nsb $t0, 1($a0)", [(0, "load-delay")]),
    ("mfc0 is delayed too", "mfc0 $k0, $c0_epc\njr $k0\nrfe", [(0, "load-delay")]),
    ("the slot may overwrite what was loaded", "lw $t0, 0($a0)\naddu $t0, $t1, $t1\nsw $t0, 0($a0)", []),
    ("a load of $zero is never read", "lw $zero, 0($a0)\naddu $t0, $zero, $zero", []),
    ("lwl and lwr merge", "lwl $t0, 3($a0)\nlwr $t0, 0($a0)\nnop\nsw $t0, 0($a1)", []),
    ("after lwl and lwr comes the delay", "lwl $t0, 3($a0)\nlwr $t0, 0($a0)\nsw $t0, 0($a1)", [(1, "load-delay")]),
    ("lwl's base is read as any register", "lw $a0, 0($a0)\nlwl $t0, 3($a0)\nnop", [(0, "load-delay")]),
    (
        "a load in a branch's slot meets the target",
        "beqz $a0, x\nlw $t0, 0($a0)\nnop\nnop\nx: addu $t1, $t0, $t0",
        [(1, "load-delay")],
    ),
    (
        "a load in a branch's slot meets what follows it",
        "beqz $a0, x\nlw $t0, 0($a0)\naddu $t1, $t0, $t0\nx: nop",
        [(1, "load-delay")],
    ),
    (
        "what follows an unconditional branch's slot does not come next",
        "b x\nlw $t0, 0($a0)\naddu $t1, $t0, $t0\nx: nop",
        [],
    ),
    (
        "unless some branch goes to the slot itself",
        "b x\ny: lw $t0, 0($a0)\naddu $t1, $t0, $t0\nx: b y\nnop",
        [(1, "load-delay")],
    ),
    ("a load backward through a loop", "x: addu $t1, $t0, $t0\nbnez $t1, x\nlw $t0, 0($a0)\nnop", [(2, "load-delay")]),
    ("a load in the slot of a call in the image", "jal f\nlw $a0, 0($sp)\nnop\nf: jr $ra\nmove $v0, $a0", []),
    ("a load in the slot of a return", "jr $ra\nlw $v0, 0($a0)", [(1, "load-before-unknown")]),
    ("a load in the slot of a jump out of the image", "j 0x80001000\nlw $v0, 0($a0)", [(1, "load-before-unknown")]),
    ("a branch in a slot", "b x\nbeqz $a0, x\nx: nop", [(1, "branch-in-slot")]),
    ("teq is not MIPS-I", ".word 0x00800034", [(0, "illegal-instruction")]),
    ("sync is not MIPS-I", ".word 0x0000000f", [(0, "illegal-instruction")]),
    ("movz is not MIPS-I", ".word 0x0085100a", [(0, "illegal-instruction")]),
    ("rotr looks like srl", ".word 0x00221882", [(0, "illegal-instruction")]),
    ("beql is not MIPS-I", ".word 0x50000001", [(0, "illegal-instruction")]),
    ("bltzl acts as bltz", ".word 0x04820001", [(0, "illegal-instruction")]),
    ("a product read, then another begun at once", "mflo $t0\nmultu $t1, $t2", [(0, "hi-lo-distance")]),
    ("the same after one instruction", "mfhi $t0\nnop\nmtlo $t1", [(0, "hi-lo-distance")]),
    ("the same after two instructions is fine", "mflo $t0\nnop\nnop\ndiv $t1, $t2", []),
    ("the same through a branch", "b x\nmflo $t0\nnop\nnop\nx: mult $t1, $t2", [(1, "hi-lo-distance")]),
    ("mfhi after mflo is fine", "mult $t1, $t2\nmflo $t0\nmfhi $t1", []),
]


@pytest.mark.parametrize(("source", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_findings(source: str, expected: list[tuple[int, str]]) -> None:
    (segment,) = assemble(source, "test.s", 0x80000000).segments
    found = [((finding.address - 0x80000000) // 4, finding.code) for finding in check(segment.data, segment.address)]

    assert found == expected


def test_a_finding_says_what_reads_too_early_and_where() -> None:
    (segment,) = assemble("b x\nlw $t0, 4($a0)\nx: addu $t1, $t0, $t0", "test.s", 0x1000).segments
    (finding,) = check(segment.data, segment.address)

    assert finding.text == '"lw $t0, 4($a0)" arrives only after "addu $t1, $t0, $t0" at 0x1008, which reads it'


def test_a_piece_of_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="not whole words"):
        check(b"\0" * 6, 0)
