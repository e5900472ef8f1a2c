"""`dlcode prove "A == B" FILE.ash…`: whether filters are equal, implied, disjoint, never matching or shadowed.

An answer of no comes with a packet that was run on the filters.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcode.captures import CaptureError, Packet, write_capture
from dlcode.command_line import CannotRun
from dlcode.commands.sources import EXIT_CODES, report
from dlcode.judging import save_witnesses
from dlcode.links import link_type_of
from dlcode.questions import FORMS, Asked, CannotAsk, read_question, resolve
from dlcode_dsl.dissecting import headers_in

if TYPE_CHECKING:
    from dlcode_dsl import Packet as Bytes
    from dlcode_verifier.filters import Finding, No

YES, NO, UNKNOWN = 0, 1, 3
"""Exit codes; for `shadowed`, 0 where every filter is reached and 1 where one is not."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        f"questions:\n{FORMS}\n\nA filter is a name in one of the sources, FILE.ash:NAME, a handler's NAME.on, or an"
        '\nexpression: dlcode prove "web => tcp.dport == 80" web.ash; it stands in quotes of its own in a list,'
        "\nand where there are two `==`: dlcode prove \"web == 'tcp.dport == 80'\" web.ash\n\n"
        "exit code: 0 yes (of shadowed: all are reached), 1 no, or a filter is refused, 2 could not run, 3 not proved"
    )
    help = "a question, in one argument or several, and the sources that it is about, which end in .ash"
    parser.add_argument("arguments", metavar="QUESTION | FILE.ash", nargs="+", help=help)
    parser.add_argument("--link", default="ethernet", help="the link of the packets of an expression (ethernet)")
    help = "write the packet to this pcap file (SOURCE.prove.pcap); of `shadowed`, those that reach a filter (none)"
    parser.add_argument("-w", dest="output", metavar="OUT", type=Path, help=help)
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Ask; 0 for yes, 1 for no or where a filter is refused, 3 where it is not known."""
    from dlcode_verifier import SolverFailure
    from dlcode_verifier.filters import QuestionError

    sources = [argument for argument in options.arguments if argument.endswith(".ash")]
    words = [argument for argument in options.arguments if not argument.endswith(".ash")]
    if not words:
        raise CannotRun(f"no question is asked; these are:\n{FORMS}")
    try:
        asked = resolve(read_question(words), sources, options.link)
        for one in asked.judged:
            report(save_witnesses(one, Path()))
        if asked.verdict != "proved":
            told = _Told(EXIT_CODES[asked.verdict], {"answer": asked.verdict}, [f"a filter of it is {asked.verdict}"])
        elif asked.question.word == "shadowed":
            told = _of_list(asked, asked.findings(), options.output)
        else:
            told = _of_one(asked, asked.finding(), options.output or Path(f"{_stem(sources)}.prove.pcap"))
    except (CannotAsk, QuestionError) as error:
        raise CannotRun(str(error)) from None
    except SolverFailure as error:
        raise CannotRun(f"{error}: neither yes nor no") from None
    if options.format == "json":
        print(json.dumps({"question": str(asked.question), **told.row}, indent=2))
    else:
        print(f"{asked.question}: {told.lines[0]}")
        for line in told.lines[1:]:
            print(f"  {line}")
    return told.code


@dataclass(frozen=True)
class _Told:
    """An exit code, and what is said in either format."""

    code: int
    row: dict[str, Any]
    lines: list[str]


def _stem(sources: list[str]) -> str:
    return Path(sources[0]).stem if sources else "question"


def _of_one(asked: Asked, finding: Finding, output: Path) -> _Told:
    from dlcode_verifier.filters import No, Unknown, Yes

    match finding:
        case Yes(maximum, by):
            row: dict[str, Any] = {"answer": "yes", "maximum": maximum}
            lines = [f"yes, for packets of at most {maximum} bytes"]
            if asked.question.word == "in":
                row["by"] = [asked.names[1 + at] for at in by]
                lines.append(f"inside {' with '.join(row['by'])}" if by else "it matches nothing")
            return _Told(YES, row, lines)
        case No(packet, matched):
            written = _save(output, asked, [finding])
            headers = "/".join(headers_in(packet.data, asked.link))
            what = f"a packet of {len(packet.data)} bytes" + (f", {headers}" if headers else "")
            lines = ["no", f"{_said(asked.names, matched)}: {what}, {written}"]
            row = {"answer": "no", **_shown(asked.names, finding), "headers": headers, "capture": written}
            return _Told(NO, row, [*lines, *_dump(packet)])
        case Unknown(reason):
            return _Told(UNKNOWN, {"answer": "unknown", "reason": reason}, [f"not proved: {reason}"])


def _of_list(asked: Asked, findings: tuple[Finding, ...], output: Path | None) -> _Told:
    from dlcode_verifier.filters import No, Unknown, Yes

    rows, lines, codes = list[dict[str, Any]](), list[str](), set[int]()
    for at, (name, finding) in enumerate(zip(asked.names, findings, strict=True)):
        match finding:
            case Yes(_, by):
                behind = [asked.names[one] for one in by]
                rows.append({"filter": name, "reached": False, "by": behind})
                why = f", behind {', '.join(behind)}" if by else ": it matches nothing"
                lines.append(f"{name}: never reached{why}")
            case No(packet):
                rows.append({"filter": name, "reached": True, **_shown(asked.names[: at + 1], finding)})
                lines.append(f"{name}: reached by a packet of {len(packet.data)} bytes")
            case Unknown(reason):
                codes.add(UNKNOWN)
                rows.append({"filter": name, "reached": None, "reason": reason})
                lines.append(f"{name}: not proved: {reason}")
    shadowed = [row["filter"] for row in rows if row["reached"] is False]
    row: dict[str, Any] = {"shadowed": shadowed, "filters": rows}
    if output is not None:
        row["capture"] = _save(output, asked, [found for found in findings if isinstance(found, No)])
        lines.append(f"packets that reach a filter: {row['capture']}")
    code = NO if shadowed else UNKNOWN if UNKNOWN in codes else YES
    first = f"{len(shadowed)} of {len(rows)} never reached" if shadowed else "none is known" if codes else "none"
    return _Told(code, row, [first, *lines])


def _save(output: Path, asked: Asked, found: list[No]) -> str:
    """Write the packets; where to, or why not: the answer is not lost with the file."""
    link = link_type_of(asked.link)
    try:
        write_capture(output, [Packet(0, one.packet.data, one.packet.wire_length, link) for one in found], link)
    except CaptureError as error:
        return f"not written: {error.reason}"
    return f"written to {output}"


def _shown(names: tuple[str, ...], found: No) -> dict[str, Any]:
    """The packet, and which of the filters match it."""
    matched = [{"filter": name, "matched": truth} for name, truth in zip(names, found.matched, strict=True)]
    return {"packet": found.packet.data.hex(), "wire_length": found.packet.wire_length, "matched": matched}


def _said(names: tuple[str, ...], matched: tuple[bool, ...]) -> str:
    """Which filters match a packet, in a sentence."""
    those = [name for name, truth in zip(names, matched, strict=True) if truth]
    others = [name for name, truth in zip(names, matched, strict=True) if not truth]
    said = [f"{' and '.join(those)} {'match' if len(those) > 1 else 'matches'}"] if those else []
    said += [f"{' and '.join(others)} {'do' if len(others) > 1 else 'does'} not"] if others else []
    return ", ".join(said)


def _dump(packet: Bytes) -> list[str]:
    """The bytes, sixteen a line."""
    lines = [f"{at:#06x}:  {packet.data[at : at + 16].hex(' ', -2)}" for at in range(0, len(packet.data), 16)]
    if packet.wire_length != len(packet.data):
        lines.append(f"of {packet.wire_length} bytes on the wire")
    return lines
