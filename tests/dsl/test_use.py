"""`use`: declarations of the header library and of files beside the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from dlcode_dsl import Packet, Source, Verdict, compile_source, print_program, render, run
from dlcode_dsl.syntax.parse import LONGEST_SOURCE
from tests.data_files import Case, each_case
from tests.dsl.sources import compiled

DATA = Path(__file__).parent / "data"

FILES = {
    "meters.ash": """
use "deep/kinds.ash"
header ethernet { dst: mac, src: mac, type: u16, next type { 0x88b5 => meter } }
header meter { kind: u8, value: u8 }
filter metered on ethernet { has(meter) }
handler ignored on metered { consume }
test metered "its own" { packet ethernet / meter(kind: 9)
  expect miss }
""",
    "deep/kinds.ash": 'use "more.ash"\n',
    "deep/more.ash": "const KIND = 3\n",
    "deep/leaves.ash": 'use "../../meters.ash"\n',
    "one.ash": 'use "two.ash"\n',
    "two.ash": 'use "three.ash"\nuse "one.ash"\n',
    "three.ash": "const THREE = 3\n",
    "broken.ash": "message good { a: u8 }\nmessage bad { a: }\nheader good { a: u8 }\n",
    **{f"row{at}.ash": f'use "row{at + 1}.ash"\n' for at in range(20)},
    "long.ash": "//" + "x" * (LONGEST_SOURCE // 2) + "\n",
    "longer.ash": "//" + "y" * (LONGEST_SOURCE // 2) + "\n",
}


def load(path: str) -> Source:
    """A loader over `FILES`."""
    if path == "locked.ash":
        raise PermissionError(13, "Permission denied")
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return Source(path, FILES[path])


@each_case(DATA / "use.test")
def test_a_source_that_uses_files_comes_to_programs_or_a_refusal(case: Case, request: pytest.FixtureRequest) -> None:
    found = compile_source(Source("case.ash", case.input), load=load)
    if found.diagnostics:
        said = {"diagnostics": render(found.diagnostics), "programs": " ".join(each.name for each in found.programs)}
        case.expect(said, request)
    else:
        case.expect({"core": "\n".join(map(print_program, found.programs))}, request)


def test_only_the_sources_own_programs_and_tests_are_taken() -> None:
    found = compile_source(Source("case.ash", 'use "meters.ash"\nfilter f on ethernet { metered }'), load=load)
    assert [program.name for program in found.programs] == ["f"]
    assert found.tests == ()
    assert [source.name for source in found.used] == ["meters.ash", "deep/kinds.ash", "deep/more.ash"]


def test_a_filter_of_a_used_file_can_be_tested() -> None:
    text = 'use "meters.ash"\ntest metered "here" {\n packet ethernet / meter\n expect match\n}'
    found = compile_source(Source("case.ash", text), load=load)
    assert [case.program.name for case in found.tests] == ["metered"]
    assert found.programs == ()


def test_another_text_of_a_used_file_is_another_program() -> None:
    """What a certificate is for is the program: it covers whatever the program was made of."""
    text = 'use "meters.ash"\nfilter f on ethernet { meter.kind == KIND }'

    def program(kind: int) -> str:
        def changed(path: str) -> Source:
            return Source(path, FILES[path].replace("KIND = 3", f"KIND = {kind}"))

        return print_program(compile_source(Source("case.ash", text), load=changed).program("f"))

    assert program(3) != program(4)


def test_a_source_without_a_file_uses_the_library_alone() -> None:
    found = compile_source(Source("case.ash", 'use checksum\nuse "meters.ash"\nfilter f on ethernet { true }'))
    assert [(each.code.name, each.primary.text) for each in found.diagnostics] == [
        ("ASH1035", "this source is not a file, and no file is beside it")
    ]


def test_all_used_files_together_are_no_longer_than_a_source() -> None:
    found = compile_source(Source("case.ash", 'use "long.ash"\nuse "longer.ash"'), load=load)
    assert [each.code.name for each in found.diagnostics] == ["ASH1003"]


DELIVER = """
use checksum
use tcp
use udp
handler segments(t: tcp) on ipv4/tcp.dport == 9000
  owns ring: u8[1500] scratch
  when payload.len <= ring.len
{
  let done = copy payload -> ring through cksum
  if fold16(done.cksum + pseudo_sum(t)) != 0xffff { abort }
  consume
}
handler datagrams(u: udp) on ipv4/udp.dport == 9000
  owns ring: u8[1500] scratch
  when payload.len <= ring.len
{
  let done = copy payload -> ring through cksum
  if fold16(done.cksum + udp_pseudo_sum(u)) != 0xffff { abort }
  consume
}
"""
HANDLERS = compiled(DELIVER)


@given(some.binary(max_size=33), some.integers(0, 3), some.integers(0, 7))
def test_the_librarys_sums_tell_a_good_segment_from_a_bad_one(data: bytes, words: int, bit: int) -> None:
    """Options are covered, and an odd end; a flipped bit anywhere behind the ports is found."""
    ip = Ether() / IP(src="10.0.0.1", dst="10.255.3.2")
    segment = ip / TCP(sport=77, dport=9000, options=[("NOP", None)] * 4 * words) / data
    datagram = ip / UDP(sport=77, dport=9000) / data
    for name, packet in (("segments", segment), ("datagrams", datagram)):
        frame = bytes(packet)
        assert run(HANDLERS.program(name), Packet.whole(frame)).verdict is Verdict.CONSUME
        for at in (26, len(frame) - 1, *((len(frame) - len(data) - 1,) if name == "segments" and words else ())):
            if name == "datagrams" and frame[40:42] == bytes(2):
                continue
            broken = bytearray(frame)
            broken[at] ^= 1 << bit
            assert run(HANDLERS.program(name), Packet.whole(bytes(broken))).verdict is Verdict.ABORT
