"""Fixtures: machines without CPUs on one wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.processor import Engine
from dlcode_aegis_core.machine.wire import Wire
from tests.aegis_core.machine.processor import Program
from tests.aegis_core.machine.rig import PARAMETERS, Rig

ADDRESSES = [bytes.fromhex(f"08002b0000{i:02x}") for i in range(1, 9)]

MakeRigs = Callable[..., list[Rig]]


@pytest.fixture
def make_rigs() -> MakeRigs:
    """Make rigs named a, b, ... on one wire with a seed, with changes to the parameters."""

    def make(count: int = 2, seed: int = 0, **changes: int | float) -> list[Rig]:
        parameters = PARAMETERS.replace({name.replace("__", "."): value for name, value in changes.items()})
        wire = Wire(parameters, seed)
        return [Rig(wire, parameters, name, ADDRESSES[i]) for i, name in enumerate("abcdefgh"[:count])]

    return make


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Have programs run on each processor in turn."""
    monkeypatch.setattr(Program, "engine", request.param)
    name: Engine = request.param
    return name
