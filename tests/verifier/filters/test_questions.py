"""Questions between filters: each answer is that of trying every packet, and each No has a packet that was run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Certificate, Options, Proved, verify
from dlcode_verifier.filters import (
    Finding,
    No,
    QuestionError,
    Unknown,
    Yes,
    contained,
    disjoint,
    equal,
    implies,
    never_matches,
    shadowed,
)
from tests.verifier.filters.small import assert_found, certified, matched, port, random_filter, taken
from tests.verifier.support import HERE

PORT = "read %port: u16 = packet[2:u32] else { exit miss }"
EIGHTY = port("== 80:u16")
NOT_OTHER = certified(f"{PORT} if ((%port < 80:u16) or (80:u16 < %port)) {{ exit miss }} exit match")
LOW = port("< 1024:u16")
HIGH = port(">= 1024:u16")
LONG = certified("if (extent(packet) >= 4:u32) { exit match } exit miss")
NOTHING = certified(f"{PORT} if ((%port < 80:u16) and (%port > 90:u16)) {{ exit match }} exit miss")


def replayed(finding: Finding, *filters: Certificate) -> No:
    """A No whose packet the filters match as it says."""
    assert isinstance(finding, No)
    assert finding.matched == tuple(matched(one.program, finding.packet) for one in filters)
    return finding


def test_filters_that_are_written_in_two_ways_are_equal() -> None:
    assert equal(EIGHTY, NOT_OTHER, options=HERE) == Yes(1514)


def test_filters_that_are_not_equal_have_a_packet_that_one_of_them_matches() -> None:
    found = replayed(equal(EIGHTY, LOW, options=HERE), EIGHTY, LOW)
    assert found.matched == (False, True)
    assert found.packet == Packet.whole(bytes(4)), "the shortest one, with as few bytes in it as will do"


def test_implication_has_a_direction() -> None:
    assert isinstance(implies(EIGHTY, LOW, options=HERE), Yes)
    assert replayed(implies(LOW, EIGHTY, options=HERE), LOW, EIGHTY).matched == (True, False)


def test_ranges_that_do_not_meet_are_disjoint() -> None:
    assert isinstance(disjoint(LOW, HIGH, options=HERE), Yes)
    assert replayed(disjoint(LOW, LONG, options=HERE), LOW, LONG).matched == (True, True)


def test_a_filter_that_nothing_can_match_is_told_from_one_that_something_does() -> None:
    assert isinstance(never_matches(NOTHING, options=HERE), Yes)
    assert replayed(never_matches(EIGHTY, options=HERE), EIGHTY).packet.data == b"\0\0\0\x50"


def test_a_filter_is_contained_in_two_that_together_match_all_of_it() -> None:
    assert contained(LONG, [NOTHING, HIGH, EIGHTY, LOW], options=HERE) == Yes(1514, by=(1, 3))
    assert replayed(contained(LONG, [HIGH, EIGHTY], options=HERE), LONG, HIGH, EIGHTY).matched == (True, False, False)


def test_nothing_but_what_never_matches_is_contained_in_no_filter_at_all() -> None:
    assert contained(NOTHING, [], options=HERE) == Yes(1514)
    replayed(contained(LOW, [], options=HERE), LOW)


def test_a_filter_is_shadowed_by_the_fewest_that_take_all_of_it_before() -> None:
    rules = [EIGHTY, NOT_OTHER, HIGH, NOTHING, LOW, LONG]
    found = shadowed(rules, options=HERE)
    assert [one.by if isinstance(one, Yes) else None for one in found] == [None, (0,), None, (), None, (2, 4)]
    for position in (0, 2, 4):
        assert replayed(found[position], *rules[: position + 1]).matched == (False,) * position + (True,)


@pytest.mark.parametrize("seed", range(40))
def test_each_answer_is_that_of_trying_every_packet(seed: int) -> None:
    """On random filters of packets of at most a byte, all of them."""
    some = [random_filter(4 * seed + number) for number in range(4)]
    a, b, c, d = (taken(one) for one in some)
    assert_found(equal(some[0], some[1], options=HERE), a == b, a ^ b)
    assert_found(implies(some[0], some[1], options=HERE), a <= b, a - b)
    assert_found(disjoint(some[0], some[1], options=HERE), not a & b, a & b)
    assert_found(never_matches(some[0], options=HERE), not a, a)
    assert_found(contained(some[0], some[1:], options=HERE), a <= b | c | d, a - b - c - d)
    before: frozenset[Packet] = frozenset()
    for finding, takes in zip(shadowed(some, options=HERE), (a, b, c, d), strict=True):
        assert_found(finding, takes <= before, takes - before)
        before |= takes


def test_the_worker_answers_as_this_process_does() -> None:
    for question in (equal, implies, disjoint):
        assert question(LOW, EIGHTY) == question(LOW, EIGHTY, options=HERE)
    assert shadowed([LOW, EIGHTY, LONG]) == shadowed([LOW, EIGHTY, LONG], options=HERE)


def test_bit_tricks_are_compared_by_the_bit_vectors() -> None:
    """Exclusive or of two unknown bytes is only bounded in integers: a model there need not be a packet."""
    reads = "read %x: u8 = packet[0:u32] else { exit miss } read %y: u8 = packet[1:u32] else { exit miss }"
    same = certified(f"{reads} if ((%x ^ %y) == 0:u8) {{ exit match }} exit miss")
    plainly = certified(f"{reads} if (%x == %y) {{ exit match }} exit miss")
    other = certified(f"{reads} if ((%x ^ %y) == 1:u8) {{ exit match }} exit miss")
    assert isinstance(equal(same, plainly, options=HERE), Yes)
    assert isinstance(disjoint(same, other, options=HERE), Yes)
    replayed(implies(other, same, options=HERE), other, same)


def test_a_solver_that_gave_up_is_neither_yes_nor_no() -> None:
    reads = "read %x: u64 = packet[0:u32] else { exit miss } read %y: u64 = packet[8:u32] else { exit miss }"
    product = certified(f"{reads} if ((%x *% %y) == 18446744073709551557:u64) {{ exit match }} exit miss")
    factors = certified(f"{reads} if (((%x > 1:u64) and (%y > 1:u64)) and (%x < %y)) {{ exit match }} exit miss")
    little = Options(isolated=False, integer_effort=2000, bitvector_effort=2000)
    found = disjoint(product, factors, options=little)
    assert found == Unknown("the solver gave up after 2000 steps")


def test_an_answer_speaks_of_packets_that_each_filter_is_run_on() -> None:
    """A packet of 64 bytes is no exception to what is asked of a filter that is run on 32."""
    short = certified("filter short on ethernet maximum 32 { exit match }")
    wide = certified("filter wide on ethernet maximum 1514 { if (extent(packet) > 32:u32) { exit match } exit miss }")
    assert disjoint(short, wide, options=HERE) == Yes(32)
    assert never_matches(wide, options=HERE) != Yes(1514)
    findings = shadowed([wide, certified("exit match"), short], options=HERE)
    assert [isinstance(one, Yes) for one in findings] == [False, False, True]
    assert findings[2] == Yes(32, by=(1,))


def test_what_was_not_proved_here_cannot_be_asked_about() -> None:
    with pytest.raises(QuestionError) as caught:
        never_matches(replace(EIGHTY))
    assert caught.value.code == "not-proved"


def test_a_handler_is_no_filter_but_its_binding_is() -> None:
    text = "handler h on ethernet maximum 64 binding filter h.on on ethernet maximum 64 { exit match } { exit consume }"
    answer = verify(parse_program(text), options=HERE)
    assert isinstance(answer, Proved)
    with pytest.raises(QuestionError) as caught:
        disjoint(EIGHTY, answer.certificate)
    assert caught.value.code == "not-a-filter"
    assert answer.certificate.binding is not None
    replayed(disjoint(EIGHTY, answer.certificate.binding, options=HERE), EIGHTY, answer.certificate.binding)


def test_filters_on_different_links_are_an_error_of_the_asker() -> None:
    other = certified("filter other on ipv4 maximum 64 { exit match }")
    for question in (equal, implies, disjoint):
        with pytest.raises(QuestionError, match="other on ipv4") as caught:
            question(EIGHTY, other)
        assert caught.value.code == "link"
    with pytest.raises(QuestionError):
        contained(EIGHTY, [other])


def test_a_list_of_no_filters_is_an_error_of_the_asker() -> None:
    with pytest.raises(QuestionError) as caught:
        shadowed([])
    assert caught.value.code == "none"
