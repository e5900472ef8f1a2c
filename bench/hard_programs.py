"""What proofs cost: the programs of `tests/data/hard` proved, proved again from a saved certificate, and refused.

    python -m bench.hard_programs       # measure, keep the run, and write the tables of docs/figures.md

Each time is taken twice: by the wall's clock, which also counts what others did with the machine, and by the
processor's, of this process and the solver's together, which does not.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.five_ways import processor
from bench.hard_programs_table import FIGURES, RESULTS, with_tables
from dlcode.examples import example
from dlcode_dsl import Program, Source
from dlcode_dsl.compile import lower
from dlcode_dsl.library import library
from dlcode_dsl.module import module_of
from dlcode_dsl.syntax.parse import Parsed, parse
from dlcode_dsl.syntax.tree import Filter, Handler
from dlcode_verifier import Answer, Proved, Refuted, recheck, save, verify, worker
from dlcode_verifier.cost import Linear, Turns
from dlcode_verifier.loops import Trial
from dlcode_verifier.turns import Loops

HARD = Path(__file__).parents[1] / "tests" / "data" / "hard"

ROUNDS = 11

PAUSE = 0.15
"""Seconds before each round, in which the solver's process clears up: it waits a tenth before it begins."""


@dataclass(frozen=True)
class Subject:
    """A source with one program."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """What its first line, a comment, says at first."""
        return re.split(r"[.:;](?: |$)", self.text.splitlines()[0].removeprefix("//").strip())[0]

    def tree(self) -> Parsed:
        """The syntax tree."""
        library()  # read before
        return parse(Source(f"{self.name}.ash", self.text))


LISTENER = """// A port of an address
filter listener on ethernet { ipv4.dst == 10.0.0.1 && tcp.dport == 80 }
"""

CONNECTION = """// All of a five-tuple
filter connection on ethernet {
  ipv4.src == 192.0.2.1 && ipv4.dst == 10.0.0.1 && tcp.sport == 40000 && tcp.dport in [80, 443]
}
"""


def typical() -> dict[str, Subject]:
    """Programs as users write them: over header names, a shipped filter and handler among them, and by offsets."""
    shipped = [Subject(name, example(name).read_text(encoding="utf-8")) for name in ("web", "remote_increment")]
    named = [Subject("listener", LISTENER), Subject("connection", CONNECTION), *shipped]
    return {one.name: one for one in (*named, *_sources("e"))}


def hard() -> dict[str, Subject]:
    """The programs that verifiers refuse."""
    return {one.name: one for one in _sources("h")}


def _sources(kind: str) -> Iterator[Subject]:
    for path in sorted(HARD.glob(f"{kind}*.ash")):
        yield Subject(path.stem, path.read_text(encoding="utf-8"))


def mutants() -> list[dict[str, str]]:
    """One-line changes that make a program unsafe."""
    listed: list[dict[str, str]] = tomllib.loads((HARD / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return listed


@cache
def mutant(number: int) -> Subject:
    """A program with its unsafe change."""
    changed = mutants()[number]
    original = {**typical(), **hard()}[changed["of"]].text
    assert original.count(changed["old"]) == 1
    return Subject(changed["name"], original.replace(changed["old"], changed["new"]))


def lowered(tree: Parsed) -> Program:
    """The one program of a syntax tree: names, types, core form."""
    module, wrong = module_of(tree.declarations, library())
    programs: list[Filter | Handler] = [*module.filters.values(), *module.handlers.values()]
    (declared,) = programs
    program, found = lower(module, declared)
    assert program is not None, found
    assert not [one for one in (*wrong, *found) if one.severity == "error"]
    return program


@contextmanager
def without_bounds() -> Iterator[None]:
    """Loops are shown to end, but no bound of their turns is looked for: the one that is left is that of the types."""

    def by_types(self: Loops, trial: Trial, guessed: Linear | None) -> list[tuple[Linear, ...]]:
        width = len(trial.starts[0][1])
        return [tuple(self.by_ranges(tuple(parts[at] for _, parts in trial.starts))[-1] for at in range(width))]

    with patch.object(Loops, "options", by_types), patch.object(Loops, "least", lambda self, trial: [0]):
        yield


# ---- measuring


def processor_time() -> float:
    """Seconds of processor time of this process and of the solver's, so far.

    The identity of another process's clock is made as clock_getcpuclockid(3) of Linux makes it. The solver's process
    makes a context for the next task while this one reads its answer: up to a millisecond of that is counted too.
    """
    worker.warm()
    solver = worker._workers[0].process.pid
    return time.process_time() + time.clock_gettime((~solver << 3) | 2)


def measured(run: Callable[[], Answer], expected: type) -> dict[str, list[float]]:
    """Milliseconds of a call by both clocks, each as quartiles of several rounds after one that warms up."""
    assert isinstance(run(), expected)
    wall, own = [], []
    for _ in range(ROUNDS):
        time.sleep(PAUSE)
        processor_before, before = processor_time(), time.perf_counter()
        answer = run()
        wall.append(time.perf_counter() - before)
        own.append(processor_time() - processor_before)
        assert isinstance(answer, expected)
    return {"wall": _quartiles(wall), "processor": _quartiles(own)}


def _quartiles(seconds: list[float]) -> list[float]:
    return [round(value * 1e3, 2) for value in statistics.quantiles(seconds, n=4)]


def proof(subject: Subject) -> dict[str, Any]:
    """A program from its syntax tree to its certificate, with and without bounds, and from a saved certificate."""
    tree = subject.tree()
    answer = verify(lowered(tree))
    assert isinstance(answer, Proved), f"{subject.name} is not proved: {answer}"
    certificate, saved = answer.certificate, save(answer.certificate)
    times = {"prove": measured(lambda: verify(lowered(tree)), Proved)}
    if certificate.loops:
        with without_bounds():
            times["without bounds"] = measured(lambda: verify(lowered(tree)), Proved)
    times["recheck"] = measured(lambda: recheck(certificate.program, saved), Proved)
    return {
        "title": subject.title,
        "obligations": answer.statistics.obligations,
        "queries": answer.statistics.queries,
        "steps": answer.statistics.effort,
        "operations": str(certificate.operations),
        "turns": [_said(loop.turns) for loop in certificate.loops],
        "ms": times,
    }


def _said(turns: Turns) -> str:
    """As one number, where it does not depend on the packet's length."""
    return str(turns) if turns.most.per_byte else str(turns.at(0))


def refusal(number: int) -> dict[str, Any]:
    """An unsafe change, from its syntax tree to the packet that shows it."""
    changed, tree = mutants()[number], mutant(number).tree()
    answer = verify(lowered(tree))
    assert isinstance(answer, Refuted), f"{changed['name']} is not refused: {answer}"
    codes = [found.diagnostic.code.name for found in answer.refutations]
    assert changed["code"] in codes
    return {
        "of": changed["of"],
        "fault": changed["fault"],
        "code": changed["code"],
        "witness bytes": len(answer.refutations[codes.index(changed["code"])].witness.packet.data),
        "queries": answer.statistics.queries,
        "ms": measured(lambda: verify(lowered(tree)), Refuted),
    }


def main() -> None:
    """Measure everything, keep it, and write the tables."""
    worker.warm()
    before = os.getloadavg()[0]
    found: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": processor(),
        "processors": os.cpu_count(),
        "rounds": ROUNDS,
        "packages": {"z3-solver": metadata.version("z3-solver")},
        "typical": {name: proof(subject) for name, subject in typical().items()},
        "hard": {name: proof(subject) for name, subject in hard().items()},
        "mutants": {one["name"]: refusal(number) for number, one in enumerate(mutants())},
    }
    found["load"] = [round(before, 1), round(os.getloadavg()[0], 1)]
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = with_tables(FIGURES.read_text(encoding="utf-8"), found)
    FIGURES.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
