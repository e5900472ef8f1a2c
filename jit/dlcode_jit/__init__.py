"""Certificate in, image out: code for the host process and for the MIPS R3000, from one lowering.

Never: accepts a program without its certificate.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import CodeGeneratorError, ImageError
    from .host import Batch, HostImage, Lease, host_image
    from .layouts import Layout
    from .outcome import Outcome
    from .r3000.cycles import Cycles, Services
    from .r3000.image import MipsCode, MipsImage, mips_code, mips_image
    from .r3000.timing import Timing
    from .sets.host import MergedSet
    from .sets.r3000 import MipsSet
    from .shown import assembly_text, llvm_text

_HOMES = {
    "Batch": ".host",
    "CodeGeneratorError": ".errors",
    "Cycles": ".r3000.cycles",
    "HostImage": ".host",
    "ImageError": ".errors",
    "Layout": ".layouts",
    "Lease": ".host",
    "MergedSet": ".sets.host",
    "MipsCode": ".r3000.image",
    "MipsImage": ".r3000.image",
    "MipsSet": ".sets.r3000",
    "Outcome": ".outcome",
    "Services": ".r3000.cycles",
    "Timing": ".r3000.timing",
    "assembly_text": ".shown",
    "host_image": ".host",
    "llvm_text": ".shown",
    "mips_code": ".r3000.image",
    "mips_image": ".r3000.image",
}

__all__ = [
    "Batch",
    "CodeGeneratorError",
    "Cycles",
    "HostImage",
    "ImageError",
    "Layout",
    "Lease",
    "MergedSet",
    "MipsCode",
    "MipsImage",
    "MipsSet",
    "Outcome",
    "Services",
    "Timing",
    "assembly_text",
    "host_image",
    "llvm_text",
    "mips_code",
    "mips_image",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first asked for: the worker of the code generator needs none of it."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
