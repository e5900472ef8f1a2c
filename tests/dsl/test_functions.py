"""Functions: what they come to where they are called, and what they do in the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl import Packet, Source, Verdict, check_program, compile_source, print_program, render, run
from tests.data_files import Case, each_case

DATA = Path(__file__).parent / "data"


@each_case(DATA / "functions.test")
def test_a_call_comes_to_the_expected_core_program(case: Case, request: pytest.FixtureRequest) -> None:
    """Each keeps the rules of the core form."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    for program in compiled.programs:
        assert check_program(program) == []
    case.expect({"core": "\n".join(print_program(program) for program in compiled.programs)}, request)


@each_case(DATA / "function_mistakes.test")
def test_a_mistake_in_a_function_is_told_once(case: Case, request: pytest.FixtureRequest) -> None:
    """In a function that nothing calls as well."""
    compiled = compile_source(Source("case.ash", case.input))
    assert not compiled.programs
    case.expect({"diagnostics": render(compiled.diagnostics)}, request)


def matches(source: str, data: bytes) -> bool:
    compiled = compile_source(Source("test.ash", source))
    assert not compiled.diagnostics, render(compiled.diagnostics)
    return run(compiled.programs[0], Packet.whole(data)).verdict is Verdict.MATCH


def test_an_argument_is_evaluated_once_and_before_the_body() -> None:
    """A name that changes later does not change what was handed over."""
    source = (
        "fn later(n: u32) -> u32 {\nvar m = n\nfor i in 0 .. 3 { m += n }\nm\n}\n"
        "filter f on ethernet {\nvar x = 2\nlet y = later(x)\nx = 5\ny + later(x) == 28\n}"
    )
    assert matches(source, b"")


def test_a_function_reads_the_packet_of_its_caller() -> None:
    """And comes to its value at any of its returns."""
    source = (
        "fn kind(at: u32) -> u8 {\nif pkt[at] == 1 { return 7 }\nfor i in at .. pkt.len {\n"
        "if pkt[i] == 2 { return 8 }\n}\n9\n}\nfilter f on ethernet { kind(1) + kind(0) * 10 == %d }"
    )
    assert matches(source % 79, b"\1\0")
    assert matches(source % 88, b"\0\0\2")
    assert matches(source % 99, b"\0\0\0")
    assert matches(source % 99, b"")


def test_a_view_is_absent_where_the_function_finds_none() -> None:
    """So that a comparison is false, and an `else` ends the run."""
    source = (
        "message tag { kind: u8 >= 1, size: u8 }\nfn second(at: u32) -> tag? {\n"
        "let first = pkt[at] as tag else false\nif first.kind == 9 { return false }\npkt[at + first.size] as tag\n}\n"
    )
    compared = source + "filter f on ethernet { second(0).kind == 3 }"
    otherwise = source + "filter f on ethernet {\nlet s = second(0) else true\ns.kind == 3\n}"
    cases = [
        (b"\1\2\3\0", True, True),
        (b"\1\2\4\0", False, False),
        (b"\1\2\3", False, True),
        (b"\1", False, True),
        (b"\x09\2\3\0", False, True),
        (b"\1\2\0\0", False, True),
    ]
    for data, expected, with_else in cases:
        assert matches(compared, data) == expected, data
        assert matches(otherwise, data) == with_else, data


def test_calls_that_come_to_very_much_are_refused_for_it() -> None:
    """However little the source says."""
    source = "fn f0(n: u32) -> u32 { n * n + 1 }\n"
    source += "".join(f"fn f{i}(n: u32) -> u32 {{ f{i - 1}(n) + f{i - 1}(n + 1) }}\n" for i in range(1, 14))
    compiled = compile_source(Source("test.ash", source + "filter f on ethernet { f13(3) == 4 }"))
    assert {found.code.name for found in compiled.diagnostics} == {"ASH1027"}
    often = "".join(f"let x{i} = f7({i})\n" for i in range(400))
    source = source[: source.index("fn f8")] + f"filter f on ethernet {{\n{often}true\n}}"
    compiled = compile_source(Source("test.ash", source))
    assert {found.code.name for found in compiled.diagnostics} == {"ASH1032"}


def test_calls_that_go_very_deep_are_refused_for_it() -> None:
    """Those of a function, and those of a program."""
    source = "fn f0(n: u32) -> u32 { n }\n"
    source += "".join(f"fn f{i}(n: u32) -> u32 {{ f{i - 1}(n) }}\n" for i in range(1, 40))
    compiled = compile_source(Source("test.ash", source + "filter f on ethernet { f39(3) == 4 }"))
    assert {found.code.name for found in compiled.diagnostics} == {"ASH1027"}
    source = "fn f0(n: u32) -> u32 { n }\n"
    source += "".join(f"fn f{i}(n: u32) -> u32 {{ f{i - 1}(n) }}\n" for i in range(1, 16))
    nested = "if pkt.len == 3 {\n" * 60 + "return f15(3) == 4\n" + "}\n" * 60
    compiled = compile_source(Source("test.ash", source + f"filter f on ethernet {{\n{nested}false\n}}"))
    assert [found.code.name for found in compiled.errors] == ["ASH1004"]
