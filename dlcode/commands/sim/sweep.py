"""`dlcode sim sweep EXPERIMENT`: what is assumed of the machine, and how much the result depends on it.

Each number with a range is set to the one end of it, then to the other, everything else as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from dlcode.command_line import CannotRun
from dlcode.commands.sim.experiments import EXPERIMENTS, STOPPED
from dlcode.commands.sim.settings import declare_settings, settings
from dlcode_aegis_core.machine.parameters import Parameters

ROUNDS = 8


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("experiment", choices=EXPERIMENTS)
    declare_settings(parser)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"repetitions that are counted in each run ({ROUNDS})"
    )
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Run the experiment for every end of every range; 0. A run that can't be made says why in its row."""
    if not 0 < options.rounds <= 100_000:
        raise CannotRun("--rounds takes a number from 1 to 100000")
    experiment = EXPERIMENTS[options.experiment]
    changes = settings(options)
    try:
        parameters = Parameters.load(experiment.model).replace(changes)
        base = experiment.microseconds(parameters, options.rounds)
    except STOPPED as error:
        raise CannotRun(str(error)) from None
    rows = []
    swept = [each for each in parameters.sweep() if each.name not in changes]
    for number, each in enumerate(swept, 1):
        if sys.stderr.isatty():
            print(f"\r{number} of {len(swept)}: {each.name} = {each.value}\x1b[K", end="", file=sys.stderr, flush=True)
        rows.append(_row(experiment.microseconds, each.name, each.value, each.parameters, options.rounds, base))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if options.format == "json":
        print(json.dumps({"experiment": options.experiment, "unit": "us", "base": base, "rows": rows}, indent=2))
    else:
        _show(options.experiment, base, rows)
    return 0


def _row(measure: Any, name: str, value: float, parameters: Parameters, rounds: int, base: float) -> dict[str, Any]:
    row: dict[str, Any] = {"parameter": name, "value": value}
    try:
        result = measure(parameters, rounds)
    except STOPPED as error:
        return {**row, "error": str(error)}
    return {**row, "result": round(result, 2), "change": round(result - base, 2)}


def _show(experiment: str, base: float, rows: list[dict[str, Any]]) -> None:
    print(f"{experiment}: {base:.2f} us with the machine as it is; with what is assumed at the ends of its range:")
    width = max((len(row["parameter"]) for row in rows), default=0)
    for row in sorted(rows, key=lambda row: -abs(row.get("change", 0))):
        result = row.get("error") or f"{row['change']:+9.2f} us  {row['result']:9.2f} us"
        print(f"  {row['parameter']:{width}} = {row['value']:<10} {result}")
