"""The value of an expression, and what a condition teaches where it holds."""

from __future__ import annotations

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Expression, Program

from .state import State, merged
from .values import (
    Both,
    Chosen,
    Comparison,
    Negation,
    Truth,
    Unknown,
    Value,
    Values,
    at_most,
    difference,
    interval,
)
from .zones import ZERO, Zone

PACKET, WIRE = "extent.packet", "extent.wire"
"""Names that no program binds, of the packet's two lengths."""

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", "<=": ">", ">": "<="}


def bind(program: Program, values: Values, state: State, name: str, expression: Expression) -> None:
    """Let a name stand for what an expression is at this place."""
    if expression.type.bits:
        state.numbers[name] = number(program, values, state, expression)
    else:
        state.truths[name] = truth(program, values, state, expression)


def number(program: Program, values: Values, state: State, expression: Expression) -> Value:
    """The value of an expression that is a number."""
    zone = state.zone
    match expression:
        case form.Constant(value):
            return ZERO, value
        case form.Variable(name, type):
            if name in state.numbers:
                return state.numbers[name]
            return values.value(zone, values.number(), 0, (1 << type.bits) - 1)  # it is not followed
        case form.Extent(of):
            if of in ("packet", "wire"):
                return state.numbers[PACKET if of == "packet" else WIRE]
            return ZERO, program.region(of).count
        case form.Binary(operator, left, right):
            one, two = number(program, values, state, left), number(program, values, state, right)
            return values.arithmetic(zone, operator, one, two, left.type.bits)
        case form.Convert(how, operand, type):
            whole = number(program, values, state, operand)
            most = (1 << type.bits) - 1
            if how == "widen" or interval(zone, whole)[1] <= most:
                return whole
            if how == "narrow":  # it fits, or the run has ended
                at_most(zone, whole, (ZERO, most), 0)
                return whole
            cut = values.value(zone, ("truncate", whole, type.bits), 0, most)
            at_most(zone, cut, whole, 0)
            return cut
        case form.Owned(region, index, type):
            at = number(program, values, state, index)
            plain = program.region(region).mode != "shared"
            key = ("owned", region, at, state.memory, None if plain else id(expression))
            return values.value(zone, key, 0, (1 << type.bits) - 1)
        case form.ByteSwap(operand):
            swapped = number(program, values, state, operand)
            return values.value(zone, ("swap", swapped), 0, (1 << operand.type.bits) - 1)
    return values.value(zone, values.number(), 0, (1 << max(expression.type.bits, 1)) - 1)


def truth(program: Program, values: Values, state: State, expression: Expression) -> Truth:
    """The truth value of an expression that is one."""
    match expression:
        case form.Constant(value):
            return bool(value)
        case form.Variable(name):
            return state.truths[name] if name in state.truths else Unknown(values.number())
        case form.Compare(operator, left, right):
            one = number(program, values, state, left)
            return Comparison(operator, one, number(program, values, state, right))
        case form.Not(operand):
            return Negation(truth(program, values, state, operand))
        case form.Logic(which, left, right):
            first, second = truth(program, values, state, left), truth(program, values, state, right)
            return Both(first, second) if which == "and" else Negation(Both(Negation(first), Negation(second)))
    return Unknown(values.number())


def assume(values: Values, state: State, condition: Truth, holds: bool = True) -> bool:
    """Learn in place that a condition holds, or that it does not; false where that cannot be."""
    match condition:
        case bool():
            return condition is holds
        case Negation(of):
            return assume(values, state, of, not holds)
        case Both(left, right):
            if holds:
                return assume(values, state, left) and assume(values, state, right)
            return _one_fails(values, state, left, right)
        case Comparison(operator, left, right):
            zone = state.zone
            possible = _compare(zone, operator if holds else OPPOSITE[operator], left, right)
            return possible and values.follow(zone, left[0]) and values.follow(zone, right[0])
        case Chosen(first, on_first, second, on_second):
            ways = [
                (side, facts)
                for side, facts in ((first, on_first), (second, on_second))
                if not isinstance(side, bool) or side is holds
            ]
            if len(ways) == 1:
                ((side, facts),) = ways
                for x, y, c in facts:
                    state.zone.add(x, y, c)
                return assume(values, state, side, holds)
            return bool(ways)
    return True


def _one_fails(values: Values, state: State, left: Truth, right: Truth) -> bool:
    """Learn that one of two conditions fails."""
    other = state.copy()
    first = assume(values, other, left, False)
    second = assume(values, state, left) and assume(values, state, right, False)
    if first and second:
        joint = merged(values, 0, other, state, state.names)
        assert joint is not None
        state.zone = joint.zone
    elif first:
        state.zone = other.zone
    return first or second


def _compare(zone: Zone, operator: str, left: Value, right: Value) -> bool:
    match operator:
        case "<":
            return at_most(zone, left, right, -1)
        case "<=":
            return at_most(zone, left, right, 0)
        case ">":
            return at_most(zone, right, left, -1)
        case ">=":
            return at_most(zone, right, left, 0)
        case "==":
            return at_most(zone, left, right, 0) and at_most(zone, right, left, 0)
    if difference(zone, left, right) <= 0:
        return at_most(zone, left, right, -1)
    if difference(zone, right, left) <= 0:
        return at_most(zone, right, left, -1)
    return True
