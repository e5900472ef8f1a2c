"""Values with their types, and what happens where two meet: literals take a type, numbers widen, kinds do not mix."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from .. import codes
from ..constants import fold as fold_literals
from ..core import form
from ..diagnostics import Edit
from ..source import Span
from ..syntax import tree
from ..types import ADDRESSES, BOOL, ValueType, number
from ..wrong import wrong
from . import fold


@dataclass(frozen=True)
class Typed:
    """A value and its type."""

    type: ValueType
    core: form.Expression
    span: Span


@dataclass(frozen=True)
class Literal:
    """A number that takes its type from what it meets."""

    value: int
    span: Span


Value = Typed | Literal


_BITWISE = ("&", "|", "^")
_COMPARED = {"==", "!="}


def compare(operator: str, left: Value, right: Value, span: Span) -> form.Expression:
    """`left operator right`, a truth value. Raises Wrong where the two do not go together."""
    left, right = agreed(left, right, span)
    if left.type == BOOL and operator not in _COMPARED:
        raise wrong(codes.WRONG_TYPE, span, found="a truth value", wanted="a number")
    if left.type == BOOL:  # the core form compares numbers
        both = fold.joined("and", (left.core, right.core))
        neither = fold.joined("and", (fold.negate(left.core), fold.negate(right.core)))
        same = fold.joined("or", (both, neither))
        return same if operator == "==" else fold.negate(same)
    return fold.compare(operator, left.core, right.core, span)


def within(value: Value, address: tree.Address, length: tree.Expression, span: Span) -> form.Expression:
    """Whether an address is of the network `address/length`. Raises Wrong where one of them is no such thing."""
    type = ADDRESSES[address.kind]
    if type.name == "mac":
        raise wrong(codes.WRONG_TYPE, span, found="a mac", wanted="a network of ip4 or ip6")
    if not isinstance(length, tree.Number) or length.value > type.bits:
        raise wrong(codes.LITERAL, length.span, f"{type} has {type.bits} bits", literal=f"`{span.text}`")
    core = expect(value, type)
    hosts = (1 << type.bits - length.value) - 1
    if address.value & hosts:
        network = _address(address.kind, address.value & ~hosts)
        help = f"the network is `{network}/{length.value}`"
        raise wrong(codes.LITERAL, span, "bits past the length are set", help=help,
                    edit=Edit(address.span, network), literal=f"`{span.text}`")  # fmt: skip
    if length.value == 0:
        return fold.truth(True, span)
    masked = fold.binary("&", core, fold.constant(~hosts & (1 << type.bits) - 1, type.core, span), span)
    return fold.compare("==", masked, fold.constant(address.value, type.core, span), span)


def _address(kind: str, value: int) -> str:
    """An address of the internet as it is written."""
    return str(IPv4Address(value) if kind == "ip4" else IPv6Address(value))


def expect(value: Value, type: ValueType) -> form.Expression:
    """The value, which must be of this very type; a literal takes it."""
    if isinstance(value, Literal) and type.numeric:
        return _literal(value, type)
    if isinstance(value, Literal) or value.type != type:
        found = "a number" if isinstance(value, Literal) else str(value.type)
        wanted = str(type) if type.bits else "a condition"
        raise wrong(codes.WRONG_TYPE, value.span, help=_help(value, type), found=found, wanted=wanted)
    return value.core


def _help(value: Value, type: ValueType) -> str:
    """How a value of another kind could become one of this type, if it could."""
    if isinstance(value, Literal):
        example = {"mac": "08:00:2b:01:02:03", "ip4": "10.0.0.1", "ip6": "2001:db8::1"}.get(type.name)
        return f"an address is written `{example}`" if example else ""
    if type == BOOL and value.type.numeric:
        return "a condition compares: `… == 1`"
    if value.type.bits == type.bits and type.bits and value.type.numeric != type.numeric:
        return f"`… as {type.name}` makes it one"
    if not value.type.numeric and value.type != BOOL and type.numeric:
        return f"`… as u{value.type.bits}` makes it a number"
    return ""


def converted(value: Value, type: ValueType) -> form.Expression:
    """The value as it is assigned to a place of this type: numbers are widened, or narrowed with an obligation."""
    if isinstance(value, Typed) and value.type != type and value.type.numeric and type.numeric:
        resize = fold.widen if type.bits > value.type.bits else fold.narrow
        return resize(value.core, type.core, value.span)
    return expect(value, type)


def settled(value: Value) -> Typed:
    """The value with a type even if it is a literal: u32, or the next of u64 and u128 that it fits."""
    if isinstance(value, Typed):
        return value
    type = number(next((bits for bits in (32, 64) if not value.value >> bits), 128))
    return Typed(type, _literal(value, type), value.span)


def _literal(literal: Literal, type: ValueType) -> form.Expression:
    if literal.value >> type.bits:
        raise wrong(codes.DOES_NOT_FIT_LITERAL, literal.span, value=literal.value, type=str(type))
    return fold.constant(literal.value, type.core, literal.span)


def agreed(left: Value, right: Value, span: Span, least: int = 0) -> tuple[Typed, Typed]:
    """Both sides at one type: a literal takes the other's, numbers the wider and at least `least` bits."""
    if isinstance(left, Literal) and isinstance(right, Literal):
        left = settled(left)
    typed = [side for side in (left, right) if isinstance(side, Typed)]
    if all(side.type.numeric for side in typed):
        type = number(max([least, *(side.type.bits for side in typed)]))
    else:
        type = next(side.type for side in typed if not side.type.numeric)
    return Typed(type, converted(left, type), left.span), Typed(type, converted(right, type), right.span)


def arithmetic(operator: str, left: Value, right: Value, span: Span) -> Value:
    """`left operator right`, at 32 bits or more; of two literals, a literal. Raises Wrong."""
    if isinstance(left, Literal) and isinstance(right, Literal):
        value = fold_literals(operator, left.value, right.value)
        if value is None:
            raise wrong(codes.LITERAL, span, "numbers are 0 to 2^128 - 1", literal="the result")
        return Literal(value, span)
    for side in (left, right):
        if isinstance(side, Typed) and not side.type.numeric and (operator not in _BITWISE or side.type == BOOL):
            help = "" if side.type == BOOL else _help(side, number(side.type.bits))
            if operator == "/" and side is left and isinstance(right, Literal) and side.type.name in ("ip4", "ip6"):
                help = "an address is looked up in a network: `… in 10.0.0.0/8`"
            remark, found = f"`{operator}` works on numbers", str(side.type)
            raise wrong(codes.WRONG_TYPE, side.span, remark, help=help, found=found, wanted="a number")
    sides = agreed(left, right, span, least=32)
    type = sides[0].type
    return Typed(type, fold.binary(operator, sides[0].core, sides[1].core, span), span)
