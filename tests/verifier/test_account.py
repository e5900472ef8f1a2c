"""The account of a proof: what a reader learns of a program that was accepted."""

from __future__ import annotations

from pathlib import Path

from dlcode_dsl import Source, compile_source
from dlcode_verifier import Proved, account, verify

HARD = Path(__file__).parents[1] / "data" / "hard"


def told(name: str) -> str:
    (program,) = compile_source(Source(name, (HARD / f"{name}.ash").read_text(encoding="utf-8"))).programs
    answer = verify(program)
    assert isinstance(answer, Proved)
    return account(answer.certificate)


def test_a_loop_is_told_with_its_end_and_what_holds_at_its_head() -> None:
    text = told("h10_binary_search")
    assert "loop at line 9, `low < high`" in text
    assert "ends: at most 9 turns: `high - low` halves with each" in text
    assert "where a turn may begin: high <= 256" in text


def test_a_program_without_loops_is_told_by_its_claims_and_its_cost() -> None:
    text = told("e5_arp")
    assert "holds: 3 packet-bounds" in text
    assert "costs: at most 12 core operations" in text
    assert "loop" not in text


def test_the_account_is_the_same_every_time() -> None:
    assert told("h04_checksum_header") == told("h04_checksum_header")


ECHO = """\
handler echo on ipv4/udp.dport == 7
  may  reply
  when payload.len <= 1472
{
  send reply(payload)
  consume
}
"""


def test_what_a_send_computes_on_its_way_is_not_told_as_the_statement() -> None:
    """The compiler's own names stand in for what the source has no word for."""
    (program,) = compile_source(Source("echo.ash", ECHO)).programs
    answer = verify(program)
    assert isinstance(answer, Proved)
    loop, _, rest = account(answer.certificate).partition("ends: ")
    assert loop.endswith("loop at line 5, `send reply(payload)`\n    ")
    assert "`payload.len - %summed` falls with each" in rest
    assert "%summed <= payload.len" in rest
    assert "send" not in rest
