"""dlcode: download code safely. Packet filters and handlers are proved, compiled without run-time checks, and run.

    module = dlcode.load("counter.ash")          # raises dlcode.Refused, with the diagnostics and a witness
    module["web"].match(frame)                   # one packet
    with dlcode.open("day.pcapng") as capture:
        module["web"].count(capture)             # one native pass
    core = dlcode.Core()                         # the core in this process
    machine = dlcode.Machine("5000/200")         # an emulated DECstation, for programs of one's own

This is the face. Never: parses, proves or emits code itself; imports z3, llvmlite, numpy or rich before they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcode.captures import ETHERNET, Capture, CaptureError, Packet
    from dlcode.captures import open_capture as open
    from dlcode.machine import Machine
    from dlcode.modules import Filter, Handler, LinkMismatch, Module, Refused, load, loads
    from dlcode_aegis_core.bindings import BindError, Capability
    from dlcode_aegis_core.host import Core

_ROOMS = ("aegis_core", "captures", "dsl", "jit", "machine", "verifier")  # modules that are imported when first named
_HOMES = {
    "BindError": ("dlcode_aegis_core.bindings", "BindError"),
    "Capability": ("dlcode_aegis_core.bindings", "Capability"),
    "Capture": ("dlcode.captures", "Capture"),
    "CaptureError": ("dlcode.captures", "CaptureError"),
    "Core": ("dlcode_aegis_core.host", "Core"),
    "ETHERNET": ("dlcode.captures", "ETHERNET"),
    "Filter": ("dlcode.modules", "Filter"),
    "Handler": ("dlcode.modules", "Handler"),
    "LinkMismatch": ("dlcode.modules", "LinkMismatch"),
    "Machine": ("dlcode.machine", "Machine"),
    "Module": ("dlcode.modules", "Module"),
    "Packet": ("dlcode.captures", "Packet"),
    "Refused": ("dlcode.modules", "Refused"),
    "load": ("dlcode.modules", "load"),
    "loads": ("dlcode.modules", "loads"),
    "open": ("dlcode.captures", "open_capture"),
}
"""Where each public name lives: its module, and what it is called there."""

__all__ = [
    "ETHERNET",
    "BindError",
    "Capability",
    "Capture",
    "CaptureError",
    "Core",
    "Filter",
    "Handler",
    "LinkMismatch",
    "Machine",
    "Module",
    "Packet",
    "Refused",
    "load",
    "loads",
    "open",
]


def __getattr__(name: str) -> Any:
    """Import what is named when it is first used, so that `import dlcode` stays cheap."""
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, called = _HOMES[name]
    return getattr(import_module(module), called)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_HOMES})
