"""Filters on every link of the header library over captures, and packets of captures in test blocks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, CookedLinux, CookedLinuxV2, Ether

import dlcode
from dlcode.captures import LINK_TYPES, Packet, write_capture
from dlcode.command_line import main
from dlcode.links import LINKS
from dlcode.modules import Filter
from dlcode_dsl.library import library

V4 = [IP() / TCP(dport=80), IP() / TCP(dport=81), IP(frag=9) / TCP(dport=80), IP() / UDP(dport=80)]
V6 = [IPv6() / TCP(dport=80), IPv6() / UDP(dport=80)]
FAMILIES = {"little": (b"\2\0\0\0", b"\x1e\0\0\0"), "big": (b"\0\0\0\2", b"\0\0\0\x1c")}

PACKETS: dict[str, tuple[int, list[bytes]]] = {
    "ethernet": (1, [bytes(Ether() / packet) for packet in (*V4, *V6, ARP())]),
    "linux_sll": (113, [bytes(CookedLinux() / packet) for packet in (*V4, *V6)]),
    "linux_sll2": (276, [bytes(CookedLinuxV2(proto=0x0800) / packet) for packet in V4]
                   + [bytes(CookedLinuxV2(proto=0x86DD) / packet) for packet in V6]),
    "raw": (101, [bytes(packet) for packet in (*V4, *V6)]),
    "ipv4": (228, [bytes(packet) for packet in V4]),
    "ipv6": (229, [bytes(packet) for packet in V6]),
    "null": (0, [FAMILIES["little"][0] + bytes(packet) for packet in V4]
             + [FAMILIES["little"][1] + bytes(packet) for packet in V6]),
    "loop": (108, [FAMILIES["big"][0] + bytes(packet) for packet in V4]
             + [FAMILIES["big"][1] + bytes(packet) for packet in V6]),
}  # fmt: skip


def capture(folder: Path, link: str) -> Path:
    link_type, packets = PACKETS[link]
    path = folder / f"{link}.pcap"
    write_capture(path, [Packet(0, data, len(data), link_type) for data in packets], link_type)
    return path


def tcpdumps(path: Path, words: str) -> int:
    program = shutil.which("tcpdump")
    assert program is not None, "tcpdump is not installed: apt-get install tcpdump"
    command = [program, "-r", str(path), "-w", "-", words]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    count, at = 0, 24
    while at < len(out):
        at += 16 + int.from_bytes(out[at + 8 : at + 12], "little")
        count += 1
    return count


@pytest.mark.parametrize("link", PACKETS)
def test_a_filter_on_a_link_counts_what_tcpdump_counts(link: str, tmp_path: Path) -> None:
    path = capture(tmp_path, link)
    module = dlcode.loads(f"filter web on {link} {{ tcp.dport == 80 }}\nfilter any on {link} {{ has(udp) }}")
    with dlcode.open(path) as packets:
        for name, words in (("web", "tcp dst port 80"), ("any", "udp")):
            chosen = module[name]
            assert isinstance(chosen, Filter)
            assert chosen.count(packets) == tcpdumps(path, words) > 0


def test_every_link_of_the_library_has_its_captures() -> None:
    """And every link type that the readers name has a header."""
    assert set(LINKS) == set(PACKETS) <= set(library())
    assert {number for numbers in LINKS.values() for number in numbers} == set(LINK_TYPES)


def test_a_capture_of_another_link_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = capture(tmp_path, "null")
    (tmp_path / "web.ash").write_text("filter web on ethernet { tcp.dport == 80 }\n", encoding="utf-8")
    assert main(["match", "-r", str(path), "--count", "-F", str(tmp_path / "web.ash")]) == 2
    assert "web is on ethernet, the capture holds NULL" in capsys.readouterr().err


RECORDED = """filter web on {link} {{ tcp.dport == 80 }}
test web "whole" {{ packet capture("{file}", {number})
  expect {verdict} }}
test web "cut short" {{ packet capture("{file}", {number}) cut 20
  expect miss }}
"""


def test_a_test_may_be_of_a_packet_of_a_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counted from 1, relative to the source, by the interpreter and compiled."""
    (tmp_path / "captures").mkdir()
    capture(tmp_path / "captures", "linux_sll")
    source = tmp_path / "recorded.ash"
    for number, verdict in enumerate(["match", "miss", "miss", "miss", "match", "miss"], 1):
        text = RECORDED.format(link="linux_sll", file="captures/linux_sll.pcap", number=number, verdict=verdict)
        source.write_text(text, encoding="utf-8")
        assert main(["test", str(source)]) == 0
        assert "2 passed, 0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "number", "said"),
    [
        ("ethernet.pcap", 0, "no packet 0; they are counted from 1"),
        ("ethernet.pcap", 8, "no packet 8; they are counted from 1"),
        ("null.pcap", 1, "this is a packet of NULL, the program is on ethernet"),
        ("missing.pcap", 1, "No such file or directory"),
        ("recorded.ash", 1, "it begins with the bytes 66 69 6c 74"),
        ("../ethernet.pcap", 1, "a path is relative"),
        ("/etc/passwd", 1, "a path is relative"),
        ("away.pcap", 1, "a link leads out of the folder"),
    ],
)
def test_a_packet_that_a_test_cannot_have_is_refused(
    file: str, number: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    capture(folder, "ethernet")
    capture(folder, "null")
    (folder / "away.pcap").symlink_to(capture(tmp_path, "raw"))
    source = folder / "recorded.ash"
    source.write_text(RECORDED.format(link="ethernet", file=file, number=number, verdict="match"), encoding="utf-8")
    assert main(["test", str(source)]) == 1
    err = capsys.readouterr().err
    assert "error[ASH1030]: this test cannot be run" in err
    assert said in err


def test_the_packet_that_breaks_a_program_is_written_with_the_link_that_it_is_on(tmp_path: Path) -> None:
    source = tmp_path / "broken.ash"
    source.write_text("filter broken on null { let x = pkt.len - 30\n x > 4 }\n", encoding="utf-8")
    assert main(["check", "--witnesses", str(tmp_path), str(source)]) == 1
    (witness,) = tmp_path.glob("*.pcap")
    with dlcode.open(witness) as packets:
        assert packets.link_type == 0
