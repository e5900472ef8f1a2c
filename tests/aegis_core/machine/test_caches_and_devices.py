"""What the caches keep from whom, and how the CPU reaches devices through the write buffer."""

from __future__ import annotations

from functools import partial

import pytest

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.events import NEVER, EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.processor import Processor
from dlcode_aegis_core.machine.write_buffer import WriteBuffer
from tests.aegis_core.machine.processor import CYCLE_PS, DRAIN, PARAMETERS, READ, UNCACHED_START, Program, values

pytestmark = pytest.mark.usefixtures("engine")

DATA = "\n.data\ncell: .word 1, 2, 3, 4\n.text\n"


# Caches --------------------------------------------------------------------------------------------------------------


def test_a_cached_word_hides_what_a_device_writes_and_kseg1_shows_it() -> None:
    program = Program(
        "start: la $a0, cell\nla $a1, cell + 0x20000000\nlw $t0, 0($a0)\n"
        f"here: lw $v0, 0($a0)\nlw $v1, 0($a1)\nnop{DATA}"
    )
    program.run(until="here")
    program.memory.words[(program.assembly.symbols["cell"] & 0xFFFFF) // 4] = 99
    program.run()

    assert values(program, "v0", "v1") == [1, 99]


def test_a_store_goes_to_memory_and_to_the_cache() -> None:
    program = Program(
        f"start: la $a0, cell\nlw $t0, 0($a0)\nli $t1, 0x55\nsb $t1, 1($a0)\nlw $v0, 0($a0)\nnop{DATA}"
    ).run()
    assert program["v0"] == program.word("cell") == 0x5501


def test_code_that_is_stored_over_runs_as_it_was_until_the_instruction_cache_forgets_it() -> None:
    source = """
start:  la      $a0, patched
        lw      $t0, new
        li      $s0, 2
loop:
patched: addiu  $v0, $v0, 1
        sw      $t0, 0($a0)
        addiu   $s0, $s0, -1
        bnez    $s0, loop
        nop
    """.replace("lw      $t0, new", "la $t0, new\nlw $t0, 0($t0)")
    program = Program(source + ".data\nnew: addiu $v0, $v0, 100\n.text").run()

    assert program["v0"] == 2
    assert program.word("patched") == program.word("new")


ISOLATE, SWAP = 1 << 16, 1 << 17


def test_with_the_cache_isolated_stores_stay_out_of_memory_and_a_byte_invalidates() -> None:
    program = Program(
        f"""
start:  la      $a0, cell
        lw      $t0, 0($a0)             # cached: 1
        li      $t1, {ISOLATE:#x}
        li      $t2, 77
        mtc0    $t1, $c0_sr
        nop
        sw      $t2, 0($a0)
        lw      $v0, 0($a0)             # 77, from the cache
        sb      $zero, 4($a0)
        mtc0    $zero, $c0_sr
        nop
        lw      $v1, 0($a0)             # 77 still: the entry is valid
        nop
        {DATA}"""
    ).run()
    assert values(program, "v0", "v1") == [77, 77]
    assert program.word("cell") == 1


def test_a_kernel_flushes_a_word_from_each_cache_with_an_isolated_byte_store() -> None:
    """From kseg1, as it must: while the caches are swapped, instructions would come from the other."""
    program = Program(
        f"""
start:  la      $a0, cell
        lw      $t0, 0($a0)
        li      $t1, {ISOLATE:#x}
        li      $t2, {ISOLATE | SWAP:#x}
        mtc0    $t1, $c0_sr
        nop
        sb      $zero, 0($a0)           # the data cache's entry
        mtc0    $t2, $c0_sr
        nop
        sb      $zero, 0($a0)           # the instruction cache's
        mtc0    $zero, $c0_sr
        nop
        {DATA}""",
        base=UNCACHED_START,
    )
    cell = (program.assembly.symbols["cell"] & 0x1FFFFFFF) >> 2
    program.cpu.instruction_cache.fill(cell, 0)
    program.cpu.data_cache.fill(cell, 0)
    program.run()

    for cache in (program.cpu.instruction_cache, program.cpu.data_cache):
        assert cache.tags[cell & cache.mask] != cell


# Devices -------------------------------------------------------------------------------------------------------------


class Counter:
    """A device that remembers when it was touched. A load takes 20 cycles, a store keeps the buffer for 30."""

    base, size = 0x1C000000, 16

    def __init__(self) -> None:
        self.cpu: Processor | None = None
        self.seen: list[tuple[str, int, int, int, int]] = []

    def load_cycles(self, offset: int, width: int) -> int:
        return 20

    def store_cycles(self, offset: int, width: int) -> int:
        return 30

    def load(self, offset: int, width: int) -> int:
        assert self.cpu is not None
        self.seen.append(("load", offset, width, 0, self.cpu.cycles))
        return 0x12345678

    def store(self, offset: int, width: int, value: int) -> None:
        assert self.cpu is not None
        self.seen.append(("store", offset, width, value, self.cpu.cycles))


def with_counter(body: str) -> tuple[Program, Counter]:
    """Run with $a0 at the device; the cycle count begins at 0 with the body."""
    device = Counter()
    program = Program(f"start: lui $a0, 0xbc00\nli $t0, 0x9abc\nbody: {body}\n", devices=[device]).warm()
    device.cpu = program.cpu
    program.run(until="body")
    program.cpu.cycles = 0
    program.run()
    return program, device


def test_a_load_from_a_device_happens_at_its_end_and_is_as_wide_as_the_instruction() -> None:
    program, device = with_counter("lw $v0, 4($a0)\nlhu $v1, 8($a0)\nlbu $s0, 0($a0)\nnop")
    assert values(program, "v0", "v1", "s0") == [0x12345678, 0x5678, 0x78]
    assert device.seen == [("load", 4, 4, 0, 20), ("load", 8, 2, 0, 41), ("load", 0, 1, 0, 62)]
    assert program.cpu.cycles == 3 * 21 + 1


def test_a_store_to_a_device_is_buffered_and_takes_effect_when_it_drains() -> None:
    """At the first boundary between instructions from then on."""
    program, device = with_counter("sw $t0, 4($a0)\nsb $t0, 1($a0)\n" + "nop\n" * 70)
    assert device.seen == [("store", 4, 4, 0x9ABC, 30), ("store", 1, 1, 0xBC, 60)]
    assert program.cpu.cycles == 72


def test_a_load_waits_until_the_stores_before_it_have_taken_effect_in_order() -> None:
    _, device = with_counter("sh $t0, 2($a0)\nsw $t0, 4($a0)\nlw $v0, 4($a0)\nnop")
    assert device.seen == [("store", 2, 2, 0x9ABC, 30), ("store", 4, 4, 0x9ABC, 60), ("load", 4, 4, 0, 80)]


def test_a_full_buffer_makes_a_store_wait_for_a_device() -> None:
    program, device = with_counter("sw $t0, 0($a0)\n" * 5)
    assert program.cpu.cycles == 31
    assert len(device.seen) == 1


def test_stores_to_memory_wait_behind_stores_to_a_device() -> None:
    """Posted at 0 and 2, drained at 30 and 36; then the read."""
    program, _ = with_counter("sw $t0, 0($a0)\nlui $a1, 0x8000\nsw $t0, 0x200($a1)\nlui $a2, 0xa000\nlw $v0, 0($a2)")
    assert program.cpu.cycles == 30 + DRAIN + READ + 1


def test_events_and_stores_to_devices_happen_in_the_order_of_their_times() -> None:
    device = Counter()
    program = Program("start: lui $a0, 0xbc00\nsw $t0, 0($a0)\n" + "nop\n" * 60, devices=[device]).warm()
    device.cpu = program.cpu
    order: list[str] = []
    for cycle in (30, 31, 32):
        program.events.schedule(cycle * CYCLE_PS, partial(lambda at: order.append(f"{at} {len(device.seen)}"), cycle))
    program.run()
    assert order == ["30 0", "31 0", "32 1"]
    assert device.seen[0][-1] == 31


# Parts ---------------------------------------------------------------------------------------------------------------


def test_events_of_one_time_run_in_the_order_in_which_they_were_scheduled() -> None:
    queue = EventQueue()
    order: list[str] = []
    assert queue.next_time_ps == NEVER
    for name, time in (("b", 20), ("c", 20), ("a", 10), ("d", 30)):
        queue.schedule(time, partial(order.append, name))
    queue.schedule(10, lambda: queue.schedule(15, lambda: order.append("from a")))

    queue.run_due(20)

    assert order == ["a", "from a", "b", "c"]
    assert queue.next_time_ps == 30


def test_devices_and_memory_must_not_overlap() -> None:
    device = Counter()
    Bus(Memory(4096), [device])
    with pytest.raises(ValueError, match="overlaps"):
        Bus(Memory(4096), [device, Counter()])


def test_memory_is_whole_pages() -> None:
    with pytest.raises(ValueError, match="4096-byte pages"):
        Memory(1000)


def test_a_write_buffer_drains_one_entry_after_another() -> None:
    buffer = WriteBuffer(2)
    buffer.post(10, DRAIN)
    buffer.post(11, DRAIN)
    assert (buffer.first, buffer.last, buffer.full) == (16, 22, True)
    buffer.retire(16)
    assert (buffer.first, buffer.full) == (22, False)
    buffer.retire(22)
    buffer.post(40, DRAIN)
    assert (buffer.first, buffer.last) == (46, 46)


def test_the_helpers_constants_are_those_of_the_model() -> None:
    hertz = PARAMETERS.integer("cpu.clock_hz")
    assert CYCLE_PS * hertz == 10**12
    read = PARAMETERS["memory.read_ns"] + PARAMETERS["memory.read_sync_ns"]
    assert (READ * CYCLE_PS, DRAIN * CYCLE_PS) == (read * 1000, PARAMETERS["write_buffer.drain_ns"] * 1000)
