"""The bare exchange is executed: its frames arrive, its rows are the whole, and it moves as was predicted."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from dlcode_aegis_core.experiments.exchange.orders import over_orders
from dlcode_aegis_core.experiments.exchange.predictions import LEARNED, PREDICTIONS, check
from dlcode_aegis_core.experiments.exchange.program import Build, link
from dlcode_aegis_core.experiments.exchange.rows import (
    CALIBRATED,
    OCTETS,
    ROUTINES,
    ROWS,
    Exchange,
    Figures,
    NoAnswer,
    frame,
    measure,
    published_rows,
)
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station

MODELS = ("dec5000-200", "dec5000-125")
PARAMETERS = Parameters.load("dec5000-200")
ROUNDS = 4


@pytest.fixture(scope="module")
def plain() -> Figures:
    return measure(PARAMETERS, rounds=ROUNDS)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("octets", [60, 61, 1513, 1514])
def test_each_end_gets_the_others_frame_into_its_memory_whole(model: str, octets: int) -> None:
    exchange = Exchange.start(Parameters.load(model), Build(octets))
    assert exchange.received(0) == exchange.received(1) == bytes(octets)
    for _ in range(2):
        exchange.step()
    assert (exchange.received(0), exchange.received(1)) == (frame(1, octets), frame(0, octets))
    assert frame(0, octets) != frame(1, octets)


@pytest.mark.parametrize("model", MODELS)
def test_a_round_trip_is_the_sum_of_its_rows_to_the_picosecond(model: str) -> None:
    exchange = Exchange.start(Parameters.load(model))
    began = exchange.now_seconds
    rounds = [exchange.step() for _ in range(5)]
    assert sum(one.picoseconds for one in rounds) == round((exchange.now_seconds - began) * 1e12)
    for one in rounds:
        for row in set(ROUTINES.values()):
            assert one.rows[row] == sum(time for name, time in one.routines.items() if ROUTINES[name] == row)


def test_every_picosecond_of_the_processors_lies_in_a_routine_of_the_path() -> None:
    """What was written down before the first run is what runs."""
    exchange = Exchange.start(PARAMETERS)
    path = set(ROUTINES) - {"gone", "start"}
    assert all(set(exchange.step().routines) == path for _ in range(3))


def test_the_wire_and_the_calibrated_row_are_what_was_published_and_no_other_row_is_made_to_be(plain: Figures) -> None:
    paper = published_rows(60)
    assert plain.rows["wire"] == pytest.approx(paper["wire"].value, abs=0.5)
    assert plain.rows[CALIBRATED] == pytest.approx(paper[CALIBRATED].value, abs=0.6)
    missed = [row for row in ROWS if abs(plain.rows[row] / paper[row].value - 1) > 0.1]
    assert missed == ["transfer", "vectoring", "service"], "docs/figures.md tells of these"


def test_the_longest_frames_come_within_a_hundredth_of_what_was_measured() -> None:
    """Most of it is wire and copying; nothing was fitted to it."""
    assert measure(PARAMETERS, Build(1514), ROUNDS).whole == pytest.approx(
        published_rows(1514)["measured"].value, rel=0.01
    )


def test_what_was_published_adds_up_as_it_says() -> None:
    for octets in OCTETS:
        paper = published_rows(octets)
        assert sum(paper[row].value for row in ROWS) == paper["sum"].value
    assert published_rows(100) == {}


def test_every_change_moves_the_rows_as_predicted_but_for_those_that_taught_something() -> None:
    wrong = set()
    for each in check(ROUNDS):
        wrong |= {(each.prediction.name, row) for row in each.wrong}
        for row, (least, most) in each.prediction.rows.items():
            if least > 0 or most < 0:
                assert each.moved[row] * least > 0, f"{each.prediction.name}: {row} went the other way"
    assert wrong == set(LEARNED)


def test_each_prediction_names_rows_and_changes_one_thing() -> None:
    names = [each.name for each in PREDICTIONS]
    assert len(set(names)) == len(names)
    for each in PREDICTIONS:
        assert set(each.rows) <= set(ROWS)
        assert bool(each.change) != bool(each.longer)


def test_an_order_is_a_link_of_the_same_pieces_elsewhere() -> None:
    usual, other = link(PARAMETERS, Build(), True), link(PARAMETERS, Build(seed=1), True)
    assert sorted(usual.pieces) == sorted(other.pieces)
    assert usual.pieces != other.pieces
    assert usual.symbols["general_exception"] == other.symbols["general_exception"] == 0x80000080
    assert link(PARAMETERS, Build(seed=1), True).assembly.segments == other.assembly.segments


def test_an_order_costs_what_the_caches_make_it_cost_and_nothing_where_they_are_large() -> None:
    """Seeds 0 to 19 hold an order whose pieces share places in the caches; with caches of 256 KB none do."""
    orders = over_orders(PARAMETERS, Build(), 20, 1)
    assert orders.least == orders.whole < orders.most
    worst = max(range(20), key=lambda seed: orders.each[seed].whole)
    roomy = PARAMETERS.replace({"cache.instruction_bytes": 1 << 18, "cache.data_bytes": 1 << 18})
    assert measure(roomy, Build(seed=worst), 1).whole == orders.least


def test_instructions_are_added_where_a_label_is_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="nowhere is no label"):
        link(PARAMETERS, Build(longer=("nowhere", 1)), True)


def test_an_interrupt_whose_cause_has_gone_is_returned_from() -> None:
    """With twice the clock, handlers return while the store that acknowledged is still in the write buffer."""
    exchange = Exchange.start(PARAMETERS.replace({"cpu.clock_hz": 50_000_000}))
    stations = [end.station for end in exchange.ends]
    cpu, gone = stations[0].cpu, exchange.ends[0].program.symbols["gone"]
    cpu.breakpoints = {gone}
    run_together(stations, lambda: cpu.stopped_at is not None or stations[1].settled_ps > 10**10)
    assert cpu.stopped_at == gone
    cpu.breakpoints = set()
    assert exchange.step().picoseconds > 0


def test_what_cannot_be_measured_is_an_error_and_no_figure() -> None:
    with pytest.raises(BeyondModel, match="no driver for the DECstation 3100"):
        measure(Parameters.load("dec3100"))
    for octets in (59, 1515):
        with pytest.raises(BadParameter, match="60 to 1514"):
            measure(PARAMETERS, Build(octets))
    with pytest.raises(BeyondModel, match="too long for this wire"):
        measure(PARAMETERS.replace({"wire.bits_per_second": 100_000_000}))


def test_a_program_that_gives_up_is_no_answer() -> None:
    """A frame that is damaged, a full ring, an exception: the program stops, and the experiment says so."""
    exchange = Exchange.start(PARAMETERS)
    station = exchange.ends[1].station
    station.cpu.pc = exchange.ends[1].program.symbols["unexpected"]
    with pytest.raises(NoAnswer, match="second came upon what it does not expect"):
        exchange.step()


def test_both_engines_take_as_long(plain: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    python = partial(Station, engine="python")
    monkeypatch.setattr("dlcode_aegis_core.experiments.exchange.rows.Station", python)
    assert measure(PARAMETERS, rounds=1) == plain


# ---- docs/figures.md


def documented(model: str, octets: int) -> tuple[list[float], list[float]]:
    """What the document's table says was emulated: rows and whole, and the least and most of 20 orders."""
    machine = model.removeprefix("dec").replace("-", "/")
    text = (Path(__file__).parents[3] / "docs" / "figures.md").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {octets} bytes, {machine}, emulated |"))
    *numbers, span = (cell.strip() for cell in line.split("|")[2:-1])
    return [float(number) for number in numbers], [float(end) for end in span.split("..")]


@pytest.mark.parametrize("model", MODELS)
def test_the_documented_figures_of_the_least_frames_are_what_comes_out(model: str) -> None:
    orders = over_orders(Parameters.load(model), Build(), rounds=1)
    rows, span = documented(model, 60)
    assert rows == [round(value, 1) for value in (*orders.rows.values(), orders.whole)]
    assert span == [round(orders.least, 1), round(orders.most, 1)]


@pytest.mark.parametrize("model", MODELS)
def test_the_documented_figures_of_the_longest_frames_are_what_comes_out(model: str) -> None:
    """In the order of the source, which is like most; benchmarks go through the 20 others."""
    figures = measure(Parameters.load(model), Build(1514), 1)
    rows, span = documented(model, 1514)
    assert rows == [round(value, 1) for value in (*figures.rows.values(), figures.whole)]
    assert span[0] == rows[-1] < span[1]
