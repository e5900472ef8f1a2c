"""A handler that may rewrite has its own copy of the packet: it reads and sends what it wrote, and nobody else does."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.host import HostImage, Lease
from tests.jit.gate import unproved_host_image
from tests.jit.programs import interpreted

TEXT = """
handler mark on ethernet maximum 1514
  owns @seen: u16[1] plain
  owns @ring: u8[1514] scratch
  may reply, rewrite
{
  read %kind: u8 = packet[0:u32] else { exit decline }
  if (extent(packet) < 9:u32) { exit pass }
  packet[0:u32] = 170:u8
  packet[1:u32] = 219025169:u32
  packet[5:u32] = widen(%kind, u24)
  if (%kind == 1:u8) { exit abort }
  copy packet[0:u32 : extent(packet)] -> @ring[0:u32] as kept
  read %again: u16 = packet[0:u32] else { exit drop }
  @seen[0:u32] = %again
  send reply {
    packet[0:u32 : extent(packet)]
    value %again
  }
  if (%kind == 2:u8) { exit pass }
  exit consume
}
"""


@pytest.fixture(scope="module")
def image() -> HostImage:
    """Host code of the handler above."""
    return unproved_host_image(parse_program(TEXT))


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("length", [0, 1, 8, 9, 10, 64, 1512])
def test_reads_copies_and_sends_see_what_was_written(image: HostImage, kind: int, length: int) -> None:
    packet = Packet.whole((bytes([kind]) + bytes(range(9, 255)) * 7)[:length])
    outcome = image.run(packet)
    assert outcome == interpreted(image.program, packet)
    if length >= 9:
        assert outcome.data[:9] == bytes([170, *(219025169).to_bytes(4, "big"), 0, 0, kind, packet.data[8]])
    if outcome.verdict in (Verdict.CONSUME, Verdict.PASS) and length >= 9:
        assert outcome.effects[0].frame == outcome.data + outcome.data[:2]


def test_the_packet_that_was_given_stays_as_it_is(image: HostImage) -> None:
    """Also from one run to the next, with shorter packets and longer ones."""
    lease = Lease(image, [(ctypes.c_uint16 * 1)(), regions(1514)])
    for length in (64, 9, 1000, 3, 0, 64):
        data = bytes(range(256)) * 4
        packet = Packet.whole(data[:length])
        before = bytes(bytearray(packet.data))
        lease.enter(packet)
        assert packet.data == before
        assert lease.packet == interpreted(image.program, packet).data


def test_what_is_not_bytes_is_copied_too(image: HostImage) -> None:
    """A buffer that its owner may change is read once, and never written."""
    buffer: Any = bytearray(range(64))
    lease = Lease(image, [(ctypes.c_uint16 * 1)(), regions(1514)])
    assert lease.enter(Packet(buffer, 64)) is Verdict.CONSUME
    assert buffer == bytes(range(64))
    assert lease.packet[0] == 170


def regions(size: int) -> memoryview:
    """Memory for one region, aligned."""
    return memoryview((ctypes.c_uint64 * -(-size // 8))()).cast("B")[:size]
