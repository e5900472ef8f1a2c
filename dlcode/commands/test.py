"""`dlcode test FILE.ash…`: a source's test blocks, run by the interpreter and by the compiled program."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlcode.commands.sources import EXIT_CODES, judged, report
from dlcode.judging import Judged
from dlcode_dsl import Packet, Program, TestCase, run_test
from dlcode_dsl import run as interpret
from dlcode_dsl.core.interpret import Fault


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("sources", metavar="FILE.ash", nargs="+", help="the sources")
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Test; 0 if every expectation is met by both engines, 1 if one is not, 3 if something is not proved."""
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    codes = set()
    for path in options.sources:
        found = judged(path)
        report(found)
        if found.verdict != "proved":
            codes.add(EXIT_CODES[found.verdict])
        rows += _rows(path, found)
        notes += _only_interpreted(path, found)
    passed = sum(not any(row["failures"].values()) for row in rows)
    if options.format == "json":
        print(json.dumps({"tests": rows, "passed": passed, "failed": len(rows) - passed}, indent=2))
    else:
        for row in rows:
            for line in _lines(row):
                print(line)
        print("; ".join([f"{passed} passed, {len(rows) - passed} failed", *notes]))
    if passed < len(rows) or 1 in codes:
        return 1
    return max(codes, default=0)


def _rows(path: str, found: Judged) -> list[dict[str, Any]]:
    engines = _engines(found)
    return [
        {
            "source": path,
            "line": test.span.line,
            "program": test.program.name,
            "test": test.name,
            "failures": _failures(test, engines[test.program.name]),
        }
        for test in found.compiled.tests
    ]


def _failures(test: TestCase, runners: Mapping[str, Runner]) -> dict[str, list[str]]:
    """What each engine fails in. A run that the interpreter stopped is not compiled: nothing would stop it there."""
    stopped = False

    def interpreted(*given: Any) -> Any:
        nonlocal stopped
        try:
            return interpret(*given)
        except Fault:
            stopped = True
            raise

    failures = {"interpreter": run_test(test, interpreted)}
    if "compiled" in runners and not stopped:
        failures["compiled"] = run_test(test, runners["compiled"])
    return failures


def _lines(row: dict[str, Any]) -> Iterator[str]:
    """What is said of a test: once for engines that agree, and of each where they do not."""
    said: dict[tuple[str, ...], list[str]] = {}
    for engine, failures in row["failures"].items():
        said.setdefault(tuple(failures), []).append(engine)
    where = f"{row['source']}:{row['line']}"
    for found, engines in said.items():
        ran = " and ".join(_RAN[engine] for engine in engines)
        title = json.dumps(row["test"], ensure_ascii=False)
        yield f"{'FAILED' if found else 'passed'}  {where} {row['program']} {title} ({ran})"
        yield from (f"        {line}" for failure in found for line in failure.split("\n"))


def _only_interpreted(path: str, found: Judged) -> list[str]:
    """What is to be said of a source of which not all is proved."""
    left = [f"{one.program.name} is {one.verdict} and only interpreted"
            for one in found.judgements if one.verdict != "proved"]  # fmt: skip
    return left or ([f"{path} is {found.verdict}"] if found.verdict != "proved" else [])


_RAN = {"interpreter": "interpreted", "compiled": "compiled"}
"""What each engine did."""


Runner = Callable[..., Any]


def _engines(found: Judged) -> dict[str, dict[str, Runner]]:
    """For each program, what runs it besides the interpreter: compiled code, where it is proved."""
    from dlcode_jit import host_image

    engines: dict[str, dict[str, Runner]] = {}
    for judgement in found.judgements:
        runners: dict[str, Runner] = {}
        if judgement.certificate is not None:
            runners["compiled"] = _compiled(host_image(judgement.certificate))
        engines[judgement.program.name] = runners
    return engines


def _compiled(image: Any) -> Runner:
    def runner(program: Program, packet: Packet, memory: Mapping[str, list[int]] | None = None) -> Any:
        return image.run(packet, memory)

    return runner
