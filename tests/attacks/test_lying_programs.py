"""Programs that lie: in a clause, about a loop, about a part of the packet, about what a pipe does.

Each is written as somebody would who wants it accepted. Each is refused or left unproved, with the code of the fault
that it comes to, and what is refuted is shown by a run.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dlcode_dsl import Source, compile_source, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Fault
from dlcode_verifier import NotProved, Options, OverBudget, Proved, Refuted, verify

OWNED = "handler h on has(ipv4)\n owns a: u32[64]\n owns b: u8[64]\n owns w: u64[8]\n owns k: u32\n owns s: u32 scratch"
"""The head of a handler: how most of them start."""

LIES = tomllib.loads((Path(__file__).parent / "lies.toml").read_text(encoding="utf-8"))["lie"]


def must_not_be_proved(code: str, text: str) -> None:
    """Not accepted, with this code among what is said; what is refuted faults when it is run on the packet."""
    compiled = compile_source(Source("lie.ash", text))
    assert compiled.errors == (), [error.title for error in compiled.errors]
    answer = verify(compiled.programs[-1], options=Options(isolated=False))
    assert not isinstance(answer, Proved)
    assert code in {said.code.name for said in answer.diagnostics}
    if isinstance(answer, Refuted):
        for refutation in answer.refutations:
            if refutation.kind is not FaultKind.ENDLESS:
                with pytest.raises(Fault):
                    run(refutation.program, refutation.witness.packet, refutation.witness.memory)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie["name"])
def test_a_program_that_lies_is_not_accepted(lie: dict[str, str]) -> None:
    """In its body, in a clause, or in the pipe or function that it uses."""
    written = f"{lie.get('before', '')}\n{OWNED}\n {lie.get('clause', '')}\n{{\n{lie.get('body')}\n}}\n"
    must_not_be_proved(lie["code"], lie.get("source", written))


SAFE = {
    "the ends of a part are in order where it is there": """
        let x = pkt[20] else pass
        let y = pkt[21] else pass
        let p = pkt[x .. y] else pass
        for i in 0 .. y -% x { k = p[i] }
        pass
        """,
    "a walk by what it reads ends where that is never zero": """
        var at = 14
        while pkt[at] != 0 { at += pkt[at] }
        pass
        """,
}


@pytest.mark.parametrize("name", SAFE)
def test_what_only_looks_like_a_lie_is_proved(name: str) -> None:
    compiled = compile_source(Source("safe.ash", f"{OWNED}\n{{\n{SAFE[name]}\n}}\n"))
    assert isinstance(verify(compiled.programs[0], options=Options(isolated=False)), Proved)


def test_a_promise_may_speak_of_an_index_at_entry_too() -> None:
    """`old(a[k])` is the cell that `k` named then, whatever `k` has become since; one that was none is refused."""
    text = "handler h on has(ipv4)\n owns a: u32[4]\n owns k: u32\n WHEN\n ensures a[old(k)] == old(a[k]) +% 1\n"
    text += "{\n if k >= 4 { pass }\n a[k] +%= 1\n k = 99\n consume }\n"
    for when, kind in (("when k < 4", Proved), ("when k != 4", Proved)):
        compiled = compile_source(Source("old.ash", text.replace("WHEN", when)))
        assert isinstance(verify(compiled.programs[0], options=Options(isolated=False)), kind)


def test_a_cost_that_is_too_small_is_told_as_that() -> None:
    """The program is safe, and refused for its price, with the loop that costs it."""
    text = f"{OWNED}\n cost <= 300 ops\n{{\n var n = 0\n for i in 0 .. pkt.len {{ n +%= pkt[i] }}\n k = n\n pass\n}}\n"
    answer = verify(compile_source(Source("dear.ash", text)).programs[0], options=Options(isolated=False))
    assert isinstance(answer, OverBudget)
    assert [said.code.name for said in answer.diagnostics] == ["ASH3001"]


def test_an_annotation_that_is_a_lie_does_not_make_another_fault_provable() -> None:
    """A false invariant is never relied upon: what it would prove stays refuted once it is taken away."""
    text = "{ var i = 0\n while k != i CLAIM limit 90 else pass { a[i] = 1\n i += 1 }\n pass }"
    for claim in ("", " invariant i < 64", " invariant i < 64 && i < 10", " invariant false", " invariant 1 / i < 2"):
        compiled = compile_source(Source("claim.ash", f"{OWNED}\n{text.replace(' CLAIM', claim)}\n"))
        assert compiled.errors == ()
        assert isinstance(verify(compiled.programs[0], options=Options(isolated=False)), Refuted | NotProved)
