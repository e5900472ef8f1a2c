"""The formatter: one way to write a source, which keeps what it says and every comment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode_dsl import Source, format_source
from dlcode_dsl.syntax.parse import parse
from tests.data_files import Case, each_case

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("dlcode/examples", "dsl/dlcode_dsl/headers", "tests/data/hard")
    for path in (ROOT / folder).glob("*.ash")
)


def formatted(text: str) -> str:
    return format_source(Source("case.ash", text)).text


@each_case(Path(__file__).parent / "data" / "formatting.test")
def test_a_source_is_written_in_one_way(case: Case, request: pytest.FixtureRequest) -> None:
    once = formatted(case.input)
    assert formatted(once) == once
    case.expect({"formatted": once}, request)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_what_we_ship_is_written_so(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_source_that_lost_its_blanks_says_the_same(path: Path) -> None:
    """Indentation and padding carry nothing: without them the same declarations are read."""
    text = path.read_text(encoding="utf-8")
    flat = "\n".join(" ".join(line.split()) for line in text.splitlines())
    assert parse(Source("flat.ash", formatted(flat))).declarations == parse(Source("right.ash", text)).declarations


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_bodies_that_lost_their_first_line_ends_get_them_again(path: Path) -> None:
    """What stands behind a brace says the same there, and formatting it twice is formatting it once."""
    text = path.read_text(encoding="utf-8")
    once = formatted(text.replace("{\n", "{ "))
    assert formatted(once) == once
    assert parse(Source("joined.ash", once)).declarations == parse(Source("right.ash", text)).declarations


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_formatting_twice_is_formatting_once(data: st.DataObject) -> None:
    """Also of sources whose blanks and line ends were shaken."""
    text = data.draw(st.sampled_from(SOURCES)).read_text(encoding="utf-8")
    shaken = "".join(
        data.draw(st.sampled_from([" ", "   ", "\t"])) if mark == " " and data.draw(st.integers(0, 9)) == 0 else mark
        for mark in text[:600]
    )
    once = formatted(shaken)
    assert formatted(once) == once


@pytest.mark.parametrize("text", ["filter f on {", "filter f on ethernet { has( }", "\0", "header"])
def test_a_source_with_a_syntax_error_is_left_as_it_is(text: str) -> None:
    made = format_source(Source("case.ash", text))
    assert made.text == text
    assert made.diagnostics
