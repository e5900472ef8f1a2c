"""Handlers that change their copy of the packet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from dlcode_dsl import Fault, Packet, run
from dlcode_dsl.core.faults import FaultKind
from tests.data_files import Case, each_case
from tests.dsl.sources import compiled, outcome

DATA = Path(__file__).parent / "data"

FLAGS = """
filter all on ethernet { has(ethernet) }
message flags { high: u3, mid: u7, low: u6, rest: u8 }
handler h(f: flags) on all
  owns out: u32[4]
  may rewrite
{
  f.mid = f.rest as u7
  out[0] = f.high
  out[1] = f.mid
  out[2] = f.low
  out[3] = f.rest
  consume
}
"""


@each_case(DATA / "rewrites.test")
def test_a_rewrite_comes_to_the_expected_core_program_or_refusal(case: Case, request: pytest.FixtureRequest) -> None:
    case.expect(outcome(case), request)


@given(some.binary(min_size=3, max_size=3))
def test_the_other_bits_of_shared_bytes_stay(payload: bytes) -> None:
    word = int.from_bytes(payload, "big")
    found = run(compiled(FLAGS).program("h"), Packet.whole(bytes(14) + payload))
    assert found.memory["out"] == [word >> 21, word & 0x7F, word >> 8 & 0x3F, word & 0xFF]
    assert found.data[14:] == (word & ~(0x7F << 14) | (word & 0x7F) << 14).to_bytes(3, "big")


def test_the_packet_that_was_given_is_left_as_it_is() -> None:
    """The handler changes a copy of its own."""
    packet = Packet.whole(bytes(14) + b"\x00\x00\x7f")
    assert run(compiled(FLAGS).program("h"), packet).data != packet.data
    assert packet.data == bytes(14) + b"\x00\x00\x7f"


def test_a_place_that_was_found_stays_when_its_length_is_rewritten() -> None:
    text = """
handler h(u: udp) on ipv4/udp.dport == 9
  owns out: u32[2]
  may rewrite
{
  ipv4.ihl = 15
  out[0] = udp.sport
  out[1] = ipv4.end
  consume
}
test h "places stay" {
  packet ethernet / ipv4 / udp(sport: 77, dport: 9)
  expect consume, out[0] == 77, out[1] == 34
}
"""
    case = compiled(text).tests[0]
    assert run(case.program, case.packet).memory["out"] == [77, 34]


def test_a_write_past_the_end_is_a_fault() -> None:
    text = "filter all on ethernet { has(ethernet) }\nhandler h on all\n may rewrite\n{\n pkt[14] = 0\n consume\n}"
    with pytest.raises(Fault) as fault:
        run(compiled(text).program("h"), Packet.whole(bytes(14)))
    assert fault.value.kind is FaultKind.PACKET_BOUNDS


PART = """
handler h(u: udp) on udp.dport == 9
  owns at: u32
  may rewrite
  when payload.len >= 1 && payload.len <= 100
{
  for i in 0 .. payload.len { payload[i] ^= 0xff }
  payload[at] as u16 = 0x0102
  consume
}
"""


def test_bytes_of_a_part_are_rewritten_inside_it_alone() -> None:
    """What lies behind the part is captured, and none of it."""
    program = compiled(PART).program("h")
    frame = bytes(Ether() / IP() / UDP(dport=9) / b"abc") + b"padding"
    found = run(program, Packet.whole(frame), {"at": [1]})
    assert found.data == frame[:42] + bytes([0x61 ^ 0xFF, 1, 2]) + b"padding"
    with pytest.raises(Fault) as fault:
        run(program, Packet.whole(frame), {"at": [2]})
    assert fault.value.kind is FaultKind.PART_BOUNDS
