"""What the R3000 shows of its pipeline: load delay, delay slots, HI and LO. Values are those of the part.

The expectations are from tests that pcsx-redux and psx-spx record from hardware, which no other emulator at hand meets.
"""

from __future__ import annotations

import pytest

from tests.aegis_core.machine.processor import Program, values

pytestmark = pytest.mark.usefixtures("engine")

DATA = """
        .data
cell:   .word   0x11223344, 0xaabbccdd
"""


def run(body: str, data: str = DATA) -> Program:
    """Run a body with $a0 at `cell` and old values in $t0 and $t1."""
    return Program(f"la $a0, cell\nli $t0, 100\nli $t1, 200\n{body}\n nop\n .globl cell\n{data}\n.text").run()


# Load delay ----------------------------------------------------------------------------------------------------------


def test_the_instruction_after_a_load_reads_the_old_value_and_the_next_the_new() -> None:
    program = run("lw $t0, 0($a0)\nmove $v0, $t0\nmove $v1, $t0")
    assert values(program, "v0", "v1") == [100, 0x11223344]


def test_a_write_in_the_delay_wins_over_the_load() -> None:
    program = run("lw $t0, 0($a0)\naddiu $t0, $zero, 7\nmove $v0, $t0\nmove $v1, $t0")
    assert values(program, "v0", "v1") == [7, 7]


def test_of_two_loads_of_one_register_only_the_second_arrives() -> None:
    program = run("lw $t0, 0($a0)\nlw $t0, 4($a0)\nmove $v0, $t0\nmove $v1, $t0")
    assert values(program, "v0", "v1") == [100, 0xAABBCCDD]


def test_a_load_may_use_the_register_that_it_loads_as_its_base() -> None:
    program = run("move $t0, $a0\nlw $t0, 4($t0)\nnop\nmove $v0, $t0")
    assert program["v0"] == 0xAABBCCDD


def test_a_store_in_the_delay_stores_the_old_value() -> None:
    program = run("lw $t0, 0($a0)\nsw $t0, 4($a0)\nnop")
    assert program.word(program.assembly.symbols["cell"] + 4) == 100


def test_a_load_in_a_delay_slot_arrives_after_the_first_instruction_at_the_target() -> None:
    program = run("b 1f\nlw $t0, 0($a0)\nnop\n1: move $v0, $t0\nmove $v1, $t0")
    assert values(program, "v0", "v1") == [100, 0x11223344]


def test_a_branch_after_a_load_tests_the_old_value() -> None:
    program = run("move $t2, $zero\nlw $t2, 0($a0)\nbeqz $t2, 1f\nmove $v0, $t2\nb stop\nnop\n1: addiu $v1, $zero, 1")
    assert values(program, "v0", "v1") == [0x11223344, 1]


def test_a_load_of_zero_changes_nothing() -> None:
    program = run("lw $zero, 0($a0)\nnop\nmove $v0, $zero\naddiu $zero, $zero, 5\nmove $v1, $zero")
    assert values(program, "v0", "v1", "zero") == [0, 0, 0]


def test_mfc0_is_delayed_like_a_load() -> None:
    program = run("mfc0 $t0, $c0_prid\nmove $v0, $t0\nmove $v1, $t0")
    assert values(program, "v0", "v1") == [100, 0x230]


# lwl and lwr ---------------------------------------------------------------------------------------------------------

# With memory m = 11223344 and rt = aabbccdd: what lwl and lwr leave, and what swl and swr make of m, by address & 3.
MERGED = [
    # lwl         lwr         swl         swr
    (0x44BBCCDD, 0x11223344, 0x112233AA, 0xAABBCCDD),
    (0x3344CCDD, 0xAA112233, 0x1122AABB, 0xBBCCDD44),
    (0x223344DD, 0xAABB1122, 0x11AABBCC, 0xCCDD3344),
    (0x11223344, 0xAABBCC11, 0xAABBCCDD, 0xDD223344),
]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(("column", "name"), list(enumerate(["lwl", "lwr", "swl", "swr"])))
def test_unaligned_accesses_merge_as_in_the_manuals_table(place: int, column: int, name: str) -> None:
    program = run(f"li $t0, 0xaabbccdd\n{name} $t0, {place}($a0)\nnop\nmove $v0, $t0")
    found = program["v0"] if name.startswith("l") else program.word("cell")
    assert found == MERGED[place][column]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "pair", ["lwl $t0, {last}($a0)\nlwr $t0, {first}($a0)", "lwr $t0, {first}($a0)\nlwl $t0, {last}($a0)"]
)
def test_a_pair_reads_the_unaligned_word_with_no_delay_between(place: int, pair: str) -> None:
    program = run(pair.format(first=place, last=place + 3) + "\nmove $v0, $t0\nmove $v1, $t0")
    whole = 0xAABBCCDD11223344
    assert values(program, "v0", "v1") == [100, whole >> 8 * place & 0xFFFFFFFF]


def test_lwl_merges_with_a_load_of_the_same_register_that_is_under_way() -> None:
    program = run("lw $t0, 0($a0)\nlwl $t0, 4($a0)\nnop\nmove $v0, $t0")
    assert program["v0"] == 0xDD223344


# Branches ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("branch", ["b 1f", "j 1f", "bne $t0, $t0, 1f", "bnez $zero, 1f"])
def test_the_delay_slot_runs_whether_or_not_the_branch_is_taken(branch: str) -> None:
    program = run(f"move $v0, $zero\n{branch}\naddiu $v0, $v0, 1\nnop\n1: nop")
    assert program["v0"] == 1


@pytest.mark.parametrize(
    ("call", "taken"),
    [("jal f", True), ("jalr $a1", True), ("bgezal $t0, f", True), ("bltzal $t0, f", False), ("bgezal $t2, f", False)],
)
def test_a_call_links_to_after_its_slot_even_if_not_taken(call: str, taken: bool) -> None:
    body = f"la $a1, f\nli $t2, -1\nmove $v0, $zero\nhere: {call}\nnop\nback: b stop\nnop\nf: addiu $v0, $zero, 1"
    program = run(body)
    assert program["ra"] == program.assembly.symbols["back"]
    assert bool(program["v0"]) == taken


def test_a_linking_branch_tests_the_register_before_it_links() -> None:
    """Undefined by the book, since it could not be restarted; the part tests first."""
    program = run("li $ra, -1\nmove $v0, $zero\nbltzal $ra, 1f\nnop\naddiu $v0, $zero, 9\n1: nop")
    assert program["v0"] == 0


def test_in_the_slot_of_a_taken_branch_a_branch_lets_one_instruction_of_the_first_target_run() -> None:
    """And counts its offset from that instruction: the part's behaviour, undefined by the book."""
    program = run(
        """
        move    $v0, $zero
        b       first
        b       . + 4 + 4 * 4           # four words on: from `first`, not from here
        addiu   $v0, $v0, 1
        addiu   $v0, $v0, 2
        nop
first:  addiu   $v0, $v0, 4             # runs: it is the second branch's slot
        addiu   $v0, $v0, 8
        addiu   $v0, $v0, 16
        addiu   $v0, $v0, 32
        addiu   $v0, $v0, 64            # first + 4 * 4: where the second branch goes
        """
    )
    assert program["v0"] == 4 + 64


@pytest.mark.parametrize(
    ("word", "taken"), [(0x05020002, False), (0x05030002, True), (0x05120002, False), (0x05130002, True)]
)
def test_the_likely_forms_of_mips_ii_act_as_the_plain_ones(word: int, taken: bool) -> None:
    """bltzl, bgezl, bltzall, bgezall of $t0: the part does not look at bit 17. The slot runs, taken or not."""
    program = run(f"move $v0, $zero\n.word {word:#x}\naddiu $v0, $v0, 1\naddiu $v0, $v0, 2\naddiu $v0, $v0, 4")
    assert program["v0"] == (1 + 4 if taken else 1 + 2 + 4)


def test_jumps_stay_in_the_256_mib_of_their_slot() -> None:
    program = Program("start: j 0x80001010\nnop\nnop\nnop\nb stop\nli $v0, 1").run()
    assert program["v0"] == 1


# HI and LO -----------------------------------------------------------------------------------------------------------


def test_products_are_whole_and_signed_or_not() -> None:
    program = run("li $t0, -2\nli $t1, 3\nmult $t0, $t1\nmfhi $v0\nmflo $v1\nmultu $t0, $t1\nmfhi $s0\nmflo $s1")
    assert values(program, "v0", "v1", "s0", "s1") == [ALL, ALL - 5, 2, ALL - 5]
    program = run("li $t0, -1\nmultu $t0, $t0\nmfhi $v0\nmflo $v1")
    assert values(program, "v0", "v1") == [ALL - 1, 1]


def test_hi_and_lo_are_set_each_by_itself() -> None:
    program = run("mult $t0, $t1\nmthi $t1\nmfhi $v0\nmflo $v1")
    assert values(program, "v0", "v1") == [200, 20_000]


def test_a_new_multiplication_abandons_the_one_under_way() -> None:
    program = run("li $s0, 3\nmult $t0, $t1\ndivu $t0, $s0\nmflo $v0\nmfhi $v1")
    assert values(program, "v0", "v1") == [33, 1]


MINIMUM, ALL = 0x80000000, 0xFFFFFFFF


@pytest.mark.parametrize(
    ("name", "dividend", "divisor", "lo", "hi"),
    [
        ("divu", 5, 0, ALL, 5),
        ("divu", 0, 0, ALL, 0),
        ("div", 5, 0, ALL, 5),
        ("div", 0, 0, ALL, 0),
        ("div", -5 & ALL, 0, 1, -5 & ALL),
        ("div", MINIMUM, ALL, MINIMUM, 0),
        ("div", -7 & ALL, 2, -3 & ALL, -1 & ALL),
        ("div", 7, -2 & ALL, -3 & ALL, 1),
    ],
)
def test_division_traps_never_and_rounds_to_zero(name: str, dividend: int, divisor: int, lo: int, hi: int) -> None:
    program = run(f"li $t0, {dividend:#x}\nli $t1, {divisor:#x}\n{name} $t0, $t1\nmflo $v0\nmfhi $v1")
    assert values(program, "v0", "v1") == [lo, hi]
