"""The round trip of two emulated DECstations: in their time beside the published figure, and in ours."""

from __future__ import annotations

from typing import Any

import pytest

import dlcode
from bench.conftest import Emulated
from dlcode_aegis_core.experiments.published import published
from dlcode_aegis_core.experiments.roundtrip import MODEL, PARTS, ROUNDS, WARM, Exchange, Round
from dlcode_aegis_core.machine.parameters import Parameters


@pytest.fixture
def exchange(remote_increment: dlcode.Handler, counter_client: dlcode.Handler) -> Exchange:
    """Two machines that have booted and sent their first frames."""
    return Exchange.start(Parameters.load(MODEL), remote_increment.certificate, counter_client.certificate)


@pytest.mark.benchmark(group="emulated time of one round trip")
def test_round_trip(emulated: Emulated, exchange: Exchange) -> None:
    """60-byte frames to and fro, each end answering from its handler."""
    last: Round = emulated(exchange.step, lambda: exchange.now_seconds, rounds=ROUNDS, warmup_rounds=WARM)
    paper = published()["exos-ash"]
    emulated.extra_info["published"] = {
        "value": paper.value,
        "unit": paper.unit,
        "source": paper.source,
        "status": "published",
    }
    emulated.extra_info["parts of the last, in us"] = {part: span / 1e6 for part, span in last.parts.items()}
    assert set(last.parts) == set(PARTS)


@pytest.mark.benchmark(group="emulating one round trip")
def test_step(benchmark: Any, exchange: Exchange) -> None:
    """The same by this machine's clock: how fast the emulator is."""
    processors = exchange.client.station.cpu, exchange.server.station.cpu
    before = sum(processor.instructions for processor in processors)
    benchmark.pedantic(exchange.step, rounds=ROUNDS, warmup_rounds=WARM)
    executed = sum(processor.instructions for processor in processors) - before
    benchmark.extra_info["instructions"] = executed // (ROUNDS + WARM)
