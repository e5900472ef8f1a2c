"""What proofs cost, as tables of Markdown: the part of `docs/figures.md` between two marks.

The same measurements give the same text; a test holds the document to the data beside it. The verdicts of other
verifiers stand in `other_verifiers.toml`.
"""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "hard_programs.json"
FIGURES = ROOT / "docs" / "figures.md"
OTHERS: dict[str, Any] = tomllib.loads((ROOT / "bench" / "other_verifiers.toml").read_text(encoding="utf-8"))

START, END = "<!-- written by bench.hard_programs -->", "<!-- up to here -->"

LONGEST_NUMBER = 12
"""Digits of a bound up to which it is printed as it is."""


def with_tables(document: str, data: dict[str, Any]) -> str:
    """The document with the tables of a run in their place. Raises ValueError if it has no such place."""
    before, rest = document.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{render(data)}\n{END}{after}"


def render(data: dict[str, Any]) -> str:
    """All tables, with what they were measured on."""
    lines = [
        f"Measured on {data['date']}: {data['machine']}, {data['processors']} processors, load average"
        f" {data['load'][0]} before and {data['load'][1]} after; z3-solver {data['packages']['z3-solver']};"
        f" medians of {data['rounds']} rounds, in milliseconds. Each pair is *processor* / *wall*.",
        "",
        *summary(data),
        "",
        *hard(data["hard"]),
        "",
        *typical(data["typical"]),
        "",
        *refused(data["mutants"]),
        "",
    ]
    return "\n".join(lines)


def summary(data: dict[str, Any]) -> list[str]:
    """The median and the worst of each kind of programs."""
    rows = []
    for kind in ("typical", "hard"):
        programs = data[kind].values()
        for what, said in (
            ("prove", "syntax tree to certificate"),
            ("without bounds", "the same, no bound of turns looked for"),
            ("recheck", "a saved certificate checked again"),
        ):
            some = [program["ms"].get(what, program["ms"]["prove"]) for program in programs]
            rows.append([f"{len(programs)} {kind}", said, *_middle_and_worst(some)])
    some = [one["ms"] for one in data["mutants"].values()]
    rows.append([f"{len(some)} unsafe changes", "syntax tree to a packet that shows it", *_middle_and_worst(some)])
    return table(["programs", "", "median of them", "slowest"], rows)


def _middle_and_worst(times: list[dict[str, list[float]]]) -> list[str]:
    both = [[one[clock][1] for one in times] for clock in ("processor", "wall")]
    return [_pair(*map(statistics.median, both)), _pair(*map(max, both))]


def hard(programs: dict[str, Any]) -> list[str]:
    """Each hard program, ours beside the verdicts of others."""
    rows = []
    for name, found in programs.items():
        others = OTHERS["programs"][name]
        rows.append([
            name, found["title"], _times(found["ms"]["prove"]), _times(found["ms"]["recheck"]),
            ", ".join(map(_short, found["turns"])) or "no loop", _short(found["operations"]),
            " ".join(others["kernel"]), " ".join(others["prevail"]),
        ])  # fmt: skip
    counts = [
        " ".join(str(sum(one[who][form] == "yes" for one in _others(programs))) for form in range(len(OTHERS["forms"])))
        for who in ("kernel", "prevail")
    ]
    any_form = [sum("yes" in one[who] for one in _others(programs)) for who in ("kernel", "prevail")]
    rows.append([
        "**accepted**", f"**{len(programs)} of {len(programs)}**", "", "", "", "",
        *(f"{count}; any form: **{some}**" for count, some in zip(counts, any_form, strict=True)),
    ])  # fmt: skip
    head = ["program", "", "proved", "checked again", "turns", "operations", "Linux 6.18", "PREVAIL 0.2.6"]
    return table(head, rows)


def _others(programs: Iterable[str]) -> list[dict[str, list[str]]]:
    return [OTHERS["programs"][name] for name in programs]


def typical(programs: dict[str, Any]) -> list[str]:
    """Each typical program."""
    rows = []
    for name, found in programs.items():
        times = [_times(found["ms"][what]) for what in ("prove", "recheck")]
        rows.append([name, found["title"], *times, _short(found["operations"])])
    return table(["typical program", "", "proved", "checked again", "operations"], rows)


def refused(changes: dict[str, Any]) -> list[str]:
    """Each unsafe change."""
    rows = [
        [name, found["of"], found["fault"], found["code"], str(found["witness bytes"]), _times(found["ms"])]
        for name, found in changes.items()
    ]
    return table(["change", "of", "", "refused as", "bytes of the packet", "ms"], rows)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]


def _times(times: dict[str, list[float]]) -> str:
    return _pair(times["processor"][1], times["wall"][1])


def _pair(processor: float, wall: float) -> str:
    return f"{processor:.1f} / {wall:.1f}"


def _short(bound: str) -> str:
    """A bound as it is, without what it never is over; a long number by its size."""
    bound = bound.split(" (never")[0]
    return f"about 10^{len(bound) - 1}" if bound.isdecimal() and len(bound) > LONGEST_NUMBER else bound
