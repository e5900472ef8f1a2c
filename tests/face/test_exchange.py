"""`dlcode sim exchange`: rows beside what was published, predictions checked, bad settings refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlcode.command_line import main
from dlcode.commands.sim.experiments import EXPERIMENTS
from dlcode_aegis_core.experiments.exchange.predictions import LEARNED, PREDICTIONS
from dlcode_aegis_core.experiments.exchange.rows import ROWS
from dlcode_aegis_core.machine.parameters import Parameters


def exchange(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["sim", "exchange", *words, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_rows_stand_beside_the_published_ones_and_the_calibrated_one_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sim", "exchange", "--orders", "1"]) == 0
    head, names, *rows, foot = capsys.readouterr().out.splitlines()
    assert head == "60 bytes to and fro between two DECstation 5000/200, us a round trip"
    assert names.split() == ["row", "published", "emulated", "ratio"]
    assert [row.split()[:2] for row in rows] == [
        ["wire", "115"],
        ["controller", "51"],
        ["transfer", "40"],
        ["vectoring", "25"],
        ["service", "26"],
        ["round", "trip"],
    ]
    assert [row.split()[0] for row in rows if "calibrated" in row] == ["controller"]
    assert foot.endswith("published: DEC5000/200, tl93 Table I, rows of 257 in all")


def test_json_holds_the_same_rows_with_their_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    found = exchange(capsys, "--orders", "2")
    assert (found["machine"], found["octets"], found["orders"], found["status"]) == ("dec5000-200", 60, 2, "executed")
    assert [row["name"] for row in found["rows"]] == [*ROWS, "round trip"]
    assert [row["name"] for row in found["rows"] if row["calibrated"]] == ["controller"]
    whole = found["rows"][-1]
    assert whole["published"] == 253
    assert whole["ratio"] == round(whole["emulated"] / 253, 3)
    assert found["least"] <= whole["emulated"] <= found["most"]


def test_another_machine_than_the_papers_stands_beside_its_rows_without_a_ratio(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = exchange(capsys, "--orders", "1", "--machine", "5000/125")
    assert found["machine"] == "dec5000-125"
    assert all("published" in row and "ratio" not in row for row in found["rows"])


def test_frames_that_the_paper_has_no_figures_for_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    found = exchange(capsys, "--orders", "1", "--octets", "100", "--set", "lance.bus_word_ns=500")
    assert found["settings"] == {"lance.bus_word_ns": 500}
    assert all("published" not in row and "ratio" not in row for row in found["rows"])


def test_predictions_are_printed_with_what_came_and_where_they_missed(capsys: pytest.CaptureFixture[str]) -> None:
    found = exchange(capsys, "--predictions")["predictions"]
    assert [each["name"] for each in found] == [each.name for each in PREDICTIONS]
    missed = {(each["name"], row) for each in found for row, said in each["rows"].items() if said["missed"]}
    assert missed == set(LEARNED) == {(each["name"], row) for each in found for row in each["learned"]}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--machine", "3100"), "no driver for the DECstation 3100"),
        (("--machine", "vax"), "vax"),
        (("--octets", "59"), "60 to 1514 bytes"),
        (("--orders", "0"), "--orders takes"),
        (("--set", "memory.bytes=4096"), "bytes of memory"),
        (("--set", "lance_buffer.bytes=4096"), "does not expect"),
        (("--set", "cpu.clock_hz=1"), "nothing came back"),
        (("--predictions", "--set", "cpu.clock_hz=1"), "--predictions"),
    ],
)
def test_what_cannot_be_is_said_and_exits_with_2(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert main(["sim", "exchange", "--orders", "1", *words]) == 2
    assert reason in capsys.readouterr().err


def test_the_exchange_can_be_swept() -> None:
    experiment = EXPERIMENTS["exchange"]
    slow = Parameters.load(experiment.model).replace({"lance.bus_word_ns": 800})
    assert experiment.microseconds(slow, 1) > experiment.microseconds(Parameters.load(experiment.model), 1)
