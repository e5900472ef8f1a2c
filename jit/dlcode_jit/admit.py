"""The gate: an image is made of a program only if its proof was made, or made again, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Program

from .abi import LARGEST_QUEUE, QueueLayout
from .errors import ImageError

if TYPE_CHECKING:
    from dlcode_verifier import Certificate
    from dlcode_verifier.alignment import Alignment


def admitted(certificate: Certificate) -> tuple[Program, QueueLayout, tuple[Alignment, ...]]:
    """The program that was proved, the send queue that was proved to suffice for it, and how its accesses lie.

    Raises ImageError: `certificate` for anything but a live certificate, `unsupported` where the queue would be larger
    than `abi.LARGEST_QUEUE`, as of a loop that sends in each of its turns.
    """
    from dlcode_verifier import Certificate, is_live

    if not isinstance(certificate, Certificate) or not is_live(certificate):
        raise ImageError("certificate", "this is no certificate that was made or checked again in this process")
    queue = QueueLayout(certificate.maximum_effects, certificate.longest_frame)
    if queue.size > LARGEST_QUEUE:
        name, entries = certificate.program.name, queue.entries
        reason = f"one run of {name} may fill {entries} entries of a send queue: more than {LARGEST_QUEUE} bytes"
        raise ImageError("unsupported", reason)
    return certificate.program, queue, certificate.alignment
