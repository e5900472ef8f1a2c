"""Which ways lead from a link to a header: the graph that the headers' tables make, and the names by which it is asked.

A bare name is what the ways with the fewest headers lead to: the outermost of that name. `vxlan/ipv4` is the outermost
`ipv4` behind the outermost `vxlan`, and so on from name to name. The graph may have cycles (a tunnel carries what it is
carried by): a way of fewest headers never goes round one. The links of a chain are stepped over without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from . import codes
from .layout import Layout, Table
from .source import Span
from .syntax import tree
from .syntax.tree import Name
from .wrong import wrong

MOST_PATHS = 64
"""Most ways to one header: what is more is a header file that was made to be slow."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link: from a header, by one of its tables, for any of these values, to the next header."""

    header: str
    table: Table
    values: tuple[int, ...]
    to: str


Path = tuple[Step, ...]


def paths(headers: Mapping[str, Layout], link: str, target: Name) -> tuple[Path, ...]:
    """Every way from the root header `link` to `target`, a header's name or a path of names.

    Raises Wrong where there is none, or too many.
    """
    at = link
    found: tuple[Path, ...] = ((),)
    for position, name in enumerate(target.text.split("/")):
        if position or name != link:
            more = _fewest(headers, at, name)
            found = tuple((*before, *after) for before in found for after in more[: MOST_PATHS + 1])
            if not found:
                raise wrong(codes.NO_PATH, target.span, link=at, header=name)
            if len(found) > MOST_PATHS:
                raise wrong(codes.NO_PATH, target.span, "more ways than are tried", link=at, header=name)
        at = name
    return found


def _fewest(headers: Mapping[str, Layout], origin: str, target: str) -> list[Path]:
    """The ways of fewest headers from behind `origin` to `target`, in the order of the tables."""
    seen = {origin}
    ends: dict[str, list[Path]] = {origin: [()]}
    while ends:
        found: list[Path] = []
        further: dict[str, list[Path]] = {}
        for name, ways in ends.items():
            for step in _steps(headers, name):
                longer = [(*way, step) for way in ways]
                if step.to == target:
                    found += longer
                elif step.to in headers and step.to not in seen:
                    further[step.to] = (further.get(step.to, []) + longer)[: MOST_PATHS + 1]
        if found:
            return found
        seen |= further.keys()
        ends = further
    return []


def _steps(headers: Mapping[str, Layout], name: str) -> list[Step]:
    return [
        Step(name, table, table.values(to), to)
        for table in headers[name].tables
        for to in dict.fromkeys(to for _, to in table.links)
    ]


def exclusive(one: Path, other: Path) -> bool:
    """Whether no packet has both ways: where they part, a field of one header has other values for each."""
    for left, right in zip(one, other, strict=False):
        if left != right:
            same_field = left.table.selector is not None and left.table.selector == right.table.selector
            both_next = left.table.limit is None and right.table.limit is None
            return left.header == right.header and same_field and both_next and not set(left.values) & set(right.values)
    return False


# ---- names as they are written


Declared = TypeVar("Declared", tree.Filter, tree.Handler, tree.Function)


def with_paths(declared: Declared, headers: dict[str, Layout], hidden: Container[str]) -> Declared:
    """The declaration with each path in it as one name: `vxlan/ipv4.src` is the field `src` of the header `vxlan/ipv4`.

    Headers gain the layouts of such names. `hidden` are names that mean no header here; to them come those that the
    declaration gives to something of its own. Elsewhere `/` divides.
    """
    if "/" not in declared.span.text:
        return declared
    own = {part.name.text for part in _parts(declared) if isinstance(part, _NAMING)}

    def header(expression: Any) -> Name | None:
        name = expression.name if isinstance(expression, tree.Use) else None
        known = name is not None and name.text in headers and name.text not in own and name.text not in hidden
        return name if known else None

    def joined(node: Any) -> Any:
        if not (isinstance(node, tree.Binary) and node.operator == "/"):
            return node
        left, last = node.left, header(_first(node.right))
        if last is None:
            return node
        if isinstance(left, tree.Binary) and header(left.right) is not None:  # 4 * vxlan/ipv4.ihl
            return replace(left, right=joined(replace(node, left=left.right, span=left.right.span.to(node.right.span))))
        before = header(left)
        if before is None:
            return node
        name = Name(f"{before}/{last}", span=before.span.to(last.span))
        headers[name.text] = headers[last.text]
        return _with_first(node.right, name, node.span)

    return cast(Declared, _mapped(declared, joined))


_NAMING = (tree.Let, tree.For, tree.Owns, tree.Variable, tree.Parameter)
"""What gives a name to something of a program's own."""


def _first(expression: tree.Expression) -> Any:
    """What an expression like `a.b[c].d` starts with."""
    while isinstance(expression, tree.Dot | tree.Index | tree.Slice):
        expression = expression.target
    return expression


def _with_first(expression: tree.Expression, name: Name, span: Span) -> tree.Expression:
    if isinstance(expression, tree.Dot | tree.Index | tree.Slice):
        return replace(expression, target=_with_first(expression.target, name, name.span), span=span)
    return tree.Use(name, span=name.span)


_FIELDS: dict[type, tuple[str, ...]] = {Name: ()}


def _fields(node: Any) -> tuple[str, ...]:
    """The fields of a node that may hold other nodes."""
    kind = type(node)
    if kind not in _FIELDS:
        names = [field.name for field in fields(kind) if field.name != "span"] if is_dataclass(kind) else []
        _FIELDS[kind] = tuple(names)
    return _FIELDS[kind]


def _parts(node: Any) -> Iterator[Any]:
    """A node and all that it is made of."""
    if isinstance(node, tuple):
        for part in node:
            yield from _parts(part)
    elif _fields(node):
        yield node
        for name in _fields(node):
            yield from _parts(getattr(node, name))


def _mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """A tree in which each node, from the innermost on, is what `change` makes of it."""
    if isinstance(node, tuple):
        return tuple(_mapped(part, change) for part in node)
    names = _fields(node)
    if not names:
        return node
    old = {name: getattr(node, name) for name in names}
    new = {name: _mapped(part, change) for name, part in old.items()}
    return change(node if all(new[name] is old[name] for name in names) else replace(node, **new))
