"""`dlcode sim machines [MODEL]`: the numbers of each machine; of one, with where every number comes from."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence
from typing import Any

from dlcode.command_line import CannotRun
from dlcode.commands.sim.settings import declare_settings, settings
from dlcode_aegis_core.machine.parameters import BadParameter, Entry, Parameters, UnknownParameter, models
from dlcode_aegis_core.machine.programs.machine import model_name

CONFIDENCE = {
    "A": "the maker's text, or measured on the part",
    "B": "independent driver or emulator source",
    "C": "derived from A and B",
    "D": "recalled or assumed: the range says between what",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help="5000/200, 5000/125, 3100 or 2100; all if not given")
    declare_settings(parser)
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Print the table; 0."""
    names = [model_name(options.model)] if options.model else models()
    changes = settings(options)
    try:
        tables = [Parameters.load(name).replace(changes) for name in names]
    except (UnknownParameter, BadParameter) as error:
        raise CannotRun(str(error)) from None
    if options.format == "json":
        print(json.dumps({"machines": [_machine(table) for table in tables]}, indent=2))
    elif options.model:
        _show(tables[0])
    else:
        _compare(tables)
    return 0


def _machine(table: Parameters) -> dict[str, Any]:
    return {"name": table.model, "title": table.title, "parameters": [_row(entry) for entry in table.entries()]}


def _row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": entry.name,
        "value": entry.value,
        "unit": entry.unit,
        "confidence": entry.confidence,
        "source": entry.source,
    }
    if entry.range:
        row["range"] = list(entry.range)
    if entry.status:
        row["status"] = entry.status
    return row


def _value(entry: Entry) -> str:
    return f"{entry.value:#010x}" if entry.unit in ("address", "PRId") else str(entry.value)


def _mark(entry: Entry) -> str:
    if entry.status:
        return entry.status
    return f"from {entry.range[0]} to {entry.range[1]}" if entry.range else ""


def _show(table: Parameters) -> None:
    print(f"{table.title} ({table.model})\n")
    width = max(len(name) for name in table)
    for entry in table.entries():
        line = f"{entry.name:{width}}  {_value(entry)} {entry.unit}  [{entry.confidence}] {_mark(entry)}"
        print(line.rstrip())
        print(textwrap.fill(entry.source, 110, initial_indent="    ", subsequent_indent="    "))
    print()
    for letter, meaning in CONFIDENCE.items():
        print(f"[{letter}] {meaning}")


def _compare(tables: Sequence[Parameters]) -> None:
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = [["", *(table.model for table in tables)]]
    for name in names:
        rows.append([name, *(_value(table.entry(name)) if name in table else "-" for table in tables)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([f"{row[0]:{widths[0]}}", *cells]).rstrip())
    print("\n`dlcode sim machines MODEL` says of each number its unit, source and range")
