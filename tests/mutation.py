"""Sources with one mistake each, made from good ones: what a verifier is for, and what it must not be fooled by.

    python -m tests.mutation [FILE.ash…]

makes every mutant of the examples, or of the files, and shows what became of each kind. Mistakes of the source (an
effect that is not asked for, a value that may be absent) are refused with a place, others with a packet that the
interpreter ran. Those that are accepted are listed with the reason why they are safe, which is tried: on the packets of
the source's own tests cut and changed at random, and on packets that the solver made to reach each of their ends.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from dlcode_dsl import Compiled, Program, Source, compile_source, run
from dlcode_dsl.core.interpret import Fault, Outcome, Packet
from dlcode_dsl.source import Span
from dlcode_dsl.syntax import tree
from dlcode_dsl.syntax.parse import parse
from dlcode_verifier import NotProved, OverBudget, Proved, Refuted, verify
from dlcode_verifier.filters import No, Yes, equal
from tests.generators import random_packets
from tests.reaching import reaching_ends

FOLDER = Path(__file__).parents[1] / "dlcode" / "examples"
EXAMPLES = [path for path in sorted(FOLDER.glob("*.ash")) if not path.stem.endswith("broken")]
HARD = sorted((Path(__file__).parent / "data" / "hard").glob("*.ash"))

OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
RUNS = 60
"""Packets that each accepted mutant is tried on, besides those that the solver makes."""


@dataclass(frozen=True)
class Mutant:
    """A source with one mistake: `text` stands where `span` was."""

    kind: str
    span: Span
    text: str

    @property
    def source(self) -> Source:
        """The source with the mistake."""
        whole, span = self.span.source.text, self.span
        return Source(span.source.name, whole[: span.start] + self.text + whole[span.end :])

    def __str__(self) -> str:
        line = self.span.source.text.count("\n", 0, self.span.start) + 1
        old = " ".join(self.span.text.split())
        return f"{Path(self.span.source.name).stem}:{line} {self.kind}: {old[:60]!r} -> {self.text[:60]!r}"


# ---- making them


def mutants(source: Source) -> Iterator[Mutant]:
    """Every mutant of a source, in the order of its text. Tests are left alone."""
    for declaration in parse(source).declarations:
        if isinstance(declaration, tree.Filter | tree.Handler | tree.Function | tree.Pipe):
            for node in _nodes(declaration):
                yield from _changes(node)


def _nodes(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif is_dataclass(node) and not isinstance(node, Span | Source):
        yield node
        for part in fields(node):
            if part.name != "span":
                yield from _nodes(getattr(node, part.name))


def _changes(node: object) -> Iterator[Mutant]:
    match node:
        case tree.Compare(operator, left, right):
            between = Span(left.span.source, left.span.end, right.span.start)
            yield Mutant("another comparison", between, between.text.replace(operator, OTHER[operator], 1))
        case tree.Number(value):
            yield Mutant("one more", node.span, str(value + 1))
            if value:
                yield Mutant("one less", node.span, str(value - 1))
        case tree.Otherwise(value):
            yield Mutant("a missing else", Span(node.span.source, value.span.end, node.span.end), "")
        case tree.If(_, (tree.Verdict() | tree.Return(),), ()) | tree.If(_, (tree.Break() | tree.Continue(),), ()):
            yield Mutant("a missing test", node.span, "")
        case tree.When() | tree.Requires():
            yield Mutant("a missing clause", node.span, "")
        case tree.May():
            yield Mutant("an effect not asked for", node.span, "")
        case tree.Owns(_, _, "shared", where) if where is not None:
            yield Mutant("memory that is not tested", where.span, "true")
        case tree.Assign(_, operator):
            yield Mutant("a missing assignment", node.span, "")
            if operator in ("+%", "-%", "*%"):
                whole = node.span.text
                yield Mutant("a sum that wraps", node.span, whole.replace(f"{operator}=", f"{operator[0]}=", 1))
        case tree.Junction(_, terms):
            for place, term in enumerate(terms):
                other = terms[place - 1] if place else terms[1]
                low, high = (other.span.end, term.span.end) if place else (term.span.start, other.span.start)
                yield Mutant("a missing term", Span(term.span.source, low, high), "")
        case tree.Index(_, index):
            yield Mutant("the next one", index.span, f"{index.span.text} + 1")
        case tree.Slice(_, _, end) if end is not None:
            yield Mutant("one byte more", end.span, f"{end.span.text} + 1")
        case tree.As(_, type, True):
            span = Span(node.span.source, node.span.text.rindex("whole") + node.span.start, type.span.start)
            yield Mutant("a part that is not asked for", span, "")
        case tree.Verdict("consume"):
            yield Mutant("an abort in its place", node.span, "abort")
        case tree.Break():
            yield Mutant("a missing break", node.span, "")
        case tree.Limit():
            yield Mutant("a missing limit", node.span, "")


# ---- judging them


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `refused` where the source is wrong and `refuted` by a packet, each with its code;
    `over budget`, `not proved`, or `accepted`, and why it may be."""

    mutant: Mutant
    answer: str
    reason: str = ""
    wrong: str = ""  # a proof that was broken, or a refusal without what it must have


def judge(mutant: Mutant, original: Compiled) -> Fate:
    """Judge a mutant; one that is accepted is tried."""
    compiled = compile_source(mutant.source)
    if compiled.errors:
        first = compiled.errors[0]
        placed = first.primary.span.source.text == mutant.source.text
        return Fate(mutant, f"refused {first.code.name}", wrong="" if placed else "a refusal without a place")
    reasons = []
    for program in compiled.programs:
        if program in original.programs:
            continue  # this one is as it was
        answer = verify(program)
        match answer:
            case Refuted(refutations):
                replayed = all(_replays(one.program, one.witness.packet, one.witness.memory) for one in refutations)
                code = refutations[0].diagnostic.code.name
                return Fate(mutant, f"refuted {code}", wrong="" if replayed else "a witness that does not replay")
            case NotProved():
                return Fate(mutant, "not proved", answer.diagnostics[0].title)
            case OverBudget():
                return Fate(mutant, "over budget")
            case Proved():
                alike = [one for one in original.programs if one.name == program.name]
                before = next((one for one in alike if one.regions == program.regions), None)
                reason, wrong = _why_safe(program, before, compiled)
                if wrong:
                    return Fate(mutant, "accepted", reason, wrong)
                reasons.append(reason)
    return Fate(mutant, "accepted", "; ".join(reasons) or "it changes nothing that is compiled")


def _replays(program: Program, packet: Packet, memory: object) -> bool:
    try:
        run(program, packet, memory, enough=1_000_000)  # type: ignore[arg-type]
    except Fault:
        return True
    return False


def _why_safe(program: Program, before: Program | None, compiled: Compiled) -> tuple[str, str]:
    """Where the mutant differs from the original, on inputs on none of which it may fault; and what went wrong."""
    different = ""
    inputs = list(_inputs(program, compiled))
    for packet, memory in inputs:
        try:
            after = run(program, packet, memory)
        except Fault as fault:
            return "", f"proved, and {fault} on {packet.data.hex()}"
        if before is not None and not different and len(packet.data) <= before.maximum:
            was = run(before, packet, memory)
            if _seen(was) != _seen(after):
                different = f"it only answers otherwise: {was.verdict.value} became {after.verdict.value}"
                if was.verdict is after.verdict:
                    different = "it only writes or sends something else"
    if not different and before is not None and program.kind == "filter":
        different = _compared(before, program)
    return different or f"no difference in {len(inputs)} runs: what was weakened is tested elsewhere too", ""


def _compared(before: Program, after: Program) -> str:
    """What the solver says of two filters: that they are one, or a packet that they differ on."""
    was, now = verify(before), verify(after)
    assert isinstance(was, Proved)
    assert isinstance(now, Proved)
    match equal(was.certificate, now.certificate):
        case Yes():
            return "it is the same filter, for every packet"
        case No(packet):
            return f"it only answers otherwise, as on {packet.data[:40].hex() or 'an empty packet'}"
    return ""


def _seen(outcome: Outcome) -> object:
    return outcome.verdict, outcome.memory, outcome.effects


def _inputs(program: Program, compiled: Compiled) -> Iterator[tuple[Packet, dict[str, list[int]]]]:
    """Packets of the source's own tests, cut and changed; packets at random; packets for each end of the program."""
    rng = random.Random(program.name)
    for test in compiled.tests:
        if test.program.name == program.name:
            memory = {name: list(cells) for name, cells in (test.memory or {}).items()}
            data = test.packet.data
            yield test.packet, memory
            for _ in range(RUNS // 4):
                changed = bytearray(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.5 else data)
                for _ in range(rng.randrange(4)):
                    if changed:
                        changed[rng.randrange(len(changed))] = rng.choice((0, 1, 255, rng.randrange(256)))
                yield Packet.whole(bytes(changed)), memory
    yield from random_packets(program, 1, RUNS)
    yield from reaching_ends(program)


def fates(paths: Iterable[Path], every: int = 1) -> Iterator[Fate]:
    """What becomes of each mutant of some sources, or of every so-manieth."""
    number = 0
    for path in paths:
        source = Source(str(path), path.read_text(encoding="utf-8"))
        original = compile_source(source)
        for mutant in mutants(source):
            number += 1
            if number % every == 0:
                yield judge(mutant, original)


def main() -> int:
    """The command: 0 if nothing is wrong, and all refusals have what they must."""
    paths = [Path(name) for name in sys.argv[1:]] or [*EXAMPLES, *HARD]
    answers: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    wrong: list[Fate] = []
    for fate in fates(paths):
        answer = fate.answer.split()[0]
        answers[answer] += 1
        kinds[fate.mutant.kind, answer] += 1
        if fate.answer in ("accepted", "not proved"):
            print(f"{fate.answer}: {fate.mutant}: {fate.reason}", flush=True)
        if fate.wrong:
            wrong.append(fate)
            print(f"WRONG: {fate.mutant}: {fate.wrong}", flush=True)
    for (kind, answer), count in sorted(kinds.items()):
        print(f"{count:5}  {kind}: {answer}")
    print(f"{sum(answers.values())} mutants: {dict(answers)}, {len(wrong)} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
