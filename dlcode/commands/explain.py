"""`dlcode explain [CODE…]`: what a diagnostic means, with a source that gives it and one that is accepted."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from typing import Any

from dlcode.command_line import CannotRun, colored
from dlcode_dsl import CODES, Code, Explanation, code_called, explanation, nearest_code


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    help = "a code as it stands in a diagnostic: ASH2031, or 2031; without one, all codes are listed"
    parser.add_argument("codes", metavar="CODE", nargs="*", help=help)
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Explain codes, or list all of them."""
    found = [explanation(_code(name)) for name in options.codes] or [explanation(code) for code in CODES.values()]
    if options.format == "json":
        print(json.dumps({"codes": [_row(each) for each in found]}, indent=2, ensure_ascii=False))
    elif not options.codes:
        for each in found:
            print(f"{each.code.name}  {each.code.severity:7}  {each.title}")
    elif colored(sys.stdout):
        for each in found:
            _show(each)
    else:
        print("\n".join(map(_plain, found)), end="")
    return 0


def _code(name: str) -> Code:
    code = code_called(name)
    if code is None:
        nearest = nearest_code(name)
        meant = f"did you mean {nearest.name}?" if nearest else "`dlcode explain` lists all codes"
        raise CannotRun(f"no code is called {name}\nhelp: {meant}")
    return code


def _plain(found: Explanation) -> str:
    examples = [f"{mark}:\n\n{textwrap.indent(source, '    ')}" for mark, source in _examples(found)]
    return "\n".join([f"{found.code.name} ({found.code.severity}): {found.title}\n", f"{found.text}\n", *examples])


def _examples(found: Explanation) -> list[tuple[str, str]]:
    return [("for example" if found.described else "wrong", found.wrong), ("right", found.right)]


def _show(found: Explanation) -> None:
    """The same for a terminal, as wide as it is."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.panel import Panel
    from rich.text import Text

    console = Console()
    width = min(console.width, 104)
    color = "red" if found.code.severity == "error" else "yellow"
    console.print(Text.assemble((found.code.name, f"bold {color}"), "  ", (found.title, "bold")), width=width)
    console.print()
    console.print(Markdown(found.text), width=width)
    for (mark, source), border in zip(_examples(found), (color, "green"), strict=True):
        console.print(Panel(Text(source.rstrip()), title=mark, title_align="left", border_style=border), width=width)


def _row(found: Explanation) -> dict[str, Any]:
    return {
        "code": found.code.name,
        "severity": found.code.severity,
        "title": found.title,
        "text": " ".join(found.text.split()),
        "wrong": found.wrong,
        "described": found.described,
        "right": found.right,
    }
