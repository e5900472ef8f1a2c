"""The MC146818: rates, flags and their enables, time of day and alarm; and its interrupt as programs on each model."""

from __future__ import annotations

from datetime import datetime

import pytest

from dlcode_aegis_core.machine.clock import DAY, HOURS, MINUTES, MONTH, SECONDS, WEEKDAY, YEAR, A, B, C, Clock, D
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from dlcode_jit.mips.assemble import assemble
from tests.aegis_core.machine.exchange import MODELS
from tests.aegis_core.machine.rig import PARAMETERS, Queue

MS = 10**9
SECOND = 10**12
IRQF, PF, AF, UF = 0x80, 0x40, 0x20, 0x10
SET, PIE, AIE, UIE, BINARY, HOURS_24 = 0x80, 0x40, 0x20, 0x10, 0x04, 0x02
RUNNING = 0x20


class Part:
    """A clock by itself, and when its line rose."""

    def __init__(self, epoch: datetime = datetime(1995, 12, 3, 9, 30)) -> None:
        self.events = Queue()
        self.line = False
        self.rose: list[int] = []
        self.clock = Clock(PARAMETERS, self.events, self._level, lambda: self.events.now_ps, epoch)

    def _level(self, asserted: bool) -> None:
        self.line = asserted
        if asserted:
            self.rose.append(self.events.now_ps)

    def run(self, until_ps: int) -> None:
        self.events.run_due(until_ps)
        self.events.now_ps = until_ps

    def time(self) -> list[int]:
        return [self.clock.read(number) for number in (YEAR, MONTH, DAY, WEEKDAY, HOURS, MINUTES, SECONDS)]


def ticks(rate: int, duration_ps: int) -> list[int]:
    """When the line rises, with a handler that reads C each time."""
    part = Part()
    part.clock.write(A, RUNNING | rate)
    part.clock.write(B, PIE | BINARY | HOURS_24)
    while part.events.next_time_ps <= duration_ps:
        part.run(part.events.next_time_ps)
        if part.line:
            assert part.clock.read(C) & (IRQF | PF) == IRQF | PF
    return part.rose


@pytest.mark.parametrize(("rate", "hertz"), [(3, 8192), (6, 1024), (10, 64), (13, 8), (15, 2), (1, 256), (2, 128)])
def test_the_rate_select_bits_give_the_data_sheets_rates(rate: int, hertz: int) -> None:
    assert len(ticks(rate, SECOND + 1)) == hertz


def test_rate_10_is_the_time_slice_of_15_625_milliseconds() -> None:
    assert ticks(10, 50 * MS) == [15_625_000_000, 31_250_000_000, 46_875_000_000]


def test_no_rate_and_no_crystal_give_no_ticks() -> None:
    assert ticks(0, SECOND) == []
    part = Part()
    part.clock.write(A, 0x70 | 6)
    part.clock.write(B, PIE | BINARY | HOURS_24)
    part.run(2 * SECOND)
    assert part.rose == []
    assert part.clock.read(C) == 0


def test_reading_c_clears_the_flags_and_the_line() -> None:
    part = Part()
    part.clock.write(A, RUNNING | 10)
    part.clock.write(B, PIE | BINARY | HOURS_24)
    part.run(20 * MS)
    assert part.line
    assert part.clock.read(C) == IRQF | PF
    assert not part.line
    assert part.clock.read(C) == 0


def test_ticks_that_nobody_reads_are_one_flag() -> None:
    """And the next after it is read comes in step with them."""
    part = Part()
    part.clock.write(A, RUNNING | 10)
    part.clock.write(B, PIE | BINARY | HOURS_24)
    part.run(100 * MS)
    assert part.rose == [15_625_000_000]
    part.clock.read(C)
    part.run(200 * MS)
    assert part.rose == [15_625_000_000, 7 * 15_625_000_000]


def test_a_flag_is_set_without_its_enable_and_interrupts_when_that_comes() -> None:
    part = Part()
    part.clock.write(A, RUNNING | 10)
    part.run(20 * MS)
    assert not part.line
    part.clock.write(B, PIE | BINARY | HOURS_24)
    assert part.line
    part.clock.write(B, BINARY | HOURS_24)
    assert not part.line
    assert part.clock.read(C) == PF, "without IRQF"


def test_a_new_rate_counts_from_when_the_divider_began() -> None:
    part = Part()
    part.clock.write(A, RUNNING | 6)
    part.clock.write(B, PIE | BINARY | HOURS_24)
    part.run(MS // 2)
    part.clock.write(A, RUNNING | 10)
    part.run(20 * MS)
    assert part.rose == [15_625_000_000]


def test_the_time_of_day_goes_on_from_the_epoch() -> None:
    """3 December 1995 was a Sunday, which is day 1."""
    part = Part(datetime(1995, 12, 3, 23, 59, 58))
    assert part.time() == [95, 12, 3, 1, 23, 59, 58]
    part.run(2 * SECOND)
    assert part.time() == [95, 12, 4, 2, 0, 0, 0]


def test_the_year_ends_and_february_has_29_days_in_a_leap_year() -> None:
    for before, after in (
        (datetime(1999, 12, 31, 23, 59, 59), [0, 1, 1]),
        (datetime(1996, 2, 28, 23, 59, 59), [96, 2, 29]),
        (datetime(1995, 2, 28, 23, 59, 59), [95, 3, 1]),
    ):
        part = Part(before)
        part.run(SECOND)
        assert part.time()[:3] == after


def test_the_chip_counts_in_decimal_and_in_half_days_if_told() -> None:
    part = Part()
    part.clock.write(B, SET)
    for number, value in ((YEAR, 0x95), (MONTH, 0x12), (DAY, 0x09), (WEEKDAY, 7), (HOURS, 0x91), (MINUTES, 0x59)):
        part.clock.write(number, value)
    part.clock.write(SECONDS, 0x59)
    part.clock.write(B, 0)
    part.run(SECOND)
    assert part.time() == [0x95, 0x12, 0x10, 1, 0x12, 0, 0], "11:59:59 in the afternoon, then midnight"


def test_set_holds_the_time() -> None:
    part = Part()
    part.clock.write(B, SET | BINARY | HOURS_24)
    part.run(10 * SECOND)
    assert part.time() == [95, 12, 3, 1, 9, 30, 0]
    assert part.clock.read(C) == 0
    part.clock.write(B, BINARY | HOURS_24)
    part.run(11 * SECOND)
    assert part.time()[-1] == 1


def test_each_second_sets_uf_and_interrupts_if_enabled() -> None:
    part = Part()
    part.clock.write(B, UIE | BINARY | HOURS_24)
    part.run(SECOND - 1)
    assert not part.line
    part.run(SECOND)
    assert part.line
    assert part.clock.read(C) == IRQF | UF


def test_an_alarm_comes_at_its_time_and_every_minute_if_it_does_not_care() -> None:
    part = Part()
    for number, value in ((1, 5), (3, 0xFF), (5, 0xC0)):
        part.clock.write(number, value)
    part.clock.write(B, AIE | BINARY | HOURS_24)
    for second in range(130):
        part.run(second * SECOND)
        part.clock.read(C)
    assert part.rose == [5 * SECOND, 65 * SECOND, 125 * SECOND]


def test_uip_warns_244_microseconds_before_an_update_of_1984() -> None:
    part = Part()
    for before_us, expected in ((2229, 0), (2228, 0x80), (1, 0x80)):
        part.run(SECOND - before_us * 1_000_000)
        assert part.clock.read(A) & 0x80 == expected
    part.run(SECOND)
    assert part.clock.read(A) & 0x80 == 0


def test_the_first_second_after_the_divider_starts_is_half_a_one() -> None:
    part = Part()
    part.clock.write(A, 0x70)
    part.run(300 * MS)
    part.clock.write(A, RUNNING)
    part.run(800 * MS - 1)
    assert part.time()[-1] == 0
    part.run(800 * MS)
    assert part.time()[-1] == 1


def test_c_and_d_are_read_only_and_the_rest_is_memory() -> None:
    part = Part()
    part.clock.write(C, 0xFF)
    part.clock.write(D, 0)
    part.clock.write(14, 0xAB)
    part.clock.write(63, 0xCD)
    assert (part.clock.read(C), part.clock.read(D)) == (0, 0x80)
    assert (part.clock.read(14), part.clock.read(63)) == (0xAB, 0xCD)


def test_a_date_that_does_not_exist_does_no_harm() -> None:
    part = Part()
    for number in range(64):
        part.clock.write(number, 0xFF)
    part.clock.write(A, RUNNING)
    part.clock.write(B, 0)
    part.run(3 * SECOND)
    assert part.clock.read(C) & UF


# A program that counts slices: 64 interrupts a second for a quarter of one. It finds the clock at CLOCK, lets it
# through with BOARD, and allows interrupt line LINE.
SLICES = """
        .set  noreorder
start:  la    $t0, vector
        la    $t1, 0xa0000080
        lw    $t2, 0($t0)
        lw    $t3, 4($t0)
        sw    $t2, 0($t1)
        sw    $t3, 4($t1)
        la    $s0, CLOCK
        li    $t0, 0x2a                 # 64 Hz
        sb    $t0, 40($s0)
        li    $t0, 0x46                 # PIE, binary, 24 hours
        sb    $t0, 44($s0)
        {board}
        li    $t0, STATUS
        mtc0  $t0, $12
loop:   b     loop
        addiu $s2, $s2, 1
vector: j     slice
        nop
slice:  mfc0  $s3, $13
        lbu   $t1, 48($s0)              # C
        addiu $s1, $s1, 1
        mfc0  $k0, $14
        nop
        jr    $k0
        rfe
"""

IOASIC_CLOCK = """
        la    $t1, 0xbc040000
        li    $t0, 0x20
        sw    $t0, 0x120($t1)
"""


@pytest.mark.parametrize(("model", "ip"), [("dec5000-125", 5), ("dec5000-200", 3), ("dec3100", 5), ("dec2100", 5)])
def test_a_program_counts_time_slices(model: str, ip: int) -> None:
    """`ip` is where the clock interrupts: IP3 on the 5000/200, IP5 elsewhere, on the 5000/125 through the ASIC."""
    parameters = Parameters.load(model)
    station = Station(parameters, Wire(parameters), bytes(6), "alone")
    status = 1 << (8 + ip) | 1
    symbols = {"CLOCK": 0xA0000000 + parameters.integer("rtc.base"), "STATUS": status}
    source = SLICES.format(board=IOASIC_CLOCK if parameters.board == "ioasic" else "")
    program = assemble(source, "slices.s", 0x80001000, symbols)
    station.load(program.segments)
    station.cpu.pc = program.symbols["start"]
    station.run(50 * MS)
    assert station.cpu.gpr[17] == 3, "slices of 15.625 ms in 50 ms"
    assert station.cpu.gpr[19] & 0xFC00 == 1 << (8 + ip)


def test_a_station_starts_at_the_epoch_that_it_is_given() -> None:
    for model in MODELS:
        parameters = Parameters.load(model)
        station = Station(parameters, Wire(parameters), bytes(6), "alone", epoch=datetime(1992, 10, 12, 1, 2, 3))
        assert [station.clock.read(number) for number in (YEAR, MONTH, DAY)] == [92, 10, 12]
