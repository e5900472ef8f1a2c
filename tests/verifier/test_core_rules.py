"""Rules of the core form that proofs rest on."""

from __future__ import annotations

import pytest

from dlcode_dsl.core.check import check_program
from dlcode_dsl.core.interpret import Packet
from tests.verifier.support import program

FRAME = """handler h on ethernet maximum 1514
  may reply
{
  if (extent(packet) < 20:u32) { exit pass }
  send reply { packet[6:u32 : 6:u32] packet[0:u32 : extent(packet)] value 1:u32 } own mac OFFSET 6
  exit consume
}"""


def reasons(text: str) -> list[str]:
    return [finding.reason for finding in check_program(program(text))]


def test_an_own_address_lies_where_every_frame_has_bytes() -> None:
    """Who checks the address looks at these bytes of the frame, however short it is."""
    assert reasons(FRAME.replace("OFFSET", "0")) == []
    assert "an own address lies in the part of a frame that is always there" in reasons(FRAME.replace("OFFSET", "1"))


def test_a_region_has_as_many_cells_as_its_extent_can_say() -> None:
    text = "handler h on ethernet maximum 64 owns @r: u8[COUNT] plain { exit pass }"
    assert reasons(text.replace("COUNT", str(2**32 - 1))) == []
    assert reasons(text.replace("COUNT", str(2**32))) != []
    assert reasons(text.replace("COUNT", "0")) != []


def test_a_pipe_emits_once_on_every_way() -> None:
    text = """handler h on ethernet maximum 64
      pipe p(%w: u8) { if (%w == 0:u8) { MORE } emit %w }
    { exit pass }"""
    assert reasons(text.replace("MORE", "")) == []
    assert "a pipe emits once, at the top of its body" in reasons(text.replace("MORE", "emit 1:u8"))


@pytest.mark.parametrize("length", [-1, 2**32])
def test_a_wire_length_is_a_u32(length: int) -> None:
    with pytest.raises(ValueError, match="not a u32"):
        Packet(b"", length)
