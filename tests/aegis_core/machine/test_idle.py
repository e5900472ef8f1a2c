"""Turns of loops that wait are left out, and nobody can tell but by the clock of the host."""

from __future__ import annotations

from functools import partial

import pytest

from dlcode_aegis_core.machine.compiled import CompiledCpu, idle
from dlcode_aegis_core.machine.compiled.cells import FAR
from dlcode_aegis_core.machine.limits import BeyondModel
from tests.aegis_core.machine.processor import CYCLE_PS, Program
from tests.aegis_core.machine.random_programs import Run

END = 300_000

# Each waits in a loop that changes nothing, or almost nothing; an event writes memory and raises a line now and then.
WAITING = {
    "a branch to itself": "spin: b spin\nnop",
    "a jump to itself": "spin: j spin\nnop",
    "a poll of a cached word": "spin: lw $t0, 0($a0)\nnop\nbeqz $t0, spin\nnop\naddiu $v0, $v0, 1\nb spin\nnop",
    "a poll of memory itself": "spin: lw $t0, 0($a1)\nnop\nbeqz $t0, spin\nnop\nsw $zero, 0($a1)\nb spin\nnop",
    "a poll from uncached code": "la $t1, spin + 0x20000000\njr $t1\nnop\nspin: lw $t0, 0($a1)\nb spin\nnop",
    "a wait for an interrupt": "li $t0, 0xff01\nmtc0 $t0, $c0_sr\nspin: b spin\nnop",
    "a call in the loop": "spin: jal f\nnop\nb spin\nnop\nf: jr $ra\nnop",
}
BUSY = {
    "counting": "spin: b spin\naddiu $v0, $v0, 1",
    "storing what is there": "spin: b spin\nsw $zero, 0($a0)",
    "storing a byte past the cache": "spin: b spin\nsb $zero, 0($a1)",
    "reading Random": "spin: mfc0 $v0, $c0_random\nb spin\nnop",
    "reading Random for nothing": "spin: mfc0 $zero, $c0_random\nb spin\nnop",
    "waiting for a product": "spin: mult $a0, $a1\nb spin\nmflo $v0",
    "writing the TLB": "spin: tlbwr\nb spin\nnop",
    "changing the address space and back": "spin: mtc0 $zero, $c0_entryhi\nb spin\nnop",
    "evicting a cached word": "lui $t1, 0x8001\nlui $t2, 0x8000\nspin: lw $t0, 0($t2)\nlw $t0, 0($t1)\nb spin\nnop",
    "a long way round": "spin: " + "nop\n" * 80 + "b spin\nnop",
    "taking exceptions": "spin: syscall\nb spin\nnop",
}

HANDLER = """
        .org    0x80000080
        addiu   $s0, $s0, 1
        mfc0    $k0, $c0_cause
        mfc0    $k1, $c0_epc
        andi    $k0, $k0, 0x7c
        beqz    $k0, interrupt
        nop
        addiu   $k1, $k1, 4
        jr      $k1
        rfe
interrupt:
        mtc0    $zero, $c0_sr           # no more of them
        jr      $k1
        nop
        .org    0x80001000
"""


def program(body: str, *, skip: bool = True, engine: str = "compiled") -> Program:
    source = f"{HANDLER}start: la $a0, cell\nlui $a1, 0xa000\nori $a1, $a1, 0x3000\n{body}\n"
    made = Program(source + ".data\ncell: .word 0\n.text", engine="compiled" if engine == "compiled" else "python")
    if isinstance(made.cpu, CompiledCpu):
        made.cpu.skip_idle = skip

    def event(time: int) -> None:
        made.memory.words[0x3000 // 4] = time
        made.cpu.set_line(2, not time % 3)
        made.cpu.stall(time % 7)
        made.events.schedule((time + 49_999) * CYCLE_PS, partial(event, time + 49_999))

    made.events.schedule(20_011 * CYCLE_PS, partial(event, 20_011))
    return made


def state(made: Program) -> list[object]:
    cpu = made.cpu
    registers = [cpu.cycles, cpu.instructions, cpu.pc, cpu.next_pc, list(cpu.gpr)[:32], cpu.hi, cpu.lo, bytes(cpu.cp0)]
    caches = [(cache.tags.tolist(), cache.words.tolist()) for cache in (cpu.instruction_cache, cpu.data_cache)]
    return [*registers, caches, cpu.tlb.pairs.tolist(), bytes(made.memory.data), cpu.write_buffer.last]


@pytest.mark.parametrize("what", [*WAITING, *BUSY])
def test_leaving_turns_out_changes_nothing(what: str) -> None:
    """Nor does it in slices; the oracle, which leaves none out, agrees on the first part."""
    body = (WAITING | BUSY)[what]
    plain, skipping, sliced = (program(body, skip=skip) for skip in (False, True, True))
    plain.cpu.run(END * CYCLE_PS)
    skipping.cpu.run(END * CYCLE_PS)
    for until in range(7001, END, 7001):
        sliced.cpu.run(until * CYCLE_PS)
    sliced.cpu.run(END * CYCLE_PS)
    assert state(skipping) == state(sliced) == state(plain)

    oracle, compiled = program(body, engine="python"), program(body)
    for each in (oracle, compiled):
        each.cpu.run(25_000 * CYCLE_PS)
    assert state(compiled) == state(oracle)


def executed(made: Program, monkeypatch: pytest.MonkeyPatch) -> int:
    """Cycles of a run that code went through, rather than were left out."""
    assert isinstance(made.cpu, CompiledCpu)
    skipped = 0
    turn = idle.Turns._turn

    def counted(turns: idle.Turns, horizon: int) -> int:
        nonlocal skipped
        before = turns._state.instructions
        reason = turn(turns, horizon)
        gone = turns._state.instructions - before
        skipped += gone if gone > idle.LONGEST_TURN else 0
        return reason

    monkeypatch.setattr(idle.Turns, "_turn", counted)
    made.cpu.run(END * CYCLE_PS)
    return made.cpu.instructions - skipped


@pytest.mark.parametrize("what", WAITING)
def test_a_loop_that_waits_is_not_executed_turn_by_turn(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = program(WAITING[what])
    assert executed(waiting, monkeypatch) < waiting.cpu.instructions / 4


@pytest.mark.parametrize("what", BUSY)
def test_a_loop_that_does_something_is_executed_to_the_last_turn(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = program(BUSY[what])
    assert executed(busy, monkeypatch) == busy.cpu.instructions


def test_a_step_past_the_end_of_time_is_refused() -> None:
    made = Program("start: b start\nnop", engine="compiled")
    made.cpu.run(1 << 200)
    assert made.cpu.cycles == FAR
    with pytest.raises(BeyondModel, match="end"):
        made.cpu.step()


def test_a_trace_has_every_turn() -> None:
    made = program(WAITING["a branch to itself"])
    seen: list[int] = []
    made.cpu.trace = lambda pc, cycle: seen.append(pc)
    made.cpu.run(15_000 * CYCLE_PS)
    assert len(seen) == made.cpu.instructions > 14_000


@pytest.mark.parametrize("seed", range(15))
def test_looking_for_waits_in_random_programs_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "FIRST_LOOK", 16)
    oracle, compiled = Run(seed, "python"), Run(seed, "compiled")
    assert oracle.run(2500) == compiled.run(2500)
    assert oracle.everything() == compiled.everything()
