"""Bounds on the cycles of one run of an image, counted on its code: from its first instruction to its return.

    warm   caches and TLB hold everything, the write buffer is empty at entry: what `cost <= N cycles` means
    safe   every fetch and every read of cached memory misses, but for fetches of what a loop has fetched before; the
           write buffer is full, of stores to memory, and the multiplier busy at entry; devices hold the processor up,
           and the kernel does what the verdict asks for (`Services`): what a kernel admits by

The longest way is found exactly, on the nest of loops: a loop turns as often as the certificate says, each time that it
is come to. Along a way time passes as on the machine (`timing`); where ways meet, the latest of each moment is taken.
So no run takes longer. A run may take less: ways that no packet can go are counted too, and loops that depend on each
other as if each turned its most.

Assumed of the caller: code and all that an image accesses but the packet is in memory that is cached and not looked up
in the TLB (kseg0), or that a guaranteed mapping holds; no interrupt comes; words that the instruction cache fetches at
once are all in it or none.

A loop of an image that fits the instruction cache misses each of its words once at most, each time that it is come to,
since nothing else runs. A miss is a delay, of a refill and of what waits in the write buffer; and a delay makes nothing
later by more than itself. So a loop takes no longer than one whose every fetch misses, nor than one whose fetches all
hit and the delays of all its words.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from ..errors import ImageError
from ..lower import entry_name
from ..mips.row import Kind
from ..tracking import Mark, SourceLine, marks_in
from .graph import RETURN, Function, Graph
from .link import PLACEMENT, place
from .loops import Loop, Part, parts
from .marks import told_apart
from .provenance import Origin, origins
from .timing import START, Moments, Step, Steps, Timing, passed

if TYPE_CHECKING:
    from .image import MipsCode

Mode = Literal["warm", "safe", "held"]
"""The third is the second for code that is in the cache."""


@dataclass(frozen=True, slots=True)
class Services:
    """Cycles that a kernel takes after the verdict, and before the run for a private copy; and what devices take."""

    run: int = 0
    frame: int = 0  # for each that is sent,
    frame_byte: int = 0  # and each of its bytes
    wake: int = 0
    private_byte: int = 0  # of a packet, for a program that may rewrite
    device_stores: int = 0  # more than stores to memory take those that it leaves in the write buffer, all of them
    held_up: int = 0  # most cycles that devices use memory in any
    held_up_every: int = 1 << 30  # so many cycles


NO_SERVICES: Final = Services()


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a bound: so much less would it be without a line, or if a loop did not turn."""

    of: SourceLine | Mark
    cycles: int
    turns: int = 0  # of a loop

    @property
    def where(self) -> str:
        """In words."""
        place = f"{self.of.span.source.name}:{self.of.span.line}"
        return place if isinstance(self.of, SourceLine) else f"{self.turns} turns of the loop at {place}"


@dataclass(frozen=True)
class Cycles:
    """The bounds of one program's code on one machine. Making one raises ImageError (`unbounded`)."""

    code: MipsCode = field(repr=False)
    timing: Timing

    def __post_init__(self) -> None:
        self._nests  # noqa: B018  # raises what there is to raise

    def warm(self, length: int) -> int:
        """Most cycles for packets of at most `length` captured bytes."""
        return self._most("warm", length, START)

    def safe(self, length: int, services: Services = NO_SERVICES) -> int:
        """Most cycles for packets of at most `length` captured bytes, with what the kernel does for a run."""
        timing, effects, rewrites = self.timing, self.code.effects, "rewrite" in self.code.program.may
        busy = Moments(0, timing.depth * timing.drain, max(timing.multiply, timing.divide))
        after = services.run + services.device_stores + effects.wakes * services.wake
        after += effects.sends * (services.frame + services.frame_byte * effects.longest_frame)
        alone = self._most("safe", length, busy) + after + rewrites * services.private_byte * length
        return _held_up(alone, services)

    def shares(self, length: int, mode: Mode = "warm") -> list[Share]:
        """What the bound consists of, the dearest first: lines of source, and loops with how often they turn."""
        whole = self._most(mode, length, START)
        lines: dict[SourceLine, set[int]] = {}
        for index, line in self.code.lines().items():
            lines.setdefault(line, set()).add(index)
        found = [Share(line, whole - self._most(mode, length, START, indexes)) for line, indexes in lines.items()]
        for number in sorted(set(self._numbers.values()) & set(self._marks)):
            less = whole - self._most(mode, length, START, (), number)
            found.append(Share(self._marks[number], less, self.turns(number, length)))
        return sorted((share for share in found if share.cycles > 0), key=lambda share: (-share.cycles, share.where))

    def turns(self, number: int, length: int) -> int:
        """How often a loop turns at most; the number of a division is minus its turns."""
        return -number if number < 0 else self.code.turns[number].at(length)

    # ---- what is the same for every length

    @cached_property
    def _graph(self) -> Graph:
        object = self.code.object
        words = struct.unpack(f"<{object.text // 4}I", place(object, 0)[: object.text])
        return Graph(words, object.symbols[entry_name(self.code.program)] // 4, self._numbers)

    @cached_property
    def _marks(self) -> dict[int, Mark]:
        """By their own numbers."""
        return {spot.number: spot for spot in self.code.spots if isinstance(spot, Mark)}

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Index of a turn's first instruction, and the number of the loop."""
        found: dict[int, int] = {}
        for offset, number in self.code.object.marks:
            assert offset // 4 not in found, "two marks at one instruction"
            spot = self.code.spots[number - 1] if number > 0 else None
            found[offset // 4] = spot.number if isinstance(spot, Mark) else number
        if not told_apart(self.code.object, marks_in(self.code.spots)):
            raise ImageError("unbounded", f"the marks of {self.code.program.name}'s loops can't be told apart")
        return found

    @cached_property
    def _nests(self) -> dict[int, tuple[Part, ...]]:
        """Of each function, by its start, its parts."""
        graph, everything = self._graph, frozenset(self._marks)
        nested: dict[int, Mark | _Division] = dict(self._marks)
        nested |= {number: _Division(everything) for number in self._numbers.values() if number < 0}
        return {start: parts(function.blocks, self._numbers, nested) for start, function in graph.functions.items()}

    @cached_property
    def _origins(self) -> Mapping[int, Origin]:
        return {} if self.code.layout.cached else origins(self._graph)

    @property
    def _fetched(self) -> int:
        """Words of an image that are fetched at once, from multiples of so many on, and are then in the cache."""
        if 4 * self.timing.refill_words > self.timing.instruction_cache:  # it keeps the end of what is fetched
            return 1
        return min(self.timing.refill_words, PLACEMENT // 4)

    def delay(self, indexes: Collection[int]) -> int | None:
        """Most cycles that misses of some instructions take if each comes once; None if that is not certain."""
        timing = self.timing
        before = max(0, 4 * timing.refill_words - PLACEMENT)  # bytes that may be fetched with the first
        if before + self.code.object.text > timing.instruction_cache:
            return None
        waits = timing.drain if timing.reads_pass else timing.depth * timing.drain
        return len({index // self._fetched for index in indexes}) * (timing.refill + waits)

    def steps(self, index: int, mode: Mode, *, first: bool) -> Iterator[tuple[Step, int]]:
        """What an instruction does to time; `first` of a block, where it has not been fetched with the one before."""
        timing, one = self.timing, self._graph.instruction(index)
        if mode == "safe" and (first or index % self._fetched == 0):
            yield Step.READ, timing.refill
        if one.row.kind is Kind.LOAD:
            if cycles := self._read(index, mode):
                yield Step.READ, cycles
        elif one.row.kind is Kind.STORE:
            if one.row.name != "sw":
                yield Step.RUN, timing.partial_store
            yield Step.STORE, 0
        elif one.writes & {"hi", "lo"} and one.row.name not in ("mthi", "mtlo"):
            yield Step.MULTIPLY, timing.divide if one.row.name.startswith("div") else timing.multiply
        elif one.reads & {"hi", "lo"}:
            yield Step.AWAIT, 0
        yield Step.RUN, 1

    def _read(self, index: int, mode: Mode) -> int:
        """Cycles that a load waits for; where it may be of several kinds of memory, of the slowest."""
        cached = 0 if mode == "warm" else self.timing.refill
        if self.code.layout.cached:
            return cached
        match self._origins[index]:
            case Origin.PACKET:
                return self.timing.packet_read
            case Origin.LEASE | Origin.LENT | Origin.STACK:
                return cached
        return max(cached, self.timing.packet_read)

    def _most(
        self, mode: Mode, length: int, entry: Moments, free: Collection[int] = (), still: int | None = None
    ) -> int:
        """Most cycles, where instructions of `free` indexes take no time and loop `still` never turns."""
        walk = _Walk(self, mode, length, frozenset(free), still)
        return walk.function(self._graph.functions[self._graph.entry], entry).now


def _held_up(cycles: int, services: Services) -> int:
    """So many cycles while devices use memory in between."""
    if services.held_up >= services.held_up_every:
        raise ValueError("devices that use memory all the time leave the processor none")
    before, total = -1, cycles
    while total != before:
        before, total = total, cycles + (total // services.held_up_every + bool(services.held_up)) * services.held_up
    return total


@dataclass(frozen=True, slots=True)
class _Division:
    outer: frozenset[int]  # a loop of a division is inside any other


_Ways = dict[int, Moments]
"""Starts of blocks, or RETURN, with the latest moments at which they are come to."""


class _Walk:
    """All ways through the code at once. What is known of loops and calls is kept, by how busy everything is."""

    def __init__(self, of: Cycles, mode: Mode, length: int, free: frozenset[int], still: int | None) -> None:
        self.of, self.mode, self.length, self.free, self.still = of, mode, length, free, still
        self._steps: dict[tuple[int, int], Steps] = {}
        self._turned: dict[tuple[int, int, Moments], _Ways] = {}
        self._called: dict[tuple[int, Moments], Moments] = {}
        self._delays: dict[tuple[int, int], int | None] = {}
        self.held: _Walk | None = None

    def function(self, function: Function, entry: Moments) -> Moments:
        """The moments at its return."""
        key = function.start, entry.waiting
        if key not in self._called:
            ways = self.through(function, self.of._nests[function.start], {function.start: entry.waiting})
            self._called[key] = ways[RETURN]
        return self._called[key].after(entry.now)

    def through(self, function: Function, parts: tuple[Part, ...], ways: _Ways) -> _Ways:
        """Ways out of parts of a function, for ways into them."""
        ways = dict(ways)
        for part in parts:
            if isinstance(part, Loop):
                inner = {start: ways.pop(start) for start in part.blocks if start in ways}
                out = self.loop(function, part, inner) if inner else {}
            else:
                out = self.block(function, part, ways.pop(part)) if part in ways else {}
            _join(ways, out)
        return ways

    def block(self, function: Function, start: int, at: Moments) -> _Ways:
        block = function.blocks[start]
        key = function.start, start
        if key not in self._steps:
            self._steps[key] = _merged(
                step for index in block.instructions if index not in self.free
                for step in self.of.steps(index, self.mode, first=index == start)
            )  # fmt: skip
        at = passed(at, self._steps[key], self.of.timing)
        if block.calls is not None:
            at = self.function(self.of._graph.functions[block.calls], at)
        return dict.fromkeys(block.goes, at)

    def loop(self, function: Function, loop: Loop, ways: _Ways) -> _Ways:
        """Ways out of a loop."""
        out = self.turning(function, loop, ways)
        if self.mode != "safe":
            return out
        key = function.start, id(loop)
        if key not in self._delays:
            self._delays[key] = self.of.delay(self.executed(function, loop.blocks))
        delay = self._delays[key]
        if delay is None:
            return out
        self.held = self.held or _Walk(self.of, "held", self.length, self.free, self.still)
        held = self.held.turning(function, loop, ways)
        return {start: at.earlier(held[start].after(delay)) for start, at in out.items()}

    def executed(self, function: Function, starts: Collection[int]) -> set[int]:
        """Indexes of the instructions of blocks, and of the functions that they call."""
        found: set[int] = set()
        for start in starts:
            block = function.blocks[start]
            found.update(block.instructions)
            if block.calls is not None:
                called = self.of._graph.functions[block.calls]
                found |= self.executed(called, called.blocks)
        return found

    def turning(self, function: Function, loop: Loop, ways: _Ways) -> _Ways:
        """Ways out of a loop. Its turns begin later and later, so of those the last is the latest."""
        first = {start: at for start, at in ways.items() if start not in loop.turns}
        out = self.through(function, loop.parts, first)
        turn = _taken(out, loop.turns, ways)
        turns = self.of.turns(loop.number, self.length)
        if loop.number == self.still:
            turns = int(any(start in ways for start in loop.turns))  # no way leads past a turn that is entered at
        seen: dict[Moments, tuple[int, int]] = {}  # by how busy everything is: turns that were left, and when
        while turn is not None and turns > 0:
            if turn.waiting in seen:  # from then on it was the same again and again
                left, when = seen[turn.waiting]
                period, again = left - turns, (turns - 1) // (left - turns)
                turn, turns, seen = turn.after(again * (turn.now - when)), turns - again * period, {}
            seen[turn.waiting] = turns, turn.now
            once = dict(self.turn(function, loop, turn.waiting))
            following = _taken(once, loop.turns, {})
            _join(out, {start: at.after(turn.now) for start, at in once.items()})
            turn, turns = None if following is None else following.after(turn.now), turns - 1
        return out

    def turn(self, function: Function, loop: Loop, waiting: Moments) -> _Ways:
        """Ways out of one turn, and to where the next begins, from 0 on."""
        key = function.start, id(loop), waiting
        if key not in self._turned:
            ways: _Ways = {}
            for start in loop.turns:
                _join(ways, self.block(function, start, waiting))
            left = loop.blocks.difference(loop.turns)
            inside = {start: ways.pop(start) for start in list(ways) if start in left}
            _join(ways, self.through(function, loop.parts, inside))
            self._turned[key] = ways
        return self._turned[key]


def _join(ways: _Ways, more: Mapping[int, Moments]) -> None:
    for start, at in more.items():
        ways[start] = at.later(ways[start]) if start in ways else at


def _taken(ways: _Ways, turns: tuple[int, ...], more: Mapping[int, Moments]) -> Moments | None:
    """The latest moments at which a turn is come to; those ways are taken out."""
    found: Moments | None = None
    for start in turns:
        for at in (ways.pop(start, None), more.get(start)):
            if at is not None:
                found = at if found is None else found.later(at)
    return found


def _merged(steps: Iterator[tuple[Step, int]]) -> Steps:
    """The steps, where cycles that pass one after another pass at once."""
    found: list[tuple[Step, int]] = []
    for step, cycles in steps:
        if step is Step.RUN and found and found[-1][0] is Step.RUN:
            found[-1] = (Step.RUN, found[-1][1] + cycles)
        else:
            found.append((step, cycles))
    return tuple(found)


def lines_of(code: MipsCode) -> dict[int, SourceLine]:
    """The line of source that each instruction comes from, by its index, as far as known."""
    rows = iter([*code.object.lines, (code.object.text, 0)])
    found: dict[int, SourceLine] = {}
    at, number = next(rows)
    for following, after in rows:
        spot = code.spots[number - 1] if number else None
        if isinstance(spot, SourceLine):
            found |= dict.fromkeys(range(at // 4, following // 4), spot)
        at, number = following, after
    return found
