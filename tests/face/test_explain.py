"""`dlcode explain`: what a user reads of a code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dlcode.command_line import main
from dlcode.examples import example
from dlcode_dsl import CODES, explanation

READ_PAST_END = CODES["ASH2031"]


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    told = capsys.readouterr()
    assert not told.err
    return told.out


def test_a_code_is_explained_with_a_wrong_and_a_right_example(capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(capsys, "ASH2031")
    shown = explanation(READ_PAST_END)
    assert text.startswith(f"ASH2031 (error): {READ_PAST_END.title}\n")
    assert shown.text in text
    for source in (shown.wrong, shown.right):
        assert all(f"    {line}" in text for line in source.splitlines())
    assert text.index("\nwrong:") < text.index("\nright:")
    assert "\x1b" not in text


@pytest.mark.parametrize("name", ["ash2031", "2031"])
def test_lower_case_and_the_number_alone_are_understood(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, name) == explained(capsys, "ASH2031")


def test_without_a_code_all_are_listed_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys).splitlines()
    assert [line.split()[0] for line in lines] == sorted(CODES)
    assert not any("{" in line for line in lines)


def test_several_codes_are_explained_in_the_order_given(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = explained(capsys, "2045"), explained(capsys, "1001")
    assert explained(capsys, "2045", "1001") == f"{one}\n{other}"


def test_json_has_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = json.loads(explained(capsys, "--format", "json", "2031"))["codes"]
    assert (row["code"], row["severity"], row["described"]) == ("ASH2031", "error", False)
    assert row["wrong"] == explanation(READ_PAST_END).wrong
    rows = json.loads(explained(capsys, "--format", "json"))["codes"]
    assert [each["code"] for each in rows] == sorted(CODES)
    assert row in rows


def test_an_unknown_code_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ASH203"]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert re.search(r"no code is called ASH203\nhelp: did you mean ASH203\d\?", told.err)
    assert main(["explain", "hello"]) == 2
    assert "lists all codes" in capsys.readouterr().err


def test_at_a_terminal_the_same_is_framed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And NO_COLOR leaves it plain there too."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = explained(capsys, "2045")
    assert "╭" not in plain
    monkeypatch.delenv("NO_COLOR")
    framed = explained(capsys, "2045")
    assert framed.count("╭") == 2
    for line in explanation(CODES["ASH2045"]).right.splitlines():
        assert line in framed


def test_check_says_once_where_to_read_more(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    broken, web = str(example("remote_increment_broken")), str(example("web"))
    assert main(["check", "--witnesses", str(tmp_path), broken, web]) == 1
    told = capsys.readouterr()
    assert told.err.count("more: ") == 1
    assert "more: dlcode explain ASH2032" in told.err
    assert main(["check", web]) == 0
    assert not capsys.readouterr().err
