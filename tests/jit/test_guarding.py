"""Code that guards itself, for experiments: it means what the interpreter says, and keeps within its memory."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Fault, Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import ImageError
from dlcode_jit.experiment import guarded_code, proved_code
from dlcode_jit.guards import Guarding
from dlcode_jit.host import host_image
from tests.generators import random_packets, random_program
from tests.jit.fenced import run_fenced
from tests.jit.gate import QUEUE
from tests.jit.looping import looping_program
from tests.jit.programs import NAMES, TYPICAL, certificate, interpreted, program
from tests.jit.test_looping import without_fault

SELF_GUARDING = (Guarding.CHECKS, Guarding.MASKS, Guarding.SANDBOX)


@pytest.mark.parametrize("guarding", SELF_GUARDING, ids=lambda way: way.value)
def test_guarded_code_of_looping_programs_is_the_interpreters(guarding: Guarding) -> None:
    tried = 0
    for seed in range(24):
        made = looping_program(seed)
        experiment = guarded_code(made, QUEUE, guarding)
        for packet, memory, expected in without_fault(made, seed, 8):
            assert run_fenced(experiment, packet, memory) == expected, seed
            tried += 1
    assert tried > 96


@pytest.mark.parametrize("guarding", list(Guarding), ids=lambda way: way.value)
@pytest.mark.parametrize("name", NAMES)
def test_each_way_of_a_proved_program_is_the_interpreters(name: str, guarding: Guarding) -> None:
    """On packets that hold all that the program reads, which is what the unsafe way trusts in."""
    experiment = proved_code(certificate(name), guarding)
    for data in TYPICAL[name][:2]:
        packet = Packet.whole(data)
        assert run_fenced(experiment, packet) == interpreted(program(name), packet)


@pytest.mark.parametrize("guarding", SELF_GUARDING, ids=lambda way: way.value)
def test_guards_hold_where_a_program_faults(guarding: Guarding) -> None:
    """Programs that take risks stay inside their memory, whatever the packet; a failed check ends them in abort."""
    faults = stopped = 0
    for seed in range(300, 360):
        made = random_program(seed)
        experiment = guarded_code(made, QUEUE, guarding)
        for packet, memory in random_packets(made, seed, count=12):
            outcome = run_fenced(experiment, packet, memory)
            try:
                assert outcome == interpreted(made, packet, memory), seed
            except Fault:
                faults += 1
                stopped += outcome.verdict in (Verdict.ABORT, Verdict.MISS)
    assert faults > 50
    assert stopped > 10


WRONG = {
    "a read past the end": "read %b: u32 = packet[(extent(packet) -% 3:u32)] @cells[0:u32] = truncate(%b, u8)",
    "a read far past the end": "read %b: u32 = packet[4294967295:u32] @cells[0:u32] = truncate(%b, u8)",
    "an index past the end": "@cells[(extent(packet) + 5:u32)] = 1:u8",
    "a read of a cell that is none": "@cells[0:u32] = @cells[4000000000:u32]",
    "a division by zero": "let %q: u32 = (7:u32 / @zero[0:u32]) @cells[0:u32] = truncate(%q, u8)",
    "a write past the end": "packet[(extent(packet) -% 1:u32)] = 7:u16",
    "a copy from past the end": "copy packet[1:u32 : extent(packet)] -> @cells[0:u32] as c",
    "a copy from where addresses wrap": "copy packet[4294967295:u32 : 3:u32] -> @cells[0:u32] as c",
    "a copy to past the end": "copy packet[0:u32 : 2:u32] -> @cells[4:u32] as c",
    "a copy of more than there is": "copy packet[0:u32 : 4294967295:u32] -> @cells[0:u32] as c",
    "a frame from past the end": "send reply { packet[2:u32 : extent(packet)] value 1:u8 }",
    "a long frame": "send reply { value 1:u8 packet[0:u32 : (extent(packet) *% 400:u32)] }",
    "a frame too many": "send reply { value 1:u8 } wake wake wake wake",
}


@pytest.mark.parametrize("guarding", SELF_GUARDING, ids=lambda way: way.value)
@pytest.mark.parametrize("statement", WRONG.values(), ids=WRONG.keys())
def test_each_kind_of_access_is_guarded(statement: str, guarding: Guarding) -> None:
    """The interpreter faults; checked code aborts, and masked code aborts or stays inside."""
    made = wrong(statement)
    packet = Packet.whole(bytes(range(8)))
    if "wake" not in statement:  # the interpreter's queue has no end
        with pytest.raises(Fault):
            run(made, packet)
    outcome = run_fenced(guarded_code(made, QUEUE, guarding), packet)
    if guarding is Guarding.CHECKS:
        assert outcome.verdict is Verdict.ABORT
        assert outcome.effects == ()


@pytest.mark.parametrize("guarding", [Guarding.MASKS, Guarding.SANDBOX], ids=lambda way: way.value)
def test_an_endless_loop_is_counted_out_under_masks(guarding: Guarding) -> None:
    made = wrong("loop ever { } while (extent(packet) != 9:u32) { @cells[0:u32] = 1:u8 }")
    assert run_fenced(guarded_code(made, QUEUE, guarding), Packet.whole(b"12345678")).verdict is Verdict.ABORT


def wrong(statement: str) -> Program:
    """A handler that does one thing."""
    return parse_program(f"""
    handler wrong on ethernet maximum 64
      owns @cells: u8[5] scratch
      owns @zero: u32[1] scratch
      may reply, wake, rewrite
    {{
      {statement}
      exit consume
    }}
    """)


@pytest.mark.parametrize("guarding", [Guarding.NONE, Guarding.TRUST], ids=lambda way: way.value)
def test_code_without_guards_is_made_of_a_live_certificate_only(guarding: Guarding) -> None:
    made = wrong("@cells[5:u32] = 1:u8")
    with pytest.raises(ValueError, match="certificate"):
        guarded_code(made, QUEUE, guarding)
    for forged in (cast("Any", made), cast("Any", None)):
        with pytest.raises(ImageError):
            proved_code(forged, guarding)


@pytest.mark.parametrize("name", NAMES)
def test_the_proved_way_is_the_code_of_the_image(name: str) -> None:
    image = host_image(certificate(name))
    assert image.llvm == proved_code(certificate(name), Guarding.NONE).llvm
