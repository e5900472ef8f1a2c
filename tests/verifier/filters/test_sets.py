"""Sets of filters: what overlaps in them is what overlaps pair by pair, however they came to be."""

from __future__ import annotations

from itertools import combinations

import pytest

from dlcode_verifier import Certificate, Options
from dlcode_verifier.filters import FilterSet, No, Overlap, QuestionError, Unknown, disjoint, sets
from tests.verifier.filters.small import certified, matched, port, random_filter, taken
from tests.verifier.support import HERE


def names(overlaps: tuple[Overlap, ...]) -> set[frozenset[Certificate]]:
    """The pairs, each shown by a packet that both match."""
    for one in overlaps:
        assert isinstance(one.finding, No)
        assert matched(one.first.program, one.finding.packet)
        assert matched(one.second.program, one.finding.packet)
    return {frozenset((one.first, one.second)) for one in overlaps}


def test_the_overlaps_of_a_set_are_those_of_its_pairs() -> None:
    """On random filters, by trying every packet there is for two of them."""
    filters = [random_filter(5000 + seed) for seed in range(60)]
    expected = {frozenset((a, b)) for a, b in combinations(filters, 2) if taken(a) & taken(b)}
    assert names(FilterSet(filters, options=HERE).overlaps()) == expected
    assert 50 < len(expected) < 60 * 59 // 2


def test_a_set_that_grew_and_shrank_is_like_one_made_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "STALE", 5)  # so that the table is made anew on the way
    filters = [random_filter(6000 + seed) for seed in range(30)]
    changed = FilterSet(filters, options=HERE)
    for one in filters[::2]:
        changed.remove(one)
    changed.add(filters[0])
    left = [*filters[1::2], filters[0]]
    assert list(changed) == left
    assert changed.overlaps() == FilterSet(left, options=HERE).overlaps()


def test_a_new_filter_is_compared_with_those_that_are_there() -> None:
    low, high, eighty = port("< 1024:u16"), port(">= 1024:u16"), port("== 80:u16")
    there = FilterSet([low, high], options=HERE)
    (overlap,) = there.overlapping(eighty)
    assert (overlap.first, overlap.second) == (low, eighty)
    assert eighty not in there
    there.add(eighty)
    assert [one.first for one in there.overlapping(eighty)] == [low], "a filter that is there is not its own overlap"
    assert there.overlapping(port("> 65535:u16")) == ()


def test_adding_a_filter_again_changes_nothing() -> None:
    low, high = port("< 1024:u16"), port(">= 1024:u16")
    there = FilterSet([low, high, low], options=HERE)
    assert len(there) == 2
    assert list(there) == [low, high]
    there.remove(low)
    assert low not in there
    with pytest.raises(KeyError):
        there.remove(low)


def test_a_filter_on_another_link_cannot_be_added() -> None:
    there = FilterSet([port("== 80:u16")], options=HERE)
    other = certified("filter other on ipv4 maximum 64 { exit match }")
    with pytest.raises(QuestionError) as caught:
        there.add(other)
    assert caught.value.code == "link"
    with pytest.raises(QuestionError):
        there.overlapping(other)
    assert len(there) == 1


def test_a_pair_that_the_solver_gave_up_on_counts_as_overlapping() -> None:
    reads = "read %x: u64 = packet[0:u32] else { exit miss } read %y: u64 = packet[8:u32] else { exit miss }"
    product = certified(f"{reads} if ((%x *% %y) == 18446744073709551557:u64) {{ exit match }} exit miss")
    factors = certified(f"{reads} if (((%x > 1:u64) and (%y > 1:u64)) and (%x < %y)) {{ exit match }} exit miss")
    little = Options(isolated=False, integer_effort=2000, bitvector_effort=2000)
    (overlap,) = FilterSet([product, factors], options=little).overlaps()
    assert isinstance(overlap.finding, Unknown)


def test_an_empty_set_has_no_overlaps() -> None:
    assert FilterSet(options=HERE).overlaps() == ()
    assert FilterSet(options=HERE).overlapping(port("== 1:u16")) == ()


def test_a_set_answers_as_the_question_about_a_pair_does() -> None:
    a, b = port("< 100:u16"), port("> 50:u16")
    (overlap,) = FilterSet([a, b], options=HERE).overlaps()
    assert isinstance(overlap.finding, No)
    assert isinstance(disjoint(a, b, options=HERE), No)
