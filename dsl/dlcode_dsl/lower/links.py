"""From a header to the one behind it: by a value of a field, by what it is itself, and past the links of a chain.

A chain is walked turn by turn, over the selector's value and an offset. Each link must be there and keep its
constraints, and where it has a `next` of its own by that field, the guard of that must hold: else nothing is behind it.
The turns are written out: a loop would be shorter, but hide from a comparison what two filters have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body, Expression
from ..layout import Layout, Table
from ..paths import Path, Step
from ..source import Span
from ..wrong import wrong
from . import fold
from .fields import Place, arrive, end_of, field_value

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
        selector = None
        if step.table.selector is not None:
            selector = field_value(lower, parent, parent.layout.fields[step.table.selector], absent, span).core
        _lead(lower, selector, step, absent, span)
        _guard(lower, parent, step.table, absent)
        reached = Reached(selector, end_of(lower, parent, absent, span))
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


def _walk(
    lower: Lowering, chain: Table, stop: tuple[int, ...], at: Reached, absent: Body, span: Span
) -> None:
    """The turns, as many as the chain has links at most."""
    emitter = lower.emitter
    selector, offset = at.selector, at.offset
    assert isinstance(selector, form.Variable)
    assert isinstance(offset, form.Variable)
    over: list[tuple[Layout, tuple[int, ...]]] = []
    for to in dict.fromkeys(to for _, to in chain.links):
        layout = _link(lower, chain, to, selector.type)
        values = tuple(value for value in chain.values(to) if value not in stop)
        if values:
            over.append((layout, values))
    if not over:  # nothing is stepped over before the one that is looked for
        return
    condition = _among(selector, tuple(value for _, values in over for value in values), span)
    assert chain.limit is not None
    done = emitter.fresh("walked")
    with emitter.nested() as turns:
        for _ in range(chain.limit - bool(stop)):  # the one that is looked for is a link too
            emitter.emit(form.If(fold.negate(condition), (form.Leave(done, span=span),), span=span))
            here = emitter.let(f"{chain.selector}.link", offset, span)
            _one_of(lower, chain, over, here, at, absent, span)
        emitter.emit(form.If(condition, absent, span=span))
    emitter.block(done, turns, span)


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


def _one_of(
    lower: Lowering, chain: Table, links: list[tuple[Layout, tuple[int, ...]]], here: Expression, at: Reached,
    absent: Body, span: Span,
) -> None:  # fmt: skip
    """Step over the link that the selector says is here; the last one needs no test."""
    (layout, values), *others = links
    emitter = lower.emitter
    if not others:
        _over(lower, chain, layout, here, at, absent, span)
        return
    assert at.selector is not None
    with emitter.nested() as this:
        _over(lower, chain, layout, here, at, absent, span)
    with emitter.nested() as rest:
        _one_of(lower, chain, others, here, at, absent, span)
    emitter.emit(form.If(_among(at.selector, values, span), tuple(this), tuple(rest), span=span))


def _over(
    lower: Lowering, chain: Table, layout: Layout, here: Expression, at: Reached, absent: Body, span: Span
) -> None:
    """Step over one link."""
    assert chain.selector is not None
    assert isinstance(at.selector, form.Variable)
    assert isinstance(at.offset, form.Variable)
    place = arrive(lower, Place(layout, here, 0), absent, span)
    for table in layout.tables:
        if table.limit is None and table.selector == chain.selector:
            _guard(lower, place, table, absent)
    value = field_value(lower, place, layout.fields[chain.selector], absent, span).core
    end = end_of(lower, place, absent, span)
    lower.emitter.emit(
        form.Assign(at.selector.name, value, span=span), form.Assign(at.offset.name, end, span=span)
    )
