"""The headers of a packet, as they are shown."""

from __future__ import annotations

import pytest

from dlcode_dsl import Source, compile_source
from dlcode_dsl.dissecting import headers_in

BUILT = [
    "ethernet/ipv4/tcp",
    "ethernet/ipv4/icmp/icmp_echo",
    "ethernet/vlan/vlan/ipv6/udp",
    "ethernet/ipv6/ip6_ext/ip6_ext/tcp",
    "ethernet/ipv4/gre/ipv6/udp",
    "ethernet/mpls/mpls/ipv4/udp",
    "ethernet/ipv4/udp/vxlan/ethernet/ipv4/tcp",
    "ethernet/arp",
]


def built(headers: str) -> bytes:
    written = headers.replace("udp/vxlan", "udp(dport: 4789)/vxlan").replace("icmp/", "icmp(type: 8)/")
    text = f'filter f on ethernet {{ true }}\ntest f "t" {{\n  packet {written}\n  expect match\n}}\n'
    found = compile_source(Source("built.ash", text))
    assert not found.errors
    return found.tests[0].packet.data


@pytest.mark.parametrize("headers", BUILT)
def test_a_packet_has_the_headers_that_it_is_built_from(headers: str) -> None:
    assert headers_in(built(headers), "ethernet") == tuple(headers.split("/"))


def test_what_is_cut_off_or_contradicts_its_declaration_is_no_header() -> None:
    """A header of which a byte is there counts, and one whose fixed field is another does not."""
    packet = built("ethernet/ipv4/tcp")
    assert headers_in(packet[:35], "ethernet") == ("ethernet", "ipv4", "tcp")
    assert headers_in(packet[:34], "ethernet") == ("ethernet", "ipv4")
    assert headers_in(packet[:20], "ethernet") == ("ethernet", "ipv4")
    assert headers_in(packet[:14] + b"\x65" + packet[15:], "ethernet") == ("ethernet",)
    assert headers_in(b"", "ethernet") == headers_in(packet, "nowhere") == ()


def test_behind_a_later_fragment_there_is_no_header() -> None:
    packet = built("ethernet/ipv4(frag: 7, proto: 6)")
    assert headers_in(packet + bytes(20), "ethernet") == ("ethernet", "ipv4")
