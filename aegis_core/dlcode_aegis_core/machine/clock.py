"""The MC146818 clock: periodic interrupt, time of day, alarm, and 50 octets of memory.

    0, 2, 4       seconds, minutes, hours        10  A: 7 UIP, 6:4 divider, 3:0 rate
    1, 3, 5       alarm for each                 11  B: 7 SET, 6 PIE, 5 AIE, 4 UIE, 3 SQWE, 2 binary, 1 24 hours, 0 DSE
    6             day of the week, Sunday is 1   12  C: 7 IRQF, 6 PF, 5 AF, 4 UF; reading clears all
    7, 8, 9       day, month, year               13  D: 7 VRT, always set
                                                 14 .. 63  memory

The divider runs with setting 010 only, which is that of the 32.768 kHz crystal, and stands still with any other. Rate
RS ticks every 2^(RS-1) crystal cycles, but RS 1 and 2 as 8 and 9 do: 6 is 1024 Hz, 10 is 64 Hz. Ticks and seconds are
counted from power-up or from the last start of the divider; after that start, the first second is over in half a one.
PF, AF and UF are set whether their interrupt is enabled or not; the line is asserted while one is set that is.

Each second the clock spends 1984 us on updating the time, from 244 us after UIP is set; the time is read as it was
before until then, and UF comes at its end. SET stops updating.

Daylight saving (DSE) and the square wave's pin (SQWE) are bits without effect. Source: Motorola MC146818A data sheet;
the DS1287 that DEC used is one with battery and crystal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import IntFlag
from typing import Final

from dlcode_aegis_core.machine.process import Events
from dlcode_aegis_core.machine.units import PICOSECONDS

SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR = 0, 2, 4, 6, 7, 8, 9
A, B, C, D = 10, 11, 12, 13
ALARMS: Final = {1: SECONDS, 3: MINUTES, 5: HOURS}
ANY: Final = 0xC0
"""An alarm of C0 to FF matches any."""
PM: Final = 0x80

EPOCH: Final = datetime(1995, 1, 1)
"""The time at power-up if none is given."""

UPDATE_IN_PROGRESS: Final = 0x80
RUNNING: Final = 0x20  # divider setting 010
UPDATE_PS: Final = 1_984_000_000
WARNING_PS: Final = 244_000_000


class Control(IntFlag):
    """Register B."""

    SET = 0x80
    PIE = 0x40
    AIE = 0x20
    UIE = 0x10
    BINARY = 0x04
    HOURS_24 = 0x02


class Flag(IntFlag):
    """Register C."""

    IRQF = 0x80
    PF = 0x40
    AF = 0x20
    UF = 0x10


class Clock:
    """An `EightBitPart` with an interrupt line."""

    registers = 64

    def __init__(
        self,
        parameters: Mapping[str, int | float],
        events: Events,
        interrupt: Callable[[bool], None],
        now: Callable[[], int],
        epoch: datetime = EPOCH,
    ) -> None:
        """`interrupt` gets the level of the line; `now` is the CPU's time in picoseconds, 0 at power-up.

        At power-up the clock counts in binary and 24 hours, and has neither a rate nor an interrupt.
        """
        self._base_hz = int(parameters["rtc.base_hz"])
        self._events = events
        self._interrupt = interrupt
        self._now = now
        self._line = False
        self._memory = bytearray(self.registers)
        self._memory[A], self._memory[B] = RUNNING, Control.BINARY | Control.HOURS_24
        self._flags = Flag(0)
        self._origin_ps = 0
        """When the divider began."""
        self._first_update_ps = PICOSECONDS
        self._generation = 0  # of the divider and its rate: what an older one has scheduled is void
        self._put_time(epoch)
        self._schedule_update(0)

    # ---- The CPU's side ---------------------------------------------------------------------------------------------

    def read(self, number: int) -> int:
        """A register. Reading C clears it, and with it the line."""
        if number == A:
            return self._memory[A] | (UPDATE_IN_PROGRESS if self._updating() else 0)
        if number == C:
            value = self._flags | (Flag.IRQF if self._pending() else 0)
            waiting = bool(self._flags & Flag.PF)
            self._flags = Flag(0)
            self._update_line()
            if waiting:
                self._schedule_tick(self._now())
            return int(value)
        return 0x80 if number == D else self._memory[number]

    def write(self, number: int, value: int) -> None:
        """Write a register. C and D, and UIP, can't be written."""
        if number == A:
            self._write_a(value & ~UPDATE_IN_PROGRESS)
        elif number not in (C, D):
            self._memory[number] = value
            self._update_line()

    def _write_a(self, value: int) -> None:
        before, self._memory[A] = self._memory[A], value
        if value == before:
            return
        self._generation += 1
        now = self._now()
        if value & 0x70 == RUNNING and before & 0x70 != RUNNING:
            self._origin_ps = now
            self._first_update_ps = now + PICOSECONDS // 2
        self._schedule_update(now)
        self._schedule_tick(now)

    def _pending(self) -> bool:
        enabled = self._memory[B] & (Control.PIE | Control.AIE | Control.UIE)
        return bool(self._flags & enabled)

    def _raise(self, flag: Flag) -> None:
        self._flags |= flag
        self._update_line()

    def _update_line(self) -> None:
        if self._pending() != self._line:
            self._line = not self._line
            self._interrupt(self._line)

    # ---- The periodic interrupt: its flag stands until C is read, so only the tick that sets it is an event ---------

    @property
    def _running(self) -> bool:
        return self._memory[A] & 0x70 == RUNNING

    def _schedule_tick(self, after_ps: int) -> None:
        rate = self._memory[A] & 0x0F
        if not rate or not self._running or self._flags & Flag.PF:
            return
        cycles = 1 << (rate - 1 if rate > 2 else rate + 6)
        passed = (after_ps - self._origin_ps) * self._base_hz // (PICOSECONDS * cycles)
        due_ps = self._origin_ps + -(-(passed + 1) * cycles * PICOSECONDS // self._base_hz)
        generation = self._generation
        self._events.schedule(due_ps, lambda: self._tick(generation))

    def _tick(self, generation: int) -> None:
        if generation == self._generation:
            self._raise(Flag.PF)

    # ---- The time of day: an event a second -------------------------------------------------------------------------

    def _next_update_ps(self, after_ps: int) -> int:
        """When the first update after that time ends."""
        seconds = max(0, (after_ps - self._first_update_ps) // PICOSECONDS + 1)
        return self._first_update_ps + seconds * PICOSECONDS

    def _schedule_update(self, after_ps: int) -> None:
        if self._running:
            due_ps = self._next_update_ps(after_ps)
            generation = self._generation
            self._events.schedule(due_ps, lambda: self._update(due_ps, generation))

    def _updating(self) -> bool:
        """Whether an update is under way, or about to be."""
        if not self._running or self._memory[B] & Control.SET:
            return False
        now = self._now()
        return self._next_update_ps(now) - now <= UPDATE_PS + WARNING_PS

    def _update(self, due_ps: int, generation: int) -> None:
        if generation != self._generation:
            return
        if not self._memory[B] & Control.SET:
            weekday, day = self._decode(self._memory[WEEKDAY]), self._memory[DAY]
            self._put_time(self._time() + timedelta(seconds=1))
            self._memory[WEEKDAY] = self._encode(weekday % 7 + 1 if self._memory[DAY] != day else weekday % 100)
            self._raise(Flag.UF)
            if all(self._memory[alarm] in (self._memory[at], *range(ANY, 256)) for alarm, at in ALARMS.items()):
                self._raise(Flag.AF)
        self._schedule_update(due_ps)

    def _encode(self, value: int) -> int:
        return value if self._memory[B] & Control.BINARY else value // 10 << 4 | value % 10

    def _decode(self, octet: int) -> int:
        return octet if self._memory[B] & Control.BINARY else (octet >> 4) * 10 + (octet & 0x0F)

    def _put_time(self, time: datetime) -> None:
        hours, afternoon = time.hour, 0
        if not self._memory[B] & Control.HOURS_24:
            hours, afternoon = (hours - 1) % 12 + 1, PM if hours >= 12 else 0
        fields = {SECONDS: time.second, MINUTES: time.minute, HOURS: hours, WEEKDAY: time.isoweekday() % 7 + 1}
        fields |= {DAY: time.day, MONTH: time.month, YEAR: time.year % 100}
        for number, value in fields.items():
            self._memory[number] = self._encode(value)
        self._memory[HOURS] |= afternoon

    def _time(self) -> datetime:
        """What the registers say. A date that does not exist is taken for the start of what can be made of it."""
        hours = self._memory[HOURS]
        if self._memory[B] & Control.HOURS_24:
            hour = self._decode(hours)
        else:
            hour = self._decode(hours & ~PM) % 12 + (12 if hours & PM else 0)
        year = self._decode(self._memory[YEAR]) % 100
        start = datetime(1900 + year if year >= 70 else 2000 + year, 1, 1)
        month = self._decode(self._memory[MONTH])
        if 1 <= month <= 12:
            start = start.replace(month=month)
        days = max(self._decode(self._memory[DAY]), 1) - 1
        minutes, seconds = self._decode(self._memory[MINUTES]), self._decode(self._memory[SECONDS])
        return start + timedelta(days=days, hours=hour, minutes=minutes, seconds=seconds)
