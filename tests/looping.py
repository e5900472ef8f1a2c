"""Random core programs with loops, copies through pipes, templates and claims of parts: `generators` with turns.

Loops are of the shapes that handlers have: counting up and down, by constants or by what was read; over the packet's
bytes or over owned memory; halving; two cursors that meet; two counters in the order of a dictionary; until something
is found. They are nested up to three deep, left by way of any label around them, limited, and annotated. At a risk a
loop forgets its step, tests one too far, lets its body change its counter, or carries an annotation that is a lie; a
pipe has an attribute that it does not keep; a copy is not guarded. The same seed gives the same program everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dlcode_dsl.core import form
from dlcode_dsl.core.check import assert_well_formed, leaves, leaves_to
from dlcode_dsl.core.form import BOOL, U8, U16, U32, U64, Body, Expression, Program, Statement, Type
from tests.generators import Maker, Names

DEEPEST = 3
"""Loops inside one another, at most."""

GAUGES = (U8, U16, U32)
PACKET = form.Extent("packet")
FEW = (0, 1, 2, 3, 4, 7, 16, 40)
"""Counts that loops go to and limits are drawn from."""


def looping_program(seed: int) -> Program:
    """A well-formed program that may loop and copy; the same one for the same seed."""
    program = _Looper(random.Random(f"looping {seed}"), seed).program()
    assert_well_formed(program)
    return program


@dataclass(frozen=True)
class _Counter:
    """A name that stays below `most`, or below the packet's length, while the body of its loop runs."""

    name: str
    most: int | None


@dataclass
class _Shape:
    """A loop without its body: what is bound before, its test, and what a turn does first and last.

    `invariants` and `measures` are true of it; it `ends` of itself, and after `turns` of them where that is known.
    """

    condition: Expression
    setup: list[Statement] = field(default_factory=list)
    head: list[Statement] = field(default_factory=list)
    first: list[Statement] = field(default_factory=list)
    last: list[Statement] = field(default_factory=list)
    counters: list[_Counter] = field(default_factory=list)
    names: dict[str, Type] = field(default_factory=dict)  # that the body sees
    invariants: list[Expression] = field(default_factory=list)
    measures: list[tuple[Expression, ...]] = field(default_factory=list)
    ends: bool = True
    turns: int | None = None


def u32(value: int) -> form.Constant:
    return form.Constant(value, U32)


def name(text: str) -> form.Variable:
    return form.Variable(text, U32)


def less(left: Expression, right: Expression) -> Expression:
    return form.Compare("<", left, right)


class _Looper(Maker):
    """A maker of programs that also loop and copy. `counters` are those of the loops around."""

    def __init__(self, rng: random.Random, seed: int) -> None:
        super().__init__(rng, seed)
        self.nest = 0
        self.counters: list[_Counter] = []
        self.left = rng.randrange(4, 16)
        self.copies = 2

    def prepare(self) -> None:
        """What a handler has from the start."""
        rng = self.rng
        if rng.random() < 0.6:
            count = rng.choice((1, 8, 60, 64, 300, 1514, 4096))
            mode = rng.choice(("plain", "plain", "shared", "scratch"))
            self.regions += (form.Region("ring", U8, count, mode),)  # type: ignore[arg-type]
            self.pipes = tuple(self.pipe() for _ in range(rng.randrange(4)))
        if "send" in self.may:
            for _ in range(rng.randrange(3)):
                offset, size = rng.randrange(14), rng.randrange(1, 5)
                mask = rng.choice(((1 << 8 * size) - 1, rng.randrange(1, 1 << 8 * size)))
                fixed = form.Fixed(offset, size, mask, rng.randrange(1 << 8 * size) & mask)
                self.templates += (form.Template(self.fresh("template"), (fixed,)),)

    # ---- statements

    def statement(self, names: Names, labels: tuple[str, ...], depth: int) -> list[Statement]:
        rng = self.rng
        ways: list[Callable[[], list[Statement]]] = []
        if self.nest < DEEPEST and depth < 4:
            ways += [lambda: self.loop(names, labels, depth)] * (4 if self.nest == 0 else 2)
        if any(region.name == "ring" for region in self.regions) and self.copies:
            ways += [lambda: self.copy(names)] * 2
        if self.counters:
            ways += [lambda: self.counted(names)] * 3
        if len(self.templates) > 0:
            ways += [lambda: self.send_fixed(names)]
        ways += [lambda: self.part_bounds(names)]
        if rng.random() < 0.35:
            return rng.choice(ways)()
        return super().statement(names, labels, depth)

    def part_bounds(self, names: Names) -> list[Statement]:
        """An access of a part of the packet: the place is tested, claimed to be in the part, and used."""
        start, size = self.rng.randrange(60), self.rng.randrange(1, 40)
        at, read = self.fresh("i"), self.fresh("p")
        let = form.Let(at, self.expression(U32, names, 2))
        inside = less(name(at), u32(size if not self.risky() else size + 1))
        claim = form.Check("part-bounds", less(name(at), u32(size)))
        place = form.Binary("+", u32(start), name(at))
        absent = self.way_out(())
        names[at] = U32, False
        return [let, form.If(inside, (claim, form.Read(read, U8, place, (absent,))))]

    def send_fixed(self, names: Names) -> list[Statement]:
        """A frame that has its template's fixed bytes, written or, at a risk, hoped for."""
        template = self.rng.choice(self.templates)
        pieces: list[form.Piece] = []
        for fixed in template.fixed:
            if fixed.offset:
                pieces.append(form.Value(self.expression(Type(8 * fixed.offset), names, 1)))
            bits = 8 * fixed.size
            value = self.expression(Type(bits), names, 2)
            if not self.risky():
                others = form.Binary("&", value, form.Constant((1 << bits) - 1 ^ fixed.mask, Type(bits)))
                value = form.Binary("|", others, form.Constant(fixed.value, Type(bits)))
            pieces.append(form.Value(value))
        if self.length and self.rng.random() < 0.5:
            pieces.append(form.PacketBytes(u32(0), u32(self.rng.randrange(self.length + 1))))
        if not pieces:
            pieces.append(form.Value(self.constant(U16)))
        return [form.Send("send", tuple(pieces), template=template.name)]

    def counted(self, names: Names) -> list[Statement]:
        """Something at the place of a counter: a byte that is there, a cell that is."""
        rng, counter = self.rng, self.rng.choice(self.counters)
        most = counter.most if counter.most is not None else 1 << 32
        places = [region for region in self.regions if region.count >= most or self.risky()]
        if counter.most is None or counter.most <= self.length or self.risky():
            if "rewrite" in self.may and rng.random() < 0.3:
                return [form.Rewrite(name(counter.name), self.expression(U8, names, 2))]
            read = self.fresh("p")
            names[read] = U8, False
            return [form.Read(read, U8, name(counter.name), None)]
        if not places:
            return super().statement(names, (), DEEPEST)
        region = rng.choice(places)
        if rng.random() < 0.5 and self.may_write(region):
            return [form.Store(region.name, name(counter.name), self.expression(region.cell, names, 2))]
        return [self.bind(names, region.cell, form.Owned(region.name, name(counter.name), region.cell))]

    def may_write(self, region: form.Region) -> bool:
        self.written |= region.mode != "scratch"
        return True

    # ---- loops

    def loop(self, names: Names, labels: tuple[str, ...], depth: int) -> list[Statement]:
        rng, label = self.rng, self.fresh("l")
        shape = rng.choice((
            self.up, self.up, self.down, self.over_packet, self.over_packet, self.lengths, self.over_memory,
            self.halving, self.two_cursors, self.lexicographic, self.until_found, self.anything,
        ))(names, label)  # fmt: skip
        self.spoil(shape)
        first = {one.name for one in shape.first if isinstance(one, form.Let | form.Read)}
        counted = {one.name for one in shape.setup if isinstance(one, form.Let) and one.mutable}
        inner = {**names, **{known: (type, known in counted and self.risky()) for known, type in shape.names.items()}}
        at_test = {known: of for known, of in inner.items() if known not in first}
        body, exhausted, limit = self.turn(shape, inner, at_test, (*labels, label), depth)
        if limit is None and not shape.ends:
            limit, exhausted = rng.choice(FEW), (self.way_out((*labels, label)),)
        invariants = [one for one in shape.invariants if rng.random() < 0.5]
        decreases = rng.choice(shape.measures) if shape.measures and rng.random() < 0.25 else ()
        if self.risky():
            invariants.append(self.condition(at_test, 1))
        if self.risky():
            decreases = tuple(self.expression(rng.choice((U8, U32)), at_test, 1) for _ in range(rng.randrange(1, 3)))
        loop = form.Loop(
            label, tuple(shape.head), shape.condition, body, tuple(invariants), decreases, limit, exhausted
        )  # fmt: skip
        after: list[Statement] = []
        left = any(leaves_to(label, one) for one in (*loop.head, *body, *(exhausted or ())))
        if not shape.head and (not left or self.risky()) and rng.random() < 0.5:
            after.append(form.Check("assertion", form.Not(shape.condition)))
        inside = first | {one.name for one in shape.head if isinstance(one, form.Let | form.Read)}
        names |= {known: (type, False) for known, type in shape.names.items() if known not in inside}
        return [*shape.setup, loop, *after]

    def turn(
        self, shape: _Shape, names: Names, at_test: Names, labels: tuple[str, ...], depth: int
    ) -> tuple[Body, Body | None, int | None]:
        """The body, what runs past the limit, and the limit."""
        rng = self.rng
        self.nest += 1
        around, self.counters = self.counters, [*self.counters, *shape.counters]
        written = self.written
        if rng.random() < 0.6 and not self.risky():
            self.written = True  # by an earlier turn, perhaps
        onward = self.fresh("b")
        inside = self.apart(lambda: self.body(names, (*labels, onward), depth + 1, ends=False))
        if self.written and not written and not self.risky():  # a turn may come after one that wrote
            inside = _without_trace_of(inside)
        made: Body = (*shape.first, *inside)
        if any(leaves_to(onward, one) for one in inside):
            made = (*shape.first, form.Block(onward, inside))
        if not leaves(made):
            made = (*made, *shape.last)
        self.counters = around
        self.nest -= 1
        limit = exhausted = None
        if rng.random() < 0.25:
            limit = rng.choice((*FEW, 100, 2000))
            if shape.turns is not None and (limit >= shape.turns or self.risky()) and rng.random() < 0.5:
                return made, None, limit
            exhausted = self.apart(lambda: self.body(at_test, labels, depth + 2, ends=True))
            if self.written and not written:
                exhausted = _without_trace_of(exhausted)
        return made, exhausted, limit

    def spoil(self, shape: _Shape) -> None:
        """Mistakes that loops have, each at a risk."""
        if shape.last and self.risky():
            match self.rng.randrange(4):
                case 0:
                    shape.last = []
                case 1:
                    shape.condition = _one_further(shape.condition)
                case 2:
                    shape.last = [_wrapping(one) for one in shape.last]
                case _:
                    shape.first, shape.last = [*shape.first, *shape.last], []

    def variable(self, shape: _Shape, value: Expression, *, stem: str = "i") -> str:
        """A counter, bound before the loop."""
        made = self.fresh(stem)
        shape.setup.append(form.Let(made, value, True))
        shape.names[made] = U32
        return made

    def bound(self, shape: _Shape, names: Names) -> tuple[Expression, int | None]:
        """Something to count to, and what it is at most; None for the packet's length."""
        rng = self.rng
        match rng.randrange(5):
            case 0:
                few = rng.choice(FEW)
                return u32(few), few
            case 1:
                return PACKET, None
            case 2 if self.regions:
                region = rng.choice(self.regions)
                if region.count <= 300:
                    return form.Extent(region.name), region.count
        mask = rng.choice((1, 3, 7, 15, 63))
        made = self.fresh("n")
        shape.setup.append(form.Let(made, form.Binary("&", self.expression(U32, names, 2), u32(mask))))
        shape.names[made] = U32
        return name(made), mask

    def up(self, names: Names, label: str) -> _Shape:
        """From a constant or a small value up to a bound, by one, more, or what was read."""
        rng, shape = self.rng, _Shape(form.Constant(1, BOOL))
        bound, most = self.bound(shape, names)
        start = rng.choice((0, 0, 0, 1, 2, 14))
        step = rng.choice((1, 1, 1, 2, 4, 7))
        i = self.variable(shape, u32(start))
        shape.condition = less(name(i), bound)
        added: Expression = u32(step)
        if rng.random() < 0.2:
            added = form.Binary("+", u32(1), form.Binary("&", self.expression(U32, names, 1), u32(31)))
        elif most is not None:
            shape.turns = max(0, -((start - most) // step))
        shape.last = [form.Assign(i, form.Binary("+", name(i), added))]
        shape.counters = [_Counter(i, most)]
        shape.invariants = [form.Compare(">=", name(i), u32(start))]
        if start == 0 and step == 1 and isinstance(added, form.Constant):
            shape.invariants.append(form.Compare("<=", name(i), bound))
        if most is not None:
            shape.measures = [(form.Binary("-", bound, name(i)),)]
        return shape

    def down(self, names: Names, label: str) -> _Shape:
        """From a value down to 0, by one or more."""
        rng, shape = self.rng, _Shape(form.Constant(1, BOOL))
        bound, most = self.bound(shape, names)
        step = rng.choice((1, 1, 2, 3))
        i = self.variable(shape, bound)
        shape.condition = form.Compare(">=", name(i), u32(step))
        shape.turns = None if most is None else most // step
        lower = form.Assign(i, form.Binary("-", name(i), u32(step)))
        if rng.random() < 0.5:
            shape.first, shape.counters = [lower], [_Counter(i, most)]
        else:
            shape.last = [lower]
        shape.invariants = [form.Compare("<=", name(i), bound)]
        shape.measures = [(name(i),)]
        return shape

    def over_packet(self, names: Names, label: str) -> _Shape:
        """Over the packet's bytes, each of them read."""
        rng, shape = self.rng, _Shape(form.Constant(1, BOOL))
        i, byte, start = self.variable(shape, u32(rng.choice((0, 0, 14)))), self.fresh("p"), rng.random() < 0.5
        size = rng.choice((1, 1, 2, 4))
        type = Type(8 * size)
        if size == 1 and start:
            shape.condition = less(name(i), PACKET)
        else:
            shape.condition = form.Logic(
                "and", form.Compare(">=", PACKET, u32(size)),
                form.Compare("<=", name(i), form.Binary("-", PACKET, u32(size))),
            )  # fmt: skip
        shape.first = [form.Read(byte, type, name(i), None)]
        shape.names[byte] = type
        shape.last = [form.Assign(i, form.Binary("+", name(i), u32(size)))]
        shape.counters = [_Counter(i, None)]
        shape.measures = [(form.Binary("-", PACKET, name(i)),)]
        return shape

    def lengths(self, names: Names, label: str) -> _Shape:
        """Over items of the packet that say how long they are, 0 among them at a risk."""
        shape = _Shape(form.Constant(1, BOOL))
        i, length = self.variable(shape, u32(self.rng.choice((0, 14, 20)))), self.fresh("p")
        shape.condition = less(name(i), PACKET)
        shape.first = [form.Read(length, U8, name(i), None)]
        shape.names[length] = U8
        by: Expression = form.Convert("widen", form.Variable(length, U8), U32)
        if not self.risky():
            if self.rng.random() < 0.5:
                by = form.Binary("+", by, u32(1))
            else:
                none = form.Compare("==", form.Variable(length, U8), form.Constant(0, U8))
                shape.first.append(form.If(none, (form.Leave(label),)))
        shape.last = [form.Assign(i, form.Binary("+", name(i), by))]
        shape.counters = [_Counter(i, None)]
        return shape

    def over_memory(self, names: Names, label: str) -> _Shape:
        """Over the cells of a region."""
        few = [region for region in self.regions if region.count <= 300]
        if not few:
            return self.halving(names, label)
        region, shape = self.rng.choice(few), _Shape(form.Constant(1, BOOL))
        i, cell = self.variable(shape, u32(0)), self.fresh("v")
        shape.condition = less(name(i), form.Extent(region.name))
        shape.first = [form.Let(cell, form.Owned(region.name, name(i), region.cell))]
        shape.names[cell] = region.cell
        if self.rng.random() < 0.4 and self.may_write(region):
            value = self.expression(region.cell, {**names, cell: (region.cell, False)}, 2)
            shape.first.append(form.Store(region.name, name(i), value))
        shape.last = [form.Assign(i, form.Binary("+", name(i), u32(1)))]
        shape.counters, shape.turns = [_Counter(i, region.count)], region.count
        shape.invariants = [form.Compare("<=", name(i), form.Extent(region.name))]
        return shape

    def halving(self, names: Names, label: str) -> _Shape:
        """Until nothing is left of a value."""
        rng, shape = self.rng, _Shape(form.Constant(1, BOOL))
        known = PACKET if rng.random() < 0.5 else self.leaf(U32, names)  # a constant alone would often be 0
        rest = self.variable(shape, form.Binary("+%", self.expression(U32, names, 1), known), stem="x")
        shape.condition = form.Compare("!=", name(rest), u32(0))
        symbol, by = rng.choice(((">>", rng.randrange(1, 9)), ("/", 2)))
        half = form.Binary(symbol, name(rest), u32(by))
        shape.last = [form.Assign(rest, half)]
        shape.measures = [(name(rest),)]
        return shape

    def two_cursors(self, names: Names, label: str) -> _Shape:
        """From both ends until they meet."""
        shape = _Shape(form.Constant(1, BOOL))
        bound, most = self.bound(shape, names)
        low, high = self.variable(shape, u32(0)), self.variable(shape, bound)
        shape.condition = less(name(low), name(high))
        up = form.Assign(low, form.Binary("+", name(low), u32(1)))
        down = form.Assign(high, form.Binary("-", name(high), u32(1)))
        shape.last = [form.If(self.condition(names, 1), (up,), (down,))]
        shape.counters = [_Counter(low, most)]
        shape.invariants = [form.Compare("<=", name(low), name(high)), form.Compare("<=", name(high), bound)]
        shape.measures = [(form.Binary("-", name(high), name(low)),)]
        return shape

    def lexicographic(self, names: Names, label: str) -> _Shape:
        """Two counters, of which the second starts anew when the first falls."""
        rng, shape = self.rng, _Shape(form.Constant(1, BOOL))
        first = self.variable(shape, u32(rng.choice((1, 2, 5))))
        second = self.variable(shape, u32(rng.choice((0, 3))))
        again = form.Binary("&", self.expression(U32, names, 1), u32(7))
        shape.condition = form.Compare(">", name(first), u32(0))
        shape.last = [
            form.If(
                form.Compare("==", name(second), u32(0)),
                (form.Assign(first, form.Binary("-", name(first), u32(1))), form.Assign(second, again)),
                (form.Assign(second, form.Binary("-", name(second), u32(1))),),
            )
        ]
        shape.invariants = [form.Compare("<=", name(first), u32(5)), form.Compare("<=", name(second), u32(7))]
        shape.measures = [(name(first), name(second))]
        return shape

    def until_found(self, names: Names, label: str) -> _Shape:
        """With a head that looks at the next byte, and leaves where there is none."""
        shape = _Shape(form.Constant(1, BOOL))
        i, byte = self.variable(shape, u32(0)), self.fresh("p")
        shape.head = [form.Read(byte, U8, name(i), (form.Leave(label),))]
        shape.names[byte] = U8
        wanted = self.rng.choice((0, 1, 255))
        shape.condition = form.Compare("!=", form.Variable(byte, U8), form.Constant(wanted, U8))
        shape.last = [form.Assign(i, form.Binary("+", name(i), u32(self.rng.choice((1, 1, 3)))))]
        shape.counters = [_Counter(i, None)]
        return shape

    def anything(self, names: Names, label: str) -> _Shape:
        """On any condition: only a limit ends it, or its luck."""
        return _Shape(self.condition(names, 2), ends=self.risky())

    # ---- copies

    def pipe(self) -> form.Pipe:
        """Any computation on words, that keeps its attributes, unless at a risk."""
        regions, self.regions = self.regions, ()  # it sees none
        made = self.computation()
        self.regions = regions
        return made

    def computation(self) -> form.Pipe:
        rng, gauge, made = self.rng, self.rng.choice(GAUGES), self.fresh("pipe")
        word, state, type = self.fresh("w"), self.fresh("s"), rng.choice((*GAUGES, U64, Type(12)))
        variable, sum = form.Variable(word, gauge), form.Variable(state, type)
        how = "widen" if gauge.bits <= type.bits else "truncate"
        taken: Expression = variable if gauge == type else form.Convert(how, variable, type)  # type: ignore[arg-type]
        names: Names = {word: (gauge, False), state: (type, True)}
        alone: Names = {word: (gauge, False)}
        kept, commutes, tests = rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.3
        emit: Expression = variable
        if not kept:
            emit = rng.choice((form.ByteSwap(variable), self.expression(gauge, alone, 2)))
        before = sum if commutes else self.expression(type, names, 2)
        change: Statement = form.Assign(state, form.Binary(rng.choice(("+%", "^", "*%")), before, taken))
        if tests and commutes:
            change = form.If(self.condition(alone, 1), (change,))
        elif tests:
            other = form.Assign(state, self.expression(type, names, 1))
            change = form.If(self.condition(names, 2), (change,), (other,))
        body = [form.Emit(emit), change] if rng.random() < 0.5 else [change, form.Emit(emit)]
        attributes = [
            attribute
            for attribute, keeps in (("commutative", commutes), ("readonly", kept))
            if (keeps and rng.random() < 0.7) or self.risky()
        ]
        finish = sum if rng.random() < 0.8 else None
        states = (form.PipeState(state, self.constant(type)),)
        return form.Pipe(made, word, gauge, tuple(attributes), states, tuple(body), finish)  # type: ignore[arg-type]

    def copy(self, names: Names) -> list[Statement]:
        """Of a part of the packet that begins and ends anywhere in it, to where it fits."""
        rng, result = self.rng, self.fresh("c")
        ring = next(region for region in self.regions if region.name == "ring")
        at, count, to = self.fresh("i"), self.fresh("n"), self.fresh("i")
        lets: list[Statement] = [
            form.Let(at, self.expression(U32, names, 1)),
            form.Let(count, form.Extent("packet") if rng.random() < 0.3 else self.expression(U32, names, 1)),
            form.Let(to, u32(rng.randrange(min(ring.count, 9)))),
        ]
        if rng.random() < 0.5:
            lets[2] = form.Let(to, self.expression(U32, names, 1))
        if rng.random() < 0.5:
            lets[0] = form.Let(at, form.Binary("%", self.expression(U32, names, 1), form.Binary("+", PACKET, u32(1))))
            lets[1] = form.Let(count, form.Binary("-", PACKET, name(at)))
        tests: list[Expression] = [
            form.Compare("<=", name(at), PACKET),
            form.Compare("<=", name(count), form.Binary("-", PACKET, name(at))),
            form.Compare("<=", name(to), form.Extent("ring")),
            form.Compare("<=", name(count), form.Binary("-", form.Extent("ring"), name(to))),
        ]
        if self.risky():
            if rng.random() < 0.5:  # the classic: a sum that wraps in place of a difference
                tests[1] = form.Compare("<=", form.Binary("+%", name(at), name(count)), PACKET)
            else:
                del tests[rng.choice((0, 2)) :][:1]
                tests[-1] = form.Compare("<=", form.Binary("+%", name(to), name(count)), form.Extent("ring"))
        condition = tests[0]
        for test in tests[1:]:
            condition = form.Logic("and", condition, test)
        chosen = tuple(pipe.name for pipe in rng.sample(self.pipes, rng.randrange(len(self.pipes) + 1)))
        self.copies -= 1
        copy = form.Copy(name(at), name(count), "ring", name(to), chosen, result)
        inner: Names = {**names, at: (U32, False), count: (U32, False), to: (U32, False)}
        for known in chosen:
            finish = next(pipe for pipe in self.pipes if pipe.name == known).finish
            if finish is not None:
                inner[f"{result}.{known}"] = finish.type, False
        self.may_write(ring)
        names |= {at: (U32, False), count: (U32, False), to: (U32, False)}
        after = self.apart(lambda: self.body(inner, (), DEEPEST, ends=False))
        return [*lets, form.If(condition, (copy, *after))]


def _one_further(condition: Expression) -> Expression:
    match condition:
        case form.Compare("<", left, right):
            return form.Compare("<=", left, right)
        case form.Compare(">=", left, form.Constant(value, type)) if value:
            return form.Compare(">=", left, form.Constant(value - 1, type))
        case form.Logic(operator, left, right):
            return form.Logic(operator, left, _one_further(right))
    return condition


def _wrapping(statement: Statement) -> Statement:
    match statement:
        case form.Assign(target, form.Binary(("+" | "-") as symbol, left, right)):
            return form.Assign(target, form.Binary(f"{symbol}%", left, right))
    return statement


def _without_trace_of(body: Body) -> Body:
    """The same with a `pass` for each verdict that leaves no trace."""

    def one(statement: Statement) -> Statement:
        match statement:
            case form.Exit(verdict) if verdict.leaves_no_trace:
                return form.Exit(form.Verdict.PASS)
            case form.If(condition, then, otherwise):
                return form.If(condition, all_of(then), all_of(otherwise))
            case form.Block(label, inner):
                return form.Block(label, all_of(inner))
            case form.Read(_, _, _, otherwise) if otherwise is not None:
                return replace(statement, otherwise=all_of(otherwise))
            case form.Loop():
                past = None if statement.exhausted is None else all_of(statement.exhausted)
                return replace(statement, head=all_of(statement.head), body=all_of(statement.body), exhausted=past)
        return statement

    def all_of(statements: Body) -> Body:
        return tuple(one(statement) for statement in statements)

    return all_of(body)
