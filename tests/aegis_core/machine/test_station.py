"""Whole machines: a small driver in assembly brings the LANCE up, and two stations exchange frames."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_jit.mips.assemble import Segment
from tests.aegis_core.machine.exchange import MODELS, RECEIVE, REGION, US, ChipMemory, frame, pair

PARAMETERS = Parameters.load("dec5000-125")


def test_two_stations_play_ping_pong() -> None:
    """Each turn takes wire 57.6 us and controllers 25.5 us at least, and the drivers some."""
    stations = pair(PARAMETERS)
    frames: list[tuple[int, int, str, bytes]] = []
    stations[0].wire.observers.append(lambda *row: frames.append(row))
    run_together(stations, 1000 * US)
    assert 8 <= len(frames) <= 11
    assert [name for _, _, name, _ in frames[:4]] == ["station 1", "station 0"] * 2
    assert all(sent == frame(name == "station 1") for _, _, name, sent in frames)
    starts = [start for start, *_ in frames]
    period = starts[-1] - starts[-3]
    assert 2 * (57_600_000 + 25_500_000) < period < 2 * 100 * US


def test_the_reply_arrives_in_the_other_machines_memory() -> None:
    stations = pair(PARAMETERS)
    run_together(stations, 500 * US)
    assert ChipMemory(stations[0]).data(RECEIVE, 60) == frame(1)


@pytest.mark.parametrize("model", MODELS)
def test_nothing_depends_on_the_length_of_the_turns(model: str) -> None:
    """Same cycles, instructions, registers and memory, whether in turns of 6 us, 1.3 us or 100 ns."""

    def history(turn: int | None) -> list[object]:
        stations = pair(Parameters.load(model))
        frames: list[tuple[int, int, str, bytes]] = []
        stations[0].wire.observers.append(lambda *row: frames.append(row))
        run_together(stations, 300 * US, turn)
        state: list[object] = [frames]
        for station in stations:
            cpu = station.cpu
            state += [cpu.cycles, cpu.instructions, cpu.gpr, cpu.pc]
            state += [bytes(station.memory.data[REGION : 2 * REGION]), *(bytes(w.data) for w in cpu.bus.windows)]
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
    station = pair(PARAMETERS)[0]
    for address in (0x00400000, 0x9FFFFFF0, 0x80FFFFFF):
        with pytest.raises(ValueError, match="no memory"):
            station.load([Segment(address, bytes(16))])


def test_machines_on_different_wires_do_not_run_together() -> None:
    with pytest.raises(ValueError, match="one wire"):
        run_together([pair(PARAMETERS)[0], pair(PARAMETERS)[1]], US)


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
