"""Copies from the packet to owned memory, and the pipes that they go through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.utils import checksum as internet_checksum

from dlcode_dsl import Fault, Packet, Program, Source, Verdict, compile_source, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.lower import emit
from tests.data_files import Case, each_case
from tests.dsl.sources import compiled, outcome

DATA = Path(__file__).parent / "data"

PIPES = """
pipe cksum(w: u16) -> u16 is commutative, readonly {
  state sum: u32 = 0
  sum += w
  emit w
  finish ((sum & 0xffff) + (sum >> 16)) as u16
}
pipe swap32(w: u32) -> u32 { emit bswap(w) }
pipe next(b: u8) -> u8 { emit (b +% 1) as u8 }
filter all on ethernet { has(ethernet) }
"""


def handler(body: str, clauses: str = "") -> Program:
    """A handler on every frame that owns a ring of 64 bytes and a cell for what comes out."""
    text = f"{PIPES}handler h on all\n owns ring: u8[64] scratch\n owns out: u32\n {clauses}\n{{\n{body}\n consume\n}}"
    return compiled(text).program("h")


def frame(payload: bytes) -> Packet:
    return Packet.whole(bytes(14) + payload)


@each_case(DATA / "copies.test")
def test_a_copy_comes_to_the_expected_core_program_or_refusal(case: Case, request: pytest.FixtureRequest) -> None:
    case.expect(outcome(case), request)


@given(some.binary(max_size=64))
def test_one_pass_swaps_and_sums_as_two_would(payload: bytes) -> None:
    """The checksum is that of the words before the swap, the odd tail zero-extended; just the bytes are stored."""
    program = handler("let d = copy payload -> ring through cksum >> swap32\n out = d.cksum", "when payload.len <= 64")
    found = run(program, frame(payload))
    padded = payload + bytes(-len(payload) % 4)
    swapped = b"".join(padded[at : at + 4][::-1] for at in range(0, len(padded), 4))
    assert bytes(found.memory["ring"]) == swapped[: len(payload)] + bytes(64 - len(payload))
    assert found.memory["out"][0] ^ 0xFFFF in {internet_checksum(payload), internet_checksum(payload) ^ 0xFFFF}


def test_a_later_pipe_sees_what_an_earlier_one_emitted() -> None:
    program = handler("let d = copy payload -> ring through next >> cksum\n out = d.cksum", "when payload.len <= 4")
    found = run(program, frame(b"\x01\x02\xff"))
    assert found.memory["ring"][:4] == [2, 3, 0, 0]
    assert found.memory["out"] == [0x0203 + 1]  # the padding goes through the pipe too


def test_a_copy_may_start_inside_the_array() -> None:
    found = run(handler("copy payload -> ring[60 ..]", "when payload.len == 4"), frame(b"abcd"))
    assert bytes(found.memory["ring"][60:]) == b"abcd"


@pytest.mark.parametrize("target", ["ring[61 ..]", "ring[10 .. 13]", "ring[10 .. 9]", "ring[90 ..]"])
def test_a_copy_that_does_not_fit_is_a_fault(target: str) -> None:
    with pytest.raises(Fault) as fault:
        run(handler(f"copy payload -> {target}", "when payload.len == 4"), frame(b"abcd"))
    assert fault.value.kind is FaultKind.COPY_BOUNDS


def test_a_copy_to_scratch_memory_may_be_followed_by_an_abort() -> None:
    body = "let done = copy payload -> ring through cksum\n if done.cksum != 0 { abort }"
    program = handler(body, "when payload.len == 4")
    assert run(program, frame(b"abcd")).verdict is Verdict.ABORT
    assert run(program, frame(bytes(4))).verdict is Verdict.CONSUME


def test_a_pipe_starts_anew_with_each_copy_and_serves_several_handlers() -> None:
    text = PIPES + "".join(
        f"""
handler {name} on all
  owns ring: u8[64] scratch
  owns out: u32
  when payload.len <= 64
{{
  let one = copy payload -> ring through cksum
  let two = copy payload -> ring through cksum
  out = two.cksum
  assert one.cksum == two.cksum
  consume
}}"""
        for name in ("first", "second")
    )
    source = compiled(text)
    for name in ("first", "second"):
        assert run(source.program(name), frame(b"\x00\x05")).memory["out"] == [5]


def test_a_pipe_that_is_too_large_or_too_deep_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emit, "LARGEST_PROGRAM", 100)
    large = "pipe p(w: u32) -> u32 {\n state s: u32 = 0\n" + "s = w\n" * 100 + "emit w\n}"
    deep = "fn f(a: u32) -> u32 { " + "(" * 60 + "a" + " +% 1)" * 60 + " }\n"
    deep += "pipe p(w: u32) -> u32 {\n emit " + "f(" * 60 + "w" + ")" * 60 + "\n}"
    for text, code in ((large, "ASH1032"), (deep, "ASH1004")):
        assert [found.code.name for found in compile_source(Source("case.ash", text)).diagnostics] == [code]
