"""One program compiled in ways that are not ours, to measure what a proof buys. No core and no command runs such code.

Code that is right only by a proof (`NONE`, `TRUST`) is made of a certificate, as an image is. Code that guards itself
at run time needs none: it ends a run that breaks a rule, or keeps its accesses in the memory that it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Program, Send

from . import native
from .abi import QueueLayout
from .admit import admitted
from .guards import Guarding
from .lower import entry_name, lower
from .r3000.image import MipsCode, finished_code, lowered_for
from .sites import send_sites
from .targets import HOST

if TYPE_CHECKING:
    from dlcode_verifier import Certificate
    from dlcode_verifier.alignment import Alignment


@dataclass(frozen=True, slots=True)
class Experiment:
    """Host code of a program, with the entry point that `abi` describes.

    Where its way of guarding masks, the caller provides `guards.packet_room` bytes for the packet, and `guards.room`
    cells for each region.
    """

    program: Program
    queue: QueueLayout
    guarding: Guarding
    address: int  # of the entry point, as long as this object lives
    llvm: str
    _code: native.Loaded = field(repr=False)

    @property
    def sites(self) -> tuple[Send, ...]:
        """The `Send` statements that queue entries name."""
        return send_sites(self.program)


def proved_code(certificate: Certificate, guarding: Guarding) -> Experiment:
    """Code of a proved program, guarded or not. Raises ImageError as `host_image` does."""
    program, queue, facts = admitted(certificate)
    return _compiled(program, queue, guarding, facts)


def proved_mips_code(certificate: Certificate, guarding: Guarding) -> MipsCode:
    """The same for the R3000, with packets in plain memory, checked as an image is. Raises as `mips_code` does.

    The caller provides as much room as for an `Experiment`.
    """
    return finished_code([(lowered_for(certificate, guarding=guarding), certificate)])[0]


def guarded_code(program: Program, queue: QueueLayout, guarding: Guarding) -> Experiment:
    """Code of a program that nobody proved. Raises ValueError for a way that needs a proof."""
    if guarding in (Guarding.NONE, Guarding.TRUST):
        raise ValueError(f"code without guards ({guarding.value}) is made of a certificate only")
    return _compiled(program, queue, guarding)


def _compiled(program: Program, queue: QueueLayout, guarding: Guarding, facts: Sequence[Alignment] = ()) -> Experiment:
    text, entry = lower(program, queue, HOST, guarding, facts), entry_name(program)
    code = native.load(native.compile_object(text), (entry,), {})
    return Experiment(program, queue, guarding, code.addresses[entry], text, code)
