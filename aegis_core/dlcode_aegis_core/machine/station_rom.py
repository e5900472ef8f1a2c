"""The station address ROM.

Octets 0 to 5 are the address and 6 and 7 its checksum; 8 to 15 repeat them backwards, 16 to 23 forwards; then
ff 00 55 aa. Sources: Linux declance.c (the layout), depca.c (the checksum).
"""

from __future__ import annotations


class StationRom:
    """An `EightBitPart`."""

    def __init__(self, address: bytes) -> None:
        octets = address + rom_checksum(address).to_bytes(2, "little")
        self._content = octets + octets[::-1] + octets + b"\xff\x00\x55\xaa"
        self.registers = len(self._content)

    def read(self, number: int) -> int:
        """An octet."""
        return self._content[number]

    def write(self, number: int, value: int) -> None:
        """A ROM ignores writes."""


def rom_checksum(address: bytes) -> int:
    """The checksum that DEC's station address ROMs carry: words shifted and added with end-around carry."""
    total = 0
    for low, high in zip(address[::2], address[1::2], strict=True):
        total <<= 1
        total -= 0xFFFF if total > 0xFFFF else 0
        total += high << 8 | low
        total -= 0xFFFF if total > 0xFFFF else 0
    return 0 if total == 0xFFFF else total
