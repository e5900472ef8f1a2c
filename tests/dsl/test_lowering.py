"""Sources to core text: text in, text out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl import Source, check_program, compile_source, parse_program, print_program, render
from tests.data_files import Case, each_case

DATA = Path(__file__).parent / "data"


@each_case(DATA / "lowering.test")
def test_a_source_comes_to_the_expected_core_program(case: Case, request: pytest.FixtureRequest) -> None:
    """What it prints parses back to the same program and keeps the rules of the core form."""
    compiled = compile_source(Source("case.ash", case.input))
    found = {}
    if compiled.diagnostics:
        found["diagnostics"] = render(compiled.diagnostics)
    assert not compiled.errors, found
    found["core"] = "\n".join(print_program(program) for program in compiled.programs)
    for program in compiled.programs:
        assert check_program(program) == []
        assert parse_program(print_program(program)) == program
    case.expect(found, request)
