"""Which headers of the library a packet consists of, as their tables lead from one to the next: for showing packets.

Nothing is decided by it. A packet may be cut anywhere: a header of which a byte is there counts, and where a field that
leads on is not, the way ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .constants import Known, evaluate
from .core.operators import COMPARISONS
from .layout import Layout
from .library import library
from .syntax import tree
from .wrong import Wrong

MOST_HEADERS = 32
"""Headers after which no more are looked for."""


def headers_in(data: bytes, link: str) -> tuple[str, ...]:
    """The headers of a packet from the link's on, outermost first; none of a link that the library does not have."""
    headers, found, at = library(), list[str](), 0
    owner: Layout | None = None  # the header whose chain the present one is a link of
    candidates = [(link, owner)]
    while len(found) < MOST_HEADERS:
        chosen = next((one for one in candidates if one[0] in headers and _may_be(headers[one[0]], data, at)), None)
        if chosen is None:
            break
        layout, owner = headers[chosen[0]], chosen[1]
        found.append(layout.name)
        fields = _fields(layout, data, at)
        candidates = list(_following(layout, owner, fields))
        try:
            tail = 0 if layout.tail is None else _number(layout.tail.count, fields)
        except Wrong:
            break
        at += layout.size + tail
    return tuple(found)


def _fields(layout: Layout, data: bytes, at: int) -> dict[str, int]:
    """The fields that are there."""
    found = {}
    for field in layout.fields.values():
        first, count = field.bytes
        held = data[at + first : at + first + count]
        if len(held) == count:
            value = int.from_bytes(held, "big") >> (8 * count - (field.bit - 8 * first) - field.type.bits)
            found[field.name] = value & ((1 << field.type.bits) - 1)
    return found


def _may_be(layout: Layout, data: bytes, at: int) -> bool:
    """Whether a byte of the header is there, if it has any, and no field that is there contradicts its declaration."""
    fields = _fields(layout, data, at)
    rules = {field.name: field.constraint for field in layout.fields.values() if field.constraint is not None}
    kept = all(COMPARISONS[rules[name][0]](fields[name], rules[name][1]) for name in rules.keys() & fields.keys())
    return kept and (at < len(data) or not layout.size)


def _following(layout: Layout, owner: Layout | None, fields: Mapping[str, int]) -> Iterator[tuple[str, Layout | None]]:
    """What may follow, each with the header whose chain it is a link of: by its own tables, or else by its owner's."""
    for of in (layout, owner):
        for table in () if of is None else of.tables:
            if table.guard is not None and not _holds(table.guard, fields):
                return
            value = 0 if table.selector is None else fields.get(table.selector)
            for selected, name in table.links:
                if selected == value:
                    yield name, None if table.limit is None else of


def _holds(guard: tree.Expression, fields: Mapping[str, int]) -> bool:
    """Whether a comparison of fields holds; one of another form, or of fields that are cut off, is taken not to."""
    if not isinstance(guard, tree.Compare):
        return False
    try:
        return COMPARISONS[guard.operator](_number(guard.left, fields), _number(guard.right, fields))
    except Wrong:
        return False


def _number(expression: tree.Expression, fields: Mapping[str, int]) -> int:
    """Raises Wrong where a field of it is not there, or it is no number."""
    known: dict[str, Known] = {name: tree.Number(value) for name, value in fields.items()}
    found = evaluate(expression, known)
    return int(found.value)
