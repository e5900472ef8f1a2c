"""The header library beyond IPv4 against scapy: packets built, places and values of fields, what chains step over."""

from __future__ import annotations

import random
from collections.abc import Callable
from ipaddress import IPv6Address

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    PadN,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import GRE, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import SCTP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as ScapyPacket
from scapy.packet import Raw

from dlcode_dsl import Packet, Source, Verdict, compile_source, run
from dlcode_dsl.library import library
from tests.dsl.test_headers import FIELDS as IPV4_FIELDS

MAC = ("02:00:00:00:00:0a", "02:00:00:00:00:0b")
ETHER = f"ethernet(dst: {MAC[0]}, src: {MAC[1]})"
IPV4 = "ipv4(src: 10.1.2.3, dst: 10.4.5.6)"
IPV6 = "ipv6(src: 2001:db8::a, dst: fe80::b, hops: 33)"


def ether(**more: object) -> ScapyPacket:
    return Ether(dst=MAC[0], src=MAC[1], **more)


def ipv4() -> ScapyPacket:
    return IP(src="10.1.2.3", dst="10.4.5.6", id=0, flags=2)


def ipv6() -> ScapyPacket:
    return IPv6(src="2001:db8::a", dst="fe80::b", hlim=33)


def built(written: str, link: str) -> bytes:
    """The packet that a test block would run."""
    test = f'filter f on {link} {{ pkt.len > 0 }} test f "t" {{ packet {written}\n expect match }}'
    compiled = compile_source(Source("built.ash", test))
    assert not compiled.diagnostics, compiled.diagnostics
    return compiled.tests[0].packet.data


OPTIONS = 'data: hex("01 04 00 00 00 00")'
PADDED = [PadN(optdata=bytes(4))]

BUILT: dict[str, Callable[[], ScapyPacket]] = {
    f"{ETHER} / vlan(pcp: 5, dei: 1, vid: 100) / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        ether() / Dot1Q(prio=5, dei=1, vlan=100) / ipv4() / UDP(sport=1, dport=2)
    ),
    f"{ETHER[:-1]}, type: 0x88a8) / vlan(vid: 7) / vlan(vid: 8) / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        ether(type=0x88A8) / Dot1AD(vlan=7) / Dot1Q(vlan=8) / ipv4() / UDP(sport=1, dport=2)
    ),
    f"{ETHER} / mpls(label: 3, tc: 2, ttl: 9) / mpls(label: 70000) / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        ether() / MPLS(label=3, cos=2, ttl=9, s=0) / MPLS(label=70000, ttl=64, s=1) / ipv4() / UDP(sport=1, dport=2)
    ),
    f'{ETHER} / pppoe(session: 77) / ppp / {IPV4} / udp(sport: 1, dport: 2) / hex("01")': lambda: (
        ether() / PPPoE(sessionid=77) / PPP() / ipv4() / UDP(sport=1, dport=2) / Raw(b"\1")
    ),
    f'{ETHER[:-1]}, type: 0x86dd) / {IPV6} / udp(sport: 1, dport: 2) / hex("01 02 03")': lambda: (
        ether() / ipv6() / UDP(sport=1, dport=2) / Raw(b"\1\2\3")
    ),
    f"{ETHER[:-1]}, type: 0x86dd) / {IPV6} / ip6_ext({OPTIONS}) / tcp(sport: 1, dport: 2, syn: 1, window: 7)": lambda: (
        ether() / ipv6() / IPv6ExtHdrHopByHop(options=PADDED) / TCP(sport=1, dport=2, flags="S", window=7)
    ),
    f"{ETHER[:-1]}, type: 0x86dd) / {IPV6[:-1]}, proto: 60) / ip6_ext({OPTIONS}) / ip6_frag(id: 5, more: 1)"
    " / icmpv6(type: 128) / icmpv6_echo(id: 3, seq: 4)": lambda: (
        ether() / ipv6() / IPv6ExtHdrDestOpt(options=PADDED) / IPv6ExtHdrFragment(id=5, m=1)
        / ICMPv6EchoRequest(id=3, seq=4)
    ),
    f"{ETHER[:-1]}, type: 0x86dd) / {IPV6} / icmpv6(type: 135) / neighbor(target: fe80::9)": lambda: (
        ether() / ipv6() / ICMPv6ND_NS(tgt="fe80::9")
    ),
    f"{ETHER} / {IPV4} / gre / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        ether() / ipv4() / GRE() / ipv4() / UDP(sport=1, dport=2)
    ),
    f'{ETHER} / {IPV4} / gre(key: 1, seq: 1, options: hex("01020304 00000009")) / {ETHER} / {IPV4}': lambda: (
        ether() / ipv4() / GRE(key_present=1, key=0x01020304, seqnum_present=1, sequence_number=9, proto=0x6558)
        / ether() / IP(src="10.1.2.3", dst="10.4.5.6", id=0, flags=2, proto=0)
    ),
    f"{ETHER} / {IPV4} / udp(csum: 0) / vxlan(vni: 0x123456) / {ETHER} / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        ether() / ipv4() / UDP(sport=49152, dport=4789, chksum=0) / VXLAN(vni=0x123456, flags=8)
        / ether() / ipv4() / UDP(sport=1, dport=2)
    ),
    f"{ETHER} / {IPV4} / sctp(sport: 1, dport: 2, tag: 3)": lambda: (
        ether() / ipv4() / SCTP(sport=1, dport=2, tag=3, chksum=0)
    ),
    f"{ETHER} / {IPV4} / ah(spi: 1, seq: 2, icv: hex(\"{'07' * 12}\")) / udp(sport: 1, dport: 2, csum: 5)": lambda: (
        ether() / ipv4() / AH(spi=1, seq=2, payloadlen=4, icv=b"\7" * 12, nh=17) / UDP(sport=1, dport=2, chksum=5)
    ),
    f"linux_sll(direction: 4, address: 0x0200000000010000) / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        CookedLinux(pkttype=4, lladdrtype=1, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0") / ipv4() / UDP(sport=1, dport=2)
    ),
    f"linux_sll2(device: 3, direction: 4, address: 0x0200000000010000) / {IPV4} / udp(sport: 1, dport: 2)": lambda: (
        CookedLinuxV2(ifindex=3, pkttype=4, lladdrtype=1, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0")
        / ipv4() / UDP(sport=1, dport=2)
    ),
    f"null / {IPV4} / udp(sport: 1, dport: 2)": lambda: (Loopback(type=2) / ipv4() / UDP(sport=1, dport=2)),
    f"loop / {IPV4} / udp(sport: 1, dport: 2)": lambda: Raw(b"\0\0\0\2") / ipv4() / UDP(sport=1, dport=2),
    f"raw / {IPV4} / udp(sport: 1, dport: 2)": lambda: ipv4() / UDP(sport=1, dport=2),
}  # fmt: skip


@pytest.mark.parametrize("written", BUILT, ids=[" / ".join(part.split("(")[0] for part in one.split(" / "))
                                                for one in BUILT])  # fmt: skip
def test_a_packet_is_built_as_scapy_builds_it(written: str) -> None:
    """Byte for byte: lengths, protocol numbers and checksums included, behind extension headers too."""
    data = built(written, written.split("(")[0].split(" ")[0])
    expected = bytes(BUILT[written]())
    assert data.hex() == expected.hex()


# ---- fields


def address6(text: str) -> int:
    return int(IPv6Address(text))


def under(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


FIELDS: dict[str, Callable[[ScapyPacket], int]] = {
    "vlan.pcp": lambda p: p[Dot1Q].prio,
    "vlan.dei": lambda p: p[Dot1Q].dei,
    "vlan.vid": lambda p: p[Dot1Q].vlan,
    "vlan.type": lambda p: p[Dot1Q].type,
    "mpls.label": lambda p: p[MPLS].label,
    "mpls.tc": lambda p: p[MPLS].cos,
    "mpls.bottom": lambda p: p[MPLS].s,
    "mpls.ttl": lambda p: p[MPLS].ttl,
    "pppoe.version": lambda p: p[PPPoE].version,
    "pppoe.type": lambda p: p[PPPoE].type,
    "pppoe.code": lambda p: p[PPPoE].code,
    "pppoe.session": lambda p: p[PPPoE].sessionid,
    "pppoe.length": lambda p: p[PPPoE].len,
    "ppp.proto": lambda p: p[PPP].proto,
    "ipv6.version": lambda p: p[IPv6].version,
    "ipv6.class": lambda p: p[IPv6].tc,
    "ipv6.flow": lambda p: p[IPv6].fl,
    "ipv6.length": lambda p: p[IPv6].plen,
    "ipv6.proto": lambda p: p[IPv6].nh,
    "ipv6.hops": lambda p: p[IPv6].hlim,
    "ipv6.src": lambda p: address6(p[IPv6].src),
    "ipv6.dst": lambda p: address6(p[IPv6].dst),
    "ip6_ext.proto": lambda p: p[IPv6ExtHdrDestOpt].nh,
    "ip6_ext.len8": lambda p: p[IPv6ExtHdrDestOpt].len,
    "ip6_frag.proto": lambda p: p[IPv6ExtHdrFragment].nh,
    "ip6_frag.zero": lambda p: p[IPv6ExtHdrFragment].res1,
    "ip6_frag.offset": lambda p: p[IPv6ExtHdrFragment].offset,
    "ip6_frag.spare": lambda p: p[IPv6ExtHdrFragment].res2,
    "ip6_frag.more": lambda p: p[IPv6ExtHdrFragment].m,
    "ip6_frag.id": lambda p: p[IPv6ExtHdrFragment].id,
    "ah.proto": lambda p: p[AH].nh,
    "ah.len4": lambda p: p[AH].payloadlen,
    "ah.reserved": lambda p: p[AH].reserved,
    "ah.spi": lambda p: p[AH].spi,
    "ah.seq": lambda p: p[AH].seq,
    "icmpv6.type": lambda p: p[ICMPv6EchoReply].type,
    "icmpv6.code": lambda p: p[ICMPv6EchoReply].code,
    "icmpv6.csum": lambda p: p[ICMPv6EchoReply].cksum,
    "icmpv6_echo.id": lambda p: p[ICMPv6EchoReply].id,
    "icmpv6_echo.seq": lambda p: p[ICMPv6EchoReply].seq,
    "neighbor.router": lambda p: under(bytes(p[ICMPv6ND_NS]), 4, 1) >> 7,
    "neighbor.solicited": lambda p: under(bytes(p[ICMPv6ND_NS]), 4, 1) >> 6 & 1,
    "neighbor.override": lambda p: under(bytes(p[ICMPv6ND_NS]), 4, 1) >> 5 & 1,
    "neighbor.reserved": lambda p: p[ICMPv6ND_NS].res & (1 << 29) - 1,
    "neighbor.target": lambda p: address6(p[ICMPv6ND_NS].tgt),
    "sctp.sport": lambda p: p[SCTP].sport,
    "sctp.dport": lambda p: p[SCTP].dport,
    "sctp.tag": lambda p: p[SCTP].tag,
    "sctp.csum": lambda p: p[SCTP].chksum,
    "gre.csum": lambda p: p[GRE].chksum_present,
    "gre.routing": lambda p: p[GRE].routing_present,
    "gre.key": lambda p: p[GRE].key_present,
    "gre.seq": lambda p: p[GRE].seqnum_present,
    "gre.reserved": lambda p: under(bytes(p[GRE]), 0, 2) >> 3 & 0x1FF,
    "gre.version": lambda p: p[GRE].version,
    "gre.proto": lambda p: p[GRE].proto,
    "vxlan.reserved1": lambda p: int(p[VXLAN].flags) >> 4,
    "vxlan.valid": lambda p: int(p[VXLAN].flags) >> 3 & 1,
    "vxlan.reserved2": lambda p: under(bytes(p[VXLAN]), 0, 4) & (1 << 27) - 1,
    "vxlan.vni": lambda p: p[VXLAN].vni,
    "vxlan.reserved3": lambda p: p[VXLAN].reserved2,
    "linux_sll.direction": lambda p: p[CookedLinux].pkttype,
    "linux_sll.hardware": lambda p: p[CookedLinux].lladdrtype,
    "linux_sll.address_length": lambda p: p[CookedLinux].lladdrlen,
    "linux_sll.address": lambda p: under(bytes(p), 6, 8),
    "linux_sll.type": lambda p: p[CookedLinux].proto,
    "linux_sll2.type": lambda p: p[CookedLinuxV2].proto,
    "linux_sll2.reserved": lambda p: p[CookedLinuxV2].reserved,
    "linux_sll2.device": lambda p: p[CookedLinuxV2].ifindex,
    "linux_sll2.hardware": lambda p: p[CookedLinuxV2].lladdrtype,
    "linux_sll2.direction": lambda p: p[CookedLinuxV2].pkttype,
    "linux_sll2.address_length": lambda p: p[CookedLinuxV2].lladdrlen,
    "linux_sll2.address": lambda p: under(bytes(p), 12, 8),
    "null.family": lambda p: under(bytes(p), 0, 4),
    "loop.family": lambda p: under(bytes(p), 0, 4),
}
"""Each field of the library besides those of IPv4 over Ethernet: where scapy has it."""


def six(rng: random.Random) -> str:
    return str(IPv6Address(rng.getrandbits(128)))


def scapys(rng: random.Random, header: str) -> tuple[str, ScapyPacket]:
    """A link, and a packet of scapy's making with this header, its fields drawn."""

    def bits(count: int) -> int:
        return rng.getrandbits(count)

    low = Ether(dst=rng.randbytes(6).hex(":"), src=rng.randbytes(6).hex(":"))
    v4 = IP(src="10.0.0.1", dst="10.0.0.2", options=rng.choice([[], [Raw(bytes(8))]]))
    v6 = IPv6(src=six(rng), dst=six(rng), tc=bits(8), fl=bits(20), hlim=bits(8))
    destination = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(rng.choice([4, 12, 20])))])
    frag = IPv6ExtHdrFragment(offset=rng.choice([0, bits(13)]), m=bits(1), id=bits(32), res1=bits(8), res2=bits(2))
    match header:
        case "vlan":
            return "ethernet", low / Dot1Q(prio=bits(3), dei=bits(1), vlan=bits(12)) / v4
        case "mpls":
            tail = rng.choice([MPLS(s=1) / v4, v4])
            return "ethernet", low / MPLS(label=bits(20), cos=bits(3), ttl=bits(8), s=int(IP is type(tail))) / tail
        case "pppoe" | "ppp":
            return "ethernet", low / PPPoE(sessionid=bits(16)) / PPP() / v4 / Raw(bytes(bits(3)))
        case "ipv6":
            return "ipv6", v6 / rng.choice([TCP(), UDP()]) / Raw(bytes(bits(3)))
        case "ip6_ext":
            return "ipv6", v6 / destination / rng.choice([frag, TCP(), UDP()])
        case "ip6_frag":
            return "ipv6", v6 / rng.choice([frag, destination / frag]) / rng.choice([TCP(), UDP()])
        case "ah":
            ah = AH(nh=17, reserved=bits(16), spi=bits(32), seq=bits(32), icv=bytes(12), payloadlen=4)
            return "ethernet", low / v4 / ah
        case "icmpv6" | "icmpv6_echo":
            return "ipv6", v6 / ICMPv6EchoReply(id=bits(16), seq=bits(16), code=bits(8))
        case "neighbor":
            return "ipv6", v6 / ICMPv6ND_NS(res=bits(32), tgt=six(rng))
        case "sctp":
            return "ethernet", low / v4 / SCTP(sport=bits(16), dport=bits(16), tag=bits(32))
        case "gre":
            flags = {"chksum_present": bits(1), "key_present": bits(1), "seqnum_present": bits(1)}
            return "ethernet", low / v4 / GRE(**flags) / v4
        case "vxlan":  # scapy names parts of the reserved bits
            flags = {"gpid": bits(16)} if (more := bits(1)) else {"reserved1": bits(24)}
            vxlan = VXLAN(flags=8 | 128 * more | bits(6) & 0x33, vni=bits(24), reserved2=bits(8), **flags)
            return "ethernet", low / v4 / UDP(dport=4789) / vxlan
        case "linux_sll":
            return header, CookedLinux(
                pkttype=bits(16), lladdrtype=bits(16), lladdrlen=bits(16), src=rng.randbytes(8)
            ) / v4  # fmt: skip
        case "linux_sll2":
            return header, CookedLinuxV2(
                ifindex=bits(32), lladdrtype=bits(16), pkttype=bits(8), lladdrlen=bits(8), src=rng.randbytes(8)
            ) / v4  # fmt: skip
        case "null" | "loop":
            return header, Raw(rng.randbytes(4)) / v4
    raise AssertionError(header)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_has_the_place_and_value_that_scapy_gives_it(field: str) -> None:
    """Over packets with drawn fields; and a packet that is cut short has the value, or none."""
    header, name = field.split(".")
    rng = random.Random(field)
    type = library()[header].fields[name].type

    def verdict(value: int, packet: Packet) -> Verdict:
        literal = value if type.numeric else IPv6Address(value)
        compiled = compile_source(Source("f.ash", f"filter f on {link} {{ {field} == {literal} }}"))
        return run(compiled.program("f"), packet).verdict

    found = []
    for _ in range(8):
        link, packet = scapys(rng, header)
        data = bytes(packet)
        found.append(FIELDS[field](packet.__class__(data)))
        assert verdict(found[-1], Packet.whole(data)) is Verdict.MATCH, (data.hex(), found[-1])
    if name != "valid":  # of one bit, which is 1
        for length in range(0, len(data) + 1, 3):
            assert verdict(found[-1] ^ 1, Packet(data[:length], len(data))) is Verdict.MISS
    assert (len(set(found)) > 1) == (field not in ONE_VALUE), "drawn values tell a field's place from another's"


ONE_VALUE = {
    "ah.len4", "ah.proto", "gre.proto", "gre.reserved", "gre.routing", "gre.version", "icmpv6.type", "ipv6.version",
    "linux_sll.type", "linux_sll2.reserved", "linux_sll2.type", "ppp.proto", "pppoe.code", "pppoe.type",
    "pppoe.version", "vlan.type", "vxlan.valid",
}  # fmt: skip
"""Fields of which scapy makes one value only here."""


def test_every_field_of_the_library_is_compared_with_scapy() -> None:
    fields = {f"{layout.name}.{field}" for layout in library().values() for field in layout.fields}
    assert fields - set(FIELDS) - set(IPV4_FIELDS) == {"tcp.reserved"}  # which scapy splits
