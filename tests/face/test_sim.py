"""`dlcode sim`: programs run and stepped, machines shown, settings taken. Programs are made by GNU as and ld."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dlcode.command_line import main
from dlcode.commands.sim.experiments import EXPERIMENTS, Experiment
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import Parameters, models
from tests.jit.mips.binutils import run as binutils

HELLO = """
        .set    noreorder
        .globl  __start
__start:
        lw      $s0, 0($sp)                     # argc
        li      $a0, 1
        lui     $a1, %hi(text)
        addiu   $a1, $a1, %lo(text)
        li      $a2, 6
        li      $v0, 4004
        syscall
        li      $a0, 2
        li      $a2, 2
        li      $v0, 4004
        syscall
        .globl  finish
finish: move    $a0, $s0
        li      $v0, 4001
        syscall
        .data
text:   .ascii  "hello\\n"
"""
FAULTY = ".set noreorder\n.globl __start\n__start: nop\nbad: lw $t0, 1($sp)\n"
ENDLESS = ".set noreorder\n.globl __start\n__start: b __start\nnop\n"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("programs")
    made = {}
    for name, source in (("hello", HELLO), ("faulty", FAULTY), ("endless", ENDLESS)):
        (folder / f"{name}.s").write_text(source)
        binutils("as", "-march=r3000", "-mabi=32", "-mfp32", "-o", f"{name}.o", f"{name}.s", folder=folder)
        binutils("ld", "-static", "-G0", "-o", f"{name}.elf", f"{name}.o", folder=folder)
        made[name] = str(folder / f"{name}.elf")
    return made


def dlcode(*words: str, typed: str = "") -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, for its real streams and exit status."""
    command = [sys.executable, "-m", "dlcode", "sim", *words]
    return subprocess.run(command, input=typed.encode(), capture_output=True, check=False)


def test_exec_prints_what_the_program_writes_and_exits_with_its_status(programs: dict[str, str]) -> None:
    done = dlcode("exec", programs["hello"], "one", "two", "--machine", "3100")

    assert (done.stdout, done.stderr, done.returncode) == (b"hello\n", b"he", 3)
    assert dlcode("exec", "--machine", "3100", programs["hello"], "--", "--one").returncode == 2


def test_exec_says_what_it_took_on_standard_error(programs: dict[str, str]) -> None:
    done = dlcode("exec", programs["hello"], "--stats")

    assert done.stdout == b"hello\n"
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "heDECstation 5000/200, 25 MHz"
    assert [line.split(maxsplit=1)[1].split(",")[0] for line in lines[1:4]] == [
        "instructions",
        "cycles",
        "seconds of the machine's time",
    ]
    assert any("TLB refills" in line for line in lines)


def executed(capsys: pytest.CaptureFixture[str], *words: str, status: int = 1) -> dict[str, Any]:
    assert main(["sim", "exec", *words, "--stats", "--format", "json"]) == status
    row: dict[str, Any] = json.loads(capsys.readouterr().out)
    return row


def test_exec_gives_one_object_as_json(capsys: pytest.CaptureFixture[str], programs: dict[str, str]) -> None:
    row = executed(capsys, programs["hello"])

    assert (row["machine"], row["status"], row["stdout"], row["stderr"]) == ("dec5000-200", 1, "hello\n", "he")
    numbers = row["statistics"]
    assert numbers["system_calls"] == 3
    assert numbers["seconds"] == numbers["cycles"] / 25e6
    assert "host_seconds" not in numbers  # the same on every run


def test_exec_runs_on_every_machine_and_takes_settings(
    capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    rows = {name: executed(capsys, programs["hello"], "--machine", name) for name in models()}
    assert {row["stdout"] for row in rows.values()} == {"hello\n"}
    assert {row["machine"] for row in rows.values()} == set(models())

    slow = executed(capsys, programs["hello"], "--set", "memory.read_ns=4000")
    usual = rows["dec5000-200"]
    assert slow["statistics"]["instructions"] == usual["statistics"]["instructions"]
    assert slow["statistics"]["cycles"] > 2 * usual["statistics"]["cycles"]


def test_exec_tells_of_a_fault_and_exits_as_a_shell_does_of_its_signal(
    capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    assert main(["sim", "exec", programs["faulty"]]) == 138
    said = capsys.readouterr().err
    assert "a load from 0x7fff7f" in said
    assert "which is not aligned (SIGBUS)" in said
    assert ", bad: lw $t0, 1($sp)" in said
    fault = executed(capsys, programs["faulty"], status=138)["fault"]
    assert (fault["cause"], fault["place"], fault["in_slot"]) == ("ADDRESS_LOAD", "bad", False)


def test_exec_stops_what_does_not_end(capsys: pytest.CaptureFixture[str], programs: dict[str, str]) -> None:
    assert main(["sim", "exec", programs["endless"], "--cycles", "10000"]) == 2
    said = capsys.readouterr().err
    assert "has not ended after 100" in said
    assert "at __start" in said
    assert "help: --cycles N allows more" in said


def test_exec_writes_a_trace_or_leaves_what_was_there(
    capsys: pytest.CaptureFixture[str], programs: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    assert main(["sim", "exec", programs["hello"], "--trace", str(out)]) == 1
    names = {event["name"] for event in json.loads(out.read_text())["traceEvents"]}
    assert {"__start", "refill", "general"} <= names
    assert main(["sim", "exec", programs["hello"], "--trace", str(tmp_path / "none" / "out.json")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_exec_refuses_what_is_no_program_with_a_reason(
    capsys: pytest.CaptureFixture[str], programs: dict[str, str], tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_text("no program\n")
    for words, reason in (
        ([str(text)], "not an ELF file"),
        ([str(tmp_path / "missing")], "No such file"),
        (["/dev/zero"], "the file has more than 134217728 bytes"),
        ([str(tmp_path)], "directory"),
        ([programs["hello"], "--machine", "5000/201"], 'no machine model "dec5000-201"; did you mean dec5000-200'),
        ([programs["hello"], "--set", "memory.bytes=4096"], "a program needs more than"),
        ([programs["hello"], "--set", "cache.refil_words=1"], "did you mean cache.refill_words"),
        ([programs["hello"], "--set", f"memory.bytes={1 << 40}"], "memory.bytes must be at most"),
        ([programs["hello"], "--set", "memory.read_ns=1e300"], "at most 1000000000 ns"),
        ([programs["hello"], "--cycles", "0"], "above 0"),
        ([programs["hello"], "x" * 400_000], "a quarter of the stack"),
    ):
        assert main(["sim", "exec", *words]) == 2
        said = capsys.readouterr().err
        assert reason in said
        assert "a bug in dlcode" not in said


# Stepping ------------------------------------------------------------------------------------------------------------


def stepped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, commands: str
) -> tuple[int, list[str], str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(commands))
    status = main(["sim", "step", program])
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err


def test_step_shows_instructions_and_the_load_under_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    """The first page is refilled, then the stack's; then `lw` loads argc, which the next instruction does not see."""
    status, lines, _ = stepped(monkeypatch, capsys, programs["hello"], "break __start\nc\ndelete __start\ns 10\ns\nr\n")

    assert status == 0
    assert lines[0].split()[1:] == ["__start", "8fb00000", "lw", "$s0,", "0($sp)"]
    assert any("monitor:refill" in line for line in lines)
    arriving = [line for line in lines if "# $s0 will be 0x1" in line]
    assert len(arriving) == 1
    assert "addiu $a0, $zero, 1" in arriving[0]
    assert any(line.startswith("a load is under way: $s0 will be 0x1") for line in lines) or "$s0 00000001" in str(
        lines
    )


def test_step_shows_registers_the_tlb_memory_and_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    commands = "b finish\ncontinue\nregisters\ntlb\nmemory text 2\nlist __start 2\nb\nc\n\nc\nq\nnothing after this\n"
    status, lines, _ = stepped(monkeypatch, capsys, programs["hello"], commands)

    shown = "\n".join(lines)
    assert status == 0
    assert "breakpoint\n" in shown
    assert "$s0 00000001" in shown
    assert "  c0_sr" not in shown
    assert "  sr 00000002  " in shown  # user mode
    assert "of space 1 -> " in shown
    assert "writable" in shown
    assert "6c6c6568 00000a6f" in shown  # "hello\n"
    assert shown.count("lw $s0, 0($sp)") == 2
    assert lines[-1] == lines[-2] == "the program has ended with status 1"


def test_step_refuses_commands_with_a_reason_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    commands = "frob\nbreak nowhere\nstep x\nstep 0\ndelete 0x400000\nmemory\nmemory 0x1ffffffff\ncontinue\n"
    status, lines, said = stepped(monkeypatch, capsys, programs["hello"], commands)

    assert status == 2
    for reason in (
        'no command "frob": there are step, continue,',
        'the program has no symbol "nowhere"',
        "x is not a number",
        "0 is not from 1 to 1000000",
        "no breakpoint at 0x00400000",
        "an address or a symbol is missing",
        "0x1ffffffff is no address",
        "7 of the commands could not be followed",
    ):
        assert reason in said
    assert lines[-1] == "the program has ended with status 1"


def test_step_takes_any_bytes_for_commands(programs: dict[str, str]) -> None:
    command = [sys.executable, "-m", "dlcode", "sim", "step", programs["hello"]]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, input=b"\xff\xfe\nq\n", env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert b'no command "\\xff\\xfe"' in done.stderr


def test_step_shows_a_fault_and_stops_what_does_not_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], programs: dict[str, str]
) -> None:
    _, lines, _ = stepped(monkeypatch, capsys, programs["faulty"], "c\ns\ns 5\n")
    assert "which is not aligned (SIGBUS)" in lines[-2]
    assert len(lines) == 3  # a step after the end shows nothing

    monkeypatch.setattr(sys, "stdin", io.StringIO("c\n"))
    assert main(["sim", "step", programs["endless"], "--cycles", "1000"]) == 0
    assert "stopped after 1000 cycles" in capsys.readouterr().out


# Machines ------------------------------------------------------------------------------------------------------------


def test_machines_compares_all_and_says_of_one_where_each_number_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "machines"]) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.split() == list(models())
    assert any(row.split()[:2] == ["cpu.clock_hz", "12500000"] for row in rows)

    assert main(["sim", "machines", "5000/200"]) == 0
    shown = capsys.readouterr().out
    assert "DECstation 5000/200 (dec5000-200)" in shown
    assert "cpu.exception_entry_cycles" in shown
    assert "[D] from 0 to 5" in shown
    assert "calibrated" in shown


def test_machines_gives_every_number_as_json_and_takes_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "machines", "--format", "json", "--set", "cpu.clock_hz=0x1000000"]) == 0
    machines = json.loads(capsys.readouterr().out)["machines"]
    assert [machine["name"] for machine in machines] == list(models())
    for machine in machines:
        rows = {row["name"]: row for row in machine["parameters"]}
        assert rows["cpu.clock_hz"]["value"] == 0x1000000
        assert all(row["unit"] and row["source"] and row["confidence"] in "ABCD" for row in rows.values())
        calibrated = [name for name, row in rows.items() if row.get("status") == "calibrated"]
        assert calibrated == ["lance.undocumented_delay_ns"]
    assert main(["sim", "machines", "vax"]) == 2
    assert "no machine model" in capsys.readouterr().err


# Sweeps --------------------------------------------------------------------------------------------------------------


def cost(parameters: Parameters, rounds: int) -> float:
    """An experiment of the test's own: what it says depends on two assumptions, and with one it can not be made."""
    if parameters["write_buffer.depth"] == 1:
        raise BeyondModel("the write buffer is too small")
    return 100.0 * rounds + parameters["cpu.exception_entry_cycles"] - 0.01 * parameters["memory.read_sync_ns"]


def test_sweep_sets_each_assumed_number_to_both_ends_of_its_range(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXPERIMENTS, "roundtrip", Experiment("dec5000-125", cost))
    assert main(["sim", "sweep", "roundtrip", "--rounds", "2", "--format", "json"]) == 0
    swept = json.loads(capsys.readouterr().out)
    assert swept["base"] == pytest.approx(200 + 3 - 0.8)
    table = Parameters.load("dec5000-125")
    ends = [(entry.name, value) for entry in table.entries() for value in entry.range or ()]
    assert [(row["parameter"], row["value"]) for row in swept["rows"]] == ends
    changes = {(row["parameter"], row["value"]): row.get("change", row.get("error")) for row in swept["rows"]}
    assert changes["cpu.exception_entry_cycles", 5] == 2
    assert changes["cpu.exception_entry_cycles", 0] == -3
    assert changes["memory.read_sync_ns", 120] == -0.4
    assert changes["write_buffer.depth", 1] == "the write buffer is too small"
    assert changes["cache.partial_store_cycles", 0] == 0


def test_sweep_shows_the_largest_changes_first_and_keeps_what_was_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXPERIMENTS, "roundtrip", Experiment("dec5000-125", cost))
    assert main(["sim", "sweep", "roundtrip", "--rounds", "1", "--set", "memory.read_sync_ns=40"]) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("roundtrip: 102.60 us with the machine as it is")
    assert rows[0].split() == ["cpu.exception_entry_cycles", "=", "0", "-3.00", "us", "99.60", "us"]
    assert not any("memory.read_sync_ns" in row for row in rows)
    assert main(["sim", "sweep", "roundtrip", "--set", "write_buffer.depth=1"]) == 2
    assert "the write buffer is too small" in capsys.readouterr().err
