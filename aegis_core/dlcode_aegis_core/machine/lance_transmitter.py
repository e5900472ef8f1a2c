"""The LANCE's transmitter: from the transmit ring through the FIFO to the wire, or back into the chip.

    descriptor   status first, then address and count; the rest of a chain likewise, before the first bit (the chip
                 reads one buffer ahead)
    FIFO         the first burst; the transmitter's share of the undocumented delay; then the wire is asked for
    wire         deferral is the wire's; bursts keep the FIFO full; the check sequence follows, unless DTCR is set
    end          after the last bit the descriptors go back, the first one first; TINT

    UFLO         the FIFO runs dry; BUFF with it, if that is for want of the next descriptor of a chain. Both turn the
                 transmitter off. The receivers get what was loaded, without a good check sequence.
    RTRY, LCOL   16 collisions (one, with DRTY), or one after the slot time; TDR is the time to the collision in bits
    LCAR, CERR   no carrier of its own while it sends; no heartbeat of the transceiver afterwards
    BABL         more than 1518 octets

After a collision the chip begins again from the descriptor, and is ready when the back-off is over and the FIFO loaded;
so it does if a carrier rises before its first bit, because the receiver needs the FIFO (both assumed; the data sheet's
"transmit lockout" follows from the second). A chain ends where the ring has come round: the first buffer is not the
chip's any more.

In loopback the whole frame must fit into the FIFO, and the receiver gets it when the last bit is out. Inside the chip
(INTL) the wire takes no part, and COLL makes every attempt collide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Final

from dlcode_aegis_core.machine.lance_bus import LanceBus
from dlcode_aegis_core.machine.lance_control import Control
from dlcode_aegis_core.machine.lance_receiver import Receiver
from dlcode_aegis_core.machine.lance_registers import MAXIMUM_OCTETS, Csr0, Mode, TransmitFault, TransmitStatus
from dlcode_aegis_core.machine.lance_ring import Descriptor, Ring
from dlcode_aegis_core.machine.process import FOREVER, Process, Steps
from dlcode_aegis_core.machine.transmission import CHECK_OCTETS, Transmission, frame_check_sequence
from dlcode_aegis_core.machine.wire import Port

TDR_MASK: Final = 0x03FF
KEPT: Final = 0x03FF
"""What the chip leaves of a descriptor's word 1: STP, ENP and the address."""


class Transmitter:
    """Sends one frame at a time. `margin_ps` is how long before it is due an octet must be in the FIFO."""

    def __init__(
        self,
        control: Control,
        bus: LanceBus,
        process: Process,
        port: Port,
        receiver: Receiver,
        burst: int,
        fifo: int,
        delay_ps: int,
        margin_ps: int,
        heartbeat: bool,
    ) -> None:
        self._control: Final = control
        self._bus: Final = bus
        self._process: Final = process
        self._port: Final = port
        self._receiver: Final = receiver
        self._burst: Final = burst
        self._fifo: Final = fifo
        self._delay_ps: Final = delay_ps
        self._margin_ps: Final = margin_ps
        self._heartbeat: Final = heartbeat
        self._sending: Transmission | None = None
        self.initialise()
        self._next_frame()

    def initialise(self) -> None:
        """Go to the start of the ring that the block names."""
        self._ring = Ring(self._control.block.transmit_ring)

    def stop(self) -> None:
        """Load no more. What has been asked of the wire goes out as far as the FIFO holds it."""
        if self._sending is not None:
            self._sending.abandoned = True
            self._sending.starved = len(self._sending.octets) < self._sending.length
        self._sending = None
        self._next_frame()

    def make_way(self) -> None:
        """A carrier rises: the FIFO is the receiver's, and what has not begun starts over."""
        if self._sending is not None and self._sending.start_ps < 0:
            self._port.withdraw(self._sending)
            self._sending = None

    def began(self, transmission: Transmission) -> None:
        """The first bit of a frame is out."""
        if transmission is self._sending:
            self._process.wake(transmission.start_ps)

    def _next_frame(self) -> None:
        self._collisions = 0
        self._backoff_until_ps = 0
        self._deferred = False

    # ---- One look at the ring ---------------------------------------------------------------------------------------

    def transmit(self) -> Generator[int, None, bool]:
        """Look at the ring, and send what is there. Returns whether to look again at once."""
        self._control.demand = False
        if not self._control.csr0 & Csr0.TXON:
            return False
        descriptor = yield from self._bus.read_descriptor(self._ring)
        if descriptor is None:
            return False
        if not descriptor.status & TransmitStatus.STP:
            yield from self._bus.write(descriptor.address + 2, descriptor.status & ~TransmitStatus.OWN)
            self._ring.advance()
            return True
        chain, torn = yield from self._read_chain(descriptor)
        if self._receiver.carriers:
            return True
        octets = sum(part.size for part in chain)
        if self._control.loopback and octets > self._fifo:
            yield from self._end(chain, TransmitFault.UFLO)
        elif self._control.internal:
            yield from self._send_inside(chain, torn)
        else:
            yield from self._send(chain, torn)
        return True

    def _read_chain(self, descriptor: Descriptor) -> Generator[int, None, tuple[list[Descriptor], bool]]:
        """The descriptors of a frame, and whether the chip came upon one that is not its own."""
        chain = [descriptor]
        ahead = Ring(self._ring.place, self._ring.index)
        while not chain[-1].status & TransmitStatus.ENP:
            ahead.advance()
            if len(chain) == ahead.place.length:
                return chain, True
            following = yield from self._bus.read_descriptor(ahead)
            if following is None:
                return chain, True
            chain.append(following)
        return chain, False

    def _end(self, chain: list[Descriptor], fault: TransmitFault, reflection: int = 0) -> Steps:
        """Give the descriptors back, the first one first, and interrupt."""
        status = TransmitStatus.DEF if self._deferred else TransmitStatus(0)
        if fault:
            status |= TransmitStatus.ERR
        if self._collisions and not fault & TransmitFault.RTRY:
            status |= TransmitStatus.ONE if self._collisions == 1 else TransmitStatus.MORE
        for part in chain:
            last = part is chain[-1]
            if last and fault:
                yield from self._bus.write(part.address + 6, fault | reflection)
            yield from self._bus.write(part.address + 2, part.status & KEPT | (status if last else 0))
            self._ring.advance()
        if fault & (TransmitFault.UFLO | TransmitFault.BUFF):
            self._control.clear(Csr0.TXON)
        self._next_frame()
        self._control.put(Csr0.TINT)

    # ---- Over the wire ----------------------------------------------------------------------------------------------

    def _send(self, chain: list[Descriptor], torn: bool) -> Steps:
        pieces = self._pieces(chain)
        octets = yield from self._load(pieces, self._burst)
        if self._receiver.carriers:
            return
        check = 0 if self._control.block.mode & Mode.DTCR else CHECK_OCTETS
        length = sum(part.size for part in chain) + check
        ready_ps = max(self._process.now_ps + self._delay_ps, self._backoff_until_ps)
        self._sending = sending = Transmission(self._port, ready_ps, length, octets)
        self._port.transmit(sending)
        yield from self._fill(sending, pieces)
        if self._sending is not sending:
            return
        if not pieces and not torn:
            sending.octets += frame_check_sequence(bytes(sending.octets)) if check else b""
        elif not sending.collided:
            sending.starved = True
        yield from self._wait_for_start(sending)
        if self._sending is not sending:
            return
        yield from self._process.sleep(sending.end_ps)
        self._sending = None
        self._deferred |= sending.deferred
        if sending.collided:
            yield from self._collided(chain, sending)
        else:
            yield from self._sent(chain, sending, torn)

    def _pieces(self, chain: list[Descriptor]) -> deque[tuple[int, int]]:
        """Address and octets of each burst."""
        return deque(
            (part.buffer + offset, min(self._burst, part.size - offset))
            for part in chain
            for offset in range(0, part.size, self._burst)
        )

    def _load(self, pieces: deque[tuple[int, int]], octets: int) -> Generator[int, None, bytearray]:
        """Take so many octets, or all, from the pieces into the FIFO before anything is sent."""
        loaded = bytearray()
        while pieces and len(loaded) < octets:
            loaded += yield from self._bus.read_data(*pieces.popleft())
        return loaded

    def _begun(self, sending: Transmission) -> bool:
        """Whether its first bit is out. When the wire has settled that beforehand is not for the chip to know."""
        return 0 <= sending.start_ps <= self._process.now_ps

    def _wait_for_start(self, sending: Transmission) -> Steps:
        while self._sending is sending and not self._begun(sending):
            yield from self._process.wait(FOREVER)

    def _fill(self, sending: Transmission, pieces: deque[tuple[int, int]]) -> Steps:
        """Keep the FIFO full until the frame is loaded, the wire overtakes the bus, or the frame is not to be sent."""
        arrival_ps = self._port.wire.arrival_ps
        while pieces:
            address, octets = pieces[0]
            loaded = len(sending.octets)
            if loaded + octets > self._fifo:
                yield from self._wait_for_start(sending)
                if self._sending is not sending:
                    return
                yield from self._process.sleep(sending.start_ps + arrival_ps(loaded + octets - self._fifo))
            if self._begun(sending):
                if sending.intact is not None and loaded >= sending.intact:
                    return
                due_ps = sending.start_ps + arrival_ps(loaded)
                if self._process.now_ps + self._bus.data_ps(octets) + self._margin_ps > due_ps:
                    return
            data = yield from self._bus.read_data(address, octets)
            if self._sending is not sending:
                return
            sending.octets += data
            pieces.popleft()

    def _collided(self, chain: list[Descriptor], sending: Transmission) -> Steps:
        wire = self._port.wire
        bits = wire.bits_in(sending.collision_ps - sending.start_ps)
        self._collisions += 1
        if sending.collision_ps - sending.start_ps >= wire.slot_ps:
            yield from self._end(chain, TransmitFault.LCOL)
        elif self._control.block.mode & Mode.DRTY or self._collisions >= wire.attempts:
            yield from self._end(chain, TransmitFault.RTRY, bits & TDR_MASK)
        else:
            self._backoff_until_ps = sending.end_ps + self._port.backoff_ps(self._collisions)

    def _sent(self, chain: list[Descriptor], sending: Transmission, torn: bool) -> Steps:
        fault = TransmitFault(0)
        if sending.starved:
            fault |= TransmitFault.UFLO | (TransmitFault.BUFF if torn else 0)
        else:
            self._port.finish(sending)
        if sending.carrier_lost:
            fault |= TransmitFault.LCAR
        if sending.carrier_lost or not self._heartbeat:
            self._control.put(Csr0.CERR)
        if sending.length > MAXIMUM_OCTETS:
            self._control.put(Csr0.BABL)
        yield from self._end(chain, fault)
        if self._control.loopback and not fault and self._control.csr0 & Csr0.RXON:
            yield from self._receiver.receive(sending, looped=True)

    # ---- Inside the chip --------------------------------------------------------------------------------------------

    def _send_inside(self, chain: list[Descriptor], torn: bool) -> Steps:
        octets = yield from self._load(self._pieces(chain), self._fifo)
        mode, wire = self._control.block.mode, self._port.wire
        yield self._process.now_ps + self._delay_ps
        if torn:
            yield from self._end(chain, TransmitFault.UFLO | TransmitFault.BUFF)
        elif mode & Mode.COLL:
            for attempt in range(1, (1 if mode & Mode.DRTY else wire.attempts) + 1):
                yield self._process.now_ps + wire.arrival_ps(0) + wire.jam_ps + self._port.backoff_ps(attempt)
            yield from self._end(chain, TransmitFault.RTRY)
        else:
            if not mode & Mode.DTCR:
                octets += frame_check_sequence(bytes(octets))
            start_ps = self._process.now_ps
            end_ps = start_ps + wire.arrival_ps(len(octets))
            looped = Transmission(self._port, start_ps, len(octets), octets, start_ps, end_ps)
            yield from self._process.sleep(end_ps)
            yield from self._end(chain, TransmitFault(0))
            if self._control.csr0 & Csr0.RXON:
                yield from self._receiver.receive(looped, looped=True)
