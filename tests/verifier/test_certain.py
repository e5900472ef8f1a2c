"""Claims that no solver is asked about: each holds on every run that comes to it without a fault before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

import pytest

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Expression, Program, Statement
from dlcode_dsl.core.interpret import Fault, run
from dlcode_verifier.certain import is_certain
from dlcode_verifier.conditions import conditions
from dlcode_verifier.evaluate import values_of
from dlcode_verifier.ranges import Range, ranges
from dlcode_verifier.terms import FALSE, TRUE, Terms
from tests.generators import nodes, random_packets, random_program
from tests.looping import looping_program
from tests.verifier.support import program

SEEDS = range(250)
LONG = 5_000
"""Operations after which a run that loops is given up."""


def certain_goals_that_break(of: Program, seed: int) -> tuple[int, list[str]]:
    """How many goals were certain, and those that are the first fault of a run all the same."""
    what = conditions(of)
    rows = what.terms.rows
    known = ranges(rows, of.maximum)
    certain = {place for place, goal in enumerate(what.goals) if is_certain(rows, known, goal.claim, goal.path)}
    roots = [term for goal in what.goals for term in (goal.path, goal.claim)]
    broken = []
    for packet, memory in random_packets(of, seed, 20):
        values = values_of(rows, roots, packet, memory)
        for place, goal in enumerate(what.goals):
            if values[goal.path] and not values[goal.claim]:  # here the run ends
                if place in certain:
                    broken.append(f"{seed}: goal {place} on {packet.data.hex()}")
                break
    return len(certain), broken


def test_no_run_of_a_random_program_breaks_a_claim_that_was_certain() -> None:
    found = [certain_goals_that_break(of, seed) for seed in SEEDS if conditions(of := random_program(seed)).is_exact]
    assert [broken for _, some in found for broken in some] == []
    assert sum(count for count, _ in found) > 550


@dataclass
class Turns:
    """What was said of a looping program before any run, and what its runs came to."""

    certain: set[tuple[FaultKind, int]]  # the faults, by kind and node, that no run can come to
    ranged: dict[str, Range]  # where the names that keep their value may lie
    holders: set[int]  # statements that have a node of which something is certain
    times: Counter[int] = field(default_factory=Counter)  # that each of them was come to in one run
    broken: list[str] = field(default_factory=list)

    def __call__(
        self, statement: Statement, turns: int, names: Mapping[str, int], memory: object, data: object
    ) -> None:
        if id(statement) in self.holders:
            self.times[id(statement)] += 1
        for name, range in self.ranged.items():
            value = names.get(name)
            if value is not None and not (range.low <= value <= range.high and value % (1 << range.zeros) == 0):
                self.broken.append(f"{name} is {value}, which is not in {range}")


def said_of(of: Program) -> Turns:
    """What is certain of a program's nodes wherever they stand, and what is said of its names."""
    what = conditions(of)
    rows = what.terms.rows
    known = ranges(rows, of.maximum)
    goals = [(goal.kind, goal.node, is_certain(rows, known, goal.claim, goal.path)) for goal in what.obligations]
    open = {(kind, id(node)) for kind, node, certain in goals if not certain}
    certain = {(kind, id(node)) for kind, node, _ in goals} - open
    values = {name: bound.value for name, bound in what.bound.items() if what.terms.bits(bound.value) > 0}
    places = {node for _, node in certain}
    holders = {id(one) for one in nodes(of) if isinstance(one, Statement) and places & set(map(id, parts(one)))}
    return Turns(certain, {name: known[value] for name, value in values.items()}, holders)


def parts(statement: Statement) -> Iterator[object]:
    """A statement and the expressions that it evaluates, but not the statements inside it."""
    yield statement
    for part in fields(statement):
        if isinstance(value := getattr(statement, part.name), Expression):
            yield from nodes(value)


def test_what_was_certain_of_a_loop_holds_in_every_turn_of_every_run() -> None:
    """A run that breaks a claim ends in its fault. What `ranges` says of a name is looked at before each statement."""
    said = again = 0
    for seed in range(400):
        of = looping_program(seed)
        turns = said_of(of)
        said += len(turns.certain)
        for packet, memory in random_packets(of, seed, 6):
            try:
                run(of, packet, memory, enough=LONG, observe=turns)
            except Fault as fault:
                if (fault.kind, id(fault.node)) in turns.certain:
                    turns.broken.append(f"{fault} on {packet.data.hex()}")
            again += sum(count - 1 for count in turns.times.values())
            turns.times.clear()
        assert turns.broken == [], seed
    assert said > 2_000
    assert again > 10_000


@pytest.mark.parametrize(
    ("claim", "certain"),
    [
        ("(widen(%a, u32) + 4294967040:u32)", True),
        ("(widen(%a, u32) + 4294967041:u32)", False),
        ("(widen(%a, u32) * 16843009:u32)", True),
        ("(widen(%a, u32) * 16843010:u32)", False),
        ("(255:u32 - widen(%a, u32))", True),
        ("(254:u32 - widen(%a, u32))", False),
        ("(extent(packet) + 4294965781:u32)", True),
        ("(extent(packet) + 4294965782:u32)", False),
        ("((300:u32 - widen(%a, u32)) + 4294966995:u32)", True),
        ("((254:u32 - widen(%a, u32)) + 4294967041:u32)", True),  # 254 at most, unless the difference wrapped before
        ("((255:u32 -% widen(%a, u32)) + 1:u32)", True),
        ("((254:u32 -% widen(%a, u32)) + 1:u32)", False),
    ],
)
def test_a_sum_is_certain_up_to_the_last_number_that_fits(claim: str, certain: bool) -> None:
    of = program(f"read %a: u8 = packet[0:u32] else {{ exit pass }} let %b: u32 = {claim} exit pass")
    what = conditions(of)
    rows = what.terms.rows
    assert is_certain(rows, ranges(rows, of.maximum), what.goals[-1].claim) is certain


def test_a_claim_about_a_choice_is_certain_only_for_both() -> None:
    terms = Terms()
    either = terms.choose(terms.make("free", 0, 1), terms.constant(3, 8), terms.constant(9, 8))
    for limit, certain in ((9, True), (8, False)):
        claim = terms.compare("<=", either, terms.constant(limit, 8))
        assert is_certain(terms.rows, ranges(terms.rows, 64), claim) is certain


def test_true_is_certain_and_false_is_not() -> None:
    terms = Terms()
    assert is_certain(terms.rows, [Range(0, 1)] * 2, TRUE)
    assert not is_certain(terms.rows, [Range(0, 1)] * 2, FALSE)
