"""One program five ways: interpreted, with a check at each access, with masks, proved, and unsafe.

What the ways are stands in `five_ways.py`, which also keeps a run and draws it.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench.five_ways import GUARDING, RUNS, bed, experiments, interpreted, subjects
from dlcode_dsl import run
from dlcode_jit.outcome import cells_from_bytes, region_size

NAMES = tuple(subjects())


@pytest.mark.parametrize("name", NAMES)
def test_interpreted(benchmark: Any, name: str) -> None:
    """The meaning of the program, executed node by node."""
    benchmark.group = f"five ways: {name}"
    benchmark.pedantic(interpreted(name), rounds=9, warmup_rounds=1)


@pytest.mark.parametrize("way", GUARDING)
@pytest.mark.parametrize("name", NAMES)
def test_compiled(benchmark: Any, name: str, way: str) -> None:
    """A native loop that enters the code; it did the work if one run of it leaves what the interpreter leaves."""
    code, subject = experiments(name)[way], subjects()[name]
    once = bed(name, code)
    once.run(code.address, 1)
    zero = {region.name: [0] * region.count for region in subject.program.regions}
    expected = run(subject.program, subject.packet, zero).memory
    for region, data in zip(subject.program.regions, once.regions(), strict=True):
        assert cells_from_bytes(region, data[: region_size(region)]) == expected[region.name]
    benchmark.group = f"five ways: {name}"
    benchmark.extra_info["items"] = RUNS
    benchmark.pedantic(bed(name, code).run, (code.address, RUNS), rounds=31, warmup_rounds=2)
