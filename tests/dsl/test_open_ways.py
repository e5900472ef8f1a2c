"""Where one header was found, the ways to another that exclude it are not tried; what matches stays the same."""

from __future__ import annotations

import random
import struct

import pytest

from dlcode_dsl import Packet, Program, Source, Verdict, compile_source, print_program, run


def compiled(condition: str) -> Program:
    result = compile_source(Source("ways.ash", f"filter f on ethernet {{ {condition} }}"))
    assert not result.errors, result.errors
    return result.program("f")


def speaks_of(header: str, condition: str) -> bool:
    return header in print_program(compiled(condition))


def matches(program: Program, data: bytes) -> bool:
    return run(program, Packet.whole(data)).verdict is Verdict.MATCH


@pytest.mark.parametrize("condition", ["has(ipv4) && tcp.dport == 80", "ipv4.dst == 10.0.0.1 && tcp.dport == 80"])
def test_a_port_behind_ipv4_is_not_looked_for_behind_ipv6(condition: str) -> None:
    assert not speaks_of("ipv6", condition)


def test_a_port_behind_ipv6_is_not_looked_for_behind_ipv4() -> None:
    assert not speaks_of("ipv4", "ipv6.hops > 1 && tcp.dport == 80")
    assert speaks_of("ipv6", "ipv6.hops > 1 && tcp.dport == 80")


@pytest.mark.parametrize(
    "condition",
    [
        "tcp.dport == 80",
        "tcp.dport == 80 && has(ipv4)",  # the port is asked for first
        "ipv4.dst == 10.0.0.1 || tcp.dport == 80",  # on the right there may be no ipv4
        "!has(ipv4) && tcp.dport == 80",
        "ethernet.type != 0 && tcp.dport == 80",
    ],
)
def test_both_ways_are_tried_where_neither_was_found(condition: str) -> None:
    assert speaks_of("ipv4", condition)
    assert speaks_of("ipv6", condition)


def frames(rng: random.Random) -> bytes:
    """Ethernet, then IPv4 or IPv6, either under its own type or the other's, then ports."""
    ports = struct.pack(">HHIIBBHHH", 40000, rng.choice([80, 81]), 0, 0, 5 << 4, 16, 0, 0, 0)
    source, target = bytes([10, 0, 0, 2]), bytes([10, 0, 0, rng.choice([1, 3])])
    four = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, rng.choice([6, 17, 41]), 0) + source + target
    six = struct.pack(">IHBB", 6 << 28, 20, rng.choice([6, 17, 4]), rng.choice([1, 64])) + bytes(32)
    inside = rng.choice([four + ports, six + ports, six + four + ports, four + six + ports])
    return bytes(12) + struct.pack(">H", rng.choice([0x0800, 0x86DD])) + inside[: rng.choice([60, 80, 200])]


@pytest.mark.parametrize(
    ("first", "second"),
    [("has(ipv4)", "tcp.dport == 80"), ("ipv4.dst == 10.0.0.1", "tcp.dport == 80"), ("ipv6.hops == 1", "has(tcp)")],
)
def test_a_conjunction_matches_what_both_sides_match_alone(first: str, second: str) -> None:
    both, one, other = compiled(f"{first} && {second}"), compiled(first), compiled(second)
    rng = random.Random("ways")
    found = 0
    for _ in range(600):
        frame = frames(rng)
        assert matches(both, frame) == (matches(one, frame) and matches(other, frame))
        found += matches(both, frame)
    assert found > 3


def test_where_bytes_were_rewritten_both_ways_are_tried() -> None:
    text = "filter f on ethernet { has(ipv4) }\n"
    text += "handler h on f\n  may rewrite\n{\n  ethernet.type = 0x86dd\n  if has(tcp) { consume }\n  pass\n}\n"
    result = compile_source(Source("ways.ash", text))
    assert not result.errors, result.errors
    assert "ipv6" in print_program(result.program("h"))


@pytest.mark.parametrize(
    "condition",
    [
        "has(ipv4) && has(ipv6) && has(tcp)",
        "has(ipv6) && has(ipv4) && udp.payload.len > 3",
        "ipv4.ttl == 1 && ipv6.hops == 1 && (has(tcp) || has(udp))",
    ],
)
def test_what_asks_for_two_headers_that_exclude_each_other_is_a_filter_that_matches_nothing(condition: str) -> None:
    program, rng = compiled(condition), random.Random(46)
    assert not any(matches(program, frames(rng)) for _ in range(200))


def test_behind_a_way_that_is_open_to_every_packet_no_other_is_tried() -> None:
    """`outer` leads to `inner` by a value, or else without asking for anything."""
    headers = """
    header outer {
      kind: u8
      next kind { 2 => middle }
      next { inner, middle }
      next kind { 3 => inner }
    }
    header middle {
      kind: u8
      next { inner }
    }
    header inner { kind: u8 }
    """
    for condition, wanted in (("inner.kind == 7", b"\x00\x07"), ("middle.kind == 7 || inner.kind == 8", b"\x03\x08")):
        result = compile_source(Source("open.ash", f"{headers} filter f on outer {{ {condition} }}"))
        assert not result.errors
        found = [matches(result.program("f"), data) for data in (wanted, wanted[:1], b"\x00\x09")]
        assert found == [True, False, False]
