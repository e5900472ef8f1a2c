"""Random core programs without loops, and packets and memory to run them on.

Programs are well formed by construction and keep most rules on purpose, so that many can be proved; how often one takes
a risk is itself drawn from the seed. The same seed gives the same program in every process. The verifier is tried with
them against the interpreter, and so is each engine that runs proved programs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace

from dlcode_dsl.core import form
from dlcode_dsl.core.check import assert_well_formed, fixed_start, leaves
from dlcode_dsl.core.form import BOOL, U8, U16, U32, U64, Body, Expression, Program, Statement, Type, Verdict
from dlcode_dsl.core.interpret import Packet

WIDTHS = (U8, U16, U32, U64, Type(4), Type(12), Type(24), Type(48), Type(128))
"""Types that values are drawn from: those of fields and cells, and some that no machine has a register for."""

READ_TYPES = tuple(type for type in WIDTHS if type.bits % 8 == 0)
CELL_TYPES = (U8, U16, U32, U64)

RISKS = (0.0, 0.0, 0.03, 0.15, 0.4)
"""How often a program leaves a guard out, drawn once a program."""

LONGEST_KNOWN = 256
"""Largest constant offset from which a program learns how long its packet is: beyond it, hardly a packet goes on."""

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def random_program(seed: int) -> Program:
    """A well-formed program without loops or copies; the same one for the same seed."""
    program = Maker(random.Random(f"program {seed}"), seed).program()
    assert_well_formed(program)
    return program


def random_packets(program: Program, seed: int, count: int = 24) -> list[tuple[Packet, dict[str, list[int]]]]:
    """`count` packets, each with memory for the program's regions.

    Lengths crowd around the program's own constants, where reads begin to be cut short, and bytes and cells around its
    constants and the ends of their ranges. Some packets were cut short on their way: the wire length is larger.
    """
    rng = random.Random(f"packets {seed}")
    constants = sorted({node.value for node in nodes(program) if isinstance(node, form.Constant)})
    near = {value + by for value in constants if value < 2048 for by in range(-2, 17)}
    lengths = sorted(length for length in near if 0 <= length <= program.maximum)
    return [(_packet(rng, program, constants, lengths), _memory(rng, program, constants)) for _ in range(count)]


def nodes(tree: object) -> Iterator[object]:
    """Each node of a program, expressions and statements alike, in the order of the text."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from nodes(part)
    elif is_dataclass(tree) and type(tree).__module__ == form.__name__:
        yield tree
        for part in fields(tree):
            if part.name != "span":
                yield from nodes(getattr(tree, part.name))


def _packet(rng: random.Random, program: Program, constants: list[int], lengths: list[int]) -> Packet:
    longest = min(program.maximum, 1600)
    length = rng.choice(lengths) if lengths and rng.random() < 0.7 else rng.randrange(0, min(longest, 96) + 1)
    length = min(length, longest)
    match rng.randrange(4):
        case 0:
            data = bytearray(length)
        case 1:
            data = bytearray(b"\xff" * length)
        case _:
            data = bytearray(rng.randbytes(length))
    for _ in range(rng.randrange(6)):
        value = rng.choice(constants) if constants and rng.random() < 0.7 else rng.randrange(256)
        size = rng.choice((1, 2, 4))
        if length >= size:
            at = rng.randrange(min(length - size, 64) + 1)
            data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "big")
    wire = length if rng.random() < 0.7 else min(2**32 - 1, rng.choice((0, length + 1, length + 1000, 2**32)))
    return Packet(bytes(data), wire)  # a file may also say that there was less on the wire than was captured


def _memory(rng: random.Random, program: Program, constants: list[int]) -> dict[str, list[int]]:
    def cell(bits: int) -> int:
        match rng.randrange(4):
            case 0:
                return rng.choice((0, 1, (1 << bits) - 1))
            case 1 if constants:
                return rng.choice(constants) % (1 << bits)
        return rng.randrange(1 << bits)

    return {region.name: [cell(region.cell.bits) for _ in range(region.count)] for region in program.regions}


Names = dict[str, tuple[Type, bool]]
"""What is in scope: each name's type, and whether it may be assigned to."""


class Maker:
    """Makes one program. `length` is the length that every packet on the present path is known to have at least."""

    def __init__(self, rng: random.Random, seed: int) -> None:
        self.rng = rng
        self.seed = seed
        self.risk = rng.choice(RISKS)
        self.handler = rng.random() < 0.7
        self.regions: tuple[form.Region, ...] = ()
        self.pipes: tuple[form.Pipe, ...] = ()
        self.templates: tuple[form.Template, ...] = ()
        self.may: tuple[str, ...] = ()
        self.count = 0
        self.length = 0
        self.written = False  # owned memory outside scratch may have been written on the way here
        self.left = rng.randrange(6, 40)  # statements still to make

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def risky(self) -> bool:
        return self.rng.random() < self.risk

    def program(self) -> Program:
        rng, on = self.rng, None
        maximum = rng.choice((64, 1514, 1514, form.MAXIMUM_PACKET))
        if self.handler:
            self.regions = tuple(
                form.Region(
                    self.fresh("r"), rng.choice(CELL_TYPES), rng.choice((1, 2, 7, 16, 256)),
                    rng.choice(("plain", "plain", "shared", "scratch")),
                )
                for _ in range(rng.randrange(4))
            )  # fmt: skip
            self.may = tuple(effect for effect in form.EFFECTS if rng.random() < 0.6)
            self.prepare()
            if rng.random() < 0.5:
                test = form.Read("t", U16, form.Constant(12, U32), (form.Exit(Verdict.MISS),))
                wanted = form.Compare("==", form.Variable("t", U16), form.Constant(0x0800, U16))
                ends = form.If(wanted, (form.Exit(Verdict.MATCH),), (form.Exit(Verdict.MISS),))
                on = Program("filter", "on", "ethernet", (test, ends), maximum)
        names: Names = {}
        opening = [part for _ in range(rng.randrange(4)) for part in self.read(names, (), 3)]
        body = (*opening, *self.body(names, (), 0, ends=True))
        name = f"random{self.seed}"
        if self.handler:
            if "send" in self.may:
                self.templates = (form.Template("anything", ()), *self.templates)
            return Program(
                "handler", name, "ethernet", body, maximum, self.regions, self.pipes, self.may, on=on,
                templates=self.templates,
            )  # fmt: skip
        return Program("filter", name, "ethernet", body, maximum)

    def prepare(self) -> None:
        """What else a handler has: here, nothing."""

    # ---- statements

    def body(self, outer: Names, labels: tuple[str, ...], depth: int, *, ends: bool) -> Body:
        """A body that leaves, where `ends`, or else may fall through."""
        names, made = dict(outer), list[Statement]()
        for _ in range(self.rng.randrange(3, 14) if depth == 0 else self.rng.randrange(1, 4)):
            if self.left <= 0:
                break
            self.left -= 1
            made.extend(self.statement(names, labels, depth))
            if leaves(tuple(made[-1:])):
                return tuple(made)
        if ends:
            made.append(self.way_out(labels))
        return tuple(made)

    def way_out(self, labels: tuple[str, ...]) -> Statement:
        if labels and self.rng.random() < 0.6:
            return form.Leave(self.rng.choice(labels))
        verdicts = form.HANDLER_VERDICTS if self.handler else form.FILTER_VERDICTS
        verdict = self.rng.choice(sorted(verdicts, key=lambda verdict: verdict.value))
        if verdict.leaves_no_trace and self.written and not self.risky():
            verdict = Verdict.PASS
        return form.Exit(verdict)

    def statement(self, names: Names, labels: tuple[str, ...], depth: int) -> list[Statement]:
        rng = self.rng
        kinds = ["let"] * 4 + ["read"] * 5 + ["if"] * 4 + ["need"] * 2 + ["check", "claimed"]
        kinds += ["block"] * 2 if depth < 3 else []
        kinds += ["assign"] * 2 if any(mutable for _, mutable in names.values()) else []
        kinds += ["store"] * 4 if self.regions else []
        kinds += ["send"] * 2 if {"reply", "send"} & set(self.may) else []
        kinds += ["wake"] if "wake" in self.may else []
        kinds += ["rewrite"] * 2 if "rewrite" in self.may else []
        match rng.choice(kinds):
            case "let":
                type = rng.choice((*WIDTHS, U32, U32, U8, BOOL))
                return [self.bind(names, type, self.expression(type, names, 3))]
            case "assign":
                name = rng.choice([name for name, (_, mutable) in names.items() if mutable])
                return [form.Assign(name, self.expression(names[name][0], names, 3))]
            case "read":
                return self.read(names, labels, depth)
            case "claimed":
                return [self.claimed_read(names)]
            case "need":
                least = rng.choice((1, 14, 20, 34, 42, 64))
                short = form.Compare("<", form.Extent("packet"), form.Constant(least, U32))
                ending = self.apart(lambda: self.body(names, labels, depth + 1, ends=True))
                self.length = max(self.length, least)
                return [form.If(short, ending)]
            case "if":
                return [self.branch(names, labels, depth)]
            case "block":
                return [self.block(names, labels, depth)]
            case "store":
                region = rng.choice(self.regions)
                self.written |= region.mode != "scratch"
                value = self.expression(region.cell, names, 3)
                return [form.Store(region.name, self.index(region, names, 2), value)]
            case "send":
                return [self.send(names)]
            case "wake":
                return [form.Wake()]
            case "rewrite":
                type = rng.choice(READ_TYPES)
                offset = self.offset(type.bits // 8)
                write = form.Rewrite(offset, self.expression(type, names, 2))
                if self.covered(offset, type.bits // 8) or self.risky():
                    return [write]
                return [form.If(self.reaches(offset, type.bits // 8), (write,))]
        return [self.check(names)]

    def bind(self, names: Names, type: Type, value: Expression) -> form.Let:
        name, mutable = self.fresh("v"), self.rng.random() < 0.4
        names[name] = type, mutable
        return form.Let(name, value, mutable)

    def offset(self, size: int) -> form.Constant:
        return form.Constant(self.rng.choice((0, 6, 12, 14, 23, 26, 30, 34, 36, self.rng.randrange(80))), U32)

    def covered(self, offset: form.Constant, size: int) -> bool:
        return offset.value + size <= self.length

    def reaches(self, offset: form.Constant, size: int) -> Expression:
        return form.Compare("<=", form.Constant(offset.value + size, U32), form.Extent("packet"))

    def read(self, names: Names, labels: tuple[str, ...], depth: int) -> list[Statement]:
        """A read that says what happens where the bytes are not there."""
        rng, name, type = self.rng, self.fresh("p"), self.rng.choice((*READ_TYPES, U8, U16, U32))
        offset: Expression = self.offset(type.bits // 8)
        if rng.random() < 0.3:
            offset = self.expression(U32, names, 2)
        absent: Body = (self.way_out(labels),)
        if depth < 3 and rng.random() < 0.3:
            absent = self.apart(lambda: self.body(names, labels, depth + 1, ends=True))
        names[name] = type, False
        if isinstance(offset, form.Constant) and offset.value < LONGEST_KNOWN:
            self.length = max(self.length, offset.value + type.bits // 8)
        return [form.Read(name, type, offset, absent)]

    def claimed_read(self, names: Names) -> Statement:
        """A read that claims its bytes: known to be there, under a guard, or at a risk."""
        name, type = self.fresh("p"), self.rng.choice((U8, U16, U32, U64))
        size = type.bits // 8
        if self.risky():
            anywhere = self.expression(U32, names, 2)
            names[name] = type, False
            return form.Read(name, type, anywhere, None)
        if self.length >= size and self.rng.random() < 0.7:
            names[name] = type, False
            return form.Read(name, type, form.Constant(self.rng.randrange(self.length - size + 1), U32), None)
        offset = self.expression(U32, names, 2)
        room = form.Binary("-", form.Extent("packet"), form.Constant(size, U32))
        enough = form.Compare("<=", form.Constant(size, U32), form.Extent("packet"))
        fits = form.Logic("and", enough, form.Compare("<=", offset, room))
        inner = dict(names)
        read = form.Read(name, type, offset, None)
        inner[name] = type, False
        body = (read, *self.apart(lambda: self.body(inner, (), 3, ends=False)))
        return form.If(fits, body)

    def apart(self, make: Callable[[], Body]) -> Body:
        """A body made on a path of its own: what it learns holds there only, what it writes counts afterwards."""
        length = self.length
        made = make()
        self.length = length
        return made

    def branch(self, names: Names, labels: tuple[str, ...], depth: int) -> Statement:
        condition = self.condition(names, 3)
        deeper = depth + 1
        if depth >= 3:
            return form.If(condition, (self.way_out(labels),))
        then = self.apart(lambda: self.body(names, labels, deeper, ends=self.rng.random() < 0.4))
        otherwise: Body = ()
        if self.rng.random() < 0.5:
            otherwise = self.apart(lambda: self.body(names, labels, deeper, ends=False))
        return form.If(condition, then, otherwise)

    def block(self, names: Names, labels: tuple[str, ...], depth: int) -> Statement:
        label = self.fresh("b")
        body = self.apart(lambda: self.body(names, (*labels, label), depth + 1, ends=False))
        if self.rng.random() < 0.3 and not leaves(body):
            body = (*body, form.Leave(label))
        return form.Block(label, body)

    def send(self, names: Names) -> Statement:
        effect = self.rng.choice(sorted({"reply", "send"} & set(self.may)))
        pieces: list[form.Piece] = []
        for _ in range(self.rng.randrange(1, 5)):
            if self.length and self.rng.random() < 0.5:
                start = self.rng.randrange(self.length)
                size = self.rng.randrange(self.length - start + 1)
                count: Expression = form.Constant(size, U32)
                if size and self.rng.random() < 0.4:
                    count = form.Binary("%", self.expression(U32, names, 1), count)
                pieces.append(form.PacketBytes(form.Constant(start, U32), count))
            else:
                pieces.append(form.Value(self.expression(self.rng.choice(READ_TYPES), names, 2)))
        if self.risky():
            pieces.append(form.PacketBytes(self.expression(U32, names, 1), self.expression(U32, names, 1)))
        template = "anything" if effect == "send" else None
        made = form.Send("reply" if effect == "reply" else "send", tuple(pieces), template=template)
        if fixed_start(made) < 6 or self.rng.random() < 0.5:
            return made
        return replace(made, own=(form.OwnAddress(0, 6, "mac"),))

    def check(self, names: Names) -> Statement:
        """A claim that is true, unless at a risk."""
        if self.risky():
            return form.Check("assertion", self.condition(names, 2))
        type = self.rng.choice((U8, U32, U64))
        value, other = self.expression(type, names, 2), self.expression(type, names, 1)
        if self.regions and not self.written and all(region.mode != "scratch" for region in self.regions):
            region = self.rng.choice(self.regions)
            index = self.index(region, names, 1)
            was = form.Entry(region.name, index, region.cell)
            return form.Check("ensures", form.Compare("==", form.Owned(region.name, index, region.cell), was))
        return form.Check("assertion", form.Compare("<=", form.Binary("&", value, other), value))

    # ---- expressions

    def index(self, region: form.Region, names: Names, depth: int) -> Expression:
        """A u32 below the region's count, unless at a risk."""
        if self.risky():
            return self.expression(U32, names, depth)
        count = form.Constant(region.count, U32)
        match self.rng.randrange(3):
            case 0:
                return form.Constant(self.rng.randrange(region.count), U32)
            case 1 if region.count & (region.count - 1) == 0:
                return form.Binary("&", self.expression(U32, names, depth), form.Constant(region.count - 1, U32))
        return form.Binary("%", self.expression(U32, names, depth), count)

    def constant(self, type: Type) -> form.Constant:
        top = (1 << type.bits) - 1
        value = self.rng.choice((0, 1, 2, 3, 7, 255, 0x800, top, top - 1, top >> 1, self.rng.randrange(top + 1)))
        return form.Constant(min(value, top), type)

    def leaf(self, type: Type, names: Names) -> Expression:
        known = [name for name, (of, _) in names.items() if of == type]
        narrower = [name for name, (of, _) in names.items() if 0 < of.bits < type.bits]
        cells = [region for region in self.regions if region.cell == type]
        if known and self.rng.random() < 0.7:
            return form.Variable(self.rng.choice(known), type)
        if cells and self.rng.random() < 0.5:
            region = self.rng.choice(cells)
            return form.Owned(region.name, form.Constant(self.rng.randrange(region.count), U32), type)
        if narrower and self.rng.random() < 0.6:
            name = self.rng.choice(narrower)
            return form.Convert("widen", form.Variable(name, names[name][0]), type)
        if type == U32 and self.rng.random() < 0.4:
            return form.Extent(self.rng.choice(("packet", "packet", "wire", *(region.name for region in self.regions))))
        return form.Constant(self.rng.randrange(2), BOOL) if type == BOOL else self.constant(type)

    def expression(self, type: Type, names: Names, depth: int) -> Expression:
        """An expression of a type that does not fault, unless at a risk."""
        rng = self.rng
        if type == BOOL:
            return self.condition(names, depth)
        if depth <= 0 or rng.random() < 0.25:
            return self.leaf(type, names)
        match rng.randrange(8):
            case 0 | 1:
                left, right = self.expression(type, names, depth - 1), self.expression(type, names, depth - 1)
                return form.Binary(rng.choice(("+%", "-%", "*%", "&", "|", "^")), left, right)
            case 2:
                return self.checked(type, names, depth)
            case 3:
                symbol, divisor = rng.choice("/%"), self.constant(type)
                if not self.risky():
                    divisor = form.Constant(max(1, divisor.value), type)
                by: Expression = divisor
                if rng.random() < 0.2:
                    by = form.Binary("|", self.expression(type, names, depth - 1), form.Constant(1, type))
                return form.Binary(symbol, self.expression(type, names, depth - 1), by)
            case 4:
                symbol = rng.choice(("<<", ">>"))
                amount: Expression = form.Constant(rng.randrange(type.bits), type)
                if rng.random() < 0.3:
                    amount = self.expression(type, names, depth - 1)
                    if not self.risky():
                        amount = form.Binary("%", amount, form.Constant(type.bits, type))
                return form.Binary(symbol, self.expression(type, names, depth - 1), amount)
            case 5:
                return self.converted(type, names, depth)
            case 6 if type.bits % 8 == 0:
                return form.ByteSwap(self.expression(type, names, depth - 1))
            case 7 if any(region.cell == type for region in self.regions):
                region = rng.choice([region for region in self.regions if region.cell == type])
                return form.Owned(region.name, self.index(region, names, depth - 1), type)
        return self.leaf(type, names)

    def checked(self, type: Type, names: Names, depth: int) -> Expression:
        """A plain + - or *: of operands too small to wrap, or at a risk of any."""
        symbol = self.rng.choice("+-*")
        left, right = self.expression(type, names, depth - 1), self.expression(type, names, depth - 1)
        if self.risky():
            return form.Binary(symbol, left, right)
        if symbol == "-":
            part = self.rng.choice(("&", ">>", "/"))
            small = form.Constant(1 + self.rng.randrange(type.bits - 1), type)
            return form.Binary("-", left, form.Binary(part, left, right if part == "&" else small))
        bits = type.bits - 1 if symbol == "+" else type.bits // 2
        mask = form.Constant((1 << bits) - 1, type)
        return form.Binary(symbol, form.Binary("&", left, mask), form.Binary("&", right, mask))

    def converted(self, type: Type, names: Names, depth: int) -> Expression:
        other = self.rng.choice(WIDTHS)
        value = self.expression(other, names, depth - 1)
        if other.bits < type.bits:
            return form.Convert("widen", value, type)
        if other.bits == type.bits:
            return value
        if self.rng.random() < 0.5:
            return form.Convert("truncate", value, type)
        if not self.risky():
            value = form.Binary("&", value, form.Constant((1 << type.bits) - 1, other))
        return form.Convert("narrow", value, type)

    def condition(self, names: Names, depth: int) -> Expression:
        rng = self.rng
        if depth <= 0:
            return self.leaf(BOOL, names)
        match rng.randrange(6):
            case 0:
                symbol = rng.choice(("and", "or"))
                left, right = self.condition(names, depth - 1), self.condition(names, depth - 1)
                return form.Logic("and" if symbol == "and" else "or", left, right)
            case 1:
                return form.Not(self.condition(names, depth - 1))
            case 2:
                return self.guarded(names, depth)
        type = rng.choice((*WIDTHS, U32, U8, U16))
        left, right = self.expression(type, names, depth - 1), self.expression(type, names, depth - 1)
        return form.Compare(rng.choice(COMPARISONS), left, right)

    def guarded(self, names: Names, depth: int) -> Expression:
        """A comparison whose right side relies on the short circuit: a difference, a quotient or an owned cell."""
        left, right = self.expression(U32, names, depth - 1), self.expression(U32, names, depth - 1)
        if self.regions and self.rng.random() < 0.5:
            region = self.rng.choice(self.regions)
            cell = form.Owned(region.name, left, region.cell)
            test = form.Compare("==", cell, self.expression(region.cell, names, depth - 1))
            if self.rng.random() < 0.5:
                return form.Logic("and", form.Compare("<", left, form.Extent(region.name)), test)
            return form.Logic("or", form.Compare(">=", left, form.Constant(region.count, U32)), test)
        if self.rng.random() < 0.5:
            test = form.Compare("<", form.Binary("-", left, right), form.Constant(100, U32))
            return form.Logic("and", form.Compare(">=", left, right), test)
        test = form.Compare("<", form.Binary("/", left, right), form.Constant(100, U32))
        return form.Logic("or", form.Compare("==", right, form.Constant(0, U32)), test)
