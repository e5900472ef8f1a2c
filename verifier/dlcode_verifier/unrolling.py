"""Loops laid out turn by turn: a program without loops that does what another does in its first turns.

Each `Loop` becomes a block in which its turns follow one another as the interpreter says: head, invariants, condition,
measure, limit, body. After the last turn laid out, the path is cut by an exit that breaks no rule. A `Copy` becomes
reads, its pipes word by word, and stores. What a loop or a copy can do wrong by itself is laid out as a `Check`.

Names are bound once in a program, so those of later turns are renamed. `Unrolled.fault_at` tells which node of the
original a node was made from, and by which kind of fault it breaks there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import leaves
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import BOOL, U8, U32, U64, Body, Expression, Program, Statement, Type, Verdict

from .lasso import cones
from .obligations import Node

MOST_STATEMENTS = 1500
"""Statements that an unrolled program may have; where it would have more, loops are cut earlier."""

LONGEST_PERIOD = 4
"""Most turns after which a loop is asked to be where it was."""


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A program without loops. `whole`: no loop can take more turns than were laid out, whatever the packet is."""

    program: Program
    whole: bool
    made_from: dict[int, tuple[Node, FaultKind | None, Node | None]]

    def fault_at(self, kind: FaultKind, node: Node) -> tuple[FaultKind, Node] | None:
        """The fault of the original program that an obligation of this one stands for; None for one of its own."""
        made = self.made_from.get(id(node))
        if made is None:
            return kind, node
        _, of_kind, of_node = made
        return None if of_node is None else (of_kind or kind, of_node)


def unrolled(program: Program, turns: int, *, room: int = MOST_STATEMENTS) -> Unrolled:
    """The program with at most `turns` turns of each loop, and copies of at most so many of their widest words."""
    layout = _Layout(program, turns, room)
    body = tuple(layout.body(program.body, {}))
    return Unrolled(replace(program, body=body, pipes=(), on=None), layout.whole, layout.made_from)


_Renamed = dict[str, str]
"""Names of the original to those that stand for them here; one that is not in it stands for itself."""


class _Layout:
    def __init__(self, program: Program, turns: int, room: int) -> None:
        self.program, self.turns, self.room = program, turns, room
        self.whole = True
        self.made_from: dict[int, tuple[Node, FaultKind | None, Node | None]] = {}
        self.bound: set[str] = set()
        self.types: dict[str, Type] = {}  # of the names that may be assigned to
        self.copies = 0

    # ---- names and nodes

    def fresh(self, name: str, names: _Renamed) -> str:
        """A name of its own for what the original calls `name`, from here on."""
        new = name
        if name in self.bound:
            self.copies += 1
            new = f"{name}~{self.copies}"  # `~` is in no name of a source or of core text
        self.bound.add(new)
        if new != name or name in names:
            names[name] = new
        return new

    def made(self, node: Any, original: Node | None, kind: FaultKind | None = None) -> Any:
        """`node`, remembered as made from the original one; from none, it is an obligation of this program alone."""
        self.made_from[id(node)] = node, kind, original
        return node

    def claim(self, condition: Expression, kind: FaultKind | None, original: Node | None) -> form.Check:
        self.room -= 1
        check: form.Check = self.made(form.Check("assertion", condition), original, kind)
        return check

    def expression(self, expression: Expression, names: _Renamed) -> Expression:
        if not names or isinstance(expression, form.Constant | form.Extent):
            return expression
        if isinstance(expression, form.Variable):
            new = names.get(expression.name, expression.name)
            return expression if new == expression.name else replace(expression, name=new)
        made: Expression = self.rebuilt(expression, names)
        return made

    def rebuilt(self, node: Any, names: _Renamed) -> Any:
        """A node with the expressions in it renamed; itself where there is nothing to rename."""
        changed: dict[str, Any] = {}
        kind: Any = type(node)
        for name in _expressions_of(kind):
            part = getattr(node, name)
            if isinstance(part, tuple):
                pieces = tuple(self.rebuilt(piece, names) for piece in part)
                if any(new is not old for new, old in zip(pieces, part, strict=True)):
                    changed[name] = pieces
            elif (new := self.expression(part, names)) is not part:
                changed[name] = new
        return self.made(replace(node, **changed), node) if changed else node

    # ---- statements

    def body(self, body: Body, names: _Renamed) -> list[Statement]:
        """The statements laid out; `names` learns what they bind."""
        laid_out: list[Statement] = []
        for statement in body:
            laid_out += self.statement(statement, names)
        self.room -= len(body)
        return laid_out

    def inner(self, body: Body, names: _Renamed) -> Body:
        return tuple(self.body(body, dict(names)))

    def statement(self, statement: Statement, names: _Renamed) -> list[Statement]:
        match statement:
            case form.Let(name, value, mutable):
                value = self.expression(value, names)
                if mutable:
                    self.types[name] = value.type
                new = self.fresh(name, names)
                same = new == name and value is statement.value
                return [statement if same else self.made(replace(statement, name=new, value=value), statement)]
            case form.Read(name, _, offset, otherwise):
                offset = self.expression(offset, names)
                instead = None if otherwise is None else self.inner(otherwise, names)
                new = self.fresh(name, names)
                if new == name and offset is statement.offset and _same(instead, otherwise):
                    return [statement]
                return [self.made(replace(statement, name=new, offset=offset, otherwise=instead), statement)]
            case form.Assign(name, value):
                new, value = names.get(name, name), self.expression(value, names)
                same = new == name and value is statement.value
                return [statement if same else replace(statement, name=new, value=value)]
            case form.If(condition, then, otherwise):
                test = self.expression(condition, names)
                ways = self.inner(then, names), self.inner(otherwise, names)
                return [replace(statement, condition=test, then=ways[0], otherwise=ways[1])]
            case form.Block():
                return [replace(statement, body=self.inner(statement.body, names))]
            case form.Loop():
                return [form.Block(statement.label, tuple(self.loop(statement, dict(names))), span=statement.span)]
            case form.Copy():
                return self.copy(statement, names)
            case form.Exit() | form.Leave() | form.Wake():
                return [statement]
            case _:
                return [self.rebuilt(statement, names)]

    # ---- loops

    def loop(self, loop: form.Loop, names: _Renamed) -> list[Statement]:
        out: list[Statement] = []
        before: Sequence[Expression] = []
        earlier: list[Sequence[Expression]] = []
        for turn in range(self.turns + 1):
            out += self.heads(loop, turn, names, earlier)
            out += self.body(loop.head, names)
            if leaves(tuple(out)):
                break
            for invariant in loop.invariants:
                out.append(self.claim(self.expression(invariant, names), FaultKind.INVARIANT, invariant))
            out.append(form.If(self.expression(loop.condition, names), (), (form.Leave(loop.label),)))
            measure = [self.kept(self.expression(part, names), out) for part in loop.decreases]
            if before:
                out.append(self.claim(_falls(measure, before), FaultKind.DECREASES, loop))
            before = measure
            if loop.limit is not None and turn >= loop.limit:
                if loop.exhausted is None:
                    out += [self.claim(_FALSE, FaultKind.LIMIT, loop), self.end]
                else:
                    out += self.body(loop.exhausted, dict(names))
                break
            if turn == self.turns or self.room < 0:
                out += self.cut()
                break
            out += self.body(loop.body, dict(names))
            if leaves(tuple(out)):
                break
        return out

    def heads(
        self, loop: form.Loop, turn: int, names: _Renamed, earlier: list[Sequence[Expression]]
    ) -> list[Statement]:
        """What is claimed at a head: that the loop is not where it was at an earlier one. Memory is left out."""
        if loop.limit is not None or loop.decreases:
            return []
        out: list[Statement] = []
        now = [self.expression(form.Variable(name, self.types[name]), names) for name in cones(loop)[0].names]
        for past in earlier[-LONGEST_PERIOD:]:
            out.append(self.claim(form.Not(_all_equal(now, past)), FaultKind.ENDLESS, loop))
        earlier.append([self.kept(value, out) for value in now])
        return out

    def cut(self) -> list[Statement]:
        """The end of what was laid out: a claim that no run gets here, which is an obligation of this program alone."""
        self.whole = False
        return [self.claim(_FALSE, None, None), self.end]

    @property
    def end(self) -> form.Exit:
        """The end of a path that is followed no further: no rule speaks of it."""
        return form.Exit(Verdict.MISS if self.program.kind == "filter" else Verdict.CONSUME)

    def kept(self, value: Expression, out: list[Statement]) -> form.Variable:
        """A name, bound at the end of `out`, for the present value."""
        self.room -= 1
        name = self.fresh("kept", {})
        out.append(form.Let(name, value))
        return form.Variable(name, value.type)

    # ---- copies

    def copy(self, copy: form.Copy, names: _Renamed) -> list[Statement]:
        out: list[Statement] = []
        start, count, target = (
            self.kept(self.expression(part, names), out) for part in (copy.offset, copy.count, copy.index)
        )
        room = _sized(self.program.region(copy.region).count)
        fits = form.Logic(
            "and",
            form.Compare("<=", _wide_sum(start, count), form.Convert("widen", form.Extent("packet"), U64)),
            form.Compare("<=", _wide_sum(target, count), form.Convert("widen", room, U64)),
        )
        out.append(self.claim(fits, FaultKind.COPY_BOUNDS, copy))
        pipes = [self.program.pipe(name) for name in copy.through]
        widest = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)
        longest = max(1, min(self.turns, self.room // (8 + 40 * len(pipes)))) * widest
        out.append(form.If(form.Compare(">", count, _sized(longest)), tuple(self.cut())))
        stream = [self.byte(start, count, place, out) for place in range(longest)]
        for pipe in pipes:
            stream = self.piped(pipe, stream, count, widest, copy, names, out)
        first = form.Owned(copy.region, _sized(0), U8)  # written, even where there is nothing to copy
        out.append(form.Store(copy.region, _sized(0), first))
        for place, byte in enumerate(stream):
            store = form.Store(copy.region, form.Binary("+%", target, _sized(place)), byte)
            out.append(form.If(_less(place, count), (self.made(store, None),)))
        self.room -= 2 * longest
        return out

    def byte(self, start: Expression, count: Expression, place: int, out: list[Statement]) -> Expression:
        """The byte at `place` of the stream, zero from `count` on."""
        name, there = self.fresh("byte", {}), self.fresh("read", {})
        read = form.Read(there, U8, form.Binary("+%", start, _sized(place)), None)
        out.append(form.Let(name, form.Constant(0, U8), mutable=True))
        kept = form.Assign(name, form.Variable(there, U8))
        out.append(form.If(_less(place, count), (self.made(read, None), kept)))
        return form.Variable(name, U8)

    def piped(
        self,
        pipe: form.Pipe,
        stream: list[Expression],
        count: Expression,
        widest: int,
        copy: form.Copy,
        names: _Renamed,
        out: list[Statement],
    ) -> list[Expression]:
        """The stream that comes out of a pipe, byte by byte."""
        size = pipe.gauge.bits // 8
        inside: _Renamed = {}
        for state in pipe.states:
            out.append(form.Let(self.fresh(state.name, inside), state.initial, mutable=True))
        words = [_joined(stream[at : at + size], pipe.gauge) for at in range(0, len(stream), size)]
        emitted: list[form.Variable] = []
        before: list[Expression] = []
        for at, word in enumerate(words):
            turn: list[Statement] = []
            word = self.kept(word, out)
            words[at] = word
            if at and "commutative" in pipe.attributes:
                self.commutes(pipe, words[at - 1], word, before, inside, turn)
            name = self.fresh("emitted", {})
            out.append(form.Let(name, form.Constant(0, pipe.gauge), mutable=True))
            emitted.append(form.Variable(name, pipe.gauge))
            before = []
            for state in pipe.states:
                kept = self.fresh("before", {})
                out.append(form.Let(kept, state.initial, mutable=True))
                turn.append(form.Assign(kept, _state(state, inside)))
                before.append(form.Variable(kept, state.initial.type))
            turn += self.word(pipe, word, name, inside)
            if "readonly" in pipe.attributes:
                same = form.Compare("==", emitted[-1], word)
                turn.append(self.claim(same, FaultKind.PIPE_ATTRIBUTE, _emit(pipe)))
            out.append(form.If(_less(at * size // widest * widest, count), tuple(turn)))
        if pipe.finish is not None:
            finish = self.expression(pipe.finish, inside)
            out.append(form.Let(self.fresh(f"{copy.result}.{pipe.name}", names), finish))
        return [byte for word in emitted for byte in _bytes(word, size)]

    def word(self, pipe: form.Pipe, word: Expression, emitted: str, inside: _Renamed) -> list[Statement]:
        """A pipe's body on one word; what it emits is assigned to `emitted`."""
        names = dict(inside)
        bound: list[Statement] = [form.Let(self.fresh(pipe.word, names), word)]
        for statement in pipe.body:
            if isinstance(statement, form.Emit):
                bound.append(form.Assign(emitted, self.expression(statement.value, names)))
            else:
                bound += self.statement(statement, names)
        self.room -= len(bound)
        return bound

    def commutes(
        self,
        pipe: form.Pipe,
        first: Expression,
        second: Expression,
        before: Sequence[Expression],
        inside: _Renamed,
        out: list[Statement],
    ) -> None:
        """The claim that two words, in either order, take the pipe from `before` to the same."""
        ends: list[list[Expression]] = []
        for words in ((first, second), (second, first)):
            names = dict(inside)
            for state, value in zip(pipe.states, before, strict=True):
                out.append(form.Let(self.fresh(state.name, names), value, mutable=True))
            emitted: list[Expression] = []
            for word in words:
                name = self.fresh("emitted", {})
                out.append(form.Let(name, form.Constant(0, pipe.gauge), mutable=True))
                out += self.word(pipe, word, name, names)
                emitted.append(form.Variable(name, pipe.gauge))
            here = emitted if words[0] is first else emitted[::-1]
            ends.append([*here, *(_state(state, names) for state in pipe.states)])
        alike = _all_equal(ends[0], ends[1])
        same = form.Logic("or", form.Compare("==", first, second), alike)
        out.append(self.claim(same, FaultKind.PIPE_ATTRIBUTE, _emit(pipe)))


# ---- pieces of core form

_TRUE, _FALSE = form.Constant(1, BOOL), form.Constant(0, BOOL)


@cache
def _expressions_of(kind: Any) -> tuple[str, ...]:
    """The fields of a node that hold expressions, or pieces that do."""
    held = {"value", "left", "right", "operand", "index", "offset", "count", "condition", "pieces"}
    if kind in (form.Check, form.Send, form.Store, form.Rewrite, form.PacketBytes, form.Value) or kind in _EXPRESSIONS:
        return tuple(part.name for part in fields(kind) if part.name in held)
    raise AssertionError(kind)


_EXPRESSIONS = (form.Binary, form.Compare, form.Logic, form.Not, form.Convert, form.ByteSwap, form.Owned, form.Entry)


def _same(left: Body | None, right: Body | None) -> bool:
    if left is None or right is None:
        return left is right
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))


def _sized(value: int) -> form.Constant:
    return form.Constant(value, U32)


def _less(place: int, count: Expression) -> Expression:
    return form.Compare("<", _sized(place), count)


def _wide_sum(left: Expression, right: Expression) -> Expression:
    return form.Binary("+%", form.Convert("widen", left, U64), form.Convert("widen", right, U64))


def _equal(one: Expression, other: Expression) -> Expression:
    if one.type == BOOL:
        return form.Logic("or", form.Logic("and", one, other), form.Not(form.Logic("or", one, other)))
    return form.Compare("==", one, other)


def _all_equal(left: Sequence[Expression], right: Sequence[Expression]) -> Expression:
    whole: Expression = _TRUE
    for one, other in reversed(list(zip(left, right, strict=True))):
        whole = _equal(one, other) if whole is _TRUE else form.Logic("and", _equal(one, other), whole)
    return whole


def _falls(now: Sequence[Expression], before: Sequence[Expression]) -> Expression:
    """That one list of values is below another, lexicographically."""
    below: Expression = _FALSE
    for one, other in reversed(list(zip(now, before, strict=True))):
        less: Expression = form.Compare("<", one, other)
        if one.type == BOOL:
            less = form.Logic("and", form.Not(one), other)
        below = less if below is _FALSE else form.Logic("or", less, form.Logic("and", _equal(one, other), below))
    return below


def _joined(parts: Sequence[Expression], type: Type) -> Expression:
    """Bytes as one big-endian value."""
    whole: Expression = form.Constant(0, type)
    for place, part in enumerate(parts):
        wide = part if part.type == type else form.Convert("widen", part, type)
        by = type.bits - 8 * (place + 1)
        moved = form.Binary("<<", wide, form.Constant(by, type)) if by else wide
        whole = form.Binary("|", whole, moved) if place else moved
    return whole


def _bytes(word: Expression, size: int) -> list[Expression]:
    """The bytes of a value, big-endian."""
    if size == 1:
        return [word]
    found: list[Expression] = []
    for place in range(size):
        by = 8 * (size - 1 - place)
        moved = form.Binary(">>", word, form.Constant(by, word.type)) if by else word
        found.append(form.Convert("truncate", moved, U8))
    return found


def _state(state: form.PipeState, names: _Renamed) -> Expression:
    return form.Variable(names.get(state.name, state.name), state.initial.type)


def _emit(pipe: form.Pipe) -> form.Emit:
    return next(statement for statement in pipe.body if isinstance(statement, form.Emit))
