"""Filters against tcpdump: the same packets, the same matches."""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

from dlcode_dsl import Packet, Source, Verdict, compile_source, run

PAIRS = {
    "tcp.sport == 80 || tcp.dport == 80": "tcp port 80",
    "tcp.dport in [80, 443]": "tcp dst port 80 or tcp dst port 443",
    "udp.dport == 53 || tcp.dport == 53": "dst port 53",
    "arp.op == 1": "arp[6:2] == 1",
    "has(arp) && ethernet.dst == ff:ff:ff:ff:ff:ff": "arp and ether broadcast",
    "icmp.type in [0, 8]": "icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply",
    "icmp_echo.seq > 2": "(icmp[0] == 0 or icmp[0] == 8) and icmp[6:2] > 2",
    "ipv4.src == 10.0.0.1 || ipv4.dst == 10.0.0.1": "ip host 10.0.0.1",
    "ipv4.src & 255.0.0.0 == 10.0.0.0": "ip and src net 10.0.0.0/8",
    "ipv4.flags & 1 == 1 || ipv4.frag > 0": "ip[6:2] & 0x3fff != 0",
    "ipv4/tcp.syn == 1 && ipv4/tcp.ackf == 0": "ip and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
    "ipv4.ttl < 5": "ip and ip[8] < 5",
    "ipv4.ihl > 5": "ip and ip[0] & 0xf > 5",
    "ipv4.ihl * 4 + 8 == ipv4.length": "ip and (ip[0] & 0xf) * 4 + 8 == ip[2:2]",
    "pkt.wire_len > 100": "greater 101",
    "ipv4.proto in [6, 17] && ipv4.ttl != 64": "(ip proto 6 or ip proto 17) and ip[8] != 64",
    "!has(ipv4)": "not ip",
    "has(udp) && !(udp.sport == 53 && udp.dport == 53)": "udp and (ip6 or ip[6:2] & 0x1fff = 0)"
    " and not (udp src port 53 and udp dst port 53)",
    "ipv6/udp.dport == 53": "ip6 and udp dst port 53",
    "ipv6.src == 2001:db8::1 && ipv6.hops < 5": "src host 2001:db8::1 and ip6[7] < 5",
    "icmpv6.type == 128": "icmp6[icmp6type] == icmp6-echo",
    "ipv4/tcp.dport == 80 || ipv6/tcp.dport == 80": "tcp dst port 80",
    "vlan.vid == 7 && vlan/ipv4.ttl < 5": "vlan 7 and ip and ip[8] < 5",
    "vlan/tcp.dport == 80": "vlan and tcp dst port 80",
    "has(vlan) && !has(vlan/vlan) && vlan.pcp == 5": "ether proto 0x8100 and ether[14] >> 5 == 5",
    "ethernet.src & 01:00:00:00:00:00 == 00:00:00:00:00:00": "ether[6] & 1 == 0",
}  # fmt: skip


@cache
def packets() -> tuple[bytes, ...]:
    """Well-formed packets of many kinds, values crowded around those that the filters name."""
    rng = random.Random(7)
    found = []
    for _ in range(400):
        mac = rng.choice(["ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", "03:00:00:00:00:01"])
        low = Ether(dst=mac, src=rng.choice(["02:00:00:00:00:01", "01:00:5e:00:00:01"]))
        hosts = ["10.0.0.1", "10.9.0.1", "11.0.0.1", "192.0.2.1"]
        if rng.random() < 0.15:
            arp = ARP(op=rng.choice([1, 2]), psrc=rng.choice(hosts), pdst=rng.choice(hosts), hwsrc="02:00:00:00:00:01")
            found.append(bytes(low / arp))
            continue
        if rng.random() < 0.2:
            low /= Dot1Q(vlan=rng.choice([7, 8]), prio=rng.choice([0, 5]))
        options = [Raw(bytes(4 * rng.randrange(1, 11)))] if rng.random() < 0.3 else []
        frag = rng.choice([0, 0, 0, 0, 1, 185])
        ip = IP(src=rng.choice(hosts), dst=rng.choice(hosts), ttl=rng.choice([1, 4, 5, 64]), frag=frag,
                flags=rng.choice([0, 0, 2, 1]), options=options)  # fmt: skip
        hosts6 = ["2001:db8::1", "2001:db8::2"]
        ip6 = IPv6(src=rng.choice(hosts6), dst=rng.choice(hosts6), hlim=rng.choice([1, 4, 5, 64]))
        ports = [53, 80, 81, 443, 40000]
        flags = rng.choice(["S", "SA", "A", "F", "R"])
        upper = rng.choice([
            TCP(sport=rng.choice(ports), dport=rng.choice(ports), flags=flags),
            UDP(sport=rng.choice(ports), dport=rng.choice(ports)),
            ICMP(type=rng.choice([0, 8]), seq=rng.randrange(5)),
            ICMP(type=3, code=1),
        ])  # fmt: skip
        if rng.random() < 0.4:
            if isinstance(upper, ICMP):
                upper = ICMPv6EchoRequest() if upper.type == 8 else ICMPv6EchoReply()
            ip = ip6
        found.append(bytes(low / ip / upper / Raw(bytes(rng.choice([0, 0, 1, 40, 60])))))
    return tuple(found)


def tcpdumps(words: str, folder: Path) -> set[int]:
    """The packets that tcpdump matches; its times are the packets' numbers."""
    program = shutil.which("tcpdump")
    assert program is not None, "tcpdump is not installed: apt-get install tcpdump"
    capture = folder / "packets.pcap"
    records = [struct.pack("<IIII", at, 0, len(data), len(data)) + data for at, data in enumerate(packets())]
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + b"".join(records))
    command = [program, "-r", str(capture), "-w", "-", words]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    found, at = set(), 24
    while at < len(out):
        number, _, captured, _ = struct.unpack_from("<IIII", out, at)
        found.add(number)
        at += 16 + captured
    return found


@pytest.mark.parametrize("condition", PAIRS)
def test_a_filter_matches_what_tcpdump_matches(condition: str, tmp_path: Path) -> None:
    compiled = compile_source(Source("filter.ash", f"filter f on ethernet {{ {condition} }}"))
    assert not compiled.errors
    program = compiled.program("f")
    ours = {at for at, data in enumerate(packets()) if run(program, Packet.whole(data)).verdict is Verdict.MATCH}
    theirs = tcpdumps(PAIRS[condition], tmp_path)
    assert 0 < len(theirs) < len(packets()), "the packets do not tell this filter from a constant"
    assert ours == theirs


@pytest.mark.parametrize("condition", PAIRS)
def test_a_filter_ends_without_a_fault_wherever_a_packet_is_cut(condition: str) -> None:
    """And a cut never makes a comparison true that is not true of the whole packet."""
    program = compile_source(Source("filter.ash", f"filter f on ethernet {{ {condition} }}")).program("f")
    for data in packets()[:6]:
        whole = run(program, Packet.whole(data)).verdict
        for length in range(min(len(data), 80)):
            cut = run(program, Packet(data[:length], len(data))).verdict
            assert cut in (Verdict.MISS, whole) or re.search("!(?!=)", condition)
