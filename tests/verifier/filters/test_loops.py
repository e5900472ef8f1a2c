"""Filters with loops are compared too: no answer is wrong, and few are missing."""

from __future__ import annotations

import pytest

from dlcode_verifier.filters import (
    FilterSet,
    Finding,
    No,
    Unknown,
    Yes,
    contained,
    disjoint,
    equal,
    implies,
    never_matches,
    shadowed,
)
from tests.verifier.filters.small import FEW_BITS, certified, looping_filter, matched, taken
from tests.verifier.support import HERE

SEEDS = range(12)


def judge(finding: Finding, is_so: bool) -> str:
    """What the answer is; fails where it is not what trying every packet says."""
    if isinstance(finding, Unknown):
        assert "loop" in finding.reason
        return "unknown"
    assert isinstance(finding, Yes if is_so else No)
    return "yes" if is_so else "no"


def test_no_answer_about_random_loops_is_wrong_and_few_are_missing() -> None:
    answers: list[str] = []
    for seed in SEEDS:
        a, b, c = (looping_filter(3 * seed + number) for number in range(3))
        in_a, in_b, in_c = (taken(one, FEW_BITS) for one in (a, b, c))
        answers.append(judge(equal(a, b, options=HERE), in_a == in_b))
        answers.append(judge(implies(a, b, options=HERE), in_a <= in_b))
        answers.append(judge(disjoint(a, b, options=HERE), not in_a & in_b))
        answers.append(judge(never_matches(a, options=HERE), not in_a))
        answers.append(judge(contained(a, [b, c], options=HERE), in_a <= in_b | in_c))
        before: frozenset[object] = frozenset()
        for finding, takes in zip(shadowed([a, b, c], options=HERE), (in_a, in_b, in_c), strict=True):
            answers.append(judge(finding, takes <= before))
            before |= takes
    assert answers.count("unknown") < len(answers) / 4
    assert answers.count("yes") > 5
    assert answers.count("no") > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_no_about_loops_was_replayed(seed: int) -> None:
    a, b = looping_filter(2 * seed), looping_filter(2 * seed + 1)
    found = disjoint(a, b, options=HERE)
    if isinstance(found, No):
        assert matched(a.program, found.packet)
        assert matched(b.program, found.packet)
    else:
        assert not (isinstance(found, Yes) and taken(a, FEW_BITS) & taken(b, FEW_BITS))


def test_a_loop_equals_itself_under_another_name() -> None:
    """Its values are unknown, but the same on the same packet."""
    one = looping_filter(1)
    text = one.program.span.source.text
    assert "walk1 " in text
    other = certified(text.replace("walk1 ", "walker "))
    assert isinstance(equal(one, other, options=HERE), Yes)
    assert isinstance(equal(one, one, options=HERE), Yes)


def test_loops_that_differ_only_in_what_a_turn_does_are_not_taken_for_the_same() -> None:
    """Both conditions are the same after the loop, of unknowns of the same names, yet these are not the same."""
    by_one, by_two = (
        certified(f"""
            var %i: u32 = 0:u32
            loop walk {{ }} while (%i < extent(packet)) decreases (extent(packet) - %i) {{ %i = (%i + {step}:u32) }}
            if (%i == 3:u32) {{ exit match }}
            exit miss""")
        for step in (1, 2)
    )
    found = implies(by_one, by_two, options=HERE)
    assert isinstance(found, No)
    assert len(found.packet.data) == 3


def test_what_a_filter_tests_before_its_loop_tells_it_apart() -> None:
    walks = "var %i: u32 = 1:u32 loop walk { } while (%i < extent(packet)) decreases (extent(packet) - %i) {"
    walks += " read %b: u8 = packet[%i] if (%b == 7:u8) { exit match } %i = (%i + 1:u32) } exit miss"
    first = "read %first: u8 = packet[0:u32] else { exit miss }"
    four, six = (certified(f"{first} if (%first != {kind}:u8) {{ exit miss }} {walks}") for kind in (4, 6))
    assert isinstance(disjoint(four, six, options=HERE), Yes)
    assert isinstance(implies(four, certified(f"{first} if (%first < 5:u8) {{ exit match }} exit miss")), Yes)
    assert FilterSet([four, six], options=HERE).overlaps() == ()
    (overlap,) = FilterSet([four, certified("exit match"), six], options=HERE).overlapping(four)
    assert isinstance(overlap.finding, No)
    assert matched(four.program, overlap.finding.packet)


def test_a_packet_that_takes_many_turns_is_found() -> None:
    long = certified("""
        var %i: u32 = 0:u32
        loop walk { } while (%i < extent(packet)) decreases (extent(packet) - %i) { %i = (%i + 1:u32) }
        if (%i > 20:u32) { exit match }
        exit miss""")
    found = never_matches(long, options=HERE)
    assert isinstance(found, No)
    assert len(found.packet.data) > 20
