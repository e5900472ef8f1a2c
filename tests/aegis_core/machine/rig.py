"""A machine without a CPU, for tests of devices: memory, I/O ASIC and LANCE, driven by the test.

Its driver works through the registers, and through memory by the two layouts, written down here a second time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from dlcode_aegis_core.machine.ioasic import Interrupt, IoAsic
from dlcode_aegis_core.machine.lance import RAP, RDP, Lance
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.wire import Wire

BASE = 0x20000  # where the region lies
INIT_BLOCK = 0x0000
RECEIVE_RING = 0x0020
TRANSMIT_RING = 0x0120
RECEIVE_BUFFERS = 0x1000
TRANSMIT_BUFFERS = 0x8000
BUFFER = 1536

OWN, ERR, STP, ENP = 0x8000, 0x4000, 0x0200, 0x0100

PARAMETERS = Parameters.load("dec5000-125")


class Queue:
    """An event queue whose time is that of the event that runs."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self.now_ps = 0

    def schedule(self, time_ps: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (time_ps, next(self._order), action))

    @property
    def next_time_ps(self) -> int:
        return self._heap[0][0] if self._heap else 1 << 62

    def run_due(self, now_ps: int) -> None:
        while self._heap and self._heap[0][0] <= now_ps:
            time_ps, _, action = heapq.heappop(self._heap)
            self.now_ps = max(self.now_ps, time_ps)
            action()


class Rig:
    """Memory, I/O ASIC and LANCE on a wire."""

    def __init__(self, wire: Wire, parameters: Parameters, name: str, address: bytes) -> None:
        self.wire = wire
        self.name = name
        self.address = address
        self.events = Queue()
        self.memory = bytearray(0x50000)
        self.stalled = 0
        self.line = False
        self.raised_ps: list[int] = []
        """Times at which the CPU's interrupt line rose."""
        self.asic = IoAsic(
            parameters, self.memory, self._stall, self._interrupt, lambda held: self.lance.hold_in_reset(held)
        )
        self.lance = Lance(
            parameters,
            self.events,
            self.asic,
            wire.attach(name, self.events),
            lambda asserted: self.asic.set_line(Interrupt.LANCE, asserted),
            lambda: self.events.now_ps,
        )
        self.sent = 0
        self.receive_length, self.transmit_length = 4, 4

    # ---- what a simulation sees

    @property
    def now_ps(self) -> int:
        return self.events.now_ps

    @property
    def settled_ps(self) -> int:
        return self.events.now_ps

    @property
    def lookahead_ps(self) -> int:
        return self.lance.lookahead_ps

    def run(self, until_ps: int) -> None:
        self.events.run_due(until_ps - 1)
        self.events.now_ps = max(self.events.now_ps, until_ps)

    def _stall(self, cycles: int) -> None:
        self.stalled += cycles

    def _reset_lance(self, held: bool) -> None:
        self.lance.hold_in_reset(held)

    def _interrupt(self, asserted: bool) -> None:
        if asserted and not self.line:
            self.raised_ps.append(self.events.now_ps)
        self.line = asserted

    # ---- registers

    @property
    def csr0(self) -> int:
        self.lance.store(RAP, 4, 0)
        return self.lance.load(RDP, 4)

    @csr0.setter
    def csr0(self, value: int) -> None:
        self.lance.store(RAP, 4, 0)
        self.lance.store(RDP, 4, value)

    def set_csr(self, number: int, value: int) -> None:
        self.lance.store(RAP, 4, number)
        self.lance.store(RDP, 4, value)

    # ---- memory by the chip's addresses

    def word(self, address: int) -> int:
        return int.from_bytes(self.memory[BASE + 2 * address :][:2], "little")

    def set_word(self, address: int, value: int) -> None:
        self.memory[BASE + 2 * address : BASE + 2 * address + 2] = value.to_bytes(2, "little")

    def place(self, address: int) -> int:
        return BASE + 2 * (address & ~15) + (address & 15)

    def data(self, address: int, octets: int) -> bytes:
        return bytes(self.memory[self.place(address + i)] for i in range(octets))

    def set_data(self, address: int, data: bytes) -> None:
        for i, octet in enumerate(data):
            self.memory[self.place(address + i)] = octet

    # ---- a driver

    def power_up(self) -> None:
        """Take the chip out of reset, with DMA on and its interrupt unmasked."""
        self.asic.store(0x20, 4, BASE << 3)
        self.asic.store(0x100, 4, 0x10100)
        self.asic.store(0x120, 4, 0x100)

    def write_init_block(self, mode: int = 0, multicast: int = 0, receive_log: int = 2, transmit_log: int = 2) -> None:
        self.receive_length, self.transmit_length = 1 << receive_log, 1 << transmit_log
        pairs = [int.from_bytes(self.address[i : i + 2], "little") for i in (0, 2, 4)]
        words = [mode, *pairs, *(multicast >> (16 * i) & 0xFFFF for i in range(4))]
        words += [RECEIVE_RING, receive_log << 13, TRANSMIT_RING, transmit_log << 13]
        for i, word in enumerate(words):
            self.set_word(INIT_BLOCK + 2 * i, word)

    def give_receive_buffer(self, index: int, size: int = BUFFER, status: int = OWN) -> None:
        descriptor = RECEIVE_RING + 8 * index
        self.set_word(descriptor, RECEIVE_BUFFERS + BUFFER * index)
        self.set_word(descriptor + 4, 0xF000 | -size & 0xFFF)
        self.set_word(descriptor + 6, 0)
        self.set_word(descriptor + 2, status)

    def start(
        self, mode: int = 0, multicast: int = 0, buffers: int = 4, receive_log: int = 2, transmit_log: int = 2
    ) -> None:
        """Bring the chip up: initialisation block, receive buffers, INIT, STRT and interrupts on."""
        self.power_up()
        self.write_init_block(mode, multicast, receive_log, transmit_log)
        for index in range(buffers):
            self.give_receive_buffer(index)
        self.set_csr(1, INIT_BLOCK)
        self.set_csr(2, 0)
        self.set_csr(3, 0)
        self.csr0 = 0x0001  # INIT
        self.run(self.now_ps + 40_000_000)
        assert self.csr0 == 0x0181, "INTR, IDON, INIT"
        self.csr0 = 0x0100 | 0x0040 | 0x0002  # clear IDON; INEA, STRT
        self.run(self.now_ps + 40_000_000)

    def start_again(self) -> None:
        """INIT and STRT after a STOP, with the block as it stands."""
        self.set_csr(1, INIT_BLOCK)
        self.csr0 = 0x0043  # INEA, STRT, INIT
        self.run(self.now_ps + 40_000_000)
        self.csr0 = 0x0140

    def send(self, frame: bytes, status: int = OWN | STP | ENP, demand: bool = True) -> None:
        """Put a frame into the next transmit buffer, give it to the chip and demand that it be sent."""
        index = self.sent % self.transmit_length
        self.sent += 1
        buffer = TRANSMIT_BUFFERS + BUFFER * index
        descriptor = TRANSMIT_RING + 8 * index
        self.set_data(buffer, frame)
        self.set_word(descriptor, buffer)
        self.set_word(descriptor + 4, 0xF000 | -len(frame) & 0xFFF)
        self.set_word(descriptor + 6, 0)
        self.set_word(descriptor + 2, status)
        if demand:
            self.csr0 = 0x0048  # INEA, TDMD

    def received(self, index: int) -> tuple[int, int, bytes]:
        """(status, message count, data) of a receive descriptor."""
        status, octets = self.word(RECEIVE_RING + 8 * index + 2), self.word(RECEIVE_RING + 8 * index + 6)
        return status, octets, self.data(RECEIVE_BUFFERS + BUFFER * index, octets)


def frame_to(destination: bytes, source: bytes, length: int = 60) -> bytes:
    """A frame of that many octets, without check sequence, with a payload that has no two equal neighbours."""
    return destination + source + bytes(i * 7 & 0xFF for i in range(length - 12))
