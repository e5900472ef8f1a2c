"""What is said of a refused program with loops: text in, text out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl import Source, compile_source
from dlcode_dsl.core import form
from dlcode_dsl.core.form import U8, U32
from dlcode_dsl.rendering import render
from dlcode_verifier import Proved, verify
from dlcode_verifier.facts import AtMostZero, Claimed, Multiple, Sum
from dlcode_verifier.words import Words
from tests.data_files import Case, cases, each_case
from tests.verifier.support import HERE, program

REFUSED = Path(__file__).parent / "data" / "refused"


@each_case(REFUSED / "reports.test")
def test_a_refusal_tells_what_leads_there_and_what_helps(case: Case, request: pytest.FixtureRequest) -> None:
    """The turn that faults, values on the way, tests that were too weak; for a budget, each loop's turns and why."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.diagnostics
    (tried,) = compiled.programs
    answer = verify(tried, options=HERE)
    assert not isinstance(answer, Proved)
    case.expect({"diagnostics": render(answer.diagnostics)}, request)


def test_the_same_is_said_on_every_run() -> None:
    for case in cases(REFUSED / "reports.test")[:3]:
        (tried,) = compile_source(Source("case.ash", case.input)).programs
        said = [render(verify(tried, options=HERE).diagnostics) for _ in range(2)]
        assert said[0] == said[1]


def test_sums_and_facts_are_said_in_the_words_of_the_source() -> None:
    text = "var %at: u32 = 0:u32 if (%at < extent(packet)) { exit pass } exit drop"
    words = Words(program(text))
    at, length, narrow = form.Variable("at", U32), form.Extent("packet"), form.Variable("n", U8)
    difference = Sum(((1, length), (-1, at)))
    assert words.sum(difference) == "extent(packet) - %at"
    assert words.sum(Sum(((-1, at),), 15)) == "15 - %at"
    assert words.sum(Sum(((2, at), (1, form.Convert("widen", narrow, U32))), -3)) == "2 * %at + %n - 3"
    assert words.sum(Sum((), 0)) == "0"
    assert words.sum(Sum(((-1, at),))) == "-%at"
    assert words.fact(AtMostZero(Sum(((1, at), (-1, length)), 2))) == "%at + 2 <= extent(packet)"
    assert words.fact(AtMostZero(Sum(((1, at),), -9))) == "%at <= 9"
    assert words.fact(Multiple(Sum(((1, at),)), 4)) == "%at is a multiple of 4"
    assert words.fact(Claimed(form.Compare("<", at, form.Constant(3, U32)))) == "%at < 3"
    assert words.linear(-2, 1) == "extent(packet) - 2"
    assert words.linear(7, 0) == "7"
