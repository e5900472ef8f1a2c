"""What a change of an input must do to the exchange: signs and sizes by row, written down before any was run.

A prediction is for two machines of a model, with frames of 60 bytes unless it says so, against the same machines as
they are, in microseconds a round trip. A row that is not named is predicted not to move: by less than STILL. What was
known when they were written is the code, the machine's numbers, and the figures of the unchanged machines.

They stand as they were written. Where one was wrong, LEARNED says what had not been thought of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dlcode_aegis_core.experiments.exchange.program import Build
from dlcode_aegis_core.experiments.exchange.rows import (
    CONTROLLER,
    ROWS,
    SERVICE,
    TRANSFER,
    VECTORING,
    WIRE,
    Figures,
    measure,
)
from dlcode_aegis_core.machine.parameters import Parameters

STILL: Final = 0.3
"""us: a demand may wait for the end of a word that the controller reads, or just not."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A change, what each row does by it (least and most, in microseconds), and why."""

    name: str
    why: str
    rows: Mapping[str, Range]
    change: Mapping[str, int | float] = field(default_factory=dict)
    longer: tuple[str, int] | None = None
    model: str = "dec5000-200"

    def expected(self, row: str) -> Range:
        """The range in which the change of a row lies."""
        return self.rows.get(row, (-STILL, STILL))

    def sign(self, row: str) -> int:
        """1: it grows, -1: it shrinks, 0: it stays."""
        least, most = self.expected(row)
        return (least > 0) - (most < 0)


def exactly(microseconds: float, give: float = 0.05) -> Range:
    """A change that is counted, not estimated."""
    return microseconds - give, microseconds + give


PREDICTIONS: Final = (
    Prediction(
        "the wire twice as fast",
        "two frames of 72 bytes take 57.6 us less; nothing else knows the wire's rate",
        {WIRE: exactly(-57.6)},
        {"wire.bits_per_second": 20_000_000},
    ),
    Prediction(
        "the wire ten times as fast, and the controller's bus with it",
        "0.9 of 115.2 us; 21 words of the bus a packet take 0.06 us instead of 0.6",
        {WIRE: exactly(-103.68), CONTROLLER: exactly(-22.68, 0.7)},
        {"wire.bits_per_second": 100_000_000, "lance.bus_word_ns": 60},
    ),
    Prediction(
        "the clock twice as fast",
        """copying in, a word takes 5 instructions and 0.36 us of waiting: 0.1 us less for each of 30 words, and the
        instructions around it; copying out waits for the write buffer, which has its own pace. Vectoring is nearly all
        instructions and stores at memory's pace; service is mostly the controller's register""",
        {TRANSFER: (-6.5, -3.5), VECTORING: (-3.8, -1.5), SERVICE: (-2.0, -0.8)},
        {"cpu.clock_hz": 50_000_000},
    ),
    Prediction(
        "the clock half as fast",
        """a word is copied in by 5 instructions of 80 ns, 0.2 us more for each of 30, and out by 5 instructions, 0.4 us
        instead of the buffer's 0.24 us, for each of 30""",
        {TRANSFER: (10.0, 18.0), VECTORING: (3.0, 8.0), SERVICE: (1.6, 4.0)},
        {"cpu.clock_hz": 12_500_000},
    ),
    Prediction(
        "memory slower by 160 ns",
        "the loop is warm, and its frames are read from the controller's memory: no read of memory is on the path",
        {},
        {"memory.read_ns": 640},
    ),
    Prediction(
        "memory slower by 160 ns, on the 5000/125",
        "the controller's memory is main memory: 16 words copied in and 3 of descriptors, at each end, 4 cycles each",
        {TRANSFER: exactly(6.08, 0.2)},
        {"memory.read_ns": 560},
        model="dec5000-125",
    ),
    Prediction(
        "the controller's memory read in twice the time",
        "15 words copied in and 3 of descriptors, at each end, 9 cycles each",
        {TRANSFER: exactly(12.96, 0.4)},
        {"lance_buffer.read_ns": 720},
    ),
    Prediction(
        "the controller's memory written in twice the time",
        "15 words copied out and 3 of descriptors, 6 cycles each; none is hidden, as the path ends behind them",
        {TRANSFER: (7.2, 9.2)},
        {"lance_buffer.write_ns": 480},
    ),
    Prediction(
        "memory written in 200 ns instead of 120",
        """20 registers are saved through a buffer of 6; the loop that copies in has time for its stores. What still
        waits when the first device is read or stored to moves a little to the next rows""",
        {VECTORING: (1.0, 3.4), SERVICE: (-0.3, 1.0)},
        {"write_buffer.drain_ns": 200},
    ),
    Prediction(
        "the controller's registers slower by 400 ns",
        """service reads one; it writes one too, and transfer's first read waits for that; transfer ends with a
        write: 10 cycles each""",
        {SERVICE: (0.7, 1.7), TRANSFER: (0.7, 1.7)},
        {"lance.register_access_ns": 1200},
    ),
    Prediction(
        "exceptions entered in 5 cycles instead of 3",
        "two cycles at each end",
        {VECTORING: exactly(0.16)},
        {"cpu.exception_entry_cycles": 5},
    ),
    Prediction(
        "one more instruction where the answer is chosen",
        "one cycle at each end",
        {SERVICE: exactly(0.08)},
        longer=("exchange", 1),
    ),
    Prediction(
        "a hundred more instructions where the answer is chosen",
        "a hundred cycles at each end",
        {SERVICE: exactly(8.0)},
        longer=("exchange", 100),
    ),
    Prediction(
        "one more instruction for each word copied in",
        "15 cycles at each end",
        {TRANSFER: exactly(1.2, 0.2)},
        longer=("copy_in_word", 1),
    ),
    Prediction(
        "one more instruction for each word copied out",
        "5 instructions wait for a store of 6 cycles, and 6 do not: nothing moves, but for the start of the loop",
        {TRANSFER: (-0.3, 0.5)},
        longer=("copy_out_word", 1),
    ),
    Prediction(
        "the controller's undocumented delay 10 us longer",
        "once a packet",
        {CONTROLLER: exactly(20.0, 0.6)},
        {"lance.undocumented_delay_ns": 22_900},
    ),
    Prediction(
        "a quarter of the delay before the first bit",
        "what one end gives, the other takes",
        {},
        {"lance.share_before_first_bit": 0.25},
    ),
    Prediction(
        "three quarters of the delay before the first bit",
        "what one end gives, the other takes",
        {},
        {"lance.share_before_first_bit": 0.75},
    ),
    Prediction(
        "memory cycles of DMA half as long, on the 5000/125",
        """35 cycles of 80 ns a packet are in the controller's row, half of which go: 1.4 us. The processor is held up
        while it waits, which is nobody's time, and by the answer's first bursts, which come after the demand""",
        {CONTROLLER: exactly(-2.8, 0.7)},
        {"dma.memory_cycle_ns": 40},
        model="dec5000-125",
    ),
)


LEARNED: Final[Mapping[tuple[str, str], str]] = {
    (
        "the clock twice as fast",
        TRANSFER,
    ): """2.4 us less, not 3.5 or more. The loop that copies in then comes to its next
        read while memory still takes its store, and waits""",
    ("memory written in 200 ns instead of 120", TRANSFER): """2.2 us more: the same wait, 2 cycles a word. A read passes
        the stores that wait, but not the one under way""",
    ("the controller's memory read in twice the time", TRANSFER): """0.7 us more than predicted: a nineteenth read is on
        the path. The handler looks for another frame as soon as it has demanded its answer, and that read passes the
        demand, which is still in the write buffer""",
    (
        "one more instruction for each word copied out",
        TRANSFER,
    ): """0.6 us less: with nothing waiting in the write buffer,
        the demand is under way before that nineteenth read comes""",
    ("memory cycles of DMA half as long, on the 5000/125", VECTORING): """0.4 us less: the controller looks at its rings
        right after its interrupt, and holds the processor up at the exception's first instructions""",
}
"""By prediction and row: what came out, and why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a prediction came to."""

    prediction: Prediction
    moved: Mapping[str, float]  # by row, in microseconds

    @property
    def whole(self) -> float:
        """By how much the whole round trip changed."""
        return sum(self.moved.values())

    @property
    def wrong(self) -> tuple[str, ...]:
        """The rows that are not where they were predicted."""
        ranges = {row: self.prediction.expected(row) for row in ROWS}
        return tuple(row for row, (least, most) in ranges.items() if not least <= self.moved[row] <= most)


def check(rounds: int = 8) -> Iterator[Checked]:
    """Run them all, in the order of the source. Each row is the median of so many round trips."""
    plain: dict[str, Figures] = {}
    for each in PREDICTIONS:
        parameters = Parameters.load(each.model)
        if each.model not in plain:
            plain[each.model] = measure(parameters, rounds=rounds)
        build = replace(Build(), longer=each.longer)
        changed = measure(parameters.replace(each.change), build, rounds)
        yield Checked(each, {row: changed.rows[row] - plain[each.model].rows[row] for row in ROWS})
