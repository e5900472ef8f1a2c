"""Copies: bytes of the packet to owned memory, through pipes, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..library import giver
from ..module import Module
from ..source import Span
from ..syntax import tree
from ..types import number
from ..wrong import unknown, wrong
from . import fold, parts
from .names import Memory, Record
from .values import Typed

if TYPE_CHECKING:
    from .statements import Statements


def copy(lower: Statements, written: tree.Copy, name: str = "copied") -> Record:
    """`copy source -> target through a >> b`: the record of what the pipes finished with, which is called `name`."""
    span = written.span
    memory, index, end = _target(lower, written.target)
    source = parts.part(lower, written.source, None)
    again = _repeated(written.through)
    if again is not None:
        raise wrong(codes.BAD_ARGUMENT, again, "a pipe stands once in a copy", name="copy")
    pipes = [lower.pipe(_pipe_named(lower.module, each)) for each in written.through]
    index = lower.emitter.let("target", index, written.target.span)
    count = lower.emitter.let("count", parts.length_of(lower, source, span), span)
    if end is not None:
        room = fold.binary("-", end, index, written.target.span)
        fits = fold.joined("and", (fold.compare("<=", index, end), fold.compare("<=", count, room)))
        lower.emitter.emit(form.Check("copy-bounds", fits, span=span))
    result = lower.emitter.fresh_record(name, (pipe.name for pipe in pipes))
    through = tuple(pipe.name for pipe in pipes)
    lower.emitter.emit(form.Copy(source.start, count, memory.region.name, index, through, result, span=span))
    return Record({
        pipe.name: Typed(number(finish.type.bits), form.Variable(f"{result}.{pipe.name}", finish.type), span)
        for pipe in pipes
        if (finish := pipe.finish) is not None
    })  # fmt: skip


def _target(lower: Statements, target: tree.Expression) -> tuple[Memory, form.Expression, form.Expression | None]:
    """Where bytes are copied to: the array, the cell of the first, and the cell before which they must end."""
    named, start, end = target, None, None
    if isinstance(target, tree.Slice):
        named, start, end = target.target, target.start, target.end
    memory = lower.memory(named)
    if memory is None:
        if isinstance(named, tree.Use) and named.name.text not in lower.known_names():
            raise unknown("array", named.name, lower.names)
        raise wrong(codes.WRONG_TYPE, target.span, found="no owned memory", wanted="an array: `ring[at ..]`")
    if memory.scalar or memory.region.cell != form.U8:
        found = f"a {memory.region.cell}" if memory.scalar else f"an array of {memory.region.cell}"
        raise wrong(codes.WRONG_TYPE, named.span, found=found, wanted="an array of u8")
    index = fold.constant(0, span=target.span) if start is None else lower.cell_index(start, None)
    return memory, index, None if end is None else lower.emitter.let("end", lower.cell_index(end, None), end.span)


def _pipe_named(module: Module, name: tree.Name) -> tree.Pipe:
    """The pipe of that name. Raises Wrong where there is none."""
    if name.text not in module.pipes:
        found = unknown("pipe", name, module.pipes)
        file = giver(name.text)
        if file is not None:
            raise wrong(codes.UNKNOWN_NAME, name.span, help=f"`use {file}` gives it", what="pipe", name=name)
        raise found
    return module.pipes[name.text]


def _repeated(names: tuple[tree.Name, ...]) -> Span | None:
    """Where a name stands for the second time."""
    seen: set[str] = set()
    for name in names:
        if name.text in seen:
            return name.span
        seen.add(name.text)
    return None
