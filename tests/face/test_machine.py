"""`dlcode.Machine`: a program run, stepped and looked at from Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dlcode
from dlcode.machine import AtBreakpoint, Exit, ProgramError, Stepped
from dlcode_aegis_core.machine.engines import ENGINES

SOURCE = """
start:  la      $t0, words
        li      $t1, 7
        lw      $t1, 0($t0)
        addiu   $t2, $t1, 1                     # sees the 7
        addiu   $t3, $t1, 1
        mult    $t1, $t3
        mflo    $s0
        jal     store
        nop
        li      $v0, 4001
        move    $a0, $s0
        syscall
store:  jr      $ra
        sw      $s0, 4($t0)
        .data
words:  .word   5, 0
"""


@pytest.fixture(params=list(ENGINES))
def machine(request: pytest.FixtureRequest) -> dlcode.Machine:
    machine = dlcode.Machine("5000/200", engine=request.param)
    machine.assemble(SOURCE)
    return machine


def test_a_step_shows_the_load_that_is_under_way(machine: dlcode.Machine) -> None:
    assert machine.run(until=machine.address_of("start") + 12) == AtBreakpoint(machine.address_of("start") + 12)
    assert (machine.pending_load, machine.registers["t1"]) == (None, 7)
    while machine.pending_load is None or machine.pending_load[0] != "t1":
        assert machine.step() == Stepped(1)  # the page of `words` is refilled first
    assert machine.pending_load == ("t1", 5)
    assert machine.registers["t1"] == 7
    machine.step()
    assert (machine.registers["t1"], machine.registers["t2"]) == (5, 8)
    machine.step()
    assert machine.registers["t3"] == 6


def test_registers_and_memory_can_be_looked_at_and_set(machine: dlcode.Machine) -> None:
    machine.breakpoints.add(machine.address_of("store"))
    machine.run()
    assert (machine.registers["s0"], machine.registers["16"], machine.registers["lo"]) == (30, 30, 30)
    machine.registers["s0"] = 0x1_0000_0063
    machine.registers["zero"] = 1
    assert machine.run() == Exit(0x63)
    assert machine.registers["zero"] == 0
    assert machine.memory(machine.address_of("words"), 8) == bytes([5, 0, 0, 0, 0x63, 0, 0, 0])
    with pytest.raises(ProgramError, match='no register "t22"; did you mean "t2"'):
        machine.registers["t22"]


def test_the_program_counter_can_be_set(machine: dlcode.Machine) -> None:
    machine.registers["pc"] = machine.address_of("store")
    machine.registers["ra"] = machine.address_of("start") + 40
    machine.registers["t0"] = machine.address_of("words")
    assert machine.run() == Exit(0)


def test_a_trace_is_a_file_of_slices_in_microseconds(machine: dlcode.Machine, tmp_path: Path) -> None:
    out = tmp_path / "trace.json"
    with machine.trace(out):
        machine.run()
    events = [event for event in json.loads(out.read_text())["traceEvents"] if event["ph"] == "X"]
    assert {event["name"] for event in events} == {"start", "store", "refill", "general"}
    (start,) = [event for event in events if event["name"] == "start"]
    assert start["dur"] == pytest.approx(machine.statistics.seconds * 1e6, abs=0.2)  # less the monitor's end


def test_a_trace_that_is_broken_off_leaves_no_file(machine: dlcode.Machine, tmp_path: Path) -> None:
    with pytest.raises(ProgramError), machine.trace(tmp_path / "trace.json"):
        machine.run(until="nowhere")
    assert list(tmp_path.iterdir()) == []


def test_both_engines_write_the_same_trace(tmp_path: Path) -> None:
    texts = []
    for engine in ENGINES:
        machine = dlcode.Machine("3100", engine=engine)
        machine.assemble(SOURCE)
        with machine.trace(tmp_path / "trace.json"):
            machine.run()
        texts.append((tmp_path / "trace.json").read_bytes())
    assert texts[0] == texts[1]
