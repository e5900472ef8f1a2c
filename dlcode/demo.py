"""The main job, shown: `make demo` runs this. Each step is a command that a user can type."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

from dlcode.captures import shipped
from dlcode.command_line import main
from dlcode.examples import example


def demonstrate() -> int:
    """Run every step; 0 if each came out as it should."""
    with tempfile.TemporaryDirectory() as folder:
        steps = [
            (
                "A handler is proved: safe on every packet, it ends, its cost is bounded.",
                ["check", str(example("remote_increment"))],
                0,
            ),
            (
                "Its broken twin (one `<` became `<=`) is refused, with a packet that breaks it.",
                ["check", "--witnesses", folder, str(example("remote_increment_broken"))],
                1,
            ),
            (
                "A filter, compiled without a run-time check, over a shipped capture.",
                ["match", "-r", str(shipped("mixed.pcap")), "--count", "--time", "-F", str(example("web"))],
                0,
            ),
            (
                "The proved handler in an exokernel on an emulated DECstation 5000/125, answering another one.",
                ["sim", "roundtrip"],
                0,
            ),
        ]
        failed = [words for title, words, wanted in steps if _step(title, words) != wanted]
    for words in failed:
        print(f"demo: `dlcode {' '.join(words)}` did not end as it should", file=sys.stderr)
    return 1 if failed else 0


def _step(title: str, words: list[str]) -> int:
    """Run one command with what it says and prints in one stream, in order."""
    shown = " ".join(_relative(word) for word in words if "--witnesses" not in words or word not in words[1:3])
    print(f"\n\033[1m{title}\033[0m" if sys.stdout.isatty() else f"\n{title}")
    print(f"$ dlcode {shown}", flush=True)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = main(words)
    print(said.getvalue().rstrip(), flush=True)
    return code


def _relative(word: str) -> str:
    """A path as one would type it from here."""
    here = f"{Path.cwd()}/"
    return word.removeprefix(here)


if __name__ == "__main__":
    sys.exit(demonstrate())
