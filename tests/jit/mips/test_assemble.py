"""The assembler: agreement with GNU as, layout, symbols, macros."""

from __future__ import annotations

import random
import re
from pathlib import Path

from dlcode_jit.mips.assemble import Assembly, Segment, assemble
from dlcode_jit.mips.disassemble import disassemble
from dlcode_jit.mips.pseudo import PSEUDO_INSTRUCTIONS, Pseudo
from dlcode_jit.mips.registers import GENERAL_NAMES
from tests.jit.mips.binutils import gnu_assemble
from tests.jit.mips.test_binutils import random_words

BASE = 0x80000000


def listing(source: str, base: int = BASE) -> list[str]:
    """Instructions of the first segment."""
    segment = assemble(source, "test.s", base).segments[0]
    return [
        disassemble(int.from_bytes(segment.data[at : at + 4], "little"), segment.address + at)
        for at in range(0, len(segment.data), 4)
    ]


def data(source: str, base: int = BASE) -> bytes:
    (segment,) = assemble(source, "test.s", base).segments
    return segment.data


def test_every_disassembled_instruction_assembles_to_its_own_word() -> None:
    words = random_words()
    source = "\n".join(disassemble(word, BASE + 4 * index) for index, word in enumerate(words))

    assert data(source) == b"".join(word.to_bytes(4, "little") for word in words)


SHARED = """
        .equ    SIZE, 48
        .text
start:  li      $t0, 5
        li      $t1, -5
        li      $t2, 0xffff
        li      $t3, 0x12340000
        li      $t4, 0x12345678
        move    $s0, $t0
        not     $s1, $s0
        neg     $s2, $s1
        negu    $s2, $s1
        beqz    $t0, 1f
        nop
        bnez    $t1, start
        addiu   $t1, $t1, SIZE - 4
1:      lui     $a0, %hi(table)
        lw      $a1, %lo(table)($a0)
        la      $a2, table
        lhu     $a3, 2 + SIZE($sp)
        jalr    $a2
        sw      $a1, ($sp)
        b       1b
        sltu    $v0, $t0, $t1
        bal     start
        nop
        jal     start
        nop
        jr      $ra
        syscall
        .align  4
table:  .word   start, table + 4, -1, 0xffffffff
        .half   1, -2
        .byte   'a', '\\n', 0x7f
        .align  2
        .ascii  "two", "\\ttabs"
        .asciiz "end"
        .space  3, 9
        .balign 8
"""


def test_gnu_as_makes_the_same_bytes_of_the_same_source(tmp_path: Path) -> None:
    """Pseudo-instructions, expressions, relocations by hand and data; 0 is where the oracle links."""
    (segment,) = assemble(SHARED, "shared.s", 0).segments

    assert gnu_assemble(SHARED, tmp_path)[: len(segment.data)] == segment.data


def test_data_follows_text_at_the_next_multiple_of_16_whatever_their_order_in_the_source() -> None:
    assembly = assemble(".data\nx: .word 1\n.text\nnop\nla $t0, x\n.data\ny: .byte 2\n", "test.s", BASE)

    assert [segment.address for segment in assembly.segments] == [BASE, BASE + 16]
    assert assembly.segments[1] == Segment(BASE + 16, b"\x01\0\0\0\x02")
    assert assembly.symbols == {"x": BASE + 16, "y": BASE + 20}


def test_org_begins_a_segment_at_an_absolute_address() -> None:
    assembly = assemble("b general\nnop\n.org 0x80000080\ngeneral: nop\n", "vectors.s", BASE)

    assert [(segment.address, segment.end) for segment in assembly.segments] == [
        (BASE, BASE + 8),
        (BASE + 128, BASE + 132),
    ]
    assert assembly.symbols["general"] == BASE + 128


def test_an_empty_source_is_no_segments() -> None:
    assert assemble("# nothing\n", "empty.s", BASE) == Assembly((), {}, {})


def test_constants_may_use_names_that_come_later_and_symbols_from_outside() -> None:
    source = "A = B + 1\n.equ B, OUTSIDE << 4\naddiu $t0, $zero, A\n"
    assembly = assemble(source, "test.s", BASE, {"OUTSIDE": 3})

    assert assembly.symbols == {"OUTSIDE": 3, "A": 49, "B": 48}
    assert listing(source.replace("OUTSIDE", "3")) == ["addiu $t0, $zero, 49"]


def test_li_of_a_label_takes_two_words_wherever_the_label_is() -> None:
    before = listing("x: nop\nli $t0, x\nli $t1, END\nEND = 7\n")

    assert before == ["nop", "lui $t0, 0x8000", "addiu $t0, $t0, 0", "addiu $t1, $zero, 7"]


def test_digit_labels_are_the_nearest_before_and_after() -> None:
    assert listing("1: b 1f\nnop\n1: b 1b\nnop\nb 1b\nnop\n", 0) == [
        "beq $zero, $zero, 0x8",
        "nop",
        "beq $zero, $zero, 0x8",
        "nop",
        "beq $zero, $zero, 0x8",
        "nop",
    ]


def test_expressions_bind_as_in_c() -> None:
    assert data(".word 1 | 2 ^ 3 & 4 << 1 + 2 * 3, -(7 % 4), ~0 >> 1, 'A' + 0b11, 10 / 3\n") == b"".join(
        (value % 2**32).to_bytes(4, "little") for value in (1 | 2 ^ 3 & 4 << 1 + 2 * 3, -3, -1, 68, 3)
    )


def test_comparing_branches_use_at() -> None:
    assert listing("x: bltu $a0, $a1, x\nnop\nble $a0, $a1, x\nnop\n", 0) == [
        "sltu $at, $a0, $a1",
        "bne $at, $zero, 0x0",
        "nop",
        "slt $at, $a1, $a0",
        "beq $at, $zero, 0x0",
        "nop",
    ]


def test_a_macro_is_text_with_arguments_defaults_and_a_number_of_its_own() -> None:
    source = """
        .macro  push reg, room=4
        addiu   $sp, $sp, -\\room
        b       past\\@
        sw      \\reg, 0($sp)
past\\@:
        .endm
        push    $a0
here:   push    $a1, 2 * (3 + 1)
    """
    assert listing(source, 0) == [
        "addiu $sp, $sp, -4",
        "beq $zero, $zero, 0xc",
        "sw $a0, 0($sp)",
        "addiu $sp, $sp, -8",
        "beq $zero, $zero, 0x18",
        "sw $a1, 0($sp)",
    ]
    assert assemble(source, "test.s", 0).symbols == {"past0": 12, "here": 12, "past1": 24}


def test_each_instruction_knows_its_line() -> None:
    source = ".macro twice\nnop\nnop\n.endm\nli $t0, 0x12345678\ntwice\n"
    lines = assemble(source, "test.s", BASE).lines

    assert {address - BASE: str(line) for address, line in lines.items()} == {
        0: "test.s:5",
        4: "test.s:5",
        8: "test.s:2",
        12: "test.s:3",
    }
    assert lines[BASE + 8].use == "test.s:6"


# Pseudo-instructions -------------------------------------------------------------------------------------------------


def written(row: Pseudo, generator: random.Random) -> str:
    """A use of a row with random operands, never $at, and never what would overwrite an operand."""
    registers = [f"${name}" for name in GENERAL_NAMES if name != "at"]
    rd, rs, rt, base = generator.sample(registers[1:], 4)
    if generator.random() < 0.3 and row.name != "abs":  # GNU as leaves out the move of a register to itself
        rd = rs
    rs = generator.choice([rs, rs, rs, "$zero"]) if row.name in ("addu", "move") else rs
    values = {
        "rd": rd,
        "rs": rs,
        "rt": rt,
        "base": base,
        "label": generator.choice(["before", "after"]),
        "address": generator.choice(["after", "before + 4", "after + 0x9000", "before + 0x12345678"]),
        "amount": str(generator.randrange(1, 32)),
        "offset": str(generator.choice([0, 4, -4, 0x7FFC, -0x8000, generator.randrange(-0x8000, 0x7FFC)])),
    }
    if row.name in ("j", "jal", "jalr") and "rd" in row.format:
        values["rd"] = "$ra" if rs != "$ra" else "$t0"
    return f"{row.name} " + re.sub(r"[a-z]+", lambda match: values[match[0]], row.format)


def test_gnu_as_makes_the_same_of_every_pseudo_instruction(tmp_path: Path) -> None:
    generator = random.Random(1995)
    lines = [written(row, generator) for row in PSEUDO_INSTRUCTIONS for _ in range(20)]
    lines = [line for line in lines if line != "jalr $ra"]  # it refuses what could not be restarted
    source = "before: nop\n" + "\n".join(lines) + "\nafter: nop\n"

    theirs = gnu_assemble(f".set at\n{source}", tmp_path)

    ours = data(source, 0)
    assert theirs[: len(ours)] == ours
    assert not any(theirs[len(ours) :])


def test_gnu_as_makes_the_same_of_li(tmp_path: Path) -> None:
    generator = random.Random(7)
    values = [
        0,
        1,
        -1,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x10000,
        -0x8000,
        -0x8001,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0xFFFF8000,
    ]
    values += [generator.getrandbits(32) for _ in range(100)] + [generator.getrandbits(16) << 16 for _ in range(20)]
    source = "".join(f"li ${generator.randrange(2, 32)}, {value:#x}\n" for value in values)

    assert gnu_assemble(source, tmp_path)[: len(data(source, 0))] == data(source, 0)


# Sections, repetitions, conditions -----------------------------------------------------------------------------------


def test_sections_lie_in_their_order_whatever_order_they_are_written_in() -> None:
    source = (
        ".bss\nd: .space 4\n.data\nc: .byte 1\n.rodata\nb: .byte 2\n.section .text\na: nop\n.section .bss\ne: .skip 2\n"
    )
    assembly = assemble(source, "test.s", BASE)

    places = {name: address - BASE for name, address in assembly.symbols.items()}
    assert places == {"a": 0, "b": 16, "c": 32, "d": 48, "e": 52}
    assert [(segment.address - BASE, segment.data) for segment in assembly.segments] == [
        *((0, bytes(4)), (16, b"\x02")),
        *((32, b"\x01"), (48, bytes(6))),
    ]


def test_a_constant_may_use_the_place_where_it_stands() -> None:
    source = 'nop\ntext: .ascii "hello"\nlength = . - text\nstart = .\n.set again, . - 1\n.byte length\n'
    symbols = assemble(source, "test.s", BASE).symbols

    assert symbols == {"text": BASE + 4, "length": 5, "start": BASE + 9, "again": BASE + 8}


def test_blocks_are_repeated_also_one_in_another() -> None:
    source = "x: .rept 2\nlui $t0, 1\n.irp reg, $t1, $t2\nlui \\reg, 2\n.endr\n.endr\n.rept 0\nbreak\n.endr\n"

    assert listing(source) == ["lui $t0, 0x1", "lui $t1, 0x2", "lui $t2, 0x2"] * 2


def test_of_a_condition_the_part_that_holds_is_kept() -> None:
    choose = """
        .macro  load value
        .if     \\value == 0
        move    $t0, $zero
        .elseif \\value - 1 & ~0xffff
        break
        .else
        .ifdef  DEBUG
        syscall
        .endif
        .ifndef DEBUG
        li      $t0, \\value
        .endif
        .endif
        .endm
        load 5
        DEBUG = 1
        load 0x20000
        load 9
    """.replace("\\value == 0", "(\\value & 0xffff) / 0x10000 * 2")

    assert listing(choose) == ["addiu $t0, $zero, 5", "break", "syscall"]


def test_gnu_as_agrees_on_blocks_and_sections(tmp_path: Path) -> None:
    source = """
        SIZE = 3
        .macro  twice reg, by=1
        .rept   2
        addiu   \\reg, \\reg, \\by
        .endr
        .endm
start:  twice   $t0
        twice   $t1, SIZE
        .irp    n, 1, 2, 3
        .if     \\n - 2
        sw      $t0, 4 * \\n($sp)
        .else
        sb      $t1, \\n($sp)
        .endif
        .endr
        .ifdef  SIZE
        .word   end - start
        .word   . - start
        .else
        .word   0
        .endif
end:    .string "x"
        .p2align 2
    """.replace("\\\\", "\\")

    assert gnu_assemble(source, tmp_path)[: len(data(source, 0))] == data(source, 0)
