"""The LANCE (Am7990): one process that polls, receives and transmits, at the chip's own pace.

The chip is one microcoded engine with one bus interface and one FIFO, so it does one thing at a time:

    poll the receive ring      holds the next receive descriptor if the chip owns it           (3 words)
    poll the transmit ring     every 1.6 ms, on TDMD, and after each frame                     (1 word, 3 if owned)
    transmit                   `lance_transmitter`
    receive                    `lance_receiver`

The microcode is a generator that yields the times at which it goes on. Its clock is the chip's: an event that the CPU's
current instruction delays still happens at its nominal time for the chip.

What the data sheet leaves open, and the model decides: a chip that is started without INIT works with a block of zeros;
INIT while it runs has no effect; a transmission is stopped by no longer loading its FIFO, so that what the FIFO holds
still goes out. A store of the CPU's reaches the chip at the end of the instruction during which it drains.

Not modelled: the chip's own interframe timer in two parts, and its heartbeat window; a transceiver without a heartbeat
is `transceiver.heartbeat` = 0.

Sources: Am7990 and Am79C90 data sheets (AMD 17881C, pages 24 to 33, 57); parameters carry their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from dlcode_aegis_core.machine.dma import Dma, DmaTimeout
from dlcode_aegis_core.machine.lance_bus import WORD, LanceBus
from dlcode_aegis_core.machine.lance_control import BLANK, Control
from dlcode_aegis_core.machine.lance_receiver import Receiver
from dlcode_aegis_core.machine.lance_registers import (
    CSR0_WRITE_ONE_TO_CLEAR,
    INIT_BLOCK_WORDS,
    Csr0,
    Csr3,
    InitBlock,
    Mode,
)
from dlcode_aegis_core.machine.lance_transmitter import Transmitter
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.process import Events, Process, Steps
from dlcode_aegis_core.machine.transmission import Transmission
from dlcode_aegis_core.machine.units import cycles_of
from dlcode_aegis_core.machine.wire import Port

LanceObserver: TypeAlias = Callable[[int, Csr0], None]
"""Called with a time and the bits of CSR0 that are set then: TDMD when the driver's store drains, others by the chip's
own time."""

RDP: Final = 0
RAP: Final = 4

WRITABLE: Final = (0xFFFF, 0xFFFE, 0x00FF, 0x0007)
"""Bits of CSR0 to CSR3 that a write reaches."""


class Lance:
    """One controller: a `Device` for the CPU, a `Listener` for the wire."""

    size = 8

    def __init__(
        self,
        parameters: Mapping[str, int | float],
        events: Events,
        dma: Dma,
        port: Port,
        interrupt: Callable[[bool], None],
        clock: Callable[[], int],
    ) -> None:
        """`interrupt` gets the level of the INTR pin; `clock` is the CPU's time in picoseconds.

        Raises BeyondModel if the parameters make the bus too slow for the wire.
        """
        self.base = int(parameters["lance.base"])
        self._clock = clock
        self._poll_ps = int(parameters["lance.poll_interval_ns"] * 1000)
        self._timeout_ps = int(parameters["lance.bus_timeout_ns"] * 1000)
        self._access_cycles = cycles_of(
            int(parameters["lance.register_access_ns"] * 1000), int(parameters["cpu.clock_hz"])
        )
        fifo, burst = int(parameters["lance.fifo_octets"]), int(parameters["lance.burst_octets"])
        delay_ps = int(parameters["lance.undocumented_delay_ns"] * 1000)
        before_first_bit_ps = int(delay_ps * parameters["lance.share_before_first_bit"])
        self._process = Process(events)
        self._control = Control(interrupt, lambda bits: self._show(self._process.now_ps, bits))
        self.observers: Final[list[LanceObserver]] = []
        self._bus = LanceBus(parameters, dma, self._process, self._control)
        wire = port.wire
        burst_ps = self._bus.data_ps(burst)
        slack_ps = min(wire.arrival_ps(burst), wire.time_ps(fifo - burst)) - burst_ps
        if slack_ps <= 0:
            raise BeyondModel(
                f"the LANCE takes {burst_ps / 1e6:g} us to fetch {burst} octets, which is too long for this wire"
            )
        self.lookahead_ps: Final = min(before_first_bit_ps, slack_ps, wire.gap_ps)
        """How long before its first bit a transmission is asked of the wire, and its octets are loaded, at least."""
        self._receiver = Receiver(
            self._control, self._bus, self._process, wire, burst, fifo, delay_ps - before_first_bit_ps
        )
        self._transmitter = Transmitter(
            *(self._control, self._bus, self._process, port, self._receiver, burst, fifo),
            *(before_first_bit_ps, self.lookahead_ps, bool(parameters["transceiver.heartbeat"])),
        )
        self._held_in_reset = False
        port.listener = self
        self._reset()

    # ---- The CPU's side: two ports, four registers ------------------------------------------------------------------

    def load_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a read: the chip's READY, through the I/O ASIC."""
        return self._access_cycles

    def store_cycles(self, offset: int, width: int) -> int:
        """CPU cycles of a write."""
        return self._access_cycles

    def load(self, offset: int, width: int) -> int:
        """Read RDP (the register that RAP selects) or RAP; the upper half of the word reads as zero."""
        if offset == RAP:
            return self._address_port
        if offset != RDP:
            return 0
        if self._address_port == 0:
            return self._control.read()
        return self._registers[self._address_port] if self._control.csr0 & Csr0.STOP else 0

    def store(self, offset: int, width: int, value: int) -> None:
        """Write RDP or RAP. CSR1 to CSR3 ignore writes unless STOP is set."""
        value &= 0xFFFF
        if offset == RAP:
            self._address_port = value & 3
        elif offset != RDP or self._held_in_reset:
            return
        elif self._address_port == 0:
            self._write_csr0(Csr0(value))
        elif self._control.csr0 & Csr0.STOP:
            self._registers[self._address_port] = value & WRITABLE[self._address_port]

    def hold_in_reset(self, held: bool) -> None:
        """The RESET pin, which the I/O ASIC's CSR drives."""
        if held and not self._held_in_reset:
            self._reset()
        self._held_in_reset = held

    def _reset(self) -> None:
        self._address_port = 0
        self._registers = [0, 0, 0, 0]
        self._control.block = BLANK
        self._stop()
        self._receiver.initialise()
        self._transmitter.initialise()

    def _stop(self) -> None:
        """The state that STOP leaves: silent, and with only STOP in CSR0. Rings and addresses stay as INIT set them."""
        self._registers[3] = 0
        self._process.stop()
        self._transmitter.stop()
        self._receiver.stop()
        self._control.stop()

    def _write_csr0(self, value: Csr0) -> None:
        control = self._control
        if value & Csr0.STOP:
            self._stop()
            return
        control.csr0 &= ~(value & CSR0_WRITE_ONE_TO_CLEAR)
        commands = value & (Csr0.INIT | Csr0.STRT) & ~control.csr0
        if commands:
            control.byte_swap = bool(self._registers[3] & Csr3.BSWP)
            control.csr0 = control.csr0 & ~Csr0.STOP | commands
            if not self._process.running:
                self._process.start(self._microcode(initialise=bool(commands & Csr0.INIT)), self._clock())
        if not control.csr0 & Csr0.STOP:
            control.csr0 = control.csr0 & ~Csr0.INEA | value & Csr0.INEA
            if value & Csr0.TDMD:
                control.demand = True
                self._show(self._clock(), Csr0.TDMD)
                self._process.wake(self._clock())
        control.update_pin()

    def _show(self, time_ps: int, bits: Csr0) -> None:
        for observer in self.observers:
            observer(time_ps, bits)

    # ---- The wire's side --------------------------------------------------------------------------------------------

    def carrier_sensed(self, transmission: Transmission) -> None:
        """Another station transmits: its frame takes the FIFO."""
        if self._control.csr0 & Csr0.RXON and not self._control.internal:
            self._receiver.carriers.append(transmission)
            self._transmitter.make_way()
            self._process.wake(transmission.start_ps)

    def transmission_began(self, transmission: Transmission) -> None:
        """The first bit of this chip's frame is out."""
        self._transmitter.began(transmission)

    # ---- The microcode ----------------------------------------------------------------------------------------------

    def _microcode(self, initialise: bool) -> Steps:
        control = self._control
        try:
            if initialise:
                yield from self._initialise()
            if not control.csr0 & Csr0.STRT:
                return
            mode = control.block.mode
            control.put(Csr0(0) if mode & Mode.DRX else Csr0.RXON)
            control.put(Csr0(0) if mode & Mode.DTX else Csr0.TXON)
            while True:
                yield from self._poll()
        except DmaTimeout:
            self._transmitter.stop()
            yield self._process.now_ps + self._timeout_ps
            control.clear(Csr0.RXON | Csr0.TXON)
            control.put(Csr0.MERR)

    def _initialise(self) -> Steps:
        address = self._registers[2] << 16 | self._registers[1]
        words = []
        for index in range(INIT_BLOCK_WORDS):
            words.append((yield from self._bus.read(address + WORD * index)))
        self._control.block = InitBlock.from_words(words)
        self._receiver.initialise()
        self._transmitter.initialise()
        self._control.put(Csr0.IDON)

    def _poll(self) -> Steps:
        """One turn of the polling loop: what has come in goes first."""
        polled_at = self._process.now_ps
        carriers = self._receiver.carriers
        if carriers:
            yield from self._receiver.receive(carriers.popleft())
        yield from self._receiver.look()
        if carriers:
            return
        look_again = yield from self._transmitter.transmit()
        if not (look_again or carriers or self._control.demand):
            yield from self._process.wait(polled_at + self._poll_ps)
