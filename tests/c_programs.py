"""Random C programs: deterministic by seed, with an end, and with nothing that C leaves undefined.

They have what a compiler makes different code of: integers of 8 to 64 bits, signed and not, shifts, division, structs
with bit-fields, arrays, pointers, unaligned memory through memcpy, loops, switches, recursion, calls through pointers,
arguments on the stack, structs by value, and volatile objects. Results are mixed into a checksum, which is printed.
What a program executes is estimated while it is written, and kept within a budget.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

TYPES = ("u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64")
BITS = {name: int(name[1:]) for name in TYPES}
FUNCTION_BUDGET = 4_000
"""Instructions, roughly, that a call may take."""
PROGRAM_BUDGET = 60_000
TELLING = (0, 1, 2, 3, 7, 8, 31, 32, 63, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

PRELUDE = """\
typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
void *memcpy(void *, const void *, u32);
void *memmove(void *, const void *, u32);
void *memset(void *, int, u32);
void mix(u64);
void mix_bytes(const void *, u32);
void report(void);
extern u32 checksum;

static u32 div_u32(u32 a, u32 b) { return b ? a / b : a; }
static u32 mod_u32(u32 a, u32 b) { return b ? a % b : a; }
static s32 div_s32(s32 a, s32 b) { return b == 0 || b == -1 ? a : a / b; }
static s32 mod_s32(s32 a, s32 b) { return b == 0 || b == -1 ? a : a % b; }
static u64 div_u64(u64 a, u64 b) { return b ? a / b : a; }
static u64 mod_u64(u64 a, u64 b) { return b ? a % b : a; }
static s64 div_s64(s64 a, s64 b) { return b == 0 || b == -1 ? a : a / b; }
static s64 mod_s64(s64 a, s64 b) { return b == 0 || b == -1 ? a : a % b; }
static u32 turn(u32 a, u32 n) { n &= 31; return n ? a << n | a >> (32 - n) : a; }
static u32 swapped(u32 a) { return a << 24 | (a & 0xff00) << 8 | (a >> 8 & 0xff00) | a >> 24; }
"""


@dataclass(frozen=True)
class Struct:
    """A struct type: its members, some of them bit-fields."""

    name: str
    members: tuple[tuple[str, str, int], ...]  # type, name, bits of a bit-field or 0

    def declaration(self) -> str:
        rows = "".join(f"    {type} {name}{f' : {bits}' if bits else ''};\n" for type, name, bits in self.members)
        return f"struct {self.name} {{\n{rows}}};\n"


@dataclass(frozen=True)
class Function:
    """What callers must know of a function."""

    name: str
    result: str
    parameters: tuple[str, ...]
    cost: int


@dataclass
class Scope:
    """What an expression or statement may name."""

    values: list[tuple[str, str]]  # type and text: may be read
    places: list[tuple[str, str]] = field(default_factory=list)  # may be assigned to as well
    arrays: list[tuple[str, str, int]] = field(default_factory=list)  # type, name, elements: a power of two
    loops: int = 0

    def inner(self) -> Scope:
        return Scope(list(self.values), list(self.places), list(self.arrays), self.loops)


def program(seed: int) -> str:
    """The program of that seed."""
    return _Writer(random.Random(seed)).program()


class _Writer:
    def __init__(self, random: random.Random) -> None:
        self.random = random
        self.structs: list[Struct] = []
        self.functions: list[Function] = []
        self.globals = Scope([])
        self.records: list[tuple[Struct, str, int]] = []  # arrays of structs
        self.cost = 0
        self.times = 1  # how often what is written now is executed
        self.names = 0

    def pick(self, things: Sequence[T]) -> T:
        return self.random.choice(things)

    def between(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    # ---- The whole --------------------------------------------------------------------------------------------------

    def program(self) -> str:
        self.structs = [self.struct(number) for number in range(self.between(1, 3))]
        declarations = "".join(struct.declaration() + self.change(struct) for struct in self.structs)
        declarations += self.declare_globals()
        bodies = [self.function(number) for number in range(self.between(4, 9))]
        bodies.append(self.recursive())
        return f"{PRELUDE}\n{declarations}\n" + "\n".join(bodies) + "\n" + self.tables() + "\n" + self.main()

    def struct(self, number: int) -> Struct:
        members = []
        for index in range(self.between(2, 6)):
            type = self.pick(TYPES)
            bits = self.between(1, 31) if self.random.random() < 0.25 else 0
            members.append(("u32" if bits else type, f"m{index}", bits))
        return Struct(f"record{number}", tuple(members))

    def change(self, struct: Struct) -> str:
        """A function that takes a struct by value, changes two members, and returns it."""
        scope = Scope([("u32", "p"), *((type, f"r.{name}") for type, name, _ in struct.members)])
        lines = []
        for type, name, _ in self.random.choices(struct.members, k=2):
            lines.append(f"    r.{name} = ({type}){self.expression(scope, 2)};\n")
        head = f"static struct {struct.name} change_{struct.name}(struct {struct.name} r, u32 p)"
        return f"{head}\n{{\n{''.join(lines)}    return r;\n}}\n"

    def declare_globals(self) -> str:
        lines = []
        for index in range(self.between(5, 10)):
            type, name = self.pick(TYPES), f"g{index}"
            kept = self.pick(["", "", "static ", "volatile ", "static volatile "])
            start = f" = ({type}){self.constant()}" if self.random.random() < 0.6 else ""
            lines.append(f"{kept}{type} {name}{start};")
            self.globals.values.append((type, name))
            self.globals.places.append((type, name))
        for index in range(self.between(2, 5)):
            type, name, count = self.pick(TYPES), f"a{index}", self.pick([4, 8, 16, 64])
            start = "" if self.random.random() < 0.5 else " = {" + ", ".join(self.constants(type, count)) + "}"
            lines.append(f"{self.pick(['', 'static '])}{type} {name}[{count}]{start};")
            self.globals.arrays.append((type, name, count))
        for index, struct in enumerate(self.structs):
            count = self.pick([2, 4, 8])
            lines.append(f"static struct {struct.name} r{index}[{count}];")
            self.records.append((struct, f"r{index}", count))
        lines.append("static u8 bytes[80];")
        constants = ", ".join(self.constants("u32", 16))
        lines.append(f"static const u32 table[16] = {{{constants}}};")
        return "\n".join(lines) + "\n"

    def constants(self, type: str, count: int) -> list[str]:
        return [f"({type}){self.constant()}" for _ in range(count)]

    def tables(self) -> str:
        """Functions of one shape in an array, to be called through it."""
        alike = [one for one in self.functions if one.result == "u32" and one.parameters == ("u32", "u32")]
        if not alike:
            return ""
        names = ", ".join((alike * 4)[index].name for index in range(4))
        return f"static u32 (*const calls[4])(u32, u32) = {{{names}}};\n"

    def main(self) -> str:
        self.cost, self.times = 0, 1
        filled = f"    for (i = 0; i < 80; i++) bytes[i] = (u8)(i * {self.odd()} + 1);"
        lines = ["int main(void)", "{", "    u32 i;", filled]
        scope = Scope([*self.globals.values, ("u32", "i")], self.globals.places, self.globals.arrays)
        has_table = bool(self.tables())
        rounds = self.between(2, 6)
        lines.append(f"    for (i = 0; i < {rounds}; i++) {{")
        with self.repeated(rounds):
            for function in self.functions:
                if self.affordable(function.cost, PROGRAM_BUDGET):
                    lines.append(f"        mix((u64){self.call(function, scope, 2)});")
            if has_table:
                which, argument = self.expression(scope, 2), self.expression(scope, 1)
                lines.append(f"        mix(calls[({which}) & 3](i, (u32){argument}));")
        lines += ["        report();", "    }"]
        for type, name in self.globals.values:
            lines.append(f"    mix((u64)({type}){name});")
        lines += [f"    mix_bytes({name}, sizeof {name});" for _, name, _ in self.globals.arrays]
        for struct, name, count in self.records:
            for member_type, member, _ in struct.members:
                lines.append(f"    for (i = 0; i < {count}; i++) mix((u64)({member_type}){name}[i].{member});")
        lines += ["    mix_bytes(bytes, sizeof bytes);", "    report();", "    return checksum & 127;", "}", ""]
        return "\n".join(lines)

    # ---- Functions --------------------------------------------------------------------------------------------------

    def function(self, number: int) -> str:
        parameters = tuple(self.pick(TYPES) for _ in range(self.between(0, 7)))
        result = self.pick(TYPES)
        if self.random.random() < 0.3:
            result, parameters = "u32", ("u32", "u32")
        self.cost, self.times = 10, 1
        scope = self.globals.inner()
        for index, type in enumerate(parameters):
            scope.values.append((type, f"p{index}"))
            scope.places.append((type, f"p{index}"))
        body = self.locals(scope)
        body += self.block(scope, self.between(3, 8), 0)
        body.append(f"return ({result}){self.expression(scope, 3)};")
        kept = self.pick(["", "static ", "static __attribute__((noinline)) "])
        listed = ", ".join(f"{type} p{index}" for index, type in enumerate(parameters)) or "void"
        name = f"f{number}"
        self.functions.append(Function(name, result, parameters, self.cost))
        return f"{kept}{result} {name}({listed})\n{{\n{indented(body)}}}\n"

    def recursive(self) -> str:
        """A function that calls itself, once or twice at a time, to a depth that the caller bounds."""
        self.cost, self.times = 10, 1
        scope = self.globals.inner()
        scope.values += [("u32", "p0"), ("u32", "p1")]
        twice = self.random.random() < 0.5
        depth = 3 if twice else 15
        body = [f"if ((p0 & {depth}) == 0) return p1;", *self.block(scope, 2, 1)]
        again = f"recursive((p0 & {depth}) - 1, (u32){self.expression(scope, 1)})"
        other = f" ^ recursive((p0 & {depth}) - 1, p1 + {self.odd()})" if twice else ""
        body.append(f"return turn({again}{other}, p0) + p1;")
        self.functions.append(Function("recursive", "u32", ("u32", "u32"), self.cost * 16))
        return f"static u32 recursive(u32 p0, u32 p1)\n{{\n{indented(body)}}}\n"

    def locals(self, scope: Scope) -> list[str]:
        lines = []
        for _ in range(self.between(1, 5)):
            type, name = self.pick(TYPES), self.name("v")
            kept = "volatile " if self.random.random() < 0.1 else ""
            lines.append(f"{kept}{type} {name} = ({type}){self.expression(scope, 2)};")
            scope.values.append((type, name))
            scope.places.append((type, name))
        if self.random.random() < 0.4:
            type, name, count = self.pick(TYPES), self.name("w"), self.pick([4, 8])
            lines.append(f"{type} {name}[{count}] = {{{', '.join(self.constants(type, count))}}};")
            scope.arrays.append((type, name, count))
        return lines

    # ---- Statements -------------------------------------------------------------------------------------------------

    def block(self, scope: Scope, statements: int, depth: int) -> list[str]:
        lines = []
        for _ in range(statements):
            lines += self.statement(scope, depth)
        return lines

    def statement(self, scope: Scope, depth: int) -> list[str]:
        choices: list[Callable[[Scope, int], list[str]]] = [self.assign, self.assign, self.assign, self.element]
        choices += [self.record, self.unaligned, self.mixed, self.call_statement, self.pointer]
        if depth < 3:
            choices += [self.condition, self.condition, self.switch]
            if self.affordable(60 * 6, FUNCTION_BUDGET):
                choices += [self.counted, self.whiling]
        return self.pick(choices)(scope, depth)

    def assign(self, scope: Scope, depth: int) -> list[str]:
        if not scope.places:
            return []
        type, place = self.pick(scope.places)
        if BITS[type] >= 32 and type.startswith("u") and self.random.random() < 0.4:
            operator = self.pick(["+=", "-=", "^=", "|=", "&=", "*="])
            return [f"{place} {operator} ({type}){self.expression(scope, 2)};"]
        return [f"{place} = ({type}){self.expression(scope, 3)};"]

    def element(self, scope: Scope, depth: int) -> list[str]:
        type, name, count = self.pick(scope.arrays)
        return [f"{name}[({self.expression(scope, 1)}) & {count - 1}] = ({type}){self.expression(scope, 2)};"]

    def record(self, scope: Scope, depth: int) -> list[str]:
        struct, name, count = self.pick(self.records)
        index = f"({self.expression(scope, 1)}) & {count - 1}"
        if self.random.random() < 0.25:
            self.spend(60)
            other = f"{name}[({self.expression(scope, 1)}) & {count - 1}]"
            changed = f"change_{struct.name}({other}, (u32){self.expression(scope, 1)})"
            return [f"{name}[{index}] = {self.pick([other, changed])};"]
        type, member, _ = self.pick(struct.members)
        return [f"{name}[{index}].{member} = ({type}){self.expression(scope, 2)};"]

    def unaligned(self, scope: Scope, depth: int) -> list[str]:
        type, name = self.pick(TYPES[2:]), self.name("x")
        self.spend(80)
        at = f"bytes + (({self.expression(scope, 1)}) & 63)"
        if self.random.random() < 0.5:
            copied = [f"memcpy(&{name}, {at}, sizeof {name});", f"mix((u64){name});"]
            return ["{", f"    {type} {name};", *within(copied), "}"]
        value = self.expression(scope, 2)
        return ["{", f"    {type} {name} = ({type}){value};", f"    memcpy({at}, &{name}, sizeof {name});", "}"]

    def mixed(self, scope: Scope, depth: int) -> list[str]:
        self.spend(90)
        return [f"mix((u64){self.expression(scope, 3)});"]

    def pointer(self, scope: Scope, depth: int) -> list[str]:
        """A walk of a pointer through an array, or one store through it."""
        type, name, count = self.pick(scope.arrays)
        pointer = self.name("q")
        if self.random.random() < 0.5 or not self.affordable(count * 30, FUNCTION_BUDGET):
            at = f"{name} + (({self.expression(scope, 1)}) & {count - 1})"
            stored = f"    *{pointer} = ({type})(*{pointer} + {self.odd()});"
            return ["{", f"    {type} *{pointer} = {at};", stored, "}"]
        with self.repeated(count):
            value = self.expression(scope, 1)
        step = self.pick([f"*{pointer} ^= ({type}){value};", f"if (*{pointer}) *{pointer} = ({type}){value};"])
        head = f"    for ({pointer} = {name}; {pointer} < {name} + {count}; {pointer}++)"
        return ["{", f"    {type} *{pointer};", head, f"        {step}", "}"]

    def call_statement(self, scope: Scope, depth: int) -> list[str]:
        callable = [function for function in self.functions if self.affordable(function.cost + 60, FUNCTION_BUDGET)]
        if not callable:
            return self.assign(scope, depth)
        return [f"mix((u64){self.call(self.pick(callable), scope, 1)});"]

    def condition(self, scope: Scope, depth: int) -> list[str]:
        head = f"if ({self.truth(scope)}) {{"
        lines = [head, *within(self.block(scope.inner(), self.between(1, 3), depth + 1))]
        if self.random.random() < 0.5:
            lines += ["} else {", *within(self.block(scope.inner(), self.between(1, 2), depth + 1))]
        return [*lines, "}"]

    def switch(self, scope: Scope, depth: int) -> list[str]:
        cases = self.pick([3, 5, 9, 16])
        sparse = self.random.random() < 0.3
        lines = [f"switch (({self.expression(scope, 1)}) & {0xFF if sparse else 15}) {{"]
        for number in self.random.sample(range(256 if sparse else 16), cases):
            body = self.assign(scope, depth + 1)
            ends = [] if self.random.random() < 0.25 else ["break;"]
            lines += [f"case {number}:", *within([*body, *ends, *([] if body or ends else [";"])])]
        if self.random.random() < 0.6:
            lines += ["default:", *within([*self.assign(scope, depth + 1), "break;"])]
        else:
            lines += ["    ;"]
        return [*lines, "}"]

    def counted(self, scope: Scope, depth: int) -> list[str]:
        """A for loop, up or down, whose counter nothing else changes."""
        counter, turns = self.name("i"), self.pick([2, 3, 5, 8, 16])
        while turns > 2 and not self.affordable(turns * 60, FUNCTION_BUDGET):
            turns //= 2
        inner = scope.inner()
        type = self.pick(["u32", "s32", "u8", "s16"])
        inner.values.append((type, counter))
        with self.repeated(turns):
            body = self.block(inner, self.between(1, 3), depth + 1)
        head = self.pick([
            f"for ({counter} = 0; {counter} < {turns}; {counter}++)",
            f"for ({counter} = {turns}; {counter} > 0; {counter}--)",
        ])  # fmt: skip
        return ["{", f"    {type} {counter};", f"    {head} {{", *within(within(body)), "    }", "}"]

    def whiling(self, scope: Scope, depth: int) -> list[str]:
        """A while or do loop with a way out and a way round in the middle."""
        counter, turns = self.name("n"), self.pick([2, 3, 4, 7])
        inner = scope.inner()
        inner.values.append(("u32", counter))
        with self.repeated(turns):
            body = self.block(inner, self.between(1, 2), depth + 1)
            way = self.pick(["break", "continue"])
            body.append(f"if ({self.truth(inner)}) {way};")
            body += self.block(inner, 1, depth + 1)
        lines = ["{", f"    u32 {counter} = {turns};"]
        if self.random.random() < 0.5:
            return [*lines, f"    while ({counter}--) {{", *within(within(body)), "    }", "}"]
        return [*lines, "    do {", *within(within(body)), f"    }} while ({counter}-- > 0);", "}"]

    # ---- Expressions ------------------------------------------------------------------------------------------------

    def expression(self, scope: Scope, depth: int) -> str:
        """An expression of some integer type, with no overflow, in brackets."""
        self.spend(3)
        if depth <= 0 or self.random.random() < 0.15:
            return self.leaf(scope)
        kind = self.pick("add add bits bits shift divide compare choose unary narrow".split())
        wide = self.pick(["32", "32", "64"])
        a = f"(u{wide}){self.expression(scope, depth - 1)}"
        if kind == "unary":
            return self.pick([f"(-({a}))", f"(~({a}))", f"(!({a}))", f"swapped((u32)({a}))"])
        if kind == "narrow":
            return f"(({self.pick(TYPES)})({a}))"
        b = f"(u{wide}){self.expression(scope, depth - 1)}"
        self.spend(8 if wide == "64" else 2)
        match kind:
            case "add":
                return f"({a} {self.pick('+-*')} {b})"
            case "bits":
                return f"({a} {self.pick('&|^')} {b})"
            case "shift":
                if self.random.random() < 0.15:
                    return f"turn((u32)({a}), (u32)({b}))"
                sign = self.pick("us")
                operator = "<<" if sign == "u" and self.random.random() < 0.5 else ">>"
                known = self.random.random() < 0.5
                count = str(self.random.randrange(int(wide))) if known else f"({b} & {int(wide) - 1})"
                return f"((({sign}{wide})({a})) {operator} {count})"
            case "divide":
                return self.division(a, b, wide)
            case "compare":
                sign = self.pick("us")
                operator = self.pick(["<", "<=", ">", ">=", "==", "!="])
                return f"(({sign}{wide})({a}) {operator} ({sign}{wide})({b}))"
        return f"({self.truth(scope)} ? {a} : {b})"

    def division(self, a: str, b: str, wide: str) -> str:
        cost = 45 if wide == "32" else 900
        if not self.affordable(cost, FUNCTION_BUDGET):
            return f"({a} + {b})"
        self.spend(cost)
        sign, operation = self.pick("us"), self.pick(["div", "mod"])
        known = self.random.random() < 0.4
        divisor = str(self.pick([2, 3, 5, 7, 10, 16, 100, 255, 1000, 65536])) if known else b
        return f"{operation}_{sign}{wide}(({sign}{wide})({a}), ({sign}{wide})({divisor}))"

    def truth(self, scope: Scope) -> str:
        operator = self.pick(["<", ">", "==", "!=", "&"])
        first = f"({self.expression(scope, 1)} {operator} {self.expression(scope, 1)})"
        if self.random.random() < 0.3:
            return f"({first} {self.pick(['&&', '||'])} {self.expression(scope, 1)})"
        return first

    def leaf(self, scope: Scope) -> str:
        kind = self.random.random()
        if kind < 0.25:
            return f"({self.constant()})"
        if kind < 0.4 and scope.arrays:
            type, name, count = self.pick(scope.arrays)
            index = self.pick(scope.values)[1]
            self.spend(6)
            return f"(({type}){name}[{index} & {count - 1}])"
        if kind < 0.5 and self.records:
            struct, name, count = self.pick(self.records)
            _, member, _ = self.pick(struct.members)
            index = self.pick(scope.values)[1]
            self.spend(8)
            return f"({name}[{index} & {count - 1}].{member})"
        if kind < 0.55 and self.records:
            return f"(table[{self.pick(scope.values)[1]} & 15])"
        return f"({self.pick(scope.values)[1]})"

    def call(self, function: Function, scope: Scope, depth: int) -> str:
        self.spend(function.cost)
        arguments = ", ".join(f"({type}){self.expression(scope, depth)}" for type in function.parameters)
        return f"{function.name}({arguments})"

    def constant(self) -> str:
        value = self.pick([*TELLING, self.random.getrandbits(8), self.random.getrandbits(32)])
        if self.random.random() < 0.15:
            return f"0x{self.random.getrandbits(64):x}ULL"
        return f"{value}u" if self.random.random() < 0.7 or value > 0x7FFFFFFF else f"{'-' * (value > 0)}{value}"

    # ---- What it costs ----------------------------------------------------------------------------------------------

    def spend(self, cost: int) -> None:
        self.cost += cost * self.times

    def affordable(self, cost: int, budget: int) -> bool:
        return self.cost + cost * self.times <= budget

    @contextmanager
    def repeated(self, turns: int) -> Iterator[None]:
        self.times *= turns
        yield
        self.times //= turns

    def odd(self) -> int:
        return self.random.randrange(1, 1000, 2)

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"


def within(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def indented(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in within(lines))
