"""dlcode: download code safely. Packet filters and handlers are proved, compiled without run-time checks, and run.

This is the face. Never: parses, proves or emits code itself; imports z3, llvmlite, numpy or rich before they are used.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_ROOMS = ("aegis_core", "captures", "dsl", "jit", "verifier")  # modules that are imported when first named


def __getattr__(name: str) -> ModuleType:
    """Import one of the documented modules when it is first used, so that `import dlcode` stays cheap."""
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
