"""`dlcode fmt FILE.ash…`: write sources in the one way. Comments stay; a file with a syntax error is untouched."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from dlcode.command_line import CANNOT_RUN, CannotRun, colored
from dlcode.files import replacing
from dlcode_dsl import Source, format_source, render

DIFFERS = 1
"""Exit code of `--check` and `--diff` where a file is not as it should be."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("sources", metavar="FILE.ash", nargs="+", help="the sources; - is standard input, to output")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file would change")
    how.add_argument("--diff", action="store_true", help="write nothing; show what would change, and exit as --check")


def run(options: argparse.Namespace) -> int:
    """Format; 0, or 1 if `--check` or `--diff` finds a difference, or 2 if a file could not be read."""
    codes = [_format(path, options) for path in options.sources]
    return max(codes)


def _format(path: str, options: argparse.Namespace) -> int:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror or error}") from None
    source = Source.from_bytes(path, data)
    made = format_source(source)
    if made.diagnostics:
        print(render(made.diagnostics, color=colored(sys.stderr)), file=sys.stderr)
        return CANNOT_RUN
    changed = made.text.encode() != data
    if options.diff:
        old, new = source.text.splitlines(keepends=True), made.text.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, new, path, path))
    if options.check or options.diff:
        if options.check and changed:
            print(path)
        return DIFFERS if changed else 0
    if path == "-":
        sys.stdout.write(made.text)
    elif changed:
        with replacing(path) as stream:
            stream.write(made.text.encode())
        print(path)
    return 0
