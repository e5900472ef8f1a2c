"""Coprocessor 0, the TLB and exceptions, compared with GXemul: one image of many small cases runs on both.

Nothing here says what is right: that is test_exceptions.py and test_tlb.py. KNOWN has where GXemul is wrong.

Some things it can't be asked. It lets user mode at kernel pages that kernel mode has just used, so cases use others. It
follows a jump to an odd address. It executes sync, movz and beql of later processors, and gives up the run at opcodes
that no processor has, and at loads and stores of coprocessors 2 and 3. Its Random may be any.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import pytest

from dlcode_aegis_core.machine.cp0 import CAUSE_DELAY_SLOT, GENERAL_VECTOR, REFILL_VECTOR
from dlcode_jit.mips.assemble import Assembly
from dlcode_jit.mips.registers import ExceptionCode
from tests.aegis_core.machine import gxemul
from tests.aegis_core.machine.exception_cases import CASES, FIELDS, Rows, image
from tests.aegis_core.machine.processor import CYCLE_PS, Program
from tests.aegis_core.machine.test_semantics_on_qemu import elf

pytestmark = pytest.mark.usefixtures("engine")


@dataclass(frozen=True)
class Difference:
    """Fields in which GXemul is wrong about the cases whose names match, and what the part does."""

    cases: str
    fields: tuple[str, ...]
    part: str


KNOWN = (
    Difference(
        r"(user: a )?misaligned|.* bytes above a|user: .* kseg",
        ("context", "entryhi"),
        "address errors leave Context and EntryHi alone, which are the TLB's",
    ),
    Difference(r"a load's delay", ("v1",), "the instruction after a load sees the register as it was"),
    Difference(r"-?5 / 0", ("v0",), "x / 0 is -1, or 1 if x is negative"),
    Difference(r"the least / -1", ("v0",), "it is the least"),
    Difference(
        r"sub of (negative|mixed) numbers|addi 1 to the most",
        ("vector", "cause", "epc", "badvaddr", "context", "entryhi", "v0"),
        "what doesn't fit in 32 bits traps, and nothing else",
    ),
    Difference(r"rfe with status 0x[123].", ("v0",), "rfe leaves the old mode as it was"),
    Difference(
        r"user: (mfc0|mtc0) .* with status 0x0",
        ("cause", "epc", "context", "v0"),
        "no instruction of coprocessor 0 is for users while CU0 is clear",
    ),
    Difference(r"another address space", ("status",), "CM tells of loads from an isolated cache alone"),
    Difference(r"\$c0_context after 0xffffffff", ("v0",), "the lowest two bits are always zero"),
    Difference(r"\$c0_(badvaddr|epc) after", ("v0",), "the register is read only"),
)


class Console:
    """GXemul's console, for our machine."""

    base, size = gxemul.CONSOLE & 0x1FFFFFFF, gxemul.HALT + 1

    def __init__(self) -> None:
        self.printed = bytearray()
        self.halted = False

    def load(self, offset: int, width: int) -> int:
        raise AssertionError

    def store(self, offset: int, width: int, value: int) -> None:
        if offset:
            self.halted = True
        else:
            self.printed.append(value)

    def load_cycles(self, offset: int, width: int) -> int:
        return 1

    def store_cycles(self, offset: int, width: int) -> int:
        return 1


def rows(printed: str) -> Rows:
    """What each case left."""
    words = [int(word, 16) for word in re.findall(r"^[0-9a-f]{8}$", printed, re.MULTILINE)]
    assert len(words) == len(FIELDS) * len(CASES), printed[-300:]
    found = [words[at : at + len(FIELDS)] for at in range(0, len(words), len(FIELDS))]
    return {case.name: dict(zip(FIELDS, row, strict=True)) for case, row in zip(CASES, found, strict=True)}


def on_our_processor(assembly: Assembly) -> Rows:
    console = Console()
    program = Program("nop", devices=[console])
    program.load(assembly.segments)
    program.assembly = assembly
    program.cpu.pc = assembly.symbols["start"]
    halted = assembly.symbols["halted"]
    program.cpu.breakpoints.add(halted)
    program.cpu.run(10_000_000 * CYCLE_PS)
    program.cpu.breakpoints.clear()
    program.cpu.run(program.cpu.now_ps + 1000 * CYCLE_PS)
    assert console.halted, f"now at {program.cpu.pc:#x}"
    return rows(console.printed.decode("ascii"))


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return image()


@pytest.fixture(scope="module")
def theirs(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """GXemul's rows. Integration has it always."""
    if gxemul.installed() is None:
        missing = pytest.fail if "CI" in os.environ else pytest.skip
        missing("gxemul is not installed: apt-get install gxemul")
    file = tmp_path_factory.mktemp("gxemul") / "exceptions"
    file.write_bytes(elf(assembly))
    return rows(gxemul.printed(file))


def differences(theirs: Rows, ours: Rows) -> list[tuple[str, str, str]]:
    """Case, field, and what both have."""
    return [
        (name, field, f"{name}: {field} is {theirs[name][field]:#x} on GXemul, {value:#x} here")
        for name, row in ours.items()
        for field, value in row.items()
        if theirs[name][field] != value
    ]


def test_kernels_see_the_same_of_every_case_as_on_gxemul(assembly: Assembly, theirs: Rows) -> None:
    differing = [
        text
        for name, field, text in differences(theirs, on_our_processor(assembly))
        if not any(re.match(known.cases, name) and field in known.fields for known in KNOWN)
    ]
    assert differing == []


def test_gxemul_differs_in_every_case_in_which_it_is_known_to(assembly: Assembly, theirs: Rows) -> None:
    """So that what is left out above is no more than it must be."""
    differing = {(name, field) for name, field, _ in differences(theirs, on_our_processor(assembly))}
    for known in KNOWN:
        names = [case.name for case in CASES if re.match(known.cases, case.name)]
        assert names
        for name in names:
            assert any((name, field) in differing for field in known.fields), f"{name}: {known.part}"
        for field in known.fields:
            assert any((name, field) in differing for name in names), f"{known.cases}: {field}"


def test_the_cases_take_every_exception_but_bus_errors_by_both_vectors_and_in_slots(assembly: Assembly) -> None:
    ours = on_our_processor(assembly)
    causes = {row["cause"] for row in ours.values() if row["vector"]}

    assert len(ours) == len(CASES)
    assert {row["vector"] for row in ours.values()} == {0, REFILL_VECTOR, GENERAL_VECTOR}
    codes = set(ExceptionCode) - {ExceptionCode.BUS_FETCH, ExceptionCode.BUS_DATA}
    assert {ExceptionCode(cause >> 2 & 31) for cause in causes} == codes
    traps = codes - {ExceptionCode.INTERRUPT}
    assert {ExceptionCode(cause >> 2 & 31) for cause in causes if cause & CAUSE_DELAY_SLOT} >= traps
    assert {cause >> 28 & 3 for cause in causes} == {0, 1, 2, 3}
