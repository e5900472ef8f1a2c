"""Encoder, disassembler and decoder agree with GNU binutils on MIPS-I."""

from __future__ import annotations

import random
import re
from pathlib import Path

from dlcode_jit.mips.decode import decode, encode, is_canonical
from dlcode_jit.mips.disassemble import disassemble
from dlcode_jit.mips.row import FIELDS, Instruction, Operand
from dlcode_jit.mips.rows import ROWS
from tests.jit.mips.binutils import gnu_assemble, gnu_disassemble

CASES = 40
COPROCESSORS = {"cop1", "cop2", "cop3"}
"""The machine has no such coprocessor; binutils knows their operations by other names."""


def random_operands(row: Instruction, random: random.Random) -> tuple[int, ...]:
    """Operands anywhere in their fields, often at a field's ends; branches stay within the first 256 MiB."""

    def value(name: str) -> int:
        values = FIELDS[name].values
        if FIELDS[name].operand is Operand.DISPLACEMENT:
            return random.randrange(0, 1000)
        return random.choice([values[0], values[-1], random.choice(values)])

    operands = tuple(value(name) for name in row.operands)
    return operands if restartable(row, operands) else random_operands(row, random)


def restartable(row: Instruction, operands: tuple[int, ...]) -> bool:
    """Whether the register that gets the link is not read: if it were, an exception in the slot could not restart it.

    GNU as refuses these.
    """
    named = dict(zip(row.operands, operands, strict=True))
    if row.name == "jalr":
        return named["rd"] != named["rs"]
    return row.writes != ("ra",) or named.get("rs") != 31


def random_words() -> list[int]:
    generator = random.Random(1995)
    rows = [row for row in ROWS if row.name not in COPROCESSORS]
    return [encode(row, random_operands(row, generator)) for row in rows for _ in range(CASES)]


def test_gnu_as_makes_the_same_word_of_every_disassembled_instruction(tmp_path: Path) -> None:
    words = random_words()
    source = "\n".join(for_gnu(disassemble(word, 4 * index), 4 * index) for index, word in enumerate(words))

    assembled = gnu_assemble(source, tmp_path)

    assert [int.from_bytes(assembled[at : at + 4], "little") for at in range(0, 4 * len(words), 4)] == words


def for_gnu(text: str, address: int) -> str:
    """What GNU as writes otherwise: coprocessor 0's registers by number, division, break's code in two halves."""
    text = re.sub(r"\$c0_\w+", lambda match: f"${CONTROL[match[0]]}", text)
    if re.match("b(?!reak)", text):  # it takes a branch's bare number for something else than an address
        text = re.sub(r"(0x\w+)$", lambda match: f". + {int(match[0], 16) - address}", text)
    text = re.sub(r"^(divu?) ", r"\1 $zero, ", text)  # without $zero it is a macro that tests the divisor
    return re.sub(r"break (0x\w+)", lambda match: f"break {int(match[1], 16) >> 10}, {int(match[1], 16) & 1023}", text)


CONTROL = {
    "$c0_index": 0,
    "$c0_random": 1,
    "$c0_entrylo": 2,
    "$c0_context": 4,
    "$c0_badvaddr": 8,
    "$c0_entryhi": 10,
    "$c0_sr": 12,
    "$c0_cause": 13,
    "$c0_epc": 14,
    "$c0_prid": 15,
}
"""As in Kane's table of system control registers."""


def test_objdump_prints_every_instruction_as_we_do(tmp_path: Path) -> None:
    words, address = random_words(), 0x80000000
    printed = gnu_disassemble(words, tmp_path, address)

    for index, (word, theirs) in enumerate(zip(words, printed, strict=True)):
        assert plain_objdump(theirs) == plain(disassemble(word, address + 4 * index)), f"{word:#010x}"


def plain(text: str) -> str:
    """Our line, spaced and named as objdump's."""
    if text == "nop":
        return "sll zero,zero,0x0"
    text = text.replace(", ", ",").replace("$", "")
    text = re.sub(r"^jalr ra,", "jalr ", text)
    return re.sub(r"^(lwc1|swc1) ", r"\1 f", text)


def plain_objdump(text: str) -> str:
    text = " ".join(text.split()).replace("$", "")
    match = re.fullmatch(r"break (0x\w+)(?:,(0x\w+))?", text)
    text = re.sub(r"^(divu?) zero,", r"\1 ", text)
    text = re.sub(r"^neg(u?) (\w+),", r"sub\1 \2,zero,", text)  # it prints these two whether aliases are wanted or not
    if match:
        return f"break {int(match[1], 16) << 10 | int(match[2] or '0', 16):#x}"
    return text


def test_objdump_and_we_agree_which_words_are_mips_i(tmp_path: Path) -> None:
    """Over words from everywhere but the coprocessors that the machine has not."""
    generator = random.Random(1988)
    words = [word for word in near_instructions(generator) if word >> 26 not in NOT_COMPARED]
    printed = gnu_disassemble(words, tmp_path)

    differing = {
        theirs.split()[0]
        for word, theirs in zip(words, printed, strict=True)
        if is_canonical(word) == theirs.startswith(".word")
    }

    assert differing <= NOT_ON_THE_R3000.keys()


NOT_ON_THE_R3000 = {
    "c0": "objdump's name for any operation of coprocessor 0; those that exist have names",
    "cfc0": "coprocessor 0 has no second set of registers",
    "ctc0": "likewise",
    "lwc0": "coprocessor 0 can't be loaded from memory",
    "swc0": "likewise",
    "jalx": "goes to MIPS16 code",
}
"""What objdump decodes for mips:3000 all the same."""

NOT_COMPARED = {
    *(0x11, 0x12, 0x13, 0x31, 0x32, 0x33, 0x39, 0x3A, 0x3B),  # coprocessors 1 to 3
}


def near_instructions(generator: random.Random) -> list[int]:
    """Words of every opcode and function, and instructions with one bit changed."""
    every = [opcode << 26 | generator.getrandbits(26) for opcode in range(64) for _ in range(16)]
    functions = [generator.getrandbits(20) << 6 | function for function in range(64) for _ in range(16)]
    plain_functions = [generator.getrandbits(5) << 21 | function for function in range(64)]
    return [
        *every,
        *(word & 0x03FFFFFF for word in functions),
        *plain_functions,
        *(word ^ 1 << generator.randrange(32) for word in random_words()),
    ]


def test_what_the_part_ignores_decodes_as_the_plain_instruction() -> None:
    """MIPS-II's bltzl differs from bltz in a bit that the R3000 does not look at."""
    bltzl = 0x04420003
    decoded = decode(bltzl)

    assert decoded is not None
    assert decoded.row.name == "bltz"
    assert not is_canonical(bltzl)
