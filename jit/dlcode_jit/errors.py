"""What can go wrong between a certificate and a run of its image.

ImageError(ValueError)             what the caller gave is refused; has a code and a reason
CodeGeneratorError(RuntimeError)   our own code, or LLVM, is at fault
"""

from __future__ import annotations

from typing import Literal

ImageErrorCode = Literal[
    "certificate",  # not a certificate that this process made or checked again
    "unsupported",  # a program that no image can be made of
    "rejected",  # code whose check found something that no setting avoids
    "unbounded",  # code for which no bound on its cycles can be given
    "placement",  # an address that an image can't start at
    "packet",  # a packet longer than the program's maximum
    "batch",  # a batch whose records do not lie in its buffer, or exceed the program's maximum
    "memory",  # regions of another shape, or not aligned
    "overlap",  # filters of two owners, in one set, that ask for the same packets
]


class ImageError(ValueError):
    """A request that is refused, with the reason."""

    def __init__(self, code: ImageErrorCode, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class CodeGeneratorError(RuntimeError):
    """LLVM refused what we gave it, or died of it."""
