"""GXemul, another's R3000 with its exceptions and TLB: runs an image on its bare machine, whose console is kept.

Its `testmips` machine has a console of two registers besides memory: a byte stored in the first is printed, and any
store to the second ends the run. GXemul wants a terminal.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

CONSOLE = 0xB0000000
HALT = 0x10
"""Offset of the register that ends the run."""

PATIENCE = 20.0
"""Seconds after which a run is given up. One takes less than a second."""


def installed() -> str | None:
    """Where it is, if it is installed."""
    return shutil.which("gxemul")


def printed(image: Path) -> str:
    """What an executable prints on the console before it halts the machine. Raises AssertionError if it doesn't."""
    command = [installed() or "gxemul", "-q", "-E", "testmips", "-C", "R3000", "-M", "16", str(image)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    output, end = bytearray(), time.monotonic() + PATIENCE
    try:
        while (left := end - time.monotonic()) > 0 and select.select([ours], [], [], left)[0]:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # Linux's EIO: the other side has been closed
                break
            if not part:
                break
            output += part
        else:
            raise AssertionError(f"GXemul doesn't end; so far it has printed {bytes(output[-500:])!r}")
        assert process.wait(PATIENCE) == 0, f"GXemul fails: {bytes(output[-500:])!r}"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(ours)
    return output.decode("ascii", "replace").replace("\r\n", "\n")
