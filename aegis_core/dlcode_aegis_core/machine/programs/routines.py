"""A program's routines: which one an address is in, and a trace of them by the machine's time.

A routine begins at a function's symbol, or at any symbol that is called, and goes on to the next one's beginning. A
trace is in Chrome's format, which Perfetto opens: a slice for each stay in a routine, nested as calls are.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import BinaryIO, Final

from dlcode_jit.mips.decode import decode
from dlcode_jit.mips.registers import RA

WordAt = Callable[[int], int | None]
"""The word at an address; None where there is none."""


class Routines:
    """Names of places in a program, the monitor's among them."""

    def __init__(self, symbols: Mapping[str, int], functions: Iterable[str], entry: int, code: Iterable[int]) -> None:
        """`code` are the addresses that calls in the program go to."""
        by_address: dict[int, str] = {}
        for name, address in symbols.items():
            if address not in by_address or name in ("main", "__start", "_start"):
                by_address[address] = name
        starts = {symbols[name] for name in functions} | {entry} | {place for place in code if place in by_address}
        self._names: Final = by_address
        self._starts: Final = sorted(starts)
        self._places: Final = sorted(by_address)

    def of(self, address: int) -> int:
        """Where the routine begins that an address is in; the address itself if it is in none."""
        index = bisect_right(self._starts, address)
        return self._starts[index - 1] if index else address

    def name(self, start: int) -> str:
        """What a routine is called, by its beginning."""
        return self._names.get(start, f"{start:#010x}")

    def place(self, address: int) -> str:
        """An address by the symbol before it: `main+0x10`; as a number if there is none."""
        index = bisect_right(self._places, address)
        if not index:
            return f"{address:#010x}"
        start = self._places[index - 1]
        return self._names[start] + (f"+{address - start:#x}" if address > start else "")


class _Kind(Enum):
    OTHER = auto()
    CALL = auto()
    RETURN = auto()


_THREAD: Final = {"pid": 1, "tid": 1}
_CALLS: Final = ("jal", "jalr", "bltzal", "bgezal")


class RoutineTrace:
    """Writes a trace while the processor calls it with each instruction's address and cycle."""

    def __init__(
        self, stream: BinaryIO, routines: Routines, word_at: WordAt, vectors: Mapping[int, str], clock_hz: int
    ) -> None:
        """`vectors` are where exceptions lead, with the name of what is there."""
        self._stream: Final = stream
        self._routines: Final = routines
        self._word_at: Final = word_at
        self._vectors: Final = vectors
        self._microsecond: Final = clock_hz / 1_000_000
        self._known: dict[int, tuple[int, _Kind]] = {}
        self._frames: list[tuple[int, int, int]] = []  # routine, address that it returns to, cycle of its beginning
        self._before: tuple[int, _Kind] = (0, _Kind.OTHER)  # the last instruction's address and kind
        self._earlier: tuple[int, _Kind] = (0, _Kind.OTHER)  # the one's before that
        stream.write(b'{"displayTimeUnit": "ns", "traceEvents": [\n')
        self._stream.write(json.dumps({"ph": "M", "name": "thread_name", **_THREAD, "args": {"name": "CPU"}}).encode())

    def __call__(self, pc: int, cycle: int) -> None:
        """An instruction begins."""
        known = self._known.get(pc) or self._look(pc)
        if pc != self._before[0] + 4 or not self._frames or known[0] != self._frames[-1][0]:
            self._arrive(pc, known[0], cycle)
        self._earlier, self._before = self._before, (pc, known[1])

    def finish(self, cycle: int) -> None:
        """End the slices that are open, and the file."""
        while self._frames:
            self._pop(cycle)
        self._stream.write(b"\n]}\n")

    def _arrive(self, pc: int, routine: int, cycle: int) -> None:
        """Another routine is entered, or gone back to; or this one is called by itself."""
        frames, (jump, kind) = self._frames, self._earlier
        if pc in self._vectors:
            frames.append((pc, 0, cycle))
            return
        if frames and frames[-1][0] in self._vectors and routine != frames[-1][0]:
            self._pop(cycle)  # back from an exception
        elif kind is _Kind.CALL and self._before[0] == jump + 4:
            frames.append((routine, jump + 8, cycle))
            return
        elif kind is _Kind.RETURN and any(back == pc for _, back, _ in frames):
            while self._pop(cycle) != pc:
                pass
        if frames and frames[-1][0] == routine:
            return
        if any(other == routine for other, _, _ in frames):
            while frames[-1][0] != routine:
                self._pop(cycle)
        else:
            frames.append((routine, 0, cycle))

    def _pop(self, cycle: int) -> int:
        """End the innermost slice; the address that its routine returns to."""
        routine, back, began = self._frames.pop()
        event = {
            "ph": "X",
            "name": self._vectors.get(routine) or self._routines.name(routine),
            **_THREAD,
            "ts": began / self._microsecond,
            "dur": (cycle - began) / self._microsecond,
            "args": {"cycle": began, "cycles": cycle - began},
        }
        self._stream.write(b",\n" + json.dumps(event).encode())
        return back

    def _look(self, pc: int) -> tuple[int, _Kind]:
        word = self._word_at(pc)
        decoded = None if word is None else decode(word)
        kind = _Kind.OTHER
        if decoded is not None and decoded.row.name in _CALLS:
            kind = _Kind.CALL
        elif decoded is not None and decoded.row.name == "jr" and decoded.operand("rs") == RA:
            kind = _Kind.RETURN
        vector = None if word is None else max((start for start in self._vectors if start <= pc), default=None)
        known = self._known[pc] = (self._routines.of(pc) if vector is None else vector, kind)
        return known
