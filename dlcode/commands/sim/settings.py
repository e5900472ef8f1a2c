"""`--machine MODEL` and `--set PARAMETER=VALUE`: which machine, and what is changed of it for one run."""

from __future__ import annotations

import argparse

from dlcode.command_line import CannotRun

Number = int | float


def declare_settings(parser: argparse.ArgumentParser) -> None:
    """Add --set."""
    help = "change a number of the machine for this run: cpu.clock_hz=33333333; `dlcode sim machines` has them all"
    parser.add_argument("--set", dest="settings", metavar="PARAMETER=VALUE", action="append", default=[], help=help)


def declare_machine(parser: argparse.ArgumentParser, models: str = "5000/200 (default), 5000/125, 3100, 2100") -> None:
    """Add --machine and --set."""
    parser.add_argument("--machine", default="5000/200", metavar="MODEL", help=models)
    declare_settings(parser)


def settings(options: argparse.Namespace) -> dict[str, Number]:
    """What was set. Raises CannotRun for what is no setting."""
    return dict(_setting(text) for text in options.settings)


def _setting(text: str) -> tuple[str, Number]:
    name, given, value = text.partition("=")
    if not given:
        raise CannotRun(f"--set takes PARAMETER=VALUE, not {text!r}")
    for kind in (_integer, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    raise CannotRun(f"--set {name}: {value!r} is not a number")


def _integer(text: str) -> int:
    return int(text, 0)
