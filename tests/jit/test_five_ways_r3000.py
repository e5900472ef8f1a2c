"""What the proof buys on the R3000: the figures are those of this code, and all ways mean the same."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from bench import five_ways_r3000 as ways
from bench.five_ways_r3000 import FIGURE, FIGURES, GUARDING, MODELS, RESULTS, STATES
from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program, Statement
from dlcode_dsl.core.interpret import Memory, Packet, run
from dlcode_jit.experiment import proved_mips_code
from dlcode_jit.guards import Guarding
from dlcode_jit.r3000.image import mips_code
from tests.jit.programs import interpreted
from tests.jit.test_bytecode import nearly

DATA: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
ALL = ("interpreted", *GUARDING)
SMALL = ("web", "remote_increment", "timestamps")


def test_the_picture_and_the_table_in_docs_are_made_of_the_kept_figures() -> None:
    assert ways.drawn(DATA) == FIGURE.read_text(encoding="utf-8"), "python -m bench.five_ways_r3000 makes both anew"
    document = FIGURES.read_text(encoding="utf-8")
    assert ways.with_table(document, DATA) == document


def test_the_kept_figures_are_to_the_cycle_those_of_this_code() -> None:
    """One program, measured again: in each way, on each machine, warm and cold."""
    name, made = "remote_increment", ways.generator()
    if made != DATA["generator"]:
        pytest.fail(f"the figures are of code by {DATA['generator']}, and this is {made}: cycles may differ")
    advice = "code or machine has changed since: python -m bench.five_ways_r3000 measures anew"
    assert ways.measured(name) == DATA["subjects"][name], advice


@pytest.mark.parametrize("name", SMALL)
def test_all_ways_come_to_the_same(name: str) -> None:
    """The unsafe one on packets that hold all that the program asks for."""
    subject, program, chance = ways.subjects()[name], ways.certificate(name).program, random.Random(name)
    whole = 0
    for _ in range(24):
        packet = nearly(subject.packet.data, chance)
        memory = {region.name: [chance.getrandbits(32) for _ in range(region.count)] for region in program.regions}
        expected = interpreted(program, packet, memory)
        holds = holds_all(program, packet, memory)
        whole += holds
        for way in ALL:
            if way != "unsafe" or holds:
                machine = ways.machine(name, way, MODELS[0], "cold")
                assert machine.run(packet, memory) == expected, (way, packet.data.hex())
    assert 0 < whole < 24


def holds_all(program: Program, packet: Packet, memory: Memory) -> bool:
    """Whether no read of a run finds its bytes missing."""
    before: Statement | None = None
    short = False

    def observe(at: Statement, turn: int, names: Mapping[str, int], memory: Memory, data: bytearray) -> None:
        nonlocal before, short
        if isinstance(before, form.Read) and before.otherwise is not None:
            short = short or at is before.otherwise[0]
        before = at

    run(program, packet, memory, observe=observe)
    return not short


@pytest.mark.parametrize("name", ways.subjects())
def test_each_way_does_the_work_that_is_measured(name: str) -> None:
    subject = ways.subjects()[name]
    expected = interpreted(ways.certificate(name).program, subject.packet, subject.memory)
    for way in ALL:
        assert ways.cycles(name, way, MODELS[1], "warm")[1] == expected


@pytest.mark.parametrize("name", ways.subjects())
def test_the_proved_way_is_the_image_and_keeps_its_bounds(name: str) -> None:
    (image,) = mips_code([ways.certificate(name)])
    code = ways.code(name, "proved")
    assert code.place(0x8000_0000).data == image.place(0x8000_0000).data
    length = len(ways.subjects()[name].packet.data)
    for model in MODELS:
        bounds = image.cycles(ways.machine(name, "proved", model, "cold").timing)
        most = dict(zip(STATES, (bounds.warm(length), bounds.safe(length)), strict=True))
        for state in STATES:
            assert ways.cycles(name, "proved", model, state)[0] <= most[state]


def test_the_optimiser_takes_out_masks_that_it_can_see_through() -> None:
    """Why the masked way hides its masks: else these loops would be the proved ones."""
    for name in ("histogram", "checksum"):
        code = {how: proved_mips_code(ways.certificate(name), how).object.data for how in Guarding}
        assert code[Guarding.MASKS] == code[Guarding.NONE] != code[Guarding.SANDBOX]
