"""Drivers that do anything to the controller, its rings and its ASIC: the machine goes on, and so does the wire.

Whatever an ill-meaning program writes, nothing of ours is raised, time passes, and another station on the same wire
still gets its frames. What happens does not depend on the length of the turns.
"""

from __future__ import annotations

from random import Random

import pytest

from dlcode_aegis_core.machine.lance import RAP, RDP
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.exchange import MODELS
from tests.aegis_core.machine.rig import BASE, ENP, INIT_BLOCK, OWN, RECEIVE_RING, STP, TRANSMIT_RING, Rig, frame_to

US = 1_000_000
MS = 1000 * US


def mischief(draw: Random, rig: Rig) -> None:
    """One thing that a driver should not do."""
    match draw.randrange(9):
        case 0:
            rig.lance.store(RAP, 4, draw.getrandbits(16))
            rig.lance.store(RDP, 4, draw.getrandbits(16))
        case 1:
            rig.csr0 = draw.choice((0x0001, 0x0002, 0x0003, 0x0004, 0x0043, 0x0048, 0x7F40))
        case 2:
            rig.asic.store(draw.choice((0x20, 0x100, 0x110, 0x120, 0x160)), 4, draw.getrandbits(32))
        case 3:
            rig.asic.store(0x100, 4, 0x10100)
            rig.asic.store(0x20, 4, BASE << 3)
        case 4:
            ring, count = draw.choice(((TRANSMIT_RING, 16), (RECEIVE_RING, 16)))
            rig.set_word(ring + 2 * draw.randrange(4 * count), draw.getrandbits(16))
        case 5:
            for index in range(16):
                descriptor = TRANSMIT_RING + 8 * index
                rig.set_word(descriptor + 4, 0xF000 | draw.getrandbits(12) | draw.choice((0, 0xFF0)))
                rig.set_word(descriptor + 2, OWN | draw.choice((0, STP, ENP, STP | ENP)) | draw.getrandbits(8))
        case 6:
            for index in range(16):
                rig.set_word(RECEIVE_RING + 8 * index + 4, 0xF000 | draw.choice((0xFFF, 0xFE0, 0xA00, 0)))
                rig.set_word(RECEIVE_RING + 8 * index + 2, OWN | draw.getrandbits(2))
        case 7:
            rig.set_word(INIT_BLOCK + 2 * draw.randrange(12), draw.getrandbits(16))
        case 8:
            rig.set_word(INIT_BLOCK, draw.choice((0x0004, 0x0044, 0x0054, 0x0074, 0x000C, 0x8000, 0x0020)))


def havoc(make_rigs: MakeRigs, seed: int, turn_ps: int | None) -> list[object]:
    rigs = make_rigs(3, seed=seed)
    for rig in rigs:
        rig.start()
    bad, good, other = rigs
    draw = Random(seed)
    frames: list[tuple[int, int, str, bytes]] = []
    bad.wire.observers.append(lambda *row: frames.append(row))
    for _ in range(40):
        for _ in range(draw.randrange(4)):
            mischief(draw, bad)
        if draw.random() < 0.3:
            bad.csr0 = 0x0004
            bad.set_csr(1, INIT_BLOCK)
            bad.csr0 = 0x004B
        if draw.random() < 0.5 and not other.word(TRANSMIT_RING + 8 * (other.sent % 4) + 2) & OWN:
            other.send(frame_to(draw.choice((bad.address, good.address)), other.address, 60 + draw.randrange(200)))
        run_together(rigs, max(rig.now_ps for rig in rigs) + draw.randrange(1, 400) * US, turn_ps)
    bad.asic.store(0x100, 4, 0)  # in reset
    run_together(rigs, bad.now_ps + 500 * MS, turn_ps)
    return [frames, *(bytes(rig.memory) for rig in rigs), [rig.csr0 for rig in rigs]]


@pytest.mark.parametrize("seed", range(12))
def test_a_hostile_driver_harms_itself_alone(make_rigs: MakeRigs, seed: int) -> None:
    frames, *_ = havoc(make_rigs, seed, None)
    assert isinstance(frames, list)
    sent = [frame for _, _, name, frame in frames if name == "c"]
    assert sent, "the other station gets through"


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_what_a_hostile_driver_does_is_the_same_at_any_length_of_turn(make_rigs: MakeRigs, seed: int) -> None:
    assert havoc(make_rigs, seed, None) == havoc(make_rigs, seed, 1_700_000)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(2))
def test_every_device_of_every_model_takes_every_access(model: str, seed: int) -> None:
    """Reads and writes of all widths all over, in any order, while the machine's events go on."""
    draw = Random(f"{model} {seed}")
    parameters = Parameters.load(model)
    station = Station(parameters, Wire(parameters), bytes(range(6)), "alone")
    station.load([])
    station.cpu.pc = 0x80001000
    for _ in range(300):
        device = draw.choice(station.cpu.bus.devices)
        width = draw.choice((1, 2, 4))
        offset = draw.randrange(min(device.size, 0x400)) & -width
        if draw.random() < 0.5:
            device.store(offset, width, draw.getrandbits(8 * width))
        else:
            assert device.load(offset, width) >= 0
        assert device.load_cycles(offset, width) > 0
        assert device.store_cycles(offset, width) > 0
        station.run(station.settled_ps + draw.randrange(10) * US)
