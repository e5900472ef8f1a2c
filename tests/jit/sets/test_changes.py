"""Filters come and go: what takes new code and what does not, who is refused, and what other threads see meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref
from array import array
from dataclasses import replace
from itertools import accumulate

import pytest

from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import ImageError
from dlcode_jit.sets.host import MergedSet
from dlcode_verifier import Proved, verify
from tests.jit.programs import certificate
from tests.jit.sets.filters import HERE, Records, connection, listener, proved, segment


def test_a_filter_of_a_known_shape_takes_no_new_code() -> None:
    filters = proved(*(listener(port) for port in range(80, 90)))
    merged = MergedSet([(one, number) for number, one in enumerate(filters[:2])], options=HERE)
    inserted = [merged.insert(one, number) for number, one in enumerate(filters[2:], 2)]
    assert [merged.match(segment(ports=(9, port))) for port in range(79, 91)] == [None, *range(10), None]
    merged.remove(inserted[0])
    assert merged.match(segment(ports=(9, 82))) is None
    merged.insert(filters[2], "again")
    assert merged.match(segment(ports=(9, 82))) == "again"
    assert merged.compilations == 1


@pytest.mark.parametrize("condition", ["ipv4/udp.dport > 99", "ipv4/udp.dport == 100", "tcp.dport == 1 || arp.op == 1"])
def test_to_take_a_filter_out_takes_no_new_code_whatever_it_is(condition: str) -> None:
    (one,) = proved(condition)
    merged = MergedSet([(proved(listener(80))[0], "web")], options=HERE)
    inserted = merged.insert(one, "it")
    frame = segment(ports=(9, 100), over=17) if "udp" in condition else segment(ports=(9, 1))
    before = merged.compilations
    assert merged.match(frame) == "it"
    merged.remove(inserted)
    assert merged.match(frame) is None
    assert merged.match(segment()) == "web"
    assert merged.compilations == before


def test_ways_that_nobody_takes_any_more_are_left_out_when_there_are_many() -> None:
    merged = MergedSet([(proved(listener(80))[0], "web")], options=HERE)
    for inserted in [merged.insert(one, "it") for one in proved(*(f"ipv4/udp.dport > {port}" for port in range(4)))]:
        merged.remove(inserted)
    before = len(merged.listing())
    merged.insert(proved(listener(80))[0], "web")
    assert len(merged.listing()) < before
    assert merged.match(segment()) == "web"


def test_a_constant_in_which_filters_begin_to_differ_takes_new_code_once() -> None:
    merged = MergedSet(options=HERE)
    for port in (80, 81, 82):
        merged.insert(proved(listener(port))[0], port)
    assert merged.compilations == 3  # empty, of one filter, of two whose ports differ
    for address in ("10.0.0.2", "10.0.0.3"):
        merged.insert(proved(listener(80, address))[0], address)
    assert merged.compilations == 4
    assert merged.match(segment(target="10.0.0.3", ports=(9, 80))) == "10.0.0.3"
    assert merged.match(segment(target="10.0.0.3", ports=(9, 81))) is None


def test_a_table_that_is_full_grows_without_new_code() -> None:
    filters = proved(*(connection(number) for number in range(60)))
    merged = MergedSet([(one, number) for number, one in enumerate(filters[:20])], options=HERE)
    for number, one in enumerate(filters[20:], 20):
        merged.insert(one, number)
        assert all(merged.match(packet(at)) == at for at in range(number + 1))
    assert merged.compilations == 1


def records(packets: list[bytes]) -> Records:
    """Whole packets in one buffer."""
    lengths = array("I", map(len, packets))
    return Records(b"".join(packets), array("Q", accumulate(lengths[:-1], initial=0)), lengths, lengths)


def packet(number: int) -> bytes:
    """One that `connection` of that number matches."""
    return segment(f"192.0.2.{number % 7}", f"10.0.0.{number % 3}", (1024 + number, 80 + number % 2))


def test_the_same_filter_twice_goes_when_both_are_gone() -> None:
    one, other = proved(listener(80), listener(81))
    merged = MergedSet([(other, "o")], options=HERE)
    first, second = merged.insert(one, "o"), merged.insert(one, "o")
    merged.remove(first)
    assert merged.match(segment()) == "o"
    merged.remove(second)
    assert merged.match(segment()) is None
    with pytest.raises(KeyError):
        merged.remove(second)
    assert len(merged) == 1


@pytest.mark.parametrize("more", [0, 2])
def test_two_owners_cannot_have_the_same_packets(more: int) -> None:
    one, *others = proved(listener(80), listener(81), listener(82))
    merged = MergedSet([(one, "a"), *((other, "a") for other in others[:more])], options=HERE)
    with pytest.raises(ImageError) as refused:
        merged.insert(one, "b")
    assert refused.value.code == "overlap"
    assert merged.match(segment()) == "a"
    assert len(merged) == 1 + more


def test_filters_of_two_owners_that_are_the_same_make_no_set() -> None:
    one, other = proved(listener(80), listener(81))
    with pytest.raises(ImageError) as refused:
        MergedSet([(one, "a"), (other, "a"), (one, "b")], options=HERE)
    assert refused.value.code == "overlap"


def test_what_was_taken_out_does_not_hide_another_filter_of_its_owner() -> None:
    narrow, *others = proved(listener(80), listener(81), "ipv4/tcp.dport == 80", "ipv4/tcp.dport == 82")
    merged = MergedSet([(one, "it") for one in others], options=HERE)
    inserted = merged.insert(narrow, "it")
    for expected in (1, 0):
        assert merged.match(segment()) == "it"
        assert len(merged) == 3 + expected
        if expected:
            merged.remove(inserted)


def test_a_refusal_halfway_leaves_nothing_behind() -> None:
    """Of a filter with several keys, the second is another owner's."""
    one, two, both = proved(listener(80), listener(81), "ipv4.dst == 10.0.0.1 && ipv4/tcp.dport in [79, 81]")
    merged = MergedSet([(one, "a"), (two, "b")], options=HERE)
    with pytest.raises(ImageError):
        merged.insert(both, "a")
    assert [merged.match(segment(ports=(9, port))) for port in (79, 80, 81)] == [None, "a", "b"]
    merged.insert(both, "b")
    assert [merged.match(segment(ports=(9, port))) for port in (79, 80, 81)] == ["b", "a", "b"]


def test_only_a_live_certificate_of_a_filter_on_the_link_is_admitted() -> None:
    merged = MergedSet(options=HERE)
    (one,) = proved(listener(80))
    other_link = verify(replace(one.program, link="raw"), options=HERE)
    assert isinstance(other_link, Proved)
    for refused, code in (
        (replace(one), "certificate"), (certificate("increment"), "unsupported"),
        (other_link.certificate, "unsupported"),
    ):  # fmt: skip
        with pytest.raises(ImageError) as error:
            merged.insert(refused, "it")
        assert error.value.code == code
    assert len(merged) == 0


def test_filters_whose_keys_no_hash_tells_apart_are_found_nevertheless() -> None:
    """Chosen so that source and destination address are the same, and everything else is too."""
    conditions = [f"ipv4.src == 10.0.1.{n} && ipv4.dst == 10.0.1.{n} && ipv4/tcp.dport == 80" for n in range(20)]
    filters = proved(*conditions)
    merged = MergedSet([(one, number) for number, one in enumerate(filters[:12])], options=HERE)
    inserted = [merged.insert(one, number) for number, one in enumerate(filters[12:], 12)]
    for number in range(20):
        assert merged.match(segment(f"10.0.1.{number}", f"10.0.1.{number}")) == number
    assert merged.match(segment("10.0.1.1", "10.0.1.2")) is None
    for one in inserted:
        merged.remove(one)
    assert [merged.match(segment(f"10.0.1.{n}", f"10.0.1.{n}")) for n in (11, 12, 19)] == [11, None, None]
    assert merged.probes <= 8


DIVIDING = """
filter one_of_three on ethernet maximum 262144
{
  read %kind: u8 = packet[12:u32] else { exit miss }
  if (%kind == 0:u8) { exit miss }
  read %value: u8 = packet[13:u32] else { exit miss }
  let %share: u8 = (%value / %kind)
  if (%share != 3:u8) { exit miss }
  exit match
}
"""


def test_what_is_only_defined_behind_a_test_stays_behind_it() -> None:
    """A division by what a test before it excludes: compiled as part of a set it runs only where that test held."""
    made = verify(parse_program(DIVIDING), options=HERE)
    assert isinstance(made, Proved)
    merged = MergedSet([(made.certificate, "it")], options=HERE)
    frames = {bytes(12) + bytes([kind, value]): value // kind == 3 if kind else False
              for kind in range(5) for value in range(16)}  # fmt: skip
    assert {frame: merged.match(frame) == "it" for frame in frames} == frames


# ---- threads


def test_readers_see_filters_as_they_were_or_as_they_are_and_never_another_owner() -> None:
    """One reader matches packets, another scans them without Python's lock; tables grow, and shapes come and go."""
    churned = proved(*(connection(number) for number in range(24)))
    others = proved("ipv4/udp.dport == 53", "ethernet.type == 0x88b5", "ipv4/tcp.dport == 9999")
    ends = "ipv4.src == 203.0.113.5 && ipv4.dst == 10.9.9.9 && ipv4/tcp.sport == 5 && ipv4/tcp.dport == 6"
    (permanent,) = proved(ends)
    merged = MergedSet([(permanent, "stays")], options=HERE)
    stays = segment("203.0.113.5", "10.9.9.9", (5, 6))
    wrong: list[object] = []
    done = threading.Event()
    rounds = [0, 0]
    batch = records([*map(packet, range(24)), stays] * 200)

    def match() -> None:
        while not done.is_set():
            for number in range(24):
                found = merged.match(packet(number))
                if found not in (None, number):
                    wrong.append((number, found))
            if merged.match(stays) != "stays" or merged.match(segment("1.2.3.4")) is not None:
                wrong.append("stays")
            rounds[0] += 1

    def scan() -> None:
        while not done.is_set():
            for at, number in enumerate(merged.scan(batch)):
                owner = merged.owner_of(number)
                if owner not in ((None, at % 25) if at % 25 < 24 else ("stays",)):
                    wrong.append((at, owner))
            rounds[1] += 1

    readers = [threading.Thread(target=read) for read in (match, scan)]
    for reader in readers:
        reader.start()
    try:
        for turn in range(6):
            inserted = [merged.insert(one, number) for number, one in enumerate(churned)]
            other = merged.insert(others[turn % 3], "other")
            assert all(merged.match(packet(number)) == number for number in range(24))
            for one in (*inserted, other):
                merged.remove(one)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not wrong
    assert min(rounds) > 0


def test_what_readers_have_left_is_freed_and_what_they_are_in_is_not() -> None:
    merged = MergedSet([(proved(listener(80))[0], "web")], options=HERE)
    old = merged._current
    match, gone = old.match, weakref.ref(old.code)
    del old
    merged.insert(proved("ethernet.type == 0x88b5")[0], "other")
    gc.collect()
    assert gone() is not None  # a reader holds on to the way in
    assert match(segment()) == 1
    del match
    gc.collect()
    assert gone() is None
