"""What the LANCE's parts share: CSR0 with the interrupt pin, and the initialisation block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dlcode_aegis_core.machine.lance_registers import (
    CSR0_ERRORS,
    CSR0_INTERRUPTS,
    INIT_BLOCK_WORDS,
    Csr0,
    InitBlock,
    Mode,
)

BLANK: Final = InitBlock.from_words([0] * INIT_BLOCK_WORDS)
"""What the chip holds if it is started without INIT. (Assumed: the data sheet leaves it open.)"""


class Control:
    """CSR0 and the block. `demand` is TDMD: set by the driver, taken by the transmitter when it looks at its ring."""

    def __init__(self, interrupt: Callable[[bool], None], observe: Callable[[Csr0], None]) -> None:
        """`interrupt` gets the level of the INTR pin; `observe` the bits that the chip sets, when it does."""
        self._interrupt = interrupt
        self._observe = observe
        self._pin = False
        self.csr0 = Csr0.STOP
        self.demand = False
        self.block = BLANK
        self.byte_swap = False

    def stop(self) -> None:
        """Leave only STOP in CSR0. The block stays."""
        self.csr0 = Csr0.STOP
        self.demand = False
        self.update_pin()

    def put(self, bits: Csr0) -> None:
        """Set bits of CSR0, and the pin with them."""
        self.csr0 |= bits
        self.update_pin()
        self._observe(bits)

    def clear(self, bits: Csr0) -> None:
        """Clear bits of CSR0, and the pin with them."""
        self.csr0 &= ~bits
        self.update_pin()

    def update_pin(self) -> None:
        """Drive the pin as CSR0 says."""
        asserted = bool(self.csr0 & CSR0_INTERRUPTS and self.csr0 & Csr0.INEA)
        if asserted != self._pin:
            self._pin = asserted
            self._interrupt(asserted)

    def read(self) -> int:
        """CSR0 with the bits that others make up."""
        value = self.csr0
        if value & CSR0_ERRORS:
            value |= Csr0.ERR
        if value & CSR0_INTERRUPTS:
            value |= Csr0.INTR
        if self.demand:
            value |= Csr0.TDMD
        return int(value)

    @property
    def loopback(self) -> bool:
        """Whether the chip hears what it sends itself."""
        return bool(self.block.mode & Mode.LOOP)

    @property
    def internal(self) -> bool:
        """Loopback inside the chip: the wire neither hears it nor is heard."""
        return self.loopback and bool(self.block.mode & Mode.INTL)
