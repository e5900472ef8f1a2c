"""Three engines in every layout, and bounds on cycles against runs: none takes longer, and how near do they come?

    python -m tests.bounds [FIRST_SEED [PROGRAMS [FILE]]]

The table is printed, or written in place of the one in a file: `docs/figures.md` has that of `5000 1250`.

The programs are the examples and generated ones, with loops and without, in every layout. A warm run begins with all in
the caches and an empty write buffer, a cold one with nothing in them and a full one. What is reported of a program is
the run that comes nearest to its bound.

Generated programs are proved, those whose loops are "seen" excepted: these are said to turn as often as the interpreter
has seen them turn at most on the very inputs that are then run, which leaves a bound no slack that a proof might have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Literal, get_args

from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.compile import compile_bytes
from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program, Statement
from dlcode_dsl.core.interpret import Fault, Memory, Packet, run
from dlcode_jit.errors import ImageError
from dlcode_jit.host import HostImage, host_image
from dlcode_jit.layouts import BUFFER, GAPPED, HALVES, PLAIN, Layout
from dlcode_jit.outcome import Outcome
from dlcode_jit.r3000.image import MipsCode, mips_code
from dlcode_verifier import Certificate, Linear, Options, Proved, Turns, verify
from tests import looping as provable
from tests.bare_machine import BareMachine, Engine
from tests.generators import nodes, random_packets, random_program
from tests.jit.gate import unproved_host_image, unproved_mips_code
from tests.jit.looping import looping_inputs, looping_program
from tests.jit.programs import cut_short, interpreted

LAYOUTS = (PLAIN, GAPPED, BUFFER, HALVES)
MODEL = {PLAIN: "dec5000-125", GAPPED: "dec5000-125", BUFFER: "dec5000-200", HALVES: "dec3100"}
"""A machine of which each layout is."""

LARGE = 1 << 19
"""Bytes of caches that hold all memory of the test's machine: warm means that nothing misses."""

Kind = Literal["examples", "generated, straight", "generated, loops proved", "generated, loops seen"]

ENOUGH = 20_000
"""Operations of a run that is tried."""

MOST_EFFECTS = 30
"""Entries of a queue that the test's machine has room for, whatever their length."""

Input = tuple[Packet, Memory | None, Outcome]


@dataclass(frozen=True)
class Found:
    """One program in one layout: how near its runs came to its bounds, 1.0 being the bound itself."""

    name: str
    layout: str
    kind: Kind
    runs: int
    warm: float
    safe: float


@dataclass
class Tally:
    """What was run."""

    found: list[Found] = field(default_factory=list)
    unbounded: list[str] = field(default_factory=list)  # code of which no bound could be given, which is an answer too

    def note(self, layout: Layout, ask: Callable[[], Found]) -> None:
        """Take in what came of one program in one layout."""
        try:
            self.found.append(ask())
        except ImageError as error:
            self.unbounded.append(f"{layout.name}: {error}")

    def report(self) -> str:
        """A table of medians and least ratios."""
        lines = ["| programs | layout | number | runs | warm: median | least | safe: median | least |"]
        lines.append("|---|---|---|---|---|---|---|---|")
        for kind in get_args(Kind):
            for layout in LAYOUTS:
                here = [one for one in self.found if one.layout == layout.name and one.kind == kind]
                if here:
                    warm, safe = [one.warm for one in here], [one.safe for one in here]
                    ratios = " | ".join(f"{of(row):.3f}" for row in (warm, safe) for of in (median, min))
                    runs = sum(one.runs for one in here)
                    lines.append(f"| {kind} | {layout.name} | {len(here)} | {runs} | {ratios} |")
        lines += ["", f"No bound could be given {len(self.unbounded)} times. {'; '.join(self.unbounded)}".rstrip()]
        return "\n".join(lines) + "\n"


def parameters(layout: Layout) -> Parameters:
    """A machine's, with caches large enough to be warm."""
    large = {"cache.data_bytes": LARGE, "cache.instruction_bytes": LARGE}
    return Parameters.load(MODEL[layout]).replace(large)


def compare(
    code: MipsCode, asked: Layout, inputs: Iterable[Input], kind: Kind = "examples", engine: Engine | None = None
) -> Found:
    """Run a program warm and cold on each input. An AssertionError says that a bound is none, or of another outcome.

    The outcome of each input is the interpreter's.
    """
    machine = BareMachine(code, parameters(asked), *([engine] if engine else []))
    cycles = code.cycles(machine.timing)
    warm_bound, safe_bound = cache(cycles.warm), cache(cycles.safe)
    warm = safe = 0.0
    runs = 0
    for packet, memory, expected in inputs:
        length = len(packet.data)
        for state in ("warm", "cold"):
            where = f"{code.program.name} in {asked.name}, {state}, on {packet.data.hex()}"
            assert machine.run(packet, memory, state) == expected, where
            bound = warm_bound(length) if state == "warm" else safe_bound(length)
            assert machine.cycles <= bound, f"{machine.cycles} cycles of at most {bound}: {where}"
            runs += 1
            if state == "warm":
                warm = max(warm, machine.cycles / bound)
            else:
                safe = max(safe, machine.cycles / bound)
    return Found(code.program.name, asked.name, kind, runs, warm, safe)


# ---- examples


def examples() -> Iterator[tuple[Certificate, list[Input]]]:
    """Each program of the examples that has tests, with the tests' packets whole, cut and altered."""
    for path in sorted((Path(__file__).parents[1] / "examples").glob("*.ash")):
        of: dict[str, tuple[Program, list[Input]]] = {}
        for test in compile_bytes(path.read_bytes(), path.name).tests:
            _, inputs = of.setdefault(test.program.name, (test.program, []))
            whole = test.packet
            packets = [whole, *cut_short(whole)[:: max(1, len(whole.data) // 8)]]
            packets += [Packet(_flipped(whole.data, at), whole.wire_length) for at in range(12, len(whole.data), 9)]
            inputs += [(one, test.memory, interpreted(test.program, one, test.memory)) for one in packets]
        for program, inputs in of.values():
            answer = verify(program)
            if isinstance(answer, Proved):
                yield answer.certificate, inputs


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


# ---- generated programs


def proved(programs: Iterable[Program]) -> Iterator[tuple[Certificate, list[Input]]]:
    """Of generated programs those that are proved, and fill no more of a queue than the test's machine has."""
    for seed, program in enumerate(programs):
        answer = verify(program, options=Options(isolated=False))
        if isinstance(answer, Proved) and answer.certificate.maximum_effects <= MOST_EFFECTS:
            yield answer.certificate, list(short_runs(program, random_packets(program, seed, count=6)))


def short_runs(
    program: Program, drawn: Iterable[tuple[Packet, Memory]], observe: Counting | None = None
) -> Iterator[Input]:
    """Of inputs those on which the program breaks no rule and ends soon, with what the interpreter says."""
    for packet, memory in drawn:
        try:
            outcome = run(program, packet, memory, enough=ENOUGH, observe=observe)
        except Fault:
            continue
        yield packet, memory, Outcome(outcome.verdict, outcome.memory, outcome.effects, outcome.data)


def looping(seed: int, layout: Layout, *, may_rewrite: bool) -> tuple[MipsCode, list[Input]]:
    """A generated program with loops, which turn as often as they were seen to."""
    program = looping_program(seed, may_rewrite=may_rewrite)
    seen: dict[int, int] = {}
    inputs: list[Input] = []
    for one in looping_inputs(program, seed, 8):
        counting = Counting(program)
        found = list(short_runs(program, [one], counting))
        inputs += found
        for node, most in counting.most.items() if found else ():
            seen[node] = max(most, seen.get(node, 0))
    turns = {node: Turns(Linear(most - 1)) for node, most in seen.items()}
    (code,) = unproved_mips_code([program], layout, turns)
    return code, inputs


class Counting:
    """Counts how many turns of each loop begin, each time that it is come to."""

    def __init__(self, program: Program) -> None:
        loops = [node for node in nodes(program) if isinstance(node, form.Loop)]
        self.first = {id(loop.body[0]): id(loop) for loop in loops}
        self.now: dict[int, int] = {id(loop): 0 for loop in loops}
        self.most = dict(self.now)

    def __call__(self, statement: Statement, turns: int, names: Mapping[str, int], *_: object) -> None:
        if isinstance(statement, form.Loop) and turns:
            return
        if isinstance(statement, form.Loop):
            self.now[id(statement)] = 0
        loop = self.first.get(id(statement))
        if loop is not None:
            self.now[loop] += 1
            self.most[loop] = max(self.most[loop], self.now[loop])


def on_the_host(image: HostImage, inputs: Iterable[Input]) -> None:
    """Run a program's host code on each input. An AssertionError says that it is of another outcome."""
    for packet, memory, expected in inputs:
        assert image.run(packet, memory) == expected, f"{image.program.name} on the host, on {packet.data.hex()}"


# ---- all of it


def measure(first: int, count: int, engine: Engine | None = None, tally: Tally | None = None) -> Tally:
    """Examples in every layout, then `count` generated programs, a third of each kind, all in every layout."""
    tally = tally or Tally()
    for certificate, inputs in examples():
        on_the_host(host_image(certificate), inputs)
        for layout in LAYOUTS:
            (code,) = mips_code([certificate], layout)
            tally.note(layout, partial(compare, code, layout, inputs, "examples", engine))
    third = range(first, first + count // 3)
    kinds: tuple[tuple[Kind, Callable[[int], Program]], ...] = (
        ("generated, straight", random_program),
        ("generated, loops proved", provable.looping_program),
    )
    for kind, generate in kinds:
        for certificate, inputs in proved(map(generate, third)):
            on_the_host(host_image(certificate), inputs)
            for layout in LAYOUTS:
                (code,) = mips_code([certificate], layout)
                tally.note(layout, partial(compare, code, layout, inputs, kind, engine))
    for seed in range(first, first + count - 2 * (count // 3)):
        for layout in LAYOUTS:
            tally.note(layout, partial(compared_looping, seed, layout, engine))
    return tally


def compared_looping(seed: int, layout: Layout, engine: Engine | None = None) -> Found:
    """One generated program with loops. Raises ImageError (`unbounded`) where no bound can be given."""
    code, inputs = looping(seed, layout, may_rewrite=layout is PLAIN)
    on_the_host(unproved_host_image(code.program), inputs)
    return compare(code, layout, inputs, "generated, loops seen", engine)


MARK = "<!-- written by tests.bounds -->\n"


def main() -> None:
    """Measure, and print or write the table."""
    first, count = (int(one) for one in (*sys.argv[1:3], *("0", "200")[len(sys.argv[1:3]) :]))
    table = measure(first, count).report()
    if len(sys.argv) < 4:
        print(table, end="")
        return
    path = Path(sys.argv[3])
    before, _, behind = path.read_text(encoding="utf-8").partition(MARK)
    rest = behind[behind.index("\n## ") + 1 :]
    path.write_text(f"{before}{MARK}\n{table}\n{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
