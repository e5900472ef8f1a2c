"""A proved program as text at the stages of its way to machine code: for readers, not for running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .admit import admitted
from .layouts import PLAIN, Layout
from .lower import lower
from .targets import HOST, R3000

if TYPE_CHECKING:
    from dlcode_verifier import Certificate

TargetName = Literal["host", "r3000"]

_SHOWN_AT = 0x8010_0000
"""Where an R3000 image lies in a listing: an address as good as any other."""


def llvm_text(certificate: Certificate, target: TargetName, layout: Layout = PLAIN) -> str:
    """The LLVM code that a program is lowered to, before LLVM has touched it. Raises ImageError as images do.

    `layout` says how packets lie, of code for the R3000.
    """
    program, queue, facts = admitted(certificate)
    of_mips = R3000.taking(PLAIN if "rewrite" in program.may else layout)
    return lower(program, queue, HOST if target == "host" else of_mips, facts=facts)


def assembly_text(certificate: Certificate, target: TargetName, layout: Layout = PLAIN) -> str:
    """The machine code as assembly text, for the R3000 under the lines of source that it comes from, and for packets
    that lie as `layout` says. Raises ImageError and CodeGeneratorError as images do.
    """
    if target == "host":
        from .host import host_image

        return host_image(certificate).listing()
    from .r3000.image import mips_code
    from .r3000.listing import listing

    (code,) = mips_code([certificate], layout)
    return listing(code, _SHOWN_AT)
