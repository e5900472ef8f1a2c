"""Mutants: sources with one mistake each, what became of them, and the lists of it that are committed.

    python -m tests.mutation [--jobs N] [NAME…]

makes every mutant of the examples and the hard programs, or of those named (`mutants`), judges it (`fates`), and writes
a list for each source, `data/mutants/NAME.toml`, and `docs/mutants.md`. A list has the hash of its source, so that
tests notice when it is stale, and a row for each mutant, in the order in which they are made: the line, the kind of
mistake, the change, the answer; of what was accepted, what it does and why it is safe.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dlcode_dsl import Source
from tests.fates import Fate, fates
from tests.mutants import ROOT, Mutant, mutants, sources

LISTS = ROOT / "tests" / "data" / "mutants"
SUMMARY = ROOT / "docs" / "mutants.md"

ANSWERS = {
    "refused": "refused at a place",
    "refuted": "refuted by a packet",
    "accepted": "accepted",
    "over": "over budget",
    "not": "not proved",
}
"""Columns of the summary, by an answer's first word."""

Row = dict[str, str | int]


@dataclass(frozen=True)
class Listed:
    """The list of one source."""

    source: str  # its path from the root
    sha256: str
    rows: tuple[Row, ...]


def hash_of(source: Source) -> str:
    """What tells one source text from another."""
    return sha256(source.text.encode()).hexdigest()


def row_of(mutant: Mutant) -> Row:
    """What is known of a mutant before it is judged."""
    return {"line": mutant.span.line, "mistake": mutant.kind, "change": mutant.change}


def row(fate: Fate) -> Row:
    """The row of a mutant."""
    said = {"answer": fate.answer, "does": fate.does, "safe": fate.safe}
    return row_of(fate.mutant) | {key: value for key, value in said.items() if value}


def read_list(name: str) -> Listed:
    """The list of a source, as it was written."""
    found = tomllib.loads((LISTS / f"{name}.toml").read_text(encoding="utf-8"))
    return Listed(found["source"], found["sha256"], tuple(found["mutants"]))


def list_text(source: Source, rows: Sequence[Row]) -> str:
    """The list of a source. A string of JSON is one of TOML."""
    lines = [f"source = {json.dumps(source.name)}", f'sha256 = "{hash_of(source)}"', "mutants = ["]
    for one in rows:
        cells = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.items())
        lines.append(f"  {{ {', '.join(cells)} }},")
    return "\n".join([*lines, "]"]) + "\n"


# ---- writing


def write_lists(names: Sequence[str], jobs: int) -> bool:
    """Judge the mutants of some sources, write their lists and the summary of all, and tell whether anything is wrong.

    Where something is, it is shown, and the list of that source is left as it was.
    """
    wrong = False
    found = sources()
    total, made = sum(1 for name in names for _ in mutants(found[name])), 0
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(fates, found[name]): name for name in names}
        for done in as_completed(waiting):
            name, some = waiting[done], done.result()
            made += len(some)
            broken = [fate for fate in some if fate.wrong]
            for fate in broken:
                print(f"WRONG: {name}:{fate.mutant.span.line} {fate.mutant.kind}, {fate.mutant.change}: {fate.wrong}")
            if not broken:
                _replace(LISTS / f"{name}.toml", list_text(found[name], [row(fate) for fate in some]))
            wrong |= bool(broken)
            if sys.stderr.isatty():
                print(f"\r{made} of {total} mutants", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    missing = [name for name in found if not (LISTS / f"{name}.toml").exists()]
    if missing:
        print(f"{len(missing)} sources have no list yet, as {missing[0]}: the summary is not written", file=sys.stderr)
        return True
    text = summary([read_list(name) for name in found])
    _replace(SUMMARY, text)
    print(text.split("\n## ")[0].strip())
    return wrong


def _replace(path: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


# ---- the summary


def summary(lists: Sequence[Listed]) -> str:
    """What `docs/mutants.md` says of the lists."""
    rows = [one for listed in lists for one in listed.rows]
    accepted = [one for one in rows if one["answer"] == "accepted"]
    left = [(listed.source, one) for listed in lists for one in listed.rows if one["answer"] == "not proved"]
    told = [f"- {place}, line {one['line']}, {one['mistake']}: {one['change']}. {one['does']}." for place, one in left]
    return "\n".join([
        _HEAD.format(mutants=len(rows), sources=len(lists)),
        *_answers("mistake", [(str(one["mistake"]), one) for one in rows]),
        _SAFE,
        *_counts("why it is safe", [str(one["safe"]) for one in accepted]),
        "",
        *_counts("what it does, compared with the good source", [str(one["does"]) for one in accepted]),
        "\n## By source\n",
        *_answers("source", [(listed.source, one) for listed in lists for one in listed.rows]),
        *(["\n## Not proved\n", *told] if told else []),
        "",
    ])  # fmt: skip


_HEAD = """\
# Mutants

`python -m tests.mutation` makes {mutants} sources with one mistake each out of {sources} good ones, the examples and
the hard programs, and judges them. It writes this page and the lists in `tests/data/mutants`, which have a row for each
mutant; tests judge some of them again, and compare.

A mistake that shows in the source is refused at its place. One that a packet can show is refuted by that packet, which
the interpreter has run. The others are accepted, each with the reason why it is safe, or not proved, which is refused
as well.
"""

_SAFE = """
## Why the accepted ones are safe

Each is proved, and the solver is asked once more what its proof rests on: whether all claims keep their proofs, each
under those that a run comes to before it, when what was changed may come to anything; and if not, which don't, and
which tests of the program they cannot do without. Each that is another program than its original is run as well, on 60
packets or more, cut and changed from its source's tests and made at random, and on packets that the solver makes to
come to each of its ends. None faults.
"""


def _answers(head: str, rows: Sequence[tuple[str, Row]]) -> list[str]:
    """How often each answer was given, by what stands before the rows, and in all."""
    counts: dict[str, Counter[str]] = {}
    for key, one in rows:
        counts.setdefault(key, Counter())[str(one["answer"]).split()[0]] += 1
    used = [answer for answer in ANSWERS if any(count[answer] for count in counts.values())]
    table = [[head, "mutants", *(ANSWERS[answer] for answer in used)]]
    for key, count in [*sorted(counts.items()), ("in all", sum(counts.values(), Counter[str]()))]:
        table.append([key, str(count.total()), *(str(count[answer] or "") for answer in used)])
    return _table(table)


def _counts(head: str, said: Sequence[str]) -> list[str]:
    """How often something was said, by its words before a colon, the most often first."""
    counts = Counter(one.split(":")[0] for one in said)
    return _table([[head, "mutants"], *([what, str(count)] for what, count in sorted(counts.items(), key=_by_count))])


def _by_count(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _table(rows: list[list[str]]) -> list[str]:
    """A table of Markdown: the first column is text, the others are numbers."""
    head, *rest = rows
    marks = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rest)]


def main() -> int:
    """The command: 0 if nothing is wrong, and all refusals have what they must."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Judge mutants, and list them.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sources, without .ash; all of them if none is named")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a processor)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(sources())
    if unknown:
        parser.error(f"there is no source {', '.join(sorted(unknown))}")
    return int(write_lists(arguments.names or list(sources()), arguments.jobs))


if __name__ == "__main__":
    sys.exit(main())
