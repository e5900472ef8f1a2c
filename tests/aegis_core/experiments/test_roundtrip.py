"""The round trip is executed: it moves with its inputs by what they should cost, and is the sum of its parts."""

from __future__ import annotations

import pytest

import dlcode
from dlcode.examples import example
from dlcode_aegis_core.experiments.published import published
from dlcode_aegis_core.experiments.roundtrip import CLIENT, MODEL, SERVER, Exchange, NoAnswer, Summary, measure
from dlcode_aegis_core.kernel import boot
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_verifier import Certificate

ROUNDS = 24
PARAMETERS = Parameters.load(MODEL)


def certificate(source: str, name: str) -> Certificate:
    return dlcode.load(example(source))[name].certificate


@pytest.fixture(scope="module")
def server() -> Certificate:
    return certificate("remote_increment", "remote_increment")


@pytest.fixture(scope="module")
def client() -> Certificate:
    return certificate("counter_client", "counter_client")


@pytest.fixture(scope="module")
def plain(server: Certificate, client: Certificate) -> Summary:
    return measure(PARAMETERS, server, client, ROUNDS)


def test_a_wire_of_twice_the_rate_saves_half_the_time_of_two_frames(
    server: Certificate, client: Certificate, plain: Summary
) -> None:
    """Two frames of 72 bytes take 115.2 us at 10 Mbit/s. What else changes is phase: less than a microsecond."""
    fast = measure(PARAMETERS.replace({"wire.bits_per_second": 20_000_000}), server, client, ROUNDS)
    assert plain.parts["wire"] == 115.2
    assert fast.parts["wire"] == 57.6
    assert plain.microseconds - fast.microseconds == pytest.approx(57.6, abs=1.0)


def test_a_hundred_more_instructions_on_the_receive_path_cost_a_hundred_cycles_at_each_end(
    server: Certificate, client: Certificate, plain: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = boot._kernel_source()
    longer = source.replace("\ncopy_in:\n", "\ncopy_in:\n" + 100 * "        or $t0, $zero, $zero\n")
    assert longer != source
    monkeypatch.setattr(boot, "_kernel_source", lambda: longer)
    slower = measure(PARAMETERS, server, client, ROUNDS)
    expected = 2 * 100 / PARAMETERS.integer("cpu.clock_hz") * 1e6
    assert slower.microseconds - plain.microseconds == pytest.approx(expected, abs=1.0)
    assert slower.parts["wire"] == plain.parts["wire"]


def test_twice_the_clock_halves_what_only_the_processor_does(
    server: Certificate, client: Certificate, plain: Summary
) -> None:
    """The wire takes as long as before; memory has its own pace, so the machines' parts fall by less than half."""
    twice = measure(PARAMETERS.replace({"cpu.clock_hz": 50_000_000}), server, client, ROUNDS)
    assert twice.parts["wire"] == plain.parts["wire"]
    for end in (SERVER, CLIENT):
        assert 0.5 * plain.parts[end] <= twice.parts[end] < 0.8 * plain.parts[end]


def test_a_round_trip_is_the_sum_of_its_parts_and_a_machines_part_that_of_its_routines(
    server: Certificate, client: Certificate
) -> None:
    exchange = Exchange.start(PARAMETERS, server, client)
    began = exchange.now_seconds
    rounds = [exchange.step() for _ in range(3)]
    took = (exchange.now_seconds - began) * 1e12
    assert sum(one.picoseconds for one in rounds) == pytest.approx(took, rel=1e-9)
    for one in rounds:
        for end in (SERVER, CLIENT):
            cycles = sum(one.routines[end].values())
            assert one.parts[end] == cycles * 10**12 // PARAMETERS.integer("cpu.clock_hz")


def test_the_counter_really_counts(server: Certificate, client: Certificate) -> None:
    """The server's memory holds what was asked for, and both kernels counted every frame."""
    exchange = Exchange.start(PARAMETERS, server, client)
    for _ in range(5):
        exchange.step()
    region = exchange.server.bindings[0].regions[0]
    answered = exchange.server.binding_counter(0, "CONSUMED")
    assert answered >= 6
    assert exchange.server.word(region + 4 * 3) == answered
    assert exchange.client.binding_counter(0, "WITHHELD") == 0


def test_a_server_that_answers_nothing_is_an_error_and_no_figure(client: Certificate) -> None:
    silent = dlcode.loads(
        "handler silent(m: incr) on ipv4/udp.dport == 7000 owns seen: u32 { seen +%= 1\n consume }\n"
        "message incr { op: u8 == 1, pad: u8, slot: u16, delta: u32 }\n"
    )["silent"].certificate
    with pytest.raises(NoAnswer, match="nothing came back"):
        Exchange.start(PARAMETERS, silent, client)


def test_the_published_figure_is_quoted_with_its_source(plain: Summary) -> None:
    assert plain.published is published()["exos-ash"]
    assert (plain.published.value, plain.published.unit, plain.published.source) == (259, "us", "sosp95 Table 11")
