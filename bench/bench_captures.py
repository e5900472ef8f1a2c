"""How long it takes to find the packets of a capture, and to give them one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlcode.captures import open_capture, shipped, write_capture

settings = pytest.mark.benchmark(group="a capture of 100,000 packets, read")

COPIES = 100  # of the shipped mixed traffic: 100,000 packets, 11 MB


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of a hundred thousand packets."""
    path = tmp_path_factory.mktemp("captures") / "large.pcap"
    packets = list(open_capture(shipped("mixed.pcap")))
    assert write_capture(path, packets * COPIES) == 1000 * COPIES
    return path


@settings
def test_index_a_capture(benchmark: Any, large: Path) -> None:
    """One pass in batches, as native code takes them."""
    benchmark.extra_info["items"] = 1000 * COPIES
    count = benchmark(lambda: sum(len(batch) for batch in open_capture(large).batches()))
    assert count == 1000 * COPIES


@settings
def test_iterate_a_capture(benchmark: Any, large: Path) -> None:
    """One pass that makes a value of each packet."""
    benchmark.extra_info["items"] = 1000 * COPIES
    count = benchmark(lambda: sum(1 for _ in open_capture(large)))
    assert count == 1000 * COPIES
