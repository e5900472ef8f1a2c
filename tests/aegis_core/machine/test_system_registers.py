"""The control and status registers of the 5000/200 and of the 3100 and 2100."""

from __future__ import annotations

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.system_registers import LANCE, Kn01Register, Kn02Register
from dlcode_aegis_core.machine.wire import Wire


def test_the_kn02_register_shows_who_interrupts_and_passes_on_who_may() -> None:
    """Bit 6 is the Ethernet module's, and bit 22 lets it through."""
    levels: list[bool] = []
    register = Kn02Register(0, 1, levels.append)
    register.set_line(LANCE, True)
    assert register.load(0, 4) == 0x40
    assert not levels[-1]
    register.store(0, 4, 0x00400000)
    assert register.load(0, 4) == 0x00400040
    assert levels[-1]
    register.set_line(LANCE, False)
    assert not levels[-1]
    register.store(0, 4, 0x00BF0000)
    register.set_line(LANCE, True)
    assert not levels[-1], "the other seven"


def test_pending_bits_cannot_be_written_and_reserved_ones_read_as_zero() -> None:
    register = Kn02Register(0, 1, lambda level: None)
    register.store(0, 4, 0xFFFFFFFF)
    assert register.load(0, 4) == 0x00FFFF00


def test_a_byte_store_changes_the_enables_alone() -> None:
    register = Kn02Register(0, 1, lambda level: None)
    register.store(0, 4, 0x00001200)
    register.store(2, 1, 0x40)
    assert register.load(0, 4) == 0x00401200
    assert register.load(2, 1) & 0xFF == 0x40


def test_the_kn01_register_keeps_its_settings() -> None:
    register = Kn01Register(0, 1)
    register.store(0, 2, 0xFFFF)
    assert register.load(0, 2) == 0x6100


def test_the_200s_lance_raises_line_ip2_once_it_is_let_through() -> None:
    parameters = Parameters.load("dec5000-200")
    station = Station(parameters, Wire(parameters), bytes(6), "alone")
    station.board.lance_interrupt(True)
    assert station.cpu.interrupt_lines == 0
    register = station.cpu.bus.device_at(0x1FF00000)
    assert register is not None
    register.store(0, 4, 0x00400000)
    assert station.cpu.interrupt_lines == 1


def test_each_device_of_the_3100_has_a_line_of_its_own() -> None:
    """IP3 is line 1, IP5 line 3."""
    parameters = Parameters.load("dec3100")
    station = Station(parameters, Wire(parameters), bytes(6), "alone")
    station.board.lance_interrupt(True)
    assert station.cpu.interrupt_lines == 0b0010
    station.board.clock_interrupt(True)
    assert station.cpu.interrupt_lines == 0b1010
