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


@pytest.mark.benchmark(group="a new process")
@pytest.mark.parametrize("program", ["pass", "import dlcode"])
def test_python(benchmark: Any, program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Seconds from nothing to the end of the program; the difference of the two is what the import costs.

    Byte code is kept between the processes, as an installation keeps it, whatever this process was told about that.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("bytecode"))
    command = [sys.executable, "-c", program]
    benchmark.pedantic(
        subprocess.run, args=(command,), kwargs={"env": environment, "check": True}, rounds=20, warmup_rounds=2
    )
