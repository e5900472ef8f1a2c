"""A merged set on the R3000 says what the interpreter says, in every layout of packets, while filters come and go."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench import bench_filter_sets as ten
from bench.population import population
from dlcode_dsl.core.interpret import Packet
from dlcode_jit.errors import ImageError
from dlcode_jit.layouts import LAYOUTS
from dlcode_jit.sets.merged import Inserted
from dlcode_jit.sets.r3000 import MipsSet
from dlcode_jit.targets import R3000
from tests.jit.sets.filters import HERE, certificates, connection, listener, matches, proved, segment, traffic
from tests.jit.sets.machine import SetMachine
from tests.jit.sets.test_matching import MIXED, aimed


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_code_finds_the_owner_that_the_interpreter_finds(layout: str) -> None:
    filters = proved(*MIXED)
    target = R3000.taking(LAYOUTS[layout])
    machine = SetMachine(MipsSet([(one, number) for number, one in enumerate(filters)], target=target, options=HERE))
    for packet in aimed() + traffic(60):
        expected = [number for number, one in enumerate(filters) if matches(one, packet)]
        found = machine.owner(packet)
        assert found in expected if expected else found is None, packet


def test_a_population_is_told_apart_at_every_length() -> None:
    filters = certificates(population(25))
    machine = SetMachine(MipsSet([(one, "it") for one in filters], options=HERE))
    packets = traffic(40, seed=2) + [Packet.whole(segment()[:length]) for length in range(len(segment()) + 1)]
    for packet in packets:
        assert (machine.owner(packet) is not None) is any(matches(one, packet) for one in filters), packet


def test_a_filter_of_a_known_shape_is_a_few_words_to_be_stored() -> None:
    filters = proved(*(listener(port) for port in (80, 81, 8080)))
    of = MipsSet([(one, number) for number, one in enumerate(filters[:2])], options=HERE)
    machine = SetMachine(of)
    assert machine.owner(Packet.whole(segment(ports=(9, 8080)))) is None
    inserted = of.insert(filters[2], "new")
    assert 2 <= machine.update() <= 3
    assert machine.owner(Packet.whole(segment(ports=(9, 8080)))) == "new"
    of.remove(inserted)
    assert machine.update() == 1
    assert machine.owner(Packet.whole(segment(ports=(9, 8080)))) is None
    assert of.compilations == 1


def test_filters_that_come_and_go_are_those_that_are_found() -> None:
    rng = random.Random(4)
    numbers = range(30)
    filters = proved(*(connection(number) for number in numbers))
    of = MipsSet(options=HERE)
    machine = SetMachine(of)
    there: dict[int, Inserted] = {}
    for _ in range(60):
        number = rng.choice(numbers)
        if number in there:
            of.remove(there.pop(number))
        else:
            there[number] = of.insert(filters[number], number)
        machine.update()
        for probed in rng.sample(numbers, 3):
            packet = segment(f"192.0.2.{probed % 7}", f"10.0.0.{probed % 3}", (1024 + probed, 80 + probed % 2))
            assert machine.owner(Packet.whole(packet)) == (probed if probed in there else None)
    assert of.compilations < 12  # by growth and by new parts of the key, not by each filter


@pytest.mark.parametrize("base", [4, -16, 1 << 32])
def test_code_lies_where_an_image_may(base: int) -> None:
    with pytest.raises(ImageError) as refused:
        MipsSet(options=HERE).code.place(base)
    assert refused.value.code == "placement"


@pytest.mark.parametrize(("kind", "most"), [("ports of a host", 41), ("connections", 45)])
def test_ten_filters_are_told_apart_in_the_cycles_that_are_recorded(kind: str, most: int) -> None:
    """On the 5000/200 with everything in the caches; the same for each of the ten."""
    of = MipsSet(zip(ten.filters(kind, 10), range(10), strict=True), options=HERE)
    machine = SetMachine(of, "dec5000-200")
    for number in range(10):
        assert machine.owner(Packet.whole(ten.packet(kind, number)), warm=True) == number
        assert machine.cycles <= most
    recorded = (Path(__file__).parents[3] / "docs" / "figures.md").read_text(encoding="utf-8")
    assert f"| {most} cycles, {most / 25:.2f} us |" in recorded


def test_a_field_behind_the_last_byte_is_not_what_lies_there() -> None:
    """The filter asks for what memory is filled with behind the packet, and each field is tested for by itself."""
    filters = proved("ipv4/tcp.window == 0xa5a5", "ipv4/tcp.ackf == 1 && ipv4/tcp.urgent == 0xa5a5")
    machine = SetMachine(MipsSet([(one, "it") for one in filters], options=HERE))
    frame = segment()[:47] + b"\x10" + b"\xa5" * 8
    for length in range(len(frame) + 1):
        packet = Packet.whole(frame[:length])
        assert (machine.owner(packet) is not None) is any(matches(one, packet) for one in filters), length
