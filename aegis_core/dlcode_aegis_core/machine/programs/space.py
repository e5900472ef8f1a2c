"""The address space of a program: pages of kuseg, their frames in memory, and the table that the monitor reads.

physical 00000000   the monitor
         00200000   the page table: 2 MiB, for each of kuseg's pages its EntryLo, or 0 if it is not there
         00400000   frames, in the order in which pages are asked for
"""

from __future__ import annotations

from typing import Final

from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.tlb import DIRTY, PAGE, VALID

PAGE_BYTES: Final = 4096
KUSEG_END: Final = 0x80000000
PAGE_TABLE: Final = 0x200000
FRAMES: Final = 0x400000


class NoRoom(ValueError):
    """A program asks for more memory than the machine has, or for addresses that are not a program's."""


class AddressSpace:
    """Pages of kuseg in a machine's memory."""

    def __init__(self, memory: Memory) -> None:
        """Raises NoRoom for a machine without memory for any page."""
        if memory.size <= FRAMES:
            raise NoRoom(f"the machine has {memory.size} bytes of memory, and a program needs more than {FRAMES}")
        self._memory: Final = memory
        self._free = FRAMES

    def map(self, address: int, size: int, *, writable: bool) -> None:
        """Let the pages of `size` bytes at `address` be there, zero at first. Raises NoRoom before it changes any."""
        if not size:
            return
        first, last = address // PAGE_BYTES, (address + size - 1) // PAGE_BYTES
        if address < PAGE_BYTES or address + size > KUSEG_END:
            raise NoRoom(
                f"{size} bytes at {address:#010x} are not in {PAGE_BYTES:#010x} to {KUSEG_END - 1:#010x}, "
                "where a program may lie"
            )
        left = self._memory.size - self._free
        if (last + 1 - first - 2) * PAGE_BYTES > left:  # a count of pages that is sure not to fit is not walked
            raise NoRoom(f"{size} bytes at {address:#010x}, and of the machine's memory {left} bytes are free")
        missing = [page for page in range(first, last + 1) if not self._entry(page)]
        if len(missing) * PAGE_BYTES > left:
            raise NoRoom(f"{size} bytes at {address:#010x}, and of the machine's memory {left} bytes are free")
        for page in missing:
            self._set_entry(page, self._free | VALID)
            self._free += PAGE_BYTES
        if writable:
            for page in range(first, last + 1):
                self._set_entry(page, self._entry(page) | DIRTY)

    def write(self, address: int, data: bytes | memoryview) -> None:
        """Put bytes where pages are, whether the program may write there or not."""
        done = 0
        while done < len(data):
            physical, size = self._span(address + done, len(data) - done)
            self._memory.data[physical : physical + size] = data[done : done + size]
            done += size

    def read(self, address: int, size: int) -> bytes | None:
        """Bytes of the program's memory; None if any of them is not there."""
        if not 0 <= address <= address + size <= KUSEG_END:
            return None
        pages = range(address // PAGE_BYTES, -(-(address + size) // PAGE_BYTES))
        if size and (len(pages) > self._memory.size // PAGE_BYTES or not all(map(self._entry, pages))):
            return None
        data = bytearray()
        while len(data) < size:
            physical, span = self._span(address + len(data), size - len(data))
            data += self._memory.data[physical : physical + span]
        return bytes(data)

    def physical(self, address: int) -> int | None:
        """The physical address of a byte of the program's memory; None if it is not there."""
        if not 0 <= address < KUSEG_END or not (entry := self._entry(address // PAGE_BYTES)):
            return None
        return entry & PAGE | address % PAGE_BYTES

    def _span(self, address: int, most: int) -> tuple[int, int]:
        """Where a byte lies, and how many from there on are in the same page, up to `most`."""
        physical = self.physical(address)
        assert physical is not None, f"no page at {address:#010x}"
        return physical, min(most, PAGE_BYTES - address % PAGE_BYTES)

    def _entry(self, page: int) -> int:
        return self._memory.words[PAGE_TABLE // 4 + page]

    def _set_entry(self, page: int, entry: int) -> None:
        self._memory.words[PAGE_TABLE // 4 + page] = entry
