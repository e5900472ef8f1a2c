"""The TLB: what matches, what faults, and what the instructions do to it."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.tlb import DIRTY, GLOBAL, UNCACHED, VALID
from dlcode_jit.mips.registers import ExceptionCode
from tests.aegis_core.machine.processor import READ, Program, values
from tests.aegis_core.machine.test_exceptions import VECTORS, cause

pytestmark = pytest.mark.usefixtures("engine")

ASID = 5 << 6
FRAME = 0x00003000


def access(instruction: str, *, page: int = 0x00404000, low: int | None = None, asid: int = ASID) -> Program:
    """Execute `instruction`, whose $a0 is 0x123 above a page's start; `low` is the entry that maps the page, if any."""
    program = Program(f"{VECTORS}start: {instruction}\nnop\nb stop\nnop\n")
    program.cpu.gpr[4] = page + 0x124
    program.cpu.cp0.entry_hi = asid
    program.cpu.cp0.context = 0x80200000
    program.memory.words[(FRAME + 0x124) // 4] = 0x600D
    if low is not None:
        program.cpu.tlb.write(9, page | ASID, low)
    return program


MAPPED = FRAME | DIRTY | VALID


def test_a_mapped_page_leads_to_its_frame() -> None:
    assert access("lw $v0, 0($a0)", low=MAPPED).run()["v0"] == 0x600D
    assert access("lw $v0, 0($a0)", low=MAPPED, page=0xC0404000).run()["v0"] == 0x600D
    stored = access("sw $a0, 0($a0)", low=MAPPED).run()
    assert stored.word(FRAME + 0x124) == 0x00404124


def test_a_page_marked_n_is_not_cached() -> None:
    def cycles(low: int) -> int:
        program = access("lw $v0, 0($a0)\nlw $v0, 0($a0)\nlw $v0, 0($a0)", low=low).warm().run()
        return program.cpu.cycles

    assert cycles(MAPPED | UNCACHED) - cycles(MAPPED) == 2 * READ


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ("lw $v0, 0($a0)", ExceptionCode.TLB_LOAD),
        ("lwl $v0, 1($a0)", ExceptionCode.TLB_LOAD),
        ("sw $v0, 0($a0)", ExceptionCode.TLB_STORE),
        ("jr $a0", ExceptionCode.TLB_LOAD),
    ],
)
@pytest.mark.parametrize(
    ("page", "low", "vector"),
    [
        (0x00404000, None, "refill"),  # no entry for a user address: the fast vector
        (0xC0404000, None, "general"),  # no entry for a kernel address
        (0x00404000, FRAME | DIRTY, "general"),  # an entry that is not valid
        (0xC0404000, FRAME | DIRTY, "general"),
    ],
)
def test_a_missing_translation_sets_badvaddr_context_and_entryhi(
    instruction: str, code: ExceptionCode, page: int, low: int | None, vector: str
) -> None:
    program = access(instruction, page=page, low=low).run(until=vector)
    registers = program.cpu.cp0

    assert cause(program) == (code, False)
    assert registers.bad_address & ~3 == page + 0x124
    assert registers.entry_hi == page | ASID
    assert registers.context == 0x80200000 | (page >> 10 & 0x1FFFFC)
    assert registers.epc == (page + 0x124 if instruction == "jr $a0" else program.assembly.symbols["start"])


def test_a_store_to_a_clean_page_is_a_modification_and_a_load_is_not() -> None:
    program = access("sw $v0, 0($a0)", low=FRAME | VALID).run(until="general")
    assert cause(program) == (ExceptionCode.TLB_MODIFIED, False)
    assert program.cpu.cp0.entry_hi == 0x00404000 | ASID
    assert access("lw $v0, 0($a0)", low=FRAME | VALID).run()["v0"] == 0x600D


def test_an_entry_of_another_address_space_does_not_match_unless_it_is_global() -> None:
    program = access("lw $v0, 0($a0)", low=MAPPED, asid=6 << 6).run(until="refill")
    assert cause(program) == (ExceptionCode.TLB_LOAD, False)
    assert access("lw $v0, 0($a0)", low=MAPPED | GLOBAL, asid=6 << 6).run()["v0"] == 0x600D


def test_a_store_after_a_load_of_the_same_page_is_still_checked() -> None:
    program = access("lw $v0, 0($a0)\nsw $v0, 0($a0)", low=FRAME | VALID).run(until="general")
    assert cause(program) == (ExceptionCode.TLB_MODIFIED, False)


def test_changing_the_address_space_changes_what_an_address_means_at_once() -> None:
    program = access(f"lw $v0, 0($a0)\nli $t0, {6 << 6}\nmtc0 $t0, $c0_entryhi\nlw $v1, 0($a0)", low=MAPPED)
    program.cpu.tlb.write(10, 0x00404000 | 6 << 6, 0x5000 | VALID)
    program.memory.words[0x5124 // 4] = 0xBEEF
    assert values(program.run(), "v0", "v1") == [0x600D, 0xBEEF]


def test_tlbwi_tlbr_tlbp_and_tlbwr() -> None:
    program = Program(
        """
        start:  li      $t0, 0x00404140
                mtc0    $t0, $c0_entryhi
                li      $t1, 0x00003600
                mtc0    $t1, $c0_entrylo
                li      $t2, 0x0b00
                mtc0    $t2, $c0_index
                nop
                tlbwi
                mtc0    $zero, $c0_index
                tlbp
                nop
                mfc0    $s0, $c0_index          # 11
                mtc0    $zero, $c0_entrylo
                tlbr
                nop
                mfc0    $s1, $c0_entrylo
                mfc0    $s2, $c0_entryhi
                li      $t0, 0x00808000
                mtc0    $t0, $c0_entryhi
                nop
                tlbp
                nop
                mfc0    $s3, $c0_index          # nothing: the sign bit
                tlbwr
                tlbp
                nop
                mfc0    $s4, $c0_index
                nop
        """
    ).run()
    assert values(program, "s0", "s1", "s2", "s3") == [11 << 8, 0x3600, 0x00404140, 1 << 31]
    assert 8 <= program["s4"] >> 8 <= 63
    assert program.cpu.tlb.read(program["s4"] >> 8)[0] == 0x00808000


def test_two_entries_for_one_page_stop_the_simulation() -> None:
    program = access("lw $v0, 0($a0)", low=MAPPED)
    program.cpu.tlb.write(20, 0x00404000, MAPPED | GLOBAL)
    with pytest.raises(BeyondModel, match=r"\[9, 20\]"):
        program.run()


def test_a_kernel_refills_the_tlb_from_a_linear_table_in_nine_instructions() -> None:
    """The handler of every R3000 kernel: Context points at the entry; the access is done again."""
    program = Program(
        """
        .org    0x80000000
refill: mfc0    $k0, $c0_context
        mfc0    $k1, $c0_epc
        lw      $k0, 0($k0)
        nop
        mtc0    $k0, $c0_entrylo
        nop
        tlbwr
        jr      $k1
        rfe
        .org    0x80001000
start:  lui     $t0, 0x8020
        mtc0    $t0, $c0_context        # the table is at 80200000: entry of page n at + 4 n
        li      $a0, 0x5124
        lw      $v0, 0($a0)
        lw      $v1, 4($a0)
        nop
        """
    )
    program.memory.words[0x200000 // 4 + 5] = 0x3000 | VALID | GLOBAL
    program.memory.words[0x3124 // 4] = 0xCAFE
    program.memory.words[0x3128 // 4] = 0xF00D
    trace: list[int] = []
    program.cpu.trace = lambda pc, cycles: trace.append(pc)
    program.run()

    assert values(program, "v0", "v1") == [0xCAFE, 0xF00D]
    assert [pc for pc in trace if pc < 0x80001000] == list(range(0x80000000, 0x80000024, 4))
