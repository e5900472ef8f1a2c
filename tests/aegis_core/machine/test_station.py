"""Whole machines: a small driver in assembly brings the LANCE up, and two stations exchange frames."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from dlcode_jit.mips.assemble import Segment, assemble

US = 1_000_000
PARAMETERS = Parameters.load("dec5000-125")
BASE = 0xA0020000  # the DMA region through kseg1
RECEIVE, TRANSMIT = 0x120, 0x6120  # buffers, by the chip's addresses

# A driver that polls: one receive and one transmit descriptor. It answers each frame with the frame in its transmit
# buffer; the station whose `first` is not 0 sends one to begin with.
DRIVER = """
        .set  noreorder
        .text
start:  lui   $s0, 0xbc04               # I/O ASIC
        lui   $s1, 0xbc0c               # LANCE
        lui   $s2, 0xa002               # DMA region
        lui   $t0, 0x0010
        sw    $t0, 0x20($s0)            # DMA pointer
        lui   $t0, 0x0001
        ori   $t0, $t0, 0x0100
        sw    $t0, 0x100($s0)           # DMA on, LANCE out of reset
        li    $t0, 0x100
        sw    $t0, 0x120($s0)           # unmask the LANCE
        li    $t0, 1
        sw    $t0, 4($s1)               # CSR1: block at 0
        sw    $zero, 0($s1)
        li    $t0, 2
        sw    $t0, 4($s1)
        sw    $zero, 0($s1)
        sw    $zero, 4($s1)
        li    $t0, 0x43                 # INEA, STRT, INIT
        sw    $t0, 0($s1)
        la    $t0, first
        lw    $t0, 0($t0)
        nop
        bnez  $t0, send
        nop
wait:   lhu   $t1, 0x44($s2)            # RMD1
        addiu $s3, $s3, 1
        andi  $t1, $t1, 0x8000
        bnez  $t1, wait
        nop
        addiu $s4, $s4, 1               # frames received
        li    $t1, 0x8000
        sh    $t1, 0x44($s2)
send:   li    $t1, 0x8300
        sh    $t1, 0x144($s2)           # TMD1
        li    $t1, 0x48
        sw    $t1, 0($s1)               # INEA, TDMD
        b     wait
        nop
        .data
first:  .word FIRST
"""


def word(address: int, value: int) -> Segment:
    """A 16-bit word by the chip's address."""
    return Segment(BASE + 2 * address, value.to_bytes(2, "little"))


def burst_data(address: int, data: bytes) -> list[Segment]:
    return [Segment(BASE + 2 * (address + at), data[at : at + 16]) for at in range(0, len(data), 16)]


def pair(parameters: Parameters = PARAMETERS) -> list[Station]:
    """Two stations with the driver; the second one sends first."""
    wire = Wire(parameters)
    addresses = [bytes.fromhex("08002b000001"), bytes.fromhex("08002b000002")]
    stations = []
    for index, address in enumerate(addresses):
        station = Station(parameters, wire, address, f"station {index}")
        driver = assemble(DRIVER, "driver", 0x80001000, {"FIRST": index})
        station.load(driver.segments)
        words = [0, *(int.from_bytes(address[i : i + 2], "little") for i in (0, 2, 4)), 0, 0, 0, 0, 0x20, 0, 0xA0, 0]
        station.load(word(2 * i, value) for i, value in enumerate(words))
        for descriptor, values in ((0x20, (RECEIVE, 0x8000, -1536, 0)), (0xA0, (TRANSMIT, 0, -60, 0))):
            station.load(word(descriptor + 2 * i, value & 0xFFFF) for i, value in enumerate(values))
        frame = addresses[1 - index] + address + bytes(range(48))
        station.load(burst_data(TRANSMIT, frame))
        station.cpu.pc = driver.symbols["start"]
        stations.append(station)
    return stations


def test_two_stations_play_ping_pong() -> None:
    """Each turn takes wire 57.6 us and controllers 25.5 us at least, and the drivers some."""
    stations = pair()
    frames: list[tuple[int, int, str, bytes]] = []
    stations[0].wire.observers.append(lambda *row: frames.append(row))
    run_together(stations, 1000 * US)
    assert 8 <= len(frames) <= 11
    assert [name for _, _, name, _ in frames[:4]] == ["station 1", "station 0"] * 2
    assert all(frame[12:] == bytes(range(48)) for *_, frame in frames)
    starts = [start for start, *_ in frames]
    period = starts[-1] - starts[-3]
    assert 2 * (57_600_000 + 25_500_000) < period < 2 * 100 * US


def test_the_reply_arrives_in_the_other_machines_memory() -> None:
    stations = pair()
    run_together(stations, 500 * US)
    data = stations[0].memory.data
    received = b"".join(data[0x20000 + 2 * at :][:16] for at in range(RECEIVE, RECEIVE + 64, 16))
    assert received[:60] == bytes.fromhex("08002b00000108002b000002") + bytes(range(48))


def test_nothing_depends_on_the_length_of_the_turns() -> None:
    """Same cycles, instructions, registers and memory, whether in turns of 6 us, 1.3 us or 100 ns."""

    def history(turn: int | None) -> list[object]:
        stations = pair()
        frames: list[tuple[int, int, str, bytes]] = []
        stations[0].wire.observers.append(lambda *row: frames.append(row))
        run_together(stations, 300 * US, turn)
        state: list[object] = [frames]
        for station in stations:
            cpu = station.cpu
            state += [cpu.cycles, cpu.instructions, cpu.gpr, cpu.pc, bytes(station.memory.data[0x20000:0x40000])]
        return state

    assert history(None) == history(1_300_007) == history(100_000)


def test_a_faster_wire_shortens_a_round_trip_by_its_wire_time() -> None:
    """Two frames of 57.6 us become two of 28.8: 57.6 less, within the driver's polling loop of about 1 us."""

    def period(parameters: Parameters) -> int:
        stations = pair(parameters)
        starts: list[int] = []
        stations[0].wire.observers.append(lambda start, *_: starts.append(start))
        run_together(stations, 1500 * US)
        return (starts[6] - starts[2]) // 2

    saved = period(PARAMETERS) - period(PARAMETERS.replace({"wire.bits_per_second": 20_000_000}))
    assert abs(saved - 57_600_000) < 1_500_000


def test_dma_slows_the_cpu_down() -> None:
    """Two 60-octet frames over and 23 transfers each: the same program does fewer turns of its loop."""
    polls = []
    for memory_cycle in (80, 0):
        stations = pair(PARAMETERS.replace({"dma.memory_cycle_ns": memory_cycle}))
        run_together(stations, 200 * US)
        polls.append(stations[0].cpu.gpr[19])
    assert polls[0] < polls[1]


def test_a_segment_outside_memory_is_refused() -> None:
    station = pair()[0]
    for address in (0x00400000, 0x9FFFFFF0, 0x80FFFFFF):
        with pytest.raises(ValueError, match="no memory"):
            station.load([Segment(address, bytes(16))])


def test_machines_on_different_wires_do_not_run_together() -> None:
    with pytest.raises(ValueError, match="one wire"):
        run_together([pair()[0], pair()[1]], US)


@pytest.mark.parametrize(
    "name", ["lance.burst_octets", "lance.bus_word_ns", "lance.poll_interval_ns", "wire.bits_per_second"]
)
def test_a_rate_or_size_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(BadParameter, match=name):
        PARAMETERS.replace({name: 0})


def test_parts_too_slow_or_small_for_each_other_are_beyond_the_model() -> None:
    for name, value in (("lance.fifo_octets", 16), ("lance.bus_word_ns", 10_000), ("wire.bits_per_second", 10**10)):
        changed = PARAMETERS.replace({name: value, "lance.burst_octets": 32})
        with pytest.raises(BeyondModel):
            run_together(pair(changed), US)


def test_no_look_ahead_is_beyond_the_model() -> None:
    stations = pair(PARAMETERS.replace({"lance.undocumented_delay_ns": 0}))
    with pytest.raises(BeyondModel, match="carrier"):
        run_together(stations, US)
