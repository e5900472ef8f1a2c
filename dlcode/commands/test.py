"""`dlcode test FILE.ash…`: a source's test blocks, run by the interpreter and by the compiled program."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from dlcode.commands.sources import EXIT_CODES, judged, report
from dlcode.judging import Judged
from dlcode_dsl import Packet, Program, TestCase, run_test
from dlcode_dsl import run as interpret


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("sources", metavar="FILE.ash", nargs="+", help="the sources")
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Test; 0 if every expectation is met by both engines, 1 if one is not, 3 if something is not proved."""
    rows: list[dict[str, Any]] = []
    codes = set()
    for path in options.sources:
        found = judged(path)
        report(found)
        if found.verdict != "proved":
            codes.add(EXIT_CODES[found.verdict])
        rows += _rows(path, found)
    passed = sum(not row["failures"] for row in rows)
    if options.format == "json":
        print(json.dumps({"tests": rows, "passed": passed, "failed": len(rows) - passed}, indent=2))
    else:
        for row in rows:
            print(f"{'FAILED' if row['failures'] else 'passed'}  {row['program']} {row['test']!r} ({row['engine']})")
            for failure in row["failures"]:
                print(f"        {failure}")
        print(f"{passed} passed, {len(rows) - passed} failed")
        if codes:
            print("not all was run compiled: what is not proved is only interpreted", file=sys.stderr)
    if passed < len(rows) or 1 in codes:
        return 1
    return max(codes, default=0)


def _rows(path: str, found: Judged) -> list[dict[str, Any]]:
    engines = _engines(found)
    return [
        {"source": path, "program": test.program.name, "test": test.name, "engine": engine, "failures": list(failures)}
        for test in found.compiled.tests
        for engine, failures in _results(test, engines[test.program.name])
    ]


Runner = Callable[..., Any]


def _results(test: TestCase, engines: Mapping[str, Runner]) -> list[tuple[str, list[str]]]:
    return [(engine, run_test(test, runner)) for engine, runner in engines.items()]


def _engines(found: Judged) -> dict[str, dict[str, Runner]]:
    """For each program, what it can be run by: compiled code only where it is proved."""
    from dlcode_jit import host_image

    engines: dict[str, dict[str, Runner]] = {}
    for judgement in found.judgements:
        runners: dict[str, Runner] = {"interpreter": interpret}
        if judgement.certificate is not None:
            runners["compiled"] = _compiled(host_image(judgement.certificate))
        engines[judgement.program.name] = runners
    return engines


def _compiled(image: Any) -> Runner:
    def runner(program: Program, packet: Packet, memory: Mapping[str, list[int]] | None = None) -> Any:
        return image.run(packet, memory)

    return runner
