"""Puts the distance between a read of HI or LO and the next multiplication or division that the R3000 asks for.

LLVM 22 leaves some of them too close: its pass for this hazard (llvm pull request 91449) does not know the pseudo
instructions that products are made of. So nops are put in afterwards.
"""

from __future__ import annotations

from ..mips.check import HI_LO_DISTANCE
from ..mips.decode import Decoded, decode
from .editing import edited, holds_addresses, words_of
from .link import Object


def spaced(object: Object) -> Object:
    """The object with nops where HI or LO is written straight after it is read.

    Only straight code is looked at: what comes too close by way of a branch is left, for the image check to find. So is
    everything in an object whose constants hold addresses of code.
    """
    missing = _missing([decode(word) for word in words_of(object)])
    return edited(object, missing) if missing and not holds_addresses(object) else object


def _missing(decoded: list[Decoded | None]) -> dict[int, int]:
    """Index of an instruction -> nops that must come before it."""
    missing: dict[int, int] = {}
    for index, reader in enumerate(decoded):
        if reader is None or not reader.reads & {"hi", "lo"}:
            continue
        between = 0
        for after in range(index + 1, min(index + 1 + HI_LO_DISTANCE, len(decoded))):
            between += missing.get(after, 0)
            writer = decoded[after]
            if writer is None or writer.row.has_delay_slot:
                break
            if writer.writes & {"hi", "lo"} and between < HI_LO_DISTANCE:
                missing[after] = missing.get(after, 0) + HI_LO_DISTANCE - between
                break
            between += 1
    return missing
