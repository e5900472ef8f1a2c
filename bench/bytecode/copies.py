"""Copies as bytecode: a loop over words of the widest gauge, whose pipes are bytecode too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.bytecode.instructions import Label
from dlcode_dsl.core import form
from dlcode_dsl.core.form import Pipe

if TYPE_CHECKING:
    from bench.bytecode.translate import Translation


def translate_copy(into: Translation, copy: form.Copy) -> None:
    """A loop over words of the widest gauge, and what is left, padded with zeros."""
    pipes = [into.of.pipe(name) for name in copy.through]
    size = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)
    start, left, to = (into.own(value) for value in (copy.offset, copy.count, copy.index))
    for pipe in pipes:
        for state in pipe.states:
            into.statement(form.Let(state.name, state.initial, mutable=True))
    again, rest, done = Label(), Label(), Label()
    into.place(again)
    into.emit("get", left)
    into.emit("if_less", rest, size)
    into.emit("get", start)
    into.emit(f"packet{8 * size}", into.fault)
    into.emit("get", _through(into, pipes, into.put(), 8 * size))
    into.cell("store8" if size == 1 else f"bytes{8 * size}", copy.region, to)
    for variable, step in ((start, size), (to, size)):
        into.add(variable, step)
    into.emit("get", left)
    into.emit("subtract", size)
    into.emit("put", left)
    into.emit("repeat", again)
    into.place(rest)
    if size > 1:
        _tail(into, copy, pipes, size, (start, left, to), done)
    into.place(done)
    for pipe in pipes:
        if pipe.finish is not None:
            into.statement(form.Let(f"{copy.result}.{pipe.name}", pipe.finish))


def _tail(
    into: Translation, copy: form.Copy, pipes: Sequence[Pipe], size: int, variables: tuple[int, int, int], done: Label
) -> None:
    """The last bytes, fewer than `size`, if there are any."""
    start, left, to = variables
    taken = Label()
    into.emit("get", left)
    into.emit("if_equal", done, 0)
    into.number(0)
    word = into.put()
    for position in range(size - 1):
        if position:
            into.emit("get", left)
            into.emit("if_less", taken, position + 1)
        into.emit("get", start)
        into.emit("add", position)
        into.emit("packet8", into.fault)
        into.emit("shift_left", 8 * (size - 1 - position))
        into.emit("variable_or", word)
        into.emit("put", word)
    into.place(taken)
    word = _through(into, pipes, word, 8 * size)
    for position in range(size - 1):
        if position:
            into.emit("get", left)
            into.emit("if_less", done, position + 1)
        into.emit("get", to)
        into.emit("add", position)
        at = into.put()
        into.emit("get", word)
        into.emit("shift_right", 8 * (size - 1 - position))
        into.emit("and", 255)
        into.cell("store8", copy.region, at)


def _through(into: Translation, pipes: Sequence[Pipe], word: int, bits: int) -> int:
    """The variable that holds what becomes of a word in all pipes."""
    for pipe in pipes:
        joined = 0
        for shift in range(bits - pipe.gauge.bits, -1, -pipe.gauge.bits):
            into.variables[pipe.word] = word
            if pipe.gauge.bits < bits:
                into.emit("get", word)
                into.emit("shift_right", shift)
                into.mask(pipe.gauge.bits)
                into.variables[pipe.word] = into.put()
            into.body(pipe.body)
            if "readonly" not in pipe.attributes:
                into.emit("get", into.emitted)
                into.emit("shift_left", shift)
                if joined:
                    into.emit("variable_or", joined)
                joined = into.put()
        word = joined or word
    return word
