"""The handler's image on the emulated R3000 of a DECstation 5000/125: its cycles, as time."""

from __future__ import annotations

import pytest

import dlcode
from bench.conftest import Emulated
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl import Packet, Verdict
from dlcode_jit.outcome import Outcome
from dlcode_jit.r3000.image import mips_code
from tests.bare_machine import BareMachine


@pytest.mark.benchmark(group="emulated time of the handler alone")
@pytest.mark.parametrize("cold", [False, True], ids=["code in the cache", "code in memory"])
def test_handler_from_call_to_return(
    emulated: Emulated, remote_increment: dlcode.Handler, increment_frame: bytes, cold: bool
) -> None:
    """One run on its own, without a kernel; packet, counters and queue are in memory, not in the data cache."""
    (code,) = mips_code([remote_increment.certificate])
    machine = BareMachine(code, Parameters.load("dec5000-125"))
    packet = Packet.whole(increment_frame)
    before = machine.cpu.instructions

    def run() -> Outcome:
        nonlocal before
        before = machine.cpu.instructions
        if cold:
            machine.cpu.instruction_cache.clear()
        return machine.run(packet)

    outcome = emulated(run, lambda: machine.cpu.now_ps / 1e12)
    emulated.extra_info["instructions"] = machine.cpu.instructions - before
    assert outcome.verdict is Verdict.CONSUME
    assert [effect.effect for effect in outcome.effects] == ["reply"]
