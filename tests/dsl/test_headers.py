"""The header library against scapy: places and values of fields, and packets built with sizes and checksums."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as ScapyPacket
from scapy.packet import Raw

from dlcode_dsl import Packet, Source, Verdict, compile_source, run
from dlcode_dsl.core.interpret import Sent

MAC = ("02:00:00:00:00:0a", "02:00:00:00:00:0b")
ETHER = f"ethernet(dst: {MAC[0]}, src: {MAC[1]})"
IPV4 = "ipv4(src: 10.1.2.3, dst: 10.4.5.6, id: 7, ttl: 33, tos: 5"


def ether() -> ScapyPacket:
    return Ether(dst=MAC[0], src=MAC[1])


def ipv4(**more: object) -> ScapyPacket:
    return IP(src="10.1.2.3", dst="10.4.5.6", id=7, ttl=33, tos=5, **({"flags": 2} | more))


def built(written: str) -> bytes:
    """The packet that a test block would run."""
    test = f'filter f on ethernet {{ pkt.len > 0 }} test f "t" {{ packet {written}\n expect match }}'
    compiled = compile_source(Source("built.ash", test))
    assert not compiled.diagnostics, compiled.diagnostics
    return compiled.tests[0].packet.data


BUILT = [
    (f"{ETHER} / {IPV4}) / udp(sport: 1, dport: 2)", lambda: ether() / ipv4() / UDP(sport=1, dport=2)),
    (
        f'{ETHER} / {IPV4}) / udp(sport: 1, dport: 2) / hex("68 65 6c 6c 6f")',  # an odd number of bytes
        lambda: ether() / ipv4() / UDP(sport=1, dport=2) / Raw(b"hello"),
    ),
    (
        f"{ETHER} / {IPV4}) / tcp(sport: 80, dport: 40000, seq: 0x01020304, ack: 5, syn: 1, ackf: 1, window: 8192)",
        lambda: ether() / ipv4() / TCP(sport=80, dport=40000, seq=0x01020304, ack=5, flags="SA", window=8192),
    ),
    (
        f"{ETHER} / {IPV4}) / tcp(sport: 80, dport: 1, cwr: 1, ece: 1, urg: 1, psh: 1, rst: 1, fin: 1, urgent: 9,"
        f' reserved: 0, window: 0) / hex("01 02 03")',
        lambda: ether() / ipv4() / TCP(sport=80, dport=1, flags="CEUPRF", urgptr=9, window=0) / Raw(b"\1\2\3"),
    ),
    (
        f'{ETHER} / {IPV4}) / icmp(type: 8) / icmp_echo(id: 0x1234, seq: 3) / hex("ff 00 01")',
        lambda: ether() / ipv4() / ICMP(type=8, id=0x1234, seq=3) / Raw(b"\xff\0\1"),
    ),
    (f"{ETHER} / {IPV4}, ihl: 7, proto: 99)", lambda: ether() / ipv4(proto=99, options=[Raw(bytes(8))])),
    (
        f'{ETHER} / {IPV4}, frag: 0x1abc, flags: 3, proto: 17) / hex("0102")',
        lambda: ether() / ipv4(flags=3, frag=0x1ABC, proto=17) / Raw(b"\1\2"),
    ),
    (
        f"{ETHER} / arp(op: 2, sender_mac: {MAC[1]}, sender_ip: 10.0.0.1, target_mac: {MAC[0]}, target_ip: 10.0.0.2)",
        lambda: ether() / ARP(op=2, hwsrc=MAC[1], psrc="10.0.0.1", hwdst=MAC[0], pdst="10.0.0.2"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "scapys"), BUILT, ids=[written.split(" / ", 1)[1][:40] for written, _ in BUILT])
def test_a_packet_is_built_as_scapy_builds_it(written: str, scapys: object) -> None:
    """Byte for byte: lengths, protocol numbers and checksums included."""
    assert callable(scapys)
    assert built(written) == bytes(scapys())


def test_a_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    """RFC 768: a transmitted 0 would say that there is none."""
    plain = bytes(ether() / ipv4() / UDP(sport=1, dport=2) / Raw(b"\0\0"))
    needed = int.from_bytes(plain[40:42], "big")  # adding its complement's complement makes the sum all ones
    zero = bytes(ether() / ipv4() / UDP(sport=1, dport=2) / Raw(needed.to_bytes(2, "big")))
    assert zero[40:42] == b"\xff\xff"
    assert built(f'{ETHER} / {IPV4}) / udp(sport: 1, dport: 2) / hex("{needed:04x}")') == zero


FIELDS: dict[str, tuple[str, Callable[[ScapyPacket], int]]] = {
    "ethernet.dst": ("mac", lambda p: int(p[Ether].dst.replace(":", ""), 16)),
    "ethernet.src": ("mac", lambda p: int(p[Ether].src.replace(":", ""), 16)),
    "ethernet.type": ("u16", lambda p: p[Ether].type),
    "ipv4.version": ("u4", lambda p: p[IP].version),
    "ipv4.ihl": ("u4", lambda p: p[IP].ihl),
    "ipv4.tos": ("u8", lambda p: p[IP].tos),
    "ipv4.length": ("u16", lambda p: p[IP].len),
    "ipv4.id": ("u16", lambda p: p[IP].id),
    "ipv4.flags": ("u3", lambda p: int(p[IP].flags)),
    "ipv4.frag": ("u13", lambda p: p[IP].frag),
    "ipv4.ttl": ("u8", lambda p: p[IP].ttl),
    "ipv4.proto": ("u8", lambda p: p[IP].proto),
    "ipv4.csum": ("u16", lambda p: p[IP].chksum),
    "ipv4.src": ("ip4", lambda p: int.from_bytes(bytes(map(int, p[IP].src.split("."))), "big")),
    "ipv4.dst": ("ip4", lambda p: int.from_bytes(bytes(map(int, p[IP].dst.split("."))), "big")),
    "udp.sport": ("u16", lambda p: p[UDP].sport),
    "udp.dport": ("u16", lambda p: p[UDP].dport),
    "udp.length": ("u16", lambda p: p[UDP].len),
    "udp.csum": ("u16", lambda p: p[UDP].chksum),
    "tcp.sport": ("u16", lambda p: p[TCP].sport),
    "tcp.dport": ("u16", lambda p: p[TCP].dport),
    "tcp.seq": ("u32", lambda p: p[TCP].seq),
    "tcp.ack": ("u32", lambda p: p[TCP].ack),
    "tcp.doff": ("u4", lambda p: p[TCP].dataofs),
    "tcp.cwr": ("u1", lambda p: int(p[TCP].flags) >> 7 & 1),
    "tcp.ece": ("u1", lambda p: int(p[TCP].flags) >> 6 & 1),
    "tcp.urg": ("u1", lambda p: int(p[TCP].flags) >> 5 & 1),
    "tcp.ackf": ("u1", lambda p: int(p[TCP].flags) >> 4 & 1),
    "tcp.psh": ("u1", lambda p: int(p[TCP].flags) >> 3 & 1),
    "tcp.rst": ("u1", lambda p: int(p[TCP].flags) >> 2 & 1),
    "tcp.syn": ("u1", lambda p: int(p[TCP].flags) >> 1 & 1),
    "tcp.fin": ("u1", lambda p: int(p[TCP].flags) & 1),
    "tcp.window": ("u16", lambda p: p[TCP].window),
    "tcp.csum": ("u16", lambda p: p[TCP].chksum),
    "tcp.urgent": ("u16", lambda p: p[TCP].urgptr),
    "icmp.type": ("u8", lambda p: p[ICMP].type),
    "icmp.code": ("u8", lambda p: p[ICMP].code),
    "icmp.csum": ("u16", lambda p: p[ICMP].chksum),
    "icmp_echo.id": ("u16", lambda p: p[ICMP].id),
    "icmp_echo.seq": ("u16", lambda p: p[ICMP].seq),
    "arp.hardware": ("u16", lambda p: p[ARP].hwtype),
    "arp.protocol": ("u16", lambda p: p[ARP].ptype),
    "arp.hardware_length": ("u8", lambda p: p[ARP].hwlen),
    "arp.protocol_length": ("u8", lambda p: p[ARP].plen),
    "arp.op": ("u16", lambda p: p[ARP].op),
    "arp.sender_mac": ("mac", lambda p: int(p[ARP].hwsrc.replace(":", ""), 16)),
    "arp.sender_ip": ("ip4", lambda p: int.from_bytes(bytes(map(int, p[ARP].psrc.split("."))), "big")),
    "arp.target_mac": ("mac", lambda p: int(p[ARP].hwdst.replace(":", ""), 16)),
    "arp.target_ip": ("ip4", lambda p: int.from_bytes(bytes(map(int, p[ARP].pdst.split("."))), "big")),
}
"""Each field of the library: its type, and where scapy has it."""


def scapys(rng: random.Random, header: str) -> bytes:
    """A packet of scapy's making with this header, its fields drawn."""
    low = Ether(dst=rng.randbytes(6).hex(":"), src=rng.randbytes(6).hex(":"))
    if header == "arp":
        return bytes(low / ARP(op=rng.getrandbits(16), hwsrc=rng.randbytes(6).hex(":"), hwdst=rng.randbytes(6).hex(":"),
                               psrc=address(rng), pdst=address(rng)))  # fmt: skip
    options = bytes(4 * rng.randrange(0, 11))
    whole = IP(
        src=address(rng),
        dst=address(rng),
        id=rng.getrandbits(16),
        ttl=rng.getrandbits(8),
        tos=rng.getrandbits(8),
        flags=rng.getrandbits(2),
        options=options and [Raw(options)],
    )
    upper = {
        "udp": UDP(sport=rng.getrandbits(16), dport=rng.getrandbits(16)),
        "tcp": TCP(sport=rng.getrandbits(16), dport=rng.getrandbits(16), seq=rng.getrandbits(32),
                   ack=rng.getrandbits(32), flags=rng.getrandbits(8), window=rng.getrandbits(16),
                   urgptr=rng.getrandbits(16), options=[("NOP", None)] * (4 * rng.randrange(0, 4))),
        "icmp": ICMP(type=rng.getrandbits(8) | 1, code=rng.getrandbits(8)),
        "icmp_echo": ICMP(type=8 * rng.getrandbits(1), id=rng.getrandbits(16), seq=rng.getrandbits(16)),
        "ipv4": Raw(b""),
        "ethernet": Raw(b""),
    }[header]  # fmt: skip
    return bytes(low / whole / upper / Raw(rng.randbytes(rng.randrange(0, 9))))


def address(rng: random.Random) -> str:
    return ".".join(str(part) for part in rng.randbytes(4))


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_has_the_place_and_value_that_scapy_gives_it(field: str) -> None:
    """Over packets with drawn fields and options of every length, and at every length that the packet is cut to."""
    type, scapys_value = FIELDS[field]
    cell = "u64" if type == "mac" else "u32"
    header = field.split(".")[0]
    source = (
        f"handler h on has({header})\n owns cell: {cell}\n{{\n let v = {field} else drop\n cell = v as {cell}\n pass }}"
    )
    compiled = compile_source(Source("field.ash", source))
    assert not compiled.errors
    rng = random.Random(field)
    for _ in range(8):
        data = scapys(rng, header)
        found = run(compiled.program("h"), Packet.whole(data))
        assert found.verdict is Verdict.PASS
        assert found.memory["cell"] == [scapys_value(Ether(data))]
    short = [run(compiled.program("h"), Packet.whole(data[:length])) for length in range(len(data))]
    kept = [each.memory["cell"] == found.memory["cell"] for each in short if each.verdict is Verdict.PASS]
    assert all(kept)  # never a value made of bytes that are not there




MESSAGES = """
message incr   { op: u8 == 1, pad: u8, slot: u16, delta: u32 }
message result { op: u8 == 2, pad: u8, slot: u16, value: u32 }
handler h(m: incr) on ipv4/udp.dport == 7000
  may reply
{
  send reply(result(slot: m.slot, value: m.delta))
  consume
}
"""


def test_a_reply_is_what_scapy_would_answer() -> None:
    """Source and destination exchanged at each layer, no options, sizes and checksums right, on drawn packets."""
    program = compile_source(Source("reply.ash", MESSAGES)).program("h")
    rng = random.Random(5)
    for _ in range(100):
        options = [Raw(bytes(4 * rng.randrange(1, 11)))] if rng.random() < 0.3 else []
        ask = (
            Ether(dst="02:" + rng.randbytes(5).hex(":"), src="02:" + rng.randbytes(5).hex(":"))
            / IP(
                src=f"{rng.randrange(1, 224)}.{rng.randrange(256)}.1.{rng.randrange(256)}",
                dst=address(rng),
                options=options,
            )
            / UDP(sport=rng.randrange(1, 65536), dport=7000)
        )
        slot, delta = rng.randbytes(2), rng.randbytes(4)
        frame = bytes(ask / Raw(b"\1\0" + slot + delta))
        frame += bytes(max(0, 60 - len(frame)))  # as Ethernet pads it
        answer = bytes(
            Ether(dst=ask[Ether].src, src=ask[Ether].dst)
            / IP(src=ask[IP].dst, dst=ask[IP].src, id=0, flags="DF")
            / UDP(sport=7000, dport=ask[UDP].sport)
            / Raw(b"\2\0" + slot + delta)
        )
        outcome = run(program, Packet.whole(frame))
        assert outcome.verdict is Verdict.CONSUME
        (sent,) = outcome.effects
        assert (sent.effect, sent.frame.hex()) == ("reply", answer.hex())
        assert [(each.offset, each.size, each.kind) for each in sent.own] == [(6, 6, "mac"), (26, 4, "ip4")]
        assert isinstance(sent, Sent)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a group's station", lambda p: setattr(p[Ether], "src", "03:00:00:00:00:01")),
        ("no station", lambda p: setattr(p[Ether], "src", "00:00:00:00:00:00")),
        ("no host", lambda p: setattr(p[IP], "src", "0.0.0.0")),
        ("a group", lambda p: setattr(p[IP], "src", "224.0.0.1")),
        ("everybody", lambda p: setattr(p[IP], "src", "255.255.255.255")),
        ("no port", lambda p: setattr(p[UDP], "sport", 0)),
    ],
)
def test_a_packet_from_nobody_or_a_group_is_not_answered(what: str, change: object) -> None:
    program = compile_source(Source("reply.ash", MESSAGES)).program("h")
    frame = ether() / ipv4() / UDP(sport=9, dport=7000) / Raw(b"\1" + bytes(7))
    assert run(program, Packet.whole(bytes(frame))).verdict is Verdict.CONSUME
    assert callable(change)
    change(frame)
    outcome = run(program, Packet.whole(bytes(frame)))
    assert (outcome.verdict, outcome.effects) == (Verdict.DECLINE, ()), what


@pytest.mark.parametrize(
    ("what", "change", "verdict"),
    [
        ("as it is", lambda p: None, Verdict.CONSUME),
        ("the datagram's length says more than is there", lambda p: setattr(p[UDP], "len", 17), Verdict.DECLINE),
        ("the datagram's length is less than a header", lambda p: setattr(p[UDP], "len", 7), Verdict.DECLINE),
        ("the message does not fit what the length says", lambda p: setattr(p[UDP], "len", 15), Verdict.DECLINE),
        ("the packet's length ends inside the datagram", lambda p: setattr(p[IP], "len", 35), Verdict.DECLINE),
        ("the packet's length goes past the captured bytes", lambda p: setattr(p[IP], "len", 60), Verdict.DECLINE),
        ("the packet's length is nothing", lambda p: setattr(p[IP], "len", 0), Verdict.DECLINE),
        ("a later fragment", lambda p: setattr(p[IP], "frag", 1), Verdict.DECLINE),
        ("another version", lambda p: setattr(p[IP], "version", 5), Verdict.DECLINE),
        ("a header too short for itself", lambda p: setattr(p[IP], "ihl", 4), Verdict.DECLINE),
        ("a header as long as the packet", lambda p: setattr(p[IP], "ihl", 15), Verdict.DECLINE),
        ("another message", lambda p: setattr(p[Raw], "load", b"\2" + bytes(7)), Verdict.DECLINE),
        ("a longer payload", lambda p: setattr(p[Raw], "load", b"\1" + bytes(20)), Verdict.CONSUME),
    ],
)
def test_a_message_lies_where_the_length_fields_say(what: str, change: object, verdict: Verdict) -> None:
    program = compile_source(Source("lengths.ash", MESSAGES)).program("h")
    frame = ether() / ipv4() / UDP(sport=9, dport=7000) / Raw(b"\1" + bytes(7))
    assert callable(change)
    change(frame)
    assert run(program, Packet.whole(bytes(frame))).verdict is verdict, what


def test_a_packet_cut_short_anywhere_is_declined() -> None:
    program = compile_source(Source("cut.ash", MESSAGES)).program("h")
    frame = bytes(ether() / ipv4() / UDP(sport=9, dport=7000) / Raw(b"\1" + bytes(7)))
    for length in range(len(frame)):
        assert run(program, Packet(frame[:length], len(frame))).verdict is Verdict.DECLINE
