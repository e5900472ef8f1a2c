"""From a header to the one behind it: by a value of a field, by what it is itself, and past the links of a chain.

A chain is walked turn by turn, over the selector's value and an offset. Each link must be there and keep its
constraints, and where it has a `next` of its own by that field, the guard of that must hold: else nothing is behind it.
The turns are written out: a loop would be shorter, but hide from a comparison what two filters have in common. What
several links have at the same place is read before it is asked which of them this is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..layout import Layout, Table
from ..paths import Path, Step
from ..source import Span
from ..syntax import tree
from ..wrong import wrong
from . import fold
from .fields import Place, arrive, end_of, ending, field_value, read_bytes

if TYPE_CHECKING:
    from .expressions import Lowering


@dataclass(frozen=True)
class Reached:
    """Where a walk has come to: the offset of what follows, and the selector's value that says what it is."""

    selector: Expression | None
    offset: Expression
    there: Expression | None = None  # a walk that was made ahead has come to its end where this holds


@dataclass(frozen=True)
class Walk:
    """A walk along a chain: of the header at the end of a way, by a field, up to one of these values or to its end."""

    way: Path
    selector: str
    stop: tuple[int, ...]


def follow(lower: Lowering, parent: Place, way: Path, absent: Body, span: Span) -> Place:
    """The header at the end of a way, where the parent's table, and the chain by the same field, lead to it."""
    *before, step = way
    layout = lower.module.headers.get(step.to)
    if layout is None:
        name = next(name for name in step.table.names if name.text == step.to)
        raise wrong(codes.UNKNOWN_NAME, name.span, what="header", name=step.to)
    chain = parent.layout.chain(step.table.selector)
    if chain is None:
        set_out(lower, parent, way, absent, span)
        _guard(lower, parent, step.table, absent)
        reached = Reached(None, end_of(lower, parent, absent, span))
    else:
        if chain is not step.table:
            _guard(lower, parent, step.table, absent)
        assert chain.selector is not None
        stop = step.values if chain is step.table else ()
        reached = past(lower, parent, Walk(tuple(before), chain.selector, stop), absent, span)
        _lead(lower, reached.selector, step, absent, span)
    end = reached.offset
    if isinstance(end, form.Constant):
        return arrive(lower, Place(layout, None, end.value), absent, span)
    return arrive(lower, Place(layout, end, 0), absent, span)


def set_out(lower: Lowering, parent: Place, way: Path, absent: Body, span: Span) -> bool:
    """Go on where the parent's own field leads to the header at the end of a way; False where no field by itself does.
    """
    step, known = way[-1], lower.emitter.known
    if step.table.selector is None or parent.layout.chain(step.table.selector) is not None:
        return False
    if ("set out", way) not in known:
        selector = field_value(lower, parent, parent.layout.fields[step.table.selector], absent, span).core
        _lead(lower, selector, step, absent, span)
        known["set out", way] = True
    return True


def _lead(lower: Lowering, selector: Expression | None, step: Step, absent: Body, span: Span) -> None:
    """Go on where the selector has one of the step's values."""
    if selector is not None:
        lower.unless(_among(selector, step.values, span), absent, span)


def _among(selector: Expression, values: tuple[int, ...], span: Span) -> Expression:
    return fold.joined(
        "or", [fold.compare("==", selector, fold.constant(value, selector.type), span) for value in values]
    )


def _guard(lower: Lowering, place: Place, table: Table, absent: Body) -> None:
    """Go on where a table's guard holds, if it has one."""
    if table.guard is not None:
        with lower.inside(place):
            lower.jump(table.guard, absent)


# ---- chains


def past(lower: Lowering, parent: Place, walk: Walk, absent: Body, span: Span) -> Reached:
    """Past the links of a chain: all of them, or those before the first that one of the values in `stop` leads to."""
    emitter = lower.emitter
    known = emitter.known.get(walk)
    if known is not None:
        assert isinstance(known, Reached)
        if known.there is not None:
            lower.unless(known.there, absent, span)
        return known
    lower.walked[walk] += 1
    chain = parent.layout.chain(walk.selector)
    assert chain is not None
    name = f"{parent.layout.name}.{walk.selector}"
    first = field_value(lower, parent, parent.layout.fields[walk.selector], absent, span).core
    start = end_of(lower, parent, absent, span)
    selector = emitter.variable(f"{name}.last", first, span)
    offset = emitter.variable(f"{name}.at", start, span)
    skipped = emitter.fresh("unchained")
    with emitter.nested() as steps:
        if chain.guard is not None:
            _guard(lower, parent, chain, (form.Leave(skipped, span=span),))
        _walk(lower, chain, walk.stop, Reached(selector, offset), absent, span)
    if chain.guard is not None:
        emitter.block(skipped, steps, span)
    else:
        emitter.emit(*steps)
    known = emitter.known[walk] = Reached(selector, offset)
    return known


@dataclass(frozen=True)
class _Chain:
    """A chain while it is walked: what is stepped over, what the walk changes, and what runs where a link is absent."""

    table: Table
    links: list[tuple[Layout, tuple[int, ...]]]  # with the selector's values that lead to each; most of them last
    selector: form.Variable
    offset: form.Variable
    absent: Body
    span: Span

    @property
    def field(self) -> str:
        """The name of the selector in each link."""
        assert self.table.selector is not None
        return self.table.selector

    @property
    def has_one_selector(self) -> bool:
        """Whether the selector has the same bits in all links."""
        return len({(layout.fields[self.field].bit, layout.fields[self.field].type) for layout, _ in self.links}) == 1


def _walk(lower: Lowering, table: Table, stop: tuple[int, ...], at: Reached, absent: Body, span: Span) -> None:
    """The turns, as many as the chain has links at most."""
    emitter = lower.emitter
    assert isinstance(at.selector, form.Variable)
    assert isinstance(at.offset, form.Variable)
    links: list[tuple[Layout, tuple[int, ...]]] = []
    for to in dict.fromkeys(to for _, to in table.links):
        layout = _link(lower, table, to, at.selector.type)
        values = tuple(value for value in table.values(to) if value not in stop)
        if values:
            links.append((layout, values))
    if not links:  # nothing is stepped over before the one that is looked for
        return
    condition = _among(at.selector, tuple(value for _, values in links for value in values), span)
    links.sort(key=lambda link: len(link[1]))
    chain = _Chain(table, links, at.selector, at.offset, absent, span)
    alike = _alike(chain)
    assert table.limit is not None
    done = emitter.fresh("walked")
    with emitter.nested() as turns:
        for _ in range(table.limit - bool(stop)):  # the one that is looked for is a link too
            emitter.emit(form.If(fold.negate(condition), (form.Leave(done, span=span),), span=span))
            _turn(lower, chain, alike)
        emitter.emit(form.If(condition, absent, span=span))
    emitter.block(done, turns, span)


def _turn(lower: Lowering, chain: _Chain, alike: list[tuple[int, int]]) -> None:
    """Step over the link that is here."""
    here = lower.emitter.let(f"{chain.field}.link", chain.offset, chain.span)
    place = Place(chain.links[0][0], here, 0)
    for first, size in alike:
        read_bytes(lower, place, first, size, f"{chain.field}.link.byte{first}", chain.absent, chain.span)
    _one_of(lower, chain, chain.links, here)
    if chain.has_one_selector:
        _select(lower, chain, place)


def _alike(chain: _Chain) -> list[tuple[int, int]]:
    """Where several links of a chain have bytes, each a first byte and how many, that stepping over any of them takes
    to be there; those that reach furthest come first."""
    taken = [_taken(layout, chain.field) for layout, _ in chain.links]
    reach = min(max(first + size for first, size in here) for here in taken)
    often = Counter(place for here in taken for place in here)
    found = [place for place, count in often.items() if count > 1 and sum(place) <= reach]
    return sorted(found, key=lambda place: (-sum(place), place))


def _taken(layout: Layout, selector: str) -> set[tuple[int, int]]:
    """Bytes that are always read where a link is stepped over: it is not there without them."""
    found = {field.bytes for field in layout.fields.values() if field.constraint is not None}
    found.add(layout.fields[selector].bytes)
    asked = [table.guard for table in layout.tables if table.limit is None and table.selector == selector]
    for expression in (*asked, layout.tail and layout.tail.count):
        inside = list(tree.nodes(expression))
        if all(isinstance(node, _ALL_READ) for node in inside):
            names = [node.name.text for node in inside if isinstance(node, tree.Use)]
            found |= {layout.fields[name].bytes for name in names if name in layout.fields}
    return found


_ALL_READ = (tree.Use, tree.Number, tree.Address, tree.Binary, tree.Compare)
"""Expressions of which every part is worked out: nothing is spared by what another part comes to."""


def _link(lower: Lowering, chain: Table, to: str, type: form.Type) -> Layout:
    """The layout of a chain's link, which has the selector too."""
    name = next(name for name in chain.names if name.text == to)
    layout = lower.module.headers.get(to)
    if layout is None:
        raise wrong(codes.UNKNOWN_NAME, name.span, what="header", name=to)
    assert chain.selector is not None
    field = layout.fields.get(chain.selector)
    if field is None or field.type.core != type:
        remark = f"each header of a chain by `{chain.selector}` has a field `{chain.selector}: {type}`"
        raise wrong(codes.BAD_LAYOUT, name.span, remark)
    return layout


def _one_of(lower: Lowering, chain: _Chain, links: list[tuple[Layout, tuple[int, ...]]], here: Expression) -> None:
    """Step over the link that the selector says is here; the last one needs no test."""
    (layout, values), *others = links
    emitter = lower.emitter
    if not others:
        _over(lower, chain, Place(layout, here, 0))
        return
    with emitter.nested() as this:
        _over(lower, chain, Place(layout, here, 0))
    with emitter.nested() as rest:
        _one_of(lower, chain, others, here)
    emitter.emit(form.If(_among(chain.selector, values, chain.span), tuple(this), tuple(rest), span=chain.span))


def _over(lower: Lowering, chain: _Chain, place: Place) -> None:
    """Step over one link."""
    arrive(lower, place, chain.absent, chain.span)
    for table in place.layout.tables:
        if table.limit is None and table.selector == chain.field:
            _guard(lower, place, table, chain.absent)
    end = ending(lower, place, chain.absent, chain.span)
    if not chain.has_one_selector:
        _select(lower, chain, place)
    lower.emitter.emit(form.Assign(chain.offset.name, end, span=chain.span))


def _select(lower: Lowering, chain: _Chain, place: Place) -> None:
    """Take the selector's value from a link."""
    value = field_value(lower, place, place.layout.fields[chain.field], chain.absent, chain.span).core
    lower.emitter.emit(form.Assign(chain.selector.name, value, span=chain.span))
