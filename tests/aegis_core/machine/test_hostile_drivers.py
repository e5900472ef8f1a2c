"""Drivers that do anything to the controller, its rings and its ASIC: the machine goes on, and so does the wire.

Whatever an ill-meaning program writes, nothing of ours is raised, time passes, and another station on the same wire
still gets its frames. What happens does not depend on the length of the turns.
"""

from __future__ import annotations

from random import Random

import pytest

from dlcode_aegis_core.machine.lance import RAP, RDP
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from dlcode_jit.mips.assemble import assemble
from tests.aegis_core.machine.conftest import MakeRigs
from tests.aegis_core.machine.exchange import BOARDS, MODELS, ChipMemory, prepared
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


# It writes pseudo-random halfwords at pseudo-random places of its controller, its rings, its other devices, its vectors
# and its own code's neighbourhood, starts the controller now and then, and goes on after every exception.
VANDAL = """
        .set  noreorder
start:  la    $t0, vector
        la    $t1, 0xa0000080
        lw    $t2, 0($t0)
        lw    $t3, 4($t0)
        sw    $t2, 0($t1)
        sw    $t3, 4($t1)
        mtc0  $zero, $12
        la    $s1, LANCE
        {board}
        li    $s0, SEED
loop:   sll   $t0, $s0, 13              # Marsaglia's xorshift
        xor   $s0, $s0, $t0
        srl   $t0, $s0, 17
        xor   $s0, $s0, $t0
        sll   $t0, $s0, 5
        xor   $s0, $s0, $t0
        srl   $t0, $s0, 28
        sltiu $t1, $t0, 1
        bnez  $t1, begin
        andi  $t0, $t0, 7
        sll   $t0, $t0, 3
        la    $t1, places
        addu  $t1, $t1, $t0
        lw    $t2, 0($t1)
        lw    $t3, 4($t1)
        srl   $t4, $s0, 7
        and   $t4, $t4, $t3
        addu  $t2, $t2, $t4
        sh    $s0, 0($t2)
        b     loop
        addiu $s2, $s2, 1
begin:  li    $t0, 4
        sh    $zero, 4($s1)
        sh    $t0, 0($s1)               # STOP
        li    $t0, 0x4b
        sh    $t0, 0($s1)               # INIT, STRT, INEA, TDMD
        b     loop
        nop
vector: j     skip
        nop
skip:   mfc0  $k0, $14
        addiu $s3, $s3, 1
        addiu $k0, $k0, 4
        jr    $k0
        rfe
        .data
places: .word LANCE, 6, BUFFER, 0x3fe, BUFFER, 0x1fffe, DEVICE, 0x1fe, CLOCK, 0xfe
        .word 0xa0000100, 0x3fe, 0x9ffffff0, 0x1e, BUFFER, 0x3e
"""


@pytest.mark.parametrize("engine", ["compiled", "python"])
@pytest.mark.parametrize("model", MODELS)
def test_a_program_that_vandalises_its_machine_harms_itself_alone(model: str, engine: Engine) -> None:
    """A station of the same model on the same wire, which answers whoever writes to it, never notices."""
    parameters = Parameters.load(model)
    wire = Wire(parameters)
    quiet = prepared(parameters, wire, 0)
    vandal = Station(parameters, wire, bytes(range(6)), "vandal", engine=engine)
    registers = {"ioasic": "ioasic.base", "kn02": "kn02.csr_base", "kn01": "kn01.csr_base"}[parameters.board]
    symbols = {
        "LANCE": 0xA0000000 + parameters.integer("lance.base"),
        "BUFFER": ChipMemory(vandal).cpu_base,
        "DEVICE": 0xA0000000 + parameters.integer(registers),
        "CLOCK": 0xA0000000 + parameters.integer("rtc.base"),
        "SEED": 12345,
    }
    program = assemble(VANDAL.format(board=BOARDS[parameters.board]), "vandal.s", 0x80001000, symbols)
    vandal.load(program.segments)
    vandal.cpu.pc = program.symbols["start"]
    run_together([quiet, vandal], 10 * MS)
    assert vandal.cpu.gpr[18] > 1000, "it has written"
    assert vandal.cpu.gpr[19] > 0, "and met with exceptions"
    assert not quiet.lance.load(RDP, 4) & 0xF800, "no error"
