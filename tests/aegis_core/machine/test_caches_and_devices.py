"""What the caches keep from whom, and how the CPU reaches devices through the write buffer."""

from __future__ import annotations

from functools import partial

import pytest

from dlcode_aegis_core.machine.bus import Bus, Window
from dlcode_aegis_core.machine.events import NEVER, EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.processor import Processor
from dlcode_aegis_core.machine.write_buffer import WriteBuffer
from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.registers import ExceptionCode
from tests.aegis_core.machine.processor import CYCLE_PS, DRAIN, PARAMETERS, READ, UNCACHED_START, Program, values
from tests.aegis_core.machine.test_exceptions import VECTORS

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


def with_counter(body: str, **changes: int) -> tuple[Program, Counter]:
    """Run with $a0 at the device and $a1 at memory, uncached; the cycle count begins at 0 with the body."""
    device = Counter()
    source = f"start: lui $a0, 0xbc00\nlui $a1, 0xa000\nli $t0, 0x9abc\nbody: {body}\n"
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    program = Program(source, devices=[device], changes=changed).warm()
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


def test_a_store_to_memory_that_finds_the_buffer_full_waits_for_a_device_and_lets_it_happen() -> None:
    program, device = with_counter("sw $t0, 0($a0)\n" * 4 + "sw $t0, 0x200($a1)\n")
    assert device.seen == [("store", 0, 4, 0x9ABC, 30)]
    assert program.cpu.cycles == 31


def test_where_reads_pass_writes_a_store_to_a_device_happens_when_the_reads_that_passed_it_are_done() -> None:
    """Two stores would drain at 6 and 36. A read takes from 6 to 18, or a load from the device from 6 to 26."""
    stores = "sw $t0, 0x200($a1)\nsw $t0, 0($a0)\n"
    _, device = with_counter(f"{stores}lw $v0, 0($a1)\n" + "nop\n" * 40, write_buffer__reads_pass=1)
    assert device.seen == [("store", 0, 4, 0x9ABC, 36 + READ)]
    _, device = with_counter(f"{stores}sw $t0, 4($a0)\nlw $v0, 8($a0)\n" + "nop\n" * 99, write_buffer__reads_pass=1)
    assert device.seen == [
        ("load", 8, 4, 0, DRAIN + 20),
        ("store", 0, 4, 0x9ABC, DRAIN + 20 + 30),
        ("store", 4, 4, 0x9ABC, DRAIN + 20 + 60),
    ]


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


# Windows -------------------------------------------------------------------------------------------------------------


def with_window(body: str, *, halves: bool = False) -> tuple[Program, Window]:
    """Run with $a0 at a window of 64 bytes, uncached, and $a1 at the same, cached; the cycle count begins at 0."""
    window = Window(0x1C000000, 64, load_cycles=9, store_cycles=7, halves=halves)
    window.words[1] = 0x12345678
    head = "start: lui $a0, 0xbc00\nlui $a1, 0x9c00\nli $t0, 0x9abcdef0\nbody: "
    program = Program(f"{VECTORS}{head}{body}\n", devices=[window]).warm()
    program.run(until="body")
    program.cpu.cycles = 0
    return program, window


def test_a_window_answers_in_its_time_and_buffers_stores_of_every_width() -> None:
    """Stores begin at 0 to 4 and drain at 7, 14, 21, 28; the fifth waits for the first. Two loads wait for all five."""
    body = "sw $t0, 0($a0)\nsh $t0, 10($a0)\nsb $t0, 12($a0)\nswl $t0, 17($a0)\nswr $t0, 22($a0)\n"
    program, window = with_window(body + "end: lw $v0, 4($a0)\nlbu $v1, 6($a0)\nnop")
    program.run(until="end")
    assert program.cpu.cycles == 7 + 1
    program.run()
    assert values(program, "v0", "v1") == [0x12345678, 0x34]
    assert program.cpu.cycles == 5 * 7 + (9 + 1) + (9 + 1) + 1
    assert list(window.words[:6]) == [0x9ABCDEF0, 0x12345678, 0xDEF0 << 16, 0xF0, 0x9ABC, 0xDEF0 << 16]


def test_a_window_can_be_cached_and_executed_like_any_memory() -> None:
    program, window = with_window("lw $v0, 4($a1)\nnop\nsw $t0, 4($a0)\nlw $v1, 4($a1)\nlw $s0, 4($a0)\nnop")
    program.run()
    assert values(program, "v0", "v1", "s0") == [0x12345678, 0x12345678, 0x9ABCDEF0]

    for register in ("a0", "a1"):
        program, window = with_window(f"la $t0, stop\njr ${register}\nnop")
        for at, octet in enumerate(assemble("jr $t0\naddiu $v0, $zero, 7", "in the window", 0).segments[0].data):
            window.data[at] = octet
        assert program.run()["v0"] == 7


@pytest.mark.parametrize("access", ["lhu $v0, 4($a0)", "sh $t0, 4($a0)"])
def test_a_window_of_halves_takes_halfwords_at_words(access: str) -> None:
    program, window = with_window(access + "\nnop", halves=True)
    program.run()
    assert program["v0"] == (0x5678 if access.startswith("l") else 0)
    assert window.words[1] == (0x12345678 if access.startswith("l") else 0x1234DEF0)


@pytest.mark.parametrize("access", "lw lb lbu lhu+2 lh+2 lwl sw sb sh+2 swl swr".split())
def test_a_window_of_halves_takes_nothing_else(access: str) -> None:
    name, _, offset = access.partition("+")
    program, window = with_window(f"{name} $t0, {4 + int(offset or 0)}($a0)\nnop", halves=True)
    program.run(until="general")
    assert program.cpu.cp0.cause >> 2 & 31 == ExceptionCode.BUS_DATA
    assert (program["t0"], window.words[1]) == (0x9ABCDEF0, 0x12345678)


def test_a_window_is_whole_words() -> None:
    for base, size in ((2, 64), (0x1C000000, 62), (0x1C000000, 0)):
        with pytest.raises(ValueError, match="whole words"):
            Window(base, size, 1, 1)


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
