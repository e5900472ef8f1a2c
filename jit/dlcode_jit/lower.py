"""Core program to LLVM code: one lowering for all targets.

What the proof made needless is not emitted: an owned index is not tested, a `Read` without a continuation is not
tested, `Check` is nothing at all, and plain `+ - *` say to LLVM that they do not wrap. What is part of a program's
meaning stays: a `Read` with a continuation tests the length. So the code is right only for a program that the verifier
proved; the constructors of images see to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Body, Expression, Program, Statement, Type, Verdict

from . import abi, support
from .assembly import Function, symbol
from .congruence import UNKNOWN, Congruence, exactly
from .copies import lower_copy
from .effects import lower_send, lower_wake
from .guards import Guarding, Guards
from .places import Place, Places
from .sites import send_sites
from .targets import Target
from .tracking import Tracking

if TYPE_CHECKING:
    from dlcode_verifier.alignment import Alignment, Operand
    from dlcode_verifier.obligations import Node

_ARITHMETIC = {
    "+": "add nuw", "-": "sub nuw", "*": "mul nuw", "+%": "add", "-%": "sub", "*%": "mul",
    "/": "udiv", "%": "urem", "&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "lshr",
}  # fmt: skip
_COMPARISONS = {"==": "eq", "!=": "ne", "<": "ult", "<=": "ule", ">": "ugt", ">=": "uge"}
_CONVERSIONS = {"widen": "zext", "narrow": "trunc nuw", "truncate": "trunc"}
_PARAMETERS = ("packet", "length", "wire_length", "lease")


def entry_name(program: Program) -> str:
    """Symbol of the program's entry point. The prefix keeps it apart from every name that LLVM gives a meaning."""
    return f"{program.kind}.{program.name}"


def lower(
    program: Program,
    queue: abi.QueueLayout,
    target: Target,
    guarding: Guarding = Guarding.NONE,
    facts: Sequence[Alignment] = (),
) -> str:
    """The program as LLVM code for the target, without a triple and a data layout, which are the image's to add.

    `facts` are those of its certificate; without them, only constant offsets are known to be aligned.
    """
    return Lowering(program, queue, target, guarding, facts).module()


def proved_of(program: Program, facts: Sequence[Alignment]) -> dict[tuple[int, Operand], Congruence]:
    """What facts say of operands, by node and field."""
    if not facts:
        return {}
    from dlcode_verifier.alignment import accesses, key_of

    known = {fact.access: fact.congruence for fact in facts}
    return {key_of(one): known[one.number] for one in accesses(program) if one.number in known}


class Lowering:
    """One program on its way: the function that is written, and where each name is."""

    def __init__(
        self,
        program: Program,
        queue: abi.QueueLayout,
        target: Target,
        guarding: Guarding,
        facts: Sequence[Alignment],
        *,
        tracked: bool = False,
    ) -> None:
        self.of, self.queue, self.target = program, queue, target
        self.to = Function(_PARAMETERS)
        self.word = f"i{target.pointer_bits}"
        self.values: dict[str, str] = {}  # immutable names
        self.slots: dict[str, str] = {}  # mutable ones
        self.facts = proved_of(program, facts)
        self.labels: dict[str, str] = {}  # core label -> the LLVM block after it
        self.declared: dict[str, str] = {}  # declarations and support functions by name
        self.sites = {id(send): number for number, send in enumerate(send_sites(program))}
        self.metadata = ["!{}", f"!{{i64 {abi.REGION_ALIGNMENT}}}"]  # !0, !1, ...
        self.scopes: dict[str, str] = {}  # of regions: what is said of an access
        self.emitted = ""  # the value that the pipe being lowered emits
        self.regions = {region.name: position for position, region in enumerate(program.regions)}
        self.effects = bool(self.sites) or "wake" in program.may
        self.count = self.to.slot("effects", "i32") if self.effects else ""
        self.tracking = Tracking(self, tracked)
        self.guards, self.places = Guards(self, guarding), Places(self)

    def module(self) -> str:
        to = self.to
        described = self.tracking.begin()
        if self.effects:
            to.emit(f"store i32 0, ptr {self.count}")
        self.guards.begin()
        self.body(self.of.body)
        self.guards.end()
        # The packet overlaps neither regions nor queue, and only a program that may rewrite gets a copy to write to.
        # To LLVM, a volatile load may write.
        read_only = "rewrite" not in self.of.may and self.target.layout.least == 1
        packet = "ptr noalias readonly" if read_only else "ptr noalias"
        attributes = " ".join(self.target.attributes)
        length = f"i32 range(i32 0, {self.of.maximum + 1})"
        head = (
            f"define i32 {symbol(entry_name(self.of))}({packet} %packet, {length} %length, "
            f"i32 %wire_length, ptr noalias readonly %lease) {attributes}{described}"
        )
        parts = [text.replace("ATTRIBUTES", attributes) for text in self.declared.values()]
        parts += [*self.tracking.end(), *(f"!{number} = {node}" for number, node in enumerate(self.metadata))]
        return "\n".join([to.text(head), *parts]) + "\n"

    # ---- statements

    def body(self, body: Body) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: Statement) -> None:
        to = self.to
        self.tracking.at(statement.span)
        match statement:
            case form.Let(name, value, mutable):
                self.let(name, value, mutable)
            case form.Assign(name, value):
                to.emit(f"store {_type(value.type)} {self.value(value)}, ptr {self.slots[name]}")
            case form.Read():
                self.read(statement)
            case form.If():
                self.if_(statement)
            case form.Block(label, body):
                end = self.labels[label] = to.label(label)
                self.body(body)
                if to.open or to.aimed_at(end):
                    to.start(end)
            case form.Leave(label):
                to.jump(self.labels[label])
            case form.Loop():
                self.loop(statement)
            case form.Store(region, index, value):
                stored = self.value(value)
                cell = self.cell(region, index)
                to.emit(f"store {_type(value.type)} {stored}, ptr {cell}{self.apart(region)}")
            case form.Rewrite(_, value):
                self.places.put(self.value(value), value.type, self.packet(statement, value.type.bits // 8))
            case form.Send():
                lower_send(self, statement)
            case form.Wake():
                lower_wake(self)
            case form.Check():
                pass
            case form.Exit(verdict):
                self.exit(verdict)
            case form.Copy():
                lower_copy(self, statement)
            case form.Emit(value):
                self.emitted = self.value(value)

    def let(self, name: str, value: Expression, mutable: bool) -> None:
        result = self.value(value, name)
        if mutable:
            self.slots[name] = self.to.slot(name, _type(value.type))
            self.to.emit(f"store {_type(value.type)} {result}, ptr {self.slots[name]}")
        else:
            self.values[name] = result

    def read(self, read: form.Read) -> None:
        tested = read.otherwise is not None
        if read.otherwise is not None and self.guards.how is not Guarding.TRUST:
            there, short = self.to.label("there"), self.to.label("short")
            self.to.branch(self.captured(read.offset, read.type.bits // 8), there, short)
            self.to.start(short)
            self.body(read.otherwise)
            self.to.start(there)
        place = self.packet(read, read.type.bits // 8, tested=tested)
        self.values[read.name] = self.places.get(read.type, place, read.name)

    def captured(self, offset: Expression, size: int) -> str:
        """Whether `offset + size <= length`, as a sum that does not wrap."""
        to = self.to
        if isinstance(offset, form.Constant):
            end = offset.value + size
            return to.value(f"icmp ugt i32 %length, {end - 1}") if end <= self.of.maximum else "false"
        start = self.value(offset)
        if self.target.pointer_bits > 32:
            far = to.value(f"zext i32 {start} to {self.word}")
            end_ = to.value(f"add nuw nsw {self.word} {far}, {size}")
            return to.value(f"icmp ule {self.word} {end_}, {to.value(f'zext i32 %length to {self.word}')}")
        if size > 1:
            room = self.intrinsic("usub.sat", "i32", f"i32 %length, i32 {size - 1}", "i32, i32")
            return to.value(f"icmp ult i32 {start}, {room}")
        return to.value(f"icmp ult i32 {start}, %length")

    def if_(self, statement: form.If) -> None:
        to = self.to
        then, otherwise, end = to.label("then"), to.label("else"), to.label("end")
        self.branch(statement.condition, then, otherwise if statement.otherwise else end)
        to.start(then)
        self.body(statement.then)
        if statement.otherwise:
            if to.open:
                to.jump(end)
            to.start(otherwise)
            self.body(statement.otherwise)
        if to.open or to.aimed_at(end):
            to.start(end)

    def loop(self, loop: form.Loop) -> None:
        to = self.to
        head, turn, end = to.label(f"{loop.label}.head"), to.label(f"{loop.label}.turn"), to.label(loop.label)
        self.labels[loop.label] = end
        turns = ""
        if loop.exhausted is not None:  # a limit that says nothing is proved, and costs nothing
            turns = to.slot(f"{loop.label}.turns", "i32")
            to.emit(f"store i32 0, ptr {turns}")
        self.tracking.enter(loop)
        to.start(head)
        self.body(loop.head)
        if to.open:
            self.tracking.at(loop.condition.span)
            self.branch(loop.condition, turn, end)
            to.start(turn)
            if loop.exhausted is not None:
                more, past = to.label(f"{loop.label}.more"), to.label(f"{loop.label}.past")
                before = to.value(f"load i32, ptr {turns}")
                to.branch(to.value(f"icmp ult i32 {before}, {loop.limit}"), more, past)
                to.start(past)
                self.body(loop.exhausted)
                to.start(more)
                to.emit(f"store i32 {to.value(f'add nuw i32 {before}, 1')}, ptr {turns}")
            self.tracking.turn()
            self.body(loop.body)
            if to.open:
                self.guards.turn()
                to.jump(head)
        self.tracking.leave()
        to.start(end)

    def exit(self, verdict: Verdict) -> None:
        if self.effects and verdict.keeps_effects:
            count = self.to.value(f"load i32, ptr {self.count}")
            self.to.emit(f"store i32 {count}, ptr {self.leased(abi.LEASE_QUEUE)}, align {abi.QUEUE_ALIGNMENT}")
        self.to.finish(f"i32 {abi.VERDICT_CODES[verdict]}")

    # ---- memory

    def leased(self, index: int) -> str:
        """A word of the lease: an address that never changes during a run."""
        place = self.to.value(f"getelementptr inbounds ptr, ptr %lease, i32 {index}")
        aligned = ", !align !1" if index >= abi.LEASE_REGIONS else ""
        return self.to.value(f"load ptr, ptr {place}, !invariant.load !0, !nonnull !0{aligned}")

    def cell(self, region: str, index: Expression) -> str:
        """Address of a cell."""
        return self.address(region, self.guards.index(self.of.region(region), self.value(index)))

    def address(self, region: str, index: str) -> str:
        """Address of the cell of that number, which is known to be one."""
        base, cell = self.leased(abi.LEASE_REGIONS + self.regions[region]), _type(self.of.region(region).cell)
        return self.to.value(f"getelementptr inbounds {cell}, ptr {base}, {self.word} {self.widened(index)}")

    def apart(self, region: str) -> str:
        """What to write behind an access of a region: that no two regions overlap, as is tested at bind."""
        names = [one.name for one in self.of.regions]
        if len(names) < 2:
            return ""
        if not self.scopes:  # a domain, then a scope for each region, and a list of it alone and of all others
            domain = len(self.metadata)
            scopes = {name: domain + 1 + number for number, name in enumerate(names)}
            self.metadata.append(f"distinct !{{!{domain}}}")
            self.metadata += [f"distinct !{{!{scope}, !{domain}}}" for scope in scopes.values()]
            for name in names:
                self.scopes[name] = f", !alias.scope !{len(self.metadata)}, !noalias !{len(self.metadata) + 1}"
                others = ", ".join(f"!{scope}" for other, scope in scopes.items() if other != name)
                self.metadata += [f"!{{!{scopes[name]}}}", f"!{{{others}}}"]
        return self.scopes[region]

    def widened(self, index: str) -> str:
        """A u32 as an index of an address."""
        if self.target.pointer_bits == 32 or index.isdecimal():
            return index
        return self.to.value(f"zext i32 {index} to {self.word}")

    def known(self, node: Node, operand: Operand, value: Expression) -> Congruence:
        """What is known of an operand of an access, whenever it is accessed."""
        if isinstance(value, form.Constant):
            return exactly(value.value)
        return self.facts.get((id(node), operand), UNKNOWN)

    def packet(self, node: form.Read | form.Rewrite, size: int, *, tested: bool = False) -> Place:
        """Where the `size` bytes of the packet are that are read or written."""
        return self._at(node, self.guards.offset(self.value(node.offset), size, tested=tested))

    def stretch(self, node: form.Copy | form.PacketBytes, count: str) -> Place:
        """Where the `count` bytes of the packet are, a u32, that are taken."""
        start = self.value(node.offset)
        self.guards.stretch(start, count, "%length")
        return self._at(node, start)

    def _at(self, node: form.Read | form.Rewrite | form.Copy | form.PacketBytes, value: str) -> Place:
        layout = self.target.layout
        known = layout.base.plus(self.known(node, "offset", node.offset))
        if layout.piece:
            return Place("%packet", known, value, layout)
        address = self.to.value(f"getelementptr inbounds i8, ptr %packet, {self.word} {self.widened(value)}")
        return Place(address, known)

    def swapped(self, value: str, type: Type, name: str = "t") -> str:
        """The value with its bytes in the opposite order. LLVM swaps an even number of bytes."""
        to, bits = self.to, type.bits
        if bits == 8:
            return value
        if bits % 16 == 0:
            return self.intrinsic("bswap", f"i{bits}", f"i{bits} {value}", f"i{bits}", name)
        even = to.value(f"zext i{bits} {value} to i{bits + 8}")
        turned = self.intrinsic("bswap", f"i{bits + 8}", f"i{bits + 8} {even}", f"i{bits + 8}")
        return to.value(f"trunc nuw i{bits + 8} {to.value(f'lshr i{bits + 8} {turned}, 8')} to i{bits}", name)

    def intrinsic(self, name: str, type: str, arguments: str, parameters: str, result: str = "t") -> str:
        full = f"@llvm.{name}.{type}"
        self.declared[full] = f"declare {type} {full}({parameters})"
        return self.to.value(f"call {type} {full}({arguments})", result)

    def hinted(self, hints: Mapping[str, int]) -> str:
        """What to write behind the jump back of a loop, to tell LLVM how to compile it; empty without hints."""
        if not hints:
            return ""
        loop = len(self.metadata)
        said = ", ".join(f"!{loop + 1 + number}" for number in range(len(hints)))
        self.metadata.append(f"distinct !{{!{loop}, {said}}}")
        self.metadata += [f'!{{!"llvm.loop.{hint}", i32 {value}}}' for hint, value in hints.items()]
        return f", !llvm.loop !{loop}"

    # ---- expressions

    def branch(self, condition: Expression, yes: str, no: str) -> None:
        """End the block by going to `yes` or `no`; the right side of `and` and `or` runs only where it decides."""
        match condition:
            case form.Logic(symbol, left, right):
                rest = self.to.label(symbol)
                self.branch(left, *((rest, no) if symbol == "and" else (yes, rest)))
                self.to.start(rest)
                self.branch(right, yes, no)
            case form.Not(operand):
                self.branch(operand, no, yes)
            case _:
                self.to.branch(self.value(condition), yes, no)

    def value(self, expression: Expression, name: str = "t") -> str:
        to = self.to
        match expression:
            case form.Constant(value, type):
                return str(value) if type.bits else ("true" if value else "false")
            case form.Variable(of) if of in self.values:
                return self.values[of]
            case form.Variable(of, type):
                return to.value(f"load {_type(type)}, ptr {self.slots[of]}", of)
            case form.Extent("packet"):
                return "%length"
            case form.Extent("wire"):
                return "%wire_length"
            case form.Extent(of):
                return str(self.of.region(of).count)
            case form.Binary("/" | "%") if self.divides_by_call(expression):
                return self.division(expression, name)
            case form.Binary(symbol, left, right):
                one, other = self.value(left), self.value(right)
                if symbol in ("/", "%"):
                    self.guards.divisor(other, left.type)
                if symbol in ("<<", ">>"):
                    other = self.guards.shift(other, left.type)
                return to.value(f"{self.claimed(_ARITHMETIC[symbol])} {_type(left.type)} {one}, {other}", name)
            case form.Compare(symbol, left, right):
                one, other = self.value(left), self.value(right)
                return to.value(f"icmp {_COMPARISONS[symbol]} {_type(left.type)} {one}, {other}", name)
            case form.Logic():
                return self.decided(expression, name)
            case form.Not(operand):
                return to.value(f"xor i1 {self.value(operand)}, true", name)
            case form.Convert(_, operand, type) if operand.type == type:
                return self.value(operand, name)
            case form.Convert(how, operand, type):
                instruction, one = self.claimed(_CONVERSIONS[how]), self.value(operand)
                return to.value(f"{instruction} {_type(operand.type)} {one} to {_type(type)}", name)
            case form.ByteSwap(operand):
                return self.swapped(self.value(operand), operand.type, name)
            case form.Owned(region, index, type):
                return to.value(f"load {_type(type)}, ptr {self.cell(region, index)}{self.apart(region)}", name)
            case form.Entry():
                raise AssertionError("only a claim speaks of the value at entry, and a claim is not compiled")

    def claimed(self, instruction: str) -> str:
        """The instruction, which says that nothing is lost only where that was proved."""
        return instruction if self.guards.proved else instruction.removesuffix(" nuw")

    def decided(self, logic: form.Logic, name: str) -> str:
        """The truth value of `and` or `or`."""
        to = self.to
        yes, no, end = to.label("yes"), to.label("no"), to.label("end")
        self.branch(logic, yes, no)
        to.start(yes)
        to.jump(end)
        to.start(no)
        to.start(end)
        return to.value(f"phi i1 [ true, %{yes} ], [ false, %{no} ]", name)

    def divides_by_call(self, division: form.Binary) -> bool:
        divisor = division.right
        cheap = isinstance(divisor, form.Constant) and divisor.value.bit_count() == 1  # LLVM makes a shift or a mask
        return division.type.bits > self.target.division_bits and not cheap

    def division(self, division: form.Binary, name: str) -> str:
        function, text = support.division(division.type.bits, division.operator == "%")
        self.declared[function] = self.tracking.division(text)
        type = _type(division.type)
        one, other = self.value(division.left), self.value(division.right)
        self.guards.divisor(other, division.type)
        return self.to.value(f"call {type} @{function}({type} {one}, {type} {other})", name)


def _type(type: Type) -> str:
    return f"i{type.bits or 1}"
