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
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Pipe, Type

from . import support
from .congruence import WORD, Congruence, alignment, exactly

if TYPE_CHECKING:
    from .lower import Lowering


@dataclass(frozen=True, slots=True)
class Ends:
    """Where bytes come from and go to, and what is known of both addresses."""

    source: str
    origin: Congruence
    target: str
    place: Congruence
    note: str = ""  # metadata of what is written


def lower_copy(into: Lowering, copy: form.Copy) -> None:
    """Emit a copy, and bind what its pipes finish with."""
    pipes = [into.of.pipe(name) for name in copy.through]
    count, index = into.value(copy.count), into.value(copy.index)
    source, origin = into.stretch(copy, count)
    into.guards.stretch(index, count, str(into.of.region(copy.region).count))
    place = exactly(0).plus(into.known(copy, "index", copy.index))  # regions are aligned
    ends = Ends(source, origin, into.address(copy.region, index), place, into.apart(copy.region))
    lower_move(into, ends, count, into.known(copy, "count", copy.count), copy.result, pipes)


def lower_move(
    into: Lowering, ends: Ends, count: str, stride: Congruence, name: str, pipes: Sequence[Pipe] = ()
) -> None:
    """Emit code that moves `count` bytes, a u32 of which `stride` is known, through pipes. They do not overlap."""
    if pipes or into.target.unaligned_loads:
        _Fusion(into, name, pipes, ends).loop(count, stride.factor)
        return
    size = into.target.pointer_bytes
    function, text = support.move(size, alignment(ends.origin, size), alignment(ends.place, size))
    into.declared[function] = text
    into.to.emit(f"call void @{function}(ptr {ends.target}, ptr {ends.source}, i32 {count})")


class _Fusion:
    """The loops of one copy while they are written."""

    def __init__(self, into: Lowering, name: str, pipes: Sequence[Pipe], ends: Ends) -> None:
        self.into, self.to, self.name, self.pipes, self.ends = into, into.to, name, pipes, ends
        self.gauge = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)

    def loop(self, count: str, stride: int) -> None:
        """The whole copy of `count` bytes, a u32 that `stride` divides."""
        into, to, index = self.into, self.to, self.into.word
        for pipe in self.pipes:
            for state in pipe.states:
                into.let(state.name, state.initial, mutable=True)
        if into.target.pointer_bits > 32:
            count = to.value(f"zext i32 {count} to {index}", "count")
        done = "0"
        for size in self.strides():
            done = self.words(size, done, count)
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
        word of the target first, if both sides are aligned to it.
        """
        target = self.into.target
        if not target.unaligned_loads:
            ends = (self.ends.origin, self.ends.place)
            word = min(alignment(end, target.pointer_bytes) for end in ends)
            if word > self.gauge:
                yield word
        yield self.gauge

    def words(self, size: int, done: str, count: str) -> str:
        """Take words of `size` bytes while there are any, after `done` bytes; how many bytes are done then.

        That number is not read off the loop, whose own counter would then have to outlive it: LLVM takes a second, less
        wide vector loop for what the first leaves only if nothing does.
        """
        to, index = self.to, self.into.word
        whole = to.value(f"and {index} {count}, {-size}", "whole")
        at = to.slot(f"{self.name}.at", index)
        to.emit(f"store {index} {done}, ptr {at}")
        head, turn, end = (to.label(f"{self.name}.{part}{8 * size}") for part in ("head", "word", "end"))
        to.start(head)
        now = to.value(f"load {index}, ptr {at}")
        to.branch(to.value(f"icmp ult {index} {now}, {whole}"), turn, end)
        to.start(turn)
        type, ends, steps = Type(8 * size), self.ends, Congruence(min(size, WORD), 0)
        word = self.into.get(type, self.byte(ends.source, now), ends.origin.plus(steps), "word")
        emitted = self.through(word, type)
        self.into.put(emitted, type, self.byte(ends.target, now), ends.place.plus(steps), ends.note)
        to.emit(f"store {index} {to.value(f'add nuw {index} {now}, {size}')}, ptr {at}")
        to.jump(head, self.into.hinted({"interleave.count": 1} if self.into.target.unaligned_loads else {}))
        to.start(end)
        return whole

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
                    byte = to.value(f"load i8, ptr {self.byte(self.ends.source, offset)}")
                    wide = to.value(f"shl nuw i{bits} {to.value(f'zext i8 {byte} to i{bits}')}, {shift}")
                    to.emit(f"store i{bits} {to.value(f'or disjoint i{bits} {word}, {wide}')}, ptr {padded}")
                else:
                    byte = to.value(f"trunc i{bits} {to.value(f'lshr i{bits} {word}, {shift}')} to i8")
                    to.emit(f"store i8 {byte}, ptr {self.byte(self.ends.target, offset)}{self.ends.note}")
            to.start(past)

        each_byte("taken")
        word = to.value(f"load i{bits}, ptr {padded}")
        to.emit(f"store i{bits} {self.through(word, Type(bits))}, ptr {padded}")
        each_byte("stored")
        to.start(end)

    def byte(self, base: str, offset: str) -> str:
        return self.to.value(f"getelementptr inbounds i8, ptr {base}, {self.into.word} {offset}")

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
