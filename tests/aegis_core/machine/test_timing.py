"""Cycles, worked out by hand from the parameters."""

from __future__ import annotations

import pytest

from tests.aegis_core.machine.processor import CYCLE_PS, DRAIN, READ, UNCACHED_START, Program

pytestmark = pytest.mark.usefixtures("engine")

DATA = """
        .data
cell:   .word   1, 2, 3, 4, 5, 6, 7, 8
        .text
"""


def cycles(body: str, *, warm: tuple[str, ...] = (), **changes: int) -> int:
    """Cycles from `from` to `stop`, the instructions cached, and the words at the labels `warm` too."""
    source = f"start: la $a0, cell\nla $a1, 0xa0000000 | cell & 0xffffff\nmeasured: {body}{DATA}"
    program = Program(source, changes={name.replace("__", "."): value for name, value in changes.items()}).warm()
    for label in warm:
        program.cached(label)
    program.run(until="measured")
    before = program.cpu.cycles
    return program.run().cpu.cycles - before


# Caches --------------------------------------------------------------------------------------------------------------


def test_an_instruction_from_the_cache_takes_a_cycle_and_so_do_taken_and_untaken_branches() -> None:
    assert cycles("addu $t0, $t0, $t1\nb 1f\nnop\n1: bnez $zero, 1b\nnop\n") == 5


def test_a_word_that_the_cache_has_not_got_takes_a_read_of_memory_once() -> None:
    assert cycles("lw $t0, cell & 0xffff($zero)\n".replace("cell & 0xffff($zero)", "0($a0)")) == 1 + READ
    assert cycles("lw $t0, 0($a0)\nlw $t0, 0($a0)\nlbu $t0, 3($a0)\n") == 3 + READ
    assert cycles("lw $t0, 0($a0)\nlw $t0, 4($a0)\n") == 2 + 2 * READ
    assert cycles("lw $t0, 0($a0)\n", warm=("cell",)) == 1


def test_a_refill_of_four_words_reads_three_at_a_word_each_80_ns() -> None:
    body = "lw $t0, 0($a0)\nlw $t0, 4($a0)\nlw $t0, 12($a0)\nlw $t0, 16($a0)\n"
    assert cycles(body, cache__refill_words=4) == 4 + 2 * (READ + 3 * 2)


def test_a_cold_program_reads_each_of_its_words_once() -> None:
    program = Program("start: li $t0, 10\n1: addiu $t0, $t0, -1\nbnez $t0, 1b\nnop\n").run()
    assert program.cpu.cycles == 1 + 10 * 3 + 4 * READ


def test_two_words_64_kib_apart_displace_each_other() -> None:
    body = "lui $t1, 1\naddu $t1, $a0, $t1\n" + "lw $t0, 0($a0)\nlw $t0, 0($t1)\n" * 2
    assert cycles(body) == 6 + 4 * READ


def test_an_uncached_program_reads_every_instruction_every_time() -> None:
    program = Program("start: li $t0, 3\n1: addiu $t0, $t0, -1\nbnez $t0, 1b\nnop\n", base=UNCACHED_START).run()
    assert program.cpu.cycles == (1 + 3 * 3) * (1 + READ)


# Write buffer --------------------------------------------------------------------------------------------------------


def test_stores_that_find_room_in_the_write_buffer_take_a_cycle() -> None:
    assert cycles("sw $t0, 0($a0)\n" * 4) == 4


def test_a_store_that_finds_the_buffer_full_waits_for_the_oldest_to_drain() -> None:
    """Stores begin at 0, 1, 2, 3; the first drains at 6, from when on one gets in every 6 cycles."""
    assert cycles("sw $t0, 0($a0)\n" * 5) == DRAIN + 1
    assert cycles("sw $t0, 0($a0)\n" * 6) == 2 * DRAIN + 1
    assert cycles("sw $t0, 0($a0)\n" * 5, write_buffer__depth=2) == 3 * DRAIN + 1


def test_stores_far_enough_apart_never_wait() -> None:
    assert cycles(("sw $t0, 0($a0)\n" + "nop\n" * 5) * 10) == 60


def test_a_read_that_misses_waits_until_the_buffer_has_drained() -> None:
    """Two stores begin at 0 and 1 and have drained at 12; the read takes from there."""
    assert cycles("sw $t0, 0($a0)\nsw $t0, 0($a0)\nlw $t1, 4($a0)\n") == 2 * DRAIN + READ + 1


def test_a_read_that_hits_does_not_wait() -> None:
    assert cycles("sw $t0, 0($a0)\nsw $t0, 4($a0)\nlw $t1, 0($a0)\n") == 3


def test_where_reads_pass_writes_a_read_waits_for_the_store_under_way_and_puts_off_the_others() -> None:
    """Stores begin at 0, 1 and 2, and would drain at 6, 12 and 18. The read takes from 6; they drain at 24 and 30."""
    three = "sw $t0, 0($a0)\n" * 3
    assert cycles(three + "lw $t1, 4($a0)\n", write_buffer__reads_pass=1) == DRAIN + READ + 1
    assert cycles(three + "lw $t1, 4($a0)\n1: bc0f 1b\nnop\n", write_buffer__reads_pass=1) == 31 + 2
    assert cycles(three + "lw $t1, 0($a1)\n" + "sw $t0, 0($a0)\n" * 3, write_buffer__reads_pass=1) == 24 + 1


def test_where_reads_pass_writes_stores_that_have_drained_cost_a_read_nothing() -> None:
    assert cycles("sw $t0, 0($a0)\n" + "nop\n" * 5 + "lw $t1, 4($a0)\n", write_buffer__reads_pass=1) == 6 + READ + 1


def test_a_store_of_a_word_allocates_and_a_store_of_less_does_not() -> None:
    assert cycles("sw $t0, 0($a0)\n" + "nop\n" * 5 + "lw $t1, 0($a0)\n") == 7
    assert cycles("sb $t0, 0($a0)\n" + "nop\n" * 5 + "lw $t1, 0($a0)\n") == 8 + READ


@pytest.mark.parametrize("store", ["sb $t0, 0($a0)", "sh $t0, 0($a0)", "swl $t0, 1($a0)", "swr $t0, 2($a0)"])
def test_a_store_of_less_than_a_word_takes_a_cycle_more(store: str) -> None:
    assert cycles(f"{store}\n") == 2
    assert cycles(f"{store}\n", cache__partial_store_cycles=0) == 1


def test_uncached_loads_read_memory_each_time_and_uncached_stores_are_buffered() -> None:
    assert cycles("lw $t0, 0($a1)\nlhu $t0, 0($a1)\n") == 2 * (1 + READ)
    assert cycles("sb $t0, 0($a1)\nsw $t0, 4($a1)\n") == 2
    assert cycles("sw $t0, 0($a1)\nlw $t0, 0($a1)\n") == DRAIN + READ + 1


def test_the_condition_of_coprocessor_0_is_true_when_the_buffer_is_empty() -> None:
    """A loop of bc0f and nop ends with the first test at or after the time of draining, 6 + 6."""
    assert cycles("sw $t0, 0($a0)\nsw $t0, 0($a0)\n1: bc0f 1b\nnop\n") == 14


# Multiplier ----------------------------------------------------------------------------------------------------------


def test_a_product_is_ready_12_cycles_and_a_quotient_35_after_it_was_begun() -> None:
    assert cycles("mult $t0, $t1\nmflo $t2\n") == 12 + 1
    assert cycles("divu $t0, $t1\nmfhi $t2\n") == 35 + 1
    assert cycles("mult $t0, $t1\n" + "nop\n" * 11 + "mflo $t2\n") == 13
    assert cycles("mult $t0, $t1\n" + "nop\n" * 20 + "mflo $t2\n") == 22
    assert cycles("mult $t0, $t1\nmflo $t2\nmfhi $t3\n") == 14


# Exceptions ----------------------------------------------------------------------------------------------------------


def test_an_exception_takes_its_instructions_cycle_and_the_entry() -> None:
    program = Program("start: syscall\n.org 0x80000080\nvector: nop\n.org 0x80002000\n").warm().run(until="vector")
    assert program.cpu.cycles == 1 + 3


# The clock -----------------------------------------------------------------------------------------------------------


def test_memory_keeps_its_time_when_the_clock_changes() -> None:
    """At 50 MHz a read of 480 ns takes 24 cycles."""
    assert cycles("lw $t0, 0($a0)\n", cpu__clock_hz=50_000_000) == 1 + 2 * READ


def test_time_that_a_device_steals_is_added_and_lets_the_buffer_drain() -> None:
    program = Program(f"start: la $a0, cell\nsw $t0, 0($a0)\nhere: sw $t0, 0($a0)\n{DATA}").warm()
    program.run(until="here")
    program.cpu.stall(100)
    before = program.cpu.cycles
    program.run()
    assert program.cpu.cycles - before == 1
    assert program.cpu.now_ps == program.cpu.cycles * CYCLE_PS


EVERYTHING = """
start:  la      $s0, cell
        lui     $s2, 0xa000
        li      $s1, 300
loop:   lw      $t0, 0($s0)
        andi    $t1, $s1, 31
        sll     $t1, $t1, 2
        addu    $t1, $t1, $s0
        sw      $t0, 32($t1)
        sb      $t0, 33($t1)
        mult    $t0, $s1
        sw      $s1, 36($t1)
        sh      $s1, 40($t1)
        sw      $s1, 44($t1)
        sw      $s1, 48($t1)
        lw      $t2, 0x2000($s2)
        mflo    $t3
        addu    $t4, $t4, $t3
        divu    $t4, $s1
        mfhi    $t5
        addiu   $s1, $s1, -1
        bnez    $s1, loop
        addu    $t6, $t6, $t5
"""


def state(slice_cycles: int | None) -> tuple[int, int, list[int]]:
    """Run with an event each 777 cycles that steals time and flips an interrupt line nobody listens to."""
    program = Program(f"{EVERYTHING}end: b end\nnop\n{DATA}")
    cpu = program.cpu

    def event(time: int) -> None:
        cpu.stall(time % 13)
        cpu.set_line(1, bool(time & 1))
        program.events.schedule((time + 777) * CYCLE_PS, lambda: event(time + 777))

    program.events.schedule(50 * CYCLE_PS, lambda: event(50))
    end = 40_000
    if slice_cycles is None:
        cpu.run(end * CYCLE_PS)
    else:
        for until in range(slice_cycles, end + 1, slice_cycles):
            cpu.run(until * CYCLE_PS)
        cpu.run(end * CYCLE_PS)
    return cpu.cycles, cpu.instructions, [*cpu.gpr, cpu.pc, *program.memory.words[:0x1000]]


@pytest.mark.parametrize("slice_cycles", [1, 100, 250, 10_000])
def test_cycles_do_not_depend_on_how_a_run_is_sliced(slice_cycles: int) -> None:
    assert state(slice_cycles) == state(None)
