"""Makes the captures that dlcode ships, and the torn ones that its tests read: python -m tests.captures.craft

Frames come from scapy, files from the few lines of layout here, which share nothing with dlcode's own reader and
writer. The bytes are the same on every run; a test makes them again and compares.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_RR, IPOption_Timestamp
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, LLC, SNAP, STP, Dot1Q, Dot3, Ether

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ROOT / "dlcode" / "captures" / "files"
TORN: Final = ROOT / "tests" / "data" / "captures"

CLIENT, SERVER = "02:00:00:00:00:01", "02:00:00:00:00:02"
CLIENT_ADDRESS, SERVER_ADDRESS = "10.0.0.1", "10.0.0.2"
START: Final = 808_876_800  # 1995-08-20 00:00 UTC, in seconds

Frame = tuple[int, bytes, int]  # nanoseconds since 1970, captured bytes, wire length


def ethernet(payload: object) -> bytes:
    """A frame from client to server, padded to the 60 bytes that a wire carries at least."""
    return bytes(Ether(src=CLIENT, dst=SERVER) / payload).ljust(60, b"\0")


def ip(payload: object, **fields: object) -> bytes:
    return ethernet(IP(src=CLIENT_ADDRESS, dst=SERVER_ADDRESS, **fields) / payload)


def ip6(payload: object) -> bytes:
    return ethernet(IPv6(src="fd00::1", dst="fd00::2") / payload)


def increment(slot: int, delta: int, op: int = 1) -> bytes:
    """A frame that asks a remote_increment handler to add `delta` to counter `slot`: 60 bytes on the wire."""
    return ip(UDP(sport=30_000, dport=7000) / struct.pack(">BBHI", op, 0, slot, delta))


def mixed(random: Random) -> bytes:
    """One frame of everyday traffic, some of it odd: the kinds, with their weights."""
    port = random.randrange(1024, 65536)
    text = random.randbytes(random.randrange(0, 120))
    sequence = random.getrandbits(32)
    kinds = {
        "web": 25,
        "web answer": 15,
        "increment": 15,
        "dns": 10,
        "datagram": 8,
        "arp": 6,
        "ping": 5,
        "ssh": 5,
        "v6 web": 4,
        "v6 datagram": 3,
        "v6 ping": 2,
        "v6 fragment": 2,
        "vlan": 4,
        "two vlans": 2,
        "fragment": 4,
        "options": 4,
        "802.3": 2,
        "short": 2,
        "lying length": 2,
    }
    (kind,) = random.choices(list(kinds), list(kinds.values()))
    match kind:
        case "web":
            flags = random.choice(("S", "A", "PA", "FA"))
            return ip(TCP(sport=port, dport=80, seq=sequence, flags=flags) / text)
        case "web answer":
            options = [("NOP", None), ("NOP", None), ("Timestamp", (sequence, 1))]
            return ip(TCP(sport=80, dport=port, seq=sequence, flags="A", options=options) / text)
        case "increment":
            return increment(random.randrange(80), random.choice((1, 2, 0xFFFFFFFF)), random.choice((1, 1, 1, 2)))
        case "dns":
            name = random.choice(("example.org", "dec5000.example", "aegis.example"))
            return ip(UDP(sport=port, dport=53) / DNS(id=port, qd=DNSQR(qname=name)))
        case "datagram":
            return ip(UDP(sport=port, dport=random.choice((7, 69, 123, 7001, 9000))) / text)
        case "arp":
            return bytes(
                Ether(src=CLIENT, dst="ff:ff:ff:ff:ff:ff")
                / ARP(hwsrc=CLIENT, psrc=CLIENT_ADDRESS, hwdst="00:00:00:00:00:00", pdst=SERVER_ADDRESS)
            ).ljust(60, b"\0")
        case "ping":
            return ip(ICMP(type=random.choice((0, 8)), id=port) / text)
        case "ssh":
            return ip(TCP(sport=port, dport=22, seq=sequence, flags="PA") / text)
        case "v6 web":
            return ip6(TCP(sport=port, dport=80, seq=sequence, flags="S"))
        case "v6 datagram":
            return ip6(IPv6ExtHdrHopByHop() / UDP(sport=port, dport=7000) / text)
        case "v6 ping":
            return ip6(ICMPv6EchoRequest(id=port, data=text))
        case "v6 fragment":
            return ip6(IPv6ExtHdrFragment(nh=17, offset=random.choice((0, 185)), m=1, id=sequence) / text)
        case "vlan":
            tagged = Dot1Q(vlan=5, prio=3) / IP(src=CLIENT_ADDRESS, dst=SERVER_ADDRESS) / TCP(sport=port, dport=80)
            return ethernet(tagged / text)
        case "two vlans":
            inner = Dot1Q(vlan=7) / IP(src=CLIENT_ADDRESS, dst=SERVER_ADDRESS) / UDP(sport=port, dport=7000)
            return ethernet(Dot1Q(vlan=5) / inner / text)
        case "fragment":
            first = random.random() < 0.5
            body = bytes(UDP(sport=port, dport=7000, len=600, chksum=0)) + text if first else text
            return ip(body, proto=17, id=port, flags="MF" if first else 0, frag=0 if first else 70)
        case "options":
            options = random.choice(([IPOption_RR()], [IPOption_Timestamp(flg=0)]))
            return ip(UDP(sport=port, dport=7000) / text, options=options)
        case "802.3":
            return bytes(Dot3(src=CLIENT, dst="01:80:c2:00:00:00") / LLC() / STP()).ljust(60, b"\0")
        case "short":
            return random.randbytes(random.randrange(0, 14))
        case _:
            wrong = random.choice(({"len": 1400}, {"ihl": 4}, {"ihl": 15}, {"version": 6}, {"len": 19}))
            return ip(UDP(sport=port, dport=7000) / text, **wrong)


def timed(frames: Iterable[bytes], random: Random, step: int) -> Iterator[Frame]:
    """Frames with growing times, `step` nanoseconds the unit of a gap."""
    now = START * 1_000_000_000
    for frame in frames:
        now += random.randrange(1, 2000) * step
        yield now, frame, len(frame)


def pcap(frames: Iterable[Frame], order: str, nanoseconds: bool, link: int = 1) -> bytes:
    """A classic capture, in the byte order ("<" or ">") and with the fraction of a second that is asked for."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262144, link)
    for time, data, wire in frames:
        out += struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(data), wire) + data
    return out


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    length = struct.pack(order + "I", 12 + len(padded(body)))
    return struct.pack(order + "I", kind) + length + padded(body) + length


def options(order: str, *pairs: tuple[int, bytes]) -> bytes:
    rows = b"".join(struct.pack(order + "HH", code, len(value)) + padded(value) for code, value in pairs)
    return rows + bytes(4)


def section(order: str) -> bytes:
    name = options(order, (4, b"tests/captures/craft.py"))
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + name)


def interface(order: str, link: int, snapshot: int, *pairs: tuple[int, bytes]) -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, snapshot) + options(order, *pairs))


def enhanced(order: str, number: int, ticks: int, data: bytes, wire: int, *pairs: tuple[int, bytes]) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
    return block(order, 6, head + padded(data) + (options(order, *pairs) if pairs else b""))


def simple(order: str, data: bytes, wire: int) -> bytes:
    return block(order, 3, struct.pack(order + "I", wire) + data)


def two_interfaces(frames: Sequence[Frame]) -> bytes:
    """Two sections, one in each byte order; in each an Ethernet in microseconds and a raw IP link whose ticks are
    2**-20 s from a later epoch; a packet of a simple block, a comment, statistics, and a block nobody knows."""
    out = b""
    for order, part in (("<", frames[: len(frames) // 2]), (">", frames[len(frames) // 2 :])):
        out += section(order) + interface(order, 1, 128, (2, b"eth0"), (9, b"\x06"))
        raw = (9, b"\x94"), (14, struct.pack(order + "q", START))
        out += interface(order, 101, 0, (2, b"tun0"), *raw)
        out += block(order, 0x0BAD, b"a block that nobody knows")
        for index, (time, data, _) in enumerate(part):
            cut = data[:128]
            if index % 5 == 4 and data[12:14] == b"\x08\x00":
                ticks = (time - START * 10**9) * 2**20 // 10**9
                out += enhanced(order, 1, ticks, data[14:], len(data) - 14)
            elif index % 7 == 6:
                out += simple(order, cut, len(data))
            else:
                comment = ((1, b"the first of its section"),) if index == 0 else ()
                out += enhanced(order, 0, time // 1000, cut, len(data), *comment)
        out += block(order, 5, struct.pack(order + "III", 0, 0, 0) + options(order))
    return out


def captures() -> dict[Path, bytes]:
    """Every file that this script makes, by path."""
    random = Random(1995)
    traffic = list(timed((mixed(random) for _ in range(1000)), random, 1000))
    requests = list(timed((increment(n % 64, n) for n in range(200)), random, 1))
    whole = (increment(3, 2), ip(TCP(sport=4000, dport=80, flags="PA", options=[("MSS", 1460)]) / b"GET /"))
    cut = timed((frame[:length] for frame in whole for length in range(len(frame) + 1)), random, 1000)
    ends = [len(frame) for frame in whole for _ in range(len(frame) + 1)]
    short = [(time, data, end) for (time, data, _), end in zip(cut, ends, strict=True)]
    snap = ethernet(LLC() / SNAP() / b"snap")
    interfaces = two_interfaces([*traffic[:60], *timed([snap], random, 1000)])
    few = pcap(traffic[:10], "<", nanoseconds=False)
    few_blocks = section("<") + interface("<", 1, 0)
    few_blocks += b"".join(enhanced("<", 0, time // 1000, data, wire) for time, data, wire in traffic[:10])
    return {
        SHIPPED / "mixed.pcap": pcap(traffic, "<", nanoseconds=False),
        SHIPPED / "increments.pcap": pcap(requests, ">", nanoseconds=True),
        SHIPPED / "cut-short.pcap": pcap(short, "<", nanoseconds=False),
        SHIPPED / "two-interfaces.pcapng": interfaces,
        TORN / "torn.pcap": few[:-7],
        TORN / "torn.pcapng": few_blocks[:-7],
    }


def main() -> None:
    """Write the files."""
    for path, contents in captures().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)


if __name__ == "__main__":
    main()
