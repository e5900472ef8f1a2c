"""The core form: the small typed language that everything after the front end speaks.

A program is structured: blocks are left by name, loops stay loops, and there is no other jump. Nodes are immutable and
carry the span of the source that they come from; two nodes that differ only in their spans are equal.

    expression   Constant Variable Extent Binary Compare Logic Not Convert ByteSwap Owned Entry
    statement    Let Assign Read If Block Leave Loop Store Rewrite Copy Emit Send Wake Check Exit

Reading packet bytes is one operation, `Read`, with an explicit continuation for "not there". Both rules of absence are
built from it: a comparison that is false (`leave` the comparison's block) and a short read that ends the whole filter
(`exit miss`). A `Read` without a continuation claims that the bytes are there, which the verifier must prove.

Packet bytes are big-endian. Owned cells have no byte order here: an image keeps them in its target's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from ..source import NOWHERE, Span

MAXIMUM_PACKET = 262_144
"""Most bytes a packet can have (libpcap's MAXIMUM_SNAPLEN)."""

LONGEST_FRAME = 1514
"""Most bytes of an Ethernet frame without its check sequence (IEEE 802.3, 3.2.7): what one send may hold."""


@dataclass(frozen=True, slots=True)
class Type:
    """An unsigned integer of `bits` bits (1 to 128), or, with 0 bits, a truth value."""

    bits: int

    def __str__(self) -> str:
        return f"u{self.bits}" if self.bits else "bool"


BOOL, U8, U16, U32, U64 = Type(0), Type(8), Type(16), Type(32), Type(64)


def _span() -> Any:
    return field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# ---- expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that fits its type; a truth value is 0 or 1."""

    value: int
    type: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Variable:
    """The present value of a name bound by `Let`, `Read` or a `Copy`'s result."""

    name: str
    type: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Extent:
    """A length, u32: of the captured packet, of the packet on the wire (bytes), or of a region (cells)."""

    of: str  # "packet", "wire", or a region's name
    span: Span = _span()

    @property
    def type(self) -> Type:
        return U32


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator of `operators.OPERATORS` on two values of one type."""

    operator: str
    left: Expression
    right: Expression
    span: Span = _span()

    @property
    def type(self) -> Type:
        return self.left.type


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of `operators.COMPARISONS` between two values of one type."""

    operator: str
    left: Expression
    right: Expression
    span: Span = _span()

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or`; the right side is evaluated only where the left side does not decide."""

    operator: Literal["and", "or"]
    left: Expression
    right: Expression
    span: Span = _span()

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """The other truth value."""

    operand: Expression
    span: Span = _span()

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Convert:
    """Another width: `widen` adds zero bits, `narrow` claims that the value fits, `truncate` cuts it."""

    how: Literal["widen", "narrow", "truncate"]
    operand: Expression
    type: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ByteSwap:
    """The value with its bytes in the opposite order; its width is a whole number of bytes."""

    operand: Expression
    span: Span = _span()

    @property
    def type(self) -> Type:
        return self.operand.type


@dataclass(frozen=True, slots=True)
class Owned:
    """The present value of one cell of a region; the index is a u32 that must be below the region's count."""

    region: str
    index: Expression
    type: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Entry:
    """The value that a cell had when the program was entered: `old(…)`. Only in `Check`."""

    region: str
    index: Expression
    type: Type
    span: Span = _span()


Expression = (
    Constant | Variable | Extent | Binary | Compare | Logic | Not | Convert | ByteSwap | Owned | Entry
)

# ---- statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Let:
    """Bind a name to a value, for the rest of the enclosing body. A `mutable` one may be assigned to."""

    name: str
    value: Expression
    mutable: bool = False
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a mutable name a new value of its type."""

    name: str
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Read:
    """Bind a name to the big-endian value of the packet bytes at `offset`, as many as its type is wide.

    Where not all of them are captured, `otherwise` runs instead, and always leaves. `None` claims that they are there.
    The sum of offset and width is a mathematical one: it does not wrap.
    """

    name: str
    type: Type
    offset: Expression
    otherwise: Body | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class If:
    condition: Expression
    then: Body
    otherwise: Body = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Block:
    """A body that `Leave(label)` ends early."""

    label: str
    body: Body
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Leave:
    """Go to the end of the enclosing block or loop with this label."""

    label: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Loop:
    """Run `head`; while `condition` holds, run `body` and again `head`. `Leave(label)` ends it.

    `limit N`: the turn N+1 runs `exhausted` instead, which always leaves; without one it is a fault.
    `invariants` hold whenever `condition` is evaluated; `decreases` falls, lexicographically, with every turn.
    """

    label: str
    head: Body
    condition: Expression
    body: Body
    invariants: tuple[Expression, ...] = ()
    decreases: tuple[Expression, ...] = ()
    limit: int | None = None
    exhausted: Body | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Store:
    """Write one cell of a region."""

    region: str
    index: Expression
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Write bytes of the handler's private copy of the packet, big-endian; needs `may rewrite`."""

    offset: Expression
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy `count` packet bytes from `offset` to a region of u8 from `index` on, through pipes in order.

    Each pipe sees the stream as big-endian words of its gauge. The stream is padded with zero bytes to a multiple of
    the widest gauge; exactly `count` bytes are stored. Afterwards `result.pipe` is bound to what each pipe finished
    with.
    """

    offset: Expression
    count: Expression
    region: str
    index: Expression
    through: tuple[str, ...]
    result: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Emit:
    """In a pipe: the word that takes the place of the one read. Once on every path."""

    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PacketBytes:
    """A piece of a frame: `count` bytes of the packet from `offset` on."""

    offset: Expression
    count: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Value:
    """A piece of a frame: a value, big-endian, of a whole number of bytes."""

    value: Expression
    span: Span = _span()


Piece = PacketBytes | Value


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Bytes of a frame that must be one of the sender's own addresses, as the capability that was used at bind says."""

    offset: int
    size: int
    kind: str  # the field type that it has in its header: "mac", "ip4", "ip6"


@dataclass(frozen=True, slots=True)
class Fixed:
    """Bytes that every frame of a template has: the big-endian value of `size` bytes at `offset`, under a mask."""

    offset: int
    size: int
    mask: int
    value: int

    def holds(self, frame: bytes) -> bool:
        """Whether a frame, which is long enough, has them."""
        return int.from_bytes(frame[self.offset : self.offset + self.size], "big") & self.mask == self.value


@dataclass(frozen=True, slots=True)
class Template:
    """What frames may be sent by `may send`: those that have all fixed bytes, and come from the sender's addresses."""

    name: str
    fixed: tuple[Fixed, ...]
    own: tuple[OwnAddress, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Send:
    """Queue a frame, made of its pieces in order. It leaves when the program has ended in a verdict that sends.

    With the effect "send" it names a template of the program's, and lies inside it; its own addresses are among `own`.
    """

    effect: Literal["reply", "send"]
    pieces: tuple[Piece, ...]
    own: tuple[OwnAddress, ...] = ()
    template: str | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Wake:
    """Queue a wake-up of the owner."""

    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Check:
    """A claim: it has no effect, no image holds it, and the verifier must prove it."""

    kind: Literal["assertion", "ensures", "part-bounds", "copy-bounds", "frame-length"]  # the value of a `FaultKind`
    condition: Expression
    span: Span = _span()


class Verdict(Enum):
    """How a run ends. A filter ends in `MATCH` or `MISS`, a handler in one of the others."""

    MISS = "miss"  # a filter: the packet is not one of these
    MATCH = "match"  # a filter: it is
    DECLINE = "decline"  # a handler: not delivered here, nothing written outside scratch, the next one's turn
    CONSUME = "consume"  # effects happen, writes kept, nobody else gets the packet
    PASS = "pass"  # effects happen, writes kept, the owner's normal path gets it
    DROP = "drop"  # effects happen, writes kept, nobody gets it; counted
    ABORT = "abort"  # no effects, nothing written outside scratch, the owner's normal path gets it

    @property
    def keeps_effects(self) -> bool:
        """Whether queued sends and wakes happen."""
        return self in (Verdict.CONSUME, Verdict.PASS, Verdict.DROP)

    @property
    def leaves_no_trace(self) -> bool:
        """Whether it is a fault to have written owned memory, other than scratch, before."""
        return self in (Verdict.ABORT, Verdict.DECLINE)


FILTER_VERDICTS = frozenset({Verdict.MISS, Verdict.MATCH})
HANDLER_VERDICTS = frozenset(Verdict) - FILTER_VERDICTS


@dataclass(frozen=True, slots=True)
class Exit:
    """End the run."""

    verdict: Verdict
    span: Span = _span()


Statement = (
    Let | Assign | Read | If | Block | Leave | Loop | Store | Rewrite | Copy | Emit | Send | Wake | Check | Exit
)
Body = tuple[Statement, ...]

# ---- programs --------------------------------------------------------------------------------------------------------

EFFECTS = ("reply", "send", "wake", "rewrite")
"""What `may` can ask for."""


@dataclass(frozen=True, slots=True)
class Region:
    """Owned memory: `count` cells of 8, 16, 32 or 64 bits. A scalar is a region of one cell."""

    name: str
    cell: Type
    count: int
    mode: Literal["plain", "shared", "scratch"] = "plain"
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PipeState:
    """A variable that a pipe keeps from word to word."""

    name: str
    initial: Constant


@dataclass(frozen=True, slots=True)
class Pipe:
    """A computation on a stream of words of `gauge` (u8, u16 or u32), each bound to `word` in turn."""

    name: str
    word: str
    gauge: Type
    attributes: tuple[Literal["commutative", "readonly"], ...]
    states: tuple[PipeState, ...]
    body: Body
    finish: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Budget:
    """A cost that the author promises not to pass: core operations, or cycles of a machine's image."""

    amount: int
    unit: Literal["ops", "cycles"]
    machine: str | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Program:
    """A filter or a handler in core form. A handler's body starts with its own `on` test: it is safe on any packet."""

    kind: Literal["filter", "handler"]
    name: str
    link: str  # a root header's name: "ethernet"
    body: Body
    maximum: int = MAXIMUM_PACKET  # longest packet, in captured bytes, that it is run on
    regions: tuple[Region, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    may: tuple[str, ...] = ()
    requires: tuple[Expression, ...] = ()  # over extents of regions only; checked at bind
    budget: Budget | None = None
    on: Program | None = None  # a handler's binding filter, by itself
    templates: tuple[Template, ...] = ()  # what `may send` asks for
    span: Span = _span()

    def region(self, name: str) -> Region:
        """The region of that name."""
        return next(region for region in self.regions if region.name == name)

    def template(self, name: str) -> Template:
        """The template of that name."""
        return next(template for template in self.templates if template.name == name)

    def pipe(self, name: str) -> Pipe:
        """The pipe of that name."""
        return next(pipe for pipe in self.pipes if pipe.name == name)
