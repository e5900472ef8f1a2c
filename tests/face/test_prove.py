"""`dlcode prove`, as a user meets it: questions as they are written, answers, exit codes and packets that show a no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlcode.captures import open_capture
from dlcode.command_line import main
from dlcode.questions import CannotAsk, Question, Written, read_question
from dlcode_dsl import Packet, Verdict, compile_source, run
from dlcode_dsl.dissecting import headers_in
from dlcode_dsl.source import Source

RULES = """\
filter web on ethernet { tcp.dport == 80 }
filter low on ethernet { tcp.dport < 1024 }
filter names on ethernet { udp.dport in [53, 5353] }
filter none on ethernet { tcp.dport < 80 && tcp.dport > 90 }

message incr { op: u8 }
handler seven(m: incr) on udp.dport == 7000 { consume }
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A source in an empty folder, where the command is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.ash").write_text(RULES, encoding="utf-8")
    return "rules.ash"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and what was said, as JSON."""
    code = main(["prove", "--format", "json", *arguments])
    row: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, row


def matched(source: str, name: str, packet: Packet) -> bool:
    """Whether a filter of a source matches a packet, by the interpreter."""
    return run(compile_source(Source("again.ash", source)).program(name), packet).verdict is Verdict.MATCH


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("web => low", "yes"),
        ("low => web", "no"),
        ("web == 'tcp.dport == 80'", "yes"),
        ("web => tcp.dport == 80", "yes"),
        ("tcp.dport == 80 => web", "yes"),
        ("tcp.dport == 80 disjoint web", "no"),
        ("tcp.dport == 80 && udp.dport == 80 never", "yes"),
        ("tcp.dport == 80 in low web", "yes"),
        ("web == tcp.dport < 81 && tcp.dport > 79", "yes"),
        ("web == low", "no"),
        ("web disjoint names", "yes"),
        ("web disjoint low", "no"),
        ("none never", "yes"),
        ("web never", "no"),
        ("web in names low", "yes"),
        ("low in web, names", "no"),
        ("seven.on disjoint names", "yes"),
        ("'udp.dport == 7000' => seven.on", "yes"),
    ],
)
def test_each_question_is_answered_with_its_exit_code(
    question: str, answer: str, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, row = told(capsys, question, rules)
    assert (row["answer"], code) == (answer, 0 if answer == "yes" else 1)


def test_a_no_has_a_packet_that_shows_it_and_is_saved(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, row = told(capsys, "low => web", rules)
    (packet,) = open_capture("rules.prove.pcap")
    assert row["capture"] == "written to rules.prove.pcap"
    assert packet.data.hex() == row["packet"]
    assert packet.wire_length == row["wire_length"]
    shown = Packet(packet.data, packet.wire_length)
    for one in row["matched"]:
        assert matched(RULES, one["filter"], shown) == one["matched"] == (one["filter"] == "low")


def test_a_no_shows_the_packet_to_people_too(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "web == low", rules, "-w", "shown.pcap"]) == 1
    first, second, *dump = capsys.readouterr().out.splitlines()
    (packet,) = open_capture("shown.pcap")
    assert first == "web == low: no"
    headers = "/".join(headers_in(packet.data, "ethernet"))
    assert headers in ("ethernet/ipv4/tcp", "ethernet/ipv6/tcp")
    what = f"a packet of {len(packet.data)} bytes, {headers}"
    assert second == f"  low matches, web does not: {what}, written to shown.pcap"
    assert bytes.fromhex("".join(line.split(":", 1)[1] for line in dump)) == packet.data


def test_a_packet_that_cannot_be_saved_does_not_lose_the_answer(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, row = told(capsys, "web == low", rules, "-w", "no/such/folder/x.pcap")
    assert (code, row["answer"]) == (1, "no")
    assert row["capture"].startswith("not written: ")
    assert row["packet"]


def test_a_yes_says_of_which_packets_it_speaks(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "web => low", rules]) == 0
    assert capsys.readouterr().out == "web => low: yes, for packets of at most 262144 bytes\n"


def test_a_packet_that_answers_is_short(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Ethernet, IPv4, and TCP as far as its data offset: no way through the extension headers of IPv6."""
    code, row = told(capsys, "web never", rules)
    assert (code, len(row["packet"]) // 2, row["headers"]) == (1, 47, "ethernet/ipv4/tcp")


def test_the_filters_of_a_list_that_are_never_reached_are_named(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, row = told(capsys, rules, "shadowed", "names", "low", "web", "none")
    assert code == 1
    assert row["shadowed"] == ["web", "none"]
    assert [one.get("by") for one in row["filters"]] == [None, None, ["low"], []]
    for one in row["filters"]:
        if one["reached"]:
            packet = Packet(bytes.fromhex(one["packet"]), one["wire_length"])
            assert [match["matched"] for match in one["matched"]] == [
                matched(RULES, match["filter"], packet) for match in one["matched"]
            ]


def test_a_list_in_which_every_filter_is_reached_is_good(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", rules, "shadowed web low names"]) == 0
    assert capsys.readouterr().out.startswith("shadowed web low names: none\n")
    code, row = told(capsys, rules, "shadowed")
    assert (code, row["question"]) == (1, "shadowed web low names none")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["web"], "is no question"),
        (["web == == low"], "is no question"),
        (["web => "], "is no question"),
        (["web => low disjoint names"], "is no question"),
        (["web == tcp.dport == 80"], "as in \"web == 'tcp.dport == 80'\""),
        (["tcp.dport == 80 == web"], "as in \"'tcp.dport == 80' == web\""),
        (["web => 'tcp.dport == 80' && has(udp)"], "a name, or one expression"),
        (["web => 'tcp"], "can't be read"),
        (['web == pcap "tcp port 80"'], "not understood yet"),
        (["nobody never"], "no filter is called nobody"),
        (["seven never"], "binding filter is seven.on"),
        (["web == 'true } filter more on ethernet { true'"], "no expression of one filter"),
        ([], "no question is asked"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    arguments: list[str], reason: str, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", *arguments, rules]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err


def test_a_file_that_is_not_there_is_no_answer(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "web never", "missing.ash"]) == 2
    assert "missing.ash" in capsys.readouterr().err


def test_filters_on_different_links_cannot_be_compared(
    rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw.ash").write_text("filter raw on ipv4 { ipv4.ttl == 1 }\n", encoding="utf-8")
    assert main(["prove", "web == raw", rules, "raw.ash"]) == 2
    assert "web is on ethernet, raw on ipv4" in capsys.readouterr().err
    assert main(["prove", "raw == 'ipv4.ttl == 1'", "raw.ash", "--link", "ipv4"]) == 0


def test_a_name_in_two_sources_is_told_apart_by_its_file(
    rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more.ash").write_text("filter web on ethernet { tcp.dport == 443 }\n", encoding="utf-8")
    assert main(["prove", "web never", rules, "more.ash"]) == 2
    assert "write rules.ash:web" in capsys.readouterr().err
    assert main(["prove", "rules.ash:web disjoint more.ash:web"]) == 0


def test_a_filter_that_is_refused_is_shown_to_be_and_nothing_is_asked(
    rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ash").write_text(
        "filter bad on ethernet { let x = pkt.len - 20\n x > 4 }\nfilter good on ethernet { tcp.dport == 80 }\n",
        encoding="utf-8",
    )
    assert main(["prove", "bad never", "bad.ash"]) == 1
    out, err = capsys.readouterr()
    assert out == "bad never: a filter of it is refused\n"
    assert "ASH2033" in err
    assert (tmp_path / "bad.ASH2033.pcap").exists()
    assert main(["prove", "good == web", "bad.ash", rules]) == 0, "the others of its source may be asked about"


def test_an_expression_with_an_error_is_refused_with_its_diagnostic(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "web == 'tcp.dort == 80'", rules]) == 1
    out, err = capsys.readouterr()
    assert out == "web == 'tcp.dort == 80': a filter of it is refused\n"
    assert "ASH1012" in err
    assert "did you mean `dport`?" in err


def test_a_question_may_be_one_argument_or_several() -> None:
    once = Question("=>", (Written("web"), Written("tcp.dport == 80", True)))
    assert read_question(["web => 'tcp.dport == 80'"]) == once
    assert read_question(['web=>"tcp.dport == 80"']) == once
    assert read_question(["web", "=>", "tcp.dport == 80"]) == once
    assert read_question(["web", "=>", "'tcp.dport == 80'"]) == once
    assert str(once) == "web => 'tcp.dport == 80'"


def test_a_word_is_no_name() -> None:
    with pytest.raises(CannotAsk):
        read_question(["never never"])
