"""What counts where a value is absent: `value else alternative`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import codes
from ..core import form
from ..core.check import leaves_to
from ..core.form import Body
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expression
from ..wrong import wrong
from . import conditions, fold, values
from .values import Typed, Value

if TYPE_CHECKING:
    from .expressions import Lowering


def otherwise(
    lower: Lowering, value: Expression, alternative: Expression | tree.Verdict, absent: Body | None, span: Span
) -> Value:
    """`value else alternative`."""
    if isinstance(alternative, tree.Verdict):
        help = f"only a `let` can end the run: `let found = {value.span.text} else {alternative.word}`"
        raise wrong(codes.WRONG_TYPE, alternative.span, help=help, found="a verdict", wanted="a value")
    done, missing = lower.emitter.fresh("done"), lower.emitter.fresh("absent")
    with lower.emitter.nested() as present_body:
        found = lower.value(value, (form.Leave(missing, span=span),))
        present = values.settled(found) if isinstance(alternative, tree.Number) else found
        type = present.type if isinstance(present, Typed) else None
    with lower.emitter.nested() as alternative_body:
        other = lower.value(alternative, absent)
    left, right = values.agreed(present, other, span) if type is None or type.numeric else (
        present, Typed(type, values.expect(other, type), other.span))  # fmt: skip
    assert isinstance(left, Typed)
    assert isinstance(right, Typed)
    if not any(leaves_to(missing, statement) for statement in present_body):  # it is never absent
        lower.emitter.emit(*present_body)
        return left
    answer: form.Variable
    if alternative_body or not isinstance(right.core, form.Constant | form.Variable):
        answer = lower.emitter.variable("value", fold.constant(0, left.type.core, span), span)
        present_body += [form.Assign(answer.name, left.core, span=span), form.Leave(done, span=span)]
        alternative_body.append(form.Assign(answer.name, right.core, span=span))
        body = [form.Block(missing, tuple(present_body), span=span), *alternative_body]
        lower.emitter.block(done, body, span)
    else:
        answer = lower.emitter.variable("value", right.core, span)
        assigned = form.Assign(answer.name, left.core, span=span)
        condition = conditions.as_expression(present_body, missing)
        if condition is not None:
            lower.emitter.taken_back(present_body)
            lower.emitter.emit(form.If(condition, (assigned,), span=span))
        else:
            lower.emitter.block(missing, [*present_body, assigned], span)
    lower.emitter.settle(answer)
    return Typed(left.type, answer, span)
