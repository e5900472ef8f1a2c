"""Loops: `while` and `for`, with what their heads claim, and the ways out of a turn.

A condition is evaluated anew for every turn, with all that it reads, so its statements are the head of the core loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import codes
from ..constants import evaluate
from ..core import form
from ..core.form import Body, Expression
from ..source import Span
from ..syntax import tree
from ..wrong import wrong
from . import fold, values
from .names import Local, Memory

if TYPE_CHECKING:
    from .statements import Statements


@dataclass
class Turn:
    """The turn of the innermost loop: where `break` and `continue` go."""

    loop: str
    next: str
    continued: bool = False  # a `continue` has been met


def while_(lower: Statements, statement: tree.While) -> None:
    """`while condition claims { … }`."""
    span = statement.span
    turn = _turn(lower, statement.body)
    with lower.emitter.nested() as head:
        lower.jump(statement.condition, (form.Leave(turn.loop, span=statement.condition.span),))
        condition = _last_tests(head, turn.loop)
        claims = _claims(lower, statement.claims)
        with lower.emitter.nested() as body, _within(lower, turn):
            lower.statements(statement.body)
    whole = _whole_turn(turn, body, span)
    lower.emitter.emit(_loop(turn, tuple(head), condition, whole, claims, span))


def for_(lower: Statements, statement: tree.For) -> None:
    """`for name in start .. end claims { … }`: start and end are evaluated once, before."""
    span, name = statement.span, statement.name
    turn = _turn(lower, statement.body)
    first, end = lower.value(statement.start, None), lower.value(statement.end, None)
    first, end = values.agreed(first, end, statement.start.span.to(statement.end.span), least=32)
    if not first.type.numeric:
        raise wrong(codes.WRONG_TYPE, statement.start.span, found=str(first.type), wanted="a number")
    bound = lower.emitter.let(f"{name}.end", end.core, statement.end.span)
    counter = lower.emitter.variable(name.text, first.core, name.span)
    with lower.scope():
        lower.declare(name, Local(first.type, counter, mutable=False))
        with lower.emitter.nested():  # names that the claims make known are the loop's
            claims = _claims(lower, statement.claims)
            with lower.emitter.nested() as body, _within(lower, turn):
                ended = lower.statements(statement.body)
    whole = _whole_turn(turn, body, span)
    if not ended or turn.continued:
        more = fold.binary("+", counter, fold.constant(1, counter.type, name.span), name.span)
        whole = (*whole, form.Assign(counter.name, more, span=name.span))
    condition = fold.compare("<", counter, bound, statement.start.span.to(statement.end.span))
    lower.emitter.emit(_loop(turn, (), condition, whole, claims, span))


def leave(lower: Statements, statement: tree.Break | tree.Continue) -> None:
    """`break` or `continue`. Raises Wrong outside all loops."""
    if lower.turn is None:
        word = "break" if isinstance(statement, tree.Break) else "continue"
        raise wrong(codes.OUTSIDE_LOOP, statement.span, word=word)
    if isinstance(statement, tree.Continue):
        lower.turn.continued = True
        lower.emitter.emit(form.Leave(lower.turn.next, span=statement.span))
    else:
        lower.emitter.emit(form.Leave(lower.turn.loop, span=statement.span))


# ---- turns


def _turn(lower: Statements, body: tree.Body) -> Turn:
    """A loop that is about to start: what its turns rewrite is no longer known, before the first one either."""
    if _rewrites(lower, body):
        lower.emitter.forget_bytes()
    return Turn(lower.emitter.fresh("loop"), lower.emitter.fresh("next"))


@contextmanager
def _within(lower: Statements, turn: Turn) -> Iterator[None]:
    outer, lower.turn = lower.turn, turn
    try:
        yield
    finally:
        lower.turn = outer


def _whole_turn(turn: Turn, body: list[form.Statement], span: Span) -> Body:
    return (form.Block(turn.next, tuple(body), span=span),) if turn.continued else tuple(body)


def _last_tests(head: list[form.Statement], label: str) -> Expression:
    """The tests at the end of a head, taken out of it: the loop's condition."""
    terms: list[Expression] = []
    while head:
        match head[-1]:
            case form.If(condition, (form.Leave(target),), ()) if target == label:
                terms.append(fold.negate(condition))
                head.pop()
            case _:
                break
    return fold.joined("and", terms[::-1])


def _rewrites(lower: Statements, body: tree.Body) -> bool:
    """Whether a statement of a body assigns to bytes of the packet."""
    for statement in body:
        match statement:
            case tree.Assign(target) if not _is_of_names(lower, target):
                return True
            case tree.If(_, then, otherwise) if _rewrites(lower, then) or _rewrites(lower, otherwise):
                return True
            case tree.While() | tree.For() if _rewrites(lower, statement.body):
                return True
    return False


def _is_of_names(lower: Statements, target: tree.Expression) -> bool:
    """Whether an assignment's target is a variable, or owned memory."""
    if isinstance(target, tree.Index):
        return isinstance(target.target, tree.Use) and isinstance(lower.names.get(target.target.name.text), Memory)
    return isinstance(target, tree.Use)


# ---- what a loop's head claims


@dataclass(frozen=True)
class _Claims:
    invariants: tuple[Expression, ...]
    decreases: tuple[Expression, ...]
    limit: int | None
    exhausted: Body | None


def _claims(lower: Statements, claims: tree.Claims) -> _Claims:
    limit, exhausted = None, None
    if claims.limit is not None:
        known = evaluate(claims.limit.count, lower.module.constants)
        if not isinstance(known, tree.Number):
            raise wrong(codes.NOT_CONSTANT, claims.limit.count.span, "a limit is a number of turns")
        limit = known.value
        if claims.limit.alternative is not None:
            exhausted = lower.giving_up(claims.limit.alternative)
            if exhausted is None:
                raise wrong(codes.WRONG_TYPE, claims.limit.alternative.span, found="a value", wanted=lower.ending)
    invariants = tuple(_claim(lower, each, measure=False) for each in claims.invariants)
    decreases = tuple(_claim(lower, each, measure=True) for each in claims.decreases)
    return _Claims(invariants, decreases, limit, exhausted)


def _claim(lower: Statements, claim: tree.Expression, *, measure: bool) -> Expression:
    """An invariant, or a part of a measure, as one expression over values that are known when a turn begins."""
    outer, lower.claims = lower.claims, True
    try:
        with lower.emitter.nested() as made, lower.emitter.written_out():
            core = values.settled(lower.value(claim, None)).core if measure else lower.truth(claim, claim.span)
    finally:
        lower.claims = outer
    if made:
        help = "a claim is one expression over names; give one to what it reads with `let`, before the loop"
        raise wrong(codes.BAD_CLAUSE, claim.span, "this would be read at every turn", help=help)
    if measure and core.type == form.BOOL:
        raise wrong(codes.WRONG_TYPE, claim.span, found="a truth value", wanted="a number")
    return _wrapping(core) if measure else core


def _wrapping(measure: Expression) -> Expression:
    """A measure whose sums wrap: a number that falls with every turn proves the end, whatever number it is."""
    match measure:
        case form.Binary(symbol, left, right):
            wraps = f"{symbol}%" if symbol in ("+", "-", "*") else symbol
            return form.Binary(wraps, _wrapping(left), _wrapping(right), span=measure.span)
        case form.Convert("widen", operand, type):
            return form.Convert("widen", _wrapping(operand), type, span=measure.span)
    return measure


def _loop(
    turn: Turn, head: Body, condition: Expression, body: Body, claims: _Claims, span: Span
) -> form.Loop:
    return form.Loop(
        turn.loop, head, condition, body, claims.invariants, claims.decreases, claims.limit, claims.exhausted, span=span
    )
