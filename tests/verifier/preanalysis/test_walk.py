"""The walk ends on every program, soon, and speaks only of what is in scope at a loop's head."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from dlcode_dsl import Program, parse_program
from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body
from dlcode_verifier.facts import Claimed, LoopFacts, Site, sites
from dlcode_verifier.preanalysis import guesses
from dlcode_verifier.preanalysis.walk import Walk
from tests.verifier.support import HANDLER

NAMES = ("a", "b", "c", "d")
OPERATORS = ("+", "-", "*", "+%", "-%", "*%", "/", "%", "&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class Writer:
    """Writes random programs with loops in loops, which need be neither safe nor sensible."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def program(self) -> str:
        start = "".join(f"var %{name}: u32 = {self.leaf()}\n" for name in NAMES) + "var %flag: bool = false\n"
        return f"{HANDLER}{{\n{start}{self.body(3, ())}exit consume }}"

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def leaf(self) -> str:
        constants = [f"{self.random.choice((0, 1, 2, 4, 20, 255, 65535, 4294967295))}:u32"]
        return self.random.choice(["extent(packet)", *constants])

    def value(self, depth: int = 2) -> str:
        if depth and self.random.random() < 0.5:
            return f"({self.value(depth - 1)} {self.random.choice(OPERATORS)} {self.value(depth - 1)})"
        return self.random.choice([self.leaf(), *(f"%{name}" for name in NAMES), "@words[0:u32]"])

    def condition(self, depth: int = 1) -> str:
        if depth and self.random.random() < 0.3:
            return f"({self.condition(0)} {self.random.choice(('and', 'or'))} {self.condition(0)})"
        choices = [f"({self.value(1)} {self.random.choice(COMPARISONS)} {self.value(1)})", "%flag", "not(%flag)"]
        return self.random.choice(choices)

    def body(self, depth: int, labels: tuple[str, ...]) -> str:
        text = "".join(self.statement(depth, labels) for _ in range(self.random.randint(1, 5)))
        return text

    def statement(self, depth: int, labels: tuple[str, ...]) -> str:
        name = self.random.choice(NAMES)
        match self.random.randrange(9 if depth else 5):
            case 0:
                return f"%{name} = {self.value()}\n"
            case 1:
                return f"%{name} = (%{name} + {self.random.choice((1, 2, 8))}:u32)\n"
            case 2:
                return f"@words[{self.value(1)}] = {self.value(1)}\n"
            case 3:
                way = f"leave {self.random.choice(labels)}" if labels else "exit pass"
                read = self.fresh("r")
                return f"read %{read}: u8 = packet[{self.value(1)}] else {{ {way} }}\n%{name} = widen(%{read}, u32)\n"
            case 4:
                return f"%flag = {self.condition()}\n"
            case 5:
                otherwise = f" else {{ {self.body(depth - 1, labels)} }}" if self.random.random() < 0.5 else ""
                return f"if {self.condition()} {{ {self.body(depth - 1, labels)} }}{otherwise}\n"
            case 6:
                label = self.fresh("block")
                return f"block {label} {{ {self.body(depth - 1, (*labels, label))} }}\n"
        label = self.fresh("loop")
        limit = self.random.choice(("", "", " limit 7", " limit 7"))
        head = self.random.choice(("", self.body(0, (*labels, label))))
        inside = self.body(depth - 1, (*labels, label))
        return f"loop {label} {{ {head} }} while {self.condition()}{limit} {{ {inside} }}\n"


def in_scope(body: Body, site: Site, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names in scope at a loop's head."""
    for statement in body:
        if statement is site.node:
            return names
        if isinstance(statement, form.Loop):
            bound = tuple(one.name for one in statement.head if isinstance(one, form.Let | form.Read))
            inner = [(statement.head, names), (statement.body, (*names, *bound))]
        else:
            inner = [(part, names) for part in bodies(statement)]
        for part, known in inner:
            found = in_scope(part, site, known)
            if found is not None:
                return found
        if isinstance(statement, form.Let | form.Read):
            names = (*names, statement.name)
    return None


def names_in(tree: object) -> Iterator[str]:
    """The names in an expression, a fact or a measure."""
    if isinstance(tree, form.Variable):
        yield tree.name
    elif isinstance(tree, tuple | list):
        for part in tree:
            yield from names_in(part)
    elif hasattr(tree, "__dataclass_fields__"):
        for name in tree.__dataclass_fields__:
            yield from names_in(getattr(tree, name))


@pytest.mark.parametrize("seed", [*range(60), 1031])
def test_any_program_is_walked_to_its_end(seed: int) -> None:
    """Whatever a program does, guesses come, few, and only of names in scope and the loop's own count of turns."""
    program = parse_program(Writer(seed).program())
    found = guesses(program)
    for site in sites(program):
        facts = found.get(site.number, LoopFacts())
        known = in_scope(program.body, site, ())
        assert known is not None
        assert set(names_in((facts.invariants, facts.measures))) <= {*known, site.turns}
        assert not facts.most or not set(names_in(facts.most))
        assert len(facts.invariants) <= 32
        assert len(facts.measures) <= 25


def test_a_program_without_loops_has_nothing_to_guess() -> None:
    """No loop, no work."""
    assert guesses(parse_program(HANDLER + "{ exit consume }")) == {}


def nest(depth: int) -> str:
    """Loops in loops, the innermost of which counts."""
    text = "%sum = (%sum + 1:u32)\n"
    for level in reversed(range(depth)):
        turn = f"{text} %i{level} = (%i{level} + 1:u32)"
        text = f"var %i{level}: u32 = 0:u32\nloop l{level} {{ }} while (%i{level} < 3:u32) {{ {turn} }}\n"
    return f"{HANDLER}{{ var %sum: u32 = 0:u32\n{text} exit consume }}"


def long(statements: int) -> str:
    """A loop with many statements."""
    parts = "".join(f"if (@words[0:u32] == {number}:u32) {{ %x = {number}:u32 }}\n" for number in range(statements))
    loop = f"loop l {{ }} while (%i < extent(packet)) {{ {parts} %i = (%i + 1:u32) }}"
    return f"{HANDLER}{{ var %x: u32 = 0:u32\nvar %i: u32 = 0:u32\n{loop}\n exit consume }}"


def steps(program: Program, monkeypatch: pytest.MonkeyPatch) -> int:
    """Statements that the walk looks at."""
    count = 0
    whole = Walk.statement

    def counted(walk: Walk, statement: form.Statement, state: object) -> object:
        nonlocal count
        count += 1
        return whole(walk, statement, state)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "statement", counted)
        assert guesses(program)
    return count


def test_loops_ten_deep_take_rounds_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A nest of ten is walked a few times as a whole, not each loop as often as those around it allow."""
    three, ten = (steps(parse_program(nest(depth)), monkeypatch) for depth in (3, 10))
    assert ten < 10 * three
    deepest = guesses(parse_program(nest(10)))[9]
    assert deepest.measures
    assert not any(isinstance(fact, Claimed) for fact in deepest.invariants)


def test_long_loops_take_time_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the statements are at most about twice the work, of the first rounds and of the last."""
    short, double = (steps(parse_program(long(size)), monkeypatch) for size in (250, 500))
    assert double < 2.5 * short
