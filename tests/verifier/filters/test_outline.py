"""Questions with what two filters have in common left open: a Yes is one of the whole question too."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
import z3

from dlcode_dsl import Source, compile_source
from dlcode_verifier import Certificate, Proved, verify, worker
from dlcode_verifier.filters import Finding, No, Yes, disjoint, equal, implies, questions
from dlcode_verifier.filters import outline as outlines
from dlcode_verifier.filters.outline import outline
from dlcode_verifier.filters.solving import compared
from dlcode_verifier.filters.subject import Table
from dlcode_verifier.filters.task import NEVER, Question, Questions
from dlcode_verifier.terms import Term, Terms
from tests.verifier.filters.small import certified, taken
from tests.verifier.support import HERE

Asked = Callable[[Terms, Term, Term], Term]

QUESTIONS: dict[str, Asked] = {
    "disjoint": lambda terms, a, b: terms.both(a, b),
    "implies": lambda terms, a, b: terms.both(a, terms.negate(b)),
    "equal": lambda terms, a, b: terms.either(terms.both(a, terms.negate(b)), terms.both(b, terms.negate(a))),
}


def never(table: Table, question: Term, a: Term, b: Term, context: z3.Context) -> bool:
    """Whether the outline of a question has no exception."""
    made = outline(table.terms.rows, question, a, b)
    assert made is not None
    rows, asked = made
    task = Questions(rows, [Question((asked,), (), False)], 1, {}, 500_000, 500_000)
    return bool(compared(tuple(task), context)[0][0] == NEVER)


class Pair:
    """Two filters of a byte and of what is chosen by it on ways that meet, a value and a truth value: they begin alike,
    and end in another way."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.labels = 0
        start = "read %b: u8 = packet[0:u32] else { exit miss } var %x: u8 = 0:u8 var %t: bool = false "
        start += self.meeting(2)
        first = start + self.ending()
        second = (start if self.random.random() < 0.9 else start.replace("== 1:u8", "== 2:u8")) + self.ending()
        self.both = tuple(certified(f"filter f on ethernet maximum 1 {{ {body} }}") for body in (first, second))

    def condition(self) -> str:
        if self.random.random() < 0.15:
            return self.random.choice(["%t", "not(%t)"])
        name, constant = self.random.choice(["%b", "%b", "%x"]), self.random.choice([0, 1, 2, 3, 254, 255])
        return f"({name} {self.random.choice(['==', '!=', '<', '<=', '>'])} {constant}:u8)"

    def meeting(self, depth: int) -> str:
        """A block that is left in a few places, or missed."""
        self.labels += 1
        label, lines = f"l{self.labels}", []
        for _ in range(self.random.randrange(1, 4)):
            inner = self.meeting(depth - 1) if depth and self.random.random() < 0.3 else ""
            value = self.random.choice(["%b", f"{self.random.randrange(4)}:u8"])
            told = self.random.choice(["", "%t = true", f"%t = {self.condition()}"])
            lines.append(f"if {self.condition()} {{ {inner} %x = {value} {told} leave {label} }}")
        last = self.random.choice(["exit miss", f"%x = 9:u8 leave {label}"])
        return f"block {label} {{ {' '.join(lines)} {last} }}"

    def ending(self) -> str:
        tests = [f"if {self.condition()} {{ exit {self.random.choice(['match', 'miss'])} }}" for _ in range(2)]
        if self.random.random() < 0.4:
            tests.insert(1, self.meeting(1))
        return " ".join([*tests, f"exit {self.random.choice(['match', 'miss'])}"])


def test_where_an_outline_has_no_exception_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each packet of at most one byte is tried. Some outlines have an exception where the question has none."""
    monkeypatch.setattr(outlines, "FEWEST", 0)
    monkeypatch.setattr(outlines, "SMALLER", 0)
    counts = Counter[tuple[bool, bool]]()
    context = z3.Context()
    for seed in range(250):
        a, b = Pair(seed).both
        mine, theirs = taken(a), taken(b)
        truth = {"disjoint": not mine & theirs, "implies": mine <= theirs, "equal": mine == theirs}
        for name, asked in QUESTIONS.items():
            table = Table()
            of = table.enter(a), table.enter(b)
            found = never(table, asked(table.terms, *of), *of, context)
            assert truth[name] or not found, (seed, name)
            counts[found, truth[name]] += 1
    assert counts[True, True] > 200
    assert counts[False, True] > 20
    assert counts[False, False] > 200


def test_a_condition_and_its_opposite_are_not_left_open_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one filter asks for and the other denies: the first does not imply the second."""
    monkeypatch.setattr(outlines, "FEWEST", 0)
    monkeypatch.setattr(outlines, "SMALLER", 0)
    table = Table()
    terms = table.terms
    packet = terms.make("packet", -8)
    x, y, z = (terms.make("read", 8, packet, terms.constant(place, 32)) for place in range(3))
    asked = terms.both(*(terms.compare("==", one, terms.constant(7, 8)) for one in (x, y)))
    first, second = (terms.both(one, terms.compare("<", z, x)) for one in (asked, terms.negate(asked)))
    assert not never(table, QUESTIONS["implies"](terms, first, second), first, second, z3.Context())
    assert not never(table, QUESTIONS["equal"](terms, first, second), first, second, z3.Context())
    assert never(table, QUESTIONS["implies"](terms, first, first), first, first, z3.Context())


def proved(condition: str) -> Certificate:
    compiled = compile_source(Source("outline.ash", f"filter f on ethernet {{ {condition} }}"))
    assert not compiled.errors
    answer = verify(compiled.programs[0], options=HERE)
    assert isinstance(answer, Proved)
    return answer.certificate


BARE: list[tuple[Callable[..., Finding], str, str, type]] = [
    (equal, "tcp.dport == 80", "has(tcp) && tcp.dport < 81 && tcp.dport > 79", Yes),
    (implies, "tcp.dport == 80", "tcp.dport < 1024", Yes),
    (implies, "tcp.dport == 80 && tcp.sport > 9", "tcp.dport in [80, 443]", Yes),
    (disjoint, "tcp.dport == 80", "udp.dport == 80", Yes),
    (disjoint, "tcp.dport in [53, 80]", "tcp.dport in [79, 443] || tcp.dport == 60", Yes),
    (implies, "tcp.dport < 1024", "tcp.dport == 80", No),
    (equal, "tcp.dport == 80", "udp.dport == 80", No),
]


@pytest.mark.parametrize(("question", "first", "second", "answer"), BARE)
def test_a_question_about_bare_names_is_answered_without_the_walk_to_them(
    question: Callable[..., Finding], first: str, second: str, answer: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Yes takes one small question; a No none at all, as a packet is drafted."""
    asked: list[int] = []
    whole = worker.ask

    def counted(kind: str, task: tuple[list[object], object], **how: object) -> object:
        asked.append(len(task[0]))
        return whole(kind, task, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(questions, "ask", counted)
    assert isinstance(question(proved(first), proved(second), options=HERE), answer)
    assert len(asked) == (answer is Yes)
    assert all(rows < 150 for rows in asked)
