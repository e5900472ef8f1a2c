"""Chains and paths: what is stepped over, what stops a walk, and which header a name means."""

from __future__ import annotations

import random
import struct
from itertools import product

import pytest

from dlcode_dsl import Packet, Program, Source, Verdict, compile_source, run

LIMIT = 8  # of extension headers, by the library's ipv6.ash
EXTENSIONS, FRAGMENT, AUTHENTICATION = (0, 43, 60), 44, 51


def compiled(condition: str, link: str = "ethernet") -> Program:
    result = compile_source(Source("chain.ash", f"filter f on {link} {{ {condition} }}"))
    assert not result.errors, result.errors
    return result.program("f")


def matches(program: Program, data: bytes) -> bool:
    return run(program, Packet.whole(data)).verdict is Verdict.MATCH


def extension_headers(rng: random.Random) -> tuple[int, bytes]:
    """A first `proto` and a chain of extension headers, most of them well formed, that ends in UDP to port 53."""
    kinds = [rng.choice([*EXTENSIONS, FRAGMENT, FRAGMENT, AUTHENTICATION]) for _ in range(rng.randrange(LIMIT + 3))]
    protos = [*kinds, rng.choice([17, 17, 17, 6, 59])]
    data = b""
    for kind, following in zip(kinds, protos[1:], strict=True):
        if kind == FRAGMENT:
            offset = rng.choice([0] * 12 + [1, 185])
            data += struct.pack(">BBHI", following, rng.randrange(256), offset << 3 | rng.randrange(2), 9)
        elif kind == AUTHENTICATION:
            length = rng.choice([1, 1, 4, 4, 4, 0])
            data += struct.pack(">BBHII", following, length, 0, 1, 2) + bytes(max(0, length - 1) * 4)
        else:
            length = rng.choice([0, 0, 0, 1, 2, 255 if rng.random() < 0.05 else 3])
            data += bytes([following, length]) + rng.randbytes(6 + length * 8)
    return protos[0], data + struct.pack(">HHHH", 40000, 53, 8, 0)


def ipv6(proto: int, data: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(data), proto, 64) + bytes(32) + data


def walked(packet: bytes) -> tuple[int, list[tuple[int, int]]] | None:
    """The last `proto` and the links with their offsets by an independent walk (RFC 8200, 4); None where it stops."""
    proto, at, links = packet[6], 40, list[tuple[int, int]]()
    while proto in (*EXTENSIONS, FRAGMENT, AUTHENTICATION):
        links.append((proto, at))
        if len(links) > LIMIT or at + (4 if proto == FRAGMENT else 2) > len(packet):
            return None
        if proto == FRAGMENT:
            if int.from_bytes(packet[at + 2 : at + 4], "big") >> 3:
                return None
            size = 8
        elif proto == AUTHENTICATION:
            if packet[at + 1] == 0:
                return None
            size = packet[at + 1] * 4 + 8
        else:
            size = packet[at + 1] * 8 + 8
        proto, at = packet[at], at + size
    return proto, [*links, (proto, at)]


def test_udp_is_found_behind_extension_headers_where_an_independent_walk_finds_it() -> None:
    """On 2,000 drawn chains, some of them too long, fragmented, cut short, or with headers that lie."""
    rng = random.Random(8200)
    program = compiled("udp.dport == 53", "ipv6")
    found = 0
    for _ in range(2000):
        packet = ipv6(*extension_headers(rng))
        if rng.random() < 0.3:
            packet = packet[: rng.randrange(40, len(packet) + 1)]
        end = walked(packet)
        expected = end is not None and end[0] == 17 and packet[(at := end[1][-1][1]) + 2 : at + 4] == b"\x005"
        assert matches(program, packet) == expected, packet.hex()
        found += expected
    assert 400 < found < 1600


@pytest.mark.parametrize(("header", "kinds"), [("ip6_ext", EXTENSIONS), ("ip6_frag", (44,)), ("ah", (51,))])
def test_a_link_of_a_chain_is_the_first_one_that_the_walk_meets(header: str, kinds: tuple[int, ...]) -> None:
    """It is there also where nothing is behind it, such as a later fragment; its own constraints hold."""
    rng = random.Random(header)
    program = compiled(f"has({header}) && {header}.proto != 254", "ipv6")
    found = 0
    for _ in range(500):
        packet = ipv6(*extension_headers(rng))
        position = next((n for n in range(1, LIMIT + 1) if cut_after(packet, n) in kinds), None)
        assert matches(program, packet) == (position is not None), packet.hex()
        found += position is not None
    assert 100 < found < 480


def cut_after(packet: bytes, count: int) -> int:
    """The `proto` of the link with that number, 0 to 255; or -1 where there is none."""
    proto, at = packet[6], 40
    for number in range(1, count + 1):
        if proto not in (*EXTENSIONS, FRAGMENT, AUTHENTICATION) or (proto == AUTHENTICATION and packet[at + 1] == 0):
            return -1
        if number == count:
            return proto
        if proto == FRAGMENT and int.from_bytes(packet[at + 2 : at + 4], "big") >> 3:
            return -1
        sizes = {FRAGMENT: 8, AUTHENTICATION: packet[at + 1] * 4 + 8}
        proto, at = packet[at], at + sizes.get(proto, packet[at + 1] * 8 + 8)
    return -1


def tagged(count: int, inner: bytes = b"\x08\x00E" + bytes(8) + b"\x11") -> bytes:
    """A frame with that many tags, numbered from 1, and an IPv4 header behind them."""
    tags = b"".join(b"\x81\x00" + struct.pack(">H", number) for number in range(1, count + 1))
    return bytes(12) + tags + inner + bytes(20)


def test_a_stack_of_tags_is_stepped_over_up_to_the_limit() -> None:
    behind, second = compiled("has(vlan/ipv4)"), compiled("vlan.vid == 1 && vlan/vlan.vid == 2")
    for count in range(12):
        assert matches(behind, tagged(count)) == (1 <= count <= 9)  # the first, and 8 in its chain
        assert matches(second, tagged(count)) == (count >= 2)


def test_a_label_stack_ends_at_its_bottom() -> None:
    """What is behind it is told by its own version."""
    v4, v6, depth = compiled("has(mpls/ipv4)"), compiled("has(mpls/ipv6)"), compiled("mpls/mpls/mpls.label == 3")
    for count in range(1, 10):
        stack = b"".join(struct.pack(">I", n << 12 | (n == count) << 8) for n in range(1, count + 1))
        four, six = (bytes(12) + b"\x88\x47" + stack + first + bytes(40) for first in (b"\x45", b"\x60"))
        assert (matches(v4, four), matches(v6, four), matches(v4, six), matches(v6, six)) == (True, False, False, True)
        assert matches(depth, four) == (count >= 3)


MEANS = {
    "ipv4.ttl == 1": [1],
    "gre/ipv4.ttl == 2": [2],
    "ipv4/ipv4.ttl == 2": [],  # IP in IP has protocol 4; this one is in GRE
    "gre/udp.dport == 4789": [4789],
    "gre/vxlan/ethernet.type == 0x0800": [0x0800],
    "gre/vxlan/ipv4.ttl == 3": [3],
    "gre/ipv4/udp/vxlan/ethernet/ipv4/tcp.dport == 80": [80],
    "gre/ipv4.ttl * 10 + gre/vxlan/ipv4.ttl == 23": [23],
    "40 / gre/ipv4.ttl == 20": [20],
    "has(tcp)": [],
    "has(udp)": [],
    "vxlan.vni == 9": [],
    "gre/vxlan.vni == 9": [9],
}

NESTED = (
    "ethernet / ipv4(ttl: 1) / gre / ipv4(ttl: 2) / udp / vxlan(vni: 9) / ethernet / ipv4(ttl: 3) / tcp(dport: 80)"
)


@pytest.mark.parametrize("condition", MEANS)
def test_a_bare_name_is_the_outermost_and_a_path_names_an_inner_one(condition: str) -> None:
    expected = "match" if MEANS[condition] else "miss"
    source = f'filter f on ethernet {{ {condition} }} test f "t" {{ packet {NESTED}\n expect {expected} }}'
    result = compile_source(Source("nested.ash", source))
    assert not result.errors, result.errors
    (test,) = result.tests
    assert run(test.program, test.packet).verdict is test.verdict


def test_a_path_gives_way_to_a_name_of_the_programs_own() -> None:
    """`/` divides where its left side is a number: here `udp` is one."""
    source = """filter f on ethernet {
  let udp = ipv4.ttl else false
  udp / tcp.doff == 12
}
test f "divides" { packet ethernet / ipv4(ttl: 64) / tcp
  expect match }
"""
    result = compile_source(Source("divides.ash", source))
    assert not result.errors, result.errors
    assert run(result.tests[0].program, result.tests[0].packet).verdict is Verdict.MATCH


def test_the_header_that_a_handler_is_bound_to_by_a_path_goes_by_its_bare_name_too() -> None:
    """On that way the bare names can mean no other header."""
    source = """handler h(u: udp) on ipv4/udp.dport == 9
  owns seen: u32
{
  seen = ipv4.ttl * 256 + udp.length - u.length
  consume
}
"""
    result = compile_source(Source("bound.ash", source))
    assert not result.errors, result.errors


def test_walks_that_many_alternatives_need_are_written_once() -> None:
    """Each of them would walk past the extension headers; the program grows by less than a walk for each."""
    def size(condition: str) -> int:
        return len(str(compiled(condition).body))

    terms = [f"(tcp.dport == {port} && ipv4.ttl > {port}) || udp.sport == {port}" for port in range(20)]
    walk = size("ipv6/tcp.dport == 1") - size("ipv4/tcp.dport == 1")
    assert size(" || ".join(terms)) - size(" || ".join(terms[:10])) < 10 * walk


ALIKE = """header top { t: u8, chain t limit 4 { 1 => sure, 2 => spared, 3 => far }, next t { 9 => last } }
header sure { t: u8, a: u8, b: u8, next t when b != 7 { 9 => last } }
header spared { t: u8, a: u8, b: u8, next t when a == 0 || b == 1 { 9 => last } }
header far { a: u8, b: u8, t: u8, n: u8 }
header last { x: u8 }
"""


def follows(packet: bytes) -> bool:
    """Whether `last` follows by the text of ALIKE: it asks for no byte of its own."""
    kind, at = packet[0], 1
    for _ in range(4):
        if kind not in (1, 2, 3):
            return kind == 9
        here = packet[at : at + 4]
        if kind == 1 and (len(here) < 3 or here[2] == 7):
            return False
        if kind == 2 and (len(here) < 2 or (here[1] != 0 and (len(here) < 3 or here[2] != 1))):
            return False
        if kind == 3 and len(here) < 3:
            return False
        kind, at = (here[2], at + 4) if kind == 3 else (here[0], at + 3)
    return kind == 9


def test_what_several_links_have_is_read_ahead_only_where_each_of_them_needs_it() -> None:
    """A guard that is true by its first half asks for no bytes of its second, so that a packet may end before them."""
    result = compile_source(Source("alike.ash", ALIKE + "filter f on top { has(last) }"))
    assert not result.errors, result.errors
    program, rng, found, cut = result.program("f"), random.Random(4), 0, 0
    for _ in range(600):
        whole = bytes([rng.choice([1, 2, 2, 3]), *rng.choices([0, 1, 1, 2, 2, 3, 7, 9, 9], k=8)])
        for end in range(1, len(whole)):
            packet = whole[:end]
            assert matches(program, packet) == follows(packet), packet.hex()
            found += follows(packet)
            cut += packet[0] == 2 and end == 3 and follows(packet)
    assert 300 < found < 4000
    assert cut > 4


FORKS = """header top { t: u8, next t { 1 => a, 2 => b, 3 => c } }
header a { t: u8, next t { 1 => d, 2 => e, 3 => g } }
header b { t: u8 <= 8, next t { 1 => d, 4 => e } }
header c { t: u8, next { d, e } }
header d { t: u8 != 5, next t { 9 => last } }
header e { t: u8 >= 2, next t { 9 => last, 8 => last } }
header g { t: u8 }
header last { x: u8 < 9 }
"""


def forks(packet: bytes) -> bool:
    """Whether a way of FORKS leads to `last`, by trying all ways."""
    top, middle, low, last = packet

    def by_d() -> bool:
        return low != 5 and low == 9

    def by_e() -> bool:
        return low >= 2 and low in (8, 9)

    found = {
        1: (middle == 1 and by_d()) or (middle == 2 and by_e()),
        2: middle <= 8 and ((middle == 1 and by_d()) or (middle == 4 and by_e())),
        3: by_d() or by_e(),
    }
    return last < 9 and found.get(top, False)


def test_of_several_ways_the_ones_that_are_still_open_are_all_tried() -> None:
    """Ways part at the first header, at a later one, or only by constraints, of which several may hold."""
    result = compile_source(Source("forks.ash", FORKS + "filter f on top { has(last) }"))
    assert not result.errors, result.errors
    program, found = result.program("f"), 0
    for packet in product(range(5), range(10), range(10), (0, 9)):
        expected = forks(bytes(packet))
        assert matches(program, bytes(packet)) == expected, packet
        assert not any(matches(program, bytes(packet[:end])) for end in range(4))
        found += expected
    assert found > 25
