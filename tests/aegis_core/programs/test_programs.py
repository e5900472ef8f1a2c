"""Programs in user mode: what they are given, what they may do, and how they end."""

from __future__ import annotations

import json
import struct
from io import BytesIO
from typing import Any

import pytest

from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.parameters import UnknownParameter
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.programs import AtBreakpoint, Exit, Fault, Machine, OutOfCycles, ProgramError, Stepped
from dlcode_jit.mips.source import AssemblyError

MODEL = "5000/125"
EXIT = "li $v0, 4001\nsyscall\n"
MOST = 100_000


class Writing:
    """A machine that keeps what its program writes."""

    def __init__(self, source: str, *arguments: str) -> None:
        self.written: list[tuple[int, bytes]] = []
        self.machine = Machine(MODEL, output=lambda descriptor, data: self.written.append((descriptor, data)))
        self.machine.assemble(source, "test.s", ("test", *arguments))

    def run(self) -> Any:
        return self.machine.run(cycles=MOST)


def write(descriptor: int, address: str, size: str) -> str:
    return f"li $a0, {descriptor}\nla $a1, {address}\nli $a2, {size}\nli $v0, 4004\nsyscall\n"


# System calls --------------------------------------------------------------------------------------------------------


def test_a_program_writes_and_exits() -> None:
    writing = Writing(
        write(1, "text", "6")
        + write(2, "text + 1", "2")
        + "move $a0, $v0\n"
        + EXIT
        + '.data\ntext: .ascii "hello\\n"\n'
    )

    assert writing.run() == Exit(2)  # what the second write returned
    assert writing.written == [(1, b"hello\n"), (2, b"el")]
    assert writing.machine.ended == Exit(2) == writing.run()


def test_an_exit_status_is_a_byte() -> None:
    assert Writing("li $a0, 0x1234\n" + EXIT).run() == Exit(0x34)


EFAULT, EBADF, ENOSYS = 14, 9, 89


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (write(1, "0", "1"), EFAULT),
        (write(1, "0x80000000", "4"), EFAULT),
        (write(1, "0x7ffffffc", "8"), EFAULT),
        (write(1, "text", "0xffffffff"), EFAULT),
        (write(1, "text", "0x70000000"), EFAULT),
        (write(1, "0xfffffff0", "0x20"), EFAULT),
        (write(0, "text", "1"), EBADF),
        (write(77, "0", "1"), EBADF),
        ("li $v0, 4003\nsyscall\n", ENOSYS),
        ("li $v0, 0\nsyscall\n", ENOSYS),
        (write(1, "text", "1"), 0),
        (write(1, "text", "0"), 0),
    ],
)
def test_a_call_that_can_not_be_served_returns_linux_s_error(call: str, error: int) -> None:
    """In $v0, with $a3 set; a good one clears it."""
    writing = Writing(f"li $a3, 5\n{call} move $a0, $a3\nmove $s0, $v0\n{EXIT}.data\ntext: .byte 7\n")

    assert writing.run() == Exit(1 if error else 0)
    assert not error or writing.machine.cpu.gpr[16] == error
    assert bool(writing.written) == (not error)


def test_a_write_over_pages_reads_every_one() -> None:
    writing = Writing(write(1, "text", "9000") + EXIT + ".data\ntext: .space 9000, 'x'\n")

    assert writing.run() == Exit(1)
    assert writing.written == [(1, b"x" * 9000)]


def test_what_a_program_has_stored_is_what_it_writes() -> None:
    """The cache writes through, so that memory holds what the program stored."""
    source = f"""
        la      $t0, text
        li      $t1, 'k'
        sb      $t1, 1($t0)
        {write(1, "text", "2")}
        {EXIT}
        .data
text:   .ascii  "o?"
    """
    writing = Writing(source)
    writing.run()

    assert writing.written == [(1, b"ok")]


# The start -----------------------------------------------------------------------------------------------------------


def test_a_program_finds_its_arguments_as_linux_leaves_them() -> None:
    """argc at $sp, pointers, a null, no environment; every other register is zero."""
    machine = Writing("x: nop\n", "two words", "é").machine
    gpr = list(machine.cpu.gpr)
    stack = gpr[29]
    count, *pointers = struct.unpack("<7I", machine.memory(stack, 28))

    assert count == 3
    assert pointers[3:] == [0, 0, 0]
    texts = [machine.memory(pointer, 16).split(b"\0")[0].decode() for pointer in pointers[:3]]
    assert texts == ["test", "two words", "é"]
    assert stack % 16 == 0
    assert [number for number in range(32) if gpr[number]] == [26, 29]  # $k0, which is the monitor's, and $sp


def test_a_program_has_a_megabyte_of_stack_and_no_more() -> None:
    assert Writing("li $t0, -0xF8000\naddu $t0, $sp, $t0\nsw $t0, 0($t0)\nli $a0, 3\n" + EXIT).run() == Exit(3)

    fault = Writing("li $t0, -0x100000\naddu $t0, $sp, $t0\nsw $t0, 0($t0)\n").run()
    assert (fault.signal, fault.address) == ("SIGSEGV", 0x7FEF_7FD0)


def test_source_begins_at_its_start_symbol_wherever_that_is() -> None:
    assert Writing("li $a0, 1\n" + EXIT + "_start: li $a0, 2\n" + EXIT).run() == Exit(2)


# Faults --------------------------------------------------------------------------------------------------------------

FAULTS = [
    # the instruction at fault; signal; what is said of it; its address
    ("lw $t0, 0($zero)", "SIGSEGV", "a load from 0x00000000, where no memory is", 0),
    ("sw $t0, 8($zero)", "SIGSEGV", "a store to 0x00000008, where no memory is", 8),
    ("lw $t0, 2($sp)", "SIGBUS", "a load from 0x7fff7fd2, which is not aligned", 0x7FFF_7FD2),
    ("sh $t0, 1($sp)", "SIGBUS", "a store to 0x7fff7fd1, which is not aligned", 0x7FFF_7FD1),
    ("lw $t0, 0($s0)", "SIGBUS", "a load from 0x80000000, which is the kernel's", 0x8000_0000),
    ("sb $t0, -1($zero)", "SIGBUS", "a store to 0xffffffff, which is the kernel's", 0xFFFF_FFFF),
    ("add $t0, $s1, $s1", "SIGFPE", "an arithmetic overflow", None),
    ("break", "SIGTRAP", "a breakpoint instruction", None),
    ("break 7 << 10", "SIGFPE", "a division by zero", None),
    ("break 7", "SIGFPE", "a division by zero", None),
    ("break 6", "SIGFPE", "an arithmetic overflow", None),
    (".word 0x00000034", "SIGILL", "no instruction of MIPS I", None),
    ("mfc0 $t0, $c0_sr", "SIGILL", "an instruction of coprocessor 0, which a program has not", None),
    ("rfe", "SIGILL", "an instruction of coprocessor 0, which a program has not", None),
    ("lwc1 $f0, 0($sp)", "SIGILL", "an instruction of coprocessor 1, which a program has not", None),
]
SIGNALS = {"SIGILL": 132, "SIGTRAP": 133, "SIGFPE": 136, "SIGBUS": 138, "SIGSEGV": 139}


@pytest.mark.parametrize(("instruction", "signal", "reason", "address"), FAULTS)
@pytest.mark.parametrize("in_slot", [False, True], ids=["", "slot"])
def test_a_fault_says_where_what_and_why(
    instruction: str, signal: str, reason: str, address: int | None, in_slot: bool
) -> None:
    before = "b elsewhere\n" if in_slot else ""
    machine = Writing(f"lui $s0, 0x8000\nlui $s1, 0x7000\nnop\n{before}place: {instruction}\nelsewhere: nop\n").machine
    fault = machine.run(cycles=MOST)

    assert isinstance(fault, Fault)
    assert (fault.signal, fault.reason, fault.address) == (signal, reason, address)
    assert fault.status == SIGNALS[signal]
    assert fault.pc == machine.symbols["place"]
    assert fault.in_slot == in_slot
    assert fault.instruction.split()[0] == instruction.split()[0]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (0, "a jump to 0x00000000, where no memory is"),
        (0x80000080, "a jump to 0x80000080, which is the kernel's"),
        (0xBFC00000, "a jump to 0xbfc00000, which is the kernel's"),
        (0x00400002, "a jump to 0x00400002, which is no multiple of 4"),
        (0x10000000, "a jump to 0x10000000, where no memory is"),
    ],
)
def test_a_jump_to_nowhere_is_a_fault_there(target: int, reason: str) -> None:
    fault = Writing(f"li $t0, {target:#x}\njr $t0\nnop\n").run()

    assert (fault.pc, fault.reason, fault.instruction) == (target, reason, "nothing")


@pytest.mark.parametrize("label", ["refill", "general", "service", "fault", "boot", "boot_tlb"])
@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_program_that_jumps_into_the_monitor_has_a_fault_as_anywhere_else(label: str, engine: Engine) -> None:
    """The host serves who comes there in kernel mode, and nobody else."""
    machine = Machine(MODEL, output=lambda descriptor, data: None, engine=engine)
    machine.assemble("nop\n")
    target = machine._monitor[label]
    for source in ("li $v0, 4001\nli $t0, {}\njr $t0\nnop\n", "_start = {}\nnop\n"):
        machine.assemble(source.format(target))
        machine.count_refills = True
        fault = machine.run(cycles=MOST)
        assert isinstance(fault, Fault)
        assert (fault.pc, fault.reason) == (target, f"a jump to {target:#010x}, which is the kernel's")
        assert machine.statistics.system_calls == 0


def test_a_program_that_jumps_into_its_data_executes_what_is_there() -> None:
    fault = Writing("la $t0, data\njr $t0\nnop\n.data\ndata: .word 0x24020007, 0xffffffff\n").run()

    assert (fault.pc, fault.signal, fault.word) == (0x0040_0014, "SIGILL", 0xFFFF_FFFF)


def test_a_program_that_never_ends_is_stopped_by_its_cycles() -> None:
    machine = Writing("x: b x\nnop\n").machine
    stop = machine.run(cycles=5000)

    assert isinstance(stop, OutOfCycles)
    assert 5000 <= stop.cycles < 5100
    assert machine.ended is None
    assert isinstance(machine.run(cycles=5000), OutOfCycles)


def test_a_program_that_writes_where_the_vectors_are_has_a_fault_and_the_monitor_stays() -> None:
    fault = Writing("lui $t0, 0x8000\nsw $zero, 0x80($t0)\n").run()

    assert (fault.signal, fault.address) == ("SIGBUS", 0x8000_0080)


# Loading -------------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_in_the_machine_is_refused() -> None:
    machine = Machine(MODEL, settings={"memory.bytes": 1 << 23})
    with pytest.raises(ProgramError, match=r"of the machine's memory .* bytes are free"):
        machine.assemble("nop\n.space 3 << 20\n")
    with pytest.raises(ProgramError, match="where a program may lie"):
        machine.assemble(".org 0x80000000\nnop\n")
    with pytest.raises(ProgramError, match="where a program may lie"):
        machine.assemble(".org 0\nnop\n")
    with pytest.raises(ProgramError, match="no instructions"):
        machine.assemble("")
    with pytest.raises(ProgramError, match="not an ELF file"):
        machine.load(b"text")
    with pytest.raises(ProgramError, match="a quarter of the stack"):
        machine.assemble("nop\n", arguments=["x" * 300_000])
    with pytest.raises(AssemblyError):
        machine.assemble("frobnicate\n")
    with pytest.raises(ProgramError, match="needs more than"):
        Machine(MODEL, settings={"memory.bytes": 1 << 22}).assemble("nop\n")


def test_nothing_runs_in_an_empty_machine() -> None:
    machine = Machine(MODEL)
    for do in (machine.run, machine.step, lambda: machine.memory(0x400000, 4)):
        with pytest.raises(ProgramError, match="no program is loaded"):
            do()
    with pytest.raises(UnknownParameter, match="no machine model"):
        Machine("5000/123")


@pytest.mark.parametrize("name", ["5000/125", "dec5000-125", "DEC5000/125"])
def test_a_model_is_called_by_its_table_or_as_its_makers_wrote_it(name: str) -> None:
    assert Machine(name).parameters.model == "dec5000-125"


def test_a_model_that_there_is_not_is_called_what_it_was_called() -> None:
    with pytest.raises(UnknownParameter, match='no machine model "vax"'):
        Machine("vax")


def test_a_machine_is_empty_again_before_it_is_loaded() -> None:
    machine = Machine(MODEL)
    machine.assemble("li $s0, 7\nli $a0, 1\n" + EXIT)
    first = machine.run(), machine.statistics.cycles
    machine.assemble("li $s0, 7\nli $a0, 1\n" + EXIT)

    assert machine.cpu.gpr[16] == 0
    assert (machine.run(), machine.statistics.cycles) == first


# Stepping, breakpoints, statistics, traces ---------------------------------------------------------------------------

CALLS = f"""
__start:
        jal     twice
        li      $a0, 3
        move    $a0, $v0
        {EXIT}
twice:  addiu   $sp, $sp, -24
        sw      $ra, 20($sp)
        jal     once
        nop
        jal     once
        nop
        lw      $ra, 20($sp)
        addiu   $sp, $sp, 24
        jr      $ra
        nop
once:   jr      $ra
        addiu   $v0, $v0, 2
"""


def test_a_run_stops_at_breakpoints_and_goes_on_from_them() -> None:
    machine = Machine(MODEL)
    machine.assemble(CALLS)
    once = machine.symbols["once"]
    machine.breakpoints.add(once)

    stops = [machine.run(cycles=MOST) for _ in range(3)]

    assert stops == [AtBreakpoint(once), AtBreakpoint(once), Exit(4)]


def test_a_run_goes_up_to_a_symbol() -> None:
    machine = Machine(MODEL)
    machine.assemble(CALLS)

    assert machine.run(until="once") == AtBreakpoint(machine.symbols["once"]) == AtBreakpoint(machine.pc)
    assert machine.breakpoints == set()
    with pytest.raises(ProgramError, match='no symbol "twise"'):
        machine.run(until="twise")


def test_single_steps_and_one_run_agree_in_every_cycle() -> None:
    stepped, ran = Machine(MODEL), Machine(MODEL)
    for machine in (stepped, ran):
        machine.assemble(CALLS)
    while isinstance(stop := stepped.step(), Stepped):
        pass

    assert stop == ran.run() == Exit(4)
    assert list(stepped.cpu.gpr) == list(ran.cpu.gpr)
    assert stepped.statistics.cycles == ran.statistics.cycles
    assert stepped.statistics.instructions == ran.statistics.instructions


def test_a_breakpoint_changes_no_cycle() -> None:
    counted, plain = Machine(MODEL), Machine(MODEL)
    counted.count_refills = True
    for machine in (counted, plain):
        machine.assemble(CALLS)
        machine.run()

    assert counted.statistics.refills == 2  # its page, and its stack's
    assert plain.statistics.refills is None
    assert counted.statistics.cycles == plain.statistics.cycles


def test_statistics_count_what_the_program_took() -> None:
    """Once everything is in the caches, a loop takes a cycle for each instruction."""
    loop = "li $t0, {}\nx: bnez $t0, x\naddiu $t0, $t0, -1\nli $a0, 0\n" + EXIT

    def statistics(turns: int) -> Any:
        machine = Machine(MODEL)
        machine.assemble(loop.format(turns))
        machine.run()
        return machine.statistics

    few, many = statistics(10), statistics(1010)
    assert many.instructions - few.instructions == 2000
    assert many.cycles - few.cycles == 2000
    assert many.seconds - few.seconds == pytest.approx(2000 / 25e6)
    assert few.system_calls == 1


def slices(source: str) -> list[tuple[str, int, int]]:
    machine = Machine(MODEL)
    machine.assemble(source)
    stream = BytesIO()
    with machine.tracing(stream):
        machine.run(cycles=MOST)
    trace = json.loads(stream.getvalue())["traceEvents"]
    assert trace[0]["ph"] == "M"
    events = sorted(trace[1:], key=lambda event: (event["ts"], -event["dur"]))
    for event in events:
        assert event["ts"] * 25 == pytest.approx(event["args"]["cycle"])
        assert event["dur"] * 25 == pytest.approx(event["args"]["cycles"])
    return [(event["name"], event["args"]["cycle"], event["args"]["cycles"]) for event in events]


def nested(events: list[tuple[str, int, int]]) -> list[str]:
    """Names, indented by how many slices are around them."""
    lines, ends = [], list[int]()
    for name, start, cycles in events:
        ends = [end for end in ends if end > start]
        assert all(start + cycles <= end for end in ends), "a slice goes on after the one around it"
        lines.append("  " * len(ends) + name)
        ends.append(start + cycles)
    return lines


def test_a_trace_nests_routines_as_they_call() -> None:
    assert nested(slices(CALLS)) == [
        "__start",
        "  refill",
        "  twice",
        "    refill",
        "    once",
        "    once",
        "  general",
    ]


def test_a_trace_tells_calls_of_itself_from_turns_of_a_loop() -> None:
    source = f"""
__start:
        jal     count
        li      $a0, 2
        {EXIT}
count:  bnez    $a0, again                  # a loop to its own first instruction, once with $a0 = 0
        addiu   $a0, $a0, -1
        jr      $ra
        nop
again:  move    $s0, $ra
        jal     inner
        nop
        move    $ra, $s0
        bgtz    $a0, count
        nop
        jr      $ra
        nop
inner:  jr      $ra
        nop
    """
    names = [line.strip() for line in nested(slices(source))]

    assert names.count("count") == 1
    assert names.count("inner") == 2


def test_a_trace_nests_recursion() -> None:
    source = f"""
__start:
        jal     down
        li      $a0, 3
        {EXIT}
down:   addiu   $sp, $sp, -24
        sw      $ra, 20($sp)
        beqz    $a0, up
        nop
        jal     down
        addiu   $a0, $a0, -1
up:     lw      $ra, 20($sp)
        addiu   $sp, $sp, 24
        jr      $ra
        nop
    """
    lines = [line for line in nested(slices(source)) if line.strip() == "down"]

    assert [len(line) - len("down") for line in lines] == [2, 4, 6, 8]
