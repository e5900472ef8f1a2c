"""Copies through pipes: dynamic integrated layer processing, one loop over the bytes with every pipe inside.

No intermediate buffer exists. The loop takes words of the widest gauge or wider; on each, the pipes run in order, a
narrower one several times on the word's parts. That comes to the same as running each pipe over the whole stream, since
a pipe sees nothing but its own state and its words, in the stream's order. What is left at the end is less than a word
of the widest gauge: it is padded with zero bits for the pipes, and only its own bytes are stored.

The main loop is written so that LLVM sees what it needs to vectorise it: a counted loop, whole words, states in
registers, and a packet that overlaps nothing. A pipe that is `readonly` was proved to emit its word, so the word goes
on as it is, whatever the pipe computes. Reassociating the sum in a checksum needs no `commutative`: sums are integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Pipe, Type

from .congruence import UNKNOWN, WORD, Congruence, exactly
from .places import Place
from .tracking import moved, words

if TYPE_CHECKING:
    from .lower import Lowering
    from .places import Places


@dataclass(frozen=True, slots=True)
class Ends:
    """Where bytes come from and go to."""

    source: Place
    target: Place


@dataclass(frozen=True, slots=True)
class _Walk:
    """A loop over bytes, by their address or, where they lie in pieces, by their offset."""

    start: Place
    type: str
    first: str
    past: str

    def place(self, at: str, steps: Congruence) -> Place:
        """Where it has come to, in steps that are known."""
        known = self.start.known.plus(steps)
        if self.start.piece:
            return replace(self.start, known=known, offset=at)
        return replace(self.start, known=known, base=at)

    def further(self, places: Places, at: str, size: int) -> str:
        """Where it is after `size` bytes more."""
        if self.start.piece:
            return places.to.value(f"add nuw i32 {at}, {size}")
        return places.to.value(f"getelementptr inbounds i8, ptr {at}, i32 {size}")


def lower_copy(into: Lowering, copy: form.Copy) -> None:
    """Emit a copy, and bind what its pipes finish with."""
    pipes = [into.of.pipe(name) for name in copy.through]
    count, index = into.value(copy.count), into.value(copy.index)
    source = into.stretch(copy, count)
    into.guards.stretch(index, count, str(into.of.region(copy.region).count))
    place = exactly(0).plus(into.known(copy, "index", copy.index))  # regions are aligned
    target = Place(into.address(copy.region, index), place, note=into.apart(copy.region))
    lower_move(into, copy, Ends(source, target), count, into.known(copy, "count", copy.count), copy.result, pipes)


def lower_move(
    into: Lowering,
    node: form.Copy | form.PacketBytes,
    ends: Ends,
    count: str,
    stride: Congruence,
    name: str,
    pipes: Sequence[Pipe] = (),
) -> None:
    """Emit code that moves `count` bytes, a u32 of which `stride` is known, through pipes. They do not overlap."""
    _Fusion(into, node, name, pipes, ends).loop(count, stride.factor)


class _Fusion:
    """The loops of one copy while they are written."""

    def __init__(
        self, into: Lowering, node: form.Copy | form.PacketBytes, name: str, pipes: Sequence[Pipe], ends: Ends
    ) -> None:
        self.into, self.to, self.places = into, into.to, into.places
        self.node, self.name, self.pipes, self.ends = node, name, pipes, ends
        self.gauge = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)

    def loop(self, count: str, stride: int) -> None:
        """The whole copy of `count` bytes, a u32 that `stride` divides."""
        into, to, index = self.into, self.to, self.into.word
        for pipe in self.pipes:
            for state in pipe.states:
                into.let(state.name, state.initial, mutable=True)
        if into.target.pointer_bits > 32:
            count = to.value(f"zext i32 {count} to {index}", "count")
        done, before = "0", 0
        for size in self.strides():
            done, before = self.words(size, done, count, before), size
            if stride >= size:
                break  # nothing is left
        else:
            if self.gauge > 1:
                self.tail(done, count)
        for pipe in self.pipes:
            if pipe.finish is not None:
                into.values[f"{self.name}.{pipe.name}"] = into.value(pipe.finish)

    def strides(self) -> Iterator[int]:
        """Bytes that a turn takes, loop after loop.

        Where any address will do, the vectoriser makes wide turns of narrow words by itself. Elsewhere a turn takes a
        word of the target first: through pipes if both sides are aligned to it, else wherever its bytes lie together.
        """
        target, source = self.into.target, self.ends.source
        if not target.unaligned_loads:
            taken = WORD if self.carries else self.places.widest(source)
            word = min(taken, self.places.widest(self.ends.target))
            if not self.pipes:
                word = taken if source.piece else target.pointer_bytes
            if word > self.gauge:
                yield word
        yield self.gauge

    @property
    def carries(self) -> bool:
        """Whether words that lie across two of memory's are taken from one read of each.

        That is worth its shifts where memory is read past the cache. The last read may go two bytes past what is taken,
        in the same word.
        """
        slow = not self.into.target.layout.cached
        return slow and self.ends.source.layout.piece in (0, 16) and self.ends.source.known == Congruence(WORD, 2)

    def words(self, size: int, done: str, count: str, before: int) -> str:
        """Take words of `size` bytes while there are any, after `done` bytes; how many bytes are done then.

        That number is not read off the loop, whose own counter would then have to outlive it: LLVM takes a second, less
        wide vector loop for what the first leaves only if nothing does. Where words of `before` bytes were taken, less
        than one is left.
        """
        to, index = self.to, self.into.word
        whole = to.value(f"and {index} {count}, {-size}", "whole")
        walks = [self.walk(end, done, whole) for end in (self.ends.source, self.ends.target)]
        slots = [to.slot(f"{self.name}.at", walk.type) for walk in walks]
        for walk, slot in zip(walks, slots, strict=True):
            to.emit(f"store {walk.type} {walk.first}, ptr {slot}")
        carried = self.begin_carrying(done) if size == WORD and self.carries else ""
        head, turn, end = (to.label(f"{self.name}.{part}{8 * size}") for part in ("head", "word", "end"))
        tracking = self.into.tracking
        tracking.enter(self.node, words(moved(self.into, self.node), size, before))
        to.start(head)
        now = [to.value(f"load {walk.type}, ptr {slot}") for walk, slot in zip(walks, slots, strict=True)]
        to.branch(to.value(f"icmp ne {walks[0].type} {now[0]}, {walks[0].past}"), turn, end)
        to.start(turn)
        tracking.turn()
        type, steps = Type(8 * size), Congruence(min(size, WORD), 0)
        source, target = (walk.place(at, steps) for walk, at in zip(walks, now, strict=True))
        raw = self.carry(source, carried) if carried else "" if self.pipes else self.places.raw(size, source)
        if self.pipes:
            word = self.into.swapped(raw, type, "word") if raw else self.places.get(type, source, "word")
            self.places.put(self.through(word, type), type, target)
        else:
            self.places.put_raw(raw, size, target)
        for walk, slot, at in zip(walks, slots, now, strict=True):
            to.emit(f"store {walk.type} {walk.further(self.places, at, size)}, ptr {slot}")
        to.jump(head, self.into.hinted({"interleave.count": 1} if self.into.target.unaligned_loads else {}))
        to.start(end)
        tracking.leave()
        return whole

    def begin_carrying(self, done: str) -> str:
        """A slot for the half of a word that has been read before its turn, with that of the first turn."""
        to = self.to
        slot = to.slot(f"{self.name}.carried", "i32")
        first = self.places.beyond(self.ends.source, done, Congruence(WORD, 0), self.into.word)
        both = self.places.raw(WORD, self.places.before(first, WORD // 2))
        to.emit(f"store i32 {to.value(f'lshr i32 {both}, 16')}, ptr {slot}")
        return slot

    def carry(self, source: Place, slot: str) -> str:
        """The word there, as it stands: half of it is carried, and half of what is read is carried on."""
        to = self.to
        low = to.value(f"load i32, ptr {slot}")
        both = self.places.raw(WORD, self.places.beyond(source, str(WORD // 2), exactly(WORD // 2)))
        to.emit(f"store i32 {to.value(f'lshr i32 {both}, 16')}, ptr {slot}")
        return to.value(f"or disjoint i32 {to.value(f'shl i32 {both}, 16')}, {low}")

    def walk(self, place: Place, done: str, whole: str) -> _Walk:
        """Over the bytes at a place from `done` to `whole`."""
        if place.piece:
            first, past = (self.places.sum(place.offset, one) for one in (done, whole))
            return _Walk(place, "i32", first, past)
        first, past = (self.places.beyond(place, one, UNKNOWN, self.into.word).base for one in (done, whole))
        return _Walk(place, "ptr", first, past)

    def tail(self, done: str, count: str) -> None:
        """The last bytes, fewer than the widest gauge: padded for the pipes, and no more than they are stored."""
        to, index, bits = self.to, self.into.word, 8 * self.gauge
        left = to.value(f"and {index} {count}, {self.gauge - 1}", "left")
        end = to.label(f"{self.name}.done")
        some = to.label(f"{self.name}.tail")
        to.branch(to.value(f"icmp ne {index} {left}, 0"), some, end)
        to.start(some)
        padded = to.slot(f"{self.name}.padded", f"i{bits}")
        to.emit(f"store i{bits} 0, ptr {padded}")

        def each_byte(do: str) -> None:
            past = to.label(f"{self.name}.{do}")
            for position in range(self.gauge - 1):
                if position:
                    there = to.label(f"{self.name}.{do}{position}")
                    to.branch(to.value(f"icmp ugt {index} {left}, {position}"), there, past)
                    to.start(there)
                offset = to.value(f"add nuw {index} {done}, {position}") if position else done
                shift = bits - 8 * (position + 1)
                word = to.value(f"load i{bits}, ptr {padded}")
                if do == "taken":
                    byte = self.places.raw(1, self.byte(self.ends.source, offset))
                    wide = to.value(f"shl nuw i{bits} {to.value(f'zext i8 {byte} to i{bits}')}, {shift}")
                    to.emit(f"store i{bits} {to.value(f'or disjoint i{bits} {word}, {wide}')}, ptr {padded}")
                else:
                    byte = to.value(f"trunc i{bits} {to.value(f'lshr i{bits} {word}, {shift}')} to i8")
                    self.places.put_raw(byte, 1, self.byte(self.ends.target, offset))
            to.start(past)

        each_byte("taken")
        word = to.value(f"load i{bits}, ptr {padded}")
        to.emit(f"store i{bits} {self.through(word, Type(bits))}, ptr {padded}")
        each_byte("stored")
        to.start(end)

    def byte(self, end: Place, offset: str) -> Place:
        """The place of the byte `offset` bytes on."""
        return self.places.beyond(end, offset, UNKNOWN, self.into.word)

    # ---- pipes

    def through(self, word: str, type: Type) -> str:
        """What becomes of a word in all pipes."""
        for pipe in self.pipes:
            word = self.piped(pipe, word, type)
        return word

    def piped(self, pipe: Pipe, word: str, type: Type) -> str:
        """What becomes of a word in one pipe, which takes it whole or in parts, the first bytes first."""
        to, wide, narrow = self.to, f"i{type.bits}", f"i{pipe.gauge.bits}"
        if type == pipe.gauge:
            emitted = self.run(pipe, word)
            return word if "readonly" in pipe.attributes else emitted
        joined = ""
        for shift in range(type.bits - pipe.gauge.bits, -1, -pipe.gauge.bits):
            part = to.value(f"trunc {wide} {to.value(f'lshr {wide} {word}, {shift}')} to {narrow}", pipe.word)
            widened = to.value(f"zext {narrow} {self.run(pipe, part)} to {wide}")
            moved = to.value(f"shl nuw {wide} {widened}, {shift}")
            joined = to.value(f"or disjoint {wide} {joined}, {moved}") if joined else moved
        return word if "readonly" in pipe.attributes else joined

    def run(self, pipe: Pipe, word: str) -> str:
        """Run a pipe on a word of its gauge; what it emits."""
        self.into.values[pipe.word] = word
        self.into.body(pipe.body)
        return self.into.emitted
