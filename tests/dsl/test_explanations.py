"""Every code is explained, and what its explanation shows is so."""

from __future__ import annotations

from functools import cache

import pytest

from dlcode_dsl import Compiled, Diagnostic, Source, codes, compile_bytes, compile_source, format_source
from dlcode_dsl.diagnostics import Code
from dlcode_dsl.explaining import CODES, code_called, explanation, nearest_code
from dlcode_verifier import Answer, Proved, Refuted, verify

BUILT: dict[Code, bytes] = {
    codes.NOT_TEXT: b"// caf\xe9\nfilter web on ethernet { tcp.dport == 80 }\n",
    codes.TOO_LARGE: b"x " * 1_000_000,
    codes.TOO_DEEP: b"filter web on ethernet { %stcp.dport == 80%s }\n" % (b"(" * 101, b")" * 101),
    codes.PROGRAM_TOO_LARGE: (
        b"fn many(n: u32) -> u32 {\n  var m = n\n%s  m\n}\nfilter f on ethernet {\n  var n = pkt.len\n%s  n == 3\n}\n"
        % (b"  m ^= 3\n" * 100, b"  n = many(n)\n" * 500)
    ),
}
"""The sources that the explanations only describe."""
EACH_CODE = pytest.mark.parametrize("code", CODES.values(), ids=CODES)


@cache
def judged(text: str) -> tuple[Compiled, tuple[Answer, ...]]:
    """A source compiled, and the verifier's answer of each program where it has no error."""
    found = compile_source(Source("example.ash", text))
    return found, () if found.errors else tuple(verify(program) for program in found.programs)


def said(text: str) -> list[Diagnostic]:
    found, answers = judged(text)
    return [*found.diagnostics, *(one for answer in answers for one in answer.diagnostics)]


@EACH_CODE
def test_the_wrong_example_gives_the_code_and_no_other(code: Code) -> None:
    shown = explanation(code)
    found = compile_bytes(BUILT[code], "example.ash").diagnostics if shown.described else said(shown.wrong)
    assert {each.code for each in found} == {code}


def test_only_what_no_short_text_can_show_is_described() -> None:
    assert {code for code in CODES.values() if explanation(code).described} == set(BUILT)


@pytest.mark.parametrize("code", sorted(set(codes.FAULT_CODES.values()), key=str), ids=lambda code: code.name)
def test_what_is_refuted_is_shown_by_a_packet(code: Code) -> None:
    _, (answer,) = judged(explanation(code).wrong)
    assert isinstance(answer, Refuted)
    assert {each.diagnostic.code for each in answer.refutations} == {code}
    assert all(each.witness.packet.data for each in answer.refutations)


@EACH_CODE
def test_the_right_example_is_proved_and_nothing_is_said_of_it(code: Code) -> None:
    _, answers = judged(explanation(code).right)
    assert answers
    assert all(isinstance(answer, Proved) for answer in answers)
    assert said(explanation(code).right) == []


@EACH_CODE
def test_an_explanation_is_short_and_its_examples_are_formatted(code: Code) -> None:
    shown = explanation(code)
    assert 80 < len(shown.text) < 600
    assert max(map(len, "\n".join([shown.text, shown.wrong, shown.right]).splitlines())) <= 120
    examples = [shown.right] if shown.described or code is codes.SYNTAX else [shown.wrong, shown.right]
    for example in examples:
        assert format_source(Source("example.ash", example)).text == example


def test_a_code_is_found_by_its_name_in_either_case_or_its_number() -> None:
    assert code_called("ASH2031") is code_called("ash2031") is code_called("2031") is codes.READ_PAST_END
    assert code_called("ASH9999") is code_called("") is None
    assert nearest_code("ASH2301") is nearest_code("203") is codes.READ_PAST_END
    assert nearest_code("hello") is None
