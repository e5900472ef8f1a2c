"""What lowering must know of a target, and no more. How code is generated and loaded is the images' business."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .abi import MIPS_POINTER
from .layouts import ANYWHERE, PLAIN, Layout


@dataclass(frozen=True, slots=True)
class Target:
    """Facts of a target that shape the LLVM code made for it."""

    name: str
    pointer_bits: int
    layout: Layout  # of packets
    unaligned_loads: bool  # whether a load at any address costs what an aligned one does
    division_bits: int  # the widest integers that it divides without a library
    attributes: tuple[str, ...]  # of every function

    @property
    def pointer_bytes(self) -> int:
        """Bytes of an address."""
        return self.pointer_bits // 8

    def taking(self, layout: Layout) -> Target:
        """The target with packets that lie otherwise."""
        return replace(self, layout=layout)


# "no-builtins" keeps LLVM from making calls of memcpy and memset out of loops: an image calls nothing outside itself.
HOST = Target("host", 64, ANYWHERE, True, 64, ("nounwind", '"no-builtins"'))

# A jump table would be data in the image and an indirect jump, whose cost and targets nothing could bound.
R3000 = Target(
    "r3000",
    8 * MIPS_POINTER,
    PLAIN,
    False,
    32,
    ("nounwind", '"no-builtins"', '"no-jump-tables"="true"'),
)
