"""Two stations of any models with a driver that polls, in assembly: each answers a frame with one of its own.

What lies in the LANCE's memory is put there by the rules of each model's layout, written down here a second time.
"""

from __future__ import annotations

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from dlcode_jit.mips.assemble import assemble

US = 1_000_000
MODELS = ("dec5000-125", "dec5000-200", "dec3100", "dec2100")
ADDRESSES = [bytes.fromhex("08002b000001"), bytes.fromhex("08002b000002")]
BLOCK, TRANSMIT_RING, RECEIVE_RING, RECEIVE, TRANSMIT = 0, 0x20, 0x40, 0x480, 0x6120
RECEIVE_LOG = 7
"""The receive ring is as long as it can be, and its descriptors, which share a buffer, are not given back."""
REGION = 0x20000  # where the I/O ASIC's region lies in memory

# $s4 counts frames; the station whose FIRST is not 0 sends one to begin with.
DRIVER = """
        .set  noreorder
        .text
start:  la    $s1, LANCE
        la    $s5, TMD1
        {board}
        li    $t0, 1
        sh    $t0, 4($s1)               # CSR1: block at 0
        sh    $zero, 0($s1)
        li    $t0, 2
        sh    $t0, 4($s1)
        sh    $zero, 0($s1)
        sh    $zero, 4($s1)
        li    $t0, 0x43                 # INEA, STRT, INIT
        sh    $t0, 0($s1)
idon:   lhu   $t1, 0($s1)
        nop
        andi  $t1, $t1, 0x0100
        beqz  $t1, idon
        nop
        la    $t0, first
        lw    $t0, 0($t0)
        nop
        bnez  $t0, send
        nop
wait:   lhu   $t1, 0($s1)
        addiu $s3, $s3, 1
        andi  $t1, $t1, 0x0400          # RINT
        beqz  $t1, wait
        li    $t1, 0x0740               # acknowledge it, with TINT and IDON
        sh    $t1, 0($s1)
        addiu $s4, $s4, 1
send:   li    $t1, 50                   # until the chip has looked at its rings and found nothing to do
rest:   bnez  $t1, rest
        addiu $t1, $t1, -1
        li    $t1, 0x8300
        sh    $t1, 0($s5)
        li    $t1, 0x48
        sh    $t1, 0($s1)               # INEA, TDMD
        b     wait
        nop
        .data
first:  .word FIRST
"""

IOASIC = """
        lui   $s0, 0xbc04
        lui   $t0, 0x0010
        sw    $t0, 0x20($s0)            # DMA pointer
        lui   $t0, 0x0001
        ori   $t0, $t0, 0x0100
        sw    $t0, 0x100($s0)           # DMA on, LANCE out of reset
        li    $t0, 0x100
        sw    $t0, 0x120($s0)           # unmask the LANCE
"""

KN02 = """
        lui   $s0, 0xbff0
        lui   $t0, 0x0040
        sw    $t0, 0($s0)               # let the Ethernet module interrupt
"""

BOARDS = {"ioasic": IOASIC, "kn02": KN02, "kn01": ""}


class ChipMemory:
    """A station's memory by the LANCE's addresses, and where the CPU finds a word of it through kseg1."""

    def __init__(self, station: Station) -> None:
        self._board = station.parameters.board
        if self._board == "ioasic":
            self._data, self._base = station.memory.data, REGION
        else:
            (window,) = station.cpu.bus.windows
            self._data, self._base = window.data, 0
        self.cpu_base = 0xA0000000 + (REGION if self._board == "ioasic" else station.cpu.bus.windows[0].base)

    def cpu_address(self, address: int) -> int:
        return self.cpu_base + (address if self._board == "kn02" else 2 * address)

    def set_word(self, address: int, value: int) -> None:
        place = self._base + (address if self._board == "kn02" else 2 * address)
        self._data[place : place + 2] = (value & 0xFFFF).to_bytes(2, "little")

    def _place(self, address: int) -> int:
        run = {"ioasic": 16, "kn02": 1 << 20, "kn01": 2}[self._board]
        return self._base + address // run * 2 * run + address % run

    def data(self, address: int, octets: int) -> bytes:
        return bytes(self._data[self._place(address + at)] for at in range(octets))

    def set_data(self, address: int, data: bytes) -> None:
        for at, octet in enumerate(data):
            self._data[self._place(address + at)] = octet


def frame(sender: int, length: int = 60) -> bytes:
    """What a station sends to the other."""
    return ADDRESSES[1 - sender] + ADDRESSES[sender] + bytes((sender + 5 * at) & 0xFF for at in range(length - 12))


def prepared(parameters: Parameters, wire: Wire, index: int, length: int = 60) -> Station:
    """A station with the driver, its initialisation block, rings and frame; the second one sends first."""
    station = Station(parameters, wire, ADDRESSES[index], f"station {index}")
    memory = ChipMemory(station)
    symbols = {"FIRST": index, "LANCE": 0xA0000000 + parameters.integer("lance.base")}
    symbols["TMD1"] = memory.cpu_address(TRANSMIT_RING + 2)
    driver = assemble(DRIVER.format(board=BOARDS[parameters.board]), "driver", 0x80001000, symbols)
    station.load(driver.segments)
    address = [int.from_bytes(ADDRESSES[index][i : i + 2], "little") for i in (0, 2, 4)]
    rings = (RECEIVE_RING, RECEIVE_LOG << 13, TRANSMIT_RING, 0)
    for at, word in enumerate([0, *address, 0, 0, 0, 0, *rings]):
        memory.set_word(BLOCK + 2 * at, word)
    receive = [(RECEIVE_RING + 8 * at, (RECEIVE, 0x8000, -1536, 0)) for at in range(1 << RECEIVE_LOG)]
    for descriptor, words in (*receive, (TRANSMIT_RING, (TRANSMIT, 0, -length, 0))):
        for at, word in enumerate(words):
            memory.set_word(descriptor + 2 * at, word)
    memory.set_data(TRANSMIT, frame(index, length))
    station.cpu.pc = driver.symbols["start"]
    return station


def pair(first: Parameters, second: Parameters | None = None, length: int = 60) -> list[Station]:
    """Two stations on one wire; the second one sends first."""
    wire = Wire(first)
    return [prepared(parameters, wire, index, length) for index, parameters in enumerate((first, second or first))]
