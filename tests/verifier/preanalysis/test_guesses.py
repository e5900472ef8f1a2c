"""What the pre-analysis guesses at the loops of hard programs: what their proofs need is there, and it holds."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import pytest

from dlcode_dsl import Program
from dlcode_dsl.core import form
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate
from dlcode_verifier.facts import AtMostZero, Claimed, Fact, Guesses, LoopFacts, Measure, Multiple, Site, Sum, sites
from dlcode_verifier.preanalysis import guesses
from tests.verifier.preanalysis.hard import NAMES, hard

LOOPING = [name for name in NAMES if sites(hard(name))]


@cache
def facts(name: str, loop: int = 0) -> LoopFacts:
    """The guesses at one of its loops."""
    return guesses(hard(name))[loop]


def line(sum: Sum) -> str:
    """A sum in short: its terms in the order of their names."""
    words = {"extent(packet)": "length"}
    terms = []
    for coefficient, atom in sum.parts:
        word = atom.of if isinstance(atom, form.Extent) else getattr(atom, "name", "?")
        terms.append((words.get(f"extent({word})", re.split("[.']", word)[0]), coefficient))
    terms.sort()
    shown = " ".join(f"{coefficient:+}{name}" for name, coefficient in terms)
    return f"{shown} {sum.constant:+}" if sum.constant else shown


def words(expression: form.Expression) -> str:
    """A condition in short: all of it is computed at 64 bits."""
    match expression:
        case form.Constant(number):
            return str(number)
        case form.Variable(name):
            return name
        case form.Extent(of):
            return "length" if of == "packet" else of
        case form.Convert("widen", operand):
            return words(operand)
        case form.Not(operand):
            return f"not {words(operand)}"
        case form.Binary(symbol, left, right) | form.Compare(symbol, left, right) | form.Logic(symbol, left, right):
            return f"({words(left)} {symbol} {words(right)})"
    raise AssertionError(expression)


def shown(fact: Fact) -> str:
    """A fact in short."""
    match fact:
        case AtMostZero(sum):
            return f"{line(sum)} <= 0"
        case Multiple(sum, modulus):
            return f"{line(sum)} % {modulus} == 0"
        case Claimed(condition):
            return words(condition)


def measured(measure: Measure) -> str:
    """A measure in short."""
    parts = ", ".join(line(part) for part in measure.parts)
    return f"{parts} halves" if measure.halves else f"{parts} by {measure.step}"


NEEDED = [
    ("h01_tcp_options", 0, ["+1at -1end <= 0", "-1at +20 <= 0"]),
    ("h02_skip_spaces", 0, ["+1at -1length <= 0"]),
    ("h04_checksum_header", 0, ["+1at % 2 == 0", "-65535at +2sum <= 0", "+1at -1size <= 0", "-1at +2turns <= 0"]),
    ("h05_checksum_packet", 0, ["+1at -1length <= 0", "-65535at +2sum <= 0"]),
    ("h06_type_length_value", 0, ["+1at -1length <= 0"]),
    ("h07_ipv6_extensions", 0, ["+1at -1length -2040 <= 0"]),
    ("h10_binary_search", 0, ["+1high -256 <= 0", "-1high +1low <= 0"]),
    ("h14_palindrome", 0, ["+1j -1length <= 0", "+1i +1j -1length <= 0"]),
    ("h17_name_pointers", 0, ["+1at -1length <= 0", "+1before -65535 <= 0"]),
    ("h18_sort", 0, ["+1i -16 <= 0"]),
    ("h18_sort", 1, ["-1i +1j <= 0"]),
    ("h20_copy_most", 0, ["+1i -1n <= 0"]),
    ("h21_varint", 0, ["+1i -5 <= 0"]),
    ("h22_trie", 0, ["+1depth -32 <= 0"]),
    ("h23_substring", 0, ["+1i -1length <= 0"]),
    ("h23_substring", 1, ["+1j -4 <= 0"]),
    ("h24_tunnels", 0, ["+1at -1length -14 <= 0"]),
    ("h25_positions", 0, ["+1count -200 <= 0", "+1i -1length <= 0"]),
    ("h25_positions", 1, ["-1count +1k <= 0"]),
    ("h28_name_steps", 0, ["+1at -1length <= 0", "+1steps -128 <= 0", "+1size -255 <= 0"]),
    ("limited", 0, ["+1turns -8 <= 0", "+1at -1length -54 <= 0"]),
    ("nested_sum", 0, ["-1020i +4sum <= 0"]),
    ("nested_sum", 1, ["-1020i -1020j +4sum <= 0"]),
    ("remaining_length", 0, ["+1at +1left -1t -14 <= 0"]),
    ("remaining_length_two_ways", 0, ["+1at +1left -1length <= 0"]),
    ("sum_of_some", 0, ["-255n +1sum <= 0"]),
    ("found_and_where", 0, ["(not found or ((pos +% 1) <= length))"]),
    ("nowhere_is_a_number", 0, ["((pos == 4294967295) or ((pos +% 1) <= length))"]),
    ("words_then_bytes", 1, ["+1at -1l -20 <= 0"]),
    ("strings_to_one_buffer", 1, ["-1j +1o -1023 <= 0"]),
    ("rows_and_columns", 0, ["-16i +1n <= 0", "+16i -1n <= 0"]),
    ("rows_and_columns", 1, ["-16i -1j +1n <= 0", "+16i +1j -1n <= 0"]),
    ("budget", 0, ["-1budget -255turns +1000 <= 0"]),
    ("zeros_and_ones", 0, ["+1i -1ones -1zeros <= 0", "-1i +1ones +1zeros <= 0"]),
    ("condition_as_a_flag", 0, ["+1i -1length <= 0"]),
    ("backwards", 0, ["+1i -1length +4turns <= 0", "-1i +1length -4turns <= 0"]),
    ("partition", 0, ["+1hi -256 <= 0", "-1hi +1lo <= 0"]),
    ("count_bits", 0, ["+1n +1x -1x0 <= 0"]),
    ("two_pipes", 0, ["+1sum -65535turns <= 0", "+1turns -1words <= 0", "-1length +2words +13 <= 0"]),
]


@pytest.mark.parametrize(("name", "loop", "needed"), NEEDED, ids=[f"{name}-{loop}" for name, loop, _ in NEEDED])
def test_what_a_proof_needs_is_guessed(name: str, loop: int, needed: list[str]) -> None:
    """The facts that make a loop's accesses and sums safe are among its guesses."""
    found = [shown(fact) for fact in facts(name, loop).invariants]
    assert set(needed) <= set(found), found


ENDS = [
    ("h01_tcp_options", 0, "-1at +1end by 1"),
    ("h02_skip_spaces", 0, "-1at +1length by 1"),
    ("h04_checksum_header", 0, "-1at +1size by 2"),
    ("h05_checksum_packet", 0, "-1at +1length by 2"),
    ("h06_type_length_value", 0, "-1at +1length by 2"),
    ("h07_ipv6_extensions", 0, "-1at +1length +2040 by 8"),
    ("h10_binary_search", 0, "+1high -1low halves"),
    ("h14_palindrome", 0, "-1i +1j by 2"),
    ("h17_name_pointers", 0, "+1before, -1at +1length by 1"),
    ("h18_sort", 1, "+1j -1 by 1"),
    ("h19_gcd", 0, "+1b -1 by 1"),
    ("h20_copy_most", 0, "-1i +1n by 1"),
    ("h24_tunnels", 0, "-1at +1length +14 by 20"),
    ("h25_positions", 1, "+1count -1k by 1"),
    ("limited", 0, "-1turns +8 by 1"),
    ("two_pipes", 1, "-1turns +1words by 1"),
    ("remaining_length", 0, "+1left -2 by 2"),
    ("words_then_bytes", 0, "-1at +1l +16 by 4"),
    ("strings_to_one_buffer", 1, "-1j +1n by 1"),
    ("zeros_and_ones", 0, "-1i +1length by 1"),
    ("partition", 0, "+1hi -1lo by 1"),
    ("backwards", 0, "+1i -1 by 4"),
]


@pytest.mark.parametrize(("name", "loop", "end"), ENDS, ids=[f"{name}-{loop}" for name, loop, _ in ENDS])
def test_the_measure_that_ends_a_loop_comes_first(name: str, loop: int, end: str) -> None:
    """The first measure is the one that bounds the turns best, with the step that it falls by."""
    assert measured(facts(name, loop).measures[0]) == end


@pytest.mark.parametrize("name", LOOPING)
def test_guesses_are_few(name: str) -> None:
    """No loop of these has more than a dozen invariants to try, or more than two dozen measures."""
    for found in guesses(hard(name)).values():
        assert len(found.invariants) <= 12
        assert 1 <= len(found.measures) <= 24
        assert len(set(found.invariants)) == len(found.invariants)


ALPHABET = (0, 1, 2, 3, 4, 5, 6, 8, 20, 32, 43, 58, 60, 69, 70, 71, 84, 128, 192, 255)


def packets(seed: int, count: int) -> list[Packet]:
    """Packets that get far into loops: of all short lengths, of few different bytes."""
    random.seed(seed)
    found = []
    for position in range(count):
        length = position if position < 48 else random.randrange(200)
        some = random.choices(ALPHABET, k=random.randint(1, 5))
        found.append(Packet.whole(bytes(random.choices(some, k=length))))
    return found


STARTS = {
    "h04_checksum_header": b"\x4f",
    "h01_tcp_options": bytes(12) + b"\xf0",
    "h07_ipv6_extensions": bytes(64),
    "h24_tunnels": bytes(14) + 3 * (b"\x45" + bytes(8) + b"\x04" + bytes(10)),
    "remaining_length": bytes(16) + b"\0\x24",
    "words_then_bytes": bytes(12) + b"\x13",
}
"""Bytes that get a program to its loop, at the start of every other packet."""


def value(program: Program, of: form.Expression, names: Mapping[str, int], packet: Packet) -> int:
    """The value of what a fact is made of."""
    match of:
        case form.Constant(number):
            return number
        case form.Variable(name):
            return names[name]
        case form.Extent(what):
            lengths = {"packet": len(packet.data), "wire": packet.wire_length}
            return lengths[what] if what in lengths else program.region(what).count
        case form.Convert("widen", operand):
            return value(program, operand, names, packet)
        case form.Not(operand):
            return 1 - value(program, operand, names, packet)
        case form.Binary(symbol, left, right):
            one, two = (value(program, side, names, packet) for side in (left, right))
            return evaluate(OPERATORS[symbol], one, two, of.type.bits)
        case form.Compare(symbol, left, right):
            one, two = (value(program, side, names, packet) for side in (left, right))
            return int(COMPARISONS[symbol](one, two))
        case form.Logic(which, left, right):
            one, two = (value(program, side, names, packet) for side in (left, right))
            return one & two if which == "and" else one | two
    raise AssertionError(of)


def holds(program: Program, fact: Fact, names: Mapping[str, int], packet: Packet) -> bool:
    """Whether a fact holds where names have these values."""
    if isinstance(fact, Claimed):
        return bool(value(program, fact.condition, names, packet))
    total = sum(part * value(program, atom, names, packet) for part, atom in fact.sum.parts) + fact.sum.constant
    return total <= 0 if isinstance(fact, AtMostZero) else total % fact.modulus == 0


@dataclass
class Watch:
    """Looks at the loops' heads of a run: which guesses do not hold there, and how many turns there are."""

    program: Program
    found: Guesses
    places: tuple[Site, ...]
    wrong: list[str] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    packet: Packet = field(default_factory=lambda: Packet.whole(b""))

    def __call__(
        self, statement: form.Statement, turns: int, names: Mapping[str, int], memory: object, data: object
    ) -> None:
        for site in self.places:
            if site.pipe is None:
                if site.node is statement:
                    self.turns[site.number] = turns
                    self.head(site, names)
            elif site.node is statement:
                assert isinstance(statement, form.Copy)
                count = value(self.program, statement.count, names, self.packet)
                self.words[site.words] = -(-count // 4) * 4 // (site.pipe.gauge.bits // 8)
                self.turns[site.number] = 0
            elif statement is site.pipe.body[0]:
                self.head(site, names)
                self.turns[site.number] += 1

    def head(self, site: Site, names: Mapping[str, int]) -> None:
        done = self.turns[site.number]
        self.most[site.number] = max(done, self.most.get(site.number, 0))
        known = {**names, **self.words, site.turns: done}
        for fact in self.found[site.number].invariants:
            if not holds(self.program, fact, known, self.packet):
                self.wrong.append(shown(fact))


@pytest.mark.parametrize("name", LOOPING)
def test_guesses_hold_wherever_a_loop_begins_a_turn(name: str) -> None:
    """Nothing that is guessed of these loops is wrong at any head that many packets reach, and they do reach them."""
    program = hard(name)
    watch = Watch(program, guesses(program), sites(program))
    for position, packet in enumerate(packets(7, 100)):
        memory = {}
        for region in program.regions:
            cells = range(min(region.count, 1 << region.cell.bits) if position % 3 else 1)
            memory[region.name] = random.choices(cells, k=region.count)
        start = STARTS.get(name, b"")[: len(packet.data)] if position % 2 else b""
        watch.packet = Packet.whole(start + packet.data[len(start) :])
        run(program, watch.packet, memory, observe=watch)
    assert not watch.wrong
    assert set(watch.most) == set(watch.found)
    assert all(count >= 2 for count in watch.most.values()), watch.most
