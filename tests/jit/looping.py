"""Random core programs with loops, copies through pipes, rewriting and sends, for the tests of images.

They are well formed, and keep within packet and regions on purpose; what still faults is run by the interpreter only.
Nothing of them is proved, so that they may be dense in what code generation rewrites: ten times as many copies as the
programs of `tests.looping`, which are about what can be proved, and no more sends than a short queue has room for. The
same seed gives the same program in every process.
"""

from __future__ import annotations

import random

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program

MAXIMUM = 200
"""Bytes of the longest packet."""

WIDTHS = (8, 16, 32)
_WRAPPING = ("+%", "-%", "*%", "&", "|", "^")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def looping_program(seed: int, *, may_rewrite: bool = True) -> Program:
    """A handler that loops, copies and, unless it may not, rewrites."""
    program = parse_program(_Maker(random.Random(f"looping {seed}"), f"looping{seed}", may_rewrite).text())
    assert_well_formed(program)
    return program


def looping_inputs(program: Program, seed: int, count: int) -> list[tuple[Packet, dict[str, list[int]]]]:
    """Packets, with memory for each."""
    rng = random.Random(f"inputs {seed}")
    found = []
    for _ in range(count):
        length = rng.choice((0, 1, 13, 30, rng.randrange(64), rng.randrange(MAXIMUM + 1)))
        data = rng.randbytes(length) if rng.random() < 0.6 else bytes(rng.choice((0, 1, 2, 255)) for _ in range(length))
        cells = {one.name: [rng.choice((0, 1, rng.randrange(1 << one.cell.bits))) for _ in range(one.count)]
                 for one in program.regions}  # fmt: skip
        found.append((Packet(data, rng.choice((length, length + 9))), cells))
    return found


class _Maker:
    """Makes one program's text. Names of values are drawn from `values`: those in scope, by their width."""

    def __init__(self, rng: random.Random, name: str, may_rewrite: bool) -> None:
        self.rng, self.name, self.may_rewrite, self.count = rng, name, may_rewrite, 0
        self.values: dict[int, list[str]] = {width: [] for width in WIDTHS}
        self.mutable: dict[int, list[str]] = {width: [] for width in WIDTHS}
        self.pipes: list[tuple[str, int]] = []  # each with the width of what it finishes with
        self.loops: list[str] = []
        self.in_pipe = False
        self.left = rng.randrange(8, 40)  # statements before the last loop
        self.sends = 3

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def text(self) -> str:
        rng = self.rng
        pipes = "".join(self.pipe() for _ in range(rng.randrange(4)))
        body = "".join(f"  var {self.declared(width, mutable=True)}: u{width} = {rng.randrange(1 << width)}:u{width}\n"
                       for width in (8, 16, 32, 32))  # fmt: skip
        body += self.body(0, least=4)
        body += f"  {self.send(0)}\n" if rng.random() < 0.5 else ""
        last = rng.choice(("consume", "pass", "drop"))
        return f"""handler {self.name} on ethernet maximum {MAXIMUM}
  owns @ring: u8[{MAXIMUM + 8}] plain
  owns @table: u32[16] shared
  owns @halves: u16[4] scratch
  may reply, wake{", rewrite" if self.may_rewrite else ""}
{pipes}{{
  block all {{
{body}  }}
  exit {last}
}}
"""

    def declared(self, width: int, *, mutable: bool = False) -> str:
        name = f"%{self.fresh('v')}"
        self.values[width].append(name)
        if mutable:
            self.mutable[width].append(name)
        return name

    # ---- expressions

    def value(self, width: int, depth: int = 2) -> str:
        rng = self.rng
        type = f"u{width}"
        if depth == 0 or rng.random() < 0.25:
            if self.values[width] and rng.random() < 0.7:
                return rng.choice(self.values[width])
            return f"{rng.choice((0, 1, 2, 3, 255, rng.randrange(1 << width))) % (1 << width)}:{type}"
        match rng.randrange(8):
            case 0:
                narrower = rng.choice([one for one in WIDTHS if one <= width])
                return f"widen({self.value(narrower, depth - 1)}, {type})"
            case 1:
                wider = rng.choice([one for one in WIDTHS if one >= width])
                value = self.value(wider, depth - 1)
                return value if wider == width else f"truncate({value}, {type})"
            case 2:
                return f"bswap({self.value(width, depth - 1)})"
            case 3:
                shift = rng.choice(("<<", ">>"))
                return f"({self.value(width, depth - 1)} {shift} {rng.randrange(width)}:{type})"
            case 4:
                return f"({self.value(width, depth - 1)} {rng.choice('/%')} {rng.randrange(1, 1 << width)}:{type})"
            case 5 if width == 32 and not self.in_pipe:
                return rng.choice((f"@table[{self.within(16)}]", "extent(packet)", "extent(wire)"))
        return f"({self.value(width, depth - 1)} {rng.choice(_WRAPPING)} {self.value(width, depth - 1)})"

    def within(self, bound: int) -> str:
        """A u32 below a power of two."""
        return f"({self.value(32, 1)} & {bound - 1}:u32)"

    def condition(self) -> str:
        rng, width = self.rng, self.rng.choice(WIDTHS)
        found = f"({self.value(width, 1)} {rng.choice(_COMPARISONS)} {self.value(width, 1)})"
        if rng.random() < 0.3:
            found = f"({found} {rng.choice(('and', 'or'))} {self.condition()})"
        return f"not({found})" if rng.random() < 0.2 else found

    # ---- pipes

    def pipe(self) -> str:
        rng, name, gauge = self.rng, self.fresh("p"), self.rng.choice(WIDTHS)
        outer = self.values, self.mutable
        self.values, self.mutable, self.in_pipe = {one: [] for one in WIDTHS}, {one: [] for one in WIDTHS}, True
        width = rng.choice([one for one in WIDTHS if one >= gauge])
        state = self.declared(width, mutable=True)
        start = rng.randrange(1 << width)
        word = self.declared(gauge)
        kind = rng.randrange(4)
        widened = f"widen({word}, u{width})"
        if kind == 0:
            attributes, body = "commutative readonly", f"{state} = ({state} +% {widened}) emit {word}"
        elif kind == 1:
            attributes, body = "commutative", f"{state} = ({state} ^ {widened}) emit bswap({word})"
        else:
            attributes = ""
            body = f"if {self.condition()} {{ {state} = {self.value(width)} }} "
            emit = f"emit {self.value(gauge)} "
            later = f"{self.let_of(width)} {state} = {self.values[width][-1]} "
            body += emit + later if rng.random() < 0.5 else later + emit
        self.values, self.mutable, self.in_pipe = *outer, False
        self.pipes.append((name, width))
        head = f"  pipe {name}({word}: u{gauge}) {attributes} state {state} = {start}:u{width}"
        return f"{head} {{ {body} }} finish {state}\n"

    # ---- statements

    def body(self, depth: int, *, least: int = 1) -> str:
        """Statements of one body; what it declares is out of scope behind it."""
        values = {width: list(names) for width, names in self.values.items()}
        mutable = {width: list(names) for width, names in self.mutable.items()}
        lines = [self.statement(depth) for _ in range(max(least, self.rng.randrange(1, 6)))]
        if depth:
            self.values, self.mutable = values, mutable
        return "".join("  " * (depth + 1) + line + "\n" for line in lines)

    def statement(self, depth: int) -> str:
        rng = self.rng
        self.left -= 1
        if self.left > 0 and depth < 3 and rng.random() < 0.45:
            return rng.choice((self.counting, self.walking, self.halving, self.if_))(depth)
        return rng.choice(
            (self.let, self.assign, self.assign, self.read, self.store, self.store, self.rewrite, self.copy, self.copy,
             self.end, self.send)
        )(depth)  # fmt: skip

    def let(self, depth: int) -> str:
        return self.let_of(self.rng.choice(WIDTHS))

    def let_of(self, width: int) -> str:
        value = self.value(width)
        return f"let {self.declared(width)}: u{width} = {value}"

    def assign(self, depth: int) -> str:
        width = self.rng.choice(WIDTHS)
        return f"{self.rng.choice(self.mutable[width])} = {self.value(width)}"

    def leaving(self) -> str:
        """Out of a loop, or of the program."""
        if self.loops and self.rng.random() < 0.7:
            return f"leave {self.rng.choice(self.loops)}"
        if self.loops or self.rng.random() < 0.3:
            return f"exit {self.rng.choice(('consume', 'pass', 'drop'))}"
        return "leave all"

    def read(self, depth: int) -> str:
        width, leaving = self.rng.choice((8, 16, 32)), self.leaving()
        offset = f"({self.value(32, 1)} & {self.rng.choice((7, 31, 4294967295))}:u32)"
        return f"read {self.declared(width)}: u{width} = packet[{offset}] else {{ {leaving} }}"

    def store(self, depth: int) -> str:
        region, width, count = self.rng.choice((("ring", 8, 128), ("table", 32, 16), ("halves", 16, 4)))
        return f"@{region}[{self.within(count)}] = {self.value(width)}"

    def rewrite(self, depth: int) -> str:
        if not self.may_rewrite:
            return self.store(depth)
        width, at = self.rng.choice(WIDTHS), self.rng.randrange(40)
        return f"if (extent(packet) >= {at + width // 8}:u32) {{ packet[{at}:u32] = {self.value(width)} }}"

    def copy(self, depth: int) -> str:
        """Of a part of the packet that begins and ends anywhere."""
        rng = self.rng
        at, count, result = f"%{self.fresh('v')}", f"%{self.fresh('v')}", self.fresh("c")
        first = f"let {at}: u32 = ({self.value(32, 1)} % (extent(packet) + 1:u32)) "
        second = f"let {count}: u32 = ({self.value(32, 1)} % ((extent(packet) - {at}) + 1:u32)) "
        if rng.random() < 0.3:
            second = f"let {count}: u32 = (extent(packet) - {at}) "
        self.values[32] += [at, count]
        chosen = rng.sample(self.pipes, rng.randrange(len(self.pipes) + 1))
        index = rng.choice((f"{rng.randrange(9)}:u32", self.within(8)))
        through = f"through {', '.join(name for name, _ in chosen)} " if chosen else ""
        for name, width in chosen:
            self.values[width].append(f"%{result}.{name}")
        return f"{first}{second}copy packet[{at} : {count}] -> @ring[{index}] {through}as {result}"

    def send(self, depth: int) -> str:
        """Not in a loop, where the queue would have no room."""
        if depth or not self.sends:
            return self.store(depth)
        self.sends -= 1
        if self.rng.random() < 0.3:
            return "wake"
        at = f"%{self.fresh('v')}"
        let = f"let {at}: u32 = ({self.value(32, 1)} % (extent(packet) + 1:u32)) "
        self.values[32].append(at)
        stretch = f"packet[{at} : (extent(packet) - {at})]"
        return f"{let}send reply {{ value {self.value(16)} {stretch} value {self.value(32)} }}"

    def end(self, depth: int) -> str:
        return f"if {self.condition()} {{ {self.leaving()} }}" if depth else self.let(depth)

    def if_(self, depth: int) -> str:
        condition, then = self.condition(), self.body(depth + 1)
        otherwise = f" else {{\n{self.body(depth + 1)}  }}" if self.rng.random() < 0.5 else ""
        return f"if {condition} {{\n{then}  }}{otherwise}"

    # ---- loops, each of which ends

    def loop(self, head: str, condition: str, depth: int, last: str) -> str:
        """A loop with a random body, which ends with `last` unless it left before."""
        rng, label = self.rng, self.fresh("l")
        self.loops.append(label)
        limit = rng.choice(("", "", f"limit {rng.randrange(6)} "))
        body = self.body(depth + 1)
        self.loops.pop()
        exhausted = f" else {{ {self.leaving()} }}" if limit else ""
        return f"loop {label} {{ {head} }} while {condition} {limit}{{\n{body}    {last}\n  }}{exhausted}"

    def counting(self, depth: int) -> str:
        """Up to a bound that may be anything, in steps of one."""
        at, to = f"%{self.fresh('v')}", f"%{self.fresh('v')}"
        first = f"let {to}: u32 = {self.within(16)} var {at}: u32 = 0:u32 "
        self.values[32] += [at, to]
        return first + self.loop("", f"({at} < {to})", depth, f"{at} = ({at} + 1:u32)")

    def walking(self, depth: int) -> str:
        """Over the packet, by lengths that stand in it."""
        at, step, more = (f"%{self.fresh('v')}" for _ in range(3))
        first = f"var {at}: u32 = {self.within(8)} "
        self.values[32].append(at)
        label = f"l{self.count + 1}"
        head = f"let {more}: bool = ({at} < extent(packet))"
        last = (
            f"read {step}: u8 = packet[{at}] else {{ leave {label} }} "
            f"{at} = ({at} + (widen(({step} & 15:u8), u32) + 1:u32))"
        )
        return first + self.loop(head, more, depth, last)

    def halving(self, depth: int) -> str:
        """Until nothing is left."""
        rest = f"%{self.fresh('v')}"
        first = f"var {rest}: u32 = {self.value(32, 1)} "
        self.values[32].append(rest)
        less = f"{rest} = ({rest} >> {self.rng.randrange(1, 9)}:u32)"
        return first + self.loop("", f"({rest} != 0:u32)", depth, less)
