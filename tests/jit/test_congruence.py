"""Alignment facts hold of every value that an expression can have."""

from __future__ import annotations

import random

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U32, Expression
from dlcode_dsl.core.operators import OPERATORS, evaluate, fault_of
from dlcode_jit.congruence import UNKNOWN, Congruence, congruence, exactly

SYMBOLS = ("+", "+%", "-", "-%", "*", "*%", "<<", "&", "|", "^", ">>", "/")


def random_expression(rng: random.Random, depth: int) -> Expression:
    """An expression over constants and two names."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(
            (form.Variable("known", U32), form.Variable("unknown", U32), form.Constant(rng.choice(VALUES), U32))
        )
    symbol = rng.choice(SYMBOLS)
    right = form.Constant(rng.randrange(5), U32) if symbol == "<<" else random_expression(rng, depth - 1)
    return form.Binary(symbol, random_expression(rng, depth - 1), right)


VALUES = (0, 1, 2, 3, 4, 6, 12, 14, 60, 255, 0xFFFC, 0xFFFFFFFE, 0xFFFFFFFF)


def value(expression: Expression, names: dict[str, int]) -> int | None:
    """What the expression comes to; None where it faults."""
    match expression:
        case form.Constant(number):
            return number
        case form.Variable(name):
            return names[name]
        case form.Binary(symbol, left, right):
            one, other = value(left, names), value(right, names)
            if one is None or other is None or fault_of(OPERATORS[symbol], one, other, 32):
                return None
            return evaluate(OPERATORS[symbol], one, other, 32)
    raise AssertionError(expression)


def test_every_value_is_congruent_to_what_is_said() -> None:
    rng = random.Random(1)
    claims = 0
    for _ in range(4000):
        expression = random_expression(rng, 4)
        known = Congruence(*rng.choice(((1, 0), (2, 0), (2, 1), (4, 0), (4, 2), (4, 3))))
        said = congruence(expression, {"known": known})
        claims += said.modulus > 1
        for _ in range(8):
            names = {
                "known": rng.randrange(1 << 20) * known.modulus + known.remainder,
                "unknown": rng.choice((rng.randrange(1 << 32), rng.choice(VALUES))),
            }
            found = value(expression, names)
            assert found is None or found % said.modulus == said.remainder, (expression, said, names)
    assert claims > 1000  # the test is about something


def test_the_place_of_a_transport_header_is_known_to_be_two_modulo_four() -> None:
    """14 + ihl * 4, for an unknown ihl: on the DECstation the header is then aligned to words."""
    length = form.Binary("*", form.Variable("ihl", U32), form.Constant(4, U32))
    at = form.Binary("+", form.Constant(14, U32), length)
    assert congruence(at, {}) == exactly(14)
    assert exactly(14).plus(Congruence(4, 2)).factor == 4


def test_nothing_is_said_of_what_is_narrower_than_a_byte() -> None:
    """Arithmetic on a u1 wraps at 2, which 4 does not divide."""
    bit = form.Type(1)
    wrapped = form.Binary("+%", form.Constant(1, bit), form.Constant(1, bit))
    assert congruence(wrapped, {}) == UNKNOWN
