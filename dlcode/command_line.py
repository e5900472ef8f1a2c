"""The command line: `dlcode COMMAND …`. Data goes to standard output, talk to standard error.

Each command is a module of `dlcode.commands` with two functions: `declare` adds its arguments, `run` does the work and
gives the exit code. This module knows what they share: formats, errors, and that a traceback never reaches a user.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "check": "prove every program of a source, or refuse it with a packet that breaks it",
    "prove": "compare filters: equal, implied, disjoint, never matching, shadowed; a packet where the answer is no",
    "test": "run a source's test blocks, interpreted and compiled",
    "fmt": "write sources in the one way, with their comments",
    "explain": "say what a diagnostic's code means, with a wrong and a right example",
    "show": "show a program as core form, LLVM code or machine code",
    "match": "find the packets of a capture that a filter matches",
    "sim": "run programs and experiments on the emulated DECstations, and show what these are",
}
CANNOT_RUN = 2
"""Exit code where a command could not do its work: a bad argument, a file that can't be read, an error of ours."""


class CannotRun(Exception):
    """A command can't do its work, for a reason that its user can mend. The message is shown as it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Usage errors exit with 2, as argparse does."""
    parser = argparse.ArgumentParser(prog="dlcode", description="Download code safely.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"dlcode {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name, summary in COMMANDS.items():
        described = f"{summary[0].upper()}{summary[1:]}."
        command = commands.add_parser(name, help=summary, description=described, allow_abbrev=False)
        if name in given:  # a command's module is imported only when it is asked for
            import_module(f"dlcode.commands.{name}").declare(command)
    options = parser.parse_args(given)
    try:
        code: int = import_module(f"dlcode.commands.{options.command}").run(options)
        sys.stdout.flush()
        return code
    except CannotRun as error:
        return _say(str(error))
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it at its end
        return 0
    except OSError as error:
        return _say(f"{error.filename or 'input'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # our own bug: said as one, with the traceback only where it was asked for
        if os.environ.get("DLCODE_TRACEBACK"):
            raise
        from dlcode.captures import CaptureError
        from dlcode_jit.errors import ImageError

        if isinstance(error, CaptureError):
            return _say(f"{error}\nhelp: {error.fault.help}")
        if isinstance(error, ImageError):
            return _say(error.reason)
        return _say(f"a bug in dlcode, not in your input: {type(error).__name__}: {error}\n"
                    "help: set DLCODE_TRACEBACK=1 to see where, and please report it")  # fmt: skip


def _say(message: str) -> int:
    print(f"dlcode: {message}", file=sys.stderr)
    return CANNOT_RUN


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("dlcode-aegis")
    except PackageNotFoundError:
        return "from a checkout that is not installed"


def colored(stream: object) -> bool:
    """Whether a stream is a terminal that wants colour (no-color.org)."""
    return not os.environ.get("NO_COLOR") and bool(getattr(stream, "isatty", lambda: False)())
