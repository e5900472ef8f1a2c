"""The LANCE (Am7990), registers and microcode: one process that polls, receives and transmits, at the chip's own pace.

The chip is one microcoded engine with one bus interface and one FIFO, so it does one thing at a time:

    poll the receive ring      holds the next receive descriptor if the chip owns it           (3 words)
    poll the transmit ring     every 1.6 ms, on TDMD, and after each frame                     (1 word, 3 if owned)
    transmit                   descriptor, first burst, half the undocumented delay, first bit; bursts keep the FIFO
                               full; after the last bit the descriptor goes back, TINT
    receive                    address filter on the first six octets; a burst for every 16; after the last bit the
                               last burst, the descriptor, half the undocumented delay, RINT

A carrier that rises before the first bit of the chip's own frame takes the shared FIFO: the chip receives, and then
begins the transmission again from its descriptor (assumed; the data sheet's "transmit lockout" follows from it).

The microcode below is a generator that yields the times at which it goes on. Its clock is the chip's: an event that
the CPU's current instruction delays still happens at its nominal time for the chip.

Left out, and refused with `BeyondModel`: loopback, byte swapping, receive buffers under 64 bytes. CERR, LCAR, LCOL,
RTRY and FRAM never occur: the transceiver gives its heartbeat, and collisions are the wire's `Collision`. A transmit
chain is read as a whole before the first bit, where the chip reads one buffer ahead.

Sources: Am7990 and Am79C90 data sheets (AMD 17881C, pages 24 to 33, 57); parameters carry their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from typing import Final

from dlcode_aegis_core.machine.dma import Dma, DmaTimeout
from dlcode_aegis_core.machine.lance_registers import (
    ADDRESS_OCTETS,
    CSR0_ERRORS,
    CSR0_INTERRUPTS,
    CSR0_WRITE_ONE_TO_CLEAR,
    INIT_BLOCK_WORDS,
    MAXIMUM_OCTETS,
    Csr0,
    Csr3,
    InitBlock,
    Mode,
    ReceiveStatus,
    TransmitFault,
    TransmitStatus,
)
from dlcode_aegis_core.machine.lance_ring import Descriptor, Ring
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.process import FOREVER, Events, Process, Steps
from dlcode_aegis_core.machine.units import cycles_of
from dlcode_aegis_core.machine.wire import (
    CHECK_OCTETS,
    MINIMUM_OCTETS,
    Port,
    Transmission,
    frame_check_sequence,
)

WORD: Final = 2  # octets of the chip's bus

RDP: Final = 0
RAP: Final = 4


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
        """`interrupt` gets the level of the INTR pin; `clock` is the CPU's time in picoseconds."""
        self.base = int(parameters["lance.base"])
        self._process = Process(events)
        self._dma = dma
        self._port = port
        self._interrupt = interrupt
        self._clock = clock
        self._word_ps = int(parameters["lance.bus_word_ns"] * 1000)
        self._half_delay_ps = int(parameters["lance.undocumented_delay_ns"] * 1000) // 2
        self._poll_ps = int(parameters["lance.poll_interval_ns"] * 1000)
        self._timeout_ps = int(parameters["lance.bus_timeout_ns"] * 1000)
        self._fifo = int(parameters["lance.fifo_octets"])
        self._burst = int(parameters["lance.burst_octets"])
        self._access_cycles = cycles_of(
            int(parameters["lance.register_access_ns"] * 1000), int(parameters["cpu.clock_hz"])
        )
        if self._burst > self._fifo:
            raise BeyondModel(f"a burst of {self._burst} octets does not fit the LANCE's FIFO of {self._fifo}")
        head_start_ps = port.wire.time_ps(self._burst)
        burst_ps = self._bus_ps(self._burst)
        self.lookahead_ps = min(self._bus_ps(1) + self._half_delay_ps, head_start_ps)
        """How long before its first bit a transmission is asked of the wire, and its octets are loaded, at least."""
        if burst_ps + dma.read_ps(self._burst) > self._half_delay_ps + head_start_ps:
            raise BeyondModel("a burst takes longer than the FIFO's head start on the wire")
        self._held_in_reset = False
        self._pin = False
        self._sending: Transmission | None = None
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
            return self._read_csr0()
        return self._registers[self._address_port] if self.csr0 & Csr0.STOP else 0

    def store(self, offset: int, width: int, value: int) -> None:
        """Write RDP or RAP. CSR1 to CSR3 ignore writes unless STOP is set."""
        value &= 0xFFFF
        if offset == RAP:
            self._address_port = value & 3
        elif offset != RDP or self._held_in_reset:
            return
        elif self._address_port == 0:
            self._write_csr0(Csr0(value))
        elif self.csr0 & Csr0.STOP:
            if self._address_port == 3 and value & Csr3.BSWP:
                raise BeyondModel("CSR3.BSWP: the LANCE's byte swapping is not modelled")
            self._registers[self._address_port] = value & (0xFFFE, 0xFFFE, 0x00FF, 0x0007)[self._address_port]

    def hold_in_reset(self, held: bool) -> None:
        """The RESET pin, which the I/O ASIC's CSR drives."""
        if held and not self._held_in_reset:
            self._cut(self._clock())
            self._reset()
        self._held_in_reset = held

    def _reset(self) -> None:
        self._address_port = 0
        self._registers = [0, 0, 0, 0]
        self._block: InitBlock | None = None
        self._stop()

    def _stop(self) -> None:
        """The state that STOP leaves: silent, and with only STOP in CSR0. Rings and addresses stay as INIT set them."""
        self.csr0 = Csr0.STOP
        self._registers[3] = 0
        self._demand = False
        self._held: Descriptor | None = None
        self._carriers: deque[Transmission] = deque()
        self._process.stop()
        self._update_pin()

    def _read_csr0(self) -> int:
        value = self.csr0
        if value & CSR0_ERRORS:
            value |= Csr0.ERR
        if value & CSR0_INTERRUPTS:
            value |= Csr0.INTR
        if self._demand:
            value |= Csr0.TDMD
        return int(value)

    def _write_csr0(self, value: Csr0) -> None:
        if value & Csr0.STOP:
            self._cut(self._clock())
            self._stop()
            return
        self.csr0 &= ~(value & CSR0_WRITE_ONE_TO_CLEAR)
        commands = value & (Csr0.INIT | Csr0.STRT) & ~self.csr0
        if commands:
            self.csr0 = self.csr0 & ~Csr0.STOP | commands
            if not self._process.running:
                self._process.start(self._microcode(initialise=bool(commands & Csr0.INIT)), self._clock())
        if not self.csr0 & Csr0.STOP:
            self.csr0 = self.csr0 & ~Csr0.INEA | value & Csr0.INEA
            if value & Csr0.TDMD:
                self._demand = True
                self._process.wake(self._clock())
        self._update_pin()

    def _update_pin(self) -> None:
        asserted = bool(self.csr0 & CSR0_INTERRUPTS and self.csr0 & Csr0.INEA)
        if asserted != self._pin:
            self._pin = asserted
            self._interrupt(asserted)

    def _raise(self, bits: Csr0) -> None:
        self.csr0 |= bits
        self._update_pin()

    # ---- The wire's side --------------------------------------------------------------------------------------------

    def carrier_sensed(self, transmission: Transmission) -> None:
        """Another station transmits: its frame takes the FIFO, so a transmission that has not begun starts over."""
        if not self.csr0 & Csr0.RXON:
            return
        self._carriers.append(transmission)
        if self._sending is not None:
            self._port.withdraw(self._sending)
            self._sending = None
        self._process.wake(transmission.start_ps)

    def transmission_began(self, transmission: Transmission) -> None:
        """The first bit of this chip's frame is out."""
        if transmission is self._sending:
            self._process.wake(transmission.start_ps)

    def _cut(self, time_ps: int) -> None:
        """Stop transmitting at that time. What has been asked of the wire becomes a carrier without a good frame."""
        if self._sending is not None:
            self._sending.aborted = True
            del self._sending.octets[self._port.wire.octets_by(self._sending, time_ps) :]
            self._sending = None

    # ---- The bus -----------------------------------------------------------------------------------------------------

    def _bus_ps(self, octets: int) -> int:
        return -(-octets // WORD) * self._word_ps

    def _read(self, address: int) -> Generator[int, None, int]:
        word = self._dma.read_word(address)
        yield self._process.now_ps + self._dma.read_ps(WORD) + self._word_ps
        return word

    def _write(self, address: int, word: int) -> Steps:
        yield self._process.now_ps + self._word_ps
        self._dma.write_word(address, word)
        yield self._process.now_ps + self._dma.write_ps(WORD)

    def _read_data(self, address: int, octets: int) -> Generator[int, None, bytes]:
        data = self._dma.read_burst(address, octets)
        yield self._process.now_ps + self._read_data_ps(octets)
        return data

    def _read_data_ps(self, octets: int) -> int:
        return self._dma.read_ps(octets) + self._bus_ps(octets)

    def _write_data(self, address: int, data: bytes) -> Steps:
        yield self._process.now_ps + self._bus_ps(len(data))
        self._dma.write_burst(address, data)
        yield self._process.now_ps + self._dma.write_ps(len(data))

    def _read_descriptor(self, ring: Ring) -> Generator[int, None, Descriptor | None]:
        """Read word 1 of the ring's current descriptor and, if the chip owns it, words 0 and 2."""
        status = yield from self._read(ring.address + 2)
        if not status & TransmitStatus.OWN:
            return None
        low = yield from self._read(ring.address)
        count = yield from self._read(ring.address + 4)
        return Descriptor.from_words(ring.address, low, status, count)

    # ---- The microcode -----------------------------------------------------------------------------------------------

    def _microcode(self, initialise: bool) -> Steps:
        try:
            if initialise:
                yield from self._initialise()
            if not self.csr0 & Csr0.STRT:
                return
            if self._block is None:
                raise BeyondModel("LANCE: STRT without a block read by INIT")
            self._raise(
                (Csr0(0) if self._block.mode & Mode.DRX else Csr0.RXON)
                | (Csr0(0) if self._block.mode & Mode.DTX else Csr0.TXON)
            )
            while True:
                yield from self._poll(self._block)
        except DmaTimeout:
            self._cut(self._process.now_ps)
            yield self._process.now_ps + self._timeout_ps
            self.csr0 &= ~(Csr0.RXON | Csr0.TXON)
            self._raise(Csr0.MERR)

    def _initialise(self) -> Steps:
        address = self._registers[2] << 16 | self._registers[1]
        words = []
        for index in range(INIT_BLOCK_WORDS):
            words.append((yield from self._read(address + WORD * index)))
        self._block = InitBlock.from_words(words)
        if self._block.mode & (Mode.LOOP | Mode.COLL):
            raise BeyondModel(f"LANCE mode {self._block.mode:#06x}: loopback and forced collision are not modelled")
        self._receive_ring = Ring(self._block.receive_ring)
        self._transmit_ring = Ring(self._block.transmit_ring)
        self._raise(Csr0.IDON)

    def _poll(self, block: InitBlock) -> Steps:
        """One turn of the polling loop: what has come in goes first."""
        polled_at = self._process.now_ps
        if self._carriers:
            yield from self._receive(block, self._carriers.popleft())
        yield from self._hold_receive_descriptor()
        if self._carriers:
            return
        looked_again = yield from self._transmit(block)
        if not (looked_again or self._carriers or self._demand):
            yield from self._process.wait(polled_at + self._poll_ps)

    def _hold_receive_descriptor(self) -> Steps:
        if self._held is None and self.csr0 & Csr0.RXON:
            self._held = yield from self._read_descriptor(self._receive_ring)

    def _receive(self, block: InitBlock, transmission: Transmission) -> Steps:
        """One frame from the wire into the ring; nothing, if it is not for this station or too short to be a frame."""
        arrival_ps = self._port.wire.arrival_ps
        yield from self._process.sleep(transmission.start_ps + arrival_ps(ADDRESS_OCTETS))
        destination = transmission.heard(0, ADDRESS_OCTETS)
        lost = transmission.fault is not None and transmission.fault.lost
        if lost or len(destination) < ADDRESS_OCTETS or not block.accepts(destination):
            return
        yield from self._hold_receive_descriptor()
        if self._held is None:
            self._raise(Csr0.MISS)
            return
        if self._held.size < MINIMUM_OCTETS:
            raise BeyondModel(f"LANCE: a receive buffer of {self._held.size} octets, under the least of 64")

        position, room, problems = 0, self._held.size, ReceiveStatus(0)
        first = ReceiveStatus.STP
        while position < transmission.length and not problems:
            if room == 0:
                full = self._held
                self._receive_ring.advance()
                self._held = yield from self._read_descriptor(self._receive_ring)
                if self._held is None:
                    self._held, problems = full, ReceiveStatus.BUFF
                    break
                yield from self._write(full.address + 2, full.status & 0xFF | first)
                first, room = ReceiveStatus(0), self._held.size
            chunk = min(self._burst, room, transmission.length - position)
            yield from self._process.sleep(transmission.start_ps + arrival_ps(position + chunk))
            overflow = position + self._fifo + 1
            if transmission.length >= overflow and self._process.now_ps >= transmission.start_ps + arrival_ps(overflow):
                problems = ReceiveStatus.OFLO
                break
            data = transmission.heard(position, position + chunk)
            if not data:  # the sender gave up
                break
            yield from self._write_data(self._held.buffer + self._held.size - room, data)
            position += len(data)
            room -= len(data)
        yield from self._process.sleep(transmission.end_ps)

        if position < MINIMUM_OCTETS and not problems:
            return
        frame = transmission.heard(0, position)
        if not problems and frame_check_sequence(frame[:-CHECK_OCTETS]) != frame[-CHECK_OCTETS:]:
            problems = ReceiveStatus.CRC
        if problems:
            problems |= ReceiveStatus.ERR
        last = ReceiveStatus(0)
        if not problems & (ReceiveStatus.BUFF | ReceiveStatus.OFLO):
            last = ReceiveStatus.ENP
            yield from self._write(self._held.address + 6, position)
        if not problems & ReceiveStatus.BUFF:  # after BUFF, the ring is already at the next one
            self._receive_ring.advance()
        yield from self._write(self._held.address + 2, self._held.status & 0xFF | first | last | problems)
        self._held = None
        yield self._process.now_ps + self._half_delay_ps
        self._raise(Csr0.RINT)

    def _transmit(self, block: InitBlock) -> Generator[int, None, bool]:
        """Look at the transmit ring, and send what is there. Returns whether to look again at once."""
        self._demand = False
        if not self.csr0 & Csr0.TXON:
            return False
        descriptor = yield from self._read_descriptor(self._transmit_ring)
        if descriptor is None:
            return False
        if not descriptor.status & TransmitStatus.STP:
            yield from self._write(descriptor.address + 2, descriptor.status & ~TransmitStatus.OWN)
            self._transmit_ring.advance()
            return True
        chain = [descriptor]
        ahead = Ring(self._transmit_ring.place, self._transmit_ring.index)
        while not chain[-1].status & TransmitStatus.ENP:
            ahead.advance()
            following = yield from self._read_descriptor(ahead)
            if following is None:
                self._transmit_ring = ahead
                yield from self._end_transmission(chain, TransmitStatus.ERR, TransmitFault.BUFF | TransmitFault.UFLO)
                return False
            chain.append(following)
        if self._carriers:
            return True

        length = sum(part.size for part in chain)
        pieces = [
            (part.buffer + offset, min(self._burst, part.size - offset))
            for part in chain
            for offset in range(0, part.size, self._burst)
        ]
        check = 0 if block.mode & Mode.DTCR else CHECK_OCTETS
        loaded_ps = self._process.now_ps + self._read_data_ps(pieces[0][1])
        self._sending = sending = Transmission(self._port, loaded_ps + self._half_delay_ps, length + check)
        self._port.transmit(sending)
        yield from self._fill(sending, pieces)
        if self._sending is not sending:
            return True
        if check and not sending.aborted:
            sending.octets += frame_check_sequence(bytes(sending.octets))
        while sending.start_ps < 0 and self._sending is sending:
            yield from self._process.wait(FOREVER)
        if self._sending is not sending:
            return True
        yield from self._process.sleep(sending.end_ps)
        self._port.finish(sending)
        self._sending = None
        ahead.advance()
        self._transmit_ring = ahead
        status, fault = TransmitStatus(0), TransmitFault(0)
        if sending.deferred:
            status |= TransmitStatus.DEF
        if sending.aborted:
            status, fault = status | TransmitStatus.ERR, TransmitFault.UFLO
        if sending.length > MAXIMUM_OCTETS:
            self._raise(Csr0.BABL)
        yield from self._end_transmission(chain, status, fault)
        return True

    def _fill(self, sending: Transmission, pieces: list[tuple[int, int]]) -> Steps:
        """Keep the FIFO full until the frame is loaded, the wire overtakes the bus, or a carrier takes the FIFO."""
        arrival_ps = self._port.wire.arrival_ps
        for address, octets in pieces:
            loaded = len(sending.octets)
            if loaded + octets > self._fifo:
                while sending.start_ps < 0 and self._sending is sending:
                    yield from self._process.wait(FOREVER)
                if self._sending is not sending:
                    return
                yield from self._process.sleep(sending.start_ps + arrival_ps(loaded + octets - self._fifo))
            late_ps = self._process.now_ps + self._read_data_ps(octets) - arrival_ps(loaded)
            if 0 <= sending.start_ps < late_ps:
                sending.aborted = True
                return
            data = yield from self._read_data(address, octets)
            if self._sending is not sending:
                return
            sending.octets += data

    def _end_transmission(self, chain: list[Descriptor], status: TransmitStatus, fault: TransmitFault) -> Steps:
        """Give the descriptors back, the first one first, and interrupt. An error stops the transmitter."""
        for part in chain:
            last = part is chain[-1]
            if last and fault:
                yield from self._write(part.address + 6, fault)
            own = part.status & ~(TransmitStatus.OWN | 0x7C00)
            yield from self._write(part.address + 2, own | (status if last else 0))
        if fault:
            self.csr0 &= ~Csr0.TXON
        self._raise(Csr0.TINT)
