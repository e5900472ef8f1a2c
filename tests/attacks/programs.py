"""What the attacks share: a few programs, proved once, with the packets that they take."""

from __future__ import annotations

from functools import cache

from dlcode.judging import judge_text
from dlcode_dsl import Compiled
from dlcode_verifier import Certificate

RING = """
handler ring on udp.dport == 9
  owns head: u32 shared where head < 64
  owns seen: u32
  owns cells: u16[64]
{
  cells[head] +%= 1
  seen = head
  if head == 63 { head = 0 } else { head += 1 }
  pass
}
test ring "a packet" {
  packet ethernet / ipv4 / udp(dport: 9)
  expect pass, cells[0] == 1, head == 1
}
"""
"""A handler that believes where its owner says the head of a ring is, within what it says of that."""

WEB = """
filter web on ethernet { tcp.dport == 80 }
test web "a request" {
  packet ethernet / ipv4 / tcp(dport: 80)
  expect match
}
"""


@cache
def _judged(text: str) -> tuple[Compiled, Certificate]:
    judged = judge_text(text, "attack.ash")
    assert judged.verdict == "proved", judged.diagnostics
    certificate = judged.judgements[-1].certificate
    assert certificate is not None
    return judged.compiled, certificate


def proof(text: str) -> Certificate:
    """The proof of a source's last program."""
    return _judged(text)[1]


def packet(text: str) -> bytes:
    """The packet of a source's first test."""
    return _judged(text)[0].tests[0].packet.data
