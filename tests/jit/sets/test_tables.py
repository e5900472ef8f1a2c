"""The tables of a merged set: every key is found within few entries, and readers need no lock."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode_dsl.core.form import Type
from dlcode_jit.sets.tables import REACH, Key, Layout, Table

PORTS = Layout.of([Type(16), Type(16)])
ENDS = Layout.of([Type(32), Type(32), Type(16), Type(16)])


def test_fields_lie_in_a_key_as_packets_have_their_bytes() -> None:
    assert PORTS.key([0x1234, 0x5678]) == (int.from_bytes(bytes.fromhex("12345678"), "little"),)
    assert ENDS.key([0x0A000001, 0xC0000201, 1, 2])[0] == int.from_bytes(bytes([10, 0, 0, 1]), "little")
    assert (PORTS.stride, ENDS.stride) == (8, 16)


@pytest.mark.parametrize("bits", [1, 4, 8, 13, 16, 24, 32, 48, 64, 128])
def test_fields_of_any_width_have_a_place_of_their_own(bits: int) -> None:
    layout = Layout.of([Type(8), Type(bits), Type(16)])
    places = [(part.word, part.at + bit) for part in layout.parts for bit in range(part.bits)]
    assert len(places) == len(set(places)) == bits + 24
    assert all(bit < 32 and word < layout.words for word, bit in places)
    assert len({layout.key([5, value, 7]) for value in range(min(2**bits, 50))}) == min(2**bits, 50)


@pytest.mark.parametrize("count", [1, 10, 100, 3000])
def test_keys_of_connections_are_found_near_their_homes(count: int) -> None:
    rng = random.Random(count)
    keys = {
        ENDS.key([rng.randrange(2**32), 0x0A000000 + rng.randrange(4), rng.randrange(1024, 65536), 80]): number + 1
        for number in range(count)
    }
    table = Table(ENDS, keys)
    assert not table.spilled
    assert all(table.owner(key) == owner for key, owner in keys.items())
    assert table.probes <= (1 if count <= 10 else 1 + REACH)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=80), st.integers(0, 8))
def test_a_table_is_a_dictionary_of_what_was_put_in_and_taken_out(steps: list[tuple[bool, int]], first: int) -> None:
    expected: dict[Key, int] = {(word,): word + 1 for word in range(0, 4 * first, 4)}
    table = Table(Layout.of([Type(32)]), expected)
    for put, word in steps:
        key = (word,)
        if put and (table.knows(key) or not table.full):
            if table.insert(key, word + 1, table.store):
                expected[key] = word + 1
        elif key in expected:
            table.remove(key, table.store)
            del expected[key]
    for word in range(42):
        assert table.owner((word,)) == expected.get((word,), 0)


def test_keys_that_no_hash_tells_apart_are_spilled_and_the_rest_is_found() -> None:
    """Whoever chooses keys can make the words' exclusive or the same for all; the bound on look-ups holds even so."""
    keys: dict[Key, int] = {(word, word, 0): word + 1 for word in range(100)}
    table = Table(Layout.of([Type(32)] * 3), keys)
    assert len(table.spilled) == 100 - (1 + REACH)
    assert table.probes == 1 + REACH
    assert all(table.owner(key) == (0 if key in table.spilled else owner) for key, owner in keys.items())


@given(st.integers(0, 2**32 - 1), st.integers(1, 100))
def test_at_no_moment_of_an_insertion_is_a_key_seen_with_another_owner(word: int, others: int) -> None:
    """After each store a reader sees either nothing or the whole entry."""
    table = Table(ENDS, {ENDS.key([other, 1, 2, 3]): other for other in range(1, others)})
    key = ENDS.key([word, 9, 9, 9])
    seen = []

    def store(index: int, value: int) -> None:
        table.store(index, value)
        seen.append(table.owner(key))
        assert all(table.owner(ENDS.key([other, 1, 2, 3])) == other for other in range(1, others))

    if table.insert(key, 7777, store):
        assert set(seen[:-1]) <= {0}
        assert seen[-1] == 7777
