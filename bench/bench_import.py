"""How long `import dlcode` takes in a new process, and what of that is Python's own start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "dsl", "verifier", "jit", "aegis_core")


@pytest.mark.parametrize("program", ["pass", "import dlcode"])
def test_a_new_process(benchmark: Any, program: str) -> None:
    """Seconds from nothing to the end of the program; the difference of the two is what the import costs."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    command = [sys.executable, "-c", program]
    benchmark.pedantic(
        subprocess.run, args=(command,), kwargs={"env": environment, "check": True}, rounds=20, warmup_rounds=2
    )
