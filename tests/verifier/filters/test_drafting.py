"""Packets that are written down for a condition: none is relied upon, most are right, and no table makes one fail."""

from __future__ import annotations

import random

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.operators import OPERATORS
from dlcode_verifier.filters.drafting import draft
from dlcode_verifier.filters.subject import Table
from dlcode_verifier.filters.task import Sketch
from dlcode_verifier.terms import FALSE, Term, Terms
from tests.verifier.filters.small import matched, random_filter, taken

LONGEST = 64


def packet(sketch: Sketch) -> Packet:
    data = bytes(sketch.data.get(place, 0) for place in range(sketch.length))
    return Packet(data, len(data) if sketch.wire is None else sketch.wire)


def test_what_is_drafted_for_a_filter_matches() -> None:
    """Of random filters that match anything, most have a draft that they match."""
    drafted = matching = 0
    for seed in range(150):
        certificate = random_filter(seed)
        table = Table()
        condition = table.enter(certificate)
        made = draft(table.terms.rows, condition, 1)
        matching += bool(taken(certificate))
        drafted += made is not None and matched(certificate.program, packet(made))
    assert matching > 60
    assert drafted > 0.8 * matching


def drawn(seed: int) -> tuple[Terms, Term]:
    """A condition of any operations on bytes at any places, those of other bytes too, and on lengths."""
    rng, terms = random.Random(seed), Terms()
    array = terms.make("packet", -8)
    values = [terms.make("length", 32), terms.make("wire", 32), terms.make("any", 32, "x")][: 2 + (seed % 9 == 0)]

    def some() -> Term:
        return rng.choice([terms.constant(rng.choice([0, 1, 2, 9, 300, (1 << 32) - 1]), 32), *values])

    for _ in range(rng.randrange(2, 12)):
        byte = terms.make("read", rng.choice([8, 16, 32, 128]), array, some())
        bits = terms.bits(byte)
        values.append(terms.convert("widen" if bits < 32 else "truncate", byte, 32) if bits != 32 else byte)
        values.append(terms.binary(rng.choice([*OPERATORS]), some(), some()))
    conditions = [terms.compare(rng.choice(["==", "!=", "<", "<=", ">", ">="]), some(), some()) for _ in range(6)]
    conditions += [terms.within((some(), some()), values[0]) for _ in range(2)]
    values += [terms.choose(conditions[0], some(), some())]
    whole = conditions[0]
    for one in conditions[1:]:
        whole = rng.choice([terms.both, terms.either])(whole, terms.negate(one) if rng.random() < 0.3 else one)
    return terms, whole


def test_no_condition_makes_a_draft_fail() -> None:
    found = 0
    for seed in range(1500):
        terms, condition = drawn(seed)
        made = draft(terms.rows, condition, LONGEST)
        if made is not None:
            found += 1
            assert condition != FALSE
            assert 0 <= made.length <= LONGEST
            assert all(0 <= place < made.length and 0 <= byte < 256 for place, byte in made.data.items())
    assert found > 500


def test_a_condition_that_is_too_deep_or_too_long_is_given_up() -> None:
    terms = Terms()
    array, at = terms.make("packet", -8), terms.constant(0, 32)
    for _ in range(5000):
        at = terms.convert("widen", terms.make("read", 8, array, at), 32)
    assert draft(terms.rows, terms.compare("==", at, terms.constant(3, 32)), LONGEST) is None
