"""The LANCE's receiver: from the wire through the FIFO into the receive ring.

    address   the filter looks at the first six octets: own, broadcast, multicast by hash, or all (PROM)
    data      a burst for every 16 octets, into the held descriptor's buffer, then into the next one's
    end       the last burst, the message count and status of the last descriptor, the receiver's share of the
              undocumented delay, RINT

    MISS      no descriptor held when a frame for this station comes
    BUFF      no next descriptor when a buffer is full
    OFLO      more than the FIFO holds has come before the bus had time
    CRC       the check sequence is wrong; FRAM with it, if the frame does not end with a whole octet

A frame of less than 64 octets is dropped silently, and its buffer used again. Buffers may be smaller than the 64 octets
that the data sheet asks for: the chip then changes over within the frame as often as it must, and has more to do. A
frame too short that has filled a buffer can't be taken back, and ends there like any other (assumed).
"""

from __future__ import annotations

from collections import deque
from typing import Final

from dlcode_aegis_core.machine.lance_bus import LanceBus
from dlcode_aegis_core.machine.lance_control import Control
from dlcode_aegis_core.machine.lance_registers import ADDRESS_OCTETS, Csr0, Mode, ReceiveStatus
from dlcode_aegis_core.machine.lance_ring import Descriptor, Ring
from dlcode_aegis_core.machine.process import Process, Steps
from dlcode_aegis_core.machine.transmission import CHECK_OCTETS, MINIMUM_OCTETS, Transmission, frame_check_sequence
from dlcode_aegis_core.machine.wire import Wire


class Receiver:
    """Holds the next descriptor, and the frames whose carriers have been sensed."""

    def __init__(
        self, control: Control, bus: LanceBus, process: Process, wire: Wire, burst: int, fifo: int, delay_ps: int
    ) -> None:
        self._control: Final = control
        self._bus: Final = bus
        self._process: Final = process
        self._wire: Final = wire
        self._burst: Final = burst
        self._fifo: Final = fifo
        self._delay_ps: Final = delay_ps
        self.initialise()
        self.stop()

    def initialise(self) -> None:
        """Go to the start of the ring that the block names."""
        self._ring = Ring(self._control.block.receive_ring)

    def stop(self) -> None:
        """Forget what is under way."""
        self._held: Descriptor | None = None
        self.carriers: deque[Transmission] = deque()

    def look(self) -> Steps:
        """Hold the next descriptor, if the chip owns it."""
        if self._held is None and self._control.csr0 & Csr0.RXON:
            self._held = yield from self._bus.read_descriptor(self._ring)

    def receive(self, transmission: Transmission, looped: bool = False) -> Steps:
        """Put one frame into the ring. Nothing happens if it is not for this station or too short to be a frame.

        A frame that the chip has sent to itself is `looped`: it is complete, may be short, and is checked only if the
        transmitter has not taken the CRC logic.
        """
        arrival_ps = self._wire.arrival_ps
        broken_off = transmission.end_ps if transmission.collided else transmission.start_ps + arrival_ps(6)
        yield from self._process.sleep(min(broken_off, transmission.start_ps + arrival_ps(ADDRESS_OCTETS)))
        destination = transmission.heard(0, ADDRESS_OCTETS)
        lost = transmission.fault is not None and transmission.fault.lost and not looped
        if lost or len(destination) < ADDRESS_OCTETS or not self._control.block.accepts(destination):
            return
        yield from self.look()
        if self._held is None:
            self._control.put(Csr0.MISS)
            return

        position, room, changed, problems = 0, self._held.size, False, ReceiveStatus(0)
        while position < transmission.length:
            if room == 0:
                full = self._held
                self._ring.advance()
                self._held = yield from self._bus.read_descriptor(self._ring)
                if self._held is None:
                    self._held, problems = full, ReceiveStatus.BUFF
                    break
                first = ReceiveStatus(0) if changed else ReceiveStatus.STP
                yield from self._bus.write(full.address + 2, full.status & 0xFF | first)
                changed, room = True, self._held.size
            chunk = min(self._burst, room, transmission.length - position)
            yield from self._process.sleep(transmission.start_ps + arrival_ps(position + chunk))
            overflow = position + self._fifo + 1
            if transmission.length >= overflow and self._process.now_ps >= transmission.start_ps + arrival_ps(overflow):
                problems = ReceiveStatus.OFLO
                break
            data = transmission.heard(position, position + chunk)
            if not data:  # the frame has broken off
                break
            yield from self._bus.write_data(self._held.buffer + self._held.size - room, data)
            position += len(data)
            room -= len(data)
        yield from self._process.sleep(transmission.end_ps)
        if position < MINIMUM_OCTETS and not (problems or changed or looped):
            return
        if not problems:
            problems = self._check(transmission, position, looped)
        yield from self._end(self._held, problems, position, first=not changed)

    def _check(self, transmission: Transmission, octets: int, looped: bool) -> ReceiveStatus:
        """What is wrong with a frame that has come in up to its end, of which so many octets were heard."""
        if looped and not self._control.block.mode & Mode.DTCR:
            return ReceiveStatus(0)
        frame = transmission.heard(0, octets)
        whole = octets == transmission.length
        if whole and frame_check_sequence(frame[:-CHECK_OCTETS]) == frame[-CHECK_OCTETS:]:
            return ReceiveStatus(0)
        return ReceiveStatus.CRC | (ReceiveStatus.FRAM if transmission.extra_bits and not looped else 0)

    def _end(self, last: Descriptor, problems: ReceiveStatus, octets: int, first: bool) -> Steps:
        """Give the last descriptor back, and interrupt."""
        status = problems | (ReceiveStatus.ERR if problems else 0) | (ReceiveStatus.STP if first else 0)
        if not problems & (ReceiveStatus.BUFF | ReceiveStatus.OFLO):
            status |= ReceiveStatus.ENP
            yield from self._bus.write(last.address + 6, octets)
        if not problems & ReceiveStatus.BUFF:  # after BUFF, the ring is already at the next one
            self._ring.advance()
        yield from self._bus.write(last.address + 2, last.status & 0xFF | status)
        self._held = None
        yield self._process.now_ps + self._delay_ps
        self._control.put(Csr0.RINT)
