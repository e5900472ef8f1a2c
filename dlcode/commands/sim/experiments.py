"""`dlcode sim roundtrip [--set PARAMETER=VALUE]`: run an experiment on the emulated DECstations.

What is printed as emulated was executed, instruction by instruction; what is published is only quoted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlcode.command_line import CannotRun
from dlcode.commands.sim.settings import declare_settings, settings
from dlcode.examples import example
from dlcode_aegis_core.bindings import BindError
from dlcode_aegis_core.experiments.exchange import rows as exchange
from dlcode_aegis_core.experiments.roundtrip import CLIENT, MODEL, ROUNDS, SERVER, WARM, NoAnswer, Summary, measure
from dlcode_aegis_core.kernel.boot import LoadError
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters, UnknownParameter

STOPPED = (UnknownParameter, BadParameter, BeyondModel, BindError, LoadError, NoAnswer, exchange.NoAnswer)
"""What can stop an experiment: its settings."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_settings(parser)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"round trips that are counted ({ROUNDS})")
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Run it; 0. What stops it is in the settings, or is a bug."""
    if not 0 < options.rounds <= 100_000:
        raise CannotRun("--rounds takes a number from 1 to 100000")
    changes = settings(options)
    try:
        parameters = Parameters.load(MODEL).replace(changes)
        summary = _measured(parameters, options.rounds)
    except STOPPED as error:
        raise CannotRun(str(error)) from None
    if options.format == "json":
        print(json.dumps({"rows": [_row(summary)], "settings": changes}, indent=2))
    else:
        _show(summary, changes)
    return 0


def _measured(parameters: Parameters, rounds: int) -> Summary:
    from dlcode.modules import load

    server = load(example("remote_increment"))["remote_increment"].certificate
    client = load(example("counter_client"))["counter_client"].certificate

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\rround trip {done} of {rounds + WARM}", end="\r\x1b[K", file=sys.stderr, flush=True)

    return measure(parameters, server, client, rounds, progress)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One that can be swept: the model that it is made on, and its result for so many repetitions."""

    model: str
    microseconds: Callable[[Parameters, int], float]


EXPERIMENTS = {
    "roundtrip": Experiment(MODEL, lambda parameters, rounds: _measured(parameters, rounds).microseconds),
    "exchange": Experiment(exchange.MODEL, lambda machine, rounds: exchange.measure(machine, rounds=rounds).whole),
}


def _row(summary: Summary) -> dict[str, Any]:
    published = summary.published
    return {
        "name": published.name,
        "machine": published.machine,
        "published": published.value,
        "emulated": round(summary.microseconds, 2),
        "unit": published.unit,
        "ratio": round(summary.ratio, 4),
        "status": "executed",
        "rounds": summary.rounds,
        "least": round(summary.least, 2),
        "most": round(summary.most, 2),
        "parts": {name: round(value, 2) for name, value in summary.parts.items()},
        "routines": {
            machine: {name: round(value, 2) for name, value in routines.items()}
            for machine, routines in summary.routines.items()
        },
        "source": published.source,
    }


def _show(summary: Summary, changes: dict[str, int | float]) -> None:
    published = summary.published
    print("name      machine      published   emulated   ratio  status")
    print(
        f"{published.name:9} {published.machine:11} {published.value:7.0f} us {summary.microseconds:7.1f} us  "
        f"{summary.ratio:6.3f}  executed"
    )
    span = f"{summary.least:.1f} to {summary.most:.1f} us"
    print(f"  median of {summary.rounds} round trips, {span}; published: {published.source}")
    for name, value in changes.items():
        print(f"  with {name} = {value}")
    notes = {"wire": "two frames of 72 bytes", "controller": "LANCE and I/O ASIC, both ends of both frames"}
    for part, value in summary.parts.items():
        note = notes.get(part) or ", ".join(_largest(summary, part))
        print(f"  {part:10} {value:7.1f} us  {note}")


def _largest(summary: Summary, machine: str) -> list[str]:
    """Where most of a machine's time goes."""
    assert machine in (SERVER, CLIENT)
    routines = sorted(summary.routines[machine].items(), key=lambda item: -item[1])
    return [f"{name} {value:.1f}" for name, value in routines[:6]]
