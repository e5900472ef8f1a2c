"""Watching a program: breakpoints, single steps, the pending load, the trace; and what happens when Python raises."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_jit.mips.registers import GENERAL_NUMBERS
from tests.aegis_core.machine.processor import CYCLE_PS, Program, values

pytestmark = pytest.mark.usefixtures("engine")

LONG = 10_000 * CYCLE_PS

LOOP = """
start:  li      $s0, 3
loop:   addiu   $v0, $v0, 1
        addiu   $s0, $s0, -1
        bnez    $s0, loop
slot:   addiu   $v1, $v1, 1
after:  nop
spin:   b       spin
        nop
"""


def stops(program: Program, count: int) -> list[int | None]:
    """Where so many runs stop."""
    found = []
    for _ in range(count):
        program.cpu.run(LONG)
        found.append(program.cpu.stopped_at)
    return found


def test_a_run_stops_before_each_breakpoint_and_the_next_goes_past_it() -> None:
    program = Program(LOOP)
    at = program.assembly.symbols
    program.cpu.breakpoints = {at["loop"], at["after"]}
    program.cpu.run(LONG)
    assert (program.cpu.pc, program["v0"], program["s0"]) == (at["loop"], 0, 3)
    assert stops(program, 3) == [at["loop"], at["loop"], at["after"]]
    assert values(program, "v0", "v1") == [3, 3]
    program.cpu.run(LONG)
    assert program.cpu.stopped_at is None
    assert program.cpu.now_ps >= LONG


def test_breakpoints_change_no_cycle_even_if_others_share_their_place_in_a_table() -> None:
    plain, watched = Program(LOOP), Program(LOOP)
    at = watched.assembly.symbols
    watched.cpu.breakpoints = {at["slot"], *(at[name] + (1 << 18) for name in ("loop", "after", "spin"))}
    assert stops(watched, 4) == [at["slot"]] * 3 + [None]
    plain.cpu.run(LONG)
    assert (plain.cpu.cycles, plain.cpu.instructions) == (watched.cpu.cycles, watched.cpu.instructions)


def test_a_breakpoint_at_a_branch_to_itself_stops_each_turn() -> None:
    program = Program(LOOP)
    spin = program.assembly.symbols["spin"]
    program.cpu.breakpoints.add(spin)
    assert stops(program, 3) == [spin] * 3
    program.cpu.breakpoints.clear()
    assert stops(program, 1) == [None]


def test_a_run_that_time_ends_at_a_breakpoint_has_not_stopped_at_it() -> None:
    program = Program(LOOP)
    at = program.assembly.symbols
    program.run(until="after")
    now = program.cpu.cycles
    program.cpu.breakpoints = {at["after"]}
    program.cpu.run(now * CYCLE_PS)
    assert program.cpu.stopped_at is None
    program.cpu.run((now + 1) * CYCLE_PS)
    assert program.cpu.stopped_at == at["after"]
    assert program.cpu.cycles == now


def test_a_step_executes_one_instruction_whatever_breakpoints_say() -> None:
    program = Program(LOOP)
    at = program.assembly.symbols
    program.cpu.breakpoints = {at["start"], at["loop"]}
    program.cpu.run(LONG)
    assert program.cpu.stopped_at == at["start"]
    program.cpu.step()
    program.cpu.step()
    assert (program.cpu.pc, program.cpu.instructions, program["v0"]) == (at["loop"] + 4, 2, 1)
    assert program.cpu.stopped_at is None


def test_the_pending_load_shows_between_a_load_and_its_arrival() -> None:
    program = Program("start: la $a0, stop\nload: lw $t0, 0($a0)\nslot: nop\nnop\nlw $zero, 0($a0)\nnop").run("load")
    assert program.cpu.pending_load is None
    program.cpu.step()
    assert program.cpu.pending_load == (GENERAL_NUMBERS["t0"], program.word("stop"))
    assert program["t0"] == 0
    program.cpu.step()
    assert program.cpu.pending_load is None
    assert program["t0"] == program.word("stop")
    program.cpu.step()
    program.cpu.step()
    assert program.cpu.pending_load is None, "a load of $zero brings nothing"


def test_a_trace_tells_of_every_instruction_and_when_it_began() -> None:
    program = Program(LOOP).warm()
    seen: list[tuple[int, int]] = []
    program.cpu.trace = lambda pc, cycle: seen.append((pc, cycle))
    program.cpu.run(20_000 * CYCLE_PS)  # more than are kept before they are told of
    at = program.assembly.symbols
    turn = [at["loop"] + 4 * index for index in range(4)]
    assert [pc for pc, _ in seen[:15]] == [at["start"], *turn * 3, at["after"], at["spin"]]
    assert [cycle for _, cycle in seen] == list(range(20_000))
    program.cpu.trace = None
    program.cpu.run(21_000 * CYCLE_PS)
    assert len(seen) == 20_000


# When Python raises ---------------------------------------------------------------------------------------------------


class Failing:
    """A device that fails when it is touched, as long as `fails`."""

    base, size = 0x1C000000, 16

    def __init__(self) -> None:
        self.fails = True

    def load_cycles(self, offset: int, width: int) -> int:
        return 5

    def store_cycles(self, offset: int, width: int) -> int:
        return 5

    def load(self, offset: int, width: int) -> int:
        if self.fails:
            raise BeyondModel("this device fails")
        return 42

    def store(self, offset: int, width: int, value: int) -> None:
        self.load(offset, width)


def test_what_a_device_raises_comes_out_of_the_run_and_the_load_can_be_done_again() -> None:
    """The instruction has not happened, but for its time; the load before it is still on its way."""
    device = Failing()
    body = "lw $t0, 0($a1)\nhere: lw $t1, 0($a0)\nmove $v0, $t0\nmove $v1, $t1\n"
    program = Program(f"start: lui $a0, 0xbc00\nla $a1, stop\n{body}", devices=[device])
    with pytest.raises(BeyondModel, match="this device fails"):
        program.cpu.run(LONG)
    assert program.cpu.pc == program.assembly.symbols["here"]
    assert program.cpu.pending_load == (GENERAL_NUMBERS["t0"], program.word("stop"))
    device.fails = False
    program.run()
    assert values(program, "v0", "v1") == [program.word("stop"), 42]


@pytest.mark.parametrize("then", ["nop\n" * 20, "lw $t1, 0x40($a1)\n", "sw $t0, 0($a1)\n" * 8, "lw $t1, 4($a0)\n"])
def test_what_a_store_raises_when_it_drains_comes_out_of_the_run(then: str) -> None:
    program = Program(f"start: lui $a0, 0xbc00\nlui $a1, 0xa000\nsw $t0, 0($a0)\n{then}", devices=[Failing()])
    with pytest.raises(BeyondModel, match="this device fails"):
        program.cpu.run(LONG)


def test_what_a_trace_or_an_event_raises_comes_out_of_the_run() -> None:
    program = Program(LOOP)

    def trace(pc: int, cycle: int) -> None:
        raise KeyError("trace")

    program.cpu.trace = trace
    with pytest.raises(KeyError, match="trace"):
        program.cpu.run(LONG)

    program = Program(LOOP)

    def event() -> None:
        raise KeyError("event")

    program.events.schedule(100 * CYCLE_PS, event)
    with pytest.raises(KeyError, match="event"):
        program.cpu.run(LONG)
    program.run(until="spin")
