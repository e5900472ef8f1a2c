"""Core text: what is printed parses back to the same program, and what is no core text is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode_dsl import CoreSyntaxError, Packet, Program, Verdict, check_program, parse_program, print_program, run
from dlcode_dsl.core import form
from dlcode_dsl.core.form import BOOL, U8, U16, U32, U64, Body, Expression, Statement, Type
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS
from tests.generators import random_program

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*.core"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_file_parses_keeps_the_rules_and_prints_as_it_stands(path: Path) -> None:
    text = path.read_text()
    program = parse_program(text, path.name)
    assert check_program(program) == []
    assert print_program(program) == text


def loaded(name: str) -> Program:
    return parse_program((DATA / f"{name}.core").read_text())


def ipv6(next_header: int, *rest: bytes) -> bytes:
    return bytes(12) + b"\x86\xdd" + bytes(6) + bytes([next_header]) + bytes(33) + b"".join(rest)


def extension(next_header: int, length: int = 0) -> bytes:
    return bytes([next_header, length]) + bytes(6 + 8 * length)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (ipv6(6), Verdict.MATCH),
        (ipv6(0, extension(60, 2), extension(6)), Verdict.MATCH),
        (ipv6(0, extension(17)), Verdict.MISS),
        (ipv6(0, *[extension(0)] * 7, extension(6)), Verdict.MATCH),  # eight headers
        (ipv6(0, *[extension(0)] * 8, extension(6)), Verdict.MISS),  # a ninth
        (ipv6(0, extension(60)[:7]), Verdict.MISS),  # cut short
        (ipv6(0, extension(6, 255)[:100]), Verdict.MISS),
        (b"", Verdict.MISS),
    ],
)
def test_a_loop_with_a_limit_walks_extension_headers(data: bytes, verdict: Verdict) -> None:
    """From the IPv6 header on, at most eight of them; a longer chain is not followed (RFC 8200, 4)."""
    assert run(loaded("loop_with_limit"), Packet.whole(data)).verdict is verdict


def test_a_copy_through_two_pipes_sums_and_swaps_in_one_pass() -> None:
    """The ring gets the bytes with each word of four reversed, and the head moves only where the sum is right."""
    payload = bytes(range(1, 11))
    total = sum(int.from_bytes(payload[at : at + 2], "big") for at in range(0, 10, 2))
    frame = bytes(14) + total.to_bytes(2, "big") + payload
    found = run(loaded("copy_through_two_pipes"), Packet.whole(frame), {"head": [8]})
    assert found.verdict is Verdict.CONSUME
    assert found.memory["head"] == [18]
    assert bytes(found.memory["ring"][8:18]) == bytes([4, 3, 2, 1, 8, 7, 6, 5, 0, 0])
    assert [effect.effect for effect in found.effects] == ["wake"]
    wrong = frame[:15] + bytes([frame[15] ^ 1]) + frame[16:]
    found = run(loaded("copy_through_two_pipes"), Packet.whole(wrong), {"head": [8]})
    assert (found.verdict, found.memory["head"], found.effects) == (Verdict.ABORT, [8], ())
    assert run(loaded("copy_through_two_pipes"), Packet.whole(frame), {"head": [55]}).verdict is Verdict.DECLINE


def test_random_programs_come_back_from_their_text() -> None:
    for seed in range(150):
        program = random_program(seed)
        assert parse_program(print_program(program)) == program


# ---- any tree at all, whether it keeps the rules or not

NAMES = st.sampled_from(["a", "b", "udp.dport", "value'2"])
TYPES = st.sampled_from([U8, U16, U32, U64, Type(4), Type(13), Type(128)])
CONSTANTS = st.builds(lambda value, type: form.Constant(value, type), st.integers(0, 15), TYPES)
TRUTHS = st.builds(lambda value: form.Constant(value, BOOL), st.integers(0, 1))
REGIONS = {"cells": U32, "bytes": U8}
EXTENTS = st.builds(form.Extent, st.sampled_from(["packet", "wire", *REGIONS]))


def deeper(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    cells = st.sampled_from(sorted(REGIONS))
    return st.one_of(
        st.builds(form.Binary, st.sampled_from(sorted(OPERATORS)), inner, inner),
        st.builds(form.Compare, st.sampled_from(sorted(COMPARISONS)), inner, inner),
        st.builds(form.Logic, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(form.Not, inner),
        st.builds(form.Convert, st.sampled_from(["widen", "narrow", "truncate"]), inner, TYPES),
        st.builds(form.ByteSwap, inner),
        st.builds(lambda name, index: form.Owned(name, index, REGIONS[name]), cells, inner),
        st.builds(lambda name, index: form.Entry(name, index, REGIONS[name]), cells, inner),
    )


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(CONSTANTS | TRUTHS | EXTENTS, deeper, max_leaves=6)
PIECES = st.builds(form.PacketBytes, EXPRESSIONS, EXPRESSIONS) | st.builds(form.Value, EXPRESSIONS)
OWN = st.builds(form.OwnAddress, st.integers(0, 60), st.integers(1, 16), st.sampled_from(["mac", "ip4"]))
LABELS = st.sampled_from(["found", "other'2", "done"])


def bodies(statements: st.SearchStrategy[Statement]) -> st.SearchStrategy[Body]:
    return st.lists(statements, max_size=3).map(tuple)


def statements(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    optional = st.none() | bodies(inner)
    lists = st.lists(EXPRESSIONS, max_size=2).map(tuple)
    limits = st.none() | st.integers(0, 9)
    return st.one_of(
        st.builds(form.Read, NAMES, TYPES, EXPRESSIONS, optional),
        st.builds(form.If, EXPRESSIONS, bodies(inner), bodies(inner)),
        st.builds(form.Block, LABELS, bodies(inner)),
        st.builds(form.Loop, LABELS, bodies(inner), EXPRESSIONS, bodies(inner), lists, lists, limits, optional),
    )


LEAVES: st.SearchStrategy[Statement] = st.one_of(
    st.builds(form.Let, NAMES, EXPRESSIONS, st.booleans()),
    st.builds(form.Assign, NAMES, EXPRESSIONS),
    st.builds(form.Leave, LABELS),
    st.builds(form.Store, st.sampled_from(sorted(REGIONS)), EXPRESSIONS, EXPRESSIONS),
    st.builds(form.Rewrite, EXPRESSIONS, EXPRESSIONS),
    st.builds(
        form.Copy,
        EXPRESSIONS,
        EXPRESSIONS,
        st.just("bytes"),
        EXPRESSIONS,
        st.sampled_from([(), ("p",)]),
        st.just("done"),
    ),
    st.builds(form.Emit, EXPRESSIONS),
    st.builds(
        form.Send,
        st.sampled_from(["reply", "send"]),
        st.lists(PIECES, max_size=3).map(tuple),
        st.lists(OWN, max_size=2).map(tuple),
        st.none() | st.just("arp_answer"),
    ),
    st.builds(form.Wake),
    st.builds(
        form.Check,
        st.sampled_from(["assertion", "ensures", "part-bounds", "copy-bounds", "frame-length"]),
        EXPRESSIONS,
    ),
    st.builds(form.Exit, st.sampled_from(sorted(Verdict, key=lambda verdict: verdict.value))),
)
STATEMENTS = st.recursive(LEAVES, statements, max_leaves=5)


@settings(max_examples=200, deadline=None)
@given(bodies(STATEMENTS), st.lists(EXPRESSIONS, max_size=2).map(tuple))
def test_any_tree_comes_back_from_its_text(body: Body, requires: tuple[Expression, ...]) -> None:
    """Parsing does not depend on the rules: a program that breaks some is printed for its findings to be read."""
    pipe = form.Pipe("p", "w", U16, ("readonly",), (form.PipeState("s", form.Constant(0, U32)),), (), None)
    program = Program(
        "handler", "tried", "ethernet", body, 64,
        tuple(form.Region(name, cell, 4, "scratch") for name, cell in REGIONS.items()), (pipe,),
        ("reply", "wake"), requires, form.Budget(400, "cycles", "dec5000-125"),
        Program("filter", "tried.on", "ethernet", (form.Exit(Verdict.MATCH),), 64),
        (form.Template("syslog", (form.Fixed(12, 2, 0xFFFF, 0x800),), (form.OwnAddress(26, 4, "ip4"),)),),
    )  # fmt: skip
    text = print_program(program)
    assert parse_program(text) == program
    assert print_program(parse_program(text)) == text


def test_a_name_keeps_its_type_across_the_text() -> None:
    text = "filter f on ethernet maximum 9\n{\n  let %a: u13 = 3:u13\n  let %b: u13 = %a\n  exit match\n}\n"
    assert print_program(parse_program(text)) == text


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("", "this is not core text", 1),
        ("filter f on ethernet maximum 9\n{\n  exit\n}", "this is not core text", 4),
        ("filter f on ethernet maximum 9 {\n exit perhaps }", "no verdict is called perhaps", 2),
        ("filter f on ethernet maximum 9 {\n %a = %b }", "no value is called %b", 2),
        ("filter f on ethernet maximum 9 {\n @a[0:u32] = 1:u8 }", "no region is called @a", 2),
        ("filter f on ethernet maximum 9 {\n let %a: u8 = 1:u16 }", "the value is a u16, not a u8", 2),
        ("filter f on ethernet maximum 9 {\n copy value 1:u8 -> @a[0:u32] as d }", "only packet bytes are copied", 2),
        ("filter f on ethernet maximum 9 { \x00 }", "this is not core text", 1),
    ],
)
def test_what_is_no_core_text_is_refused_with_its_place(text: str, reason: str, line: int) -> None:
    with pytest.raises(CoreSyntaxError) as caught:
        parse_program(text, "broken.core")
    assert caught.value.reason == reason
    assert str(caught.value).startswith(f"broken.core:{line}:")
