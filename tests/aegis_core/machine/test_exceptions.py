"""Exceptions: which vector, and what Cause, EPC, BadVAddr, Context, EntryHi and Status say."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.processor import Engine
from dlcode_jit.mips.registers import Control, ExceptionCode
from tests.aegis_core.machine.processor import CYCLE_PS, PARAMETERS, Program, values

pytestmark = pytest.mark.usefixtures("engine")

VECTORS = """
        .org    0x80000000
refill: nop
        nop
        .org    0x80000080
general: nop
handled: nop
        .org    0x80001000
"""
DELAY_SLOT = 1 << 31
USER = 0x2
"""Status: user mode, no interrupts."""


def take(body: str, vector: str = "general", *, status: int = 0) -> Program:
    """Run to the first instruction of a vector."""
    program = Program(f"{VECTORS}start: {body}\nb stop\nnop\n")
    program.cpu.cp0.status = status
    return program.run(until=vector)


def cause(program: Program) -> tuple[ExceptionCode, bool]:
    """Code, and whether in a delay slot."""
    register = program.cpu.cp0.cause
    return ExceptionCode(register >> 2 & 31), bool(register & DELAY_SLOT)


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ("syscall 5", ExceptionCode.SYSTEM_CALL),
        ("break", ExceptionCode.BREAKPOINT),
        (".word 0x0000000f", ExceptionCode.RESERVED_INSTRUCTION),  # sync
        (".word 0x70000000", ExceptionCode.RESERVED_INSTRUCTION),  # madd
        ("lw $t0, 1($zero)", ExceptionCode.ADDRESS_LOAD),
        ("lhu $t0, 3($zero)", ExceptionCode.ADDRESS_LOAD),
        ("sw $t0, 2($zero)", ExceptionCode.ADDRESS_STORE),
        ("sh $t0, 1($zero)", ExceptionCode.ADDRESS_STORE),
        ("add $t0, $s0, $s0", ExceptionCode.OVERFLOW),
        ("addi $t0, $s0, 1", ExceptionCode.OVERFLOW),
        ("sub $t0, $zero, $s1", ExceptionCode.OVERFLOW),
        ("cop1 0", ExceptionCode.COPROCESSOR_UNUSABLE),
        ("lw $t0, 0($s2)", ExceptionCode.BUS_DATA),
        ("lw $t0, 0($s3)", ExceptionCode.BUS_DATA),
        ("sw $t0, 0($s2)", ExceptionCode.BUS_DATA),
    ],
)
def test_an_instruction_that_traps_leaves_its_code_its_address_and_no_result(
    instruction: str, code: ExceptionCode
) -> None:
    setup = "li $t0, 7\nli $s0, 0x7fffffff\nli $s1, 0x80000000\nli $s2, 0xb0000000\nli $s3, 0x90000000"
    program = take(f"{setup}\nhere: {instruction}")

    assert cause(program) == (code, False)
    assert program.cpu.cp0.epc == program.assembly.symbols["here"]
    assert program["t0"] == 7


def test_an_exception_in_a_delay_slot_reports_the_branch() -> None:
    for branch in ("b stop", "bnez $zero, stop"):  # taken or not
        program = take(f"nop\nhere: {branch}\nsyscall\nnop")
        assert cause(program) == (ExceptionCode.SYSTEM_CALL, True)
        assert program.cpu.cp0.epc == program.assembly.symbols["here"]


def test_after_the_slot_an_exception_reports_the_instruction_itself_again() -> None:
    program = take("b 1f\nnop\n1: here: syscall")
    assert cause(program) == (ExceptionCode.SYSTEM_CALL, False)
    assert program.cpu.cp0.epc == program.assembly.symbols["here"]


def test_a_load_before_an_instruction_that_traps_has_arrived_in_the_handler() -> None:
    program = take("la $a0, stop\nli $t0, 5\nlw $t0, 0($a0)\nsyscall")
    assert program["t0"] == program.word("stop")


def test_a_jump_to_a_misaligned_place_faults_there() -> None:
    program = take("la $a0, stop + 2\njr $a0\nnop")
    assert cause(program) == (ExceptionCode.ADDRESS_LOAD, False)
    bad = program.assembly.symbols["stop"] + 2
    assert (program.cpu.cp0.epc, program.cpu.cp0.bad_address) == (bad, bad)


def test_a_fetch_where_nothing_answers_is_a_bus_error_that_leaves_badvaddr() -> None:
    program = take("lui $a0, 0xb000\njr $a0\nnop")
    assert cause(program) == (ExceptionCode.BUS_FETCH, False)
    assert (program.cpu.cp0.epc, program.cpu.cp0.bad_address) == (0xB0000000, 0)


def test_misaligned_accesses_set_badvaddr_but_neither_context_nor_entryhi() -> None:
    program = take("lw $t0, 0x1235($zero)")
    registers = program.cpu.cp0
    assert (registers.bad_address, registers.context, registers.entry_hi) == (0x1235, 0, 0)


def test_an_exception_pushes_the_status_stack_and_rfe_pops_it() -> None:
    program = take("syscall", status=0x0000FF13)  # bits 010011: old, previous, current
    assert program.cpu.cp0.status == 0x0000FF0C
    program.cpu.cp0.leave()
    assert program.cpu.cp0.status == 0x0000FF03


def test_a_handler_returns_with_rfe_in_the_slot_of_jr() -> None:
    program = Program(
        """
        .org    0x80000080
        mfc0    $k0, $c0_epc
        addiu   $k1, $k1, 1
        addiu   $k0, $k0, 4
        jr      $k0
        rfe
        .org    0x80001000
start:  li      $t0, 1
        mtc0    $t0, $c0_sr
        syscall
        mfc0    $v0, $c0_sr
        nop
        """
    ).run()
    assert values(program, "k1", "v0") == [1, 1]


def test_after_reset_the_processor_is_in_kernel_mode_at_the_boot_rom_without_interrupts(engine: Engine) -> None:
    cpu = ENGINES[engine](PARAMETERS, Bus(Memory(4096), ()), EventQueue())
    assert (cpu.pc, cpu.next_pc, cpu.cp0.status) == (0xBFC00000, 0xBFC00004, 1 << 22)
    assert cpu.read_control(Control.RANDOM) == 63 << 8


def test_with_bev_the_vectors_are_in_the_boot_rom() -> None:
    """There is none here: the first fetch from it faults again."""
    program = Program("start: syscall\nnop", boot_vectors=True)
    program.cpu.step()
    assert program.cpu.pc == 0xBFC00180
    program.cpu.step()
    assert program.cpu.pc == 0xBFC00180
    assert cause(program) == (ExceptionCode.BUS_FETCH, False)


# User mode -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("access", "code"), [("lw", ExceptionCode.ADDRESS_LOAD), ("sw", ExceptionCode.ADDRESS_STORE)])
@pytest.mark.parametrize("address", [0x80000000, 0xA0000000, 0xC0000000])
def test_a_user_may_not_touch_kernel_addresses(access: str, code: ExceptionCode, address: int) -> None:
    program = Program(f"{VECTORS}nop")
    user_page(program, f"{access} $t0, 0($a0)")
    program.cpu.gpr[4] = address
    program.run(until="general")

    assert cause(program) == (code, False)
    assert program.cpu.cp0.bad_address == address


@pytest.mark.parametrize("instruction", ["mfc0 $t0, $c0_epc", "rfe", "tlbwr", "mtc0 $zero, $c0_sr", "bc0f 0x1000"])
def test_a_user_may_not_use_coprocessor_0_unless_status_lets_him(instruction: str) -> None:
    program = Program(f"{VECTORS}nop")
    user_page(program, instruction)
    program.run(until="general")
    assert cause(program) == (ExceptionCode.COPROCESSOR_UNUSABLE, False)
    assert program.cpu.cp0.cause >> 28 & 3 == 0

    program = Program(f"{VECTORS}nop")
    user_page(program, instruction)
    program.cpu.cp0.status |= 1 << 28
    program.cpu.step()
    assert program.cpu.cp0.cause == 0


def test_the_cause_names_the_coprocessor_that_is_unusable() -> None:
    for unit in (1, 2, 3):
        assert take(f"lwc{unit} $4, 0($zero)").cpu.cp0.cause >> 28 & 3 == unit


def user_page(program: Program, instruction: str) -> None:
    """Let the processor execute an instruction at 0x1000 in user mode."""
    user = Program(instruction, base=0x1000)
    program.memory.data[0x1000:0x1008] = user.assembly.segments[0].data[:8]
    program.cpu.tlb.write(63, 0x1000, 0x1000 | 0x300)
    program.cpu.cp0.status = USER
    program.cpu.pc = 0x1000


# Interrupts ----------------------------------------------------------------------------------------------------------

SPIN = f"{VECTORS}start: spin: b spin\naddiu $t0, $t0, 1"


@pytest.mark.parametrize(
    ("status", "taken"), [(0x2001, True), (0x2000, False), (0x1001, False), (0xFF01, True), (0xDF01, False)]
)
def test_an_interrupt_needs_its_line_its_mask_and_the_enable(status: int, taken: bool) -> None:
    program = Program(SPIN)
    program.cpu.cp0.status = status
    program.events.schedule(100 * CYCLE_PS, lambda: program.cpu.set_line(3, True))
    program.cpu.run(200 * CYCLE_PS)

    assert bool(program.cpu.cp0.status & 0x4) == taken  # IEp: what was enabled is no more
    if taken:
        assert cause(program)[0] is ExceptionCode.INTERRUPT


def test_an_interrupt_comes_before_the_next_instruction_and_takes_the_entry_only() -> None:
    program = Program(SPIN).warm()
    program.cpu.cp0.status = 0x2001
    program.events.schedule(100 * CYCLE_PS, lambda: program.cpu.set_line(3, True))
    seen: list[tuple[int, int]] = []
    program.cpu.trace = lambda pc, cycles: seen.append((pc, cycles))
    program.cpu.run(103 * CYCLE_PS)
    program.cpu.step()

    assert program.cpu.cp0.epc == program.assembly.symbols["spin"]
    assert [cycles for _, cycles in seen] == [*range(100), 103]
    assert seen[-1][0] == program.assembly.symbols["general"]


def test_an_interrupt_before_a_delay_slot_reports_the_branch() -> None:
    program = Program(SPIN).warm()
    program.cpu.cp0.status = 0x2001
    program.events.schedule(101 * CYCLE_PS, lambda: program.cpu.set_line(3, True))
    program.cpu.run(104 * CYCLE_PS)

    assert cause(program) == (ExceptionCode.INTERRUPT, True)
    assert program.cpu.cp0.epc == program.assembly.symbols["spin"]
    assert program["t0"] == 50


def test_software_raises_an_interrupt_through_cause_and_sees_the_lines_there() -> None:
    program = Program(f"{VECTORS}start: li $t0, 0x101\nmtc0 $t0, $c0_sr\nli $t0, 0x100\nmtc0 $t0, $c0_cause\nnop\n")
    program.cpu.set_line(5, True)
    program.run(until="handled")
    assert program.cpu.read_control(13) == 0x8100
    assert program.cpu.cp0.epc == program.assembly.symbols["start"] + 16


def test_enabling_interrupts_with_one_pending_takes_it_before_the_next_instruction() -> None:
    program = Program(f"{VECTORS}start: li $t0, 0x2001\nmtc0 $t0, $c0_sr\nhere: li $t1, 1\n")
    program.cpu.set_line(3, True)
    program.run(until="handled")
    assert program.cpu.cp0.epc == program.assembly.symbols["here"]
    assert program["t1"] == 0


# Registers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "written", "read"),
    [
        ("$c0_index", 0xFFFFFFFF, 0x3F00),
        ("$c0_entrylo", 0xFFFFFFFF, 0xFFFFFF00),
        ("$c0_context", 0xFFFFFFFF, 0xFFE00000),
        ("$c0_badvaddr", 0xFFFFFFFF, 0),
        ("$c0_sr", 0xFDFFFFFC & ~0x10000, 0xF046FF3C),
        ("$c0_entryhi", 0xFFFFFFFF, 0xFFFFFFC0),
        ("$c0_cause", 0xFFFFFFFF, 0x300),
        ("$c0_epc", 0xFFFFFFFF, 0),
        ("$c0_prid", 0xFFFFFFFF, 0x230),
        ("$3", 0xFFFFFFFF, 0),
    ],
)
def test_only_the_bits_that_can_be_written_change(register: str, written: int, read: int) -> None:
    program = Program(f"start: li $t0, {written:#x}\nmtc0 $t0, {register}\nmfc0 $v0, {register}\nnop").run()
    assert program["v0"] == read


@pytest.mark.parametrize(("counts_cycles", "steps"), [(1, 12 + 1), (0, 1)])
def test_random_counts_down_from_63_by_cycles_or_instructions_and_never_below_8(counts_cycles: int, steps: int) -> None:
    program = Program("start: nop\nmfc0 $v0, $c0_random\nnop", changes={"tlb.random_counts_cycles": counts_cycles})
    program.cpu.step()
    assert program.cpu.read_control(1) == 63 - steps << 8
    seen = {program.cpu.read_control(1) >> 8 for program.cpu.cycles in range(200) for program.cpu.instructions in [0]}
    assert seen == (set(range(8, 64)) if counts_cycles else {63})


def test_reversed_bytes_in_user_mode_stop_the_simulation_rather_than_be_ignored() -> None:
    program = Program("start: lui $t0, 0x0200\nmtc0 $t0, $c0_sr\nnop")
    with pytest.raises(BeyondModel, match="RE"):
        program.run()


def test_unaligned_stores_to_a_device_stop_the_simulation_rather_than_guess() -> None:
    class Register:
        base, size = 0x1C000000, 4

        def load(self, offset: int, width: int) -> int:
            return 0

        def store(self, offset: int, width: int, value: int) -> None:
            raise AssertionError

        def load_cycles(self, offset: int, width: int) -> int:
            return 1

        def store_cycles(self, offset: int, width: int) -> int:
            return 1

    program = Program("start: lui $a0, 0xbc00\nswl $t0, 1($a0)\n", devices=[Register()])
    with pytest.raises(BeyondModel, match="swl"):
        program.run()
