"""What `import dlcode_dsl` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dlcode_dsl

SCRIPT = """
import sys
import dlcode_dsl
loaded = {name.split(".")[0] for name in sys.modules} & {"lark", "z3", "llvmlite", "numpy", "rich"}
assert not loaded, loaded
assert "dlcode_dsl.compile" not in sys.modules
source = dlcode_dsl.Source("f.ash", "filter f on ethernet { pkt.len > 3 }")
program = dlcode_dsl.compile_source(source).program("f")
assert dlcode_dsl.run(program, dlcode_dsl.Packet.whole(bytes(4))).verdict is dlcode_dsl.Verdict.MATCH
assert "lark" in sys.modules and "z3" not in sys.modules
"""


def test_the_package_is_light_until_something_is_compiled() -> None:
    """Neither the parser generator nor a module that needs it is imported before."""
    path = str(Path(dlcode_dsl.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there() -> None:
    assert len(dlcode_dsl.__all__) == len(set(dlcode_dsl.__all__))
    for name in dlcode_dsl.__all__:
        assert getattr(dlcode_dsl, name) is not None
    assert set(dlcode_dsl.__all__) <= set(dir(dlcode_dsl))
    assert not hasattr(dlcode_dsl, "no_such_name")
