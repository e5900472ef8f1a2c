"""Merged sets as users reach them: filters of a module in, the owner of a packet out."""

from __future__ import annotations

import dlcode

WEB, TIME = "ipv4/tcp.dport == 80", "ipv4/udp.dport == 123"


def frame(protocol: int, port: int) -> bytes:
    """Ethernet, IPv4 without options, and the ports of what it carries."""
    ethernet = bytes(12) + b"\x08\x00"
    ip = bytes([0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol]) + bytes(10)
    return ethernet + ip + bytes([0x10, 0]) + port.to_bytes(2, "big") + bytes(8) + b"\x50" + bytes(7)


def test_filters_of_a_module_are_merged_and_name_the_owner_of_a_packet() -> None:
    module = dlcode.loads(f"filter web on ethernet {{ {WEB} }}\nfilter time on ethernet {{ {TIME} }}")
    merged = dlcode.jit.MergedSet([(module["web"].certificate, "server")])
    inserted = merged.insert(module["time"].certificate, "clock")
    assert merged.match(frame(6, 80)) == "server"
    assert merged.match(frame(17, 123)) == "clock"
    assert merged.match(frame(17, 80)) is None
    merged.remove(inserted)
    assert merged.match(frame(17, 123)) is None
