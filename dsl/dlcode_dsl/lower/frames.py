"""Frames as they are built: fields with their values, sizes and checksums filled in, inside out.

What is built is a list of core expressions, so that one account serves both a reply, whose values are known when the
handler runs, and a test's packet, whose values are constants and fold to bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .. import codes
from ..constants import Known, evaluate, literal_of
from ..core import form
from ..core.form import U16, U32, Constant, Expression
from ..layout import Field, Layout
from ..source import NOWHERE, Span
from ..syntax import tree
from ..types import number
from ..wrong import wrong
from . import fold
from .emit import Emitter

ALL_ONES = fold.constant(0xFFFF, U16)
_PAYLOAD = tree.Use(tree.Name("payload"))
SIZE = tree.Use(tree.Name("size"))
"""What a field is built with that counts the bytes from its header on."""


@dataclass
class Part:
    """A header or message to be built: values of the fields that are given or known, by name."""

    layout: Layout
    values: dict[str, Expression]
    tail: bytes = b""  # its variable part
    span: Span = NOWHERE
    sums: dict[str, Expression] = field(default_factory=dict)  # contributions to a checksum that have been computed

    @property
    def size(self) -> int:
        """Bytes of it."""
        return self.layout.size + len(self.tail)


@dataclass(frozen=True, slots=True)
class Element:
    """Consecutive bits of a frame."""

    bits: int
    value: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Trailer:
    """Bytes of the packet at the end of a frame: how many they are, and their 16-bit words summed up and folded."""

    count: Expression
    total: Expression | None  # u32, at most 0xffff; None where no checksum covers it

    def words(self, bit: int) -> Expression:
        """What they add to a checksum that they enter at this bit."""
        assert self.total is not None
        if bit % 16 == 0:
            return self.total
        high = fold.binary("<<", fold.binary("&", self.total, fold.constant(0xFF)), fold.constant(8))
        return fold.binary("|", high, fold.binary(">>", self.total, fold.constant(8)))


def link(parts: Sequence[Part]) -> None:
    """Give each header's selector the value that leads to the header after it, unless it has one.

    A link of a chain leads on by its own tables, or else by those of the header that the chain belongs to.
    """
    chained: Part | None = None  # the header whose chain the present one is a link of
    for part, following in pairwise(parts):
        owner: Part | None = None
        for each in (part, chained):
            for table in each.layout.tables if each is not None and owner is None else ():
                values = table.values(following.layout.name)
                if values:
                    owner = each if table.limit is not None else None
                    selector = part.layout.fields.get(table.selector or "")
                    if selector is not None and selector.name not in part.values:
                        part.values[selector.name] = fold.constant(values[0], selector.type.core)
        chained = owner


def complete(
    parts: Sequence[Part],
    payload: bytes,
    constants: Mapping[str, Known],
    emitter: Emitter,
    trailer: Trailer | None = None,
) -> list[Element]:
    """The whole frame but for a trailer: fields that are not given get what their header says, checksums last and from
    the inside out."""
    link(parts)
    for at, part in enumerate(parts):
        following = sum(other.size for other in parts[at + 1 :]) + len(payload)
        for each in part.layout.fields.values():
            if each.name not in part.values and checksum(each) is None:
                value = _default(each, part, _more(part.size + following, trailer), constants)
                part.values[each.name] = emitter.let(f"{part.layout.name}.{each.name}", value, part.span)
    carried = [Element(8, fold.constant(byte, form.U8), "payload") for byte in payload]
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        for each in part.layout.fields.values():
            if each.name not in part.values:
                call = checksum(each)
                assert call is not None
                part.values[each.name] = _summed(each, call, part, parts[:at], carried, trailer, emitter)
        carried = elements(part) + carried
    return carried


def elements(part: Part) -> list[Element]:
    """The bits of one part; a checksum that is not known yet counts as 0."""
    found = [
        Element(each.type.bits, part.values.get(each.name, fold.constant(0, each.type.core)), each.name)
        for each in part.layout.fields.values()
    ]
    return found + [Element(8, fold.constant(byte, form.U8), "") for byte in part.tail]


def _more(size: int, trailer: Trailer | None) -> Expression:
    """So many bytes, and those of a trailer."""
    return fold.constant(size) if trailer is None else fold.binary("+", trailer.count, fold.constant(size))


def _default(each: Field, part: Part, size: Expression, constants: Mapping[str, Known]) -> Expression:
    """The value of a field that is not given: what its header says, what its constraint wants, else 0."""
    if each.built is None:
        exact = each.constraint is not None and each.constraint[0] == "=="
        return fold.constant(each.constraint[1] if exact and each.constraint else 0, each.type.core)
    if not of_size(each):
        return fold.constant(literal_of(evaluate(each.built, constants), each.type), each.type.core)
    found = _of_size(each.built, size, constants)
    if isinstance(found, Constant) and found.value >> each.type.bits:
        remark = f"in `{each.name}`"
        raise wrong(codes.DOES_NOT_FIT_LITERAL, part.span, remark, value=found.value, type=str(each.type))
    resize = fold.narrow if each.type.bits < U32.bits else fold.widen
    return resize(found, each.type.core, part.span)


def of_size(each: Field) -> bool:
    """Whether a field is built with the size of what is built."""
    return each.built is not None and SIZE in tree.parts(each.built)


def _of_size(built: tree.Expression, size: Expression, constants: Mapping[str, Known]) -> Expression:
    """What a field is built with, of the size, as a u32."""
    match built:
        case tree.Use() if built == SIZE:
            return size
        case tree.Binary("+" | "-" | "*" | "/" as operator, left, right):
            found = _of_size(left, size, constants), _of_size(right, size, constants)
            return fold.binary(operator, *found, built.span)
    return fold.constant(literal_of(evaluate(built, constants), number(U32.bits)), span=built.span)


def sums_payload(parts: Sequence[Part]) -> bool:
    """Whether a checksum covers what is carried at the end."""
    calls = [checksum(each) for part in parts for each in part.layout.fields.values() if each.name not in part.values]
    return any(argument.value == _PAYLOAD for call in calls if call is not None for argument in call.arguments)


def checksum(each: Field) -> tree.Call | None:
    """The call that says how a field is summed, if it is a checksum."""
    return each.built if isinstance(each.built, tree.Call) and each.built.name.text == "checksum" else None


# ---- the Internet checksum (RFC 1071)


def _summed(
    each: Field,
    call: tree.Call,
    part: Part,
    before: Sequence[Part],
    carried: list[Element],
    trailer: Trailer | None,
    emitter: Emitter,
) -> Expression:
    """The one's complement of the one's complement sum of what the call names."""
    terms: list[Expression] = []
    bit = 0  # of the bytes that are summed, pseudo header apart: they are one stream
    bits = sum(element.bits for element in carried)
    for argument in call.arguments:
        word = argument.value.name.text if isinstance(argument.value, tree.Use) else ""
        match word:
            case "header":
                terms += contributions(elements(part), emitter, part.sums, bit)
                bit += part.size * 8
            case "payload":
                terms += contributions(carried, emitter, {}, bit)
                bit += bits
                if trailer is not None:
                    terms.append(trailer.words(bit))
            case "pseudo":
                terms += _pseudo(before, _more(part.size + bits // 8, trailer), emitter)
            case _:
                raise wrong(codes.BAD_ARGUMENT, argument.span, "it sums header, payload and pseudo", name="checksum")
    known = sum(term.value for term in terms if isinstance(term, Constant))
    total: Expression = fold.constant(_folded(known))
    for term in terms:
        if not isinstance(term, Constant):
            total = fold.binary("+", total, term)
    name = f"{part.layout.name}.{each.name}"
    if isinstance(total, Constant):
        value = ~_folded(total.value) & 0xFFFF
        return fold.constant(value or (0xFFFF if each.nonzero else 0), U16)
    total = emitter.let(f"{name}.sum", total)
    for turn in ("once", "twice"):
        carry = fold.binary(">>", total, fold.constant(16))
        low = fold.binary("&", total, fold.constant(0xFFFF))
        total = emitter.let(f"{name}.{turn}", fold.binary("+", low, carry))
    complement = fold.binary("^", fold.truncate(total, U16), ALL_ONES)
    if not each.nonzero:
        return emitter.let(name, complement)
    variable = emitter.variable(name, complement)
    zero = fold.compare("==", variable, fold.constant(0, U16))
    emitter.emit(form.If(zero, (form.Assign(variable.name, ALL_ONES),)))
    return variable


def _folded(total: int) -> int:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _pseudo(before: Sequence[Part], carried: Expression, emitter: Emitter) -> list[Expression]:
    """What the enclosing header adds: the named fields as numbers, and how many bytes it carries.

    Behind the links of its chain, the chain's selector is the last one's: it says what is carried (RFC 8200, 8.1).
    """
    position = len(before) - 1
    while position > 0 and _is_link(before, position):
        position -= 1
    if position < 0:
        return []
    enclosing, last = before[position], before[-1]
    terms: list[Expression] = []
    for name in enclosing.layout.pseudo:
        if name.text == "carried":
            terms.append(carried)
        else:
            of = last if enclosing.layout.chain(name.text) is not None else enclosing
            each = of.layout.fields[name.text]
            if each.name not in of.values:
                raise wrong(codes.BAD_LAYOUT, name.span, "a checksum is summed after those of what it carries")
            at = -each.type.bits % 16  # a number ends where a 16-bit word does
            terms += _words(each.name, at, each.type.bits, of.values[each.name], emitter, of.sums)
    return terms


def _is_link(parts: Sequence[Part], position: int) -> bool:
    """Whether a part is a link of the chain of one before it."""
    name = parts[position].layout.name
    return any(
        table.limit is not None and table.values(name) for part in parts[:position] for table in part.layout.tables
    )


def contributions(
    stream: list[Element], emitter: Emitter, known: dict[str, Expression], bit: int = 0
) -> list[Expression]:
    """What each element adds to the sum of the stream's 16-bit words, which it enters at `bit`; an odd last byte is the
    high one of a word."""
    terms: list[Expression] = []
    for element in stream:
        terms += _words(element.name, bit % 16, element.bits, element.value, emitter, known)
        bit += element.bits
    return terms


def _words(
    name: str, at: int, bits: int, value: Expression, emitter: Emitter, known: dict[str, Expression]
) -> list[Expression]:
    """The words that a value adds, its first bit at bit `at` of a word; one u32 for all of them, computed once."""
    key = f"{name}/{at}"
    if name and key in known:
        return [known[key]]
    if isinstance(value, Constant):
        end = at + bits
        shifted = value.value << (-end % 16)
        total = 0
        while shifted:
            total, shifted = total + (shifted & 0xFFFF), shifted >> 16
        return [fold.constant(total)] if total else []
    terms: list[Expression] = []
    left = bits  # bits not yet taken, from the most significant on
    while left:
        take = min(left, 16 - at)
        left -= take
        part = fold.binary(">>", value, fold.constant(left, value.type))
        if take < bits:
            part = fold.truncate(part, form.Type(take))
        part = fold.widen(part, U32)
        terms.append(fold.binary("<<", part, fold.constant(16 - at - take)))
        at = (at + take) % 16
    if len(terms) == 1:
        return terms
    total_of = terms[0]
    for term in terms[1:]:
        total_of = fold.binary("+", total_of, term)
    known[key] = emitter.let(f"{name}.words", total_of)
    return [known[key]]


# ---- from bits to pieces


def pieces(stream: Sequence[Element]) -> list[form.Value]:
    """The elements as values of whole bytes: fields that share bytes are put together."""
    found: list[form.Value] = []
    group: list[Element] = []
    for element in stream:
        group.append(element)
        bits = sum(each.bits for each in group)
        if bits % 8 == 0:
            found.append(form.Value(_together(group, form.Type(bits))))
            group = []
    assert not group, "a layout is whole bytes"
    return found


def _together(group: list[Element], type: form.Type) -> Expression:
    if len(group) == 1:
        return group[0].value
    whole: Expression = fold.constant(0, type)
    left = type.bits
    for element in group:
        left -= element.bits
        shifted = fold.binary("<<", fold.widen(element.value, type), fold.constant(left, type))
        whole = fold.binary("|", whole, shifted)
    return whole


def to_bytes(stream: Sequence[Element]) -> bytes:
    """The bytes of elements that are all constants."""
    out = bytearray()
    for piece in pieces(stream):
        assert isinstance(piece.value, Constant)
        out += piece.value.value.to_bytes(piece.value.type.bits // 8, "big")
    return bytes(out)
