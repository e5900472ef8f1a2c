"""Frames that handlers send: answers, and frames of templates, as another implementation reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from scapy.utils import checksum as internet_checksum

from dlcode_dsl import Fault, Packet, Program, Source, Verdict, compile_source, run, run_test
from dlcode_dsl.core.faults import FaultKind
from tests.data_files import Case, each_case
from tests.dsl.sources import compiled, outcome

DATA = Path(__file__).parent / "data"
FILLED_IN = {IP: ("len", "chksum"), IPv6: ("plen",), UDP: ("len", "chksum"), ICMP: ("chksum",), TCP: ("chksum",)}
HOST, PEER = "02:00:00:00:00:02", "02:00:00:00:00:01"

SOURCE = """
message result { op: u8 == 2, pad: u8, slot: u16, value: u32 }

handler ping on icmp.type == 8
  may reply
{
  let length = payload.len else pass
  if length > 1476 { drop }
  send reply(icmp(type: 0), payload)
  consume
}
handler ask on icmp_echo.id == 7
  may reply
  when payload.len <= 1400
{
  send reply(icmp_echo(id: icmp_echo.id, seq: icmp_echo.seq), payload)
  consume
}
handler echo(u: udp) on ipv4/udp.dport == 7
  may reply
{
  let length = payload.len else pass
  if length > 1472 { drop }
  send reply(payload)
  consume
}
handler both(u: udp) on ipv4/udp.dport == 8
  may reply
  when payload.len <= 1000
{
  send reply(ipv4(ttl: 3), udp(dport: 99), result(slot: 5, value: 6), payload)
  consume
}
template alarm = ethernet(src: own, dst: 02:00:00:00:00:09) / ipv4(src: own, dst: 10.0.0.9) / udp(dport: 514)
template call = ethernet(src: own) / ipv4(src: own) / tcp(dport: 80)
template probe = ethernet(dst: ff:ff:ff:ff:ff:ff, src: own) / arp(op: 1, sender_mac: own, sender_ip: own)
handler watch(u: udp) on ipv4/udp.dport == 9
  may send alarm, send call, send probe
  when payload.len <= 1000
{
  send alarm(udp(sport: u.sport), result(slot: 1, value: 7))
  send alarm(payload)
  send alarm()
  send call(tcp(sport: 1, syn: 1), ethernet(dst: ethernet.src), ipv4(dst: ipv4.src), payload)
  send probe(arp(sender_mac: ethernet.dst, sender_ip: ipv4.dst, target_ip: ipv4.src))
  consume
}
"""
PROGRAMS = {program.name: program for program in compiled(SOURCE).programs}


def sent(name: str, packet: Ether) -> list[Ether]:
    """What a handler sends when it is given a packet, as scapy reads it; checksums and lengths are as scapy's own."""
    found = run(PROGRAMS[name], Packet.whole(bytes(packet)))
    assert found.verdict is Verdict.CONSUME
    frames = [Ether(effect.frame) for effect in found.effects]
    for frame in frames:
        again = frame.copy()
        for layer, fields in FILLED_IN.items():
            for field in fields if layer in again else ():
                again[layer].delfieldval(field)
        assert bytes(again) == bytes(frame)
    return frames


def ethernet() -> Ether:
    return Ether(dst=HOST, src=PEER)


@each_case(DATA / "sends.test")
def test_a_send_comes_to_the_expected_core_program_or_refusal(case: Case, request: pytest.FixtureRequest) -> None:
    case.expect(outcome(case), request)


@given(some.binary(max_size=90), some.integers(5, 7))
def test_an_echo_carries_what_was_asked_however_long(data: bytes, words: int) -> None:
    """Odd lengths too, and options in the question, which are not echoed."""
    question = ethernet() / IP(src="10.0.0.1", dst="10.0.0.2", options=[b"\x01"] * 4 * (words - 5))
    (answer,) = sent("ping", question / ICMP(id=7, seq=9) / data)
    assert answer[ICMP].type == 0
    assert (answer[ICMP].id, answer[ICMP].seq) == (7, 9)
    assert bytes(answer[ICMP].payload) == data
    assert (answer[IP].src, answer[IP].dst, answer.src, answer.dst) == ("10.0.0.2", "10.0.0.1", HOST, PEER)


@given(some.binary(max_size=9))
def test_a_header_may_stand_in_an_answer_without_changing_places(data: bytes) -> None:
    (answer,) = sent("ask", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(id=7, seq=9) / data)
    assert (answer[ICMP].type, answer[ICMP].id, answer[ICMP].seq, bytes(answer[ICMP].payload)) == (0, 7, 9, data)


@pytest.mark.parametrize("kind", [0, 3, 5, 11])
def test_errors_and_answers_are_not_answered(kind: int) -> None:
    """RFC 1122, 3.2.2: an error about an error has no end."""
    frame = ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(type=kind) / b"abcd"
    text = "handler h on has(icmp)\n may reply\n{ send reply(icmp(type: 0))\n consume\n}"
    program = compiled(text).program("h")
    assert run(program, Packet.whole(bytes(frame))).verdict is Verdict.DECLINE


@given(some.binary(max_size=1472))
def test_a_datagram_comes_back_with_its_checksum(data: bytes) -> None:
    (answer,) = sent("echo", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=7) / data)
    assert (answer[UDP].sport, answer[UDP].dport, bytes(answer[UDP].payload)) == (7, 4000, data)


def test_the_sum_of_the_longest_datagram_does_not_overflow() -> None:
    data = b"\xff" * 1472
    (answer,) = sent("echo", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=7) / data)
    assert len(bytes(answer)) == 1514


@given(some.binary(max_size=20))
def test_fields_can_be_given_and_a_message_goes_before_the_part(data: bytes) -> None:
    (answer,) = sent("both", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=8) / data)
    assert (answer[IP].ttl, answer[UDP].sport, answer[UDP].dport) == (3, 8, 99)
    assert bytes(answer[UDP].payload) == bytes.fromhex("0200000500000006") + data


@given(some.binary(max_size=20))
def test_frames_of_templates_are_sent_from_where_the_packet_was_sent_to(data: bytes) -> None:
    first, second, third, call, probe = sent(
        "watch", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=9) / data
    )
    for frame in (first, second, third):
        assert (frame.src, frame.dst) == (HOST, "02:00:00:00:00:09")
        assert (frame[IP].src, frame[IP].dst) == ("10.0.0.2", "10.0.0.9")
        assert frame[UDP].dport == 514
    assert (first[UDP].sport, bytes(first[UDP].payload)) == (4000, bytes.fromhex("0200000100000007"))
    assert bytes(second[UDP].payload) == data
    assert third[UDP].len == 8
    assert (call.dst, call[IP].dst, call[TCP].flags, call[TCP].dport) == (PEER, "10.0.0.1", "S", 80)
    assert bytes(call[TCP].payload) == data
    assert (probe[ARP].psrc, probe[ARP].pdst, probe[ARP].hwsrc) == ("10.0.0.2", "10.0.0.1", HOST)
    assert probe.dst == "ff:ff:ff:ff:ff:ff"


def echo(part: str, condition: str) -> Program:
    head = f"handler echo(u: udp) on ipv4/udp.dport == 7\n may reply\n when {condition}\n"
    text = f"{head}{{\n send reply({part})\n consume\n}}"
    return compiled(text).program("echo")


def test_a_frame_longer_than_the_link_carries_is_a_fault() -> None:
    program = echo("payload", "payload.len > 0")
    frame = ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=7) / bytes(1473)
    with pytest.raises(Fault) as fault:
        run(program, Packet.whole(bytes(frame)))
    assert fault.value.kind is FaultKind.FRAME_LENGTH


def test_a_fixed_field_with_another_value_is_outside_the_template() -> None:
    text = """
template alarm = ethernet(src: own) / ipv4(src: own) / udp(dport: 514)
handler h(u: udp) on ipv4/udp.dport == 9
  may send alarm
{
  send alarm(udp(dport: u.sport), ipv4(dst: ipv4.src))
  consume
}"""
    program = compiled(text).program("h")
    for port, faulty in ((514, False), (515, True)):
        frame = Packet.whole(bytes(ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=port, dport=9)))
        if not faulty:
            assert run(program, frame).verdict is Verdict.CONSUME
            continue
        with pytest.raises(Fault) as fault:
            run(program, frame)
        assert fault.value.kind is FaultKind.TEMPLATE


ODD = compiled("""
header ethernet { dst: mac, src: mac, type: u16, next type { 0x88b5 => odd } }
header odd { kind: u8 = 5, csum: u16 = checksum(header, payload) }
template t = ethernet / odd
handler h on has(ethernet)
  may send t
  when pkt.len <= 1000
{
  send t(pkt[14 .. pkt.len])
  consume
}
""").program("h")


@given(some.binary(max_size=15))
def test_bytes_that_start_in_the_middle_of_a_word_are_summed_so(data: bytes) -> None:
    """A header of 3 bytes: it and what it carries are one stream."""
    found = run(ODD, Packet.whole(bytes(14) + data))
    odd = found.effects[0].frame[14:]
    assert (odd[0], odd[3:]) == (5, data)
    assert int.from_bytes(odd[1:3], "big") == internet_checksum(odd[:1] + bytes(2) + data)


BOTH = """
header ethernet {
  dst: mac, src: mac, type: u16
  next type { 0x0800 => ipv4, 0x86dd => ipv6 }
  reply src <-> dst
}
template alarm = ethernet(src: own) / ipv4(src: own) / udp(dport: 514)
handler two(u: udp) on udp.dport == 7
  may reply, send alarm
  when payload.len <= 1000
{
  send reply(ipv4(ttl: 9), payload)
  send alarm(ethernet(dst: ethernet.src), ipv4(src: 10.0.0.7), payload)
  consume
}
"""


@settings(max_examples=20, deadline=None)
@given(some.binary(max_size=20), some.booleans())
def test_an_answer_goes_back_by_the_way_that_the_packet_came(data: bytes, hop: bool) -> None:
    """Fields that are given for a header of another way are not needed; links of chains are not echoed."""
    if "two" not in PROGRAMS:
        PROGRAMS["two"] = compiled(BOTH).program("two")
    (four, alarm) = sent("two", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=9, dport=7) / data)
    assert (four[IP].src, four[IP].dst, four[IP].ttl) == ("10.0.0.2", "10.0.0.1", 9)
    assert (alarm.src, alarm.dst, alarm[IP].src, bytes(alarm[UDP].payload)) == (HOST, PEER, "10.0.0.7", data)
    options = IPv6ExtHdrHopByHop() if hop else IPv6ExtHdrDestOpt()
    question = ethernet() / IPv6(src="2001:db8::5", dst="2001:db8::6") / options / UDP(sport=9, dport=7) / data
    (six, alarm) = sent("two", question)
    assert (six[IPv6].src, six[IPv6].dst, six[IPv6].nh) == ("2001:db8::6", "2001:db8::5", 17)
    for answer in (four, six):
        assert (answer.src, answer.dst, answer[UDP].sport, answer[UDP].dport) == (HOST, PEER, 7, 9)
        assert bytes(answer[UDP].payload) == data
    assert (alarm.src, alarm.dst) == (HOST, PEER)


def test_an_own_address_that_not_every_way_has_must_be_given() -> None:
    found = compile_source(Source("case.ash", BOTH.replace("ipv4(src: 10.0.0.7), ", "")))
    assert [(each.code.name, each.primary.text) for each in found.diagnostics] == [
        ("ASH1028", "which of your addresses is the src of ipv4?")
    ]


def test_a_reply_carries_raw_bytes_of_the_packet() -> None:
    PROGRAMS["slice"] = echo("payload[1 .. 4]", "payload.len >= 4")
    (answer,) = sent("slice", ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=9, dport=7) / Raw(b"abcdef"))
    assert bytes(answer[UDP].payload) == b"bcd"
    assert internet_checksum(bytes(answer[IP])[:20]) == 0


def test_a_test_expects_the_answer_by_the_way_of_its_packet() -> None:
    blocks = "".join(
        f"""
test two "by {ip}" {{
  packet ethernet / {ip} / udp(sport: 9, dport: 7) / hex("616263")
  expect consume, sent reply({given}hex("616263")), sent alarm(ethernet(dst: 02:00:00:00:00:01), ipv4(src: 10.0.0.7), \
hex("616263"))
}}
"""
        for ip, given in (("ipv4", "ipv4(ttl: 9), "), ("ipv6", ""))
    )
    cases = compiled(BOTH.replace("dst: mac, src: mac", "dst: mac, src: mac = 02:00:00:00:00:01") + blocks).tests
    assert [run_test(case) for case in cases] == [[], []]


def test_an_answer_stays_in_the_virtual_network_and_the_session_that_it_was_asked_in() -> None:
    compiled = compile_source(Source("kept.ash", """
handler tagged on vlan/udp.dport == 3
  may     reply
  when    payload.len <= 1000
{
  send reply(payload)
  consume
}
test tagged "the same network" {
  packet ethernet / vlan(vid: 5, pcp: 3) / ipv4(src: 10.0.0.1) / udp(sport: 4, dport: 3) / hex("01")
  expect consume, sent reply(vlan(vid: 5, pcp: 3), hex("01"))
}
handler dialled on pppoe/ipv4/udp.dport == 3
  may     reply
  when    payload.len <= 1000
{
  send reply(payload)
  consume
}
test dialled "the same session" {
  packet ethernet / pppoe(session: 77) / ppp / ipv4(src: 10.0.0.1) / udp(sport: 4, dport: 3) / hex("01")
  expect consume, sent reply(pppoe(session: 77), hex("01"))
}
"""))
    assert compiled.diagnostics == ()
    assert [run_test(test) for test in compiled.tests] == [[], []]
