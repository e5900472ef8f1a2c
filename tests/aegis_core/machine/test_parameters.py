"""The model's table: every number has a source, and only sensible values replace one."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.machine.parameters import BadParameter, Entry, Parameters, UnknownParameter, models

ENTRIES = [entry for model in models() for entry in Parameters.load(model).entries()]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_number_has_a_unit_a_source_and_a_confidence_and_an_assumed_one_a_range(entry: Entry) -> None:
    assert entry.unit
    assert entry.source
    assert entry.confidence in "ABCD"
    if entry.confidence == "D":
        assert entry.range is not None
    if entry.range is not None:
        assert entry.range[0] <= entry.value <= entry.range[1]


def test_one_number_alone_is_calibrated() -> None:
    assert [entry.name for entry in ENTRIES if entry.status == "calibrated"] == ["lance.undocumented_delay_ns"]


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
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(BadParameter, match=reason):
        Parameters.load("dec5000-125").replace({name: value})


def test_a_whole_number_may_be_given_as_a_float() -> None:
    assert Parameters.load("dec5000-125").replace({"cpu.clock_hz": 50e6}).integer("cpu.clock_hz") == 50_000_000


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownParameter, match="did you mean dec5000-125"):
        Parameters.load("dec5000-120")
