"""The command line, as a user meets it: what is printed where, exit codes, and nothing lost when a command fails."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import dlcode
from dlcode.captures import open_capture, shipped, write_capture
from dlcode.command_line import main
from dlcode.commands.show import LAYOUTS
from dlcode.examples import example
from dlcode_dsl import Packet, Verdict, compile_bytes, run

ROOT = Path(__file__).parents[2]
BROKEN = str(example("remote_increment_broken"))
WEB = str(example("web"))


def test_check_proves_every_example_but_the_broken_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path in sorted(example("web").parent.glob("*.ash")):
        assert main(["check", "--witnesses", str(tmp_path), str(path)]) == (1 if path.stem.endswith("broken") else 0)
        assert ("refused" in capsys.readouterr().out) == path.stem.endswith("broken")


def test_check_saves_the_packet_that_breaks_a_program_and_it_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The saved packet, given to the interpreter, comes to the fault that was shown."""
    assert main(["check", "--witnesses", str(tmp_path), "--format", "json", BROKEN]) == 1
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    (refutation,) = source["programs"][0]["refutations"]
    (packet,) = open_capture(tmp_path / "remote_increment_broken.ASH2032.pcap")
    assert packet.data.hex() == refutation["packet"]
    program = compile_bytes(Path(BROKEN).read_bytes(), BROKEN).program("remote_increment")
    memory = {name: [cells.get(str(index), 0) for index in range(256)] for name, cells in refutation["memory"].items()}
    with pytest.raises(dlcode.dsl.Fault) as caught:
        run(program, Packet(packet.data, packet.wire_length), memory)
    assert caught.value.kind.value == refutation["fault"] == "owned-bounds"


def test_test_runs_every_block_in_the_interpreter_and_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(path) for path in sorted(example("web").parent.glob("*.ash")) if not path.stem.endswith("broken")]
    assert main(["test", "--format", "json", *paths]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["failed"] == 0
    assert all(set(row["failures"]) == {"interpreter", "compiled"} for row in rows["tests"])
    assert {row["source"] for row in rows["tests"]} == set(paths)


FAILING = """\
handler echo on ipv4/udp.dport == 7
  may  reply
  when payload.len <= 1472
{
  send reply(payload)
  consume
}
test echo "hi" {
  packet ethernet / ipv4(src: 10.0.0.9) / udp(sport: 1234, dport: 7) / hex("6869")
  expect consume, sent reply(udp(dport: 1234), hex("686a"))
}
test echo "as sent" {
  packet ethernet / ipv4(src: 10.0.0.9) / udp(sport: 1234, dport: 7) / hex("6869")
  expect consume, sent reply(udp(dport: 1234), hex("6869"))
}
handler beyond on ipv4/udp.dport == 8
  owns cells: u8[10]
{
  let at = payload[0] else pass
  cells[at] = 1
  consume
}
test beyond "inside" {
  packet ethernet / ipv4 / udp(dport: 8) / hex("02")
  expect consume, cells[2] == 1
}
"""


def test_test_says_where_a_failure_is_and_each_test_once_where_engines_agree(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Two frames stand one above the other, with the first field that differs; a refused program is told."""
    source = tmp_path / "failing.ash"
    source.write_text(FAILING, encoding="utf-8")
    assert main(["test", str(source)]) == 1
    assert (
        capsys.readouterr().out.replace(str(source), "failing.ash")
        == """\
FAILED  failing.ash:8 echo "hi" (interpreted and compiled)
        the frame differs from byte 41 on, in udp.csum
          0x0020  sent      00 09 00 07 04 d2 00 0a c6 8c 68 69
                  expected  00 09 00 07 04 d2 00 0a c6 8b 68 6a
                                                       ^^    ^^
passed  failing.ash:12 echo "as sent" (interpreted and compiled)
passed  failing.ash:23 beyond "inside" (interpreted)
2 passed, 1 failed; beyond is refused and only interpreted
"""
    )


@pytest.mark.parametrize("capture", ["mixed.pcap", "cut-short.pcap", "increments.pcap"])
def test_match_agrees_with_the_interpreter_packet_by_packet(
    capture: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (program,) = compile_bytes(Path(WEB).read_bytes(), WEB).programs
    wanted = [
        packet
        for packet in open_capture(shipped(capture))
        if run(program, Packet(packet.data, packet.wire_length)).verdict is Verdict.MATCH
    ]
    found = tmp_path / "found.pcap"
    code = main(["match", "-r", str(shipped(capture)), "-w", str(found), "--count", "-F", WEB])
    assert code == (0 if wanted else 1)
    assert capsys.readouterr().out == f"{len(wanted)}\n"
    assert list(open_capture(found)) == wanted


def torn(folder: Path) -> Path:
    """The first half of a shipped capture."""
    whole, path = shipped("mixed.pcap").read_bytes(), folder / "torn.pcap"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def test_match_takes_the_filter_that_binds_a_handler(capsys: pytest.CaptureFixture[str]) -> None:
    """A source of handlers only has no filter of its own, and says what can be named."""
    capture = str(dlcode.captures.shipped("increments.pcap"))
    assert main(["match", "-r", capture, "--count", "-F", str(example("remote_increment"))]) == 2
    said = capsys.readouterr().err
    assert "it holds handlers and no filter" in said
    assert "remote_increment.on" in said
    assert main(["match", "-r", capture, "--count", "-F", f"{example('remote_increment')}:remote_increment.on"]) == 0
    assert capsys.readouterr().out == "200\n"
    assert main(["match", "-r", capture, "--count", "-F", f"{example('remote_increment')}:remote_increment"]) == 2
    assert "remote_increment is a handler; filters here: remote_increment.on" in capsys.readouterr().err


def test_match_counts_what_precedes_a_tear_and_then_says_where_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["match", "-r", str(torn(tmp_path)), "--count", "-F", WEB]) == 2
    said = capsys.readouterr()
    assert 0 < int(said.out) < 329
    assert "CAP1004" in said.err
    assert "byte" in said.err


def test_match_writes_nothing_from_a_torn_capture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Half of what was asked for does not take a good file's place."""
    kept = tmp_path / "kept.pcap"
    kept.write_bytes(b"what was there before")
    assert main(["match", "-r", str(torn(tmp_path)), "-w", str(kept), "-F", WEB]) == 2
    assert kept.read_bytes() == b"what was there before"
    assert "CAP1004" in capsys.readouterr().err


def test_a_failed_match_leaves_an_existing_output_as_it_was(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcap"
    write_capture(kept, list(open_capture(shipped("increments.pcap")))[:3])
    before = kept.read_bytes()
    missing = tmp_path / "missing.pcap"
    for words in (["-r", str(missing), "-F", WEB], ["-r", str(shipped("mixed.pcap")), "-F", BROKEN]):
        assert main(["match", "-w", str(kept), *words]) == 2
        assert kept.read_bytes() == before
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stage", "target", "part"),
    [
        ("core", "host", "filter web on ethernet"),
        ("llvm", "host", "define i32"),
        ("asm", "host", "ret"),
        ("llvm", "r3000", "define i32"),
        ("asm", "r3000", "jr $ra"),
    ],
)
def test_show_gives_each_stage(stage: str, target: str, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", WEB, "--stage", stage, "--target", target]) == 0
    assert part in capsys.readouterr().out


def test_show_gives_code_of_the_r3000_under_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """For packets that lie as is asked for; where a loop's turn begins, how often it does."""
    deliver = str(example("deliver"))
    texts = []
    for layout in LAYOUTS:
        assert main(["show", deliver, "--stage", "asm", "--target", "r3000", "--layout", layout]) == 0
        texts.append(capsys.readouterr().out)
        assert f"# {deliver}:15  let done = copy payload -> ring[head ..]" in texts[-1]
        assert f"# a turn of the copy at {deliver}:15, 16384 at most" in texts[-1]
    assert len(set(texts)) == len(texts)


def test_show_gives_no_code_of_what_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", BROKEN, "--stage", "asm"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "refused: nothing of it is run" in said.err


def test_sim_gives_the_row_as_json_and_takes_settings(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sim", "roundtrip", "--rounds", "4", "--format", "json", "--set", "wire.bits_per_second=20000000"]
    assert main(words) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert {"name", "machine", "published", "emulated", "unit", "ratio", "status"} <= row.keys()
    assert (row["name"], row["published"], row["unit"], row["status"]) == ("exos-ash", 259, "us", "executed")
    assert row["parts"]["wire"] == 57.6
    assert row["ratio"] == pytest.approx(row["emulated"] / 259, abs=1e-3)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("wire.bits_per_secnd=1", "wire.bits_per_second"),
        ("cpu.clock_hz=fast", "not a number"),
        ("cpu.clock_hz", "PARAMETER=VALUE"),
        ("cpu.clock_hz=0", "at least"),
        ("cpu.clock_hz=nan", "cpu.clock_hz"),
        ("memory.bytes=4096", "no memory for"),
    ],
)
def test_sim_refuses_a_setting_that_makes_no_sense(
    setting: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", "roundtrip", "--rounds", "1", "--set", setting]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert "a bug in dlcode" not in said


def test_a_packet_that_cannot_be_written_costs_no_refusal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(["check", "--witnesses", str(tmp_path / "file" / "folder"), BROKEN]) == 1
    said = capsys.readouterr()
    assert "ASH2032" in said.err
    assert "50 bytes, not written: " in said.err
    assert "refused" in said.out


def test_a_filter_on_another_link_takes_captures_of_that_link_only(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "raw.ash"
    source.write_text("filter host on ipv4 { ipv4.src == 10.0.0.1 }\n")
    assert main(["match", "-r", str(shipped("mixed.pcap")), "--count", "-F", str(source)]) == 2
    assert "on ipv4, the capture holds EN10MB" in capsys.readouterr().err
    packets = [replace(packet, data=packet.data[14:], link_type=101) for packet in open_capture(shipped("mixed.pcap"))]
    raw, found = tmp_path / "raw.pcap", tmp_path / "found.pcap"
    write_capture(raw, packets, 101)
    assert main(["match", "-r", str(raw), "-w", str(found), "-F", str(source)]) == 0
    sources = {packet.data[12:16] for packet in open_capture(found)}
    assert sources == {bytes([10, 0, 0, 1])}


def test_a_reader_that_has_enough_is_no_error() -> None:
    """`dlcode match … | head -1`: the pipe closes, nobody complains."""
    words = [sys.executable, "-m", "dlcode", "match", "-r", str(shipped("mixed.pcap")), "-F", WEB]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_readmes_python_runs_and_counts_what_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == "362\n200 200\n"


def test_the_readme_shows_the_refusal_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    main(["check", "--witnesses", str(tmp_path), "examples/remote_increment_broken.ash"])
    assert _as_at_a_terminal(capsys) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_walk_that_never_ends_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = example("tcp_options").read_text(encoding="utf-8").splitlines(keepends=True)
    monkeypatch.chdir(tmp_path)
    Path("endless.ash").write_text("".join(line for line in lines if "if length < 2 { return false }" not in line))
    assert main(["check", "endless.ash"]) == 1
    assert _as_at_a_terminal(capsys) in (ROOT / "README.md").read_text(encoding="utf-8")


def _as_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` said of a refusal, in the order in which it is seen."""
    said = capsys.readouterr()
    refusal, more = said.err.rsplit("\n\n", 1)
    return f"{refusal}\n\n{said.out}{more}"


def test_fmt_writes_a_file_in_place_and_says_which(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    untidy, tidy = tmp_path / "untidy.ash", tmp_path / "tidy.ash"
    untidy.write_text("filter f on ethernet {\ntrue // always\n}\n")
    tidy.write_text("filter f on ethernet {\n  true  // always\n}\n")
    assert main(["fmt", "--check", str(untidy), str(tidy)]) == 1
    assert capsys.readouterr().out == f"{untidy}\n"
    assert main(["fmt", "--diff", str(untidy)]) == 1
    assert "+  true  // always" in capsys.readouterr().out
    assert main(["fmt", str(untidy), str(tidy)]) == 0
    assert capsys.readouterr().out == f"{untidy}\n"
    assert untidy.read_text() == tidy.read_text()


def test_fmt_leaves_a_file_with_a_syntax_error_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.ash"
    broken.write_text("filter f on ethernet {\ntrue\n")
    assert main(["fmt", str(broken)]) == 2
    assert "ASH1001" in capsys.readouterr().err
    assert broken.read_text() == "filter f on ethernet {\ntrue\n"
