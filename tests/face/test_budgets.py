"""Budgets in cycles: confirmed by the code for their machine, or refused by it, with what costs most."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dlcode
from dlcode.budgets import OverCycles
from dlcode.command_line import main
from dlcode.judging import judge_text
from dlcode_aegis_core.machine.bounds import image_timing
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_jit import mips_code

EXAMPLES = Path(__file__).parents[2] / "examples"

SUM = """
message words { op: u8 == 1, pad: u8 }
handler sum(m: words) on ipv4/udp.dport == 7000
  owns    total: u32
  cost    <= BUDGET
{
  for i in 0 .. payload.len { total +%= payload[i] }
  consume
}
"""


def summing(budget: str) -> str:
    """The source with a budget."""
    return SUM.replace("BUDGET", budget)


def test_a_budget_that_the_code_keeps_is_confirmed() -> None:
    judged = judge_text(summing("2000000 cycles on dec5000-125"), "sum.ash")
    (found,) = judged.judgements
    assert (found.verdict, judged.diagnostics) == ("proved", ())
    assert found.cycles is not None
    assert 200_000 < found.cycles <= 2_000_000


def test_a_budget_that_the_code_exceeds_is_refused_and_the_loop_named() -> None:
    """Neither refuted nor unproved, but too dear: there is no packet to show."""
    judged = judge_text(summing("1000 cycles on dec5000-125"), "sum.ash")
    (found,) = judged.judgements
    assert isinstance(found.answer, OverCycles)
    assert (found.verdict, found.refutations, found.certificate) == ("refused", (), None)
    (said,) = judged.diagnostics
    assert (said.code.name, said.primary.text) == ("ASH3001", "allows 1000 cycles")
    assert f"takes {found.cycles} cycles on dec5000-125" in said.notes[0]
    assert "for a packet of 262144 bytes" in said.notes[0]
    assert "turns" in said.labels[0].text
    assert said.labels[0].span.text.startswith("for i in")
    with pytest.raises(dlcode.Refused) as refused:
        dlcode.loads(summing("1000 cycles on dec5000-125"))
    assert refused.value.witness is None


def test_one_cycle_decides() -> None:
    (found,) = judge_text(summing("2000000 cycles on dec5000-200"), "sum.ash").judgements
    most = found.cycles
    assert most is not None
    (kept,) = judge_text(summing(f"{most} cycles on dec5000-200"), "sum.ash").judgements
    (exceeded,) = judge_text(summing(f"{most - 1} cycles on dec5000-200"), "sum.ash").judgements
    assert (kept.verdict, exceeded.verdict) == ("proved", "refused")


def test_a_budget_on_a_machine_that_is_not_known_stays_unchecked() -> None:
    judged = judge_text(summing("1000 cycles on vax11-780"), "sum.ash")
    (found,) = judged.judgements
    (said,) = judged.diagnostics
    assert (found.verdict, found.cycles, said.code.name) == ("proved", None, "ASH3002")
    assert "dec5000-125" in said.notes[-1]


def test_check_says_how_many_cycles_a_handler_takes(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(EXAMPLES / "remote_increment.ash")
    assert main(["check", path]) == 0
    shown = capsys.readouterr()
    assert "ASH3002" not in shown.err
    module = dlcode.load(path)
    most = module["remote_increment"].cycles().warm(1514)
    assert f"at most {most} cycles on dec5000-125" in shown.out
    assert main(["check", "--format", "json", path]) == 0
    (row,) = json.loads(capsys.readouterr().out)["sources"][0]["programs"]
    assert row["cycles"] == most <= 400
    assert f"at most {most} cycles" in " ".join((EXAMPLES.parent / "README.md").read_text().split())


def test_a_handler_tells_its_bounds_on_each_machine() -> None:
    handler = dlcode.load(EXAMPLES / "remote_increment.ash")["remote_increment"]
    (code,) = mips_code([handler.certificate])
    for name in ("dec2100", "dec3100", "dec5000-125", "dec5000-200"):
        bound = handler.cycles(name)
        assert bound.warm(60) == code.cycles(image_timing(Parameters.load(name))).warm(60)
        assert bound.warm(60) < bound.safe(60)
