"""Long programs: what they find is found once, and nothing else changes by it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from dlcode_dsl import Packet, Source, compile_source, render, run
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Program, Statement
from dlcode_dsl.lower import sharing
from dlcode_dsl.lower.emit import LARGEST_PROGRAM
from tests.dsl.test_filters import packets

FIELDS = ("ipv4.ttl", "ipv4.tos", "ipv4.length", "tcp.sport", "tcp.dport", "udp.length", "ipv4.proto", "icmp.type")


def handler_of(lines: list[str], may: str = "") -> Program:
    source = "handler h on has(ethernet)\n  owns n: u32\n" + may + "{\n" + "\n".join(lines) + "\n  consume\n}\n"
    compiled = compile_source(Source("test.ash", source))
    assert not compiled.errors, render(compiled.errors)
    return compiled.programs[0]


def statements(body: Body) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from statements(inner)


def lines(rng: random.Random, count: int) -> list[str]:
    """Statements that find headers and fields, and go on where there are none."""
    found: list[str] = []
    for number in range(count):
        one, two = rng.sample(FIELDS, 2)
        value = rng.choice((0, 6, 17, 64, 80))
        match rng.randrange(6):
            case 0:
                found.append(f"let x{number} = {one} else {value}\nn = n *% 31 +% x{number}")
            case 1:
                found.append(f"if {one} == {value} && {two} > 3 {{ n = n *% 31 +% {number} }}")
            case 2:
                found.append(f"if {one} == {value} || {two} < 9 {{ n = n *% 31 +% {number} }} else {{ n +%= 7 }}")
            case 3:
                found.append(f"if has(udp) || {two} == {value} {{ n +%= {number} }}")
            case 4:
                inner = f"if {one} != {value} {{ n +%= {number} }}\nif {two} > 1 {{ n +%= 3 }}"
                found.append(f"if pkt.len > 30 {{\n{inner}\n}}")
            case 5:
                inner = f"if {one} == {value} {{ continue }}\nn = n *% 5 +% i{number}"
                found.append(f"for i{number} in 0 .. 3 {{\n{inner}\n}}")
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_long_program_means_what_it_means_when_each_line_looks_for_itself(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On packets of many kinds, cut anywhere."""
    body = lines(random.Random(seed), 30)
    shared = handler_of(body)
    monkeypatch.setattr(sharing, "SHARED_FROM", 10**9)
    apart = handler_of(body)
    assert shared.body != apart.body
    rng = random.Random(seed)
    for data in rng.sample(packets(), 60):
        packet = Packet.whole(data[: rng.choice((len(data), rng.randrange(len(data))))])
        assert run(shared, packet).memory == run(apart, packet).memory, packet.data.hex()


def test_what_is_rewritten_is_read_again() -> None:
    """Where it is, and whether, does not change."""
    many = [f"if ipv4.ttl == {value} {{ n +%= 1 }}" for value in range(40)]
    body = ["if !has(ipv4) { pass }", *many, "ipv4.ttl = 7", "if ipv4.ttl == 7 { n +%= 100 }"]
    program = handler_of(body, "may rewrite\n")
    data = next(data for data in packets() if data[12:14] == b"\x08\x00" and data[22] == 64)
    assert run(program, Packet.whole(data)).memory == {"n": [100]}


@pytest.mark.parametrize(
    "line", ["let x{i} = {field} else {value}", "if {field} == {value} {{ n +%= 1 }}", "let x{i} = {field} else pass"]
)
def test_a_handler_of_five_thousand_lines_is_not_too_large(line: str) -> None:
    """However far the headers that it looks at are from the link: each line more adds few statements."""
    sizes = []
    for count in (200, 700):
        program = handler_of([line.format(i=i, field=FIELDS[i % 5], value=i % 200) for i in range(count)])
        sizes.append(sum(1 for _ in statements(program.body)))
    assert sizes[0] + (sizes[1] - sizes[0]) / 500 * 4800 < LARGEST_PROGRAM / 2


def test_loops_may_be_nested_ten_deep() -> None:
    """And more."""
    for depth in (10, 40):
        nest = [f"for i{level} in 0 .. 2 {{" for level in range(depth)]
        program = handler_of([*nest, "if tcp.dport == 80 { break }\nn +%= 1", *["}"] * depth])
        assert program.body
