"""The environment: refills, system calls, and what ends it. Programs that run on the emulated machine."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.kernel import layout
from dlcode_aegis_core.kernel.profile import Profile
from dlcode_aegis_core.kernel.system_calls import refusals
from tests.aegis_core.kernel.images import answering, environment
from tests.aegis_core.kernel.lab import CLIENT, MS, SERVER, Lab, frame

CALL = """
environment:
        lui     $s0, %hi(USER_COUNT)
        addiu   $s0, $s0, %lo(USER_COUNT)
        li      $a0, ARGUMENT_0
        li      $a1, ARGUMENT_1
        li      $v0, NUMBER
        li      $ra, 0x1234
        syscall
        sw      $v0, USER_RESULT - USER_COUNT($s0)
        sw      $ra, 0($s0)
stop:   b       stop
        nop
"""


def called(number: int, *arguments: int) -> tuple[int, Lab]:
    """What a system call answers, as a signed number; and the laboratory after it."""
    constants = {"NUMBER": number, "ARGUMENT_0": 0, "ARGUMENT_1": 0}
    constants.update({f"ARGUMENT_{i}": argument for i, argument in enumerate(arguments)})
    lines = "".join(f"        {name} = {value:#x}\n" for name, value in constants.items())
    lab = Lab()
    client = lab.boot_client(first=frame(), environment=environment(lines + CALL))
    lab.boot_server()
    lab.run()
    assert client.user_word("COUNT") == 0x1234, "the call came back, and kept $ra"
    result = client.user_word("RESULT")
    return result - (1 << 32) if result >> 31 else result, lab


FRAME = layout.USER_DATA + 4 * layout.USER_VARIABLES.index("FRAME")


def test_the_null_call_returns() -> None:
    assert called(0)[0] == 0


def test_a_frame_is_sent() -> None:
    result, lab = called(1, FRAME, 60)
    assert result == 0
    assert lab.sent_by("client") == [frame()]


def test_a_short_frame_is_sent_padded() -> None:
    _, lab = called(1, FRAME, 15)
    assert lab.sent_by("client") == [frame()[:15] + bytes(45)]


@pytest.mark.parametrize("number", [2, 3, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_number_that_no_call_has_is_refused(number: int) -> None:
    assert called(number)[0] == refusals()["unknown_call"]


@pytest.mark.parametrize(
    ("address", "length"),
    [
        (FRAME + 2, 60),
        (FRAME, 13),
        (FRAME, 1515),
        (FRAME, 0xFFFFFFFF),
        (0x80004000, 60),
        (0xA0020000, 60),
        (0x7FFFFFF0, 60),
        (0xFFFFFFF0, 60),
    ],
)
def test_an_argument_that_the_call_does_not_take_is_refused(address: int, length: int) -> None:
    """Kernel memory above all: an environment can't have it sent."""
    result, lab = called(1, address, length)
    assert result == refusals()["bad_argument"]
    assert lab.frames == []


def test_refills_come_from_the_stlb() -> None:
    """Text and data miss once each, and never again: the counting loop runs on."""
    lab = Lab()
    refills: list[int] = []
    server = lab.boot_server()
    lab.boot_client()
    lab.server.cpu.trace = lambda pc, cycles: refills.append(cycles) if pc == 0x80000000 else None
    lab.run()
    assert len(refills) == 2
    assert server.user_word("COUNT") > 1000


def test_a_refill_takes_sixteen_instructions() -> None:
    """From the vector to the environment's instruction; the first ones wait for their words and for the entry."""
    lab = Lab()
    path: list[int] = []
    lab.boot_server()
    lab.boot_client()
    lab.server.cpu.trace = lambda pc, cycles: path.append(pc)
    lab.run()
    first = path.index(0x80000000)
    assert path[first : first + 16] == list(range(0x80000000, 0x80000040, 4))
    assert path[first + 16] == layout.USER_TEXT


FAULTS = {
    "reads a page that it does not have": "lui $t0, 0x2000\n lw $t1, 0($t0)\n nop\n",
    "writes its own text": "lui $t0, %hi(USER_TEXT_PAGE)\n sw $t0, 0($t0)\n",
    "reads the kernel": "lui $t0, 0x8000\n lw $t1, 0($t0)\n nop\n",
    "reads an odd address": "lui $t0, 0x1000\n lw $t1, 2($t0)\n nop\n",
    "changes the status register": "mtc0 $zero, $c0_sr\n",
    "executes what is no instruction": ".word 0xffffffff\n",
    "breaks": "break\n",
    "overflows": "lui $t0, 0x7fff\n add $t0, $t0, $t0\n",
    "jumps into the kernel": "lui $t0, 0x8000\n jr $t0\n nop\n",
    "sends a frame that it does not have": "lui $a0, 0x2000\n li $a1, 60\n li $v0, SYSTEM_CALL_TRANSMIT\n syscall\n",
}


@pytest.mark.parametrize("what", FAULTS)
def test_an_environment_that_faults_ends_and_the_kernel_goes_on(what: str) -> None:
    """Its handler still answers."""
    lab = Lab()
    text = f"        USER_TEXT_PAGE = {layout.USER_TEXT:#x}\nenvironment:\n {FAULTS[what]}\nstop: b stop\n nop\n"
    lab.boot_client([answering(CLIENT)], frame())
    server = lab.boot_server([answering(SERVER)], environment(text))
    lab.allow(2)
    lab.run(4 * MS)
    fault = server.fault
    assert fault is not None
    assert lab.server.cpu.pc in range(server.symbols["idle"], server.symbols["idle"] + 8)
    assert len(lab.sent_by("server")) == 2


def test_a_profile_accounts_for_every_cycle() -> None:
    lab = Lab()
    lab.boot_client([answering(CLIENT)], frame())
    server = lab.boot_server([answering(SERVER)])
    lab.allow(5)
    began = lab.server.cpu.cycles
    profile = Profile(server)
    lab.run(4 * MS)
    counts = profile.stop()
    assert sum(counts.values()) == lab.server.cpu.cycles - began
    for part in ("boot", "utlb_refill", "interrupt", "copy_in", "filter 0", "handler 0", "copy_out", "environment"):
        assert counts[part] > 0
    assert lab.server.cpu.trace is None


def test_the_kernel_boots_within_two_milliseconds() -> None:
    """Most of it empties the STLB: 4096 stores of 6 cycles, 1 ms."""
    lab = Lab()
    server = lab.boot_server()
    lab.boot_client()
    lab.run(2 * MS)
    assert server.user_word("COUNT") > 0
