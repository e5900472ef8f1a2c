"""Whole machines do the same on the compiled processor as on the oracle: the same frames at the same times."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from tests.aegis_core.kernel.images import answering
from tests.aegis_core.kernel.lab import CLIENT, MS, SERVER, Lab, frame
from tests.aegis_core.machine.exchange import MODELS, US, pair

OnEngine = Callable[[Engine], None]


@pytest.fixture
def on_engine(monkeypatch: pytest.MonkeyPatch) -> OnEngine:
    """Have stations be built with a processor of that kind from now on."""

    defaults = Station.__init__.__kwdefaults__
    assert defaults is not None

    def set_default(engine: Engine) -> None:
        assert defaults["engine"]
        monkeypatch.setitem(defaults, "engine", engine)

    return set_default


def history(station: Station) -> list[object]:
    cpu = station.cpu
    caches = [(cache.tags.tolist(), cache.words.tolist()) for cache in (cpu.instruction_cache, cpu.data_cache)]
    windows = [bytes(window.data) for window in cpu.bus.windows]
    registers = [cpu.cycles, cpu.instructions, cpu.pc, cpu.next_pc, list(cpu.gpr)[:32], cpu.hi, cpu.lo, bytes(cpu.cp0)]
    return [*registers, cpu.tlb.pairs.tolist(), caches, bytes(station.memory.data), windows]


@pytest.mark.parametrize("model", MODELS)
def test_a_polling_driver_of_each_model_does_the_same(model: str, on_engine: OnEngine) -> None:
    """With the I/O ASIC's stalls, and with buffer memory, dense and in halves."""

    def run(engine: Engine, turn: int | None) -> list[object]:
        on_engine(engine)
        stations = pair(Parameters.load(model))
        frames: list[tuple[int, int, str, bytes]] = []
        stations[0].wire.observers.append(lambda *row: frames.append(row))
        run_together(stations, 400 * US, turn)
        assert type(stations[0].cpu).__name__ == {"python": "Cpu", "compiled": "CompiledCpu"}[engine]
        assert len(frames) >= 2
        return [frames, *map(history, stations)]

    oracle = run("python", None)
    assert run("compiled", None) == oracle
    assert run("compiled", 700_001) == oracle


def test_aegis_and_its_handlers_do_the_same_and_so_does_the_trace(on_engine: OnEngine) -> None:
    """Every address, cycle and interrupt line, through boot, refills, interrupts, DMA, filters and handlers."""

    def run(engine: Engine, traced: bool) -> list[object]:
        on_engine(engine)
        lab, trace = Lab(), []
        lab.boot_client([answering(CLIENT)], frame())
        lab.boot_server([answering(SERVER)])
        lab.allow(2)
        cpu = lab.server.cpu
        if traced:
            cpu.trace = lambda pc, cycle: trace.append((pc, cycle, cpu.interrupt_lines))
        lab.run(3 * MS)
        assert len(lab.sent_by("server")) == 2
        return [trace, lab.frames, history(lab.client), history(lab.server)]

    oracle, compiled = run("python", True), run("compiled", True)
    assert compiled == oracle
    assert run("compiled", False)[1:] == oracle[1:]
