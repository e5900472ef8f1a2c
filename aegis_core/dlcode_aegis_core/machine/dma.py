"""A controller's way to memory."""

from __future__ import annotations

from typing import Protocol


class DmaTimeout(Exception):
    """Memory did not answer: the address is not mapped, or DMA is off."""


class Dma(Protocol):
    """Transfers of 16-bit words and of bursts, by the controller's own addresses. All raise DmaTimeout.

    A transfer happens when called. `read_ps` and `write_ps` are the time that memory takes for so many octets, which
    the controller waits on top of its own bus cycles.
    """

    def read_word(self, address: int) -> int: ...
    def write_word(self, address: int, word: int) -> None: ...
    def read_burst(self, address: int, octets: int) -> bytes: ...
    def write_burst(self, address: int, data: bytes) -> None: ...
    def read_ps(self, octets: int) -> int: ...
    def write_ps(self, octets: int) -> int: ...
