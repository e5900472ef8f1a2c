"""A run's JSON as a short page: `python -m bench.digest run.json > bench/results/DATE.md`.

Medians and how far the middle half of the rounds lies apart. Published figures stand in a column of their own, never
among what was measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def time(seconds: float) -> str:
    """Seconds to three figures, in the unit that reads best."""
    scale, unit = next(((scale, unit) for scale, unit in UNITS if seconds >= scale), UNITS[-1])
    return f"{seconds / scale:#.3g}".rstrip(".") + f" {unit}"


def page(run: dict[str, Any]) -> Iterator[str]:
    """The lines of the page."""
    machine, commit = run["machine_info"], run["commit_info"]
    cpu = machine["cpu"]
    yield f"# Benchmarks, {run['datetime'][:10]}"
    yield ""
    yield f"- Machine: {cpu.get('brand_raw', machine['machine'])}, {cpu.get('count', '?')} processors, " + (
        f"{machine['system']} {machine['release']}"
    )
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    yield f"- Software: {machine['python_implementation']} {machine['python_version']}, {packages}"
    yield f"- Load when it began: {machine['load']}"
    yield f"- Commit: {commit['id'][:12]}{' with changes' if commit['dirty'] else ''}"
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in run["benchmarks"]:
        groups.setdefault(row["group"] or "other", []).append(row)
    for name, rows in sorted(groups.items()):
        yield ""
        yield from table(name, rows)


def table(group: str, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One group: each row by its time for one item, fastest first, with its ratio to the fastest."""
    found = sorted(rows, key=each)
    published = any("published" in row["extra_info"] for row in found)
    yield f"## {group}"
    yield ""
    yield f"| | median | middle half | times the fastest |{' published |' if published else ''}"
    yield f"|---|---|---|---|{'---|' if published else ''}"
    for row in found:
        items, stats = row["extra_info"].get("items", 1), row["stats"]
        name = row["name"].removeprefix("test_").replace("_", " ").replace("[", " (").replace("]", ")")
        what = " a packet" if items > 1 else ""
        cells = [name, f"{time(each(row))}{what}", f"± {stats['iqr'] / stats['median'] / 2:.0%}"]
        cells.append(f"{each(row) / each(found[0]):.2f}")
        if published:
            figure = row["extra_info"].get("published")
            cells.append(beside(each(row), figure) if figure else "")
        yield f"| {' | '.join(cells)} |"


def beside(seconds: float, figure: dict[str, Any]) -> str:
    """A published figure, and the ratio to it of the row's own."""
    scale = {unit: scale for scale, unit in UNITS}[figure["unit"]]
    ratio = seconds / (figure["value"] * scale)
    return f"{figure['value']} {figure['unit']} ({figure['source']}); here {ratio:.3f} of it"


def each(row: dict[str, Any]) -> float:
    """Seconds for one item of a row: the median."""
    return float(row["stats"]["median"]) / int(row["extra_info"].get("items", 1))


if __name__ == "__main__":
    print("\n".join(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
