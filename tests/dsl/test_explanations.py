"""Every code is explained, and what its explanation shows is so."""

from __future__ import annotations

import pytest

from dlcode_dsl import Compiled, Diagnostic, Source, codes, compile_bytes, compile_source, format_source
from dlcode_dsl.diagnostics import Code
from dlcode_dsl.explaining import CODES, code_called, explanation, nearest_code
from dlcode_verifier import Proved, Refuted, verify

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


def compiled(text: str) -> Compiled:
    return compile_source(Source("example.ash", text))


def said(found: Compiled) -> list[Diagnostic]:
    """All that is said of a source that compiles and of its programs; of one that does not, what is said of it."""
    proofs = [] if found.errors else [verify(program) for program in found.programs]
    return [*found.diagnostics, *(one for proof in proofs for one in proof.diagnostics)]


@EACH_CODE
def test_the_wrong_example_gives_the_code_and_no_other(code: Code) -> None:
    shown = explanation(code)
    found = compile_bytes(BUILT[code], "example.ash") if shown.described else compiled(shown.wrong)
    assert {each.code for each in said(found)} == {code}


def test_only_what_no_short_text_can_show_is_described() -> None:
    assert {code for code in CODES.values() if explanation(code).described} == set(BUILT)


@pytest.mark.parametrize("code", sorted(set(codes.FAULT_CODES.values()), key=str), ids=lambda code: code.name)
def test_what_is_refuted_is_shown_by_a_packet(code: Code) -> None:
    answers = [verify(program) for program in compiled(explanation(code).wrong).programs]
    refuted = [answer for answer in answers if isinstance(answer, Refuted)]
    assert len(refuted) == 1
    assert {each.diagnostic.code for each in refuted[0].refutations} == {code}
    assert all(each.witness.packet.data for each in refuted[0].refutations)


@EACH_CODE
def test_the_right_example_is_proved_and_nothing_is_said_of_it(code: Code) -> None:
    found = compiled(explanation(code).right)
    assert found.programs
    assert said(found) == []
    assert all(isinstance(verify(program), Proved) for program in found.programs)


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
