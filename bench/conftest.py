"""What the benchmarks share: proved examples, packets of the shipped captures, and a clock that is emulated."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pytest

import dlcode
from dlcode.captures import open_capture, shipped
from dlcode.examples import example

PACKAGES = ("llvmlite", "z3-solver", "lark", "pytest-benchmark")


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    """Say what a run's figures depend on besides the machine: versions, and how busy it was."""
    machine_info["packages"] = {name: metadata.version(name) for name in PACKAGES}
    machine_info["load"] = f"{os.getloadavg()[0]:.1f}"


# ---- programs


@pytest.fixture(scope="session")
def web() -> dlcode.Filter:
    """The example filter of a web server's packets, proved."""
    program = dlcode.load(example("web"))["web"]
    assert isinstance(program, dlcode.Filter)
    return program


@pytest.fixture(scope="session")
def remote_increment() -> dlcode.Handler:
    """The example handler that adds to a counter and answers, proved."""
    program = dlcode.load(example("remote_increment"))["remote_increment"]
    assert isinstance(program, dlcode.Handler)
    return program


@pytest.fixture(scope="session")
def counter_client() -> dlcode.Handler:
    """The other end of `remote_increment`, proved: each answer is answered by the next request."""
    program = dlcode.load(example("counter_client"))["counter_client"]
    assert isinstance(program, dlcode.Handler)
    return program


# ---- packets


@dataclass(frozen=True)
class Records:
    """Packets in one buffer, as a filter's image scans them."""

    buffer: bytes
    offsets: array[int]
    lengths: array[int]
    wire_lengths: array[int]

    def repeated(self, copies: int) -> Records:
        """The same packets again and again, each copy at its own place in memory."""
        starts = range(0, copies * len(self.buffer), len(self.buffer))
        offsets = array("Q", (start + offset for start in starts for offset in self.offsets))
        return Records(self.buffer * copies, offsets, self.lengths * copies, self.wire_lengths * copies)


@pytest.fixture(scope="session")
def traffic() -> Records:
    """The thousand packets of the shipped mixed traffic, 112 KB: they fit a second-level cache."""
    with open_capture(shipped("mixed.pcap")) as capture:
        (batch,) = capture.batches()
    return Records(batch.buffer, batch.offsets, batch.lengths, batch.wire_lengths)


@pytest.fixture(scope="session")
def packets() -> list[bytes]:
    """The same thousand packets, each as bytes of its own."""
    with open_capture(shipped("mixed.pcap")) as capture:
        return [packet.data for packet in capture]


@pytest.fixture(scope="session")
def increment_frame() -> bytes:
    """The first frame of the shipped increments, one that the handler takes."""
    with open_capture(shipped("increments.pcap")) as capture:
        return next(iter(capture)).data


# ---- the emulated clock


class SimulatedClock:
    """A timer for pytest-benchmark that reads simulated time. It stands still but while the simulation is advanced."""

    def __init__(self) -> None:
        self.seconds: Callable[[], float] = lambda: 0.0

    def __call__(self) -> float:
        return self.seconds()

    def __repr__(self) -> str:
        return "simulated_time"


class Emulated:
    """A benchmark whose figures are times of an emulated machine, not of the one that emulates it.

    pytest-benchmark's own mode first asks how finely its timer ticks, and then calls the function often enough to fill
    a second by that timer. A clock that moves only inside the function never ticks for it, so each round here is one
    advance of the simulation, between two readings (pedantic mode).
    """

    def __init__(self, benchmark: Any, clock: SimulatedClock) -> None:
        self._benchmark, self._clock = benchmark, clock
        self.extra_info: dict[str, Any] = benchmark.extra_info
        self.extra_info["status"] = "executed"

    def __call__(
        self, advance: Callable[[], object], seconds: Callable[[], float], *, rounds: int = 20, warmup_rounds: int = 2
    ) -> Any:
        """Measure `advance`, which takes the simulation one step further, by `seconds`, its time. The last result.

        Raises AssertionError if a step took no time: then the two do not belong together.
        """
        self._clock.seconds = seconds

        def step() -> object:
            before = seconds()
            result = advance()
            assert seconds() > before, "the simulated clock stood still during a step"
            return result

        return self._benchmark.pedantic(step, rounds=rounds, warmup_rounds=warmup_rounds)


@pytest.fixture
def simulated_clock(request: pytest.FixtureRequest) -> SimulatedClock:
    """A clock that the fixture `benchmark` will take as its timer, if it is made after this one."""
    clock = SimulatedClock()
    given = request.node.get_closest_marker("benchmark")
    options = {"group": "emulated time", **(given.kwargs if given else {}), "timer": clock}
    request.node.add_marker(pytest.mark.benchmark(**options), append=False)
    return clock


@pytest.fixture
def emulated(simulated_clock: SimulatedClock, benchmark: Any) -> Emulated:  # in this order
    """`emulated(advance, seconds)` in the place of `benchmark(function)`; its figures stand in a group of their own."""
    return Emulated(benchmark, simulated_clock)
