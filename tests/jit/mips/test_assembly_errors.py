"""Each mistake in assembly source is refused at its place, with a reason that helps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.source import AssemblyError

MISTAKES = [
    # source; line and column of the place; reason, and after a semicolon what would help
    ("addd $t0, $t1, $t2", (1, 1), 'unknown instruction "addd"; did you mean "add"?'),
    ("  .wrod 1", (1, 3), 'unknown directive ".wrod"; did you mean ".word"?'),
    ("addu $t0, $t1", (1, 1), "addu takes rd, rs, rt"),
    ("addu $t0, $t1, $t22", (1, 16), 'there is no register "$t22"; did you mean "t2"?'),
    ("addu $t0, $t1, 5", (1, 16), "addu takes a register here; addiu takes a number"),
    ("addiu $t0, $t1, 0x8000", (1, 17), "32768 does not fit: from -32768 to 32767"),
    ("andi $t0, $t1, -1", (1, 16), "-1 does not fit: from 0 to 65535"),
    ("sll $t0, $t1, 32", (1, 15), "32 does not fit: from 0 to 31"),
    ("lw $t0, 8", (1, 9), "lw takes rt, offset(base)"),
    ("addu $t0, $t1, 0($t2)", (1, 16), "addu takes rd, rs, rt"),
    ("lw $t0, 0x10000($t1)", (1, 9), "65536 does not fit: from -32768 to 32767"),
    ("tlbwr 1", (1, 1), "tlbwr takes no operands"),
    ("mfc0 $k0, $c0_ecp", (1, 11), 'there is no register "$c0_ecp"; did you mean "c0_epc"?'),
    ("move $t0", (1, 1), "move takes rd, rs"),
    ("li $t0, 0x100000000", (1, 9), "0x100000000 is more than 32 bits"),
    ("li $t0, $t1", (1, 9), "li takes an expression here"),
    ("la $t0, 4($t1)", (1, 9), "la takes an expression here"),
    ("b nowhere\nhere: nop", (1, 3), '"nowhere" is not defined; did you mean "here"?'),
    ("b 1f\nnop", (1, 3), '"1" is not defined'),
    ("b . + 6", (1, 5), "0x80000006 is not a multiple of 4"),
    (
        "b . + 0x40000",
        (1, 5),
        "0x80040000 is too far from 0x80000000 to branch to; branch over a jump: j goes anywhere in the same 256 MiB",
    ),
    ("j 0x1000", (1, 3), "0x1000 is not in the same 256 MiB as 0x80000004"),
    ("x: nop\nx: nop", (2, 1), '"x" is already defined'),
    ("x = 1\nnop\n  x = 2", (3, 3), '"x" is already defined'),
    ("OUTSIDE: nop", (1, 1), '"OUTSIDE" is already defined'),
    ("a = b\nb = a + 1\nli $t0, a", (1, 5), '"a" is defined by itself'),
    (".word 1 / (2 - 2)", (1, 9), "division by zero"),
    (".word 1 << 99", (1, 9), "shift by 99"),
    (".byte 256", (1, 7), "0x100 is more than 8 bits"),
    (".byte 1\nnop", (2, 1), "an instruction at 0x80000001, not a multiple of 4; .align 2 before it"),
    (".byte 1\n.word 1", (2, 1), ".word at 0x80000001, not a multiple of 4; .balign 4 before it"),
    (".word 1,", (1, 9), "the line ends too early"),
    (".word (1", (1, 9), "the line ends too early"),
    (".word 1 2", (1, 9), '"2" is not expected here'),
    (".word 010", (1, 7), "010 would be octal elsewhere; write 0x, or no leading zero"),
    (".ascii 5", (1, 8), ".ascii takes a string here"),
    ('.ascii "\\q"', (1, 9), "unknown escape \\q"),
    ('.ascii "abc', (1, 8), "'\"' begins nothing that an assembler knows"),
    ("nop @", (1, 5), "'@' begins nothing that an assembler knows"),
    ("lw $t0, 0(5)", (1, 11), 'a register is expected here, not "5"'),
    (".space -1", (1, 8), "a space of -1 bytes"),
    (".space end\nend:", (1, 8), 'the address of "end" depends on this'),
    (".align 40", (1, 8), "no alignment: 40"),
    (".balign 12", (1, 9), "no alignment: 12"),
    (".org 0x1_0000", (1, 6), "'0' begins nothing that an assembler knows"),
    (".org 0x100000001", (1, 1), "the address becomes 0x100000001, more than 32 bits"),
    (
        "nop\nnop\n.org 0x80000004\nnop",
        (3, 1),
        "bytes from 0x80000004 on overlap those from test.s:1, which end at 0x80000008",
    ),
    (".set reorder", (1, 6), '".set reorder" is not offered; delay slots are written out, and $at is yours'),
    (".globl missing", (1, 8), '"missing" is not defined'),
    (".globl 5", (1, 8), ".globl takes names"),
    (".globl", (1, 1), ".globl does not take these arguments"),
    (".macro m\nnop", (1, 1), ".macro has no .endm"),
    (".endm", (1, 1), ".endm without .macro"),
    (".macro m a\n.endm\nm", (3, 1), 'no argument for parameter "a"'),
    (".macro m a\n.endm\nm 1, 2", (3, 3), "2 arguments for 1 parameters"),
    ("rol $t0, $t1", (1, 1), "rol takes rd, rs, rt or rd, rs, amount"),
    ("ulw $t0, 4($8)", (1, 12), "ulw needs its base after its first load: take another register"),
    ("bltu $1, $t0, x\nx:", (1, 6), "bltu uses $at itself: take another register"),
    ("li $t0", (1, 1), "li takes rt, value"),
    (".section .init", (1, 10), "the sections are .text, .rodata, .data, .bss"),
    (".section", (1, 1), ".section does not take these arguments"),
    (".bss\nx: .word 0, 1", (2, 4), ".bss holds zeros only"),
    (".bss\nnop", (2, 1), ".bss holds zeros only"),
    (".rept 3\nnop", (1, 1), ".rept has no .endr"),
    ("x: .rept later\n.endr\nlater = 3", (1, 10), "this is not known yet: only constants of the lines before it are"),
    (".rept -1\n.endr", (1, 7), "to be repeated -1 times"),
    (".rept 100000\nnop\nnop\nnop\n.endr", (3, 1), "macros and repetitions make more than 200000 lines"),
    (".irp\n.endr", (1, 5), ".irp takes a name and what it stands for, one after another"),
    (".if 1\nnop", (1, 1), ".if has no .endif"),
    (".if 1\n.rept 2\n.endif\n.endr", (3, 1), ".endif before the .endr of .rept"),
    (".if x\n.endif\nx:", (1, 5), "this is not known yet: only constants of the lines before it are"),
    (".if\n.endif", (1, 4), "the line ends too early"),
    (".if 1 2\n.endif", (1, 7), '"2" is not expected here'),
    (".ifdef 1\n.endif", (1, 8), ".ifdef takes a name"),
    ("  .else", (1, 3), ".else without .if"),
    (".endr", (1, 1), ".endr without .rept"),
    (".if 0\n.else\n.else\n.endif", (3, 1), ".else after .else"),
    (".if 0\n.else\n.elseif 1\n.endif", (3, 1), ".elseif after .else"),
    (".word " + "(" * 40 + "1" + ")" * 40, (1, 39), "brackets and signs nested over 32 deep"),
    (".word " + "-" * 40 + "1", (1, 39), "brackets and signs nested over 32 deep"),
    (".word " + "9" * 5000, (1, 7), "a number of 5000 digits"),
    ("a = 1 << 63\n.word a * a * a", (2, 13), "a value of more than 128 bits"),
    (".rept 5\n.space 1 << 24\n.endr", (2, 1), "the source becomes more than 67108864 bytes"),
    (".macro m\nm\n.endm\nm", (2, 1), "macros and blocks nested over 32 deep"),
]


@pytest.mark.parametrize(("source", "place", "reason"), MISTAKES, ids=[source for source, _, _ in MISTAKES])
def test_a_mistake_is_refused_at_its_place(source: str, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(AssemblyError) as refusal:
        assemble(source, "test.s", 0x80000000, {"OUTSIDE": 1})

    error = refusal.value
    assert "; ".join(part for part in (error.reason, error.help) if part) == reason
    assert (error.line.number, error.column + 1) == place


def test_the_message_shows_the_line_and_points_at_the_place() -> None:
    with pytest.raises(AssemblyError) as refusal:
        assemble("nop\n\taddiu $t0, $t1, $t2\n", "kernel.s", 0)

    assert str(refusal.value) == (
        "kernel.s:2:18: addiu takes an expression here\n  \taddiu $t0, $t1, $t2\n  \t                ^"
    )


def test_the_message_says_what_would_help() -> None:
    with pytest.raises(AssemblyError) as refusal:
        assemble(" addd $t0, $t1, $t2\n", "kernel.s", 0)

    assert str(refusal.value) == (
        'kernel.s:1:2: unknown instruction "addd"\n   addd $t0, $t1, $t2\n   ^\nhelp: did you mean "add"?'
    )


def test_a_mistake_in_a_macro_names_its_use() -> None:
    with pytest.raises(AssemblyError) as refusal:
        assemble(".macro m a\nlw \\a, 0($t9)\n.endm\nnop\nm 5\n", "kernel.s", 0)

    assert str(refusal.value) == (
        "kernel.s:2:4: lw takes a register here\n  lw 5, 0($t9)\n     ^\n  in a macro used at kernel.s:5"
    )


def test_constants_that_double_again_and_again_take_no_time() -> None:
    """Each is worked out once; then they are too large."""
    doubling = "".join(f"x{n + 1} = x{n} + x{n}\n" for n in range(60))
    assert assemble(f"x0 = 1\n{doubling}.word x31 & 0xffffffff\n", "test.s", 0).symbols["x60"] == 1 << 60
    squares = "".join(f"x{n + 1} = x{n} * x{n}\n" for n in range(60))
    with pytest.raises(AssemblyError, match="more than 128 bits"):
        assemble(f"x0 = 3\n{squares}", "test.s", 0)


def test_long_chains_are_worked_out_or_refused() -> None:
    """A sum of many terms, and constants that each need the next, take no stack of ours."""
    assert assemble(f".word {'+'.join(['1'] * 20_000)}\n", "test.s", 0).segments[0].data == (20_000).to_bytes(
        4, "little"
    )
    chain = "".join(f"x{n} = x{n + 1}\n" for n in range(5000)) + "x5000 = 7\n"
    with pytest.raises(AssemblyError, match="is needed by 64 others"):
        assemble(f"{chain}.word x0\n", "test.s", 0)


def test_macros_that_double_again_and_again_are_refused() -> None:
    source = ".macro m0\nnop\n.endm\n" + "".join(f".macro m{n + 1}\nm{n}\nm{n}\n.endm\n" for n in range(30))
    with pytest.raises(AssemblyError, match="more than 200000 lines"):
        assemble(f"{source}m30\n", "test.s", 0)


PIECES = [*"ab01 \t\n$%.,:=()'\"\\#+-*/<>|&^~@", "nop", ".word", "li", "$t0", ".macro ", ".endm", "é"]
PIECES += [
    ".if ",
    ".else",
    ".endif",
    ".rept 2",
    ".endr",
    ".irp a, ",
    "\n",
    "rol ",
    "ulw ",
    ".space ",
    "a = ",
    ".bss",
    "1b",
    ".",
]


LINES = [piece for mistake, _, _ in MISTAKES if len(mistake) < 200 for piece in mistake.split("\n")]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.lists(st.sampled_from(LINES)).map("\n".join) | st.text())
def test_any_text_is_assembled_or_refused_at_a_place_in_a_line(source: str) -> None:
    """Nothing but AssemblyError comes out."""
    with suppress(AssemblyError), placed():
        assemble(source, "any.s", 0)


@contextmanager
def placed() -> Iterator[None]:
    try:
        yield
    except AssemblyError as error:
        if not 0 <= error.column <= len(error.line.text):
            raise AssertionError(f"column {error.column} of {error.line.text!r}") from error
        raise
