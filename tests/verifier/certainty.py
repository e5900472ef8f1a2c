"""What is certain without a solver, asked of Z3 too: it must say the same of every claim.

    python -m tests.verifier.certainty 10000 [--first SEED]

goes through that many programs of each kind and ends with 1 if Z3 finds values for which a claim that was certain does
not hold, or a run of a program that was proved comes to a fault. A claim is asked about under those that a run comes to
before it, and under nothing else: no fact of a loop is relied upon. Programs are random ones, those that loop, those
that walk, and those of `boundary_program`, whose tests come as near as can be to the claims that they are made for.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable

import z3

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, run
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Proved, verify
from dlcode_verifier.bitvector import BitVector
from dlcode_verifier.certain import is_certain
from dlcode_verifier.conditions import conditions
from dlcode_verifier.facts import sites
from dlcode_verifier.integer import Integer
from dlcode_verifier.preanalysis import guesses
from dlcode_verifier.ranges import ranges
from dlcode_verifier.sides import Side
from dlcode_verifier.task import Task
from dlcode_verifier.terms import FALSE, TRUE
from tests.generators import random_packets, random_program
from tests.looping import looping_program
from tests.reaching import reaching_ends
from tests.verifier.support import HANDLER, HERE
from tests.walking import walking

EFFORT = 2_000_000
"""Steps for a query."""


def contradicted(program: Program, counts: Counter[str]) -> list[str]:
    """The claims of a program that are certain, and that Z3 finds values for which break them, after no fault before.

    `counts` gains how many were certain, by themselves or by their path, and of how many Z3 said so too.
    """
    what = conditions(program, guesses=guesses(program) if sites(program) else {})
    rows = what.terms.rows
    known = ranges(rows, program.maximum)
    goals = [goal for goal in what.obligations if goal.path != FALSE and goal.claim != TRUE]
    certain = {place for place, goal in enumerate(goals) if is_certain(rows, known, goal.claim, goal.path)}
    alone = sum(is_certain(rows, known, goals[place].claim) for place in certain)
    counts.update({"programs": 1, "claims": len(goals), "alone": alone, "by path": len(certain) - alone})
    if not certain:
        return []
    whole, others, context = range(len(goals)), set(range(len(goals))) - certain, z3.Context()
    task = Task(rows, [(goal.path, goal.claim) for goal in goals], program.maximum, {}, EFFORT, EFFORT)
    sides = [Side(Integer(context, program.maximum, {}), task, EFFORT)]
    if _asked(sides[0], sides[0].some_fails(whole, others)) == z3.unsat:
        counts["agreed"] += len(certain)
        return []
    sides.append(Side(BitVector(context, program.maximum, {}), task, EFFORT))
    found = []
    for place in sorted(certain):
        for side in sides:
            answer = _asked(side, side.fails_first(place))
            if answer == z3.unsat:
                break
        counts["agreed" if answer == z3.unsat else "open" if answer == z3.unknown else "contradicted"] += 1
        if answer == z3.sat:
            found.append(f"{program.name}: {goals[place].kind.value} at {goals[place].node}")
    return found


def _asked(side: Side, question: object) -> z3.CheckSatResult:
    side.solver.push()
    side.add(question)
    found = side.solver.check()
    side.solver.pop()
    return found


def broken_proofs(program: Program, seed: int, counts: Counter[str], *, made: bool) -> list[str]:
    """Faults of a program that was proved, on random packets and, if they are to be `made`, on those of the solver."""
    if not isinstance(verify(program, options=HERE), Proved):
        return []
    inputs = random_packets(program, seed, 30)
    if made:
        inputs += reaching_ends(program, HERE)
    counts.update({"proved": 1, "runs": len(inputs)})
    found = []
    for packet, memory in inputs:
        try:
            run(program, packet, memory, enough=100_000)
        except Fault as fault:
            found.append(f"{program.name}: {fault} on {packet.data.hex()} {memory}")
    return found


def boundary_program(seed: int) -> Program:
    """A handler of tests, of values that are made from what was tested, and of claims at most one off what the tests
    show: on bytes, cells that are written between, values that ways choose, and packet bytes that are rewritten."""
    head = HANDLER.replace("tried", f"boundary{seed}")
    program = parse_program(f"{head}{{\n{_Boundary(seed).text()}\nexit pass\n}}")
    assert_well_formed(program)
    return program


class _Boundary:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"boundary {seed}")
        self.values: list[str] = []  # u32 each
        self.lines: list[str] = []
        self.count = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def text(self) -> str:
        pick = self.random
        for place in range(pick.randrange(2, 4)):
            self.lines.append(f"read %b{place}: u8 = packet[{place}:u32] else {{ exit pass }}")
            self.values.append(f"widen(%b{place}, u32)")
        self.values.append(pick.choice(["extent(packet)", "extent(packet)", "extent(wire)", "@words[3:u32]"]))
        kinds = [self.value, self.choice, self.test, self.pair, self.pair, self.claim, self.write, self.meeting]
        for _ in range(pick.randrange(4, 12)):
            pick.choice(kinds)()
        if pick.random() < 0.4:
            self.loop()
        return "\n".join(self.lines)

    def some(self) -> str:
        return self.random.choice(self.values[-4:] if self.random.random() < 0.7 else self.values)

    def number(self) -> int:
        return self.random.choice([0, 1, 2, 7, 8, 31, 32, 255, 256, 1514, 2**32 - 1, self.random.randrange(64)])

    def condition(self) -> str:
        right = self.some() if self.random.random() < 0.3 else f"{self.number()}:u32"
        sides = [self.some(), right]
        self.random.shuffle(sides)
        found = f"({sides[0]} {self.random.choice(['<', '<=', '>', '>=', '==', '!='])} {sides[1]})"
        if self.random.random() < 0.2:
            return f"({found} {self.random.choice(['and', 'or'])} {self.condition()})"
        return f"not({found})" if self.random.random() < 0.15 else found

    def made(self) -> str:
        """A value that never faults."""
        left, by = self.some(), self.random.choice([1, 2, 3, 4, 8, 15])
        return self.random.choice(
            [
                f"({left} +% {by}:u32)", f"({left} -% {by}:u32)", f"({left} *% {by}:u32)", f"({left} & {by}:u32)",
                f"({left} | {by}:u32)", f"({left} ^ {by}:u32)", f"({left} >> {by}:u32)", f"({left} % {by}:u32)",
                f"({left} << {by % 5}:u32)", f"({left} / {by}:u32)", f"widen(truncate({left}, u8), u32)",
                f"({left} +% {self.some()})", f"({left} -% {self.some()})",
            ]
        )  # fmt: skip

    def value(self) -> None:
        name = self.fresh("%v")
        self.lines.append(f"let {name}: u32 = {self.made()}")
        self.values.append(name)

    def choice(self) -> None:
        """A value that is one of two; in one of the branches it may be one that would fault in the other."""
        name, left, by = self.fresh("%m"), self.some(), self.random.choice([1, 2, 5])
        self.lines.append(f"var {name}: u32 = {self.made()}")
        guarded = f"if ({left} >= {by}:u32) {{ {name} = ({left} - {by}:u32) }}"
        self.lines.append(self.random.choice([f"if {self.condition()} {{ {name} = {self.made()} }}", guarded]))
        self.values.append(name)

    def test(self) -> None:
        self.lines.append(f"if {self.condition()} {{ exit pass }}")

    def meeting(self) -> None:
        """Two ways out of a block: neither condition holds behind it by itself."""
        label = self.fresh("way")
        self.lines.append(
            f"block {label} {{ if {self.condition()} {{ leave {label} }} if {self.condition()} {{ exit pass }} }}"
        )

    def pair(self) -> None:
        """A test, and what it shows, or nearly; or without the test, which the value may not need."""
        pick, value, fresh = self.random, self.some(), self.fresh("%p")
        least, off = pick.choice([0, 1, 2, 5, 8, 200, 255]), pick.choice([-1, 0, 0, 1])
        near = max(least + off, 0)
        few = pick.choice([8, 9, 31, 32, 33])
        top, byte = 2**32 - 1, f"narrow({value}, u8)"
        wide, size = pick.choice([8, 16]), pick.choice([8, 16, 32])
        there = f"{fresh}b" if size == 32 else f"widen({fresh}b, u32)"
        lines = pick.choice(
            [
                [f"if ({value} < {least}:u32) {{ exit pass }}", f"let {fresh}: u32 = ({value} - {near}:u32)"],
                [f"if ({value} > {top - least}:u32) {{ exit pass }}", f"let {fresh}: u32 = ({value} + {near}:u32)"],
                [f"if ({value} > {few - 1}:u32) {{ exit pass }}", f"let {fresh}: u32 = (1:u32 << ({value} +% 0:u32))"],
                [f"if ({value} >= {few}:u32) {{ exit pass }}", f"let {fresh}: u32 = (1:u32 << {value})"],
                [f"if ({value} >= {few}:u32) {{ exit pass }}", f"let {fresh}: u32 = @words[{value}]"],
                [f"if ({value} == {near % 2}:u32) {{ exit pass }}", f"let {fresh}: u32 = (7:u32 / {value})"],
                [f"if ({value} > {255 + off}:u32) {{ exit pass }}", f"let {fresh}: u32 = widen({byte}, u32)"],
                [
                    f"read {fresh}a: u{wide} = packet[({value} +% {least}:u32)] else {{ exit pass }}",
                    f"read {fresh}b: u{size} = packet[({value} +% {near}:u32)]",
                    f"let {fresh}: u32 = {there}",
                ],
                [
                    f"if ({value} > 1000:u32) {{ exit pass }}",
                    f"read {fresh}a: u{wide} = packet[({value} + {least}:u32)] else {{ exit pass }}",
                    f"read {fresh}b: u{size} = packet[({value} + {near}:u32)]",
                    f"let {fresh}: u32 = ({there} >> 8:u32)",
                ],
            ]
        )
        self.lines += lines[1:] if pick.random() < 0.25 else lines
        self.values.append(fresh)

    def claim(self) -> None:
        name = self.fresh("%c")
        left, right = self.some(), self.some()
        self.lines.append(f"let {name}: u32 = ({left} {self.random.choice('+-*')} {right})")
        self.values.append(name)

    def write(self) -> None:
        """A cell, or bytes of the packet, written, and read anew."""
        pick, name = self.random, self.fresh("%w")
        cell = pick.choice(["3:u32", f"({self.some()} & 7:u32)"])
        if pick.random() < 0.5:
            self.lines.append(f"@words[{cell}] = {self.some()}")
            self.lines.append(f"let {name}: u32 = @words[{pick.choice(['3:u32', cell])}]")
        else:
            self.lines.append(f"packet[{pick.randrange(2)}:u32] = truncate({self.some()}, u8)")
            self.lines.append(f"read {name}b: u8 = packet[0:u32]")
            self.lines.append(f"let {name}: u32 = widen({name}b, u32)")
        self.values.append(name)

    def loop(self) -> None:
        """Tests before a loop and in it, of a name that its turns change, with a way out in the middle."""
        at, label, outside = self.fresh("%at"), self.fresh("turns"), len(self.values)
        lines, self.lines = self.lines, []
        self.values.append(at)
        for _ in range(self.random.randrange(2, 5)):
            self.random.choice([self.pair, self.test, self.value, self.choice, self.claim, self.write])()
        out = f"if {self.condition()} {{ leave {label} }}"
        step = self.random.choice([f"{at} = ({at} + 1:u32)", f"{at} = {self.made()}", f"{at} = {self.some()}"])
        inside, self.lines = [*self.lines, out, step], lines
        del self.values[outside:]
        self.lines.append(f"var {at}: u32 = {self.some()}")
        self.values.append(at)
        self.test()
        self.lines.append(f"loop {label} {{ }} while {self.condition()} limit {self.random.randrange(1, 9)} {{")
        self.lines += [*inside, "} else { exit pass }"]
        self.pair()


KINDS: tuple[Callable[[int], Program], ...] = (random_program, looping_program, walking, boundary_program)
"""Of programs that are gone through."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.verifier.certainty")
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    counts, wrong = Counter[str](), list[str]()
    for seed in range(asked.first, asked.first + asked.count):
        for kind in KINDS:
            program = kind(seed)
            wrong += contradicted(program, counts)
            if kind is boundary_program:
                wrong += broken_proofs(program, seed, counts, made=seed % 10 == 0)
        if seed % 100 == 99:
            print(seed + 1, dict(counts), *wrong, sep="\n  ", flush=True)
    print(dict(counts), f"{len(wrong)} wrong", *wrong, sep="\n  ")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
