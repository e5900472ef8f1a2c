"""What sources come to, as text for tests in data files."""

from __future__ import annotations

from dataclasses import replace

from dlcode_dsl import Compiled, Source, check_program, compile_source, parse_program, print_program, render
from tests.data_files import Case


def compiled(text: str) -> Compiled:
    """A source that nothing is wrong with."""
    found = compile_source(Source("case.ash", text))
    assert not found.errors, render(found.errors)
    for program in found.programs:
        assert check_program(program) == []
        assert parse_program(print_program(program)) == program
    return found


def outcome(case: Case) -> dict[str, str]:
    """The core programs of a case, without their binding filters; or what is wrong, and which programs are left."""
    found = compile_source(Source("case.ash", case.input))
    if not found.diagnostics:
        programs = compiled(case.input).programs
        return {"core": "\n".join(print_program(replace(program, on=None)) for program in programs)}
    return {"diagnostics": render(found.diagnostics), "programs": " ".join(each.name for each in found.programs)}
