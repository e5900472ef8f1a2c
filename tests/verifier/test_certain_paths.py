"""What a path shows of a claim: held against every value of narrow types, against Z3, and at the edge of each rule."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from itertools import product

import pytest
import z3

from dlcode_dsl.core.operators import OPERATORS, evaluate, fault_of
from dlcode_verifier.certain import is_certain
from dlcode_verifier.conditions import conditions
from dlcode_verifier.decide import decide
from dlcode_verifier.ranges import ranges_and_shapes
from dlcode_verifier.task import PROVED, REFUTED, Task
from dlcode_verifier.terms import FALSE, TRUE, Term, Terms
from tests.generators import random_program
from tests.verifier.support import program

LENGTHS = 6
"""Lengths of packets that are gone through."""

EFFORTS = 200_000, 200_000
"""Steps for a query in integers, and in bit-vectors."""

WIDTHS = (2, 2, 3)
"""Bits of the unknown values that each table is made over."""


class Over(Exception):
    """A run has ended in a fault before it came to the claim."""


def worked_out(terms: Terms, term: Term, given: Mapping[Term, int]) -> int:
    """The value of a term as a run works it out, of a choice the branch that is taken. Raises Over at a fault."""

    def of(part: Term) -> int:
        return worked_out(terms, part, given)

    value: int
    match terms.rows[term]:
        case ("true", _) | ("false", _):
            return int(term == TRUE)
        case ("constant", _, value):
            return int(value)
        case ("any" | "length", *_):
            return given[term]
        case ("not", _, operand):
            return 1 - of(operand)
        case ("and", _, left, right):
            return of(left) and of(right)
        case ("choose", _, condition, left, right):
            return of(left if of(condition) else right)
        case ("widen" | "narrow" | "truncate" as how, bits, operand):
            if how == "narrow" and of(operand) >> bits:
                raise Over
            return of(operand) % (1 << int(bits))
        case ("==" | "<" | "<=" as symbol, _, left, right):
            a, b = of(left), of(right)
            return int(a == b if symbol == "==" else a < b if symbol == "<" else a <= b)
        case ("fits", _, symbol, left, right):
            return int(not fault_of(OPERATORS[symbol], of(left), of(right), terms.bits(left)))
        case ("within", _, limit, size, *parts):
            return int(size + sum(map(of, parts)) <= of(limit))
        case (symbol, bits, left, right):
            a, b = of(left), of(right)
            if fault_of(OPERATORS[symbol], a, b, bits):
                raise Over
            return evaluate(OPERATORS[symbol], a, b, bits)
    raise AssertionError(terms.rows[term])


class Drawn:
    """A table over a few narrow unknowns and the packet's length; a path, and claims that a run may come to on it."""

    def __init__(self, seed: int) -> None:
        self.random, self.terms = random.Random(seed), Terms()
        unknowns = [self.terms.unknown(bits, "x") for bits in WIDTHS]
        self.length = self.terms.make("length", 32)
        self.values = list(unknowns)
        self.given = {one: range(1 << bits) for one, bits in zip(unknowns, WIDTHS, strict=True)}
        self.given[self.length] = range(LENGTHS)
        for _ in range(7):
            self.values.append(self.value())
        self.path, self.asked = TRUE, list[Term]()
        for _ in range(5):
            condition = self.condition()
            self.asked.append(condition)
            if self.random.random() < 0.2:
                condition = self.terms.either(condition, self.condition())
            path = self.terms.both(self.path, condition)
            self.path = self.path if path == FALSE else path
            self.values.append(self.value())
        self.claims = [self.claim() for _ in range(12)]

    def some(self, bits: int | None = None) -> Term:
        """A value that there is, or a constant."""
        fitting = [one for one in self.values if bits in (None, self.terms.bits(one))]
        if not fitting or self.random.random() < 0.35:
            return self.terms.constant(self.random.randrange(1 << min(bits or 2, 3)), bits or 2)
        return self.random.choice(fitting)

    def value(self) -> Term:
        terms, left = self.terms, self.some()
        bits = terms.bits(left)
        match self.random.randrange(6):
            case 0:
                return terms.choose(self.condition(), left, self.some(bits))
            case 1:
                return terms.convert("widen", left, bits + 1)
            case 2 if bits > 1:
                return terms.convert(self.random.choice(["narrow", "truncate"]), left, bits - 1)
        return terms.binary(self.random.choice([*OPERATORS, *"++-*"]), left, self.some(bits))

    def condition(self) -> Term:
        """Most are about the value that was made last."""
        terms = self.terms
        left = self.random.choice([*self.values[-2:], self.some()])
        if self.random.random() < 0.3:
            there = self.reaches()
            return self.terms.negate(there) if self.random.random() < 0.2 else there
        pair = [left, self.some(terms.bits(left))]
        self.random.shuffle(pair)
        found = terms.compare(self.random.choice(["==", "!=", "<", "<=", ">", ">="]), *pair)
        return terms.negate(found) if self.random.random() < 0.3 else found

    def reaches(self) -> Term:
        """Whether a sum of up to three values, some of them the same, is at most the length or another value."""
        parts = self.random.choices([*self.values[-2:], self.some()], k=self.random.randrange(1, 4))
        limit = self.length if self.random.random() < 0.7 else self.some(3)
        return self.terms.within((*parts, self.terms.constant(self.random.randrange(4), 3)), limit)

    def claim(self) -> Term:
        """One of each kind that obligations have, most about values that were made last; or about what was asked."""
        left = self.random.choice([*self.values[-3:], self.some()])
        right = self.some(self.terms.bits(left))
        match self.random.randrange(9):
            case 0 | 1:
                return self.terms.fits(self.random.choice("+-*"), left, right)
            case 2 | 3:
                return self.reaches()
            case 4:
                return self.terms.both(self.condition(), self.condition())
            case 5:
                return self.random.choice([*self.asked, *map(self.terms.negate, self.asked)])
        return self.terms.compare(self.random.choice(["!=", "<", "<="]), left, right)

    def breaks(self, claim: Term) -> dict[Term, int] | None:
        """Values with which a run comes to the claim, and it does not hold."""
        for values in product(*self.given.values()):
            given = dict(zip(self.given, values, strict=True))
            try:
                if worked_out(self.terms, self.path, given) and not worked_out(self.terms, claim, given):
                    return given
            except Over:
                continue
        return None


def test_no_value_of_a_narrow_type_breaks_a_claim_that_was_certain() -> None:
    """All values are gone through wherever a path makes a claim certain; each kind of claim is among them."""
    kinds: Counter[str] = Counter()
    for seed in range(800):
        drawn = Drawn(seed)
        terms = drawn.terms
        known, _ = ranges_and_shapes(terms.rows, LENGTHS - 1)
        for claim in drawn.claims:
            alone = is_certain(terms.rows, known, claim)
            if (alone and seed % 4) or not is_certain(terms.rows, known, claim, drawn.path):
                continue
            kind, *_ = row = terms.rows[claim]
            kinds["alone" if alone else f"not {terms.rows[row[2]][0]}" if kind == "not" else kind] += 1
            assert drawn.breaks(claim) is None, (seed, terms.rows[claim])
    assert {kind for kind, count in kinds.items() if count > 10} >= {"alone", "fits", "within", "<", "<=", "not =="}


def test_what_a_path_makes_certain_is_proved_by_z3_too() -> None:
    proved = 0
    for seed in range(70):
        of = random_program(seed)
        what = conditions(of)
        rows = what.terms.rows
        known, hints = ranges_and_shapes(rows, of.maximum)
        goals = [goal for goal in what.obligations if FALSE != goal.path and goal.claim != TRUE]
        certain = [
            place for place, goal in enumerate(goals)
            if is_certain(rows, known, goal.claim, goal.path) and not is_certain(rows, known, goal.claim)
        ]  # fmt: skip
        if not certain or not what.is_exact:
            continue
        claims = [(goal.path, goal.claim) for goal in goals]
        rulings = decide(Task(rows, claims, of.maximum, hints, *EFFORTS), z3.Context()).rulings
        found = Counter(rulings[place].status for place in certain)
        assert not found[REFUTED], seed
        proved += found[PROVED]
    assert proved > 100


A_BYTE = "read %a: u8 = packet[0:u32] else { exit pass } read %b: u8 = packet[1:u32] else { exit pass }"
AT = f"{A_BYTE} let %at: u32 = (widen(%a, u32) + widen(%b, u32))"


@pytest.mark.parametrize(
    ("before", "claim", "certain"),
    [
        ("if (%a < 5:u8) { exit pass }", "(%a - 5:u8)", True),
        ("if (%a < 5:u8) { exit pass }", "(%a - 6:u8)", False),
        ("if (%a <= 4:u8) { exit pass }", "(widen(%a, u32) - 5:u32)", True),
        ("if (%a > 250:u8) { exit pass }", "(%a + 5:u8)", True),
        ("if (%a > 250:u8) { exit pass }", "(%a + 6:u8)", False),
        ("if (250:u8 < %a) { exit pass }", "(%a + 5:u8)", True),
        ("if (%a != 9:u8) { exit pass }", "(%a * 28:u8)", True),
        ("if (%a != 9:u8) { exit pass }", "(%a * 29:u8)", False),
        ("if (%a == 0:u8) { exit pass }", "(1:u8 / %a)", True),
        ("if (%a == 1:u8) { exit pass }", "(1:u8 / %a)", False),
        ("if (%a == 255:u8) { exit pass }", "(%a + 1:u8)", True),
        ("if (%a == 254:u8) { exit pass }", "(%a + 1:u8)", False),
        ("if (%a < 1:u8) { exit pass }", "((widen(%a, u32) * 4:u32) - 4:u32)", True),
        ("if (%a < 1:u8) { exit pass }", "((widen(%a, u32) * 4:u32) - 5:u32)", False),
        ("if (%a < %b) { exit pass }", "(%a - %b)", True),
        ("if (%a <= %b) { exit pass }", "(%a - %b)", True),
        ("if (%b < %a) { exit pass }", "(%a - %b)", False),
        ("if ((%a < 5:u8) or (%b < 5:u8)) { exit pass }", "(%b - 5:u8)", True),
        ("if ((%a < 5:u8) and (%b < 5:u8)) { exit pass }", "(%b - 5:u8)", False),
        ("if (%a >= 5:u8) { exit pass }", "(%a - 5:u8)", False),
    ],
)  # fmt: skip
def test_a_test_makes_certain_what_follows_from_it_and_no_more(before: str, claim: str, certain: bool) -> None:
    last_is(f"{AT} {before} let %c: {'u32' if 'u32' in claim else 'u8'} = {claim} exit pass", certain)


@pytest.mark.parametrize(
    ("first", "second", "certain"),
    [
        ("%a: u16 = packet[8:u32]", "%b: u16 = packet[8:u32]", True),
        ("%a: u16 = packet[8:u32]", "%b: u16 = packet[9:u32]", False),
        ("%a: u16 = packet[(%at + 6:u32)]", "%b: u32 = packet[(%at + 4:u32)]", True),
        ("%a: u16 = packet[(%at + 6:u32)]", "%b: u32 = packet[(%at + 5:u32)]", False),
        ("%a: u16 = packet[(%at + 6:u32)]", "%b: u32 = packet[4:u32]", True),
        ("%a: u16 = packet[6:u32]", "%b: u8 = packet[%at]", False),
        ("%a: u16 = packet[(%at + %at)]", "%b: u8 = packet[(%at + 1:u32)]", True),
        ("%a: u16 = packet[(%at + 1:u32)]", "%b: u8 = packet[(%at + %at)]", False),
        ("%a: u16 = packet[(%at +% 6:u32)]", "%b: u8 = packet[%at]", False),
    ],
)
def test_bytes_are_there_up_to_those_that_were(first: str, second: str, certain: bool) -> None:
    first, second = first.replace("%a:", "%first:"), second.replace("%b:", "%second:")
    last_is(f"{AT} read {first} else {{ exit pass }} read {second} exit pass", certain)


def last_is(body: str, certain: bool) -> None:
    """Whether the last claim of a program is certain."""
    of = program(body)
    what = conditions(of)
    rows, goal = what.terms.rows, what.goals[-1]
    known, _ = ranges_and_shapes(rows, of.maximum)
    assert is_certain(rows, known, goal.claim, goal.path) is certain
    assert not is_certain(rows, known, goal.claim)
