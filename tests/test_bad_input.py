"""Bad input, all the way from a file to an exit code: a clear error each, in bounded time, and nothing lost.

Sources, captures, certificates, memory and frames: whatever they hold, a user meets a code, a place and a reason, never
a traceback, and a file that was there before is as it was.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from dlcode.captures import Packet as Record
from dlcode.captures import write_capture
from dlcode.command_line import main
from dlcode.judging import Judged, judge_file, judge_text
from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Binding, Core
from dlcode_dsl import Packet, Verdict, run, run_test
from dlcode_jit import host_image
from dlcode_verifier import Certificate, CertificateError, Proved, SolverFailure, recheck, save

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SEEDS = Path(__file__).parent / "data" / "unsafe"
PATIENCE = 30.0
"""Seconds: far more than any of these takes, far less than what has no bound."""

GOOD, REFUSED, CANNOT_RUN = 0, 1, 2

Said = tuple[int, str, str]
Dlcode = Callable[..., Said]


@pytest.fixture
def dlcode(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dlcode:
    """Run a command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Said:
        started = time.perf_counter()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert time.perf_counter() - started < PATIENCE
        assert "Traceback" not in err
        assert "a bug in dlcode" not in err
        return code, out, err

    return command


@cache
def certificate(path: Path) -> Certificate:
    """The certificate of the only program of a source."""
    (judgement,) = judge_file(path).judgements
    assert judgement.certificate is not None
    return judgement.certificate


# ---- sources


def in_filter(condition: str) -> bytes:
    """A filter that is one condition."""
    return f"filter f on ethernet {{ {condition} }}\n".encode()


DEEP = 20_000

REFUSED_SOURCES = {
    "a program of the host": (Path(sys.executable).read_bytes()[:100_000], "ASH1002"),
    "every byte there is": (bytes(range(256)), "ASH1002"),
    "a NUL at the end": (in_filter("true") + b"\0", "ASH1002"),
    "text of 16 bits a character": (in_filter("true").decode().encode("utf-16"), "ASH1002"),
    "10 MB of filters": (in_filter("true") * 300_000, "ASH1003"),
    "10 MB on one line": (b"(" * 10_000_000, "ASH1003"),
    "nested parentheses": (in_filter("(" * DEEP + "true" + ")" * DEEP), "ASH1004"),
    "nested indexes": (in_filter("a[" * DEEP + "1" + "]" * DEEP), "ASH1004"),
    "nested braces": (b"filter f on ethernet { " + b"if true { " * DEEP + b"}" * DEEP, "ASH1004"),
    "brackets of all kinds": (in_filter("(a[" * DEEP + "1" + "])" * DEEP), "ASH1004"),
    "brackets that never close": (in_filter("(" * DEEP), "ASH1004"),
    "a chain of negations": (in_filter("!" * DEEP + "true"), "ASH1004"),
    "a chain of sums": (in_filter("1 == " + " + ".join(["tcp.sport"] * 5000)), "ASH1004"),
    "a chain of fields": (in_filter("tcp" + ".a" * DEEP), "ASH1004"),
    "a chain of widths": (in_filter("1 == tcp.sport" + " as u32" * 5000), "ASH1004"),
    "a chain of alternatives": (in_filter("tcp.sport else " * 5000 + "1 == 1"), "ASH1004"),
    "a chain of else ifs": (
        b"filter f on ethernet { if true { return true }"
        + b" else if tcp.sport == 1 { return true }" * 5000
        + b"\n false }",
        "ASH1004",
    ),
    "filters that name one another twice, nine deep": (
        b"filter f0 on ethernet { tcp.sport == 1 || udp.sport == 2 }\n"
        + b"".join(
            b"filter f%d on ethernet { f%d && (tcp.dport == 3 || f%d) }\n" % (at, at - 1, at - 1) for at in range(1, 10)
        ),
        "ASH1032",
    ),
    "a name of 100,000 characters": (in_filter("a" * 100_000 + " == 1"), "ASH1010"),
    "an unknown name at the end of a long line": (in_filter("tcp.sport == 80 && " * 5263 + "x"), "ASH1010"),
    "a number of 100,000 digits": (in_filter("tcp.sport == " + "9" * 100_000), "ASH1006"),
    "a number of 100,000 hexadecimal digits": (in_filter("tcp.sport == 0x" + "f" * 100_000), "ASH1006"),
    "a number of 129 bits": (in_filter(f"tcp.sport == {1 << 128}"), "ASH1014"),
    "one name declared 10,000 times": (b"const A = 1\n" * 10_000, "ASH1011"),
    "5,000 names that nobody declared": (
        "".join(f"const C{at} = {at}\nfilter f{at} on ethernet {{ D{at} == 3 }}\n" for at in range(5000)).encode(),
        "ASH1010",
    ),
    "a header whose link asks for the header behind it": (
        b"header ethernet { type: u16\n next type when has(x) { 1 => x } }\nheader x { a: u8 }\n" + in_filter("has(x)"),
        "ASH1027",
    ),
    "a header that is as long as where it ends": (
        b"header ethernet { type: u16\n rest: u8[ethernet.end] }\n" + in_filter("ethernet.end == 1"), "ASH1027",
    ),
    "a test that a filter sends": (
        b"message m { a: u8 }\n" + in_filter("true") + b'test f "x" { packet ethernet\n expect match, sent m }',
        "ASH1030",
    ),
    "a test's packet that is longer than any": (
        b"header ethernet { type: u16\n rest: u8[1000000000] }\n" + in_filter("true")
        + b'test f "x" { packet ethernet\n expect match }', "ASH1030",
    ),
    "a header that is as long as a truth value": (
        b"header ethernet { type: u16\n rest: u8[true] }\n" + in_filter("true")
        + b'test f "x" { packet ethernet\n expect match }', "ASH1013",
    ),
    "a checksum over one that is not known yet": (
        b"header ethernet { type: u16, sum: u16 = checksum(header)\n next type { 1 => x }\n pseudo(sum) }\n"
        b"header x { a: u16 = checksum(pseudo) }\n" + in_filter("true")
        + b'test f "x" { packet ethernet / x\n expect match }', "ASH1022",
    ),
    "memory called like the packet": (b"handler h on has(udp) owns packet: u8[4]\n{ pass }", "ASH1011"),
    "more memory than a handler may own": (
        b"handler h on has(udp) owns a: u64[16777216] owns b: u8\n{ pass }", "ASH1029",
    ),
    "a wrong index among two million cells": (
        b"handler h on has(udp) owns a: u8[2000000]\n{ a[pkt.len * 100000] = 1\n pass }", "ASH2033",
    ),
    "10,000 fields": (b"header h { " + b", ".join(b"f%d: u8" % at for at in range(10_000)) + b" }", "ASH1022"),
}


@pytest.mark.parametrize("name", REFUSED_SOURCES)
def test_a_source_that_nobody_would_write_is_refused_with_its_code_and_place(
    name: str, dlcode: Dlcode, tmp_path: Path
) -> None:
    """Exit code 1, a code, a place and a reason on standard error, and no other file in the folder."""
    data, code = REFUSED_SOURCES[name]
    (tmp_path / "bad.ash").write_bytes(data)
    status, _, err = dlcode("check", "bad.ash")
    assert status == REFUSED
    assert f"error[{code}]" in err
    assert "--> bad.ash:" in err
    assert os.listdir(tmp_path) == ["bad.ash"] or code.startswith("ASH2")  # a packet that does it is written


def test_a_source_that_never_ends_is_refused_for_its_size(dlcode: Dlcode) -> None:
    """As much is read as the longest source takes, and one byte more."""
    status, _, err = dlcode("check", "/dev/zero")
    assert status == REFUSED
    assert "error[ASH1003]" in err


ACCEPTED_SOURCES = {
    "nothing": (b"", 0),
    "comments": (b"// nothing\n" * 1000, 0),
    "10,000 declarations": (b"".join(b"const C%d = %d\n" % (at, at) for at in range(10_000)) + in_filter("true"), 1),
    "a byte order mark": (b"\xef\xbb\xbf" + in_filter("true"), 1),
    "lines that end as on Windows": (b"filter f on ethernet {\r\n  tcp.sport ==\r\n 80\r\n}\r\n", 1),
    "5,000 conditions that all hold": (in_filter(" && ".join(f"tcp.sport != {at}" for at in range(5000))), 1),
    "5,000 conditions of which one holds": (in_filter(" || ".join(f"tcp.sport == {at}" for at in range(5000))), 1),
    "a list of 5,000": (in_filter(f"tcp.sport in [{', '.join(map(str, range(5000)))}]"), 1),
    "truths compared twenty levels deep": (
        in_filter("(" * 20 + "(pkt.len < 9)" + " == (pkt.len < 8))" * 20), 1,
    ),
    "an alternative for what is never absent": (in_filter("(pkt.len else 3) == 4 || (true else false)"), 1),
    "an answer with a checksum of 360 words": (
        f"message m {{ {', '.join(f'f{at}: u32' for at in range(360))} }}\n"
        "handler h(m: m) on ipv4/udp.dport == 7\n may reply\n"
        f"{{ send reply(m({', '.join(f'f{at}: m.f{359 - at}' for at in range(360))}))\n consume }}".encode(), 1,
    ),
    "90 negations": (in_filter("!" * 90 + "(pkt.len == 80)"), 1),
    "90 choices inside one another": (
        b"filter f on ethernet {" + b"if tcp.sport == 80 {\n" * 90 + b"return true" + b"}" * 90 + b"\nfalse }", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED_SOURCES)
def test_a_source_that_is_only_odd_is_proved(name: str, dlcode: Dlcode, tmp_path: Path) -> None:
    """Long and deep within the limits of the language, through the solver and out again."""
    data, programs = ACCEPTED_SOURCES[name]
    (tmp_path / "odd.ash").write_bytes(data)
    status, out, err = dlcode("check", "odd.ash")
    assert (status, len(out.splitlines()), "error" in err) == (GOOD, programs, False)


def test_a_message_called_like_a_header_at_the_same_place_has_fields_of_its_own() -> None:
    """What was read of the header is not taken for the message's."""
    text = """
message udp { first: u16, sport: u16 }
handler h on ipv4/udp.sport == 1
  owns both: u32[2]
{
  let other = pkt[udp.start] as udp else pass
  both[0] = udp.sport
  both[1] = other.sport
  pass
}
test h "the ports of a datagram" {
  packet ethernet / ipv4(proto: 17) / hex("00 01 00 02 00 08 00 00")
  expect pass, both[0] == 1, both[1] == 2
}
"""
    judged = judge_text(text, "shadow.ash")
    assert judged.verdict == "proved", judged.diagnostics
    (test,) = judged.compiled.tests
    assert run_test(test) == []


def test_what_a_source_shows_cannot_drive_a_terminal(dlcode: Dlcode, tmp_path: Path) -> None:
    """Escapes and marks that reorder a line are shown as replacement characters."""
    (tmp_path / "bad.ash").write_text('filter f on ethernet { "\x1b[2J\u202e" \x07 }\n', encoding="utf-8")
    _, out, err = dlcode("check", "bad.ash")
    assert not {"\x1b", "\x07", "\u202e"} & set(out + err)


@pytest.mark.parametrize("name", ["nowhere.ash", ".", "a\0b.ash"])
def test_a_source_that_cannot_be_read_is_an_error_of_the_command(name: str, dlcode: Dlcode) -> None:
    """Exit code 2 and the path, for `check`, `test` and `show`."""
    for command in ("check", "test", "show"):
        status, out, err = dlcode(command, name)
        assert (status, out) == (CANNOT_RUN, "")
        assert err.startswith("dlcode: ")


def test_a_solver_that_had_to_be_ended_says_nothing_of_the_program(
    dlcode: Dlcode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as what it is: no verdict, exit code 2."""

    def ended(path: str) -> Judged:
        raise SolverFailure("the solver's process was ended after 120 seconds")

    monkeypatch.setattr("dlcode.commands.sources.judge_file", ended)
    status, out, err = dlcode("check", WEB)
    assert (status, out) == (CANNOT_RUN, "")
    assert err == f"dlcode: {WEB}: the solver's process was ended after 120 seconds: neither proved nor refused\n"


def test_memory_that_is_limited_from_outside_limits_the_solver_too() -> None:
    """The solver's process asks for no more than its parent may have."""
    limit = 8 << 30
    run_in = subprocess.run(
        [sys.executable, "-m", "dlcode", "check", EXAMPLES / "web.ash"],
        capture_output=True, text=True, cwd=ROOT, timeout=2 * PATIENCE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    assert (run_in.returncode, run_in.stderr) == (GOOD, "")


# ---- captures

WEB = EXAMPLES / "web.ash"


@cache
def web_frame() -> bytes:
    """A packet that the web filter matches."""
    return judge_file(WEB).compiled.tests[0].packet.data


def capture_in(folder: Path, name: str = "in.pcap", count: int = 5) -> Path:
    """A capture of packets that the web filter matches."""
    path = folder / name
    write_capture(path, [Record(at, web_frame(), len(web_frame())) for at in range(count)])
    return path


@pytest.mark.parametrize("cut", [1, 10, 23, 30, 40, 93, 95, 200, 373])
def test_a_torn_capture_is_told_and_an_output_that_was_there_stays(cut: int, dlcode: Dlcode, tmp_path: Path) -> None:
    """Wherever it is torn: a code, the byte, exit code 2; the output file is untouched, and no part of one is left."""
    whole = capture_in(tmp_path).read_bytes()
    (tmp_path / "in.pcap").write_bytes(whole[:cut])
    (tmp_path / "out.pcap").write_bytes(b"precious")
    status, out, err = dlcode("match", "-r", "in.pcap", "-w", "out.pcap", "-F", WEB)
    assert (status, out) == (CANNOT_RUN, "")
    assert "[CAP100" in err
    assert "in.pcap: byte " in err
    assert (tmp_path / "out.pcap").read_bytes() == b"precious"
    assert sorted(os.listdir(tmp_path)) == ["in.pcap", "out.pcap"]


def test_the_packets_before_a_tear_are_counted_all_the_same(dlcode: Dlcode, tmp_path: Path) -> None:
    whole = capture_in(tmp_path).read_bytes()
    (tmp_path / "in.pcap").write_bytes(whole[:-1])
    status, out, err = dlcode("match", "-r", "in.pcap", "--count", "-F", WEB)
    assert (status, out) == (CANNOT_RUN, "4\n")
    assert "[CAP1004]" in err


@pytest.mark.parametrize("lie", [0xFFFFFFFF, 0x7FFFFFFF, 1_000_000])
def test_a_record_whose_length_lies_is_told(lie: int, dlcode: Dlcode, tmp_path: Path) -> None:
    whole = bytearray(capture_in(tmp_path).read_bytes())
    struct.pack_into("<I", whole, 24 + 8, lie)
    (tmp_path / "in.pcap").write_bytes(whole)
    status, out, err = dlcode("match", "-r", "in.pcap", "--count", "-F", WEB)
    assert (status, out) == (CANNOT_RUN, "0\n")
    assert "[CAP100" in err


@pytest.mark.parametrize("data", [b"", b"\0" * 24, b"not a capture at all, but text", b"\x1f\x8b\x08garbage"])
def test_what_is_no_capture_is_told(data: bytes, dlcode: Dlcode, tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_bytes(data)
    (tmp_path / "out.pcap").write_bytes(b"precious")
    status, out, err = dlcode("match", "-r", "in.pcap", "-w", "out.pcap", "-F", WEB)
    assert (status, out) == (CANNOT_RUN, "")
    assert "in.pcap" in err
    assert (tmp_path / "out.pcap").read_bytes() == b"precious"


@pytest.mark.parametrize(
    "chosen", [f"{WEB}:nothing", f"{EXAMPLES}/remote_increment.ash", "nowhere.ash", f"{EXAMPLES}/echo.ash:ping_count"]
)
def test_a_filter_that_is_not_there_leaves_the_output_alone(chosen: str, dlcode: Dlcode, tmp_path: Path) -> None:
    capture_in(tmp_path)
    (tmp_path / "out.pcap").write_bytes(b"precious")
    status, out, err = dlcode("match", "-r", "in.pcap", "-w", "out.pcap", "-F", chosen)
    assert (status, out) == (CANNOT_RUN, "")
    assert "dlcode: " in err
    assert (tmp_path / "out.pcap").read_bytes() == b"precious"


def test_an_unsafe_filter_is_never_run(dlcode: Dlcode, tmp_path: Path) -> None:
    capture_in(tmp_path)
    (tmp_path / "unsafe.ash").write_bytes(in_filter("pkt.len - 60 > 3"))
    status, out, err = dlcode("match", "-r", "in.pcap", "-w", "out.pcap", "-F", "unsafe.ash")
    assert (status, out) == (CANNOT_RUN, "")
    assert "error[ASH2033]" in err
    assert not (tmp_path / "out.pcap").exists()


def test_a_capture_may_be_its_own_output(dlcode: Dlcode, tmp_path: Path) -> None:
    capture_in(tmp_path)
    assert dlcode("match", "-r", "in.pcap", "-w", "in.pcap", "-F", WEB)[0] == GOOD
    assert dlcode("match", "-r", "in.pcap", "--count", "-F", WEB)[:2] == (GOOD, "5\n")


def test_a_witness_that_cannot_be_written_leaves_the_refusal(dlcode: Dlcode, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    status, out, err = dlcode("check", "--witnesses", "file/folder", EXAMPLES / "remote_increment_broken.ash")
    assert status == REFUSED
    assert "refused" in out
    assert "not written: " in err


# ---- certificates


def test_a_certificate_of_another_program_is_refused() -> None:
    saved = save(certificate(WEB))
    with pytest.raises(CertificateError) as refused:
        recheck(certificate(EXAMPLES / "arp_request.ash").program, saved)
    assert refused.value.code == "program"
    assert "arp_request" in refused.value.reason


def test_a_torn_certificate_is_refused_wherever_it_is_torn() -> None:
    proof = certificate(WEB)
    saved = save(proof)
    for cut in range(0, len(saved) - 2, 7):
        with pytest.raises(CertificateError) as refused:
            recheck(proof.program, saved[:cut])
        assert refused.value.code == "torn"


def test_a_certificate_with_a_byte_changed_is_refused() -> None:
    proof = certificate(WEB)
    saved = save(proof)
    for at in range(0, len(saved) - 1, 11):
        if chr(saved[at]).isalnum():
            changed = saved[:at] + bytes([saved[at] ^ 1]) + saved[at + 1 :]
            with pytest.raises(CertificateError):
                recheck(proof.program, changed)


def test_a_certificate_of_another_version_is_refused() -> None:
    proof = certificate(WEB)
    facts = json.loads(save(proof))
    for version in (0, facts["format"] + 1, "1", None, [1]):
        with pytest.raises(CertificateError) as refused:
            recheck(proof.program, json.dumps({**facts, "format": version}).encode())
        assert refused.value.code == "version"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"null", b"[]", b"{}", b"1", b"[" * 100_000, b"9" * 100_000])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(CertificateError) as refused:
        recheck(certificate(WEB).program, data)
    assert refused.value.code == "torn"


def test_a_certificate_is_only_a_hint_and_its_program_is_proved_again() -> None:
    proof = certificate(WEB)
    answer = recheck(proof.program, save(proof))
    assert isinstance(answer, Proved)
    assert answer.certificate is not proof


# ---- memory that is lent


def shape_of_meter() -> dict[str, tuple[str, int]]:
    """Format and count of the memory that the meter owns."""
    return {"totals": ("I", 64), "last": ("H", 1), "notes": ("I", 8), "gate": ("B", 1), "opened": ("H", 4)}


def test_regions_that_overlap_are_refused_and_nothing_is_bound() -> None:
    """Wherever the small ones lie in the large one."""
    core = Core()
    environment = core.environment("meter", Capability(grants=frozenset({"wake"})))
    proof = certificate(SEEDS / "meter.ash")
    for name in ("last", "notes", "gate", "opened"):
        for start in (0, 8, 64, 216):
            space = bytearray(256)
            form, count = shape_of_meter()[name]
            inside = memoryview(space)[start : start + count * struct.calcsize(form)]
            regions = {
                other: environment.region(struct.calcsize(kind) * 8, cells)
                for other, (kind, cells) in shape_of_meter().items()
            }
            lent = {**regions, "totals": memoryview(space).cast("I"), name: inside.cast(form)}  # type: ignore[call-overload]
            with pytest.raises(BindError) as refused:
                environment.download(proof, **lent)
            assert refused.value.code is BindCode.OVERLAP
            assert name in refused.value.reason
            assert not core.bindings
            assert space == bytes(256)


# ---- frames

OURS = {
    "mac": frozenset({bytes.fromhex("020000000002")}),
    "ip4": frozenset({bytes([192, 0, 2, 2])}),
}


def bound(path: Path) -> Binding:
    """The only program of a source, bound in a core of its own."""
    environment = Core().environment("owner", Capability(grants=frozenset({"reply", "wake"}), addresses=OURS))
    proof = certificate(path)
    regions = {one.name: environment.region(one.cell.bits, one.count) for one in proof.program.regions}
    return environment.download(proof, **regions)


def deliver(binding: Binding, frame: bytes) -> Verdict:
    """Deliver a frame, and see that verdict, memory and frames are the interpreter's."""
    core = binding.environment.core
    before = {name: region.cells() for name, region in binding.regions.items()}
    expected = run(binding.program, Packet.whole(frame), before)
    verdict = core.deliver(frame).verdict
    assert verdict is (Verdict.DECLINE if expected.verdict is Verdict.MISS else expected.verdict)
    assert {name: region.cells() for name, region in binding.regions.items()} == expected.memory
    sent = [effect.frame for effect in expected.effects if effect.effect == "reply"]
    assert [frame.data for frame in core.sent()] == sent
    return verdict


@cache
def increment_frame() -> bytes:
    """A packet that the remote increment consumes: 14 bytes of Ethernet, 20 of IPv4, 8 of UDP, 8 of the message."""
    frame = judge_file(EXAMPLES / "remote_increment.ash").compiled.tests[0].packet.data
    assert len(frame) == 50
    return frame


IPV4_LENGTH, UDP_LENGTH, IHL = 16, 38, 14
LENGTHS = (0, 1, 7, 8, 15, 19, 20, 27, 28, 35, 36, 37, 100, 1500, 0x7FFF, 0xFFFE, 0xFFFF)


@pytest.mark.parametrize("padding", [0, 10, 200])
def test_a_frame_whose_length_fields_lie_is_declined(padding: int) -> None:
    """Delivered only where the lengths lie inside one another, inside the captured bytes, and hold the message."""
    binding = bound(EXAMPLES / "remote_increment.ash")
    for outer in (*LENGTHS, 36 + padding):
        for inner in (*LENGTHS, 16 + padding):
            frame = bytearray(increment_frame() + bytes(padding))
            struct.pack_into(">H", frame, IPV4_LENGTH, outer)
            struct.pack_into(">H", frame, UDP_LENGTH, inner)
            holds = 14 + outer <= len(frame) and 20 + inner <= outer and inner >= 8 + 8
            assert (deliver(binding, bytes(frame)) is Verdict.CONSUME) == holds, (outer, inner)


def test_a_header_length_that_lies_is_declined() -> None:
    """Less than the least, or so much that the ports lie elsewhere or past the end."""
    binding = bound(EXAMPLES / "remote_increment.ash")
    for words in range(16):
        for version in range(16):
            frame = bytearray(increment_frame() + bytes(10))
            frame[IHL] = version << 4 | words
            assert (deliver(binding, bytes(frame)) is Verdict.CONSUME) == ((version, words) == (4, 5))


def test_frames_of_every_length_run_as_the_interpreter_says() -> None:
    """Cut short anywhere, and with padding behind."""
    for path in (EXAMPLES / "remote_increment.ash", SEEDS / "meter.ash", SEEDS / "first_word.ash", WEB):
        binding = bound(path)
        whole = judge_file(path).compiled.tests[0].packet.data
        for length in range(len(whole) + 1):
            verdict = deliver(binding, whole[:length])
            if binding.program.kind == "handler":
                assert (verdict is Verdict.DECLINE) == (length < len(whole))
        for more in (1, 14, 1000):
            assert deliver(binding, whole + bytes(more)) is not Verdict.DECLINE


PAYLOADS = """
handler carried on has(tcp)
  owns length: u32
{
  length = payload.len else 0xffffffff
  pass
}
"""


def test_the_payload_of_a_lying_tcp_header_is_absent() -> None:
    """Against the rule in arithmetic: from the header's end to the end that IPv4 says, if that is in the packet."""
    (judgement,) = judge_text(PAYLOADS, "payloads.ash").judgements
    assert judgement.certificate is not None
    environment = Core().environment("owner")
    binding = environment.download(judgement.certificate, length=environment.region(32, 1))
    frame = bytearray(web_frame() + b"0123456789")
    for doff in range(16):
        for outer in (0, 20, 39, 40, 41, 45, 49, 50, 51, 60, 0xFFFF):
            struct.pack_into(">H", frame, IPV4_LENGTH, outer)
            frame[46] = doff << 4
            verdict = deliver(binding, bytes(frame))
            assert verdict is (Verdict.PASS if doff >= 5 else Verdict.DECLINE)
            if doff >= 5:
                start, end = 34 + 4 * doff, 14 + outer
                there = start <= end <= len(frame)
                assert binding.regions["length"][0] == (end - start if there else 0xFFFFFFFF)


class Liar:
    """Bytes that are fewer than they say."""

    def __len__(self) -> int:
        return 4000

    def __bytes__(self) -> bytes:
        return web_frame()


def test_a_packet_is_as_long_as_the_bytes_that_are_run_on_whatever_it_says() -> None:
    """Nothing behind the copy is read: the ends of this packet are those of its bytes."""
    (judgement,) = judge_text(PAYLOADS.replace("payload.len else 0xffffffff", "pkt.len"), "lengths.ash").judgements
    assert judgement.certificate is not None
    image = host_image(judgement.certificate)
    outcome = image.run(Packet(cast(bytes, Liar()), 4000))
    assert outcome.memory["length"] == [len(web_frame())]


def test_a_packet_longer_than_any_is_declined_and_counted() -> None:
    binding = bound(WEB)
    assert binding.environment.core.deliver(web_frame() + bytes(262_144)).verdict is Verdict.DECLINE
    assert binding.stats.too_long == 1
