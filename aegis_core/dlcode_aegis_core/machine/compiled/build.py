"""The compiled processor's code: translated from the rows and from this package, compiled by LLVM, loaded once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

from dlcode_aegis_core.machine.compiled import dispatch, loop
from dlcode_aegis_core.machine.compiled.instructions import METHODS, privileged, reserved
from dlcode_aegis_core.machine.compiled.state import HOT, SHARED, State
from dlcode_aegis_core.machine.compiled.translate import Module
from dlcode_jit import native

ROOTS = ("run", "run_observed")


def translated() -> str:
    """The processor as LLVM IR."""
    module = Module(State, HOT, SHARED, "signal", METHODS)
    dispatch.define(module, privileged, reserved)
    module.root("run", loop.run)
    module.root("run_observed", loop.run_observed)
    return module.text


_KEPT: list[native.Loaded] = []


@cache
def functions() -> tuple[Callable[[int], int], Callable[[int], int]]:
    """`run` and `run_observed`, which take the address of a State."""
    loaded = native.load(native.compile_object(translated()), ROOTS, {})
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
    _KEPT.append(loaded)
    return kind(loaded.addresses["run"]), kind(loaded.addresses["run_observed"])
