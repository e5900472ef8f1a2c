"""How the bytes of a header or message are laid out, and what its declaration says of it.

Fields stand in wire order, most significant bit first, without gaps. The fixed part is a whole number of bytes; at most
one field is of variable length, and it is the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from . import codes
from .constants import Known, evaluate, literal_of
from .source import Span
from .syntax import tree
from .types import U8, ValueType, value_type
from .wrong import Wrong, unknown, wrong

LONGEST_LAYOUT = 1514
"""Most bytes of a fixed part: no frame of Ethernet has more (IEEE 802.3, 3.2.7)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of fixed width: its first bit counts from the start of the header."""

    name: str
    type: ValueType
    bit: int
    constraint: tuple[str, int] | None
    built: tree.Expression | None
    nonzero: bool
    span: Span

    @property
    def bytes(self) -> tuple[int, int]:
        """The first byte that holds a bit of it, and how many do."""
        first = self.bit // 8
        return first, (self.bit + self.type.bits + 7) // 8 - first

    @property
    def whole(self) -> bool:
        """Whether it is whole bytes, and no bits of another field are among them."""
        return self.bit % 8 == 0 and self.type.bits % 8 == 0


@dataclass(frozen=True, slots=True)
class Tail:
    """The bytes of variable length at a header's end, and how many they are."""

    name: str
    count: tree.Expression


@dataclass(frozen=True, slots=True)
class Table:
    """One `next` or `chain`: which values of the selector lead to which headers, where the guard holds.

    Without a selector any of them may follow, and their own constraints say which. A `chain` has a limit: up to so many
    of its headers are stepped over, one after another, before what follows them is looked at.
    """

    selector: str | None
    guard: tree.Expression | None
    links: tuple[tuple[int, str], ...]
    names: tuple[tree.Name, ...]
    limit: int | None = None

    def values(self, header: str) -> tuple[int, ...]:
        """The values of the selector that lead to a header."""
        return tuple(value for value, to in self.links if to == header)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One `reply`: packets for which the guard holds can be answered, and the source and the destination, if it names
    them, change places."""

    fields: tuple[str, str] | None
    guard: tree.Expression | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A header or a message."""

    kind: str  # "header" or "message"
    name: str
    fields: Mapping[str, Field]
    size: int  # bytes of the fixed part
    span: Span
    tail: Tail | None = None
    tables: tuple[Table, ...] = ()
    ends: tree.Expression | None = None
    exchanges: tuple[Exchange, ...] = ()
    pseudo: tuple[tree.Name, ...] = ()

    def chain(self, selector: str | None) -> Table | None:
        """The chain by that field, if there is one."""
        return next((table for table in self.tables if table.limit is not None and table.selector == selector), None)

    def field(self, name: tree.Name) -> Field:
        """The field of that name. Raises Wrong where there is none."""
        if name.text not in self.fields:
            raise no_field(self.name, name, self.fields)
        return self.fields[name.text]


MOST_LISTED = 24
"""Most fields that are listed where none is like the one that is asked for."""


def no_field(of: str, name: tree.Name, fields: Iterable[str]) -> Wrong:
    """That something has no field of this name, with the nearest that it has."""
    found = unknown("field", name, fields).diagnostic
    known = list(fields)
    listed = f"it has {', '.join(f'`{each}`' for each in known)}" if 0 < len(known) <= MOST_LISTED else ""
    return wrong(codes.NO_FIELD, name.span, help=found.help or listed, edit=found.edit, of=of, field=name.text)


def layout_of(declared: tree.Header | tree.Message, constants: Mapping[str, Known]) -> Layout:
    """The layout of a declaration. Raises Wrong where there is none."""
    items = declared.items if isinstance(declared, tree.Header) else declared.fields
    fields: dict[str, Field] = {}
    tail: Tail | None = None
    bit = 0
    for item in items:
        if not isinstance(item, tree.Field):
            continue
        if item.name.text in fields or (tail is not None and tail.name == item.name.text):
            raise wrong(codes.DECLARED_TWICE, item.name.span, name=item.name.text)
        if tail is not None:
            raise wrong(codes.BAD_LAYOUT, item.span, "only the last field can be of variable length")
        if item.type.count is not None:
            tail = _tail(item)
        else:
            field = _field(item, bit, constants)
            fields[field.name] = field
            bit += field.type.bits
    _sized(declared, bit)
    made = Layout(
        "header" if isinstance(declared, tree.Header) else "message", declared.name.text, fields, bit // 8,
        declared.name.span, tail,
    )  # fmt: skip
    return made if isinstance(declared, tree.Message) else _with_rules(made, declared, constants)


def _sized(declared: tree.Header | tree.Message, bits: int) -> None:
    name = declared.name
    if bits % 8:
        raise wrong(codes.BAD_LAYOUT, name.span, f"its fields are {bits} bits, which is no whole number of bytes")
    empty = isinstance(declared, tree.Header) and not any(isinstance(item, tree.Field) for item in declared.items)
    if not empty and not 0 < bits // 8 <= LONGEST_LAYOUT:
        raise wrong(codes.BAD_LAYOUT, name.span, f"its fixed part is {bits // 8} bytes, not 1 to {LONGEST_LAYOUT}")


def _tail(item: tree.Field) -> Tail:
    assert item.type.count is not None
    if item.type.name.text != U8.name or item.constraint is not None or item.built is not None:
        raise wrong(codes.BAD_LAYOUT, item.span, "a field of variable length is u8[…], without more")
    return Tail(item.name.text, item.type.count)


def _field(item: tree.Field, bit: int, constants: Mapping[str, Known]) -> Field:
    type = value_type(item.type.name.text)
    if type is None or not type.bits:
        raise unknown("type of a field", item.type.name, ("u8", "u16", "u32", "u64", "mac", "ip4", "ip6"))
    first = bit // 8
    if (bit + type.bits + 7) // 8 - first > 16:
        raise wrong(codes.BAD_LAYOUT, item.span, "a field lies within 16 bytes")
    constraint = None
    if item.constraint is not None:
        operator, expression = item.constraint
        constraint = operator, literal_of(evaluate(expression, constants), type)
    return Field(item.name.text, type, bit, constraint, item.built, item.nonzero, item.span)


def _with_rules(made: Layout, declared: tree.Header, constants: Mapping[str, Known]) -> Layout:
    """The layout with what the other items of a header say."""
    tables: list[Table] = []
    exchanges: list[Exchange] = []
    ends: tree.Expression | None = None
    pseudo: tuple[tree.Name, ...] = ()
    for item in declared.items:
        match item:
            case tree.Next() | tree.Chain():
                table = _table(made, item, constants)
                if table.limit and any(other.limit and other.selector == table.selector for other in tables):
                    raise wrong(codes.BAD_LAYOUT, item.span, "a field leads to one chain")
                tables.append(table)
            case tree.Ends(value):
                ends = value
            case tree.Reply(None, guard):
                exchanges.append(Exchange(None, guard))
            case tree.Reply((source, destination), guard):
                if made.field(source).type != made.field(destination).type:
                    raise wrong(codes.BAD_LAYOUT, item.span, "fields of one type change places")
                exchanges.append(Exchange((source.text, destination.text), guard))
            case tree.Pseudo(names):
                for name in names:
                    if name.text != "carried":
                        made.field(name)
                pseudo = names
    return replace(made, tables=tuple(tables), ends=ends, exchanges=tuple(exchanges), pseudo=pseudo)


MOST_LINKS = 256
"""Most headers of one chain: no packet has more that is not made to be slow."""


def _table(made: Layout, item: tree.Next | tree.Chain, constants: Mapping[str, Known]) -> Table:
    """What may follow a header, by one of its fields or by the followers' own constraints."""
    pairs: list[tuple[int, str]] = []
    for literals, name in item.links:
        if (item.selector is None) != (not literals):
            wanted = "`value => header`" if item.selector is not None else "headers alone, as no field tells them apart"
            raise wrong(codes.BAD_LAYOUT, name.span, f"this lists {wanted}")
        values = [0]
        if item.selector is not None:
            values = [literal_of(evaluate(each, constants), made.field(item.selector).type) for each in literals]
        pairs += [(value, name.text) for value in values]
    names = tuple(name for _, name in item.links)
    selector = None if item.selector is None else item.selector.text
    limit: int | None = None
    if isinstance(item, tree.Chain):
        known = evaluate(item.limit, constants)
        if not isinstance(known, tree.Number) or not 0 < known.value <= MOST_LINKS:
            raise wrong(codes.BAD_LAYOUT, item.limit.span, f"a chain has 1 to {MOST_LINKS} headers")
        limit = known.value
    return Table(selector, item.guard, tuple(pairs), names, limit)
