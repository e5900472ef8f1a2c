"""The bare exchange of two emulated DECstations: in their time beside the published figures, and in ours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from bench.conftest import Emulated
from dlcode_aegis_core.experiments.exchange.orders import ORDERS
from dlcode_aegis_core.experiments.exchange.program import Build
from dlcode_aegis_core.experiments.exchange.rows import (
    CALIBRATED,
    MODEL,
    OCTETS,
    ROUNDS,
    WARM,
    Exchange,
    Figures,
    measure,
    published_rows,
)
from dlcode_aegis_core.machine.parameters import Parameters

MODELS = (MODEL, "dec5000-125")


class Links:
    """Exchanges of one link order after another, on a clock that adds up their round trips."""

    def __init__(self, model: str, octets: int) -> None:
        self._parameters, self._octets = Parameters.load(model), octets
        self._seeds: Iterator[int] = count()
        self.seconds = 0.0
        self.found: list[Figures] = []

    def step(self) -> Figures:
        """The round trip of the next order."""
        figures = measure(self._parameters, Build(self._octets, seed=next(self._seeds)), rounds=1)
        self.found.append(figures)
        self.seconds += figures.whole / 1e6
        return figures


@pytest.mark.benchmark(group="emulated time of one bare exchange")
@pytest.mark.parametrize("octets", OCTETS)
@pytest.mark.parametrize("model", MODELS)
def test_exchange(emulated: Emulated, model: str, octets: int) -> None:
    """Frames to and fro without an operating system, in 20 link orders: the spread is the orders'."""
    links = Links(model, octets)
    last: Figures = emulated(links.step, lambda: links.seconds, rounds=ORDERS, warmup_rounds=0)
    paper = published_rows(octets)
    whole = paper["measured"]
    emulated.extra_info["published"] = {
        "value": whole.value,
        "unit": whole.unit,
        "source": f"{whole.source}; {whole.machine}",
        "status": "published",
    }
    emulated.extra_info["rows of the last, in us, beside the published"] = {
        row: [round(value, 2), paper[row].value] for row, value in last.rows.items()
    }
    emulated.extra_info["calibrated row"] = CALIBRATED
    emulated.extra_info["us, least and most"] = [f(figures.whole for figures in links.found) for f in (min, max)]
    assert len(links.found) == ORDERS


@pytest.mark.benchmark(group="emulating one bare exchange")
@pytest.mark.parametrize("octets", OCTETS)
def test_step(benchmark: Any, octets: int) -> None:
    """The same by this machine's clock: how fast the emulator is, with each pass through the program watched."""
    exchange = Exchange.start(Parameters.load(MODEL), Build(octets))
    benchmark.pedantic(exchange.step, rounds=ROUNDS, warmup_rounds=WARM)
