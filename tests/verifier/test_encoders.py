"""Both encoders against the operators' own meaning, on every pair of values of a small width."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest
import z3

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.operators import OPERATORS, evaluate, fault_of
from dlcode_verifier.bitvector import BitVector
from dlcode_verifier.encodings import Ast, Encoder
from dlcode_verifier.evaluate import value_of
from dlcode_verifier.integer import Integer
from dlcode_verifier.ranges import shapes
from dlcode_verifier.terms import FALSE, TRUE, Term, Terms

ENCODERS = (Integer, BitVector)
BITS = 4
ALL = range(1 << BITS)
BOUNDED = ("&", "|", "^", "<<", ">>")  # by the integers, with two unknown operands


LIES = (0, 2, ~1)
"""Hints for rows that need not have such a shape."""


class Bench:
    """Terms over the cells of a memory, told to a solver by one encoder."""

    def __init__(self, encoder: type[Encoder], hint: int | None = None) -> None:
        """With a `hint`, every row is said to have this shape, whether it has it or not."""
        self.terms, self.kind, self.hint = Terms(), encoder, hint
        self.context = z3.Context()
        self.solver = z3.SimpleSolver(ctx=self.context)

    def cell(self, place: int, bits: int = BITS) -> Term:
        memory = self.terms.make("memory", -bits, f"m{bits}")
        return self.terms.make("cell", bits, memory, self.terms.constant(place, 32))

    def tell(self, *roots: Term) -> None:
        rows = self.terms.rows
        hints = shapes(rows, 1514) if self.hint is None else dict.fromkeys(range(len(rows)), self.hint)
        self.encoder = self.kind(self.context, 1514, hints)
        self.encoder.encode(self.terms.rows, list(roots))
        for side in self.encoder.sides:
            self.add(side)

    def add(self, ast: Ast) -> None:
        z3.z3core.Z3_solver_assert(self.context.ref(), self.solver.solver, ast)

    def equals(self, term: Term, value: int) -> Ast:
        """Whether the term has the value; a truth value is 0 or 1."""
        ast, bits = self.encoder.of[term], self.terms.bits(term)
        if bits == 0:
            return ast if value else self.encoder.build.negate(ast)
        return self.encoder.build.equal(ast, self.encoder.number(value, bits))

    def can(self, *facts: Ast) -> bool:
        self.solver.push()
        for fact in facts:
            self.add(fact)
        found = self.solver.check()
        self.solver.pop()
        assert found != z3.unknown
        return bool(found == z3.sat)

    def always(self, cases: Iterator[tuple[list[Ast], Ast]]) -> bool:
        """Whether, in each case, the facts imply the last: by one query for all."""
        build = self.encoder.build
        wrong = [build.both(*facts, build.negate(then)) for facts, then in cases]
        return not self.can(build.either(*wrong))


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("hint", [None, *LIES])
@pytest.mark.parametrize("symbol", OPERATORS)
def test_each_operator_means_the_same_on_every_pair_of_values(
    encoder: type[Encoder], symbol: str, hint: int | None
) -> None:
    bench = Bench(encoder, hint)
    left, right = bench.cell(0), bench.cell(1)
    result = bench.terms.binary(symbol, left, right)
    bench.tell(result, left, right)
    operator = OPERATORS[symbol]
    pairs = [(a, b) for a in ALL for b in ALL if not fault_of(operator, a, b, BITS)]

    def case(a: int, b: int) -> tuple[list[Ast], Ast]:
        return [bench.equals(left, a), bench.equals(right, b)], bench.equals(result, evaluate(operator, a, b, BITS))

    if result in bench.encoder.loose:
        assert encoder is Integer
        assert symbol in BOUNDED
        assert all(bench.can(*facts, then) for facts, then in (case(a, b) for a, b in pairs))
    else:
        assert bench.always(case(a, b) for a, b in pairs)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize(("side", "hint"), [("left", None), ("right", None), ("left", 0), ("right", 0)])
def test_each_operator_means_the_same_with_each_constant(
    encoder: type[Encoder], symbol: str, side: str, hint: int | None
) -> None:
    operator = OPERATORS[symbol]
    bench = Bench(encoder, hint)
    unknown = bench.cell(0)
    made = {}
    for known in ALL:
        constant = bench.terms.constant(known, BITS)
        pair = (constant, unknown) if side == "left" else (unknown, constant)
        made[known] = bench.terms.binary(symbol, *pair)
    bench.tell(unknown, *made.values())

    def cases() -> Iterator[tuple[list[Ast], Ast]]:
        for known, result in made.items():
            for value in ALL:
                a, b = (known, value) if side == "left" else (value, known)
                if not fault_of(operator, a, b, BITS) and result not in bench.encoder.loose:
                    yield [bench.equals(unknown, value)], bench.equals(result, evaluate(operator, a, b, BITS))

    assert bench.always(cases())
    if bench.encoder.loose:
        assert (side, encoder) == ("left", Integer), "only a shift by an unknown amount is bounded"
        assert symbol in ("<<", ">>")


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("symbol", ["+", "-", "*"])
def test_fits_is_what_the_interpreter_tests(encoder: type[Encoder], symbol: str) -> None:
    bench = Bench(encoder)
    left, right = bench.cell(0), bench.cell(1)
    fits = bench.terms.fits(symbol, left, right)
    bench.tell(left, right, fits)
    assert bench.always(
        (
            [bench.equals(left, a), bench.equals(right, b)],
            bench.equals(fits, int(not fault_of(OPERATORS[symbol], a, b, BITS))),
        )
        for a in ALL
        for b in ALL
    )


@pytest.mark.parametrize("encoder", ENCODERS)
def test_each_comparison_means_the_same_on_every_pair_of_values(encoder: type[Encoder]) -> None:
    from dlcode_dsl.core.operators import COMPARISONS

    bench = Bench(encoder)
    left, right = bench.cell(0), bench.cell(1)
    made = {symbol: bench.terms.compare(symbol, left, right) for symbol in COMPARISONS}
    bench.tell(left, right, *made.values())
    assert bench.always(
        (
            [bench.equals(left, a), bench.equals(right, b)],
            bench.equals(made[symbol], int(meaning(a, b))),
        )
        for symbol, meaning in COMPARISONS.items()
        for a in ALL
        for b in ALL
    )


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(("how", "bits"), [("widen", 7), ("truncate", 3), ("narrow", 3)])
def test_each_conversion_means_the_same_on_every_value(encoder: type[Encoder], how: str, bits: int) -> None:
    bench = Bench(encoder)
    operand = bench.cell(0)
    result = bench.terms.convert(how, operand, bits)
    bench.tell(operand, result)
    values = [value for value in ALL if how != "narrow" or value < 1 << bits]
    assert bench.always(([bench.equals(operand, v)], bench.equals(result, v % (1 << bits))) for v in values)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 8, 9, 16])
def test_a_byte_swap_turns_the_bytes_around(encoder: type[Encoder], size: int) -> None:
    rng, bench = random.Random(size), Bench(encoder)
    operand = bench.cell(0, 8 * size)
    swapped = bench.terms.convert("swap", operand, 8 * size)
    bench.tell(operand, swapped)
    values = [bytes(size), b"\xff" * size, *(rng.randbytes(size) for _ in range(6))]
    for data in values:
        facts = (
            bench.equals(operand, int.from_bytes(data, "big")),
            bench.equals(swapped, int.from_bytes(data, "little")),
        )
        assert bench.can(*facts)
        if swapped not in bench.encoder.loose:
            assert not bench.can(facts[0], bench.encoder.build.negate(facts[1]))
    assert (swapped in bench.encoder.loose) == (encoder is Integer and size > 8)


SUMS = [
    ((1, 0), 0), ((1, -1), 0), ((-2, 3), 5), ((-1, -1), 7), ((0, 2), 3), ((1000, 1), -9000), ((1 << 33, -(1 << 34)), -1)
]  # fmt: skip
"""Coefficients and a constant."""


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(("by", "constant"), SUMS)
def test_sums_of_facts_are_of_mathematical_integers(encoder: type[Encoder], by: tuple[int, int], constant: int) -> None:
    """At most 0, and multiples, of sums whose terms are not of one width and whose coefficients fit none."""
    bench = Bench(encoder)
    left, right = bench.cell(0), bench.terms.convert("widen", bench.cell(1), 64)
    parts = list(zip(by, (left, right), strict=True))
    nonpositive = bench.terms.nonpositive(parts, constant)
    multiples = {modulus: bench.terms.multiple(parts, constant, modulus) for modulus in (1, 3, 8)}
    bench.tell(left, right, nonpositive, *multiples.values())

    def cases() -> Iterator[tuple[list[Ast], Ast]]:
        for a in ALL:
            for b in ALL:
                here = [bench.equals(left, a), bench.equals(right, b)]
                whole = by[0] * a + by[1] * b + constant
                yield here, bench.equals(nonpositive, int(whole <= 0))
                for modulus, multiple in multiples.items():
                    yield here, bench.equals(multiple, int(whole % modulus == 0))

    assert bench.always(cases())


def test_sums_are_folded_to_what_they_are() -> None:
    terms = Terms()
    cell = terms.make("cell", 8, terms.make("memory", -8, "m"), terms.constant(0, 32))
    seven = terms.constant(7, 8)
    assert terms.nonpositive([(1, seven)], -7) == TRUE
    assert terms.nonpositive([(1, cell), (-1, cell)], 1) == FALSE
    assert terms.multiple([(4, seven)], 1, 2) == FALSE
    assert terms.nonpositive([(2, cell), (1, seven), (1, cell)], 0) == terms.nonpositive([(3, cell)], 7)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_unknown_value_is_any_of_its_type_and_no_other(encoder: type[Encoder]) -> None:
    bench = Bench(encoder)
    value, truth = bench.terms.unknown(BITS, "x"), bench.terms.unknown(0, "x")
    array = bench.terms.unknown(-BITS, "x")
    cell = bench.terms.cell(array, bench.terms.constant(3, 32))
    guard = bench.terms.guard()
    wide = bench.terms.nonpositive([(-1, value)], (1 << BITS) - 1)
    bench.tell(value, truth, cell, guard, wide)
    for one in ALL:
        assert bench.can(bench.equals(value, one), bench.equals(cell, 15 - one), bench.equals(truth, one % 2))
    assert bench.can(bench.equals(guard, 1), bench.equals(truth, 0))
    assert bench.always(iter([([bench.equals(wide, 1)], bench.equals(value, 15))])), "it is never above its type"


def test_a_copy_is_read_where_it_lies() -> None:
    """Each cell after a copy, and after stores and a choice on top of it, against a list of cells."""
    rng = random.Random(5)
    for _ in range(200):
        terms = Terms()
        packet, memory = bytes(rng.randrange(256) for _ in range(12)), [rng.randrange(256) for _ in range(12)]
        array, cells, source = terms.make("memory", -8, "m"), list(memory), terms.make("packet", -8)
        for _ in range(rng.randint(1, 5)):
            at, value = rng.randrange(12), rng.randrange(256)
            match rng.randrange(3):
                case 0:
                    array, cells[at] = terms.store(array, terms.constant(at, 32), terms.constant(value, 8)), value
                case 1:
                    count, start = rng.randint(0, 12 - at), rng.randrange(12)
                    count = min(count, 12 - start)
                    where = [terms.constant(number, 32) for number in (at, count, start)]
                    array = terms.copied(array, where[0], where[1], source, where[2])
                    cells[at : at + count] = packet[start : start + count]
                case _:
                    other = terms.store(array, terms.constant(at, 32), terms.constant(value, 8))
                    long = terms.compare("<", terms.make("length", 32), terms.constant(value, 32))
                    array = terms.choose(long, other, array)
                    if len(packet) < value:
                        cells[at] = value
        anywhere = terms.cell(array, terms.make("wire", 32))
        for place in range(12):
            here, there = terms.cell(array, terms.constant(place, 32)), Packet(packet, place)
            assert value_of(terms.rows, here, there, {"m": memory}) == cells[place]
            assert value_of(terms.rows, anywhere, there, {"m": memory}) == cells[place]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_sum_of_extents_does_not_wrap(encoder: type[Encoder]) -> None:
    """Old bug: `off + n` of two constants was folded modulo 2^32, so that 0xffffffff + 1 was inside every packet."""
    bench = Bench(encoder)
    length, offset = bench.terms.make("length", 32), bench.cell(0, 32)
    one, top = bench.terms.constant(1, 32), bench.terms.constant(2**32 - 1, 32)
    folded = bench.terms.within((top, one), length)
    reached = bench.terms.within((offset, one), length)
    several = bench.terms.within((offset, offset, offset, top), length)
    bench.tell(length, folded, reached, several, offset)
    assert not bench.can(bench.equals(folded, 1))
    assert not bench.can(bench.equals(offset, 2**32 - 1), bench.equals(reached, 1))
    assert not bench.can(bench.equals(several, 1))
    assert bench.can(bench.equals(offset, 1513), bench.equals(reached, 1), bench.equals(length, 1514))
    assert not bench.can(bench.equals(offset, 1513), bench.equals(reached, 1), bench.equals(length, 1513))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_reads_stores_and_rewrites_mean_what_is_computed(encoder: type[Encoder]) -> None:
    """Arrays through stores at unknown places that may be the same, and through choices, against plain evaluation."""
    rng = random.Random(7)
    bench = Bench(encoder)
    terms = bench.terms
    memory = terms.make("memory", -8, "m8")
    places = [terms.convert("widen", bench.cell(place, 8), 32) for place in range(3)]
    values = [terms.binary("+%", bench.cell(place, 8), terms.constant(place, 8)) for place in range(3)]
    stored = terms.make("store", -8, memory, places[0], values[0])
    other = terms.make("store", -8, stored, places[1], values[1])
    chosen = terms.choose(terms.compare("<", places[0], places[1]), other, memory)
    cell = terms.make("cell", 8, chosen, places[2])
    packet = terms.make("packet", -8)
    wide = terms.convert("widen", cell, 24)
    rewritten = terms.make("rewrite", -8, packet, places[0], wide)
    read = terms.make("read", 32, rewritten, places[1])
    swapped = terms.convert("swap", terms.make("read", 24, rewritten, places[2]), 24)
    roots = [cell, read, swapped]
    bench.tell(*roots)
    for _ in range(20):
        cells = [rng.randrange(6) for _ in range(3)] + [rng.randrange(256) for _ in range(5)]
        data = rng.randbytes(16)
        facts = [bench.equals(bench.cell(place, 8), value) for place, value in enumerate(cells[:3])]
        build, encoder_ = bench.encoder.build, bench.encoder
        for name, contents in (("@m8", dict(enumerate(cells))), ("packet", dict(enumerate(data)))):
            for place, value in contents.items():
                at = build.select(encoder_.initial(name), encoder_.number(place, 32))
                facts.append(build.equal(at, encoder_.number(value, 8)))
        for root in roots:
            expected = value_of(terms.rows, root, Packet.whole(data), {"m8": cells})
            assert bench.can(*facts, bench.equals(root, expected))
            assert not bench.can(*facts, build.negate(bench.equals(root, expected)))


OUTSIDE = (-15, -1, 0, 1, 7, 15, 16, 30)
"""Values that a sum or difference of 4-bit values can have in the integers when it breaks its rule."""


@pytest.mark.parametrize("hint", [None, *LIES])
@pytest.mark.parametrize("symbol", [*OPERATORS, "truncate", "widen"])
def test_no_assumption_makes_a_fault_before_it_impossible(symbol: str, hint: int | None) -> None:
    """After `x - y` that wraps, terms hold values that no type has: what is assumed of later ones must still hold."""
    bench = Bench(Integer, hint)
    terms = bench.terms
    plus = terms.binary("+", bench.cell(0), bench.cell(1))
    minus = terms.binary("-", bench.cell(2), bench.cell(3))
    results = []
    for left, right in ((plus, minus), (minus, plus)):
        if symbol in OPERATORS:
            results.append(terms.binary(symbol, left, right))
        else:
            results.append(terms.convert(symbol, left, 2 if symbol == "truncate" else 6))
    again = [terms.binary("|", result, bench.cell(4, terms.bits(result))) for result in results]
    used = [terms.make("store", -BITS, terms.make("memory", -BITS, "m4"), plus, minus)]
    used += [terms.make("cell", BITS, used[0], place) for place in (plus, minus)]
    bytes_ = terms.make("rewrite", -8, terms.make("packet", -8), plus, terms.make("-", 16, minus, plus))
    used += [terms.make("read", 16, bytes_, place) for place in (plus, minus)]
    bench.tell(plus, minus, *results, *again, *used)
    build, integers = bench.encoder.build, bench.encoder
    assert isinstance(integers, Integer)
    for a in (value for value in OUTSIDE if value >= 0):
        for b in (value for value in OUTSIDE if value <= 15):
            plus_is = build.equal(integers.of[plus], integers.number(a))
            minus_is = build.equal(integers.of[minus], integers.number(b))
            assert bench.can(plus_is, minus_is), f"{symbol} of {a} and {b}"


@pytest.mark.parametrize("encoder", ENCODERS)
def test_truth_values_are_joined_as_they_are_evaluated(encoder: type[Encoder]) -> None:
    bench = Bench(encoder)
    terms = bench.terms
    a, b, guard = terms.unknown(0, "a"), terms.unknown(0, "b"), terms.guard()
    made = {
        "and": terms.both(a, b),
        "or": terms.either(a, b),
        "not": terms.negate(a),
        "if": terms.choose(guard, a, b),
        "same": terms.choose(a, b, terms.negate(b)),
    }
    bench.tell(a, b, guard, *made.values())

    def cases() -> Iterator[tuple[list[Ast], Ast]]:
        for one in (0, 1):
            for other in (0, 1):
                for kept in (0, 1):
                    here = [bench.equals(a, one), bench.equals(b, other), bench.equals(guard, kept)]
                    meant = {
                        "and": one & other, "or": one | other, "not": 1 - one, "if": one if kept else other,
                        "same": int(one == other),
                    }  # fmt: skip
                    for name, value in meant.items():
                        yield here, bench.equals(made[name], value)

    assert bench.always(cases())


@pytest.mark.parametrize("encoder", ENCODERS)
def test_each_cell_after_each_copy_is_a_byte_or_what_was_there(encoder: type[Encoder]) -> None:
    """Every copy of at most four bytes to and from every place below four, read at every place, at once."""
    bench, most = Bench(encoder), 4
    terms = bench.terms
    at, count, start, index = (bench.cell(place, 32) for place in range(4))
    memory = terms.make("memory", -8, "ring")
    read = terms.cell(terms.copied(memory, at, count, terms.make("packet", -8), start), index)
    bench.tell(at, count, start, index, read)
    build, encoder_ = bench.encoder.build, bench.encoder

    def cases() -> Iterator[tuple[list[Ast], Ast]]:
        for to, size, source, place in product(range(most), range(most + 1), range(most), range(2 * most)):
            here = [
                bench.equals(term, value)
                for term, value in zip((at, count, start, index), (to, size, source, place), strict=True)
            ]
            name, where = ("packet", source + place - to) if to <= place < to + size else ("@ring", place)
            yield here, build.equal(encoder_.of[read], build.select(encoder_.initial(name), encoder_.number(where, 32)))

    assert bench.always(cases())
