"""`dlcode sim …`: the emulated DECstations. Experiments on them, programs in them, and the numbers that they are."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

TOPICS = {
    "roundtrip": ("experiments", "measure 60-byte frames to and fro between two machines"),
    "exchange": ("exchange", "measure frames to and fro between two machines without an operating system"),
    "sweep": ("sweep", "run an experiment at both ends of what is assumed of the machine"),
    "machines": ("machines", "show the numbers that a machine is, each with its source"),
    "exec": ("execute", "run a static MIPS-I program, as a Linux user would"),
    "step": ("step", "run a program under a debugger's commands"),
}
"""By name: the module here that does it, and what it is."""


class _Topic(argparse.ArgumentParser):
    """Takes its arguments from its module when it is asked for, so that nobody waits for what the others import."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        module, _ = TOPICS[self.prog.split()[-1]]
        import_module(f"{__name__}.{module}").declare(self)
        return super().parse_known_args(args, namespace)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the topics; each declares its own arguments."""
    topics = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC", parser_class=_Topic)
    for name, (_, summary) in TOPICS.items():
        described = f"{summary[0].upper()}{summary[1:]}."
        shape = argparse.RawDescriptionHelpFormatter
        topics.add_parser(name, help=summary, description=described, allow_abbrev=False, formatter_class=shape)


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; its exit code."""
    module, _ = TOPICS[options.topic]
    code: int = import_module(f"{__name__}.{module}").run(options)
    return code
