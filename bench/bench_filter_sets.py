"""Merged sets: ten filters on the DECstation 5000/200 beside what was published, and up to a thousand on this machine.

`items` in a row's extra information is how many packets one round takes.
"""

from __future__ import annotations

from array import array
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import pytest

from bench.conftest import Emulated, Records
from bench.libpcap import LibpcapFilter
from dlcode_aegis_core.bindings import Capability
from dlcode_aegis_core.experiments.published import published
from dlcode_aegis_core.host import Core
from dlcode_dsl import Packet
from dlcode_jit.host import host_image
from dlcode_jit.layouts import BUFFER, PLAIN
from dlcode_jit.sets.host import MergedSet
from dlcode_jit.sets.r3000 import MipsSet
from dlcode_jit.targets import R3000
from dlcode_verifier import Certificate
from tests.jit.sets.filters import certificates, proved, segment
from tests.jit.sets.machine import SetMachine

MODEL = "dec5000-200"
TEN = 10
Ends = tuple[str, str, int, int]


def listening(number: int) -> Ends:
    """From anywhere to a port of this host."""
    return "192.0.2.9", "10.0.0.1", 5000, 1024 + 7 * number


def connected(number: int) -> Ends:
    """The ends of one of many connections, to few addresses and ports."""
    return f"192.0.{number // 250}.{number % 250}", f"10.0.0.{1 + number % 3}", 1024 + 37 * number, 80 + number % 4


def session(ends: Ends) -> str:
    """The filter of a connection."""
    source, target, sport, dport = ends
    return f"ipv4.src == {source} && ipv4.dst == {target} && ipv4/tcp.sport == {sport} && ipv4/tcp.dport == {dport}"


def port(ends: Ends) -> str:
    """The filter of who listens."""
    return f"ipv4.dst == {ends[1]} && ipv4/tcp.dport == {ends[3]}"


PLAINER = """
header ethernet { dst: mac, src: mac, type: u16
  next type { 0x0800 => ipv4 } }
header ipv4 { version: u4, ihl: u4 >= 5, tos: u8, length: u16, id: u16, frag: u16, ttl: u8, proto: u8, csum: u16
  src: ip4, dst: ip4, options: u8[(ihl - 5) * 4]
  next proto { 6 => tcp } }
header tcp { sport: u16, dport: u16 }
"""
"""Headers of which less is asked: not IP's version, nor whether it is a fragment, nor how long TCP's own header is."""

KINDS = {
    "ports of a host": ("", port, listening),
    "connections": ("", session, connected),
    "ports of a host, fewer tests": (PLAINER, port, listening),
    "connections, fewer tests": (PLAINER, session, connected),
}


@cache
def filters(kind: str, count: int) -> tuple[Certificate, ...]:
    """Proofs of so many filters."""
    headers, say, ends = KINDS[kind]
    named = (f"filter f{number} on ethernet {{ {say(ends(number))} }}\n" for number in range(count))
    return certificates(headers + "".join(named))


def packet(kind: str, number: int) -> bytes:
    """One that the filter of that number matches."""
    source, target, sport, dport = KINDS[kind][2](number)
    return segment(source, target, (sport, dport))


# ---- the R3000


@pytest.mark.benchmark(group="emulated time of telling ten TCP/IP filters apart, DECstation 5000/200")
@pytest.mark.parametrize("layout", [PLAIN, BUFFER], ids=["packet in the cache", "packet in buffer memory"])
@pytest.mark.parametrize("kind", KINDS)
def test_ten(emulated: Emulated, kind: str, layout: Any) -> None:
    """From call to return; code and tables are in the caches. Each packet is one filter's, in turn."""
    of = MipsSet(zip(filters(kind, TEN), range(TEN), strict=True), target=R3000.taking(layout))
    machine = SetMachine(of, MODEL)
    cycles, turn = [0], [0]

    def tell() -> object:
        number = turn[0] = (turn[0] + 1) % TEN
        found = machine.owner(Packet.whole(packet(kind, number)), warm=True)
        cycles.append(cycles[-1] + machine.cycles)
        return found == number

    assert emulated(tell, lambda: cycles[-1] / machine.cpu.clock_hz, rounds=2 * TEN)
    taken = {after - before for before, after in pairwise(cycles)}
    emulated.extra_info["cycles, least and most"] = [min(taken), max(taken)]
    dpf = published()["demux-dpf"]
    emulated.extra_info["published"] = {"value": dpf.value, "unit": dpf.unit, "source": dpf.source}
    for other in ("demux-pathfinder", "demux-mpf"):
        row = published()[other]
        emulated.extra_info[other] = f"{row.value} {row.unit} ({row.source}; published)"


# ---- this machine


COUNTS = (10, 100, 1000)


@cache
def traffic(count: int) -> Records:
    """Ten thousand packets in turn, each for one of so many connections."""
    frames = [packet("connections", number % count) for number in range(10_000)]
    lengths = array("I", map(len, frames))
    return Records(b"".join(frames), array("Q", accumulate(lengths[:-1], initial=0)), lengths, lengths)


@pytest.mark.benchmark(group="whose of so many connections, this machine", max_time=0.5)
@pytest.mark.parametrize("count", COUNTS)
def test_merged(benchmark: Any, count: int) -> None:
    """One native loop over the packets."""
    merged = MergedSet(zip(filters("connections", count), range(count), strict=True))
    records = traffic(count)
    benchmark.extra_info |= {"items": len(records.lengths), "entries compared at most": merged.probes}
    found = benchmark(merged.scan, records)
    assert [merged.owner_of(number) for number in found[:count]] == list(range(count))


@pytest.mark.benchmark(group="whose of so many connections, this machine", max_time=0.5)
@pytest.mark.parametrize("count", COUNTS[:2])
def test_images_in_turn(benchmark: Any, count: int) -> None:
    """Each filter's own image over all packets."""
    images = [host_image(one) for one in filters("connections", count)]
    records = traffic(count)
    benchmark.extra_info["items"] = len(records.lengths)
    assert benchmark(lambda: sum(image.count(records) for image in images)) == len(records.lengths)


@pytest.mark.benchmark(group="whose of so many connections, this machine", max_time=0.5)
@pytest.mark.parametrize("count", COUNTS)
def test_libpcap_in_turn(benchmark: Any, count: int) -> None:
    """Each filter's program for libpcap's interpreter over all packets."""
    words = "src host {} and dst host {} and tcp src port {} and dst port {}"
    programs = [LibpcapFilter(words.format(*connected(number))) for number in range(count)]
    records = traffic(count)
    benchmark.extra_info["items"] = len(records.lengths)
    assert benchmark(lambda: sum(one.count(records) for one in programs)) == len(records.lengths)


@pytest.mark.benchmark(group="one more filter in a set of a thousand, this machine", max_time=0.5)
def test_of_a_known_shape(benchmark: Any) -> None:
    """Taken in and out again: stores in a table."""
    *there, new = filters("connections", 1001)
    merged = MergedSet(zip(there, range(1000), strict=True))
    benchmark(lambda: merged.remove(merged.insert(new, "new")))
    assert merged.compilations == 1


@pytest.mark.benchmark(group="one more filter in a set of a thousand, this machine")
def test_of_a_new_shape(benchmark: Any) -> None:
    """The shape is proved, and all code is made anew."""
    there = filters("connections", 1000)
    new = iter(proved(*(f"ipv4/udp.dport > {number}" for number in range(5))))

    def fresh() -> tuple[tuple[MergedSet], dict[str, Any]]:
        return (MergedSet(zip(there, range(1000), strict=True)),), {}

    benchmark.pedantic(lambda merged: merged.insert(next(new), "new"), setup=fresh, rounds=5)


@pytest.mark.benchmark(group="a core delivers a packet to one of so many owners, this machine", max_time=0.5)
@pytest.mark.parametrize("count", [1, *COUNTS])
def test_deliver(benchmark: Any, count: int) -> None:
    """Through the core in this process, to the normal path of the owner that its filter names."""
    core = Core(Capability(), backlog=1)
    for number, one in enumerate(filters("connections", count)):
        core.environment(str(number)).download(one)
    frame = packet("connections", count - 1)
    assert benchmark(core.deliver, frame).binding is core.bindings[-1]
