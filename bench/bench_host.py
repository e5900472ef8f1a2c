"""Programs in this process: a handler's exchange, a filter on one packet and on a batch, each beside its peers.

`items` in a row's extra information is how many packets one round takes.
"""

from __future__ import annotations

import ctypes
from collections import deque
from typing import Any

import pytest

import dlcode
from bench.conftest import Records
from bench.libpcap import LIBRARY, LibpcapFilter
from dlcode_dsl import Packet, Verdict, run
from dlcode_jit.host import Lease

COPIES = 100  # of the shipped traffic: 100,000 packets, 11 MB, past the second-level cache


def settings(group: str) -> pytest.MarkDecorator:
    """Half a second for each row of a group."""
    return pytest.mark.benchmark(group=group, max_time=0.5)


increment = settings("one increment, frame in to answer")
single = settings("the web filter, one packet from Python")
batch = settings("the web filter, a batch")


# ---- the handler


@increment
def test_core_delivers_and_gives_the_answer(
    benchmark: Any, remote_increment: dlcode.Handler, increment_frame: bytes
) -> None:
    """Through the core in this process: demultiplexed, run on the owner's memory, the answer checked and taken."""
    core = dlcode.Core()
    addresses = {"mac": frozenset({increment_frame[:6]}), "ip4": frozenset({increment_frame[30:34]})}
    owner = core.environment("counter", dlcode.Capability(frozenset({"reply"}), addresses))
    with owner.download(remote_increment, counters=owner.region(32, 256)) as binding:

        def exchange() -> int:
            core.deliver(increment_frame)
            return len(core.sent())

        assert benchmark(exchange) == 1
        assert binding.stats.consumed == binding.stats.sent == binding.stats.tried > 0


@increment
def test_image_entered_directly(benchmark: Any, remote_increment: dlcode.Handler, increment_frame: bytes) -> None:
    """Only the image, on memory lent once; its effects are left in the queue."""
    packet = Packet.whole(increment_frame)
    lease = Lease(remote_increment.image, [(ctypes.c_uint32 * 256)()])
    assert benchmark(lambda: lease.enter(packet)) is Verdict.CONSUME


@increment
def test_interpreter(benchmark: Any, remote_increment: dlcode.Handler, increment_frame: bytes) -> None:
    """The meaning of the same program, executed node by node."""
    packet, memory = Packet.whole(increment_frame), {"counters": [0] * 256}
    assert benchmark(lambda: run(remote_increment.program, packet, memory)).verdict is Verdict.CONSUME


# ---- the filter on one packet


def each(function: Any, packets: list[bytes]) -> None:
    """Call on every packet, with as little of Python around the calls as there can be."""
    deque(map(function, packets), maxlen=0)


@single
def test_match(benchmark: Any, web: dlcode.Filter, packets: list[bytes]) -> None:
    """The builtin that a filter is."""
    benchmark.extra_info["items"] = len(packets)
    benchmark(each, web.match, packets)


@single
def test_len(benchmark: Any, packets: list[bytes]) -> None:
    """The cheapest call that Python has, for comparison."""
    benchmark.extra_info["items"] = len(packets)
    benchmark(each, len, packets)


@single
def test_interpreter_on_each_packet(benchmark: Any, web: dlcode.Filter, packets: list[bytes]) -> None:
    """The meaning of the same filter, executed node by node."""
    whole = [Packet.whole(packet) for packet in packets]
    benchmark.extra_info["items"] = len(packets)
    verdicts = benchmark(lambda: [run(web.program, packet).verdict for packet in whole])
    assert [verdict is Verdict.MATCH for verdict in verdicts] == list(map(web.match, packets))


# ---- the filter on a batch

sizes = pytest.mark.parametrize("copies", [1, COPIES], ids=["1,000", "100,000"])


@batch
@sizes
def test_scan(benchmark: Any, web: dlcode.Filter, traffic: Records, copies: int) -> None:
    """One native loop over all records, each place checked."""
    records = traffic.repeated(copies)
    expected = copies * web.image.count(traffic)  # the loop is compiled when it is first wanted
    benchmark.extra_info["items"] = len(records.offsets)
    assert benchmark(web.image.scan, records).count(1) == expected


@batch
@sizes
def test_libpcap_interprets(benchmark: Any, web: dlcode.Filter, traffic: Records, copies: int) -> None:
    """The same packets by libpcap's own interpreter, called from a native loop that checks nothing."""
    try:
        peer = LibpcapFilter("tcp port 80")
    except OSError:
        pytest.skip(f"the peer is not installed: {LIBRARY} (apt-get install libpcap0.8)")
    records = traffic.repeated(copies)
    benchmark.extra_info["items"] = len(records.offsets)
    assert benchmark(peer.count, records) == copies * web.image.count(traffic)
