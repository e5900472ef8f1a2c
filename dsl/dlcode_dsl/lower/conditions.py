"""Conditions as control flow.

A packet is read by statements, so a condition becomes a jump: `jump(condition, absent)` makes statements that go on
where it is true and run `absent`, which leaves, where it is false. A comparison of what is absent runs the same body.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.form import Body
from ..diagnostics import Edit
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expression
from ..types import BOOL
from ..wrong import Wrong, unknown, wrong
from . import fold, parts, places, values
from .needs import needs, used
from .values import Typed, Value

if TYPE_CHECKING:
    from .expressions import Lowering

LONGEST_TRUTH = 16
"""Most nodes of a truth value that is written twice: doubled at each level of a nesting, it would grow without end."""


def jump(lower: Lowering, condition: Expression, absent: Body) -> None:
    """Go on where a condition is true; run `absent` where it is false, or where what it compares is absent."""
    span = condition.span
    match condition:
        case tree.Junction("and", terms):
            for term in terms:
                lower.jump(term, absent)
        case tree.Junction(_, terms):
            _either(lower, condition, terms, absent)
        case tree.Compare(operator, left, tree.Binary("/", tree.Address("ip4" | "ip6"), tree.Number()) as network):
            raise _not_a_value(operator, left, network)
        case tree.Compare(operator, left, right):
            sides = _brief(lower, lower.value(left, absent)), _brief(lower, lower.value(right, absent))
            lower.unless(values.compare(operator, *sides, span), absent, span)
        case tree.Member(value, items):
            _member(lower, value, items, absent, span)
        case tree.Not(operand):
            _unless_true(lower, operand, absent, span)
        case tree.Call(tree.Name("has"), arguments):
            places.locate(lower, header_argument(lower, condition.name, arguments), absent)
        case tree.Call() if _is_called(lower, condition, absent):
            pass
        case tree.Use(name) if name.text not in lower.names and name.text in lower.module.filters:
            _inline(lower, name, absent)
        case _:
            lower.unless(values.expect(lower.value(condition, absent), BOOL), absent, span)


def _is_called(lower: Lowering, call: tree.Call, absent: Body) -> bool:
    """Whether a call is of a function that is one condition, which has been lowered if it is."""
    from . import functions  # whose bodies are statements, which are lowered by means of this module

    function = functions.declared(lower, call)
    return function is not None and functions.jump(lower, call, function, absent)


def _not_a_value(operator: str, left: Expression, network: tree.Binary) -> Wrong:
    """That a value is compared with a whole network."""
    written = f"in {network.span.text}"
    if operator == "==":
        sign = Span(left.span.source, left.span.end, network.span.start)
        help, edit = f"write `{written}`", Edit(sign, " in ")
    else:
        help, edit = f"write `!({left.span.text} {written})`" if operator == "!=" else "", None
    return wrong(codes.WRONG_TYPE, network.span, found="a network", wanted="an address", help=help, edit=edit)


def _brief(lower: Lowering, value: Value) -> Value:
    """A value of which a comparison of truths is made, that writes it twice: a long one under a name of its own."""
    if isinstance(value, Typed) and value.type == BOOL and fold.size(value.core) > LONGEST_TRUTH:
        return replace(value, core=lower.emitter.let("truth", value.core, value.span))
    return value


def _member(lower: Lowering, value: Expression, items: tuple[Expression, ...], absent: Body, span: Span) -> None:
    first = lower.value(value, absent)
    if isinstance(first, Typed):
        first = Typed(first.type, lower.emitter.let("member", first.core, span), span)
    terms: list[form.Expression] = []
    for item in items:
        match item:
            case tree.Binary("/", tree.Address() as address, length):
                terms.append(values.within(first, address, length, item.span))
            case _:
                terms.append(values.compare("==", first, lower.value(item, absent), item.span))
    lower.unless(fold.joined("or", terms), absent, span)


def _either(lower: Lowering, whole: tree.Junction, terms: tuple[Expression, ...], absent: Body) -> None:
    span = whole.span
    _hoist(lower, whole, absent)
    found = lower.emitter.fresh("found")
    with lower.emitter.nested() as body:
        plain: list[form.Expression] = []  # conditions of one run of terms that need no statements

        def flush() -> None:
            if plain:
                lower.emitter.emit(form.If(fold.joined("or", plain), (form.Leave(found, span=span),), span=span))
                plain.clear()

        for term in terms:
            other = lower.emitter.fresh("other")
            with lower.emitter.nested() as inner:
                lower.jump(term, (form.Leave(other, span=span),))
            condition = as_expression(inner, other)
            if condition is not None:
                lower.emitter.taken_back(inner)
                plain.append(condition)
            else:
                flush()
                lower.emitter.block(other, [*inner, form.Leave(found, span=span)], span)
        if not body:  # no term needed a statement
            condition = fold.joined("or", plain)
        else:
            condition = None
            flush()
            lower.emitter.emit(*absent)
    if condition is not None:
        lower.unless(condition, absent, span)
    else:
        lower.emitter.block(found, body, span)


def _hoist(lower: Lowering, condition: Expression, absent: Body) -> None:
    """Read what a condition cannot be true without."""
    for (header, field), name in needs(condition, lower.module, lower.names).items():
        place = places.locate(lower, name, absent)
        if field:
            places.field_value(lower, place, lower.module.headers[header].fields[field], absent, name.span)


def warn_of_absence(lower: Lowering, operand: Expression, span: Span) -> None:
    """Warn of a `!` whose operand is false where something is absent."""
    if _may_be_absent(lower, operand):
        help = "an absent value makes a comparison false under every operator; turn the operator instead"
        lower.warnings.append(wrong(codes.NOT_OF_ABSENT, span, help=help).diagnostic)


def _unless_true(lower: Lowering, operand: Expression, absent: Body, span: Span) -> None:
    """`!operand`."""
    warn_of_absence(lower, operand, span)
    label = lower.emitter.fresh("not")
    with lower.emitter.nested() as body:
        lower.jump(operand, (form.Leave(label, span=span),))
        condition = as_expression(body, label)
        if condition is None:
            lower.emitter.emit(*absent)
    if condition is not None:
        lower.emitter.taken_back(body)
        lower.unless(fold.negate(condition), absent, span)
    else:
        lower.emitter.block(label, body, span)


def _may_be_absent(lower: Lowering, operand: Expression) -> bool:
    match operand:
        case tree.Junction(_, terms):
            return any(_may_be_absent(lower, term) for term in terms)
        case tree.Not(inner):
            return _may_be_absent(lower, inner)
        case tree.Compare(_, left, right):
            return _reads(lower, left) or _reads(lower, right)
        case tree.Member(value, _):
            return _reads(lower, value)
    return False


def _reads(lower: Lowering, value: Expression) -> bool:
    """Whether a value is made of something that may be absent."""
    if isinstance(value, tree.Otherwise):
        return False
    if isinstance(value, tree.Index) and parts.is_part(lower, value.target):
        return True
    if isinstance(value, tree.Dot):
        found = used(value, lower.module, lower.names)
        if not all(_is_known(lower, *key) for key in found):
            return True
    return any(_reads(lower, operand) for operand in tree.operands(value))


def _is_known(lower: Lowering, header: str, field: str) -> bool:
    place = lower.emitter.known.get(("header", header))
    return place is not None and (not field or places.is_read(lower, place, place.layout.fields[field]))


def _inline(lower: Lowering, name: tree.Name, absent: Body) -> None:
    """The condition of a filter that is named."""
    declared = lower.module.filters[name.text]
    if declared.link.text != lower.link:
        raise wrong(codes.WRONG_TYPE, name.span, found=f"a filter on {declared.link}", wanted=f"one on {lower.link}")
    if len(declared.body) != 1 or not isinstance(declared.body[0], tree.Evaluate):
        help = "a filter that is used inside another is one expression"
        raise wrong(codes.WRONG_TYPE, name.span, found="a filter with statements", wanted="a condition", help=help)
    if name.text not in lower.module.conditions:
        remark = "it names itself, or names others too deep or too often"
        raise wrong(codes.CIRCULAR, name.span, remark, name=name)
    with lower.scope({}):
        lower.jump(lower.module.conditions[name.text], absent)


def truth(lower: Lowering, condition: Expression, span: Span) -> form.Expression:
    """A condition as a value: one expression where it can be, else a variable that control flow sets."""
    label = lower.emitter.fresh("false")
    with lower.emitter.nested() as body:
        lower.jump(condition, (form.Leave(label, span=span),))
        plain = as_expression(body, label)
    if plain is not None:
        lower.emitter.taken_back(body)
        return plain
    answer = lower.emitter.variable("truth", fold.truth(False, span), span)
    body.append(form.Assign(answer.name, fold.truth(True, span), span=span))
    lower.emitter.block(label, body, span)
    lower.emitter.settle(answer)
    return answer

def header_argument(lower: Lowering, name: tree.Name, arguments: tuple[tree.Argument, ...]) -> tree.Name:
    """The header that `has(…)` asks for."""
    argument = only(name, arguments)
    if not isinstance(argument, tree.Use) or argument.name.text not in lower.module.headers:
        if isinstance(argument, tree.Use):
            raise unknown("header", argument.name, lower.module.headers)
        raise wrong(codes.BAD_ARGUMENT, argument.span, "it asks for a header by its name", name=name)
    return argument.name


def only(name: tree.Name, arguments: tuple[tree.Argument, ...]) -> Expression:
    """The one argument of a call, which has no name."""
    if len(arguments) != 1 or arguments[0].name is not None:
        raise wrong(codes.BAD_ARGUMENT, name.span, "it takes one argument, without a name", name=name)
    return arguments[0].value


def as_expression(body: list[form.Statement], label: str) -> form.Expression | None:
    """The condition under which control comes out at the end of a body that does nothing but test; else None."""
    terms: list[form.Expression] = []
    for statement in body:
        match statement:
            case form.If(condition, (form.Leave(target),), ()) if target == label:
                terms.append(fold.negate(condition))
            case _:
                return None
    return fold.joined("and", terms)
