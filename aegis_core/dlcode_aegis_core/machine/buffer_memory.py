"""The LANCE's own memory, on the KN01 and on the 5000/200's Ethernet module: transfers take the CPU no time.

On the 5000/200, 128 KB lie dense. On the KN01, 64 KB lie in 128 KB of the CPU's addresses, two octets valid and two of
gap. Address bits beyond the memory's size are not looked at, so that nothing times out.
"""

from __future__ import annotations

from dlcode_aegis_core.machine.bus import Window


class BufferMemory:
    """A `Dma` to a window of the CPU's. The CPU's accesses do not hold the LANCE up, nor the other way round."""

    def __init__(self, window: Window, octets: int) -> None:
        """`octets` is the size that the LANCE sees, a power of two: all of the window, or half of it with gaps."""
        self._data = window.data
        self._mask = octets - 1
        self._gaps = window.halves

    def read_word(self, address: int) -> int:
        """Read 16 bits, at an even address."""
        place = self._place(address & ~1)
        return self._data[place] | self._data[place + 1] << 8

    def write_word(self, address: int, word: int) -> None:
        """Write 16 bits, at an even address."""
        place = self._place(address & ~1)
        self._data[place], self._data[place + 1] = word & 0xFF, word >> 8

    def read_burst(self, address: int, octets: int) -> bytes:
        """Read data of a transmit buffer."""
        return bytes(self._data[self._place(address + at)] for at in range(octets))

    def write_burst(self, address: int, data: bytes) -> None:
        """Write data of a receive buffer."""
        for at, octet in enumerate(data):
            self._data[self._place(address + at)] = octet

    def read_ps(self, octets: int) -> int:
        """The chip's own bus cycle is all it takes."""
        return 0

    def write_ps(self, octets: int) -> int:
        """The chip's own bus cycle is all it takes."""
        return 0

    def _place(self, address: int) -> int:
        address &= self._mask
        return 2 * (address & ~1) | address & 1 if self._gaps else address
