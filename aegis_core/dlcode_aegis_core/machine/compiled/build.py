"""The compiled processor's code: translated from the rows and from this package, compiled by LLVM, and kept.

Kept code is for one processor, one release of LLVM, and these sources. It is only read where nobody else can write
(`kept.py`); where none is, it is made.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import llvmlite

from dlcode_aegis_core.machine.compiled.image import Image, flattened
from dlcode_dsl import kept

Code = Callable[[int], int]

SOURCES: Final = (
    *("dlcode_jit.mips.rows", "dlcode_jit.mips.row", "dlcode_jit.mips.registers", "dlcode_jit.native"),
    *("dlcode_aegis_core.machine.cp0", "dlcode_aegis_core.machine.tlb"),
)
"""Modules that code is made of, besides this package."""


def translated() -> str:
    """The processor as LLVM IR."""
    from dlcode_aegis_core.machine.compiled import dispatch, loop
    from dlcode_aegis_core.machine.compiled.instructions import METHODS, privileged, reserved
    from dlcode_aegis_core.machine.compiled.state import HOT, SHARED, State
    from dlcode_aegis_core.machine.compiled.translate import Module

    module = Module(State, HOT, SHARED, "signal", METHODS)
    dispatch.define(module, privileged, reserved)
    for name in Functions._fields:
        module.root(name, getattr(loop, name))
    return module.text


def compiled() -> bytes:
    """The same as object code for this machine."""
    from dlcode_jit import native

    return native.compile_object(translated())


class Functions(NamedTuple):
    """The functions of `loop.py` of these names; each takes the address of a State, and says why it ended."""

    enter: Code
    run: Code
    run_on: Code
    run_observed: Code


@cache
def functions() -> Functions:
    """The code's functions, from the cache or made."""
    file = _file()
    image = kept.read(file) if file is not None else None
    if image is None:
        code = compiled()
        image = flattened(code, Functions._fields)
        if image is None:
            return _linked(code)
        if file is not None:
            kept.write(file, image)
    loaded = Image(image, len(Functions._fields))
    return Functions(*(_callable(address, loaded) for address in loaded.addresses))


def _linked(code: bytes) -> Functions:
    from dlcode_jit import native

    loaded = native.load(code, Functions._fields, {})
    return Functions(*(_callable(loaded.addresses[name], loaded) for name in Functions._fields))


_LOADED: Final[list[Any]] = []


def _callable(address: int, loaded: Any) -> Code:
    _LOADED.append(loaded)  # for as long as the process
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(address)


def _file() -> Path | None:
    """Where this code is kept."""
    files = [Path(str(spec.origin)) for spec in map(find_spec, SOURCES) if spec is not None]
    files += sorted(Path(__file__).parent.glob("*.py"))
    sources = [file.read_text("utf-8") for file in files]
    release = (llvmlite.__version__, str(sys.implementation.cache_tag), sys.platform)
    return kept.place("processor", *release, _this_processor(), *sources)


def _this_processor() -> str:
    """What the code may use of this machine's processor, as Linux tells it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        import platform

        return f"{platform.machine()} {platform.processor()}"
    told = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU ")
    return "\n".join(line for line in lines if line.startswith(told))
