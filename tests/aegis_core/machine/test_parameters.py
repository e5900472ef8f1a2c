"""The model's table: every number has a source, and only sensible values replace one."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.parameters import BadParameter, Entry, Parameters, UnknownParameter, models

MODELS = [Parameters.load(model) for model in models()]
ENTRIES = [pytest.param(entry, id=f"{model.model} {entry.name}") for model in MODELS for entry in model.entries()]


def test_there_are_four_models() -> None:
    titles = ["DECstation 2100", "DECstation 3100", "DECstation 5000/125", "DECstation 5000/200"]
    assert [model.title for model in MODELS] == titles


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_number_has_a_unit_a_source_and_a_confidence_and_an_assumed_one_a_range(entry: Entry) -> None:
    assert entry.unit
    assert entry.source
    assert entry.confidence in "ABCD"
    if entry.confidence == "D":
        assert entry.range is not None
    if entry.range is not None:
        assert entry.range[0] <= entry.value <= entry.range[1]


def test_one_number_alone_is_calibrated_and_is_the_same_row_in_every_model() -> None:
    calibrated = [entry for model in MODELS for entry in model.entries() if entry.status == "calibrated"]
    assert [entry.name for entry in calibrated] == ["lance.undocumented_delay_ns"] * 4
    assert len(set(calibrated)) == 1


def test_the_calibrated_delay_is_what_its_source_says() -> None:
    """25.5 us, less 21 bus words of a 60-octet frame at both ends."""
    words = 3 + 8 + 8 + 2
    for model in MODELS:
        assert model["lance.undocumented_delay_ns"] == 25_500 - words * model["lance.bus_word_ns"]


def test_what_is_true_of_the_chip_and_the_wire_is_the_same_in_every_model() -> None:
    shared = ("wire.", "transceiver.", "lance.bus", "lance.fifo", "lance.burst", "lance.poll", "lance.undocumented")
    for name in (name for name in MODELS[0] if name.startswith(shared)):
        assert len({model.entry(name) for model in MODELS}) == 1, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.model)
def test_a_sweep_takes_every_assumed_number_to_both_ends_of_its_range(model: Parameters) -> None:
    swept = list(model.sweep())
    assert {each.name for each in swept} >= {entry.name for entry in model.entries() if entry.confidence == "D"}
    for each in swept:
        others = {name: value for name, value in each.parameters.items() if name != each.name}
        assert others == {name: value for name, value in model.items() if name != each.name}
        assert each.parameters[each.name] == each.value
    ends = [each.value for each in swept if each.name == "memory.read_sync_ns"]
    assert tuple(ends) == model.entry("memory.read_sync_ns").range


def test_replacing_a_value_leaves_the_model_as_it_was() -> None:
    model = Parameters.load("dec5000-125")
    faster = model.replace({"wire.bits_per_second": 20_000_000})

    assert faster["wire.bits_per_second"] == 20_000_000
    assert model["wire.bits_per_second"] == 10_000_000
    assert faster.entry("wire.bits_per_second").source == model.entry("wire.bits_per_second").source
    assert list(faster) == list(model)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wire.bit_per_second", "did you mean wire.bits_per_second"),
        ("cpu.clok_hz", "did you mean cpu.clock_hz"),
        ("nonsense", 'no parameter "nonsense" in model dec5000-125'),
    ],
)
def test_an_unknown_name_is_refused_with_near_matches(name: str, hint: str) -> None:
    model = Parameters.load("dec5000-125")
    with pytest.raises(UnknownParameter, match=hint):
        model.replace({name: 1})
    with pytest.raises(UnknownParameter, match=hint):
        model[name]
    assert name not in model


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("cpu.clock_hz", 0, "at least 1 Hz"),
        ("cpu.clock_hz", -5, "at least 1 Hz"),
        ("cpu.clock_hz", "25 MHz", "a number of Hz"),
        ("cpu.clock_hz", True, "a number of Hz"),
        ("cpu.clock_hz", 2.5, "a whole number of Hz"),
        ("cpu.clock_hz", float("nan"), "a whole number"),
        ("cache.data_bytes", 3000, "a power of two"),
        ("write_buffer.depth", 0, "at least 1"),
        ("ioasic.interrupt_line", 6, "at most 5"),
        ("cache.instruction_bytes", 1 << 40, "at most 16777216 bytes"),
        ("rtc.base", 1 << 32, "at most 536870911 address"),
        ("rtc.access_ns", 1e300, "at most 1000000000 ns"),
        ("cpu.processor_id", 1 << 32, "at most 4294967295 PRId"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(BadParameter, match=reason):
        Parameters.load("dec5000-125").replace({name: value})


def test_a_whole_number_may_be_given_as_a_float() -> None:
    assert Parameters.load("dec5000-125").replace({"cpu.clock_hz": 50e6}).integer("cpu.clock_hz") == 50_000_000


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownParameter, match="did you mean dec5000-"):
        Parameters.load("dec5000-120")
