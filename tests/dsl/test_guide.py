"""The language guide: each of its examples is compiled, and what it says of them is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlcode_dsl import Source, Verdict, compile_source, format_source, render, run_test
from dlcode_dsl.core.form import MAXIMUM_PACKET
from dlcode_dsl.library import library
from dlcode_dsl.syntax.lines import DEEPEST
from dlcode_dsl.syntax.parse import LONGEST_SOURCE, NOT_YET
from dlcode_verifier import Proved, verify

GUIDE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```ash *([A-Z0-9]*)\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("code", "source", "shown"), BLOCKS, ids=[source.split("\n")[0] for _, source, _ in BLOCKS])
def test_an_example_is_as_the_guide_says(code: str, source: str, shown: str) -> None:
    """Formatted and proved, and its tests pass; or refused with the code, and the text, that the guide gives."""
    compiled = compile_source(Source("example.ash", source))
    answers = [verify(program) for program in compiled.programs]
    said = [*compiled.diagnostics, *(each for answer in answers for each in answer.diagnostics)]
    assert format_source(Source("example.ash", source)).text == source
    if code:
        assert {found.code.name for found in said} == {code}
        assert not shown or render(said) == shown
        return
    assert said == []
    assert all(isinstance(answer, Proved) for answer in answers)
    assert compiled.tests
    for test in compiled.tests:
        assert run_test(test) == [], test.name


def test_the_guide_shows_what_is_accepted_and_what_is_refused() -> None:
    assert len([code for code, _, _ in BLOCKS if not code]) >= 6
    assert len([code for code, _, _ in BLOCKS if code]) >= 2


def test_the_guide_names_the_limits_the_headers_and_the_verdicts() -> None:
    """Facts that the code has are the same here."""
    assert f"{LONGEST_SOURCE:,} characters" in GUIDE
    assert f"at most {DEEPEST} levels" in GUIDE
    assert f"{MAXIMUM_PACKET:,} bytes" in GUIDE
    for name in library():
        assert name.split("_")[0].lower() in GUIDE.lower()
    for verdict in Verdict:
        assert f"`{verdict.value}`" in GUIDE
    assert set(NOT_YET) >= {"pcap"}
