"""Signatures are trusted: each rule is tried on all small values, and the whole against the interpreter and Z3."""

from __future__ import annotations

import random
from itertools import combinations, combinations_with_replacement

import pytest

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate
from dlcode_verifier import Certificate, Options
from dlcode_verifier.evaluate import values_of
from dlcode_verifier.filters import signature as signatures
from dlcode_verifier.filters.questions import Case, No, Yes, decided
from dlcode_verifier.filters.signature import INWARD, Bounds, apart, both, either, signature
from dlcode_verifier.filters.splitting import left_over
from dlcode_verifier.filters.subject import Table
from dlcode_verifier.terms import Terms
from tests.verifier.filters.small import certified, matched, port, random_filter
from tests.verifier.support import HERE

LONGEST = 4
"""Bytes of the longest packet of the random filters here."""

BITS = 4
TOP = (1 << BITS) - 1


@pytest.mark.parametrize("symbol", INWARD)
def test_bounds_of_a_result_bound_the_operand(symbol: str) -> None:
    """For every constant, every pair of bounds and every operand whose result, wrapped, lies between them."""
    tried = 0
    for constant in range(TOP + 1):
        divides = symbol != "/" or constant != 0
        results = {x: evaluate(OPERATORS[symbol], x, constant, BITS) if divides else 0 for x in range(TOP + 1)}
        for low, high in combinations_with_replacement(range(TOP + 1), 2):
            inner = INWARD[symbol](low, high, constant, TOP)
            for x, result in results.items():
                if inner is not None and low <= result <= high:
                    assert inner[0] <= x <= inner[1], (constant, low, high, x)
                    tried += 1
    assert tried > 500


@pytest.mark.parametrize("symbol", ["==", "<", "<="])
@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_a_comparison_with_a_constant_bounds_the_other_side(symbol: str, truth: bool, turned: bool) -> None:
    """To exactly the values for which it comes out so; None where there are none."""
    compare = COMPARISONS[symbol]
    for constant in (0, 1, 100, 254, 255):
        table = Table()
        terms = table.terms
        field = terms.make("read", 8, terms.make("packet", -8), terms.constant(0, 32))
        sides = (terms.constant(constant, 8), field) if turned else (field, terms.constant(constant, 8))
        condition = terms.compare(symbol, *sides)
        found = signature(table, condition if truth else terms.negate(condition))
        values = [x for x in range(256) if compare(*((constant, x) if turned else (x, constant))) is truth]
        if found == {}:  # a hole in the middle bounds nothing
            assert values == [x for x in range(256) if x != constant]
        else:
            assert values == ([] if found is None else list(range(found[field].low, found[field].high + 1)))


def test_conditions_that_hold_together_leave_what_both_leave_and_alternatives_what_either_leaves() -> None:
    terms = Terms()
    x, y = terms.make("length", 32), terms.make("wire", 32)
    a, b = {x: Bounds(1, 5), y: Bounds(0, 9)}, {x: Bounds(4, 8)}
    assert both(a, b) == {x: (4, 5), y: (0, 9)}
    assert either(a, b) == {x: (1, 8)}
    assert both(a, {x: Bounds(6, 6)}) is None
    assert both(a, None) is None
    assert either(None, a) == a
    assert apart(a, {x: Bounds(6, 6)})
    assert not apart(a, b)
    assert apart(None, b)
    assert not apart({y: Bounds(0, 0)}, b)


def packets(seed: int, count: int) -> list[Packet]:
    """Short packets of bytes that the random filters compare with."""
    rng = random.Random(f"signature {seed}")
    made = []
    for _ in range(count):
        length = rng.randrange(LONGEST + 1)
        data = bytes(rng.choice([0, 255, rng.randrange(16), rng.randrange(256)]) for _ in range(length))
        made.append(Packet(data, rng.randrange(LONGEST + 2)))
    return made


@pytest.mark.parametrize("conditions", [signatures.MOST_CONDITIONS, 5])
def test_what_a_filter_matches_lies_within_its_signature(monkeypatch: pytest.MonkeyPatch, conditions: int) -> None:
    """Of one that is made of more conditions than are looked at too."""
    monkeypatch.setattr(signatures, "MOST_CONDITIONS", conditions)
    """On packets of random filters that the interpreter says they match."""
    seen = 0
    for seed in range(150):
        certificate = random_filter(seed, LONGEST)
        table = Table()
        found = signature(table, table.enter(certificate))
        for packet in packets(seed, 30):
            if matched(certificate.program, packet):
                assert found is not None
                values = values_of(table.terms.rows, list(found), packet, {})
                for field, (low, high) in found.items():
                    assert low <= values[field] <= high
                    seen += 1
    assert seen > 700


def test_z3_finds_no_packet_that_two_filters_match_whose_signatures_are_apart() -> None:
    """On thousands of pairs of random filters, each decided by bit-vectors too."""
    certificates = [random_filter(1000 + seed, LONGEST) for seed in range(190)]
    table = Table()
    of = [table.enter(one) for one in certificates]
    signatures = [signature(table, one) for one in of]
    near = set(left_over(signatures))
    pairs = [pair for pair in combinations(range(len(of)), 2) if pair not in near]
    assert len(pairs) > 2000
    cases = [
        Case((certificates[a].program, certificates[b].program), (of[a], of[b]), (), (True, True), plain=False)
        for a, b in pairs
    ]
    for options in (HERE, Options(isolated=False, integer_effort=1)):
        assert all(isinstance(found, Yes) for found in decided(table, cases, options))


def test_splitting_leaves_the_pairs_that_are_not_apart() -> None:
    table = Table()
    signatures = [signature(table, table.enter(random_filter(2000 + seed, LONGEST))) for seed in range(120)]
    slowly = [(a, b) for a, b in combinations(range(120), 2) if not apart(signatures[a], signatures[b])]
    assert left_over(signatures) == slowly
    assert 100 < len(slowly) < 120 * 119 // 2


def test_a_field_is_found_behind_a_mask_and_at_an_offset_that_is_worked_out() -> None:
    """Networks of other lengths, and fields behind a header of variable length, as the front end lowers them."""

    def network(mask: int, address: int) -> Certificate:
        return certified(f"""
            read %first: u8 = packet[0:u32] else {{ exit miss }}
            let %at: u32 = (widen((%first & 15:u8), u32) * 4:u32)
            read %net: u32 = packet[%at] else {{ exit miss }}
            if ((%net & {mask}:u32) == {address}:u32) {{ exit match }}
            exit miss""")

    table = Table()
    ten, part_of_ten, eleven = (
        signature(table, table.enter(network(mask, address)))
        for mask, address in ((0xFF000000, 0x0A000000), (0xFFFF0000, 0x0A010000), (0xFFFF0000, 0x0B000000))
    )
    assert apart(ten, eleven)
    assert apart(part_of_ten, eleven)
    assert not apart(ten, part_of_ten)


def test_what_stands_for_anything_is_no_field() -> None:
    """Two filters that each bound an unknown of their own say nothing of one another."""
    table = Table()
    terms = table.terms
    unknown = terms.make("any", 8, "x")
    table.anything.add(unknown)
    assert signature(table, terms.compare("==", unknown, terms.constant(3, 8))) == {}


def test_no_is_never_taken_for_yes() -> None:
    """A pair that is left over and overlaps is found to."""
    table = Table()
    some = [port(f"{test}:u16") for test in ("<= 80", ">= 80", "> 80")]
    of = [table.enter(one) for one in some]
    assert left_over([signature(table, one) for one in of]) == [(0, 1), (1, 2)]
    case = Case((some[0].program, some[1].program), (of[0], of[1]), (), (True, True))
    (found,) = decided(table, [case], HERE)
    assert isinstance(found, No)
    assert found.packet.data == b"\0\0\0\x50"
